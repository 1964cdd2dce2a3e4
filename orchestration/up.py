"""`csp up`: `dagster dev` of the home on the loopback address, until told to stop.

Dagster's own command runs the code server, the web server and the daemon, which ticks the schedule
and the sensor. What is ours: one of a home, on the loopback alone, and nothing of it left behind.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

from orchestration import progress
from orchestration.dbt_program import prepared_manifest
from orchestration.instance import environment, opened, prune_runs
from warehouse.errors import RunFailed, UsageError
from warehouse.home import Home
from warehouse.locking import ServiceLock
from warehouse.settings import load_settings

HOST = "127.0.0.1"
STEP = "up"
QUIET = ("--log-level", "warning", "--code-server-log-level", "warning")
# A loaded machine needs a while to import Dagster; a run in hand needs a while to stop.
START_WITHIN_SECONDS = 180.0
STOP_WITHIN_SECONDS = 20.0

# prctl(2): the signal a process gets when the one that started it is gone. Linux alone has it.
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def serve(home: Home, port: int | None = None, report: Callable[[str], None] = print) -> int:
    """Serve until SIGTERM or SIGINT; returns 0, or 1 if Dagster ended by itself.

    Raises UsageError when the port is taken or the settings are wrong, AlreadyRunning where the
    home is served already, RunFailed when Dagster does not start.
    """
    settings = load_settings(home)
    port = settings.webserver_port if port is None else port
    with ServiceLock(home):
        _require_free(port)
        with progress.working(STEP, "Reading the definitions"):
            prepared_manifest()
        with progress.working(STEP, "Opening Dagster's records"), opened(home) as instance:
            prune_runs(instance)
        stopped: list[int] = []

        def stop(number: int, _frame: FrameType | None) -> None:
            stopped.append(number)

        before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
        dagster = _dagster_dev(home, port)
        try:
            return _watch(dagster, port, stopped, report)
        finally:
            _stop(dagster)
            for number, handler in before.items():
                signal.signal(number, handler)


def _watch(
    dagster: subprocess.Popen[bytes], port: int, stopped: list[int], report: Callable[[str], None]
) -> int:
    progress.tell(STEP, "Starting Dagster")
    began = time.monotonic()
    while not stopped and not _listens(port):
        # No thread tells this: a fork, as for Dagster's processes, and threads do not mix.
        progress.waiting(STEP, "Starting Dagster", began)
        if dagster.poll() is not None or time.monotonic() > began + START_WITHIN_SECONDS:
            raise RunFailed("Dagster did not start; its message is above.")
        time.sleep(0.2)
    if not stopped:
        report(f"Dagster's page: http://{HOST}:{port}")
        report("The schedule (02:00) and the landing sensor are running. Stop with Ctrl-C.")
    while not stopped:
        if dagster.poll() is not None:
            report("Dagster ended by itself.")
            return 1
        time.sleep(0.2)
    return 0


def _dagster_dev(home: Home, port: int) -> subprocess.Popen[bytes]:
    us = os.getpid()

    def end_with_us() -> None:
        # Killed hard, or by the kernel for want of memory, we cannot stop it ourselves.
        if LIBC is not None:
            LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
            if os.getppid() != us:  # gone before the kernel was told
                os._exit(1)

    return subprocess.Popen(
        [
            *(sys.executable, "-W", "ignore", "-m", "dagster", "dev", *QUIET),
            *("--module-name", "orchestration.definitions", "--host", HOST, "--port", str(port)),
        ],
        env={**os.environ, **environment(home)},
        cwd=home.dagster,
        stdin=subprocess.DEVNULL,
        # Ctrl-C reaches it from us alone, and what it leaves behind is found by the group.
        start_new_session=True,
        preexec_fn=end_with_us,
        # A night's files have the same modes however the night was started.
        umask=0o077,
    )


def _listens(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        return probe.connect_ex((HOST, port)) == 0


def _stop(dagster: subprocess.Popen[bytes]) -> None:
    """Ask Dagster to end, then end what is left of it.

    A run that is stopped loses nothing: the next one goes on where it stood.
    """
    dagster.terminate()
    with suppress(subprocess.TimeoutExpired):
        dagster.wait(STOP_WITHIN_SECONDS)
    for number in (signal.SIGTERM, signal.SIGKILL):  # a run that its code server started
        with suppress(ProcessLookupError):
            os.killpg(dagster.pid, number)
            time.sleep(1.0)
    dagster.wait()


def _require_free(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise UsageError(
                f"Port {port} of {HOST} cannot be used ({error.strerror}); "
                "set webserver_port in csp.yml to another."
            ) from error
