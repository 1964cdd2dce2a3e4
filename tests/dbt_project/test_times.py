"""When events happen: the models' own SQL, held against the rules written again in plain Python."""

import functools
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from fractions import Fraction

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dbt_project.rendering import connection, declared_feeds, model

Interval = tuple[datetime | None, datetime | None]
State = tuple[str, int | None, int | None]
"""How a time is known, and its weekday and hour if it is."""
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
TIMED = [feed for feed in declared_feeds() if "times" in feed]


@functools.cache
def warehouse() -> duckdb.DuckDBPyConnection:
    """Empty measures of the feeds that hold times, and one district of the county, one beyond."""
    con = connection()
    for feed in TIMED:
        columns = ", ".join(f"{column} timestamp" for column in feed["times"])
        con.execute(
            f"create table {feed['measure']} (measure_id varchar, month date, lsoa_code varchar, "
            f"district_code varchar, {columns}, events bigint)"
        )
    con.execute(
        """
        create table indicator_register as select 'm' as numerator_measure, 'rate' as kind;
        create table br_area_part as
        from (values ('district', 'D', 'D'), ('district', 'E', 'E'), ('county', 'C', 'D'))
            as parts (area_type, area_code, place_code);
        create table br_month_year as
        select date '2010-06-01' as month, date '2010-04-01' as period_start;
        """
    )
    con.execute(f"create view measure_area_hour as {model('measure_area_hour')}")
    return con


@pytest.fixture(scope="module", autouse=True)
def _closed() -> Iterator[None]:
    yield
    warehouse().close()
    warehouse.cache_clear()


def profile(intervals: list[Interval], area: str = "D", district: str = "D") -> dict[State, float]:
    """The weights of crimes of a district, recorded in June 2010, in the profile of an area."""
    con = warehouse()
    con.execute("delete from measure_recorded_crime")
    if intervals:
        sent = pa.table(
            {
                "committed_from_at": pa.array([first for first, _ in intervals], pa.timestamp("s")),
                "committed_to_at": pa.array([last for _, last in intervals], pa.timestamp("s")),
            }
        )
        con.register("sent", sent)
        con.execute(
            "insert into measure_recorded_crime by name select 'm' as measure_id, "
            f"date '2010-06-01' as month, '{district}' as district_code, *, 1 as events from sent"
        )
    rows = con.execute(
        "select time_state, weekday, hour, events, period_start from measure_area_hour "
        "where area_code = ?",
        [area],
    ).fetchall()
    assert {str(row[4]) for row in rows} <= {"2010-04-01"}
    assert len({row[:3] for row in rows}) == len(rows)
    return {row[:3]: row[3] for row in rows}


