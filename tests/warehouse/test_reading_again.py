"""Rows that a contract rejected are read again, by themselves, once the contract has changed."""

import shutil
from pathlib import Path

import pytest

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
from tests.warehouse.test_crash import killed
from warehouse import ddl, loading
from warehouse.contract import Contract, load_contracts
from warehouse.home import Home

TOO_EARLY = street_csv([row(1, "2010-11"), row(2), row(3)])
RAW = "SELECT month, count(*) FROM raw.police__street_crime GROUP BY 1 ORDER BY 1"
IN_FORCE = "SELECT strftime(month, '%Y-%m'), row_count FROM raw.load_period ORDER BY 1"
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


@pytest.fixture
def mend(monkeypatch: pytest.MonkeyPatch) -> None:
    contracts = {**load_contracts(), FEED: mended(load_contracts()[FEED])}
    monkeypatch.setattr(loading, "load_contracts", lambda: contracts)


def forget_contract(home: Home) -> None:
    """As if the files had been read by an earlier contract."""
    with ddl.open_warehouse(home, SETTINGS) as con:
        con.execute("UPDATE quality.load_audit SET contract_sha256 = 'earlier'")


def test_the_rows_are_loaded_and_counted_once(home: Home, request: pytest.FixtureRequest) -> None:
    land(home, "april.csv", TOO_EARLY)
    night(home)
    assert audit(home) == [("april.csv", "loaded", 3, 2, 1, 0)]
    assert not night(home).changed
    request.getfixturevalue("mend")
    assert night(home).feeds[FEED].accepted == 3
    assert audit(home) == [
        ("april.csv", "duplicate", 3, 2, 1, 0),
        ("april.csv", "loaded", 3, 3, 0, 0),
    ]
    assert ask(home, "SELECT reason FROM quality.load_audit WHERE file_id = 1") == [
        ("read again as file 2 after its contract changed",)
    ]
    assert ask(home, RAW) == [("2010-11", 1), ("2020-04", 2)]
    assert ask(home, IN_FORCE) == [("2010-11", 1), ("2020-04", 2)]
    assert ask(home, REJECTED) == [(0,)]
    assert ask(home, "SELECT DISTINCT epoch(landed_at)::BIGINT FROM quality.load_audit") == [
        (LONG_AGO,)  # as new, and as old, as it was
    ]
    assert [path.name for path in (home.archive / FEED).iterdir()] == ["april.csv"]
    assert list((home.landing / FEED).iterdir()) == []
    land(home, "april.csv", TOO_EARLY)
    assert not night(home).changed


def test_what_is_still_rejected_is_read_once_more_and_not_every_night(home: Home) -> None:
    land(home, "april.csv", TOO_EARLY)
    night(home)
    forget_contract(home)
    assert night(home).changed
    before = everything(home)
    assert not night(home).changed
    assert everything(home) == before
    assert ask(home, RAW) == [("2020-04", 2)]
    assert ask(home, REJECTED) == [(1,)]


def test_of_a_zip_only_the_member_with_rejected_rows_is_read_again(
    home: Home, request: pytest.FixtureRequest
) -> None:
    whole = street_csv([row(9, "2020-05")])
    content = street_zip(
        {member("2020-04"): TOO_EARLY, member("2020-05"): whole, "other.txt": b"x"}
    )
    land(home, "all.zip", content)
    night(home)
    request.getfixturevalue("mend")
    loaded = night(home).feeds[FEED]
    assert (loaded.loaded, loaded.duplicates, loaded.accepted) == (1, 1, 3)
    assert ask(home, RAW) == [("2010-11", 1), ("2020-04", 2), ("2020-05", 1)]
    assert ask(home, "SELECT count(*) FROM quality.skipped_member") == [(1,)]
    assert not night(home).changed


def test_a_refusal_by_the_new_contract_takes_nothing_back(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(home, "april.csv", TOO_EARLY)
    night(home)
    street = load_contracts()[FEED]
    [layout, *others] = street.layouts
    elsewhere = layout.model_copy(update={"headers": {"month": ("Month of report",)}})
    stricter = changed(street, layouts=(elsewhere, *others))
    monkeypatch.setattr(loading, "load_contracts", lambda: {**load_contracts(), FEED: stricter})
    assert night(home).feeds[FEED].refused == 1
    assert ask(home, RAW) == [("2020-04", 2)]
    assert [row[:2] for row in audit(home)] == [("april.csv", "loaded"), ("april.csv", "refused")]
    assert night(home).feeds[FEED].refused == 0


def test_a_file_landed_since_under_the_same_name_comes_first(
    home: Home, request: pytest.FixtureRequest
) -> None:
    land(home, "april.csv", TOO_EARLY)
    night(home)
    request.getfixturevalue("mend")
    land(home, "april.csv", street_csv([row(7, "2020-06")]), LONG_AGO + 9)
    night(home)
    assert ask(home, RAW) == [("2020-04", 2), ("2020-06", 1)]
    night(home)
    assert ask(home, RAW) == [("2010-11", 1), ("2020-04", 2), ("2020-06", 1)]


def test_an_archived_file_that_is_gone_is_told_and_spoils_nothing(
    home: Home, request: pytest.FixtureRequest
) -> None:
    land(home, "april.csv", TOO_EARLY)
    night(home)
    request.getfixturevalue("mend")
    (home.archive / FEED / "april.csv").unlink()
    said: list[str] = []
    with ddl.open_warehouse(home, SETTINGS) as con:
        assert not loading.ingest(home, SETTINGS, con, said.append).changed
    assert any("cannot be read again" in line and "april.csv" in line for line in said)
    assert ask(home, RAW) == [("2020-04", 2)]


def test_prose_is_no_reason_to_read_again() -> None:
    street = load_contracts()[FEED]
    told = tuple(
        column.model_copy(update={"description": "Said in other words."})
        for column in street.columns
    )
    assert changed(street, columns=told, title="Crime").sha256 == street.sha256
    assert mended(street).sha256 != street.sha256
    assert changed(street, delimiter=";").sha256 != street.sha256


def test_killed_at_any_step_of_reading_again(tmp_path: Path) -> None:
    def prepared(name: str) -> Home:
        home = Home(tmp_path / name)
        home.init()
        land(home, "all.zip", street_zip({member("2020-04"): TOO_EARLY}))
        night(home)
        forget_contract(home)
        return home

    reference = prepared("reference")
    night(reference)
    wanted = everything(reference)
    for at_step in range(1, 20):
        home = prepared(f"home{at_step}")
        if not killed(home, at_step):
            break
        night(home)
        assert everything(home) == wanted, f"killed at step {at_step}"
        shutil.rmtree(home.root)
    assert at_step == 8  # listed, and the six steps of the file
