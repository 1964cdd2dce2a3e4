"""The words of verdicts, and where the assessments of several areas lie."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from assessment import reading, write
from assessment.reading import kept_table, latest_year, paragraphs
from warehouse.errors import RunFailed

ROOM = Path(write.__file__).parent


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ("increase", "rose"),
        ("increase, from none", "rose"),
        ("increasing", "increasing"),
        ("lower", "lower"),
        ("no significant change", "no clear change"),
        ("not comparable", "cannot be said"),
        ("no figure", "cannot be said"),
    ],
)
def test_a_symbol_has_its_words(verdict: str, words: str) -> None:
    assert write.verdict({"verdict": verdict})[1] == words


def test_claims_of_one_subject_make_a_paragraph() -> None:
    claims = [{"indicator_id": i, "area_code": a} for i, a in ("xA", "xA", "xB", "yB", "xA")]
    assert [len(each) for each in paragraphs(claims)] == [2, 1, 1, 1]
    assert [len(each) for each in paragraphs(claims, each=True)] == [1] * 5


def test_a_long_paragraph_is_broken_where_it_turns_to_something_else() -> None:
    aspects = ["value", "change", "trend", "comparison", "rank", "hotspot", "contribution"]
    claims = [{"indicator_id": "x", "area_code": "A", "aspect": aspect} for aspect in aspects]
    assert [len(each) for each in paragraphs(claims)] == [3, 2, 1, 1]
    assert [len(each) for each in paragraphs(claims[:-1])] == [6]


AREA = {"area_type": "district", "area_code": "D", "area_name": "Somewhere"}


def test_one_feed_that_goes_on_alone_does_not_make_a_year(monkeypatch: pytest.MonkeyPatch) -> None:
    years = [("2012/13", 1), ("2011/12", 6), ("2010/11", 12)]
    held = [{"period_label": label, "topics": topics} for label, topics in years]
    monkeypatch.setattr(reading, "read", lambda *_: held)
    con: Any = None
    assert latest_year(con, AREA)["period_label"] == "2011/12"
    assert latest_year(con, AREA, "2012/13")["period_label"] == "2012/13"
    with pytest.raises(RunFailed, match=r"for 2005/06: complete .* 2012/13, 2011/12, 2010/11"):
        latest_year(con, AREA, "2005/06")
    monkeypatch.setattr(reading, "read", lambda *_: [])
    with pytest.raises(RunFailed, match="complete financial years are none"):
        latest_year(con, AREA)


def test_of_several_areas_the_whole_is_first_and_all_are_linked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = ("P", "D", "E")
    areas = [{**AREA, "area_code": code, "area_name": f"Area {code}"} for code in codes]
    written = {}

    def one(
        con: Any, folder: Path, area: Any, period: Any, *, others: list[tuple[str, str]], **_: Any
    ) -> Any:
        written[area["area_code"]] = folder
        assert all((folder / address).parent.resolve() in places for _, address in others)
        assert [name for name, _ in others] == [
            f"Area {c}" for c in codes if c != area["area_code"]
        ]
        return SimpleNamespace(advice=[area["area_code"]])

    places = {tmp_path, tmp_path / "D", tmp_path / "E"}
    monkeypatch.setattr(write, "read", lambda *_: areas)
    monkeypatch.setattr(write, "latest_year", lambda *_: {})
    monkeypatch.setattr(write, "write_assessment", one)
    nothing: Any = None
    advice: list[str] = []
    write.write_assessments(nothing, tmp_path, nothing, None, tell=advice.extend)
    assert advice == list(codes)
    assert written == {"P": tmp_path, "D": tmp_path / "D", "E": tmp_path / "E"}


def test_what_is_written_beforehand_has_no_figure_and_no_place() -> None:
    for row in [*kept_table("glossary.csv"), *kept_table("methods.csv")]:
        said = row.get("meaning") or row["method"]
        assert not any(character.isdigit() for character in said), said
    places = ("blaby", "leicester", "fosse", "charnwood", "hinckley")
    for file in ROOM.rglob("*"):
        if file.suffix in (".py", ".html", ".css", ".csv", ".sql"):
            text = file.read_text(encoding="utf-8").lower()
            assert not [place for place in places if place in text], file.name
