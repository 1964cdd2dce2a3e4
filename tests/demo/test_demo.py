"""The demo's extracts: the same on every run, in the official formats, with the traits promised."""

import csv
import io
import json
import os
import subprocess
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import openpyxl
import pytest
import yaml

from demo.benchmark_files import C2_COLUMNS
from demo.marac import hearings, marac_files
from demo.places import BLABY, DISTRICTS, MAP, SmallArea, named, small_areas
from demo.reference_files import population_by_year
from demo.street_crime import (
    ASB,
    KINDS,
    LEICESTERSHIRE,
    MONTHS,
    REPUBLISHED,
    TRANSPORT,
    WARWICKSHIRE,
)
from demo.street_files import ARCHIVE, LATE_RECORDS, REDELIVERED
from tests.demo import demo_extracts
from warehouse.contract import load_contract, load_contracts
from warehouse.home import CSP_YML, Home
from warehouse.ingest.checking import check_file
from warehouse.settings import load_settings

STREET = "police/street_crime/"
MOST_SECONDS = 30
"""Generous: writing takes about 8 s of processor time (November 2026)."""
LONG, SOME_LINES = 2_000_000, 4_000
Row = dict[str, str]
Landed = tuple[Home, list[str]]


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return demo_extracts.files()


@pytest.fixture(scope="module")
def street_rows(files: dict[str, bytes]) -> list[Row]:
    """Well-formed rows of the archive, in order; those of the redelivery not included."""
    return list(_archive_rows(files[STREET + ARCHIVE]))


