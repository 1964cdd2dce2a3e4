"""A run's progress: a live list of steps on a terminal, plain lines elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cli.show import on_terminal, say

if TYPE_CHECKING:
    from rich.spinner import Spinner
    from rich.table import Table

    from orchestration.progress import Progress

    Listener = Callable[[Progress], None]

# A log of a night should show that dbt moves on, not each of its hundreds of nodes.
LINES_PER_STEP = 10
# Whoever watches should never wonder for ten seconds; signs of life come every two.
QUIET_SECONDS = 7.0


@contextmanager
def shown(debug: bool) -> Iterator["Listener"]:
    """A listener for the run inside the block. Live display and tracebacks do not mix."""
    if on_terminal() and not debug:
        with _live() as listener:
            yield listener
    else:
        yield PlainLines().hear


class PlainLines:
    """Progress as lines: a step's start, its details (of counted ones every tenth), its end.

    A step that has nothing to say for QUIET_SECONDS says that it is still at work, and at what.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._said_at = clock()
        self._shown: dict[str, int] = {}
        self._latest: dict[str, str] = {}

    def hear(self, progress: "Progress") -> None:
        """Print what is worth a line."""
        if progress.kind == "started":
            self._say(f"{progress.text} ...")
        elif progress.kind == "detail":
            if progress.total and progress.done is not None:
                counted = f"{progress.done} of {progress.total}: {progress.text}"
                self._latest[progress.step] = f" ({counted})"
                tenth = LINES_PER_STEP * progress.done // progress.total
                if tenth == self._shown.get(progress.step, 0):
                    return
                self._shown[progress.step] = tenth
                self._say(f"  {counted}")
            else:
                self._say(f"  {progress.text}")
        elif progress.kind == "waiting":
            if self._clock() - self._said_at >= QUIET_SECONDS:
                latest = self._latest.get(progress.step, "")
                self._say(f"  {progress.text}: {progress.seconds or 0:.0f} s so far{latest}")
        else:
            ended = "done" if progress.kind == "finished" else "failed"
            self._say(f"{progress.text}: {ended}{_seconds(progress)}")

    def _say(self, line: str) -> None:
        self._said_at = self._clock()
        say(line)


@contextmanager
def _live() -> Iterator["Listener"]:
    from rich.console import Console
    from rich.live import Live

    steps = LiveSteps()
    with Live(console=Console(highlight=False), get_renderable=steps.render, refresh_per_second=8):
        yield steps.hear


class LiveSteps:
    """The steps so far, each with its state, its latest detail and its seconds."""

    def __init__(self) -> None:
        self._steps: dict[str, Progress] = {}
        self._titles: dict[str, str] = {}
        self._spinners: dict[str, Spinner] = {}

    def hear(self, progress: "Progress") -> None:
        """Keep the latest of each step; the spinner shows that one is still at work."""
        if progress.kind == "waiting":
            return
        if progress.kind != "detail":
            self._titles[progress.step] = progress.text
        self._steps[progress.step] = progress

    def render(self) -> "Table":
        """The list as it stands."""
        from rich.progress_bar import ProgressBar
        from rich.spinner import Spinner
        from rich.table import Table
        from rich.text import Text

        grid = Table.grid(padding=(0, 1))
        for name, progress in list(self._steps.items()):
            title = Text(self._titles.get(name, name))
            if progress.kind == "finished":
                grid.add_row(Text("✓", "green"), title, Text(_seconds(progress), "dim"))
            elif progress.kind == "failed":
                grid.add_row(Text("✗", "red"), title, Text(_seconds(progress), "dim"))
            else:
                if name not in self._spinners:
                    self._spinners[name] = Spinner("dots")
                detail: Text | Table = Text(progress.text if progress.kind == "detail" else "")
                if progress.total:
                    detail = Table.grid(padding=(0, 1))
                    bar = ProgressBar(progress.total, progress.done or 0, width=30)
                    detail.add_row(bar, Text(f"{progress.done}/{progress.total} {progress.text}"))
                grid.add_row(self._spinners[name], title, detail)
        return grid


def _seconds(progress: "Progress") -> str:
    return "" if progress.seconds is None else f", {progress.seconds:.1f} s"
