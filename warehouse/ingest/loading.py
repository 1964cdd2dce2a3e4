"""Ingest: every complete landed file into its raw table, in one transaction each, and audited.

One landed file passes these steps; each can be repeated, so a run killed between any two of them
is finished by the next one and leaves the same tables:

1. *taken*: a private copy in the home's work folder, hashed;
2. *inserted*: rows, rejects and audit written, the transaction still open;
3. *kept*: the copy moved to archive/ (or refused/, with the reason beside it);
4. *committed*: from here on the file counts as loaded;
5. *cleared*: the landed file removed; 6. *noted*: the audit says so.

A file that was read by another contract than today's is read again from where it is kept, in one
transaction that replaces its rows; it stays the file it was, as old as it was. Of a feed whose
newest file replaces a month only a file with rejected rows, or with identifiers.

A file that would take away more than it brings is held (`holding`) until a waiver of the
home accepts it, which the next ingest notes before it loads. The bytes of a kept file landed again
change nothing while that file is wholly in force or held. If it was withdrawn, or a newer file has
taken its place since, they make it the newest of its feed, unless it would be held for that.

A file that is audited but not noted as cleared is the tail of a killed run: steps 5 and 6 are
done again, without a second audit row.
"""

import contextlib
import shutil
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb

from warehouse import ddl
from warehouse.contract import Contract, load_contracts
from warehouse.errors import CspError, FileRefused, RunFailed
from warehouse.faults import as_csp_error, refusing
from warehouse.files import sha256_of
from warehouse.home import Home, private_files
from warehouse.home_tables import STANDARDS, WAIVERS
from warehouse.ingest import holding, landing
from warehouse.ingest.kept import KeptFile
from warehouse.ingest.landing import Landed
from warehouse.ingest.ledger import AuditRow, Ledger, Stale
from warehouse.ingest.pseudonyms import Domains, Pseudonyms, current_pseudonyms
from warehouse.ingest.removal import Removals
from warehouse.ingest.retention import remove_past
from warehouse.ingest.rewriting import lines_of_erased, write_without
from warehouse.reading import Limits, Member, Reading, batches, read_batch
from warehouse.settings import Settings
from warehouse.writing import transaction

# What is read and inserted at once. The all-forces archive (159 MB, 0.7 million rows) whole takes
# 3.5 s of processor time, in batches of 40 MB, which end in partial row groups, 4.0 s; memory
# peaks at 600 MB against 450 MB (2026-11).
BATCH_BYTES = 256 << 20

Report = Callable[[str], None]
Step = Callable[[str], None]


@dataclass
class FeedLoad:
    """What one ingest did for one feed; files are counted as audited (a zip's members singly).

    accepted_files: held ones that a waiver put into force; again: kept ones that came into force
    again. accepted, rejected and skipped are rows.
    """

    feed: str
    loaded: int = 0
    held: int = 0
    accepted_files: int = 0
    again: int = 0
    duplicates: int = 0
    refused: int = 0
    waiting: int = 0
    accepted: int = 0
    rejected: int = 0
    skipped: int = 0
    messages: list[str] = field(default_factory=list)
    noticed: list[str] = field(default_factory=list)
    latest_month: date | None = None

    def count(self, row: AuditRow) -> None:
        self.loaded += row.status == "loaded"
        self.held += row.status == "held"
        self.duplicates += row.status == "duplicate"
        self.refused += row.status == "refused"
        self.accepted += row.accepted
        self.rejected += row.rejected
        self.skipped += row.skipped


@dataclass
class IngestResult:
    """What one ingest did: per feed (every contract's), and what lay in landing besides."""

    feeds: dict[str, FeedLoad]
    messages: list[str] = field(default_factory=list)

    @property
    def noticed(self) -> list[str]:
        """What somebody should look at although the run goes on, besides refused files."""
        return self.messages + [line for feed in self.feeds.values() for line in feed.noticed]

    @property
    def changed(self) -> bool:
        """Whether a file was loaded or changed its status: only then can tables differ."""
        return any(
            feed.loaded or feed.held or feed.accepted_files or feed.again
            for feed in self.feeds.values()
        )


