"""A night that the checks stop, the waiver that lets it through, and what nobody may read of it."""

import csv
import io
import json
import threading
import time
from collections.abc import Iterator
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

import duckdb
import pytest

from tests.end_to_end.running import copied, csp, land, partner, query, run, status
from warehouse.contract import load_contracts
from warehouse.home import Home

CANARY = "Canary-Marjorie"
MONTH = "2011-04"
TENTH = f"volume.police.incident.{MONTH}"
COUNTED = "dbt.assert_rows_reconcile"
SOUND = {
    "integer": "34", "decimal": "12.5", "date": "2011-03-05", "datetime": "2011-03-05 10:20",
    "month": "2011-03", "boolean_yn": "Y",
}  # fmt: skip
PATTERNS = {"lsoa_code": "E01025613", "offence_code": "28A"}


def with_canaries(feed: str) -> bytes:
    """An extract of the feed with a canary in every column that takes a text.

    For every column a row in which it holds one, the required ones among them (rows that are
    rejected), and one row in which every identifier and every free text does.
    """
    contract = load_contracts()[feed]
    names = [column.name for column in contract.columns]
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow([column.header[0] for column in contract.columns])

    def row(number: int, planted: set[str]) -> list[str]:
        cells = []
        for column in contract.columns:
            if column.name in planted:
                cells.append(f"{CANARY} {column.name} {number}")
            elif column.identifier:
                cells.append(f"{CANARY}-{number}")
            elif column.values:
                cells.append(column.values[0])
            elif column.pattern:
                cells.append(PATTERNS.get(column.name, "E07000129"))
            elif column.name == "period_end":
                cells.append("2012-03-31")
            else:
                cells.append(SOUND.get(column.type, f"{CANARY} {number}"))
        return cells

    free = {c.name for c in contract.columns if c.type == "text" and not c.values and not c.pattern}
    rows.writerow(row(1, free))
    for number, name in enumerate(names, start=2):
        rows.writerow(row(number, {name}))
    # A line that cannot be split: none of it may be kept.
    rows.writerow([*row(99, set()), CANARY])
    return out.getvalue().encode()


# The end of the webhook's address, which is its password.
HOOK_END = "SesameOpenUp"


class Received(NamedTuple):
    """A webhook's server, and what it was sent."""

    address: str
    messages: list[dict[str, object]]


