"""Taking a loaded file out of force, and back: audited, and undone as easily."""

from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC, datetime

import duckdb

from warehouse import ddl
from warehouse.contract import Contract, load_contracts
from warehouse.errors import UsageError
from warehouse.faults import as_csp_error
from warehouse.home import Home
from warehouse.ingest.holding import place_text
from warehouse.ingest.kept import KeptFile, Newness, Place, kept_files
from warehouse.ingest.ledger import Ledger
from warehouse.locking import RunLock
from warehouse.settings import load_settings
from warehouse.sql_text import quoted
from warehouse.users import user_name
from warehouse.writing import transaction

LEAST_HASH = 6  # letters of a hash that name a file
MOST_LISTED = 10


def change_force(
    home: Home,
    name: str,
    *,
    back: bool = False,
    feed: str | None = None,
    reason: str | None = None,
    record: Callable[[Home, duckdb.DuckDBPyConnection], None] = lambda _home, _con: None,
) -> list[str]:
    """Withdraw the file of that name (of a zip all its members), or bring it back; the outcome.

    name: as the audit shows it, with or without `partner/feed/`, or the beginning of its SHA-256.
    A file that is brought back has the status and the place in time that it had. record: writes
    what changed where it is shown, still under the lock. Raises UsageError for a name that means no
    file or several, CspError while a run goes on.
    """
    home.require()
    settings = load_settings(home)
    contracts = load_contracts()
    if feed is not None and feed not in contracts:
        raise UsageError(f"There is no feed {feed}: `csp feeds` lists them.")
    if not home.has_warehouse:
        raise UsageError("Nothing is loaded yet: `csp run` loads what has landed.")
    with (
        RunLock(home),
        as_csp_error(f"Withdrawing {name}"),
        closing(ddl.open_warehouse(home, settings)) as con,
    ):
        ddl.ensure(con, contracts, settings)
        chosen = _chosen(con, contracts, name, feed, back)
        ledger = Ledger(con)
        lines: list[str] = []
        with transaction(con):
            contract = contracts[chosen[0].feed]
            before = ledger.in_force(contract)
            for file in chosen:
                if back:
                    lines.append(_bring_back(con, ledger, file, reason))
                else:
                    lines.append(_withdraw(ledger, file, reason))
                if contract.update.rule == "upsert":
                    lines += _keys(con, contract, file, back)
            changes = _changes(before, ledger.in_force(contract))
            if not changes and contract.update.rule != "upsert":
                changes = ["  What is in force stays as it was."]
        record(home, con)
    return _bounded(lines) + changes


def _withdraw(ledger: Ledger, file: KeptFile, reason: str | None) -> str:
    today = datetime.now(UTC).date()
    ledger.change(file, "withdrawn", "withdrawn", f"withdrawn on {today}", user_name(), reason)
    return f"Withdrawn: {file.feed}/{file.file_name}"


def _bring_back(
    con: duckdb.DuckDBPyConnection, ledger: Ledger, file: KeptFile, reason: str | None
) -> str:
    row = con.execute(
        "SELECT arg_max(status_before, rowid) FILTER (event = 'withdrawn'), "
        "arg_max(reason, rowid) FILTER (event = 'held') "
        "FROM quality.file_event WHERE file_id = ?",
        [file.file_id],
    ).fetchone()
    was, why = row or (None, None)
    held = was == "held"
    ledger.change(
        file, "back", "held" if held else "loaded", why if held else None, user_name(), reason
    )
    return (
        f"Back, but held as before: {file.feed}/{file.file_name}: {why}"
        if held
        else f"Back: {file.feed}/{file.file_name}"
    )


def _changes(
    before: Mapping[Place, tuple[Newness, int]], after: Mapping[Place, tuple[Newness, int]]
) -> list[str]:
    """What is in force now of each place where it changed."""
    lines = []
    for place in sorted({*before, *after}, key=place_text):
        old, new = before.get(place), after.get(place)
        if (old and old[0][2]) == (new and new[0][2]):  # the same file
            continue
        rows = f"{old[1] if old else 0:,} → {new[1] if new else 0:,} rows"
        given = f"from {new[0][1]}" if new else "no file is left for it"
        lines.append(f"  {place_text(place)}: {rows}, {given}")
    return _bounded(lines)


def _bounded(lines: list[str]) -> list[str]:
    more = len(lines) - MOST_LISTED
    return lines[:MOST_LISTED] + ([f"  and {more:,} more"] if more > 0 else [])


