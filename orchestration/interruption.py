"""Ctrl-C and SIGTERM (systemd's stop, a shutdown), told to the code that is running."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def as_keyboard_interrupt() -> Iterator[list[int]]:
    """Raise KeyboardInterrupt on either signal inside the block, whoever handles them outside.

    Gives the numbers of the signals that came: Python drops what is raised while it tidies up an
    object. Does nothing outside the main thread, where Python allows no handler.
    """
    if threading.current_thread() is not threading.main_thread():
        yield []
        return

    received: list[int] = []

    def interrupt(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        raise KeyboardInterrupt

    before = {
        number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def interruptible() -> Iterator[list[int]]:
    """Let no interruption of the block be lost.

    One that Python dropped is raised at the block's end; one that a library made another error of
    (a parser that catches whatever is raised within it) is raised in that error's place. Gives the
    numbers of the signals that came.
    """
    with as_keyboard_interrupt() as received:
        try:
            yield received
        except Exception as error:
            if received:
                raise KeyboardInterrupt from error
            raise
    if received:
        raise KeyboardInterrupt
