"""No interruption of a step is lost, whatever a library makes of it."""

import os
import signal

import pytest

from orchestration.interruption import interruptible


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def swallowing(done: list[str]) -> None:
    with interruptible():
        try:
            interrupt()
        except KeyboardInterrupt:
            done.append("went on")


def reading() -> None:
    with interruptible():
        try:
            interrupt()
        except BaseException:
            raise ValueError("a field cannot be read") from None


def test_one_that_was_swallowed_is_raised_at_the_end() -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        swallowing(done)
    assert done == ["went on"]


def test_one_that_became_another_error_is_raised_in_its_place() -> None:
    with pytest.raises(KeyboardInterrupt) as raised:
        reading()
    assert isinstance(raised.value.__cause__, ValueError)


def test_other_errors_are_left_alone_and_handlers_put_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(ValueError, match="as it is"), interruptible():
        raise ValueError("as it is")
    assert signal.getsignal(signal.SIGTERM) is before
