"""What `csp feeds` shows: the last file, the months missing and what is overdue."""

from datetime import UTC, date, datetime, timedelta

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from tests.warehouse.street_files import (
    FEED,
    LONG_AGO,
    land,
    member,
    night,
    row,
    street_csv,
    street_zip,
)
from warehouse.contract import load_contracts
from warehouse.feeds import FeedState, feed_states, source_months
from warehouse.home import Home

NOW = datetime.now(UTC).replace(tzinfo=None)


def states(home: Home, now: datetime = NOW) -> dict[str, FeedState]:
    with duckdb.connect(str(home.warehouse_file), read_only=True) as con:
        return {state.feed: state for state in feed_states(load_contracts(), con, now)}


def test_before_anything_is_loaded_every_feed_is_listed_with_its_cadence() -> None:
    for con in (None, duckdb.connect()):
        found = {state.feed: state for state in feed_states(load_contracts(), con, NOW)}
        assert set(found) == set(load_contracts())
        assert (found[FEED].cadence, found[FEED].files, found[FEED].overdue) == (
            *("monthly", 0, False),
        )
        assert found[FEED].latest_month is None


def test_months_missing_are_told_per_source(home: Home) -> None:
    land(
        home,
        "all.zip",
        street_zip(
            {
                member("2020-11"): street_csv(
                    [row(1, "2020-11"), row(2, "2020-11", "Avon Police")]
                ),
                member("2020-12"): street_csv([row(3, "2020-12", "Avon Police")]),
                member("2021-02"): street_csv([row(4, "2021-02")]),
            }
        ),
    )
    land(home, "again.csv", street_csv([row(5, "2020-11")]), LONG_AGO + 1)
    land(home, "refused.csv", b"x", LONG_AGO + 2)
    night(home)
    state = states(home)[FEED]
    assert (state.files, state.last_file) == (4, "again.csv")
    assert state.latest_month == date(2021, 2, 1)
    assert [(s.source, s.first, s.last, s.missing) for s in state.sources] == [
        ("Avon Police", date(2020, 11, 1), date(2020, 12, 1), ()),
        (
            "Leicestershire Police",
            date(2020, 11, 1),
            date(2021, 2, 1),
            (date(2020, 12, 1), date(2021, 1, 1)),
        ),
    ]
    assert state.missing_months == [date(2020, 12, 1), date(2021, 1, 1)]


def test_a_feed_is_overdue_by_its_cadence(home: Home) -> None:
    land(home, "a.csv", street_csv([row(1)]))
    night(home)
    assert not states(home)[FEED].overdue
    assert not states(home, NOW + timedelta(days=40))[FEED].overdue
    assert states(home, NOW + timedelta(days=50))[FEED].overdue


@given(st.sets(st.integers(0, 60), min_size=1))
def test_months_held_and_missing_are_the_whole_span_once(numbers: set[int]) -> None:
    held = [date(2018 + n // 12, n % 12 + 1, 1) for n in numbers]
    found = source_months("x", held)
    assert (found.first, found.last) == (min(held), max(held))
    assert not set(found.missing) & set(held)
    span = (found.last.year - found.first.year) * 12 + found.last.month - found.first.month + 1
    assert len(found.missing) + len(held) == span
    assert all(found.first < month < found.last for month in found.missing)
