"""Years that end in a month asked for: what they are made of, and how they follow what is asked."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.end_to_end.running import SETTINGS, build_models, copied
from warehouse import ddl
from warehouse.contract import load_contracts
from warehouse.home import Home
from warehouse.settings import load_settings

MODELS = [
    *("int_year_end", "dim_period", "int_period_state"),
    *("int_measured_value", "int_indicator_value"),
]


def built(home: Home, year_end: int) -> None:
    """The values of a home whose settings ask for years to the month, built on what it holds."""
    home.csp_yml.write_text(f"{SETTINGS}\nassessment_year_end: {year_end}\n", encoding="utf-8")
    settings = load_settings(home)
    with ddl.open_warehouse(home, settings) as con:
        ddl.ensure(con, load_contracts(), settings)
    build_models(home, {f"model.csp.{name}" for name in MODELS})


@pytest.fixture(scope="module")
def home(demo_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = copied(demo_home, tmp_path_factory.mktemp("years") / "home")
    built(home, 9)
    return home


def asked(home: Home, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(home.warehouse_file), read_only=True) as con:
        return con.sql(sql).fetchall()


def test_a_year_is_the_sum_of_its_months_and_the_rolling_year_of_its_end(home: Home) -> None:
    """Of every indicator, version and area, numerators and what they are shares of."""
    years = "from indicators.int_measured_value as y where y.period_type = 'year_to'"
    assert asked(home, f"select distinct y.period_label {years} order by 1") == [
        (f"year to {year}-09",) for year in range(2006, 2011)
    ]
    [(rows, indicators, lsoas)] = asked(
        home,
        "select count(*), count(distinct indicator_id), count(*) filter (where area_type = 'lsoa') "
        + years,
    )
    assert indicators > 40
    assert lsoas > rows / 2
    other = asked(
        home,
        """
        with months as (
            select
                y.indicator_id, y.indicator_version, y.area_type, y.area_code, y.period_start,
                y.numerator, sum(m.numerator) as summed,
                y.months_received, sum(m.months_received) as received,
                y.denominator, sum(m.denominator) as parts, y.population_year
            from indicators.int_measured_value as y
            inner join indicators.int_measured_value as m
                on
                    y.indicator_id = m.indicator_id
                    and y.indicator_version = m.indicator_version
                    and y.area_type = m.area_type
                    and y.area_code = m.area_code
                    and m.period_start between y.period_start and y.period_end
            where y.period_type = 'year_to' and m.period_type = 'month'
            group by all
        )
        select
            count(*),
            count(*) filter (
                where numerator != summed or months_received != received
                -- Of a year of some months a share's whole may have others.
                or (received = 12 and population_year is null and denominator != parts)
            )
        from months
        """,
    )
    assert other == [(rows, 0)]
    rolling = asked(
        home,
        """
        select
            count(*), count(r.value),
            count(*) filter (where y.value is distinct from r.value)
            + count(*) filter (where y.lower_95 is distinct from r.lower_95)
            + count(*) filter (where y.denominator is distinct from r.denominator)
        from indicators.int_measured_value as y
        left join indicators.int_measured_value as r
            on
                y.indicator_id = r.indicator_id
                and y.indicator_version = r.indicator_version
                and y.area_type = r.area_type
                and y.area_code = r.area_code
                and y.period_start = r.period_start
                and r.period_type = 'rolling_12m'
        where
            y.period_type = 'year_to'
            and y.area_type not in (select area_type from facts.dim_area where is_below_district)
            and y.is_complete
        """,
    )
    [(complete, with_value, apart)] = rolling
    assert complete > 1000
    assert with_value > 1000
    assert apart == 0


def test_years_to_another_month_take_the_place_of_those_before(home: Home, tmp_path: Path) -> None:
    """Of what was built only they change; those to March are the financial years alone."""
    later = copied(home, tmp_path / "later")
    kept = (
        "select period_type, count(*), sum(numerator) from indicators.int_measured_value "
        "where period_type != 'year_to' group by 1 order by 1"
    )
    before = asked(later, kept)
    labels = (
        "select distinct right(period_label, 2) from indicators.int_measured_value "
        "where period_type = 'year_to'"
    )
    built(later, 10)
    assert asked(later, labels) == [("10",)]
    built(later, 3)
    assert asked(later, labels) == []
    assert asked(later, kept) == before
