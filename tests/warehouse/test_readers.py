"""Readers of `current` in a loop, while publications, rollbacks and pruning go on."""

import subprocess
import sys
from pathlib import Path

from tests.warehouse.small_night import Night, small_night
from warehouse.home import Home
from warehouse.publication import rollback

SECONDS_TO_WAIT = 300

# Each publication N holds N in every row of indicator_value and run-N in `publication`; a reader
# that saw two publications at once would see two numbers.
READER = """
import os, sys, time
from pathlib import Path
import duckdb

how, published, stop = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
seen, reads, stopped = set(), 0, False

def check(con, tables):
    value, = con.execute(f"select distinct numerator from {tables('indicator_value')}").fetchall()
    run, = con.execute(f"select run_id from {tables('publication')}").fetchall()
    assert run[0] == f'run-{value[0]}', (run, value)
    seen.add(value[0])

def marts(name):
    return f'marts.{name}'

# The first publication is read before the next is made, the last once more after the stop.
while not stopped:
    stopped = reads > 0 and stop.exists()
    if how == 'link':       # an analyst's tool: opens the file through the link, query by query
        with duckdb.connect(published / 'current' / 'partner.duckdb', read_only=True) as con:
            check(con, marts)
    elif how == 'resolved': # resolves the link once per query
        folder = (published / 'current').resolve()
        with duckdb.connect(folder / 'public.duckdb', read_only=True) as con:
            check(con, marts)
    elif how == 'parquet':
        folder = (published / 'current').resolve()
        with duckdb.connect() as con:
            check(con, lambda name: f"'{folder}/parquet/partner/{name}.parquet'")
    else:                   # holds one connection open over many switches
        with duckdb.connect(published / 'current' / 'partner.duckdb', read_only=True) as con:
            for _ in range(20):
                check(con, marts)
                time.sleep(0.02)
    reads += 1
    if reads == 1:
        print('ready', flush=True)
print(reads, len(seen))
"""


def renumber(night: Night, number: int) -> None:
    """Make the warehouse that of publication `number`."""
    night.execute(f"update marts.indicator_value set numerator = {number}")
    night.check(f"run-{number}", "pass")


def test_readers_see_no_error_and_no_mixture(tmp_path: Path) -> None:
    night = small_night(Home(tmp_path / "home"), rows=2000)
    night.settings = night.settings.model_copy(update={"keep_publications": 5})
    renumber(night, 0)
    night.publish("run-0")
    stop = tmp_path / "stop"
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, how, str(night.home.published), str(stop)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for how in ("link", "resolved", "parquet", "held")
    ]
    try:
        for reader in readers:
            assert reader.stdout is not None
            assert reader.stdout.readline() == "ready\n"
        for number in range(1, 7):
            renumber(night, number)
            night.publish(f"run-{number}")
            if number % 3 == 0:
                rollback(night.home)
    finally:
        stop.touch()
        ended = [(*reader.communicate(timeout=SECONDS_TO_WAIT), reader.returncode) for reader in readers]  # noqa: E501  # fmt: skip
    for out, err, status in ended:
        assert status == 0, err
        reads, publications = map(int, out.split())
        assert reads >= 2
        assert publications >= 2, "the reader saw no switch; the test shows nothing"
