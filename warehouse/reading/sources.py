"""Rows of one file, read exactly: the same shape for csv, workbooks and GeoJSON."""

import csv
import io
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import python_calamine

from warehouse.contract import Contract, Layout
from warehouse.errors import FileRefused
from warehouse.reading import values
from warehouse.reading.archive import Member, printable
from warehouse.reading.header import Header, HeaderRow, find_header, required_found
from warehouse.reading.records import SPACES, Record, raw_lines, records
from warehouse.reading.workbook import LAND_AGAIN

# A GeoJSON file is held in memory whole, at about ten times its size.
GEOJSON_BYTES = 128 << 20
# Half of a letter beyond the basic plane, as JSON writes it; the other half may follow.
HALF_A_PAIR = re.compile(rb"\\u[dD][89a-fA-F]")
# Degrees of longitude and latitude around England and Wales, with Scotland and some sea.
WEST, EAST, SOUTH, NORTH = -9.0, 3.0, 49.0, 61.5
EXPORT_IN_DEGREES = "Export it in WGS84 longitude and latitude (EPSG:4326), longitude first."
MOST_SHEETS = 500
MOST_SHEETS_NAMED = 10
LONGEST_SHEET_NAME = 31  # which is Excel's own limit
# What parts fields in the files that people send, and what it is called.
SEPARATORS = {",": "commas", ";": "semicolons (;)", "\t": "tabs", "|": "vertical bars (|)"}
EXCELS_NOTE = re.compile(rb"(?i)\A(?:\xef\xbb\xbf)?\"?sep=.")


@dataclass(frozen=True)
class Source:
    """A member with its header found. `rows` gives every record, the header and preamble too.

    raw_text gives the texts of the records on the spans of lines asked for: (first, last) in order.
    """

    member: Member
    header: Header
    encoding: str
    rows: Callable[[], Iterable[Record]]
    raw_text: Callable[[Iterable[tuple[int, int]]], Iterator[str]]


@dataclass
class Tally:
    """What became of a source's records besides the rows it yielded.

    Broken records and records over several lines are handed to whoever keeps them one by one, so
    that a file of nothing else is never held whole.
    """

    keep_broken: Callable[[int, str], None]  # line, what is wrong
    keep_span: Callable[[int, int], None]  # first and last line
    yielded: int = 0
    skipped: int = 0
    broken: int = 0


def open_source(member: Member, contract: Contract) -> Source:
    """Find the member's header by the contract; FileRefused if the file breaks it."""
    if member.path is None:
        raise ValueError(f"{member.label} was not unpacked")
    suffix = member.path.suffix.lower()
    kind = {".csv": "csv", ".xlsx": "xlsx"}.get(suffix, "geojson")
    layouts = [layout for layout in contract.layouts if layout.format == kind]
    if not layouts:
        raise FileRefused(
            f"the contract of {contract.feed} has no {kind} layout",
            mend="Land it in a format the contract lists.",
        )
    if kind == "csv":
        return _csv(member, contract, layouts)
    if kind == "xlsx":
        return _workbook(member, member.path, contract, layouts)
    return _geojson(member, member.path, contract, layouts)


def data_rows(source: Source, tally: Tally) -> Iterator[Record]:
    """The rows below the header, without footers, blank rows and broken ones: those are tallied.

    Blank rows at the end of the file are nobody's data and are not counted.
    """
    header = source.header
    footer = re.compile(header.layout.footer) if header.layout.footer else None
    tally.skipped = header.skipped_before
    blanks = 0
    in_footer = False
    for record in source.rows():
        if record.line <= header.last_line:
            continue
        if record.problem is None and values.blank(record.cells):
            blanks += 1
            continue
        tally.skipped, blanks = tally.skipped + blanks, 0
        first = record.cells[0].strip(SPACES) if record.cells else ""
        in_footer = in_footer or (footer is not None and footer.search(first) is not None)
        if in_footer:
            tally.skipped += 1
        elif record.problem is not None:
            tally.broken += 1
            tally.keep_broken(record.line, record.problem)
        else:
            if record.last_line > record.line:
                tally.keep_span(record.line, record.last_line)
            tally.yielded += 1
            yield record


