"""The demo's other partners: each figure that its feeds were made for, counted from the files."""

from datetime import date
from itertools import combinations

import pandas as pd
import pytest
from scipy import stats

from tests.demo.demo_extracts import (
    BLABY,
    COUNTY,
    COUNTY_DISTRICTS,
    FORCE,
    LAST_YEAR,
    THIS_YEAR,
    YEARS,
    areas,
    code_of,
    crimes,
    good_reference,
    good_rows,
    in_force,
    names,
    placed,
    population,
    records,
)

NEEDS = ["thinking", "relationships", "education", "lifestyles", "attitudes", "alcohol", "drugs"]
NEEDS = [*NEEDS, "accommodation"]


def by_year(table: pd.DataFrame) -> list[int]:
    return [int((table["year"] == year).sum()) for year in YEARS]


def in_county(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["district"].isin(COUNTY_DISTRICTS)]


# Hate -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hate() -> pd.DataFrame:
    """Hate reports of the county; sources in lower case."""
    table = in_county(placed(in_force("hate/report")))
    return table.assign(source=table["source"].str.lower())


@pytest.fixture(scope="module")
def hate_now(hate: pd.DataFrame) -> pd.DataFrame:
    return hate[hate["year"] == THIS_YEAR]


def test_hate_reports_of_all_sources(hate: pd.DataFrame) -> None:
    assert by_year(hate)[0] == 0
    assert (by_year(hate)[1], by_year(hate)[4]) == (1088, 1274)
    assert set(hate["source"]) == {"police", "school", "himp"}


def test_the_polices_hate_reports_in_blaby(hate_now: pd.DataFrame) -> None:
    police = hate_now[(hate_now["district"] == BLABY) & (hate_now["source"] == "police")]
    assert police["kind"].value_counts().to_dict() == {"offence": 72, "incident": 16}
    offences = police[police["kind"] == "offence"]
    assert offences["offence_group"].value_counts().to_dict() == {
        "Violence against the person": 45,
        "Criminal damage": 18,
        "Public order": 9,
    }


def test_fosse_park_alone_of_blaby_has_more_than_ten_and_is_of_the_countys_ten_highest(
    hate_now: pd.DataFrame,
) -> None:
    police = hate_now[hate_now["source"] == "police"]
    counts = police.groupby("lsoa").size()
    mine = counts[counts.index.map(areas()["district"]) == BLABY]
    assert mine[mine > 10].to_dict() == {code_of("Fosse Park"): 12}
    rates = counts / areas()["population"].reindex(counts.index)
    for measured in (counts, rates):
        assert measured.rank(ascending=False, method="max")[code_of("Fosse Park")] <= 10


def test_what_is_known_of_the_victims(hate_now: pd.DataFrame) -> None:
    male = (hate_now["victim_gender"] == "Male").sum()
    known_gender = hate_now["victim_gender"].isin(["Male", "Female", "Other"])
    ages = pd.to_numeric(hate_now["victim_age"], errors="coerce")
    groups = ["White", "Mixed", "Asian or Asian British", "Black or Black British"]
    known_group = hate_now["victim_ethnicity"].isin([*groups, "Chinese or Other Ethnic"])
    assert (~known_gender).sum() == (~ages.between(0, 120)).sum() == 255
    assert (~known_group).sum() == 319
    assert male == 680 > len(hate_now) / 2
    white = (hate_now["victim_ethnicity"] == "White").sum()
    assert (white, known_group.sum()) == (592, 955)
    assert white < len(hate_now) / 2
    for column, known in (("victim_gender", known_gender), ("victim_ethnicity", known_group)):
        unusable = set(hate_now[column][~known])
        assert {"", "Not stated", "N/K"} <= unusable
        assert unusable & {"9", "X"}, "invalid ones too"
    assert "430" in set(hate_now["victim_age"])


def test_strands_overlap_and_seven_in_ten_are_racial(hate_now: pd.DataFrame) -> None:
    strands = hate_now["strands"]
    assert round(100 * strands.str.contains("racial").mean()) == 70
    assert strands.str.contains(";").sum() > 40
    assert 0 < (strands == "").sum() < 20


