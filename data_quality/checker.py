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
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, cast

from data_quality import checkpoint
from warehouse.errors import RunFailed
from warehouse.results import CheckResult

Question = tuple[Path, str, Path, Mapping[str, Any]]

_running: subprocess.Popen[bytes] | None = None
_asked: Question | None = None


def start() -> subprocess.Popen[bytes]:
    """Begin the import, unless the process runs already."""
    global _running
    if _running is None or _running.poll() is not None:
        command = [sys.executable, "-m", __name__]
        _running = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    return _running


def ask(*question: *Question) -> None:
    """Begin the checks of `run_checks`: until they are fetched or given up, nothing may write.

    question: the arguments of `checkpoint.run_checks`: warehouse, run, folder of pages, limits.
    """
    global _asked
    give_up()
    calls = cast(IO[bytes], start().stdin)
    _asked = question
    with suppress(BrokenPipeError):  # found when the answer is wanted
        pickle.dump(question, calls)
        calls.flush()


def run_checks(*question: *Question) -> list[CheckResult]:
    """`checkpoint.run_checks` over there, whether or not it was asked for before.

    Raises what it raises, and RunFailed if the process died.
    """
    global _asked
    if _asked != question:
        ask(*question)
    try:
        # Of the process that was asked: `start` would begin another for one that died.
        answers = cast(IO[bytes], cast(subprocess.Popen[bytes], _running).stdout)
        answer: list[CheckResult] | Exception = pickle.load(answers)
    except EOFError as error:
        _asked = None
        raise RunFailed(
            "The process that checks completeness ended before it answered; if the machine ran "
            "out of memory, lower memory_limit in csp.yml. Then run `csp run` again."
        ) from error
    except BaseException:
        give_up()
        raise
    _asked = None
    if isinstance(answer, Exception):
        raise answer
    return answer


def give_up() -> None:
    """End the process if it owes an answer: it would be taken for that of the next question."""
    global _asked
    if _running is not None and _asked is not None:
        _running.kill()
        _running.wait()
    _asked = None


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