def limits(settings: Settings) -> Limits:
    """The reader's limits that the settings give."""
    return Limits(
        max_bytes=settings.max_file_mb << 20,
        max_members=settings.max_zip_members,
        max_ratio=settings.max_zip_ratio,
    )


def ingest(
    home: Home,
    settings: Settings,
    con: duckdb.DuckDBPyConnection,
    report: Report = print,
    at: Step = lambda step: None,
    keep_error: Callable[[BaseException], None] = lambda error: None,
) -> IngestResult:
    """Load every complete landed file of every feed.

    `con` is the home's warehouse (ddl.open_warehouse), under RunLock. `report` gets one plain
    line per landed file and per thing worth saying. `at` is called after each step of the module's
    docstring (tests kill the process there). `keep_error` gets the errors that files are refused
    for; what it raises, such as the interruption that one came of, ends the ingest instead. Raises
    CspError when the disk, the permissions or the warehouse fail (the file in hand stays in
    landing), RunFailed when rows do not reconcile. A refused file raises nothing.
    """
    home.require()
    contracts = load_contracts()
    with private_files(), as_csp_error(f"Preparing to load into {home.root}"):
        home.add_landing_folders()
        ddl.ensure(con, contracts, settings)
        STANDARDS.write(con, STANDARDS.read(home.standards_file))
        WAIVERS.write(con, WAIVERS.read(home.waivers_file))
        _empty(home)
        domains = Domains(settings.linked_persons)
        domains.require_known(contracts)
        ledger = Ledger(con, domains)
        accepted = _accept(ledger, con, report)
        found = landing.listing(home, contracts)
        at("listed")
        complete, waiting = landing.settle(found, settings.settle_seconds)
        result = IngestResult({feed: FeedLoad(feed) for feed in contracts}, found.messages)
        for name, files in accepted.items():
            if name in result.feeds:
                result.feeds[name].accepted_files = files
        for message in found.messages:
            report(message)
        for landed in waiting:
            _wait(result.feeds[landed.feed], landed, "is still being written", report)
        ledger.note_cleared_earlier([*complete, *waiting])
        stale_files = {name: ledger.stale(contract) for name, contract in contracts.items()}
        touched = {landed.feed for landed in complete} | {
            n for n, kept in stale_files.items() if kept
        }
        removals = Removals.read(home)
        removals.register(con)
        pseudonyms = None
        if any(contracts[feed].has_identifiers for feed in touched):
            pseudonyms = current_pseudonyms(home, settings, con)
            pseudonyms.register(con)
        loaders = {
            name: Loader(
                *(home, settings, contracts[name], con, ledger, at, pseudonyms, removals),
                keep_error,
            )
            for name in touched
        }
        for landed in complete:
            with as_csp_error(f"Loading {landed.feed}/{landed.name} (it stays in landing)"):
                loaders[landed.feed].load(landed, result.feeds[landed.feed], report)
        for name, stale_of_feed in stale_files.items():
            for stale in stale_of_feed:
                with as_csp_error(f"Reading {name}/{stale.name} again"):
                    loaders[name].read_again(stale, result.feeds[name], report)
        for name, month in ledger.latest_months().items():
            if name in result.feeds:
                result.feeds[name].latest_month = month
    return result


@dataclass
class _Outcome:
    """What became of one landed file: an audit row for each of its members."""

    rows: list[AuditRow]
    refusals: dict[str, FileRefused]
    skipped: list[Member]

    @property
    def status(self) -> str:
        found = {row.status for row in self.rows}
        return next(s for s in ("loaded", "held", "refused", "duplicate") if s in found)

    @property
    def came_again(self) -> list[AuditRow]:
        """The duplicates whose bytes brought a kept file into force again."""
        return [r for r in self.rows if r.status == "duplicate" and r.effective_at is not None]


