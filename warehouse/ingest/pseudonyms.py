"""Keyed pseudonyms: what stands in the warehouse for whatever identifies a person or a case.

A pseudonym is HMAC-SHA-256 (RFC 2104) under the home's key, over a domain and the normal form of
the text (warehouse.reading.identifiers), as 64 hexadecimal digits; without the key nobody can find
the text by trying. The same text has one pseudonym in a domain, and another in every other. What
identifies a crime or a case is one domain in all feeds. Persons are a domain of their own in each
feed, so that nobody is followed from one partner's records into another's, unless the settings link
the feeds and name the lawful reason.
"""

import csv
import hashlib
import hmac
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import duckdb

from warehouse.contract import Column, Contract
from warehouse.errors import CspError, UsageError
from warehouse.home import READABLE_BY_OTHERS, Home
from warehouse.reading.header import Header
from warehouse.reading.identifiers import normal_identifier, normal_sql
from warehouse.reading.values import value_of
from warehouse.settings import Link, Settings
from warehouse.sql_text import literal, quoted

FUNCTION = "pseudonym"
# The kind of identifier that is a domain of its own in each feed.
PERSON = "person"
# Parts the domain from the text, so that no domain's end can be another text's beginning.
SEPARATOR = "\x1f"
KEY = re.compile(r"[0-9a-f]{64}")
MEND = "Restore the key from your backup of the home."


class Domains:
    """Which identifiers may have the same pseudonym, as the settings link feeds."""

    def __init__(self, links: Sequence[Link] = ()) -> None:
        self._links = links

    def of(self, feed: str, kind: str) -> str:
        """The domain of what identifies a `kind` in a feed."""
        if kind != PERSON:
            return kind
        for link in self._links:
            if feed in link.feeds:
                return f"{kind} of {' and '.join(sorted(link.feeds))}"
        return f"{kind} of {feed}"

    def stamp(self, contract: Contract) -> str:
        """A hash of all that decides what is loaded of a file: the contract and its domains."""
        own = {c.identifier for c in contract.columns if c.identifier}
        linked = [self.of(contract.feed, kind) for kind in sorted(own)]
        if linked == [Domains().of(contract.feed, kind) for kind in sorted(own)]:
            return contract.sha256
        return hashlib.sha256(json.dumps([contract.sha256, linked]).encode()).hexdigest()

    def require_known(self, contracts: Mapping[str, Contract]) -> None:
        """Raise UsageError where a link names a feed that does not exist, or names no person."""
        for link in self._links:
            for feed in link.feeds:
                contract = contracts.get(feed)
                if contract is None:
                    raise UsageError(
                        f"csp.yml, linked_persons: there is no feed {feed}; `csp feeds` lists them."
                    )
                if not any(column.identifier == PERSON for column in contract.columns):
                    raise UsageError(
                        f"csp.yml, linked_persons: {feed} has no column that identifies a person, "
                        "so that there is nothing to link. Take it out of the list."
                    )


class Pseudonyms:
    """The pseudonyms under one key. Neither the key nor a text is ever shown."""

    def __init__(self, key: bytes, domains: Domains | None = None) -> None:
        self._key = key
        self.domains = domains or Domains()

    def of(self, domain: str, text: str) -> str:
        """The pseudonym in a domain of a text in its normal form."""
        return hmac.digest(self._key, f"{domain}{SEPARATOR}{text}".encode(), "sha256").hex()

    def of_cell(self, feed: str, column: Column, text: str) -> str:
        """The pseudonym of what a cell of the column says, which identifies somebody."""
        domain = self.domains.of(feed, column.identifier or "")
        return self.of(domain, normal_identifier(text, column.leading_zeros))

    @property
    def fingerprint(self) -> str:
        """Tells one key from another, and nothing else of it."""
        return self.of("key", "fingerprint")

    def register(self, con: duckdb.DuckDBPyConnection) -> None:
        """Make `pseudonym(domain, text)` callable in SQL on this connection."""
        import pyarrow as pa

        def column(domains: pa.ChunkedArray, texts: pa.ChunkedArray) -> pa.Array:
            pairs = zip(domains.to_pylist(), texts.to_pylist(), strict=True)
            return pa.array([self.of(domain, text) for domain, text in pairs], pa.string())

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
            text = value_of(contract, column, rows[0][at]) or ""
            masked = identifies(column, text)
            cells[at] = self.of_cell(contract.feed, column, text) if masked else text
        kept = io.StringIO(newline="")
        csv.writer(kept, delimiter=contract.delimiter, lineterminator="").writerow(cells)
        return kept.getvalue()


def identifies(column: Column, text: str) -> bool:
    """Whether what a cell of the column says identifies somebody or something."""
    codes = {code.casefold() for code in column.not_stated}
    return column.identifier is not None and bool(text) and text.casefold() not in codes


def stored_sql(column: Column, domain: str | None) -> str:
    """SQL of what the raw table holds of a column: its text, or the pseudonym in its place.

    domain: that of an identifier.
    """
    name = quoted(column.name)
    if domain is None:
        return name
    made = f"{FUNCTION}({literal(domain)}, {normal_sql(column, name)})"
    if not column.not_stated:
        return f"CASE WHEN {name} IS NOT NULL THEN {made} END"
    codes = ", ".join(literal(code.casefold()) for code in column.not_stated)
    return (
        f"CASE WHEN lower({name}) IN ({codes}) THEN {name} WHEN {name} IS NOT NULL THEN {made} END"
    )


def load_pseudonyms(home: Home, settings: Settings) -> Pseudonyms:
    """The pseudonyms under the home's key; CspError says what is wrong with it and what to do."""
    return Pseudonyms(read_key(home.key_file), Domains(settings.linked_persons))


def read_key(path: Path) -> bytes:
    """The key of a file that its owner alone reads. Raises CspError."""
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
    return bytes.fromhex(text)


def current_pseudonyms(
    home: Home, settings: Settings, con: duckdb.DuckDBPyConnection
) -> Pseudonyms:
    """The pseudonyms under the home's key, which is noted the first time and held to since.

    Raises CspError where the key cannot be read, or is not the one that the warehouse is under.
    """
    noted = con.execute("SELECT fingerprint FROM quality.pseudonym_key").fetchall()
    held = noted[0][0] if noted else None
    if home.next_key_file.exists():
        # A rotation was killed: where its transaction was committed the next key is the one.
        if Pseudonyms(read_key(home.next_key_file)).fingerprint == held:
            home.next_key_file.replace(home.key_file)
        else:
            home.next_key_file.unlink()
    pseudonyms = load_pseudonyms(home, settings)
    if held is None:
        note_key(con, pseudonyms)
    elif held != pseudonyms.fingerprint:
        raise CspError(
            "The key of the pseudonyms is not the one that the warehouse was loaded with: the same "
            f"person would have two pseudonyms. {MEND} If it is lost, start a new home and land "
            "the files of archive/ there again."
        )
    return pseudonyms


def note_key(con: duckdb.DuckDBPyConnection, pseudonyms: Pseudonyms) -> None:
    """Note which key the warehouse's pseudonyms are under."""
    con.execute("DELETE FROM quality.pseudonym_key")
    con.execute("INSERT INTO quality.pseudonym_key VALUES (?)", [pseudonyms.fingerprint])
