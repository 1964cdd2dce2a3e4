"""Checks of the project that the demo never fails, shown to fail where they must."""

import csv
from collections.abc import Iterator

import duckdb
import pytest

from tests.dbt_project.rendering import PROJECT, model

SEEDS = PROJECT.parent / "seeds"
REGISTER = "assert_the_register_says_what_indicators_are_made_of"


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """The seeds as the project has them, and the feeds they name."""
    with duckdb.connect() as connection:
        for name in ("indicator_register", "measure", "survey_indicator"):
            path = SEEDS / f"{name}.csv"
            connection.execute(
                f"create table {name} as from read_csv('{path}', all_varchar = true)"
            )
        with (SEEDS / "indicator_register.csv").open(encoding="utf-8") as lines:
            feeds = {feed for row in csv.DictReader(lines) for feed in row["feeds"].split(";")}
        connection.execute("create table feed as select unnest(?) as feed", [sorted(feeds)])
        yield connection


def faults(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return con.execute(f"select indicator_id, fault from ({model(REGISTER)})").fetchall()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        # As open data what the police's records say.
        ("feeds = 'police/street_crime'", "feeds lacks police/recorded_crime"),
        ("numerator_measure = 'no_such'", "no measure no_such"),
        ("denominator_measure = 'no_such'", "no measure no_such"),
        ("feeds = feeds || ';police/recorded_crimes'", "no feed police/recorded_crimes"),
    ],
)
def test_an_indicator_must_name_what_it_is_made_of(
    con: duckdb.DuckDBPyConnection, change: str, fault: str
) -> None:
    assert faults(con) == []
    con.execute(f"update indicator_register set {change} where indicator_id = 'criminal_damage'")
    assert faults(con) == [("criminal_damage", fault)]


@pytest.mark.parametrize(
    ("force", "recorded", "not_located", "failing"),
    [("F", 100, 51, 1), ("F", 100, 50, 0), ("F", 99, 99, 0), ("N", 100, 100, 0)],
    ids=["most", "half", "too few to say", "another force"],
)
def test_most_events_have_a_place(
    force: str, recorded: int, not_located: int, failing: int
) -> None:
    with duckdb.connect() as con:
        con.execute("create table int_home_force as select 'Home' as force_name")
        con.execute(
            "create table dim_police_force as select 'Home' as force_name, 'F' as force_code"
        )
        con.execute(
            "create table int_indicator_value as select 'all_crime' as indicator_id, "
            f"1 as indicator_version, area_type, '{force}' as area_code, "
            "'financial_year' as period_type, date '2010-04-01' as period_start, "
            "'2010/11' as period_label, numerator from (values "
            f"('force', {recorded}), ('not_located', {not_located})) as t (area_type, numerator)"
        )
        found = con.execute(f"from ({model('assert_most_events_are_located')})").fetchall()
    assert len(found) == failing
