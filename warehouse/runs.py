"""What the warehouse remembers about runs: how they ended, and what its tables were built with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import duckdb

from warehouse.writing import transaction

INTERRUPTED = "The run was interrupted; nothing is lost."
Status = Literal["published", "unchanged", "blocked", "failed"]


@dataclass(frozen=True)
class Ending:
    """How a run ended. Times are UTC without a zone.

    message: what was published or what failed, a sentence. step and what_to_do are of a run that
    was blocked or failed. warnings: what somebody should look at. changes: the months whose rows in
    force are others than in the publication before. Both a line each.
    """

    run_id: str
    status: Status
    started_at: datetime
    finished_at: datetime
    message: str
    publication_id: str | None = None
    step: str | None = None
    what_to_do: str | None = None
    warnings: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)

    @property
    def has_failed(self) -> bool:
        """Whether it was blocked or failed."""
        return self.status in ("blocked", "failed")

    @property
    def was_interrupted(self) -> bool:
        """Whether somebody stopped it."""
        return self.message == INTERRUPTED


def record(con: duckdb.DuckDBPyConnection, run: Ending) -> None:
    """Write a run into quality.run."""
    con.execute(
        "insert into quality.run "
        "(run_id, status, started_at, finished_at, message, publication_id) "
        "values (?, ?, ?, ?, ?, ?)",
        [
            *(run.run_id, run.status, run.started_at, run.finished_at, run.message),
            run.publication_id,
        ],
    )


def built_with(con: duckdb.DuckDBPyConnection) -> str | None:
    """What `record_build` noted of the last build that ended well; None if there is none."""
    row = con.execute("select inputs from quality.build").fetchone()
    return str(row[0]) if row else None


def record_build(con: duckdb.DuckDBPyConnection, inputs: str | None) -> None:
    """Note the definitions that the tables are built with; None while a build is under way.

    A build that was killed half-way must not count as one with the former definitions.
    """
    with transaction(con):
        con.execute("delete from quality.build")
        if inputs is not None:
            con.execute("insert into quality.build values (?, now() at time zone 'UTC')", [inputs])


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