def _csv(member: Member, contract: Contract, layouts: Sequence[Layout]) -> Source:
    text = member.text
    if text is None:
        raise ValueError(f"{member.label} was not opened as text")
    path, delimiter = text.path, contract.delimiter
    try:
        head = _header_rows(path, delimiter)
        header = find_header(contract, layouts, head, {"file_name": member.name})
    except FileRefused as refusal:
        raise _parted_otherwise(path, contract, layouts) or refusal from None
    if text.encoding not in header.layout.encodings:
        raise FileRefused(
            f"the file is in {text.encoding}; the contract takes "
            f"{' or '.join(header.layout.encodings)}",
            mend="Save it again as CSV UTF-8 and land that.",
        )
    return Source(
        member,
        header,
        text.encoding,
        rows=lambda: records(path, delimiter, header.width, header.last_line),
        raw_text=lambda spans: raw_lines(path, spans),
    )


def _header_rows(path: Path, delimiter: str) -> Iterator[HeaderRow]:
    return (HeaderRow(r.cells, r.line, r.last_line) for r in records(path, delimiter))


def _parted_otherwise(
    path: Path, contract: Contract, layouts: Sequence[Layout]
) -> FileRefused | None:
    """The refusal of a file whose header is there if its fields are parted by another letter."""
    with path.open("rb") as file:
        noted = EXCELS_NOTE.match(file.read(16))
    if noted:
        return FileRefused(
            "the first line is Excel's note of the letter between fields (`sep=`), not the header",
            line=1,
            mend="Export it again as CSV UTF-8, or delete that line.",
        )

    def found(delimiter: str) -> tuple[int, bool]:
        try:
            return required_found(contract, layouts, _header_rows(path, delimiter))
        except FileRefused:
            return 0, False

    others = [each for each in SEPARATORS if each != contract.delimiter]
    present, whole, other = max((*found(other), other) for other in others)
    if present <= found(contract.delimiter)[0] or not (whole or present > 1):
        return None
    agreed = SEPARATORS.get(contract.delimiter, f"`{contract.delimiter}`")
    return FileRefused(
        f"the fields are parted by {SEPARATORS[other]}, not by {agreed} as the contract says",
        line=1,
        mend="Export it again as CSV UTF-8 (Excel parts fields by the list separator of the "
        "computer's region).",
    )


def _workbook(member: Member, path: Path, contract: Contract, layouts: Sequence[Layout]) -> Source:
    """The one visible sheet that a layout fits; FileRefused if there are several, or none."""
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        sheets = [
            s for s in book.sheets_metadata if s.typ == python_calamine.SheetTypeEnum.WorkSheet
        ]
    except Exception as error:
        raise FileRefused("the workbook cannot be read", mend=LAND_AGAIN) from error
    if len(sheets) > MOST_SHEETS:
        raise FileRefused(
            f"the workbook has {len(sheets):,} sheets, more than {MOST_SHEETS}",
            mend="Land the sheet with the table as a workbook of its own, or as CSV UTF-8.",
        )
    visible = [s.name for s in sheets if s.visible == python_calamine.SheetVisibleEnum.Visible]
    refusal: FileRefused | None = None
    found: Source | None = None
    fitting: list[str] = []
    for name in visible:
        source, why = _sheet_source(book, name, member, contract, layouts)
        refusal = refusal or why
        if source is not None:
            found = found or source
            fitting.append(name)
    if len(fitting) > 1:
        raise FileRefused(
            f"{len(fitting)} sheets hold what the feed takes: {_named(fitting)}",
            mend="Land one sheet a file, each as a workbook of its own or as CSV UTF-8.",
        )
    if found is not None:
        return found
    hidden = [s.name for s in sheets if s.name not in visible]
    fitting = [n for n in hidden if _sheet_source(book, n, member, contract, layouts)[0]]
    if fitting:
        raise FileRefused(
            f"what the feed takes is on a hidden sheet only: {_named(fitting)}",
            mend="Unhide the sheet if it is the one that was meant, and land the workbook again.",
        )
    wanted = [layout.sheet_like for layout in layouts if layout.sheet_like]
    example = f" (such as {wanted[0]})" if wanted else ""
    raise refusal or FileRefused(
        f"no sheet is named as the contract says{example}; the workbook has: {_named(visible)}",
        mend="Land the publisher's workbook as published.",
    )


