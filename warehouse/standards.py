"""A home's own completeness standards: rows that replace or add to the project's."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import duckdb

from warehouse import home_table

COLUMNS = (
    "standard_id",
    "partner",
    "feed",
    "field",
    "threshold_percent",
    "severity",
    "tolerated_not_stated_percent",
    "reason",
    "since",
)
TABLE = "raw.standard_override"


def read(path: Path) -> list[tuple[str, ...]]:
    """The rows of a home's completeness_standards.csv, in the order of COLUMNS; none without it.

    Raises UsageError with line and column for a header or a value that makes no sense.
    """
    return [tuple(row[name] for name in COLUMNS) for row in home_table.read(path, COLUMNS, _fault)]


def write(con: duckdb.DuckDBPyConnection, rows: list[tuple[str, ...]]) -> None:
    """Put the rows where the models read them, if they are other than those there."""
    there = con.execute(f"select * from {TABLE} order by all").fetchall()
    if there == sorted(rows):
        return
    con.execute("begin")
    con.execute(f"delete from {TABLE}")
    if rows:
        marks = ", ".join("?" for _ in COLUMNS)
        con.executemany(f"insert into {TABLE} values ({marks})", rows)
    con.execute("commit")


def _fault(values: Mapping[str, str], seen: Mapping[str, Mapping[str, str]]) -> tuple[str, str]:
    """(column, what is wrong) of a row, or two empty texts."""
    for name in ("standard_id", "partner", "feed", "field", "reason"):
        if not values[name]:
            return name, "a standard needs it"
    if values["standard_id"] in seen:
        return "standard_id", f"{values['standard_id']} stands on an earlier line"
    if values["severity"] not in ("blocking", "warning"):
        return "severity", f"{values['severity']!r} is neither blocking nor warning"
    for name in ("threshold_percent", "tolerated_not_stated_percent"):
        text = values[name] or ("" if name == "threshold_percent" else "0")
        try:
            within = 0 <= float(text) <= 100
        except ValueError:
            within = False
        if not within:
            return name, f"{values[name]!r} is not a percentage from 0 to 100"
    try:
        date.fromisoformat(values["since"])
    except ValueError:
        return "since", f"{values['since']!r} is not a date as YYYY-MM-DD"
    for earlier in seen.values():
        if all(values[name] == earlier[name] for name in ("partner", "feed", "field", "since")):
            return "since", f"{earlier['standard_id']} is of the same field and date"
    return "", ""
