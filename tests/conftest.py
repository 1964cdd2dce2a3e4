"""What every test may use: the shared folder of real files, and a fresh home."""

from pathlib import Path

import pytest

from warehouse.home import Home

PROJECT = Path(__file__).resolve().parents[1]

# The files that take longest, in the order of a run of two processes: the first two make the homes
# that many share, one each; then none waits for the other, nor is left alone with a long file.
LONGEST_FIRST = (
    "end_to_end/test_night.py",
    "end_to_end/test_quality.py",
    "end_to_end/test_incremental.py",
    "end_to_end/test_extending.py",
    "end_to_end/test_one_record.py",
    "end_to_end/test_second_county.py",
    "orchestration/test_night.py",
    "end_to_end/test_withdrawal.py",
    "orchestration/test_up.py",
    "end_to_end/test_real_archive.py",
    "warehouse/test_crash.py",
    "end_to_end/test_unit_tests.py",
    "end_to_end/test_history.py",
    "warehouse/test_no_text_in_messages.py",
    "warehouse/test_loading_properties.py",
    "warehouse/test_reading_csv.py",
    "warehouse/test_reading_again.py",
    "warehouse/test_notations.py",
    "warehouse/test_in_force_properties.py",
    "warehouse/test_holding.py",
    "warehouse/test_values.py",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first; the others stay in their order."""
    places = {PROJECT / "tests" / name: place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


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
