"""Turn failures of the disk, the permissions or DuckDB into one plain sentence."""

import contextlib
import errno
from collections.abc import Iterator

import duckdb

from warehouse.errors import CspError

# What the machine refuses, as against what a damaged file makes fail (a seek to nowhere: EINVAL).
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
MACHINE = FULL | FORBIDDEN | {errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM}


def raise_if_the_machines(error: BaseException) -> None:
    """Raise the error again if the disk or the permissions caused it, not the file being read."""
    if isinstance(error, OSError) and error.errno in MACHINE:
        raise error


@contextlib.contextmanager
def plainly(doing: str) -> Iterator[None]:
    """Raise CspError, saying what was being done and the mend, for what the machine refuses.

    DuckDB's own messages can quote a value of a record, so only those about files are passed on.
    """
    try:
        yield
    except OSError as error:
        raise CspError(f"{doing} failed: {_of_os(error)}") from error
    except (duckdb.OutOfMemoryException, MemoryError) as error:
        raise CspError(
            f"{doing} failed: memory ran out. Raise memory_limit in csp.yml, and run again."
        ) from error
    except duckdb.Error as error:
        raise CspError(f"{doing} failed: {_of_duckdb(error)}") from error


def _of_os(error: OSError) -> str:
    place = f" ({error.filename})" if error.filename else ""
    if error.errno in FULL:
        return f"the disk is full{place}. Make room, and run again."
    if error.errno in FORBIDDEN:
        return f"access is refused{place}. Run as the home's owner, or mend the access, and again."
    return f"{error.strerror or error}{place}. Mend that, and run again."


def _of_duckdb(error: duckdb.Error) -> str:
    said = str(error)
    if "No space left" in said or "File too large" in said or "quota" in said.lower():
        return "the disk is full. Make room, and run again."
    if isinstance(error, duckdb.IOException):
        return f"{said.splitlines()[0]} Mend that, and run again."
    return f"{type(error).__name__} in the warehouse. `csp run --debug` shows the whole message."
