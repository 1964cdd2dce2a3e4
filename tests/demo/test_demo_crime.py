"""The demo's recorded crime and incidents: each count, rank and comparison that it was made for.

Counted from the files by `demo_extracts`, without the project's SQL; limits and trends are written
out here from their formulas.
"""

import math

import pandas as pd
import pytest
from scipy import stats

from tests.demo.demo_extracts import (
    BLABY,
    COUNTY_DISTRICTS,
    LAST_YEAR,
    OTHER_ACQUISITIVE,
    SERIOUS_ACQUISITIVE,
    THIS_YEAR,
    VIOLENCE,
    YEARS,
    areas,
    code_of,
    crimes,
    files,
    incidents,
    names,
    population,
    records,
)

GROUP = [BLABY, "E07000130", "E07000132", "E07000134"]
ASB_CLASS = ["anti-social behaviour", "hoax calls", "abandoned vehicles"]
ROWDY = ["Rowdy or inconsiderate behaviour", "Rowdy or nuisance neighbours"]


@pytest.fixture(scope="module")
def county() -> pd.DataFrame:
    """Crimes placed in the county."""
    table = crimes()
    return table[table["district"].isin(COUNTY_DISTRICTS)]


@pytest.fixture(scope="module")
def blaby(county: pd.DataFrame) -> pd.DataFrame:
    """Crimes placed in Blaby."""
    return county[county["district"] == BLABY]


@pytest.fixture(scope="module")
def asb() -> pd.DataFrame:
    """Blaby's incidents of the class of anti-social behaviour as it was to 31 March 2011."""
    table = incidents()
    return table[(table["district"] == BLABY) & table["category"].isin(ASB_CLASS)]


def by_year(table: pd.DataFrame) -> list[int]:
    return [int((table["year"] == year).sum()) for year in YEARS]


def of_class(table: pd.DataFrame, *classes: str) -> pd.DataFrame:
    return table[table["class"].isin(classes)]


def this_year(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["year"] == THIS_YEAR]


def district_rates(table: pd.DataFrame) -> pd.Series:
    """Rates of 2010/11 per 1,000 residents of the county's districts."""
    counts = this_year(table).groupby("district").size().reindex(COUNTY_DISTRICTS, fill_value=0)
    return counts / population().loc[COUNTY_DISTRICTS, 2010] * 1000


def county_rate(table: pd.DataFrame) -> float:
    return len(this_year(table)) / population().loc[COUNTY_DISTRICTS, 2010].sum() * 1000


def limits(count: int) -> tuple[float, float]:
    """Byar's 95 % limits of Blaby's count as rates per 1,000 residents."""
    z, more = stats.norm.ppf(0.975), count + 1
    lower = count * (1 - 1 / (9 * count) - z / (3 * math.sqrt(count))) ** 3
    upper = more * (1 - 1 / (9 * more) + z / (3 * math.sqrt(more))) ** 3
    return lower / 93.935, upper / 93.935


def trend(counts: list[int]) -> tuple[float, float]:
    """Slope and chi-square of Blaby's five rates, weighted by their inverse variance."""
    people = [population().loc[BLABY, year] / 1000 for year in range(2006, 2011)]
    rates = [n / p for n, p in zip(counts, people, strict=True)]
    weight = [p**2 / n for n, p in zip(counts, people, strict=True)]
    total = sum(weight)
    middle = sum(w * x for x, w in enumerate(weight)) / total
    spread = sum(w * (x - middle) ** 2 for x, w in enumerate(weight))
    slope = sum(w * (x - middle) * y for x, (w, y) in enumerate(zip(weight, rates, strict=True)))
    return slope / spread, (slope / spread) ** 2 * spread


def local(table: pd.DataFrame, district: str = BLABY) -> pd.DataFrame:
    """Counts, rates and expected counts of 2010/11 by LSOA of a district, most first."""
    mine = areas()[areas()["district"] == district].copy()
    everywhere = areas()[areas()["district"].isin(COUNTY_DISTRICTS)]
    mine["count"] = this_year(table).groupby("lsoa").size().reindex(mine.index, fill_value=0)
    mine["rate"] = mine["count"] / mine["population"] * 1000
    placed = this_year(table)["lsoa"].isin(everywhere.index).sum()
    mine["expected"] = mine["population"] * placed / everywhere["population"].sum()
    return mine.sort_values("count", ascending=False)


