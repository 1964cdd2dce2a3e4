"""Refuse a file whose values, taken together, are in another notation than the contract's.

Each of them alone may be right: 05/04/2010 is a day in April or in May, 0.5 half of one percent or
of all. Only what stands beside them tells, and a row that is loaded wrongly is told by nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import duckdb

from warehouse.contract import Column
from warehouse.errors import FileRefused
from warehouse.reading import checks
from warehouse.reading.cells import Group
from warehouse.reading.values import DATED
from warehouse.sql_text import literal

# Month, day, year, and a time that may say AM or PM.
_MONTH_FIRST = r"(0?[1-9]|1[0-2])[/-](0?[1-9]|[12][0-9]|3[01])[/-]([0-9]{4}|[0-9]{2})([ T,].*)?"
_MONTH_FIRST_FOR_SURE = (
    r"(0?[1-9]|1[0-2])[/-](1[3-9]|2[0-9]|3[01])[/-]([0-9]{4}|[0-9]{2})([ T,].*)?"
)
_DATE_LIKE = r"^[0-9]{1,2}[/-][0-9]{1,2}[/-]"
_DAY_FIRST_FOR_SURE = r"(1[3-9]|2[0-9]|3[01])[/-].*"


@dataclass(frozen=True)
class _Found:
    member: int
    line: int
    column: Column


def refusals(con: duckdb.DuckDBPyConnection, group: Group) -> dict[int, FileRefused]:
    """The group's members to refuse, each with its first reason."""
    found: dict[int, FileRefused] = {}
    for search, message, mend in _SEARCHES:
        for each in search(con, group):
            if each.member not in found:
                found[each.member] = FileRefused(
                    message,
                    line=each.line,
                    column=checks.shown_name(group.header, each.column),
                    mend=mend,
                )
    return found


def _columns(group: Group) -> Iterator[tuple[Column, str]]:
    """The contract's columns that the files carry, with SQL of what their cells say."""
    for column in group.contract.columns:
        if column.name in group.header.positions:
            yield column, group.cell(group.header.positions[column.name])


def _month_first(con: duckdb.DuckDBPyConnection, group: Group) -> Iterator[_Found]:
    """Members with a column all of whose unreadable dates read as month, day and year.

    One that is readable as a day and month only, its first part over 12, says that the column is
    in that order, and that the others are mistyped.
    """
    for column, value in _columns(group):
        if column.type not in DATED:
            continue
        stated = f"{value} IS NOT NULL AND NOT ({checks.says_unknown_sql(column, value)})"
        unreadable = f"{checks.moment_sql(column, value)} IS NULL"
        rows = con.execute(
            "SELECT _member, min(_line) FILTER (unreadable) FROM ("
            f"SELECT _member, _line, {value} AS said, {unreadable} AS unreadable "
            f"FROM {group.relation} WHERE {stated} "
            # Most files have dates of one form, year first.
            f"AND NOT regexp_matches({value}, '^[0-9]{{4}}-')"
            ") GROUP BY _member HAVING bool_or(unreadable) "
            # A note or a serial number among the dates says nothing of their order.
            f"AND bool_and(NOT unreadable OR NOT regexp_matches(said, {literal(_DATE_LIKE)}) "
            f"OR regexp_full_match(said, {literal(_MONTH_FIRST)})) "
            "AND bool_or(unreadable "
            f"AND regexp_full_match(said, {literal(_MONTH_FIRST_FOR_SURE)})) "
            f"AND NOT bool_or(regexp_full_match(said, {literal(_DAY_FIRST_FOR_SURE)}))",
        ).fetchall()
        yield from (_Found(member, line, column) for member, line in rows)


def _fractions(con: duckdb.DuckDBPyConnection, group: Group) -> Iterator[_Found]:
    """Members with percentages that are fractions, by the rule that warehouse.contract states."""
    values = checks.column_expressions(group.contract, group.header, group.cell)
    for column, value in _columns(group):
        if column.percentage is None:
            continue
        together = [values[name] for name in column.percentage.group]
        keys = ", ".join(["_member", *(together or ["_line"])])
        below = "<= 1" if together else "< 1"
        rows = con.execute(
            f"SELECT _member, min(first) FROM (SELECT _member, min(_line) AS first FROM ("
            f"SELECT *, {checks.cast_sql(column, value)} AS number FROM {group.relation} "
            f"WHERE {value} NOT LIKE '%\\%' ESCAPE '\\'"
            f") WHERE number IS NOT NULL GROUP BY {keys} "
            f"HAVING max(abs(number)) {below} AND max(abs(number)) > 0) GROUP BY _member"
        ).fetchall()
        yield from (_Found(member, line, column) for member, line in rows)


_Search = Callable[[duckdb.DuckDBPyConnection, Group], Iterator[_Found]]
_SEARCHES: tuple[tuple[_Search, str, str], ...] = (
    (
        _month_first,
        "the dates read as month/day/year, so that those of the first twelve days would be taken "
        "for others",
        "Export dates as YYYY-MM-DD.",
    ),
    (
        _fractions,
        "the percentages are all at or below one: are they fractions of one?",
        "Send them in percent (25 for a quarter). If they are meant as they are, write the percent "
        "sign: 0.5%.",
    ),
)


def refuse_captured(con: duckdb.DuckDBPyConnection, group: Group) -> FileRefused | None:
    """Why a text that holds for the whole file, such as its period, cannot be read; None if it can.

    Rows are rejected for a key that is unreadable; these are no cell of any row.
    """
    for name in group.header.layout.capture:
        column, text = group.contract.column(name), literal(group.header.fixed[name])
        row = con.execute(f"SELECT {checks.readable_sql(column, text)}").fetchone()
        if column.required and row != (True,):
            return FileRefused(
                f"the {name.replace('_', ' ')} that the file states cannot be read",
                line=group.header.first_line,
                column=name,
                mend="Land the publisher's file as published, under its own name.",
            )
    return None
