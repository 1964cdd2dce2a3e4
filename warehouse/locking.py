"""One writer at a time: the lock a run holds on its home."""

import fcntl
import json
import os
import time
from datetime import UTC, datetime
from types import TracebackType

from warehouse.errors import AlreadyRunning, CspError
from warehouse.home import Home

# `csp status` and the landing sensor take the lock for an instant to see whether it is held.
WAIT_SECONDS = 2.0


class RunLock:
    """Hold the home's run lock inside a `with` block.

    The operating system releases the lock when its process ends, however it ends, so a killed
    run never leaves a home locked. Raises AlreadyRunning naming the holder when another process (or
    another RunLock of this one) has held it for WAIT_SECONDS.
    """

    def __init__(self, home: Home) -> None:
        self._path = home.lock_file
        self._handle: int | None = None

    def __enter__(self) -> "RunLock":
        try:
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise CspError(
                f"{self._path} cannot be written: {error.strerror}. "
                "Run as the user who owns the home."
            ) from error
        try:
            _take(handle)
        except BlockingIOError:
            holder = os.pread(handle, 1000, 0).decode(errors="replace")
            os.close(handle)
            raise AlreadyRunning(_held(holder)) from None
        except BaseException:
            os.close(handle)
            raise
        note = {"pid": os.getpid(), "started_at": datetime.now(UTC).isoformat(timespec="seconds")}
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps(note).encode(), 0)
        self._handle = handle
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # The file stays: removing it would let two processes lock two files of one name.
        if self._handle is not None:
            os.ftruncate(self._handle, 0)
            os.close(self._handle)
            self._handle = None


def _take(handle: int) -> None:
    """Lock the open file. Raises BlockingIOError when it stays held for WAIT_SECONDS."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(0.05)
        else:
            return


def _held(holder: str) -> str:
    try:
        note = json.loads(holder)
        who = f"process {note['pid']}, since {note['started_at']}"
    except (ValueError, KeyError, TypeError):
        who = "another process, just started"
    return (
        f"A run of this home is already going on ({who}). Wait for it to end, "
        "or stop that process, and run again."
    )
