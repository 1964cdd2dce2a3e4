"""The attacker: what an outsider can work out of the counts that the public files leave out.

It reads a publication's public Parquet files and the project's public registers, and nothing of how
or why anything was left out. From all figures printed there, and from what it remembers of the
publications before, it sets up what they say of the hidden counts, and finds for each the least and
the most that it may be.
"""

import itertools
import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from warehouse.publication.disclosure.knowledge import (
    COUNT_COLUMNS,
    Areas,
    Count,
    Indicator,
    indicators,
    is_rest,
    related,
    relations,
)
from warehouse.publication.disclosure.memory import Memory, count_of
from warehouse.publication.disclosure.system import Cell, Interval, Relation, System
from warehouse.publication.tiers import MARK, WITHHELD
from warehouse.sql_text import literal

# A hidden count must have this many events of room between its least and its most.
ROOM = 3
# The row of findings that is of no table of tonight's.
BEFORE = "publications before"
LIMITS = {"lower_95": 1, "lower_998": 1, "lowest_possible": 1}
UPPER_LIMITS = {"upper_95": 1, "upper_998": 1, "highest_possible": 1}
# Numbers with more decimals than this are printed whole.
MOST_DECIMALS = 6
Z_95 = 1.959963984540054
Row = Mapping[str, Any]


class Key(NamedTuple):
    """What a row is about."""

    indicator_id: str
    version: int
    area_type: str
    area_code: str
    start: date
    end: date

    def cell(self, quantity: str) -> Count:
        """The quantity in the row's area and period."""
        return Count(quantity, self.area_type, self.area_code, self.start, self.end)


def key_of(row: Row) -> Key:
    """The key of a row of a published table."""
    return Key(
        row["indicator_id"],
        row["indicator_version"],
        row["area_type"],
        row["area_code"],
        row["period_start"],
        row["period_end"],
    )


@dataclass
class Published:
    """What public files say.

    known: the counts they show. hidden: those they leave out. rests: what hidden shares leave over.
    tables: by table its counts, shown and hidden. populations: by key the open denominators.
    said: what figures that are no counts say of hidden ones. withheld: hidden ones among which
    there may be zeros, as all are left out that belong together.
    """

    areas: Areas
    known: dict[Cell, float] = field(default_factory=dict)
    hidden: set[Count] = field(default_factory=set)
    rests: set[Count] = field(default_factory=set)
    tables: dict[str, set[Count]] = field(default_factory=lambda: defaultdict(set))
    populations: dict[Key, float] = field(default_factory=dict)
    said: list[Relation] = field(default_factory=list)
    withheld: set[Count] = field(default_factory=set)

    def relations(self, known: Mapping[Cell, float], is_doubted: bool) -> list[Relation]:
        """How the counts hang together, as far as these known ones show it.

        is_doubted: what is only taken to add up, because it does elsewhere, is not taken so.
        """
        counts = {cell for cell in (*self.known, *self.hidden) if isinstance(cell, Count)}
        return relations(counts | self.rests, known, self.areas, is_doubted)

    def least(self, least: float) -> dict[Cell, float]:
        """What each hidden count is not below, where none is below `least` beside all others."""
        return {cell: 0.0 if cell in self.withheld else least for cell in self.hidden}


def read_public(folder: Path, remembered: Collection[str] = ()) -> Published:
    """The figures of the public Parquet files that have a column `suppressed`.

    folder: the publication's `parquet/public`. Read are the indicators that hide something or whose
    shares may leave over a few people, and those that hang together with them or with the
    remembered quantities.
    """
    with duckdb.connect() as con:
        found, files = _published(con, folder)
        hiding = {
            name
            for of in files.values()
            for (name,) in con.execute(
                f"select distinct indicator_id from {of} where {MARK} is not null"
            ).fetchall()
        }
        hiding |= {
            each.indicator_id
            for each in indicators().values()
            if each.rest is not None or set(remembered) & set(each.quantities.values())
        }
        wanted = ", ".join(literal(name) for name in sorted(related(hiding)))
        read_tables(found, _rows(con, files, f"indicator_id in ({wanted})"))
    return found