def test_hate_offences_of_the_police_are_flagged_crimes_of_the_same_place(
    hate: pd.DataFrame,
) -> None:
    known = crimes().set_index("crime_ref")
    linked = hate[hate["linked_crime_ref"] != ""].set_index("linked_crime_ref")
    assert set(linked.index) == set(known.index[known["hate"]])
    assert (known.loc[linked.index, "lsoa"] == linked["lsoa"]).all()
    assert (linked["kind"] == "offence").all()


def test_in_a_few_hate_reports_the_district_is_not_that_of_the_lsoa() -> None:
    table = placed(in_force("hate/report"))
    wrong = table["lsoa"].notna() & (table["district"] != table["district_code"])
    assert 0 < wrong.sum() < 30


# MARAC ------------------------------------------------------------------------------------------


def a_year_on(day: str) -> str:
    """The day twelve calendar months later; of 29 February the 28th."""
    found = date.fromisoformat(day)
    last = 28 if (found.month, found.day) == (2, 29) else found.day
    return date(found.year + 1, found.month, last).isoformat()


@pytest.fixture(scope="module")
def cases() -> pd.DataFrame:
    """One row per pair and day, with what each version of the rule says."""
    pair = ["victim_id", "perpetrator_id"]
    table = in_force("marac/hearing").sort_values("day").drop_duplicates([*pair, "day"]).copy()
    before = table.groupby(pair)["day"].shift()
    initial = table.groupby(pair)["day"].transform("min")
    table["repeat"] = [
        isinstance(last, str) and day <= a_year_on(last)
        for last, day in zip(before, table["day"], strict=True)
    ]
    table["repeat_of_first"] = [
        first < day <= a_year_on(first) for first, day in zip(initial, table["day"], strict=True)
    ]
    return table


def test_marac_cases_and_repeats(cases: pd.DataFrame) -> None:
    now = cases[cases["year"] == THIS_YEAR]
    assert set(cases["district_code"]) == set(COUNTY_DISTRICTS)
    assert (len(now), now["repeat"].sum()) == (185, 18)
    assert now["referring_agency"].value_counts().to_dict() == {
        "Independent Domestic Violence Advisor": 134,
        "Police": 50,
        "": 1,
    }
    assert now["repeat_of_first"].sum() == 17
    declared = now[now["repeat_flag"] != ""]
    assert 2 <= ((declared["repeat_flag"] == "Y") != declared["repeat"]).sum() <= 8
    assert by_year(cases)[:2] == [0, 0]
    assert min(by_year(cases)[2:]) > 100


def test_the_pairs_on_which_rules_differ_are_there(cases: pd.DataFrame) -> None:
    pair = ["victim_id", "perpetrator_id"]
    before = cases.groupby(pair)["day"].shift()
    again = cases[before.notna()].assign(before=before.dropna())
    to_the_day = again[again["day"] == again["before"].map(a_year_on)]
    assert to_the_day["repeat"].all()
    assert len(to_the_day) == 1
    gap = pd.to_datetime(again["day"]) - pd.to_datetime(again["before"].map(a_year_on))
    assert (again["repeat"][gap.dt.days == 1]).eq(False).sum() == 1
    assert (again["repeat"] & ~again["repeat_of_first"]).sum() == 1
    assert (cases.groupby("perpetrator_id")["victim_id"].nunique() > 1).sum() == 1
    assert (cases.groupby(pair)["district_code"].nunique() > 1).sum() == 1
    hearings = in_force("marac/hearing")
    assert hearings.duplicated([*pair, "day"]).sum() == 1


# Fires ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def fires() -> pd.DataFrame:
    return placed(in_force("fire/incident"))


