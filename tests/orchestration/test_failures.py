"""A failed step leaves a note that says what failed and what to do, and quotes no record."""

import duckdb
import pytest

from orchestration.failures import note_of, read_note, write_note
from warehouse.errors import CspError, RunBlocked
from warehouse.home import Home


def test_a_blocked_run_and_a_failed_run_are_told_apart() -> None:
    blocked = note_of("r", "publication", RunBlocked("completeness of crime_id failed"))
    assert blocked.status == "blocked"
    assert "csp status" in blocked.what_to_do
    failed = note_of("r", "ingest", CspError("the disk is full"))
    assert (failed.status, failed.what_failed) == ("failed", "the disk is full")
    assert "landing" in failed.what_to_do


def test_the_cause_beneath_the_wrapping_is_told() -> None:
    outer = RuntimeError("wrapped by Dagster")
    outer.__cause__ = RunBlocked("a blocking check failed")
    assert note_of("r", "publication", outer).what_failed == "a blocking check failed"


@pytest.mark.parametrize(
    "error",
    [
        duckdb.ConversionException("Conversion Error: Could not convert 'A Person' to INT"),
        ValueError("A Person"),
    ],
)
def test_other_errors_are_named_but_not_quoted(error: Exception) -> None:
    note = note_of("r", "dbt_build", error)
    assert type(error).__name__ in note.what_failed
    assert "A Person" not in note.what_failed


def test_the_note_is_kept_for_people_and_programs_by_the_owner_alone(home: Home) -> None:
    note = note_of("run-1", "ingest", CspError("the disk is full"))
    path = write_note(home, note)
    assert "the disk is full" in path.read_text()
    assert "What to do:" in path.read_text()
    assert read_note(home, "run-1") == note
    assert read_note(home, "another") is None
    assert all(file.stat().st_mode & 0o077 == 0 for file in home.failures.iterdir())
