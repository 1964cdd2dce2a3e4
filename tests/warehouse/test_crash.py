"""Kill ingest anywhere, run it again: the tables and folders are those of an undisturbed run."""

import multiprocessing
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.warehouse.street_files import (
    FEED,
    LONG_AGO,
    MEMORY,
    SETTINGS,
    ask,
    audit,
    everything,
    land,
    member,
    night,
    row,
    street_csv,
    street_zip,
)
from warehouse import ddl
from warehouse.errors import CspError
from warehouse.home import Home
from warehouse.ingest.loading import ingest

STEPS_A_FILE = 6  # taken, inserted, kept, committed, cleared, noted
# The server imports once and forks the runs to be killed from a process without threads.
SPAWN = multiprocessing.get_context("forkserver")
SPAWN.set_forkserver_preload([__name__])


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder in memory: processes are killed here, not machines."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        yield Path(folder)


def land_everything(home: Home) -> None:
    """Five files that take every way through ingest."""
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


def run_and_die(root: Path, at_step: int) -> None:
    home, steps = Home(root), 0

    def count(step: str) -> None:
        nonlocal steps
        steps += 1
        if steps == at_step:
            os.kill(os.getpid(), signal.SIGKILL)

    with ddl.open_warehouse(home, SETTINGS) as con:
        ingest(home, SETTINGS, con, lambda message: None, count)


def killed(home: Home, at_step: int) -> bool:
    """Run ingest in a process that kills itself at the step; whether it came that far."""
    process = SPAWN.Process(target=run_and_die, args=(home.root, at_step))
    process.start()
    process.join(60)
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode != 0


def kills_survived(
    folder: Path, prepare: Callable[[Home], object], outcome: Callable[[Home], object]
) -> int:
    """Kill ingest of a prepared home at each of its steps, and run it again; how many steps it has.

    Each time the outcome must be that of a home which nothing disturbed.
    """
    for at_step in range(100):
        home = Home(folder / f"home{at_step}")
        home.init()
        prepare(home)
        was_killed = at_step > 0 and killed(home, at_step)
        night(home)
        if at_step == 0:
            wanted = outcome(home)
        assert outcome(home) == wanted, f"killed at step {at_step}"
        assert [p for p in home.work.rglob("*") if p.is_file()] == []
        shutil.rmtree(home.root)
        if at_step and not was_killed:
            return at_step - 1
    raise AssertionError("it never came through")


def test_killed_at_any_step_and_run_again(tmp_path: Path) -> None:
    steps = kills_survived(tmp_path, land_everything, everything)
    assert steps == 1 + 5 * STEPS_A_FILE  # and `listed`


@pytest.mark.parametrize("every", [5, 6, 7])
def test_killed_again_and_again_until_it_is_through(home: Home, tmp_path: Path, every: int) -> None:
    undisturbed = Home(tmp_path / "undisturbed")
    undisturbed.init()
    for each in (home, undisturbed):
        land_everything(each)
    night(undisturbed)
    nights = 1
    while killed(home, every):
        nights += 1
        assert nights < 50
    assert nights > 3
    assert everything(home) == everything(undisturbed)


def run_until_killed(root: Path) -> None:
    run_and_die(root, -1)


def test_killed_at_random_moments(tmp_path: Path) -> None:
    def landed(name: str) -> Home:
        home = Home(tmp_path / name)
        home.init()
        months = [f"2020-{m:02d}" for m in range(1, 7)]
        land(
            home,
            "half.zip",
            street_zip({member(m): street_csv(row(n, m) for n in range(4000)) for m in months}),
        )
        land(home, "x.csv", street_csv(row(n, "2020-07") for n in range(20_000)), LONG_AGO + 1)
        return home

    reference = landed("reference")
    began = time.monotonic()
    night(reference)
    took = time.monotonic() - began
    delays = random.Random(2)
    home = landed("killed")
    for _ in range(6):
        process = SPAWN.Process(target=run_until_killed, args=(home.root,))
        process.start()
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


def run_with_small_disk(root: Path, largest: int) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
    try:
        run_and_die(root, -1)
    except CspError as error:
        print(error, file=sys.stderr)
        os._exit(CspError.exit_code)


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
    small = subprocess.run(
        [sys.executable, "-c", SMALL_DISK, str(home.root), str(largest)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert small.returncode == 1, small.stderr
    assert path.read_bytes() == content
    (line,) = small.stderr.strip().splitlines()
    assert "the disk is full" in line
    assert "Make room" in line
    night(home)
    assert [a[1:] for a in audit(home)] == [("loaded", 30_000, 30_000, 0, 0)]
    assert not path.exists()


SMALL_DISK = """
import sys
from pathlib import Path
from tests.warehouse.test_crash import run_with_small_disk
run_with_small_disk(Path(sys.argv[1]), int(sys.argv[2]))
"""
