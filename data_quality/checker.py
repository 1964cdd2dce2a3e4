"""Great Expectations in a process of its own, which imports it while the build goes on.

The import takes seconds of a processor, and two threads of one process would take turns at it. The
process serves one call after another, and ends with this one, also when this one is killed.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, cast

from data_quality import checkpoint
from warehouse.errors import RunFailed
from warehouse.results import CheckResult

_running: subprocess.Popen[bytes] | None = None


def start() -> subprocess.Popen[bytes]:
    """Begin the import, unless the process runs already."""
    global _running
    if _running is None or _running.poll() is not None:
        command = [sys.executable, "-m", __name__]
        _running = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    return _running


def run_checks(
    warehouse_file: Path, run_id: str, docs_dir: Path, limits: Mapping[str, Any]
) -> list[CheckResult]:
    """`checkpoint.run_checks` over there. Raises what it raises, RunFailed if the process died."""
    process = start()
    calls, answers = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)
    try:
        pickle.dump((warehouse_file, run_id, docs_dir, dict(limits)), calls)
        calls.flush()
        answer: list[CheckResult] | Exception = pickle.load(answers)
    except (EOFError, BrokenPipeError) as error:
        raise RunFailed(
            "The process that checks completeness ended before it answered; if the machine ran "
            "out of memory, lower memory_limit in csp.yml. Then run `csp run` again."
        ) from error
    except BaseException:
        process.kill()  # an answer that nobody took would be that of the next call
        raise
    if isinstance(answer, Exception):
        raise answer
    return answer


def serve() -> None:
    """Answer the calls on standard input until it is closed."""
    # The terminal's Ctrl-C reaches both processes; what it ends is decided by the run.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # for whatever a library prints
    checkpoint.library()
    while True:
        answer: list[CheckResult] | Exception
        try:
            arguments = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        try:
            answer = checkpoint.run_checks(*arguments)
        except Exception as error:
            answer = error
        pickle.dump(answer, answers)
        answers.flush()


if __name__ == "__main__":
    serve()
