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

from warehouse.reading.checks import literal, trimmed
from warehouse.reading.header import Header
from warehouse.reading.records import SPACES, Record
from warehouse.reading.sources import Source

CHUNK_ROWS = 50_000


@dataclass
class Group:
    """Files of one batch with the same layout, header and fixed texts: one relation of cells."""

    number: int
    header: Header
    odd_spaces: bool
    members: list[int] = field(default_factory=list)
    relation: str = ""  # SQL of the cells, set once they are there
    members_table: str = ""  # the table whose rows of a member's number make its cells count
    padded: set[int] = field(default_factory=set)  # cells with spaces around some of their texts

    @property
    def used(self) -> list[int]:
        """The cells the contract keeps, by place in the file's rows."""
        header = self.header
        collected = [i for cells in header.collected.values() for i in cells.values()]
        return sorted({*header.positions.values(), *collected})

    def cell(self, index: int) -> str:
        """SQL of a cell's text without surrounding spaces, NULL where blank."""
        # Trimming all twelve columns of a street file cost a quarter of its loading (2026-11).
        name = f"c{index}"
        return trimmed(name, self.odd_spaces) if index in self.padded else name


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
    group.padded = _padded(con, table, group)
    group.members_table = files
    rows_sql = f"VALUES {', '.join(places)}" if places else "SELECT 0, 0, 0 WHERE false"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {files} AS "
        f"SELECT * FROM ({rows_sql}) AS files(file_index, _member, first_row)"
    )
    # Row ids change when a transaction commits, their distances do not; line 1 is the header.
    group.relation = (
        f"(SELECT f._member, t.rowid - (SELECT min(rowid) FROM {table}) - f.first_row + 2 "
        f"AS _line, t.* EXCLUDE (file_index) FROM {table} t JOIN {files} f USING (file_index))"
    )
    return counts


def _padded(con: duckdb.DuckDBPyConnection, table: str, group: Group) -> set[int]:
    if group.odd_spaces:
        return set(group.used)
    tests = ", ".join(f"bool_or(c{i} LIKE ' %' OR c{i} LIKE '% ')" for i in group.used)
    found = con.execute(f"SELECT {tests} FROM {table}").fetchone() or ()
    return {i for i, padded in zip(group.used, found, strict=True) if padded}


def create_exact(con: duckdb.DuckDBPyConnection, group: Group) -> None:
    """An empty table for the rows of a group that is read row by row."""
    group.relation = group.members_table = f"incoming_cells_{group.number}"
    cells = "".join(f", c{i} VARCHAR" for i in group.used)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {group.relation} (_member INTEGER, _line BIGINT{cells})"
    )


def remove_members(con: duckdb.DuckDBPyConnection, group: Group, members: Sequence[int]) -> None:
    """Take the rows of these members out of the group's relation."""
    listed = ", ".join(map(str, members))
    con.execute(f"DELETE FROM {group.members_table} WHERE _member IN ({listed})")


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
