"""Rows of one file, read exactly: the same shape for csv, workbooks and GeoJSON."""

import csv
import io
import json
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
from warehouse.reading.archive import Member
from warehouse.reading.header import Header, HeaderRow, find_header
from warehouse.reading.records import SPACES, Record, raw_lines, records
from warehouse.reading.workbook import LAND_AGAIN

# A GeoJSON file is held in memory whole, at about ten times its size.
GEOJSON_BYTES = 128 << 20


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
    head = (HeaderRow(r.cells, r.line, r.last_line) for r in records(path, delimiter))
    header = find_header(contract, layouts, head, {"file_name": member.name})
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


def _workbook(member: Member, path: Path, contract: Contract, layouts: Sequence[Layout]) -> Source:
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        names = list(book.sheet_names)
    except Exception as error:
        raise FileRefused(f"the workbook cannot be read ({error})", mend=LAND_AGAIN) from error
    refusal: FileRefused | None = None
    for layout in layouts:
        for name in names:
            if layout.sheet and not re.search(layout.sheet, name):
                continue
            rows = _sheet(book, name)
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
            listed = [_sheet_record(n, row, header.width) for n, row in enumerate(rows, start=1)]
            return Source(
                member,
                header,
                "xlsx",
                rows=lambda listed=listed: listed,  # type: ignore[misc]
                raw_text=lambda spans, rows=rows: (  # type: ignore[misc]
                    _as_csv(rows[line - 1]) for line, _ in spans
                ),
            )
    raise refusal or FileRefused(
        f"no sheet is named as the contract says; the workbook has: {', '.join(names)}",
        mend="Land the publisher's workbook as published.",
    )


def _sheet(book: Any, name: str) -> list[list[str]]:
    try:
        rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except Exception as error:
        raise FileRefused(f"sheet {name} cannot be read ({error})", mend=LAND_AGAIN) from error
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
    try:
        said = json.loads(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise FileRefused(f"the file is not UTF-8 ({error})", mend=LAND_AGAIN) from error
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        raise FileRefused(f"the file is not JSON ({error})", line=line, mend=LAND_AGAIN) from error
    features = said.get("features") if isinstance(said, dict) else None
    if not isinstance(features, list) or said.get("type") != "FeatureCollection":
        raise FileRefused(
            "the file is not a GeoJSON FeatureCollection",
            mend="Export it as a FeatureCollection in WGS84 longitude and latitude.",
        )
    crs = json.dumps(said.get("crs") or "CRS84")
    if "CRS84" not in crs and "4326" not in crs:
        raise FileRefused(
            f"the coordinates are in another reference system ({crs[:120]})",
            mend="Export it in WGS84 longitude and latitude (EPSG:4326).",
        )
    if not features:
        raise FileRefused("the file holds no feature", mend=LAND_AGAIN)
    for number, feature in enumerate(features, start=1):
        if not isinstance(feature, dict) or not isinstance(feature.get("properties"), dict):
            raise FileRefused(f"feature {number} has no properties", mend=LAND_AGAIN)
    return features


def _json_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return cell_text(value)
    return json.dumps(value, separators=(",", ":"))
