"""Erasing a subject: every row of them, wherever it is kept, and for every night to come."""

import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from warehouse import ddl
from warehouse.contract import Contract, load_contracts
from warehouse.errors import CspError, FileRefused, UsageError
from warehouse.faults import as_csp_error
from warehouse.files import sha256_of, sync
from warehouse.home import Home, private_files
from warehouse.ingest.certificates import certify
from warehouse.ingest.cleansing import forget_built, rewrite_warehouse
from warehouse.ingest.ledger import Ledger, Stale
from warehouse.ingest.loading import Loader, limits
from warehouse.ingest.pseudonyms import Domains, current_pseudonyms
from warehouse.ingest.removal import Removals
from warehouse.ingest.rewriting import lines_of_erased, write_without
from warehouse.locking import RunLock
from warehouse.reading.identifiers import normal_identifier
from warehouse.settings import Settings, load_settings
from warehouse.writing import transaction

Report = Callable[[str], None]


@dataclass
class Erasure:
    """What an erasure removed: lines of rows, files by their hashes before and after, and the rest.

    unread: refused files that are no text, which somebody must look into.
    """

    lines: int = 0
    files: list[dict[str, str]] = field(default_factory=list)
    refused_files: int = 0
    unread: list[str] = field(default_factory=list)
    certificate: Path | None = None


def erase(
    home: Home,
    kind: str,
    value: str,
    feed: str | None = None,
    report: Report = lambda line: None,
    record: Callable[[Home, duckdb.DuckDBPyConnection], None] = lambda _home, _con: None,
) -> Erasure:
    """Remove every row of a subject, and see to it that none is loaded again.

    kind: what the value identifies, as contracts say it; feed: of one feed alone. The archived
    files are written anew without the rows, refused ones deleted, the raw tables and rejected rows
    read again, and what was built of them dropped, for the next run to build. Publications hold
    aggregates and stay. Interrupted, it is finished by the same command. Raises UsageError for a
    kind or feed that does not exist, CspError where a file is not in the archive as it was kept.
    """
    home.require()
    settings, contracts = load_settings(home), load_contracts()
    chosen = _feeds_with(contracts, kind, feed)
    zeros = next(c.leading_zeros for c in chosen[0].columns if c.identifier == kind)
    done = Erasure()
    has_warehouse = home.has_warehouse
    with RunLock(home), private_files(), as_csp_error("Erasing"):
        removals = Removals.read(home)
        text = normal_identifier(value, zeros)
        erased = removals.erase(home, kind, text, (feed,) if feed else ())
        for contract in chosen:
            _refused_files(home, settings, contract, removals, done)
        if has_warehouse:
            with closing(ddl.open_warehouse(home, settings)) as con:
                ddl.ensure(con, contracts, settings)
                _kept_files(home, settings, con, chosen, removals, done, report)
                with transaction(con):
                    forget_built(con)
                record(home, con)
            rewrite_warehouse(home, settings)
        for trace in home.failures.glob("*.debug.txt"):  # it may quote a record
            trace.unlink()
        done.certificate = certify(
            home,
            "erasure",
            {
                "kind": kind,
                "subject": erased.mark,
                "feeds": [contract.feed for contract in chosen],
                "lines": done.lines,
                "files": done.files,
                "refused_files": done.refused_files,
            },
        )
    return done


def _feeds_with(contracts: dict[str, Contract], kind: str, feed: str | None) -> list[Contract]:
    if feed is not None and feed not in contracts:
        raise UsageError(f"There is no feed {feed}: `csp feeds` lists them.")
    kinds = {c.identifier for contract in contracts.values() for c in contract.columns} - {None}
    if kind not in kinds:
        listed = ", ".join(sorted(map(str, kinds)))
        raise UsageError(f"No feed identifies a {kind}; what is identified: {listed}.")
    found = [
        contract
        for contract in contracts.values()
        if feed in (None, contract.feed) and any(c.identifier == kind for c in contract.columns)
    ]
    if not found:
        raise UsageError(f"{feed} has no column that identifies a {kind}.")
    return found


def _kept_files(
    home: Home,
    settings: Settings,
    con: duckdb.DuckDBPyConnection,
    chosen: list[Contract],
    removals: Removals,
    done: Erasure,
    report: Report,
) -> None:
    """Write the archived files anew that hold the subject, and read them again."""
    ledger = Ledger(con, Domains(settings.linked_persons))
    kept = [(contract, stale) for contract in chosen for stale in ledger.kept(contract)]
    for _, stale in kept:
        _require_kept(home, stale, removals)
    if not kept:
        return
    pseudonyms = current_pseudonyms(home, settings, con)
    pseudonyms.register(con)
    removals.register(con)
    for contract, stale in kept:
        place = home.root / stale.archive_path
        before = sha256_of(place)
        lines = lines_of_erased(place, contract, removals, limits(settings), home.work / "unpacked")
        if lines:
            draft = place.with_name(f".{before[:12]}.draft")
            removals.rewritten[stale.archive_path] = write_without(place, lines, draft)
            removals.save(home)
            shutil.copystat(place, draft)
            draft.replace(place)
            sync(place.parent)
        if stale.archive_path in removals.rewritten:
            hashes = removals.rewritten[stale.archive_path]
            loader = Loader(
                home, settings, contract, con, ledger, pseudonyms=pseudonyms, removals=removals
            )
            with transaction(con):
                loader.replace(ledger.note_rewritten(stale, *hashes))
            del removals.rewritten[stale.archive_path]
            removals.save(home)
            done.files.append({"sha256_before": stale.sha256, "sha256_after": hashes[0]})
            done.lines += len(lines)
            report(f"{contract.feed}: a file was written anew without {len(lines)} lines")


def _require_kept(home: Home, stale: Stale, removals: Removals) -> None:
    place = home.root / stale.archive_path
    found = sha256_of(place) if place.is_file() else None
    to_be = removals.rewritten.get(stale.archive_path)
    if found != stale.sha256 and not (to_be and found == to_be[0]):
        raise CspError(
            f"{place} is not there, or not as it was kept, so that what it holds of the subject "
            "cannot be removed. Put the original back there, from your backup, and give the "
            "command again; until then nothing more of the subject is loaded."
        )
    if to_be and found == stale.sha256:  # killed before the new file was in its place
        del removals.rewritten[stale.archive_path]


def _refused_files(
    home: Home, settings: Settings, contract: Contract, removals: Removals, done: Erasure
) -> None:
    """Delete the refused files that hold the subject: nothing was loaded of them."""
    for path in sorted((home.refused / contract.feed).glob("*")):
        if not path.is_file() or path.name.endswith(".reason.json"):
            continue
        try:
            held = lines_of_erased(
                path, contract, removals, limits(settings), home.work / "unpacked"
            )
        except FileRefused:
            done.unread.append(path.relative_to(home.root).as_posix())
            continue
        if held:
            path.unlink()
            done.refused_files += 1