def _named(sheets: Sequence[str]) -> str:
    """The first of the sheets' names, as a message can hold them."""
    names = [printable(name)[:LONGEST_SHEET_NAME] for name in sheets[:MOST_SHEETS_NAMED]]
    more = len(sheets) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")


def _sheet_source(
    book: Any, name: str, member: Member, contract: Contract, layouts: Sequence[Layout]
) -> tuple[Source | None, FileRefused | None]:
    """A sheet by the first layout that fits it; else why the first that takes its name does not."""
    possible = [each for each in layouts if not each.sheet or re.search(each.sheet, name)]
    if not possible:
        return None, None
    rows = _sheet(book, name)
    refusal: FileRefused | None = None
    for layout in possible:
        try:
            header = find_header(
                contract,
                [layout],
                (HeaderRow(_unpadded(row), n, n) for n, row in enumerate(rows, start=1)),
                {"file_name": member.name, "sheet_name": name},
            )
        except FileRefused as error:
            refusal = refusal or error
            continue
        return _of_sheet(member, header, rows), None
    return None, refusal


def _of_sheet(member: Member, header: Header, rows: list[list[str]]) -> Source:
    return Source(
        member,
        header,
        "xlsx",
        rows=lambda: (_sheet_record(n, row, header.width) for n, row in enumerate(rows, start=1)),
        raw_text=lambda spans: (_as_csv(rows[line - 1]) for line, _ in spans),
    )


def _sheet(book: Any, name: str) -> list[list[str]]:
    try:
        rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except Exception as error:
        raise FileRefused(f"sheet {_named([name])} cannot be read", mend=LAND_AGAIN) from error
    return [[cell_text(cell) for cell in row] for row in rows]


