"""The official Leicestershire archive, through the whole night, against figures worked out here.

Nothing of the project computes the expected figures: they come from the publishers' files by the
csv module, pandas and scipy, following the words of the counting rules.
"""

import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.end_to_end.conftest import ASB, COUNTY, FORCE, YEAR
from tests.end_to_end.limits import byar, two_sided, widened
from tests.end_to_end.running import csp, frame, partner, query
from warehouse.home import Home

pytestmark = pytest.mark.real_archive

BLABY = "E07000129"
MISSING = [f"2019-{month:02d}" for month in range(3, 12)]


def test_the_rows_of_blaby_and_of_the_force_before_merging(real_home: Home) -> None:
    [blaby, force] = query(
        real_home.warehouse_file,
        f"select count(*), count(*) filter (where crime_type = '{ASB}') "
        "from facts.int_street_crime_row where month between '2020-04-01' and '2021-03-01' "
        f"group by grouping sets ((), (district_code)) having district_code = '{BLABY}' "
        "or grouping(district_code) = 1 order by 1",
    )
    assert blaby == (6174, 921)
    assert force[0] == 94_538


def test_those_figures_are_the_archives(sent: pd.DataFrame) -> None:
    year = sent[sent["Month"].isin(YEAR)]
    blaby = year[year["district"] == BLABY]
    assert (len(blaby), (blaby["Crime type"] == ASB).sum(), len(year)) == (6174, 921, 94_538)


def test_every_row_of_every_member_is_accounted_for(real_home: Home, sent: pd.DataFrame) -> None:
    audited = partner(
        real_home,
        "select file_name, data_rows, accepted, rejected, skipped from marts.load_audit "
        "where feed = 'street_crime' and status = 'loaded' order by 1",
    )
    expected = sent.groupby("Month").size()
    found = [(name.split("/")[1], *rest) for name, *rest in audited]
    assert found == [(month, rows, rows, 0, 0) for month, rows in expected.items()]


def test_a_republished_crime_counts_once_in_its_first_month(
    real_home: Home, sent: pd.DataFrame, crimes: pd.DataFrame
) -> None:
    with_id = sent[sent["Crime ID"].notna()]
    times = with_id.groupby("Crime ID").size()
    republished = sorted(times[times > 1].index)
    assert len(republished) == 5
    found = query(
        real_home.warehouse_file,
        "select crime_id, strftime(month, '%Y-%m'), crime_type, lsoa_code, outcome, times_sent "
        "from facts.fct_street_crime where times_sent > 1 order by 1",
    )
    expected = crimes.set_index("Crime ID").loc[republished]
    assert [(row[0], row[5]) for row in found] == [(key, times[key]) for key in republished]
    for row in found:
        wanted = expected.loc[row[0]]
        columns = ["Month", "Crime type", "LSOA code", "Last outcome category"]
        assert row[1:5] == tuple(None if pd.isna(wanted[c]) else wanted[c] for c in columns)
    [(facts,)] = query(real_home.warehouse_file, "select count(*) from facts.fct_street_crime")
    assert facts == len(crimes) == len(sent) - (times - 1).sum()


def test_months_that_the_archive_lacks_are_missing(real_home: Home) -> None:
    found = partner(
        real_home,
        "select period_label from marts.feed_coverage "
        f"where source = '{FORCE}' and status = 'missing' order by 1",
    )
    assert [label for (label,) in found] == MISSING


def test_an_incomplete_year_takes_part_in_nothing(real_home: Home) -> None:
    complete = dict(
        partner(
            real_home,
            "select period_label, bool_or(is_complete) from marts.indicator_value "
            "where period_type = 'financial_year' group by 1",
        )
    )
    assert complete == {"2018/19": False, "2019/20": False, "2020/21": True, "2021/22": False}
    changes = partner(
        real_home,
        "select distinct area_type, verdict, change, change_percent, p_value, reason "
        f"from marts.indicator_change where period_label = '2020/21' "
        f"and area_code in ('{BLABY}', 'E10000018')",
    )
    reason = "2019/20 is incomplete: 4 of 12 months received"
    assert set(changes) == {
        (area, "not comparable", None, None, None, reason) for area in ("district", "county")
    }
    assert partner(
        real_home,
        "select count(*) from marts.indicator_change where verdict != 'not comparable' "
        "or p_value is not null or change is not null or change_percent is not null",
    ) == [(0,)]
    assert partner(real_home, "select distinct direction from marts.indicator_trend") == [
        ("cannot be calculated",)
    ]
    for table in ("hotspot", "community_profile", "concentration", "deprivation_gradient"):
        labels = (
            f"select distinct period_label from marts.{table} where period_type = 'financial_year'"
        )
        assert partner(real_home, labels) == [("2020/21",)]
    assert partner(
        real_home,
        "select distinct period_label from marts.indicator_comparison "
        "where period_type = 'financial_year'",
    ) == [("2020/21",)]


