"""What Great Expectations finds of the completeness standards, one suite per feed.

It judges the rows of facts.int_standard_check, which the marts counted, and compares every count of
marts.recording_completeness with one of its own, made here from the feed's rows: so the verdicts
are those of the marts, and a mart that counts wrongly is found. It sees counts, never a value.
"""

from __future__ import annotations

import gc
import logging
import os
import warnings
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb

from data_quality import docs
from warehouse.messages import safe_message
from warehouse.results import CheckResult, Status, of_kind
from warehouse.rows import Row, rows

# Great Expectations reports usage unless told otherwise before it is imported.
os.environ["GX_ANALYTICS_ENABLED"] = "false"

STANDARD_CHECKS = "from facts.int_standard_check order by feed, standard_id, check_id"

# A row without a bucket would be a fault of the model; it must not leave the count unseen.
RECOUNT = """
with counted as (
    select
        left(bucket_of, -length('_bucket')) as field,
        month,
        concat_ws(
            ', ',
            count(*) filter (bucket = 'valid') || ' valid',
            count(*) filter (coalesce(bucket, 'missing') = 'missing') || ' missing',
            count(*) filter (bucket = 'not stated') || ' not stated',
            count(*) filter (bucket = 'invalid') || ' invalid',
            count(*) filter (bucket = 'not applicable') || ' not applicable'
        ) as in_rows
    from (select month, columns('.*_bucket$') from {table})
    unpivot include nulls (bucket for bucket_of in (columns('.*_bucket$')))
    group by all
),

stated as (
    select
        field,
        month,
        concat_ws(
            ', ',
            valid || ' valid',
            missing || ' missing',
            not_stated || ' not stated',
            invalid || ' invalid',
            not_applicable || ' not applicable'
        ) as in_marts
    from marts.recording_completeness
    where partner || '/' || feed = '{feed}' and records > 0
)

select
    field || ' ' || strftime(month, '%Y-%m') as "check",
    coalesce(in_rows, 'nothing') as in_rows,
    coalesce(in_marts, 'nothing') as in_marts
from counted full join stated using (field, month)
"""
# The columns of what is judged, as the library's pages name them.
PERCENT, THRESHOLD = "percent that is good", "percent required"
IN_ROWS, IN_MARTS = "counted in the rows", "stated by the marts"


def library() -> Any:
    """Great Expectations, whose import takes seconds: only where it is needed."""
    gc.disable()  # the import makes classes by the thousand, and leaves nothing to collect
    try:
        import great_expectations as gx
    finally:
        gc.enable()
    return gx


def run_checks(
    warehouse_file: Path,
    run_id: str,
    docs_dir: Path | None,
    limits: Mapping[str, Any] | None = None,
) -> list[CheckResult]:
    """Check the built warehouse against its completeness standards, reading only.

    One `CheckResult` per check of a standard, and one per feed that its rows and the marts count
    alike; statuses `pass`, `fail`, `not_applicable` (no record the field applies to) and `error`
    (could not be evaluated). Writes Great Expectations' Data Docs to `docs_dir` as static pages.
    `limits` are DuckDB's settings of the build (memory_limit, threads, temp_directory). Raises
    duckdb.Error if the warehouse has not been built.
    """
    with (
        duckdb.connect(str(warehouse_file), read_only=True, config=dict(limits or {})) as con,
        quiet(),
    ):
        gx = library()
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        source = context.data_sources.add_pandas("warehouse")
        results: list[CheckResult] = []
        pages: dict[str, tuple[Any, list[CheckResult]]] = {}
        for feed, grouped in groupby(rows(con, STANDARD_CHECKS), key=lambda row: row["feed"]):
            checks = list(grouped)
            cells: list[Row] = []
            # A feed whose rows no model makes has no field that could be judged, either.
            if any(check["records"] is not None for check in checks):
                cells = rows(con, RECOUNT.format(feed=feed, table=checks[0]["table_name"]))
            failed: set[str] | str
            try:
                validation = _validate(gx, source, feed, checks, cells)
                failed = _unexpected(validation)
            except Exception as error:
                failed, validation = f"not evaluated: {safe_message(error)}", None
            found = [_of_standard(check, run_id, failed) for check in checks]
            found.append(_of_recount(feed, cells, run_id, failed))
            results += found
            if validation is not None:
                pages[feed] = (validation, found)
        if docs_dir is not None:
            docs.write(pages, docs_dir)
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


