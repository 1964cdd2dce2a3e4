"""Every published file loads whole, counted independently of the reader."""

import csv
import io
import json
import zipfile
from contextlib import closing
from pathlib import Path

import duckdb
import openpyxl
import pytest

from tests.warehouse.reading_helpers import Read
from warehouse.contract import load_contract
from warehouse.reading import Limits, batches, read_batch
from warehouse.reading.cells import may_go_fast
from warehouse.reading.sources import open_source

pytestmark = pytest.mark.real_archive


def load(shared: Path, feed: str, file: str, tmp_path: Path) -> Read:
    path = shared / "data" / "reference" / file
    return Read(path, load_contract(f"reference/{feed}"), tmp_path / "work")


def lines(shared: Path, file: str) -> list[list[str]]:
    content = (shared / "data" / "reference" / file).read_bytes().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(content, newline="")))


def as_dicts(read: Read) -> list[dict[str, str | None]]:
    return [dict(zip(read.columns, row, strict=True)) for row in read.rows]


@pytest.mark.parametrize(
    ("feed", "file", "header_records"),
    [
        ("lsoa_lookup", "LSOA11_LSOA21_LAD22.csv", 1),
        ("csp_lookup", "LAD_CSP_PFA_2017-01_v2.csv", 1),
        ("district_population", "MYEB3_LAD_2001-2019.csv", 1),
        ("deprivation", "imd2010_on_lsoa2011.csv", 1),
        ("area_set", "LSOA11_WD19_LAD19.csv", 1),
        ("recorded_crime_benchmark", "rec-crime-pfa.csv", 1),
        ("recorded_crime_benchmark", "policeforceareatablesyejune25final.csv", 8),
    ],
)
def test_every_row_of_the_published_csv_is_accepted(
    feed: str, file: str, header_records: int, shared: Path, tmp_path: Path
) -> None:
    expected = len(lines(shared, file)) - header_records
    read = load(shared, feed, file, tmp_path)
    preamble = header_records - 1
    assert read.counts == (expected + preamble, expected, 0, preamble)
    assert len(read.rows) == expected


def test_every_cell_of_the_lookup_is_the_published_one(shared: Path, tmp_path: Path) -> None:
    file = "LSOA11_LSOA21_LAD22.csv"
    read = load(shared, "lsoa_lookup", file, tmp_path)
    published = [tuple(c.strip() or None for c in row[:8]) for row in lines(shared, file)[1:]]
    assert {row[2:4] for row in read.rows} == {("vintages", "22")}
    assert [row[4:] for row in read.rows] == published


def test_populations_are_collected_by_year(shared: Path, tmp_path: Path) -> None:
    rows = as_dicts(load(shared, "district_population", "MYEB3_LAD_2001-2019.csv", tmp_path))
    blaby = next(row for row in rows if row["district_code"] == "E07000129")
    population = json.loads(blaby["population_by_year"] or "")
    assert list(population) == [str(year) for year in range(2001, 2020)]
    assert population["2018"] == "100421"


def test_the_lsoa_workbook_gives_its_year_and_blabys_population(
    shared: Path, tmp_path: Path
) -> None:
    file = "SAPE21DT11-mid-2018-lsoa-population-density.xlsx"
    read = load(shared, "lsoa_population", file, tmp_path)
    path = shared / "data" / "reference" / file
    sheet = openpyxl.load_workbook(path, read_only=True)["Mid-2018 Population Density"]
    published = [row for row in sheet.iter_rows(min_row=6, values_only=True) if row[0]]
    assert read.counts == (len(published) + 4, len(published), 0, 4)
    rows = as_dicts(read)
    assert {row["mid_year"] for row in rows} == {"2018"}
    blaby = [r for r in rows if str(r["lsoa_name"]).startswith("Blaby ")]
    assert (len(blaby), sum(int(r["population"] or 0) for r in blaby)) == (60, 100_421)
    assert [r["population"] for r in rows] == [str(int(p[2])) for p in published]  # type: ignore[arg-type]


