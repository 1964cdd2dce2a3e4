"""Reading a publication: one SELECT over one tier, which changes nothing and sees nothing else."""

import csv
import difflib
import io
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from warehouse import trail
from warehouse.errors import CspError, UsageError
from warehouse.home import Home
from warehouse.messages import safe_message
from warehouse.publication.build import SCHEMA
from warehouse.publication.store import current_folder
from warehouse.publication.tiers import TIERS

BATCH = 5_000
LIST_TABLES = 'csp query "select table_name, comment from duckdb_tables()"'
# EXPLAIN ANALYZE runs what it explains. No comment is skipped before it: a nested one could hide
# from this pattern what DuckDB reads.
EXPLAIN = re.compile(
    r"\s*explain\b\s*(?:analyze\b\s*)?(?:\(\s*(?:analyze|format)\b[\w\s,]*\)\s*)?", re.IGNORECASE
)


@dataclass
class Answer:
    """The columns of a result, and its rows in batches of at most 5,000, read once."""

    columns: list[str]
    batches: Iterator[list[tuple[Any, ...]]]


class Reader:
    """A tier of the current publication, open for reading; use as a context manager.

    The link is resolved once: everything one reader returns is from one publication, also when
    another becomes current meanwhile. Raises UsageError before the first publication.
    """

    def __init__(self, home: Home, tier: str = "partner") -> None:
        if tier not in TIERS:
            raise UsageError(f"There is no tier {tier}: use {' or '.join(TIERS)}.")
        home.require()
        folder = current_folder(home)
        if folder is None:
            raise UsageError(
                f"Nothing is published in {home.root} yet: `csp run` makes the first publication."
            )
        self.tier = tier
        self.publication_id = folder.name
        self._con = _connect(folder / f"{tier}.duckdb")

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self._con.close()

    def run(self, sql: str) -> Answer:
        """The answer to one SELECT (also DESCRIBE, SUMMARIZE, SHOW, EXPLAIN).

        Raises UsageError where the SQL is not one such statement or DuckDB refuses it.
        """
        try:
            statements = self._con.extract_statements(sql)
            kinds = [statement.type for statement in statements]
            if kinds != [duckdb.StatementType.SELECT] and not self._explains_a_select(sql, kinds):
                raise UsageError(
                    "csp query answers one SELECT (or DESCRIBE, SHOW, SUMMARIZE, EXPLAIN of a "
                    f"SELECT) and changes nothing; this is {_named(kinds)}."
                )
            trail.tell(self.publication_id, tables=self._tables_of(sql))
            self._con.execute(statements[0])
            columns = [column[0] for column in self._con.description or []]
            first = self._con.fetchmany(BATCH)
        except duckdb.Error as error:
            raise UsageError(self._plain(error)) from error
        return Answer(columns, self._batches(first))

    def _tables_of(self, sql: str) -> set[str]:
        """The tables of the publication that the statement names, and no other word of it."""
        held = self._con.execute("select table_name from duckdb_tables()").fetchall()
        try:
            named = self._con.get_table_names(sql)
        except duckdb.Error:  # it takes no join USING a column
            named = set(re.findall(r"\w+", sql))
        return {name for (name,) in held} & {name.lower() for name in named}

    def _explains_a_select(self, sql: str, kinds: list[Any]) -> bool:
        """Whether the SQL is an EXPLAIN, at its very beginning, of one SELECT."""
        explain = EXPLAIN.match(sql)
        if kinds != [duckdb.StatementType.EXPLAIN] or explain is None:
            return False
        explained = self._con.extract_statements(sql[explain.end() :])
        return [statement.type for statement in explained] == [duckdb.StatementType.SELECT]

    def _batches(self, first: list[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
        rows = first
        while rows:
            yield rows
            try:
                rows = self._con.fetchmany(BATCH)
            except duckdb.Error as error:
                raise UsageError(self._plain(error)) from error

    def _plain(self, error: duckdb.Error) -> str:
        """DuckDB's error as a sentence or two, with the nearest names."""
        text = str(error)
        unknown = re.search(r"Table with name (.+?) does not exist", text)
        if unknown:
            tables = self._con.execute("select table_name from duckdb_tables()").fetchall()
            names = [name for (name,) in tables]
            near = difflib.get_close_matches(unknown[1].lower(), names, n=3, cutoff=0.5)
            nearest = f" Nearest: {', '.join(near)}." if near else ""
            return (
                f"There is no table {unknown[1]} in the {self.tier} publication "
                f"{self.publication_id}.{nearest} List the tables: {LIST_TABLES}"
            )
        if isinstance(error, duckdb.PermissionException):
            return (
                "csp query reads the publication's tables only, no files and no network. "
                f"List the tables: {LIST_TABLES}"
            )
        said, _, place = text.partition("\n\nLINE ")
        said = re.sub(r"^(\w+ Error|[A-Z]\w+): ", "", " ".join(said.split()))
        where = place.split("\n")[0].split(":", 1)
        return f"The SQL was not understood: {said}" + (
            f" (line {where[0]}: {where[1].strip()[:120]})" if len(where) == 2 else ""
        )


def as_csv(answer: Answer) -> Iterator[str]:
    """The answer as CSV with a header, \\n line ends and NULL as an empty field, in pieces."""
    yield _csv([answer.columns])
    for rows in answer.batches:
        yield _csv([[_csv_cell(value) for value in row] for row in rows])


def as_json(answer: Answer) -> Iterator[str]:
    """The answer as one JSON array of objects, a line each, in pieces.

    Dates and times are ISO 8601 text, decimals numbers, NaN and infinities null. Of columns of
    one name the last stays.
    """
    separator = "[\n"
    for rows in answer.batches:
        for row in rows:
            content = {
                name: _json_value(value) for name, value in zip(answer.columns, row, strict=True)
            }
            yield separator + json.dumps(content, ensure_ascii=False)
            separator = ",\n"
    yield "[]\n" if separator == "[\n" else "\n]\n"


def text_cell(value: object) -> str:
    """A value as a table for people shows it: NULL empty, floats to six significant figures."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.6g}" if abs(value) < 1e6 else f"{value:,.0f}"
    return str(_csv_cell(value))


def _connect(path: Path) -> duckdb.DuckDBPyConnection:
    try:
        con = duckdb.connect(
            str(path),
            read_only=True,
            config={
                "enable_external_access": False,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "allow_persistent_secrets": False,
                # A table's name never means a variable of this program.
                "python_enable_replacements": False,
                # A spill beside the file would write into the publication.
                "temp_directory": "",
            },
        )
        con.execute(f"set search_path = '{SCHEMA}'")
        # Without external access DuckDB still reads and writes the file it has opened and its .wal.
        con.execute("set disabled_filesystems = 'LocalFileSystem'")
        con.execute("set lock_configuration = true")
    except duckdb.Error as error:
        raise CspError(
            f"{path} cannot be opened: {safe_message(error)}. "
            "Go back to an earlier publication: `csp rollback`."
        ) from error
    return con


def _named(kinds: list[Any]) -> str:
    if not kinds:
        return "empty"
    if len(kinds) > 1:
        return f"{len(kinds)} statements"
    return f"a statement of type {kinds[0].name}"


def _csv(rows: list[list[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _csv_cell(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, (list, tuple, dict)):
        return json.dumps(_json_value(value), ensure_ascii=False)
    return value


def _json_value(value: object) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return _json_value(float(value))
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): _json_value(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json_value(inner) for inner in value]
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, timedelta):
        return value.total_seconds()
    return str(value)