def significantly_high(table: pd.DataFrame) -> pd.DataFrame:
    """LSOAs of Blaby above the 99.8 % funnel: their lower limit is above what is expected."""
    rows = local(table)
    lower = stats.chi2.ppf(0.001, 2 * rows["count"]) / 2
    return rows[lower > rows["expected"]]


def rates_by(table: pd.DataFrame, groups: pd.Series) -> pd.Series:
    """Rates of 2010/11 of groups of LSOAs."""
    counts = this_year(table).groupby("lsoa").size().reindex(groups.index, fill_value=0)
    people = areas().loc[groups.index, "population"]
    return counts.groupby(groups).sum() / people.groupby(groups).sum() * 1000


# Counts -----------------------------------------------------------------------------------------


def test_every_offence_code_has_a_class() -> None:
    assert crimes()["class"].notna().all()


@pytest.mark.parametrize(
    ("classes", "last", "now"),
    [
        (VIOLENCE, 1000, 900),
        (SERIOUS_ACQUISITIVE, 1000, 890),
        (("theft from vehicle",), 700, 593),
        (("domestic burglary",), 150, 160),
        (("theft of vehicle",), 120, 112),
        (("robbery",), 30, 25),
        (OTHER_ACQUISITIVE, 1500, 1320),
        (("damage",), 1075, 1000),
        (("drugs",), 167, 139),
    ],
)
def test_counts_of_blaby(
    blaby: pd.DataFrame, classes: tuple[str, ...], last: int, now: int
) -> None:
    assert by_year(of_class(blaby, *classes))[3:] == [last, now]


def test_all_crime_and_violence_fall_steadily_and_clearly(blaby: pd.DataFrame) -> None:
    assert by_year(blaby) == [6900, 6500, 6050, 5620, 5000]
    for table in (blaby, of_class(blaby, *VIOLENCE)):
        counts = by_year(table)
        assert counts == sorted(counts, reverse=True)
        slope, chi_square = trend(counts)
        assert slope < 0
        assert chi_square > 9.5495


def test_assault_without_injury_alone_of_violence_rises_at_last_by_one(
    blaby: pd.DataFrame, county: pd.DataFrame
) -> None:
    counts = by_year(of_class(blaby, "without injury"))
    assert counts == sorted(set(counts))
    assert counts[4] - counts[3] == 1
    slope, chi_square = trend(counts)
    assert slope > 0
    assert chi_square > 9.5495
    everywhere = by_year(of_class(county, "without injury"))
    assert everywhere == sorted(set(everywhere))
    for name in set(VIOLENCE) - {"without injury"}:
        counts = by_year(of_class(blaby, name))
        assert counts == sorted(set(counts), reverse=True)


def test_flags_of_blaby(blaby: pd.DataFrame) -> None:
    now, last = this_year(blaby), blaby[blaby["year"] == LAST_YEAR]
    violence, rest = now[now["violence"]], now[~now["violence"]]
    assert (now["domestic"].sum(), last["domestic"].sum()) == (411, 403)
    assert (violence["domestic"].sum(), rest["domestic"].sum()) == (300, 111)
    assert (violence["alcohol"].sum(), violence["drug"].sum()) == (234, 9)
    assert (violence["alcohol"] & violence["domestic"]).sum() == 111
    assert (rest["alcohol"] & rest["domestic"]).sum() == 22
    assert (now["alcohol"].sum(), last["alcohol"].sum()) == (350, 299)


def test_a_quarter_of_the_countys_violence_is_alcohol_related(county: pd.DataFrame) -> None:
    violence = this_year(county)[this_year(county)["violence"]]
    assert round(100 * violence["alcohol"].mean()) == 25


# Comparisons ------------------------------------------------------------------------------------


def test_all_crime_is_about_the_countys_and_the_groups(county: pd.DataFrame) -> None:
    lower, upper = limits(5000)
    assert lower < county_rate(county) < upper
    assert lower < district_rates(county)[GROUP].mean() < upper


def test_violence_is_second_lowest_and_below_the_group_beyond_chance(county: pd.DataFrame) -> None:
    rates = district_rates(of_class(county, *VIOLENCE))
    assert rates.rank()[BLABY] == 2
    assert rates[GROUP].mean() > limits(900)[1]
    assert district_rates(of_class(county, "serious")).idxmin() == BLABY


