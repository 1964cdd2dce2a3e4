"""The printed document: what a page says is in it, tagged, and none of it is read as markup."""

import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from assessment.document import Subject, blocks, write_document

SUBJECT = Subject("A & B *Partnership*", "Utopia #1", "2010/11", ("From 12 files.",))
HOSTILE = '#panic("x") *bold* $x$ @ref `raw` // gone <label> \\ "quoted"'
SVG = (
    '<svg viewBox="0 0 100 50" role="img" aria-label="Two bars &amp; a line">'
    '<rect width="60" height="20" fill="#0072B2"/></svg>'
)
PAGE = f"""
<!doctype html><body><header class="cover"><h1>Not this</h1></header><nav>nor this</nav><main>
<svg class="shapes"><defs><g id="county"><path id="county-E1" d="M0 0l5 5 9 0z"/></g>
<g id="inset"><path id="inset-E1" d="M0 0l5 5 9 0z"/></g></defs></svg>
<section class="chapter numbered" id="crime"><h2>Crime</h2><section id="violent"><h3>Violence</h3>
<p>{HOSTILE.replace("<", "&lt;")}</p>
<p><a href="claims.html#x">Violence fell by 10.0 %.</a> See <a href="#map">the map</a> or
<a href="https://example.org/a">elsewhere</a>.</p>
<figure id="map"><figcaption>Of it</figcaption><div class="parts"><div><p class="label">L</p>{SVG}
</div></div><details><summary>s</summary><table><caption>c</caption><thead><tr><th>Year</th>
<th class="n">Events</th></tr></thead><tbody><tr><th scope="row">2010/11</th><td class="n">900</td>
</tr></tbody></table></details><p class="source">Source: records.</p></figure>
<div class="commentary"><p>We <em>met</em>.</p><ul><li>one</li></ul></div></section></section>
<section class="chapter" id="glossary"><h2>Glossary</h2>
<dl><div><dt>LSOA</dt><dd>A small area.</dd></div></dl></section></main></body>
"""


def tagged(node: Any, seen: int = 0) -> Iterator[Any]:
    """The structure elements of a PDF, in the order of reading."""
    if isinstance(node, pikepdf.Array):
        for kid in node:
            yield from tagged(kid)
    elif isinstance(node, pikepdf.Dictionary):
        if "/S" in node:
            yield node
        if "/K" in node:
            yield from tagged(node.K)


def test_the_document_is_tagged_and_accessible(tmp_path: Path) -> None:
    write_document(PAGE, SUBJECT, tmp_path / "a.pdf", "claim_id\nx\n")
    with pikepdf.open(tmp_path / "a.pdf") as pdf:
        check_accessible(pdf, "Partnership Strategic Assessment: Utopia #1, 2010/11")
        found = [str(element.S) for element in tagged(pdf.Root.StructTreeRoot.K)]
        assert found.count("/Figure") == 1
        assert found.count("/Table") == 1
        assert pdf.attachments["claims.csv"].get_file().read_bytes() == b"claim_id\nx\n"


def check_accessible(pdf: pikepdf.Pdf, title: str) -> None:
    """PDF/UA-1's structure: tags, language, title, text alternatives, headings of tables."""
    root = pdf.Root
    assert bool(root.MarkInfo.Marked)
    assert str(root.Lang) == "en-GB"
    assert bool(root.ViewerPreferences.DisplayDocTitle)
    with pdf.open_metadata() as about:
        assert about["dc:title"] == title
        assert about["pdfuaid:part"] == "1"
    elements = list(tagged(root.StructTreeRoot.K))
    tags = [str(element.S) for element in elements]
    assert {"/H1", "/H2", "/P", "/TOC", "/TOCI"} <= set(tags)
    for element in elements:
        if element.S == "/Figure":
            assert str(element.Alt).strip()
        if element.S == "/Table":
            heads = [each for each in tagged(element.K) if each.S == "/TH"]
            assert heads
            assert all("/Scope" in attributes(each) for each in heads)
    levels = [int(tag[2:]) for tag in tags if tag[:2] == "/H" and tag[2:].isdigit()]
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    for page in pdf.pages:
        assert page.Tabs == "/S"
        box = [float(number) for number in page.MediaBox]
        assert (round(box[2]), round(box[3])) == (595, 842), "A4"


def attributes(element: Any) -> set[str]:
    found = element.get("/A", {})
    each = found if isinstance(found, pikepdf.Array) else [found]
    return {key for one in each if isinstance(one, pikepdf.Dictionary) for key in one.keys()}  # noqa: SIM118


def test_the_page_is_read_in_its_order() -> None:
    found = blocks(PAGE)
    assert [block["kind"] for block in found] == [
        *("heading", "heading", "paragraph", "paragraph", "see", "picture", "commentary"),
        *("heading", "terms", "heading", "table"),
    ]
    said = json.dumps(found)
    assert "Not this" not in said
    assert "nor this" not in said
    assert words(found[2]["inline"]) == HOSTILE
    assert words(found[3]["inline"]) == "Violence fell by 10.0 %. See the map or elsewhere."
    assert [block["numbered"] for block in found if block["kind"] == "heading"] == [
        *(True, True, False, False)
    ]
    assert found[5]["numbers"] == found[-1]["name"]
    assert found[-1]["head"][1]["right"]


def words(inline: list[Any]) -> str:
    return "".join(node.get("text") or words(node.get("inline", [])) for node in inline)


def test_a_map_gets_the_shapes_it_refers_to_and_no_others() -> None:
    drawn = SVG.replace("<rect", '<use href="#county-E1"/><rect')
    [picture] = [b for b in blocks(PAGE.replace(SVG, drawn)) if b["kind"] == "picture"]
    [image] = picture["images"]
    assert image["svg"].count('id="county-E1"') == 1
    assert "inset" not in image["svg"]
    assert image["alt"] == "Two bars & a line"


def test_a_picture_without_a_text_alternative_stops_it(tmp_path: Path) -> None:
    bare = PAGE.replace(' aria-label="Two bars &amp; a line"', "")
    with pytest.raises(ValueError, match="map has no text alternative"):
        blocks(bare)


def test_a_link_to_a_place_that_is_not_printed_is_words() -> None:
    [node] = [
        node
        for node in blocks(PAGE.replace('"#map"', '"#elsewhere"'))[3]["inline"]
        if node["kind"] in ("span", "inside")
    ]
    assert node["kind"] == "span"


def test_the_same_page_gives_the_same_bytes(tmp_path: Path) -> None:
    subject = Subject("P", "A", "2010/11", (), published_at=datetime(2011, 10, 1, 2, 0, tzinfo=UTC))
    for name in ("a.pdf", "b.pdf"):
        write_document(PAGE, subject, tmp_path / name)
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
