"""What the steps of one run share: the home, its settings, its lock, and how the run ends."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import dagster as dg
import duckdb

from orchestration import failures, progress
from warehouse import ddl, runs
from warehouse import status as status_file
from warehouse.contract import load_contracts
from warehouse.ddl import open_warehouse
from warehouse.errors import CspError
from warehouse.home import Home
from warehouse.locking import RunLock
from warehouse.results import utc_now
from warehouse.settings import Settings, load_settings

FAILURES = ("blocked", "failed")


@dataclass
class Night:
    """One run of one home. `input_state` is what the run started from, once ingest knows it."""

    home: Home
    settings: Settings
    run_id: str
    full_refresh: bool = False
    lock: RunLock | None = None
    started_at: datetime = field(default_factory=utc_now)
    input_state: str | None = None

    @contextmanager
    def warehouse(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The warehouse, open for writing; no two steps hold it at once."""
        with closing(open_warehouse(self.home, self.settings)) as connection:
            yield connection

    @contextmanager
    def working(self, step: str, text: str) -> Iterator[None]:
        """Tell that a step started and how it ended: to who listens, and to `csp status`."""
        if self.lock is not None:
            self.lock.note(text)
        with progress.working(step, text):
            yield

    @property
    def data_docs(self) -> Path:
        """Where Great Expectations' pages of this run are kept until they are published."""
        return self.home.dagster / "data-docs"

    def finish(self, status: str, message: str, publication_id: str | None = None) -> None:
        """Record how the run ended: in quality.run, and in status.json for `csp status`."""
        run = runs.RunRecord(
            self.run_id, status, self.started_at, utc_now(), message, publication_id
        )
        try:
            with self.warehouse() as connection:
                ddl.ensure(connection, load_contracts(), self.settings)
                runs.record(connection, run)
                status_file.record(self.home, connection)
        except (CspError, duckdb.Error):
            status_file.record_run(
                self.home, run.run_id, status, run.started_at, run.finished_at, message
            )
            if status not in FAILURES:
                raise


@dg.resource(
    config_schema={
        "full_refresh": dg.Field(
            bool,
            default_value=False,
            description="Build every table anew, also if nothing new was delivered.",
        )
    },
    description="The home named by CSP_HOME, locked for this run.",
)
def night_resource(context: dg.InitResourceContext) -> Iterator[Night]:
    """The home of the environment, its lock held until the last step is done.

    Raises UsageError for a missing home or wrong settings, CspError while another run holds it.
    """
    home = Home.resolve()
    home.require()
    run_id, began = context.run_id or "none", utc_now()
    with RunLock(home) as lock:
        status_file.begin(home, run_id, began)
        try:
            settings = load_settings(home)
        except CspError as error:  # no step runs, so no hook tells
            status_file.record_run(home, run_id, "failed", began, utc_now(), str(error))
            failures.write_note(home, failures.note_of(run_id, "prepare", error))
            raise
        yield Night(
            home=home,
            settings=settings,
            run_id=run_id,
            full_refresh=bool(context.resource_config["full_refresh"]),
            lock=lock,
            started_at=began,
        )
