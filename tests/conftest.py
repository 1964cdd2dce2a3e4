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


# Homes that take a minute or two to make: their tests run in one process, which makes it once.
COSTLY = ("demo_home", "small_home", "real_home")


@pytest.hookimpl(tryfirst=True)  # before xdist reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """For `pytest -n`: tests that share a costly home, or else a file, share a process."""
    for item in items:
        needed = getattr(item, "fixturenames", ())
        home = next((name for name in COSTLY if name in needed), None)
        if home is None and item.path.name == "test_incremental.py":
            continue
        item.add_marker(pytest.mark.xdist_group(home or str(item.path)))