def _validate(gx: Any, source: Any, feed: str, checks: list[Row], cells: list[Row]) -> Any:
    """Great Expectations' result of a feed: its checks and counts are the rows of one table."""
    import pandas as pd
    from great_expectations import expectations as gxe

    judged = pd.DataFrame(
        [
            {
                "check": check["check_id"],
                PERCENT: check["percent"],
                THRESHOLD: check["threshold_percent"],
            }
            for check in checks
        ]
        + [
            {"check": cell["check"], IN_ROWS: cell["in_rows"], IN_MARTS: cell["in_marts"]}
            for cell in cells
        ],
        columns=["check", PERCENT, THRESHOLD, IN_ROWS, IN_MARTS],
    ).astype({PERCENT: "float64", THRESHOLD: "float64"})
    suite = gx.ExpectationSuite(
        name=feed.replace("/", "."),
        expectations=[
            gxe.ExpectColumnPairValuesAToBeGreaterThanB(
                column_A=PERCENT,
                column_B=THRESHOLD,
                or_equal=True,
                ignore_row_if="either_value_is_missing",
            ),
            gxe.ExpectColumnPairValuesToBeEqual(
                column_A=IN_ROWS, column_B=IN_MARTS, ignore_row_if="both_values_are_missing"
            ),
        ],
    )
    asset = source.add_dataframe_asset(suite.name)
    batch = asset.add_batch_definition_whole_dataframe("checks").get_batch({"dataframe": judged})
    return batch.validate(
        suite,
        result_format={"result_format": "COMPLETE", "unexpected_index_column_names": ["check"]},
    )


def _unexpected(validation: Any) -> set[str]:
    """The checks and counts that were not as expected. Raises what the library could not do."""
    found: set[str] = set()
    for outcome in validation.results:
        if "unexpected_index_list" not in outcome.result:
            raise RuntimeError("Great Expectations returned no counts")
        found |= {row["check"] for row in outcome.result["unexpected_index_list"] or ()}
    return found


def _of_standard(check: Row, run_id: str, failed: set[str] | str) -> CheckResult:
    """The result of a check; failed: the ids of those that failed, or why nothing is known."""
    what = f"{check['dimension'].capitalize()} of {check['field']} in {check['feed']}"
    what += check["scope"]
    threshold, records = f"{check['threshold_percent']:g} %", check["records"]
    status: Status
    observed = None
    if records is None or isinstance(failed, str):
        why = failed if isinstance(failed, str) else f"there is no column {check['field']}_bucket"
        status, message = "error", f"{what} could not be evaluated: {why}"
    elif records == 0:
        status, message = "not_applicable", f"{what}: no record to which it applies"
    else:
        status = "fail" if check["check_id"] in failed else "pass"
        # Rounded down, so that a figure just below its threshold does not look met.
        observed = f"{(records - check['failed_records']) * 10_000 // records / 100:.2f} %"
        good = "not invalid" if check["dimension"] == "validity" else "valid"
        message = (
            f"{what}: {observed} of {records:,} records are {good}; at least {threshold} expected"
        )
    return of_kind(
        check["kind"],
        run_id,
        check["feed"],
        status,
        check_id=check["check_id"],
        table_name=check["table_name"],
        column_name=check["field"],
        severity=check["severity"],
        observed=observed,
        threshold=threshold,
        records=records,
        failed_records=check["failed_records"],
        message=message,
    )


def _of_recount(feed: str, cells: list[Row], run_id: str, failed: set[str] | str) -> CheckResult:
    """The result of the counts of a feed; failed: as of its checks."""
    differing = [cell for cell in cells if cell["check"] in failed]
    status: Status = "fail" if differing else "pass" if cells else "not_applicable"
    message = f"{feed}: its rows have the buckets that recording_completeness states"
    if isinstance(failed, str):
        differing, status, message = [], "error", f"{feed}: its counts were {failed}"
    elif differing:
        named = "; ".join(
            f"{cell['check']} has {cell['in_rows']}, not {cell['in_marts']}"
            for cell in differing[:3]
        )
        message = f"{feed}: recording_completeness miscounts {named}"
    return of_kind(
        "recount",
        run_id,
        feed,
        status,
        observed=f"{len(differing)} of {len(cells)} counts differ",
        threshold="0 counts",
        records=len(cells),
        failed_records=len(differing),
        message=message,
    )
