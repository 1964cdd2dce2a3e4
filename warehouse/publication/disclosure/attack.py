"""The attacker: what an outsider can work out of the counts that the public files leave out.

It reads a publication's public Parquet files and the project's public registers, and nothing of how
or why anything was left out. From all figures printed there it sets up what they say of the hidden
counts, and finds for each the least and the most that it may be.
"""

import itertools
import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from warehouse.publication.disclosure.knowledge import (
    COUNT_COLUMNS,
    Areas,
    Count,
    Indicator,
    indicators,
    related,
    relations,
)
from warehouse.publication.disclosure.system import Cell, Interval, Relation, System
from warehouse.sql_text import literal

# A hidden count must have this many events of room between its least and its most.
ROOM = 3
MARK = "suppressed"
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
    said: what figures that are no counts say of hidden ones.
    """

    areas: Areas
    known: dict[Cell, float] = field(default_factory=dict)
    hidden: set[Count] = field(default_factory=set)
    rests: set[Count] = field(default_factory=set)
    tables: dict[str, set[Count]] = field(default_factory=lambda: defaultdict(set))
    populations: dict[Key, float] = field(default_factory=dict)
    said: list[Relation] = field(default_factory=list)

    def system(self, least: float, is_doubted: bool = False) -> System:
        """All that is known of the hidden counts, none of which is below `least`.

        is_doubted: what is only taken to add up, because it does elsewhere, is not taken so.
        """
        counts = {cell for cell in (*self.known, *self.hidden) if isinstance(cell, Count)}
        hang_together = relations(counts | self.rests, self.known, self.areas, is_doubted)
        return System(
            [*hang_together, *self.said],
            dict(self.known),
            dict.fromkeys(self.hidden, least),
        )

    def shown_rests(self) -> dict[Count, float]:
        """What shares leave over whose numerator and denominator are both shown."""
        by_rest = {each.rest: each.quantities for each in indicators().values() if each.rest}
        found = {}
        for rest in self.rests:
            of, taken = (
                self.known.get(rest._replace(quantity=by_rest[rest.quantity][column]))
                for column in ("denominator", "numerator")
            )
            if of is not None and taken is not None:
                found[rest] = of - taken
        return found


def read_public(folder: Path) -> Published:
    """The figures of the public Parquet files that have a column `suppressed`.

    folder: the publication's `parquet/public`. Read are the indicators that hide something or whose
    shares may leave over a few people, and those that hang together with them.
    """
    with duckdb.connect() as con:
        area = folder / "area.parquet"
        areas = con.sql(f"select * exclude (geometry) from {literal(area)}")
        found = Published(Areas.of_rows(areas.to_arrow_table().to_pylist()))
        files = {}
        for path in sorted(folder.glob("*.parquet")):
            described = con.execute(f"describe from {literal(path)}").fetchall()
            if {MARK, "indicator_id"} <= {name for name, *_ in described}:
                files[path.stem] = literal(path)
        hiding = {
            name
            for of in files.values()
            for (name,) in con.execute(
                f"select distinct indicator_id from {of} where {MARK} is not null"
            ).fetchall()
        }
        shares = {each.indicator_id for each in indicators().values() if each.rest is not None}
        wanted = ", ".join(literal(name) for name in sorted(related(hiding | shares)))
        tables = {
            name: con.sql(f"select * from {of} where indicator_id in ({wanted})")
            .to_arrow_table()
            .to_pylist()
            for name, of in files.items()
        }
    read_tables(found, tables)
    return found


def read_tables(found: Published, tables: Mapping[str, list[Row]]) -> None:
    """Add what the rows of the tables, by name, say."""
    masked: set[Count] = set()
    for name, rows in tables.items():
        for row in rows:
            indicator = indicators().get((row["indicator_id"], row["indicator_version"]))
            if indicator is not None:
                _read_counts(found, masked, name, row, indicator)
    found.hidden = {cell for cell in masked if cell not in found.known}
    for rows in tables.values():
        for row in rows:
            indicator = indicators().get((row["indicator_id"], row["indicator_version"]))
            if indicator is not None and indicator.rest is not None:
                found.rests.add(key_of(row).cell(indicator.rest))
        found.said += _Statements(found, rows).all()


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
    recovered: tuple[Count, ...]


def attack(
    published: Published, least: float, remembered: Mapping[Cell, float] | None = None
) -> dict[Count, Interval]:
    """Between what each hidden count may lie, and each small rest of a share.

    least: what no hidden count is below: 1 where zeros are never left out. remembered: by hidden
    count what another publication shows of it; of each count what is remembered of the others is
    taken for true, and nothing of itself.
    """
    shown = published.shown_rests()
    targets = [*published.hidden, *(published.rests - shown.keys())]
    found = {rest: Interval(value, value) for rest, value in shown.items()}
    for is_doubted in (False, True):
        # Where not everything can be true at once, something was taken to add up that does not.
        left = [cell for cell in targets if cell not in found]
        if left:
            system = published.system(least, is_doubted)
            system.known.update(shown)
            found |= room(system, left, remembered or {})
    return found


def room(
    system: System, targets: Iterable[Count], remembered: Mapping[Cell, float]
) -> dict[Count, Interval]:
    """Between what each target may lie, with what is remembered of the cells beside it."""
    targets = list(targets)
    found = system.intervals(targets)
    for target in targets if remembered else ():
        beside, _ = system.component(target)
        given = {cell: remembered[cell] for cell in beside if cell in remembered}
        given.pop(target, None)
        if given:
            found[target] = narrower(found[target], system.interval(target, given))
    return {cell: interval for cell, interval in found.items() if interval is not None}


def narrower(one: Interval | None, other: Interval | None) -> Interval | None:
    """The narrower of two intervals of a cell; None says nothing."""
    known = [each for each in (one, other) if each is not None]
    return min(known, key=lambda each: each.width, default=None)


def is_recovered(cell: Count, interval: Interval, published: Published, smallest: int) -> bool:
    """Whether an interval gives a hidden count away, or a rest that must not be known.

    smallest: the least count that may be published. A rest is harmless where it may be as many.
    """
    if cell in published.rests:
        return interval.width < ROOM and interval.low >= 1 and interval.high < smallest
    return interval.width < ROOM


def findings(
    published: Published, intervals: Mapping[Count, Interval], smallest: int
) -> list[Finding]:
    """What was found, by table."""
    found = []
    for table, cells in sorted(published.tables.items()):
        hidden = cells & published.hidden
        rests = {rest for rest in published.rests if rest in intervals and _of_table(rest, cells)}
        recovered = [
            cell
            for cell in (*hidden, *rests)
            if cell in intervals and is_recovered(cell, intervals[cell], published, smallest)
        ]
        widths = [intervals[cell].width for cell in hidden if cell in intervals]
        found.append(
            Finding(
                table, len(cells), len(hidden), min(widths, default=None), tuple(sorted(recovered))
            )
        )
    return found


def _of_table(rest: Count, cells: Collection[Count]) -> bool:
    return any(rest[1:] == cell[1:] for cell in cells)
