"""What the warehouse remembers about runs: how they ended, and what its tables were built with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, field
from datetime import datetime
from typing import Literal

import duckdb

from warehouse.writing import replace_rows, transaction

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


@dataclass(frozen=True)
class Build:
    """What the tables of the warehouse were built with.

    definitions: stamp of the definitions. built_at: when everything was last built (UTC). inputs:
    the state of each input that the tables are in order with, by its unique id in dbt's manifest.
    """

    definitions: str
    built_at: datetime
    inputs: Mapping[str, str]


def last_build(con: duckdb.DuckDBPyConnection) -> Build | None:
    """What `record_build` noted; None where no build of everything has ended well since."""
    row = con.execute("select inputs, built_at from quality.build").fetchone()
    if row is None:
        return None
    states = con.execute("select input, state from quality.built_input").fetchall()
    return Build(str(row[0]), row[1], dict(states))


def forget_build(con: duckdb.DuckDBPyConnection, inputs: Iterable[str] | None) -> None:
    """Forget the state of these inputs, or of everything: a build with others is under way.

    A build that was killed half-way must not count as one with the former state.
    """
    with transaction(con):
        if inputs is None:
            con.execute("delete from quality.build")
            con.execute("delete from quality.built_input")
        else:
            con.executemany(
                "delete from quality.built_input where input = ?", [[name] for name in inputs]
            )


def record_build(con: duckdb.DuckDBPyConnection, build: Build) -> None:
    """Note what the tables are built with, now that they all are."""
    with transaction(con):
        replace_rows(con, "quality.build", ["inputs", "built_at"], [astuple(build)[:2]])
        rows = sorted(build.inputs.items())
        replace_rows(con, "quality.built_input", ["input", "state"], rows)


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
