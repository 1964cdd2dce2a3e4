"""The suppressor: which counts the public tier leaves out, so that no small one can be worked out.

Primary: a small count of people, or of events of a sensitive kind. Secondary: other counts, without
which a primary one would follow, or could be bounded too narrowly, from what is published.

The rule of the secondary: while a hidden count has too little room, the cheapest shown count beside
it is hidden that gives it room; afterwards every one that proves needless is shown again. What is
beside a count are all counts it hangs together with, in any area, period, indicator or table.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from warehouse.publication.disclosure.attack import (
    NOTHING,
    ROOM,
    Key,
    Outlook,
    Published,
    Row,
    is_recovered,
    key_of,
)
from warehouse.publication.disclosure.knowledge import (
    Areas,
    Count,
    Indicator,
    indicators,
    is_rest,
)
from warehouse.publication.disclosure.memory import Earlier, Memory
from warehouse.publication.disclosure.system import Cell, System
from warehouse.publication.tiers import COUNT_COLUMNS

# What hiding a count costs a reader: more, the more people look for it.
COST_OF_AREA = {"district": 1, "partnership": 2, "county": 4}
# Choices that are tried, in all, to give hidden counts room one by one.
MOST_TRIALS = 1_000


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

    def published(self, hidden: Collection[Count], withheld: Collection[Count] = ()) -> Published:
        """What would be public if these counts were hidden, those withheld with all beside them."""
        shown = {
            cell: value
            for cell, value in self.truth.items()
            if cell not in hidden and not is_rest(cell)
        }
        rests = {cell for cell in self.truth if is_rest(cell)}
        return Published(self.areas, shown, set(hidden), rests, withheld=set(withheld))

    @property
    def countable(self) -> set[Count]:
        """All but what shares leave over, which no file prints."""
        return {cell for cell in self.truth if not is_rest(cell)}

    def cost(self, cell: Count) -> tuple[float, ...]:
        """What leaving the count out costs, for ordering: of a topic without small counts most."""
        return (
            0 if cell in self.protected else 1,
            COST_OF_AREA.get(cell.area_type, 8),
            self.truth[cell],
        )


def hidden_counts(counts: Counts, memory: Memory = NOTHING) -> set[Count]:
    """Every count that is to be hidden, primary and secondary.

    What it cannot protect, or not within MOST_TRIALS, the attacker finds: `wider` goes on there.
    """
    if not counts.rules.secondary:
        return set(counts.small)
    return _Search(counts, memory).run()


def wider(
    counts: Counts, memory: Memory, hidden: Collection[Count], recovered: Collection[Cell]
) -> Iterator[tuple[set[Count], set[Count]]]:
    """What to hide instead where counts were recovered, and which of these to withhold.

    Each choice holds the one before. First all but zeros that stands in an equation with what hangs
    together with a recovered count, or in one with those. Then all is withheld, zeros too, that
    hangs together with it by any figures: of that nothing is said tonight. Last, all is.
    """
    rules = counts.rules
    outlook = Outlook(counts.published(hidden), memory, rules.least, rules.smallest)
    everything = System(outlook.together.relations, {})
    beside = {each for cell in recovered for each in outlook.together.component(cell)[0]}
    belongs = {each for cell in recovered for each in everything.component(cell)[0]}
    for _ in range(2):
        equations = ({cell for cell, _ in each.terms} for each in everything.relations)
        beside.update(*[cells for cells in equations if cells & beside])
    beside = {cell for cell in beside & counts.countable if counts.truth[cell] >= rules.smallest}
    belongs &= counts.countable
    yield {*hidden, *beside}, set()
    yield {*hidden, *belongs}, belongs
    yield counts.countable, counts.countable


class _Search:
    """Hides counts until nothing is recovered, then shows again what need not be hidden."""

    def __init__(self, counts: Counts, memory: Memory) -> None:
        self.counts = counts
        self.memory = memory
        self.hidden = set(counts.small)
        self.beyond_help: set[Cell] = set()
        self.trials = 0
        self._set_up()

    def run(self) -> set[Count]:
        while narrow := self._narrow():
            for target in narrow:
                self._widen(target)
            self._set_up()
        self._show_again()
        return self.hidden

    def _set_up(self) -> None:
        """The system of what is hidden by now: sums are taken to hold by what is still shown."""
        rules, public = self.counts.rules, self.counts.published(self.hidden)
        for is_doubted in (False, True):
            self.outlook = Outlook(public, self.memory, rules.least, rules.smallest, is_doubted)
            if None not in self.outlook.together.intervals(self.hidden).values():
                break

    def _narrow(self) -> list[Cell]:
        """Hidden counts and small rests that can be found out, the narrowest first."""
        targets = {*self.hidden, *self.counts.small_rests, *self.memory.hidden} - self.beyond_help
        narrow = self._recovered(targets)
        return sorted(narrow, key=lambda cell: (narrow[cell], isinstance(cell, Earlier), cell))

    def _recovered(self, targets: Iterable[Cell]) -> dict[Cell, float]:
        """By count that is found out the width of its interval."""
        return {
            cell: interval.width
            for cell, interval in self.outlook.rooms(targets, ROOM).items()
            if is_recovered(cell, interval, self.counts.rules.smallest)
        }

    def _width(self, target: Cell) -> float:
        """The room of a count; ROOM where it is not found out: a rest may have less, harmlessly."""
        self.trials += 1
        return self._recovered([target]).get(target, ROOM)

    def _widen(self, target: Cell) -> None:
        """Hide the cheapest shown count that gives the target room, or as much as one can.

        Where none alone gives it any, the cheapest goes first: two may that one does not.
        """
        while (width := self._width(target)) < ROOM:
            candidates = self._candidates(target)
            if not candidates or self.trials > MOST_TRIALS:
                self.beyond_help.add(target)
                return
            best, widest = candidates[0], width
            for candidate in candidates:
                widened = self._width_without(target, candidate)
                if widened > widest:
                    best, widest = candidate, widened
                if widened >= ROOM or self.trials > MOST_TRIALS:
                    break
            self._hide(best)

    def _candidates(self, target: Cell) -> list[Count]:
        """Shown counts beside the target, the cheapest first: none that is small or zero.

        A value that was shown before hides nothing, but from those who read tonight's files alone.
        """
        beside = self._beside(self.outlook.together, target) - self.memory.known.keys()
        if target in self.memory.known:
            beside |= self._beside(self.outlook.alone, target)
        return sorted(beside, key=lambda cell: (self.counts.cost(cell), cell))

    def _beside(self, system: System, target: Cell) -> set[Count]:
        return {
            cell
            for relation in system.component(target)[1]
            for cell, _ in relation.terms
            if isinstance(cell, Count)
            and cell not in self.hidden
            and cell in self.outlook.published.known
            and self.counts.truth[cell] >= self.counts.rules.smallest
        }

    def _width_without(self, target: Cell, candidate: Count) -> float:
        self._hide(candidate)
        width = self._width(target)
        self._show(candidate)
        return width

    def _hide(self, cell: Count) -> None:
        self.hidden.add(cell)
        self.outlook.hide(cell, self.counts.rules.least)

    def _show(self, cell: Count) -> None:
        self.hidden.discard(cell)
        self.outlook.show(cell, self.counts.truth[cell])

    def _show_again(self) -> None:
        """Show each secondary count again, the costliest first, unless something is found out."""
        added = sorted(
            self.hidden - self.counts.small,
            key=lambda cell: (self.counts.cost(cell), cell),
            reverse=True,
        )
        secret = {*self.counts.small_rests, *self.memory.hidden}
        for cell in added:
            if self.trials > MOST_TRIALS:
                return
            systems = (self.outlook.together, self.outlook.alone)
            beside = {other for system in systems for other in system.component(cell)[0]}
            self._show(cell)
            self.trials += 1
            if self._recovered((beside - {cell} - self.beyond_help) & (self.hidden | secret)):
                self._hide(cell)
