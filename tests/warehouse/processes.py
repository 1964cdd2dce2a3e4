"""Runs of ingest in processes of their own: to be killed, on a small disk, or of another user."""

import codecs
import multiprocessing
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from tests.warehouse.street_files import FEED, SETTINGS, land, night, row, street_csv, with_tables
from warehouse import ddl
from warehouse.contract import load_contracts
from warehouse.errors import CspError
from warehouse.home import Home
from warehouse.ingest.loading import ingest

PROJECT = Path(__file__).resolve().parents[2]
# The server imports once and forks the runs from a process without threads.
SPAWN = multiprocessing.get_context("forkserver")
SPAWN.set_forkserver_preload([__name__])
load_contracts()  # read once, by the server

Run = Callable[..., list[str]]


def telling(sender: Connection, run: Run, *args: object) -> None:
    try:
        sender.send(run(*args))
    except CspError as error:
        sender.send([str(error)])
        sys.exit(error.exit_code)


def started(run: Run, *args: object) -> tuple[BaseProcess, Connection]:
    """A run begun in a process of its own, and where it sends its messages when it ends."""
    receiver, sender = SPAWN.Pipe(duplex=False)
    process = SPAWN.Process(target=telling, args=(sender, run, *args))
    process.start()
    sender.close()
    return process, receiver


def ended(run: Run, *args: object) -> tuple[int | None, list[str]]:
    """The exit status and the messages of a run in a process of its own."""
    process, receiver = started(run, *args)
    process.join(60)
    try:
        return process.exitcode, receiver.recv()
    except EOFError:  # killed
        return process.exitcode, []


def run_and_die(root: Path, at_step: int) -> list[str]:
    """Ingest, killed at the step if there is such a one; the messages of the feed."""
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


def kills_survived(
    folder: Path, prepare: Callable[[Home], object], outcome: Callable[[Home], object]
) -> int:
    """Kill ingest of a prepared home at each of its steps, and run it again; how many steps it has.

    Each time the outcome must be that of a home which nothing disturbed.
    """
    prepared = Home(folder / "prepared")
    prepared.init()
    prepare(prepared)
    for at_step in range(100):
        home = Home(folder / f"home{at_step}")
        shutil.copytree(prepared.root, home.root, symlinks=True)
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


def _run_as(root: Path, user: int, groups: list[int]) -> list[str]:
    # A first night, on another home, imports what the user may not read in root's own Python.
    codecs.lookup("utf-8-sig")
    warm = Home(root.with_name("warm"))
    warm.init()
    land(warm, "warm.csv", street_csv([row(1), "ragged"]))
    night(warm)
    if os.geteuid() == 0:
        os.setgroups(groups)
        os.setgid(groups[0])
        os.setuid(user)
    Home(root).init()
    return run_and_die(root, -1)


def ended_as(home: Home, user: int, *groups: int) -> tuple[int | None, list[str]]:
    """Ingest by another user, where the tests run as root: exit status and messages."""
    with_tables(home)
    if os.geteuid() == 0:
        os.chown(home.warehouse_file, user, groups[0])
    return ended(_run_as, home.root, user, list(groups))


@contextmanager
def owned_by(home: Home, user: int, group: int) -> Iterator[Home]:
    """The home, owned by the user and reachable for all (where the tests run as root)."""
    if os.geteuid() != 0:
        yield home
        return
    if [p for p in (PROJECT, *PROJECT.parents) if p.stat().st_mode & 5 != 5]:
        pytest.skip("the checkout lies where only its owner can read: no other user can run it")
    for path in [home.root, *home.root.rglob("*")]:
        os.chown(path, user, group)
    folder = home.root.parent
    above = [p for p in folder.parents if p.stat().st_uid == 0 and p.stat().st_mode & 5 != 5]
    modes = {path: path.stat().st_mode for path in [folder, *above]}
    for path, mode in modes.items():
        path.chmod(mode | 0o005)
    yield home
    for path, mode in modes.items():
        path.chmod(mode)
