"""What the warehouse remembers about runs: their outcome, and what its tables were built with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import datetime

import duckdb


@dataclass(frozen=True)
class RunRecord:
    """One run; the fields are the columns of quality.run. Times are UTC without a zone."""

    run_id: str
    status: str
    started_at: datetime
    finished_at: datetime
    message: str
    publication_id: str | None = None


def record(con: duckdb.DuckDBPyConnection, run: RunRecord) -> None:
    """Write the outcome of a run; the same run again replaces it (a retried step)."""
    con.execute("begin")
    con.execute("delete from quality.run where run_id = ?", [run.run_id])
    con.execute(
        "insert into quality.run "
        "(run_id, status, started_at, finished_at, message, publication_id) "
        "values (?, ?, ?, ?, ?, ?)",
        list(astuple(run)),
    )
    con.execute("commit")


def find(con: duckdb.DuckDBPyConnection, run_id: str) -> RunRecord | None:
    """What was recorded of a run, or None."""
    row = con.execute(
        "select run_id, status, started_at, finished_at, message, publication_id "
        "from quality.run where run_id = ?",
        [run_id],
    ).fetchone()
    return RunRecord(*row) if row else None


def built_with(con: duckdb.DuckDBPyConnection) -> str | None:
    """What `record_build` noted of the last build that ended well; None if there is none."""
    _ensure(con)
    row = con.execute("select inputs from quality.build").fetchone()
    return str(row[0]) if row else None


def record_build(con: duckdb.DuckDBPyConnection, inputs: str | None) -> None:
    """Note the definitions that the tables are built with; None while a build is under way.

    A build that was killed half-way must not count as one with the former definitions.
    """
    _ensure(con)
    con.execute("begin")
    con.execute("delete from quality.build")
    if inputs is not None:
        con.execute("insert into quality.build values (?, now() at time zone 'UTC')", [inputs])
    con.execute("commit")


def row_counts(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], int]:
    """Rows of every table (views are left out), by schema and name."""
    tables = con.execute(
        "select schema_name, table_name from duckdb_tables() where not internal and not temporary"
    ).fetchall()
    counts = {}
    for schema, name in tables:
        row = con.execute(f'select count(*) from "{schema}"."{name}"').fetchone()
        counts[(schema, name)] = int(row[0]) if row else 0
    return counts


@dataclass(frozen=True)
class FeedTotals:
    """What the warehouse holds of one feed, over all its loaded files; counts of rows and files."""

    files: int
    accepted: int
    rejected: int
    fingerprint: str


def feed_totals(con: duckdb.DuckDBPyConnection, feeds: Iterable[str]) -> dict[str, FeedTotals]:
    """Totals per feed.

    `fingerprint` changes exactly when a file of the feed comes into force, leaves it or is read
    again.
    """
    found = {
        feed: FeedTotals(files, int(accepted), int(rejected), fingerprint)
        for feed, files, accepted, rejected, fingerprint in con.execute(
            "select feed, count(*), sum(accepted), sum(rejected), "
            "md5(string_agg(concat(sha256, contract_sha256, effective_at), ' ' "
            "order by file_id, file_name)) from quality.loaded_file group by feed"
        ).fetchall()
    }
    return {feed: found.get(feed, FeedTotals(0, 0, 0, "none")) for feed in feeds}


def _ensure(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("create table if not exists quality.build (inputs varchar, built_at timestamp)")
