"""A published table as CSV files: whole, below a sheet's rows, and with nothing that is run."""

import csv
from pathlib import Path

import duckdb
import pytest

from tests.warehouse.small_night import small_night
from warehouse.home import Home
from warehouse.publication.manifest import TableEntry, read_manifest
from warehouse.publication.sheets import (
    COLUMNS,
    MOST_ROWS,
    reuse_sheets,
    sheet_folder,
    sheet_rows,
    write_sheets,
)
from warehouse.publication.tables import Column, PublishedTable
from warehouse.publication.tiers import Source

TOPICS = ["Violent crime", "violent-crime", "columns", "=1+1", None]
TEXTS = ["plain", "=1+1", "+44", "-1", "@sum", "\tx", "\rx", 'O\'Brien, "x"\nand more', None]
COLUMN_TYPES = {"topic": "varchar", "text": "varchar", "number": "double", "day": "date"}


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("create table given (topic varchar, text varchar, number double, day date)")
    for topic in TOPICS:
        con.executemany(
            "insert into given values (?, ?, ?, date '2010-04-01')",
            [[topic, text, -1.5 * number] for number, text in enumerate(TEXTS)],
        )
    return con


def source(name: str = "given") -> Source:
    columns = tuple(Column(key, kind, f"The {key}.") for key, kind in COLUMN_TYPES.items())
    table = PublishedTable(name, "main", "A table.", columns, "all", "topic")
    return Source(table, "select topic, text, number, day from given")


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("most_rows", [1, 4, 9, 100])
def test_files_hold_every_row_once_and_none_is_too_long(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, most_rows: int
) -> None:
    write_sheets(con, source(), tmp_path, "partner", most_rows)
    folder = sheet_folder(tmp_path, "partner", "given")
    parts = [read(path) for path in folder.iterdir() if path.name != COLUMNS]
    assert max(map(len, parts)) <= most_rows
    assert sum(map(len, parts)) == len(TOPICS) * len(TEXTS) == sheet_rows(con, tmp_path, "partner", "given")  # noqa: E501  # fmt: skip
    assert all(len({row["topic"] for row in part}) == 1 for part in parts)
    assert len({tuple(row.values()) for part in parts for row in part}) == sum(map(len, parts))
    assert MOST_ROWS < 1_048_576


def test_text_is_never_a_formula_and_numbers_stay_numbers(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    write_sheets(con, source(), tmp_path, "partner")
    folder = sheet_folder(tmp_path, "partner", "given")
    for path in folder.iterdir():
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    cells = read(folder / "violent_crime.csv")
    assert [row["text"] for row in sorted(cells, key=lambda row: -float(row["number"]))] == [
        f"'{text}" if text and text[0] in "=+-@\t\r" else text or "" for text in TEXTS
    ]
    assert {row["day"] for row in cells} == {"2010-04-01"}
    assert [row["column"] for row in read(folder / COLUMNS)] == list(COLUMN_TYPES)


def test_rows_that_a_file_lacks_are_counted(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    write_sheets(con, source(), tmp_path, "partner")
    (sheet_folder(tmp_path, "partner", "given") / "violent_crime.csv").unlink()
    assert sheet_rows(con, tmp_path, "partner", "given") == len(TEXTS) * (len(TOPICS) - 1)


def test_a_publication_links_the_files_of_the_one_before_unless_they_were_changed(
    tmp_path: Path,
) -> None:
    night = small_night(Home(tmp_path / "home"), sheets_by={"indicator_value": "indicator_id"})
    first, second = night.publish().folder, night.publish().folder
    name = "tables/public/indicator_value/street_crime_rate.csv"
    assert (first / name).stat().st_ino == (second / name).stat().st_ino
    assert {row["indicator_id"] for path in (second / "tables/public").rglob("s*.csv") for row in read(path)} == {"street_crime_rate"}  # noqa: E501  # fmt: skip
    assert not (second / "tables/public/indicator_value/hate_reports.csv").exists()
    manifest = read_manifest(second)
    assert name in manifest.files
    entry = manifest.tables["public"]["indicator_value"]
    table = ("public", "indicator_value")
    assert not reuse_sheets(second, manifest, tmp_path / "a", *table, TableEntry(1, "x", "y"))
    (second / name).chmod(0o600)
    (second / name).write_text("another")
    assert not reuse_sheets(second, manifest, tmp_path / "b", *table, entry)