@dataclass
class Loader:
    """Loads the files of one feed; see the module's docstring."""

    home: Home
    settings: Settings
    contract: Contract
    con: duckdb.DuckDBPyConnection
    ledger: Ledger
    at: Step = lambda step: None
    pseudonyms: Pseudonyms | None = None
    removals: Removals = field(default_factory=Removals)
    keep_error: Callable[[BaseException], None] = lambda error: None

    def unexpected(self, refused: FileRefused) -> None:
        """Hand on what went wrong in a file that is refused for it, before the file is."""
        if refused.__cause__ is not None:
            self.keep_error(refused.__cause__)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        with transaction(self.con):
            self.ledger.begin()
            yield

    def _begin_again(self) -> None:
        # After some of DuckDB's errors the transaction has ended already.
        with contextlib.suppress(duckdb.TransactionException):
            self.con.execute("ROLLBACK")
        self.con.execute("BEGIN")
        self.ledger.begin()

    def _batches(self, path: Path) -> Generator[list[Member], None, None]:
        unpacked = self.home.work / "unpacked"
        unpacked.mkdir(mode=0o700, parents=True, exist_ok=True)
        return batches(path, self.contract, limits(self.settings), unpacked, BATCH_BYTES)

    def _read_members(self, members: list[Member]) -> list[Reading]:
        masking = self.pseudonyms.mask if self.pseudonyms else None
        leaving_out = self.removals.tests
        return read_batch(
            self.con, self.contract, members, masking=masking, leaving_out=leaving_out
        )

    def load(self, landed: Landed, feed: FeedLoad, report: Report) -> None:
        """All steps for one landed file."""
        began = time.monotonic()
        copy, sha256 = None, ""
        if not landed.is_link:
            try:
                taken = landing.take(
                    landed, self.home.work / "taken", self.settings.max_file_mb << 20
                )
            except PermissionError:
                _wait(feed, landed, "cannot be read by this user; give it read access", report)
                return
            if taken is None:
                _wait(feed, landed, "changed while it was being taken", report)
                return
            copy, sha256 = taken
        self.at("taken")
        if not self.ledger.is_tail(landed, sha256):
            outcome = self._in_transaction(landed, copy, sha256)
            for row in outcome.rows:
                feed.count(row)
            feed.again += len(outcome.came_again)
            _notice_rejects(feed, landed.name, outcome.rows)
            self._notice_repeats(feed, outcome.rows)
            if outcome.status == "duplicate" and not outcome.came_again:
                feed.noticed.append(
                    f"{landed.feed}/{landed.name} was sent before ({outcome.rows[0].reason}): if a "
                    "new extract was meant, ask the partner for it"
                )
            feed.noticed += [
                f"{landed.feed}/{landed.name}: {row.reason}; if that was not meant, "
                "`csp withdraw` it"
                for row in outcome.came_again
            ]
            for line in _lines(landed, outcome, time.monotonic() - began):
                feed.messages.append(line)
                report(line)
        try:
            landing.clear(landed)
        except PermissionError:
            why = f"is loaded but cannot be taken out of its folder; {landing.OWN_IT}"
            _wait(feed, landed, why, report)
            return
        self.at("cleared")
        self.ledger.note_cleared(landed, sha256)
        self.at("noted")
        _empty(self.home)

    def read_again(self, stale: Stale, feed: FeedLoad, report: Report) -> None:
        """Replace what was read of a kept file by what today's contract reads of it."""
        place, kept = f"{feed.feed}/{stale.name}", self.home.root / stale.archive_path
        before, problem = stale.rejected, ""
        try:
            if sha256_of(kept) != stale.sha256:
                problem = f"{kept} is not the file that was loaded"
        except OSError as error:
            problem = f"{kept}: {error.strerror or error}"
        if problem:
            feed.noticed.append(
                f"{place} cannot be read again by the changed contract ({before:,} rejected "
                f"rows): {problem}. Put the original back there; nothing is lost."
            )
            report(f"WARNING {feed.noticed[-1]}")
            return
        with self._transaction():
            try:
                with refusing():
                    refused = self._replace(kept, stale)
            except FileRefused as error:
                self.unexpected(error)
                self._begin_again()
                refused = error
                for row in stale.rows.values():
                    row.status = "refused"
            self._note_again(stale)
            self.at("replaced")
        self.at("read again")
        _empty(self.home)
        read = [row for row in stale.rows.values() if row.status == "loaded"]
        for row in read:
            feed.count(row)
        _notice_rejects(feed, stale.name, read)
        self._notice_repeats(feed, read)
        line = (
            f"{place}: read by another contract ({before:,} rows rejected); read again: "
            f"{sum(row.accepted for row in read):,} rows, "
            f"{sum(row.rejected for row in read):,} rejected"
        )
        if not read:
            feed.noticed.append(
                f"{place}: today's contract refuses it, so what was loaded stays: "
                f"{refused or 'the contract does not take it'}. "
                "Mend the contract, or land a corrected file."
            )
            line = f"WARNING {feed.noticed[-1]}"
        feed.messages.append(line)
        report(line)

    def replace(self, stale: Stale) -> None:
        """Replace what was read of a kept file, all of it or nothing; inside a transaction.

        Raises CspError where it cannot all be read.
        """
        try:
            with refusing():
                refused = self._replace(self.home.root / stale.archive_path, stale)
        except FileRefused as error:
            refused = error
        if refused or any(row.status != "loaded" for row in stale.rows.values()):
            raise CspError(
                f"{self.contract.feed}/{stale.name} cannot be read again: today's contract refuses "
                f"it ({refused or 'it takes no such file'}). Mend the contract, then give the "
                "command again."
            )
        self._note_again(stale)

    def _note_again(self, stale: Stale) -> None:
        self.ledger.write_again(self.contract, stale)
        # What a purge took by the receipt of the file no row says.
        if before := self.removals.purged.get(self.contract.feed):
            remove_past(self.con, self.contract, date.fromisoformat(before))

    def _notice_repeats(self, feed: FeedLoad, rows: list[AuditRow]) -> None:
        for name, column, repeats, stated in self.ledger.implausible_repeats(rows):
            feed.noticed.append(
                f"{feed.feed}/{name}: one {column} is that of {repeats:,} of {stated:,} rows: ask "
                "the partner whether it stands for not known"
            )

    def _replace(self, kept: Path, stale: Stale) -> FileRefused | None:
        """Read the stale members; what could not be read is marked refused and keeps its rows."""
        untouched, refused = set(stale.rows), None
        with contextlib.closing(self._batches(kept)) as reader:
            for members in reader:
                # By hash: of two members with the same bytes one is read, as the first time.
                stated = {each.sha256: each for each in members if not each.skipped}
                wanted = [each for sha256, each in stated.items() if sha256 in untouched]
                rows = [stale.rows[each.sha256] for each in wanted]
                for row, reading in zip(rows, self._read_members(wanted), strict=True):
                    if reading.refused:
                        row.status, refused = "refused", reading.refused
                    else:
                        fill(row, reading)
                    untouched.discard(row.sha256)
                self.ledger.take_back(self.contract, [r for r in rows if r.status == "loaded"])
                self.ledger.insert_rows(self.contract, rows)
        for sha256 in untouched:
            stale.rows[sha256].status = "refused"
        return refused

    def _in_transaction(self, landed: Landed, copy: Path | None, sha256: str) -> _Outcome:
        with self._transaction():
            try:
                with refusing():
                    outcome = self._read(landed, copy, sha256)
                self._hold(landed, outcome.rows)
            except FileRefused as refused:
                self._begin_again()
                row = AuditRow(
                    file_name=landed.name,
                    sha256=sha256,
                    bytes=0 if landed.is_link else landed.size,
                    status="refused",
                    reason=str(refused),
                )
                outcome = _Outcome([row], {landed.name: refused}, [])
                self.ledger.number(outcome.rows)
            for why in outcome.refusals.values():
                self.unexpected(why)
            self.at("inserted")
            place = self._keep(landed, copy, self._without_erased(copy, sha256, outcome), outcome)
            self.ledger.write(self.contract, landed, sha256, place, outcome.rows)
            self.at("kept")
        self.at("committed")
        return outcome

    def _read(self, landed: Landed, copy: Path | None, sha256: str) -> _Outcome:
        """Rows into the raw table, rejects into rejected_row. Raises FileRefused for the whole."""
        if copy is None:
            raise FileRefused(
                "this is a link, not a file", mend="Land the file itself; links are not followed."
            )
        if landed.size > self.settings.max_file_mb << 20:
            raise FileRefused(
                f"the file is larger than the {self.settings.max_file_mb} MB a file may have",
                mend="Send it in parts, or raise max_file_mb in csp.yml.",
            )
        whole = self.ledger.loaded_before(landed.feed, sha256)
        if whole:
            row = AuditRow(landed.name, sha256, landed.size, "duplicate")
            self.ledger.number([row])
            kept = self.ledger.kept_of_container(landed.feed, sha256)
            self._bring_back(landed, row, whole, kept)
            return _Outcome([row], {}, [])
        outcome = _Outcome([], {}, [])
        with contextlib.closing(self._batches(copy)) as reader:
            for members in reader:
                self._read_batch(landed, members, outcome)
        if not outcome.rows:
            raise FileRefused("nothing in this archive is a file of the feed")
        return outcome

    def _read_batch(self, landed: Landed, members: list[Member], outcome: _Outcome) -> None:
        outcome.skipped += [member for member in members if member.skipped]
        wanted = [member for member in members if not member.skipped]
        known = self.ledger.kept_by_sha256(landed.feed, [m.sha256 for m in wanted if m.sha256])
        read = {row.sha256: row.file_name for row in outcome.rows if row.status == "loaded"}
        rows: list[AuditRow] = []
        fresh: list[Member] = []
        places: list[AuditRow] = []
        twins: list[tuple[AuditRow, AuditRow]] = []
        for member in wanted:
            row = AuditRow(member.label, member.sha256, member.size, "duplicate")
            rows.append(row)
            twin = next((place for place in places if place.sha256 == member.sha256), None)
            if member.refused:
                _refuse(row, member.refused, outcome)
            elif member.sha256 in known:
                kept = known[member.sha256]
                self._bring_back(landed, row, kept.file_name, [kept])
            elif twin or member.sha256 in read:
                row.reason = f"same bytes as {twin.file_name if twin else read[member.sha256]}"
                twins += [(row, twin)] if twin else []
            else:
                fresh.append(member)
                places.append(row)
        self.ledger.number(rows)
        outcome.rows += rows
        if not fresh:
            return
        for row, reading in zip(places, self._read_members(fresh), strict=True):
            if reading.refused:
                _refuse(row, reading.refused, outcome)
            else:
                fill(row, reading)
        for row, twin in twins:
            if twin.status == "refused":
                _refuse(row, outcome.refusals[twin.file_name], outcome)
        self.ledger.insert_rows(self.contract, places)

    def _hold(self, landed: Landed, rows: list[AuditRow]) -> None:
        """Mark which of the rows' files, just inserted, are held, each after those before it."""
        fresh = sorted(
            ((landed.landed_at, row.file_name, row.file_id), row)
            for row in rows
            if row.status == "loaded" and row.accepted
        )
        if not fresh:
            return
        places = self.ledger.rows_by_place(self.contract, [row.file_id for _, row in fresh])
        months = self.ledger.months_of([row.file_id for _, row in fresh])
        in_force = self.ledger.in_force(self.contract)
        for newness, row in fresh:
            own = places.get(row.file_id, {})
            older = {
                place: count
                for place in own
                if place in in_force
                for other, count in [in_force[place]]
                if other < newness
            }
            row.reason = holding.why_held(
                self.contract.update, row.file_name, own, older, months.get(row.file_id, set())
            )
            if row.reason:
                row.status = "held"
                continue
            in_force |= {
                place: (newness, count)
                for place, count in own.items()
                if place in older or place not in in_force
            }

    def _bring_back(
        self, landed: Landed, row: AuditRow, same_as: str, kept: list[KeptFile]
    ) -> None:
        """Put kept files whose bytes have landed again into force, and say in the row what became.

        The row is of the landed bytes: its effective_at says that a file came into force again.
        """
        told = Counter(said for file in kept if (said := self._bring_one_back(landed, row, file)))
        row.reason = f"same bytes as {same_as}"
        if len(kept) == 1:
            row.reason += "".join(f", which is {said}" for said in told)
        elif told:
            row.reason += f", of whose {len(kept)} files " + ", ".join(
                f"{count} {said}" for said, count in told.most_common(3)
            )

    def _bring_one_back(self, landed: Landed, row: AuditRow, file: KeptFile) -> str:
        """What the file is now; empty if it is wholly in force, as it was."""
        if file.status == "held":
            return "held"
        newer = [] if file.status == "withdrawn" else self.ledger.displaced_by(self.contract, file)
        if file.status == "loaded" and not newer:
            return ""
        # A folder sent again is one delivery: what an older file of it has just displaced may come
        # back after it, as it did the first time.
        together = bool(newer) and self.ledger.came_again_since(newer, landed.lay_there_at)
        own = self.ledger.rows_by_place(self.contract, [file.file_id]).get(file.file_id, {})
        in_force = self.ledger.in_force(self.contract, but=file.file_id)
        replaced = {place: in_force[place][1] for place in own if place in in_force}
        if file.status == "withdrawn":
            months = self.ledger.months_of([file.file_id]).get(file.file_id, set())
            why = holding.why_held(self.contract.update, file.file_name, own, replaced, months)
            if why:
                self.ledger.change(file, "held", "held", why, "the run", why)
                return "held now, after it was withdrawn"
        elif not together and (why := holding.why_fewer(own, replaced)):
            return (
                f"still replaced by {newer[-1].file_name} because it has fewer rows ({why}); "
                "`csp withdraw` that file to bring it back"
            )
        row.effective_at = self.ledger.put_in_force_again(self.contract, file, landed)
        return "in force again"

    def _without_erased(self, copy: Path | None, sha256: str, outcome: _Outcome) -> str:
        """Take the rows of erased subjects out of the copy that is about to be kept; its hash."""
        if copy is None or outcome.status == "duplicate" or not self.removals.erases(self.contract):
            return sha256
        folder = self.home.work / "without"
        try:
            lines = lines_of_erased(
                copy, self.contract, self.removals, limits(self.settings), folder
            )
        except FileRefused:
            return sha256
        if not lines:
            return sha256
        draft = copy.with_name("without.draft")
        whole, plain = write_without(copy, lines, draft)
        shutil.copystat(copy, draft)
        draft.replace(copy)
        for row in outcome.rows:
            row.archived_sha256, row.archived_container_sha256 = plain, whole
        return whole

    def _keep(self, landed: Landed, copy: Path | None, sha256: str, outcome: _Outcome) -> str:
        """Archive or refuse the bytes; their place below the home ('' when nothing is kept)."""
        refused = self.home.refused / self.contract.feed
        kept = ""
        if copy is not None and outcome.status != "duplicate":
            loaded = outcome.status in ("loaded", "held")
            folder = self.home.archive / self.contract.feed if loaded else refused
            place = landing.keep(copy, folder, sha256)
            kept = place.relative_to(self.home.root).as_posix()
        reasons = dict(outcome.refusals)
        if outcome.status == "refused" and landed.name not in reasons:
            reasons[landed.name] = FileRefused(
                f"none of its {len(outcome.rows)} files could be loaded: "
                f"{next(iter(reasons.values()))}"
            )
        for name, why in reasons.items():
            beside = Path(kept).name if kept and name == landed.name else name.replace("/", "__")
            landing.explain(refused / beside, self.contract.feed, name, sha256, why)
        return kept


