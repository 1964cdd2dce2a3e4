"""status.json: how the home stands, readable at any hour without opening the warehouse."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from warehouse import service
from warehouse.errors import CspError
from warehouse.faults import as_csp_error
from warehouse.files import write_whole
from warehouse.home import CONTRACTS, Home
from warehouse.ingest import holding, landing, records
from warehouse.ingest.landing import reason_file
from warehouse.locking import holder
from warehouse.messages import safe_message
from warehouse.publication.store import current_publication, problems
from warehouse.results import NOT_BUILT, summary
from warehouse.runs import Ending

NO_CHECKS = {"passed": 0, "failed": 0, "not_applicable": 0, "error": 0}
MOST_PROBLEMS_SHOWN = 20
MOST_CHANGES_SHOWN = 10
NEVER_ENDED = (
    "The run began and never said how it ended: its process was killed or the machine stopped. "
    "Run `csp run` again; nothing is lost."
)

FEEDS = """
select
    feed.feed, coalesce(loaded.files, 0), coalesce(loaded.accepted, 0),
    coalesce(loaded.rejected, 0), period.latest, feed.title, feed.cadence,
    loaded.last_file, loaded.received
from raw.feed as feed
left join (
    select
        feed, arg_max(file_name, file_id) as last_file, max(landed_at) as received,
        count(*) as files, sum(accepted)::bigint as accepted, sum(rejected)::bigint as rejected
    from quality.loaded_file group by feed
) as loaded using (feed)
left join (
    select feed, max(month) as latest from raw.period_in_force group by feed
) as period using (feed)
order by feed.feed
"""

# When the next file is overdue and which months are missing is for dbt's models to say.
DUE = "select feed, due_on::varchar from checks.feed_timeliness"
MISSING = """
select partner || '/' || feed, source, list(period_label order by period_label)
from marts.feed_coverage where status = 'missing' group by all order by all
"""

# A refusal stands until a file of the same name is loaded, or its explanation is deleted.
REFUSED = """
select feed, file_name, reason, loaded_at, archive_path
from quality.load_audit as refused
where status = 'refused' and not exists (
    from quality.load_audit as later
    where later.feed = refused.feed and later.file_name = refused.file_name
    and later.status in ('loaded', 'held', 'withdrawn') and later.file_id > refused.file_id
)
order by file_id desc
"""

# What failed first, and not the tests that dbt skipped because of it: `checks` counts those.
NOT_PASSED = f"""
select check_id, severity, status, observed, threshold, message
from quality.check_result
where run_id = ? and status in ('fail', 'error') and message is distinct from '{NOT_BUILT}'
order by severity, status = 'error', check_id
"""


def record(home: Home, con: duckdb.DuckDBPyConnection, noticed: list[str] | None = None) -> None:
    """Write what the warehouse says into status.json; `con` is open on it.

    noticed: what the ingest of this run noticed; absent, what an earlier call said stays.
    """
    kept = {} if noticed is None else {"noticed": noticed[:MOST_PROBLEMS_SHOWN]}
    _save(home, {**_stored(home), **_collect(con), **kept})


def changed(home: Home, con: duckdb.DuckDBPyConnection) -> None:
    """Write what a command did to the warehouse where it is read: status.json and the records."""
    with as_csp_error(f"Keeping the records of {home.root}"):
        records.keep(home, con)
    record(home, con)


def begin(home: Home, run_id: str, started_at: datetime) -> None:
    """Note that a run began (UTC), so that one that never says how it ended is seen.

    Call with the run lock held. An earlier run that never ended becomes last_run, as failed.
    """
    stored = _stored(home)
    begun = {"run_id": run_id, "started_at": _time(started_at)}
    _save(home, {**stored, "last_run": _last_run(stored), "begun": begun})


def end(home: Home, run: Ending, con: duckdb.DuckDBPyConnection | None = None) -> None:
    """Write how a run ended, and what the warehouse says where it could be opened."""
    stored = {**_stored(home), **(_collect(con) if con is not None else {})}
    stored["last_run"] = {
        "run_id": run.run_id,
        "status": run.status,
        "started_at": _time(run.started_at),
        "finished_at": _time(run.finished_at),
        "message": run.message,
    }
    if run.status == "published":
        first = run.changes[:MOST_CHANGES_SHOWN]
        stored["changes"] = {"count": len(run.changes), "first": first}
    _save(home, stored)


def notice(home: Home, lines: list[str]) -> None:
    """Add what somebody should look at to what the ingest of the run noticed."""
    if lines:
        stored = _stored(home)
        _save(home, {**stored, "noticed": [*stored.get("noticed", []), *lines]})


def set_commentary(home: Home, lines: list[str]) -> None:
    """Keep what the authors of the assessment's commentary should look at, until the next one."""
    _save(home, {**_stored(home), "commentary": lines[:MOST_PROBLEMS_SHOWN]})


