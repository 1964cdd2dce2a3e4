"""How a run ends: one value in status, note and Dagster's log, and no record's value in any."""

import errno
import os
import shutil
import signal
import sqlite3
import stat
import traceback
from collections import namedtuple
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from sqlalchemy.exc import OperationalError

from cli.night import run as csp_run
from orchestration.build import refuse_if_incomplete
from orchestration.ending import of_error, write
from orchestration.night import Night, is_passing, night_resource
from orchestration.night import night as begun
from orchestration.run import run_nightly
from warehouse import status
from warehouse.errors import CspError, FileRefused, RunBlocked, RunFailed, UsageError
from warehouse.faults import as_csp_error
from warehouse.home import Home
from warehouse.locking import holder
from warehouse.results import utc_now
from warehouse.runs import Ending
from warehouse.settings import load_settings

PERSON = "MARY SMITH"
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def night(home: Home) -> Night:
    return Night(home, load_settings(home), "run-1")


def debug_file(night: Night) -> Path:
    return night.home.failures / f"{night.run_id}.debug.txt"


def last_run(home: Home) -> tuple[str, str]:
    found = status.read(home)["last_run"]
    return found["status"], found["message"]


def prepared(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """The definitions cannot be read."""

    def fail() -> Path:
        raise error

    monkeypatch.setattr("orchestration.dbt_program.prepared_manifest", fail)


@pytest.mark.parametrize("kind", [duckdb.ConversionException, duckdb.IOException])
def test_a_record_s_value_does_not_leave_the_step(night: Night, kind: type[duckdb.Error]) -> None:
    with (
        pytest.raises((CspError, dg.RetryRequested)) as caught,
        night.failing("ingest"),
        as_csp_error("Loading"),
    ):
        raise kind(f"lock: could not convert string '{PERSON}'\n'{PERSON}'")
    found: BaseException | None = caught.value
    if kind is duckdb.ConversionException:
        shown = "".join(traceback.format_exception(caught.value))
        assert PERSON not in shown.replace("{PERSON}", "")
    else:
        assert isinstance(found, dg.RetryRequested)
        found = found.__cause__
    assert isinstance(found, CspError)
    assert found.__cause__ is None
    kept = debug_file(night)
    assert PERSON in kept.read_text()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_value_is_not_told_by_dagsters_log(night: Night) -> None:
    @dg.op
    def step(context: dg.OpExecutionContext) -> None:
        with night.failing("ingest", context.log.error), as_csp_error("Loading"):
            raise duckdb.ConversionException(f"Could not convert string '{PERSON}'")

    @dg.job(executor_def=dg.in_process_executor)
    def job() -> None:
        step()

    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(instance=instance, raise_on_error=False)
        logged = "".join(str(entry) for entry in instance.all_logs(result.run_id))
    assert "ConversionException in the warehouse" in logged
    assert "The file in hand is still in landing" in logged
    assert PERSON not in logged


@pytest.mark.parametrize(
    "error", [RunBlocked("checks failed"), UsageError("wrong key"), FileRefused("no column", 3)]
)
def test_our_own_sentences_pass_the_steps_boundary(night: Night, error: CspError) -> None:
    with pytest.raises(CspError) as caught, night.failing("ingest"):
        raise error
    assert str(caught.value) == str(error)
    assert isinstance(caught.value, RunBlocked) == isinstance(error, RunBlocked)


def test_only_what_passes_by_itself_is_tried_again() -> None:
    lock = duckdb.IOException("IO Error: Could not set lock on file")
    wrapped = CspError("cannot be opened")
    wrapped.__cause__ = lock
    assert is_passing(lock)
    assert is_passing(wrapped)
    assert is_passing(ConnectionResetError())
    assert not is_passing(CspError("a contract is wrong"))
    assert not is_passing(duckdb.BinderException("Binder Error: no such column"))
    assert not is_passing(FileNotFoundError("gone"))


def test_a_step_that_succeeds_when_tried_again_is_no_failure(night: Night) -> None:
    with pytest.raises(dg.RetryRequested), night.failing("ingest"):
        raise ConnectionError
    assert night.ending is not None
    with night.failing("ingest"):
        pass
    assert night.ending is None


def test_a_failure_outside_a_step_is_told_without_values(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise ValueError(PERSON)

    monkeypatch.setattr("orchestration.run.opened", broken)
    ending = run_nightly(home)
    assert (ending.status, ending.step) == ("failed", "prepare")
    assert "ValueError" in ending.message
    assert PERSON not in ending.message
    assert last_run(home) == ("failed", ending.message)


def test_a_wrong_setting_is_told_by_status_and_note(home: Home) -> None:
    home.csp_yml.write_text(home.csp_yml.read_text().replace("geography:", "geographie:"))
    with pytest.raises(UsageError):
        run_nightly(home)
    assert last_run(home)[0] == "failed"
    assert "geographie" in last_run(home)[1]
    (note,) = home.failures.glob("*[!g].txt")
    assert "geographie" in note.read_text()


def own_job(home: Home, monkeypatch: pytest.MonkeyPatch, error: Exception | None = None) -> bool:
    """Whether a run of Dagster's own went well, whose one step raised the error."""
    monkeypatch.setenv("CSP_HOME", str(home.root))

    @dg.op(required_resource_keys={"night"})
    def step(context: dg.OpExecutionContext) -> None:
        with context.resources.night.step("ingest", "Loading", retries=0):
            if error is not None:
                raise error
        context.resources.night.end("unchanged", "Nothing new.")

    @dg.job(resource_defs={"night": night_resource})
    def job() -> None:
        step()

    with dg.DagsterInstance.ephemeral() as instance:
        return job.execute_in_process(instance=instance, raise_on_error=False).success


def test_a_run_that_dagster_starts_has_the_same_endings(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert own_job(home, monkeypatch)
    assert last_run(home) == ("unchanged", "Nothing new.")
    assert not own_job(home, monkeypatch, CspError("The disk is gone."))
    assert last_run(home) == ("failed", "The disk is gone.")
    (note,) = home.failures.glob("*[!g].txt")
    assert "in step ingest" in note.read_text()
    assert status.read(home)["running"] is None


def test_a_wrong_setting_under_dagsters_own_job_is_told(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.csp_yml.write_text(home.csp_yml.read_text().replace("geography:", "geographie:"))
    assert not own_job(home, monkeypatch)
    assert last_run(home)[0] == "failed"
    assert "geographie" in last_run(home)[1]
    (note,) = home.failures.glob("*[!g].txt")
    assert "geographie" in note.read_text()


def test_a_run_that_cannot_be_recorded_has_failed(
    home: Home, night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    night.end("published", "Published 1.", "1")
    home.warehouse_file.write_text("no database")
    assert night.ending is not None
    found = write(home, night.settings, night.ending)
    assert (found.status, last_run(home)[0]) == ("failed", "failed")


def test_a_run_that_never_said_how_it_ended_has_failed(home: Home) -> None:
    endings: list[Ending] = []
    with begun(home, "run-1", ended=endings.append):
        assert status.read(home)["running"] is not None
    assert endings[0].message == last_run(home)[1]
    assert "its page in `csp up` has the log" in endings[0].message


def test_definitions_that_cannot_be_read_are_told(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared(monkeypatch, RunFailed("dbt could not run: Parsing Error"))
    outcome = run_nightly(home)
    assert (outcome.status, outcome.message) == ("failed", "dbt could not run: Parsing Error")
    assert last_run(home) == ("failed", "dbt could not run: Parsing Error")
    assert (home.failures / f"{outcome.run_id}.txt").is_file()


def test_the_lock_is_held_from_the_first_line_to_the_last(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[object] = []

    def look(*_: object) -> None:
        held.append(holder(home.lock_file))

    prepared(monkeypatch, RunFailed("dbt could not run"))
    monkeypatch.setattr("orchestration.alerting.deliver", look)
    run_nightly(home, listener=look)
    assert len(held) == 3, "the step began, it failed, and somebody was told"
    assert all(held)
    assert holder(home.lock_file) is None


def test_an_unexpected_error_is_named_and_kept_for_debug(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    prepared(monkeypatch, ValueError(PERSON))
    assert csp_run(home, False, False) == 1
    said = capsys.readouterr()
    assert "ValueError" in said.err
    assert PERSON not in said.out + said.err
    assert csp_run(home, False, True) == 1
    debug = capsys.readouterr().err
    assert "Traceback" in debug
    assert PERSON in debug


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_interruption_has_a_sentence_of_its_own(
    home: Home, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    def stop() -> Path:
        os.kill(os.getpid(), number)
        raise AssertionError("the signal did not stop it")

    monkeypatch.setattr("orchestration.dbt_program.prepared_manifest", stop)
    outcome = run_nightly(home)
    assert outcome.status == "failed"
    assert "interrupted" in outcome.message
    assert "nothing is lost" in outcome.message
    assert last_run(home) == ("failed", outcome.message)


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OperationalError(
            "insert into runs", {}, sqlite3.OperationalError("database or disk is full")
        ),
    ],
)
def test_a_full_disk_is_one_sentence(
    home: Home, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    prepared(monkeypatch, error)
    outcome = run_nightly(home)
    assert outcome.status == "failed"
    assert "Make room" in outcome.message
    assert "insert" not in outcome.message


def test_no_run_begins_on_a_disk_almost_full(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared(monkeypatch, AssertionError("it began"))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 10**12, 150 * 1024 * 1024))
    outcome = run_nightly(home)
    assert outcome.status == "failed"
    assert "150 MB left" in outcome.message
    assert "Make room" in outcome.message
    assert last_run(home)[0] == "failed"


def test_of_dbts_words_only_the_kind_of_error_is_told(night: Night) -> None:
    def broken(message: str) -> list[dict[str, str]]:
        return [{"unique_id": "model.csp.fct", "status": "error", "message": message}]

    with pytest.raises(RunFailed, match=r"fct: Binder Error; .*--debug"):
        refuse_if_incomplete(broken("Runtime Error in model\n  Binder Error: no column a\n x"))
    with pytest.raises(RunFailed, match="--debug") as caught, night.failing("dbt_build"):
        refuse_if_incomplete(broken(f"Runtime Error\n  Conversion Error: '{PERSON}'"))
    assert PERSON not in str(caught.value)
    assert PERSON in debug_file(night).read_text()


def ending_of(step: str, error: BaseException) -> Ending:
    return of_error("run-1", utc_now(), step, error)


def test_a_blocked_run_and_a_failed_run_are_told_apart() -> None:
    blocked = ending_of("publication", RunBlocked("completeness of crime_id failed"))
    assert blocked.status == "blocked"
    assert "csp status" in str(blocked.what_to_do)
    failed = ending_of("ingest", CspError("the disk is full"))
    assert (failed.status, failed.message) == ("failed", "the disk is full")
    assert "landing" in str(failed.what_to_do)
    assert ending_of("dbt_build", KeyboardInterrupt()).was_interrupted


def test_the_cause_beneath_the_wrapping_is_told() -> None:
    outer = RuntimeError("wrapped by Dagster")
    outer.__cause__ = RunBlocked("a blocking check failed")
    assert ending_of("publication", outer).message == "a blocking check failed"


def test_the_note_is_kept_for_people_by_the_owner_alone(home: Home) -> None:
    write(home, load_settings(home), ending_of("ingest", CspError("the disk is full")))
    text = (home.failures / "run-1.txt").read_text()
    assert "in step ingest" in text
    assert "the disk is full" in text
    assert "What to do:" in text
    assert all(file.stat().st_mode & 0o077 == 0 for file in home.failures.iterdir())
