"""Trouble outside a step, and what of an error may be told: status, note, and no record's value."""

import errno
import os
import shutil
import signal
import sqlite3
import stat
import traceback
from collections import namedtuple
from datetime import datetime
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from sqlalchemy.exc import OperationalError

from cli.night import run as csp_run
from orchestration import run as run_module
from orchestration.build import refuse_if_incomplete
from orchestration.failures import INTERRUPTED, debug_file, note_of
from orchestration.night import Night
from orchestration.retries import retrying
from orchestration.run import _outcome, run_nightly
from warehouse import ddl, runs, status
from warehouse.contract import load_contracts
from warehouse.errors import CspError, FileRefused, RunBlocked, RunFailed, UsageError
from warehouse.faults import as_csp_error
from warehouse.home import Home
from warehouse.settings import load_settings

PERSON = "MARY SMITH"
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def night(home: Home) -> Night:
    return Night(home, load_settings(home), "run-1")


def last_run(home: Home) -> tuple[str, str]:
    found = status.read(home)["last_run"]
    return found["status"], found["message"]


def prepared(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """The definitions cannot be read."""

    def fail() -> Path:
        raise error

    monkeypatch.setattr("orchestration.dbt_program.prepared_manifest", fail)


@pytest.mark.parametrize("seconds", [0.0])
@pytest.mark.parametrize("kind", [duckdb.ConversionException, duckdb.IOException])
def test_a_record_s_value_does_not_leave_the_step(
    night: Night, kind: type[duckdb.Error], seconds: float
) -> None:
    with (
        pytest.raises((CspError, dg.RetryRequested)) as caught,
        retrying(night, seconds),
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
    kept = debug_file(night.home, night.run_id)
    assert PERSON in kept.read_text()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_value_is_not_told_by_dagsters_log(night: Night) -> None:
    @dg.op
    def step() -> None:
        with retrying(night), as_csp_error("Loading"):
            raise duckdb.ConversionException(f"Could not convert string '{PERSON}'")

    @dg.job(executor_def=dg.in_process_executor)
    def job() -> None:
        step()

    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(instance=instance, raise_on_error=False)
        logged = "".join(str(entry) for entry in instance.all_logs(result.run_id))
    assert "ConversionException in the warehouse" in logged
    assert PERSON not in logged
    assert PERSON not in run_module._why(result)


@pytest.mark.parametrize(
    "error", [RunBlocked("checks failed"), UsageError("wrong key"), FileRefused("no column", 3)]
)
def test_our_own_sentences_pass_the_steps_boundary(night: Night, error: CspError) -> None:
    with pytest.raises(CspError) as caught, retrying(night):
        raise error
    assert str(caught.value) == str(error)
    assert isinstance(caught.value, RunBlocked) == isinstance(error, RunBlocked)


def test_a_failure_outside_a_step_is_told_from_dagsters_events_without_values() -> None:
    @dg.resource
    def broken() -> None:
        raise ValueError(PERSON)

    @dg.op(required_resource_keys={"it"})
    def step() -> None: ...

    @dg.job(resource_defs={"it": broken})
    def job() -> None:
        step()

    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(instance=instance, raise_on_error=False)
    assert "ValueError" in run_module._why(result)
    assert PERSON not in run_module._why(result)


def test_a_wrong_setting_is_told_by_status_and_note(home: Home) -> None:
    home.csp_yml.write_text(home.csp_yml.read_text().replace("geography:", "geographie:"))
    with pytest.raises(UsageError):
        run_nightly(home)
    assert last_run(home)[0] == "failed"
    assert "geographie" in last_run(home)[1]
    (note,) = home.failures.glob("*[!g].txt")
    assert "geographie" in note.read_text()


def test_a_wrong_setting_under_dagsters_own_job_is_told(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orchestration.night import night_resource

    monkeypatch.setenv("CSP_HOME", str(home.root))
    home.csp_yml.write_text(home.csp_yml.read_text().replace("geography:", "geographie:"))

    @dg.op(required_resource_keys={"night"})
    def step() -> None: ...

    @dg.job(resource_defs={"night": night_resource})
    def job() -> None:
        step()

    with dg.DagsterInstance.ephemeral() as instance:
        assert not job.execute_in_process(instance=instance, raise_on_error=False).success
    assert last_run(home)[0] == "failed"
    assert "geographie" in last_run(home)[1]
    (note,) = home.failures.glob("*.txt")
    assert "geographie" in note.read_text()


def test_definitions_that_cannot_be_read_are_told(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared(monkeypatch, RunFailed("dbt could not run: Parsing Error"))
    outcome = run_nightly(home)
    assert (outcome.status, outcome.message) == ("failed", "dbt could not run: Parsing Error")
    assert last_run(home) == ("failed", "dbt could not run: Parsing Error")
    assert (home.failures / f"{outcome.run_id}.txt").is_file()


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


def test_the_outcome_is_the_runs_own_whatever_the_clock_said(home: Home) -> None:
    @dg.job
    def job() -> None: ...

    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(instance=instance)
    moment, ahead = datetime(2026, 11, 1), datetime(2036, 11, 1)
    with ddl.open_warehouse(home, load_settings(home)) as con:
        ddl.ensure(con, load_contracts(), load_settings(home))
        runs.record(con, runs.RunRecord(result.run_id, "unchanged", moment, moment, "Nothing."))
        runs.record(con, runs.RunRecord("other", "failed", ahead, ahead, "The clock was ahead."))
        status.record(home, con)
    assert (_outcome(home, result).status, _outcome(home, result).message) == (
        "unchanged",
        "Nothing.",
    )


def test_of_dbts_words_only_the_kind_of_error_is_told(night: Night) -> None:
    def broken(message: str) -> list[dict[str, str]]:
        return [{"unique_id": "model.csp.fct", "status": "error", "message": message}]

    with pytest.raises(RunFailed, match=r"fct: Binder Error; .*--debug"):
        refuse_if_incomplete(broken("Runtime Error in model\n  Binder Error: no column a\n x"))
    with pytest.raises(RunFailed, match="--debug") as caught, retrying(night):
        refuse_if_incomplete(broken(f"Runtime Error\n  Conversion Error: '{PERSON}'"))
    assert PERSON not in str(caught.value)
    assert PERSON in debug_file(night.home, night.run_id).read_text()


def test_an_interruption_within_a_step_is_told_as_one() -> None:
    assert run_module._withheld("DagsterExecutionInterruptedError", "") == INTERRUPTED
    assert run_module._withheld("KeyboardInterrupt", "") == INTERRUPTED


def test_the_note_of_an_interruption() -> None:
    assert "interrupted" in note_of("r", "dbt_build", KeyboardInterrupt()).what_failed
