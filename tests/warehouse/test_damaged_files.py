"""One bad file never stops the others: it is refused alone, with a sentence, within bounds."""

import contextlib
import gzip
import io
import itertools
import json
import os
import struct
import zipfile
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.warehouse.reading_helpers import keyed, read_bytes
from tests.warehouse.street_files import (
    FEED,
    audit,
    land,
    member,
    night,
    row,
    street_csv,
    street_zip,
)
from warehouse import ddl
from warehouse.contract import load_contract
from warehouse.errors import FileRefused, RunFailed
from warehouse.faults import refusing
from warehouse.home import Home
from warehouse.ingest import loading
from warehouse.reading import cells, records, textfile
from warehouse.reading.workbook import BLOCK, LONGEST_TAG, Extent
from warehouse.settings import load_settings

POPULATION, BOUNDARY = "reference/lsoa_population", "reference/boundary"
GOOD = street_csv([row(1), row(2)])
SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
PLACE = [[-1.1, 52.5], [-1.2, 52.5], [-1.1, 52.6], [-1.1, 52.5]]


def book(sheet: str, title: str = "Mid-2018 Population Density") -> bytes:
    """A workbook whose only sheet is this XML."""
    plain, made = io.BytesIO(), io.BytesIO()
    made_by = openpyxl.Workbook()
    page = made_by.active
    assert page is not None
    page.title = title
    made_by.save(plain)
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, sheet if name == "xl/worksheets/sheet1.xml" else old.read(name))
    return made.getvalue()


