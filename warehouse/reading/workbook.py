"""Judge a workbook before a parser unpacks it: an xlsx is a zip, and its sheets may be bombs."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from warehouse.errors import FileRefused
from warehouse.trouble import raise_if_the_machines

BLOCK = 1 << 20
# A tiny member may well compress far better than any ratio: it can do no harm.
HARMLESS_BYTES = 4 << 20
LAND_AGAIN = "Ask the sender for the file again and land it."
# A workbook is held in memory whole, as GeoJSON is.
WORKBOOK_BYTES = 128 << 20
# The parser lays a sheet out as a full grid up to its last cell, filled or not.
MOST_CELLS = 20_000_000

# The place of a cell, `r="XFD1048576"`, and of a row, `r="1048576"`.
_CELL_PLACE = re.compile(rb"""\sr\s*=\s*["']\s*([A-Za-z]{1,7})(\d{1,18})\s*["']""")
_ROW_PLACE = re.compile(rb"""[^<>]*?\sr\s*=\s*["']\s*(\d{1,18})\s*["']""")
_ROW = re.compile(rb"<(?:\w+:)?row(?=[\s/>])")
_BARE_CELL = re.compile(rb"<(?:\w+:)?c(?=[\s/>])(?![^>]*\sr\s*=)")


def check_workbook(path: Path, max_ratio: int) -> None:
    """FileRefused if the xlsx unpacks to more than is allowed or a sheet's grid is too large.

    Sizes are counted on the bytes really unpacked, and grids on the cells' own places.
    """
    room = min(WORKBOOK_BYTES, max(max_ratio * path.stat().st_size, HARMLESS_BYTES))
    try:
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
                        if extent.cells > MOST_CELLS:
                            raise FileRefused(
                                f"a sheet of the workbook spans {extent.rows:,} rows and "
                                f"{extent.columns:,} columns, more than {MOST_CELLS:,} cells",
                                mend="Delete what stands far below or right of the table.",
                            )
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise_if_the_machines(error)
        raise FileRefused(
            f"the workbook is not an xlsx file, or is damaged ({error})", mend=LAND_AGAIN
        ) from error


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
        """Take in the next block; a tag that its end cuts in two is kept for the one after."""
        text = self._rest + block
        whole = text.rfind(b"<")
        text, self._rest = (text[:whole], text[whole:]) if whole >= 0 else (b"", text)
        for letters, digits in _CELL_PLACE.findall(text):
            self.rows = max(self.rows, int(digits))
            self._placed = max(self._placed, _column_number(letters))
        self.columns = max(self.columns, self._placed)
        first, *rows = _ROW.split(text)
        self._see_bare(first)
        for row in rows:
            place = _ROW_PLACE.match(row)
            self._row = int(place.group(1)) if place else self._row + 1
            self._bare = 0
            self._see_bare(row)

    def _see_bare(self, cells: bytes) -> None:
        bare = len(_BARE_CELL.findall(cells))
        if bare:
            self._bare += bare
            self.rows = max(self.rows, self._row)
            self.columns = max(self.columns, self._placed + self._bare)


def _column_number(letters: bytes) -> int:
    """1 of A, 27 of AA, 16384 of XFD."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
