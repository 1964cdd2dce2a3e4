"""The failure hook: when a step fails for good, write what failed and what to do."""

import json
import os
import traceback
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
from dagster._core.errors import DagsterExecutionInterruptedError  # not among its exports
from sqlalchemy.exc import OperationalError

from orchestration import alerting
from warehouse.errors import CspError, FileRefused, RunBlocked, UsageError
from warehouse.files import write_whole
from warehouse.home import Home
from warehouse.messages import is_full, mend_of, safe_message
from warehouse.publication.store import current_folder

if TYPE_CHECKING:
    from orchestration.night import Night

INTERRUPTIONS = (KeyboardInterrupt, DagsterExecutionInterruptedError)
INTERRUPTED = "The run was interrupted; nothing is lost."
RUN_AGAIN = "Run `csp run` again."

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
    "publication": ("The last publication is still current. Mend the cause, then run `csp run`."),
}
BLOCKED = (
    "`csp status` lists the checks that failed, and failures/blocked.html of the home says what "
    "each found. Ask the partner for a corrected extract and land it, or, if what was found is "
    "true, write a waiver into waivers.csv; then run `csp run`. The last publication is still "
    "current."
)


@dataclass(frozen=True)
class FailureNote:
    """What the hook writes, as .json for programs and .txt for people."""

    run_id: str
    status: str
    step: str
    what_failed: str
    what_to_do: str


def note_of(run_id: str, step: str, error: BaseException | None) -> FailureNote:
    """Describe a step's failure in sentences that quote no record."""
    cause = _root(error)
    blocked = isinstance(cause, RunBlocked)
    if isinstance(cause, INTERRUPTIONS):
        return FailureNote(run_id, "failed", step, INTERRUPTED, RUN_AGAIN)
    if isinstance(cause, UsageError):  # a setting, or a table of the home: it says what to correct
        return FailureNote(run_id, "failed", step, said(cause), WHAT_TO_DO["prepare"])
    return FailureNote(
        run_id=run_id,
        status="blocked" if blocked else "failed",
        step=step,
        what_failed=said(cause),
        what_to_do=BLOCKED if blocked else WHAT_TO_DO.get(step, WHAT_TO_DO["publication"]),
    )


def write_note(home: Home, note: FailureNote) -> Path:
    """Write failures/<run id>.json and .txt, readable by the owner alone; returns the .txt."""
    home.failures.mkdir(mode=0o700, exist_ok=True)
    text = (
        f"Run {note.run_id} {note.status} in step {note.step}.\n\n"
        f"What failed: {note.what_failed}\n\nWhat to do: {note.what_to_do}\n"
    )
    content = {".json": json.dumps(asdict(note), indent=2) + "\n", ".txt": text}
    for suffix, body in content.items():
        write_whole(home.failures / f"{note.run_id}{suffix}", body)
    return home.failures / f"{note.run_id}.txt"


def read_note(home: Home, run_id: str) -> FailureNote | None:
    """What the hook wrote for a run, or None."""
    path = home.failures / f"{run_id}.json"
    if not path.is_file():
        return None
    return FailureNote(**json.loads(path.read_text(encoding="utf-8")))


@dg.failure_hook(name="write_what_failed", required_resource_keys={"night"})
def write_what_failed(context: dg.HookContext) -> None:
    """Write the note and record the run as blocked or failed."""
    night: Night = context.resources.night
    note = note_of(context.run_id, context.op.name, context.op_exception)
    path = write_note(night.home, note)
    context.log.error(f"{note.what_failed} {note.what_to_do} (kept in {path.name})")
    night.finish(note.status, note.what_failed)
    found = alerting.of_run(night.home, night.settings, night.run_id, published=False)
    alerting.tell(night.home, night.settings, night.run_id, [*alerting.stopped(note), *found])
    if note.status == "blocked":
        write_blocked_page(night)


def write_blocked_page(night: "Night") -> None:
    """The page that says what stopped the run; a night that ends so must not fail over it."""
    from data_quality.pages import write_blocked

    current = current_folder(night.home)
    try:
        with night.warehouse() as connection:
            write_blocked(
                connection,
                night.home.blocked_page,
                night.run_id,
                current.name if current else None,
            )
    except Exception as error:
        with suppress(OSError):
            keep_traceback(night.home, night.run_id, error)


def debug_file(home: Home, run_id: str) -> Path:
    """Where the tracebacks of a run are kept."""
    return home.failures / f"{run_id}.debug.txt"


def keep_traceback(home: Home, run_id: str, error: BaseException) -> Path:
    """Add the whole traceback to failures/<run id>.debug.txt, which the owner alone may read.

    It may quote records, and so it is kept apart from Dagster's log and page.
    """
    home.failures.mkdir(mode=0o700, exist_ok=True)
    path = debug_file(home, run_id)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write("".join(traceback.format_exception(error)) + "\n")
    return path


def plain(error: BaseException) -> CspError:
    """An error of our own sentences alone, without cause, context or traceback."""
    cause = _root(error)
    kind = type(cause) if isinstance(cause, CspError) else CspError
    return CspError(said(cause)) if issubclass(kind, FileRefused) else kind(said(cause))


def _root(error: BaseException | None) -> BaseException | None:
    """The error of this project beneath Dagster's wrapping, or the one nearest the cause."""
    found = error
    while error is not None:
        if isinstance(error, (CspError, *INTERRUPTIONS)):
            return error
        found, error = error, error.__cause__
    return found


def said(error: BaseException | None) -> str:
    """A sentence about an error that quotes no record."""
    if isinstance(error, INTERRUPTIONS):
        return INTERRUPTED
    if error is None:
        return "The step ended without saying why."
    if isinstance(error, CspError):
        return str(error)
    if isinstance(error, OperationalError) and not is_full(error):
        return (
            "Dagster's records in the home's folder dagster cannot be read or written. "
            "See that the disk has room and that its owner may write there, then run `csp run`."
        )
    clause = safe_message(error)
    return f"{clause[0].upper()}{clause[1:]}. {mend_of(error)}"
