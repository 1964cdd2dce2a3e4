"""The demo's extracts: the same on every run, in the official formats, with the traits promised."""

import csv
import hashlib
import io
import json
import os
import subprocess
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from warehouse.checking import check_file
from warehouse.contract import load_contract
from warehouse.demo.benchmark_files import C2_COLUMNS
from warehouse.demo.crime import ASB, KINDS, LEICESTERSHIRE, TRANSPORT, WARWICKSHIRE, months
from warehouse.demo.places import COUNTY, DISTRICTS, MAP, SmallArea, small_areas
from warehouse.demo.reference_files import population_by_year
from warehouse.demo.write import demo_files, write_demo
from warehouse.home import Home
from warehouse.settings import load_settings

STREET = "police/street_crime/"
Row = dict[str, str]
Landed = tuple[Home, list[str]]


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return demo_files()


@pytest.fixture(scope="module")
def street_rows(files: dict[str, bytes]) -> list[Row]:
    """Well-formed rows of the yearly archives, in order; those of the redelivery not included."""
    return [row for name in sorted(files) for row in _archive_rows(name, files[name])]


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Landed:
    """A home with the demo's extracts, and their names."""
    home = Home(tmp_path_factory.mktemp("landed") / "home")
    home.init()
    return home, write_demo(home)


def _archive_rows(name: str, content: bytes) -> Iterator[Row]:
    if not (name.startswith(STREET) and name.endswith("-03.zip")):
        return
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for member in archive.namelist():
            if member.endswith("-street.csv"):
                text = archive.read(member).decode()
                for row in csv.DictReader(io.StringIO(text)):
                    if None not in row and None not in row.values():
                        yield row


def _sheet(content: bytes, name: str) -> list[tuple[object, ...]]:
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
    return list(book[name].iter_rows(values_only=True))


def _csv(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_the_same_bytes_come_out_in_another_process(files: dict[str, bytes]) -> None:
    program = (
        "import hashlib; from warehouse.demo.write import demo_files\n"
        "for name, content in demo_files().items():\n"
        "    print(name, hashlib.sha256(content).hexdigest())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONHASHSEED": "1"},
    )
    here = [f"{name} {hashlib.sha256(content).hexdigest()}" for name, content in files.items()]
    assert done.stdout.splitlines() == here


def test_files_are_landed_whole_private_and_in_order(landed: Landed) -> None:
    home, names = landed
    paths = [home.landing / name for name in names]
    assert {path for path in home.landing.rglob("*") if path.is_file()} == set(paths)
    assert all(path.stat().st_mode & 0o077 == 0 for path in paths)
    times = [path.stat().st_mtime for path in paths]
    assert times == sorted(set(times))
    # a file younger than this would make the night wait to see whether it still grows
    assert times[-1] < time.time() - load_settings(home).settle_seconds


def test_five_financial_years_of_every_type(street_rows: list[Row]) -> None:
    assert 60_000 <= len(street_rows) <= 90_000
    assert len(months()) == 60
    seen = {(row["Month"], row["Crime type"]) for row in street_rows}
    common = [kind.name for kind in KINDS if kind.rate > 1]
    assert seen >= {(month, name) for month in months() for name in common}
    assert {name for _, name in seen if name} == {kind.name for kind in KINDS}
    assert {row["Falls within"] for row in street_rows} == {
        LEICESTERSHIRE,
        WARWICKSHIRE,
        TRANSPORT,
    }


def test_only_anti_social_behaviour_and_the_transport_police_have_no_id(
    street_rows: list[Row],
) -> None:
    for row in street_rows:
        exempt = row["Crime type"] == ASB or row["Falls within"] == TRANSPORT
        # the broken row without a crime type keeps whatever it had
        assert (row["Crime ID"] == "") == exempt or row["Crime type"] == ""


def test_a_dozen_crimes_are_published_twice_with_another_outcome(street_rows: list[Row]) -> None:
    ids = Counter(row["Crime ID"] for row in street_rows if row["Crime ID"])
    repeated = {crime_id for crime_id, count in ids.items() if count > 1}
    assert len(repeated) == 12
    for crime_id in repeated:
        first, again = (row for row in street_rows if row["Crime ID"] == crime_id)
        assert first["Month"] < again["Month"]
        assert first["Last outcome category"] != again["Last outcome category"]