def read_counts(folder: Path, condition: str) -> Published:
    """The counts alone of the rows of those files that meet the condition, of all indicators."""
    with duckdb.connect() as con:
        found, files = _published(con, folder)
        _read_all_counts(found, _rows(con, files, condition))
    return found


def _published(con: duckdb.DuckDBPyConnection, folder: Path) -> tuple[Published, dict[str, str]]:
    """The areas, and by name the files with partners' figures, quoted."""
    area = folder / "area.parquet"
    areas = con.sql(f"select * exclude (geometry) from {literal(area)}")
    files = {}
    for path in sorted(folder.glob("*.parquet")):
        described = con.execute(f"describe from {literal(path)}").fetchall()
        if {MARK, "indicator_id"} <= {name for name, *_ in described}:
            files[path.stem] = literal(path)
    return Published(Areas.of_rows(areas.to_arrow_table().to_pylist())), files


def _rows(
    con: duckdb.DuckDBPyConnection, files: Mapping[str, str], condition: str
) -> dict[str, list[Row]]:
    return {
        name: con.sql(f"select * from {of} where {condition}").to_arrow_table().to_pylist()
        for name, of in files.items()
    }


def read_tables(found: Published, tables: Mapping[str, list[Row]]) -> None:
    """Add what the rows of the tables, by name, say."""
    _read_all_counts(found, tables)
    for rows in tables.values():
        found.said += _Statements(found, rows).all()


def _read_all_counts(found: Published, tables: Mapping[str, list[Row]]) -> None:
    masked: set[Count] = set()
    for name, rows in tables.items():
        for row in rows:
            indicator = indicators().get((row["indicator_id"], row["indicator_version"]))
            if indicator is None:
                continue
            _read_counts(found, masked, name, row, indicator)
            if indicator.rest is not None:
                found.rests.add(key_of(row).cell(indicator.rest))
    found.hidden = {cell for cell in masked if cell not in found.known}


def _read_counts(
    found: Published, masked: set[Count], table: str, row: Row, indicator: Indicator
) -> None:
    key = key_of(row)
    for prefix, at in (("", key), ("previous_", _year_before(key))):
        for column in COUNT_COLUMNS:
            if prefix + column not in row:
                continue
            value = row[prefix + column]
            quantity = indicator.quantities.get(column)
            if quantity is None:
                if column == "denominator" and value is not None:
                    found.populations[at] = value
                continue
            cell = at.cell(quantity)
            if value is not None:
                found.known[cell] = value
            elif row[MARK] is not None:
                masked.add(cell)
                if row[MARK] == WITHHELD:
                    found.withheld.add(cell)
            else:
                continue
            found.tables[table].add(cell)


def _year_before(key: Key) -> Key:
    return key._replace(start=_a_year_less(key.start), end=_a_year_less(key.end))


def _a_year_less(day: date) -> date:
    if (day.month, day.day) in ((2, 28), (2, 29)):  # the last day of a year to February
        leap = day.year - 1
        last = 29 if leap % 4 == 0 and (leap % 100 != 0 or leap % 400 == 0) else 28
        return date(leap, 2, last)
    return day.replace(year=day.year - 1)


