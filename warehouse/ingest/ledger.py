"""The ledger of loaded files: quality.load_audit and what hangs on it, written and asked."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import duckdb

from warehouse.contract import Contract
from warehouse.errors import RunFailed
from warehouse.ingest.file_months import promised_months
from warehouse.ingest.kept import KeptFile, Newness, Place, kept_files
from warehouse.ingest.landing import Landed
from warehouse.ingest.pseudonyms import Domains, stored_sql
from warehouse.reading.checks import cast_sql, says_unknown_sql
from warehouse.seeds import threshold
from warehouse.sql_text import quoted

# How often one file may name a person, or a crime that other records are linked to, before it is
# warned of; once a month of the file where that is more.
PLAUSIBLE_REPEATS = int(threshold("plausible_repeats"))


@dataclass
class AuditRow:
    """One file (of a zip: one member) as quality.load_audit will hold it."""

    file_name: str
    sha256: str
    bytes: int
    status: str
    reason: str = ""
    file_id: int = 0
    data_rows: int = 0
    accepted: int = 0
    rejected: int = 0
    skipped: int = 0
    layout: str | None = None
    encoding: str | None = None
    absent: tuple[str, ...] = ()
    effective_at: datetime | None = None
    archived_sha256: str | None = None
    archived_container_sha256: str | None = None


@dataclass(frozen=True)
class Stale:
    """A kept file that another contract than today's was read by, and would be read otherwise.

    `rows` are the audit rows of what to read again, by the hash of its plain bytes.
    """

    archive_path: str
    sha256: str
    rows: dict[str, AuditRow]

    @property
    def name(self) -> str:
        """The landed file's name."""
        return next(iter(self.rows.values())).file_name.split("/")[0]

    @property
    def rejected(self) -> int:
        return sum(row.rejected for row in self.rows.values())