def _notice_rejects(feed: FeedLoad, name: str, rows: list[AuditRow]) -> None:
    rejected, data_rows = sum(r.rejected for r in rows), sum(r.data_rows for r in rows)
    if rejected:
        feed.noticed.append(
            f"{feed.feed}/{name}: {rejected:,} of {data_rows:,} rows rejected; "
            "quality.rejected_row in the home's warehouse.duckdb says which and why"
        )


def _refuse(row: AuditRow, refused: FileRefused, outcome: _Outcome) -> None:
    row.status, row.reason = "refused", str(refused)
    outcome.refusals[row.file_name] = refused


def fill(row: AuditRow, reading: Reading) -> None:
    """Note what was read of a file. Raises RunFailed unless its rows add up."""
    row.status = "loaded"
    row.layout, row.encoding, row.absent = reading.layout, reading.encoding, reading.absent
    row.data_rows, row.accepted = reading.data_rows, reading.accepted
    row.rejected, row.skipped = reading.rejected, reading.skipped
    if row.data_rows != row.accepted + row.rejected + row.skipped:
        raise RunFailed(
            f"{row.file_name}: {row.data_rows} rows were read, but {row.accepted} accepted, "
            f"{row.rejected} rejected and {row.skipped} skipped do not add up to them. "
            "This is a fault of the program; the file stays in landing. Please report it."
        )