@dataclass
class _Statements:
    """What the figures of a table's rows that are no counts say of counts that are hidden."""

    found: Published
    rows: list[Row]

    def all(self) -> list[Relation]:
        """Only those in which a hidden count takes part."""
        made = (relation for row in self.rows for relation in self._of_row(row))
        return [
            relation
            for relation in (*made, *self._of_ranks())
            if any(cell in self.found.hidden for cell, _ in relation.terms)
        ]

    def _decimals(self, column: str) -> int:
        """To how many decimals the column is printed, at least MOST_DECIMALS + 1 where whole."""
        if column not in self._found_decimals:
            self._found_decimals[column] = max(
                (_decimals(row[column]) for row in self.rows if row.get(column) is not None),
                default=0,
            )
        return self._found_decimals[column]

    def __post_init__(self) -> None:
        self._found_decimals: dict[str, int] = {}

    def _range(self, row: Row, column: str) -> tuple[float, float] | None:
        """Between what the unrounded figure lies."""
        value = row.get(column)
        if value is None:
            return None
        decimals = self._decimals(column)
        half = 0.5 * 10.0**-decimals if decimals <= MOST_DECIMALS else abs(value) * 1e-9
        return value - half, value + half

    def _of_row(self, row: Row) -> Iterator[Relation]:
        indicator = indicators().get((row["indicator_id"], row["indicator_version"]))
        if indicator is None:
            return
        key = key_of(row)
        before = _year_before(key)
        for column, at in (
            ("value", key),
            ("previous_value", before),
            ("county_value", self._county(key)),
        ):
            if at is not None and (found := self._range(row, column)):
                yield from self._value(indicator, at, *found)
        for columns, low in ((LIMITS, True), (UPPER_LIMITS, False)):
            for column in columns:
                if found := self._range(row, column):
                    ends = (found[0], math.inf) if low else (-math.inf, found[1])
                    yield from self._value(indicator, key, *ends)
        yield from self._of_wilson(indicator, key, row)
        numerator = indicator.quantities["numerator"]
        now, then = key.cell(numerator), before.cell(numerator)
        if found := self._range(row, "change"):
            yield Relation(((now, 1.0), (then, -1.0)), *found)
        if found := self._range(row, "change_percent_of_events"):
            yield from _times(now, then, *(1 + each / 100 for each in found))
        if found := self._range(row, "change_percent"):
            scale, scale_before = self._scale(indicator, key), self._scale(indicator, before)
            if scale and scale_before:
                ratio = scale_before / scale
                yield from _times(now, then, *((1 + each / 100) * ratio for each in found))
        if found := self._range(row, "change_points"):
            scale, scale_before = self._scale(indicator, key), self._scale(indicator, before)
            if scale and scale_before:
                yield Relation(((now, scale), (then, -scale_before)), *found)

    def _county(self, key: Key) -> Key | None:
        for (kind, code), parts in self.found.areas.parts.items():
            if kind == "county" and (
                (key.area_type, key.area_code) in parts or (kind, code) == key[2:4]
            ):
                return key._replace(area_type=kind, area_code=code)
        return None

    def _scale(self, indicator: Indicator, key: Key) -> float | None:
        """What the value is per event; None where the denominator is hidden."""
        if indicator.kind == "count":
            return 1.0
        quantity = indicator.quantities.get("denominator")
        denominator = (
            self.found.populations.get(key)
            if quantity is None
            else self.found.known.get(key.cell(quantity))
        )
        return indicator.multiplier / denominator if denominator else None

    def _value(self, indicator: Indicator, key: Key, low: float, high: float) -> Iterator[Relation]:
        """The key's value lies between: said of its numerator, and of a hidden denominator."""
        numerator = key.cell(indicator.quantities["numerator"])
        scale = self._scale(indicator, key)
        if scale is not None:
            yield Relation(((numerator, 1.0),), low / scale, high / scale)
            return
        if "denominator" not in indicator.quantities:
            return
        of = key.cell(indicator.quantities["denominator"])
        yield from _times(numerator, of, low / indicator.multiplier, high / indicator.multiplier)

    def _of_wilson(self, indicator: Indicator, key: Key, row: Row) -> Iterator[Relation]:
        """Both limits of a share together say where between them the share itself lies.

        Wilson 1927: their middle is (p + z²/2n) / (1 + z²/n).
        """
        lower, upper = self._range(row, "lower_95"), self._range(row, "upper_95")
        scale = self._scale(indicator, key)
        if indicator.kind != "proportion" or not lower or not upper or not scale:
            return
        records = indicator.multiplier / scale
        ends = [
            (low_end + high_end) / 2 / indicator.multiplier
            for low_end, high_end in zip(lower, upper, strict=True)
        ]
        counts = [records * end * (1 + Z_95**2 / records) - Z_95**2 / 2 for end in ends]
        yield Relation(
            ((key.cell(indicator.quantities["numerator"]), 1.0),),
            counts[0] - 1e-4,
            counts[1] + 1e-4,
        )

    def _of_ranks(self) -> Iterator[Relation]:
        """An area that ranks above another has no lower a value."""
        ranked: dict[tuple[Any, ...], list[tuple[int, Key]]] = defaultdict(list)
        for row in self.rows:
            if row.get("rank") is not None:
                key = key_of(row)
                ranked[key[:3] + key[4:]].append((row["rank"], key))
        for places in ranked.values():
            places.sort()
            for (rank, first), (next_rank, second) in itertools.pairwise(places):
                indicator = indicators().get((first.indicator_id, first.version))
                if indicator is None:
                    continue
                scale, next_scale = self._scale(indicator, first), self._scale(indicator, second)
                if scale is None or next_scale is None:
                    continue
                quantity = indicator.quantities["numerator"]
                terms = ((first.cell(quantity), scale), (second.cell(quantity), -next_scale))
                yield Relation(terms, 0.0, 0.0 if rank == next_rank else math.inf)


