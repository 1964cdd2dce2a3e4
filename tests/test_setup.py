"""`make setup`: takes a Python that will do, and says what it does while it does it."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from warehouse.versions import DEFINITION_FILES, DEFINITIONS

PROJECT = Path(__file__).resolve().parents[1]
NAMES = ("python3.11", "python3.12", "python3.13", "python3")
# A Python that makes an environment with itself in it, and installs nothing until it was heard of.
FAKE = """#!/bin/sh
case "$1 $2" in
  "-c "*) exit {unsuitable} ;;
  "--version "*) echo "Python {name}" ;;
  "-m venv") for last; do :; done; mkdir -p "$last/bin"; cp "$0" "$last/bin/python" ;;
  "-m pip") until grep -q "{waits_for}" "$HEARD"; do sleep 0.05; done ;;
esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What `make setup` reads of a checkout."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(PROJECT / name, folder)
    return folder


def setup(checkout: Path, suitable: set[str], waits_for: str = "") -> tuple[int, list[str], str]:
    """Run `make setup` where these Pythons will do; (exit status, lines said, errors)."""
    if shutil.which("make") is None:
        pytest.skip("make is not installed here")
    programs = checkout.parent / "programs"
    programs.mkdir(exist_ok=True)
    for name in NAMES:
        text = FAKE.format(name=name, unsuitable=int(name not in suitable), waits_for=waits_for)
        (programs / name).write_text(text, encoding="utf-8")
        (programs / name).chmod(0o755)
    heard = checkout.parent / "heard"
    with heard.open("w") as out:
        done = subprocess.run(
            ["make", "setup", "BEAT=0.1"],
            cwd=checkout,
            env={"PATH": f"{programs}:{os.environ['PATH']}", "HEARD": str(heard)},
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            # As of a command that a shell started in the background: nothing may go on for ever.
            preexec_fn=lambda: signal.signal(signal.SIGTERM, signal.SIG_IGN),
        )
    return done.returncode, heard.read_text(encoding="utf-8").splitlines(), done.stderr


@pytest.mark.parametrize(
    ("suitable", "taken"),
    [
        ({"python3.11", "python3.13"}, "python3.11"),
        ({"python3.13", "python3"}, "python3.13"),
        ({"python3.12"}, "python3.12"),
        ({"python3"}, "python3"),
    ],
)
def test_the_first_python_that_will_do_is_taken(
    checkout: Path, suitable: set[str], taken: str
) -> None:
    status, said, errors = setup(checkout, suitable)
    assert (status, errors) == (0, "")
    assert said[0] == f"Making the virtual environment with Python {taken} ..."
    assert (checkout / ".venv" / ".installed").exists()
    # An environment that will do is kept when the lock changes, whatever else is installed.
    (checkout / "requirements.lock").touch()
    _, again, _ = setup(checkout, {*suitable, "python3.11"})
    assert not [line for line in again if line.startswith("Making")]


def test_without_one_it_says_what_is_needed(checkout: Path) -> None:
    status, said, errors = setup(checkout, set())
    assert status == 2
    assert "Python 3.11, 3.12 or 3.13 with its module venv is needed: install one" in errors
    assert said == []


def test_a_long_installation_says_that_it_is_still_at_work(checkout: Path) -> None:
    """The installer waits until it has been told of, however slow the machine is."""
    status, said, errors = setup(checkout, {"python3.12"}, waits_for="so far")
    assert (status, errors) == (0, "")
    assert said[1] == "Installing what requirements.lock pins ..."
    assert said[2].startswith("  Installing what requirements.lock pins: ")
    assert said[2].endswith(" s so far")


def test_the_same_versions_are_said_everywhere() -> None:
    supported = 'requires-python = ">=3.11,<3.14"'
    assert supported in (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    assert "not (3, 11) <= sys.version_info[:2] <= (3, 13)" in makefile
    assert "for version in 3.13 3.12 3.11; do" in (PROJECT / ".ci" / "smoke").read_text()
    assert "Python 3.11, 3.12 or 3.13" in (PROJECT / "README.md").read_text(encoding="utf-8")


def test_every_file_that_decides_the_published_tables_is_there() -> None:
    """A file that was renamed would drop out of them, and its changes would publish nothing."""
    for name in (*DEFINITIONS, *DEFINITION_FILES):
        assert (PROJECT / name).exists(), name
