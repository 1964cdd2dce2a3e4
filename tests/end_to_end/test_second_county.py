"""Another county with half of its feeds: published, readable, and it says what is missing.

The night costs about 150 s of processor time (measured November 2026 on two cores), most of it the
reading and the building of the models, whose number does not hang on the records.
"""

import os
import re
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from assessment.proof import faults
from demo.county import load
from demo.write import demo_files, demo_settings
from tests.end_to_end.conftest import made_once
from tests.end_to_end.running import ONE_THREAD, partner, run
from warehouse.contract import load_contracts
from warehouse.home import Home

SENT = (
    *("police/recorded_crime", "police/incident", "council/asb_report", "youth/disposal"),
    *("partnership/target", "reference/lsoa_lookup", "reference/csp_lookup"),
    *("reference/district_population", "reference/lsoa_population", "reference/deprivation"),
)
OLDER = re.compile(r"200[678]-0[34]")
"""Of the history the last years are enough."""
AREAS = (".", "E07000026", "E07000029")


@pytest.fixture(scope="module")
def half_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home after a night with the second county's extracts of half of the feeds."""

    def make(home: Home) -> None:
        county = load("cumbria")
        home.init(demo_settings(county).replace(*ONE_THREAD))
        landed = time.time() - 86_400
        for name, content in demo_files(county).items():
            if name.rpartition("/")[0] in SENT and not OLDER.search(name):
                landed += 60
                (home.landing / name).write_bytes(content)
                os.utime(home.landing / name, (landed, landed))
        run(home)

    yield from made_once(tmp_path_factory, "second-county", make)


@pytest.fixture(scope="module", params=AREAS)
def page(request: pytest.FixtureRequest, half_home: Home) -> str:
    """The assessment of the partnership, and of each of its districts."""
    folder = half_home.current / "assessment" / request.param
    assert (folder / "assessment.pdf").stat().st_size > 100_000
    return (folder / "index.html").read_text(encoding="utf-8")


def words_of(page: str) -> str:
    """What a reader sees of a page."""
    without = re.sub(r"(?s)<(style|script|svg).*?</\1>", " ", page)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", without)))


def test_every_number_is_a_claims_or_a_tables(page: str, half_home: Home) -> None:
    claims = dict(partner(half_home, "select claim_id, sentence from marts.assessment_claim"))
    assert faults(page, claims) == []


def test_no_place_of_the_first_county_is_named(page: str, half_home: Home) -> None:
    first, second = load(), load("cumbria")
    names = {first.facts.name, *(row.name for row in first.rows)}
    names |= {area.name for area in first.named_areas.values()}
    names |= {force.name for force in first.facts.forces}
    names -= {area.name for area in second.named_areas.values()}
    texts = [words_of(page)]
    texts += [
        words_of(path.read_text(encoding="utf-8"))
        for path in sorted((half_home.current / "quality").glob("*.html"))
    ]
    said = " ".join(texts)
    assert len(said) > 50_000
    found = [name for name in names if re.search(rf"\b{re.escape(name)}\b", said)]
    codes = [code for code in first.by_code if code in said]
    assert found + codes == []


def test_what_is_missing_is_said_and_who_sends_it(page: str) -> None:
    """In the table of records, for each partner's feed that figures are made of."""
    rows = re.findall(r'<tr><th scope="row">(.*?)</tr>', page.split('id="introduction"')[1], re.S)
    missing = [words_of(row) for row in rows if "Nothing was received" in row]
    used = {"hate/report", "marac/hearing", "fire/incident", "probation/caseload",
            "survey/perception", "police/street_crime"}  # fmt: skip
    contracts = load_contracts()
    for feed in used:
        [row] = [row for row in missing if contracts[feed].title in row]
        assert contracts[feed].publisher in row
    assert len(missing) == len(used)


def test_no_heading_stands_alone_and_no_sentence_is_broken(page: str) -> None:
    said = words_of(page)
    assert not re.search(r"[{}]|\bNone\b|\bnan\b|\bnull\b| ,| \.(?!\d)|\.\.(?!\.)", said)
    body = page.split('<main id="main">')[1]
    found = re.findall(r"<h([2-4])[^>]*>(.*?)</h\1>(.*?)(?=<h[2-4]|\Z)", body, re.S)
    assert len(found) > 100
    levels = [int(level) for level, _, _ in found[1:]] + [0]
    alone = [
        words_of(title)
        for (level, title, below), after in zip(found, levels, strict=True)
        if not words_of(below).strip() and after <= int(level)
    ]
    assert alone == []


def test_what_did_not_come_is_no_figure_and_not_nought(half_home: Home) -> None:
    for indicator in ("deliberate_fires", "marac_cases", "hate_reports", "adult_reoffending_rate"):
        assert partner(
            half_home,
            f"select count(*) from marts.indicator_value where indicator_id = '{indicator}'",
        ) == [(0,)]


def test_two_districts_are_a_partnership(half_home: Home) -> None:
    folder = Path(half_home.current / "assessment")
    said = words_of((folder / "index.html").read_text(encoding="utf-8"))
    assert "West Cumbria has 22 small areas (LSOAs) of" in said
    assert "Assessment of Allerdale" in said
    assert "Assessment of Copeland" in said
    assert "has no rank" not in said
    assert "most similar group" not in said