WRITE = """
import sys, time
from pathlib import Path
from demo.write import write_demo
from warehouse.home import Home
home = Home(Path(sys.argv[1]))
home.init()
print(*write_demo(home), time.process_time(), sep="\\n")
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, list[str], float]:
    """A home to which another process wrote, the extracts' names, its seconds on the processor."""
    root = tmp_path_factory.mktemp("landed") / "home"
    with subprocess.Popen(
        [sys.executable, "-c", WRITE, str(root)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONHASHSEED": "1"},
    ) as process:
        demo_extracts.files()  # meanwhile
        output, _ = process.communicate()
    assert process.returncode == 0
    *names, seconds = output.splitlines()
    return Home(root), names, float(seconds)


@pytest.fixture(scope="module")
def landed(written: tuple[Home, list[str], float]) -> Landed:
    """A home with the demo's extracts, and their names."""
    return written[:2]


def _archive_rows(content: bytes) -> Iterator[Row]:
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


def test_the_same_bytes_come_out_in_another_process(
    landed: Landed, files: dict[str, bytes]
) -> None:
    home, names = landed
    assert names == list(files)
    for name, content in files.items():
        assert (home.landing / name).read_bytes() == content, name


def test_writing_takes_a_few_seconds(written: tuple[Home, list[str], float]) -> None:
    assert written[2] < MOST_SECONDS


def test_files_are_landed_whole_private_and_in_order(landed: Landed) -> None:
    home, names = landed
    paths = [home.landing / name for name in names]
    assert {path for path in home.landing.rglob("*") if path.is_file()} == set(paths)
    assert all(path.stat().st_mode & 0o077 == 0 for path in paths)
    times = [path.stat().st_mtime for path in paths]
    assert times == sorted(set(times))
    # a file younger than this would make the night wait to see whether it still grows
    assert times[-1] < time.time() - load_settings(home).settle_seconds


def test_every_feed_has_files(files: dict[str, bytes]) -> None:
    feeds = {name.rpartition("/")[0] for name in files}
    # a colleague writes the assessment's figures; they land once they are there
    assert feeds | {"partnership/published_figure"} == set(load_contracts())


def test_ten_times_the_events_have_identifiers_of_their_own(files: dict[str, bytes]) -> None:
    """On one file of each way of writing; the others are written by the same code."""
    once, thrice = marac_files(hearings()), marac_files(hearings(), scale=3)
    name = "hearing_2009-04_to_2010-03.csv"
    (header, *rows), (same_header, *more) = _csv(once[name]), _csv(thrice[name])
    assert header == same_header
    assert more[::3] == rows
    assert len({row[0] for row in more}) == len(more) == 3 * len(rows)
    assert [row[3:] for row in more[1::3]] == [row[3:] for row in rows]


def test_the_most_similar_group_is_named_unless_the_settings_name_one(landed: Landed) -> None:
    home, _ = landed
    settings = load_settings(home)
    assert list(settings.most_similar_group) == ["E07000130", "E07000132", "E07000134"]
    written = home.csp_yml.read_text()
    assert yaml.safe_load(written) == {
        **yaml.safe_load(CSP_YML),
        "most_similar_group": list(settings.most_similar_group),
    }
    assert "a real group lies across England" in written


def test_four_months_of_every_type_of_that_time(street_rows: list[Row]) -> None:
    seen = {(row["Month"], row["Crime type"]) for row in street_rows if row["Crime type"]}
    assert seen == {(month, kind.name) for month in MONTHS for kind in KINDS}
    assert MONTHS == ("2010-12", "2011-01", "2011-02", "2011-03")
    assert {row["Falls within"] for row in street_rows} == {
        LEICESTERSHIRE,
        WARWICKSHIRE,
        TRANSPORT,
    }
    assert 10_000 < len(street_rows) < 40_000


def test_only_anti_social_behaviour_and_the_transport_police_have_no_id(
    street_rows: list[Row],
) -> None:
    for row in street_rows:
        exempt = row["Crime type"] == ASB or row["Falls within"] == TRANSPORT
        # the broken row without a crime type keeps whatever it had
        assert (row["Crime ID"] == "") == exempt or row["Crime type"] == ""


def test_a_few_crimes_are_published_twice_with_another_outcome(street_rows: list[Row]) -> None:
    ids = Counter(row["Crime ID"] for row in street_rows if row["Crime ID"])
    repeated = {crime_id for crime_id, count in ids.items() if count > 1}
    assert len(repeated) == REPUBLISHED
    for crime_id in repeated:
        first, again = (row for row in street_rows if row["Crime ID"] == crime_id)
        assert first["Month"] < again["Month"]
        assert first["Last outcome category"] != again["Last outcome category"]


def test_some_rows_have_no_place_and_many_in_march_2011(street_rows: list[Row]) -> None:
    def share(rows: list[Row]) -> float:
        return sum(not row["LSOA code"] for row in rows) / len(rows)

    march = [row for row in street_rows if row["Month"] == "2011-03"]
    others = [row for row in street_rows if row["Month"] != "2011-03"]
    assert 0.01 < share(others) < 0.03
    assert 0.08 < share(march) < 0.16


def test_a_month_is_delivered_again_with_late_records(files: dict[str, bytes]) -> None:
    month, _ = REDELIVERED
    name = f"{month}-leicestershire-street.csv"
    with zipfile.ZipFile(io.BytesIO(files[STREET + ARCHIVE])) as archive:
        first = _csv(archive.read(f"{month}/{name}"))
    again = _csv(files[STREET + name])
    assert again[: len(first)] == first
    assert len(again) - len(first) == LATE_RECORDS


def test_populations_agree_between_the_two_files() -> None:
    areas = small_areas()
    for code in {area.district_code for area in areas}:
        total = sum(area.population for area in areas if area.district_code == code)
        assert population_by_year(areas, code)[2010] == total


def test_components_of_change_add_up(files: dict[str, bytes]) -> None:
    header, *rows = _csv(files["reference/district_population/MYEB3_LAD_2001-2011.csv"])
    assert len(header) == 4 + 11 * 10
    for cells in rows:
        row = dict(zip(header, cells, strict=True))
        for year in range(2002, 2012):
            parts = ("natchange", "internal_net", "international_net", "other_change")
            growth = sum(int(row[f"{part}_{year}"]) for part in parts)
            assert int(row[f"population_{year}"]) - int(row[f"population_{year - 1}"]) == growth


def test_areas_tile_the_map_and_neighbours_share_their_edges() -> None:
    areas = small_areas()
    assert len({area.code for area in areas}) == len(areas) == 411
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


def test_districts_have_about_as_many_areas_as_in_life() -> None:
    counts = Counter("".join(MAP).replace(".", ""))
    assert counts == {
        "B": 60, "C": 100, "A": 47, "H": 66, "M": 30, "N": 57, "O": 36, "L": 10, "R": 5,
    }  # fmt: skip


def test_no_area_of_blaby_is_in_englands_most_deprived_fifth(files: dict[str, bytes]) -> None:
    imd = "reference/deprivation/File_1_-_IMD2019_Index_of_Multiple_Deprivation.xlsx"
    of_2019 = [row[5] for row in _sheet(files[imd], "IMD2019")[1:] if row[2] == BLABY]
    mine = {area.code for area in small_areas() if area.district_code == BLABY}
    _, *rows = _csv(files["reference/deprivation/imd2010_on_lsoa2011.csv"])
    of_2010 = [int(row[3]) for row in rows if row[0] in mine]
    assert len(of_2010) == len(of_2019) == 60
    assert min(of_2010) == 2
    assert min(int(str(decile)) for decile in of_2019) >= 3


def test_places_that_the_assessment_names_lie_in_blaby() -> None:
    for name in (
        "Fosse Park",
        "Thorpe Astley South & Meridian Business Park",
        "Winstanley Community College",
        "Braunstone Town Henley Crescent",
        "Blaby North",
    ):
        assert named(name).district_code == BLABY
    local = [a for a in small_areas() if a.district_code == BLABY and a.local_name]
    assert len(local) >= 17


def test_city_living_is_in_blaby_and_in_the_countys_towns(files: dict[str, bytes]) -> None:
    [name] = [name for name in files if name.startswith("reference/output_area_class/")]
    header, *rows = _csv(files[name])
    assert header == ["lsoa_code", "class_version", "class_code", "class_name"]
    assert {row[1] for row in rows} == {"2001"}
    assert {row[2] for row in rows} == set("1234567")
    living = {row[0] for row in rows if row[3] == "City Living"}
    homes = {area.code: area for area in small_areas()}
    assert named("Fosse Park").code in living
    assert sum(homes[code].district_code == BLABY for code in living) >= 3
    assert {homes[c].code for c in homes if homes[c].character == "town centre"} <= living


def test_workbooks_open_in_a_spreadsheet_library(files: dict[str, bytes]) -> None:
    density = "lsoa_population/SAPE13DT11-mid-2010-lsoa-population-density.xlsx"
    rows = _sheet(files[f"reference/{density}"], "Mid-2010 Population Density")
    assert rows[4][:3] == ("Code", "Name", "Mid-2010 population")
    assert len(rows) == 5 + 411
    imd = "deprivation/File_1_-_IMD2019_Index_of_Multiple_Deprivation.xlsx"
    ranks = _sheet(files[f"reference/{imd}"], "IMD2019")
    assert ranks[0][4] == "Index of Multiple Deprivation (IMD) Rank"
    assert all(1 <= int(str(row[5])) <= 10 for row in ranks[1:])


def test_table_c2_totals_are_the_sums_of_their_partnerships(files: dict[str, bytes]) -> None:
    name = "reference/recorded_crime_benchmark/policeforceareatablesyemar11.csv"
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
        "district_population/MYEB3_LAD_2001-2011.csv": ("MYEB3_LAD_2001-2019.csv", 0),
        "deprivation/imd2010_on_lsoa2011.csv": ("imd2010_on_lsoa2011.csv", 0),
        "recorded_crime_benchmark/rec-crime-pfa.csv": ("rec-crime-pfa.csv", 0),
        "recorded_crime_benchmark/policeforceareatablesyemar11.csv": (
            "policeforceareatablesyejune25final.csv",
            7,
        ),
    }
    for ours, (theirs, record) in same.items():
        published = _csv((real / theirs).read_bytes())[record]
        header = _csv(files[f"reference/{ours}"])[record]
        # the series of populations ends in 2011 here
        assert header == published[: len(header)], ours
        assert len(header) == len(published) or "MYEB3" in ours
    with zipfile.ZipFile(real / "boundaries" / "lsoa11.zip") as archive:
        published = json.loads(archive.read("lsoa11/E07000129.geojson"))["features"][0]
    with zipfile.ZipFile(io.BytesIO(files["reference/boundary/lsoa11.zip"])) as archive:
        feature = json.loads(archive.read("lsoa11/E07000129.geojson"))["features"][0]
    assert set(feature["properties"]) <= set(published["properties"])
    street = shared / "data" / "police-street" / "leicestershire-2018-10-to-2021-09.zip"
    with zipfile.ZipFile(street) as archive:
        line = archive.read("2018-10/2018-10-leicestershire-street.csv").split(b"\n", 1)[0]
    with zipfile.ZipFile(io.BytesIO(files[STREET + ARCHIVE])) as archive:
        ours_line = archive.read("2011-03/2011-03-leicestershire-street.csv").split(b"\n", 1)[0]
    assert ours_line.strip() == line.strip()