def by_hand(first: datetime | None, last: datetime | None) -> dict[State, Fraction]:
    """The same of one crime, minute by minute."""
    if first is None or last is None or last < first:
        return {("unknown", None, None): Fraction(1)}
    if last - first > DAY:
        return {("long interval", None, None): Fraction(1)}
    minutes = [
        first + timedelta(minutes=n) for n in range((last - first) // timedelta(minutes=1))
    ] or [first]
    found: Counter[State] = Counter(
        ("known", minute.isoweekday(), minute.hour) for minute in minutes
    )
    return {state: Fraction(count, len(minutes)) for state, count in found.items()}


moments = st.datetimes(datetime(2010, 5, 20), datetime(2010, 6, 29)).map(
    lambda moment: moment.replace(second=0, microsecond=0)
)
# Half of the lengths beside a border: none, an hour, a day.
lengths = st.one_of(
    st.integers(0, 3 * 24 * 60), st.sampled_from([-1, 0, 1, 59, 60, 61, 1439, 1440, 1441])
)
known_lengths = st.one_of(st.integers(0, 1440), st.sampled_from([0, 1, 60, 1440]))


def spans(minutes: st.SearchStrategy[int]) -> st.SearchStrategy[tuple[datetime, datetime]]:
    return st.tuples(moments, minutes).map(lambda s: (s[0], s[0] + timedelta(minutes=s[1])))


intervals = st.one_of(
    spans(lengths), spans(known_lengths), st.tuples(st.none(), moments), st.just((None, None))
)


@settings(deadline=None, max_examples=150)
@given(st.lists(intervals, max_size=6))
def test_weights_are_those_counted_minute_by_minute(crimes: list[Interval]) -> None:
    expected: dict[State, Fraction] = {}
    for crime in crimes:
        for state, weight in by_hand(*crime).items():
            expected[state] = expected.get(state, Fraction(0)) + weight
    found = profile(crimes)
    assert found == pytest.approx({key: float(w) for key, w in expected.items()}, abs=1e-12)
    assert sum(found.values()) == pytest.approx(len(crimes), abs=1e-9)


@settings(deadline=None, max_examples=60)
@given(spans(known_lengths), st.integers(1, 6))
def test_days_later_is_the_same_hours_of_as_many_weekdays_on(
    crime: tuple[datetime, datetime], days: int
) -> None:
    first, last = crime
    moved = {
        (state, (weekday + days - 1) % 7 + 1, hour): weight
        for (state, weekday, hour), weight in profile([crime]).items()
        if weekday is not None
    }
    later = profile([(first + days * DAY, last + days * DAY)])
    assert later == moved
    assert profile([(first + WEEK, last + WEEK)]) == profile([crime])


@settings(deadline=None, max_examples=60)
@given(spans(st.integers(1, 1440)))
def test_no_hour_weighs_more_than_its_part_of_the_interval(
    crime: tuple[datetime, datetime],
) -> None:
    longest = min(1.0, HOUR / (crime[1] - crime[0]))
    # After 24 hours the interval ends in the hour of the day it began in, on the next weekday.
    assert all(0 < weight <= longest + 1e-12 for weight in profile([crime]).values())


@settings(deadline=None, max_examples=30)
@given(st.lists(intervals, min_size=1, max_size=5))
def test_a_county_has_the_profile_of_its_districts_alone(crimes: list[Interval]) -> None:
    assert profile(crimes, area="C") == profile(crimes)
    assert profile(crimes, area="C", district="E") == {}


def test_a_night_is_of_two_weekdays() -> None:
    saturday = datetime(2010, 6, 5, 23, 30)
    assert profile([(saturday, saturday + 2 * HOUR)]) == {
        ("known", 6, 23): 0.25,
        ("known", 7, 0): 0.5,
        ("known", 7, 1): 0.25,
    }


@functools.cache
def seasonal() -> duckdb.DuckDBPyConnection:
    con = connection()
    con.execute(
        """
        create table int_indicator_value (
            indicator_id varchar, indicator_version integer, area_type varchar, area_code varchar,
            period_type varchar, period_start date, period_end date, period_label varchar,
            numerator bigint, is_complete boolean, dispersion double
        );
        create table indicator_register as
        select 'i' as indicator_id, 1 as indicator_version, 'rate' as kind;
        create table series_break (indicator_id varchar, break_date date, reason varchar);
        create table dim_area as
        select 'district' as area_type, 'D' as area_code, 'Dale' as area_name,
            false as is_below_district;
        """
    )
    con.execute(f"create view season as {model('season')}")
    return con


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(st.integers(0, 400), min_size=12, max_size=12), min_size=1, max_size=4))
def test_the_seasons_of_a_year_are_one_on_average(years: list[list[int]]) -> None:
    con = seasonal()
    con.execute("delete from int_indicator_value")
    for number, counts in enumerate(years):
        con.execute(
            """
            insert into int_indicator_value
            with months as (
                select
                    (date '2006-04-01' + to_months(12 * $year + n - 1))::date as period_start,
                    $counts[n] as numerator
                from range(1, 13) as given (n)
            )
            select
                'i', 1, 'district', 'D', 'month', period_start, last_day(period_start), 'a month',
                numerator, true, 2.5
            from months
            union all
            select
                'i', 1, 'district', 'D', 'financial_year', min(period_start),
                last_day(max(period_start)), 'a year', sum(numerator), true, 2.5
            from months
            """,
            {"year": number, "counts": counts},
        )
    rows = con.sql(
        "select calendar_month, events, index, lower_95, upper_95, lower_998, upper_998, years "
        "from season order by calendar_month"
    ).fetchall()
    assert [row[0] for row in rows] == list(range(1, 13))
    assert {row[7] for row in rows} == {len(years)}
    by_month = [sum(counts[(month + 8) % 12] for counts in years) for month in range(1, 13)]
    assert [row[1] for row in rows] == by_month
    if not any(by_month):
        assert {row[2:7] for row in rows} == {(None,) * 5}
        return
    for _, events, index, lower, upper, least, most, *_ in rows:
        assert 0 <= least <= lower <= index + 1e-9
        assert index - 1e-9 <= upper <= most
        assert (index == 0) == (events == 0)
    all_days = 365 * len(years) + (len(years) >= 2)  # February 2008
    shares = [
        row[2] * days / all_days
        for row, days in zip(rows, _days_of_months(len(years)), strict=True)
    ]
    assert sum(shares) == pytest.approx(1, abs=1e-9)


def _days_of_months(years: int) -> list[int]:
    """Days of January to December in so many financial years from 2006/07 on."""
    usual = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return [days * years + (month == 2 and years >= 2) for month, days in enumerate(usual, 1)]
