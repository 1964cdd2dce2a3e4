"""A run tells what it does, and that it is still at it when a step has nothing to say."""

import threading

import pytest

from orchestration import progress
from orchestration.progress import Progress

# Far beyond what a loaded machine needs.
DEADLINE_SECONDS = 300.0


def test_a_step_at_work_gives_signs_of_life_whatever_it_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(progress, "SIGN_OF_LIFE_SECONDS", 0.01)
    heard: list[Progress] = []
    thrice = threading.Event()

    def hear(told: Progress) -> None:
        heard.append(told)
        if sum(each.kind == "waiting" for each in heard) >= 3:
            thrice.set()

    def fail_after_three() -> None:
        with progress.listening(hear), progress.working("checks", "Checking"):
            assert thrice.wait(DEADLINE_SECONDS)
            raise ValueError("inside")

    with pytest.raises(ValueError, match="inside"):
        fail_after_three()
    assert (heard[0].kind, heard[-1].kind) == ("started", "failed")
    signs = [each for each in heard if each.kind == "waiting"]
    assert {(sign.step, sign.text) for sign in signs} == {("checks", "Checking")}
    assert [sign.seconds for sign in signs] == sorted(sign.seconds or 0 for sign in signs)


def test_no_sign_comes_after_the_end_and_none_where_nobody_listens() -> None:
    with progress.working("checks", "Checking"):
        assert at_work() == 0
    heard: list[Progress] = []
    with progress.listening(heard.append):
        with progress.working("checks", "Checking"):
            assert at_work() == 1
        assert at_work() == 0
    assert [each.kind for each in heard] == ["started", "finished"]


def at_work() -> int:
    return sum(thread.name == "at work: checks" for thread in threading.enumerate())