def test_serious_acquisitive_crime_is_highest_and_above_the_others_beyond_chance(
    county: pd.DataFrame,
) -> None:
    table = of_class(county, *SERIOUS_ACQUISITIVE)
    rates = district_rates(table)
    assert rates.idxmax() == BLABY
    assert max(rates[GROUP].mean(), county_rate(table)) < limits(890)[0]


# Places -----------------------------------------------------------------------------------------


def test_fosse_park_leads_by_far_and_significantly(county: pd.DataFrame) -> None:
    rows = local(county)
    assert rows["count"].idxmax() == rows["rate"].idxmax() == code_of("Fosse Park")
    assert rows["count"].iloc[0] > 2 * rows["count"].iloc[1]
    assert code_of("Fosse Park") in significantly_high(county).index


def test_exactly_five_areas_are_significantly_high_for_theft_from_vehicle(
    county: pd.DataFrame,
) -> None:
    table = of_class(county, "theft from vehicle")
    high = significantly_high(table)
    assert len(high) == 5
    assert "Fosse Park" in set(high["local_name"])
    rows = local(table)
    others = rows.drop(high.index)
    # clearly below by either reading of the limit, and the five clearly above
    assert (others["count"] + 2 <= stats.poisson.ppf(0.999, others["expected"])).all()
    upper = stats.chi2.ppf(0.999, 2 * (high["expected"] + 1)) / 2
    assert (high["count"] > upper + 3).all()


def test_shoplifting_is_fosse_parks_and_fell_there_three_years_running(
    blaby: pd.DataFrame,
) -> None:
    there = of_class(blaby, "shoplifting")
    there = there[there["lsoa"] == code_of("Fosse Park")]
    counts = by_year(there)
    assert counts[4] == 300
    assert counts[1] > counts[2] > counts[3] > counts[4]


def test_drug_offences_lead_in_blaby_north_and_drug_flags_at_fosse_park(
    county: pd.DataFrame,
) -> None:
    offences, flagged = local(of_class(county, "drugs")), local(county[county["drug"]])
    for rows, name in ((offences, "Blaby North"), (flagged, "Fosse Park")):
        assert rows["count"].idxmax() == rows["rate"].idxmax() == code_of(name)
        assert rows["count"].iloc[0] > rows["count"].iloc[1]


def test_alcohol_leads_at_fosse_park_but_below_the_town_centres(county: pd.DataFrame) -> None:
    table = county[county["alcohol"]]
    rows = local(table)
    assert rows["count"].idxmax() == rows["rate"].idxmax() == code_of("Fosse Park")
    for district in ("E07000130", "E07000132"):
        centre = local(table, district).iloc[0]
        assert centre["local_name"].endswith("Town Centre")
        assert centre["count"] > 2 * rows["count"].iloc[0]
        assert centre["rate"] > rows["rate"].max()


@pytest.mark.parametrize("place", ["Thorpe Astley", "Braunstone Town"])
def test_domestic_burglary_rose_in_thorpe_astley_and_braunstone_town(
    blaby: pd.DataFrame, place: str
) -> None:
    there = areas().index[areas()["local_name"].fillna("").str.startswith(place)]
    table = of_class(blaby, "domestic burglary")
    counts = by_year(table[table["lsoa"].isin(there)])
    assert counts[4] > 2 * counts[3]


@pytest.mark.parametrize("districts", [COUNTY_DISTRICTS, [BLABY]], ids=["county", "Blaby"])
@pytest.mark.parametrize("classes", [None, VIOLENCE], ids=["all crime", "violence"])
def test_city_living_and_the_more_deprived_are_most_affected(
    county: pd.DataFrame, districts: list[str], classes: tuple[str, ...] | None
) -> None:
    table = county[county["district"].isin(districts)]
    table = of_class(table, *classes) if classes else table
    mine = areas()[areas()["district"].isin(districts)]
    assert rates_by(table, mine["class_name"]).idxmax() == "City Living"
    own_fifths = pd.qcut(mine["rank_2010"], 5, labels=False)
    national_fifths = (mine["rank_2010"] - 1) * 5 // 32_844
    for fifths in (own_fifths, national_fifths):
        rates = rates_by(table, fifths)
        assert rates.is_monotonic_decreasing, rates


# Incidents --------------------------------------------------------------------------------------


