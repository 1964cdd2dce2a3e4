"""A step is tried again only after what passes by itself."""

import dagster as dg
import duckdb
import pytest

from orchestration.retries import is_passing, retrying
from warehouse.errors import CspError


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
