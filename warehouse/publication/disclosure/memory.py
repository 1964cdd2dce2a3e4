"""What outsiders remember of the publications before: every value of a count that was ever shown.

A count may change from one publication to the next. Each value that it had is a number of its own,
which somebody who knows that the count has not changed since may carry from one publication into
another. So all publications are one system of equations: a count as it is tonight is named by
itself, a value that it has no more is `Earlier`, and what a publication said of the counts of its
night stays said. Which counts have changed outsiders are taken to know: they may guess it.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

import duckdb

from warehouse.publication.disclosure.knowledge import Areas, Count, relations, together
from warehouse.publication.disclosure.system import Cell, Relation
from warehouse.writing import insert_rows, transaction

TABLE = "quality.public_count"
COLUMNS = (
    "publication_id",
    "quantity",
    "area_type",
    "area_code",
    "period_start",
    "period_end",
    "value",
    "least",
)
# Of counts that hang together also the equations are remembered between values that they have no
# more, as they stood in the latest publications that differ in them; values shown, for ever.
MOST_PICTURES = 7


class Earlier(NamedTuple):
    """The value that a count had from a publication on, by its number, and has no more."""

    of: Count
    since: int


def count_of(cell: Cell) -> Count:
    """The count that has the value, or had it."""
    found: Count = cell.of if isinstance(cell, Earlier) else cell
    return found


@dataclass(frozen=True)
class Picture:
    """The counts that one publication's public files are about.

    truth: their values. hidden: those that no file shows, nor one subtraction tells; of each what
    it is known not to be below.
    """

    truth: Mapping[Count, float]
    hidden: Mapping[Count, float]


@dataclass
class Memory:
    """What was public before tonight.

    known: values shown. least: what a value that was left out is not below. places: of counts that
    hang together, which value each had in each of the latest publications that differ in them.
    """

    areas: Areas = field(default_factory=Areas)
    known: dict[Cell, float] = field(default_factory=dict)
    least: dict[Cell, float] = field(default_factory=dict)
    places: list[list[dict[Count, Cell]]] = field(default_factory=list)
    _made: dict[bool, list[Relation]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, pictures: Iterable[Picture], truth: Mapping[Count, float], areas: Areas
    ) -> "Memory":
        """Of the publications, the oldest first, on a night with these counts."""
        last: dict[Count, float] = {}
        since: dict[Count, int] = {}
        known: dict[Earlier, float] = {}
        least: dict[Earlier, float] = {}
        groups: dict[str, frozenset[str]] = {}
        latest: dict[frozenset[str], deque[dict[Count, Earlier]]] = {}
        for number, picture in enumerate(pictures):
            places: dict[frozenset[str], dict[Count, Earlier]] = defaultdict(dict)
            for count, value in picture.truth.items():
                if last.get(count) != value:
                    last[count], since[count] = value, number
                if count.quantity not in groups:
                    groups[count.quantity] = frozenset(together({count.quantity}))
                cell = places[groups[count.quantity]][count] = Earlier(count, since[count])
                if count in picture.hidden:
                    least[cell] = max(least.get(cell, 0.0), picture.hidden[count])
                else:
                    known[cell] = value
            for group, place in places.items():
                those = latest.setdefault(group, deque(maxlen=MOST_PICTURES))
                if not those or those[-1] != place:
                    those.append(place)

        def named(cell: Earlier) -> Cell:
            count = cell.of
            is_of_tonight = cell.since == since[count] and truth.get(count) == last[count]
            return count if is_of_tonight else cell

        return cls(
            areas,
            {named(cell): value for cell, value in known.items()},
            {named(cell): value for cell, value in least.items()},
            [
                [{count: named(cell) for count, cell in place.items()} for place in those]
                for those in latest.values()
            ],
        )

    @cached_property
    def hidden(self) -> list[Earlier]:
        """Values that were left out, have changed since, and hang together with others."""
        cells = (cell for each in self.relations() for cell, _ in each.terms)
        return sorted(
            {cell for cell in cells if isinstance(cell, Earlier) and cell in self.least}
            - self.known.keys()
        )

    def relations(self, is_doubted: bool = False) -> list[Relation]:
        """What publications said of values left out that have changed since, or of others by them.

        What they said of values that are those of tonight is said of tonight's, too.
        """
        if is_doubted not in self._made:
            found: dict[Relation, None] = {}
            for those in self.places:
                for number, place in enumerate(those):
                    if any(cell not in self.known for cell in place.values()):
                        found |= dict.fromkeys(self._of_place(number, place, is_doubted))
            self._made[is_doubted] = list(found)
        return self._made[is_doubted]

    def _of_place(
        self, number: int, counts: Mapping[Count, Cell], is_doubted: bool
    ) -> Iterator[Relation]:
        if not any(isinstance(cell, Earlier) for cell in counts.values()):
            return
        known = {c: self.known[cell] for c, cell in counts.items() if cell in self.known}
        for relation in relations(counts.keys(), known, self.areas, is_doubted):
            # What is no count is a piece of a period, of which nothing is known on other nights.
            terms = tuple(
                (counts.get(cell, Earlier(cell, number)), factor) for cell, factor in relation.terms
            )
            cells = [cell for cell, _ in terms]
            if any(isinstance(cell, Earlier) for cell in cells) and any(
                cell not in self.known for cell in cells
            ):
                yield Relation(terms, relation.low, relation.high)


def recorded(con: duckdb.DuckDBPyConnection) -> set[str]:
    """The publications that are remembered."""
    rows = con.execute(f"select distinct publication_id from {TABLE}").fetchall()
    return {name for (name,) in rows}


def record(con: duckdb.DuckDBPyConnection, publication_id: str, picture: Picture) -> None:
    """Remember a publication: a row per count that is not as in the one before, and one of none."""
    [before] = deque(read(con), maxlen=1) or [Picture({}, {})]
    rows: list[tuple[object, ...]] = [(publication_id, *(None,) * (len(COLUMNS) - 1))]
    for count, value in picture.truth.items():
        least = picture.hidden.get(count)
        if (before.truth.get(count), before.hidden.get(count)) != (value, least):
            rows.append((publication_id, *count, value, least))
    gone = before.truth.keys() - picture.truth.keys()
    rows += [(publication_id, *count, None, None) for count in sorted(gone)]
    with transaction(con):
        insert_rows(con, TABLE, COLUMNS, rows)


def read(con: duckdb.DuckDBPyConnection) -> Iterator[Picture]:
    """The publications that are remembered, the oldest first."""
    rows = con.execute(f"select {', '.join(COLUMNS)} from {TABLE} order by rowid").fetchall()
    truth: dict[Count, float] = {}
    hidden: dict[Count, float] = {}
    for _, changes in groupby(rows, key=lambda row: row[0]):
        for _, *of, value, least in changes:
            if of[0] is None:
                continue
            count = Count(*of)
            truth.pop(count, None)
            hidden.pop(count, None)
            if value is not None:
                truth[count] = value
            if least is not None:
                hidden[count] = least
        yield Picture(dict(truth), dict(hidden))
