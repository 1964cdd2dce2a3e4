"""The suppressor: which counts the public tier leaves out, so that no small one can be worked out.

Primary: a small count of people, or of events of a sensitive kind. Secondary: other counts, without
which a primary one would follow, or could be bounded too narrowly, from what is published.

The rule of the secondary: while a hidden count has too little room, the cheapest shown count beside
it is hidden that gives it room; afterwards every one that proves needless is shown again. What is
beside a count are all counts it hangs together with, in any area, period, indicator or table.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from warehouse.publication.disclosure.attack import (
    ROOM,
    Key,
    Published,
    Row,
    is_recovered,
    key_of,
    room,
)
from warehouse.publication.disclosure.knowledge import Areas, Count, Indicator, indicators
from warehouse.publication.disclosure.system import Cell, Interval
from warehouse.publication.tiers import COUNT_COLUMNS

# What hiding a count costs a reader: more, the more people look for it.
COST_OF_AREA = {"district": 1, "partnership": 2, "county": 4}


@dataclass(frozen=True)
class Rules:
    """What is small, and what is done about it.

    smallest: the least count of people that may be published. hide_zeros: zeros are small too.
    secondary: whether other counts are left out for the sake of small ones.
    """

    smallest: int = 5
    hide_zeros: bool = False
    secondary: bool = True

    @property
    def least(self) -> int:
        """What no hidden count is below, as everybody knows."""
        return 0 if self.hide_zeros else 1

    def is_small(self, count: float) -> bool:
        """Whether a count of people may not be published."""
        return self.least <= count < self.smallest


@dataclass(frozen=True)
class Former:
    """The publication before: what its public files say, and what its hidden counts truly were."""

    published: Published
    truth: Mapping[Cell, float]


@dataclass
class Counts:
    """The counts that are to be public: their true values and what is to be hidden of them."""

    areas: Areas
    rules: Rules
    truth: dict[Cell, float] = field(default_factory=dict)
    protected: set[Count] = field(default_factory=set)
    small: set[Count] = field(default_factory=set)
    small_rests: set[Count] = field(default_factory=set)

    @classmethod
    def of_rows(cls, rows: Iterable[Row], areas: Areas, rules: Rules) -> "Counts":
        """From rows of the warehouse's indicator_value, those that are to be public."""
        found = cls(areas, rules)
        for row in rows:
            indicator = indicators().get((row["indicator_id"], row["indicator_version"]))
            if indicator is not None:
                found._add(key_of(row), row, indicator)
        return found

    def _add(self, key: Key, row: Row, indicator: Indicator) -> None:
        for column in COUNT_COLUMNS:
            quantity, value = indicator.quantities.get(column), row[column]
            if quantity is None or value is None:
                continue
            cell = key.cell(quantity)
            self.truth[cell] = value
            if quantity in indicator.protected:
                self.protected.add(cell)
                if self.rules.is_small(value):
                    self.small.add(cell)
        if indicator.rest is not None and row["denominator"] is not None:
            rest = key.cell(indicator.rest)
            left_over = row["denominator"] - row["numerator"]
            self.truth[rest] = left_over
            if self.rules.is_small(left_over):
                self.small_rests.add(rest)

    def published(self, hidden: Collection[Count]) -> Published:
        """What would be public if these counts were hidden."""
        shown = {
            cell: value
            for cell, value in self.truth.items()
            if cell not in hidden and not cell.quantity.startswith("rest ")
        }
        return Published(self.areas, shown, set(hidden), set(self.small_rests))

    def cost(self, cell: Count) -> tuple[float, ...]:
        """What leaving the count out costs, for ordering: of a topic without small counts most."""
        return (
            0 if cell in self.protected else 1,
            COST_OF_AREA.get(cell.area_type, 8),
            self.truth[cell],
        )


def hidden_counts(counts: Counts, former: Former | None = None) -> set[Count]:
    """Every count that is to be hidden, primary and secondary.

    What cannot be protected stays as it is: the attacker finds it, and nothing is published.
    """
    if not counts.rules.secondary:
        return set(counts.small)
    return _Search(counts, former).run()


