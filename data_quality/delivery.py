"""The checks of feeds, which dbt_project/models/quality/checks makes, as results of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import duckdb

from warehouse.check_kinds import kinds_about
from warehouse.results import CheckResult, of_kind
from warehouse.rows import rows


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
    found = rows(
        con,
        "select * from checks.feed_check where list_contains(?, kind) order by check_id",
        [[kind.kind for kind in kinds_about("feed", suite)]],
    )
    return [of_kind(run_id=run_id, **row) for row in found]


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