def _beginning(path: Path, scratch: Path) -> Path:
    """The file, or the first lines of a long CSV: history by the year is alike throughout."""
    if path.suffix != ".csv" or path.stat().st_size < LONG:
        return path
    lines = path.read_bytes().splitlines(keepends=True)
    shortened = scratch / path.parent.name / path.name
    shortened.parent.mkdir(exist_ok=True)
    shortened.write_bytes(b"".join(lines[:SOME_LINES]))
    return shortened


def test_every_file_keeps_its_contract_but_the_ones_meant_to_break_it(
    landed: Landed, tmp_path: Path
) -> None:
    home, names = landed
    broken: dict[str, tuple[list[tuple[int, str | None]], list[str | None]]] = {}
    accepted: Counter[str] = Counter()
    encodings: dict[str, str | None] = {}
    paths = [_beginning(home.landing / name, tmp_path) for name in names]
    contracts = [load_contract(name.rpartition("/")[0]) for name in names]
    with ThreadPoolExecutor() as pool:
        reports = list(pool.map(check_file, paths, contracts))
    for name, report in zip(names, reports, strict=True):
        _, feed, file_name = name.split("/")
        accepted[feed] += sum(file.accepted for file in report.files)
        encodings[file_name] = report.files[0].encoding
        refused = [file.refused.column for file in report.files if file.refused]
        if report.rejects or refused:
            broken[f"{feed}/{file_name}"] = (
                [(r.line, r.column) for r in report.rejects],
                refused,
            )
    ragged = [(101, None), (201, None), (301, "Crime type")]
    assert broken.pop(f"street_crime/{ARCHIVE}") == (ragged, [])
    assert broken.pop(f"street_crime/{ARCHIVE.replace('.zip', '-sent-again.zip')}") == (ragged, [])
    assert broken.pop("street_crime/2011-02-warwickshire-street.csv") == ([], ["Falls within"])
    assert broken.pop("incident/incident_2010-12-with-notes.csv") == ([], ["column 8"])
    # a wrong number of fields, a required field missing or unreadable, a repeated key
    assert {name: [column for _, column in rows] for name, (rows, _) in broken.items()} == {
        "recorded_crime/recorded_crime_2010-07.csv": ["crime_ref"],
        "recorded_crime/recorded_crime_2010-10.csv": [
            None, None, "offence_code", "recorded_date", "recorded_date", "crime_ref",
        ],
        "incident/incident_2010-08.csv": [
            "category", "category", None, "created_at", "incident_no",
        ],
        "report/report_2010-07_to_2010-09.csv": ["district_code", "source", None],
        "hearing/hearing_2010-04_to_2011-03.csv": ["victim_id", None],
        "incident/incident_2010-04_to_2011-03.csv": ["incident_class", "call_at", None],
        "asb_report/asb_report_2010-04_to_2011-03.csv": ["district_code", "report_id"],
        "caseload/caseload_2010-04_to_2011-03.csv": ["reoffended", "offender_id"],
        "disposal/disposal_2010-10_to_2010-12.csv": ["young_person_id", "tier", "court_conviction"],
    }  # fmt: skip
    assert accepted["lsoa_population"] == accepted["boundary"] == 411
    assert accepted["district_population"] == accepted["csp_lookup"] == len(DISTRICTS)
    assert {name for name, encoding in encodings.items() if encoding == "windows-1252"} == {
        "recorded_crime_2006-04_to_2007-03.csv",
    }


