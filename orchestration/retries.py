"""Which failures of a step are worth trying again: those that pass by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import dagster as dg
import duckdb

from orchestration.failures import keep_traceback, plain
from orchestration.night import Night

ATTEMPTS = 2
SECONDS = 20.0

# A definition that is wrong, or a check that fails, is as wrong twenty seconds later.
PASSING = (ConnectionError, TimeoutError, BlockingIOError, InterruptedError)


def is_passing(error: BaseException | None) -> bool:
    """Whether the error, or what caused it, is a lock someone holds or a disk that hesitated."""
    while error is not None:
        if isinstance(error, PASSING):
            return True
        if isinstance(error, duckdb.IOException) and "lock" in str(error).lower():
            return True
        error = error.__cause__
    return False


@contextmanager
def retrying(
    night: Night | None = None, seconds: float = SECONDS, attempts: int = ATTEMPTS
) -> Iterator[None]:
    """Ask Dagster to run the step again, a few times, if the failure may pass by itself.

    What leaves the block quotes no record: with a night, Dagster is given a plain error without
    causes, and the traceback is kept in the home for its owner.
    """
    failed: BaseException
    try:
        yield
        return
    except Exception as error:
        passing = is_passing(error)
        if night is None:
            failed = error
        else:
            with suppress(OSError):  # a full disk must not hide what failed
                keep_traceback(night.home, night.run_id, error)
            failed = plain(error)
    if passing and attempts:
        raise dg.RetryRequested(max_retries=attempts, seconds_to_wait=seconds) from failed
    if night is None:
        raise failed
    raise failed from None
