"""One run at a time, and a killed run leaves no lock behind."""

import fcntl
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from warehouse.errors import CspError
from warehouse.home import Home
from warehouse.locking import RunLock

HOLD = """
import sys
from pathlib import Path
from warehouse.home import Home
from warehouse.locking import RunLock
with RunLock(Home(Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_run_is_refused_naming_the_first(home: Home, project: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home.root)],
        cwd=project,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    assert holder.stdin is not None
    try:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(CspError, match=rf"process {holder.pid}, since 20\d\d-") as caught:
            RunLock(home).__enter__()
        assert caught.value.exit_code == 1
        holder.send_signal(signal.SIGKILL)
        holder.wait(10)
        with RunLock(home):
            assert str(os.getpid()) in home.lock_file.read_text(encoding="utf-8")
    finally:
        holder.kill()
        holder.wait(10)
        holder.stdin.close()
        holder.stdout.close()


def test_the_lock_holds_within_one_process_and_is_released(home: Home) -> None:
    with RunLock(home), pytest.raises(CspError, match="already going on"):
        RunLock(home).__enter__()
    with RunLock(home):
        pass
    assert home.lock_file.read_text(encoding="utf-8") == ""


def test_an_error_inside_the_block_releases_it(home: Home) -> None:
    with pytest.raises(ValueError, match="inside"), RunLock(home):
        raise ValueError("inside")
    with RunLock(home):
        pass


def test_a_look_at_the_lock_refuses_no_run(home: Home) -> None:
    handle = os.open(home.lock_file, os.O_RDONLY | os.O_CREAT, 0o600)
    fcntl.flock(handle, fcntl.LOCK_SH)  # as `csp status` does
    looked = threading.Timer(0.5, os.close, [handle])
    looked.start()
    try:
        with RunLock(home):
            assert str(os.getpid()) in home.lock_file.read_text(encoding="utf-8")
    finally:
        looked.join()
