"""One of a kind at a time: the lock that a run holds on its home, and that of `csp up`."""

import fcntl
import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from warehouse.errors import AlreadyRunning, CspError
from warehouse.home import Home

# `csp status` and the landing sensor share the lock for an instant to see whether it is held.
WAIT_SECONDS = 2.0


class HomeLock:
    """Hold a lock file of a home inside a `with` block.

    The operating system releases the lock when its process ends, however it ends, so a killed
    process never leaves a home locked. Raises AlreadyRunning naming the holder when another process
    (or another lock of this one) has held it for WAIT_SECONDS.
    """

    held = "This home is in use ({who})."
    """What is said of a lock that is held; {who} is the process and since when."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None
        self._note: dict[str, Any] = {}

    def __enter__(self) -> Self:
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
            raise AlreadyRunning(self.held.format(who=_who(holder))) from None
        except BaseException:
            os.close(handle)
            raise
        self._handle = handle
        self._note = {"pid": os.getpid(), "started_at": _now()}
        self.note()
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

    def note(self, step: str | None = None) -> None:
        """Say in the lock's file which step the holder is at, for `holder` to read."""
        if step is not None:
            self._note |= {"step": step, "step_started_at": _now()}
        if self._handle is not None:
            # Padded, not emptied first: a reader between the two would see nothing.
            text = json.dumps(self._note)
            os.pwrite(self._handle, text.ljust(500).encode(), 0)


class RunLock(HomeLock):
    """The one writer of a home: a run, a rollback."""

    held = (
        "A run of this home is already going on ({who}). Wait for it to end, "
        "or stop that process, and run again."
    )

    def __init__(self, home: Home) -> None:
        super().__init__(home.lock_file)


class ServiceLock(HomeLock):
    """The one `csp up` of a home: two would start each night twice."""

    held = "`csp up` of this home is already running ({who}). Use that one, or stop it first."

    def __init__(self, home: Home) -> None:
        super().__init__(home.service_lock_file)


def holder(path: Path) -> dict[str, Any] | None:
    """Who holds the lock: {"pid", "started_at", "step", "step_started_at"}; None when nobody does.

    Also None where this user may not look.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        try:
            note = json.loads(os.pread(handle, 1000, 0))
        except ValueError:
            note = {}
        return {key: note.get(key) for key in ("pid", "started_at", "step", "step_started_at")}
    else:
        return None
    finally:
        os.close(handle)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


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


def _who(note: str) -> str:
    try:
        content = json.loads(note)
        return f"process {content['pid']}, since {content['started_at']}"
    except (ValueError, KeyError, TypeError):
        return "another process, just started"
