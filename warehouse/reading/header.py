"""Find a file's header by its contract and say which cell holds which column."""

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from warehouse.contract import Capture, Contract, Layout, header_matches, normal_header
from warehouse.errors import FileRefused

# How much of a row that may be a header is quoted in a reason: cells, and letters of each.
MOST_QUOTED = 30
LONGEST_QUOTED = 60


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


def find_header(
    contract: Contract,
    layouts: Sequence[Layout],
    rows: Iterable[HeaderRow],
    names: dict[str, str],
) -> Header:
    """The header among the first rows of a file, by the first layout that fits.

    names: what captures may look at besides the rows: {'file_name': ..., 'sheet_name': ...}.
    FileRefused, naming line and column, if no row is a header of any layout, or if the one that
    comes nearest has a repeated, nameless or unknown column.
    """
    deepest = max(layout.header_within for layout in layouts)
    head = list(itertools.islice(rows, deepest))
    if not head:
        raise FileRefused("the file has no header row", mend="Export it again with its header row.")
    refusal: FileRefused | None = None
    nearest: tuple[int, FileRefused] | None = None
    for layout in layouts:
        for at, row in enumerate(head[: layout.header_within]):
            if any(header_matches(other, cell) for other in layout.without for cell in row.cells):
                continue
            missing, present = _required(contract, layout, row.cells)
            if not missing:
                try:
                    return _header(contract, layout, head, at, names)
                except FileRefused as error:
                    refusal = refusal or error
                    break
            if nearest is None or present > nearest[0]:
                nearest = present, _missing(missing, row, present)
    if refusal is not None:
        raise refusal
    assert nearest is not None  # noqa: S101 - there is a row and a layout
    raise nearest[1]


def _required(
    contract: Contract, layout: Layout, cells: Sequence[str]
) -> tuple[list[tuple[str, ...]], int]:
    """Headers of required columns that are not in these cells, and how many are."""
    missing: list[tuple[str, ...]] = []
    present = 0
    for column in contract.required_in(layout):
        wanted = contract.headers_of(column, layout)
        if column.name in layout.collect:
            wanted = (layout.collect[column.name].header,)
        if not wanted:
            continue
        if any(header_matches(w, cell) for w in wanted for cell in cells):
            present += 1
        else:
            missing.append(wanted)
    return missing, present


def _missing(missing: list[tuple[str, ...]], row: HeaderRow, present: int) -> FileRefused:
    """Why the row is no header. Its cells are quoted only if some of them are agreed headers."""
    named = ", ".join(" or ".join(wanted) for wanted in missing)
    cells = [_quoted(cell) for cell in row.cells if cell.strip()]
    plural = "s are" if len(missing) > 1 else " is"
    if present:
        more = f" and {len(cells) - MOST_QUOTED} more" if len(cells) > MOST_QUOTED else ""
        found = f"the row taken for the header has: {', '.join(cells[:MOST_QUOTED])}{more}"
    else:
        # It may be somebody's record, which belongs in no reason that tables and pages show.
        count = f"{len(cells)} cell" + ("s" if len(cells) != 1 else "")
        where = "the first row" if row.first_line == 1 else f"the row on line {row.first_line}"
        found = f"{where} has {count}, none a required header; is the header row missing?"
    return FileRefused(
        f"the required column{plural} missing: {named} ({found})",
        line=row.first_line,
        column=missing[0][0],
        mend="Export it again with every required column under its agreed header.",
    )


def _quoted(cell: str) -> str:
    shown = " ".join(cell.split())
    return shown if len(shown) <= LONGEST_QUOTED else shown[:LONGEST_QUOTED] + "…"


def _header(
    contract: Contract, layout: Layout, head: list[HeaderRow], at: int, names: dict[str, str]
) -> Header:
    row = head[at]
    positions: dict[str, int] = {}
    collected: dict[str, dict[str, int]] = {name: {} for name in layout.collect}
    for index, cell in enumerate(row.cells):
        if not normal_header(cell):
            raise FileRefused(
                f"column {index + 1} has no header",
                line=row.first_line,
                mend="Give the column its agreed header, or remove it.",
            )
        target = _column_of(contract, layout, cell)
        if target is None:
            if any(header_matches(ignored, cell) for ignored in layout.ignore):
                continue
            raise FileRefused(
                f"the contract of {contract.feed} does not know this column",
                line=row.first_line,
                column=_quoted(cell),
                mend="Remove the column, or list it under `ignore` in the feed's contract.",
            )
        name, key = target
        taken = collected[name] if key is not None else positions
        if (key or name) in taken:
            raise FileRefused(
                "the column appears twice",
                line=row.first_line,
                column=_quoted(cell),
                mend="Remove one of the two columns.",
            )
        taken[key or name] = index
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
        absent=tuple(
            column.header[0] if column.header else column.name
            for column in contract.columns
            if column.name not in placed and contract.headers_of(column, layout)
        ),
    )


def _column_of(contract: Contract, layout: Layout, cell: str) -> tuple[str, str | None] | None:
    """The column a header cell stands for, and its key if the column collects many cells."""
    for column in contract.columns:
        if any(header_matches(wanted, cell) for wanted in contract.headers_of(column, layout)):
            return column.name, None
    shown = " ".join(cell.replace("\u00a0", " ").split())
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
        raise FileRefused(
            f"the {where} should state the {name.replace('_', ' ')} (as {capture.pattern})",
            line=row.first_line,
            column=name,
            mend="Land the publisher's file as published, under its own name.",
        )
    return found.group(1)
