"""MARAC repeats by the dates of the pairs (NI 32): by example, and against the rule in Python."""

import calendar
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dbt_project.rendering import connection, model

Hearing = tuple[str, str, date, str | None]
"""Victim, perpetrator, day, and whether the conference declared a repeat (Y, N or nothing)."""


@cache
def cases() -> duckdb.DuckDBPyConnection:
    """The project's fact over an empty table of hearings."""
    con = connection()
    con.execute(
        "create table stg_marac__hearing (case_id varchar, victim_id varchar, "
        "perpetrator_id varchar, referral_date date, hearing_date date, referring_agency varchar, "
        "repeat_flag boolean, district_code varchar, file_id bigint, line_number bigint)"
    )
    con.execute("create table br_district_code as select 'D' as sent_code, 'D' as district_code")
    con.execute(f"create view fct_marac_case as {model('fct_marac_case')}")
    return con


@pytest.fixture(scope="module", autouse=True)
def _closed() -> Iterator[None]:
    yield
    cases().close()
    cases.cache_clear()


def judged(hearings: list[Hearing]) -> dict[tuple[str, str, date], tuple[Any, ...]]:
    """Each case with repeat since the last and since the first hearing, and the disagreements."""
    con = cases()
    con.execute("delete from stg_marac__hearing")
    for number, (victim, perpetrator, day, declared) in enumerate(hearings):
        con.execute(
            "insert into stg_marac__hearing values (?, ?, ?, ?, ?, ?, ?, 'D', 1, ?)",
            [f"c{number}", victim, perpetrator, day, day, "Police",
             None if declared is None else declared == "Y", number],
        )  # fmt: skip
    rows = con.sql(
        "select victim_id, perpetrator_id, hearing_date, is_repeat, is_repeat_since_first, "
        "is_disagreement from fct_marac_case"
    ).fetchall()
    return {(row[0], row[1], row[2]): row[3:] for row in rows}


def twelve_months_after(day: date) -> date:
    """The same day a year later; 28 February for the 29th."""
    last = calendar.monthrange(day.year + 1, day.month)[1]
    return date(day.year + 1, day.month, min(day.day, last))


def by_hand(hearings: list[Hearing]) -> dict[tuple[str, str, date], tuple[bool, bool]]:
    """The rule as the specification says it, pair by pair."""
    found = {}
    for victim, perpetrator in {(h[0], h[1]) for h in hearings}:
        last = initial = None
        for day in sorted({h[2] for h in hearings if h[:2] == (victim, perpetrator)}):
            since_last = last is not None and day <= twelve_months_after(last)
            since_first = initial is not None and day <= twelve_months_after(initial)
            found[victim, perpetrator, day] = (since_last, since_first)
            last = day
            initial = initial if since_first else day
    return found


def test_the_day_itself_is_within_twelve_months_and_the_next_is_not() -> None:
    found = judged(
        [
            ("a", "p", date(2009, 5, 14), None),
            ("a", "p", date(2010, 5, 14), None),
            ("b", "p", date(2009, 5, 14), None),
            ("b", "p", date(2010, 5, 15), None),
            ("leap", "p", date(2008, 2, 29), None),
            ("leap", "p", date(2009, 2, 28), None),
            ("leapt", "p", date(2008, 2, 29), None),
            ("leapt", "p", date(2009, 3, 1), None),
        ],
    )
    assert found["a", "p", date(2010, 5, 14)][0]
    assert not found["b", "p", date(2010, 5, 15)][0]
    assert found["leap", "p", date(2009, 2, 28)][0]
    assert not found["leapt", "p", date(2009, 3, 1)][0]


def test_the_last_hearing_counts_and_the_older_text_counts_from_the_first() -> None:
    days = [date(2008, 6, 1), date(2009, 3, 1), date(2009, 12, 1), date(2010, 5, 1)]
    found = judged([("v", "p", day, None) for day in days])
    assert [found["v", "p", day][0] for day in days] == [False, True, True, True]
    # Over a year after the first: a new case, from which the next is counted.
    assert [found["v", "p", day][1] for day in days] == [False, True, False, True]


def test_another_victim_or_perpetrator_is_another_case() -> None:
    found = judged(
        [
            ("v", "p", date(2010, 1, 1), None),
            ("v", "q", date(2010, 2, 1), None),
            ("w", "p", date(2010, 3, 1), None),
        ],
    )
    assert [row[0] for row in found.values()] == [False, False, False]


def test_two_hearings_on_one_day_are_one_case() -> None:
    found = judged([("v", "p", date(2010, 1, 1), "N"), ("v", "p", date(2010, 1, 1), None)])
    assert list(found.values()) == [(False, False, False)]


def test_a_blank_declaration_disagrees_with_nothing() -> None:
    days = [date(2010, 1, 1), date(2010, 2, 1), date(2010, 3, 1), date(2010, 4, 1)]
    declared = ["N", "N", "Y", None]
    found = judged([("v", "p", day, said) for day, said in zip(days, declared, strict=True)])
    assert [found["v", "p", day][2] for day in days] == [False, True, False, False]


_days = st.integers(0, 1500).map(lambda n: date(2007, 1, 1) + timedelta(days=n))
_hearings = st.lists(
    st.tuples(
        st.sampled_from("vw"), st.sampled_from("pq"), _days, st.sampled_from(["Y", "N", None])
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(hearings=_hearings)
def test_every_case_is_judged_as_the_rule_says(hearings: list[Hearing]) -> None:
    found = judged(hearings)
    expected = by_hand(hearings)
    assert {key: row[:2] for key, row in found.items()} == expected
    # Version 2 never finds fewer repeats: the last hearing is never before the first.
    assert all(row[0] or not row[1] for row in found.values())