@pytest.fixture(scope="module")
def webhook() -> Iterator[Received]:
    messages: list[dict[str, object]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            messages.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Received(f"json://127.0.0.1:{server.server_port}/hook/{HOOK_END}", messages)
    server.shutdown()


class Stopped(NamedTuple):
    """A home after a night that its checks stopped, and what the night said."""

    home: Home
    before: str
    said: str
    messages: list[dict[str, object]]


@pytest.fixture(scope="module")
def stopped(
    demo_home: Home, webhook: Received, tmp_path_factory: pytest.TempPathFactory
) -> Stopped:
    """The demo's home, to which canaries came, and a tenth of April 2011's incidents."""
    home = copied(demo_home, tmp_path_factory.mktemp("stopped") / "home")
    with home.csp_yml.open("a") as settings:
        settings.write(f"\nalerts:\n  - {webhook.address}\n")
    home.csp_yml.chmod(0o600)
    now = time.time() - 60
    for feed, contract in load_contracts().items():
        if contract.partner not in ("reference", "partnership") and feed != "police/street_crime":
            land(home, feed, f"{contract.name}-canaries.csv", with_canaries(feed), now)
    tenth = "incident_no,created_at,category\n" + "".join(
        f"T{n},2011-04-{1 + n % 28:02d} 10:00,Other\n" for n in range(350)
    )
    land(home, "police/incident", f"incident_{MONTH}.csv", tenth.encode(), now)
    before = home.current.resolve().name
    done = csp(home, "run")
    assert done.exit_code == 1, done.output
    return Stopped(home, before, done.output, list(webhook.messages))


def test_a_month_at_a_tenth_stops_publication(stopped: Stopped) -> None:
    told = status(stopped.home)
    assert told["last_run"]["status"] == "blocked"
    assert told["publication"]["id"] == stopped.before
    assert stopped.home.current.resolve().name == stopped.before
    assert TENTH in told["last_run"]["message"]
    [volume] = [check for check in told["not_passed"] if check["check_id"] == TENTH]
    assert (volume["severity"], volume["status"]) == ("blocking", "fail")
    assert f"police {MONTH}: 35" in volume["observed"]


def test_the_page_and_the_status_say_what_to_do(stopped: Stopped) -> None:
    text = csp(stopped.home, "status").stdout
    assert "What to do" in text
    assert str(stopped.home.blocked_page) in text
    page = stopped.home.blocked_page.read_text(encoding="utf-8")
    assert TENTH in page
    assert "waivers.csv" in page
    assert stopped.before in page
    assert stopped.home.blocked_page.stat().st_mode & 0o077 == 0


def test_somebody_was_told_once(stopped: Stopped) -> None:
    [message] = stopped.messages
    assert "1 blocked" in str(message["title"])
    assert TENTH in str(message["message"])


@pytest.fixture(scope="module")
def waived(stopped: Stopped) -> Stopped:
    """The same home with a waiver for the month: the night publishes.

    And with one for rows that do not reconcile, since of one month a row more was loaded.
    """
    with duckdb.connect(str(stopped.home.warehouse_file)) as con:
        con.execute(
            "update raw.load_period set row_count = row_count + 1 where month = '2010-12-01' "
            "and feed = 'police/street_crime' and period_key = 'Warwickshire Police'"
        )
    tomorrow = date.today() + timedelta(days=1)
    (stopped.home.root / "waivers.csv").write_text(
        "check_id,ceiling,reason,owner,expires\n"
        f"{TENTH},1,The control room's system was replaced,Analyst,{tomorrow}\n"
        f"{COUNTED},1,Known,Analyst,{tomorrow}\n"
    )
    return stopped._replace(said=stopped.said + run(stopped.home).output)


def test_a_waived_failure_is_published_as_a_warning(waived: Stopped) -> None:
    assert waived.home.current.resolve().name != waived.before
    assert not waived.home.blocked_page.exists()
    found = partner(
        waived.home,
        "select severity, status, waiver from marts.check_result "
        f"where check_id in ('{TENTH}', '{COUNTED}') "
        "and run_id = (select run_id from marts.publication)",
    )
    assert [row[:2] for row in found] == [("warning", "fail")] * 2
    assert all(waiver.startswith("until ") for _, _, waiver in found)
    assert partner(
        waived.home,
        f"select status from marts.check_result where check_id = 'waiver.{TENTH}'",
    ) == [("pass",)]
    page = (waived.home.current / "quality" / "index.html").read_text(encoding="utf-8")
    assert "Waived until" in page
    assert "The control room&#39;s system was replaced" in page
    assert "Scores that moved" in page
    assert f"Since publication {waived.before}" in page


def test_no_canary_sings(waived: Stopped) -> None:
    """No page, Data Docs, log, result or message holds what a record said."""
    home = waived.home
    assert CANARY not in waived.said
    files = [home.status_file, *home.failures.rglob("*"), *home.dagster.rglob("*")]
    for publication in home.published.iterdir():
        files += (publication / "quality").rglob("*")
        files.append(publication / "manifest.json")
    read = 0
    for path in files:
        if path.is_file():
            read += 1
            assert CANARY.encode() not in path.read_bytes(), path
    assert read > 50
    for table in ("check_result", "dbt_test", "completeness_history", "alert", "run",
                  "load_audit", "maturity_history"):  # fmt: skip
        found = query(
            home.warehouse_file,
            f"select count(*) from quality.{table} as t where t::varchar like '%{CANARY}%'",
        )
        assert found == [(0,)], table


def test_the_webhooks_address_stands_in_the_settings_alone(waived: Stopped) -> None:
    """After nights that used it: no log, message, table, page, manifest or file of Dagster's."""
    assert waived.messages
    assert HOOK_END not in waived.said
    holding = {
        path.relative_to(waived.home.root).as_posix()
        for path in waived.home.root.rglob("*")
        if path.is_file() and HOOK_END.encode() in path.read_bytes()
    }
    assert holding == {"csp.yml"}


def test_canaries_were_planted(waived: Stopped) -> None:
    """What the search looks for is there to be found: texts in raw tables, in rejected lines."""
    for feed, contract in load_contracts().items():
        if contract.partner in ("reference", "partnership") or feed == "police/street_crime":
            continue
        [(rows,)] = query(
            waived.home.warehouse_file,
            f"select count(*) from raw.{contract.raw_table} as raw join quality.load_audit as file "
            "on raw._file_id = file.file_id where file.file_name like '%canaries%'",
        )
        assert rows >= 2, feed
    [(kept,)] = query(
        waived.home.warehouse_file,
        f"select count(*) from quality.rejected_row where raw_line like '%{CANARY}%'",
    )
    assert kept > 0
    # None of them is an identifier: those are pseudonyms also in what is kept of a line.
    for feed, contract in load_contracts().items():
        for column in contract.columns:
            if column.identifier:
                assert query(
                    waived.home.warehouse_file,
                    f'select count(*) from raw.{contract.raw_table} where "{column.name}" '
                    f"like '%{CANARY}%'",
                ) == [(0,)], (feed, column.name)
