"""NI 44: differences of unrounded shares, against published and re-computed vectors."""

from pathlib import Path

import pytest

from tests.dbt_project.rendering import asked, connection, macros, model


def test_differences_agree_with_the_vectors(shared: Path) -> None:
    table = shared / "assessment" / "ni44_table.csv"
    con = connection()
    difference = macros().ethnic_difference("disposals", "703", "population_10_17", "69638")
    rows = con.sql(
        f"select ethnic_group, difference_pp_unrounded, difference_pp_1dp, {difference} "
        f"from read_csv('{table}') where ethnic_group not in ('Not known', 'Total')"
    ).fetchall()
    assert len(rows) == 5
    for group, unrounded, one_place, own in rows:
        assert own == pytest.approx(unrounded, abs=5e-7), group
        assert round(own, 1) == one_place, group


def test_differences_agree_with_the_generated_vectors(shared: Path) -> None:
    vectors = shared / "oracles" / "generated" / "ni44.csv"
    difference = macros().ethnic_difference("disposals", "703", "pop_10_17", "69638")
    rows = asked(
        f"select pp_difference_unrounded, {difference} from read_csv('{vectors}') "
        "where pp_difference_unrounded is not null and pop_10_17 < 69638"
    )
    assert len(rows) >= 5
    for expected, own in rows:
        assert own == pytest.approx(expected, rel=1e-9)


def test_not_known_counts_in_the_total_and_has_no_population() -> None:
    con = connection()
    con.execute(
        "create table fct_youth_disposal as select 'D' as district_code, "
        "date '2010-05-01' as month, unnest(['White', 'White', 'White', null]) as ethnicity"
    )
    con.execute(
        "create table br_month_year as select date '2010-05-01' as month, "
        "date '2010-04-01' as period_start"
    )
    con.execute(
        "create table br_area_part as select 'D' as place_code, 'district' as area_type, "
        "'D' as area_code"
    )
    con.execute(
        "create table dim_area as select 'district' as area_type, 'D' as area_code, "
        "'D' as area_name"
    )
    con.execute(
        "create table int_feed_year as select 'youth/disposal' as feed, 'district' as area_type, "
        "'D' as area_code, 'financial_year' as period_type, "
        "date '2010-04-01' as period_start, date '2011-03-31' as period_end, "
        "'2010/11' as period_label, true as is_complete"
    )
    con.execute(
        "create table dim_youth_population as select 'district' as area_type, 'D' as area_code, "
        "date '2010-04-01' as financial_year_start, 2010 as population_year, * from (values "
        "('White', 50), ('Mixed', 50)) as p (ethnic_group, population_10_17)"
    )
    rows = {
        row[0]: row[1:]
        for row in con.sql(
            "select ethnic_group, disposals, disposal_percent, population_percent, difference "
            f"from ({model('youth_ethnicity')})"
        ).fetchall()
    }
    assert rows["White"] == (3, 75.0, 50.0, 25.0)
    assert rows["Mixed"] == (0, 0.0, 50.0, -50.0)
    assert rows["Not known"] == (1, 25.0, None, None)
