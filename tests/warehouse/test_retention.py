"""What is past its retention goes, everything else stays, and nothing brings it back."""

import json
import os
import signal
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli import main
from tests.warehouse.partner_files import LONG_AGO, ask, land, load
from tests.warehouse.processes import ended
from tests.warehouse.small_night import small_night
from warehouse import ddl
from warehouse.contract import Retention, load_contracts
from warehouse.errors import UsageError
from warehouse.home import Home
from warehouse.ingest import retention
from warehouse.ingest.rekeying import rotate_key
from warehouse.ingest.removal import Removals
from warehouse.ingest.retention import purge
from warehouse.publication.store import list_publications
from warehouse.settings import load_settings

INCIDENTS = "incident_no,created_at,category,linked_crime_ref"
COUNTS = (
    "select file_name, data_rows, accepted, rejected, skipped, archive_path is not null "
    "from quality.load_audit where status = 'loaded' order by file_id"
)
MONTHS = "select strftime(month, '%Y-%m'), row_count from raw.load_period order by all"
NOW = date(2017, 5, 20)  # seven years before: May 2010


def incident(number: int, day: str) -> str:
    return f"I{number},{day} 10:00,Other,"


def loaded(home: Home) -> Home:
    """Three files, of which the first two were received in 2010; the last has old rows too."""
    old, mixed = [incident(1, "2010-04-03"), incident(2, "2010-04-30")], [incident(3, "2010-04-30")]
    land(home, "police/incident", "old.csv", [INCIDENTS, *old, "I9,no day,Other,"])
    mixed += [incident(4, "2010-05-01"), "I7,no day,Other,"]
    land(home, "police/incident", "mixed.csv", [INCIDENTS, *mixed])
    new = [incident(5, "2010-04-29"), incident(6, "2016-01-02"), "I8,no day,Other,"]
    land(home, "police/incident", "new.csv", [INCIDENTS, *new], LONG_AGO + 9)
    land(home, "reference/area_name", "n.csv", ["lsoa_code,local_name", "E01000001,Here"])
    load(home)
    with ddl.open_warehouse(home, load_settings(home)) as con:
        con.execute(
            "update quality.load_audit set loaded_at = case when file_name = 'new.csv' "
            "then timestamp '2016-02-01' else timestamp '2010-04-30 23:00' end"
        )
        con.execute("create schema if not exists facts")
        con.execute("create table facts.incident as from raw.police__incident")
    return home


def test_first_it_is_only_shown(home: Home) -> None:
    loaded(home)
    before = [ask(home, COUNTS), ask(home, MONTHS)]
    [found] = purge(home, really=False, today=NOW).feeds
    assert (found.feed, found.records_before, found.archive_before) == (
        "police/incident", date(2010, 5, 1), date(2010, 5, 1),
    )  # fmt: skip
    assert (sum(found.rows.values()), sum(found.rejected.values())) == (4, 2)
    assert found.originals == ["archive/police/incident/old.csv"]
    assert [ask(home, COUNTS), ask(home, MONTHS)] == before
    assert not home.removals_file.exists()
    assert not home.certificates.exists()


def test_what_is_past_goes_and_is_counted_and_all_else_stays(home: Home) -> None:
    loaded(home)
    done = purge(home, really=True, today=NOW)
    assert ask(home, COUNTS) == [
        ("mixed.csv", 3, 1, 0, 2, True),
        ("old.csv", 3, 0, 0, 3, False),
        ("new.csv", 3, 1, 1, 1, True),
        ("n.csv", 1, 1, 0, 0, True),
    ]
    kept = "select strftime(created_at::timestamp, '%Y-%m-%d') from raw.police__incident order by 1"
    assert ask(home, kept) == [("2010-05-01",), ("2016-01-02",)]
    assert ask(home, MONTHS) == [("2010-05", 1), ("2016-01", 1)]
    assert ask(home, "select file_name from quality.rejected_row") == [("new.csv",)]
    assert sorted(path.name for path in (home.archive / "police/incident").iterdir()) == [
        "mixed.csv", "new.csv",
    ]  # fmt: skip
    assert ask(home, "select count(*) from duckdb_tables() where schema_name = 'facts'") == [(0,)]
    assert done.certificate is not None
    said = json.loads(done.certificate.read_text())
    [feed] = said["feeds"]
    assert (feed["rows"], feed["rejected_rows"], feed["files"]) == (4, 2, 1)
    assert said["files"][0]["bytes"] > 0
    assert "old.csv" not in done.certificate.read_text()
    assert purge(home, really=True, today=NOW).feeds == []