def test_the_year_to_the_latest_month_stands_beside_the_financial_ones(real_home: Home) -> None:
    for table in ("hotspot", "community_profile", "concentration", "deprivation_gradient"):
        labels = f"select distinct period_label from marts.{table} where period_type = 'year_to'"
        assert partner(real_home, labels) == [("year to 2021-09",)]
    values = (
        "select area_type, area_code, indicator_id, numerator, value, lower_95, upper_95 "
        "from marts.indicator_value where period_end = date '2021-09-30' and period_type = '{}' "
        "and area_type != 'lsoa' order by all"
    )
    year = partner(real_home, values.format("year_to"))
    # What was not received in whole has no rolling year.
    assert set(partner(real_home, values.format("rolling_12m"))) <= set(year)
    assert len(year) > 100
    assert partner(
        real_home,
        "select distinct reason from marts.indicator_change "
        f"where area_code = '{BLABY}' and period_label = 'year to 2021-09'",
    ) == [("year to 2020-09 is incomplete: 10 of 12 months received",)]


def test_the_population_used_is_named(real_home: Home) -> None:
    found = partner(
        real_home,
        "select distinct area_type, population_year from marts.indicator_value as v "
        "where period_label = '2020/21' and (area_type in ('lsoa', 'county', 'not_located') "
        f"or area_code in ({', '.join(map(repr, COUNTY))}) or area_code = 'E23000021') order by 1",
    )
    assert found == [
        ("county", 2019),
        ("district", 2019),
        ("force", 2019),
        ("lsoa", 2018),
        ("not_located", None),
    ]


def test_rate_and_limits_of_every_district(
    real_home: Home,
    shared: Path,
    measured: pd.DataFrame,
    dispersions: dict[tuple[str, str], float],
) -> None:
    people = pd.read_csv(shared / "data/reference/MYEB3_LAD_2001-2019.csv", index_col="ladcode20")
    year = measured[measured["Month"].isin(YEAR)]
    expected = {}
    for (indicator, district), count in year.groupby(["indicator", "district"]).size().items():
        expected[indicator, district] = int(count)
    found = frame(
        real_home,
        "select * from marts.indicator_value where period_label = '2020/21' "
        f"and area_code in ({', '.join(map(repr, COUNTY))})",
    )
    assert len(found) == 15 * 7
    for row in found.itertuples():
        count = expected.get((row.indicator_id, row.area_code), 0)
        residents = int(people.loc[row.area_code, "population_2019"])
        assert (row.numerator, row.denominator) == (count, residents), row
        times = dispersions[row.indicator_id, "district"]
        limits = (widened(byar(count, level), count, times) for level in (0.95, 0.998))
        wanted = [count, *(limit for pair in limits for limit in pair)]
        figures = [row.value, row.lower_95, row.upper_95, row.lower_998, row.upper_998]
        np.testing.assert_allclose(figures, np.array(wanted) * 1000 / residents, rtol=1e-9)


def test_counts_of_every_district_lsoa_and_force_by_month(
    real_home: Home, measured: pd.DataFrame, districts: dict[str, str]
) -> None:
    found = frame(
        real_home,
        "select indicator_id, area_type, area_code, period_label, numerator "
        "from marts.indicator_value where period_type = 'month'",
    )
    known = measured["LSOA code"].map(districts)
    in_county = measured[known.isin(COUNTY)]
    focus = measured[measured["district"] == "E07000129"]
    expected: dict[tuple[str, str, str, str], int] = defaultdict(int)
    for area_type, rows, area in (
        ("lsoa", in_county, in_county["LSOA code"]),
        ("district", measured[known.notna()], measured["district"].dropna()),
        ("partnership", focus, pd.Series("E22000164", focus.index)),
        ("county", in_county, pd.Series("E10000018", in_county.index)),
        ("force", measured, pd.Series("E23000021", measured.index)),
        ("not_located", measured[known.isna()], pd.Series("E23000021", measured.index)),
    ):
        counted = rows.groupby(["indicator", area.loc[rows.index], "Month"]).size()
        for (indicator, code, month), count in counted.items():
            expected[indicator, area_type, code, month] = int(count)
    keys = zip(
        found["indicator_id"], found["area_type"], found["area_code"], found["period_label"],
        strict=True,
    )  # fmt: skip
    published = dict(zip(keys, found["numerator"], strict=True))
    assert len(published) == len(found)
    assert {key: n for key, n in published.items() if n} == dict(expected)
    # Every LSOA of the county and month has a row, events or none.
    lsoas = sum(district in COUNTY for district in districts.values())
    months = measured["Month"].nunique()
    assert (found["area_type"] == "lsoa").sum() == 15 * lsoas * months


