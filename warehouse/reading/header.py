"""Find a file's header by its contract and say which cell holds which column."""

import difflib
import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from warehouse.contract import Capture, Column, Contract, Layout, header_matches, normal_header
from warehouse.errors import FileRefused

# As many columns as a workbook's sheet can have; a wider record is no header.
MOST_COLUMNS = 16_384
# Positions that a message lists, and cells that are compared with the headers that are missing.
MOST_POSITIONS = 6
MOST_COMPARED = 50
LONGEST_COMPARED = 80
# How alike a cell and a header must be for the one to be asked for as a spelling of the other.
ALIKE = 0.6


@dataclass(frozen=True)
class Header:
    """A header found: the layout it is of, and where the contract's columns are (0-based)."""

    layout: Layout
    cells: tuple[str, ...]
    first_line: int
    last_line: int
    skipped_before: int  # records of the preamble, blank ones too
    positions: dict[str, int]
    collected: dict[str, dict[str, int]]  # column -> key -> cell
    fixed: dict[str, str]  # constants and captured texts, by column
    shown: dict[str, str]  # column -> its header as messages name it
    absent: tuple[str, ...] = field(default=())  # columns the file may carry and does not

    @property
    def width(self) -> int:
        return len(self.cells)


@dataclass(frozen=True)
class HeaderRow:
    """A record that may be the header, with its physical lines."""

    cells: Sequence[str]
    first_line: int
    last_line: int

    @cached_property
    def normal(self) -> tuple[str, ...]:
        """The cells as headers are compared."""
        return tuple(normal_header(cell) for cell in self.cells)

    @cached_property
    def known(self) -> frozenset[str]:
        return frozenset(self.normal)

    def has(self, wanted: str) -> bool:
        """Whether a cell is this header of a contract."""
        if wanted.startswith("^"):
            return any(header_matches(wanted, cell) for cell in self.normal)
        return normal_header(wanted) in self.known


def find_header(
    contract: Contract,
    layouts: Sequence[Layout],
    rows: Iterable[HeaderRow],
    names: dict[str, str],
) -> Header:
    """The header among the first rows of a file, by the first layout that fits.

    names: what captures may look at besides the rows: {'file_name': ..., 'sheet_name': ...}.
    FileRefused, naming line and column, if no row is a header of any layout, or if the one that
    comes nearest has a repeated, nameless or unknown column. Of the file's cells it says where
    they are and how many; it quotes the headers that the contract knows alone, since what stands
    in a header's place may be somebody's record.
    """
    head = _head(layouts, rows)
    if not head:
        raise FileRefused("the file has no header row", mend="Export it again with its header row.")
    refusal: FileRefused | None = None
    nearest: tuple[int, Layout, HeaderRow] | None = None
    for layout in layouts:
        for at, row in enumerate(head[: layout.header_within]):
            if any(row.has(other) for other in layout.without):
                continue
            missing, present = _required(contract, layout, row)
            if not missing:
                try:
                    return _header(contract, layout, head, at, names)
                except FileRefused as error:
                    refusal = refusal or error
                    break
            if nearest is None or present > nearest[0]:
                nearest = present, layout, row
    if refusal is not None:
        raise refusal
    assert nearest is not None  # noqa: S101 - there is a row and a layout
    _, layout, row = nearest
    raise _missing(contract, layout, row)


def required_found(
    contract: Contract, layouts: Sequence[Layout], rows: Iterable[HeaderRow]
) -> tuple[int, bool]:
    """How many headers of required columns one row has at most, and whether that is all of them."""
    head = _head(layouts, rows, one_more=True)
    found = [_required(contract, layout, row) for layout in layouts for row in head]
    return max(((present, not missing) for missing, present in found), default=(0, False))


def _head(
    layouts: Sequence[Layout], rows: Iterable[HeaderRow], one_more: bool = False
) -> list[HeaderRow]:
    deepest = max(layout.header_within for layout in layouts) + one_more
    head = list(itertools.islice(rows, deepest))
    for row in head:
        if len(row.cells) > MOST_COLUMNS:
            raise FileRefused(
                f"the row has {len(row.cells):,} cells, more than the {MOST_COLUMNS:,} columns "
                "that a table may have",
                line=row.first_line,
                mend="Export it again with its header row first, one record to a line.",
            )
    return head


