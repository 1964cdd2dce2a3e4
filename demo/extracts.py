"""A partner's extract: its rows as the bytes of a CSV file, in the manner its sender has."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from demo.formats import Cell, csv_bytes

Row = tuple[Cell, ...]
Files = dict[str, bytes]
"""Files by their path below the feed's folder, in the order in which they are landed."""


@dataclass(frozen=True)
class Manner:
    """How a sender writes: encoding, line ends, the order of columns, blank lines at the end."""

    encoding: str = "utf-8"
    byte_order_mark: bool = False
    line_end: str = "\n"
    reordered: bool = False
    trailing_lines: int = 0


PLAIN = Manner()


@dataclass(frozen=True)
class Extract:
    """The columns of a feed and which of them are identifiers.

    At a `scale` over 1 each row is written that often, copies with identifiers of their own.
    """

    header: tuple[str, ...]
    identifiers: tuple[str, ...]
    scale: int = 1

    def file(self, rows: Iterable[Row], manner: Manner = PLAIN) -> bytes:
        """The bytes of a file of the rows; a row of another width stays as it is."""
        copies = rows if self.scale == 1 else self._copies(rows)
        table: Iterable[Sequence[Cell]] = chain((self.header,), copies)
        if manner.reordered:
            order = [*range(1, len(self.header)), 0]
            table = (
                [row[n] for n in order] if len(row) == len(self.header) else row for row in table
            )
        content = csv_bytes(
            table,
            line_end=manner.line_end,
            byte_order_mark=manner.byte_order_mark,
            encoding=manner.encoding,
        )
        return content + manner.trailing_lines * manner.line_end.encode()

    def _copies(self, rows: Iterable[Row]) -> Iterator[Row]:
        named = {self.header.index(name) for name in self.identifiers}
        for row in rows:
            yield row
            if len(row) == len(self.header):
                for number in range(2, self.scale + 1):
                    yield tuple(
                        f"{cell}-{number}" if place in named and cell else cell
                        for place, cell in enumerate(row)
                    )
