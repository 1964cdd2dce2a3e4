"""Waivers: a known failure is borne for a time, by a row with a ceiling, an owner and an end.

The project's rows are in seeds/waiver_register.csv, a home's in its waivers.csv; of two for one
check the home's holds. A waiver never turns a failure into a pass: it keeps it from stopping the
publication while it holds and the failure stays within the ceiling.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from warehouse import home_table

if TYPE_CHECKING:
    from warehouse.results import CheckResult

COLUMNS = ("check_id", "ceiling", "reason", "owner", "expires")
TABLE = "quality.check_waiver"
MOST_DIGITS = 15  # of a ceiling: more rows than any feed has, and a number that DuckDB holds
REGISTER = Path(__file__).resolve().parents[1] / "seeds" / "waiver_register.csv"


@dataclass(frozen=True)
class Waiver:
    """Up to `ceiling` failed records of a check are borne to the end of the day `expires`."""

    check_id: str
    ceiling: int
    reason: str
    owner: str
    expires: date


def read(path: Path) -> list[Waiver]:
    """The waivers in a file, none without it.

    Raises UsageError with line and column for a header or a value that makes no sense.
    """
    return [
        Waiver(
            row["check_id"],
            int(row["ceiling"]),
            row["reason"],
            row["owner"],
            date.fromisoformat(row["expires"]),
        )
        for row in home_table.read(path, COLUMNS, _fault)
    ]


def in_force(path: Path, register: Path = REGISTER) -> list[Waiver]:
    """The project's waivers and, in their place or beside them, the home's at `path`."""
    held = {waiver.check_id: waiver for waiver in (*read(register), *read(path))}
    return sorted(held.values(), key=lambda waiver: waiver.check_id)


def write(con: duckdb.DuckDBPyConnection, waivers: Iterable[Waiver]) -> None:
    """Put the waivers where results and models read them, if they are others than those there."""
    rows = [
        (waiver.check_id, waiver.ceiling, waiver.reason, waiver.owner, waiver.expires)
        for waiver in waivers
    ]
    if con.execute(f"select * from {TABLE} order by check_id").fetchall() == rows:
        return
    con.execute("begin")
    con.execute(f"delete from {TABLE}")
    for row in rows:
        con.execute(f"insert into {TABLE} values (?, ?, ?, ?, ?)", row)
    con.execute("commit")


def held(con: duckdb.DuckDBPyConnection) -> dict[str, Waiver]:
    """The waivers of the warehouse, by check."""
    return {
        row[0]: Waiver(*row)
        for row in con.execute(f"select {', '.join(COLUMNS)} from {TABLE}").fetchall()
    }


def applied(result: "CheckResult", waivers: Mapping[str, Waiver], today: date) -> "CheckResult":
    """The result as its waiver, if it has one, leaves it.

    A failure within the ceiling of a waiver that holds becomes a warning that says so; who bears it
    and why is in the waiver alone, which is not public. Nothing else is borne: neither a check that
    could not be evaluated nor a failure that is not counted.
    """
    waiver = waivers.get(result.check_id)
    if waiver is None or result.status not in ("fail", "error"):
        return result
    if result.status == "error" or result.failed_records is None:
        return _told(result, "its waiver bears counted failures only")
    if waiver.expires < today:
        return _told(result, f"its waiver expired on {waiver.expires}")
    if result.failed_records > waiver.ceiling:
        return _told(result, f"its waiver bears {waiver.ceiling:,} at most")
    return replace(
        result,
        severity="warning",
        waiver=f"until {waiver.expires}",
    )


def _told(result: "CheckResult", why: str) -> "CheckResult":
    said = result.message or result.check_id
    return replace(result, message=f"{said}; {why}")


def _fault(values: Mapping[str, str], seen: Mapping[str, Mapping[str, str]]) -> tuple[str, str]:
    """(column, what is wrong) of a row, or two empty texts."""
    for name in ("check_id", "reason", "owner"):
        if not values[name]:
            return name, "a waiver needs it"
    if values["check_id"] in seen:
        return "check_id", f"{values['check_id']} stands on an earlier line"
    if not values["ceiling"].isdecimal() or len(values["ceiling"]) > MOST_DIGITS:
        return "ceiling", f"{values['ceiling']!r} is not a whole number of failed records"
    try:
        date.fromisoformat(values["expires"])
    except ValueError:
        return "expires", f"{values['expires']!r} is not a date as YYYY-MM-DD"
    return "", ""
