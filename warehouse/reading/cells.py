"""Put files' cells, as text, into temporary tables, one for a group of alike files.

Of a csv DuckDB gives the physical lines, each as one text. A line without a quote, or of whole
quoted fields without quotes within, is a record by itself and is split in SQL. The records that
begin on any other line are read in Python, as the rows of workbooks and GeoJSON are.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import duckdb
import numpy as np
import pyarrow as pa

from warehouse.contract import Column, Contract
from warehouse.errors import FileRefused
from warehouse.reading.header import Header
from warehouse.reading.records import SPACES, Record
from warehouse.reading.sources import Source
from warehouse.reading.textfile import LONGEST_LINE
from warehouse.reading.values import NULL_WORDS, blank, reading_sql, value_sql
from warehouse.sql_text import literal

CHUNK_ROWS = 50_000
LARGEST = (1 << 63) - 1


@dataclass
class Group:
    """Files of one batch with the same layout, header and fixed texts: one relation of cells."""

    number: int
    contract: Contract
    header: Header
    odd_spaces: bool
    members: list[int] = field(default_factory=list)
    relation: str = ""  # SQL of the cells, set once they are there

    @property
    def table(self) -> str:
        """What the relation is made of: `_member`, `_line`, `_blank`, `_problem`, the cells."""
        return f"incoming_cells_{self.number}"

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

    def clean(self, con: duckdb.DuckDBPyConnection) -> None:
        """Let the relation give what the cells say."""
        odd, columns = self.odd_spaces, {i: self.column(i) for i in self.used}
        wanted = (
            f"max({reading_sql(self.contract, column, f'c{i}', odd)})"
            for i, column in columns.items()
        )
        found = con.execute(f"SELECT {', '.join(wanted)} FROM {self.table}").fetchone() or ()
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
        con.execute(f"DELETE FROM {self.table} WHERE _member IN ({listed})")


def create(con: duckdb.DuckDBPyConnection, group: Group) -> None:
    """An empty table for the group's rows."""
    cells = "".join(f", c{i} VARCHAR" for i in group.used)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {group.table} (_member INTEGER, _line BIGINT, "
        f"_blank BOOLEAN, _problem VARCHAR, _first VARCHAR{cells})"
    )
    group.relation = group.table


def load_lines(
    con: duckdb.DuckDBPyConnection, group: Group, sources: Mapping[int, Source]
) -> tuple[dict[int, Sequence[int]], dict[int, FileRefused]]:
    """Append the rows of the group's csv files whose line is a record by itself.

    Returns by member the lines that are none, for load_rows to begin on; and the refusal of a file
    of which DuckDB found other lines than it has.
    """
    texts = {i: text for i in group.members if (text := sources[i].member.text) is not None}
    if not texts:
        return {}, {}
    paths = ", ".join(literal(text.uniform) for text in texts.values())
    # No file that is read has a NUL.
    con.execute(
        "CREATE OR REPLACE TEMP TABLE incoming_lines AS SELECT file_index, "
        f"coalesce(line, '') AS line FROM read_csv([{paths}], columns = {{line: 'VARCHAR'}}, "
        "auto_detect = false, header = false, delim = '\\0', quote = '', escape = '', "
        f"comment = '', max_line_size = {LONGEST_LINE}, buffer_size = {2 * LONGEST_LINE}, "
        "compression = 'none', null_padding = true, strict_mode = false)"
    )
    found = {
        index: places
        for index, *places in con.execute(
            "SELECT file_index, count(*), min(rowid), max(rowid) FROM incoming_lines GROUP BY ALL"
        ).fetchall()
    }
    places: list[str] = []
    unlike: dict[int, FileRefused] = {}
    for index, (member, text) in enumerate(texts.items()):
        rows, first, last = found.get(index, (0, 0, -1))
        if rows != text.lines or rows != last - first + 1:
            unlike[member] = FileRefused(f"it was read as {rows:,} lines, but has {text.lines:,}")
        else:
            places.append(f"({index}, {member}, {first}, {sources[member].header.last_line})")
    if not places:
        return {}, unlike
    lines = (
        "(SELECT f._member, l.rowid - f.first_row + 1 AS _line, l.line FROM incoming_lines AS l "
        f"JOIN (VALUES {', '.join(places)}) AS f (file_index, _member, first_row, header) "
        "USING (file_index) WHERE l.rowid - f.first_row + 1 > f.header)"
    )
    alone, fields = _splitting_sql(group.contract.delimiter)
    lone = f"len(fields) = 1 AND trim(fields[1], {literal(SPACES)}) = ''"
    width = group.header.width
    said = value_sql(group.contract, None, "cell", odd_spaces=True)
    says = f"lambda cell: ({said}) IS NOT NULL"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {group.table} AS SELECT _member, _line, "
        f"CASE WHEN {_says_sql(group)} THEN false WHEN {lone} THEN true "
        f"ELSE len(fields) = {width} AND len(list_filter(fields, {says})) = 0 END AS _blank, "
        f"CASE WHEN len(fields) = {width} OR {lone} THEN NULL "
        f"ELSE 'the row has ' || len(fields) || ' fields, not {width}' END AS _problem, "
        + (f"trim(fields[1], {literal(SPACES)})" if group.header.layout.footer else "NULL::VARCHAR")
        + " AS _first"
        + "".join(f", nullif(fields[{i + 1}], '') AS c{i}" for i in group.used)
        + f" FROM (SELECT _member, _line, {fields} AS fields FROM {lines} WHERE {alone})"
    )
    odd = con.execute(
        f"SELECT _member, _line FROM {lines} WHERE NOT ({alone}) ORDER BY ALL"
    ).fetchnumpy()
    con.execute("DROP TABLE incoming_lines")
    begins = {m: odd["_line"][odd["_member"] == m] for m in np.unique(odd["_member"]).tolist()}
    return begins, unlike


