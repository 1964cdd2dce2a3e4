"""The home's Dagster instance: its settings, and how much of its history is kept."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import dagster as dg

from orchestration.dbt_program import variables
from warehouse.home import Home, private_files

# A year of nights and as many runs again for files that landed by day.
KEEP_RUNS = 730

DAGSTER_YAML = """\
# Written by csp at each start; changes made here are lost.
telemetry:
  enabled: false
nux:
  enabled: false
# One home, one warehouse file, one writer.
concurrency:
  runs:
    max_concurrent_runs: 1
# A run whose process was killed is marked as failed, so that the queue goes on.
run_monitoring:
  enabled: true
  poll_interval_seconds: 60
# What a step prints could quote a record; its log and metadata say what is needed.
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
retention:
  schedule:
    purge_after_days: 365
  sensor:
    purge_after_days:
      skipped: 7
      failure: 90
      success: 365
"""


def environment(home: Home) -> dict[str, str]:
    """The variables a process of this home's Dagster needs; telemetry off everywhere."""
    return {
        "CSP_HOME": str(home.root),
        "DAGSTER_HOME": str(home.dagster),
        "DAGSTER_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "1",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "GX_ANALYTICS_ENABLED": "false",
        # The checks of a night are some three hundred events; written one by one they cost 3 s of
        # a night of 26 s, in batches none that could be measured (2026-11, two cores).
        "DAGSTER_EVENT_BATCH_SIZE": "100",
    }


def write_settings(home: Home) -> Path:
    """Write dagster.yaml whole; returns its path."""
    home.dagster.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = home.dagster / "dagster.yaml"
    if not path.is_file() or path.read_text(encoding="utf-8") != DAGSTER_YAML:
        draft = path.with_name(f".dagster.yaml.{os.getpid()}")
        draft.write_text(DAGSTER_YAML, encoding="utf-8")
        draft.replace(path)
    return path


@contextmanager
def opened(home: Home) -> Iterator[dg.DagsterInstance]:
    """The home's instance, with this process's environment set for it."""
    write_settings(home)
    with variables(environment(home)), private_files():
        instance = dg.DagsterInstance.from_config(str(home.dagster))
        try:
            yield instance
        finally:
            instance.dispose()


@contextmanager
def logs_kept_open(home: Home, run_id: str) -> Iterator[None]:
    """Hold the event log's files open, so that none of Dagster's own connections is the last.

    Dagster opens a connection for each event, and SQLite carries its log over to the file, and
    waits for the disk, whenever the last one closes.
    """
    folder = home.dagster / "history" / "runs"
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        for name in ("index", run_id):
            log = held.enter_context(closing(sqlite3.connect(folder / f"{name}.db")))
            log.execute("pragma journal_mode = wal")
            log.execute("select count(*) from sqlite_master").fetchall()
        yield


def prune_runs(instance: dg.DagsterInstance, keep: int = KEEP_RUNS) -> int:
    """Delete the oldest finished runs beyond `keep`, with their logs; returns how many.

    Dagster empties the log of a deleted run but leaves its file, one for each run.
    """
    records = instance.get_run_records(limit=keep + 100)
    old = [record.dagster_run for record in records[keep:] if record.dagster_run.is_finished]
    for run in old:
        instance.delete_run(run.run_id)
        log = Path(instance.root_directory) / "history" / "runs" / f"{run.run_id}.db"
        for end in ("", "-wal", "-shm"):
            log.with_name(log.name + end).unlink(missing_ok=True)
    return len(old)
