"""The environment of a process that imports DuckDB 1.2.2 instead of the project's DuckDB."""

import subprocess
import sys
from pathlib import Path

import pytest

VERSION = "1.2.2"


def old_duckdb(project: Path) -> dict[str, str]:
    """PYTHONPATH with the old client; installed into the checkout's cache if it is absent.

    Skips the test, saying so, where no package index answers.
    """
    target = project / ".cache" / f"duckdb-{VERSION}"
    if not (target / "duckdb").is_dir():
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"),
                *("--target", str(target), f"duckdb=={VERSION}"),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            pytest.skip(f"DuckDB {VERSION} is not in .cache and no package index answers")
    return {"PYTHONPATH": str(target)}
