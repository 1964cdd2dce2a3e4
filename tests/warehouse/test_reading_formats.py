"""Workbooks and GeoJSON give the same kind of rows as CSV does."""

import json
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from tests.warehouse.reading_helpers import Read, keyed, read_bytes
from warehouse.contract import load_contract
from warehouse.errors import FileRefused

BOUNDARY = load_contract("reference/boundary")


def feature(**properties: object) -> dict[str, object]:
    shape = {"type": "Polygon", "coordinates": [[[0.5, 51], [1, 51], [0.5, 51]]]}
    return {"type": "Feature", "properties": properties, "geometry": shape}


def geojson(*features: dict[str, object], **extra: object) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features, **extra}).encode()


ONE = feature(LSOA21CD="E01025610", LSOA21NM="Blaby 008A", LADCD_ACTIVE="E07000129", FID=3)


def test_a_workbook_gives_text_whole_numbers_and_iso_dates(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["report_id", "received", "note"])
    sheet.append([7.0, datetime(2020, 1, 2), 0.25])
    sheet.append(["8 ", date(2020, 1, 3), None])
    sheet.append([None, None, None])
    sheet.append([9, "never", True])
    book.save(tmp_path / "f.xlsx")
    read = Read(tmp_path / "f.xlsx", keyed(), tmp_path / "work")
    assert [row[1:] for row in read.rows] == [
        (2, "7", "2020-01-02", "0.25"),
        (3, "8", "2020-01-03", None),
    ]
    assert [(r[0], r[1], r[3]) for r in read.rejects] == [(5, "received", "9,never,TRUE")]
    assert read.counts == (4, 2, 1, 1)


def test_a_workbook_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match=r"plain text, not an \.xlsx workbook"):
        read_bytes(b"PK nonsense", tmp_path, name="f.xlsx")


def test_features_become_rows_with_their_geometry_as_json(tmp_path: Path) -> None:
    read = read_bytes(geojson(ONE), tmp_path, BOUNDARY, "f.geojson")
    ((_, _, vintage, code, name, district, geometry),) = read.rows
    assert (vintage, code, name, district) == ("lsoa_2021", "E01025610", "Blaby 008A", "E07000129")
    assert json.loads(geometry) == ONE["geometry"]


def test_a_feature_that_cannot_be_placed_is_rejected(tmp_path: Path) -> None:
    nowhere = {**ONE, "geometry": None}
    strange = feature(LSOA21CD="S01", LADCD_ACTIVE="E07000129")
    read = read_bytes(geojson(ONE, nowhere, strange), tmp_path, BOUNDARY, "f.geojson")
    assert [(r[0], r[1]) for r in read.rejects] == [(2, "geometry"), (3, "LSOA21CD")]
    assert read.counts == (3, 1, 2, 0)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"{", "not JSON"),
        (b"[]", "not a GeoJSON FeatureCollection"),
        (geojson(), "no feature"),
        (geojson(ONE, crs={"properties": {"name": "EPSG:27700"}}), "another reference system"),
        (geojson(feature(LADCD_ACTIVE="E07000129")), "missing: `LSOA11CD`"),
        (
            geojson({**ONE, "properties": {**ONE["properties"], "odd": 1}}),
            "column 5 is not a header",
        ),  # type: ignore[dict-item]
    ],
)
def test_other_json_is_refused(content: bytes, says: str, tmp_path: Path) -> None:
    refused = read_bytes(content, tmp_path, BOUNDARY, "f.geojson").one.refused
    assert refused is not None
    assert says in refused.reason