def test_the_county_is_the_sum_of_its_districts(real_home: Home) -> None:
    assert partner(
        real_home,
        "with parts as (select indicator_id, period_type, period_start, sum(numerator) as n, "
        "sum(denominator) as d from marts.indicator_value where area_code in "
        f"({', '.join(map(repr, COUNTY))}) group by all) "
        "select count(*), bool_and(parts.n = whole.numerator and parts.d = whole.denominator) "
        "from marts.indicator_value as whole left join parts using "
        "(indicator_id, period_type, period_start) where whole.area_type = 'county'",
    ) == [(15 * (27 + 4 + 11 + 3), True)]


def test_rows_without_an_lsoa_by_month(real_home: Home, sent: pd.DataFrame) -> None:
    expected = sent["LSOA code"].isna().groupby(sent["Month"]).sum()
    found = partner(
        real_home,
        "select period_label, missing from marts.recording_completeness "
        "where field = 'lsoa_code' order by 1",
    )
    assert found == [(month, int(rows)) for month, rows in expected.items()]


def test_completeness_of_every_field_and_month(real_home: Home, sent: pd.DataFrame) -> None:
    is_asb = sent["Crime type"] == ASB
    location = sent["Location"].fillna("").str.strip()
    outcome = sent["Last outcome category"].fillna("")
    valid = {
        "crime_id": sent["Crime ID"].notna(),
        "lsoa_code": sent["LSOA code"].notna(),
        "location": ~location.isin(["", "On or near", "No Location"]),
        "outcome": ~is_asb & ~outcome.isin(["", "Status update unavailable"]),
        "coordinates": sent["Longitude"].notna() & sent["Latitude"].notna(),
    }
    found = frame(real_home, "select * from marts.recording_completeness")
    assert len(found) == 5 * 27
    for field, rows in found.groupby("field"):
        of = ~is_asb if field in ("crime_id", "outcome") else pd.Series(True, sent.index)
        records = of.groupby(sent["Month"]).sum()
        whole = valid[str(field)].groupby(sent["Month"]).sum()
        rows = rows.set_index("period_label").sort_index()
        assert (rows["valid"] == whole).all(), field
        share = 100 * whole / records
        np.testing.assert_allclose(rows["completeness_percent"], share, rtol=1e-12)
        assert ((rows["status"] == "pass") == (share >= 95)).all()


def test_districts_against_the_county(real_home: Home) -> None:
    values = frame(
        real_home,
        "select * from marts.indicator_value where period_label = '2020/21' and is_complete "
        "and area_type in ('district', 'county')",
    ).set_index(["area_code", "indicator_id"])
    found = frame(
        real_home,
        "select * from marts.indicator_comparison where period_label = '2020/21' "
        "and comparator_type = 'county' and area_type = 'district'",
    )
    assert len(found) == 15 * 7
    for indicator, rows in found.groupby("indicator_id"):
        county = values.loc[("E10000018", indicator), "value"]
        own = values.loc[[(code, indicator) for code in rows["area_code"]]]
        wanted = np.select(
            [county < own["lower_95"], county > own["upper_95"]], ["higher", "lower"], "similar"
        )
        assert (rows["verdict"].to_numpy() == wanted).all()
        assert set(rows["judgement"].where(rows["verdict"] == "lower").dropna()) <= {"better"}
        assert (rows["rank"] == rows["value"].rank(method="min", ascending=False)).all()
        assert set(rows["rank_of"]) == {7}


