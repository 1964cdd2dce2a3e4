"""Judge a workbook before a parser unpacks it: an xlsx is a zip, and its sheets may be bombs."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from warehouse.errors import FileRefused
from warehouse.faults import refusing
from warehouse.reading.content import require_small_directory

BLOCK = 1 << 20
# A tiny member may well compress far better than any ratio: it can do no harm.
HARMLESS_BYTES = 4 << 20
LAND_AGAIN = "Ask the sender for the file again and land it."
# A workbook is held in memory whole, as GeoJSON is.
WORKBOOK_BYTES = 128 << 20
# The parser lays a sheet out as a full grid up to its last cell, filled or not.
MOST_CELLS = 20_000_000
# A tag of a cell or row has a few short attributes.
LONGEST_TAG = 64 << 10

# A cell's or row's tag, without its `<`. Each pattern reads every byte a fixed number of times,
# whatever stands there: none can be made to try again from each of many beginnings.
_TAG = re.compile(rb"<(?:[\w.-]{1,64}:)?(c|row)(?=[\s/>])([^<>]*)")
# The place of a cell, `r="XFD1048576"`, and of a row, `r="1048576"`.
_CELL_PLACE = re.compile(rb"""\sr\s*=\s*["']\s*([A-Za-z]{1,7})(\d{1,18})\s*["']""")
_ROW_PLACE = re.compile(rb"""\sr\s*=\s*["']\s*(\d{1,18})\s*["']""")
_USUAL_PLACE = re.compile(rb' r="([A-Z]{1,3})(\d{1,7})"')


def check_workbook(path: Path, max_ratio: int) -> None:
    """FileRefused if the xlsx unpacks to more than is allowed or its grids are too large.

    Sizes are counted on the bytes really unpacked, and grids on the cells' own places.
    """
    room = min(WORKBOOK_BYTES, max(max_ratio * path.stat().st_size, HARMLESS_BYTES))
    cells = 0
    with refusing():
        require_small_directory(path)
        with zipfile.ZipFile(path) as book:
            for info in book.infolist():
                extent = Extent()
                with book.open(info) as source:
                    for block in _blocks(source):
                        room -= len(block)
                        if room < 0:
                            raise FileRefused(
                                "the workbook unpacks to more than is allowed "
                                f"({WORKBOOK_BYTES >> 20} MiB, {max_ratio} times its packed size)",
                                mend="Check with the sender, or land the sheet as CSV.",
                            )
                        # Whatever the member is called: the workbook says which ones are sheets.
                        extent.see(block)
                        if cells + extent.cells > MOST_CELLS:
                            raise FileRefused(
                                f"a sheet of the workbook spans {extent.rows:,} rows and "
                                f"{extent.columns:,} columns; all its sheets together may have "
                                f"{MOST_CELLS:,} cells",
                                mend="Delete what stands far below or right of the table.",
                            )
                cells += extent.cells


def _blocks(source: IO[bytes]) -> Iterator[bytes]:
    while block := source.read(BLOCK):
        yield block


class Extent:
    """How far a sheet's cells reach, found in its XML block by block.

    The sheet's own `<dimension>` is not asked: it may say anything. A cell without a place stands
    right of the one before it, a row without one below the row before it.
    """

    def __init__(self) -> None:
        self.rows = 1
        self.columns = 1
        self._placed = 0  # the rightmost column a cell names
        self._row = 0  # the one being read
        self._bare = 0  # its cells without a place
        self._rest = b""

    @property
    def cells(self) -> int:
        return self.rows * self.columns

    def see(self, block: bytes) -> None:
        """Take in the next block; a tag that its end cuts in two is kept for the one after.

        FileRefused at a cell's or row's tag longer than LONGEST_TAG.
        """
        text = self._rest + block
        # Without a `>` behind it the last tag may go on in the next block.
        whole = text.rfind(b"<")
        if whole >= 0 and text.find(b">", whole) < 0:
            text, self._rest = text[:whole], text[whole:]
        else:
            self._rest = b""
        if len(self._rest) > LONGEST_TAG:
            if _TAG.match(self._rest):
                raise FileRefused(
                    f"a sheet of the workbook has a tag longer than {LONGEST_TAG >> 10} KiB, as "
                    "in a workbook made to exhaust a machine",
                    mend=LAND_AGAIN,
                )
            self._rest = b""
        for tag in _TAG.finditer(text):
            attributes = tag[2]
            if tag[1] == b"row":
                found = _ROW_PLACE.search(attributes)
                self._row = int(found[1]) if found else self._row + 1
                self._bare = 0
                continue
            place = _USUAL_PLACE.match(attributes) or _CELL_PLACE.search(attributes)
            if place is None:
                self._bare += 1
                self.rows = max(self.rows, self._row)
            else:
                self.rows = max(self.rows, int(place[2]))
                self._placed = max(self._placed, _column_number(place[1]))
            self.columns = max(self.columns, self._placed + self._bare)


def _column_number(letters: bytes) -> int:
    """1 of A, 27 of AA, 16384 of XFD."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
