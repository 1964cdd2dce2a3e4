"""One record of a partner's file is corrected: exactly the sentences that count it change.

The force finds that a theft from a vehicle at Fosse Park in March 2011 was shoplifting, and sends
the crime again. It stays one crime of Blaby in 2010/11, so that no count of all crime changes.
"""

import csv
import hashlib
import io
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from assessment import document
from assessment.reading import latest_year, read
from assessment.write import write_assessment
from tests.end_to_end.running import copied, land, load_and_build
from warehouse.home import Home
from warehouse.rows import Row, rows

FEED, FOSSE_PARK = "police/recorded_crime", "E01099012"
THEFT_FROM_A_VEHICLE, SHOPLIFTING = "45", "46"
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

# What of a claim may differ where its sentence does not, and then of these indicators alone:
# unrounded numbers. How much months vary is estimated of all areas and years of an indicator
# together, and widens the limits and p-values of all; districts are compared with the county's.
UNROUNDED = {
    *("value", "numerator", "comparator_value", "lower_95", "upper_95", "p_value"),
    *("importance", "reason"),
}
# The pictures of the same counts, with their tables, and of the series that signal those that count
# the crime; and Table 1's cells that say a count or a percentage.
PICTURES = (
    {
        f"{kind}-{indicator.replace('_', '-')}"
        for kind in ("map", "years", "areas")
        for indicator in (LOST, WON)
    }
    | {
        f"signals-{area} {series}"
        for area in (BLABY, COUNTY)
        for series in ("Serious acquisitive crime", "Theft from a vehicle")
    }
    | {f"signals-{COUNTY} {series}" for series in ("Other acquisitive crime", "Shoplifting")}
)
CELLS = {
    f"appendix_a.{topic}.{topic}.{aspect}.{BLABY}.2010-11"
    for topic in (LOST, WON)
    for aspect in ("value", "change")
}


@dataclass(frozen=True)
class Told:
    """An assessment: the claims of all areas by id, and the pages of Blaby's."""

    claims: dict[str, Row]
    page: str
    claims_page: str


