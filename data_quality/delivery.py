"""The checks of feeds, which dbt_project/models/quality/checks makes, as results of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import duckdb

from data_quality.catalogue import OF_FEEDS
from warehouse.results import CheckResult, utc_now


def results(
    con: duckdb.DuckDBPyConnection, run_id: str, suite: Literal["ingest", "delivery"]
) -> list[CheckResult]:
    """The results of a suite's checks of feeds as they stand now; none before the first build.

    Those of `ingest` read only what was loaded; those of `delivery` the tables that were built.
    """
    if not con.execute(
        "select 1 from duckdb_views() where (schema_name, view_name) = ('checks', 'feed_check')"
    ).fetchone():
        return []
    kinds = ", ".join(f"'{kind}'" for kind, of in OF_FEEDS.items() if of.suite == suite)
    found = []
    for kind, check_id, feed, severity, *verdict in con.execute(
        "select kind, check_id, feed, severity, status, observed, threshold, records, "
        f"failed_records, message from checks.feed_check where kind in ({kinds}) order by check_id"
    ).fetchall():
        status, observed, threshold, records, failed_records, message = verdict
        of = OF_FEEDS[kind]
        found.append(
            CheckResult(
                *(run_id, check_id, of.suite, feed, of.table_name, of.column_name, of.dimension),
                *(severity or of.severity, status, observed, threshold),
                *(records, failed_records, utc_now(), message),
            )
        )
    return found


def keep_accepted_months(con: duckdb.DuckDBPyConnection, published: Path | None) -> None:
    """Put the months of the current publication's folder where the checks of volume read them."""
    con.execute("delete from quality.accepted_month")
    parquet = published / "parquet" / "partner" / "feed_volume.parquet" if published else None
    if parquet is not None and parquet.is_file():
        con.execute(
            "insert into quality.accepted_month "
            "select partner || '/' || feed, source, month, records from read_parquet(?)",
            [str(parquet)],
        )
