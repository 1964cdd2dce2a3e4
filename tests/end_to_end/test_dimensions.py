"""What analysts join in the demo's publication, read a second time without the models."""

import csv
import io
import json
import struct
import zipfile
from itertools import pairwise

import pytest

from tests.end_to_end.running import partner, query
from warehouse.home import Home

Ring = list[tuple[float, float]]


def polygons(wkb: bytes) -> list[list[Ring]]:
    """The rings of the polygons of well-known binary, as the standard says (OGC 06-103r4)."""
    at = 0

    def read(kind: str) -> tuple[float, ...]:
        nonlocal at
        order = "<" if wkb[start] else ">"
        found = struct.unpack_from(order + kind, wkb, at)
        at += struct.calcsize(order + kind)
        return found

    def number() -> int:
        return int(read("I")[0])

    def polygon() -> list[Ring]:
        return [[(x, y) for x, y in (read("2d") for _ in range(number()))] for _ in range(number())]

    found = []
    start, at = at, at + 1
    shape = number()
    if shape == 3:
        found.append(polygon())
    else:
        assert shape == 6
        for _ in range(number()):
            start, at = at, at + 1
            assert number() == 3
            found.append(polygon())
    assert at == len(wkb)
    return found


def square_degrees(parts: list[list[Ring]]) -> float:
    """The area within the outer rings less that of the holes, by the shoelace formula."""
    total = 0.0
    for rings in parts:
        for position, ring in enumerate(rings):
            assert ring[0] == ring[-1]
            twice = sum(x * later_y - later_x * y for (x, y), (later_x, later_y) in pairwise(ring))
            total += abs(twice) / 2 * (-1 if position else 1)
    return total


def test_the_decoder_reads_holes_and_parts() -> None:
    square = struct.pack("<I8d", 4, 0, 0, 4, 0, 0, 4, 0, 0)
    hole = struct.pack(">I8d", 4, 1, 1, 2, 1, 1, 2, 1, 1)
    whole = b"\x01" + struct.pack("<II", 6, 1) + b"\x01" + struct.pack("<II", 3, 1) + square
    assert square_degrees(polygons(whole)) == 8
    with_hole = b"\x00" + struct.pack(">II", 3, 2) + struct.pack(">I8d", 4, 0, 0, 4, 0, 0, 4, 0, 0)
    assert square_degrees(polygons(with_hole + hole)) == 7.5


def test_an_lsoa_has_the_boundary_that_landed(demo_home: Home) -> None:
    [archived] = (demo_home.root / "archive/reference/boundary").glob("*.zip")
    given = {}
    with zipfile.ZipFile(archived) as files:
        for name in files.namelist():
            for feature in json.loads(files.read(name))["features"]:
                code = next(
                    value for key, value in feature["properties"].items() if key.endswith("CD")
                )
                shape = feature["geometry"]
                many = shape["type"] == "MultiPolygon"
                given[code] = [
                    [[(x, y) for x, y in ring] for ring in rings]
                    for rings in (shape["coordinates"] if many else [shape["coordinates"]])
                ]
    found = dict(
        partner(demo_home, "select area_code, geometry from marts.area where area_type = 'lsoa'")
    )
    assert found
    for code, wkb in found.items():
        assert polygons(wkb) == given[code], code
        assert square_degrees(polygons(wkb)) == pytest.approx(square_degrees(given[code]))
        assert square_degrees(polygons(wkb)) > 0


def test_every_value_finds_its_area_period_and_residents(demo_home: Home) -> None:
    assert partner(
        demo_home,
        """
        select
            count(*) filter (where area.area_code is null),
            count(*) filter (where period.period_start is null),
            count(*) filter (
                where
                    register.denominator_definition = 'Residents'
                    and value.denominator is distinct from population.population
            )
        from marts.indicator_value as value
        inner join marts.indicator as register using (indicator_id, indicator_version)
        left join marts.area using (area_type, area_code)
        left join marts.period using (period_type, period_start)
        left join marts.population
            on
                value.area_type = population.area_type
                and value.area_code = population.area_code
                and period.financial_year = population.period_label
        """,
    ) == [(0, 0, 0)]


def test_the_files_for_a_spreadsheet_are_the_summary(demo_home: Home) -> None:
    folder = demo_home.root / "published/current/tables"
    listed = json.loads((folder.parent / "manifest.json").read_text())["files"]
    found = {}
    for tier in ("partner", "public"):
        names, rows = set(), 0
        for path in (folder / tier / "indicator_summary").iterdir():
            assert f"tables/{tier}/indicator_summary/{path.name}" in listed
            if path.name == "columns.csv":
                continue
            for row in csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))):
                rows += 1
                names.add(row["indicator_id"])
        assert [(rows, len(names))] == query(
            folder.parent / f"{tier}.duckdb",
            "select count(*), count(distinct indicator_id) from marts.indicator_summary",
        )
        found[tier] = names
    assert {"street_burglary", "all_crime", "marac_cases"} <= found["partner"]
    # Of what partners sent too, but for what is only of small areas, of months or of no whole year.
    assert {"street_burglary", "all_crime", "marac_cases"} <= found["public"] <= found["partner"]


def test_the_public_tier_says_nothing_of_targets(demo_home: Home) -> None:
    public = demo_home.root / "published/current/public.duckdb"
    assert query(public, "select distinct target_status from marts.indicator_summary") == [(None,)]
    assert partner(
        demo_home, "select count(*) > 0 from marts.indicator_summary where target_status = 'met'"
    ) == [(True,)]
