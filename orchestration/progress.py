"""What a run tells while it works: the command line listens, a daemon's run does not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

Kind = Literal["started", "detail", "finished", "failed"]


@dataclass(frozen=True)
class Progress:
    """One thing to show. `done` of `total` (dbt's nodes) where known; `seconds` when it ends."""

    step: str
    kind: Kind
    text: str = ""
    done: int | None = None
    total: int | None = None
    seconds: float | None = None


Listener = Callable[[Progress], None]

# Steps run in this process and dbt calls back from its own threads, so a context variable would
# not reach them; a run has one listener at most.
_listeners: list[Listener] = []


@contextmanager
def listening(listener: Listener | None) -> Iterator[None]:
    """Send what is told inside the block to the listener."""
    if listener is None:
        yield
        return
    _listeners.append(listener)
    try:
        yield
    finally:
        if listener in _listeners:
            _listeners.remove(listener)


def tell(step: str, text: str, done: int | None = None, total: int | None = None) -> None:
    """Something worth showing happened within a step."""
    _send(Progress(step, "detail", text, done, total))


@contextmanager
def working(step: str, text: str) -> Iterator[None]:
    """Tell that a step started, and how it ended."""
    _send(Progress(step, "started", text))
    began = time.monotonic()
    try:
        yield
    except BaseException:
        _send(Progress(step, "failed", text, seconds=time.monotonic() - began))
        raise
    _send(Progress(step, "finished", text, seconds=time.monotonic() - began))


def _send(progress: Progress) -> None:
    for listener in list(_listeners):
        try:
            listener(progress)
        except Exception:
            # A terminal that went away must not stop the night, nor a test inside dbt.
            _listeners.remove(listener)