def test_some_rows_have_no_place_and_many_in_march_2020(street_rows: list[Row]) -> None:
    def share(rows: list[Row]) -> float:
        return sum(not row["LSOA code"] for row in rows) / len(rows)

    march = [row for row in street_rows if row["Month"] == "2020-03"]
    others = [row for row in street_rows if row["Month"] != "2020-03"]
    assert 0.01 < share(others) < 0.03
    assert 0.08 < share(march) < 0.16


def test_types_rise_fall_and_stay(street_rows: list[Row]) -> None:
    first = Counter(r["Crime type"] for r in street_rows if r["Month"] < "2017-04")
    last = Counter(r["Crime type"] for r in street_rows if r["Month"] > "2020-03")
    change = {name: last[name] / first[name] - 1 for name in first}
    assert change["Public order"] > 0.4
    assert change[ASB] < -0.2
    assert abs(change["Shoplifting"]) < 0.15


def test_fosse_park_leads_blaby_for_shoplifting(street_rows: list[Row]) -> None:
    areas = {area.code: area for area in small_areas()}
    counts = Counter(
        row["LSOA code"]
        for row in street_rows
        if row["Crime type"] == "Shoplifting" and row["LSOA code"]
    )
    blaby = [code for code, _ in counts.most_common() if areas[code].district_name == "Blaby"]
    assert areas[blaby[0]].local_name == "Fosse Park"


def test_populations_agree_between_the_two_files() -> None:
    areas = small_areas()
    for code in {area.district_code for area in areas}:
        total = sum(area.population for area in areas if area.district_code == code)
        assert population_by_year(areas, code)[2018] == total


def test_components_of_change_add_up(files: dict[str, bytes]) -> None:
    header, *rows = _csv(files["reference/district_population/MYEB3_LAD_2001-2019.csv"])
    assert len(header) == 202
    for cells in rows:
        row = dict(zip(header, cells, strict=True))
        for year in range(2002, 2020):
            parts = ("natchange", "internal_net", "international_net", "other_change")
            growth = sum(int(row[f"{part}_{year}"]) for part in parts)
            assert int(row[f"population_{year}"]) - int(row[f"population_{year - 1}"]) == growth


def test_areas_tile_the_map_and_neighbours_share_their_edges() -> None:
    areas = small_areas()
    assert len({area.code for area in areas}) == len(areas) == 102
    edges = Counter(
        frozenset(pair) for area in areas for pair in zip(area.ring, area.ring[1:], strict=False)
    )
    assert set(edges.values()) == {1, 2}
    cells = {(r, c) for r, line in enumerate(MAP) for c, mark in enumerate(line) if mark != "."}
    touching = sum(((r, c + 1) in cells) + ((r + 1, c) in cells) for r, c in cells)
    # an edge of a cell is two stretches of outline, because its middle is a point too
    assert sum(count == 2 for count in edges.values()) == 2 * touching


def test_incidents_lie_inside_the_bounds_of_their_area(street_rows: list[Row]) -> None:
    areas: dict[str, SmallArea] = {area.code: area for area in small_areas()}
    for row in street_rows:
        if row["LSOA code"]:
            ring = areas[row["LSOA code"]].ring
            longitudes, latitudes = zip(*ring, strict=True)
            assert min(longitudes) < float(row["Longitude"]) < max(longitudes)
            assert min(latitudes) < float(row["Latitude"]) < max(latitudes)


def test_the_county_has_twenty_areas_in_blaby_and_eleven_or_so_elsewhere() -> None:
    counts = Counter("".join(MAP).replace(".", ""))
    assert counts["B"] == 20
    assert all(10 <= counts[mark] <= 12 for mark in COUNTY if mark != "B")
    assert [DISTRICTS[mark][0] for mark in COUNTY] == [f"E070001{n}" for n in range(29, 36)]


def test_workbooks_open_in_a_spreadsheet_library(files: dict[str, bytes]) -> None:
    density = "lsoa_population/SAPE21DT11-mid-2018-lsoa-population-density.xlsx"
    rows = _sheet(files[f"reference/{density}"], "Mid-2018 Population Density")
    assert rows[4][:3] == ("Code", "Name", "Mid-2018 population")
    assert len(rows) == 5 + 102
    imd = "deprivation/File_1_-_IMD2019_Index_of_Multiple_Deprivation.xlsx"
    ranks = _sheet(files[f"reference/{imd}"], "IMD2019")
    assert ranks[0][4] == "Index of Multiple Deprivation (IMD) Rank"
    assert all(1 <= int(str(row[5])) <= 10 for row in ranks[1:])


