"""Writing into the warehouse: whole transactions, many rows at once, and only what changed."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import duckdb

Row = tuple[Any, ...]


@contextmanager
def transaction(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Commit what the block does; nothing of it where it raises."""
    con.execute("begin")
    try:
        yield
        con.execute("commit")
    except BaseException:
        # After a full disk DuckDB may have ended the transaction, or itself, already.
        with suppress(duckdb.Error):
            con.execute("rollback")
        raise


def insert_rows(
    con: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str], rows: Sequence[Row]
) -> None:
    """Add rows to a table in one statement; the values in the order of the columns."""
    if rows:
        # A list a column: 3,000 results in 0.2 s, against 1.4 s as rows of parameters (2026-11).
        unnested = ", ".join("unnest(?)" for _ in columns)
        con.execute(
            f"insert into {table} ({', '.join(columns)}) select {unnested}",
            [list(values) for values in zip(*rows, strict=True)],
        )


def replace_rows(
    con: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str], rows: Iterable[Row]
) -> None:
    """Make the table hold these rows, writing nothing if it does; inside a transaction."""
    wanted = list(rows)
    there = con.execute(f"select {', '.join(columns)} from {table}").fetchall()
    if sorted(map(_as_text, there)) != sorted(map(_as_text, wanted)):
        con.execute(f"delete from {table}")
        insert_rows(con, table, columns, wanted)


def _as_text(row: Row) -> str:
    return repr([None if value is None else str(value) for value in row])
