"""The warehouse anew from the archive, where its file is gone, damaged or not trusted.

The rows are read again from the archive, by today's contracts and settings, without what was erased
or purged. What no file says (the order of loading, who withdrew what, how runs ended) is taken from
the former file, or where that cannot be read from its copy beside the archive (`records`). A file
of the archive that neither knows is put back into landing, as it landed: the next run loads it.
"""

import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from warehouse import ddl
from warehouse.contract import Contract, load_contracts
from warehouse.errors import CspError, FileRefused
from warehouse.faults import as_csp_error
from warehouse.files import sha256_of, sync
from warehouse.home import Home, private_files
from warehouse.ingest import landing, originals, records
from warehouse.ingest.ledger import Ledger
from warehouse.ingest.originals import Kept
from warehouse.ingest.pseudonyms import Domains, current_pseudonyms
from warehouse.ingest.removal import Removals
from warehouse.locking import RunLock
from warehouse.messages import is_damaged, mend_of, safe_message
from warehouse.settings import Settings, load_settings
from warehouse.sql_text import literal
from warehouse.writing import transaction

Report = Callable[[str], None]


@dataclass
class Rebuilt:
    """What a rebuild found.

    known_by: `warehouse` (the former file), `records` (its copy) or nothing. files: those read
    again. missing: files that are left out because the archive has them no more. put_back: files
    that nobody knew, in landing again. without_contract: feeds that are read no more.
    """

    known_by: str
    files: int = 0
    missing: list[str] = field(default_factory=list)
    put_back: list[str] = field(default_factory=list)
    without_contract: list[str] = field(default_factory=list)


def rebuild(
    home: Home,
    *,
    without_missing: bool = False,
    report: Report = lambda line: None,
    record: Callable[[Home, duckdb.DuckDBPyConnection], None] = lambda _home, _con: None,
) -> Rebuilt:
    """Make the warehouse anew from the archive; the next run builds and publishes its tables.

    without_missing: leave out what the archive has no more, as if refused, instead of stopping.
    Killed at any moment, the former file stays or the new one is in its place, whole; of a damaged
    one it may be neither, and the same command makes it. Raises CspError where a file cannot be
    read again, or the former one is in use.
    """
    home.require()
    settings, contracts = load_settings(home), load_contracts()
    with RunLock(home), private_files(), as_csp_error("Rebuilding"):
        removals = Removals.read(home)
        folder = home.work / "rebuilding"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True)
        draft = folder / "warehouse.duckdb"
        with closing(ddl.open_database(draft, home, settings)) as con:
            ddl.ensure(con, contracts, settings)
            source, known_by = _records(home, settings, folder / "records.duckdb")
            if source is not None:
                records.take_over(con, source)
            done = Rebuilt(known_by)
            ledger = Ledger(con, Domains(settings.linked_persons))
            files = _noting_rewritten(home, ledger, contracts, removals)
            if without_missing:
                done.missing = _refuse_missing(home, con, files)
                files = originals.kept(ledger, contracts.values())
            originals.require(
                *(home, files, "so the warehouse stays as it is"),
                " Where they are lost, `csp rebuild --without-missing` leaves them out.",
            )
            pseudonyms = None
            if any(contract.has_identifiers for contract, _ in files):
                pseudonyms = current_pseudonyms(home, settings, con)
                pseudonyms.register(con)
            removals.register(con)
            originals.read_again(
                *(home, settings, con, ledger, files, pseudonyms, removals, report),
                around=lambda: transaction(con),
            )
            done.files = len(files)
            done.without_contract = _without_contract(con, contracts)
            done.put_back = _put_back(home, con, contracts, removals)
            con.execute("CHECKPOINT")
        sync(draft)
        _switch(home, settings, draft, folder, known_by)
        shutil.rmtree(folder, ignore_errors=True)
        with closing(ddl.open_warehouse(home, settings)) as con:
            record(home, con)
    return done


def _records(home: Home, settings: Settings, draft: Path) -> tuple[Path | None, str]:
    """Where to take what no file of the archive says from, and what that is."""
    if home.warehouse_file.is_file():
        try:
            with closing(duckdb.connect(config=ddl.duckdb_limits(home, settings))) as con:
                con.execute(f"ATTACH {literal(home.warehouse_file)} AS former (READ_ONLY)")
                con.execute("USE former")
                if records.copy_out(con, draft) or not home.records_file.is_file():
                    return draft, "warehouse"
        except duckdb.Error as error:
            if not is_damaged(error):
                raise CspError(
                    f"{home.warehouse_file} cannot be read: {safe_message(error)}. "
                    f"{mend_of(error)} If it is beyond help, move it away and give "
                    "`csp rebuild` again."
                ) from error
    return (home.records_file, "records") if home.records_file.is_file() else (None, "")


