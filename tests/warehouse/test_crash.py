"""Kill ingest anywhere, run it again: the tables and folders are those of an undisturbed run."""

import os
import random
import resource
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.warehouse.processes import (
    ended,
    ended_as,
    killed,
    kills_survived,
    owned_by,
    run_and_die,
    started,
)
from tests.warehouse.street_files import (
    FEED,
    LONG_AGO,
    MEMORY,
    ask,
    audit,
    everything,
    land,
    member,
    night,
    row,
    street_csv,
    street_zip,
    with_tables,
)
from warehouse.home import Home

STEPS_A_FILE = 6  # taken, inserted, kept, committed, cleared, noted


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder in memory: processes are killed here, not machines."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        yield Path(folder)


def land_everything(home: Home) -> None:
    """Five files that take every way through ingest, into a home with tables."""
    with_tables(home)
    april = street_csv([row(1), row(2), "ragged"])
    may = street_csv([row(n, "2020-05") for n in range(5)])
    land(home, "a.csv", april)
    land(home, "a copy.csv", april, LONG_AGO + 1)
    land(home, "refused.csv", b"no,contract\n1,2\n", LONG_AGO + 2)
    content = street_zip(
        {member("2020-04"): april, member("2020-05"): may, member("2020-06"): b"bad", "x": b"x"}
    )
    land(home, "all.zip", content, LONG_AGO + 3)
    link = home.landing / FEED / "link.csv"
    link.symlink_to(home.csp_yml)
    os.utime(link, (LONG_AGO + 4, LONG_AGO + 4), follow_symlinks=False)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[object]]:
    home = Home(tmp_path_factory.mktemp("undisturbed") / "home")
    home.init()
    land_everything(home)
    night(home)
    return everything(home)


def test_killed_at_any_step_and_run_again(tmp_path: Path) -> None:
    steps = kills_survived(tmp_path, land_everything, everything)
    assert steps == 1 + 5 * STEPS_A_FILE  # and `listed`


@pytest.mark.parametrize("every", [5, 6, 7])
def test_killed_again_and_again_until_it_is_through(
    home: Home, every: int, undisturbed: dict[str, list[object]]
) -> None:
    land_everything(home)
    nights = 1
    while killed(home, every):
        nights += 1
        assert nights < 50
    assert nights > 3
    assert everything(home) == undisturbed


def test_killed_at_random_moments(tmp_path: Path) -> None:
    def landed(name: str) -> Home:
        home = Home(tmp_path / name)
        home.init()
        with_tables(home)
        months = [f"2020-{m:02d}" for m in range(1, 7)]
        land(
            home,
            "half.zip",
            street_zip({member(m): street_csv(row(n, m) for n in range(1000)) for m in months}),
        )
        land(home, "x.csv", street_csv(row(n, "2020-07") for n in range(5_000)), LONG_AGO + 1)
        return home

    reference = landed("reference")
    began = time.monotonic()
    night(reference)
    took = time.monotonic() - began
    delays = random.Random(2)
    home = landed("killed")
    for _ in range(6):
        process, _ = started(run_and_die, home.root, -1)
        time.sleep(delays.uniform(0, took))
        process.kill()
        process.join(60)
    night(home)
    assert everything(home) == everything(reference)


def test_landing_the_tail_of_a_killed_run_again_later_is_a_duplicate(home: Home) -> None:
    content = street_csv([row(1)])
    land(home, "a.csv", content)
    assert killed(home, 6)  # listed, taken, inserted, kept, committed, cleared
    land(home, "a.csv", content, LONG_AGO + 9)
    night(home)
    assert [a[1] for a in audit(home)] == ["loaded", "duplicate"]
    assert ask(home, "SELECT count(*) FROM quality.load_audit WHERE NOT cleared") == [(0,)]


def run_with_small_disk(root: Path, largest: int) -> list[str]:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
    return run_and_die(root, -1)


@pytest.mark.parametrize("largest", [1 << 16, 900_000, 3 << 20])
@pytest.mark.parametrize("form", ["csv", "zip"])
def test_a_full_disk_is_one_plain_sentence_and_keeps_the_landed_file(
    home: Home, largest: int, form: str
) -> None:
    night(home)
    content = street_csv(row(n) for n in range(30_000))
    if form == "zip":
        content = street_zip({member("2020-04"): content})
    path = land(home, f"a.{form}", content)
    status, [line] = ended(run_with_small_disk, home.root, largest)
    assert status == 1
    assert path.read_bytes() == content
    assert "\n" not in line
    assert "the disk is full" in line
    assert "Make room" in line
    night(home)
    assert [a[1:] for a in audit(home)] == [("loaded", 30_000, 30_000, 0, 0)]
    assert not path.exists()


NOBODY = 65534


@pytest.fixture
def open_home(home: Home) -> Iterator[Home]:
    """A home that the user `nobody` owns (where the tests run as root), so that modes count."""
    with owned_by(home, NOBODY, NOBODY):
        yield home


def test_a_file_that_may_not_be_read_is_left_and_spoils_no_other(open_home: Home) -> None:
    path = land(open_home, "a.csv", street_csv([row(1)]))
    path.chmod(0)
    land(open_home, "b.csv", street_csv([row(2)]), LONG_AGO + 1)
    status, told = ended_as(open_home, NOBODY, NOBODY)
    assert status == 0
    assert "a.csv cannot be read by this user; give it read access: left in landing" in "".join(
        told
    )
    assert "b.csv: 1 rows" in "".join(told)
    assert path.exists()


def test_an_archive_that_may_not_be_written_is_one_plain_sentence(open_home: Home) -> None:
    path = land(open_home, "a.csv", street_csv([row(1)]))
    open_home.archive.chmod(0o500)
    status, [told] = ended_as(open_home, NOBODY, NOBODY)
    assert status == 1
    assert "\n" not in told
    assert "access is refused" in told
    assert path.exists()
    open_home.archive.chmod(0o700)
    status, [told] = ended_as(open_home, NOBODY, NOBODY)
    assert (status, "a.csv: 1 rows" in told) == (0, True)
