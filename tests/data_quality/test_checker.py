"""Great Expectations in its own process: the same answers, and nobody waits for a lost one."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from data_quality import checker, checkpoint
from tests.data_quality.buckets import FIELDS, Row, make_warehouse
from warehouse.errors import RunFailed

STANDARDS = [(field, 90.0, "blocking", None) for field in FIELDS]
ROWS: list[Row] = [("2020-01-01", "valid", "missing", "valid")]


@pytest.fixture
def question(tmp_path: Path) -> Iterator[checker.Question]:
    warehouse = make_warehouse(tmp_path / "warehouse.duckdb", ROWS, STANDARDS)
    yield warehouse, "run-1", tmp_path / "docs", {"threads": 1}
    checker.give_up()


def wait_until_gone(pid: int) -> None:
    while (
        Path(f"/proc/{pid}/stat").exists()
        and "Z" not in (Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:1])
    ):
        time.sleep(0.05)


def test_it_answers_as_this_process_would(question: checker.Question) -> None:
    checker.ask(*question)
    moment = datetime(2026, 1, 1)
    there = [replace(result, checked_at=moment) for result in checker.run_checks(*question)]
    here = [replace(result, checked_at=moment) for result in checkpoint.run_checks(*question)]
    assert there == here
    assert (question[2] / "index.html").is_file()


def test_what_it_raises_is_raised_here(tmp_path: Path) -> None:
    path = tmp_path / "empty.duckdb"
    duckdb.connect(str(path)).close()
    with pytest.raises(duckdb.CatalogException):
        checker.run_checks(path, "run-1", tmp_path / "docs", {})


def test_a_question_given_up_frees_the_warehouse_and_is_never_answered(
    question: checker.Question,
) -> None:
    checker.ask(*question)
    checker.give_up()
    with duckdb.connect(str(question[0]), config={"threads": 1}) as con:
        con.execute("create table written_meanwhile (i integer)")
    other = (question[0], "run-2", question[2], question[3])
    assert {result.run_id for result in checker.run_checks(*other)} == {"run-2"}


def test_another_question_is_not_given_the_answer_of_the_first(question: checker.Question) -> None:
    checker.ask(*question)
    other = (question[0], "run-2", question[2], question[3])
    assert {result.run_id for result in checker.run_checks(*other)} == {"run-2"}


def test_its_death_is_said_and_the_next_question_is_answered(question: checker.Question) -> None:
    checker.ask(*question)
    process = checker.start()
    process.kill()
    process.wait()
    with pytest.raises(RunFailed, match="csp run"):
        checker.run_checks(*question)
    assert checker.run_checks(*question)


@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")
def test_it_ends_with_the_process_that_started_it() -> None:
    program = "from data_quality import checker; print(checker.start().pid, flush=True); input()"
    parent = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout
    pid = int(parent.stdout.readline())
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    wait_until_gone(pid)
