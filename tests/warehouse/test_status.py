"""status.json: readable before the first run, during a run, and after whatever happened."""

import json
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.warehouse.small_night import Night, small_night
from tests.warehouse.street_files import LONG_AGO, land
from warehouse import runs, status
from warehouse.contract import load_contracts
from warehouse.errors import CspError, UsageError
from warehouse.home import Home
from warehouse.locking import RunLock
from warehouse.publication import problems, rollback
from warehouse.publication.manifest import SMALL_BYTES

START = datetime(2026, 11, 1, 2, 0, 0)


@pytest.fixture
def night(tmp_path: Path) -> Night:
    return small_night(Home(tmp_path / "home"))


def finish(
    night: Night, run_id: str, outcome: Any, start: datetime = START, opened: bool = True
) -> None:
    """Write how a run ended; opened: whether the warehouse could be."""
    ending = runs.Ending(run_id, outcome, start, start + timedelta(minutes=1), "A message.")
    if not opened:
        status.end(night.home, ending)
        return
    with night.connect() as con:
        runs.record(con, ending)
        status.end(night.home, ending, con)


def test_the_object_of_the_interface(night: Night) -> None:
    published = night.publish()
    night.check("run-1", "fail", "not_applicable", "error", severity="warning")
    finish(night, "run-1", "published")
    found = status.read(night.home)
    assert found["home"] == str(night.home.root)
    assert {
        key: found["last_run"][key] for key in ("run_id", "status", "started_at", "finished_at")
    } == {
        "run_id": "run-1",
        "status": "published",
        "started_at": "2026-11-01T02:00:00Z",
        "finished_at": "2026-11-01T02:01:00Z",
    }
    assert found["publication"] == {"id": published.id, "published_at": published.published_at}
    street = next(feed for feed in found["feeds"] if feed["feed"] == "police/street_crime")
    assert {key: street[key] for key in ("files", "accepted", "rejected", "latest_month")} == {
        "files": 1,
        "accepted": 9,
        "rejected": 1,
        "latest_month": "2021-09",
    }
    assert found["checks"] == {"passed": 1, "failed": 1, "not_applicable": 1, "error": 1}
    assert [check["check_id"] for check in found["not_passed"]] == [
        "check.warning.0",
        "check.warning.2",
    ]
    json.dumps(found)


def test_before_the_first_run(home: Home) -> None:
    found = status.read(home)
    assert found["last_run"] is None
    assert found["publication"] is None
    assert found["checks"] == {"passed": 0, "failed": 0, "not_applicable": 0, "error": 0}
    assert {feed["feed"] for feed in found["feeds"]} == set(load_contracts())
    assert all(feed["files"] == 0 and feed["latest_month"] is None for feed in found["feeds"])


def test_without_a_home(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="csp init"):
        status.read(Home(tmp_path / "none"))


def test_while_a_run_holds_the_warehouse_and_the_lock(night: Night) -> None:
    finish(night, "run-1", "unchanged")
    with RunLock(night.home), night.connect():
        found = status.read(night.home)
        assert found["last_run"]["status"] == "unchanged"
        assert found["running"]["pid"] > 0
        assert found["running"]["started_at"]
    assert status.read(night.home)["running"] is None


def test_a_refused_file_shows_until_its_explanation_is_deleted(night: Night) -> None:
    finish(night, "run-1", "published")
    (refused,) = status.read(night.home)["refused"]
    (night.home.root / refused["explained_in"]).unlink()
    assert status.read(night.home)["refused"] == []


def test_what_ingest_noticed_shows_until_the_next_ingest(night: Night) -> None:
    with night.connect() as con:
        status.record(night.home, con, ["landing/x is no feed's"])
        status.record(night.home, con)
    assert status.read(night.home)["noticed"] == ["landing/x is no feed's"]
    with night.connect() as con:
        status.record(night.home, con, [])
    assert status.read(night.home)["noticed"] == []


def test_a_refused_file_shows_until_one_of_its_name_is_loaded(night: Night) -> None:
    night.execute("update quality.load_audit set reason = 'no column Month' where file_id = 3")
    finish(night, "run-1", "published")
    (refused,) = status.read(night.home)["refused"]
    assert (refused["feed"], refused["file"]) == ("police/street_crime", "broken.csv")
    assert refused["reason"] == "no column Month"
    night.execute(
        "insert into quality.load_audit (file_id, feed, file_name, status, accepted, rejected) "
        "values (4, 'police/street_crime', 'broken.csv', 'loaded', 3, 0)"
    )
    finish(night, "run-2", "published", START + timedelta(days=1))
    assert status.read(night.home)["refused"] == []


def test_a_run_that_could_not_open_the_warehouse_is_shown_until_a_later_one(night: Night) -> None:
    finish(night, "run-1", "published")
    later = START + timedelta(days=1)
    finish(night, "run-2", "failed", later, opened=False)
    found = status.read(night.home)
    assert (found["last_run"]["run_id"], found["last_run"]["status"]) == ("run-2", "failed")
    assert found["feeds"][0]["feed"]
    with night.connect() as con:
        status.record(night.home, con)
    assert status.read(night.home)["last_run"]["run_id"] == "run-2"
    finish(night, "run-3", "unchanged", START + timedelta(days=2))
    assert status.read(night.home)["last_run"]["run_id"] == "run-3"


