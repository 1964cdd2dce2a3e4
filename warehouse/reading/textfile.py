"""Prove a text file's encoding, and make its lines such that DuckDB finds the same as Python."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from warehouse.errors import FileRefused
from warehouse.reading.records import physical_lines

CHUNK = 8 << 20
# No record is longer: a line of this many bytes is no table's, and would be held in memory whole.
LONGEST_LINE = 16 << 20
SAVE_AS = "Save it again as CSV UTF-8 and land that."


@dataclass(frozen=True)
class TextFile:
    """A readable text file: UTF-8 at `path` (a transcoded copy if it was not), and its lines.

    `uniform` is the same file, or where line ends are mixed a copy with line feeds alone and three
    quotes for each carriage return within a line: no line with these is read without Python.
    """

    path: Path
    encoding: str  # as it came: 'utf-8' or 'windows-1252'
    uniform: Path
    lines: int
    odd_spaces: bool  # holds tabs or no-break spaces, which a plain trim would leave


def open_text(path: Path, workdir: Path) -> TextFile:
    """Find the encoding (UTF-8, else Windows-1252) and the lines of the file at `path`.

    A Windows-1252 file is copied to `workdir` as UTF-8, line for line. FileRefused, with the line
    and byte, if the file is empty, holds NUL bytes, or is in neither encoding.
    """
    if path.stat().st_size == 0:
        raise FileRefused("the file is empty", mend="Export it again; it must have a header row.")
    found = _measure(path, "utf-8")
    if isinstance(found, _Shape):
        return _as_uniform(path, "utf-8", found, workdir)
    worse = _measure(path, "cp1252")
    if isinstance(worse, _BadByte):
        raise FileRefused(
            f"the file is neither UTF-8 (see line {found.line}, byte {found.column}) nor "
            f"Windows-1252 (see line {worse.line}, byte {worse.column})",
            line=worse.line,
            mend=SAVE_AS,
        )
    copy = workdir / f"{path.name}.utf8"
    with copy.open("wb") as out:
        for chunk in whole_lines(path):
            out.write(chunk.decode("cp1252").encode("utf-8"))
    return _as_uniform(copy, "windows-1252", worse, workdir)


def whole_lines(path: Path) -> Iterator[bytes]:
    """The file's bytes in pieces of about 8 MiB that end with a line feed (the last need not).

    Where there is none in so many bytes a piece ends with a carriage return. FileRefused at a line
    longer than LONGEST_LINE.
    """
    rest: list[bytes] = []
    line = 1
    with path.open("rb") as file:
        while block := file.read(CHUNK):
            end = block.rfind(b"\n") + 1
            if not end:
                # The last byte may be the first half of a line's end.
                end = block.rfind(b"\r", 0, len(block) - 1) + 1
            if end:
                whole = b"".join([*rest, block[:end]])
                yield whole
                line += whole.count(b"\n")
                rest = [block[end:]]
            else:
                rest.append(block)
            if sum(map(len, rest)) > LONGEST_LINE:
                raise FileRefused(
                    f"a line is longer than {LONGEST_LINE >> 20} MiB: no table has such a record",
                    line=line,
                    mend="Export it again with one record to a line.",
                )
    if last := b"".join(rest):
        yield last


@dataclass(frozen=True)
class _BadByte:
    line: int
    column: int


@dataclass(frozen=True)
class _Shape:
    lines: int
    uniform: bool  # all lines end alike, with a line feed or with a carriage return before it
    odd_spaces: bool


def _measure(path: Path, encoding: str) -> _Shape | _BadByte:
    """The file's shape, or where it stops being `encoding`.

    FileRefused at once for NULs (binaries, UTF-16).
    """
    feeds = returns = pairs = 0
    odd_spaces, last = False, b""
    no_break_space = "\u00a0".encode(encoding)
    for chunk in whole_lines(path):
        nul = chunk.find(b"\0")
        if nul >= 0:
            at = _place(chunk, nul, feeds + 1)
            # With the mark of its byte order it was seen before: see content.py.
            kind = "UTF-16 text" if chunk.count(b"\0") * 3 > len(chunk) else "binary data"
            raise FileRefused(
                f"the file holds a NUL byte (line {at.line}, byte {at.column}): it is {kind}, "
                "not UTF-8 or Windows-1252",
                line=at.line,
                mend=SAVE_AS,
            )
        odd_spaces = odd_spaces or b"\t" in chunk
        if not chunk.isascii():
            try:
                chunk.decode(encoding)
            except UnicodeDecodeError as error:
                return _place(chunk, error.start, feeds + 1)
            odd_spaces = odd_spaces or no_break_space in chunk
        feeds += chunk.count(b"\n")
        if b"\r" in chunk:
            returns += chunk.count(b"\r")
            pairs += chunk.count(b"\r\n")
        last = chunk[-1:]
    uniform = returns == 0 or returns == pairs == feeds
    return _Shape(feeds + (last != b"\n"), uniform, odd_spaces)


def _place(chunk: bytes, at: int, first_line: int) -> _BadByte:
    line_start = chunk.rfind(b"\n", 0, at) + 1
    line = first_line + chunk.count(b"\n", 0, at)
    return _BadByte(line, at - line_start + 1)


def _as_uniform(path: Path, encoding: str, shape: _Shape, workdir: Path) -> TextFile:
    """The file at `path`, which is UTF-8, with a copy whose lines end alike if they do not."""
    if shape.uniform:
        return TextFile(path, encoding, path, shape.lines, shape.odd_spaces)
    uniform, lines = workdir / f"{path.name}.lines", 0
    with uniform.open("w", encoding="utf-8", newline="\n") as out:
        for line in physical_lines(path):
            out.write(line.rstrip("\r\n").replace("\r", '"""') + "\n")
            lines += 1
    return TextFile(path, encoding, uniform, lines, shape.odd_spaces)