def _required(contract: Contract, layout: Layout, row: HeaderRow) -> tuple[list[Column], int]:
    """The required columns whose headers are not in this row, and how many are."""
    missing: list[Column] = []
    present = 0
    for column in contract.required_in(layout):
        wanted = contract.headers_of(column, layout)
        if column.name in layout.collect:
            wanted = (layout.collect[column.name].header,)
        if not wanted:
            continue
        if any(row.has(each) for each in wanted):
            present += 1
        else:
            missing.append(column)
    return missing, present


def _missing(contract: Contract, layout: Layout, row: HeaderRow) -> FileRefused:
    """Why the row is no header."""
    missing, present = _required(contract, layout, row)
    named = [contract.shown_header(column, layout) for column in missing]
    unknown = _unknown(contract, layout, row)
    if present:
        reason = (
            f"{present} of {present + len(missing)} required headers found on line "
            f"{row.first_line}; missing: {_listed(named)}"
        )
        reason += f"; {_positions(unknown)} of the contract" if unknown else ""
        mend = _advice(contract, layout, row, unknown) if unknown else ""
    else:
        count = f"{len(row.cells)} cell" + ("s" if len(row.cells) != 1 else "")
        where = "the first row" if row.first_line == 1 else f"the row on line {row.first_line}"
        plural = "s are" if len(missing) > 1 else " is"
        reason = (
            f"the required column{plural} missing: {_listed(named)} ({where} has {count}, none a "
            "required header; is the header row missing?)"
        )
        mend = ""
    return FileRefused(
        reason,
        line=row.first_line,
        column=named[0],
        mend=mend or "Export it again with every required column under its agreed header.",
    )


def _unknown(contract: Contract, layout: Layout, row: HeaderRow) -> list[int]:
    """The cells (0-based) that are headers neither of the contract nor of what it ignores."""
    return [
        index
        for index, normal in enumerate(row.normal)
        if normal
        and _column_of(contract, layout, row, index) is None
        and not any(header_matches(ignored, normal) for ignored in layout.ignore)
    ]


def _positions(indexes: Sequence[int]) -> str:
    """`column 3 is not a header`, `columns 3, 5 and 14 to 26 are not headers`, counted from 1."""
    runs: list[list[int]] = []
    for index in indexes:
        if runs and index == runs[-1][-1] + 1:
            runs[-1] = [runs[-1][0], index]
        else:
            runs.append([index])
    shown = [" to ".join(str(index + 1) for index in run) for run in runs]
    more = len(shown) - MOST_POSITIONS
    if more > 0:
        shown = [*shown[:MOST_POSITIONS], f"{more} more places"]
    if len(indexes) == 1:
        return f"column {shown[0]} is not a header"
    *most, last = shown
    return f"columns {', '.join(most)}{' and ' if most else ''}{last} are not headers"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _advice(contract: Contract, layout: Layout, row: HeaderRow, unknown: Sequence[int]) -> str:
    """What to do about unknown columns: never to remove one that may be a column's new name."""
    absent = {
        column.name: contract.shown_header(column, layout)
        for column in contract.columns
        if (headers := contract.headers_of(column, layout)) and not any(map(row.has, headers))
    }
    if not absent:
        return (
            "If nobody needs what they hold, list their headers under `ignore` in "
            f"{contract.file}; else describe them there as columns."
        )
    guess = _likeliest(row, unknown, absent)
    last = f" A column that nobody needs is listed under `ignore` in {contract.file}."
    glued = (
        " Is the first record on the header's own line? Then export it again, one record to a line."
        if len(unknown) > 1 and unknown[-1] - unknown[0] == len(unknown) - 1 and unknown[0] > 0
        else ""
    )
    if guess is not None:
        index, name = guess
        return (
            f"Is column {index + 1} a new spelling of `{absent[name]}`? Then add it to `header` "
            f"of {name} in {contract.file}.{glued}{last}"
        )
    some = [f"`{shown}`" for shown in list(absent.values())[:MOST_POSITIONS]]
    return (
        f"Is one of these columns a new spelling of {' or '.join(some)}? Then add it to `header` "
        f"of that column in {contract.file}.{glued}{last}"
    )


