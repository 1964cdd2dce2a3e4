"""A feed is late when its newest file is older than its cadence allows, and never before."""

from datetime import datetime, timedelta

import dagster as dg
import duckdb
import pytest

from orchestration.freshness import judge
from orchestration.retries import is_passing, retrying
from warehouse.errors import CspError
from warehouse.feeds import OVERDUE_AFTER

NOW = datetime(2026, 11, 23, 2, 0)


@pytest.mark.parametrize("cadence", sorted(OVERDUE_AFTER))
def test_the_cadence_decides(cadence: str) -> None:
    allowed = OVERDUE_AFTER[cadence]
    assert judge(cadence, NOW - allowed, NOW).status == "fresh"
    late = judge(cadence, NOW - allowed - timedelta(hours=1), NOW)
    assert late.status == "late"
    assert "Ask the partner" in late.message


def test_what_never_came_or_has_no_cadence_is_not_applicable() -> None:
    assert judge("monthly", None, NOW).status == "not_applicable"
    assert judge("irregular", NOW - timedelta(days=9999), NOW).status == "not_applicable"


def test_a_clock_that_runs_ahead_is_not_late() -> None:
    assert judge("nightly", NOW + timedelta(days=1), NOW).status == "fresh"


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
    with pytest.raises(dg.RetryRequested), retrying():
        raise wrapped
    with pytest.raises(ZeroDivisionError), retrying():
        raise ZeroDivisionError
