"""A warehouse with nothing but bucketed street-crime rows and completeness standards."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb

from tests.dbt_project.rendering import model, rendered
from warehouse.seeds import SEEDS

BUCKETS = ("valid", "invalid", "not stated", "missing", "not applicable")
TABLES = "{% for feed in var('feeds') %}{{ rows_of(feed.feed) }} {% endfor %}"
TABLE = "facts.int_police__street_crime_row"
FIELDS = ("crime_id", "lsoa_code", "location")
Row = tuple[str, str | None, str | None, str | None]
Standard = tuple[str, float, str, str | None]

SECRET = "On or near Someone's Front Door"  # noqa: S105 - a record's value that must not leak


def make_warehouse(path: Path, rows: Sequence[Row], standards: Iterable[Standard]) -> Path:
    """`rows`: month and a bucket per field; `standards`: field, threshold, severity, since."""
    with duckdb.connect(str(path)) as con:
        for schema in ("facts", "marts", "quality", "raw", "seeds"):
            con.execute(f"create schema {schema}")
        con.execute("create table raw.feed (feed varchar, partner varchar, name varchar, "
                    "update_rule varchar)")  # fmt: skip
        con.execute("create table raw.period_in_force (feed varchar, month date)")
        con.execute(
            "create table seeds.check_kind as from read_csv(?)", [f"{SEEDS}/check_kind.csv"]
        )
        con.execute(
            "create table quality.load_audit as select 'police/street_crime' as feed, "
            "'loaded' as status, timestamp '2026-11-01 02:00:00' as loaded_at"
        )
        con.execute(
            "create view quality.loaded_file as from quality.load_audit where status = 'loaded'"
        )
        columns = ", ".join(f"{field}_bucket varchar" for field in FIELDS)
        con.execute(f"create table {TABLE} (month date, {columns})")
        for name in rendered(TABLES).split():  # of the other feeds nothing came
            con.execute(f"create table if not exists facts.{name} (month date, x_bucket varchar)")
        if rows:
            con.executemany(f"insert into {TABLE} values (?, ?, ?, ?)", rows)
        con.execute(
            f"alter table {TABLE} add column location varchar "
            f"default '{SECRET.replace(chr(39), chr(39) * 2)}'"
        )
        con.execute(
            "create table facts.completeness_standard (standard_id varchar, partner varchar, "
            "feed varchar, field varchar, threshold_percent double, severity varchar, "
            "tolerated_not_stated_percent double, reason varchar, since date, until date)"
        )
        for field, threshold, severity, since in standards:
            con.execute(
                "insert into facts.completeness_standard values (?, 'police', 'street_crime', "
                "?, ?, ?, 0, 'because', ?, null)",
                [f"police.street_crime.{field}", field, threshold, severity, since],
            )
        count(con)
    return path


def count(con: duckdb.DuckDBPyConnection) -> None:
    """Make what dbt makes of the rows and the standards, by the models' own SQL."""
    con.execute("set search_path = 'facts,marts,quality,raw,seeds'")
    for name, sql in (
        ("facts.field_completeness", model("field_completeness")),
        ("marts.recording_completeness", model("recording_completeness")),
        ("facts.int_standard_check", model("int_standard_check")),
    ):
        con.execute(f"create or replace table {name} as {sql}")