def cell_text(cell: Any) -> str:
    """A workbook's cell as text: whole numbers without '.0', dates in ISO."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        midnight = cell.time() == time(0, 0)
        return cell.date().isoformat() if midnight else cell.isoformat(sep=" ")
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    return str(cell)


def _unpadded(row: list[str]) -> list[str]:
    """The row without the empty cells a wider row elsewhere in the sheet adds on its right."""
    end = len(row)
    while end and not row[end - 1].strip(SPACES):
        end -= 1
    return row[:end]


def _sheet_record(line: int, row: list[str], width: int) -> Record:
    beyond = [cell for cell in row[width:] if cell.strip(SPACES)]
    cells = row[:width] + [""] * (width - len(row))
    problem = "the row has cells to the right of the last header" if beyond else None
    return Record(line, line, cells, problem)


def _as_csv(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(cells)
    return out.getvalue()


def _geojson(member: Member, path: Path, contract: Contract, layouts: Sequence[Layout]) -> Source:
    features = _features(path)
    headers = list(dict.fromkeys(key for feature in features for key in feature["properties"]))
    names = [*headers, "geometry"]
    header = find_header(contract, layouts, [HeaderRow(names, 1, 0)], {"file_name": member.name})

    def rows() -> Iterator[Record]:
        for number, feature in enumerate(features, start=1):
            properties = feature["properties"]
            cells = [_json_text(properties.get(key)) for key in headers]
            yield Record(number, number, [*cells, _json_text(feature.get("geometry"))])

    def raw_text(spans: Iterable[tuple[int, int]]) -> Iterator[str]:
        return (json.dumps(features[n - 1]["properties"])[:65_536] for n, _ in spans)

    return Source(member, header, "geojson", rows, raw_text)


def _features(path: Path) -> list[dict[str, Any]]:
    """The features of a FeatureCollection in longitude and latitude, else FileRefused."""
    if path.stat().st_size > GEOJSON_BYTES:
        raise FileRefused(
            f"the GeoJSON file is larger than {GEOJSON_BYTES >> 20} MiB",
            mend="Land one file per district.",
        )
    content = path.read_bytes()
    try:
        said = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise FileRefused(
            f"the file is not UTF-8 (see byte {error.start + 1})", mend=LAND_AGAIN
        ) from None
    except json.JSONDecodeError as error:
        raise FileRefused(
            f"the file is not JSON from letter {error.colno} of the line on",
            line=error.lineno,
            mend=LAND_AGAIN,
        ) from None
    except RecursionError:
        raise FileRefused("the file is not JSON of a sane depth", mend=LAND_AGAIN) from None
    except ValueError:  # a number of thousands of digits
        raise FileRefused("the file is not JSON with sane numbers", mend=LAND_AGAIN) from None
    features = said.get("features") if isinstance(said, dict) else None
    if not isinstance(features, list) or said.get("type") != "FeatureCollection":
        raise FileRefused(
            "the file is not a GeoJSON FeatureCollection",
            mend="Export it as a FeatureCollection in WGS84 longitude and latitude.",
        )
    crs = json.dumps(said.get("crs") or "CRS84")
    if "CRS84" not in crs and "4326" not in crs:
        grid = ", the National Grid (EPSG:27700)" if "27700" in crs else ""
        raise FileRefused(
            f"the coordinates are in another reference system{grid}", mend=EXPORT_IN_DEGREES
        )
    if not features:
        raise FileRefused("the file holds no feature", mend=LAND_AGAIN)
    for number, feature in enumerate(features, start=1):
        if not isinstance(feature, dict) or not isinstance(feature.get("properties"), dict):
            raise FileRefused(f"feature {number} has no properties", mend=LAND_AGAIN)
        if feature.get("geometry") is not None:
            _require_britain(number, feature["geometry"])
    if HALF_A_PAIR.search(content):
        _require_whole_letters(features)
    return features


def _require_whole_letters(features: Sequence[dict[str, Any]]) -> None:
    """FileRefused at a feature with half of a surrogate pair, which no table can hold."""
    for number, feature in enumerate(features, start=1):
        try:
            json.dumps(feature, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise FileRefused(
                f"feature {number} holds half of a letter (a lone surrogate)", mend=LAND_AGAIN
            ) from None


def _require_britain(number: int, geometry: Any) -> None:
    """FileRefused unless a feature is a polygon of degrees in and around Great Britain."""
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    depth = {"Polygon": 1, "MultiPolygon": 2}.get(str(kind))
    parts = geometry.get("coordinates") if depth else None
    for _ in range((depth or 1) - 1):
        parts = _joined(parts)
    points = _joined(parts)
    if points is None or not all(map(_is_point, points)):
        raise FileRefused(
            f"the geometry of feature {number} is no Polygon or MultiPolygon of positions",
            mend="Export the boundaries as polygons, each position a longitude and a latitude.",
        )
    for x, y, *_ in points:
        if WEST <= x <= EAST and SOUTH <= y <= NORTH:
            continue
        if SOUTH <= x <= NORTH and WEST <= y <= EAST:
            why = "latitude and longitude in the wrong order"
        elif abs(x) > 180 or abs(y) > 90:
            why = "no degrees: they look like metres of the National Grid (EPSG:27700)"
        else:
            why = "outside Great Britain"
        raise FileRefused(f"the coordinates of feature {number} are {why}", mend=EXPORT_IN_DEGREES)


def _joined(parts: Any) -> list[Any] | None:
    """The elements of a list's lists, or None where it is none."""
    if not isinstance(parts, list) or not all(isinstance(part, list) for part in parts):
        return None
    return [element for part in parts for element in part]


def _is_point(point: Any) -> bool:
    return (
        isinstance(point, list)
        and len(point) in (2, 3)
        and all(type(each) in (int, float) and math.isfinite(each) for each in point)
    )


def _json_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return cell_text(value)
    return json.dumps(value, separators=(",", ":"))
