"""What is past the retention that the contracts say: shown, and removed for good.

A row is as old as the day it is of (of a span its last day; of a feed without days the receipt of
its file), a rejected row and an original file as their receipt. Months are removed whole. What is
removed is named in removals.json, so that no file read again, or landed later, brings it back.
"""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb

from warehouse import ddl
from warehouse.contract import Contract, load_contracts
from warehouse.errors import UsageError
from warehouse.faults import as_csp_error
from warehouse.files import sha256_of
from warehouse.home import Home, private_files
from warehouse.ingest.certificates import certify
from warehouse.ingest.cleansing import forget_built, rewrite_warehouse
from warehouse.ingest.removal import Removals, day_sql
from warehouse.locking import RunLock
from warehouse.settings import load_settings
from warehouse.sql_text import literal, quoted
from warehouse.writing import transaction

Report = Callable[[str], None]


@dataclass
class FeedPurge:
    """What of one feed is past its retention: by file its rows, and the original files.

    rows and rejected: counts by file_id. originals: paths below the home.
    """

    feed: str
    records_before: date
    archive_before: date
    rows: dict[int, int] = field(default_factory=dict)
    rejected: dict[int, int] = field(default_factory=dict)
    originals: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (self.rows or self.rejected or self.originals)


@dataclass
class Purge:
    """What a purge removes, feed by feed, and once it is done its certificate."""

    feeds: list[FeedPurge]
    certificate: Path | None = None


def purge(
    home: Home,
    *,
    really: bool,
    today: date | None = None,
    record: Callable[[Home, duckdb.DuckDBPyConnection], None] = lambda _home, _con: None,
    publication: str | None = None,
) -> Purge:
    """Find what is past its retention, and remove it if `really`.

    today: the day that retention is counted back from. publication: the id of the current one,
    which is kept for good where rows go that it was made of. What was built of the rows is dropped,
    for the next run to build. Killed, it is finished by the next purge.
    """
    home.require()
    settings, contracts = load_settings(home), load_contracts()
    if not home.has_warehouse:
        raise UsageError("Nothing is loaded yet, so there is nothing to purge.")
    with RunLock(home), private_files(), as_csp_error("Purging"):
        removals = Removals.read(home)
        with closing(ddl.open_warehouse(home, settings)) as con:
            ddl.ensure(con, contracts, settings)
            found = [
                _past(home, con, contract, today or date.today())
                for contract in contracts.values()
                if contract.retention
            ]
            done = Purge([each for each in found if not each.is_empty])
            if not really or not (done.feeds or removals.deleting):
                return done
            hashes = [_file(home, path) for each in done.feeds for path in each.originals]
            for each in done.feeds:
                removals.purged[each.feed] = each.records_before.isoformat()
                removals.deleting += each.originals
            if publication and publication not in removals.publications:
                removals.publications.append(publication)
            removals.save(home)
            with transaction(con):
                for each in done.feeds:
                    contract = contracts[each.feed]
                    _remove(con, contract, each.records_before, each.rows, each.rejected)
                    _forget_originals(con, each, today or date.today())
                forget_built(con)
            record(home, con)
        rewrite_warehouse(home, settings)
        for path in removals.deleting:
            (home.root / path).unlink(missing_ok=True)
        removals.deleting = []
        removals.save(home)
        done.certificate = certify(
            home,
            "purge",
            {
                "feeds": [
                    {
                        "feed": each.feed,
                        "records_before": each.records_before.isoformat(),
                        "archive_before": each.archive_before.isoformat(),
                        "rows": sum(each.rows.values()),
                        "rejected_rows": sum(each.rejected.values()),
                        "files": len(each.originals),
                    }
                    for each in done.feeds
                ],
                "files": hashes,
                "publication_kept": publication,
            },
        )
    return done


def _file(home: Home, path: str) -> dict[str, object]:
    place = home.root / path
    return {"sha256": sha256_of(place), "bytes": place.stat().st_size}