def test_deliberate_fires_of_blaby(fires: pd.DataFrame) -> None:
    deliberate = fires[(fires["district"] == BLABY) & (fires["motive"] == "deliberate")]
    assert by_year(deliberate)[3:] == [171, 137]
    now = deliberate[deliberate["year"] == THIS_YEAR]
    assert now["fire_class"].value_counts().to_dict() == {"secondary": 85, "primary": 52}
    primary = now[now["fire_class"] == "primary"]
    assert (primary["property_type"] == "vehicle").sum() == 26
    counts = now.groupby("lsoa").size()
    rates = counts / areas()["population"].reindex(counts.index)
    assert counts[code_of("Blaby North")] == 15
    assert counts.idxmax() == rates.idxmax() == code_of("Blaby North")


def test_every_class_of_incident_and_every_fire_class_occurs(fires: pd.DataFrame) -> None:
    classes = {"fire", "false_alarm", "road_traffic_collision", "other"}
    assert set(fires["incident_class"]) == classes
    assert set(fires["fire_class"]) == {"primary", "secondary", "chimney", ""}
    assert {"Outdoor", "outdoor"} <= set(fires["property_type"])
    dwellings = fires[(fires["property_type"] == "dwelling") & (fires["motive"] == "not known")]
    assert len(dwellings) > 0


def test_one_month_of_fires_is_covered_by_the_name_of_its_file_alone(fires: pd.DataFrame) -> None:
    assert names("fire/incident")[0].endswith("_2006-04_to_2007-03.csv")
    months = set(fires["day"].str[:7])
    assert "2006-04" not in months
    assert len(months) == 59


# Councils ---------------------------------------------------------------------------------------


def test_council_reports_lack_one_month_and_cover_every_district() -> None:
    table = placed(in_force("council/asb_report"))
    months = set(table["day"].str[:7])
    assert len(months) == 59
    assert "2009-08" not in months
    assert not any("2009-04_to_2010-03" in name for name in names("council/asb_report"))
    assert set(table["district"]) == set(COUNTY_DISTRICTS)
    abandoned = by_year(table[table["category"].str.lower() == "abandoned vehicle"])
    assert abandoned == sorted(abandoned, reverse=True)


# Probation --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def caseload() -> pd.DataFrame:
    """The final caseload of 2010/11."""
    last = names("probation/caseload")[-1]
    table = good_rows(last)
    assert table is not None
    assert set(table["period_end"]) == {"2011-03-31"}
    table = placed(table)
    table["again"] = table["reoffended"] == "Y"
    for need in NEEDS:
        table[need] = table[f"need_{need}"] == "Y"
    return table


@pytest.fixture(scope="module")
def resident(caseload: pd.DataFrame) -> pd.DataFrame:
    """Offenders who live in Blaby."""
    return caseload[caseload["district"] == BLABY]


def wilson(count: int, of: int) -> tuple[float, float]:
    interval = stats.binomtest(int(count), of).proportion_ci(method="wilson")
    return 100 * interval.low, 100 * interval.high


def percent(flags: pd.Series) -> float:
    return 100 * float(flags.mean())


def test_reoffending_is_significantly_lower_in_blaby(
    caseload: pd.DataFrame, resident: pd.DataFrame
) -> None:
    assert (len(resident), resident["again"].sum()) == (229, 16)
    assert len(caseload) == 1500
    assert 13.5 <= percent(caseload["again"]) < 14.5
    assert wilson(16, 229)[1] < percent(caseload["again"])
    assert caseload["reoffence_date"].ne("").eq(caseload["again"]).all()


def test_tiers(caseload: pd.DataFrame, resident: pd.DataFrame) -> None:
    mine, all_of_them = resident["tier"].value_counts(), caseload["tier"].value_counts()
    assert (mine["1"], mine["4"]) == (78, 4)
    assert round(all_of_them["1"] / 15) == 23
    assert round(all_of_them["4"] / 15) == 5
    assert wilson(78, 229)[0] > all_of_them["1"] / 15
    assert wilson(4, 229)[1] < all_of_them["4"] / 15


def test_needs_of_blaby(caseload: pd.DataFrame, resident: pd.DataFrame) -> None:
    counts = resident[NEEDS].sum().sort_values(ascending=False)
    assert counts[:2].to_dict() == {"thinking": 87, "relationships": 85}
    for need in ("education", "relationships", "drugs", "accommodation"):
        assert wilson(counts[need], 229)[1] < percent(caseload[need]), need
    assert resident[["attitudes", "education", "lifestyles"]].all(axis=1).sum() == 27
    answers = caseload[[f"need_{need}" for need in NEEDS]]
    assert 20 <= (~answers.isin(["Y", "N"])).sum().sum() <= 100


