"""The demo's extracts: the same on every run, in the official formats, with the traits promised.

Its figures are counted by the night on it, and what breaks a contract is found there:
tests/end_to_end/test_assessment.py and test_demo_night.py.
"""

import csv
import hashlib
import io
import json
import os
import random
import subprocess
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import yaml

from demo.county import load, names
from demo.marac import hearings, marac_files
from demo.places import small_areas
from demo.seasons import DISPERSION_OF_PLACES, event_days
from demo.street_crime import REPUBLISHED
from demo.street_files import ARCHIVE
from demo.write import write_demo
from warehouse.contract import load_contract, load_contracts
from warehouse.home import CSP_YML, Home
from warehouse.ingest.checking import check_file
from warehouse.settings import load_settings

STREET = "police/street_crime/"
Row = dict[str, str]
Landed = tuple[Home, list[str]]


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Landed:
    """A home with the demo's extracts, and their names."""
    home = Home(tmp_path_factory.mktemp("landed") / "home")
    home.init()
    return home, write_demo(home)


@pytest.fixture(scope="module")
def files(landed: Landed) -> dict[str, bytes]:
    """Every extract by its path below `landing/`."""
    home, names = landed
    return {name: (home.landing / name).read_bytes() for name in names}


def _archive_rows(content: bytes) -> Iterator[Row]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for member in archive.namelist():
            if member.endswith("-street.csv"):
                text = archive.read(member).decode()
                for row in csv.DictReader(io.StringIO(text)):
                    if None not in row and None not in row.values():
                        yield row


def _csv(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


HASHES = """
import hashlib
from demo.write import demo_files
for name, content in demo_files().items():
    print(hashlib.sha256(content).hexdigest(), name)
"""


def test_the_same_bytes_come_out_in_another_process(files: dict[str, bytes]) -> None:
    """Also under another seed of Python's own hashes."""
    done = subprocess.run(
        [sys.executable, "-c", HASHES],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "1"},
    )
    assert done.stdout.splitlines() == [
        f"{hashlib.sha256(content).hexdigest()} {name}" for name, content in files.items()
    ]


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
    assert feeds == set(load_contracts())


def test_ten_times_the_events_have_identifiers_of_their_own() -> None:
    """On one file of each way of writing; the others are written by the same code."""
    county = load()
    once = marac_files(county, hearings(county))
    thrice = marac_files(county, hearings(county), scale=3)
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


def test_a_few_crimes_are_published_twice_with_another_outcome(files: dict[str, bytes]) -> None:
    versions: dict[str, list[Row]] = {}
    for row in _archive_rows(files[STREET + ARCHIVE]):
        versions.setdefault(row["Crime ID"], []).append(row)
    repeated = [rows for crime_id, rows in versions.items() if crime_id and len(rows) > 1]
    assert len(repeated) == REPUBLISHED
    for first, again in repeated:
        assert first["Month"] < again["Month"]
        assert first["Last outcome category"] != again["Last outcome category"]


def test_months_of_a_place_are_dispersed_and_take_one_number_an_event() -> None:
    """What is drawn after the days does not hang on them: it keeps the demo's places and totals."""
    places = [f"E{number:03d}" for number in range(200) for _ in range(36)]
    rng, other = random.Random(7), random.Random(7)
    days = event_days(rng, 2010, places, "level")
    [other.random() for _ in places]
    assert rng.random() == other.random()
    assert event_days(random.Random(7), 2010, places, "level") == days
    months = Counter(zip(places, (day[:7] for day in days), strict=True))
    of_month = Counter(day[:7] for day in days)
    chi_square = sum(
        (months[place, month] - count / 200) ** 2 / (count / 200)
        for place in set(places)
        for month, count in of_month.items()
    )
    assert abs(chi_square / (199 * 11) - DISPERSION_OF_PLACES) < 0.15


