"""What was removed for good, and is not loaded again: persons erased, and rows past retention.

`removals.json` of the home says so, and outlives the warehouse: whoever builds that anew from the
archive leaves out what it names. A person is in it as a keyed hash alone (HMAC-SHA-256, RFC 2104),
under `erasure.key`, which no rotation of the pseudonyms' key changes: of a value that is gone
nobody could make another.
"""

import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

import duckdb

from warehouse.contract import Contract
from warehouse.errors import CspError
from warehouse.files import write_whole
from warehouse.home import Home
from warehouse.ingest.pseudonyms import SEPARATOR, identifies, read_key
from warehouse.messages import safe_message
from warehouse.reading.checks import cast_sql, says_unknown_sql
from warehouse.reading.identifiers import normal_identifier, normal_sql
from warehouse.sql_text import literal

FUNCTION = "is_erased"
WHY_ERASED = "the subject of the row was erased"
WHY_PURGED = "the row is past its retention"


@dataclass(frozen=True)
class Erased:
    """A subject that was erased: the kind of its identifier, the keyed hash of it, and where.

    feeds: those it was erased from, none for all. at: when (UTC).
    """

    kind: str
    mark: str
    feeds: tuple[str, ...]
    at: str


@dataclass
class Removals:
    """The content of removals.json.

    purged: by feed the first day that is kept. rewritten: hashes of files in the archive, as they
    are to be and their plain bytes', while an erasure is under way. deleting: files of the archive
    about to be deleted. publications: those kept for good, because a purge took what they were
    made of.
    """

    erased: list[Erased] = field(default_factory=list)
    purged: dict[str, str] = field(default_factory=dict)
    rewritten: dict[str, tuple[str, str]] = field(default_factory=dict)
    deleting: list[str] = field(default_factory=list)
    publications: list[str] = field(default_factory=list)
    key: bytes = field(default=b"", repr=False)

    @classmethod
    def read(cls, home: Home) -> "Removals":
        """What was removed from the home. Raises CspError where that cannot be read."""
        try:
            content: dict[str, Any] = json.loads(home.removals_file.read_text(encoding="utf-8"))
            found = cls(
                [Erased(**{**each, "feeds": tuple(each["feeds"])}) for each in content["erased"]],
                content["purged"],
                {path: (whole, plain) for path, (whole, plain) in content["rewritten"].items()},
                content["deleting"],
                content["publications"],
            )
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise CspError(
                f"{home.removals_file}, which says what was erased and must not be loaded again, "
                f"cannot be read ({safe_message(error)}). Restore it from your backup of the home."
            ) from error
        if found.erased:
            found.key = read_key(home.erasure_key_file)
        return found

    def save(self, home: Home) -> None:
        """Write it, whole and on disk."""
        content = asdict(self)
        del content["key"]
        write_whole(home.removals_file, json.dumps(content, indent=2) + "\n")

    def mark(self, kind: str, text: str) -> str:
        """The keyed hash of an identifier's text in its normal form."""
        said = f"erased {kind}{SEPARATOR}{text}".encode()
        return hmac.digest(self.key, said, "sha256").hex()

    def erase(self, home: Home, kind: str, text: str, feeds: tuple[str, ...]) -> Erased:
        """Note that the subject of this identifier, in its normal form, is not loaded again."""
        if not self.key:
            write_whole(home.erasure_key_file, secrets.token_hex(32) + "\n", replace=False)
            self.key = read_key(home.erasure_key_file)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        erased = Erased(kind, self.mark(kind, text), feeds, now)
        if not any((e.kind, e.mark, e.feeds) == (kind, erased.mark, feeds) for e in self.erased):
            self.erased.append(erased)
        self.save(home)
        return erased

    def erases(self, contract: Contract) -> bool:
        """Whether a subject was erased from the feed."""
        kinds = {column.identifier for column in contract.columns}
        return any(
            each.kind in kinds and (not each.feeds or contract.feed in each.feeds)
            for each in self.erased
        )

    def names(self, feed: str, kind: str, text: str) -> bool:
        """Whether the subject of an identifier, in its normal form, was erased from the feed."""
        mark = self.mark(kind, text)
        return any(
            each.kind == kind and each.mark == mark and (not each.feeds or feed in each.feeds)
            for each in self.erased
        )

    def is_of_erased(self, contract: Contract, said: Mapping[str, str]) -> bool:
        """Whether a row is of somebody who was erased; said: what its cells say, by column."""
        return any(
            self.names(
                contract.feed,
                column.identifier,
                normal_identifier(said[column.name], column.leading_zeros),
            )
            for column in contract.columns
            if column.identifier and identifies(column, said.get(column.name, ""))
        )

    def register(self, con: duckdb.DuckDBPyConnection) -> None:
        """Make `is_erased(feed, kind, text)` callable in SQL on this connection."""
        if self.erased:
            con.create_function(FUNCTION, self.names, ["VARCHAR"] * 3, "BOOLEAN")

    def tests(self, contract: Contract, values: Mapping[str, str]) -> list[tuple[str, str]]:
        """SQL that is true for a row to leave out, and why; values: SQL of the columns' texts."""
        found = []
        if self.erases(contract):
            for column in contract.columns:
                value = values[column.name]
                if column.identifier:
                    named = (
                        f"{FUNCTION}({literal(contract.feed)}, {literal(column.identifier)}, "
                        f"{normal_sql(column, value)})"
                    )
                    known = f"{value} IS NOT NULL AND NOT {says_unknown_sql(column, value)}"
                    found.append((f"CASE WHEN {known} THEN {named} ELSE false END", WHY_ERASED))
        day = day_sql(contract, values)
        if contract.feed in self.purged and day is not None:
            before = f"{day} < DATE {literal(self.purged[contract.feed])}"
            found.append((f"coalesce({before}, false)", WHY_PURGED))
        return found


def day_sql(contract: Contract, values: Mapping[str, str]) -> str | None:
    """SQL of the day that says how old a row is; None of a feed whose rows have no time.

    Of rows of a span the last day of it. values: SQL of the columns' texts.
    """
    update = contract.update
    name = update.month or update.date or (update.span[1] if update.span else None)
    return f"({cast_sql(contract.column(name), values[name])})::DATE" if name else None
