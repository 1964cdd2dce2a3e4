"""What came and when: volume against a feed's own history, missing months, drift and duplicates.

Four checks a feed, each from what the warehouse already holds; counts and names of files only.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import duckdb

from warehouse.results import CheckResult, Severity, Status, utc_now

# (feed, source, month): how many rows a publication holds of it.
Accepted = dict[tuple[str, str, date], int]


def run_checks(
    con: duckdb.DuckDBPyConnection, run_id: str, published: Path | None
) -> list[CheckResult]:
    """Volume, coverage, schema and duplicates of every feed of the built warehouse.

    published: folder of the current publication, whose months have been accepted; None if there is
    none. Raises duckdb.Error where the warehouse lacks a table of the build.
    """
    feeds = [feed for (feed,) in con.execute("select feed from raw.feed order by feed").fetchall()]
    return [
        *_volume(con, run_id, feeds, accepted_months(published)),
        *_drift_of_volume(con, run_id, feeds),
        *_coverage(con, run_id, feeds),
        *_schema(con, run_id, feeds),
        *_duplicates(con, run_id, feeds),
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


def _volume(
    con: duckdb.DuckDBPyConnection, run_id: str, feeds: Iterable[str], accepted: Accepted
) -> list[CheckResult]:
    """`volume.<feed>`, blocking: no month far from what its history gives.

    A month that the current publication already holds with this very count has been accepted.
    """
    months: dict[str, list[tuple[str, date, int, float, float, str]]] = {}
    for feed, *month in con.execute(
        "select partner || '/' || feed, source, month, records, blocking_low, blocking_high, "
        "status from marts.feed_volume where status <> 'not applicable' order by all"
    ).fetchall():
        months.setdefault(feed, []).append(tuple(month))
    found = []
    for feed in feeds:
        judged = months.get(feed, [])
        far = [
            month
            for month in judged
            if month[5].startswith("far") and accepted.get((feed, month[0], month[1])) != month[2]
        ]
        told = "; ".join(
            f"{source} {month:%Y-%m}: {records:,} rows, {low:,.0f} to {high:,.0f} expected"
            for source, month, records, low, high, _ in far[:3]
        )
        more = f"; and {len(far) - 3} more" if len(far) > 3 else ""
        found.append(
            _result(
                run_id,
                f"volume.{_dotted(feed)}",
                feed,
                ("feed_volume", "records", "consistency"),
                "blocking",
                _status(len(judged), len(far)),
                observed=f"{told}{more}" if far else f"{len(far)} months out of the band",
                threshold="every month within the band that its history gives",
                counts=(len(judged), len(far)),
                message=(
                    f"{feed}: {told}{more}. Ask the partner for a whole extract; if the change is "
                    f"true, waive volume.{_dotted(feed)} in waivers.csv"
                    if far
                    else f"{feed}: months brought as many rows as their history lets expect"
                ),
            )
        )
    return found


def _drift_of_volume(
    con: duckdb.DuckDBPyConnection, run_id: str, feeds: Iterable[str]
) -> list[CheckResult]:
    """`volume_drift.<feed>`, warning: the newest month of each source is as usual."""
    newest: dict[str, list[tuple[str, date, int, float, float, str]]] = {}
    for feed, *month in con.execute(
        "select partner || '/' || feed, source, month, records, warning_low, warning_high, status "
        "from marts.feed_volume "
        "qualify row_number() over (partition by partner, feed, source order by month desc) = 1 "
        "order by all"
    ).fetchall():
        newest.setdefault(feed, []).append(tuple(month))
    found = []
    for feed in feeds:
        judged = [month for month in newest.get(feed, []) if month[5] != "not applicable"]
        unusual = [month for month in judged if month[5] != "within"]
        told = "; ".join(
            f"{source} {month:%Y-%m}: {records:,} rows, {low:,.0f} to {high:,.0f} usual"
            for source, month, records, low, high, _ in unusual[:3]
        )
        found.append(
            _result(
                run_id,
                f"volume_drift.{_dotted(feed)}",
                feed,
                ("feed_volume", "records", "consistency"),
                "warning",
                _status(len(judged), len(unusual)),
                observed=told or f"{len(judged)} sources as usual",
                threshold="the newest month within three standard deviations",
                counts=(len(judged), len(unusual)),
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
        named = ", ".join(labels[:6]) + (f" and {len(labels) - 6} more" if len(labels) > 6 else "")
        found.append(
            _result(
                run_id,
                f"coverage.{_dotted(feed)}",
                feed,
                ("feed_coverage", "month", "timeliness"),
                "warning",
                _status(expected, missing),
                observed=f"{missing} of {expected} expected months missing",
                threshold="0 months",
                counts=(expected, missing),
                message=(
                    f"{feed}: missing {named}. Ask the partner for these months"
                    if missing
                    else f"{feed}: every expected month was received"
                ),
            )
        )
    return found


def _schema(con: duckdb.DuckDBPyConnection, run_id: str, feeds: Iterable[str]) -> list[CheckResult]:
    """`schema.<feed>`, warning: the newest file has the layout and columns of the one before.

    Not of reference files: two editions of an index are meant to be different.
    """
    files: dict[str, list[tuple[str, str, list[str]]]] = {}
    for feed, *file in con.execute(
        "select feed, file_name, layout, coalesce(absent_columns, []) from quality.load_audit "
        "where status = 'loaded' and partner <> 'reference' qualify row_number() over "
        "(partition by feed order by landed_at desc, file_name desc, file_id desc) <= 2 "
        "order by feed, landed_at desc, file_name desc, file_id desc"
    ).fetchall():
        files.setdefault(feed, []).append(tuple(file))
    found = []
    for feed in feeds:
        pair = files.get(feed, [])
        changes = []
        if len(pair) == 2:
            (_, layout, absent), (_, layout_before, absent_before) = pair
            if layout != layout_before:
                changes.append(f"layout {layout} after {layout_before}")
            changes += [f"without {name}" for name in absent if name not in absent_before]
            changes += [f"with {name} anew" for name in absent_before if name not in absent]
        told = ", ".join(changes)
        found.append(
            _result(
                run_id,
                f"schema.{_dotted(feed)}",
                feed,
                ("load_audit", "layout", "consistency"),
                "warning",
                _status(len(pair) == 2, bool(changes)),
                observed=told or "as the file before",
                threshold="layout and columns of the file before",
                counts=(1 if len(pair) == 2 else 0, int(bool(changes))),
                message=(
                    f"{feed}: {pair[0][0]} came {told}. Ask the partner whether that is meant"
                    if changes
                    else f"{feed}: the newest file has the columns of the one before"
                ),
            )
        )
    return found


def _duplicates(
    con: duckdb.DuckDBPyConnection, run_id: str, feeds: Iterable[str]
) -> list[CheckResult]:
    """`duplicates.<feed>`, warning: what came last was not something sent before."""
    last = {
        feed: (files, name, status)
        for feed, files, name, status in con.execute(
            "select feed, count(*), arg_max(file_name, file_id), arg_max(status, file_id) "
            "from quality.load_audit where status <> 'refused' group by feed"
        ).fetchall()
    }
    found = []
    for feed in feeds:
        files, name, status = last.get(feed, (0, "", ""))
        again = status == "duplicate"
        found.append(
            _result(
                run_id,
                f"duplicates.{_dotted(feed)}",
                feed,
                ("load_audit", "sha256", "uniqueness"),
                "warning",
                _status(files, again),
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


def _dotted(feed: str) -> str:
    return feed.replace("/", ".")


def _status(judged: int | bool, failed: int | bool) -> Status:
    """Nothing to judge is not applicable, never a pass."""
    if not judged:
        return "not_applicable"
    return "fail" if failed else "pass"


def _result(
    run_id: str,
    check_id: str,
    feed: str,
    of: tuple[str, str, str],
    severity: Severity,
    status: Status,
    *,
    observed: str,
    threshold: str,
    counts: tuple[int, int],
    message: str,
) -> CheckResult:
    table, column, dimension = of
    return CheckResult(
        run_id=run_id,
        check_id=check_id,
        suite="delivery",
        feed=feed,
        table_name=table,
        column_name=column,
        dimension=dimension,
        severity=severity,
        status=status,
        observed=None if status == "not_applicable" else observed,
        threshold=threshold,
        records=counts[0],
        failed_records=counts[1],
        checked_at=utc_now(),
        message=None if status == "not_applicable" else message,
    )
