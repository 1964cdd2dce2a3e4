"""Results of checks: what one is, how it is kept, and what a waiver makes of it.

A waiver never turns a failure into a pass: it keeps it from stopping the publication while it is in
force and the failure stays within its ceiling.
"""

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, fields, replace
from datetime import UTC, date, datetime
from typing import Any, Literal

import duckdb

from warehouse.check_kinds import SEVERITIES, Severity, check_kinds
from warehouse.home_tables import Waiver, waivers_of
from warehouse.writing import insert_rows

Status = Literal["pass", "fail", "not_applicable", "error"]

# Of a test that dbt skipped: behind one failing test there may be dozens.
NOT_BUILT = "not evaluated: something it reads could not be built"


@dataclass(frozen=True)
class CheckResult:
    """One check of one run; the fields are the columns of quality.check_result, in order.

    observed and threshold are text for people; records counts what was checked, failed_records
    what did not pass; checked_at is UTC without a zone. message holds keys and counts only.
    kept_from: the run that evaluated it, where nothing that it reads has changed since.
    """

    run_id: str
    check_id: str
    suite: str
    feed: str | None
    table_name: str | None
    column_name: str | None
    dimension: str
    severity: Severity
    status: Status
    observed: str | None
    threshold: str | None
    records: int | None
    failed_records: int | None
    checked_at: datetime
    message: str | None = None
    waiver: str | None = None
    kept_from: str | None = None


COLUMNS = tuple(field.name for field in fields(CheckResult))


def utc_now() -> datetime:
    """The time in UTC, without a zone: as DuckDB's TIMESTAMP columns hold it."""
    return datetime.now(UTC).replace(tzinfo=None)


def of_kind(
    kind: str,
    run_id: str,
    feed: str | None,
    status: Status,
    *,
    check_id: str | None = None,
    severity: Severity | None = None,
    threshold: str | None = None,
    **found: Any,
) -> CheckResult:
    """A result of a kind of check (seeds/check_kind.csv).

    check_id: where the kind and the feed alone do not say it; severity: its own, in place of its
    kind's. found: what else is known of the result, and where it differs from its kind.
    """
    of = check_kinds()[kind]
    made = CheckResult(
        run_id=run_id,
        check_id=check_id or of.id_of(feed or ""),
        suite=of.suite,
        feed=feed,
        table_name=of.table_name or None,
        column_name=of.column_name or None,
        dimension=of.dimension,
        severity=severity or SEVERITIES.get(of.severity, "blocking"),
        status=status,
        observed=None,
        threshold=threshold,
        records=None,
        failed_records=None,
        checked_at=utc_now(),
    )
    return replace(made, **found)


def append(con: duckdb.DuckDBPyConnection, results: Iterable[CheckResult]) -> list[CheckResult]:
    """Add the results to quality.check_result, in one statement, as their waivers leave them.

    Returns them so.
    """
    waivers = waivers_of(con)
    kept = [as_waived(result, waivers, date.today()) for result in results]
    insert_rows(con, "quality.check_result", COLUMNS, [astuple(result) for result in kept])
    return kept


def as_waived(result: CheckResult, waivers: Mapping[str, Waiver], today: date) -> CheckResult:
    """The result as its waiver, if it has one, leaves it.

    A failure within the ceiling of a waiver that is in force becomes a warning that says so; who
    bears it and why is in the waiver alone, which is not public. Nothing else is borne: neither a
    check that could not be evaluated nor a failure that is not counted.
    """
    waiver = waivers.get(result.check_id)
    if waiver is None or result.status not in ("fail", "error"):
        return result
    if result.status == "error" or result.failed_records is None:
        why = "its waiver bears counted failures only"
    elif waiver.expires < today:
        why = f"its waiver expired on {waiver.expires}"
    elif result.failed_records > waiver.ceiling:
        why = f"its waiver bears {waiver.ceiling:,} at most"
    else:
        return replace(result, severity="warning", waiver=f"until {waiver.expires}")
    return replace(result, message=f"{result.message or result.check_id}; {why}")


def of_waivers(
    waivers: Mapping[str, Waiver], results: Iterable[CheckResult], run_id: str, today: date
) -> list[CheckResult]:
    """One result per waiver, `waiver.<check>`: is it still needed for what it was written for?

    pass: it bears a failure of this run. fail: it has expired or its ceiling is exceeded, while
    the check fails; then that check's own severity decides about the publication.
    not_applicable: the check does not fail. error: this run has no such check.
    """
    by_check = {result.check_id: result for result in results}
    found: list[CheckResult] = []
    for waiver in waivers.values():
        result = by_check.get(waiver.check_id)
        failed = result.failed_records if result else None
        counted = "failed records that are not counted"
        if failed is not None:
            counted = f"{failed:,} failed records"
        status: Status
        if result is None:
            status = "error"
            observed = "no such check in this run; correct its id, or remove the waiver"
        elif result.status not in ("fail", "error"):
            status, observed = "not_applicable", "the check does not fail; remove the waiver"
        elif result.waiver:
            status, observed = "pass", counted
        else:
            status, observed = "fail", "expired" if waiver.expires < today else counted
        found.append(
            of_kind(
                "waiver",
                run_id,
                result.feed if result else None,
                status,
                check_id=check_kinds()["waiver"].id_of(name=waiver.check_id),
                observed=observed,
                threshold=f"at most {waiver.ceiling:,} until {waiver.expires}",
                dimension=result.dimension if result else "consistency",
                failed_records=failed,
                message=f"Waiver of {waiver.check_id}: {observed}",
            )
        )
    return found


def of_run(con: duckdb.DuckDBPyConnection, run_id: str) -> list[CheckResult]:
    """A run's results as they are kept."""
    rows = con.execute(
        f"select {', '.join(COLUMNS)} from quality.check_result where run_id = ?", [run_id]
    ).fetchall()
    return [CheckResult(*row) for row in rows]


def summary(con: duckdb.DuckDBPyConnection, run_id: str) -> dict[str, int]:
    """Counts of a run's results: passed, failed, not_applicable, error."""
    counts = dict(
        con.execute(
            "select status, count(*) from quality.check_result where run_id = ? group by all",
            [run_id],
        ).fetchall()
    )
    return {
        "passed": counts.get("pass", 0),
        "failed": counts.get("fail", 0),
        "not_applicable": counts.get("not_applicable", 0),
        "error": counts.get("error", 0),
    }