@pytest.fixture(scope="module")
def before(demo_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Told:
    return told(demo_home, tmp_path_factory.mktemp("before"))


@pytest.fixture(scope="module")
def sent(demo_home: Home) -> bytes:
    """A file of one crime, as the force had sent it but for the offence."""
    archive = demo_home.archive / FEED
    again = {row["crime_ref"] for path in archive.glob("*_night_*") for row in rows_of(path)}
    [month] = archive.glob("*_2011-03.csv")
    crime = next(
        row
        for row in rows_of(month)
        if row["offence_code"].strip() == THEFT_FROM_A_VEHICLE
        and row["lsoa_code"] == FOSSE_PARK
        and {row[flag] for flag in FLAGS} == {"N"}
        and not row["cancelled_date"]
        and row["crime_ref"] not in again
    )
    crime |= {"offence_code": SHOPLIFTING, "offence_description": "Shoplifting"}
    file = io.StringIO()
    writer = csv.DictWriter(file, list(crime), lineterminator="\n")
    writer.writeheader()
    writer.writerow(crime)
    return file.getvalue().encode()


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def after(demo_home: Home, sent: bytes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    folder = tmp_path_factory.mktemp("after")
    home = copied(demo_home, folder / "home")
    land(home, FEED, "recorded_crime_night_2011-04-21.csv", sent, time.time() - 30)
    load_and_build(home, "assessment_claim", "figure_source", "recording_completeness")
    yield told(home, folder)
    shutil.rmtree(folder)


def told(home: Home, folder: Path) -> Told:
    with (
        duckdb.connect(str(home.warehouse_file), read_only=True) as con,
        pytest.MonkeyPatch.context() as patched,
    ):
        patched.setattr(document, "write_document", lambda *_: None)  # the page, printed
        [area] = read(con, "focus")
        write_assessment(con, folder, area, latest_year(con, area))
        claims = rows(con, "select * from marts.assessment_claim")
    pages = [(folder / name).read_text(encoding="utf-8") for name in ("index.html", "claims.html")]
    return Told({claim["claim_id"]: claim for claim in claims}, *pages)


@pytest.fixture(scope="module")
def both(before: Told, after: Told) -> dict[str, tuple[Row, Row]]:
    """The claims that are made before and after, by id."""
    return {
        name: (before.claims[name], after.claims[name])
        for name in before.claims.keys() & after.claims.keys()
    }


def counts_it(claim: Row) -> bool:
    """Whether the sentence says a number that the crime is counted in."""
    if claim["area_code"] not in AREAS or claim["period_label"] != YEAR:
        return False
    if claim["indicator_id"] == "all_crime":
        return claim["aspect"] == "contribution" and claim["category"] in PARTS_OF_ALL
    return claim["aspect"] in SAID.get(claim["indicator_id"], "").split()


def test_exactly_the_sentences_that_count_the_record_change(
    before: Told, after: Told, both: dict[str, tuple[Row, Row]]
) -> None:
    assert before.claims.keys() - after.claims.keys() == {LEAVES}
    assert after.claims.keys() - before.claims.keys() == {ENTERS}
    changed = {name for name, (was, is_) in both.items() if was["sentence"] != is_["sentence"]}
    assert changed == {name for name, (was, _) in both.items() if counts_it(was)}
    of = {(each["indicator_id"], each["aspect"]) for each in (after.claims[n] for n in changed)}
    listed = {(indicator, aspect) for indicator, said in SAID.items() for aspect in said.split()}
    assert of == {*listed, ("all_crime", "contribution")}
    assert {after.claims[name]["area_code"] for name in changed} == set(AREAS)


def test_nothing_else_is_another(both: dict[str, tuple[Row, Row]]) -> None:
    for name, (was, is_) in both.items():
        if was["sentence"] != is_["sentence"]:
            continue
        differs = {column for column in was if was[column] != is_[column]}
        if was["section"] == "summary":
            differs.discard("position")  # the weightier first
        assert differs <= (UNROUNDED if was["indicator_id"] in SAID else set()), name


def test_each_count_moves_by_one_the_way_it_should(both: dict[str, tuple[Row, Row]]) -> None:
    moved = {LOST: -1, "theft_from_vehicle": -1, WON: 1, "shoplifting": 1}
    for area in AREAS:
        for indicator, step in moved.items():
            was, is_ = both[f"acquisitive.{indicator}.value.{area}.2010-11"]
            assert is_["numerator"] - was["numerator"] == step
            was, is_ = both[f"acquisitive.{indicator}.change.{area}.2010-11"]
            assert is_["previous_numerator"] == was["previous_numerator"]
        was, is_ = both[f"acquisitive.theft_from_vehicle_share.share.{area}.2010-11"]
        assert (is_["numerator"] - was["numerator"], is_["denominator"] - was["denominator"]) == (
            -1,
            -1,
        )
        was, is_ = both[f"crime_overview.all_crime.value.{area}.2010-11"]
        assert is_ == was


def sentences(page: str) -> dict[str, str]:
    """The page's sentences by the claim that their anchor names."""
    return dict(re.findall(r'<a class="claim" data-claim="([^"]*)"[^>]*>([^<]*)</a>', page))


def cells(page: str) -> dict[str, str]:
    """Table 1's cells by the claim that their anchor names."""
    table = page.split('<table class="summary">')[1].split("</table>")[0]
    return dict(re.findall(CELL, table))


def figures(page: str) -> dict[str, str]:
    """The pictures by their anchor; of those that signal each series, and what stands round them.

    The surest comes first, so that one record can put them in another order.
    """
    found = {each[1]: each[0] for each in re.finditer(FIGURE, page, re.DOTALL)}
    for anchor in [anchor for anchor in found if anchor.startswith("signals-")]:
        for part in re.finditer(f"{CHART}|{MONTH}", found[anchor], re.DOTALL):
            series = f"{anchor} {part['charted'] or part['counted']}"
            found[series] = found.get(series, "") + part[0]
            found[anchor] = found[anchor].replace(part[0], "")
    return found


CELL = r'<a class="claim" data-source="([^"]*)"[^>]*>(.*?)</a>'
FIGURE = r'<figure id="([^"]*)".*?</figure>'
CHART = r'<div><p class="label">(?P<charted>[^<]*) \([a-z]+\)</p><svg .*?</svg></div>'
MONTH = r'<tr><th scope="row">(?P<counted>[^<]*)</th>.*?</tr>'
SIGNALS = r"<caption>Series of [^<]* that signal.*?</table>"


def without(page: str) -> str:
    """The page without what is compared by itself."""
    page = re.sub(FIGURE, "", page, flags=re.DOTALL)
    page = re.sub(r'(<a class="claim" data-claim="[^>]*>)[^<]*', r"\1", page)
    page = re.sub(CELL, r"\1", page)
    return re.sub(SIGNALS, "", page, flags=re.DOTALL).replace(LEAVES, ENTERS)


def test_the_page_differs_in_just_those(
    before: Told, after: Told, both: dict[str, tuple[Row, Row]]
) -> None:
    was, is_ = sentences(before.page), sentences(after.page)
    assert len(was) > 300
    changed = {name for name in was.keys() & is_.keys() if was[name] != is_[name]}
    assert changed == {name for name in was.keys() & both.keys() if counts_it(both[name][0])}
    assert (was.keys() - is_.keys(), is_.keys() - was.keys()) == ({LEAVES}, {ENTERS})
    for take, others in ((figures, PICTURES), (cells, CELLS)):
        one, other = take(before.page), take(after.page)
        assert one.keys() == other.keys()
        assert {name for name in one if one[name] != other[name]} == others
    assert without(before.page) == without(after.page)


def test_the_file_stands_beside_the_claims(before: Told, after: Told, sent: bytes) -> None:
    digest = hashlib.sha256(sent).hexdigest()
    assert digest not in before.claims_page
    files = after.claims_page.split('id="files-police/recorded_crime"')[1].split("</table>")[0]
    assert digest in files
