"""What every test may use: the shared folder of real files, and a fresh home."""

from pathlib import Path

import pytest

from warehouse.home import Home

PROJECT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def project() -> Path:
    """The checkout."""
    return PROJECT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of other publishers' files beside the checkout; the test skips without it."""
    folder = PROJECT.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip("the folder ../shared with the official archives and test vectors is absent")
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A fresh home as `csp init` makes it."""
    made = Home(tmp_path / "home")
    made.init()
    return made