def test_anti_social_behaviour_of_blaby(asb: pd.DataFrame) -> None:
    rowdy = asb[asb["qualifier"].isin(ROWDY)]
    hoax, abandoned = (asb[asb["category"] == name] for name in ASB_CLASS[1:])
    assert by_year(asb)[3:] == [5000, 3650]
    assert by_year(rowdy)[3:] == [3400, 2720]
    assert by_year(hoax)[2:] == [230, 350, 200]
    assert by_year(abandoned)[3:] == [150, 60]
    assert min(by_year(abandoned)) == 60
    parts = (asb, rowdy, hoax, abandoned)
    rest = [a - r - h - v for a, r, h, v in zip(*map(by_year, parts), strict=True)]
    assert rest[3:] == [1100, 670]


def test_the_three_areas_with_most_anti_social_behaviour(asb: pd.DataFrame) -> None:
    rows = local(asb).sort_values("rate", ascending=False)
    assert list(rows["local_name"][:3]) == [
        "Fosse Park",
        "Winstanley Community College",
        "Braunstone Town Henley Crescent",
    ]
    assert rows["rate"].iloc[2] > 1.3 * rows["rate"].iloc[3]


def test_domestic_incidents_without_a_crime_rose(county: pd.DataFrame) -> None:
    table = incidents()
    domestic = table[(table["district"] == BLABY) & (table["domestic_flag"] == "Y")]
    unlinked = domestic[domestic["linked_crime_ref"] == ""]
    assert by_year(unlinked)[3:] == [1000, 1140]
    linked = domestic[domestic["linked_crime_ref"] != ""]
    flagged = set(county["crime_ref"][county["domestic"]])
    assert len(linked) > 1000
    assert set(linked["linked_crime_ref"]) <= flagged


# What real extracts are like --------------------------------------------------------------------


def test_one_or_two_in_a_hundred_police_rows_have_no_usable_place() -> None:
    for table in (crimes(), incidents()):
        share = table["lsoa"].isna().mean()
        assert 0.01 < share < 0.02
        written = set(table["lsoa_code"][table["lsoa"].isna()])
        assert {"", "N/K", "E01000000", "E0109903"} <= written


def test_police_rows_cover_the_county_and_a_little_of_its_neighbours() -> None:
    for table in (crimes(), incidents()):
        districts = table["district"].dropna()
        assert set(COUNTY_DISTRICTS) < set(districts)
        assert 0 < (~districts.isin(COUNTY_DISTRICTS)).sum() < 100


def test_corrections_change_reclassify_cancel_move_and_arrive_late() -> None:
    """Between the first extract that has a crime and the last, one thing of it changes."""
    versions: dict[str, list[tuple[str, dict[str, str]]]] = {}
    for name in names("police/recorded_crime"):
        if "2010-" in name or "2011-" in name:
            header, rows = records(name)
            for cells in rows:
                if len(cells) == len(header):
                    row = dict(zip(header, cells, strict=True))
                    versions.setdefault(row["crime_ref"], []).append((name, row))
    changed = [
        sent for sent in versions.values() if sent[0][1] != sent[-1][1] and sent[0][1]["crime_ref"]
    ]
    columns = [
        {column for column in first if first[column] != last[column]}
        for (_, first), *_, (_, last) in changed
    ]
    for column in ("offence_code", "cancelled_date", "recorded_date", "lsoa_code", "alcohol_flag"):
        assert sum(column in found for found in columns) >= 5, column
    late = [
        sent
        for sent in versions.values()
        if len(sent) == 1 and sent[0][0].rpartition("_")[2][:7] > sent[0][1]["recorded_date"][:7]
    ]
    assert len(late) >= 10


def test_codes_are_spelt_in_several_ways() -> None:
    spelt = set(crimes()["offence_code"])
    assert {"37/2", "037/02", "28a ", "8g"} <= spelt


def test_an_incident_is_linked_to_a_crime_that_no_extract_has() -> None:
    links = set(incidents()["linked_crime_ref"]) - {""}
    assert len(links - set(crimes()["crime_ref"])) == 1


def test_one_file_is_windows_1252_and_one_has_other_line_ends_and_a_mark() -> None:
    first, second, third, fourth, *_ = (files()[n] for n in names("police/recorded_crime"))
    assert b"\xa3" in first
    with pytest.raises(UnicodeDecodeError):
        first.decode("utf-8")
    assert second.startswith(b"\xef\xbb\xbf")
    assert second.count(b"\r\n") == second.count(b"\n")
    assert not third.startswith(b"crime_ref")
    assert b"crime_ref" in third.splitlines()[0]
    assert fourth.endswith(b"\n\n")
