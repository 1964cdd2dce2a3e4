"""Whole numbers that are not known, and what is known of sums of them: between what may each lie?

Nothing here knows what the numbers count. A cell is any hashable name; a relation says that a sum
of cells, each times a factor, lies between two bounds. Cells with a value are constants of it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import ceil, floor, inf
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

Cell = Any  # a name that can be hashed
# What a solver may be off by, in events; and how much of a sum a printed number may be off by.
TOLERANCE = 1e-6
# Branches of the search for whole numbers; where they do not do, the bound proved by then is taken.
MOST_BRANCHES = 500


@dataclass(frozen=True)
class Relation:
    """low <= sum of factor x cell <= high; inf where there is no bound."""

    terms: tuple[tuple[Cell, float], ...]
    low: float
    high: float


def equal(whole: Cell, parts: Iterable[Cell]) -> Relation:
    """The whole is the sum of its parts."""
    return Relation(((whole, 1.0), *((part, -1.0) for part in parts)), 0.0, 0.0)


@dataclass(frozen=True)
class Interval:
    """The least and the most that a cell may be; the bounds belong to it."""

    low: float
    high: float

    @property
    def width(self) -> float:
        """high - low: 0 where the cell is found out."""
        return self.high - self.low


@dataclass
class System:
    """Relations over cells, of which some are known.

    known: the values. least, most: the bounds of a cell that is not known where they are not
    0 and infinity. fractions: cells that need be no whole numbers.
    """

    relations: list[Relation]
    known: dict[Cell, float]
    least: dict[Cell, float] = field(default_factory=dict)
    most: Mapping[Cell, float] = field(default_factory=dict)
    fractions: frozenset[Cell] = frozenset()

    @cached_property
    def _relations_of(self) -> dict[Cell, list[int]]:
        found: dict[Cell, list[int]] = defaultdict(list)
        for number, relation in enumerate(self.relations):
            for cell, _ in relation.terms:
                found[cell].append(number)
        return found

    def component(self, target: Cell) -> tuple[list[Cell], list[Relation]]:
        """The unknown cells that hang together with the target, itself first; their relations."""
        cells: dict[Cell, None] = {target: None}
        numbers: dict[int, None] = {}
        waiting = [target]
        while waiting:
            for number in self._relations_of.get(waiting.pop(), ()):
                if number in numbers:
                    continue
                numbers[number] = None
                for cell, _ in self.relations[number].terms:
                    if cell not in self.known and cell not in cells:
                        cells[cell] = None
                        waiting.append(cell)
        return list(cells), [self.relations[number] for number in numbers]

    def interval(self, target: Cell) -> Interval | None:
        """Between what the target may lie; None where no numbers satisfy the relations."""
        return self.intervals([target])[target]

    def intervals(
        self, targets: Iterable[Cell], enough: float = inf
    ) -> dict[Cell, Interval | None]:
        """The interval of each target; cells that hang together are set up once.

        enough: of an interval that is as wide a part may be returned that is as wide, too.
        """
        found: dict[Cell, Interval | None] = {}
        wanted = list(targets)
        for target in wanted:
            if target in found:
                continue
            if target in self.known:
                found[target] = Interval(self.known[target], self.known[target])
                continue
            cells, relations = self.component(target)
            if len(cells) == 1:
                found[target] = self._alone(target, relations)
                continue
            programme = self._programme(cells, relations)
            here = set(cells)
            for each in (cell for cell in wanted if cell in here and cell not in found):
                found[each] = programme.interval(each, enough)
        return found

    def _alone(self, cell: Cell, relations: list[Relation]) -> Interval | None:
        """The interval of a cell beside which all is known."""
        low, high = self.least.get(cell, 0.0), self.most.get(cell, inf)
        for relation in relations:
            factor = sum(each for name, each in relation.terms if name == cell)
            rest = sum(each * self.known[name] for name, each in relation.terms if name != cell)
            ends = [(end - rest) / factor for end in (relation.low, relation.high)]
            low, high = max(low, min(ends)), min(high, max(ends))
        if cell not in self.fractions:
            low, high = _whole(low, high)
        return Interval(low, high) if low <= high + TOLERANCE else None

    def _programme(self, cells: list[Cell], relations: list[Relation]) -> "_Programme":
        position = {cell: number for number, cell in enumerate(cells)}
        rows, columns, factors = [], [], []
        low, high = [], []
        for number, relation in enumerate(relations):
            constant = 0.0
            for cell, factor in relation.terms:
                if cell in self.known:
                    constant += factor * self.known[cell]
                else:
                    rows.append(number)
                    columns.append(position[cell])
                    factors.append(factor)
            low.append(relation.low - constant)
            high.append(relation.high - constant)
        shape = (len(relations), len(cells))
        return _Programme(
            position,
            csr_array((factors, (rows, columns)), shape=shape),
            np.array(low),
            np.array(high),
            np.array([self.least.get(cell, 0.0) for cell in cells]),
            np.array([self.most.get(cell, inf) for cell in cells]),
            np.array([0 if cell in self.fractions else 1 for cell in cells]),
            np.full(len(cells), inf),
            np.full(len(cells), -inf),
        )


def _whole(low: float, high: float) -> tuple[float, float]:
    """The whole numbers between: a bound a hair off is the solver's, not the cell's."""
    return (
        ceil(low - TOLERANCE) if low > -inf else low,
        floor(high + TOLERANCE) if high < inf else high,
    )


@dataclass(frozen=True)
class _Programme:
    """The unknown cells of one component as HiGHS takes them.

    seen_low, seen_high: the least and the most that each had in a solution of any programme so far.
    """

    position: dict[Cell, int]
    factors: csr_array
    low: np.ndarray
    high: np.ndarray
    least: np.ndarray
    most: np.ndarray
    whole: np.ndarray
    seen_low: np.ndarray
    seen_high: np.ndarray

    def interval(self, cell: Cell, enough: float) -> Interval | None:
        number = self.position[cell]
        seen = Interval(float(self.seen_low[number]), float(self.seen_high[number]))
        if seen.width >= enough:
            return seen
        low = self._end(number, 1.0)
        if low is None:
            return None
        high = self._end(number, -1.0)
        if high is None:
            return None
        if self.whole[number]:
            low, high = _whole(low, high)
        return Interval(low, high)

    def _end(self, number: int, sign: float) -> float | None:
        """The least (sign 1) or the most (-1) of a cell; None where nothing is possible.

        Where the branches do not do, the bound proved by then: a wider interval, never a narrower.
        A limit of branches and not of seconds: the same figures have the same answer everywhere.
        """
        objective = np.zeros(len(self.whole))
        objective[number] = sign
        constraints = []
        if self.factors.shape[0]:
            slack = TOLERANCE * np.maximum(1.0, abs(self.factors).sum(axis=1))
            constraints = [LinearConstraint(self.factors, self.low - slack, self.high + slack)]
        solved = milp(
            objective,
            constraints=constraints,
            bounds=Bounds(self.least, self.most),
            integrality=self.whole,
            options={"node_limit": MOST_BRANCHES},
        )
        if solved.status == 2:
            return None
        if solved.x is not None:
            found = np.where(self.whole, np.round(solved.x), solved.x)
            np.minimum(self.seen_low, found, out=self.seen_low)
            np.maximum(self.seen_high, found, out=self.seen_high)
        if solved.status == 3:
            return -sign * inf
        if solved.status == 4 and solved.x is None:
            # HiGHS: "unbounded or infeasible". Which of both a programme without objective says.
            feasible = milp(
                np.zeros(len(self.whole)),
                constraints=constraints,
                bounds=Bounds(self.least, self.most),
                integrality=self.whole,
                options={"node_limit": MOST_BRANCHES},
            )
            return None if feasible.status == 2 else -sign * inf
        bound = solved.mip_dual_bound if solved.mip_dual_bound is not None else solved.fun
        return float(sign * bound)
