"""Rows that a contract rejected are read again, by themselves, once the contract has changed."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.warehouse.processes import kills_survived
from tests.warehouse.street_files import (
    FEED,
    LONG_AGO,
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
from warehouse import ddl, runs
from warehouse.contract import Contract, load_contracts
from warehouse.home import Home
from warehouse.ingest import loading
from warehouse.publication.state import input_state

TOO_EARLY = street_csv([row(1, "2010-11"), row(2), row(3)])
RAW = "SELECT month, count(*) FROM raw.police__street_crime GROUP BY 1 ORDER BY 1"
MONTHS = "SELECT strftime(month, '%Y-%m'), row_count FROM raw.load_period ORDER BY 1"
REJECTED = "SELECT count(*) FROM quality.rejected_row"


def changed(contract: Contract, **update: object) -> Contract:
    """The contract as a YAML that says otherwise would give it."""
    return Contract.model_validate(contract.model_copy(update=update).model_dump(by_alias=True))


def mended(contract: Contract) -> Contract:
    """The contract that takes months from 2010-01 on."""
    columns = tuple(
        column.model_copy(update={"earliest": "2010-01"}) if column.name == "month" else column
        for column in contract.columns
    )
    return changed(contract, columns=columns)


def requiring_other_headers(contract: Contract) -> Contract:
    """The contract for files in which the month is under another header."""
    [layout, *others] = contract.layouts
    elsewhere = layout.model_copy(update={"headers": {"month": ("Month of report",)}})
    return changed(contract, layouts=(elsewhere, *others))


def rejecting_everything(contract: Contract) -> Contract:
    """A mistaken edit: every month must be of 2030 or later."""
    columns = tuple(
        column.model_copy(update={"earliest": "2030-01"}) if column.name == "month" else column
        for column in contract.columns
    )
    return changed(contract, columns=columns)


Agree = Callable[[Callable[[Contract], Contract]], None]


@pytest.fixture
def agree(monkeypatch: pytest.MonkeyPatch) -> Agree:
    """Make the contract of street crime another one for the nights to come."""

    def replace(by: Callable[[Contract], Contract]) -> None:
        contracts = {**load_contracts(), FEED: by(load_contracts()[FEED])}
        monkeypatch.setattr(loading, "load_contracts", lambda: contracts)

    return replace


def as_it_was(contract: Contract) -> Contract:
    return contract


def told(home: Home) -> list[str]:
    """What a night says."""
    said: list[str] = []
    with ddl.open_warehouse(home, SETTINGS) as con:
        loading.ingest(home, SETTINGS, con, said.append)
    return said


def forget_contract(home: Home) -> None:
    """As if the files had been read by an earlier contract."""
    with ddl.open_warehouse(home, SETTINGS) as con:
        con.execute("UPDATE quality.load_audit SET contract_sha256 = 'earlier'")


def fingerprints(home: Home) -> list[str]:
    """What tells the later steps of a night that something was loaded."""
    with ddl.open_warehouse(home, SETTINGS) as con:
        street = runs.feed_totals(con, [FEED])[FEED].fingerprint
        return [street, input_state(home, SETTINGS, con)]


def test_the_rows_are_loaded_and_counted_once(home: Home, agree: Agree) -> None:
    land(home, "april.csv", TOO_EARLY)
    night(home)
    assert audit(home) == [("april.csv", "loaded", 3, 2, 1, 0)]
    assert not night(home).changed
    before, entry = fingerprints(home), ask(home, AUDITED)
    agree(mended)
    again = night(home)
    assert again.changed
    assert again.feeds[FEED].accepted == 3
    assert audit(home) == [("april.csv", "loaded", 3, 3, 0, 0)]
    assert ask(home, AUDITED) == entry, "the same file, as old and as new as it was"
    assert ask(home, RAW) == [("2010-11", 1), ("2020-04", 2)]
    assert ask(home, MONTHS) == [("2010-11", 1), ("2020-04", 2)]
    assert ask(home, REJECTED) == [(0,)]
    assert [path.name for path in (home.archive / FEED).iterdir()] == ["april.csv"]
    for now, then in zip(fingerprints(home), before, strict=True):
        assert now != then, "the next steps must not take the night for one with nothing new"
    assert not night(home).changed
    land(home, "april.csv", TOO_EARLY, LONG_AGO + 99)
    assert not night(home).changed


AUDITED = (
    "SELECT file_id, file_name, sha256, loaded_at, landed_at, archive_path, cleared "
    "FROM quality.load_audit"
)


def test_an_edit_taken_back_brings_the_rows_back(home: Home, agree: Agree) -> None:
    land(home, "april.csv", TOO_EARLY)
    night(home)
    agree(rejecting_everything)
    night(home)
    assert (ask(home, RAW), ask(home, REJECTED)) == ([], [(3,)])
    agree(as_it_was)
    night(home)
    assert (ask(home, RAW), ask(home, REJECTED)) == ([("2020-04", 2)], [(1,)])


def test_what_is_still_rejected_is_read_once_more_and_not_every_night(home: Home) -> None:
    land(home, "april.csv", TOO_EARLY)
    night(home)
    before = everything(home)
    forget_contract(home)
    assert any("read again: 2 rows, 1 rejected" in line for line in told(home))
    assert everything(home) == before
    assert told(home) == []


def test_of_a_zip_only_the_member_with_rejected_rows_is_read_again(
    home: Home, agree: Agree
) -> None:
    members = {
        member("2020-04"): TOO_EARLY,
        member("2020-04", "twin"): TOO_EARLY,
        member("2020-05"): street_csv([row(9, "2020-05")]),
        member("2020-06"): b"not,of,the,contract\n1,2,3,4\n",
        "other.txt": b"x",
    }
    land(home, "all.zip", street_zip(members))
    night(home)
    agree(mended)
    again = night(home).feeds[FEED]
    assert (again.loaded, again.duplicates, again.refused, again.accepted) == (1, 0, 0, 3)
    assert ask(home, RAW) == [("2010-11", 1), ("2020-04", 2), ("2020-05", 1)]
    assert ask(home, MONTHS) == [("2010-11", 1), ("2020-04", 2), ("2020-05", 1)]
    assert not night(home).changed


def test_every_file_of_one_name_is_read_again_in_the_same_night(home: Home, agree: Agree) -> None:
    for number in range(3):
        early = row(100 + number, "2010-11", f"{'ABC'[number]} Police")
        land(home, "extract.csv", street_csv([early, row(number)]), LONG_AGO + number)
        night(home)
    agree(mended)
    assert night(home).feeds[FEED].accepted == 6
    assert ask(home, RAW) == [("2010-11", 3), ("2020-04", 3)]


def test_a_refusal_by_the_new_contract_takes_nothing_back(home: Home, agree: Agree) -> None:
    land(home, "april.csv", TOO_EARLY)
    night(home)
    before = [audit(home), ask(home, RAW), ask(home, MONTHS), ask(home, REJECTED)]
    agree(requiring_other_headers)
    [line] = told(home)
    assert "today's contract refuses it, so what was loaded stays: line 1" in line
    assert "Month of report" in line
    assert [audit(home), ask(home, RAW), ask(home, MONTHS), ask(home, REJECTED)] == before
    assert told(home) == []


def test_new_files_are_loaded_before_old_ones_are_read_again(home: Home, agree: Agree) -> None:
    land(home, "april.csv", TOO_EARLY)
    night(home)
    agree(mended)
    land(home, "april.csv", street_csv([row(7, "2020-06")]), LONG_AGO + 9)
    first, second = told(home)
    assert ": 1 rows (" in first
    assert "read again" in second
    assert ask(home, RAW) == [("2010-11", 1), ("2020-04", 2), ("2020-06", 1)]


@pytest.mark.parametrize("what", ["gone", "altered"])
def test_a_kept_file_that_cannot_be_read_is_told_until_it_is_back(
    home: Home, agree: Agree, what: str
) -> None:
    land(home, "april.csv", TOO_EARLY)
    night(home)
    agree(mended)
    kept = home.archive / FEED / "april.csv"
    kept.unlink()
    if what == "altered":
        kept.write_bytes(street_csv([row(1)]))
    for _ in range(2):
        [line] = told(home)
        [noticed] = night(home).noticed
        assert line == f"WARNING {noticed}"
        assert line.startswith(f"WARNING {FEED}/april.csv cannot be read again")
        assert "Put the original back there" in line
        assert ask(home, RAW) == [("2020-04", 2)]
    kept.write_bytes(TOO_EARLY)
    before = fingerprints(home)
    assert night(home).changed
    assert fingerprints(home)[0] != before[0]
    assert ask(home, RAW) == [("2010-11", 1), ("2020-04", 2)]


def test_only_what_decides_the_reading_is_a_reason_to_read_again() -> None:
    street = load_contracts()[FEED]
    reworded = tuple(
        column.model_copy(update={"description": "Said in other words."})
        for column in street.columns
    )
    same = changed(street, columns=reworded, title="Crime", unmerged_keys=("Kent Police",))
    assert same.sha256 == street.sha256
    assert mended(street).sha256 != street.sha256
    assert changed(street, delimiter=";").sha256 != street.sha256


def test_killed_at_any_step_of_reading_again(tmp_path: Path) -> None:
    def prepare(home: Home) -> None:
        land(home, "all.zip", street_zip({member("2020-04"): TOO_EARLY}))
        night(home)
        with ddl.open_warehouse(home, SETTINGS) as con:  # as if half its rows had been rejected
            con.execute("UPDATE quality.load_audit SET contract_sha256 = 'earlier', accepted = 1")
            con.execute("DELETE FROM raw.police__street_crime WHERE _line_number = 3")

    def outcome(home: Home) -> object:
        assert ask(home, RAW) == [("2020-04", 2)]
        return everything(home)

    assert kills_survived(tmp_path, prepare, outcome) == 3  # listed, replaced, read again


def test_a_column_that_newly_identifies_is_pseudonymised_in_files_loaded_before(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    hate = load_contracts()["hate/report"]

    def of(identifier: str | None) -> Contract:
        columns = tuple(
            column.model_copy(update={"identifier": identifier})
            if column.name == "linked_crime_ref"
            else column
            for column in hate.columns
        )
        return changed(hate, columns=columns)

    def held() -> str:
        [(text,)] = ask(home, "SELECT linked_crime_ref FROM raw.hate__report")
        return str(text)

    folder = home.landing / "hate/report"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "r.csv").write_text(
        "report_id,reported_date,source,kind,district_code,linked_crime_ref\n"
        "R1,2010-04-01,police,offence,E07000129,CRIME-17\n"
    )
    os.utime(folder / "r.csv", (LONG_AGO, LONG_AGO))
    for contract, clean in ((of(None), False), (hate, True), (of("case"), True)):
        before = held() if home.warehouse_file.exists() else ""
        contracts = {**load_contracts(), "hate/report": contract}
        monkeypatch.setattr(loading, "load_contracts", lambda found=contracts: found)
        assert night(home).changed
        assert (held() == "CRIME-17") is not clean
        assert held() != before
    assert not night(home).changed