def _keys(
    con: duckdb.DuckDBPyConnection, contract: Contract, file: KeptFile, back: bool
) -> list[str]:
    """Of a feed of keyed rows: for how many keys of the file other loaded files have rows."""
    keys = ", ".join(map(quoted, contract.update.key))
    table = f"raw.{contract.raw_table}"
    row = con.execute(
        f"SELECT count(*), count(others.found) FROM (SELECT {keys} FROM {table} "
        f"WHERE _file_id = $file) AS own LEFT JOIN (SELECT DISTINCT {keys}, true AS found "
        f"FROM {table} WHERE _file_id <> $file AND _file_id IN "
        f"(SELECT file_id FROM quality.loaded_file)) AS others USING ({keys})",
        {"file": file.file_id},
    ).fetchone()
    rows, shared = row or (0, 0)
    if back:
        return [f"  {rows:,} rows; other files have {shared:,} of their keys: the newest counts"]
    return [f"  {rows:,} rows; of {shared:,} of them what other files say counts, the rest go"]


def _chosen(
    con: duckdb.DuckDBPyConnection,
    contracts: Mapping[str, Contract],
    name: str,
    feed: str | None,
    back: bool,
) -> list[KeptFile]:
    """The file of the name, or the members of the zip. Raises UsageError where there is none."""
    asked = name
    prefix = "/".join(name.split("/")[:2])
    if feed is None and prefix in contracts and name.count("/") > 1:
        feed, name = prefix, name.split("/", 2)[2]
    elif feed is not None:
        name = name.removeprefix(f"{feed}/")
    found = kept_files(
        con,
        "($feed IS NULL OR feed = $feed) AND ($name IN (file_name, "
        "split_part(file_name, '/', 1), split_part(file_name, '/', -1)) "
        "OR (length($name) >= $least AND (starts_with(sha256, lower($name)) "
        "OR starts_with(container_sha256, lower($name)))))",
        feed=feed,
        name=name,
        least=LEAST_HASH,
    )
    # A member of an archive has the name of a file landed alone: its own name means it last.
    inside = [each for each in found if _is_inside(each, name)]
    found = [each for each in found if each not in inside] or inside
    wanted = [each for each in found if (each.status == "withdrawn") == back]
    if not wanted:
        raise UsageError(_nothing(con, asked, name, feed, found))
    landed = {(each.feed, each.landed_name, each.container_sha256) for each in wanted}
    is_zip = all(each.landed_name == name for each in wanted)
    is_hash = len(name) >= LEAST_HASH and wanted[0].container_sha256.startswith(name.lower())
    if len(landed) == 1 and (is_zip or len(wanted) == 1 or is_hash):
        return wanted
    listed = "; ".join(
        f"{each.feed}/{each.file_name}, loaded {each.loaded_at:%Y-%m-%d %H:%M}: {each.sha256[:12]}"
        for each in wanted[:MOST_LISTED]
    )
    more = f"; and {len(wanted) - MOST_LISTED} more" if len(wanted) > MOST_LISTED else ""
    raise UsageError(
        f"{asked} is the name of {len(wanted)} files. Give the hash of the one you mean: "
        f"{listed}{more}."
    )


def _is_inside(file: KeptFile, name: str) -> bool:
    """Whether the name is only the last part of an archive's member."""
    path = file.file_name
    return name not in (path, file.landed_name) and path.split("/")[-1] == name


def _nothing(
    con: duckdb.DuckDBPyConnection,
    asked: str,
    name: str,
    feed: str | None,
    found: list[KeptFile],
) -> str:
    """Why the name means no file that can be withdrawn, or brought back."""
    if found:
        return (
            f"{asked} is withdrawn already; `csp withdraw --back` brings it back."
            if found[0].status == "withdrawn"
            else f"{asked} is not withdrawn: there is nothing to bring back."
        )
    other = con.execute(
        "SELECT status, reason FROM quality.load_audit WHERE ($feed IS NULL OR feed = $feed) "
        "AND $name IN (file_name, split_part(file_name, '/', 1)) ORDER BY file_id DESC LIMIT 1",
        {"feed": feed, "name": name},
    ).fetchone()
    if other is not None and other[0] == "refused":
        return f"{asked} was refused: nothing of it is loaded."
    if other is not None:
        same = str(other[1]).split(", ")[0]
        return f"{asked} has the {same}: give the name of that."
    if con.execute("SELECT 1 FROM quality.load_audit LIMIT 1").fetchone() is None:
        return "Nothing is loaded yet: `csp run` loads what has landed."
    return (
        f'No loaded file is named {asked}: `csp query "select feed, file_name, status from '
        'load_audit"` lists what the publication is made of.'
    )
