"""`csp up`: Dagster's web page and daemon on the loopback address, until told to stop.

Three child processes: the code server, which holds the definitions and starts runs; the daemon,
which ticks the schedule and the sensor; the web server. Left to themselves daemon and web server
would each start a code server, out of our reach: one is half the memory and ends when told to.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
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
MODULE = "orchestration.definitions"
# A loaded machine needs a while to import Dagster; a run in hand needs a while to stop.
START_WITHIN_SECONDS = 120.0
STOP_WITHIN_SECONDS = 20.0

# prctl(2): the signal a process gets when the one that started it is gone. Linux alone has it.
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

Children = dict[str, subprocess.Popen[bytes]]


def serve(
    home: Home,
    port: int | None = None,
    report: Callable[[str], None] = print,
    *,
    webserver: bool = True,
) -> int:
    """Serve until SIGTERM or SIGINT; returns 0, or 1 if a part ended by itself.

    webserver=False leaves the page out: schedule and sensor run without it. Raises UsageError
    when the port is taken or the settings are wrong, AlreadyRunning where the home is served
    already, RunFailed when a part does not start.
    """
    settings = load_settings(home)
    port = settings.webserver_port if port is None else port
    with ServiceLock(home):
        if webserver:
            _require_free(port)
        return _serve(home, port if webserver else None, report)


def _serve(home: Home, port: int | None, report: Callable[[str], None]) -> int:
    with progress.working(STEP, "Reading the definitions"):
        prepared_manifest()
    with progress.working(STEP, "Opening Dagster's records"), opened(home) as instance:
        prune_runs(instance)
    stopped: list[int] = []

    def stop(signal_number: int, frame: FrameType | None) -> None:
        stopped.append(signal_number)

    children: Children = {}
    with ExitStack() as ending:
        for number in (signal.SIGTERM, signal.SIGINT):
            ending.callback(signal.signal, number, signal.signal(number, stop))
        # A Unix socket's path may have 107 characters; a home's path may have more.
        folder = Path(tempfile.mkdtemp(prefix="csp-"))
        ending.callback(shutil.rmtree, folder, ignore_errors=True)
        ending.callback(_stop, children)
        _start(home, port, folder, children, stopped)
        if port is not None and not stopped:
            report(f"Dagster's page: http://{HOST}:{port}")
        report("The schedule (02:00) and the landing sensor are running. Stop with Ctrl-C.")
        while not stopped:
            ended = [name for name, child in children.items() if child.poll() is not None]
            if ended:
                report(f"Dagster's {ended[0]} ended by itself; stopping the rest.")
                return 1
            time.sleep(0.2)
    return 0


def _start(
    home: Home, port: int | None, folder: Path, children: Children, stopped: list[int]
) -> None:
    """Start the parts into `children`, the code server first; the web server if there is a port."""
    path = folder / "code.sock"
    workspace = folder / "workspace.yaml"
    workspace.write_text(
        f"load_from:\n  - grpc_server:\n      socket: {path}\n      location_name: csp\n"
    )
    quiet = ["--log-level", "warning"]
    server = ["dagster", "api", "grpc", "--socket", str(path), "--module-name", MODULE, *quiet]
    daemon = ["dagster-daemon", "run", "--workspace", str(workspace), *quiet]
    progress.tell(STEP, "Starting Dagster's code server")
    children["code server"] = _child(home, server)
    began = time.monotonic()
    deadline = began + START_WITHIN_SECONDS
    while not stopped and not _listens(path):
        # No thread tells this: a fork, as for the next child, and threads do not mix.
        progress.waiting(STEP, "Starting Dagster's code server", began)
        if children["code server"].poll() is not None or time.monotonic() > deadline:
            raise RunFailed("Dagster's code server did not start; its message is above.")
        time.sleep(0.2)
    if stopped:
        return
    children["daemon"] = _child(home, daemon)
    if port is not None:
        page = ["dagster-webserver", "--workspace", str(workspace), "--host", HOST]
        children["web server"] = _child(home, [*page, "--port", str(port), *quiet])


def _child(home: Home, command: list[str]) -> subprocess.Popen[bytes]:
    programs = Path(sys.executable).parent
    us = os.getpid()

    def end_with_us() -> None:
        # Killed hard, or by the kernel for want of memory, we cannot stop them ourselves.
        if LIBC is not None:
            LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
            if os.getppid() != us:  # gone before the kernel was told
                os._exit(1)

    return subprocess.Popen(
        [str(programs / command[0]), *command[1:]],
        env={**os.environ, **environment(home)},
        cwd=home.dagster,
        stdin=subprocess.DEVNULL,
        # Ctrl-C reaches the children from us alone, so that they end in order.
        start_new_session=True,
        preexec_fn=end_with_us,
        # A night's files have the same modes however the night was started.
        umask=0o077,
    )


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def _stop(children: Children) -> None:
    """Ask the parts to end, those that start work first; then end what is left of each.

    A run that is stopped loses nothing: the next one goes on where it stood.
    """
    deadline = time.monotonic() + STOP_WITHIN_SECONDS
    for child in reversed(children.values()):
        if child.poll() is None:
            child.send_signal(signal.SIGINT)
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        try:
            os.killpg(child.pid, signal.SIGTERM)  # runs that the code server started
        except ProcessLookupError:
            continue


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