def test_table_c2_totals_are_the_sums_of_their_partnerships(files: dict[str, bytes]) -> None:
    name = "reference/recorded_crime_benchmark/policeforceareatablesyemar21.csv"
    header, *rows = _csv(files[name])[7:]
    assert tuple(header[6:]) == C2_COLUMNS
    for force in ("Leicestershire", "Warwickshire"):
        numbers = [int(r[6].replace(",", "")) for r in rows if r[1] == force]
        assert numbers[0] == sum(numbers[1:])


@pytest.mark.real_archive
def test_headers_are_those_of_the_real_files(files: dict[str, bytes], shared: Path) -> None:
    """The publisher's header, line for line, wherever a published file is at hand."""
    real = shared / "data" / "reference"
    same = {
        "lsoa_lookup/LSOA11_LSOA21_LAD22.csv": ("LSOA11_LSOA21_LAD22.csv", 0),
        "csp_lookup/LAD_CSP_PFA_2017-01.csv": ("LAD_CSP_PFA_2017-01_v2.csv", 0),
        "district_population/MYEB3_LAD_2001-2019.csv": ("MYEB3_LAD_2001-2019.csv", 0),
        "deprivation/imd2010_on_lsoa2011.csv": ("imd2010_on_lsoa2011.csv", 0),
        "recorded_crime_benchmark/rec-crime-pfa.csv": ("rec-crime-pfa.csv", 0),
        "recorded_crime_benchmark/policeforceareatablesyemar21.csv": (
            "policeforceareatablesyejune25final.csv",
            7,
        ),
    }
    for ours, (theirs, record) in same.items():
        published = _csv((real / theirs).read_bytes())[record]
        assert _csv(files[f"reference/{ours}"])[record] == published, ours
    with zipfile.ZipFile(real / "boundaries" / "lsoa11.zip") as archive:
        published = json.loads(archive.read("lsoa11/E07000129.geojson"))["features"][0]
    with zipfile.ZipFile(io.BytesIO(files["reference/boundary/lsoa11.zip"])) as archive:
        feature = json.loads(archive.read("lsoa11/E07000129.geojson"))["features"][0]
    assert set(feature["properties"]) <= set(published["properties"])
    street = shared / "data" / "police-street" / "leicestershire-2018-10-to-2021-09.zip"
    with zipfile.ZipFile(street) as archive:
        line = archive.read("2018-10/2018-10-leicestershire-street.csv").split(b"\n", 1)[0]
    with zipfile.ZipFile(io.BytesIO(files[f"{STREET}2018-04-to-2019-03.zip"])) as archive:
        ours_line = archive.read("2018-10/2018-10-leicestershire-street.csv").split(b"\n", 1)[0]
    assert ours_line.strip() == line.strip()


def test_every_file_keeps_its_contract_but_the_ones_meant_to_break_it(landed: Landed) -> None:
    home, names = landed
    broken: dict[str, tuple[list[tuple[int, str | None]], list[str | None]]] = {}
    accepted: Counter[str] = Counter()
    for name in names:
        partner, feed, file_name = name.split("/")
        report = check_file(home.landing / name, load_contract(f"{partner}/{feed}"))
        accepted[feed] += sum(file.accepted for file in report.files)
        refused = [file.refused.column for file in report.files if file.refused]
        if report.rejects or refused:
            broken[file_name] = ([(r.line, r.column) for r in report.rejects], refused)
    assert broken == {
        "2018-04-to-2019-03.zip": ([(101, None), (201, None), (301, "Crime type")], []),
        "2021-02-warwickshire-street.csv": ([], ["Falls within"]),
    }
    assert accepted["lsoa_population"] == accepted["boundary"] == 102
    assert accepted["district_population"] == accepted["csp_lookup"] == len(DISTRICTS)


def test_archives_hold_members_that_are_not_street_files(landed: Landed) -> None:
    home, _ = landed
    archive = home.landing / STREET / "2016-04-to-2017-03.zip"
    report = check_file(archive, load_contract("police/street_crime"))
    assert report.passed_over == [
        "2016-04-to-2017-03.zip/2017-03/2017-03-leicestershire-outcomes.csv"
    ]