def _times(one: Cell, other: Cell, low: float, high: float) -> Iterator[Relation]:
    """low x other <= one <= high x other."""
    if low > -math.inf:
        yield Relation(((one, 1.0), (other, -low)), 0.0, math.inf)
    if high < math.inf:
        yield Relation(((one, 1.0), (other, -high)), -math.inf, 0.0)


def _decimals(value: float) -> int:
    _, _, after = f"{float(value):.12f}".rstrip("0").partition(".")
    return len(after)


@dataclass(frozen=True)
class Finding:
    """What was found of one table.

    cells: counts in it that were read. hidden: those that no public file shows. narrowest: the
    least room that a hidden one has, None without one. recovered: hidden ones with less than ROOM.
    """

    table: str
    cells: int
    hidden: int
    narrowest: float | None
    recovered: tuple[Cell, ...]


@dataclass
class Outlook:
    """What an outsider can say of hidden counts, and what of it tonight's publication tells him.

    By the publications before and by tonight's together he finds a count out that none before had
    shown. That tonight's told him is so only if he could not have said as much without it: had it
    left out everything, he would know the equations (they are the registers' and the calendar's),
    all values that were shown before, and, as he is taken to, which of them have not changed. What
    leaves a count as much room as that adds nothing to it. A value shown before and not changed is
    such a count, and so is all that follows from such values alone; a count that has changed, or
    was hidden ever since, has with these alone the room that it always had. Whoever reads tonight's
    files and no other must not find it out either: of such a count they are read alone.

    least, is_doubted: as of Published. smallest: as of is_recovered.
    """

    published: Published
    memory: Memory
    least: float
    smallest: float
    is_doubted: bool = False
    _without: dict[Cell, Interval | None] = field(default_factory=dict)

    @cached_property
    def together(self) -> System:
        """All publications, tonight's with them."""
        return System(
            [*self._relations, *self.published.said, *self.memory.relations(self.is_doubted)],
            self._known,
            _most(self.memory.least, self.published.least(self.least)),
        )

    @cached_property
    def alone(self) -> System:
        """Tonight's and no other."""
        known = self.published.known
        return System(
            [*self.published.relations(known, self.is_doubted), *self.published.said],
            dict(known),
            self.published.least(self.least),
        )

    @cached_property
    def _known(self) -> dict[Cell, float]:
        return {**self.memory.known, **self.published.known}

    @cached_property
    def _relations(self) -> list[Relation]:
        return self.published.relations(self._known, self.is_doubted)

    @cached_property
    def _before(self) -> System:
        """Tonight's left out; what adds up by tonight's figures is taken to add up all the same."""
        return System(
            [*self._relations, *self.memory.relations(self.is_doubted)],
            self.memory.known,
            self.memory.least,
        )

    def without(self, cell: Cell) -> Interval | None:
        """The interval of a count had tonight's publication left out everything."""
        if cell not in self._without:
            self._without[cell] = self._before.interval(cell)
        return self._without[cell]

    def hide(self, cell: Count, least: float) -> None:
        """As if tonight left the count out, too: sums are taken to hold as before."""
        for system in (self.together, self.alone):
            system.least.setdefault(cell, least)
            system.known.pop(cell, None)
        if cell in self.memory.known:
            self.together.known[cell] = self.memory.known[cell]

    def show(self, cell: Count, value: float) -> None:
        """As if tonight showed it."""
        for system in (self.together, self.alone):
            system.known[cell] = value

    def rooms(self, cells: Iterable[Cell], enough: float = math.inf) -> dict[Cell, Interval]:
        """The interval of each; none where nothing can be true of all at once.

        enough: as of System.intervals.
        """
        found = {}
        is_first = not self.memory.known
        for cell, interval in self.together.intervals(cells, enough).items():
            if interval and not is_first and is_recovered(cell, interval, self.smallest):
                without = self.without(cell)
                if without is not None and without.width <= interval.width:
                    interval = self.alone.interval(cell)
            if interval is not None:
                found[cell] = interval
        return found