def test_a_run_of_a_clock_that_was_ahead_does_not_hide_later_ones(night: Night) -> None:
    ahead = START + timedelta(days=3650)
    night.check("run-1", "fail")
    night.execute("update quality.check_result set checked_at = timestamp '2036-11-01'")
    finish(night, "run-1", "failed", ahead)
    night.check("run-2", "pass", "pass")
    finish(night, "run-2", "published")
    found = status.read(night.home)
    assert (found["last_run"]["run_id"], found["last_run"]["status"]) == ("run-2", "published")
    assert found["checks"] == {"passed": 2, "failed": 0, "not_applicable": 0, "error": 0}


def test_a_run_that_began_and_never_ended_has_failed(night: Night) -> None:
    finish(night, "run-1", "published")
    with RunLock(night.home):
        status.begin(night.home, "run-2", START)
        with night.connect() as con:
            status.record(night.home, con)
        assert status.read(night.home)["last_run"]["run_id"] == "run-1"
    found = status.read(night.home)["last_run"]
    assert (found["run_id"], found["status"]) == ("run-2", "failed")
    assert "csp run" in found["message"]
    with RunLock(night.home):
        status.begin(night.home, "run-3", START)
        assert status.read(night.home)["last_run"]["run_id"] == "run-2"
    finish(night, "run-3", "unchanged")
    assert status.read(night.home)["last_run"]["status"] == "unchanged"


def test_the_publication_is_the_one_that_is_current_now(night: Night) -> None:
    first = night.publish()
    night.publish()
    finish(night, "run-1", "published")
    rollback(night.home)
    assert status.read(night.home)["publication"]["id"] == first.id


def test_what_is_missing_and_when_it_is_due_is_what_the_models_say(night: Night) -> None:
    finish(night, "run-1", "published")
    found = {feed["feed"]: feed for feed in status.read(night.home)["feeds"]}
    assert (found["hate/report"]["due_on"], found["hate/report"]["missing_months"]) == (None, {})
    with night.connect() as con:
        con.execute("create schema checks")
        con.execute(
            "create view checks.feed_timeliness as select 'hate/report' as feed, "
            "date '2026-12-16' as due_on"
        )
        con.execute(
            "create table marts.feed_coverage as select 'hate' as partner, 'report' as feed, "
            "* from (values ('school', '2021-08', 'missing'), ('school', '2021-07', 'missing'), "
            "('hate', '2021-07', 'received')) as t (source, period_label, status)"
        )
        status.record(night.home, con)
    found = {feed["feed"]: feed for feed in status.read(night.home)["feeds"]}
    assert found["hate/report"]["due_on"] == "2026-12-16"
    assert found["hate/report"]["missing_months"] == {"school": ["2021-07", "2021-08"]}
    assert found["police/street_crime"]["missing_months"] == {}


def test_a_damaged_status_file_is_named(home: Home) -> None:
    home.status_file.write_text("{")
    with pytest.raises(CspError, match=r"status\.json cannot be read"):
        status.read(home)


def test_no_draft_is_left(night: Night) -> None:
    finish(night, "run-1", "published")
    assert not [path.name for path in night.home.root.iterdir() if path.name.startswith(".status")]


def test_what_waits_in_landing_is_told_by_feed(home: Home) -> None:
    assert status.read(home)["waiting"] == []
    land(home, "a.csv", b"x", LONG_AGO)
    land(home, "b.csv.part", b"x", LONG_AGO - 60)
    land(home, "c.csv", b"x", feed="hate/report")
    assert status.read(home)["waiting"] == [
        {"feed": "hate/report", "files": 1, "oldest": "2020-09-13T12:26:40Z"},
        {"feed": "police/street_crime", "files": 2, "oldest": "2020-09-13T12:25:40Z"},
    ]


def test_a_landing_folder_that_may_not_be_seen_is_not_empty(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.landing.rename(home.root / "elsewhere")
    assert status.read(home)["waiting"] is None


def test_a_run_says_which_step_it_is_at(home: Home) -> None:
    with RunLock(home) as lock:
        assert status.read(home)["running"]["step"] is None
        lock.note("Building the tables and testing them")
        lock.note("Publishing")
        running = status.read(home)["running"]
        assert (running["pid"], running["step"]) == (os.getpid(), "Publishing")
        assert running["started_at"] <= running["step_started_at"]
    assert status.read(home)["running"] is None


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: (folder / "public.duckdb").unlink(), "public.duckdb is missing"),
        (lambda folder: (folder / "stray").touch(), "stray is not in the manifest"),
        (lambda folder: rewrite(folder / "quality/dbt/index.html"), "index.html differs from its"),
        (lambda folder: rewrite(folder / "partner.duckdb"), "partner.duckdb differs from its hash"),
        (lambda folder: (folder / "manifest.json").write_text("{"), "is not a publication's"),
        (lambda folder: (folder / "manifest.json").unlink(), "cannot be read"),
    ],
)
def test_a_publication_that_was_changed_since_is_told(
    night: Night, spoil: Callable[[Path], object], said: str
) -> None:
    folder = night.publish().folder
    (folder / "quality").chmod(0o700)
    folder.chmod(0o700)
    assert status.read(night.home)["publication_problems"] == []
    (folder / "manifest.json").chmod(0o600)
    spoil(folder)
    [problem] = status.read(night.home)["publication_problems"]
    assert said in problem


def test_only_a_whole_reading_sees_a_large_file_changed_under_its_old_time(night: Night) -> None:
    publication = night.publish()
    path = publication.folder / "partner.duckdb"
    then = path.stat()
    assert then.st_size > SMALL_BYTES
    rewrite(path)
    os.utime(path, ns=(then.st_atime_ns, then.st_mtime_ns))
    assert problems(publication) == []
    assert problems(publication, every_byte=True) == ["partner.duckdb differs from its hash"]


def rewrite(path: Path) -> None:
    """Other bytes of the same length."""
    path.chmod(0o600)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