def _likeliest(
    row: HeaderRow, unknown: Sequence[int], absent: dict[str, str]
) -> tuple[int, str] | None:
    """The unknown cell that most looks like an absent header, and the column of that header."""
    if len(unknown) == len(absent) == 1:
        return unknown[0], next(iter(absent))
    found = [
        (difflib.SequenceMatcher(None, row.normal[i][:LONGEST_COMPARED], shown.casefold()), i, name)
        for i in unknown[:MOST_COMPARED]
        for name, shown in absent.items()
    ]
    rated = [(alike.ratio(), -i, name) for alike, i, name in found]
    best = max(rated, default=(0.0, 0, ""))
    return (-best[1], best[2]) if best[0] >= ALIKE else None


def _header(
    contract: Contract, layout: Layout, head: list[HeaderRow], at: int, names: dict[str, str]
) -> Header:
    row = head[at]
    unknown = _unknown(contract, layout, row)
    if unknown:
        raise FileRefused(
            f"{_positions(unknown)} that the contract of {contract.feed} knows",
            line=row.first_line,
            column=f"column {unknown[0] + 1}",
            mend=_advice(contract, layout, row, unknown),
        )
    positions: dict[str, int] = {}
    collected: dict[str, dict[str, int]] = {name: {} for name in layout.collect}
    shown = {column.name: contract.shown_header(column, layout) for column in contract.columns}
    for index, normal in enumerate(row.normal):
        if not normal:
            raise FileRefused(
                f"column {index + 1} has no header",
                line=row.first_line,
                mend="Give the column its agreed header, and export it again.",
            )
        target = _column_of(contract, layout, row, index)
        if target is None:
            continue
        name, key = target
        taken = collected[name] if key is not None else positions
        if (key or name) in taken:
            raise FileRefused(
                f"the column appears twice, as columns {taken[key or name] + 1} and {index + 1}",
                line=row.first_line,
                column=shown[name],
                mend="Export it again with one of the two.",
            )
        taken[key or name] = index
        for wanted in contract.headers_of(contract.column(name), layout):
            if not wanted.startswith("^") and header_matches(wanted, normal):
                shown[name] = wanted
    sources = names | {
        "preamble": "\n".join(cell for before in head[:at] for cell in before.cells),
        "header": "\n".join(row.cells),
    }
    fixed = dict(layout.constants)
    for name, capture in layout.capture.items():
        fixed[name] = _captured(name, capture, sources, row)
    placed = {*positions, *collected, *fixed}
    return Header(
        layout=layout,
        cells=tuple(row.cells),
        first_line=row.first_line,
        last_line=row.last_line,
        skipped_before=at,
        positions=positions,
        collected=collected,
        fixed=fixed,
        shown=shown,
        absent=tuple(
            contract.shown_header(column, layout)
            for column in contract.columns
            if column.name not in placed and contract.headers_of(column, layout)
        ),
    )


def _column_of(
    contract: Contract, layout: Layout, row: HeaderRow, index: int
) -> tuple[str, str | None] | None:
    """The column a header cell stands for, and its key if the column collects many cells."""
    normal = row.normal[index]
    for column in contract.columns:
        if any(header_matches(wanted, normal) for wanted in contract.headers_of(column, layout)):
            return column.name, None
    if not layout.collect:
        return None
    shown = " ".join(row.cells[index].replace("\u00a0", " ").split())
    for name, collect in layout.collect.items():
        found = re.search(collect.header, shown, re.IGNORECASE)
        if found:
            return name, found.group(1) if found.re.groups else found.group(0)
    return None


def _captured(name: str, capture: Capture, sources: dict[str, str], row: HeaderRow) -> str:
    text = sources.get(capture.source, "")
    found = re.search(capture.pattern, text)
    if found is None:
        where = {
            "preamble": "lines above the header",
            "header": "header",
            "file_name": "file's name",
            "sheet_name": "sheet's name",
        }[capture.source]
        example = f", such as `{capture.like}`" if capture.like else ""
        raise FileRefused(
            f"the {where} should state the {name.replace('_', ' ')}{example}",
            line=row.first_line,
            column=name,
            mend="Land the publisher's file as published, under its own name.",
        )
    return found.group(1)