def _accept(ledger: Ledger, con: duckdb.DuckDBPyConnection, report: Report) -> dict[str, int]:
    """Put the held files that waivers accept into force, for good; how many, by feed."""
    done: dict[str, int] = {}
    for file, waiver in holding.accepted(con, date.today()):
        if ledger.was_accepted(file, waiver.owner, waiver.reason):
            report(
                f"WARNING {file.feed}/{file.file_name}: the waiver of {file.check_id} accepted it "
                "before, and is used up; write another reason into it to accept the file again"
            )
            continue
        with transaction(con):
            ledger.change(file, "accepted", "loaded", None, waiver.owner, waiver.reason)
        done[file.feed] = done.get(file.feed, 0) + 1
        report(f"{file.feed}/{file.file_name}: accepted by the waiver of {file.check_id}")
    return done


def _wait(feed: FeedLoad, landed: Landed, why: str, report: Report) -> None:
    feed.waiting += 1
    message = f"{landed.feed}/{landed.name} {why}: left in landing for the next run."
    feed.noticed.append(message)
    feed.messages.append(message)
    report(message)


def _lines(landed: Landed, outcome: _Outcome, seconds: float) -> list[str]:
    """What to tell about one landed file: one line, and one for each refusal."""
    place = f"{landed.feed}/{landed.name}"
    loaded = [row for row in outcome.rows if row.status == "loaded"]
    lines = []
    if loaded:
        rejected, skipped = sum(r.rejected for r in loaded), sum(r.skipped for r in loaded)
        facts = [f"{sum(r.accepted for r in loaded):,} rows"]
        facts += [f"{len(loaded)} files"] if len(outcome.rows) > 1 else []
        facts += [f"{rejected:,} rejected"] if rejected else []
        facts += [f"{skipped:,} declared skips"] if skipped else []
        again = len(outcome.came_again)
        same = len([row for row in outcome.rows if row.status == "duplicate"]) - again
        facts += [f"{same} files already loaded"] if same else []
        facts += [f"{again} files in force again"] if again else []
        passed = len(outcome.skipped)
        facts += [f"{passed:,} files of other feeds passed over"] if passed else []
        lines.append(f"{place}: {', '.join(facts)} ({seconds:.1f} s)")
    elif outcome.status == "duplicate":
        ends = "" if outcome.came_again else "; nothing in force changes"
        lines.append(f"{place}: {outcome.rows[0].reason}{ends}")
    lines += [
        f"WARNING {landed.feed}/{row.file_name} is held ({row.accepted:,} rows): {row.reason}"
        for row in outcome.rows
        if row.status == "held"
    ]
    lines += [
        f"WARNING {landed.feed}/{name} refused: {why}. {why.what_to_do}"
        for name, why in outcome.refusals.items()
    ]
    return lines


def _empty(home: Home) -> None:
    """Remove what was copied and unpacked, also by a killed run."""
    for name in ("taken", "unpacked"):
        if (home.work / name).exists():
            shutil.rmtree(home.work / name)
