"""A new key of the pseudonyms: every pseudonym is made anew from the archive."""

import secrets
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import duckdb

from warehouse import ddl
from warehouse.contract import load_contracts
from warehouse.errors import CspError, UsageError
from warehouse.faults import as_csp_error
from warehouse.files import sha256_of, sync, write_whole
from warehouse.home import Home, private_files
from warehouse.ingest.cleansing import forget_built, rewrite_warehouse
from warehouse.ingest.ledger import Ledger, Stale
from warehouse.ingest.loading import Loader
from warehouse.ingest.pseudonyms import Domains, Pseudonyms, current_pseudonyms, note_key, read_key
from warehouse.ingest.removal import Removals
from warehouse.locking import RunLock
from warehouse.settings import load_settings
from warehouse.writing import transaction

Report = Callable[[str], None]


def rotate_key(
    home: Home,
    report: Report = lambda line: None,
    record: Callable[[Home, duckdb.DuckDBPyConnection], None] = lambda _home, _con: None,
) -> int:
    """Give the home a new key and read every file with identifiers again; how many were read.

    All or nothing: before the one transaction is committed the former key holds, after it the new
    one, also where the process is killed. What was built of the rows is dropped; the next run
    builds it. Raises CspError where a file cannot be read again, UsageError before the first load.
    """
    home.require()
    settings, contracts = load_settings(home), load_contracts()
    if not home.warehouse_file.is_file():
        raise UsageError("Nothing is loaded yet, so there is nothing to give another key.")
    domains = Domains(settings.linked_persons)
    with RunLock(home), private_files(), as_csp_error("Rotating the key"):
        with closing(ddl.open_warehouse(home, settings)) as con:
            ddl.ensure(con, contracts, settings)
            current_pseudonyms(home, settings, con)
            ledger = Ledger(con, domains)
            with_identifiers = [each for each in contracts.values() if each.has_identifiers]
            again = [(c, stale) for c in with_identifiers for stale in ledger.kept(c)]
            _require_originals(home, [stale for _, stale in again])
            write_whole(home.next_key_file, secrets.token_hex(32) + "\n")
            pseudonyms = Pseudonyms(read_key(home.next_key_file), domains)
            pseudonyms.register(con)
            removals = Removals.read(home)
            removals.register(con)
            with transaction(con):
                note_key(con, pseudonyms)
                for contract, stale in again:
                    Loader(
                        *(home, settings, contract, con, ledger),
                        pseudonyms=pseudonyms,
                        removals=removals,
                    ).replace(stale)
                    report(f"{contract.feed}/{stale.name}: read again")
                forget_built(con)
            adopt_next_key(home)
            record(home, con)
        rewrite_warehouse(home, settings)
    return len(again)


def adopt_next_key(home: Home) -> None:
    """The next key is the home's key from now on."""
    home.next_key_file.replace(home.key_file)
    sync(home.root)


def _require_originals(home: Home, files: list[Stale]) -> None:
    """Raise CspError unless every file lies in the archive as it was kept."""
    wrong = [stale for stale in files if not _is_kept(home.root / stale.archive_path, stale)]
    if wrong:
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        listed = ", ".join(stale.archive_path for stale in wrong[:3])
        raise CspError(
            f"These files cannot be read again, so the key stays as it is: {listed}{more} is not "
            "in the archive, or not as it was kept. Put the originals back there, from your backup."
        )


def _is_kept(place: Path, stale: Stale) -> bool:
    return place.is_file() and sha256_of(place) == stale.sha256
