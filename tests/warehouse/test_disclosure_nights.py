"""Successive nights: what all their publications together tell, and what each may show again."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from tests.warehouse.public_files import AREAS, DISTRICTS, rows_of
from warehouse.publication.disclosure.attack import ROOM, Finding, Published
from warehouse.publication.disclosure.knowledge import Count, is_rest
from warehouse.publication.disclosure.memory import Memory, Picture
from warehouse.publication.disclosure.protection import decided, pictured
from warehouse.publication.disclosure.suppress import Counts, Rules

OFFENCES, INCIDENTS, REPORTS = "hate_offences", "hate_incidents", "hate_reports"
# By year the offences and the incidents of the four districts.
Night = Mapping[int, tuple[list[int], list[int]]]


class Nights:
    """Publications one after the other, of hate offences and incidents, which are all reports."""

    def __init__(self, rules: Rules | None = None) -> None:
        self.rules = rules or Rules()
        self.pictures: list[Picture] = []
        self.publications: list[Published] = []
        self.findings: list[Finding] = []

    def publish(self, night: Night, rules: Rules | None = None) -> Published:
        rows: list[dict[str, Any]] = []
        for year, (offences, incidents) in night.items():
            reports = [one + other for one, other in zip(offences, incidents, strict=True)]
            for indicator, counts in (
                (OFFENCES, offences), (INCIDENTS, incidents), (REPORTS, reports),
            ):  # fmt: skip
                rows += rows_of(indicator, counts, sum(counts), year=year)
        return self.of_rows(rows, rules)

    def of_rows(self, rows: list[dict[str, Any]], rules: Rules | None = None) -> Published:
        counts = Counts.of_rows(rows, AREAS, rules or self.rules)
        memory = Memory.of(self.pictures, counts.truth, AREAS)
        seen: list[Published] = []

        def see(hidden: set[Count], withheld: set[Count]) -> Published:
            public = counts.published(hidden, withheld)
            public.tables["indicator_value"] = counts.countable
            seen.append(public)
            return public

        self.findings = decided(counts, memory, see)
        self.publications.append(seen[-1])
        self.pictures.append(pictured(seen[-1], counts.truth))
        return seen[-1]

    @property
    def recovered(self) -> int:
        return sum(len(finding.recovered) for finding in self.findings)


def shown(public: Published, quantity: str, year: int = 2010) -> dict[str, float | None]:
    return {
        cell.area_code: public.known.get(cell)
        for cell in sorted({*public.known, *public.hidden})
        if cell.quantity == quantity and cell.start.year == year
    }


class Outsider:
    """A second computation of what all publications tell together: one programme, by hand.

    A variable for each value that a count had on nights in a row; the sums of each night; what a
    night shows is fixed. is_last_known: whether the last night's figures are.
    """

    def __init__(self, nights: Nights, is_last_known: bool = True) -> None:
        self.numbers: dict[tuple[int, Count], int] = {}
        now: dict[Count, tuple[float, int]] = {}
        self.low: list[float] = []
        self.high: list[float] = []
        self.shown: set[int] = set()
        sums = []
        last = len(nights.pictures) - 1
        for night, (picture, public) in enumerate(
            zip(nights.pictures, nights.publications, strict=True)
        ):
            for count, value in picture.truth.items():
                if is_rest(count):
                    continue
                if now.get(count, (None, 0))[0] != value:
                    now[count] = value, len(self.low)
                    self.low.append(0)
                    self.high.append(np.inf)
                number = self.numbers[night, count] = now[count][1]
                if night == last and not is_last_known:
                    continue
                if count in public.known:
                    self.low[number] = self.high[number] = value
                    self.shown.add(number)
                elif count not in public.withheld:
                    self.low[number] = max(self.low[number], nights.rules.least)
            here = {count: number for (at, count), number in self.numbers.items() if at == night}
            for count, number in here.items():
                same = {
                    kind: here.get(count._replace(quantity=kind)) for kind in (OFFENCES, INCIDENTS)
                }
                if count.quantity == REPORTS:
                    sums.append((number, list(same.values())))
                in_area = count._replace(area_type="district")
                if count.area_code == "K":
                    sums.append((number, [here[in_area._replace(area_code=d)] for d in DISTRICTS]))
                if count.area_code == "P":
                    sums.append((number, [here[in_area._replace(area_code="A")]]))
        self.matrix = np.zeros((len(sums), len(self.low)))
        for row, (whole, parts) in enumerate(sums):
            self.matrix[row, whole] += 1
            for part in parts:
                self.matrix[row, part] -= 1

    def width(self, number: int) -> float:
        ends = []
        for sign in (1.0, -1.0):
            objective = np.zeros(len(self.low))
            objective[number] = sign
            solved = milp(
                objective,
                constraints=LinearConstraint(self.matrix, 0, 0),
                bounds=Bounds(self.low, self.high),
                integrality=np.ones(len(self.low)),
            )
            if solved.fun is None:
                return np.inf
            ends.append(sign * solved.fun)
        return ends[1] - ends[0]


def assert_nothing_new_is_told(nights: Nights) -> None:
    """No value that was never shown is found out, unless without the last night as well."""
    outsider, without = Outsider(nights), Outsider(nights, is_last_known=False)
    for number in set(outsider.numbers.values()) - outsider.shown:
        width = outsider.width(number)
        assert width >= ROOM or without.width(number) <= width, number


districts = st.lists(st.integers(0, 9), min_size=4, max_size=4)


@st.composite
def several_nights(draw: st.DrawFn, least: int = 0) -> list[Night]:
    """Two or three nights of one or two years; most counts are as they were the night before."""
    counts = st.lists(st.integers(least, 9), min_size=4, max_size=4)
    years = draw(st.sampled_from([(2010,), (2009, 2010)]))
    night = {year: (draw(counts), draw(counts)) for year in years}
    nights = [night]
    for _ in range(draw(st.integers(1, 2))):
        night = {year: (list(one), list(other)) for year, (one, other) in night.items()}
        for _ in range(draw(st.integers(0, 4))):
            changed = night[draw(st.sampled_from(years))][draw(st.integers(0, 1))]
            changed[draw(st.integers(0, 3))] = draw(st.integers(least, 9))
        nights.append(night)
    return nights


@settings(max_examples=12, deadline=None)
@given(several_nights(), st.booleans())
def test_whatever_changes_all_nights_together_tell_nothing(
    told: list[Night], hide_zeros: bool
) -> None:
    nights = Nights(Rules(hide_zeros=hide_zeros))
    for night in told:
        nights.publish(night)
        assert nights.recovered == 0
        assert_nothing_new_is_told(nights)


@settings(max_examples=20, deadline=None)
@given(several_nights(least=5))
def test_nights_without_small_counts_lose_nothing(told: list[Night]) -> None:
    nights = Nights()
    for night in told:
        assert nights.publish(night).hidden == set()
