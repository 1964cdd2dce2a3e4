"""What the suppressor hides: what is small, and no more than keeps it from being worked out."""

from collections.abc import Collection
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.warehouse.public_files import AREAS, DISTRICTS, rows_of
from warehouse.publication.disclosure.attack import ROOM, attack, findings, is_recovered
from warehouse.publication.disclosure.knowledge import Count
from warehouse.publication.disclosure.suppress import (
    Counts,
    Rules,
    hidden_counts,
)

CASES = "marac_cases"


def year(counts: list[int], indicator: str = CASES, **more: Any) -> list[dict[str, Any]]:
    return rows_of(indicator, counts, sum(counts), **more)


def counted(*tables: list[dict[str, Any]], rules: Rules | None = None) -> Counts:
    rows = [row for table in tables for row in table]
    return Counts.of_rows(rows, AREAS, rules or Rules())


def named(cells: Collection[Count]) -> set[tuple[str, str]]:
    return {(cell.quantity, cell.area_code) for cell in cells}


def recovered(counts: Counts, hidden: Collection[Count]) -> list[Count]:
    public = counts.published(hidden)
    found = attack(public, counts.rules.least)
    for cell, room in found.items():
        assert room.low <= counts.truth[cell] <= room.high, (cell, room)
    return [c for c, room in found.items() if is_recovered(c, room, counts.rules.smallest)]


def test_a_county_without_small_counts_loses_nothing() -> None:
    counts = counted(year([20, 5, 30, 40]), year([0, 9, 30, 40], "hate_reports"))
    assert hidden_counts(counts) == set()


def test_small_counts_of_other_events_are_shown() -> None:
    assert hidden_counts(counted(year([1, 2, 3, 40], "robbery"))) == set()


def test_a_small_count_takes_the_cheapest_other_with_it() -> None:
    """Not the focus, which is hidden twice as dearly with its partnership, nor the county."""
    hidden = hidden_counts(counted(year([20, 3, 30, 40])))
    assert named(hidden) == {(CASES, "B"), (CASES, "C")}


def test_small_counts_that_protect_each_other_take_no_other() -> None:
    counts = counted(year([20, 3, 4, 40]))
    assert named(hidden_counts(counts)) == {(CASES, "B"), (CASES, "C")}


def test_small_counts_of_a_small_sum_take_another() -> None:
    """1 and 1 of a remainder of two are known to be one each."""
    hidden = hidden_counts(counted(year([20, 1, 1, 40])))
    assert named(hidden) == {(CASES, "B"), (CASES, "C"), (CASES, "D")}


def test_a_small_focus_district_is_hidden_in_its_partnership_too() -> None:
    hidden = hidden_counts(counted(year([2, 9, 30, 40])))
    assert {(CASES, "A"), (CASES, "P")} <= named(hidden)
    assert len(hidden) == 3


def test_what_a_share_leaves_over_hides_the_share() -> None:
    """38 of 40 ended in custody: the two who did not are people."""
    counts = counted(year([20, 38, 20, 20], "youth_custody_rate", denominator=40))
    assert hidden_counts(counts)
    assert recovered(counts, set())
    assert recovered(counts, hidden_counts(counts)) == []


def test_zeros_stand_unless_they_are_to_be_hidden() -> None:
    zeros = year([0, 9, 30, 40])
    assert hidden_counts(counted(zeros)) == set()
    hidden = hidden_counts(counted(zeros, rules=Rules(hide_zeros=True)))
    assert {(CASES, "A"), (CASES, "P")} < named(hidden)


def test_another_smallest_count() -> None:
    counts = year([20, 7, 30, 40])
    assert hidden_counts(counted(counts)) == set()
    assert (CASES, "B") in named(hidden_counts(counted(counts, rules=Rules(smallest=10))))
    assert hidden_counts(counted(year([20, 1, 30, 40]), rules=Rules(smallest=1))) == set()


def test_without_secondary_suppression_the_attacker_finds_what_is_hidden() -> None:
    counts = counted(year([20, 3, 30, 40]), rules=Rules(secondary=False))
    hidden = hidden_counts(counts)
    assert named(hidden) == {(CASES, "B")}
    assert named(recovered(counts, hidden)) == {(CASES, "B")}
    [finding] = findings(counts.published(hidden), attack(counts.published(hidden), 1), 5) or [None]
    assert finding is None or finding.recovered


tables = st.lists(
    st.lists(st.integers(0, 12), min_size=len(DISTRICTS), max_size=len(DISTRICTS)),
    min_size=1,
    max_size=2,
)


@settings(max_examples=8, deadline=None)
@given(tables, st.booleans())
def test_whatever_the_counts_nothing_is_recovered(
    counts: list[list[int]], hide_zeros: bool
) -> None:
    """Offences and incidents, which add up to reports, of one or two years."""
    rows = []
    for number, offences in enumerate(counts):
        incidents = counts[-1 - number][::-1]
        reports = [one + other for one, other in zip(offences, incidents, strict=True)]
        for indicator, of in (
            ("hate_offences", offences),
            ("hate_incidents", incidents),
            ("hate_reports", reports),
        ):
            rows.append(year(of, indicator, year=2009 + number))
    found = counted(*rows, rules=Rules(hide_zeros=hide_zeros))
    assert recovered(found, hidden_counts(found)) == []


@pytest.mark.parametrize(
    "counts", [[20, 3, 30, 40], [2, 9, 30, 40], [20, 1, 1, 40], [7, 3, 0, 0], [3, 0, 0, 0]]
)
def test_no_count_is_hidden_that_need_not_be(counts: list[int]) -> None:
    """Of all choices of others to hide, none with fewer protects the small counts."""
    found = counted(year(counts))
    hidden = hidden_counts(found)
    others = [cell for cell in found.truth if cell not in found.small and found.truth[cell] > 0]
    for fewer in range(len(hidden - found.small)):
        for chosen in combinations(others, fewer):
            assert recovered(found, found.small | set(chosen)), chosen


def test_the_room_of_a_hidden_count_is_what_the_attacker_asks_for() -> None:
    counts = counted(year([20, 3, 30, 40]))
    public = counts.published(hidden_counts(counts))
    assert min(room.width for room in attack(public, 1).values()) >= ROOM
