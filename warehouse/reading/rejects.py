"""Keep the rows that are left out, and why, in temporary tables rather than in Python's memory.

A file whose every row is rejected is an ordinary mistake (a date format changed). What is held at
once is a page of it; DuckDB holds the rest within its memory limit, and spills beyond it.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from warehouse.contract import Contract
from warehouse.reading import checks
from warehouse.reading.cells import CHUNK_ROWS, Group
from warehouse.reading.identifiers import normal_sql
from warehouse.reading.sources import Source
from warehouse.sql_text import literal

Mask = Callable[[str], str | None]
# Of a contract and SQL of its columns' texts: SQL that is true for a row to leave out, and why.
LeavingOut = Callable[[Contract, Mapping[str, str]], list[tuple[str, str]]]

# A page of rejected rows ends here too: a single text may be 64 KiB.
CHUNK_TEXT = 16 << 20

_REJECTED = (
    "_member INTEGER, _line_number BIGINT, column_name VARCHAR, reason VARCHAR, raw_line VARCHAR"
)
_UNFIT = "_member INTEGER, _line BIGINT, declared BOOLEAN, column_name VARCHAR, reason VARCHAR"


def create_rejects(con: duckdb.DuckDBPyConnection) -> None:
    """Empty tables: incoming_rejected (with texts), incoming_unfit (also declared skips)."""
    con.execute(f"CREATE TEMP TABLE incoming_rejected ({_REJECTED})")
    con.execute(f"CREATE TEMP TABLE incoming_unfit ({_UNFIT})")
    con.execute("CREATE TEMP TABLE incoming_spans (_member INTEGER, _line BIGINT, _last BIGINT)")


@dataclass
class LeftOut:
    """One member's broken records and records over several lines, on their way to the tables."""

    con: duckdb.DuckDBPyConnection
    member: int
    broken: list[tuple[int, str]] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)

    def keep_broken(self, line: int, problem: str) -> None:
        self.broken.append((line, problem))
        if len(self.broken) >= CHUNK_ROWS:
            self.flush()

    def keep_span(self, first: int, last: int) -> None:
        self.spans.append((first, last))
        if len(self.spans) >= CHUNK_ROWS:
            self.flush()

    def flush(self) -> None:
        """Write what is held; call it once more after the last record."""
        if self.broken:
            lines = pa.array([line for line, _ in self.broken], pa.int64())
            reasons = pa.array([problem for _, problem in self.broken], pa.string())
            _insert(
                self.con,
                f"incoming_unfit SELECT {self.member}, line, false, '', reason",
                pa.table({"line": lines, "reason": reasons}),
            )
        if self.spans:
            firsts = pa.array([first for first, _ in self.spans], pa.int64())
            lasts = pa.array([last for _, last in self.spans], pa.int64())
            _insert(
                self.con,
                f"incoming_spans SELECT {self.member}, first, last",
                pa.table({"first": firsts, "last": lasts}),
            )
        self.broken, self.spans = [], []

    def forget(self) -> None:
        """The member is refused: it has no rejected rows."""
        forget(self.con, self.member)
        self.broken, self.spans = [], []


def forget(con: duckdb.DuckDBPyConnection, member: int) -> None:
    """Take back what was noted of a member that is refused."""
    con.execute(f"DELETE FROM incoming_unfit WHERE _member = {member}")


def _insert(con: duckdb.DuckDBPyConnection, into: str, rows: pa.Table) -> None:
    con.register("incoming_arrow", rows)
    try:
        con.execute(f"INSERT INTO {into} FROM incoming_arrow")
    finally:
        con.unregister("incoming_arrow")


