"""What is shown to a person cannot command the terminal."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

SHOW = (
    "from cli.show import say, table, warn, complain\n"
    "bad = 'a\\x1b]0;x\\x07b\\x9b2J\\u202ec'\n"
    "table(['cell'], [[bad]], frozenset()); say(bad); warn(bad); complain(bad)\n"
)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_no_control_character_of_a_text_reaches_a_terminal(project: Path) -> None:
    ours, theirs = pty.openpty()
    shown = subprocess.Popen(
        [sys.executable, "-c", SHOW],
        cwd=project,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "dumb", "PYTHONIOENCODING": "utf-8"},
    )
    assert shown.wait(timeout=300) == 0
    os.close(theirs)
    said = os.read(ours, 65_536).decode()
    os.close(ours)
    # warn() colours its line by escape sequences of its own
    said = said.replace("\x1b[33m", "").replace("\x1b[0m", "")
    assert said.count("a\ufffd]0;x\ufffdb\ufffd2J\ufffdc") == 4
    assert not set(said) & set("\x1b\x07\x9b\u202e")