def test_lsoas_against_the_county(
    real_home: Home, dispersions: dict[tuple[str, str], float]
) -> None:
    """Tests of a narrowed expectation, corrected together; the verdict follows."""
    county = frame(
        real_home,
        "select indicator_id, value from marts.indicator_value "
        "where area_type = 'county' and period_label = '2020/21'",
    ).set_index("indicator_id")["value"]
    found = frame(
        real_home,
        "select c.*, v.numerator, v.denominator from marts.indicator_comparison as c "
        "join marts.indicator_value as v using (indicator_id, area_type, area_code, period_type, "
        "period_start) where c.period_label = '2020/21' and c.comparator_type = 'county' "
        "and c.area_type = 'lsoa'",
    )
    assert found.groupby("indicator_id").size().nunique() == 1
    expected = found["denominator"] * found["indicator_id"].map(county) / 1000
    events = found["numerator"]
    times = found["indicator_id"].map(lambda name: dispersions[name, "lsoa"])
    narrowed = np.where(
        events > 0,
        events * (expected / events.clip(lower=1)) ** (1 / np.sqrt(times)),
        expected / times,
    )
    p_values = np.array([two_sided(*each) for each in zip(events, narrowed, strict=True)])
    q_values = stats.false_discovery_control(p_values)
    np.testing.assert_allclose(found["p_value"], p_values, rtol=1e-7, atol=1e-300)
    np.testing.assert_allclose(found["q_value"], q_values, rtol=1e-7, atol=1e-300)
    assert set(found["tests_in_family"]) == {len(found)}
    verdicts = np.where(q_values >= 0.05, "similar", np.where(events > expected, "higher", "lower"))
    assert (found["verdict"] == verdicts).all()
    assert set(verdicts) == {"higher", "similar", "lower"}


def test_csp_query_answers_the_first_questions(real_home: Home) -> None:
    done = csp(
        real_home,
        "query",
        "select area_name, numerator, value, lower_95, upper_95 from marts.indicator_value "
        "where indicator_id = 'street_all_crime' and area_type = 'district' and is_complete "
        f"and area_code in ({', '.join(map(repr, COUNTY))}) "
        "and period_label = '2020/21' order by value desc",
        "--format",
        "json",
    )
    assert done.exit_code == 0, done.stderr
    rows = json.loads(done.stdout)
    assert len(rows) == 7
    assert [row["numerator"] for row in rows if row["area_name"] == "Blaby"] == [5253]


def test_the_lockdown_shows_on_the_monthly_charts(real_home: Home, measured: pd.DataFrame) -> None:
    """Limits of the county's months, worked out here; crime fell below them as disorder rose."""
    county = measured[measured["district"].isin(COUNTY)]
    charts = frame(
        real_home,
        "select * from marts.monthly_signal where area_type = 'county' order by period_start",
    )
    months = pd.PeriodIndex(sorted(measured["Month"].unique()), freq="M")
    weight = months.days_in_month.to_numpy() * 12 / 365.25
    baseline = months <= months[-1] - 7
    followed = np.diff(months[baseline].asi8) == 1
    for indicator in ("street_anti_social_behaviour", "street_all_crime", "street_shoplifting"):
        events = county[county["indicator"] == indicator].groupby("Month").size()
        adjusted = events.reindex(months.astype(str)).to_numpy() / weight
        center = adjusted[baseline].mean()
        sigma = np.abs(np.diff(adjusted[baseline]))[followed].mean() * 2.66 / 3
        sigma *= np.sqrt(1 + 1 / baseline.sum())
        chart = charts[charts["indicator_id"] == indicator]
        assert set(chart["method"]) == {"XmR without seasons"}  # months are missing
        assert list(chart["value"]) == list(events)
        assert chart["expected"].to_numpy() == pytest.approx(center * weight)
        assert chart["upper"].to_numpy() == pytest.approx((center + 3 * sigma) * weight)
        assert chart["lower"].to_numpy() == pytest.approx((center - 3 * sigma) * weight)
    at = charts.set_index(["indicator_id", "period_label"])
    assert at.loc[("street_all_crime", "2020-03"), "rule_side"] == "below"
    assert at.loc[("street_shoplifting", "2020-05"), "rule_side"] == "below"
    assert at.loc[("street_anti_social_behaviour", "2020-04"), "rule_side"] == "above"


def test_signals_are_those_of_false_discovery_rates(real_home: Home) -> None:
    newest = frame(real_home, "select * from marts.monthly_signal where is_newest")
    judged = newest[newest["p_value"].notna()]
    assert set(judged["tests_in_family"]) == {len(judged)}
    q = stats.false_discovery_control(judged["p_value"])
    assert judged["q_value"].to_numpy() == pytest.approx(q)
    above = judged["signal_events"] > judged["signal_expected"]
    verdicts = np.where(q < 0.05, np.where(above, "high", "low"), "none")
    assert list(judged["signal"]) == list(verdicts)
    assert {"high", "low", "none"} <= set(verdicts)
