"""Evaluate the suites of every feed in DuckDB and return one result per check."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from data_quality import dialect, docs, standards, suites
from data_quality.suites import Check
from warehouse.messages import safe_message
from warehouse.results import CheckResult, Status, utc_now

# Great Expectations reports usage unless told otherwise before it is imported.
os.environ["GX_ANALYTICS_ENABLED"] = "false"


def run_checks(
    warehouse_file: Path,
    run_id: str,
    docs_dir: Path | None,
    limits: Mapping[str, Any] | None = None,
) -> list[CheckResult]:
    """Check the built warehouse against its completeness standards, reading only.

    One `CheckResult` per check, in the order of the standards; statuses `pass`, `fail`,
    `not_applicable` (no record the field applies to) and `error` (could not be evaluated). Counts
    and bucket labels only, never a record's values. Writes Great Expectations' Data Docs to
    `docs_dir` as static pages. `limits` are DuckDB's settings of the build (memory_limit, threads,
    temp_directory), within which the expectations are evaluated too. Raises duckdb.Error if the
    warehouse has no standards table.
    """
    config = dict(limits or {})
    with duckdb.connect(str(warehouse_file), read_only=True, config=config) as connection:
        by_feed = suites.checks_by_feed(standards.standards_in_force(connection))
        columns = {feed: _columns(connection, suites.table_of(feed)) for feed in by_feed}
    results: list[CheckResult] = []
    pages: dict[str, tuple[Any, list[CheckResult]]] = {}
    with quiet():
        import great_expectations as gx

        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        dialect.register()
        source = context.data_sources.add_sql(
            "warehouse",
            connection_string=f"{dialect.DRIVER}:///{warehouse_file}",
            create_temp_table=False,
            kwargs={"connect_args": {"read_only": True, "config": config}},
        )
        try:
            for feed, checks in by_feed.items():
                now = utc_now()
                # One absent column would fail the one query that all the others share.
                possible = [check for check in checks if check.bucket in columns[feed]]
                absent = [
                    _result(check, run_id, now, None, f"there is no column {check.bucket}")
                    for check in checks
                    if check not in possible
                ]
                results += absent
                if not possible:
                    continue
                try:
                    validation = _validate(gx, context, source, feed, possible, run_id)
                except Exception as error:  # such as a file that is locked
                    why = f"not evaluated: {safe_message(error)}"
                    results += [_result(check, run_id, now, None, why) for check in possible]
                    continue
                outcomes = {
                    outcome.expectation_config.meta["check_id"]: outcome
                    for outcome in validation.results
                }
                evaluated = [
                    _result(check, run_id, now, *_counts(outcomes.get(check.check_id)))
                    for check in possible
                ]
                results += evaluated
                pages[feed] = (validation, [*evaluated, *absent])
            if docs_dir is not None:
                docs.write(pages, docs_dir)
        finally:
            source.get_execution_engine().close()
            source.get_engine().dispose()
    return results


class quiet:  # noqa: N801 - reads as a word: with quiet()
    """Keep Great Expectations' progress and deprecation talk off the terminal."""

    def __enter__(self) -> None:
        self._warnings = warnings.catch_warnings()
        self._warnings.__enter__()
        warnings.simplefilter("ignore")
        logging.getLogger("great_expectations").setLevel(logging.CRITICAL)

    def __exit__(self, *details: object) -> None:
        self._warnings.__exit__(None, None, None)


def _validate(
    gx: Any, context: Any, source: Any, feed: str, checks: Sequence[Check], run_id: str
) -> Any:
    name = suites.suite_name(feed)
    asset = source.add_query_asset(name, query=suites.query_of(feed, checks))
    batch = asset.add_batch_definition_whole_table("rows in force")
    suite = context.suites.add(suites.expectation_suite(feed, checks))
    definition = context.validation_definitions.add(
        gx.ValidationDefinition(name=name, data=batch, suite=suite)
    )
    return definition.run(
        run_id=gx.RunIdentifier(run_name=run_id),
        # Counts alone; not even the labels of the records that failed.
        result_format={"result_format": "SUMMARY", "partial_unexpected_count": 0},
    )


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> set[str]:
    """The columns of a table or view, none if it has not been built."""
    schema, name = table.split(".")
    found = connection.execute(
        "select column_name from information_schema.columns "
        "where table_schema = ? and table_name = ?",
        [schema, name],
    ).fetchall()
    return {column for (column,) in found}


def _counts(outcome: Any) -> tuple[tuple[int, int] | None, str]:
    """(records, failed records) of an expectation, or None and why there are none.

    Whether they suffice is judged as the marts do: of a threshold such as 93.9 % the library's own
    `success` makes a fraction that 939 of 1,000 do not reach.
    """
    if outcome is None:
        return None, "Great Expectations returned no result"
    raised = _exceptions(outcome.exception_info or {})
    if raised:
        return None, f"not evaluated: {safe_message(raised[0])}"
    counts = outcome.result or {}
    if "element_count" not in counts or "unexpected_count" not in counts:
        return None, "Great Expectations returned no counts"
    records = int(counts["element_count"]) - int(counts["missing_count"] or 0)
    # Of no rows at all the library counts None, not 0.
    failed = int(counts["unexpected_count"] or 0) if records else 0
    return (records, failed), ""


def _exceptions(info: Mapping[str, Any]) -> list[str]:
    """Messages of what was raised: the library reports one flat record or one per metric."""
    if "raised_exception" in info:
        return [str(info.get("exception_message"))] if info["raised_exception"] else []
    return [
        str(part.get("exception_message"))
        for part in info.values()
        if isinstance(part, Mapping) and part.get("raised_exception")
    ]


def _result(
    check: Check,
    run_id: str,
    checked_at: datetime,
    counts: tuple[int, int] | None,
    why: str,
) -> CheckResult:
    what = f"{check.dimension.capitalize()} of {check.field} in {check.feed}{check.scope}"
    status: Status
    observed: str | None = None
    records = failed = None
    if counts is None:
        status, message = "error", f"{what} could not be evaluated: {why}"
    else:
        records, failed = counts
        if records == 0:
            status, message = "not_applicable", f"{what}: no record to which it applies"
        else:
            percent = 100.0 * (records - failed) / records
            status = "pass" if percent >= check.threshold_percent else "fail"
            # Rounded down, so that a figure just below its threshold does not look met.
            observed = f"{(records - failed) * 10_000 // records / 100:.2f} %"
            good = "valid" if check.dimension == "completeness" else "not invalid"
            message = (
                f"{what}: {observed} of {records:,} records are {good}; "
                f"at least {check.threshold_percent:g} % expected"
            )
    return CheckResult(
        run_id=run_id,
        check_id=check.check_id,
        suite="great_expectations",
        feed=check.feed,
        table_name=suites.table_of(check.feed),
        column_name=check.field,
        dimension=check.dimension,
        severity=check.severity,
        status=status,
        observed=observed,
        threshold=f"{check.threshold_percent:g} %",
        records=records,
        failed_records=failed,
        checked_at=checked_at,
        message=message,
    )