@pytest.mark.parametrize("blank", ["is no need", "leaves the offender out"])
def test_three_needs_together_carry_the_highest_risk(caseload: pd.DataFrame, blank: str) -> None:
    ratios = {}
    for size in (1, 2, 3):
        for needs in combinations(NEEDS, size):
            table = caseload
            if blank == "leaves the offender out":
                answers = table[[f"need_{need}" for need in needs]]
                table = table[answers.isin(["Y", "N"]).all(axis=1)]
            having = table[list(needs)].all(axis=1)
            if having.sum() >= 10:
                risk, other = table["again"][having].mean(), table["again"][~having].mean()
                ratios["+".join(sorted(needs))] = risk / other
    highest, next_highest, *_ = sorted(ratios, key=ratios.__getitem__, reverse=True)
    assert highest == "attitudes+education+lifestyles"
    assert 2.45 <= ratios[highest] < 2.55
    assert ratios[next_highest] < 2.4


def test_where_offenders_live(caseload: pd.DataFrame, resident: pd.DataFrame) -> None:
    counts = resident.groupby("lsoa").size()
    assert counts[counts >= 10].to_dict() == {
        code_of("Thorpe Astley South & Meridian Business Park"): 11,
        code_of("Fosse Park"): 10,
    }
    county = areas()[areas()["district"].isin(COUNTY_DISTRICTS)]
    crime = crimes()[crimes()["year"] == THIS_YEAR].groupby("lsoa").size()
    rate = crime.reindex(county.index, fill_value=0) / county["population"]
    high_crime = rate >= rate.quantile(0.8)
    deprived = county["county_fifth"] == 1
    for places in (high_crime, deprived):
        among = [table["lsoa"].dropna().map(places).astype(bool) for table in (resident, caseload)]
        assert wilson(among[0].sum(), len(among[0]))[1] < percent(among[1])


def test_two_snapshots_of_one_year_and_one_of_the_year_before() -> None:
    periods = []
    for name in names("probation/caseload"):
        header, rows = records(name)
        end = header.index("period_end")
        periods.append({row[end] for row in rows})
    assert periods == [{"2010-03-31"}, {"2011-03-31"}, {"2011-03-31"}]


# Young people -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def disposals() -> pd.DataFrame:
    return in_force("youth/disposal")


def test_disposals_by_ethnic_group(disposals: pd.DataFrame) -> None:
    now = disposals[disposals["year"] == THIS_YEAR]
    assert now["ethnicity"].value_counts().to_dict() == {
        "White": 647,
        "Mixed": 26,
        "Asian or Asian British": 18,
        "Black or Black British": 7,
        "Chinese or Other Ethnic": 5,
    }
    assert min(by_year(disposals)) == 703
    earlier = set(disposals["ethnicity"][disposals["year"] != THIS_YEAR])
    assert {"Not known", "N/K", "99", ""} <= earlier


def test_first_entrants_count_once(disposals: pd.DataFrame) -> None:
    marked = disposals[disposals["first_entry"] == "Y"].sort_values("day")
    first = marked.drop_duplicates("young_person_id")
    assert len(marked) - len(first) == 2
    assert by_year(first)[3:] == [500, 414]
    assert by_year(first[first["district_code"] == BLABY])[3:] == [63, 60]


def test_custody_after_conviction(disposals: pd.DataFrame) -> None:
    now = disposals[disposals["year"] == THIS_YEAR]
    convicted = now[now["court_conviction"] == "Y"]
    assert (len(convicted), (convicted["tier"] == "custody").sum()) == (345, 10)
    assert (disposals["court_conviction"].eq("Y") == disposals["tier"].ne("pre_court")).all()


