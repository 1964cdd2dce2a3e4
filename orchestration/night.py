"""What happens at 02:00: one night of one home, whoever started it.

`csp run`, the schedule, the landing sensor and Dagster's page all go through `night`; the steps
between its beginning and its ending are those of `orchestration.definitions`.
"""

import gc
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import dagster as dg
import duckdb

from data_quality import checker
from orchestration import ending, progress
from orchestration.instance import one_connection_a_log
from orchestration.interruption import interruptible
from warehouse import status, trail
from warehouse.ddl import duckdb_limits, open_warehouse
from warehouse.errors import RunFailed
from warehouse.home import Home
from warehouse.locking import RunLock
from warehouse.results import CheckResult, utc_now
from warehouse.runs import Ending, Status
from warehouse.settings import Settings, load_settings

MIB = 1024 * 1024
# Dagster's records, dbt's artifacts and the first pages of a build; less than this ends half-way.
LEAST_FREE_BYTES = 200 * MIB

RETRIES = 2
SECONDS_BETWEEN = 20.0
# What passes by itself. A definition that is wrong, or a check that fails, is as wrong a little
# later, which is why Dagster's retry policy (it knows no kinds of errors) is not used.
PASSING = (ConnectionError, TimeoutError, BlockingIOError, InterruptedError)


@dataclass
class Night:
    """What the steps of one run of one home share.

    input_state: what the run started from, once ingest knows it. late: what it found of
    feeds that are late. ending: how it ended, once that is known.
    """

    home: Home
    settings: Settings
    run_id: str
    full_refresh: bool = False
    lock: RunLock | None = None
    started_at: datetime = field(default_factory=utc_now)
    input_state: str | None = None
    late: list[CheckResult] = field(default_factory=list)
    ending: Ending | None = None

    @contextmanager
    def warehouse(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The warehouse, open for writing; no two steps hold it at once."""
        with closing(open_warehouse(self.home, self.settings)) as connection:
            yield connection

    @contextmanager
    def step(
        self,
        name: str,
        text: str,
        log: Callable[[str], None] = lambda _: None,
        retries: int = RETRIES,
    ) -> Iterator[list[int]]:
        """Do the work of a step: `csp status` and who listens hear of it, and how it ended.

        Gives the numbers of the signals that came. log: where Dagster's page shows what failed.
        """
        if self.lock is not None:
            self.lock.note(text)
        failing = self.failing(name, log, retries)
        with progress.working(name, text), failing, interruptible() as received:
            yield received

    @contextmanager
    def failing(
        self,
        step: str,
        log: Callable[[str], None] = lambda _: None,
        retries: int = RETRIES,
        seconds: float = SECONDS_BETWEEN,
    ) -> Iterator[None]:
        """Whatever fails inside is the run's ending, unless the step is tried again and succeeds.

        What leaves the block quotes no record: Dagster is given a plain error without causes, and
        the traceback is kept in the home for its owner. Raises RetryRequested where the failure may
        pass by itself.
        """
        self.ending = None
        try:
            yield
        except BaseException as error:
            self.ending = ending.of_error(self.run_id, self.started_at, step, error)
            with suppress(Exception):  # a full disk must not hide what failed
                log(f"{self.ending.message} {self.ending.what_to_do}")
                ending.keep_traceback(self.home, self.run_id, error)
            if not isinstance(error, Exception):
                raise
            passing, failed = is_passing(error), ending.plain(error)
        else:
            return
        if passing and retries:
            raise dg.RetryRequested(max_retries=retries, seconds_to_wait=seconds) from failed
        raise failed from None

    @property
    def data_docs(self) -> Path:
        """Where Great Expectations' pages of this run are kept until they are published."""
        return self.home.dagster / "data-docs"

    @property
    def question(self) -> checker.Question:
        """What Great Expectations is asked of this run's warehouse."""
        limits = duckdb_limits(self.home, self.settings)
        return self.home.warehouse_file, self.run_id, self.data_docs, limits

    def end(
        self,
        status: Status,
        message: str,
        publication_id: str | None = None,
        changes: list[str] | None = None,
    ) -> None:
        """The run came to a good end."""
        times = self.started_at, utc_now()
        self.ending = Ending(
            self.run_id, status, *times, message, publication_id, changes=changes or []
        )


@contextmanager
def night(
    home: Home,
    run_id: str,
    full_refresh: bool = False,
    ended: Callable[[Ending], None] = lambda _: None,
) -> Iterator[Night]:
    """Hold the home's lock, give the night to the steps, and write how it ended.

    ended: is given the ending, also where the block was never entered. Raises UsageError for a
    missing home or wrong settings, AlreadyRunning while another run goes on (which leaves no
    ending), and whatever is raised inside.
    """
    home.require()
    with RunLock(home) as lock, _collecting_seldom():
        began = utc_now()
        run: Night | None = None
        settings: Settings | None = None
        failed: Ending | None = None
        status.begin(home, run_id, began)
        try:
            settings = load_settings(home)
            refuse_without_room(home)
            _ = home.has_warehouse  # before anything is in hand
            run = Night(home, settings, run_id, full_refresh, lock, began)
            yield run
        except BaseException as error:
            if run is None or run.ending is None:
                failed = ending.of_error(run_id, began, "prepare", error)
                with suppress(OSError):
                    ending.keep_traceback(home, run_id, error)
            raise
        finally:
            checker.give_up()  # it reads the warehouse, to which the ending is written
            found = failed or (run and run.ending)
            found = found or ending.of_error(run_id, began, "publication", None)
            ended(ending.write(home, settings, found, run.late if run else ()))


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    """Look for unreachable cycles after a hundred times as many objects as Python would.

    Definitions and events are made by the hundred thousand and nearly all of them stay: finding
    that out again and again was a twentieth of a night's processor time (2026-11). What a step
    freezes, such as the definitions it has read, is not looked through again until the night's end.
    """
    usual = gc.get_threshold()
    gc.set_threshold(100 * usual[0], *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()


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
    """The night of the home that the environment names, for a run that Dagster starts."""
    refresh = bool(context.resource_config["full_refresh"])
    home = Home.resolve()

    def ended(ending: Ending) -> None:
        trail.tell(*([ending.publication_id] if ending.publication_id else []))

    with (
        trail.recording(home, "run by Dagster"),
        night(home, context.run_id or "none", refresh, ended) as run,
    ):
        if context.instance is None:
            yield run
            return
        with one_connection_a_log(context.instance):
            yield run


def refuse_without_room(home: Home) -> None:
    """Raise RunFailed when the home's disk has too little room to begin a run."""
    free = shutil.disk_usage(home.root).free
    if free < LEAST_FREE_BYTES:
        raise RunFailed(
            f"The disk of {home.root} has {free // MIB} MB left, and a run needs "
            f"{LEAST_FREE_BYTES // MIB} MB to begin. Make room there, then run `csp run` again."
        )


def is_passing(error: BaseException | None) -> bool:
    """Whether the error, or what caused it, is a lock someone holds or a disk that hesitated."""
    while error is not None:
        if isinstance(error, PASSING):
            return True
        if isinstance(error, duckdb.IOException) and "lock" in str(error).lower():
            return True
        error = error.__cause__
    return False
