"""What came and when: volume against a feed's own history, missing months, drift and duplicates.

The checks of suite delivery in seeds/check_kind.csv, from what the warehouse already holds;
counts and names of files only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from warehouse.check_kinds import Severity, check_kinds
from warehouse.home_tables import waivers_of
from warehouse.results import CheckResult, Status, of_kind

# Of a month that was published although it is far outside its band: how many rows it may gain or
# lose by late ones and corrections and still be that month.
LATE_ROWS = 0.1

# (feed, source, month): how many rows a publication holds of it.
Accepted = dict[tuple[str, str, date], int]


# Months that follow one that was accepted are of the same step within this factor, which is also
# the least by which a month lies far outside (marts.feed_volume).
STEP = 3


@dataclass(frozen=True)
class _Far:
    """A source's month far outside its band: what is told of it, and why it is borne, if it is."""

    month: date
    records: int
    status: str
    told: str
    why_accepted: str


def run_checks(
    con: duckdb.DuckDBPyConnection, run_id: str, published: Path | None
) -> list[CheckResult]:
    """Volume, coverage, schema and duplicates of every feed of the built warehouse.

    published: folder of the current publication, whose months have been accepted; None if there is
    none. Raises duckdb.Error where the warehouse lacks a table of the build.
    """
    feeds = [feed for (feed,) in con.execute("select feed from raw.feed order by feed").fetchall()]
    return [
        *_volume(con, run_id, accepted_months(published)),
        *_drift_of_volume(con, run_id),
        *_coverage(con, run_id, feeds),
        *_schema(con, run_id, feeds),
        *_duplicates(con, run_id, feeds),
    ]


