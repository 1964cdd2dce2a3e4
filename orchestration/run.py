"""`csp run`: the nightly job in this process, with progress, visible in Dagster's web page."""

from __future__ import annotations

import logging
import shutil
import warnings
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, cast
from uuid import uuid4

import dagster as dg
import duckdb

from orchestration import alerting, failures, progress
from orchestration.failures import FailureNote
from orchestration.instance import one_connection_a_log, opened, prune_runs
from orchestration.interruption import as_keyboard_interrupt
from orchestration.progress import Listener
from warehouse import errors, runs, status
from warehouse.errors import AlreadyRunning, CspError, RunFailed, UsageError
from warehouse.home import Home
from warehouse.locking import RunLock
from warehouse.messages import SHOWN_BY_DEBUG, safe_message
from warehouse.results import utc_now
from warehouse.settings import load_settings

MIB = 1024 * 1024
# Dagster's records, dbt's artifacts and the first pages of a build; less than this ends half-way.
LEAST_FREE_BYTES = 200 * MIB
INTERRUPTIONS = {interruption.__name__ for interruption in failures.INTERRUPTIONS}
OURS = {name for name, kind in vars(errors).items() if isinstance(kind, type)}
READING = "Reading the definitions"
MEND = "Mend that, then run `csp run` again."
Status = Literal["published", "unchanged", "blocked", "failed"]


@dataclass(frozen=True)
class RunOutcome:
    """How a run ended. `what_to_do` is for a run that was blocked or failed.

    changes: the months whose rows in force are others than in the publication before, a line each.
    """

    status: Status
    run_id: str
    message: str
    publication_id: str | None = None
    what_to_do: str | None = None
    warnings: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)


def run_nightly(
    home: Home, full_refresh: bool = False, listener: Listener | None = None
) -> RunOutcome:
    """Run the nightly job of a home to its end.

    Raises UsageError for a missing home or wrong settings and AlreadyRunning while another run of
    the home goes on; whatever fails in a step is told in the outcome instead. The listener gets a
    `Progress` for each step's start and end and for what is worth showing in between.
    """
    home.require()
    run_id, began = str(uuid4()), utc_now()
    with as_keyboard_interrupt():
        with RunLock(home):  # held by another: said now, in a sentence, and nothing is recorded
            pass
        try:
            result = _run(home, run_id, began, full_refresh, listener)
        except AlreadyRunning:
            raise
        except UsageError as error:  # the command's exit status tells it from a failed night
            _tell_failed(home, run_id, began, error)
            raise
        except BaseException as error:
            note = _tell_failed(home, run_id, began, error)
            return RunOutcome("failed", run_id, note.what_failed, what_to_do=note.what_to_do)
    outcome = _outcome(home, result)
    if failures.read_note(home, run_id) is None and outcome.status == "failed":
        mend = outcome.what_to_do or MEND
        _keep(home, began, FailureNote(run_id, "failed", "run", outcome.message, mend))
    return outcome


def _run(
    home: Home, run_id: str, began: datetime, full_refresh: bool, listener: Listener | None
) -> dg.ExecuteInProcessResult:
    with progress.listening(listener):
        with RunLock(home) as lock:
            load_settings(home)
            refuse_without_room(home)
            silence()
            status.begin(home, run_id, began)
            lock.note(READING)
            with progress.working("prepare", READING):
                # Imports of several seconds: only now, when the lock is known to be free.
                from orchestration.dbt_program import prepared_manifest
                from orchestration.definitions import CONSOLE_QUIET, JOB, definitions_of

                job = definitions_of(prepared_manifest()).resolve_job_def(JOB)
            status.stand_down(home, run_id)
        return _execute(home, run_id, job, full_refresh, CONSOLE_QUIET)


def _execute(
    home: Home,
    run_id: str,
    job: dg.JobDefinition,
    full_refresh: bool,
    quiet: dict[str, Any],
) -> dg.ExecuteInProcessResult:
    with opened(home) as instance:
        with one_connection_a_log(instance):
            result = job.execute_in_process(
                instance=instance,
                run_config={
                    "resources": {"night": {"config": {"full_refresh": full_refresh}}},
                    **quiet,
                },
                run_id=run_id,
                tags={"started_by": "csp run"},
                raise_on_error=False,
            )
        prune_runs(instance)
        return result


def refuse_without_room(home: Home) -> None:
    """Raise RunFailed when the home's disk has too little room to begin a run."""
    free = shutil.disk_usage(home.root).free
    if free < LEAST_FREE_BYTES:
        raise RunFailed(
            f"The disk of {home.root} has {free // MIB} MB left, and a run needs "
            f"{LEAST_FREE_BYTES // MIB} MB to begin. Make room there, then run `csp run` again."
        )


