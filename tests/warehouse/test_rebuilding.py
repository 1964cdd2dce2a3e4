"""`csp rebuild`: the warehouse anew from the archive holds what the one before held."""

import os
import shutil
import signal
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

from cli import main
from orchestration.run import run_nightly
from tests.warehouse.partner_files import LONG_AGO, ask, land, load
from tests.warehouse.processes import ended
from tests.warehouse.street_files import row, street_csv
from warehouse import ddl, runs, status
from warehouse.errors import CspError
from warehouse.files import sha256_of
from warehouse.home import Home
from warehouse.ingest import rebuilding, records
from warehouse.ingest.erasure import erase
from warehouse.ingest.rebuilding import rebuild
from warehouse.ingest.retention import purge
from warehouse.ingest.withdrawal import change_force
from warehouse.results import utc_now
from warehouse.settings import load_settings

STREET = "police/street_crime"
CRIMES = "crime_ref,recorded_date,offence_code"
INCIDENTS = "incident_no,created_at,category,linked_crime_ref"
# Read from the files again, or built by the next run.
NOT_COPIED = {
    *("rejected_row", "identifier_shape"),
    *("check_waiver", "dbt_test", "publication", "public_mask", "disclosure"),
    *("build", "built_input"),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with something of everything, which no test changes."""
    home = Home(tmp_path_factory.mktemp("rebuilding") / "home")
    home.init()
    return loaded(home)


@pytest.fixture
def home(made: Home, tmp_path: Path) -> Home:
    """A copy of it."""
    return Home(Path(shutil.copytree(made.root, tmp_path / "home")))


def loaded(home: Home) -> Home:
    """Files of three feeds that were accepted, rejected, sent twice, replaced, held, withdrawn."""
    crimes = [f"C/{n},2010-04-01,8G" for n in range(20)]
    land(home, "police/recorded_crime", "c.csv", [CRIMES, *crimes, "C/99,no day,8G"])
    incidents = [f"I/{n},2010-04-01 10:00,Other,C/{n}" for n in range(0, 20, 3)]
    land(home, "police/incident", "i.csv", [INCIDENTS, *incidents])
    street(home, "a.csv", [row(n) for n in range(30)])
    street(home, "sent again.csv", [row(n) for n in range(30)], 1)
    street(home, "b.csv", [row(n, "2020-05") for n in range(5)], 2)
    street(home, "no contract.csv", ["x"], 3, header="a,b")
    load(home)
    street(home, "b.csv", [row(n, "2020-05") for n in range(6)], 4)
    street(home, "half.csv", [row(n) for n in range(9)], 5)
    land(home, "police/incident", "wrong.csv", [INCIDENTS, "I/0,2010-05-01 10:00,Other,"], 6)
    load(home)
    change_force(home, "police/incident/wrong.csv", reason="wrong")
    with ddl.open_warehouse(home, load_settings(home)) as con:
        con.execute("create schema facts")
        con.execute("create table facts.crime as from raw.police__recorded_crime")
        con.execute("insert into quality.public_count (quantity, value) values ('q', 7)")
        runs.record(con, runs.Ending("run", "published", utc_now(), utc_now(), "Published."))
        status.changed(home, con)
    return home


def street(home: Home, name: str, rows: list[str], after: int = 0, header: str = "") -> None:
    path = home.landing / STREET / name
    path.write_bytes(street_csv(rows) if not header else f"{header}\n{rows[0]}\n".encode())
    os.utime(path, (LONG_AGO + after, LONG_AGO + after))


def held(home: Home, but: str = "") -> dict[str, list[str]]:
    """Every row that is not built, by table; but: columns of load_audit that are left out."""
    with duckdb.connect(str(home.warehouse_file), read_only=True) as con:
        tables = con.execute(
            "select schema_name || '.' || table_name from duckdb_tables() "
            "where schema_name in ('raw', 'quality')"
        ).fetchall()
        return {
            name: sorted(
                map(
                    repr,
                    con.execute(
                        f"select * {f'exclude ({but})' if but and 'load_audit' in name else ''} "
                        f"from {name}"
                    ).fetchall(),
                )
            )
            for (name,) in tables
            if name.partition(".")[2] not in NOT_COPIED or name.endswith(("_row", "_shape"))
        }


def csp(home: Home, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--home", str(home.root)])


def gone(home: Home) -> None:
    home.warehouse_file.unlink()


def cut(home: Home) -> None:
    os.truncate(home.warehouse_file, home.warehouse_file.stat().st_size // 2)


def written_over(home: Home) -> None:
    content = home.warehouse_file.read_bytes()
    home.warehouse_file.write_bytes(content[:12288] + bytes(len(content) - 12288))


def another(home: Home) -> None:
    gone(home)
    duckdb.connect(str(home.warehouse_file)).close()


DAMAGE: list[Callable[[Home], None]] = [gone, cut, written_over, another]


def test_every_table_is_copied_read_again_or_built() -> None:
    tables = {name for name in ddl.definitions()["tables"] if name.startswith("quality.")}
    assert tables == {f"quality.{name}" for name in {*records.COPIED, *NOT_COPIED}}


def test_what_the_archive_gives_is_what_was_there(home: Home) -> None:
    before = held(home)
    assert [len(before[f"quality.{table}"]) for table in ("load_audit", "file_event")] == [9, 2]
    done = rebuild(home)
    assert (done.known_by, done.files, done.put_back, done.missing) == ("warehouse", 7, [], [])
    assert held(home) == before
    assert ask(home, "select count(*) from duckdb_tables() where schema_name = 'facts'") == [(0,)]
    assert not load(home).changed
    change_force(home, "police/incident/wrong.csv", back=True)
    assert ask(home, "select count(*) from quality.loaded_file") == [(6,)]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_warehouse_is_told_of_and_made_anew(
    home: Home, damage: Callable[[Home], None]
) -> None:
    before = held(home)
    damage(home)
    if damage is not another:
        told = csp(home, "withdraw", "a.csv")
        assert told.exit_code == 1, told.output
        assert told.stderr.count("\n") == 1
        assert "`csp rebuild`" in told.stderr
        assert str(home.warehouse_file) in told.stderr
    done = csp(home, "rebuild")
    assert done.exit_code == 0, done.output
    assert "taken from its copy" in done.stderr
    assert held(home) == before
    assert not load(home).changed
    left = {path.name for path in home.root.iterdir() if "warehouse.duckdb" in path.name}
    assert left == {"warehouse.duckdb"}


def test_a_night_without_its_warehouse_stops_before_it_loads_anything(home: Home) -> None:
    street(home, "next.csv", [row(1, "2020-07")], 9)
    gone(home)
    ending = run_nightly(home)
    assert (ending.status, ending.step) == ("failed", "prepare")
    assert "`csp rebuild`" in ending.message
    assert "in hand" not in (ending.what_to_do or "")
    assert not home.warehouse_file.exists()
    assert (home.landing / STREET / "next.csv").is_file()


def test_what_was_written_last_is_in_the_log_and_is_not_lost(home: Home) -> None:
    log = home.warehouse_file.with_name("warehouse.duckdb.wal")
    kept, settings = home.root / "kept.wal", load_settings(home)
    with ddl.open_warehouse(home, settings) as con:
        con.execute("insert into quality.alert (run_id) values ('last')")
        shutil.copy2(log, kept)
        shutil.copy2(home.warehouse_file, home.root / "kept")
    (home.root / "kept").replace(home.warehouse_file)
    kept.replace(log)
    assert rebuild(home).known_by == "warehouse"
    assert ask(home, "select run_id from quality.alert") == [("last",)]
    assert not log.exists()


def test_without_any_record_every_file_lands_again(home: Home) -> None:
    """Each at its own time, so that the newer one is in force; what only records say is lost."""
    months = "select month, row_count, file_name from raw.period_in_force order by all"
    before = ask(home, months)
    home.warehouse_file.unlink()
    home.records_file.unlink()
    told = csp(home, "rebuild")
    assert told.exit_code == 0, told.output
    assert "7 files of the archive that no record names lie in landing again" in told.stdout
    assert "Lost are" in told.stderr
    load(home)
    # The withdrawal is lost, as the command has said. A second file of one name keeps that under
    # which the archive has it.
    again = [each[:2] for each in ask(home, months) if each[2] != "wrong.csv"]
    assert again == [each[:2] for each in before]
    assert not [path for path in home.landing.rglob("*") if path.is_file()]
    kept = sorted(path.name for path in home.archive.rglob("*") if path.is_file())
    shutil.copy2(home.archive / STREET / "b.csv", home.archive / STREET / "copy of b.csv")
    assert len(kept) == len(set(kept)) == 7
    assert rebuild(home).put_back == []
    assert not load(home).changed


def test_a_file_that_was_loaded_after_the_records_were_copied_lands_again(home: Home) -> None:
    street(home, "c.csv", [row(n, "2020-06") for n in range(7)], 9)
    load(home)
    before = held(home, "loaded_at")
    gone(home)
    assert rebuild(home).put_back == [f"{STREET}/c.csv"]
    load(home)
    assert held(home, "loaded_at") == before


def test_a_file_that_is_missing_stops_it_unless_it_is_left_out(home: Home) -> None:
    before, sha256 = held(home), sha256_of(home.warehouse_file)
    lost = home.archive / STREET / "a.csv"
    content = lost.read_bytes()
    lost.unlink()
    with pytest.raises(CspError, match=r"street_crime/a\.csv is not in the archive.*--without-mis"):
        rebuild(home)
    assert (held(home), sha256_of(home.warehouse_file)) == (before, sha256)
    told = csp(home, "rebuild", "--without-missing")
    assert f"{STREET}/a.csv is left out" in told.stderr
    [(state, rows)] = ask(
        home, "select status, accepted from quality.load_audit where file_name = 'a.csv'"
    )
    assert (state, rows) == ("refused", 0)
    assert "Ask the sender for the file again" in str(
        (home.refused / STREET / "a.csv.reason.json").read_text()
    )
    (home.landing / STREET / "a.csv").write_bytes(content)  # sent again it is loaded as new
    os.utime(home.landing / STREET / "a.csv", (LONG_AGO, LONG_AGO))
    load(home)
    in_force = "select sum(row_count) from raw.period_in_force where month = '2020-04-01'"
    assert ask(home, in_force) == [(30,)]


def test_what_was_erased_or_purged_stays_out(home: Home) -> None:
    erase(home, "crime", "C/3", "police/recorded_crime")
    with ddl.open_warehouse(home, load_settings(home)) as con:
        con.execute("update quality.load_audit set loaded_at = timestamp '2010-04-30'")
    purge(home, really=True, today=date(2017, 5, 20))
    with ddl.open_warehouse(home, load_settings(home)) as con:
        status.changed(home, con)
    before = held(home)
    assert before["raw.police__recorded_crime"] == []
    for damage in (lambda _: None, gone):
        damage(home)
        assert rebuild(home).put_back == []
        assert held(home) == before


def die_at(root: Path, moment: str) -> list[str]:
    """Rebuild, and be killed when it comes to the moment."""

    def die(*_: object, **__: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    place, _, name = moment.rpartition(".")
    setattr(getattr(rebuilding, place) if place else rebuilding, name, die)
    rebuild(Home(root))
    return []


@pytest.mark.parametrize(
    ("moment", "damage"), [("originals.read_again", None), ("_switch", None), ("_switch", cut)]
)
def test_killed_it_leaves_the_former_file_and_is_given_again(
    home: Home, moment: str, damage: Callable[[Home], None] | None
) -> None:
    before = held(home)
    if damage:
        damage(home)
    sha256 = sha256_of(home.warehouse_file)
    assert ended(die_at, home.root, moment)[0] == -signal.SIGKILL
    assert sha256_of(home.warehouse_file) == sha256
    rebuild(home)
    assert held(home) == before


def test_a_warehouse_that_is_in_use_is_not_taken_for_damaged(home: Home) -> None:
    before = held(home)
    done, told = ended(rebuild_while_held, home.root)
    assert (done, len(told)) == (1, 1)
    assert "another program holds it" in told[0]
    assert held(home) == before


def rebuild_while_held(root: Path) -> list[str]:
    """Rebuild while another process has the warehouse open."""
    home = Home(root)
    readable, written = os.pipe()
    if (child := os.fork()) == 0:
        with duckdb.connect(str(home.warehouse_file)):
            os.write(written, b"x")
            signal.pause()
    os.read(readable, 1)
    try:
        rebuild(home)
    finally:
        os.kill(child, signal.SIGKILL)
    return []
