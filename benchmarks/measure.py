"""Running a program and measuring it from outside: wall time, peak memory."""

import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
CSP = Path(sys.executable).with_name("csp")


@dataclass(frozen=True)
class Measured:
    """One program's run: seconds of wall, MiB at its peak, and what it printed."""

    wall: float
    peak_mib: float
    said: list[tuple[float, str]]
    result: dict[str, Any]

    @property
    def seconds(self) -> float:
        """What the program measured itself, without its start."""
        return float(self.result["seconds"])


def measured(words: list[str | Path]) -> Measured:
    """Run a program to its end. Its lines carry the second at which each came.

    Raises RuntimeError with what it said when it fails.
    """
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "DO_NOT_TRACK": "1"}
    began = time.perf_counter()
    program = subprocess.Popen(
        [str(word) for word in words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=PROJECT,
        env=environment,
    )
    assert program.stdout is not None  # noqa: S101
    said = [(time.perf_counter() - began, line.rstrip()) for line in program.stdout]
    _, status, usage = os.wait4(program.pid, 0)
    wall = time.perf_counter() - began
    program.returncode = os.waitstatus_to_exitcode(status)
    if program.returncode:
        raise RuntimeError("\n".join(line for _, line in said))
    return Measured(wall, usage.ru_maxrss / 1024, said, _result(said))


def task(*words: str | Path) -> Measured:
    """Run one of benchmarks/tasks.py."""
    return measured([sys.executable, "-m", "benchmarks.tasks", *words])


@dataclass(frozen=True)
class Night:
    """A `csp run`: its start (imports, definitions) and its steps, in seconds."""

    start: float
    steps: dict[str, float]
    measured: Measured

    @property
    def seconds(self) -> float:
        """The night without the start of the process."""
        return self.measured.wall - self.start


def night(home: Path) -> Night:
    """`csp run` on a home, which must publish."""
    done = measured([CSP, "run", "--home", home])
    start, steps = 0.0, {}
    for at, line in done.said:
        if line.startswith("Loading what has landed ..."):
            start = at
        if ": done, " in line:
            name, _, seconds = line.partition(": done, ")
            steps[name] = float(seconds.split()[0])
    if not any(line.startswith("Published ") for _, line in done.said):
        raise RuntimeError("\n".join(line for _, line in done.said))
    return Night(start, steps, done)


def peak_of_children_mib() -> float:
    """The largest memory any program started here, or by it, ever held."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def _result(said: list[tuple[float, str]]) -> dict[str, Any]:
    for _, line in reversed(said):
        if line.startswith("{"):
            found: dict[str, Any] = json.loads(line)
            return found
    return {}