class _Search:
    """Hides counts until nothing is recovered, then shows again what need not be hidden."""

    def __init__(self, counts: Counts, former: Former | None) -> None:
        self.counts = counts
        self.former = former
        self.least = counts.rules.least
        self.hidden = set(counts.small)
        self.beyond_help: set[Count] = set()
        self.shown_before = unchanged(former.published.known, counts.truth) if former else {}
        self.former_system = former.published.system(self.least) if former else None
        self._set_up()

    def run(self) -> set[Count]:
        while narrow := [*self._narrow(), *self._narrow_before()]:
            for target in narrow:
                self._widen(target)
            self._set_up()
        self._show_again()
        return self.hidden

    def _set_up(self) -> None:
        """The system of what is hidden by now: sums are taken to hold by what is still shown."""
        self.public = self.counts.published(self.hidden)
        self.system = self.public.system(self.least)
        if None in self.system.intervals(self.hidden).values():
            self.system = self.public.system(self.least, is_doubted=True)

    def _room(self, targets: Iterable[Count]) -> dict[Count, Interval]:
        return room(self.system, targets, self.shown_before)

    def _room_before(self, targets: Iterable[Count]) -> dict[Count, Interval]:
        """The same of the publication before, read beside this one."""
        if self.former is None or self.former_system is None:
            return {}
        now = {cell: n for cell, n in self.counts.truth.items() if cell not in self.hidden}
        given = unchanged(now, self.former.truth)
        return room(self.former_system, targets, given)

    def _narrow(self) -> list[Count]:
        """Hidden counts and small rests that can be found out, the narrowest first."""
        return self._too_narrow(self._room([*self.hidden, *self.counts.small_rests]), self.public)

    def _narrow_before(self) -> list[Count]:
        """Hidden counts of the publication before that this one would give away."""
        if self.former is None:
            return []
        before = self.former.published
        return self._too_narrow(self._room_before(before.hidden), before)

    def _too_narrow(self, found: Mapping[Count, Interval], published: Published) -> list[Count]:
        narrow = {
            cell: interval.width
            for cell, interval in found.items()
            if cell not in self.beyond_help and self._is_narrow(cell, interval, published)
        }
        return sorted(narrow, key=lambda cell: (narrow[cell], cell))

    def _is_narrow(self, cell: Count, interval: Interval, published: Published) -> bool:
        return is_recovered(cell, interval, published, self.counts.rules.smallest)

    def _width(self, target: Count) -> float:
        """The room of a count that is hidden in this publication, or was in the one before.

        At least ROOM where it is not found out: a rest may have less that is harmless.
        """
        found = [(self._room([target]), self.public)]
        if self.former is not None and target in self.former.published.hidden:
            found.append((self._room_before([target]), self.former.published))
        widths = [
            intervals[target].width
            for intervals, published in found
            if target in intervals and self._is_narrow(target, intervals[target], published)
        ]
        return min(widths, default=ROOM)

    def _widen(self, target: Count) -> None:
        """Hide the cheapest shown count that gives the target room, or as much as one can.

        Where none alone gives it any, the cheapest goes first: two may that one does not.
        """
        while (width := self._width(target)) < ROOM:
            candidates = self._candidates(target)
            if not candidates:
                self.beyond_help.add(target)
                return
            best, widest = candidates[0], width
            for candidate in candidates:
                widened = self._width_without(target, candidate)
                if widened > widest:
                    best, widest = candidate, widened
                if widened >= ROOM:
                    break
            self._hide(best)

    def _candidates(self, target: Count) -> list[Count]:
        """Shown counts beside the target, the cheapest first: none that is small or zero."""
        relations = self.system.component(target)[1]
        if self.former_system is not None:
            relations = [*relations, *self.former_system.component(target)[1]]
        beside = {
            cell
            for relation in relations
            for cell, _ in relation.terms
            if isinstance(cell, Count)
            and cell in self.system.known
            and self.counts.truth[cell] >= self.counts.rules.smallest
        }
        return sorted(beside, key=lambda cell: (self.counts.cost(cell), cell))

    def _width_without(self, target: Count, candidate: Count) -> float:
        value = self._hide(candidate)
        width = self._width(target)
        self._show(candidate, value)
        return width

    def _hide(self, cell: Count) -> float:
        self.hidden.add(cell)
        self.system.least[cell] = self.least
        return self.system.known.pop(cell)

    def _show(self, cell: Count, value: float) -> None:
        self.hidden.discard(cell)
        self.system.known[cell] = value

    def _show_again(self) -> None:
        """Show each secondary count again, the costliest first, unless something is found out."""
        added = sorted(self.hidden - self.counts.small, key=self.counts.cost, reverse=True)
        for cell in added:
            together = [
                other
                for other in self.system.component(cell)[0]
                if other != cell and (other in self.hidden or other in self.counts.small_rests)
            ]
            self._show(cell, self.counts.truth[cell])
            if self._too_narrow(self._room(together), self.public) or self._narrow_before():
                self._hide(cell)


def unchanged(shown: Mapping[Cell, float], truth: Mapping[Cell, float]) -> dict[Cell, float]:
    """The counts that one publication shows and that are the same in another.

    Of a count that has changed nothing is remembered: what is believed of it is wrong.
    """
    return {cell: value for cell, value in shown.items() if truth.get(cell) == value}
