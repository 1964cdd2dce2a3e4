"""One record of a partner's file is corrected: exactly the sentences that count it change.

The force finds that a theft from a vehicle at Fosse Park in March 2011 was shoplifting, and sends
the crime again. It stays one crime of Blaby in 2010/11, so that no count of all crime changes.
"""

import csv
import io
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assessment import document
from assessment.reading import latest_year, read
from assessment.write import write_assessment
from tests.end_to_end.running import copied, land, load_and_build, query
from warehouse.home import Home

FEED, FOSSE_PARK, SHOPLIFTING = "police/recorded_crime", "E01099012", "46"
FLAGS = ("alcohol_flag", "drug_flag", "domestic_flag", "hate_flag")
BLABY, COUNTY, PARTNERSHIP = "E07000129", "E10000018", "E22000164"
# Where Fosse Park lies.
AREAS = (BLABY, PARTNERSHIP, COUNTY)
YEAR = "2010/11"
LOST, WON = "serious_acquisitive_crime", "other_acquisitive_crime"

# What the crime is counted in, before or after, and each aspect of it whose sentence says a count
# or a share of so many. Not so: a comparison, a rank and a trend, whose sentences say a word and
# rates to one decimal, of which one crime among 94,000 residents is a tenth of the last digit.
SAID = {
    LOST: "value change contribution hotspot community of_all signal",
    "theft_from_vehicle": "value change hotspot signal",
    "theft_from_vehicle_share": "share",
    WON: "value change contribution hotspot community of_all signal",
    "shoplifting": "value change run hotspot signal",
}
# The change of all crime stays as it was: of its parts these two have another share in it.
PARTS_OF_ALL = (LOST, WON)
# The summary has room for ten findings, and in Blaby as many weigh most as before. The fall of
# serious acquisitive crime was 11.0 % as that of all crime, a little less; with 11.1 % it is more,
# and takes its place.
ENTERS = f"summary.conclusion.{LOST}.change.{BLABY}.2010-11"
LEAVES = f"summary.conclusion.all_crime.change.{BLABY}.2010-11"

# What else of the page is drawn or tabled of the same counts, by its anchor; and Table 1's rows.
TOPICS = ("serious-acquisitive-crime", "other-acquisitive-crime")
PICTURES = {f"{kind}-{topic}" for kind in ("map", "years", "areas") for topic in TOPICS} | {
    f"signal-{indicator}-{BLABY}" for indicator in (LOST, "theft_from_vehicle")
}


@dataclass(frozen=True)
class Told:
    """An assessment: the claims of all areas by id, and Blaby's page."""

    claims: dict[str, dict[str, Any]]
    page: str


@pytest.fixture(scope="module")
def before(demo_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Told:
    return told(demo_home, tmp_path_factory.mktemp("before"))


@pytest.fixture(scope="module")
def after(demo_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    folder = tmp_path_factory.mktemp("after")
    home = copied(demo_home, folder / "home")
    land(home, FEED, "recorded_crime_night_2011-04-21.csv", reclassified(home), time.time() - 30)
    load_and_build(home, "assessment_claim", "figure_source", "recording_completeness")
    yield told(home, folder)
    shutil.rmtree(folder)


def reclassified(home: Home) -> bytes:
    """A file of one crime, as the force had sent it but for the offence."""
    archive = home.archive / FEED
    again = {row["crime_ref"] for path in archive.glob("*_night_*") for row in rows_of(path)}
    [month] = archive.glob("*_2011-03.csv")
    crime = next(
        row
        for row in rows_of(month)
        if row["offence_code"].strip() == "45"
        and row["lsoa_code"] == FOSSE_PARK
        and {row[flag] for flag in FLAGS} == {"N"}
        and not row["cancelled_date"]
        and row["crime_ref"] not in again
    )
    file = io.StringIO()
    writer = csv.DictWriter(file, list(crime), lineterminator="\n")
    writer.writeheader()
    writer.writerow(
        {**crime, "offence_code": SHOPLIFTING, "offence_description": "Shoplifting"}
    )
    return file.getvalue().encode()


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def told(home: Home, folder: Path) -> Told:
    with (
        duckdb.connect(str(home.warehouse_file), read_only=True) as con,
        pytest.MonkeyPatch.context() as patched,
    ):
        patched.setattr(document, "write_document", lambda *_: None)  # the page printed
        [area] = read(con, "focus")
        write_assessment(con, folder, area, latest_year(con, area))
        claims = con.execute("select * from marts.assessment_claim").df().to_dict("records")
    page = (folder / "index.html").read_text(encoding="utf-8")
    return Told({claim["claim_id"]: claim for claim in claims}, page)


def counts_it(claim: dict[str, Any]) -> bool:
    """Whether the sentence says a number that the crime is counted in."""
    if claim["area_code"] not in AREAS or claim["period_label"] != YEAR:
        return False
    if claim["indicator_id"] == "all_crime":
        return claim["aspect"] == "contribution" and claim["category"] in PARTS_OF_ALL
    return claim["aspect"] in SAID.get(claim["indicator_id"], "").split()


def expected(before: Told) -> set[str]:
    return {name for name, claim in before.claims.items() if counts_it(claim)}


def test_exactly_the_sentences_that_count_the_record_change(before: Told, after: Told) -> None:
    assert before.claims.keys() - after.claims.keys() == {LEAVES}
    assert after.claims.keys() - before.claims.keys() == {ENTERS}
    changed = {
        name
        for name in before.claims.keys() & after.claims.keys()
        if before.claims[name]["sentence"] != after.claims[name]["sentence"]
    }
    assert changed == expected(before)
    by_area = {
        area: sum(after.claims[name]["area_code"] == area for name in changed) for area in AREAS
    }
    assert by_area == {BLABY: 45, PARTNERSHIP: 47, COUNTY: 46}
