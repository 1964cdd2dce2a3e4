"""Small extracts of the partners' feeds, landed and loaded, for the tests of loading."""

import os
from collections.abc import Sequence
from pathlib import Path

from tests.warehouse.street_files import ask as ask
from tests.warehouse.street_files import with_tables
from warehouse import ddl
from warehouse.home import Home
from warehouse.ingest.loading import IngestResult, ingest
from warehouse.settings import load_settings

LONG_AGO = 1_300_000_000


def land(home: Home, feed: str, name: str, lines: Sequence[str], when: float = LONG_AGO) -> Path:
    """A CSV of these lines, the first its header, landed at `when`."""
    folder = home.landing / feed
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    os.utime(path, (when, when))
    return path


def load(home: Home) -> IngestResult:
    """Ingest whatever has landed."""
    with_tables(home)
    settings = load_settings(home)
    with ddl.open_warehouse(home, settings) as con:
        return ingest(home, settings, con, lambda line: None)
