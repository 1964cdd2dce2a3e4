"""What the warehouse remembers about runs: how they ended, and what its tables were built with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import duckdb

from warehouse.settings import Settings
from warehouse.versions import definitions_hash, package_versions

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


def build_inputs(con: duckdb.DuckDBPyConnection, settings: Settings) -> str:
    """A SHA-256 of what every row of the models depends on, besides the partners' own extracts.

    The definitions, the settings that models read, the software that evaluates them, the reference
    files in force, and the months that nothing covers any more, since incremental models build
    changed months again and drop none. While it stays the same, models may build on what they hold;
    when it changes, everything is built anew.
    """
    reference = con.execute(
        "select feed, file_name, sha256, contract_sha256, effective_at::varchar "
        "from quality.loaded_file where partner = 'reference' order by file_id, file_name"
    ).fetchall()
    gone = con.execute(
        "select distinct period.feed, period.period_key, period.month::varchar "
        "from raw.load_period as period semi join "
        "(from quality.file_event where event = 'withdrawn') as taken using (file_id) "
        "anti join raw.period_in_force as held on period.feed = held.feed "
        "and period.period_key = held.period_key and period.month = held.month order by all"
    ).fetchall()
    chosen = settings.model_dump(
        mode="json", include={"focus_areas", "county", "most_similar_group", "geography"}
    )
    whole = [definitions_hash(), package_versions(), chosen, reference, gone]
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def built_with(con: duckdb.DuckDBPyConnection) -> str | None:
    """The `build_inputs` of the last build that ended well; None if there is none."""
    _ensure(con)
    row = con.execute("select inputs from quality.build").fetchone()
    return str(row[0]) if row else None


def record_build(con: duckdb.DuckDBPyConnection, inputs: str | None) -> None:
    """Remember what the tables are built with; None while a build is under way.

    A build that was killed half-way must not count as one with the former inputs.
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