def test_neither_a_file_read_again_nor_one_that_lands_brings_it_back(home: Home) -> None:
    loaded(home)
    purge(home, really=True, today=NOW)
    counts = ask(home, COUNTS)
    with ddl.open_warehouse(home, load_settings(home)) as con:
        con.execute("update quality.load_audit set contract_sha256 = 'earlier'")
    load(home)
    assert ask(home, COUNTS) == counts
    assert rotate_key(home) == 2
    assert ask(home, COUNTS) == counts
    again = [INCIDENTS, incident(1, "2010-04-03"), incident(7, "2016-03-01")]
    land(home, "police/incident", "again.csv", again, LONG_AGO + 99)
    load(home)
    assert ask(home, COUNTS)[-1] == ("again.csv", 2, 1, 0, 1, True)
    assert ask(home, "select count(*) from raw.police__incident") == [(3,)]


def test_killed_it_is_finished_by_the_next(home: Home) -> None:
    loaded(home)
    status, _ = ended(purge_and_die, home.root)
    assert status == -signal.SIGKILL
    assert (home.archive / "police/incident/old.csv").exists()
    purge(home, really=True, today=NOW)
    assert not (home.archive / "police/incident/old.csv").exists()
    assert Removals.read(home).deleting == []
    assert ask(home, COUNTS)[1] == ("old.csv", 3, 0, 0, 3, False)


def purge_and_die(root: Path) -> list[str]:
    """Purge, and be killed before the originals are deleted."""

    def die(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    retention.rewrite_warehouse = die  # type: ignore[assignment]
    purge(Home(root), really=True, today=NOW)
    return []


def test_the_publication_of_before_is_kept_for_good(tmp_path: Path) -> None:
    night = small_night(Home(tmp_path / "home"))
    night.settings = night.settings.model_copy(update={"keep_publications": 1})
    first = night.publish().id
    removals = Removals.read(night.home)
    removals.publications.append(first)
    removals.save(night.home)
    others = [night.publish().id for _ in range(3)]
    assert [publication.id for publication in list_publications(night.home)] == [others[-1], first]


def test_every_partner_s_feed_says_how_long_it_is_kept() -> None:
    for contract in load_contracts().values():
        assert (contract.retention is None) is contract.open_data, contract.feed


def test_months_are_counted_whole_and_the_archive_outlasts_the_rows() -> None:
    said = Retention(records="18 months", archive="7 years")
    assert said.records_before(date(2026, 3, 31)) == date(2024, 9, 1)
    assert said.archive_before(date(2026, 3, 1)) == date(2019, 3, 1)
    with pytest.raises(ValueError, match="shorter than `records`"):
        Retention(records="7 years", archive="12 months")
    with pytest.raises(ValueError, match="no length of time"):
        Retention(records="7 weeks", archive="8 years")


def test_the_command_shows_before_it_removes(home: Home) -> None:
    with pytest.raises(UsageError, match="nothing to purge"):
        purge(home, really=False)
    loaded(home)
    shown = CliRunner().invoke(main, ["purge", "--home", str(home.root)])
    assert "Nothing was removed: `csp purge --yes` removes it" in shown.output, shown.output
    done = CliRunner().invoke(main, ["purge", "--yes", "--home", str(home.root)])
    assert "Certificate: " in done.output, done.output
    assert ask(home, "select count(*) from raw.police__incident") == [(0,)]
    assert "Nothing is past its retention." in (
        CliRunner().invoke(main, ["purge", "--home", str(home.root)]).output
    )
