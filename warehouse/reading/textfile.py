"""Prove a text file's encoding and measure its shape, before anything parses it.

The measurements say whether every reasonable CSV parser must read the file alike (`regular`): each
physical line is one record of the same number of fields and every quote opens or closes a whole
field. Only such files go the fast way; all others are read by the exact reader.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from warehouse.errors import FileRefused

CHUNK = 8 << 20
# DuckDB refuses lines longer than its buffer; a longer line is left to the exact reader.
LONGEST_REGULAR_LINE = 1 << 20
# No record is longer: a line of this many bytes is no table's, and would be held in memory whole.
LONGEST_LINE = 16 << 20
SAVE_AS = "Save it again as CSV UTF-8 and land that."


@dataclass(frozen=True)
class TextFile:
    """A readable text file: UTF-8 at `path` (a transcoded copy if it was not), and its shape."""

    path: Path
    encoding: str  # as it came: 'utf-8' or 'windows-1252'
    lines: int  # physical lines, without blank ones at the end
    delimiters: int  # outside quotes; only meaningful if regular
    regular: bool
    odd_spaces: bool  # holds tabs or no-break spaces, which a plain trim would leave


def open_text(path: Path, delimiter: str, workdir: Path) -> TextFile:
    """Find the encoding (UTF-8, else Windows-1252) and the shape of the file at `path`.

    A Windows-1252 file is copied to `workdir` as UTF-8, line for line. FileRefused, with the line
    and byte, if the file is empty, holds NUL bytes, or is in neither encoding.
    """
    if path.stat().st_size == 0:
        raise FileRefused("the file is empty", mend="Export it again; it must have a header row.")
    bad = _first_undecodable(path, "utf-8")
    if bad is None:
        return _measure(path, "utf-8", delimiter)
    worse = _first_undecodable(path, "cp1252")
    if worse is not None:
        raise FileRefused(
            f"the file is neither UTF-8 (see line {bad.line}, byte {bad.column}) nor "
            f"Windows-1252 (see line {worse.line}, byte {worse.column})",
            line=worse.line,
            mend=SAVE_AS,
        )
    copy = workdir / f"{path.name}.utf8"
    with copy.open("wb") as out:
        for chunk in whole_lines(path):
            out.write(chunk.decode("cp1252").encode("utf-8"))
    return _measure(copy, "windows-1252", delimiter)


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


def _first_undecodable(path: Path, encoding: str) -> _BadByte | None:
    """Where the file stops being `encoding`; FileRefused at once for NULs (binaries, UTF-16)."""
    line = 1
    for chunk in whole_lines(path):
        nul = chunk.find(b"\0")
        if nul >= 0:
            at = _place(chunk, nul, line)
            # With the mark of its byte order it was seen before: see content.py.
            kind = "UTF-16 text" if chunk.count(b"\0") * 3 > len(chunk) else "binary data"
            raise FileRefused(
                f"the file holds a NUL byte (line {at.line}, byte {at.column}): it is {kind}, "
                "not UTF-8 or Windows-1252",
                line=at.line,
                mend=SAVE_AS,
            )
        if not chunk.isascii():
            try:
                chunk.decode(encoding)
            except UnicodeDecodeError as error:
                return _place(chunk, error.start, line)
        line += chunk.count(b"\n")
    return None


def _place(chunk: bytes, at: int, first_line: int) -> _BadByte:
    line_start = chunk.rfind(b"\n", 0, at) + 1
    line = first_line + chunk.count(b"\n", 0, at)
    return _BadByte(line, at - line_start + 1)


def _measure(path: Path, encoding: str, delimiter: str) -> TextFile:
    sep = delimiter.encode()
    lines = delimiters = 0
    regular, odd_spaces = True, False
    crlf_files: set[bool] = set()
    blank_pending, first = False, True
    for whole in whole_lines(path):
        chunk = whole.removeprefix(b"\xef\xbb\xbf") if first else whole
        first = False
        content = chunk.rstrip(b"\r\n")
        if content:
            # Blank lines inside the file are counted by no two parsers alike.
            regular = regular and not blank_pending and content[:1] not in b"\r\n"
            blank_pending = False
            lines += content.count(b"\n") + 1
        tail = chunk[len(content) :]
        blank_pending = blank_pending or tail.count(b"\n") > 1 or (not content and b"\n" in tail)
        if not regular:
            continue
        returns = chunk.count(b"\r")
        pairs = chunk.count(b"\r\n") if returns else 0
        crlf_files.add(pairs > 0)
        inside = _quoted_delimiters(content, sep)
        # Blank lines between these need no search: they leave fewer records than lines.
        regular = (
            returns == pairs
            and (pairs == 0 or pairs == chunk.count(b"\n"))
            and len(crlf_files) == 1
            and inside is not None
            and not _has_long_line(content)
        )
        delimiters += content.count(sep) - (inside or 0)
        odd_spaces = odd_spaces or b"\t" in chunk
        odd_spaces = odd_spaces or (not chunk.isascii() and b"\xc2\xa0" in chunk)
    return TextFile(path, encoding, lines, delimiters, regular, odd_spaces)


def _quoted_delimiters(content: bytes, sep: bytes) -> int | None:
    """Delimiters within quoted fields; None if a quote is anywhere but around a whole field."""
    if b'"' not in content:
        return 0
    # Every other piece lies within quotes. A doubled quote leaves an empty piece between two such.
    pieces = content.split(b'"')
    inside = b"".join(pieces[1::2])
    if len(pieces) % 2 == 0 or b"\n" in inside or b"\r" in inside:
        return None
    pieces[0], pieces[-1] = b"\n" + pieces[0], pieces[-1] + b"\n"
    between = [piece for piece in pieces[::2] if piece]
    before = {piece[-1] for piece in between[:-1]}
    after = {piece[0] for piece in between[1:]}
    whole = before <= set(sep + b"\n") and after <= set(sep + b"\r\n")
    return inside.count(sep) if whole else None


def _has_long_line(content: bytes) -> bool:
    at = 0
    while len(content) - at > LONGEST_REGULAR_LINE:
        # The furthest line end within reach; if there is none, this line is the long one.
        end = content.rfind(b"\n", at, at + LONGEST_REGULAR_LINE)
        if end < 0:
            return True
        at = end + 1
    return False
