"""How a run ended: one value, written by one function to every place where it is read."""

from __future__ import annotations

import os
import traceback
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
from dagster._core.errors import DagsterExecutionInterruptedError  # not among its exports
from sqlalchemy.exc import OperationalError

from orchestration import alerting
from warehouse import ddl, runs, status
from warehouse.contract import load_contracts
from warehouse.errors import CspError, FileRefused, RunBlocked, UsageError
from warehouse.files import write_whole
from warehouse.home import Home
from warehouse.ingest import records
from warehouse.messages import is_full, mend_of, safe_message
from warehouse.publication.store import current_folder
from warehouse.results import CheckResult, utc_now
from warehouse.runs import INTERRUPTED, Ending
from warehouse.settings import Settings

INTERRUPTIONS = (KeyboardInterrupt, DagsterExecutionInterruptedError)
RUN_AGAIN = "Run `csp run` again."
NEVER_SAID = "The run ended without saying how; its page in `csp up` has the log."

WHAT_TO_DO = {
    "ingest": (
        "The file in hand is still in landing. Mend the cause (disk, rights, the contract), then "
        "run `csp run`: it goes on where this run stopped."
    ),
    "dbt_build": (
        "`csp run --debug` shows the kept messages in full, and dagster/dbt-target of the home. "
        "Correct the definition or the data, then run `csp run`."
    ),
    "great_expectations": (
        "The checks could not be evaluated. Correct the cause, then run `csp run`."
    ),
    "prepare": "Mend that, then run `csp run`. The last publication is still current.",
    "publication": "The last publication is still current. Mend the cause, then run `csp run`.",
}
BLOCKED = (
    "`csp status` lists the checks that failed, and failures/blocked.html of the home says what "
    "each found. Ask the partner for a corrected extract and land it, or, if what was found is "
    "true, write a waiver into waivers.csv; then run `csp run`. The last publication is still "
    "current."
)


def of_error(run_id: str, began: datetime, step: str, error: BaseException | None) -> Ending:
    """The ending of a run that an error in this step stopped, in sentences that quote no record."""
    cause = _root(error)
    blocked = isinstance(cause, RunBlocked)
    if isinstance(cause, INTERRUPTIONS):
        what_to_do = RUN_AGAIN
    elif isinstance(cause, UsageError):  # a setting, or a table of the home: it says what to mend
        what_to_do = WHAT_TO_DO["prepare"]
    else:
        what_to_do = BLOCKED if blocked else WHAT_TO_DO.get(step, WHAT_TO_DO["publication"])
    return Ending(
        run_id=run_id,
        status="blocked" if blocked else "failed",
        started_at=began,
        finished_at=utc_now(),
        message=sentence_of(cause),
        step=step,
        what_to_do=what_to_do,
    )


def write(
    home: Home, settings: Settings | None, ending: Ending, late: Sequence[CheckResult] = ()
) -> Ending:
    """Write how a run ended wherever it is read, and tell who asked to be told.

    These are: quality.run, status.json, failures/ (of a run that was blocked or failed), and the
    alerts. late: what the night found of late feeds. Without settings the warehouse
    cannot be opened, nor can anybody be told. Returns the ending with the run's warnings; one that
    could not be recorded has failed.
    """
    alerts = alerting.stopped(ending)
    try:
        if settings is None:
            raise CspError("The warehouse is not opened without settings.")
        with closing(ddl.open_warehouse(home, settings)) as con:
            ddl.ensure(con, load_contracts(), settings)
            runs.record(con, ending)
            records.keep(home, con)
            status.end(home, ending, con)
            if settings.alerts:
                alerts += alerting.of_run(con, ending, late)
    except (CspError, OSError, duckdb.Error) as error:
        if not ending.has_failed:
            ending = of_error(ending.run_id, ending.started_at, "publication", error)
        # A disk that is full may refuse this too: the terminal and the exit status still tell.
        with suppress(CspError, OSError):
            status.end(home, ending)
    with suppress(OSError):
        if ending.has_failed:
            _write_note(home, ending)
        if ending.status == "blocked" and settings is not None:
            _write_blocked_page(home, settings, ending.run_id)
        if ending.status == "published":  # what stopped an earlier run is mended
            home.blocked_page.unlink(missing_ok=True)
    if settings is not None:
        alerting.deliver(home, settings, ending.run_id, alerts)
    with suppress(CspError):
        return replace(ending, warnings=_warnings(status.read(home)))
    return ending


