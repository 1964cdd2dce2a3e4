"""The original files in the archive, and how all that was loaded of them is read once more."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext

import duckdb

from warehouse.contract import Contract
from warehouse.errors import CspError
from warehouse.files import sha256_of
from warehouse.home import Home
from warehouse.ingest.ledger import Ledger, Stale
from warehouse.ingest.loading import Loader
from warehouse.ingest.pseudonyms import Pseudonyms
from warehouse.ingest.removal import Removals
from warehouse.settings import Settings

MOST_LISTED = 3
Kept = list[tuple[Contract, Stale]]


def kept(ledger: Ledger, contracts: Iterable[Contract]) -> Kept:
    """The files that the feeds keep rows of, each feed's in the order of loading."""
    return [(contract, stale) for contract in contracts for stale in ledger.kept(contract)]


def missing(home: Home, files: Kept) -> Kept:
    """Those that are not in the archive, or not as they were kept."""
    return [(contract, stale) for contract, stale in files if not _is_there(home, stale)]


def require(home: Home, files: Kept, so: str, instead: str = "") -> None:
    """Raise CspError unless every file lies in the archive as it was kept.

    so: what follows from it, a clause. instead: what else may be done, a sentence.
    """
    if wrong := missing(home, files):
        more = f" and {len(wrong) - MOST_LISTED:,} more" if len(wrong) > MOST_LISTED else ""
        listed = ", ".join(stale.archive_path for _, stale in wrong[:MOST_LISTED])
        raise CspError(
            f"These files cannot be read again, {so}: {listed}{more} is not in the archive, or not "
            f"as it was kept. Put the originals back there, from your backup.{instead}"
        )


def read_again(
    home: Home,
    settings: Settings,
    con: duckdb.DuckDBPyConnection,
    ledger: Ledger,
    files: Sequence[tuple[Contract, Stale]],
    pseudonyms: Pseudonyms | None,
    removals: Removals,
    report: Callable[[str], None],
    around: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> None:
    """Replace what was read of the files by what is read of them now, all of it.

    pseudonyms and removals are registered on the connection. around: what each file is read
    inside, a transaction where there is none round all. Raises CspError for the first file that
    cannot all be read.
    """
    for contract, stale in files:
        with around():
            Loader(
                *(home, settings, contract, con, ledger), pseudonyms=pseudonyms, removals=removals
            ).replace(stale)
        report(f"{contract.feed}/{stale.name}: read again")


def _is_there(home: Home, stale: Stale) -> bool:
    place = home.root / stale.archive_path
    return place.is_file() and sha256_of(place) == stale.sha256
