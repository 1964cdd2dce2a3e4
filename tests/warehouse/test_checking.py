"""A dry run says what the night would do, and does nothing."""

import zipfile
from pathlib import Path

import pytest

from tests.warehouse.street_files import FEED, ask, land, member, night, row, street_csv, street_zip
from warehouse.contract import load_contract
from warehouse.errors import UsageError
from warehouse.home import Home
from warehouse.ingest.checking import MOST_REJECTS_SHOWN, check_file

CONTRACT = load_contract(FEED)
ROWS = [
    row(1),
    row(2).replace("E01025651", "nonsense"),
    row(3).replace("E01025651", ""),
    row(4).replace("On or near Road 4", "No Location"),
    row(5, month="May"),
    "ragged",
]


def write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_rows_rejects_and_completeness_of_one_extract(tmp_path: Path) -> None:
    report = check_file(write(tmp_path, "a.csv", street_csv(ROWS)), CONTRACT)
    (file,) = report.files
    assert (file.file, file.data_rows, file.accepted, file.rejected) == ("a.csv", 6, 4, 2)
    assert (file.layout, file.encoding, file.refused) == ("data_police_uk", "utf-8", None)
    assert [(r.line, r.column) for r in report.rejects] == [(6, "Month"), (7, None)]
    assert not report.ok
    fields = {f.column: f for f in report.completeness}
    assert list(fields) == list(CONTRACT.raw_columns)
    lsoa, location, month = fields["lsoa_code"], fields["location"], fields["month"]
    assert (lsoa.valid, lsoa.invalid, lsoa.not_stated, lsoa.missing) == (2, 1, 0, 1)
    assert lsoa.completeness_percent == 50
    assert (location.valid, location.not_stated) == (3, 1)
    assert (month.required, month.valid, month.records) == (True, 4, 4)
    assert all(f.records == 4 for f in report.completeness)


def test_it_finds_what_the_night_finds_and_loads_nothing(home: Home, tmp_path: Path) -> None:
    content = street_zip(
        {member("2020-04"): street_csv(ROWS), member("2020-05"): b"no\n1\n", "notes.txt": b"x"}
    )
    path = write(tmp_path, "all.zip", content)
    before = sorted(tmp_path.iterdir())
    report = check_file(path, CONTRACT)
    assert sorted(tmp_path.iterdir()) == before
    assert not home.warehouse_file.exists()
    land(home, "all.zip", content)
    night(home)
    loaded = ask(
        home,
        "SELECT file_name, data_rows, accepted, rejected, status = 'refused', reason "
        "FROM quality.load_audit ORDER BY file_id",
    )
    assert loaded == [
        (
            *(f.file, f.data_rows, f.accepted, f.rejected, f.refused is not None),
            str(f.refused) if f.refused else None,
        )
        for f in report.files
    ]
    rejected = ask(
        home,
        "SELECT file_name, line_number, column_name, reason FROM quality.rejected_row ORDER BY ALL",
    )
    assert rejected == [(r.file, r.line, r.column, r.reason) for r in report.rejects]
    assert report.passed_over == ["all.zip/notes.txt"]


def test_a_sound_extract_is_ok(tmp_path: Path) -> None:
    assert check_file(write(tmp_path, "a.csv", street_csv([row(1)])), CONTRACT).ok


def test_a_file_that_would_be_refused_says_why(tmp_path: Path) -> None:
    report = check_file(write(tmp_path, "a.zip", b"PK but no zip"), CONTRACT)
    (file,) = report.files
    assert file.refused is not None
    assert not report.ok
    assert report.completeness[0].completeness_percent is None


def test_many_rejects_are_all_counted_and_the_first_shown(tmp_path: Path) -> None:
    many = street_csv(row(n, month="?") for n in range(MOST_REJECTS_SHOWN + 50))
    report = check_file(write(tmp_path, "a.csv", many), CONTRACT)
    assert report.rejected == MOST_REJECTS_SHOWN + 50
    assert [r.line for r in report.rejects] == list(range(2, MOST_REJECTS_SHOWN + 2))


def test_no_such_file_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no file"):
        check_file(tmp_path / "none.csv", CONTRACT)


def test_the_official_archive_is_sound(shared: Path) -> None:
    archive = shared / "data" / "police-street" / "leicestershire-2018-10-to-2021-09.zip"
    report = check_file(archive, CONTRACT)
    assert report.ok
    assert len(report.files) == 27
    with zipfile.ZipFile(archive) as opened:
        lines = sum(opened.read(name).count(b"\n") for name in opened.namelist())
    assert sum(f.accepted for f in report.files) == lines - 27  # no cell of it holds a line break