def damaged(content: bytes, method: int) -> bytes:
    """A zip of this member, some bytes of its packed data turned over."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        archive.writestr(member("2020-04"), content)
    raw = bytearray(packed.getvalue())
    for at in range(90, 130):
        raw[at] ^= 0xFF
    return bytes(raw)


def overlapping(times: int) -> bytes:
    """A zip whose directory names one member so many times."""
    raw = street_zip({member("2020-04"): GOOD + b" " * (3 << 20)})
    directory, end = raw.rfind(b"PK\x01\x02"), raw.rfind(b"PK\x05\x06")
    record = bytearray(raw[end:])
    entry = raw[directory:end]
    struct.pack_into("<HHI", record, 8, times, times, len(entry) * times)
    return raw[:directory] + entry * times + bytes(record)


def polygon(ring: Any = PLACE, **properties: object) -> dict[str, object]:
    shape = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": properties, "geometry": shape}


def collection(*features: object) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


LSOA = {"LSOA11CD": "E01025611", "LSOA11NM": "Blaby 008B"}
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)

# What may be sent in the place of a file: where, under which name, and what is said of it.
TWENTY: dict[str, tuple[str, str, bytes, str]] = {
    "lzma": (FEED, "lzma.zip", damaged(os.urandom(4000), zipfile.ZIP_LZMA), "damaged or cut"),
    "bzip2": (FEED, "bz.zip", damaged(os.urandom(4000), zipfile.ZIP_BZIP2), "damaged or cut"),
    "deflate": (FEED, "de.zip", damaged(GOOD * 50, zipfile.ZIP_DEFLATED), "damaged or cut"),
    "overlap": (FEED, "overlap.zip", overlapping(1000), "members of the zip archive overlap"),
    "cut zip": (FEED, "cut.zip", street_zip({member("2020-04"): GOOD})[:-30], "cannot be opened"),
    "gzip": (FEED, "cut.csv.gz", gzip.compress(GOOD)[:-9], "gzip file is damaged or cut short"),
    "bomb": (FEED, "bomb.csv.gz", gzip.compress(bytes(64 << 20)), "200 times its packed size"),
    "long line": (FEED, "line.csv", GOOD + b"x" * (40 << 20), "line 4: a line is longer than 16"),
    "columns": (FEED, "columns.csv", b"a," * 99_999 + b"\n", "100,000 cells, more than the 16,384"),
    "binary": (FEED, "binary.csv", bytes(range(256)) * 9, "it is binary data"),
    "utf-16": (FEED, "utf16.csv", GOOD.decode().encode("utf-16"), "the file is UTF-16 text"),
    "pdf": (FEED, "print.csv", b"%PDF-1.7\n" + GOOD, "the file is a PDF"),
    "login": (FEED, "login.csv", b"<!DOCTYPE html><html>log in</html>", "the file is a web page"),
    "quadratic": (POPULATION, "tags.xlsx", book(SHEET + "<c " * 300_000), "cannot be read"),
    "long tag": (POPULATION, "tag.xlsx", book(SHEET + "<c" + " r" * 900_000), "a tag longer than"),
    "password": (
        POPULATION,
        "locked.xlsx",
        OLE + "EncryptedPackage".encode("utf-16-le"),
        "protected by a password",
    ),
    "surrogate": (
        BOUNDARY,
        "half.geojson",
        collection(polygon(**LSOA), polygon(**{**LSOA, "LSOA11NM": "\ud800"})),
        "feature 2 holds half of a letter",
    ),
    "surrogate key": (
        BOUNDARY,
        "key.geojson",
        collection(polygon(**LSOA, **{"\udfff": 1})),
        "feature 1 holds half of a letter",
    ),
    "depth": (BOUNDARY, "deep.geojson", b"[" * 2_000_000, "not JSON of a sane depth"),
    "number": (
        BOUNDARY,
        "big.geojson",
        collection(polygon([[10**400, 1]], **LSOA)),
        "as no reader expects (OverflowError)",
    ),
}


def test_twenty_damaged_files_are_refused_and_the_good_one_beside_them_loads(home: Home) -> None:
    assert len(TWENTY) == 20
    land(home, "good.csv", GOOD)
    for feed, name, content, _ in TWENTY.values():
        land(home, name, content, feed=feed)
    told: list[str] = []
    result = night(home, told.append)
    assert result.feeds[FEED].accepted == 2
    assert sum(feed.refused for feed in result.feeds.values()) >= 20
    assert not [path for path in home.landing.rglob("*") if path.is_file()]
    for feed, name, content, says in TWENTY.values():
        [kept] = [p for p in (home.refused / feed).iterdir() if p.name == name]
        assert kept.read_bytes() == content
        reason = json.loads((home.refused / feed / f"{name}.reason.json").read_text())
        line = "" if reason["line"] is None else f"line {reason['line']}: "
        assert says in f"{line}{reason['reason']}", name
        assert reason["what_to_do"], name
        assert [line for line in told if f"{feed}/{name}" in line and says in line], name


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RecursionError(),
        struct.error("bad"),
        OverflowError(),
        UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates"),
        pa.ArrowInvalid("bad"),
        duckdb.ConversionException("bad"),
        duckdb.InvalidInputException("bad"),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("place", ["cells", "table"])
def test_whatever_goes_wrong_in_a_file_refuses_it_alone(
    home: Home, monkeypatch: pytest.MonkeyPatch, error: Exception, place: str
) -> None:
    """An error before DuckDB is asked, and one in its transaction; the next file loads."""
    land(home, "a-bad.csv", GOOD)
    land(home, "b-good.csv", street_csv([row(3)]), when=1_600_000_100)
    real, seen = loading.read_batch, []

    def broken(con: duckdb.DuckDBPyConnection, *args: Any, **more: Any) -> Any:
        seen.append(1)
        if len(seen) > 1:
            return real(con, *args, **more)
        if place == "table":
            con.execute("CREATE TEMP TABLE half AS SELECT 1 AS a")
            with pytest.raises(duckdb.ConversionException):
                con.execute("SELECT CAST('x' AS INTEGER)")
        raise error

    monkeypatch.setattr(loading, "read_batch", broken)
    kept: list[BaseException] = []
    plan = load_settings(home)
    with ddl.open_warehouse(home, plan) as con:
        loading.ingest(home, plan, con, lambda line: None, keep_error=kept.append)
    assert [entry[:2] for entry in audit(home)] == [
        ("a-bad.csv", "refused"),
        ("b-good.csv", "loaded"),
    ]
    assert kept == [error]


def test_rust_s_panic_refuses_the_file_too() -> None:
    panic = type("PanicException", (BaseException,), {})
    with pytest.raises(FileRefused, match="PanicException"), refusing():
        raise panic


@pytest.mark.parametrize(
    "error",
    [
        KeyboardInterrupt(),
        SystemExit(),
        OSError(28, "full"),
        PermissionError(13, "no"),
        OSError(5, "io"),
        duckdb.OutOfMemoryException("no room"),
        duckdb.IOException("gone"),
        duckdb.InterruptException("stopped"),
        RunFailed("rows do not add up"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_the_machine_s_faults_and_interruptions_refuse_nothing(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught, refusing():
        raise error
    assert caught.value is error


def test_an_interruption_that_a_library_made_an_error_of_refuses_nothing(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(home, "a.csv", GOOD)

    def broken(*_: object, **__: object) -> None:
        raise duckdb.InvalidInputException("Python exception occurred while executing the UDF")

    def keep(error: BaseException) -> None:
        raise KeyboardInterrupt from error

    monkeypatch.setattr(loading, "read_batch", broken)
    plan = load_settings(home)
    with ddl.open_warehouse(home, plan) as con, pytest.raises(KeyboardInterrupt):
        loading.ingest(home, plan, con, lambda line: None, keep_error=keep)
    monkeypatch.undo()
    assert audit(home) == []
    night(home)
    assert [entry[:2] for entry in audit(home)] == [("a.csv", "loaded")]


def test_a_member_that_no_column_can_hold_costs_only_itself(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = cells.load_exact

    def load(con: Any, group: Any, number: int, rows: Any) -> None:
        if number == 0:
            raise UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates")
        real(con, group, number, rows)

    monkeypatch.setattr("warehouse.reading.table.load_exact", load)
    months = ("2020-04", "2020-05")
    ragged = {member(month): street_csv([row(1, month), "too,few"]) for month in months}
    land(home, "two.zip", street_zip(ragged))
    night(home)
    assert [entry[1:3] for entry in audit(home)] == [("refused", 0), ("loaded", 2)]


@settings(max_examples=60, deadline=None)
@given(
    parts=st.lists(
        st.sampled_from(
            ["<c ", "<row ", "<", ">", " r", "=", '"A1"', " ", "<c/>", "<x:c r='B2'/>", "a" * 99]
        ),
        max_size=60,
    ),
    block=st.integers(1, 97),
)
def test_a_sheet_in_any_blocks_has_the_same_extent(parts: list[str], block: int) -> None:
    text = "".join(parts).encode()
    whole, cut = Extent(), Extent()
    whole.see(text)
    for at in range(0, len(text), block):
        cut.see(text[at : at + block])
    assert (whole.rows, whole.columns) == (cut.rows, cut.columns)


@pytest.mark.parametrize("unit", [b"<c ", b"<row ", b" r", b" r=", b"<", b"<c r=", b'" ', b"<x:"])
def test_whatever_a_sheet_repeats_no_more_than_a_tag_is_kept_for_the_next_block(
    unit: bytes,
) -> None:
    block = unit * (BLOCK // len(unit) // 4)
    extent = Extent()
    for _ in range(3):
        extent.see(block)
        assert len(extent._rest) <= LONGEST_TAG


@pytest.mark.parametrize("tag", [b"<c ", b"<x:c ", b"<row ", b"<c\n"])
def test_a_tag_without_an_end_is_refused(tag: bytes) -> None:
    extent = Extent()
    with pytest.raises(FileRefused, match="a tag longer than 64 KiB"):
        extent.see(tag + b" " * LONGEST_TAG)


def test_a_long_line_is_refused_when_so_much_of_it_was_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(textfile, "LONGEST_LINE", 1000)
    monkeypatch.setattr(textfile, "CHUNK", 100)
    content = b"report_id,received,note\n" + b"x" * 100_000
    refused = read_bytes(content, tmp_path).one.refused
    assert refused is not None
    assert str(refused).startswith("line 2: a line is longer than")
    # Nothing but returns between its lines: a file of old Macintosh programs, and no long line.
    returns = b"report_id,received,note\r" + b"1,2020-01-02,hello\r" * 300
    assert read_bytes(returns, tmp_path).one.refused is None


@settings(max_examples=60, deadline=None)
@given(
    lines=st.lists(st.sampled_from([b"a\n", b"bc\r\n", b"d\r", b"\n", b"", b"efg"]), max_size=30),
    chunk=st.integers(1, 9),
)
def test_pieces_of_a_file_are_the_file_whatever_its_line_ends(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], chunk: int
) -> None:
    path = tmp_path_factory.mktemp("pieces") / "f"
    path.write_bytes(b"".join(lines))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(textfile, "CHUNK", chunk)
        pieces = list(textfile.whole_lines(path))
    assert b"".join(pieces) == path.read_bytes()
    for piece, after in itertools.pairwise(pieces):
        assert piece.endswith((b"\n", b"\r"))
        assert not (piece.endswith(b"\r") and after.startswith(b"\n"))


def test_letters_read_again_after_broken_quotes_are_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "MOST_REREAD_LETTERS", 10_000)
    content = b"report_id,received,note\n" + (b'"' + b"x" * 50 + b"\n") * 300
    refused = read_bytes(content, tmp_path).one.refused
    assert refused is not None
    assert "quotes are broken throughout the file" in refused.reason
    assert refused.line is not None
    assert refused.line < 100


def test_a_record_over_many_long_lines_is_not_held_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "LONGEST_RECORD_LETTERS", 1_000)
    path = tmp_path / "f.csv"
    path.write_bytes((b'"' + b"x" * 100 + b"\n") * 50)
    most = 0
    real = records._Feed.__next__

    def counting(feed: records._Feed) -> str:
        nonlocal most
        line = real(feed)
        most = max(most, sum(map(len, feed.taken)))
        return line

    monkeypatch.setattr(records._Feed, "__next__", counting)
    found = list(records.records(path, ","))
    assert len(found) == 50
    assert most <= 1_000 + 102


def test_a_zip_stops_unpacking_once_more_was_unpacked_than_is_allowed(tmp_path: Path) -> None:
    from warehouse.reading import Limits, archive

    small = b"report_id,received,note\n" + b" " * (3 << 20)
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for n in range(60):
            packed.writestr(f"{n:02}.csv", small)
    unpacked: list[int] = []
    real = archive._unpack

    def counting(*args: Any) -> tuple[int, str]:
        unpacked.append(1)
        return real(*args)

    work = tmp_path / "work"
    work.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archive, "_unpack", counting)
        found = list(archive.members(tmp_path / "a.zip", keyed(), Limits(), work))
    allowed = max(200 * (tmp_path / "a.zip").stat().st_size, 4 << 20) // len(small)
    assert [m.refused is None for m in found] == [n < allowed for n in range(60)]
    # Those on their way while the last one allowed was counted.
    assert len(unpacked) <= allowed + 4


def test_a_zip_s_directory_is_not_read_when_it_is_too_long(tmp_path: Path) -> None:
    from warehouse.reading import Limits, archive

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        for n in range(3_000):
            made.writestr("x" * 400 + f"{n}.txt", b"")
    (tmp_path / "a.zip").write_bytes(packed.getvalue())
    with pytest.raises(FileRefused, match=r"directory has .* bytes, more than its 100 members"):
        list(archive.members(tmp_path / "a.zip", keyed(), Limits(max_members=100), tmp_path))


@settings(max_examples=40, deadline=None)
@given(raw=st.binary(max_size=400), name=st.sampled_from(["f.csv", "f.xlsx", "f.geojson", "f.zip"]))
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes, name: str
) -> None:
    folder = tmp_path_factory.mktemp("any")
    contract = load_contract(BOUNDARY) if "json" in name else None
    with contextlib.suppress(FileRefused):
        read = read_bytes(raw, folder, contract, name)
        assert all(r.refused is None or r.refused.what_to_do for r in read.readings)
