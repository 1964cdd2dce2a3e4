"""Put files' cells, as text, into temporary tables: the fast way by DuckDB, or row by row.

Both ways leave one relation a group of alike files: `_member`, `_line` and the cells c0, c1, ...
that the contract uses. A fast reading is believed only when the file was measured `regular` and
DuckDB found as many records as there are lines; DuckDB silently skips blank lines, drops trailing
delimiters and shifts line numbers at embedded line breaks (seen with 2.0.0), so any other file goes
the exact way.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from warehouse.contract import Column, Contract
from warehouse.reading.header import Header
from warehouse.reading.records import SPACES, Record
from warehouse.reading.sources import Source
from warehouse.reading.values import reading_sql, value_sql
from warehouse.sql_text import literal

CHUNK_ROWS = 50_000


@dataclass
class Group:
    """Files of one batch with the same layout, header and fixed texts: one relation of cells."""

    number: int
    contract: Contract
    header: Header
    odd_spaces: bool
    members: list[int] = field(default_factory=list)
    relation: str = ""  # SQL of the cells, set once they are there
    members_table: str = ""  # the table whose _member says which rows the relation has

    @property
    def used(self) -> list[int]:
        """The cells the contract keeps, by place in the file's rows."""
        header = self.header
        collected = [i for cells in header.collected.values() for i in cells.values()]
        return sorted({*header.positions.values(), *collected})

    def column(self, index: int) -> Column | None:
        """The column that the cell holds, None of a cell that is collected with others."""
        names = (name for name, at in self.header.positions.items() if at == index)
        return next((self.contract.column(name) for name in names), None)

    def cell(self, index: int) -> str:
        """SQL of what the cell says, NULL where blank."""
        return f"c{index}"

    def clean(self, con: duckdb.DuckDBPyConnection, table: str) -> None:
        """Let the relation give what the cells say; `table` holds all that it is made of."""
        odd, columns = self.odd_spaces, {i: self.column(i) for i in self.used}
        wanted = (
            f"max({reading_sql(self.contract, column, f'c{i}', odd)})"
            for i, column in columns.items()
        )
        found = con.execute(f"SELECT {', '.join(wanted)} FROM {table}").fetchone() or ()
        said = [
            f"{value_sql(self.contract, column, f'c{i}', odd, reading)} AS c{i}"
            for (i, column), reading in zip(columns.items(), found, strict=True)
            if reading
        ]
        if said:
            self.relation = f"(SELECT * REPLACE ({', '.join(said)}) FROM {self.relation})"

    def leave_out(self, con: duckdb.DuckDBPyConnection, members: Iterable[int]) -> None:
        """Take members' rows out of the relation."""
        listed = ", ".join(str(number) for number in members)
        con.execute(f"DELETE FROM {self.members_table} WHERE _member IN ({listed})")


def may_go_fast(source: Source) -> bool:
    """Whether every parser must split this file alike: one line, one record, no preamble."""
    text, header = source.member.text, source.header
    return (
        text is not None
        and text.regular
        and header.last_line == 1
        and header.width > 1
        and header.layout.footer is None
        and text.delimiters == text.lines * (header.width - 1)
        and not set("*?[") & set(str(text.path))
    )


def load_fast(
    con: duckdb.DuckDBPyConnection, group: Group, sources: dict[int, Source], delimiter: str
) -> dict[int, int]:
    """Read the group's files with DuckDB; rows by member, without the files it did not read whole.

    Those left out must be read exactly instead. `group.relation` then holds the others' cells.
    """
    table, files = f"incoming_cells_{group.number}", f"incoming_files_{group.number}"
    texts = [text for i in group.members if (text := sources[i].member.text) is not None]
    names = [f"c{i}" for i in range(group.header.width)]
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
    kept = ", ".join(f"c{i}" for i in group.used)
    paths = ", ".join(literal(str(text.path)) for text in texts)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT file_index, {kept} FROM read_csv("
        f"[{paths}], auto_detect = false, header = false, "
        f"skip = 1, delim = {literal(delimiter)}, quote = '\"', escape = '\"', comment = '', "
        f"columns = {{{columns}}}, compression = 'none', "
        "ignore_errors = true, null_padding = false, strict_mode = true)"
    )
    found = {
        index: places
        for index, *places in con.execute(
            f"SELECT file_index, count(*), min(rowid), max(rowid) FROM {table} GROUP BY ALL"
        ).fetchall()
    }
    start = min((first for _, first, _ in found.values()), default=0)
    counts: dict[int, int] = {}
    places: list[str] = []
    for index, (member, text) in enumerate(zip(group.members, texts, strict=True)):
        rows, first, last = found.get(index, (0, start, start - 1))
        if rows == text.lines - 1 == last - first + 1:
            counts[member] = rows
            places.append(f"({index}, {member}, {first - start})")
    rows_sql = f"VALUES {', '.join(places)}" if places else "SELECT 0, 0, 0 WHERE false"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {files} AS "
        f"SELECT * FROM ({rows_sql}) AS files(file_index, _member, first_row)"
    )
    group.members_table = files
    # Row ids change when a transaction commits, their distances do not; line 1 is the header.
    group.relation = (
        f"(SELECT f._member, t.rowid - (SELECT min(rowid) FROM {table}) - f.first_row + 2 "
        f"AS _line, t.* EXCLUDE (file_index) FROM {table} t JOIN {files} f USING (file_index))"
    )
    group.clean(con, table)
    return counts


def create_exact(con: duckdb.DuckDBPyConnection, group: Group) -> None:
    """An empty table for the rows of a group that is read row by row."""
    group.relation = group.members_table = f"incoming_cells_{group.number}"
    cells = "".join(f", c{i} VARCHAR" for i in group.used)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {group.relation} (_member INTEGER, _line BIGINT{cells})"
    )


def load_exact(
    con: duckdb.DuckDBPyConnection, group: Group, member: int, rows: Iterable[Record]
) -> None:
    """Append one member's rows to the group's table."""
    used = group.used
    schema = pa.schema(
        [("_member", pa.int32()), ("_line", pa.int64()), *((f"c{i}", pa.string()) for i in used)]
    )
    for chunk in _chunks(rows):
        texts = (
            [r.cells[i].strip(SPACES) or None if i < len(r.cells) else None for r in chunk]
            for i in used
        )
        arrays = [
            pa.array([member] * len(chunk), pa.int32()),
            pa.array([record.line for record in chunk], pa.int64()),
            *(pa.array(column, pa.string()) for column in texts),
        ]
        con.register("incoming_arrow", pa.Table.from_arrays(arrays, schema=schema))
        try:
            con.execute(f"INSERT INTO {group.relation} SELECT * FROM incoming_arrow")
        finally:
            con.unregister("incoming_arrow")


def _chunks(rows: Iterable[Record]) -> Iterator[Sequence[Record]]:
    chunk: list[Record] = []
    for record in rows:
        chunk.append(record)
        if len(chunk) == CHUNK_ROWS:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
