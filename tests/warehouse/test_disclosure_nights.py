"""Successive nights: what all their publications together tell, and what each may show again."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from tests.warehouse.public_files import AREAS, DISTRICTS, rows_of
from warehouse.publication.disclosure import protection
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

        # The truth is a solution; every other one that is found shows how wide its values are.
        self.least, self.most = np.full((2, len(self.low)), np.nan)
        for (night, count), number in self.numbers.items():
            self.least[number] = self.most[number] = nights.pictures[night].truth[count]

    def width(self, number: int, enough: float = np.inf) -> float:
        """How far apart solutions have a value: exactly, unless it is `enough`."""
        for sign in (1.0, -1.0):
            if self.most[number] - self.least[number] >= enough:
                break
            objective = np.zeros(len(self.low))
            objective[number] = sign
            solved = milp(
                objective,
                constraints=LinearConstraint(self.matrix, 0, 0),
                bounds=Bounds(self.low, self.high),
                integrality=np.ones(len(self.low)),
            )
            if solved.x is None:
                return np.inf
            self.least = np.minimum(self.least, solved.x)
            self.most = np.maximum(self.most, solved.x)
        return float(self.most[number] - self.least[number])


def assert_nothing_new_is_told(nights: Nights) -> None:
    """No value that was never shown is found out, unless without the last night as well."""
    outsider, without = Outsider(nights), Outsider(nights, is_last_known=False)
    for number in set(outsider.numbers.values()) - outsider.shown:
        width = outsider.width(number, enough=ROOM)
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


CASES = "marac_cases"


def cases(*counts: int, year: int = 2010) -> list[dict[str, Any]]:
    return rows_of(CASES, counts, sum(counts), year=year)


def shown(public: Published, year: int = 2010) -> dict[str, float | None]:
    """By area the cases that are public; None where they are left out."""
    cells = {*public.known, *public.hidden}
    return {
        cell.area_code: public.known.get(cell)
        for cell in sorted(cells, key=lambda cell: "ABCDPK".index(cell.area_code))
        if cell.start.year == year
    }


def withhold(nights: Nights, rows: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    """A night on which nothing else would do."""
    with monkeypatch.context() as patch:
        patch.setattr(protection, "hidden_counts", lambda counts, _: set(counts.small))
        patch.setattr(
            protection, "wider", lambda counts, *_: [(counts.countable, counts.countable)]
        )
        public = nights.of_rows(rows)
    assert set(shown(public).values()) == {None}
    assert nights.recovered == 0


def test_a_count_that_became_small_does_not_follow_from_what_was_shown_before() -> None:
    """5 of B became 4: hiding C, which stays what it was, would hide nothing."""
    nights = Nights()
    assert None not in shown(nights.of_rows(cases(20, 5, 30, 40))).values()
    public = nights.of_rows(cases(20, 4, 30, 40))
    assert shown(public) == {"A": 20, "B": None, "C": 30, "D": 40, "P": 20, "K": None}
    alone = Nights().of_rows(cases(20, 4, 30, 40))
    assert shown(alone) == {"A": 20, "B": None, "C": None, "D": 40, "P": 20, "K": 94}


def test_a_count_that_is_small_no_more_does_not_give_the_former_away() -> None:
    """3 of B became 8. C, unchanged, must stay hidden, else it said what B was."""
    nights = Nights()
    nights.of_rows(cases(20, 3, 30, 40))
    public = nights.of_rows(cases(20, 8, 30, 40))
    assert shown(public)["C"] is None
    assert nights.recovered == 0


def test_what_has_not_changed_is_hidden_as_it_was() -> None:
    nights = Nights()
    first, second = (nights.of_rows(cases(20, 3, 30, 40)) for _ in range(2))
    assert first.hidden == second.hidden


def test_figures_come_back_after_a_night_that_showed_none(monkeypatch: pytest.MonkeyPatch) -> None:
    nights = Nights()
    rows = [*cases(20, 3, 30, 40), *cases(9, 8, 7, 6, year=2009)]
    before = nights.of_rows(rows)
    withhold(nights, rows, monkeypatch)
    after = nights.of_rows(rows)
    assert (after.known, after.hidden) == (before.known, before.hidden)


def test_a_night_that_showed_none_makes_nobody_forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first night showed C, and hid B of the other year behind it."""
    nights = Nights()
    nights.of_rows([*cases(20, 5, 30, 40), *cases(20, 3, 30, 40, year=2009)])
    withhold(nights, [*cases(20, 4, 30, 40), *cases(20, 8, 30, 40, year=2009)], monkeypatch)
    public = nights.of_rows([*cases(20, 4, 30, 40), *cases(20, 8, 30, 40, year=2009)])
    assert shown(public) == {"A": 20, "B": None, "C": 30, "D": 40, "P": 20, "K": None}
    assert shown(public, 2009)["C"] is None


def test_a_choice_that_does_not_hold_is_widened(monkeypatch: pytest.MonkeyPatch) -> None:
    """The suppressor gives up at once; what stands near B in equations is left out, but zeros."""
    monkeypatch.setattr("warehouse.publication.disclosure.suppress.MOST_TRIALS", 0)
    nights = Nights()
    public = nights.of_rows([*cases(20, 3, 0, 40), *cases(9, 8, 7, 6, year=2009)])
    assert nights.recovered == 0
    assert shown(public) == {"A": None, "B": None, "C": 0, "D": None, "P": None, "K": None}
    assert None not in shown(public, 2009).values()
    assert public.withheld == set()


def test_what_belongs_together_is_withheld_where_nothing_less_will_do() -> None:
    """All was shown; then 5 is the least. C's zero would say that B is 4, as before of both."""
    nights = Nights()
    other = cases(9, 8, 7, 6, year=2009)
    nights.of_rows([*cases(20, 2, 2, 40), *other], Rules(smallest=1))
    public = nights.of_rows([*cases(20, 4, 0, 40), *other])
    assert set(shown(public).values()) == {None}
    assert None not in shown(public, 2009).values()
    assert {cell.start.year for cell in public.withheld} == {2010}
    assert nights.recovered == 0


def test_what_was_shown_before_is_no_secret_but_of_tonights_files() -> None:
    """7 of B was public while 5 was the least: tonight's files alone do not tell it."""
    nights = Nights()
    nights.of_rows(cases(20, 7, 30, 40))
    public = nights.of_rows(cases(20, 7, 30, 40), Rules(smallest=10))
    assert nights.recovered == 0
    assert shown(public) == {"A": 20, "B": None, "C": None, "D": 40, "P": 20, "K": 97}


def test_without_secondary_suppression_the_next_night_is_found_out_too() -> None:
    nights = Nights(Rules(secondary=False))
    nights.of_rows(cases(20, 5, 30, 40))
    nights.of_rows(cases(20, 4, 30, 40))
    assert nights.recovered == 1