def feeds_with_volume(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The feeds whose months are counted: records of events, but not a year's caseload at once."""
    return [
        feed
        for (feed,) in con.execute(
            "select feed.feed from raw.feed as feed inner join information_schema.tables as rows "
            "on rows.table_schema || '.' || rows.table_name "
            "= 'facts.int_' || feed.partner || '__' || feed.name || '_row' "
            "where feed.update_rule <> 'snapshot' order by 1"
        ).fetchall()
    ]


def accepted_months(published: Path | None) -> Accepted:
    """The counts of the months in a publication; none where it has no such table."""
    parquet = published / "parquet" / "partner" / "feed_volume.parquet" if published else None
    if parquet is None or not parquet.is_file():
        return {}
    with duckdb.connect() as con:
        rows = con.execute(
            "select partner || '/' || feed, source, month, records from read_parquet(?)",
            [str(parquet)],
        ).fetchall()
    return {(feed, source, month): records for feed, source, month, records in rows}


def _volume(con: duckdb.DuckDBPyConnection, run_id: str, accepted: Accepted) -> list[CheckResult]:
    """`volume.<feed>`, and for each month far from what its history gives a check of its own.

    `volume.<feed>.<month>` fails and blocks unless the current publication holds the month with
    about this count: then it has been accepted; or it goes on with a step that has been, in the
    month before. A waiver bears that month and no other, but for what goes on with it.
    """
    judged: dict[str, int] = {}
    far: dict[str, dict[date, list[_Far]]] = {}
    waived = {
        check
        for check, waiver in waivers_of(con).items()
        if waiver.expires >= date.today() and waiver.ceiling
    }
    last: dict[tuple[str, str], _Far] = {}
    for feed, source, month, records, low, high, status in con.execute(
        "select partner || '/' || feed, source, month, records, blocking_low, blocking_high, "
        "status from marts.feed_volume where status <> 'not applicable' order by all"
    ).fetchall():
        judged[feed] = judged.get(feed, 0) + 1
        if not status.startswith("far"):
            continue
        published, before = accepted.get((feed, source, month)), last.get((feed, source))
        why = ""
        if published is not None and abs(records - published) <= LATE_ROWS * published:
            why = "published so before"
        elif before is not None and _goes_on(before, month, records, status):
            is_borne = before.why_accepted or volume_of_month(feed, before.month) in waived
            why = f"it goes on with {before.month:%Y-%m}, which was accepted" if is_borne else ""
        told = f"{source} {month:%Y-%m}: {records:,} rows, {low:,.0f} to {high:,.0f} expected"
        this = last[feed, source] = _Far(month, records, status, told, why)
        far.setdefault(feed, {}).setdefault(month, []).append(this)
    found = []
    for feed in feeds_with_volume(con):
        months = {month: _of_month(run_id, feed, month, sources)
                  for month, sources in far.get(feed, {}).items()}  # fmt: skip
        failed = {month: of for month, of in months.items() if of.status == "fail"}
        out = sum(of.failed_records or 0 for of in failed.values())
        named = _listed([f"{month:%Y-%m}" for month in failed])
        found.append(
            _result(
                run_id,
                "volume",
                feed,
                # The months themselves block.
                severity="warning" if failed else None,
                status=_status(judged.get(feed, 0), out),
                observed=f"{out} of {judged.get(feed, 0)} months out of the band",
                threshold="every month within the band that its history gives",
                counts=(judged.get(feed, 0), out),
                message=(
                    f"{feed}: far from what is expected: {named}"
                    if failed
                    else f"{feed}: months brought as many rows as their history lets expect"
                ),
            )
        )
        found += months.values()
    return found


def _goes_on(before: _Far, month: date, records: int, status: str) -> bool:
    """Whether a month far outside is the next of a step: the level lasts, history follows later."""
    months = 12 * (month.year - before.month.year) + month.month - before.month.month
    low, high = sorted((before.records, records))
    return months == 1 and status == before.status and high < STEP * max(low, 1)


def _of_month(run_id: str, feed: str, month: date, sources: list[_Far]) -> CheckResult:
    """The check of a month that is far from what is expected of one source or more."""
    check = volume_of_month(feed, month)
    failed = [source for source in sources if not source.why_accepted]
    told = _listed(
        [f"{source.told}; {source.why_accepted}".rstrip("; ") for source in failed or sources], "; "
    )
    return _result(
        run_id,
        "volume",
        feed,
        check_id=check,
        status=_status(len(sources), len(failed)),
        observed=told,
        threshold="within the band that its history gives, or accepted",
        counts=(len(sources), len(failed)),
        message=(
            f"{feed}: {told}. Ask the partner for a whole extract; if the change is true, waive "
            f"{check} in waivers.csv"
            if failed
            else f"{feed}: {told}"
        ),
    )


def volume_of_month(feed: str, month: date) -> str:
    """The id of the check of one month's volume."""
    return f"volume.{_dotted(feed)}.{month:%Y-%m}"


def _drift_of_volume(con: duckdb.DuckDBPyConnection, run_id: str) -> list[CheckResult]:
    """`volume_drift.<feed>`, warning: the newest month of each source that still sends is usual."""
    newest: dict[str, list[tuple[str, date, int, float, float, str]]] = {}
    for feed, *month in con.execute(
        "select partner || '/' || feed, source, month, records, warning_low, warning_high, status "
        "from marts.feed_volume "
        "qualify row_number() over (partition by partner, feed, source order by month desc) = 1 "
        "and month >= max(month) over (partition by partner, feed) - interval 3 month "
        "order by all"
    ).fetchall():
        newest.setdefault(feed, []).append(tuple(month))
    found = []
    for feed in feeds_with_volume(con):
        judged = [month for month in newest.get(feed, []) if month[5] != "not applicable"]
        told = _listed(
            [
                f"{source} {month:%Y-%m}: {records:,} rows, {low:,.0f} to {high:,.0f} usual"
                for source, month, records, low, high, status in judged
                if status != "within"
            ],
            "; ",
        )
        unusual = sum(month[5] != "within" for month in judged)
        found.append(
            _result(
                run_id,
                "volume_drift",
                feed,
                status=_status(len(judged), unusual),
                observed=told or f"{len(judged)} sources as usual",
                threshold="the newest month within three standard deviations",
                counts=(len(judged), unusual),
                message=f"{feed}: {told or 'the newest month is as usual'}",
            )
        )
    return found


def _coverage(
    con: duckdb.DuckDBPyConnection, run_id: str, feeds: Iterable[str]
) -> list[CheckResult]:
    """`coverage.<feed>`, warning: every expected month was received."""
    months = {
        feed: (expected, missing, labels)
        for feed, expected, missing, labels in con.execute(
            "select partner || '/' || feed, count(*) filter (status <> 'not expected'), "
            "count(*) filter (status = 'missing'), "
            "coalesce(list(distinct period_label order by period_label desc) "
            "filter (status = 'missing'), []) from marts.feed_coverage group by 1"
        ).fetchall()
    }
    found = []
    for feed in feeds:
        expected, missing, labels = months.get(feed, (0, 0, []))
        found.append(
            _result(
                run_id,
                "coverage",
                feed,
                status=_status(expected, missing),
                observed=f"{missing} of {expected} expected months missing",
                threshold="0 months",
                counts=(expected, missing),
                message=(
                    f"{feed}: missing {_listed(labels, most=6)}. Ask the partner for these months"
                    if missing
                    else f"{feed}: every expected month was received"
                ),
            )
        )
    return found


def _schema(con: duckdb.DuckDBPyConnection, run_id: str, feeds: Iterable[str]) -> list[CheckResult]:
    """`schema.<feed>`, warning: each source's newest file has the layout of its one before.

    Members of one zip are one delivery: what is compared came in another. Not of reference files:
    two editions of an index are meant to be different.
    """
    files: dict[tuple[str, str], list[tuple[str, str, list[str] | None]]] = {}
    for feed, source, *file in con.execute(
        "with file as (select audit.feed, coalesce(period.period_key, '') as source, "
        "audit.file_name, audit.layout, audit.absent_columns, audit.file_id, audit.landed_at, "
        "(split_part(audit.file_name, '/', 1), audit.landed_at, audit.loaded_at) as delivery "
        "from quality.loaded_file as audit left join "
        "(select distinct file_id, period_key from raw.load_period) as period "
        "on audit.file_id = period.file_id "
        "where audit.partner <> 'reference'), "
        "newest as (select * from file qualify row_number() over "
        "(partition by feed, source, delivery order by file_name desc, file_id desc) = 1) "
        "select feed, source, file_name, layout, absent_columns from newest "
        "window last as (partition by feed, source "
        "order by landed_at desc, file_name desc, file_id desc) "
        "qualify row_number() over last <= 2 "
        # A source that stopped sending long ago changes no more.
        "and max(landed_at) over (partition by feed, source) "
        ">= max(landed_at) over (partition by feed) - interval 12 month "
        "order by feed, source, landed_at desc, file_name desc, file_id desc"
    ).fetchall():
        files.setdefault((feed, source), []).append(tuple(file))
    pairs: dict[str, list[tuple[str, str]]] = {}
    for (feed, _), found_files in files.items():
        if len(found_files) == 2:
            newest, before = found_files
            pairs.setdefault(feed, []).append((newest[0], _changes(newest, before)))
    found = []
    for feed in feeds:
        judged = pairs.get(feed, [])
        # A file of several sources is told once.
        changed = {name: told for name, told in judged if told}
        found.append(
            _result(
                run_id,
                "schema",
                feed,
                status=_status(len(judged), len(changed)),
                observed=_listed(list(dict.fromkeys(changed.values())), "; ")
                or "as the files before",
                threshold="layout and columns of the source's file before",
                counts=(len(judged), sum(bool(told) for _, told in judged)),
                message=(
                    f"{feed}: "
                    + _listed([f"{name} came {told}" for name, told in changed.items()], "; ")
                    + ". Ask the partner whether that is meant"
                    if changed
                    else f"{feed}: the newest files have the columns of those before"
                ),
            )
        )
    return found


def _changes(
    newest: tuple[str, str, list[str] | None], before: tuple[str, str, list[str] | None]
) -> str:
    """How a file's layout and columns differ from another's; empty if they do not."""
    (_, layout, absent), (_, layout_before, absent_before) = newest, before
    changes = [] if layout == layout_before else [f"layout {layout} after {layout_before}"]
    # Of a file read by a version that did not note them nothing is known.
    if absent is not None and absent_before is not None:
        changes += [f"without {name}" for name in absent if name not in absent_before]
        changes += [f"with {name} anew" for name in absent_before if name not in absent]
    return ", ".join(changes)


def _duplicates(
    con: duckdb.DuckDBPyConnection, run_id: str, feeds: Iterable[str]
) -> list[CheckResult]:
    """`duplicates.<feed>`, warning: what came last was not something sent before.

    Of a landed zip all members must have been: an archive repeats most of its months.
    """
    last = {
        feed: (files, name, again)
        for feed, files, name, again in con.execute(
            "with landed as (select feed, split_part(file_name, '/', 1) as name, "
            "max(file_id) as file_id, "
            # What came into force again by it is what was meant.
            "bool_and(status = 'duplicate' and effective_at is null) as is_duplicate "
            # Copied with its time kept, a file sent again differs in loaded_at alone.
            "from quality.load_audit where status <> 'refused' "
            "group by feed, name, landed_at, loaded_at) "
            "select feed, count(*), arg_max(name, file_id), arg_max(is_duplicate, file_id) "
            "from landed group by feed"
        ).fetchall()
    }
    found = []
    for feed in feeds:
        files, name, again = last.get(feed, (0, "", False))
        found.append(
            _result(
                run_id,
                "duplicates",
                feed,
                status=_status(files, again),
                observed=f"{name} was sent before" if again else "the last file was new",
                threshold="a new file",
                counts=(files, int(again)),
                message=(
                    f"{feed}: {name} has the bytes of an earlier file. Ask the partner for the "
                    "extract that was meant"
                    if again
                    else f"{feed}: the last file was new"
                ),
            )
        )
    return found


def _listed(texts: list[str], between: str = ", ", most: int = 3) -> str:
    more = f"{between}and {len(texts) - most} more" if len(texts) > most else ""
    return between.join(texts[:most]) + more


def _dotted(feed: str) -> str:
    return feed.replace("/", ".")


def _status(judged: int | bool, failed: int | bool) -> Status:
    """Nothing to judge is not applicable, never a pass."""
    if not judged:
        return "not_applicable"
    return "fail" if failed else "pass"


def _result(
    run_id: str,
    kind: str,
    feed: str,
    *,
    status: Status,
    observed: str,
    threshold: str,
    counts: tuple[int, int],
    message: str,
    check_id: str | None = None,
    severity: Severity | None = None,
) -> CheckResult:
    """A result of one of the kinds of delivery; its severity is the kind's unless said."""
    judged = status != "not_applicable"
    return of_kind(
        kind,
        run_id,
        feed,
        status,
        check_id=check_id,
        severity=severity or check_kinds()[kind].severity,
        observed=observed if judged else None,
        threshold=threshold,
        records=counts[0],
        failed_records=counts[1],
        message=message if judged else None,
    )