class Ledger:
    """The audit tables behind one connection."""

    def __init__(self, con: duckdb.DuckDBPyConnection, domains: Domains | None = None) -> None:
        self._con = con
        self._domains = domains or Domains()
        self._next_id = 0

    def begin(self) -> None:
        """Begin numbering, in the transaction of one landed file."""
        self._next_id = 1 + _one(
            self._con.execute("SELECT coalesce(max(file_id), 0) FROM quality.load_audit")
        )

    def number(self, rows: Sequence[AuditRow]) -> None:
        """Give each row the next file_id, in the order of loading."""
        for row in rows:
            row.file_id = self._next_id
            self._next_id += 1

    def is_tail(self, landed: Landed, sha256: str) -> bool:
        """Whether this very landed file was committed by a run that was killed before clearing."""
        found = self._con.execute(
            "SELECT count(*) FROM quality.load_audit WHERE NOT cleared AND feed = ? "
            "AND split_part(file_name, '/', 1) = ? AND landed_at = ? AND container_sha256 = ?",
            [landed.feed, landed.name, landed.landed_at, sha256],
        )
        return _one(found) > 0

    def loaded_before(self, feed: str, sha256: str) -> str | None:
        """Name of the landed file of these bytes all of which is kept, if there is one."""
        row = self._con.execute(
            "SELECT arg_min(split_part(file_name, '/', 1), file_id) FROM quality.load_audit "
            "WHERE feed = ? AND container_sha256 = ? AND status <> 'duplicate' "
            "HAVING bool_and(file_id IN (SELECT file_id FROM quality.kept_file))",
            [feed, sha256],
        ).fetchone()
        return str(row[0]) if row and row[0] is not None else None

    def kept_by_sha256(self, feed: str, hashes: Collection[str]) -> dict[str, KeptFile]:
        """Of the hashes of plain bytes, those that the feed keeps a file of."""
        of_feed = "feed = $feed AND list_contains($hashes::VARCHAR[], sha256)"
        found = kept_files(self._con, of_feed, feed=feed, hashes=list(hashes))
        return {file.sha256: file for file in sorted(found, key=lambda file: file.file_name)}

    def kept_of_container(self, feed: str, sha256: str) -> list[KeptFile]:
        """The kept files of the bytes that a landed file held, in the order of their names."""
        hashes = self._con.execute(
            "SELECT DISTINCT sha256 FROM quality.load_audit WHERE feed = ? "
            "AND container_sha256 = ? AND status <> 'refused'",
            [feed, sha256],
        ).fetchall()
        return list(self.kept_by_sha256(feed, [found for (found,) in hashes]).values())

    def rows_by_place(
        self, contract: Contract, also: Iterable[int] = ()
    ) -> dict[int, dict[Place, int]]:
        """What each loaded file holds of what a newer one replaces whole, and the files of `also`.

        Of a feed whose newest file replaces a month, rows by key and month; of a snapshot feed, by
        snapshot. Of an upsert feed nothing: there no file takes a row away.
        """
        wanted = (
            "file_id IN (SELECT file_id FROM quality.loaded_file WHERE feed = $feed "
            "UNION ALL SELECT unnest($also::BIGINT[]))"
        )
        match contract.update.rule:
            case "replace_by_period":
                query = (
                    "SELECT file_id, period_key, month, row_count FROM raw.load_period "
                    f"WHERE feed = $feed AND {wanted}"
                )
            case "snapshot":
                keys = [_key_text_sql(contract, name) for name in contract.update.key]
                rows = f"SELECT *, _file_id AS file_id FROM raw.{contract.raw_table}"
                if contract.update.parts:
                    column = quoted(contract.update.parts)
                    rows = (
                        f"FROM (SELECT *, unnest(json_keys({column})) AS part FROM ({rows})) "
                        f"WHERE trim(json_extract_string({column}, part)) <> ''"
                    )
                    keys.append("part")
                query = (
                    f"SELECT file_id, concat_ws(' ', {', '.join(keys or ['NULL'])}), NULL, "
                    f"count(*) FROM ({rows}) WHERE {wanted} GROUP BY ALL"
                )
            case _:
                return {}
        found: dict[int, dict[Place, int]] = defaultdict(dict)
        for file_id, key, month, rows in self._con.execute(
            query, {"feed": contract.feed, "also": list(also)}
        ).fetchall():
            found[file_id][key, month] = rows
        return found

    def months_of(self, files: Iterable[int]) -> dict[int, set[date]]:
        """The months that the files' rows are of."""
        found: dict[int, set[date]] = defaultdict(set)
        for file_id, month in self._con.execute(
            "SELECT file_id, month FROM raw.load_period WHERE row_count > 0 "
            "AND list_contains(?::BIGINT[], file_id)",
            [list(files)],
        ).fetchall():
            found[file_id].add(month)
        return found

    def loaded_files(self, feed: str) -> dict[int, KeptFile]:
        """The feed's loaded files, by id, the oldest first."""
        found = kept_files(self._con, "status = 'loaded' AND feed = $feed", feed=feed)
        return {file.file_id: file for file in sorted(found, key=lambda file: file.newness)}

    def in_force(
        self, contract: Contract, but: int | None = None
    ) -> dict[Place, tuple[Newness, int]]:
        """Of each place that files replace whole, the file in force and its rows there.

        but: a file to leave out, as if it were not loaded.
        """
        rows = self.rows_by_place(contract)
        return {
            place: (file.newness, count)
            for file_id, file in self.loaded_files(contract.feed).items()
            if file_id != but
            for place, count in rows.get(file_id, {}).items()
        }

    def displaced_by(self, contract: Contract, file: KeptFile) -> list[KeptFile]:
        """The newer loaded files that have rows for some key, or hold a place, of a loaded file."""
        newer = {
            file_id: other
            for file_id, other in self.loaded_files(contract.feed).items()
            if other.newness > file.newness
        }
        if contract.update.rule == "upsert":
            keys = ", ".join(quoted(name) for name in contract.update.key)
            table = f"raw.{contract.raw_table}"
            found = self._con.execute(
                f"SELECT DISTINCT newer._file_id FROM {table} AS newer "
                f"SEMI JOIN (SELECT {keys} FROM {table} WHERE _file_id = ?) AS own USING ({keys}) "
                "WHERE list_contains(?::BIGINT[], newer._file_id)",
                [file.file_id, list(newer)],
            ).fetchall()
            return [newer[file_id] for (file_id,) in sorted(found)]
        rows = self.rows_by_place(contract)
        own = rows.get(file.file_id, {}).keys()
        return [other for n, other in newer.items() if own & rows.get(n, {}).keys()]

    def was_accepted(self, file: KeptFile, owner: str, reason: str) -> bool:
        """Whether the file was accepted before by this owner for this reason."""
        found = self._con.execute(
            "SELECT count(*) FROM quality.file_event "
            "WHERE file_id = ? AND event = 'accepted' AND who = ? AND reason = ?",
            [file.file_id, owner, reason],
        )
        return _one(found) > 0

    def came_again_since(self, files: Collection[KeptFile], moment: datetime) -> bool:
        """Whether each of the files came into force again at that moment or later."""
        row = self._con.execute(
            "SELECT count(DISTINCT file_id) FROM quality.file_event WHERE event = 'again' "
            "AND list_contains(?::BIGINT[], file_id) AND happened_at >= ?",
            [[file.file_id for file in files], moment],
        ).fetchone()
        return row is not None and row[0] == len(files)

    def put_in_force_again(self, contract: Contract, file: KeptFile, landed: Landed) -> datetime:
        """Make a kept file the newest of its feed, because its bytes have landed again; when it is.

        Its moment is that of the landing, or the next after that of the feed's newest file.
        """
        newest = [other.effective_at for other in self.loaded_files(contract.feed).values()]
        moment = max([landed.landed_at, *(at + timedelta(microseconds=1) for at in newest)])
        self.change(file, "again", "loaded", None, "the run", f"landed again as {landed.name}")
        self._con.execute(
            "UPDATE quality.load_audit SET effective_at = ? WHERE file_id = ?",
            [moment, file.file_id],
        )
        return moment

    def change(
        self,
        file: KeptFile,
        event: str,
        status: str,
        reason: str | None,
        who: str,
        why: str | None,
    ) -> None:
        """Give a kept file another status and reason; its events keep who did it and why."""
        self._con.execute(
            "UPDATE quality.load_audit SET status = ?, reason = ? WHERE file_id = ?",
            [status, reason, file.file_id],
        )
        self.note_event(file.file_id, event, file.status, who, why)

    def note_event(
        self, file_id: int, event: str, status_before: str, who: str, why: str | None
    ) -> None:
        """Append what happened to a file."""
        self._con.execute(
            "INSERT INTO quality.file_event "
            "(file_id, happened_at, event, status_before, who, reason) VALUES (?, ?, ?, ?, ?, ?)",
            [file_id, datetime.now(UTC).replace(tzinfo=None), event, status_before, who, why],
        )

    def stale(self, contract: Contract) -> list[Stale]:
        """The kept files to read again, in the order of loading.

        Those of which the other contract rejected rows; of a feed with identifiers all, since the
        other may have known fewer of them and kept their texts as they were sent; of one whose rows
        or snapshots have keys all, since the other may have taken a key that cannot be read.
        """
        return self._to_read(
            contract,
            "(rejected > 0 OR $every) AND contract_sha256 IS DISTINCT FROM $stamp",
            every=contract.has_identifiers or contract.update.rule != "replace_by_period",
            stamp=self._domains.stamp(contract),
        )

    def kept(self, contract: Contract) -> list[Stale]:
        """Every kept file of the feed, to be read again, in the order of loading."""
        return self._to_read(contract, "true")

    def _to_read(self, contract: Contract, which: str, **values: object) -> list[Stale]:
        found = self._con.execute(
            "SELECT archive_path, archived_container_sha256, list([file_id::VARCHAR, file_name, "
            "archived_sha256, bytes::VARCHAR, rejected::VARCHAR] ORDER BY file_id) "
            "FROM quality.kept_file "
            f"WHERE feed = $feed AND archive_path IS NOT NULL AND {which} "
            "GROUP BY ALL ORDER BY min(file_id)",
            {"feed": contract.feed, **values},
        ).fetchall()
        return [
            Stale(
                path,
                container,
                {
                    sha256: AuditRow(
                        name, sha256, int(size), "loaded", file_id=int(n), rejected=int(rejected)
                    )
                    for n, name, sha256, size, rejected in rows
                },
            )
            for path, container, rows in found
        ]

    def note_rewritten(self, stale: Stale, whole: str, plain: str) -> Stale:
        """Note the hashes that a kept file has in the archive now; the file to read again."""
        [row] = stale.rows.values()
        self._con.execute(
            "UPDATE quality.load_audit SET archived_container_sha256 = ?, archived_sha256 = ? "
            "WHERE file_id = ?",
            [whole, plain, row.file_id],
        )
        return Stale(stale.archive_path, whole, {plain: replace(row, sha256=plain)})

    def take_back(self, contract: Contract, rows: Sequence[AuditRow]) -> None:
        """Remove what was read of files, whose rows are about to be inserted anew."""
        for table, column in (
            (f"raw.{contract.raw_table}", "_file_id"),
            ("raw.load_period", "file_id"),
            ("quality.rejected_row", "file_id"),
            ("quality.identifier_shape", "file_id"),
        ):
            self._con.execute(
                f"DELETE FROM {table} WHERE list_contains(?::BIGINT[], {column})",
                [[row.file_id for row in rows]],
            )

    def write_again(self, contract: Contract, stale: Stale) -> None:
        """What reading a kept file again found. A row no longer `loaded` keeps its counts."""
        for row in stale.rows.values():
            self._con.execute(
                "UPDATE quality.load_audit SET contract_sha256 = ? WHERE file_id = ?",
                [self._domains.stamp(contract), row.file_id],
            )
            if row.status == "loaded":
                self._con.execute(
                    "UPDATE quality.load_audit SET data_rows = ?, accepted = ?, rejected = ?, "
                    "skipped = ?, layout = ?, encoding = ?, absent_columns = ? WHERE file_id = ?",
                    [
                        *(row.data_rows, row.accepted, row.rejected, row.skipped),
                        *(row.layout, row.encoding, list(row.absent), row.file_id),
                    ],
                )

    def insert_rows(self, contract: Contract, rows: Sequence[AuditRow]) -> None:
        """Move what read_batch left in the connection into the raw table and rejected_row.

        `rows` are in the order of the members given to read_batch; only those with status loaded
        are moved. Raises RunFailed unless what arrived is what the reader counted.
        """
        loaded = [row for row in rows if row.status == "loaded"]
        if not loaded:
            return
        table = f"raw.{contract.raw_table}"
        columns = ", ".join(map(quoted, contract.raw_columns))
        stored = ", ".join(
            stored_sql(
                column, column.identifier and self._domains.of(contract.feed, column.identifier)
            )
            for column in contract.columns
        )
        # A list by member where a join would be natural: the join returned rows out of order, and
        # raw tables keep the order of their files (seen with DuckDB 2.0.0).
        ids = [row.file_id if row.status == "loaded" else None for row in rows]
        self._con.execute(
            f"INSERT INTO {table} (_file_id, _line_number, {columns}) "
            f"SELECT (?::BIGINT[])[_member + 1], _line_number, {stored} FROM incoming",
            [ids],
        )
        self._con.execute(
            "INSERT INTO quality.rejected_row "
            "SELECT (?::BIGINT[])[_member + 1], ?, (?::VARCHAR[])[_member + 1], _line_number, "
            "column_name, reason, raw_line FROM incoming_rejected",
            [ids, contract.feed, [row.file_name for row in rows]],
        )
        arriving = [row.file_id for row in loaded]
        self._note_months(contract, loaded)
        self._note_shapes(contract, rows)
        for what, query in (
            ("accepted", f"SELECT _file_id, count(*) FROM {table} WHERE _file_id >= ? GROUP BY 1"),
            (
                "rejected",
                "SELECT file_id, count(*) FROM quality.rejected_row WHERE file_id >= ? GROUP BY 1",
            ),
        ):
            arrived = dict(self._con.execute(query, [min(arriving)]).fetchall())
            for row in loaded:
                counted = getattr(row, what)
                if arrived.get(row.file_id, 0) != counted:
                    raise RunFailed(
                        f"{row.file_name}: {counted} rows were {what}, but "
                        f"{arrived.get(row.file_id, 0)} arrived in the warehouse. This is a fault "
                        "of the program; the file stays in landing. Please report it."
                    )

    def _note_months(self, contract: Contract, rows: Sequence[AuditRow]) -> None:
        """Which months the files hold: those of their rows, and those that their names promise."""
        files = [row.file_id for row in rows]
        months = _months_sql(contract)
        if months is None:
            return
        rows_read = (
            f"FROM raw.{contract.raw_table} "
            "WHERE _file_id >= ? AND list_contains(?::BIGINT[], _file_id)"
        )
        if contract.update.span:
            # A row of a long time is of many months: those of equal times are spread out once.
            columns = ", ".join(quoted(name) for name in contract.update.span)
            rows_read = (
                f"FROM (SELECT _file_id, {columns}, count(*) AS row_count {rows_read} GROUP BY ALL)"
            )
        self._con.execute(
            "INSERT INTO raw.load_period "
            "SELECT _file_id, ?, period_key, first_day, sum(row_count) FROM ("
            f"SELECT _file_id, {_key_sql(contract)} AS period_key, {months} AS first_day, "
            f"{'row_count' if contract.update.span else '1'} AS row_count {rows_read}"
            ") WHERE first_day <= current_date GROUP BY ALL ORDER BY ALL",
            [contract.feed, min(files), files],
        )
        if contract.update.date is None:
            return
        for row in rows:
            self._con.execute(
                "INSERT INTO raw.load_period SELECT ?, ?, '', promised.month, 0 "
                "FROM (SELECT unnest(?::DATE[]) AS month) AS promised "
                "ANTI JOIN (FROM raw.load_period WHERE file_id = ?) AS held "
                "ON promised.month = held.month WHERE promised.month <= current_date",
                [row.file_id, contract.feed, promised_months(row.file_name), row.file_id],
            )

    def _note_shapes(self, contract: Contract, rows: Sequence[AuditRow]) -> None:
        """What the identifiers of each file look like, while their texts are still there."""
        ids = [row.file_id if row.status == "loaded" else None for row in rows]
        for column in contract.columns:
            if column.identifier is None:
                continue
            alone = column.name in contract.update.row_key and len(contract.update.row_key) == 1
            self._con.execute(
                "INSERT INTO quality.identifier_shape "
                "WITH texts AS ("
                f"SELECT _member, {quoted(column.name)} AS said, count(*) AS rows FROM incoming "
                f"WHERE said IS NOT NULL AND NOT ({says_unknown_sql(column, 'said')}) GROUP BY ALL"
                "), digits AS ("
                "SELECT *, regexp_full_match(said, '[0-9]+') AS is_number FROM texts"
                "), months AS ("
                "SELECT file_id, count(DISTINCT month) AS months FROM raw.load_period GROUP BY ALL"
                ") SELECT files.file_id, $feed, $column, sum(rows), max(rows), "
                "CASE WHEN $repeats THEN greatest($least, max(months)) END, "
                "coalesce(sum(rows) FILTER (is_number), 0), "
                "min(length(said)) FILTER (is_number), max(length(said)) FILTER (is_number), "
                "coalesce(sum(rows) FILTER (is_number AND said LIKE '0%'), 0) "
                "FROM digits JOIN (SELECT unnest($ids::BIGINT[]) AS file_id, "
                "generate_subscripts($ids::BIGINT[], 1) - 1 AS _member) AS files USING (_member) "
                "LEFT JOIN months USING (file_id) GROUP BY files.file_id ORDER BY files.file_id",
                {
                    "feed": contract.feed,
                    "column": column.name,
                    "repeats": not alone,
                    "least": PLAUSIBLE_REPEATS,
                    "ids": ids,
                },
            )

    def implausible_repeats(self, rows: Sequence[AuditRow]) -> list[tuple[str, str, int, int]]:
        """Of these files the identifiers that repeat too often: file, column, repeats, rows."""
        found: list[tuple[str, str, int, int]] = self._con.execute(
            "SELECT load_audit.file_name, column_name, most_repeated, row_count "
            "FROM quality.identifier_shape JOIN quality.load_audit USING (file_id) "
            "WHERE list_contains(?::BIGINT[], file_id) AND most_repeated > most_plausible "
            "ORDER BY file_id, column_name",
            [[row.file_id for row in rows if row.status == "loaded"]],
        ).fetchall()
        return found

    def write(
        self, contract: Contract, landed: Landed, sha256: str, place: str, rows: Sequence[AuditRow]
    ) -> None:
        """The audit rows of one landed file; `place` is where its bytes are, below the home."""
        now = datetime.now(UTC).replace(tzinfo=None)
        for row in rows:
            self._con.execute(
                "INSERT INTO quality.load_audit (file_id, partner, feed, file_name, sha256, bytes, "
                "data_rows, accepted, rejected, skipped, status, reason, loaded_at, landed_at, "
                "container_sha256, layout, encoding, archive_path, contract_sha256, "
                "absent_columns, effective_at, archived_sha256, archived_container_sha256, "
                f"cleared) VALUES ({'?, ' * 23}false)",
                [
                    *(row.file_id, contract.partner, contract.feed, row.file_name, row.sha256),
                    *(row.bytes, row.data_rows, row.accepted, row.rejected, row.skipped),
                    *(row.status, row.reason or None, now, landed.landed_at, sha256),
                    *(row.layout, row.encoding, place or None, self._domains.stamp(contract)),
                    list(row.absent),
                    landed.landed_at if row.status in ("loaded", "held") else row.effective_at,
                    *(row.archived_sha256, row.archived_container_sha256),
                ],
            )
            if row.status == "held":
                self.note_event(row.file_id, "held", "loaded", "the run", row.reason)

    def note_cleared(self, landed: Landed, sha256: str) -> None:
        """The landed file is out of landing."""
        self._con.execute(
            "UPDATE quality.load_audit SET cleared = true WHERE NOT cleared AND feed = ? "
            "AND split_part(file_name, '/', 1) = ? AND landed_at = ? AND container_sha256 = ?",
            [landed.feed, landed.name, landed.landed_at, sha256],
        )

    def note_cleared_earlier(self, listed: Sequence[Landed]) -> None:
        """Note what a killed run cleared without noting it: audited files no longer in landing."""
        there = {(landed.feed, landed.name, landed.landed_at) for landed in listed}
        for feed, name, landed_at in self._con.execute(
            "SELECT DISTINCT feed, split_part(file_name, '/', 1), landed_at "
            "FROM quality.load_audit WHERE NOT cleared"
        ).fetchall():
            if (feed, name, landed_at) not in there:
                self._con.execute(
                    "UPDATE quality.load_audit SET cleared = true WHERE NOT cleared AND feed = ? "
                    "AND split_part(file_name, '/', 1) = ? AND landed_at = ?",
                    [feed, name, landed_at],
                )

    def latest_months(self) -> dict[str, date]:
        """The latest month held, per feed that has months."""
        return dict(
            self._con.execute(
                "SELECT feed, max(month) FROM raw.period_in_force GROUP BY 1"
            ).fetchall()
        )


