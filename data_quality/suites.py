"""What is expected of each feed: one suite per feed, three expectations per standard.

A monitored field reaches this room already sorted into buckets by dbt (``<field>_bucket``), so
there is one definition of completeness. Great Expectations sees a column of bucket labels, never
a record's value, in which NULL means "does not count here":

- completeness: valid, invalid, not stated or missing; expected valid, at the standard's threshold;
- the same of the latest whole month alone, which years of good records would hide;
- validity: valid or invalid, that is what was stated; expected not invalid.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from data_quality.standards import Standard
from warehouse.results import Severity

# A value that is stated but not in its domain already counts against completeness, which is what
# blocks; this warning is for the engineer: a broken export shows as a jump in invalid values.
VALIDITY_THRESHOLD_PERCENT = 99.0


@dataclass(frozen=True)
class Check:
    """One expectation: at least `threshold_percent` of the column's labels are the wanted ones."""

    check_id: str
    feed: str
    field: str
    dimension: str
    threshold_percent: float
    severity: Severity
    column: str
    bucket: str
    sql: str
    standard: Standard
    scope: str = ""


def checks_of(standard: Standard) -> list[Check]:
    """The completeness, latest month and validity checks of one standard, with stable ids.

    A standard that a later one has replaced is checked over its own time alone.
    """
    # A row without a bucket would be a fault of the model; it must not leave the count unseen.
    bucket = f"coalesce(\"{standard.field}_bucket\", 'missing')"
    counted = f"month >= date '{standard.since.isoformat()}'" if standard.since else "true"
    ended = f" (until {standard.until.isoformat()})" if standard.until else ""
    if standard.until:
        counted += f" and month < date '{standard.until.isoformat()}'"
    # A month that goes on is no month yet: on its first day a nightly feed has a handful of rows.
    latest = (
        f"month = (select max(month) from {table_of(standard.full_feed)} where last_day(month) < "
        "(select max(loaded_at)::date from quality.loaded_file "
        f"where feed = '{standard.full_feed}'))"
    )
    tail = f"{standard.partner}.{standard.feed}.{standard.field}"
    tail += f".until_{standard.until.isoformat()}" if standard.until else ""
    completeness = Check(
        check_id=f"completeness.{tail}",
        feed=standard.full_feed,
        field=standard.field,
        dimension="completeness",
        threshold_percent=standard.threshold_percent,
        severity=standard.severity,
        column=f"{standard.field}{ended}",
        bucket=f"{standard.field}_bucket",
        sql=f"case when {counted} and {bucket} <> 'not applicable' then {bucket} end",
        standard=standard,
        scope=ended,
    )
    latest_month = replace(
        completeness,
        check_id=f"completeness.{tail}.latest_month",
        column=f"{standard.field} (latest month)",
        sql=(
            f"case when {counted} and {latest} and {bucket} <> 'not applicable' then {bucket} end"
        ),
        scope=" of the latest month",
    )
    validity = Check(
        check_id=f"validity.{tail}",
        feed=standard.full_feed,
        field=standard.field,
        dimension="validity",
        threshold_percent=VALIDITY_THRESHOLD_PERCENT,
        severity="warning",
        column=f"{standard.field} (stated){ended}",
        bucket=f"{standard.field}_bucket",
        sql=f"case when {counted} and {bucket} in ('valid', 'invalid') then {bucket} end",
        standard=standard,
        scope=ended,
    )
    return [completeness, validity] if ended else [completeness, latest_month, validity]


def checks_by_feed(standards: Iterable[Standard]) -> dict[str, list[Check]]:
    """Every check, grouped by ``partner/feed`` in alphabetical order."""
    ordered = sorted(standards, key=lambda standard: (standard.full_feed, standard.standard_id))
    return {
        feed: [check for standard in group for check in checks_of(standard)]
        for feed, group in groupby(ordered, key=lambda standard: standard.full_feed)
    }


def table_of(feed: str) -> str:
    """The rows of a feed with their buckets: a new feed joins by having such a model."""
    return f"facts.int_{feed.replace('/', '__')}_row"


def query_of(feed: str, checks: Sequence[Check]) -> str:
    """One query over the feed's rows, one column of labels per check: a single scan."""
    columns = ",\n    ".join(f'{check.sql} as "{check.column}"' for check in checks)
    return f"select\n    {columns}\nfrom {table_of(feed)}"


def expectation_suite(feed: str, checks: Sequence[Check]) -> Any:
    """The Great Expectations suite of a feed; the library takes seconds to import, so late."""
    import great_expectations as gx

    return gx.ExpectationSuite(
        name=suite_name(feed), expectations=[_expectation(check) for check in checks]
    )


def suite_name(feed: str) -> str:
    """``police.street_crime`` for ``police/street_crime``."""
    return feed.replace("/", ".")


def _expectation(check: Check) -> Any:
    import great_expectations.expectations as gxe

    common: dict[str, Any] = {
        "column": check.column,
        # Less a hair, or 939 of 1,000 would not reach 93.9 % in the library's pages.
        "mostly": max(0.0, check.threshold_percent / 100 - 1e-9),
        "severity": "critical" if check.severity == "blocking" else "warning",
        "meta": {
            "check_id": check.check_id,
            "standard_id": check.standard.standard_id,
            "dimension": check.dimension,
            "severity": check.severity,
            "reason": check.standard.reason,
        },
    }
    if check.dimension == "completeness":
        return gxe.ExpectColumnValuesToBeInSet(value_set=["valid"], **common)
    return gxe.ExpectColumnValuesToNotBeInSet(value_set=["invalid"], **common)