def test_the_same_extract_lands_twice(files: dict[str, bytes]) -> None:
    contents: dict[bytes, list[str]] = {}
    for name, content in files.items():
        contents.setdefault(content, []).append(name.rpartition("/")[2])
    assert sorted(names for names in contents.values() if len(names) > 1) == [
        [ARCHIVE, ARCHIVE.replace(".zip", "-sent-again.zip")],
        ["recorded_crime_2010-09.csv", "recorded_crime_2010-09-again.csv"],
    ]


def test_archives_hold_members_that_are_not_street_files(landed: Landed) -> None:
    home, _ = landed
    report = check_file(home.landing / STREET / ARCHIVE, load_contract("police/street_crime"))
    assert report.passed_over == [f"{ARCHIVE}/2011-03/2011-03-leicestershire-outcomes.csv"]


def test_dates_and_times_are_written_in_three_ways(files: dict[str, bytes]) -> None:
    """ISO mostly, dd/mm/yyyy by fire service, councils and youth service, dd-mm-yyyy by MARAC."""
    for name, column, form in (
        ("fire/incident/incident_2010-04_to_2011-03.csv", "call_at", "%d/%m/%Y %H:%M"),
        ("youth/disposal/disposal_2010-04_to_2010-06.csv", "disposal_date", "%d/%m/%Y"),
        ("marac/hearing/hearing_2008-04_to_2009-03.csv", "hearing_date", "%d-%m-%Y"),
        ("police/incident/incident_2010-04.csv", "created_at", "%Y-%m-%d %H:%M"),
    ):
        header, first, *_ = _csv(files[name])
        assert time.strptime(first[header.index(column)], form)


def test_categories_are_now_and_then_written_in_another_case(files: dict[str, bytes]) -> None:
    for name, column in (
        ("police/incident/incident_2010-04.csv", "category"),
        ("council/asb_report/asb_report_2010-04_to_2011-03.csv", "category"),
        ("hate/report/report_2010-04_to_2010-06.csv", "source"),
    ):
        header, *rows = _csv(files[name])
        written = {row[header.index(column)] for row in rows}
        assert len({word.casefold() for word in written}) < len(written), name
