"""The analyst's texts: what of them is printed, how they quote, and when they are flagged."""

import os
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessment import commentary

SECTIONS = ("violent", "hate")


def claim(claim_id: str, sentence: str, figure: str | None, section: str = "violent") -> Any:
    return {"claim_id": claim_id, "section": section, "sentence": sentence, "figure": figure}


CLAIMS = [
    claim("violent.change", "Violence fell by 10.0 %.", "10.0 %"),
    claim("violent.trend", "No trend can be said.", None),
    claim("hate.count", "Hate reports stood at 72.", "72", "hate"),
]


def changed(claim_id: str, sentence: str) -> list[Any]:
    return [c | {"sentence": sentence} if c["claim_id"] == claim_id else c for c in CLAIMS]


class Parts(HTMLParser):
    """Every tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attrs: set[tuple[str, str]] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attrs |= {(name, value or "") for name, value in attrs}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "violent.md").write_text("Fewer fights: {{ violent.change }}.\n")
    return tmp_path


def changes(folder: Path, claims: list[Any], before: list[Any] | None = None) -> list[str]:
    """The claims that a night would flag; it keeps what it read, as a night does."""
    found, _ = commentary.read(folder, claims, SECTIONS, before)
    commentary.remember(folder, claims, SECTIONS, before)
    return [change.claim_id for each in found.values() for change in each.changes]


def test_a_quoted_claim_is_its_figure_and_leads_to_the_claim(folder: Path) -> None:
    found, problems = commentary.read(folder, CLAIMS, SECTIONS)
    assert problems == []
    assert list(found) == ["violent"]
    link = '<a class="claim" href="claims.html#violent.change">10.0 %</a>'
    assert f"<p>Fewer fights: {link}.</p>" in found["violent"].html
    assert found["violent"].problems == ()


def test_in_code_a_quotation_stays_as_it_is_written() -> None:
    html, wrong = commentary.rendered("`{{ violent.change }}`", {})
    assert html == "<p><code>{{ violent.change }}</code></p>\n"
    assert wrong == []


def test_an_unknown_claim_and_one_without_a_figure_are_said_where_they_stand() -> None:
    by_id = {c["claim_id"]: c for c in CLAIMS}
    html, wrong = commentary.rendered("{{ violent.chang }} and {{violent.trend}}", by_id)
    assert "[no claim violent.chang]" in html
    assert "[no figure of violent.trend]" in html
    assert wrong == [
        "it quotes violent.chang, which is no claim of this assessment.",
        "it quotes violent.trend, which has no figure.",
    ]


def test_html_images_and_other_links_stay_text() -> None:
    text = (
        "<script>alert(1)</script> <b onclick=x>b</b>\n\n![i](https://x.org/i.png)\n\n"
        "[j](javascript:alert) [d](data:text/html,x) [f](file:///etc/passwd) [r](../x)\n\n"
        "[ok](https://example.org/a) [mail](mailto:a@example.org)\n\n# Big\n"
    )
    html, _ = commentary.rendered(text, {})
    parts = Parts(html)
    assert parts.tags == {"p", "a", "h4"}
    assert {name for name, _ in parts.attrs} == {"href"}
    assert {value for _, value in parts.attrs} == {
        # A picture's address is a link, which a reader may follow and no page loads.
        *("https://x.org/i.png", "https://example.org/a", "mailto:a@example.org"),
    }


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from("<>&\"'`*_#[]()!{}: \n/|-ajavscripthttpsdone=."), max_size=80))
def test_whatever_is_written_only_known_elements_come_out(text: str) -> None:
    known = {
        *("p", "ul", "ol", "li", "blockquote", "strong", "em", "a", "code", "pre", "br", "hr"),
        *("table", "thead", "tbody", "tr", "th", "td", "h4", "h5", "h6"),
    }
    parts = Parts(commentary.rendered(text, {})[0])
    assert parts.tags <= known
    for name, value in parts.attrs:
        assert name in {"href", "class", "start", "style", "title"}
        if name == "href":
            assert value.lower().startswith(("http://", "https://", "mailto:", "#"))
        if name == "style":
            assert value in {"text-align:left", "text-align:right", "text-align:center"}


def test_a_text_is_flagged_when_a_claim_of_its_section_or_quoted_one_changes(folder: Path) -> None:
    (folder / "violent.md").write_text("{{ hate.count }} reports.")
    assert changes(folder, CLAIMS) == []
    assert changes(folder, CLAIMS) == []
    now = changed("hate.count", "Hate reports stood at 73.")
    assert changes(folder, now) == ["hate.count"]
    now = changed("violent.trend", "Violence has been increasing.")
    assert changes(folder, now) == ["violent.trend"]
    assert changes(folder, now[:1] + now[2:]) == ["violent.trend"], "one that is gone"


def test_another_sections_claim_that_is_not_quoted_flags_nothing(folder: Path) -> None:
    assert changes(folder, CLAIMS) == []
    assert changes(folder, changed("hate.count", "Hate reports stood at 73.")) == []


def test_a_touched_file_stays_flagged_and_a_changed_one_is_not(folder: Path) -> None:
    text = folder / "violent.md"
    assert changes(folder, CLAIMS) == []
    now = changed("violent.change", "Violence rose by 1.0 %.")
    os.utime(text)
    text.write_text(text.read_text().replace("\n", " \r\n\r\n"))
    assert changes(folder, now) == ["violent.change"]
    text.write_text(text.read_text() + "\n[//]: # (read again 2011-05-02)\n")
    assert changes(folder, now) == []
    assert "2011" not in commentary.read(folder, now, SECTIONS)[0]["violent"].html


def test_a_text_of_today_was_written_before_the_publication_of_yesterday(folder: Path) -> None:
    """Its author had the publication before in front of them."""
    now = changed("violent.change", "Violence rose by 1.0 %.")
    assert changes(folder, now, before=CLAIMS) == ["violent.change"]
    assert changes(folder, now, before=now) == ["violent.change"], "until it is saved changed"


def test_what_changed_stands_below_the_text(folder: Path) -> None:
    commentary.remember(folder, CLAIMS, SECTIONS)
    now = changed("violent.change", "Violence <rose> by 1.0 %.")
    found, problems = commentary.read(folder, now, SECTIONS)
    assert "Was: Violence fell by 10.0 %. Now: Violence &lt;rose&gt; by 1.0 %." in (
        found["violent"].html
    )
    [line] = commentary.advice(found, problems, "commentary")
    assert line.startswith("commentary/violent.md was saved before 1 figure")


def test_files_that_will_not_do_are_told_and_stop_nothing(folder: Path, tmp_path: Path) -> None:
    (folder / "violence.md").write_text("Of no section.")
    (folder / "hate.md").write_bytes(b"\xff\xfe\x00")
    found, problems = commentary.read(folder, CLAIMS, SECTIONS)
    assert list(found) == ["violent"]
    assert [problem.split(" ", 1)[0] for problem in problems] == [
        f"{folder.name}/hate.md",
        f"{folder.name}/violence.md",
    ]
    assert "hate, violent" in problems[1], "it says which there are"


@pytest.mark.parametrize("kind", ["symbolic", "hard"])
def test_a_link_to_a_file_that_others_may_not_read_is_not_followed(
    folder: Path, tmp_path: Path, kind: str
) -> None:
    secret = tmp_path / "pseudonym.key"
    secret.write_text("secret")
    link = folder / "hate.md"
    link.symlink_to(secret) if kind == "symbolic" else os.link(secret, link)
    found, problems = commentary.read(folder, CLAIMS, SECTIONS)
    assert list(found) == ["violent"]
    assert problems == [f"{folder.name}/hate.md is not printed: it is a link."]


def test_a_damaged_memory_is_written_anew(folder: Path) -> None:
    (folder / commentary.FIGURES).write_text('{"violent": 1')
    assert changes(folder, CLAIMS) == []
    assert changes(folder, changed("violent.change", "x")) == ["violent.change"]


def test_no_folder_is_no_commentary(tmp_path: Path) -> None:
    assert commentary.read(tmp_path / "none", CLAIMS, SECTIONS) == ({}, [])
    commentary.remember(tmp_path / "none", CLAIMS, SECTIONS)
    assert not (tmp_path / "none").exists()
