"""Small street-crime extracts for tests of ingest, and what a home holds as comparable values."""

import hashlib
import io
import json
import os
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import duckdb

from warehouse import ddl
from warehouse.contract import load_contracts
from warehouse.home import CSP_YML, Home, private_files
from warehouse.ingest.loading import IngestResult, Report, ingest
from warehouse.settings import parse_settings

FEED = "police/street_crime"
HEADER = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,"
    "Crime type,Last outcome category,Context"
)
FORCE = "Leicestershire Police"
# Files of these tests carry old times, so only the tests of settling ever wait.
SETTINGS = parse_settings(CSP_YML.replace("# settle_seconds: 10", "settle_seconds: 0.3 #"))
LONG_AGO = 1_600_000_000
BUT_TIMES = {
    "quality.load_audit": "EXCLUDE (loaded_at)",
    "quality.file_event": "EXCLUDE (happened_at)",
}


# Homes in memory, where there is such a folder: a night syncs often, and tests hold many nights.
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - a fresh folder of its own is made in it
MEMORY = _SHARED_MEMORY if os.access(_SHARED_MEMORY, os.W_OK) else None


def row(number: int, month: str = "2020-04", force: str = FORCE, kind: str = "Burglary") -> str:
    crime = hashlib.sha256(str(number).encode()).hexdigest()
    return (
        f'{crime},{month},{force},{force},-1.2{number % 1000},52.5,"On or near Road {number}",'
        f"E01025651,Blaby 001A,{kind},Under investigation,"
    )


def street_csv(rows: Iterable[str]) -> bytes:
    return "\n".join([HEADER, *rows, ""]).encode()


def street_zip(members: Mapping[str, bytes]) -> bytes:
    """A zip whose bytes depend on nothing but its members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), content)
    return out.getvalue()


def member(month: str, force: str = "leicestershire") -> str:
    return f"{month}/{month}-{force}-street.csv"


def land(home: Home, name: str, content: bytes, when: float = LONG_AGO, feed: str = FEED) -> Path:
    path = home.landing / feed / name
    path.write_bytes(content)
    os.utime(path, (when, when))
    return path


@cache
def _tables() -> bytes:
    """A warehouse with every table and no row: to make them takes most of a small first night."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        home = Home(Path(folder) / "home")
        home.init()
        with ddl.open_warehouse(home, SETTINGS) as con:
            ddl.ensure(con, load_contracts(), SETTINGS)
        return home.warehouse_file.read_bytes()


def with_tables(home: Home) -> None:
    """Give a home without a warehouse every table; test_ddl.py makes them from nothing."""
    if not home.warehouse_file.exists():
        with private_files():
            home.warehouse_file.write_bytes(_tables())


def night(home: Home, report: Report = lambda message: None) -> IngestResult:
    with_tables(home)
    with ddl.open_warehouse(home, SETTINGS) as con:
        return ingest(home, SETTINGS, con, report)


def ask(home: Home, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(home.warehouse_file), read_only=True) as con:
        return con.execute(query).fetchall()


def audit(home: Home) -> list[tuple[object, ...]]:
    return ask(
        home,
        "SELECT file_name, status, data_rows, accepted, rejected, skipped "
        "FROM quality.load_audit ORDER BY file_id",
    )


def everything(home: Home) -> dict[str, list[object]]:
    """All that ingest leaves, but for the times at which it ran."""
    held: dict[str, list[object]] = {}
    with duckdb.connect(str(home.warehouse_file), read_only=True) as con:
        for (table,) in con.execute(
            "SELECT schema_name || '.' || table_name FROM duckdb_tables() "
            "WHERE schema_name IN ('raw', 'quality')"
        ).fetchall():
            but = BUT_TIMES.get(table, "")
            rows = con.execute(f"SELECT * {but} FROM {table}").fetchall()
            held[table] = sorted(map(repr, rows))
    for folder in (home.landing, home.archive, home.refused):
        held[folder.name] = sorted(
            (path.relative_to(folder).as_posix(), _content(path))
            for path in folder.rglob("*")
            if not path.is_dir()
        )
    return held


def _content(path: Path) -> str:
    if path.name.endswith(".reason.json"):
        reason = json.loads(path.read_text(encoding="utf-8"))
        del reason["refused_at"]
        return json.dumps(reason)
    return hashlib.sha256(path.read_bytes()).hexdigest()