def _write_note(home: Home, ending: Ending) -> None:
    """Write failures/<run id>.txt, readable by the owner alone."""
    home.failures.mkdir(mode=0o700, exist_ok=True)
    write_whole(
        home.failures / f"{ending.run_id}.txt",
        f"Run {ending.run_id} {ending.status} in step {ending.step}.\n\n"
        f"What failed: {ending.message}\n\nWhat to do: {ending.what_to_do}\n",
    )


def _write_blocked_page(home: Home, settings: Settings, run_id: str) -> None:
    """The page that says what stopped the run; a night that ends so must not fail over it."""
    from data_quality.pages import write_blocked

    current = current_folder(home)
    try:
        with closing(ddl.open_warehouse(home, settings)) as con:
            write_blocked(con, home.blocked_page, run_id, current.name if current else None)
    except Exception as error:
        keep_traceback(home, run_id, error)


def _warnings(stored: dict[str, Any]) -> list[str]:
    """What ingest noticed, commentary to look at, refused and held files, checks that only warn."""
    refused = [
        f"{item['feed']}/{item['file']} refused: {item['reason']}" for item in stored["refused"]
    ]
    held = [
        f"{item['feed']}/{item['file']} is held, what is in force stays: {item['reason']}. "
        f"{item['what_to_do']}"
        for item in stored["held"]
    ]
    of_held = {item["check_id"] for item in stored["held"]}
    failed = [
        item["message"] or f"{item['check_id']}: {item['status']}"
        for item in stored["not_passed"]
        if item["severity"] == "warning" and item["check_id"] not in of_held
    ]
    return [*stored["noticed"], *stored["commentary"], *refused, *held, *failed]


def keep_traceback(home: Home, run_id: str, error: BaseException) -> Path:
    """Add the whole traceback to failures/<run id>.debug.txt, which the owner alone may read.

    It may quote records, and so it is kept apart from Dagster's log and page.
    """
    home.failures.mkdir(mode=0o700, exist_ok=True)
    path = home.failures / f"{run_id}.debug.txt"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write("".join(traceback.format_exception(error)) + "\n")
    return path


def plain(error: BaseException) -> CspError:
    """An error of our own sentences alone, without cause, context or traceback."""
    cause = _root(error)
    kind = type(cause) if isinstance(cause, CspError) else CspError
    sentence = sentence_of(cause)
    return CspError(sentence) if issubclass(kind, FileRefused) else kind(sentence)


def _root(error: BaseException | None) -> BaseException | None:
    """The error of this project beneath Dagster's wrapping, or the one nearest the cause."""
    found = error
    while error is not None:
        if isinstance(error, (CspError, *INTERRUPTIONS)):
            return error
        found, error = error, error.__cause__
    return found


def sentence_of(error: BaseException | None) -> str:
    """A sentence about an error that quotes no record."""
    if isinstance(error, INTERRUPTIONS):
        return INTERRUPTED
    if error is None:
        return NEVER_SAID
    if isinstance(error, CspError):
        return str(error)
    if isinstance(error, OperationalError) and not is_full(error):
        return (
            "Dagster's records in the home's folder dagster cannot be read or written. "
            "See that the disk has room and that its owner may write there, then run `csp run`."
        )
    clause = safe_message(error)
    return f"{clause[0].upper()}{clause[1:]}. {mend_of(error)}"
