"""What somebody should be told of a run: that it stopped, a late feed, a falling score."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing, suppress

import duckdb

from orchestration import progress
from warehouse import alerts, status
from warehouse.alerts import Alert
from warehouse.ddl import open_warehouse
from warehouse.errors import CspError
from warehouse.home import Home
from warehouse.results import CheckResult, utc_now
from warehouse.runs import Ending
from warehouse.seeds import threshold
from warehouse.settings import Settings

LEAST_FALL = threshold("score_least_fall")

FALLEN = """
select now.partner, before.score, now.score
from quality.maturity_history as now
inner join quality.maturity_history as before
    on now.partner = before.partner and now.feed = before.feed
where now.feed = 'all' and now.run_id = $1 and before.run_id = (
    select run_id from quality.run where run_id <> $1 and status = 'published'
    order by rowid desc limit 1
)
and before.score - now.score >= $2
order by now.partner
"""


def late(con: duckdb.DuckDBPyConnection, checks: Iterable[CheckResult]) -> list[Alert]:
    """An alert for each feed that is late and was not told to be since its last file came.

    One that a channel did not take was not told.
    """
    last_sent = dict(
        con.execute(
            "select subject, max(told_at) from quality.alert "
            "where kind = 'late' and failed is null group by subject"
        ).fetchall()
    )
    received = dict(
        con.execute("select feed, max(loaded_at) from quality.loaded_file group by feed").fetchall()
    )
    return [
        Alert("late", str(check.feed), str(check.message).removeprefix(f"{check.feed}: "))
        for check in checks
        if check.check_id.startswith("timeliness.")
        and check.status == "fail"
        and (
            check.feed not in last_sent
            or (check.feed in received and last_sent[check.feed] < received[check.feed])
        )
    ]


def not_taken(con: duckdb.DuckDBPyConnection) -> list[Alert]:
    """The scores of the last message, where it failed: nothing else says them again."""
    found = con.execute(
        "select subject, sentence from quality.alert where kind = 'score' and failed is not null "
        "and run_id = (select run_id from quality.alert order by told_at desc limit 1)"
    )
    return [Alert("score", subject, sentence) for subject, sentence in found.fetchall()]


def fallen(con: duckdb.DuckDBPyConnection, run_id: str) -> list[Alert]:
    """An alert for each partner whose score fell by LEAST_FALL since the last publication."""
    return [
        Alert(
            "score",
            partner,
            f"its maturity score fell from {before:.1f} to {now:.1f}; the page of the partner in "
            "quality/ of the publication says which fields and months.",
        )
        for partner, before, now in con.execute(FALLEN, [run_id, LEAST_FALL]).fetchall()
    ]


def of_run(
    con: duckdb.DuckDBPyConnection, ending: Ending, checks: Iterable[CheckResult]
) -> list[Alert]:
    """The feeds that are late by these checks, and scores that fell, of a run that published."""
    found = late(con, checks) + not_taken(con)
    return found + (fallen(con, ending.run_id) if ending.status == "published" else [])


def stopped(ending: Ending) -> list[Alert]:
    """The alert of a run that was blocked or failed; none where somebody stopped it."""
    if not ending.has_failed or ending.was_interrupted:
        return []
    kind: alerts.Kind = "blocked" if ending.status == "blocked" else "failed"
    return [Alert(kind, f"step {ending.step}", f"{ending.message} {ending.what_to_do}")]


def deliver(home: Home, settings: Settings, run_id: str, found: Sequence[Alert]) -> None:
    """Send one message of these alerts, if there are any and a channel is set, and keep them.

    Whatever goes wrong is told to whoever watches, and fails nothing.
    """
    if not found or not settings.alerts:
        return
    message = alerts.message(settings.partnership, run_id, found)
    failed = alerts.send(settings, home, message)
    for sentence in failed:
        progress.tell("alerts", sentence)
    with suppress(CspError, OSError):
        status.notice(home, failed)
    with (
        suppress(CspError, OSError, duckdb.Error),
        closing(open_warehouse(home, settings)) as con,
    ):
        for alert in found:
            con.execute(
                "insert into quality.alert values (?, ?, ?, ?, ?, ?)",
                [
                    *(run_id, utc_now(), alert.kind, alert.subject, alert.sentence),
                    " ".join(failed) or None,
                ],
            )
