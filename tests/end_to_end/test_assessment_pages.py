"""The written assessment of the demo: every number from a claim, read in a real browser."""

import re
import shutil
from collections.abc import Iterator
from functools import cache
from html import unescape
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import axe_core_python
import duckdb
import pytest

from assessment import document, write
from assessment.proof import faults
from assessment.reading import Assessment, latest_year, read, read_assessment
from assessment.structure import CHAPTERS, OFFENDERS_QUESTIONS, QUESTIONS
from tests.browser import Page, browser
from tests.end_to_end.running import partner
from warehouse.errors import RunFailed
from warehouse.home import Home

PHONE, PAPER = 390, 666  # paper: A4 between its margins
MOST_BYTES = 1_000_000
PAGES = ("index.html", "claims.html")
THEMES = {"crime", "offenders", "vulnerable", "substances", "changing_now"}
AXE = Path(axe_core_python.__file__).with_name("axe.min.js")
ALIKE = ".row:nth-of-type(n+3), .topic:nth-of-type(n+2), figure:nth-of-type(n+2)"
# WCAG 2.2 A and AA: axe's tags of each step there.
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture(scope="module")
def folder(demo_home: Home) -> Path:
    return demo_home.current.resolve() / "assessment"


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browser(1280, 900) as opened:
        yield opened


@cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def claims(demo_home: Home) -> dict[str, str]:
    return dict(partner(demo_home, "select claim_id, sentence from marts.assessment_claim"))


def test_every_number_is_a_claims_or_a_tables(folder: Path, claims: dict[str, str]) -> None:
    for name in PAGES:
        assert faults(text_of(folder / name), claims) == []
    said = re.findall(r'data-claim="([^"]*)"', text_of(folder / "index.html"))
    assert len(said) > 300
    rows = re.findall(r'data-claim="([^"]*)"', text_of(folder / "claims.html"))
    assert set(said) <= set(rows)
    one = unescape(said[0])
    assert faults(text_of(folder / "index.html"), {**claims, one: claims[one] + " 7"}) != []


@pytest.fixture(scope="module")
def assessed(demo_home: Home) -> Assessment:
    with duckdb.connect(str(demo_home.warehouse_file), read_only=True) as con:
        [area] = read(con, "focus")
        return read_assessment(con, area, latest_year(con, area))


