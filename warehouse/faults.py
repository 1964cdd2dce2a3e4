"""Tell a fault of the machine from a fault of the file being read, each in one sentence."""

import contextlib
import errno
from collections.abc import Iterator

import duckdb

from warehouse.errors import CspError, FileRefused
from warehouse.messages import FORBIDDEN, FULL, mend_of, safe_message

# What the machine refuses, as against what a damaged file makes fail (a seek to nowhere: EINVAL).
MACHINE = FULL | FORBIDDEN | {errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM}
# The same of the database: its disk, its memory, its connection. DuckDB lets nothing more be done
# after a fatal error.
MACHINE_OF_DUCKDB = (
    duckdb.IOException,
    duckdb.OutOfMemoryException,
    duckdb.FatalException,
    duckdb.ConnectionException,
    duckdb.InterruptException,
)
DAMAGED = "Ask the sender for the file again and land it. If it is as it should be, please report "
DAMAGED += "this; failures/ of the home keeps the whole message."


def is_the_machines(error: BaseException) -> bool:
    """Whether the disk, the permissions or the night's memory failed, not the file being read."""
    if isinstance(error, OSError):
        return error.errno in MACHINE
    return isinstance(error, MACHINE_OF_DUCKDB)


@contextlib.contextmanager
def refusing() -> Iterator[None]:
    """Raise FileRefused for whatever goes wrong inside a file, and nothing else.

    What the machine refuses, an interruption, and what this project says itself (rows that do not
    add up) pass as they are. The error is the refusal's cause.
    """
    try:
        yield
    except CspError:
        raise
    except BaseException as error:
        # A parser written in Rust panics with an exception that is none of Python's Exceptions.
        panicked = type(error).__name__ == "PanicException"
        if is_the_machines(error) or not (panicked or isinstance(error, Exception)):
            raise
        raise FileRefused(
            f"the file is damaged, or made as no reader expects ({type(error).__name__})",
            mend=DAMAGED,
        ) from error


@contextlib.contextmanager
def as_csp_error(doing: str) -> Iterator[None]:
    """Raise CspError, saying what was being done and the mend, for what the machine refuses."""
    try:
        yield
    except (OSError, MemoryError, duckdb.Error) as error:
        raise CspError(f"{doing} failed: {safe_message(error)}. {mend_of(error)}") from error
