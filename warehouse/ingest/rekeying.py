"""A new key of the pseudonyms: every pseudonym is made anew from the archive."""

import secrets
from collections.abc import Callable
from contextlib import closing

import duckdb

from warehouse import ddl
from warehouse.contract import load_contracts
from warehouse.errors import UsageError
from warehouse.faults import as_csp_error
from warehouse.files import sync, write_whole
from warehouse.home import Home, private_files
from warehouse.ingest import originals
from warehouse.ingest.cleansing import forget_built, rewrite_warehouse
from warehouse.ingest.ledger import Ledger
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
    if not home.has_warehouse:
        raise UsageError("Nothing is loaded yet, so there is nothing to give another key.")
    domains = Domains(settings.linked_persons)
    with RunLock(home), private_files(), as_csp_error("Rotating the key"):
        with closing(ddl.open_warehouse(home, settings)) as con:
            ddl.ensure(con, contracts, settings)
            current_pseudonyms(home, settings, con)
            ledger = Ledger(con, domains)
            with_identifiers = [each for each in contracts.values() if each.has_identifiers]
            files = originals.kept(ledger, with_identifiers)
            originals.require(home, files, "so the key stays as it is")
            write_whole(home.next_key_file, secrets.token_hex(32) + "\n")
            pseudonyms = Pseudonyms(read_key(home.next_key_file), domains)
            pseudonyms.register(con)
            removals = Removals.read(home)
            removals.register(con)
            with transaction(con):
                note_key(con, pseudonyms)
                originals.read_again(
                    home, settings, con, ledger, files, pseudonyms, removals, report
                )
                forget_built(con)
            adopt_next_key(home)
            record(home, con)
        rewrite_warehouse(home, settings)
    return len(files)


def adopt_next_key(home: Home) -> None:
    """The next key is the home's key from now on."""
    home.next_key_file.replace(home.key_file)
    sync(home.root)
