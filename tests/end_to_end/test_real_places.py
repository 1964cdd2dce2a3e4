"""A metropolitan borough and a Welsh authority, on the police's archive and official files.

The archive has two months of all forces. Here their rows are spread over the twelve months of a
year, so that years have figures: places, types and numbers are real, the months are not. Figures
are worked out from the archive and the publishers' files by pandas.
"""

import io
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.end_to_end.conftest import ASB
from tests.end_to_end.running import REFERENCE_FILES, STREET, csp, frame, partner, query, run
from warehouse.home import Home

pytestmark = pytest.mark.real_archive

ARCHIVE = "police-street/all-forces-2018-10-to-2018-11.zip"
SENT = ("2018-10", "2018-11")
YEAR = [*(f"2018-{month:02d}" for month in range(4, 13)), "2019-01", "2019-02", "2019-03"]
TABLE_C2 = "policeforceareatablesyejune25final.csv"
LEFT_OUT = {"reference/boundary"}
WANTED = {**REFERENCE_FILES, "reference/recorded_crime_benchmark": [TABLE_C2]}


@dataclass(frozen=True)
class Place:
    """A district by name, what it is compared with, and its most similar group."""

    name: str
    district: str
    county: str
    county_districts: frozenset[str]
    forces: tuple[str, ...]
    members: tuple[str, ...]
    """The others of its group whose forces are loaded."""
    not_loaded: str
    force_not_loaded: str
    not_in_table: frozenset[str]
    """Of its group those that Table C2 counts only together with others."""

    @property
    def loaded(self) -> list[str]:
        """The members of the group that have street crime, the district itself first."""
        return [self.district, *self.members]


BARNSLEY = Place(
    name="Barnsley",
    district="E08000016",
    county="E11000003",
    county_districts=frozenset({"E08000016", "E08000017", "E08000018", "E08000019"}),
    forces=("south-yorkshire", "merseyside"),
    members=("E08000018", "E08000013", "E08000011"),
    not_loaded="E08000036",
    force_not_loaded="West Yorkshire Police",
    not_in_table=frozenset(),
)
NEWPORT = Place(
    name="Newport",
    district="W06000022",
    county="W15000002",
    county_districts=frozenset(f"W060000{number}" for number in range(18, 23)),
    forces=("gwent", "dyfed-powys", "north-wales"),
    members=("W06000006", "W06000010"),
    not_loaded="W06000016",
    force_not_loaded="South Wales Police",
    not_in_table=frozenset({"W06000016"}),
)


@dataclass(frozen=True)
class Built:
    """A place's home after its night, and the rows that were landed in it."""

    place: Place
    home: Home
    sent: pd.DataFrame


@pytest.fixture(scope="module", params=[BARNSLEY, NEWPORT], ids=lambda place: place.name)
def built(
    request: pytest.FixtureRequest,
    shared: Path,
    districts: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Built]:
    place: Place = request.param
    home = Home(tmp_path_factory.mktemp("place") / "home")
    made = csp(home, "init", "--county", place.name)
    assert made.exit_code == 0, made.output
    settings = home.csp_yml.read_text()
    group = ", ".join([*place.members, place.not_loaded])
    for old, new in (
        ("most_similar_group: []", f"most_similar_group: {{{place.district}: [{group}]}}"),
        ("# threads: 2 ", "threads: 1   #"),
    ):
        assert old in settings
        settings = settings.replace(old, new)
    home.csp_yml.write_text(settings)
    sent = spread(shared / "data" / ARCHIVE, place.forces, home.landing / STREET / "year.zip")
    for feed in WANTED.keys() - LEFT_OUT:
        for name in WANTED[feed]:
            shutil.copy2(shared / "data/reference" / name, home.landing / feed)
    run(home)
    yield Built(place, home, sent.assign(district=sent["LSOA code"].map(districts)))
    shutil.rmtree(home.root)


def spread(archive: Path, forces: tuple[str, ...], landed: Path) -> pd.DataFrame:
    """Land the rows of the forces, each once, over the months of a year in turn; return them."""
    found = []
    with (
        zipfile.ZipFile(archive) as real,
        zipfile.ZipFile(landed, "w", zipfile.ZIP_DEFLATED) as year,
    ):
        for force in forces:
            parts = [real.read(f"{month}/{month}-{force}-street.csv") for month in SENT]
            rows = pd.concat([pd.read_csv(io.BytesIO(part), dtype=str) for part in parts])
            rows = rows[rows["Crime ID"].isna() | ~rows["Crime ID"].duplicated()]
            rows["Month"] = np.resize(YEAR, len(rows))
            for month, part in rows.groupby("Month"):
                year.writestr(f"{month}/{month}-{force}-street.csv", part.to_csv(index=False))
            found.append(rows)
    return pd.concat(found, ignore_index=True)


@pytest.fixture(scope="module")
def people(shared: Path) -> pd.Series:
    """Residents at mid-2018 by district."""
    table = pd.read_csv(shared / "data/reference/MYEB3_LAD_2001-2019.csv", index_col="ladcode20")
    return table["population_2018"]