@pytest.mark.parametrize("name", names())
def test_areas_tile_the_map_and_neighbours_share_their_edges(name: str) -> None:
    county = load(name)
    areas = small_areas(county)
    drawn = county.facts.map.rows
    assert len({area.code for area in areas}) == len(areas)
    assert len(areas) == sum(mark != "." for line in drawn for mark in line)
    assert len({len(line) for line in drawn}) == 1
    edges = Counter(
        frozenset(pair) for area in areas for pair in zip(area.ring, area.ring[1:], strict=False)
    )
    assert set(edges.values()) == {1, 2}
    cells = {(r, c) for r, line in enumerate(drawn) for c, mark in enumerate(line) if mark != "."}
    touching = sum(((r, c + 1) in cells) + ((r + 1, c) in cells) for r, c in cells)
    # an edge of a cell is two stretches of outline, because its middle is a point too
    assert sum(count == 2 for count in edges.values()) == 2 * touching


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


def test_corrections_change_reclassify_cancel_move_and_arrive_late(files: dict[str, bytes]) -> None:
    """Between the first extract that has a crime and the last, one thing of it changes."""
    versions: dict[str, list[tuple[str, Row]]] = {}
    for name, content in files.items():
        if "police/recorded_crime/" in name and ("2010-" in name or "2011-" in name):
            header, *rows = _csv(content)
            for cells in rows:
                if len(cells) == len(header):
                    row = dict(zip(header, cells, strict=True))
                    versions.setdefault(row.pop("crime_ref"), []).append((name, row))
    changed: Counter[str] = Counter()
    late = 0
    for reference, sent in versions.items():
        (first_name, first), (_, last) = sent[0], sent[-1]
        if reference:
            changed.update(column for column in first if first[column] != last[column])
        # sent once, by a file that begins after the month of the record
        late += len(sent) == 1 and first_name[-11:-4] > first["recorded_date"][:7]
    for column in ("offence_code", "cancelled_date", "recorded_date", "lsoa_code", "alcohol_flag"):
        assert changed[column] >= 5, column
    assert late >= 10


def test_extracts_differ_in_encoding_line_ends_marks_and_lines_before_the_header(
    files: dict[str, bytes],
) -> None:
    crimes = [files[name] for name in files if name.startswith("police/recorded_crime/")]
    first, second, third, fourth, *_ = crimes
    with pytest.raises(UnicodeDecodeError):
        first.decode("utf-8")
    assert second.startswith(b"\xef\xbb\xbf")
    assert second.count(b"\r\n") == second.count(b"\n")
    assert not third.startswith(b"crime_ref")
    assert b"crime_ref" in third.splitlines()[0]
    assert fourth.endswith(b"\n\n")


def test_crimes_have_minutes_intervals_long_intervals_dates_alone_and_no_times(
    files: dict[str, bytes],
) -> None:
    """An interval ends by the day of recording; weekend nights have twice their share."""
    header, *rows = _csv(files["police/recorded_crime/recorded_crime_2007-04_to_2008-03.csv"])
    crimes = [dict(zip(header, row, strict=True)) for row in rows]
    found: Counter[str] = Counter()
    for crime in crimes:
        first, last = crime["committed_from"], crime["committed_to"]
        assert max(first, last)[:10] <= crime["recorded_date"]
        assert not last or first <= last
        if len(first) < 12:
            found["date alone" if first else "none"] += 1
        elif last in ("", first):
            found["minute"] += 1
        else:
            length = datetime.fromisoformat(last) - datetime.fromisoformat(first)
            found["interval" if length <= timedelta(days=1) else "long interval"] += 1
    assert min(found.values()) > len(crimes) / 200
    assert set(found) == {"none", "date alone", "minute", "interval", "long interval"}
    nights: Counter[bool] = Counter()
    for crime in crimes:
        if crime["offence_code"] == "8G" and len(crime["committed_from"]) > 12:
            before = datetime.fromisoformat(crime["committed_from"]) - timedelta(hours=5)
            nights[before.weekday() in (4, 5) and before.hour >= 16] += 1
    # sixteen hours of the 168 without them; domestic ones are as frequent at any hour
    assert nights[True] / nights.total() > 2 * 16 / 168
