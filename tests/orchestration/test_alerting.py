"""Who is told what: a stopped run always, a late feed once, a score that fell by a point."""

from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest

from orchestration import alerting
from tests.warehouse.small_night import check
from warehouse import alerts, ddl, status
from warehouse.alerts import Alert, Message
from warehouse.home import Home
from warehouse.results import CheckResult
from warehouse.runs import INTERRUPTED, Ending
from warehouse.settings import Settings, load_settings

NOW = datetime(2026, 11, 27)
FEED = "hate/report"


@pytest.fixture
def con(home: Home) -> duckdb.DuckDBPyConnection:
    """A home's warehouse with its control tables."""
    settings = load_settings(home)
    connection = ddl.open_warehouse(home, settings)
    ddl.ensure(connection, {}, settings)
    return connection


def late(state: str = "fail") -> CheckResult:
    return CheckResult(
        **{
            **vars(check("run-1", state, f"timeliness.{FEED.replace('/', '.')}", "warning")),
            "feed": FEED,
            "dimension": "timeliness",
            "message": "60 days since the newest file",
        }
    )


def test_a_late_feed_is_told_once_until_its_next_file(con: duckdb.DuckDBPyConnection) -> None:
    assert alerting.late(con, [late("pass"), late("not_applicable")]) == []
    assert alerting.late(con, [late()]) == [Alert("late", FEED, "60 days since the newest file")]
    told = "insert into quality.alert (run_id, told_at, kind, subject, failed) values "
    con.execute(f"{told} ('r', ?, 'late', ?, 'the webhook answered 500')", [NOW, FEED])
    assert len(alerting.late(con, [late()])) == 1, "what nobody took was not told"
    con.execute(f"{told} ('r', ?, 'late', ?, null)", [NOW, FEED])
    assert alerting.late(con, [late()]) == []
    con.execute(
        "insert into quality.load_audit (feed, status, loaded_at) values (?, 'loaded', ?)",
        [FEED, NOW + timedelta(days=1)],
    )
    assert len(alerting.late(con, [late()])) == 1


def test_months_missing_are_no_lateness(con: duckdb.DuckDBPyConnection) -> None:
    """A month that was never sent is missing every night: the pages say so, no message does."""
    coverage = CheckResult(**{**vars(late()), "check_id": "coverage.hate.report"})
    assert alerting.late(con, [coverage]) == []


def scored(
    con: duckdb.DuckDBPyConnection,
    run_id: str,
    score: float,
    feed: str = "all",
    status: str = "published",
) -> None:
    con.execute("insert into quality.run (run_id, status) values (?, ?)", [run_id, status])
    con.execute(
        "insert into quality.maturity_history (run_id, partner, feed, score) "
        "values (?, 'hate', ?, ?)",
        [run_id, feed, score],
    )


def test_a_score_that_fell_by_a_point_is_told(con: duckdb.DuckDBPyConnection) -> None:
    scored(con, "run-1", 90.0)
    assert alerting.fallen(con, "run-1") == []
    scored(con, "run-2", 89.2)
    scored(con, "run-2", 50.0, feed="report")
    assert alerting.fallen(con, "run-2") == []
    scored(con, "run-3", 88.1)
    [alert] = alerting.fallen(con, "run-3")
    assert (alert.kind, alert.subject) == ("score", "hate")
    assert "fell from 89.2 to 88.1" in alert.sentence
    scored(con, "run-4", 95.0)
    assert alerting.fallen(con, "run-4") == []


def test_a_fall_on_a_night_that_was_stopped_is_told_when_it_is_published(
    con: duckdb.DuckDBPyConnection,
) -> None:
    scored(con, "run-1", 90.0)
    scored(con, "run-2", 60.0, status="blocked")
    scored(con, "run-3", 60.0)
    assert len(alerting.fallen(con, "run-3")) == 1


def test_a_score_that_nobody_took_is_told_again(con: duckdb.DuckDBPyConnection) -> None:
    row = "insert into quality.alert values (?, ?, 'score', 'hate', 'It fell.', ?)"
    con.execute(row, ["run-1", NOW, "the webhook answered 500"])
    assert alerting.not_taken(con) == [Alert("score", "hate", "It fell.")]
    con.execute(row, ["run-2", NOW + timedelta(days=1), None])
    assert alerting.not_taken(con) == []


@pytest.mark.parametrize(
    ("status", "message", "expected"),
    [
        ("blocked", "Two checks failed.", ["blocked"]),
        ("failed", "No disk.", ["failed"]),
        ("failed", INTERRUPTED, []),
        ("published", "Published.", []),
    ],
)
def test_who_stops_a_run_is_not_told_of_it(status: Any, message: str, expected: list[str]) -> None:
    ending = Ending("r", status, NOW, NOW, message, step="ingest", what_to_do="Mend it.")
    found = [(alert.kind, alert.subject, alert.sentence) for alert in alerting.stopped(ending)]
    assert found == [(kind, "step ingest", f"{message} Mend it.") for kind in expected]


def test_a_message_that_fails_is_noted_and_fails_nothing(
    home: Home, con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    con.close()
    sent: list[Message] = []

    def send(settings: Settings, home: Home, message: Message) -> list[str]:
        sent.append(message)
        return ["The alert by the webhook: it answered 500."]

    monkeypatch.setattr(alerts, "send", send)
    found = [Alert("late", FEED, "60 days since the newest file")]
    silent = load_settings(home)
    alerting.deliver(home, silent, "run-1", found)
    assert sent == [], "no channel is set"
    told = silent.model_copy(update={"alerts": ["json://127.0.0.1:9/hook"]})
    alerting.deliver(home, told, "run-1", [])
    assert sent == []
    alerting.deliver(home, told, "run-1", found)
    assert len(sent) == 1
    assert "it answered 500" in " ".join(status.read(home)["noticed"])
    with ddl.open_warehouse(home, silent) as again:
        assert again.execute("select kind, subject, failed from quality.alert").fetchall() == [
            ("late", FEED, "The alert by the webhook: it answered 500.")
        ]