def _most(one: Mapping[Cell, float], other: Mapping[Cell, float]) -> dict[Cell, float]:
    return {cell: max(one.get(cell, 0.0), other.get(cell, 0.0)) for cell in {*one, *other}}


NOTHING = Memory()


def attack(
    published: Published, least: float, memory: Memory = NOTHING, smallest: float = math.inf
) -> dict[Cell, Interval]:
    """Between what each hidden count may lie, each rest, and what was left out before tonight.

    least: what no hidden count is below: 1 where zeros are never left out. smallest: the least
    count that may be published. Of rests, and of what was left out before, as much of a wide
    interval is found as shows that it is wide.
    """
    found: dict[Cell, Interval] = {}
    # Where not everything can be true at once, something was taken to add up that does not.
    for is_doubted in (False, True):
        outlook = Outlook(published, memory, least, smallest, is_doubted)
        found |= outlook.rooms(published.hidden - found.keys())
        found |= outlook.rooms({*published.rests, *memory.hidden} - found.keys(), ROOM)
    return found


def is_recovered(cell: Cell, interval: Interval, smallest: float) -> bool:
    """Whether an interval gives a hidden count away, or a rest that must not be known.

    smallest: the least count that may be published. A rest is harmless where it may be as many.
    """
    if is_rest(count_of(cell)):
        return interval.width < ROOM and interval.low >= 1 and interval.high < smallest
    return interval.width < ROOM


def findings(
    published: Published,
    intervals: Mapping[Cell, Interval],
    smallest: float,
    memory: Memory = NOTHING,
) -> list[Finding]:
    """What was found, by table; last, of what publications before left out, where there are any."""
    found = []
    for table, cells in sorted(published.tables.items()):
        places = {cell[1:] for cell in cells}
        rests = [rest for rest in published.rests if rest[1:] in places]
        hidden = cells & published.hidden
        found.append(_finding(table, len(cells), hidden, rests, intervals, smallest))
    if memory.known:
        values = memory.known.keys() | memory.least.keys()
        counts = sum(not is_rest(count_of(cell)) for cell in values)
        earlier = [cell for cell in memory.hidden if not is_rest(cell.of)]
        of_rests = [cell for cell in memory.hidden if is_rest(cell.of)]
        found.append(_finding(BEFORE, counts, earlier, of_rests, intervals, smallest))
    return found


def _finding(
    table: str,
    cells: int,
    hidden: Collection[Cell],
    rests: Collection[Cell],
    intervals: Mapping[Cell, Interval],
    smallest: float,
) -> Finding:
    recovered = [
        cell
        for cell in (*hidden, *rests)
        if cell in intervals and is_recovered(cell, intervals[cell], smallest)
    ]
    widths = [intervals[cell].width for cell in hidden if cell in intervals]
    narrowest = min(widths, default=None)
    return Finding(table, cells, len(hidden), narrowest, tuple(sorted(recovered)))
