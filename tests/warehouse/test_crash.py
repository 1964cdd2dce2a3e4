"""Kill ingest anywhere, run it again: the tables and folders are those of an undisturbed run."""

import codecs
import multiprocessing
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
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
    with_tables,
)
from warehouse import ddl
from warehouse.contract import load_contracts
from warehouse.errors import CspError
from warehouse.home import Home
from warehouse.ingest.loading import ingest

STEPS_A_FILE = 6  # taken, inserted, kept, committed, cleared, noted
# The server imports once and forks the runs to be killed from a process without threads.
SPAWN = multiprocessing.get_context("forkserver")
SPAWN.set_forkserver_preload([__name__])
load_contracts()  # read once, by the server


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder in memory: processes are killed here, not machines."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        yield Path(folder)


def land_everything(home: Home) -> int:
    """Files that take every way through ingest, into a home with tables; how many."""
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
    return 5


def telling(sender: Connection, run: Callable[..., list[str]], *args: object) -> None:
    try:
        sender.send(run(*args))
    except CspError as error:
        sender.send([str(error)])
        sys.exit(error.exit_code)


def started(run: Callable[..., list[str]], *args: object) -> tuple[BaseProcess, Connection]:
    """A run begun in a process of its own, and where it sends its messages when it ends."""
    receiver, sender = SPAWN.Pipe(duplex=False)
    process = SPAWN.Process(target=telling, args=(sender, run, *args))
    process.start()
    sender.close()
    return process, receiver


def ended(run: Callable[..., list[str]], *args: object) -> tuple[int | None, list[str]]:
    """The exit status and the messages of a run in a process of its own."""
    process, receiver = started(run, *args)
    process.join(60)
    try:
        return process.exitcode, receiver.recv()
    except EOFError:  # killed
        return process.exitcode, []


def run_and_die(root: Path, at_step: int) -> list[str]:
    home, steps = Home(root), 0

    def count(step: str) -> None:
        nonlocal steps
        steps += 1
        if steps == at_step:
            os.kill(os.getpid(), signal.SIGKILL)

    with ddl.open_warehouse(home, SETTINGS) as con:
        return list(ingest(home, SETTINGS, con, lambda message: None, count).feeds[FEED].messages)


def killed(home: Home, at_step: int) -> bool:
    """Run ingest in a process that kills itself at the step; whether it came that far."""
    status, _ = ended(run_and_die, home.root, at_step)
    assert status in (0, -signal.SIGKILL)
    return status != 0


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[object]]:
    home = Home(tmp_path_factory.mktemp("undisturbed") / "home")
    home.init()
    land_everything(home)
    night(home)
    return everything(home)


def test_killed_at_any_step_and_run_again(
    tmp_path: Path, undisturbed: dict[str, list[object]]
) -> None:
    last = 0
    for at_step in range(1, 100):
        home = Home(tmp_path / f"home{at_step}")
        home.init()
        files = land_everything(home)
        was_killed = killed(home, at_step)
        night(home)
        assert everything(home) == undisturbed, f"killed at step {at_step}"
        assert [p for p in home.work.rglob("*") if p.is_file()] == []
        shutil.rmtree(home.root)
        if not was_killed:
            last = at_step - 1
            break
    assert last == 1 + files * STEPS_A_FILE  # and `listed`


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


def run_as_nobody(root: Path, warm_root: Path) -> list[str]:
    if os.geteuid() == 0:
        # A first night, on another home, imports what `nobody` may not read in root's own Python.
        codecs.lookup("utf-8-sig")
        warm = Home(warm_root)
        warm.init()
        land(warm, "warm.csv", street_csv([row(1), "ragged"]))
        night(warm)
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    return run_and_die(root, -1)


@pytest.fixture
def open_home(home: Home, tmp_path: Path) -> Iterator[Home]:
    """A home that the user `nobody` owns (where the tests run as root), so that modes count."""
    if os.geteuid() == 0:
        checkout = Path(__file__).resolve().parents[2]
        closed = [p for p in (checkout, *checkout.parents) if p.stat().st_mode & 5 != 5]
        if closed:
            pytest.skip("the checkout lies where only its owner can read: no other user can run it")
        for path in [home.root, *home.root.rglob("*")]:
            os.chown(path, 65534, 65534)
        above = [p for p in tmp_path.parents if p.stat().st_uid == 0 and p.stat().st_mode & 5 != 5]
        modes = {path: path.stat().st_mode for path in [tmp_path, *above]}
        for path, mode in modes.items():
            path.chmod(mode | 0o005)
        yield home
        for path, mode in modes.items():
            path.chmod(mode)
    else:
        yield home


def as_nobody(home: Home) -> tuple[int | None, list[str]]:
    with_tables(home)
    if os.geteuid() == 0:
        os.chown(home.warehouse_file, 65534, 65534)
    return ended(run_as_nobody, home.root, home.root.with_name("warm"))


def test_a_file_that_may_not_be_read_is_left_and_spoils_no_other(open_home: Home) -> None:
    path = land(open_home, "a.csv", street_csv([row(1)]))
    path.chmod(0)
    land(open_home, "b.csv", street_csv([row(2)]), LONG_AGO + 1)
    status, told = as_nobody(open_home)
    assert status == 0
    assert "a.csv cannot be read by this user; give it read access: left in landing" in "".join(
        told
    )
    assert "b.csv: 1 rows" in "".join(told)
    assert path.exists()


def test_an_archive_that_may_not_be_written_is_one_plain_sentence(open_home: Home) -> None:
    path = land(open_home, "a.csv", street_csv([row(1)]))
    open_home.archive.chmod(0o500)
    status, [told] = as_nobody(open_home)
    assert status == 1
    assert "\n" not in told
    assert "access is refused" in told
    assert path.exists()
    open_home.archive.chmod(0o700)
    status, [told] = as_nobody(open_home)
    assert (status, "a.csv: 1 rows" in told) == (0, True)
