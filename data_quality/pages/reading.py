"""What the auditors' pages show, read from the built warehouse: the queries are in queries.sql."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from warehouse.rows import Row, rows

# What a page shows of a history that only grows; the tables hold all of it.
MOST_RUNS = 60
MOST_RUNS_OF_RESULTS = 30
MOST_MONTHS = 60
MOST_LISTED = 200
MOST_DRAWN = 6  # sources of a feed: a national archive has 45 forces
MONTHS_PRINTED = 12  # that is how many columns a page of paper holds
MOST_TO_MEND = 20_000


@cache
def queries() -> dict[str, str]:
    """The queries of the pages, by name."""
    text = Path(__file__).with_name("queries.sql").read_text(encoding="utf-8")
    parts = re.split(r"^-- name: (\w+)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def read(con: duckdb.DuckDBPyConnection, name: str, *values: Any, **parts: str) -> list[Row]:
    """The rows of a query; values: its parameters, parts: what is put in place of its {names}."""
    return rows(con, queries()[name].format(most=MOST_LISTED + 1, **parts), list(values))


@dataclass
class Feed:
    """One feed of a partner: its grid of fields by months, coverage, volume and rejects."""

    feed: str
    title: str
    score: Row | None = None
    months: list[date] = field(default_factory=list)
    earlier_months: int = 0
    grid: dict[str, dict[date, Row]] = field(default_factory=dict)
    coverage: list[Row] = field(default_factory=list)
    volume: dict[str, list[Row]] = field(default_factory=dict)
    other_sources: int = 0
    not_received: set[date] = field(default_factory=set)
    rejects: list[Row] = field(default_factory=list)


@dataclass
class Partner:
    """One partner with its feeds that have records."""

    name: str
    score: Row | None
    feeds: list[Feed] = field(default_factory=list)


def partners(con: duckdb.DuckDBPyConnection) -> list[Partner]:
    """Every partner that sent records, and its feeds, by name."""
    found: dict[str, Partner] = {}
    for row in read(con, "partners"):
        partner = found.setdefault(row["partner"], Partner(row["partner"], row["score_of_partner"]))
        partner.feeds.append(_feed(con, Feed(row["feed"], row["title"], row["score"])))
    return list(found.values())


def _feed(con: duckdb.DuckDBPyConnection, feed: Feed) -> Feed:
    months = read(con, "months", feed.feed)
    feed.not_received = {row["month"] for row in months if not row["has_records"]}
    feed.months = [row["month"] for row in months[-MOST_MONTHS:]]
    feed.earlier_months = len(months) - len(feed.months)
    for cell in read(con, "cells", feed.feed, feed.months[0]):
        feed.grid.setdefault(cell["field"], {})[cell["month"]] = cell
    feed.coverage = read(con, "coverage", feed.feed)
    for row in read(con, "volume", feed.feed, feed.months[0]):
        feed.volume.setdefault(row["source"], []).append(row)
    sources = len(feed.volume)
    feed.volume = worth_drawing(feed.volume)
    feed.other_sources = sources - len(feed.volume)
    feed.rejects = read(con, "rejects", feed.feed)
    return feed


def worth_drawing(volume: dict[str, list[Row]], most: int = MOST_DRAWN) -> dict[str, list[Row]]:
    """The sources to draw, in their order: those with a month outside its band, then the largest.

    volume: the rows of feed_volume (status, records) of each source.
    """

    def worth(source: str) -> tuple[bool, int]:
        months = volume[source]
        outside = any(month["status"] not in ("within", "not applicable") for month in months)
        return outside, sum(month["records"] for month in months)

    chosen = sorted(volume, key=worth, reverse=True)[:most]
    return {source: months for source, months in volume.items() if source in chosen}


def not_passed(con: duckdb.DuckDBPyConnection, run_id: str) -> list[Row]:
    """The checks of the run that failed or could not be evaluated, with their sentences."""
    built = con.execute(
        "from information_schema.tables "
        "where (table_schema, table_name) = ('marts', 'check_catalogue')"
    ).fetchone()
    # A first night that was stopped has no catalogue; what stopped it are tests of dbt.
    catalogue = "marts.check_catalogue" if built else "quality.dbt_test"
    return read(con, "not_passed", run_id, catalogue=catalogue)


def changes(con: duckdb.DuckDBPyConnection, before: Path | None, run_id: str) -> Row | None:
    """What differs from the publication in the folder `before`; None without one.

    rows: of sources and months, rows in force before and now. files: loaded since. checks: whose
    outcome is another. scores: of partners, which moved, and by how many rows in force. months: by
    field, how many months' counts are others.
    """
    parquet = before / "parquet" / "partner" if before else None
    if parquet is None or not (parquet / "maturity_score.parquet").is_file():
        return None
    published = rows(con, "from read_parquet(?)", [str(parquet / "publication.parquet")])
    if not published:
        return None
    in_force = rows_that_changed(con, before)
    scores = read(con, "changed_scores", str(parquet / "maturity_score.parquet"))
    for score in scores:
        mine = [row for row in in_force if row["feed"].split("/")[0] == score["partner"]]
        score["rows_changed"] = sum(row["became"] - row["was"] for row in mine)
    months = str(parquet / "recording_completeness.parquet")
    checks = (str(parquet / "check_result.parquet"), published[0]["run_id"], run_id)
    return {
        "publication_id": published[0]["publication_id"],
        "rows": in_force,
        "files": read(con, "changed_files", str(parquet / "load_audit.parquet")),
        "checks": read(con, "changed_checks", *checks),
        "scores": scores,
        "months": read(con, "changed_months", months),
    }


def rows_that_changed(con: duckdb.DuckDBPyConnection, before: Path | None) -> list[Row]:
    """feed, source, month, was, became: rows in force then and now, the greatest losses first.

    before: the folder of an earlier publication; nothing is known without one, or from one that did
    not have the column yet.
    """
    parquet = before / "parquet" / "partner" / "feed_coverage.parquet" if before else None
    if parquet is None or not parquet.is_file():
        return []
    columns = rows(con, "describe select * from read_parquet(?)", [str(parquet)])
    if "rows_in_force" not in {column["column_name"] for column in columns}:
        return []
    return read(con, "changed_rows", str(parquet))


def row_change(row: Row) -> str:
    """`police/street_crime Leicestershire Police 2018-10: 8,956 → 4,485 rows`."""
    partner = row["feed"].split("/")[0]
    source = "" if row["source"] == partner else f" {row['source']}"
    return f"{row['feed']}{source} {row['month']:%Y-%m}: {row['was']:,} → {row['became']:,} rows"


Readers = dict[tuple[str, str], tuple[list[tuple[str, str]], list[str]]]


def readers(con: duckdb.DuckDBPyConnection, names: dict[str, str]) -> Readers:
    """Of each (feed, field) what reads it: (id, name) of figures, and names of published tables.

    names: of the figures that are on the pages, by their ids.
    """
    found: Readers = defaultdict(lambda: ([], []))
    for row in rows(con, "from facts.int_field_use order by all"):
        figures, tables = found[row["feed"], row["field"]]
        if row["reader_type"] == "table":
            tables.append(row["reader"])
        elif row["reader"] in names:
            figures.append((row["reader"], names[row["reader"]]))
    return found


def figures(con: duckdb.DuckDBPyConnection) -> tuple[list[Row], dict[str, list[Row]], int]:
    """The latest complete year's figures of the partnership and its county, their files, and
    how many figures of every kind there are.

    Files are keyed by `feed|area code|year`. A figure's `sources` are such keys, its `fields` how
    complete in that year the fields are that it reads.
    """
    files: dict[str, list[Row]] = {}
    for row in read(con, "figure_files"):
        files.setdefault(row["key"], []).append(row)
    found = read(con, "figures")
    linked: set[str] = set()
    for figure in found:
        keys = [f"{f}|{figure['area_code']}|{figure['period_label']}" for f in figure["feeds"]]
        figure["sources"] = [key for key in keys if key in files]
        figure["others"] = [key.split("|")[0] for key in keys if key not in files]
        linked.update(figure["sources"])
    [(total,)] = con.execute("select count(*) from marts.indicator_value").fetchall()
    return found, {key: files[key] for key in sorted(linked)}, int(total)


def to_mend(con: duckdb.DuckDBPyConnection, partner: Partner) -> tuple[list[Row], list[Row], int]:
    """(records to mend, counts by feed, field, problem and area, how many in all) of a partner.

    The newest first, at most MOST_TO_MEND of them. A record is told by file and line, which its
    sender has, and by its pseudonym.
    """
    of_feeds = "".join(
        queries()["record_to_mend"].format(
            feed=feed.feed, table=f"facts.int_{feed.feed.replace('/', '__')}_row"
        )
        for feed in partner.feeds
    )
    made = queries()["to_mend"].format(of_feeds=of_feeds)
    con.execute(f"create or replace temp table to_mend as {made}", [partner.name])
    listed = read(con, "listed_to_mend", MOST_TO_MEND)
    counts = read(con, "counted_to_mend")
    [(total,)] = con.execute("select count(*) from to_mend").fetchall()
    con.execute("drop table to_mend")
    return listed, counts, int(total)