@pytest.mark.parametrize(
    ("file", "was", "became", "fault"),
    [
        ("index.html", "Of the terms used", "Crime fell by 12 %", "no source: Crime fell by 12 %"),
        ("macros.html", "{{ claim.sentence }}", "{{ claim.sentence }} 7", "not the claim's words"),
        ("macros.html", 'data-claim="{{ claim.claim_id }}"', "", "no source"),
        ("macros.html", 'data-claim="{{', 'data-claim="x{{', "no such claim: x"),
        ("claims.html", "{{ c.sentence }}", "{{ c.verdict }}", "not the claim's words"),
    ],
)
def test_a_sentence_without_its_claim_stops_the_build(
    file: str,
    was: str,
    became: str,
    fault: str,
    assessed: Assessment,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    templates = shutil.copytree(write.TEMPLATES, tmp_path / "templates")
    text = (templates / file).read_text(encoding="utf-8")
    assert was in text
    (templates / file).write_text(text.replace(was, became), encoding="utf-8")
    monkeypatch.setattr(write, "TEMPLATES", templates)
    monkeypatch.setattr(write, "read_assessment", lambda *_: assessed)
    printed: list[object] = []
    monkeypatch.setattr(document, "write_document", lambda *given: printed.append(given))
    with duckdb.connect() as con, pytest.raises(RunFailed) as stopped:
        write.write_assessment(con, tmp_path, assessed.area, assessed.period)
    assert f"({fault}" in str(stopped.value)
    assert "Correct the template that says so, or the claim" in str(stopped.value)
    assert not (tmp_path / ("index.html" if file != "claims.html" else file)).exists()
    assert printed == []


def test_every_question_of_every_topic_is_answered(folder: Path) -> None:
    page = text_of(folder / "index.html")
    topics = re.findall(
        r'<section class="topic" id="([^"]*)">(.*?)(?=<section class="topic"|id="appendix_b")',
        page,
        re.S,
    )
    assert len(topics) >= 12
    for topic, body in topics:
        cells = re.split(r"<h4>", body)[1:]
        assert [cell.split("<")[0] for cell in cells] == list(QUESTIONS.values()), topic
        assert all("data-claim" in cell for cell in cells), topic
    offenders = page.split('id="appendix_b"')[1].split('id="methods"')[0]
    cells = offenders.split("<h3>")[1:]
    assert [cell.split("<")[0] for cell in cells] == list(OFFENDERS_QUESTIONS.values())
    assert all("data-claim" in cell for cell in cells)
    table = page.split('<table class="summary">')[1].split("</table>")[0]
    assert re.findall(r'<th scope="row"><a href="#([^"]*)"', table) == [
        topic for topic, _ in topics
    ]


def test_what_the_document_lists_the_page_lists(folder: Path, demo_home: Home) -> None:
    """Its partners, chapters, questions and strands of hate, which no claim counts."""
    stated = dict(
        partner(
            demo_home,
            "select figure_id, statement from marts.published_figure where aspect = 'items_listed'",
        )
    )
    listed = {figure: text.partition(": ")[2].split("; ") for figure, text in stated.items()}
    page = unescape(text_of(folder / "index.html"))
    named = page.split("The partnership is made up of:")[1].split("</ul>")[0]
    assert re.findall(r"<li>(.*?)</li>", named) == listed["S001"]
    themes = [chapter.title for chapter in CHAPTERS if chapter.name in THEMES]
    assert [title.split()[0] for title in themes] == [name.split()[0] for name in listed["S003"]]
    assert all(f">{title}</h2>" in page for title in themes)
    assert len(QUESTIONS) == len(listed["S004"])
    assert len(OFFENDERS_QUESTIONS) == len(listed["S005"])
    strands = partner(
        demo_home, "select distinct category from marts.hate_victims where field = 'strand'"
    )
    assert {strand for (strand,) in strands} == set(listed["S116"])


def test_every_link_leads_somewhere(folder: Path) -> None:
    for name in PAGES:
        for href in set(re.findall(r'href="([^"]*)"', text_of(folder / name))) - {"data:,"}:
            target, _, place = href.partition("#")
            if target == "assessment.pdf":
                assert (folder / target).is_file()
                continue
            file = text_of(folder / (target or name))
            assert not place or f'id="{unquote(place)}"' in file, href


def test_a_claim_leads_to_its_files(folder: Path, demo_home: Home) -> None:
    hashes = partner(
        demo_home,
        "select distinct sha256 from marts.figure_source where feed = 'police/recorded_crime' "
        "and period_label = '2010/11' and area_name = 'Blaby'",
    )
    assert hashes
    rows = text_of(folder / "claims.html")
    row = re.search(r'<div class="row" id="crime_overview\.all_crime\.change.*?</div>', rows, re.S)
    assert row is not None
    assert 'href="#files-police/recorded_crime"' in row[0]
    listed = rows.split('id="files-police/recorded_crime"')[1].split("</table>")[0]
    assert all(sha in listed for (sha,) in hashes)


def test_pages_are_small_whole_and_accessible(page: Page, folder: Path) -> None:
    for name in PAGES:
        assert (folder / name).stat().st_size < MOST_BYTES
        page.forget()
        page.open(folder / name)
        assert page.requests() == [(folder / name).as_uri()]
        assert page.console() == []
        levels = page.run(
            "return Array.from(document.querySelectorAll('h1,h2,h3,h4')).map(h => +h.tagName[1])"
        )
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))
        # Of what is alike a few, for axe compares each element with those beside it.
        page.run("document.querySelectorAll(arguments[0]).forEach(e => e.remove())", ALIKE)
        page.run(AXE.read_text(encoding="utf-8"))
        page.run(
            "axe.run(document, {runOnly: arguments[0]}).then(r => { window.found = "
            "r.violations.map(v => v.id + ': ' + v.nodes[0].html.slice(0, 200)) })",
            WCAG,
        )
        page.wait("window.found !== undefined", 120)
        assert page.run("return window.found") == []


def test_pictures_have_words_numbers_and_a_source(page: Page, folder: Path) -> None:
    page.open(folder / "index.html")
    figures = page.run(
        "return Array.from(document.querySelectorAll('figure')).map(f => [f.id, "
        "Array.from(f.querySelectorAll('svg')).every(s => s.getAttribute('aria-label').length > 20 "
        "&& s.getBoundingClientRect().width > 100), f.querySelectorAll('tbody tr').length, "
        "f.querySelector('.source').textContent])"
    )
    assert len({name for name, *_ in figures}) == len(figures) > 20
    for name, described, rows, source in figures:
        assert described, name
        assert rows > 0, name
        assert re.search(r"\w+/\w+; .*\d{4}", source), name
    drawn = page.run(
        "return document.querySelector('#map-total-crime svg use').getBoundingClientRect().width"
    )
    assert drawn > 100


def test_a_phone_scrolls_down_only_and_paper_cuts_nothing_off(folder: Path) -> None:
    with browser(PHONE, 844) as phone:
        for name in PAGES:
            phone.open(folder / name)
            assert phone.run("return document.documentElement.scrollWidth") <= PHONE, name
        phone.print_layout(PAPER)
        for name in PAGES:
            phone.open(folder / name)
            assert phone.run("return document.documentElement.scrollWidth") <= PAPER, name
            wide = phone.run(
                "return Array.from(document.querySelectorAll('.wide')).filter(w => "
                "w.offsetWidth && w.scrollWidth > w.offsetWidth + 1)"
                ".map(w => w.getAttribute('aria-label'))"
            )
            assert wide == []


def test_what_nobody_sent_is_said(small_home: Home) -> None:
    """One feed of ten was received: the page is there, and says of the others that they are not."""
    page = text_of(small_home.current.resolve() / "assessment" / "index.html")
    assert page.count("Nothing was received for this year.") >= 8
    assert "No assessment" not in page
    sentences = [unescape(said) for said in re.findall(r'data-claim="[^"]*"[^>]*>([^<]*)<', page)]
    assert any("no extract of the MARAC coordinator covers" in said for said in sentences)
    assert not [said for said in sentences if re.search(r"\{\w+\}|None|null", said)]
