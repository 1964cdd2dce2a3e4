"""A workbook made to exhaust memory is refused before the parser sees it; real ones are not."""

import zipfile
from pathlib import Path

import openpyxl
import pytest

from tests.warehouse.reading_helpers import Read, keyed
from warehouse.errors import FileRefused
from warehouse.reading import workbook
from warehouse.reading.workbook import BLOCK, Extent, check_workbook

CORNER = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'


def book_with(path: Path, rows: str, dimension: str = "A1:B2") -> Path:
    """A real workbook whose first sheet is replaced by these rows."""
    plain = path.with_suffix(".plain.xlsx")
    book = openpyxl.Workbook()
    book.save(plain)
    sheet = (
        '<?xml version="1.0" encoding="UTF-8"?><worksheet '
        'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f'<dimension ref="{dimension}"/><sheetData>{rows}</sheetData></worksheet>'
    )
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = sheet if name == "xl/worksheets/sheet1.xml" else old.read(name)
            new.writestr(name, content)
    plain.unlink()
    return path


def test_a_tiny_workbook_with_two_far_corners_is_refused(tmp_path: Path) -> None:
    rows = '<row r="1"><c r="A1"><v>1</v></c></row>' + CORNER
    path = book_with(tmp_path / "f.xlsx", rows)
    assert path.stat().st_size < 10_000
    with pytest.raises(FileRefused, match="1,048,576 rows and 16,384 columns") as caught:
        Read(path, keyed(), tmp_path / "work")
    assert caught.value.what_to_do


def test_a_far_corner_in_a_zip_costs_only_its_member(tmp_path: Path) -> None:
    path = book_with(tmp_path / "f.xlsx", '<row r="1"><c r="A1"><v>1</v></c></row>' + CORNER)
    good = b"report_id,received,note\n1,2020-01-02,hello\n"
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("1.csv", good)
        archive.write(path, "2.xlsx")
    read = Read(tmp_path / "a.zip", keyed(), tmp_path / "work")
    assert [r.refused is None for r in read.readings] == [True, False]
    assert read.counts == (1, 1, 0, 0)


def test_cells_and_rows_without_a_place_are_counted(tmp_path: Path) -> None:
    rows = '<row r="1"><c r="XFD1"><v>1</v></c></row><row r="9999"/><row><c><v>1</v></c></row>'
    with pytest.raises(FileRefused, match="10,000 rows and 16,385 columns"):
        check_workbook(book_with(tmp_path / "f.xlsx", rows), 200)


def test_empty_far_rows_and_a_wrong_dimension_refuse_nothing(tmp_path: Path) -> None:
    texts = ["report_id", "received", "note"]
    cells = "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in texts)
    rows = f'<row r="1">{cells}</row><row r="1048576" hidden="1"/>'
    path = book_with(tmp_path / "f.xlsx", rows, dimension="A1:XFD1048576")
    read = Read(path, keyed(), tmp_path / "work")
    assert read.one.refused is None
    assert read.counts == (0, 0, 0, 0)


def test_a_place_cut_in_two_by_a_block_is_seen() -> None:
    for cut in range(1, len(CORNER)):
        extent = Extent()
        extent.see(CORNER[:cut].encode())
        extent.see(CORNER[cut:].encode())
        assert (extent.rows, extent.columns) == (1_048_576, 16_384)


def test_a_corner_far_into_a_sheet_is_found(tmp_path: Path) -> None:
    filler = "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in range(1, 60_000))
    assert len(filler) > 2 * BLOCK
    with pytest.raises(FileRefused, match="16,384 columns"):
        check_workbook(book_with(tmp_path / "f.xlsx", filler + CORNER), 200)


def test_a_workbook_larger_than_memory_should_hold_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert workbook.WORKBOOK_BYTES == 128 << 20
    monkeypatch.setattr(workbook, "WORKBOOK_BYTES", 100_000)
    filler = "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in range(1, 9_000))
    with pytest.raises(FileRefused, match="unpacks to more than is allowed"):
        check_workbook(book_with(tmp_path / "f.xlsx", filler), 200)