def _noting_rewritten(
    home: Home, ledger: Ledger, contracts: Mapping[str, Contract], removals: Removals
) -> Kept:
    """The files to read, also those that an erasure which was killed has written anew."""
    files: Kept = []
    for contract, stale in originals.kept(ledger, contracts.values()):
        hashes = removals.rewritten.get(stale.archive_path)
        place = home.root / stale.archive_path
        if hashes and place.is_file() and sha256_of(place) == hashes[0]:
            files.append((contract, ledger.note_rewritten(stale, *hashes)))
        else:
            files.append((contract, stale))
    return files


def _refuse_missing(home: Home, con: duckdb.DuckDBPyConnection, files: Kept) -> list[str]:
    """Give up the files that are not in the archive; landed again they are loaded as new."""
    why = FileRefused(
        f"its original was not in the archive on {datetime.now(UTC).date()}, when the warehouse "
        "was made anew",
        mend="Ask the sender for the file again and land it.",
    )
    gone = originals.missing(home, files)
    for contract, stale in gone:
        for row in stale.rows.values():
            con.execute(
                "UPDATE quality.load_audit SET status = 'refused', reason = ?, archive_path = NULL,"
                " skipped = skipped + accepted + rejected, accepted = 0, rejected = 0 "
                "WHERE file_id = ?",
                [str(why), row.file_id],
            )
            beside = home.refused / contract.feed / row.file_name.replace("/", "__")
            landing.explain(beside, contract.feed, row.file_name, row.sha256, why)
    return [f"{contract.feed}/{stale.name}" for contract, stale in gone]


def _without_contract(
    con: duckdb.DuckDBPyConnection, contracts: Mapping[str, Contract]
) -> list[str]:
    found = con.execute("SELECT DISTINCT feed FROM quality.kept_file ORDER BY feed").fetchall()
    return [feed for (feed,) in found if feed not in contracts]


def _put_back(
    home: Home,
    con: duckdb.DuckDBPyConnection,
    contracts: Mapping[str, Contract],
    removals: Removals,
) -> list[str]:
    """Put what no record names back into landing; a killed run may have left it there too."""
    home.add_landing_folders()
    # What a purge that was killed has yet to delete no record names either.
    known = {
        *removals.deleting,
        *(
            path
            for (path,) in con.execute(
                "SELECT archive_path FROM quality.load_audit WHERE archive_path IS NOT NULL"
            ).fetchall()
        ),
    }
    # Of bytes that are kept under one name a second copy says nothing new.
    kept = set(
        con.execute(
            "SELECT DISTINCT feed, archived_container_sha256 FROM quality.kept_file "
            "WHERE archive_path IS NOT NULL"
        ).fetchall()
    )
    put = []
    for feed in contracts:
        for place in sorted((home.archive / feed).glob("*")):
            if place.name.startswith(".") or place.relative_to(home.root).as_posix() in known:
                continue
            sha256 = sha256_of(place)
            if (feed, sha256) in kept:
                continue
            # Under the name that it has in the archive, where it is then kept in its own place.
            for name in (place.name, landing.with_mark(place.name, sha256)):
                target = home.landing / feed / name
                if not target.exists():
                    _link(place, target)
                    put.append(f"{feed}/{name}")
                    break
                if sha256_of(target) == sha256:
                    break
    return put


def _link(place: Path, target: Path) -> None:
    """The same bytes at the same time, whole or not at all."""
    try:
        os.link(place, target)
    except OSError:  # the archive is on a disk of its own
        draft = target.with_name(f".{target.name}.draft")
        shutil.copy2(place, draft)
        draft.replace(target)


def _switch(home: Home, settings: Settings, draft: Path, folder: Path, known_by: str) -> None:
    """Put the new file in the place of the former one, and away with that and its log."""
    log = home.warehouse_file.with_name(f"{home.warehouse_file.name}.wal")
    if log.exists() and known_by == "warehouse":
        # What was written last goes from the log into the file, so that there is no log that a
        # kill could leave beside the new file.
        with suppress(CspError), closing(ddl.open_warehouse(home, settings)):
            pass
    if log.exists():
        with suppress(FileNotFoundError):
            home.warehouse_file.replace(folder / "former")
        log.replace(folder / "former.wal")
    draft.chmod(0o600)
    draft.replace(home.warehouse_file)
    sync(home.root)
