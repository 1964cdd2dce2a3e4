"""Homes and the `csp` command as a user runs it, for the end-to-end tests."""

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
from click.testing import CliRunner, Result

from cli import main
from orchestration import dbt_program
from warehouse import ddl
from warehouse.home import CSP_YML, Home
from warehouse.ingest import loading
from warehouse.settings import load_settings

CSP = Path(sys.executable).with_name("csp")
STREET = "police/street_crime"
# Two processes of tests share the machine: two nights at once take a sixth less processor time with
# a thread each than with two (measured 2026-11, the demo built anew on two cores).
ONE_THREAD = ("# threads: 2 ", "threads: 1   #")
SETTINGS = CSP_YML.replace(*ONE_THREAD)
Rows = list[tuple[Any, ...]]

# Where each official file is landed, below ../shared/data.
REFERENCE_FILES = {
    "reference/lsoa_lookup": ["LSOA11_LSOA21_LAD22.csv"],
    "reference/csp_lookup": ["LAD_CSP_PFA_2017-01_v2.csv"],
    "reference/district_population": ["MYEB3_LAD_2001-2019.csv"],
    "reference/lsoa_population": ["SAPE21DT11-mid-2018-lsoa-population-density.xlsx"],
    "reference/deprivation": [
        "imd2010_on_lsoa2011.csv",
        "File_1_-_IMD2019_Index_of_Multiple_Deprivation.xlsx",
    ],
    "reference/boundary": ["boundaries/lsoa11.zip", "boundaries/lsoa.zip"],
    "reference/recorded_crime_benchmark": [
        "rec-crime-pfa.csv",
        "policeforceareatablesyejune25final.csv",
    ],
}


def csp(home: Home, *words: str) -> Result:
    """`csp <words> --home <home>` in this process, to its end.

    A process of its own is seconds of imports; tests of what a process is to its neighbours
    (killed, stopped, started by cron or by the daemon) start one.
    """
    return CliRunner().invoke(main, [*words, "--home", str(home.root)])


def run(home: Home) -> Result:
    """A night, which must end well."""
    done = csp(home, "run")
    assert done.exit_code == 0, done.output
    return done


def land(home: Home, feed: str, name: str, content: bytes, when: float) -> Path:
    """Put a file into the landing folder of a feed, written at `when` (seconds since 1970)."""
    path = home.landing / feed / name
    unfinished = path.with_name(f".{name}")
    unfinished.write_bytes(content)
    os.utime(unfinished, (when, when))
    return unfinished.replace(path)


def copied(home: Home, folder: Path) -> Home:
    """A copy of a home, for a test that changes it."""
    shutil.copytree(home.root, folder, symlinks=True)
    return Home(folder)


def load_and_build(home: Home, *wanted: str) -> None:
    """Load what has landed and build the models `wanted` with the tables that they are made of.

    A night without its checks and its publication, on what the night before has built.
    """
    settings = load_settings(home)
    with ddl.open_warehouse(home, settings) as con:
        loading.ingest(home, settings, con, lambda line: None)
    manifest = json.loads(dbt_program.prepared_manifest().read_text(encoding="utf-8"))
    models = {uid: node for uid, node in manifest["nodes"].items() if uid.startswith("model.")}
    found = {uid for uid, node in models.items() if node["name"] in wanted}
    unread = set(found)
    while unread:
        unread = {p for uid in unread for p in manifest["parent_map"][uid] if p in models} - found
        found |= unread
    build_models(home, {uid for uid in found if models[uid]["config"]["materialized"] != "view"})


def build_models(home: Home, chosen: set[str]) -> None:
    """Build the models of these unique ids, without their tests, on what the home holds."""
    manifest = dbt_program.load_manifest(dbt_program.prepared_manifest())
    args = dbt_program.build_args(home.dbt_target)
    settings = load_settings(home)
    with dbt_program.variables(dbt_program.environment(home.warehouse_file, settings)):
        results = dbt_program.invoke(args, dbt_program.choose(manifest, chosen))
    assert {result["unique_id"] for result in results} == chosen
    assert {result["status"] for result in results} == {"success"}


def query(database: Path, sql: str) -> Rows:
    """The rows of a query of a DuckDB file, opened read-only."""
    with duckdb.connect(str(database), read_only=True) as con:
        return con.execute(sql).fetchall()


def partner(home: Home, sql: str) -> Rows:
    """The rows of a query of the current publication."""
    return query(home.current / "partner.duckdb", sql)


def frame(home: Home, sql: str) -> pd.DataFrame:
    """A query of the current publication as a data frame."""
    with duckdb.connect(str(home.current / "partner.duckdb"), read_only=True) as con:
        found: pd.DataFrame = con.execute(sql).df()
    return found


def status(home: Home) -> dict[str, Any]:
    """What `csp status --json` prints."""
    done = csp(home, "status", "--json")
    assert done.exit_code == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found