def test_both_editions_of_the_index_have_the_same_areas(shared: Path, tmp_path: Path) -> None:
    old = as_dicts(load(shared, "deprivation", "imd2010_on_lsoa2011.csv", tmp_path))
    file = "File_1_-_IMD2019_Index_of_Multiple_Deprivation.xlsx"
    new = as_dicts(load(shared, "deprivation", file, tmp_path))
    assert {row["edition"] for row in old} == {"2010"}
    assert {row["edition"] for row in new} == {"2019"}
    assert {r["lsoa_code"] for r in old} == {r["lsoa_code"] for r in new}
    path = shared / "data" / "reference" / file
    sheet = openpyxl.load_workbook(path, read_only=True)["IMD2019"]
    published = [
        (row[0], str(row[4]), str(row[5])) for row in sheet.iter_rows(min_row=2, values_only=True)
    ]
    assert [(r["lsoa_code"], r["imd_rank"], r["imd_decile"]) for r in new] == published


@pytest.mark.parametrize(("file", "key"), [("lsoa11", "LSOA11CD"), ("lsoa", "LSOA21CD")])
def test_every_boundary_is_kept_with_its_vintage(
    file: str, key: str, shared: Path, tmp_path: Path
) -> None:
    name = f"boundaries/{file}.zip"
    expected: dict[str, object] = {}
    with zipfile.ZipFile(shared / "data" / "reference" / name) as archive:
        for member in archive.namelist():
            for each in json.loads(archive.read(member))["features"]:
                expected[each["properties"][key]] = each["geometry"]
    rows = as_dicts(load(shared, "boundary", name, tmp_path))
    assert {r["vintage"] for r in rows} == {"lsoa_2011" if key == "LSOA11CD" else "lsoa_2021"}
    assert {str(r["lsoa_code"]): json.loads(r["geometry"] or "") for r in rows} == expected
    assert len(rows) == len(expected)


def test_table_c2_keeps_totals_unassigned_rows_and_every_offence(
    shared: Path, tmp_path: Path
) -> None:
    file = "policeforceareatablesyejune25final.csv"
    rows = as_dicts(load(shared, "recorded_crime_benchmark", file, tmp_path))
    assert {r["period_end"] for r in rows} == {"June 2025"}
    totals = [r for r in rows if r["partnership_name"] is None]
    assert any(r["force_name"] == "Avon and Somerset" for r in totals)
    assert any(str(r["partnership_name"]).startswith("Unassigned") for r in rows)
    blaby = next(r for r in rows if r["partnership_name"] == "Blaby")
    published = next(r for r in lines(shared, file) if r[3].strip() == "Blaby")
    offences = json.loads(blaby["offences"] or "")
    assert list(offences.values()) == [cell.strip() for cell in published[6:]]
    assert "Total recorded crime (excluding fraud)" in offences


@pytest.mark.parametrize(
    "archive", ["leicestershire-2018-10-to-2021-09.zip", "all-forces-2018-10-to-2018-11.zip"]
)
def test_street_archives_load_line_for_line_the_fast_way(
    archive: str, shared: Path, tmp_path: Path
) -> None:
    """Counts of every member, and the very text of every row, against Python's csv module."""
    path = shared / "data" / "police-street" / archive
    contract = load_contract("police/street_crime")
    work = tmp_path / "work"
    work.mkdir()
    rows = 0
    with (
        duckdb.connect() as con,
        zipfile.ZipFile(path) as original,
        closing(batches(path, contract, Limits(), work)) as found,
    ):
        for batch in found:
            readings = read_batch(con, contract, batch)
            for number, (member, reading) in enumerate(zip(batch, readings, strict=True)):
                assert may_go_fast(open_source(member, contract)), member.name
                text = original.read(member.name).decode("utf-8")
                published = list(csv.reader(io.StringIO(text, newline="")))[1:]
                assert reading.data_rows == reading.accepted == len(published)
                if number % 20:  # the text of every twentieth member: comparing all takes minutes
                    continue
                loaded = con.execute(
                    "SELECT * EXCLUDE (_member) FROM incoming WHERE _member = ? "
                    "ORDER BY _line_number",
                    [number],
                ).fetchall()
                assert loaded == [
                    (line, *(cell.strip() or None for cell in row))
                    for line, row in enumerate(published, start=2)
                ]
            rows += sum(reading.accepted for reading in readings)
    with zipfile.ZipFile(path) as original:
        assert rows == sum(original.read(n).count(b"\n") - 1 for n in original.namelist())
