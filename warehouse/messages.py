"""Say what an error is without any text of a file, nor of a library that could quote one.

Libraries put what they choke on into their messages: DuckDB the value it cannot cast, dbt the row
that broke a contract, YAML the word it stumbled over. So none of their words are passed on: only
the kind of the error, names of files, and numbers. The whole text is kept for the owner alone
(`csp run --debug` shows it).
"""

import errno
import os
import re

import duckdb

from warehouse.errors import CspError

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}

# The kinds of error that DuckDB and dbt name in their texts, the more telling ones first.
KINDS = (
    *("Conversion Error", "Constraint Error", "Binder Error", "Catalog Error", "Parser Error"),
    *("Out of Memory Error", "Out of Range Error", "Invalid Input Error", "IO Error"),
    *("Permission Error", "Transaction Error", "TransactionContext Error", "Interrupt Error"),
    *("Not implemented Error", "Serialization Error", "Syntax Error", "INTERNAL Error"),
    *("Compilation Error", "Parsing Error", "Validation Error", "Dependency Error"),
    *("Database Error", "Runtime Error"),
)
# How DuckDB says that its file was cut short, written over, or is none of its own.
DAMAGE = (
    *("not a valid DuckDB database", "Could not read enough bytes", "Corrupt database"),
    *("replaying WAL", "Serialization Error"),
)
SHOWN_BY_DEBUG = "`csp run --debug` shows the whole message"


def safe_message(error: BaseException | str | None) -> str:
    """What an error is, as a clause without a full stop: sentences of this project as they are.

    Of any other error its kind, and where the system refused something, the file and the reason.
    A text is what a library said where only its text was kept.
    """
    if error is None:
        return "an error without a message"
    if isinstance(error, str):
        return next((kind for kind in KINDS if kind in error), "an error")
    if isinstance(error, CspError):
        return str(error)
    place = f" ({error.filename})" if isinstance(error, OSError) and error.filename else ""
    if is_full(error):
        return f"the disk is full{place}"
    if isinstance(error, (MemoryError, duckdb.OutOfMemoryException)):
        return "memory ran out"
    if isinstance(error, OSError):
        if error.errno in FORBIDDEN:
            return f"access is refused{place}"
        return f"{os.strerror(error.errno) if error.errno else type(error).__name__}{place}"
    if is_damaged(error):
        return "the database is damaged"
    if isinstance(error, duckdb.Error):
        holder = lock_holder(error)
        return holder or f"{type(error).__name__} in the warehouse"
    return type(error).__name__


def mend_of(error: BaseException) -> str:
    """What to do about an error of the machine or of a library, as a sentence."""
    if is_full(error):
        return "Make room, and run again."
    if isinstance(error, (MemoryError, duckdb.OutOfMemoryException)):
        return "Raise memory_limit in csp.yml, and run again."
    if isinstance(error, OSError) and error.errno in FORBIDDEN:
        return "Run as the home's owner, or mend the access, and run again."
    if isinstance(error, OSError):
        return "Mend that, and run again."
    if is_damaged(error):
        return "Give `csp rebuild`, which makes the warehouse anew from archive/."
    if isinstance(error, duckdb.Error) and lock_holder(error):
        return "Close that program, and run again."
    return f"{SHOWN_BY_DEBUG}."


def is_full(error: BaseException) -> bool:
    """Whether the disk had no room, as the system, DuckDB or SQLite says it."""
    if isinstance(error, OSError):
        return error.errno in FULL
    said = str(error)
    if isinstance(error, (duckdb.IOException, duckdb.OutOfMemoryException, duckdb.FatalException)):
        return any(sign in said for sign in ("No space left", "File too large", "quota"))
    if type(error).__name__ == "OperationalError":  # of SQLite, beneath Dagster's records
        return "is full" in str(getattr(error, "orig", error))
    return False


def is_damaged(error: BaseException | None) -> bool:
    """Whether DuckDB's file, or its log of what was written last, is not as it was written."""
    return isinstance(error, duckdb.Error) and any(sign in str(error) for sign in DAMAGE)


def lock_holder(error: duckdb.Error) -> str:
    """Which program holds the database, where that is what DuckDB complains of; else nothing."""
    said = str(error)
    if not isinstance(error, duckdb.IOException) or "lock" not in said:
        return ""
    process = re.search(r"PID (\d+)", said)
    return f"another program holds it{f' (process {process[1]})' if process else ''}"