def read(home: Home) -> dict[str, Any]:
    """The object `csp status --json` prints; also during a run and before the first.

    Raises CspError where status.json cannot be read.
    """
    home.require()
    running = holder(
        home.lock_file
    )  # before the file: a run says how it ended, then lets go of its lock
    stored = _stored(home)
    publication = current_publication(home)
    known = {feed["feed"]: feed for feed in stored.get("feeds", [])}
    return {
        "home": str(home.root),
        "last_run": stored.get("last_run") if running else _last_run(stored),
        "publication": publication
        and {"id": publication.id, "published_at": publication.published_at},
        "feeds": [known.get(name) or _no_files(name) for name in sorted({*known, *_contracted()})],
        "checks": stored.get("checks", dict(NO_CHECKS)),
        "not_passed": stored.get("not_passed", []),
        "refused": [
            item
            for item in stored.get("refused", [])
            if "explained_in" not in item or (home.root / item["explained_in"]).exists()
        ],
        "held": stored.get("held", []),
        "changes": stored.get("changes") or {"count": 0, "first": []},
        "noticed": stored.get("noticed", []),
        "commentary": stored.get("commentary", []),
        "what_to_do": _what_to_do(home, stored),
        "running": running,
        "waiting": landing.waiting(home, _contracted()),
        "service": service.state(home),
        "publication_problems": problems(publication) if publication else [],
        "recorded_at": stored.get("recorded_at"),
    }


def _what_to_do(home: Home, stored: dict[str, Any]) -> str | None:
    """What the owner does about a run that was blocked; None when the last one was not."""
    if (stored.get("last_run") or {}).get("status") != "blocked":
        return None
    page = f" Open {home.blocked_page} for what each found." if home.blocked_page.is_file() else ""
    return (
        "The blocking checks below stopped the publication; the last one stays current. Withdraw "
        "the wrong file (`csp withdraw`) or land a corrected one, or waive what is true in "
        "waivers.csv, and run `csp run` again."
        f"{page}"
    )


def _last_run(stored: dict[str, Any]) -> dict[str, Any] | None:
    """The last run, told while no run goes on: one that began and never ended has failed.

    Its finished_at is when it began, which is the last that is known of it.
    """
    last_run: dict[str, Any] | None = stored.get("last_run")
    begun = stored.get("begun")
    if begun is None or begun["run_id"] == (last_run or {}).get("run_id"):
        return last_run
    return {
        "run_id": begun["run_id"],
        "status": "failed",
        "started_at": begun["started_at"],
        "finished_at": begun["started_at"],
        "message": NEVER_ENDED,
    }


def _collect(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    checked = con.execute(
        "select run_id from quality.check_result order by rowid desc limit 1"
    ).fetchone()
    run_id = checked[0] if checked else None
    return {
        "feeds": _feeds(con),
        "checks": _checks(con, run_id),
        "not_passed": [
            dict(
                zip(
                    ("check_id", "severity", "status", "observed", "threshold", "message"),
                    row,
                    strict=True,
                )
            )
            for row in con.execute(NOT_PASSED, [run_id]).fetchmany(MOST_PROBLEMS_SHOWN)
        ],
        "refused": [
            {
                "feed": feed,
                "file": name,
                "reason": reason,
                "at": _time(at),
                "explained_in": explanation(feed, name, kept or ""),
            }
            for feed, name, reason, at, kept in con.execute(REFUSED).fetchmany(MOST_PROBLEMS_SHOWN)
        ],
        "held": [
            {
                "feed": file.feed,
                "file": file.file_name,
                "reason": file.reason,
                "check_id": file.check_id,
                "what_to_do": file.what_to_do,
            }
            for file in holding.held_files(con)
        ],
    }


def explanation(feed: str, file_name: str, kept: str) -> str:
    """Where a refusal is explained, below the home; `kept` is where the refused bytes are."""
    whole = kept.startswith("refused/") and "/" not in file_name
    name = Path(kept).name if whole else file_name.replace("/", "__")
    return reason_file(Path("refused") / feed / name).as_posix()


def _checks(con: duckdb.DuckDBPyConnection, run_id: str | None) -> dict[str, int]:
    return dict(NO_CHECKS) if run_id is None else summary(con, run_id)


def _feeds(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    due = dict(_if_built(con, DUE))
    missing: dict[str, dict[str, list[str]]] = {}
    for feed, source, months in _if_built(con, MISSING):
        missing.setdefault(feed, {})[source] = months
    return [
        {
            "feed": feed,
            "files": files,
            "accepted": accepted,
            "rejected": rejected,
            "latest_month": _month(latest),
            "title": title,
            "cadence": cadence,
            "last_file": last_file,
            "last_received": _time(received),
            "due_on": due.get(feed),
            "missing_months": missing.get(feed, {}),
        }
        for feed, files, accepted, rejected, latest, title, cadence, last_file, received in (
            con.execute(FEEDS).fetchall()
        )
    ]


def _if_built(con: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    """Rows of what a build makes; none before the first."""
    try:
        found: list[tuple[Any, ...]] = con.execute(sql).fetchall()
    except duckdb.CatalogException:
        return []
    return found


def _no_files(feed: str) -> dict[str, Any]:
    return {"feed": feed, "files": 0, "accepted": 0, "rejected": 0, "latest_month": None}


def _contracted() -> list[str]:
    return [f"{path.parent.name}/{path.stem}" for path in CONTRACTS.glob("*/*.yml")]


def _month(month: date | None) -> str | None:
    return month.strftime("%Y-%m") if month else None


def _time(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return moment.isoformat(timespec="seconds") + "Z"


def _stored(home: Home) -> dict[str, Any]:
    try:
        content = json.loads(home.status_file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise CspError(
            f"{home.status_file} cannot be read ({safe_message(error)}). Remove it; the next run "
            "writes it anew."
        ) from error
    return content if isinstance(content, dict) else {}


def _save(home: Home, content: dict[str, Any]) -> None:
    """Write the file whole or not at all: it is read while a run goes on."""
    content = {**content, "recorded_at": _time(datetime.now(UTC))}
    # The owner's group may ask how a run ended.
    write_whole(home.status_file, json.dumps(content, indent=2, ensure_ascii=False) + "\n", 0o640)
