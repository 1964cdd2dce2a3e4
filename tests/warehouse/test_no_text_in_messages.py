"""No text of a file is in any message: canaries in every cell of every feed are told nowhere."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from cli import main
from tests.warehouse.canaries import CANARY, contents, found_in, land
from warehouse import ddl, status
from warehouse.contract import Contract, load_contracts
from warehouse.home import Home
from warehouse.ingest.loading import IngestResult, ingest
from warehouse.settings import load_settings

EVERY = pytest.mark.parametrize("contract", load_contracts().values(), ids=lambda each: each.feed)
Loaded = tuple[Home, IngestResult, list[str], list[BaseException]]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """A home into which every feed's canaries were loaded, and what was told of it."""
    home = Home(tmp_path_factory.mktemp("canaries") / "home")
    home.init()
    for contract in load_contracts().values():
        (home.landing / contract.feed).mkdir(parents=True, exist_ok=True)
        land(home, contract)
    told: list[str] = []
    kept: list[BaseException] = []
    settings = load_settings(home)
    with ddl.open_warehouse(home, settings) as con:
        result = ingest(home, settings, con, told.append, keep_error=kept.append)
        status.record(home, con, result.noticed)
    return home, result, told, kept


@EVERY
def test_every_damage_is_told_and_none_of_its_texts(contract: Contract, loaded: Loaded) -> None:
    _, result, told, _ = loaded
    feed = result.feeds[contract.feed]
    names = [name for name, _ in contents(contract)]
    assert feed.refused + feed.loaded + feed.duplicates >= len(names)
    assert feed.refused > len(names) // 3
    for name in names:
        assert [line for line in told if f"{contract.feed}/{name}" in line], name
    said = "\n".join([*told, *feed.messages, *feed.noticed, *result.noticed])
    assert CANARY not in said.lower()


def test_no_file_of_the_home_and_no_table_of_messages_holds_a_canary(loaded: Loaded) -> None:
    home, *_ = loaded
    assert len(list(home.refused.rglob("*.reason.json"))) > 100
    assert found_in(home) == []


def test_the_search_finds_a_canary_where_one_is(home: Home) -> None:
    settings = load_settings(home)
    (home.root / "status.json").write_text(f'"{CANARY.upper()}"')
    with ddl.open_warehouse(home, settings) as con:
        ddl.ensure(con, load_contracts(), settings)
        con.execute(f"INSERT INTO quality.load_audit (reason) VALUES ('{CANARY}')")
    assert found_in(home) == ["status.json", "quality.load_audit.reason"]


def test_no_message_holds_a_pattern(loaded: Loaded) -> None:
    home, _, told, _ = loaded
    reasons = [path.read_text(encoding="utf-8") for path in home.refused.rglob("*.reason.json")]
    for text in [*told, *reasons]:
        assert not any(sign in text for sign in (r"\d", "[EW]", "(?", "$'", "^[")), text


@EVERY
def test_a_dry_run_tells_none_either(contract: Contract, tmp_path: Path) -> None:
    for name, content in contents(contract):
        if name.endswith(("-1252.csv", ".gz", ".zip")):
            continue  # the same texts in other wrappings, which loading has read
        path = tmp_path / name
        path.write_bytes(content)
        done = CliRunner().invoke(main, ["check", str(path), "--feed", contract.feed])
        assert CANARY not in done.output.lower(), name
        assert done.exit_code in (0, 1), done.output
