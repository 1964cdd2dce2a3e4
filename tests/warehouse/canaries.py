"""Files of every feed whose every cell holds a canary: a word that no message may ever say."""

import gzip
import io
import json
import os
import zipfile
from collections.abc import Iterator

import duckdb
import openpyxl

from warehouse.contract import Contract, Layout
from warehouse.home import Home

CANARY = "zqxvcanary"
LONG_AGO = 1_300_000_000


def headers(contract: Contract, layout: Layout) -> list[str]:
    """A header of every column that the layout's file may carry."""
    return [
        contract.shown_header(column, layout)
        for column in contract.columns
        if contract.headers_of(column, layout) or column.name in layout.collect
    ]


def _preamble(layout: Layout) -> list[list[str]]:
    likes = [c.like or "" for c in layout.capture.values() if c.source == "preamble"]
    return [[f"{CANARY} {like} {CANARY}"] for like in likes]


def tables(contract: Contract, layout: Layout) -> Iterator[tuple[str, list[list[str]]]]:
    """Rows of files, by what is wrong with each."""
    names, before = headers(contract, layout), _preamble(layout)
    record = [f"{CANARY} {n}" for n in range(len(names))]
    yield "good header", [*before, names, record, record]
    yield "glued", [*before, [*names[:-1], names[-1] + record[0], *record[1:]], record]
    yield "shifted", [*before, [CANARY, *names[:-1]], record]
    yield "missing", [record, record]
    yield "unknown", [*before, [*names, f"{CANARY} new"], [*record, CANARY]]


def contents(contract: Contract) -> Iterator[tuple[str, bytes]]:
    """Landed files' names and bytes: each damage in each format that the feed takes."""
    delimiter = contract.delimiter
    for layout in contract.layouts:
        for damage, rows in tables(contract, layout):
            name = f"{layout.name}-{damage.replace(' ', '-')}"
            if layout.format == "csv":
                text = "".join(delimiter.join(row) + "\n" for row in rows)
                yield f"{name}.csv", text.encode()
                yield f"{name}-1252.csv", (text + f"\u00e9{CANARY}\n").encode("cp1252")
                if "csv.gz" in contract.files.formats:
                    yield f"{name}.csv.gz", gzip.compress((text + "\n").encode())
                if "zip" in contract.files.formats:
                    yield f"{name}.zip", _zipped(contract.files.like or "", text.encode())
            elif layout.format == "xlsx":
                yield f"{name}.xlsx", _book(layout.sheet_like or "Sheet", rows)
            else:
                yield f"{name}.geojson", _geojson(rows[0], rows[1])
        if layout.format == "csv":
            names = headers(contract, layout)
            record = [CANARY] * len(names)
            yield f"{layout.name}-parted.csv", _text([names, record], ";").encode()
            yield f"{layout.name}-no-end.csv", (_text([names], delimiter) + f'"{CANARY}').encode()
            quoted = f'{_text([names], delimiter)}"{CANARY}"{CANARY}{delimiter}"\n{CANARY}\n'
            yield f"{layout.name}-quoted.csv", quoted.encode()
            yield f"{layout.name}-nul.csv", f"{CANARY}\0{CANARY}\n".encode()
            yield f"{layout.name}-neither.csv", CANARY.encode() + b"\xff\x81" + CANARY.encode()
        if layout.format == "geojson":
            whole = _geojson(headers(contract, layout)[:-1], [CANARY] * 9)
            system = f'"crs": "{CANARY}", "features"'.encode()
            yield f"{layout.name}-crs.geojson", whole.replace(b'"features"', system)
            yield f"{layout.name}-cut.geojson", whole[:-20] + CANARY.encode()
            half = CANARY.encode() + b"\\ud800"
            yield f"{layout.name}-half.geojson", whole.replace(CANARY.encode(), half)


def _text(rows: list[list[str]], delimiter: str) -> str:
    return "".join(delimiter.join(row) + "\n" for row in rows)


def _zipped(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


def _book(sheet: str, rows: list[list[str]]) -> bytes:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    for row in rows:
        page.append(row)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def _geojson(names: list[str], values: list[str]) -> bytes:
    ring = [[-1.1, 52.5], [-1.2, 52.5], [-1.1, 52.6], [-1.1, 52.5]]
    feature = {
        "type": "Feature",
        "properties": {n: v for n, v in zip(names, values, strict=False) if n != "geometry"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    return json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()


def land(home: Home, contract: Contract) -> None:
    """All of the feed's files into its landing folder."""
    for name, content in contents(contract):
        path = home.landing / contract.feed / name
        path.write_bytes(content)
        os.utime(path, (LONG_AGO, LONG_AGO))


def found_in(home: Home) -> list[str]:
    """Where in the home a canary is, but for where files' contents belong.

    They belong in archive/, in the files of refused/, in the raw tables of warehouse.duckdb, in the
    texts of rejected rows, and in the traceback that is kept for the owner alone.
    """
    found = [
        path.relative_to(home.root).as_posix()
        for path in home.root.rglob("*")
        if path.is_file()
        and path != home.warehouse_file
        and not path.name.endswith(".debug.txt")
        and home.archive not in path.parents
        and (home.refused not in path.parents or path.name.endswith(".reason.json"))
        and CANARY.encode() in path.read_bytes().lower()
    ]
    with duckdb.connect(str(home.warehouse_file), read_only=True) as con:
        tables = con.execute(
            "SELECT schema_name, table_name, list(column_name) FROM duckdb_columns() "
            "WHERE schema_name <> 'staging' AND NOT internal "
            "AND NOT (schema_name = 'raw' AND contains(table_name, '__')) "
            "AND column_name <> 'raw_line' GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        for schema, table, columns in tables:
            holds = (
                f"bool_or(contains(lower(\"{name}\"::VARCHAR), '{CANARY}'))" for name in columns
            )
            [held] = con.execute(f'SELECT {", ".join(holds)} FROM "{schema}"."{table}"').fetchall()
            found += [
                f"{schema}.{table}.{name}" for name, is_there in zip(columns, held, strict=True)
                if is_there
            ]  # fmt: skip
    return found
