"""Keyed pseudonyms: what stands in the warehouse for whatever identifies a person or a case.

A pseudonym is HMAC-SHA-256 (RFC 2104) under the home's key, over what the text identifies and the
text itself, as 64 hexadecimal digits. The same text of the same kind has the same pseudonym in
every feed of the home; without the key nobody can find the text by trying.
"""

import csv
import hmac
import io
import re
from collections.abc import Callable

import duckdb

from warehouse.contract import Column, Contract
from warehouse.errors import CspError
from warehouse.home import READABLE_BY_OTHERS, Home
from warehouse.reading.header import Header
from warehouse.reading.values import value_of
from warehouse.sql_text import literal, quoted

FUNCTION = "pseudonym"
# Parts the kind from the text, so that no kind's end can be another text's beginning.
SEPARATOR = "\x1f"
KEY = re.compile(r"[0-9a-f]{64}")
MEND = "Restore the key from your backup of the home."


class Pseudonyms:
    """The pseudonyms under one key. Neither the key nor a text is ever shown."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, kind: str, text: str) -> str:
        """The pseudonym of a text that identifies a `kind`."""
        return hmac.digest(self._key, f"{kind}{SEPARATOR}{text}".encode(), "sha256").hex()

    @property
    def fingerprint(self) -> str:
        """Tells one key from another, and nothing else of it."""
        return self.of("key", "fingerprint")

    def register(self, con: duckdb.DuckDBPyConnection) -> None:
        """Make `pseudonym(kind, text)` callable in SQL on this connection."""
        import pyarrow as pa

        def column(kinds: pa.ChunkedArray, texts: pa.ChunkedArray) -> pa.Array:
            pairs = zip(kinds.to_pylist(), texts.to_pylist(), strict=True)
            return pa.array([self.of(kind, text) for kind, text in pairs], pa.string())

        con.create_function(FUNCTION, column, ["VARCHAR", "VARCHAR"], "VARCHAR", type="arrow")

    def mask(self, contract: Contract, header: Header) -> Callable[[str], str | None]:
        """What is kept of a rejected line of a file with this header: see `masked`."""
        return lambda line: self.masked(contract, header, line)

    def masked(self, contract: Contract, header: Header, line: str) -> str | None:
        """A line with pseudonyms for its identifiers, the cells that the contract ignores left out.

        None for a line that does not split into the header's cells: which of them identify
        somebody cannot be known.
        """
        if header.layout.format != "csv":
            return None
        try:
            text_of = io.StringIO(line, newline="")
            rows = list(csv.reader(text_of, delimiter=contract.delimiter, strict=True))
        except csv.Error:
            return None
        if len(rows) != 1 or len(rows[0]) != header.width:
            return None
        cells = [""] * header.width
        for name, at in header.positions.items():
            column = contract.column(name)
            text, kind = value_of(contract, column, rows[0][at]) or "", column.identifier
            cells[at] = self.of(kind, text) if kind and identifies(column, text) else text
        kept = io.StringIO(newline="")
        csv.writer(kept, delimiter=contract.delimiter, lineterminator="").writerow(cells)
        return kept.getvalue()


def identifies(column: Column, text: str) -> bool:
    """Whether what a cell of the column says identifies somebody or something."""
    codes = {code.casefold() for code in column.not_stated}
    return column.identifier is not None and bool(text) and text.casefold() not in codes


def stored_sql(column: Column) -> str:
    """SQL of what the raw table holds of a column: its text, or the pseudonym in its place."""
    name = quoted(column.name)
    if column.identifier is None:
        return name
    made = f"{FUNCTION}({literal(column.identifier)}, {name})"
    if not column.not_stated:
        return f"CASE WHEN {name} IS NOT NULL THEN {made} END"
    codes = ", ".join(literal(code.casefold()) for code in column.not_stated)
    return (
        f"CASE WHEN lower({name}) IN ({codes}) THEN {name} WHEN {name} IS NOT NULL THEN {made} END"
    )


def load_pseudonyms(home: Home) -> Pseudonyms:
    """The pseudonyms under the home's key; CspError says what is wrong with it and what to do."""
    path = home.key_file
    try:
        if path.stat().st_mode & READABLE_BY_OTHERS:
            raise CspError(
                f"{path} can be read by other users, so pseudonyms under it protect nobody. "
                f"Take their access away: chmod 600 {path}"
            )
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is not a key"
        raise CspError(
            f"The key of the pseudonyms, {path}, cannot be read: {said}. {MEND}"
        ) from error
    if not KEY.fullmatch(text):
        raise CspError(f"The key of the pseudonyms, {path}, is not 64 hexadecimal digits. {MEND}")
    return Pseudonyms(bytes.fromhex(text))


def require_same_key(con: duckdb.DuckDBPyConnection, pseudonyms: Pseudonyms) -> None:
    """Note which key the warehouse's pseudonyms are under; CspError if it was another before."""
    held = con.execute("SELECT fingerprint FROM quality.pseudonym_key").fetchall()
    if not held:
        con.execute("INSERT INTO quality.pseudonym_key VALUES (?)", [pseudonyms.fingerprint])
    elif held[0][0] != pseudonyms.fingerprint:
        raise CspError(
            "The key of the pseudonyms is not the one that the warehouse was loaded with: the same "
            f"person would have two pseudonyms. {MEND} If it is lost, start a new home and land "
            "the files of archive/ there again."
        )
