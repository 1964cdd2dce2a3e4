"""A home's own completeness standards are read, and a wrong one is named by line and column."""

import csv
from pathlib import Path

import pytest

from tests.warehouse.street_files import SETTINGS
from warehouse import ddl, standards
from warehouse.contract import load_contracts
from warehouse.errors import UsageError
from warehouse.home import Home

HEADER = ",".join(standards.COLUMNS)
ROW = "police.street_crime.location,police,street_crime,location,80,blocking,1,Ours,2020-04-01"


def written(path: Path, *rows: str, header: str = HEADER) -> Path:
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return path


def test_no_file_means_no_standards_of_its_own(tmp_path: Path) -> None:
    assert standards.read(tmp_path / "absent.csv") == []


def test_rows_come_in_the_order_of_the_columns_whatever_the_files(tmp_path: Path) -> None:
    turned = ",".join(reversed(standards.COLUMNS))
    path = written(tmp_path / "s.csv", ",".join(reversed(ROW.split(","))), header=turned)
    assert standards.read(path) == [tuple(ROW.split(","))]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (ROW.replace("80", "eighty"), "line 2, column threshold_percent: 'eighty' is not a perc"),
        (ROW.replace("80", "101"), "column threshold_percent"),
        (ROW.replace("blocking", "fatal"), "column severity: 'fatal' is neither"),
        (ROW.replace("2020-04-01", "April"), "column since: 'April' is not a date"),
        (ROW.replace("Ours", ""), "column reason"),
        (f"{ROW}\n{ROW}", "line 3, column standard_id"),
        (f"{ROW}\nour.{ROW}", "line 3, column since: police.street_crime.location is of the same"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, row: str, says: str) -> None:
    with pytest.raises(UsageError, match=r"s\.csv") as error:
        standards.read(written(tmp_path / "s.csv", row))
    assert says in str(error.value)


def test_a_wrong_header_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="line 1: the columns must be standard_id,"):
        standards.read(written(tmp_path / "s.csv", header="id,threshold"))


def test_a_file_that_is_no_utf_8_is_named_with_its_line(tmp_path: Path) -> None:
    """As Excel saves "CSV": Windows-1252."""
    path = tmp_path / "s.csv"
    path.write_bytes(f"{HEADER}\n{ROW.replace('Ours', 'costs £5')}\n".encode("cp1252"))
    with pytest.raises(UsageError, match=r"s\.csv, line 2: this is not UTF-8"):
        standards.read(path)
    limit = csv.field_size_limit(100)
    try:
        path.write_text(f'{HEADER}\n"{"x" * 1000}"\n', encoding="utf-8")
        with pytest.raises(UsageError, match=r"s\.csv: this is not a CSV file"):
            standards.read(path)
    finally:
        csv.field_size_limit(limit)


def test_the_models_find_the_rows_of_now_and_not_those_of_yesterday(home: Home) -> None:
    with ddl.open_warehouse(home, SETTINGS) as con:
        ddl.ensure(con, load_contracts(), SETTINGS)
        standards.write(con, [tuple(ROW.split(","))])
        assert con.execute(f"select * from {standards.TABLE}").fetchall() == [tuple(ROW.split(","))]
        standards.write(con, [])
        assert con.execute(f"select * from {standards.TABLE}").fetchall() == []
