"""The home's Dagster instance: its settings, and how much of its history is kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import dagster as dg
import sqlalchemy
from dagster._core.storage.event_log import SqliteEventLogStorage

from orchestration.dbt_program import variables
from warehouse.files import write_whole
from warehouse.home import Home, private_files

# A year of nights and as many runs again for files that landed by day.
KEEP_RUNS = 730

# How long a writer waits for another, such as the daemon of `csp up`, to be done with a file.
BUSY_SECONDS = 60

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
        write_whole(path, DAGSTER_YAML)
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
def one_connection_a_log(instance: dg.DagsterInstance) -> Iterator[None]:
    """Keep one connection open to each file of the event log while a run writes it.

    Dagster makes an engine and a connection for every event, some thousand in a night: each
    compiles its statement anew, and SQLite carries its log over to the file whenever the last
    connection closes. With one of each a night of 50 s takes 43 s of processor (2026-11).
    """
    if not isinstance(instance.event_log_storage, SqliteEventLogStorage):
        yield
        return
    storage: Any = instance.event_log_storage  # whose methods are replaced
    engines: dict[str, sqlalchemy.Engine] = {}

    @contextmanager
    def connect(shard: str) -> Iterator[sqlalchemy.Connection]:
        with storage._db_lock:
            engine = engines.get(shard)
            if engine is None:
                engine = engines[shard] = sqlalchemy.create_engine(
                    storage.conn_string_for_shard(shard),
                    poolclass=sqlalchemy.pool.StaticPool,
                    connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
                )
                # The log is in WAL mode: a loss of power takes the last events, never the file.
                with engine.connect() as connection:
                    connection.exec_driver_sql("pragma synchronous = normal")
            if shard not in storage._initialized_dbs:
                storage._initdb(engine)
                storage._initialized_dbs.add(shard)
            with engine.begin() as connection:
                yield connection

    storage._connect = connect
    storage.has_table = cache(storage.has_table)  # else it looks for each of the checks
    try:
        yield
    finally:
        del storage._connect, storage.has_table  # the class's own again
        for engine in engines.values():
            engine.dispose()


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
