"""Split any text into CSV records exactly, losing no line: the reference for the fast reader.

Python's csv module in strict mode splits; this file adds what it lacks: the physical line of every
record, and recovery. A record that is broken and runs over several lines (a stray quote that
swallowed its neighbours) costs only its first line; reading resumes on the next one.
"""

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from warehouse.errors import FileRefused

# A quoted field with more line breaks than this is a quote that was never closed.
LONGEST_RECORD = 200
# Reading lines again after a broken quote is bounded, so that no file can take for ever.
MOST_REREAD = 2_000_000
MOST_REREAD_LETTERS = 256 << 20
FIELD_LIMIT = 16 << 20
# A record over several lines is held whole until its end is found.
LONGEST_RECORD_LETTERS = 32 << 20
# What surrounds a cell's text without being part of it.
SPACES = " \t\r\n\u00a0"


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its first and last physical line (1-based), and its cells or what is wrong."""

    line: int
    last_line: int
    cells: list[str]
    problem: str | None = None


def physical_lines(path: Path) -> Iterator[str]:
    """The lines of a UTF-8 file with their ends; a file without line feeds is cut at returns."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        head = file.read(1 << 16)
    if "\r" in head and "\n" not in head and _has_no_line_feed(path):
        with path.open(encoding="utf-8-sig", newline="\r") as file:
            for line in file:
                yield line.removesuffix("\r") + "\n"
        return
    with path.open(encoding="utf-8-sig", newline="\n") as file:
        yield from file


def _has_no_line_feed(path: Path) -> bool:
    with path.open("rb") as file:
        return all(b"\n" not in block for block in iter(lambda: file.read(1 << 20), b""))


class _Feed:
    """Lines handed to csv.reader one by one, remembered until their record is known to be good."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.lines = lines
        self.again: deque[str] = deque()
        self.taken: list[str] = []
        self.letters = 0  # in the lines taken
        self.next_line = 1

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        if len(self.taken) >= LONGEST_RECORD or self.letters > LONGEST_RECORD_LETTERS:
            raise _TooLong
        line = self.again.popleft() if self.again else next(self.lines)
        self.taken.append(line)
        self.letters += len(line)
        return line

    def keep(self, count: int) -> None:
        """The first `count` taken lines are dealt with; the others are given out again."""
        self.again.extendleft(reversed(self.taken[count:]))
        self.next_line += count
        self.taken = []
        self.letters = 0


class _TooLong(Exception):  # noqa: N818 - a signal inside this file
    pass


def records(
    path: Path, delimiter: str, width: int | None = None, after_line: int = 0
) -> Iterator[Record]:
    """Every record of the file in order, blank lines and broken ones too.

    With `width`, a record below `after_line` (the header's last line) that has another number of
    cells is a broken one, blank lines apart. Cells are as in the file, untrimmed. FileRefused if
    quotes are broken throughout the file.
    """
    csv.field_size_limit(FIELD_LIMIT)
    feed = _Feed(physical_lines(path))
    reread = letters = 0
    while True:
        reader = csv.reader(feed, delimiter=delimiter, strict=True)
        while True:
            start = feed.next_line
            problem: str | None = None
            cells: list[str] = []
            try:
                cells = next(reader)
            except StopIteration:
                return
            except _TooLong:
                problem = (
                    f"a quoted field runs over more than {LONGEST_RECORD} lines or "
                    f"{LONGEST_RECORD_LETTERS >> 20} MiB"
                )
            except csv.Error as error:
                problem = _plain(str(error))
            if not feed.taken:
                return
            lone_blank = len(cells) <= 1 and not "".join(cells).strip(SPACES)
            ragged = width is not None and start > after_line and len(cells) != width
            if problem is None and ragged and not lone_blank:
                problem = f"the row has {len(cells)} fields, not {width}"
            if problem is None:
                used = len(feed.taken)
                feed.keep(used)
                yield Record(start, start + used - 1, cells)
                continue
            reread += len(feed.taken) - 1
            letters += feed.letters
            if reread > MOST_REREAD or letters > MOST_REREAD_LETTERS:
                raise FileRefused(
                    "quotes are broken throughout the file",
                    line=start,
                    mend="Export it again with fields quoted properly.",
                )
            feed.keep(1)
            yield Record(start, start, cells, problem)
            break  # csv.reader may hold half a record: begin with a new one


def _plain(message: str) -> str:
    if "unexpected end of data" in message:
        return "a quoted field is opened and never closed"
    if "expected after" in message:
        return "there is text after a closing quote"
    if "new-line character" in message:
        return "there is a carriage return inside the row"
    if "field larger" in message:
        return f"a field is longer than {FIELD_LIMIT >> 20} MiB"
    return "the row does not split into fields"


def raw_lines(path: Path, spans: Iterable[tuple[int, int]], limit: int = 65_536) -> Iterator[str]:
    """The text of each span of lines (first, last), without its last line end.

    The spans are in order and apart, so that one pass over the file finds them all.
    """
    lines = enumerate(physical_lines(path), start=1)
    for first, last in spans:
        text = ""
        for number, line in lines:
            if number >= first and len(text) < limit:
                text = (text + line)[:limit]
            if number >= last:
                break
        yield text.rstrip("\r\n")