def _past(home: Home, con: duckdb.DuckDBPyConnection, contract: Contract, today: date) -> FeedPurge:
    """What of a feed is past its retention."""
    if contract.retention is None:
        raise ValueError(contract.feed)
    records, archive = (
        contract.retention.records_before(today),
        contract.retention.archive_before(today),
    )
    table = f"raw.{contract.raw_table}"
    found = FeedPurge(contract.feed, records, archive, *_past_rows(con, contract, records))
    # An original goes when all its rows do, whichever member of an archive they are of.
    found.originals = [
        path
        for (path,) in con.execute(
            "SELECT archive_path FROM quality.load_audit WHERE feed = $feed "
            "AND archive_path IS NOT NULL GROUP BY archive_path "
            "HAVING max(loaded_at) < $archive AND NOT bool_or(file_id IN "
            f"(SELECT _file_id FROM {table} WHERE NOT {_is_past(contract, records)})) "
            "ORDER BY archive_path",
            {"feed": contract.feed, "archive": archive},
        ).fetchall()
        if (home.root / path).is_file()
    ]
    return found


def _past_rows(
    con: duckdb.DuckDBPyConnection, contract: Contract, before: date
) -> tuple[dict[int, int], dict[int, int]]:
    """Rows and rejected rows of a feed that are of a day before, or received before, by file."""
    rows = con.execute(
        f"SELECT _file_id, count(*) FROM raw.{contract.raw_table} "
        f"WHERE {_is_past(contract, before)} GROUP BY 1 ORDER BY 1"
    ).fetchall()
    rejected = con.execute(
        "SELECT file_id, count(*) FROM quality.rejected_row JOIN quality.load_audit "
        "USING (file_id) WHERE load_audit.feed = ? AND loaded_at < ? GROUP BY 1 ORDER BY 1",
        [contract.feed, before],
    ).fetchall()
    return dict(rows), dict(rejected)


def remove_past(con: duckdb.DuckDBPyConnection, contract: Contract, before: date) -> None:
    """Take out again what a purge took that reading a kept file brought back; in a transaction."""
    rows, rejected = _past_rows(con, contract, before)
    if rows or rejected:
        _remove(con, contract, before, rows, rejected)


def _is_past(contract: Contract, before: date) -> str:
    """SQL that is true for a row of the raw table that is of a day before."""
    day = day_sql(contract, {name: quoted(name) for name in contract.raw_columns})
    if day is None:
        return (
            "_file_id IN (SELECT file_id FROM quality.load_audit "
            f"WHERE loaded_at < DATE {literal(before)})"
        )
    return f"coalesce({day} < DATE {literal(before)}, false)"


def _remove(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    before: date,
    rows: Mapping[int, int],
    rejected: Mapping[int, int],
) -> None:
    """Take the rows out and count them as skipped; inside a transaction."""
    table = f"raw.{contract.raw_table}"
    con.execute(f"DELETE FROM {table} WHERE {_is_past(contract, before)}")
    for counts, column in ((rows, "accepted"), (rejected, "rejected")):
        for file_id, count in counts.items():
            con.execute(
                f"UPDATE quality.load_audit SET {column} = {column} - ?, skipped = skipped + ? "
                "WHERE file_id = ?",
                [count, count, file_id],
            )
    con.execute(
        "DELETE FROM quality.rejected_row WHERE list_contains(?::BIGINT[], file_id)",
        [list(rejected)],
    )
    con.execute(
        "DELETE FROM raw.load_period WHERE feed = $feed AND (month < $before OR file_id IN "
        f"(SELECT unnest($files::BIGINT[]) EXCEPT SELECT _file_id FROM {table}))",
        {"feed": contract.feed, "before": before, "files": list(rows)},
    )


def _forget_originals(con: duckdb.DuckDBPyConnection, past: FeedPurge, today: date) -> None:
    con.execute(
        "DELETE FROM quality.identifier_shape WHERE file_id IN (SELECT file_id "
        "FROM quality.load_audit WHERE feed = ? AND list_contains(?::VARCHAR[], archive_path))",
        [past.feed, past.originals],
    )
    con.execute(
        "UPDATE quality.load_audit SET archive_path = NULL, reason = ? "
        "WHERE feed = ? AND list_contains(?::VARCHAR[], archive_path)",
        [f"purged on {today}", past.feed, past.originals],
    )