def test_the_year_of_the_district_of_its_lsoas_and_of_the_county(
    built: Built, people: pd.Series, districts: dict[str, str]
) -> None:
    place, crimes = built.place, built.sent[built.sent["Crime type"] != ASB]
    table = frame(
        built.home,
        "select * from marts.indicator_value "
        "where indicator_id = 'street_all_crime' and period_label = '2018/19'",
    ).set_index("area_code")
    assert table["area_name"].notna().all()
    # The police force area that a Welsh county is has the code of the force.
    found = dict(iter(table.groupby("area_type")))
    counts = crimes[crimes["district"].isin(place.county_districts)].groupby("district").size()
    rates = found["district"][found["district"]["is_complete"]]
    for district, count in counts.items():
        row = rates.loc[district]
        assert (row["numerator"], row["denominator"]) == (count, people[district])
        assert row["value"] == pytest.approx(1000 * count / people[district])
        assert row["lower_95"] < row["value"] < row["upper_95"]
    [(county, row)] = found["county"].iterrows()
    assert county == place.county
    assert row["numerator"] == counts.sum()
    assert row["denominator"] == people[list(place.county_districts)].sum()
    lsoas = found["lsoa"]
    of_county = crimes[crimes["district"].isin(place.county_districts)]
    of_lsoas = of_county.groupby("LSOA code").size()
    assert (lsoas.loc[of_lsoas.index, "numerator"] == of_lsoas).all()
    assert lsoas["numerator"].sum() == counts.sum()
    assert lsoas["denominator"].notna().all()
    assert lsoas["value"].notna().all()
    assert set(lsoas.index.map(districts)) == place.county_districts


def test_hotspots_and_communities_of_the_place_or_why_there_are_none(built: Built) -> None:
    place = built.place
    assert partner(
        built.home,
        "select count(*) > 100, count(distinct district_code) from marts.hotspot "
        "where indicator_id = 'street_all_crime' and period_label = '2018/19'",
    ) == [(True, len(place.county_districts))]
    assert partner(
        built.home,
        "select area_name, highest_area_name like area_name || ' %', county_verdict is not null, "
        "msg_verdict is not null from marts.summary_table where topic = 'street crime'",
    ) == [(place.name, True, True, True)]
    [(classes,)] = partner(built.home, "select count(*) from marts.community_profile")
    said = query(
        built.home.warehouse_file,
        "select severity, message from quality.check_result "
        "where check_id = 'dbt.assert_deprivation_covers_the_county' and status != 'pass'",
    )
    # The indices that were landed are England's.
    if place is BARNSLEY:
        assert classes > 0
        assert said == []
    else:
        [(severity, message)] = said
        assert classes == 0
        assert severity == "warning"
        assert "of the LSOAs of Gwent none is in an index of deprivation that was landed" in message


def test_the_group_compares_what_its_forces_sent(built: Built, people: pd.Series) -> None:
    place = built.place
    robberies = built.sent[built.sent["Crime type"] == "Robbery"].groupby("district").size()
    rates = 1000 * robberies.reindex(place.loaded, fill_value=0) / people[place.loaded]
    members = frame(
        built.home,
        "select * from marts.most_similar_member "
        "where indicator_id = 'street_robbery' and period_label = '2018/19'",
    ).set_index("area_code")
    assert set(members.index) == {*place.loaded, place.not_loaded}
    assert set(members["source"]) == {STREET}
    counted = members.loc[place.loaded]
    np.testing.assert_allclose(counted["value"], rates)
    assert (counted["rank"] == rates.rank(method="min", ascending=False)).all()
    absent = members.loc[place.not_loaded]
    assert absent["reason"] == f"street crime of {place.force_not_loaded} is not loaded"
    assert absent[["numerator", "denominator", "value", "lower_95", "rank"]].isna().all()
    [group] = frame(
        built.home,
        "select * from marts.indicator_comparison where indicator_id = 'street_robbery' "
        "and comparator_type = 'most_similar_group' and period_label = '2018/19'",
    ).to_dict("records")
    assert (group["area_code"], group["comparator_code"]) == (place.district, place.district)
    assert group["comparator_value"] == pytest.approx(rates.mean())
    for limit, sign in (("lower_95", -1), ("upper_95", 1)):
        distance = np.sqrt(((counted[limit] - rates) ** 2).sum()) / len(rates)
        assert group[f"comparator_{limit}"] == pytest.approx(rates.mean() + sign * distance)
    assert (group["members"], group["members_with_figures"]) == (len(rates) + 1, len(rates))
    assert (group["rank"], group["rank_of"]) == (counted["rank"].iloc[0], len(rates))
    own = counted.iloc[0]
    higher, lower = own["lower_95"] > rates.mean(), own["upper_95"] < rates.mean()
    assert group["verdict"] == ("higher" if higher else "lower" if lower else "similar")


def test_table_c2_compares_the_members_that_it_has(built: Built, shared: Path) -> None:
    place = built.place
    folder = shared / "data/reference"
    table = pd.read_csv(folder / TABLE_C2, skiprows=7, dtype=str, encoding="utf-8-sig")
    counts = table.set_index("Local Authority code")["Robbery"]
    latest = pd.read_csv(folder / "MYEB3_LAD_2001-2019.csv", index_col="ladcode20")
    group = [*place.loaded, place.not_loaded]
    there = [code for code in group if code not in place.not_in_table]
    robberies = counts[there].str.replace(",", "").str.strip().astype(int)
    rates = 1000 * robberies / latest.loc[there, "population_2019"]
    members = frame(
        built.home,
        "select * from marts.most_similar_member where indicator_id = 'robbery' "
        "and source = 'reference/recorded_crime_benchmark'",
    ).set_index("area_code")
    assert set(members.index) == set(group)
    assert set(members["period_label"]) == {"year to 2025-06"}
    np.testing.assert_allclose(members.loc[there, "value"], rates)
    assert set(members.loc[there, "population_year"]) == {2019}
    for code in place.not_in_table:
        assert members.loc[code, "reason"] == "Table C2 has no figure of this district alone"
    assert partner(
        built.home,
        "select source, period_label, members, members_with_figures from "
        "marts.indicator_comparison where indicator_id = 'robbery'",
    ) == [("reference/recorded_crime_benchmark", "year to 2025-06", len(group), len(there))]