def _splitting_sql(delimiter: str) -> tuple[str, str]:
    """SQL of whether a line is surely a record by itself, and of the fields of one that is."""
    between = literal(f'"{delimiter}"')
    inside = "substr(line, 2, length(line) - 2)"
    alone = (
        "CASE WHEN NOT contains(line, '\"') THEN true WHEN line LIKE '\"%\"' AND length(line) > 1 "
        f"THEN NOT contains(replace({inside}, {between}, ''), '\"') ELSE false END"
    )
    fields = (
        f"CASE WHEN starts_with(line, '\"') THEN string_split({inside}, {between}) "
        f"ELSE string_split(line, {literal(delimiter)}) END"
    )
    return alone, fields


def _says_sql(group: Group) -> str:
    """SQL of whether a row's first required field surely says something, as nearly all do."""
    header = group.header
    required = [column.name for column in group.contract.required_in(header.layout)]
    first = next((header.positions[name] for name in required if name in header.positions), 0)
    cell = f"fields[{first + 1}]"
    # No blank begins with a digit, nor is one longer than the longest word for nothing.
    return (
        f"{cell} >= '0' AND {cell} < ':' OR {cell} >= 'A' AND {cell} < '~' "
        f"AND strlen({cell}) > {max(map(len, NULL_WORDS))}"
    )


def load_rows(
    con: duckdb.DuckDBPyConnection,
    group: Group,
    member: int,
    source: Source,
    wanted: Sequence[int],
) -> None:
    """Append the rows of one member that Python reads: of a csv those that begin on these lines."""
    rows = (row for row in source.rows(wanted) if row.line > source.header.last_line)
    for chunk in _chunks(rows):
        columns = {
            "_line": pa.array([row.line for row in chunk], pa.int64()),
            "_blank": pa.array([row.problem is None and blank(row.cells) for row in chunk]),
            "_problem": pa.array([row.problem for row in chunk], pa.string()),
            "_first": pa.array([(row.cells or [""])[0].strip(SPACES) for row in chunk]),
        }
        for i in group.used:
            texts = [r.cells[i].strip(SPACES) or None if i < len(r.cells) else None for r in chunk]
            columns[f"c{i}"] = pa.array(texts, pa.string())
        insert(con, f"{group.table} SELECT {member}, *", pa.table(columns))
        spans = [(row.line, row.last_line) for row in chunk if row.last_line > row.line]
        if spans:
            first, last = (pa.array(each, pa.int64()) for each in zip(*spans, strict=True))
            rows_of_spans = pa.table({"first": first, "last": last})
            insert(con, f"incoming_spans SELECT {member}, first, last", rows_of_spans)
    if len(wanted):
        # A line within a record is no row, whatever it looks like.
        con.execute(
            f"DELETE FROM {group.table} WHERE _member = {member} AND _line IN (SELECT "
            f"unnest(range(_line + 1, _last + 1)) FROM incoming_spans WHERE _member = {member})"
        )
        group.relation = f"(SELECT * FROM {group.table} ORDER BY _member, _line)"


def account(
    con: duckdb.DuckDBPyConnection, group: Group, sources: Mapping[int, Source]
) -> dict[int, tuple[int, int]]:
    """Take out of the group's table what is no row, and note broken rows as unfit.

    Returns by member its records and the skipped ones among them: of the preamble and the footer,
    and blank rows. Blank rows at the end of the file are nobody's data and are not counted.
    """
    footer = group.header.layout.footer
    ends = f"regexp_matches(_first, {literal(footer)})" if footer else "false"
    marks = (
        "(SELECT _member, max(_line) FILTER (NOT _blank) AS last, coalesce(min(_line) "
        f"FILTER (NOT _blank AND {ends}), {LARGEST}) AS footer FROM {group.table} GROUP BY _member)"
    )
    counted = {
        member: counts
        for member, *counts in con.execute(
            f"SELECT _member, count(*) FILTER (_line <= last), count(*) FILTER (_line <= last "
            "AND (_blank OR _line >= footer)), bool_or(_blank OR _line >= footer "
            f"OR _problem IS NOT NULL) FROM {group.table} JOIN {marks} USING (_member) "
            "GROUP BY _member"
        ).fetchall()
    }
    if any(unlike for _, _, unlike in counted.values()):
        con.execute(
            "INSERT INTO incoming_unfit SELECT _member, _line, false, '', _problem "
            f"FROM {group.table} JOIN {marks} USING (_member) "
            "WHERE _problem IS NOT NULL AND _line < footer"
        )
        con.execute(
            f"DELETE FROM {group.table} AS cells USING {marks} AS marks "
            "WHERE cells._member = marks._member "
            "AND (_blank OR _problem IS NOT NULL OR _line >= footer)"
        )
    found = {}
    for member in group.members:
        before = sources[member].header.skipped_before
        rows, skipped, _ = counted.get(member, (0, 0, False))
        found[member] = (before + rows, before + skipped)
    return found


def insert(con: duckdb.DuckDBPyConnection, into: str, rows: pa.Table) -> None:
    """Insert the rows: `into` names the table and what is selected of them."""
    con.register("incoming_arrow", rows)
    try:
        con.execute(f"INSERT INTO {into} FROM incoming_arrow")
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
