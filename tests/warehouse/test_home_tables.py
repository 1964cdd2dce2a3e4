"""A home's own standards and waivers are read, and a wrong row is named by line and column."""

import csv
from pathlib import Path

import pytest

from tests.warehouse.street_files import SETTINGS
from warehouse import ddl
from warehouse.contract import load_contracts
from warehouse.errors import UsageError
from warehouse.home import Home
from warehouse.home_tables import STANDARDS, WAIVERS, HomeTable, waivers_of

HEADER = ",".join(STANDARDS.columns)
ROW = "police.street_crime.location,police,street_crime,location,80,blocking,1,Ours,2020-04-01"
WAIVER = "a,1,why,me,2026-12-01"


def written(path: Path, *rows: str, header: str = HEADER) -> Path:
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return path


def test_no_file_means_no_rows(tmp_path: Path) -> None:
    assert STANDARDS.read(tmp_path / "absent.csv") == []


def test_rows_come_in_the_order_of_the_columns_whatever_the_files(tmp_path: Path) -> None:
    turned = ",".join(reversed(STANDARDS.columns))
    path = written(tmp_path / "s.csv", ",".join(reversed(ROW.split(","))), header=turned)
    assert STANDARDS.read(path) == [tuple(ROW.split(","))]


@pytest.mark.parametrize(
    ("table", "row", "says"),
    [
        (STANDARDS, ROW.replace("80", "eighty"), "2, column threshold_percent: 'eighty' is not a"),
        (STANDARDS, ROW.replace("80", "101"), "2, column threshold_percent"),
        (STANDARDS, ROW.replace("blocking", "fatal"), "2, column severity: 'fatal' is neither"),
        (STANDARDS, ROW.replace("2020-04-01", "April"), "2, column since: 'April' is not a date"),
        (STANDARDS, ROW.replace("Ours", ""), "2, column reason"),
        (STANDARDS, f"{ROW}\n{ROW}", "3, column standard_id"),
        (STANDARDS, f"{ROW}\nour.{ROW}", "3, column since: an earlier line, police.street_crime.l"),
        (WAIVERS, WAIVER[1:], "2, column check_id"),
        (WAIVERS, WAIVER.replace("1,why", "many,why"), "2, column ceiling"),
        (WAIVERS, WAIVER.replace("1,why", "-1,why"), "2, column ceiling"),
        (WAIVERS, WAIVER.replace("why", ""), "2, column reason"),
        (WAIVERS, WAIVER.replace("me", ""), "2, column owner"),
        (WAIVERS, WAIVER.replace("2026-12-01", "some day"), "2, column expires"),
        (WAIVERS, f"{WAIVER}\n{WAIVER}", "3, column check_id"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, table: HomeTable, row: str, says: str) -> None:
    with pytest.raises(UsageError, match=r"s\.csv, line ") as error:
        table.read(written(tmp_path / "s.csv", row, header=",".join(table.columns)))
    assert says in str(error.value)


def test_a_wrong_header_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="line 1: the columns must be standard_id,"):
        STANDARDS.read(written(tmp_path / "s.csv", header="id,threshold"))


def test_a_file_that_is_no_utf_8_is_named_with_its_line(tmp_path: Path) -> None:
    """As Excel saves "CSV": Windows-1252."""
    path = tmp_path / "s.csv"
    path.write_bytes(f"{HEADER}\n{ROW.replace('Ours', 'costs £5')}\n".encode("cp1252"))
    with pytest.raises(UsageError, match=r"s\.csv, line 2: this is not UTF-8"):
        STANDARDS.read(path)
    limit = csv.field_size_limit(100)
    try:
        path.write_text(f'{HEADER}\n"{"x" * 1000}"\n', encoding="utf-8")
        with pytest.raises(UsageError, match=r"s\.csv: this is not a CSV file"):
            STANDARDS.read(path)
    finally:
        csv.field_size_limit(limit)


def test_the_models_find_the_rows_of_now_and_not_those_of_yesterday(home: Home) -> None:
    with ddl.open_warehouse(home, SETTINGS) as con:
        ddl.ensure(con, load_contracts(), SETTINGS)
        STANDARDS.write(con, [tuple(ROW.split(","))])
        WAIVERS.write(con, [tuple(WAIVER.split(","))])
        assert con.execute(f"from {STANDARDS.table}").fetchall() == [tuple(ROW.split(","))]
        assert waivers_of(con)["a"].ceiling == 1
        STANDARDS.write(con, [])
        WAIVERS.write(con, [])
        assert con.execute(f"from {STANDARDS.table}").fetchall() == []
        assert waivers_of(con) == {}
