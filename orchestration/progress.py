"""What a run tells while it works: the command line listens, a daemon's run does not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Literal

Kind = Literal["started", "detail", "waiting", "finished", "failed"]

# So often a step in hand says that it is; a listener shows as much of it as it wants.
SIGN_OF_LIFE_SECONDS = 2.0


@dataclass(frozen=True)
class Progress:
    """One thing to show. `done` of `total` (dbt's nodes) where known.

    `seconds` since the step started: of one that ends, and of one that is still at work (waiting).
    """

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


def waiting(step: str, text: str, began: float) -> None:
    """A step that started at `began` (time.monotonic) is still at work."""
    _send(Progress(step, "waiting", text, seconds=time.monotonic() - began))


@contextmanager
def working(step: str, text: str) -> Iterator[None]:
    """Tell that a step started, at intervals that it is still at work, and how it ended."""
    _send(Progress(step, "started", text))
    began = time.monotonic()
    try:
        with _signs_of_life(step, text, began):
            yield
    except BaseException:
        _send(Progress(step, "failed", text, seconds=time.monotonic() - began))
        raise
    _send(Progress(step, "finished", text, seconds=time.monotonic() - began))


@contextmanager
def _signs_of_life(step: str, text: str, began: float) -> Iterator[None]:
    """Tell every SIGN_OF_LIFE_SECONDS, whatever the block does, if anybody listens."""
    if not _listeners:
        yield
        return
    over = threading.Event()

    def tell_at_intervals() -> None:
        while not over.wait(SIGN_OF_LIFE_SECONDS):
            waiting(step, text, began)

    thread = threading.Thread(target=tell_at_intervals, daemon=True, name=f"at work: {step}")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _send(progress: Progress) -> None:
    for listener in list(_listeners):
        try:
            listener(progress)
        except Exception:
            # A terminal that went away must not stop the night, nor a test inside dbt.
            with suppress(ValueError):  # the thread of the signs of life may have been first
                _listeners.remove(listener)
