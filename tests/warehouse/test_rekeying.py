"""A new key: every pseudonym is another, nothing else differs, and the former ones are gone."""

import os
import signal
from pathlib import Path

import duckdb
import pytest

from tests.warehouse.partner_files import ask, land, load
from tests.warehouse.processes import ended
from warehouse import ddl
from warehouse.errors import CspError, UsageError
from warehouse.home import Home
from warehouse.ingest import rekeying
from warehouse.ingest.pseudonyms import load_pseudonyms
from warehouse.ingest.rekeying import rotate_key
from warehouse.ingest.withdrawal import change_force
from warehouse.settings import load_settings

CRIMES = "crime_ref,recorded_date,offence_code"
INCIDENTS = "incident_no,created_at,category,linked_crime_ref"
ROWS = (
    "select i._line_number, c._line_number from raw.police__incident as i "
    "join raw.police__recorded_crime as c on i.linked_crime_ref = c.crime_ref order by all"
)
REFS = "select crime_ref from raw.police__recorded_crime order by _file_id, _line_number"


def loaded(home: Home) -> Home:
    """A home with crimes and incidents of them, a rejected row, and a table built of them."""
    crimes = [f"C/{n},2010-04-01,8G" for n in range(20)]
    land(home, "police/recorded_crime", "c.csv", [CRIMES, *crimes, "C/99,no day,8G"])
    incidents = [f"I/{n},2010-04-01 10:00,Other,C/{n}" for n in range(0, 20, 3)]
    land(home, "police/incident", "i.csv", [INCIDENTS, *incidents])
    load(home)
    with ddl.open_warehouse(home, load_settings(home)) as con:
        con.execute("create schema if not exists facts")
        con.execute("create table facts.crime as select crime_ref from raw.police__recorded_crime")
        con.execute("insert into quality.build values ('built', now() at time zone 'UTC')")
    return home


def pseudonyms_in(home: Home) -> set[str]:
    return {str(ref) for (ref,) in ask(home, REFS)}


def test_every_pseudonym_is_another_and_the_rows_are_the_same(home: Home) -> None:
    loaded(home)
    former, linked, key = pseudonyms_in(home), ask(home, ROWS), home.key_file.read_text()
    audited = ask(home, "select * exclude (contract_sha256) from quality.load_audit order by all")
    [(rejected,)] = ask(home, "select raw_line from quality.rejected_row")
    assert rotate_key(home) == 2
    assert pseudonyms_in(home).isdisjoint(former)
    assert len(pseudonyms_in(home)) == 20
    assert ask(home, ROWS) == linked
    assert ask(home, "select * exclude (contract_sha256) from quality.load_audit order by all") == (
        audited
    )
    assert ask(home, "select raw_line from quality.rejected_row") != [(rejected,)]
    assert home.key_file.read_text() != key
    assert (home.key_file.stat().st_mode & 0o777, home.next_key_file.exists()) == (0o600, False)
    own = load_pseudonyms(home, load_settings(home))
    assert own.of("crime", "c/0") in pseudonyms_in(home)
    assert ask(home, "select count(*) from quality.build") == [(0,)]
    assert not load(home).changed


def test_nothing_of_the_former_pseudonyms_is_left_in_any_file(home: Home) -> None:
    loaded(home)
    former = pseudonyms_in(home)
    mask = str(ask(home, "select raw_line from quality.rejected_row")[0][0]).split(",")[0]
    rotate_key(home)
    for path in home.root.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [each for each in {*former, mask} if each.encode() in content], path


def test_without_every_original_the_key_stays(home: Home) -> None:
    loaded(home)
    former, key = pseudonyms_in(home), home.key_file.read_text()
    kept = home.archive / "police/incident/i.csv"
    content = kept.read_bytes()
    kept.unlink()
    kept.write_bytes(content + b"I/1,2010-04-01 10:00,Other,\n")
    with pytest.raises(CspError, match=r"archive/police/incident/i\.csv is not in the archive, or"):
        rotate_key(home)
    assert (pseudonyms_in(home), home.key_file.read_text()) == (former, key)
    assert ask(home, "select count(*) from facts.crime") == [(20,)]


def test_a_contract_that_refuses_a_file_leaves_everything(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded(home)
    former, key = pseudonyms_in(home), home.key_file.read_text()
    contracts = dict(rekeying.load_contracts())
    incident = contracts["police/incident"]
    columns = tuple(
        column.model_copy(update={"header": ("other",)}) if column.name == "category" else column
        for column in incident.columns
    )
    contracts["police/incident"] = incident.model_copy(update={"columns": columns})
    monkeypatch.setattr(rekeying, "load_contracts", lambda: contracts)
    with pytest.raises(CspError, match="today's contract refuses it"):
        rotate_key(home)
    assert (pseudonyms_in(home), home.key_file.read_text()) == (former, key)
    monkeypatch.undo()
    assert not load(home).changed


def die_before_the_key_is_adopted(root: Path) -> list[str]:
    """Rotate, and be killed after the transaction was committed."""
    rekeying.adopt_next_key = lambda home: os.kill(os.getpid(), signal.SIGKILL)
    rotate_key(Home(root))
    return []


def die_while_reading(root: Path) -> list[str]:
    """Rotate, and be killed while the second file is read."""
    read: list[str] = []

    def report(line: str) -> None:
        read.append(line)
        if len(read) == 2:
            os.kill(os.getpid(), signal.SIGKILL)

    rotate_key(Home(root), report)
    return []


@pytest.mark.parametrize("die", [die_while_reading, die_before_the_key_is_adopted])
def test_killed_it_has_one_key_or_the_other(home: Home, die: object) -> None:
    loaded(home)
    key, linked = home.key_file.read_text(), ask(home, ROWS)
    status, _ = ended(die, home.root)  # type: ignore[arg-type]
    assert status == -signal.SIGKILL
    land(home, "police/incident", "j.csv", [INCIDENTS, "I/77,2010-04-02 10:00,Other,C/7"])
    load(home)
    assert not home.next_key_file.exists()
    assert (home.key_file.read_text() == key) is (die is die_while_reading)
    assert len(ask(home, ROWS)) == len(linked) + 1, "new rows have the pseudonyms of the old"


def test_before_the_first_load_there_is_nothing_to_do(home: Home) -> None:
    with pytest.raises(UsageError, match="nothing to give another key"):
        rotate_key(home)


def test_the_order_of_rows_is_kept(home: Home) -> None:
    """Events are told in the order in which they were appended."""
    loaded(home)
    for file in ("c.csv", "i.csv"):
        change_force(home, file)
        change_force(home, file, back=True)
    before = ask(home, "select file_id, event from quality.file_event order by rowid")
    rotate_key(home)
    assert ask(home, "select file_id, event from quality.file_event order by rowid") == before
    with duckdb.connect(str(home.warehouse_file), read_only=True) as con:
        commented = con.execute(
            "select count(*) filter (comment is null), count(*) from duckdb_tables() "
            "where schema_name = 'quality'"
        ).fetchone()
    assert commented is not None
    assert commented[0] == 0
    assert commented[1] > 10