def _key_sql(contract: Contract) -> str:
    """SQL of what a month is received for, such as the force; '' for the feed as a whole."""
    if contract.update.rule != "replace_by_period" or not contract.update.key:
        return "''"
    return f"concat_ws(' | ', {', '.join(map(quoted, contract.update.key))})"


def _months_sql(contract: Contract) -> str | None:
    """SQL of the first days of the months a row is of; None for a feed whose rows have no time.

    The columns are required, so they read in every accepted row.
    """
    update = contract.update
    dated = update.month or update.date
    if dated:
        return _day_sql(contract, dated)
    if update.span:
        first, last = (_day_sql(contract, name) for name in update.span)
        # Months to come are not received, however far the span goes on.
        last = f"least({last}, date_trunc('month', current_date))"
        return f"unnest(generate_series({first}, {last}, INTERVAL 1 MONTH)::DATE[])"
    return None


def _key_text_sql(contract: Contract, name: str) -> str:
    """SQL of a key's text, the same for every spelling that the contract reads alike."""
    cast = cast_sql(contract.column(name), quoted(name))
    return f"coalesce(({cast})::VARCHAR, {quoted(name)})"


def _day_sql(contract: Contract, name: str) -> str:
    """SQL of the first day of the month a column's text lies in, read as it was accepted."""
    return f"date_trunc('month', {cast_sql(contract.column(name), quoted(name))})::DATE"


def _one(found: duckdb.DuckDBPyConnection) -> int:
    row = found.fetchone()
    return int(row[0]) if row else 0