def find_unfit(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    group: Group,
    leaving_out: LeavingOut | None = None,
) -> bool:
    """Note the group's rows that a skip, a required field or a repeated key keeps out; any?

    leaving_out: which rows are skipped before any of these is asked.
    """
    values = checks.column_expressions(contract, group.header, group.cell)
    left_out = leaving_out(contract, values) if leaving_out else []
    if left_out:
        whens = " ".join(f"WHEN {test} THEN {literal(why)}" for test, why in left_out)
        con.execute(
            "INSERT INTO incoming_unfit SELECT * FROM (SELECT _member, _line, true, '', "
            f"CASE {whens} END AS why FROM {group.relation}) WHERE why IS NOT NULL"
        )
    rows = (
        f"(FROM {group.relation} AS cells ANTI JOIN incoming_unfit AS out "
        "ON out._member = cells._member AND out._line = cells._line AND out.declared)"
        if left_out
        else group.relation
    )
    unfit = checks.unfit_sql(contract, group.header, values)
    skip, column, reason = checks.why_unfit_sql(contract, group.header, values)
    found = _count(
        con,
        f"INSERT INTO incoming_unfit SELECT _member, _line, {skip}, {column}, {reason} "
        f"FROM {rows} AS cells WHERE {unfit}",
    )
    row_key = contract.update.row_key
    if row_key:
        columns = [contract.column(name) for name in row_key]
        keys = [normal_sql(c, values[c.name]) if c.identifier else values[c.name] for c in columns]
        label = checks.shown_name(group.header, contract.column(row_key[0]))
        found += _count(
            con,
            f"INSERT INTO incoming_unfit SELECT _member, _line, false, {literal(label)}, "
            "'the key is that of an earlier row of this file; the first stays' "
            f"FROM (SELECT * FROM {rows} AS cells WHERE NOT ({unfit})) "
            f"QUALIFY {checks.repeated_key_sql(keys)}",
        )
    return found > 0 or bool(left_out)


def _count(con: duckdb.DuckDBPyConnection, insert: str) -> int:
    row = con.execute(insert).fetchone()
    return int(row[0]) if row else 0


def count_unfit(con: duckdb.DuckDBPyConnection) -> dict[int, tuple[int, int]]:
    """Per member: rejected rows, declared skips."""
    found = con.execute(
        "SELECT _member, count(*) FILTER (NOT declared), count(*) FILTER (declared) "
        "FROM incoming_unfit GROUP BY _member ORDER BY _member"
    ).fetchall()
    return {member: (rejected, skipped) for member, rejected, skipped in found}


def keep_rejects(
    con: duckdb.DuckDBPyConnection, member: int, source: Source, mask: Mask | None = None
) -> None:
    """Add one member's rejected rows to incoming_rejected, in order, each with its text.

    `mask` gives what may be kept of a text, None where nothing may.
    """
    rows, ahead = itertools.tee(_rejected(con, member))
    texts = source.raw_text((line, last) for line, last, _, _ in ahead)
    page: list[tuple[int, str | None, str, str | None]] = []
    size = 0
    for (line, _, column, reason), text in zip(rows, texts, strict=True):
        page.append((line, column or None, reason, mask(text) if mask else text))
        size += len(text)
        if len(page) >= CHUNK_ROWS or size >= CHUNK_TEXT:
            _keep_page(con, member, page)
            page, size = [], 0
    if page:
        _keep_page(con, member, page)


def _keep_page(
    con: duckdb.DuckDBPyConnection,
    member: int,
    page: list[tuple[int, str | None, str, str | None]],
) -> None:
    lines, columns, reasons, texts = zip(*page, strict=True)
    _insert(
        con,
        f"incoming_rejected SELECT {member}, line, column_name, reason, raw_line",
        pa.table(
            {
                "line": pa.array(lines, pa.int64()),
                "column_name": pa.array(columns, pa.string()),
                "reason": pa.array(reasons, pa.string()),
                "raw_line": pa.array(texts, pa.string()),
            }
        ),
    )


def _rejected(con: duckdb.DuckDBPyConnection, member: int) -> Iterator[tuple[int, int, str, str]]:
    """A member's rejected rows by line, a page at a time: first and last line, column, reason."""
    after = 0
    while True:
        page = con.execute(
            "SELECT u._line, coalesce(s._last, u._line), u.column_name, u.reason FROM "
            "(FROM incoming_unfit WHERE _member = $member AND _line > $after AND NOT declared "
            f"ORDER BY _line LIMIT {CHUNK_ROWS}) AS u LEFT JOIN "
            "(FROM incoming_spans WHERE _member = $member) AS s ON s._line = u._line "
            "ORDER BY u._line",
            {"member": member, "after": after},
        ).fetchall()
        yield from page
        if len(page) < CHUNK_ROWS:
            return
        after = page[-1][0]