def test_residents_aged_10_to_17() -> None:
    table = pd.DataFrame(good_reference("reference/youth_population"))
    table["people"] = table["population_10_17"].astype(int)
    county = table[table["area_code"] == COUNTY]
    now = county[county["mid_year"] == "2010"].set_index("ethnic_group")["people"]
    assert now.to_dict() == {
        "White": 63067,
        "Mixed": 1632,
        "Asian or Asian British": 3969,
        "Black or Black British": 418,
        "Chinese or Other Ethnic": 552,
    }
    districts = table[table["area_code"] != COUNTY]
    assert set(districts["area_code"]) == set(COUNTY_DISTRICTS)
    keys = ["mid_year", "ethnic_group"]
    sums = districts.groupby(keys)["people"].sum()
    assert sums.to_dict() == county.groupby(keys)["people"].sum().to_dict()
    assert {int(year) for year in table["mid_year"]} == set(range(2006, 2011))


# Surveys and targets ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def estimates() -> pd.DataFrame:
    table = in_force("survey/perception")
    table["estimate"] = table["percent"].astype(float)
    return table.set_index(["question_id", "wave", "area_code"])["estimate"]


def test_leicestershire_is_thirteenth_of_27_counties(estimates: pd.Series) -> None:
    wave = estimates["NI42"]["2010/11"]
    counties = wave[wave.index.str.startswith("E10")]
    assert len(counties) == 27
    assert counties.is_unique
    assert counties.rank(ascending=False)[COUNTY] == 13
    assert wave[COUNTY] < min(wave["E12000004"], wave["E92000001"])
    districts = wave[wave.index.str.startswith("E07")].sort_values(ascending=False)
    assert set(districts.index) == set(COUNTY_DISTRICTS)
    assert set(districts.index[:2]) == {"E07000134", "E07000132"}


@pytest.mark.parametrize("question", ["NI41", "NI42"])
def test_perceptions_fell_since_the_wave_before(estimates: pd.Series, question: str) -> None:
    now, before = estimates[question]["2010/11"], estimates[question]["2008"]
    assert set(now.index) == set(before.index)
    assert (now < before).all()


def test_the_local_survey_asks_three_questions_in_every_district(estimates: pd.Series) -> None:
    local = estimates[[question.startswith("CR") for question, *_ in estimates.index]]
    assert local.between(0, 100).all()
    assert len(local) == 3 * 2 * len(COUNTY_DISTRICTS)


def test_targets_and_whether_they_were_met() -> None:
    table = in_force("partnership/target").set_index("target_id")
    hate = table.loc["county-hate-reports"]
    assert (hate["baseline_value"], hate["target_percent"]) == ("1088", "10")
    force = table[table["area_code"] == FORCE].set_index("indicator_id")["target_percent"]
    assert force.to_dict() == {
        "all_crime": "-5",
        "asb_incidents": "-10",
        "domestic_burglary": "-8",
        "commercial_burglary": "-5",
    }
    mine = table[table["area_code"] == BLABY]
    assert set(mine["baseline_label"]) == {LAST_YEAR}
    blaby = crimes()[crimes()["district"] == BLABY]
    counted = {
        "all_crime": blaby,
        "violence_against_the_person": blaby[blaby["violence"]],
        "criminal_damage": blaby[blaby["class"] == "damage"],
        "domestic_burglary": blaby[blaby["class"] == "domestic burglary"],
    }
    met = {}
    for indicator, percentage in zip(mine["indicator_id"], mine["target_percent"], strict=True):
        before, now = by_year(counted[indicator])[3:]
        met[indicator] = now <= before * (1 + int(percentage) / 100)
    assert met == {name: name != "domestic_burglary" for name in counted}


def test_blabys_population_is_the_published_one() -> None:
    assert population().loc[BLABY].tolist() == [
        90361, 91225, 91592, 91664, 91721, 92266, 92741, 93341, 93511, 93935, 94132,
    ]  # fmt: skip
    mine = areas()[areas()["district"] == BLABY]
    assert (len(mine), mine["population"].sum()) == (60, 93935)
    assert 640_000 < population().loc[COUNTY_DISTRICTS, 2010].sum() < 660_000