def _tell_failed(home: Home, run_id: str, began: datetime, error: BaseException) -> FailureNote:
    """Record a failure that no step's hook told, or return what the hook told."""
    with suppress(OSError):
        failures.keep_traceback(home, run_id, error)
    note = failures.read_note(home, run_id)
    if note is None:
        note = failures.note_of(run_id, "prepare", error)
        _keep(home, began, note)
    return note


def _keep(home: Home, began: datetime, note: FailureNote) -> None:
    # A disk that is full may refuse this too: the terminal and the exit status still tell.
    with suppress(OSError, CspError):
        status.record_run(home, note.run_id, note.status, began, utc_now(), note.what_failed)
        failures.write_note(home, note)
    with suppress(OSError, CspError):
        alerting.tell(home, load_settings(home), note.run_id, alerting.stopped(note))


def silence() -> None:
    """Keep Dagster's and its libraries' talk off the terminal; the listener speaks instead."""
    warnings.filterwarnings("ignore", category=dg.BetaWarning)
    warnings.filterwarnings("ignore", category=dg.PreviewWarning)
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    logging.getLogger("dagster").setLevel(logging.CRITICAL)


def _outcome(home: Home, result: dg.ExecuteInProcessResult) -> RunOutcome:
    note = failures.read_note(home, result.run_id)
    stored = status.read(home)
    noticed = _warnings(stored)
    if note is not None and not result.success:
        return RunOutcome(
            cast("Status", note.status),
            result.run_id,
            note.what_failed,
            what_to_do=note.what_to_do,
            warnings=noticed,
        )
    recorded = _recorded(home, result.run_id)
    if not result.success or recorded is None:
        kind, why = _why(result)
        if kind == AlreadyRunning.__name__:  # it took the lock between the check and the first step
            raise AlreadyRunning(why)
        return RunOutcome(
            "failed",
            result.run_id,
            why,
            what_to_do=failures.RUN_AGAIN if why == failures.INTERRUPTED else MEND,
            warnings=noticed,
        )
    return RunOutcome(
        cast("Status", recorded.status),
        result.run_id,
        recorded.message,
        recorded.publication_id,
        warnings=noticed,
        changes=_changes(stored) if recorded.status == "published" else [],
    )


def _recorded(home: Home, run_id: str) -> runs.RunRecord | None:
    try:
        with closing(duckdb.connect(str(home.warehouse_file), read_only=True)) as connection:
            return runs.find(connection, run_id)
    except duckdb.Error:
        return None


def _warnings(stored: dict[str, Any]) -> list[str]:
    """What ingest noticed, refused and held files, and checks that only warn, a line each."""
    refused = [
        f"{item['feed']}/{item['file']} refused: {item['reason']}" for item in stored["refused"]
    ]
    held = [
        f"{item['feed']}/{item['file']} is held, what is in force stays: {item['reason']}. "
        f"{item['what_to_do']}"
        for item in stored["held"]
    ]
    told = {item["check_id"] for item in stored["held"]}
    failed = [
        item["message"] or f"{item['check_id']}: {item['status']}"
        for item in stored["not_passed"]
        if item["severity"] == "warning" and item["check_id"] not in told
    ]
    return cast("list[str]", stored["noticed"]) + refused + held + failed


def _changes(stored: dict[str, Any]) -> list[str]:
    """What the publication changed: the greatest losses first, and how many more there are."""
    changes = stored["changes"]
    lines = cast("list[str]", list(changes["first"]))
    more = changes["count"] - len(lines)
    return lines + ([f"and {more:,} more months: quality/index.html#changes"] if more else [])


def _why(result: dg.ExecuteInProcessResult) -> tuple[str, str]:
    """The last thing that failed outside a step: its kind, and what only our own errors say."""
    for event in reversed(result.all_events):
        data = event.event_specific_data
        error = getattr(data, "error", None)
        if error is not None:
            while error.cause is not None and error.cls_name not in {*OURS, *INTERRUPTIONS}:
                error = error.cause
            kind = error.cls_name or "An error"
            return kind, _withheld(kind, " ".join(str(error.message).split()))
    return "", "The run ended without saying how; its page in `csp up` has the log."


def _withheld(kind: str, message: str) -> str:
    if kind in INTERRUPTIONS:
        return failures.INTERRUPTED
    if kind in OURS:
        return message.removeprefix(f"{errors.__name__}.{kind}: ")
    return f"{kind}: {safe_message(message)}; {SHOWN_BY_DEBUG}."
