"""Read a batch of members into one temporary table of accepted rows, and account for every row.

for batch in batches(path, contract, limits, workdir):
    readings = read_batch(con, contract, batch)
    con.execute("INSERT INTO raw... SELECT ... FROM incoming JOIN ... USING (_member)")
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import duckdb

from warehouse.contract import Contract
from warehouse.errors import FileRefused
from warehouse.faults import refusing
from warehouse.reading import checks, identifiers, notations
from warehouse.reading.archive import Member
from warehouse.reading.cells import Group, create_exact, load_exact, load_fast, may_go_fast
from warehouse.reading.header import Header
from warehouse.reading.rejects import (
    LeavingOut,
    LeftOut,
    Mask,
    count_unfit,
    create_rejects,
    find_unfit,
    forget,
    keep_rejects,
)
from warehouse.reading.sources import Source, Tally, data_rows, open_source
from warehouse.sql_text import literal, quoted

Masking = Callable[[Contract, Header], Mask]


@dataclass
class Reading:
    """What became of one member; data_rows == accepted + rejected + skipped, always.

    data_rows counts every record except the header and blank rows at the end; records of the
    preamble and footer, declared row skips and blank rows in between count as skipped.
    """

    member: Member
    refused: FileRefused | None = None
    layout: str = ""
    encoding: str = ""
    data_rows: int = 0
    accepted: int = 0
    rejected: int = 0
    skipped: int = 0
    captured: dict[str, str] = field(default_factory=dict)  # constants and captured texts
    absent: tuple[str, ...] = ()  # optional columns the file does not carry

    @property
    def file(self) -> str:
        """The landed file, or the member within it."""
        return self.member.label


def read_batch(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    batch: Sequence[Member],
    *,
    fast: bool = True,
    masking: Masking | None = None,
    leaving_out: LeavingOut | None = None,
) -> list[Reading]:
    """Read a batch of one feed's members; one Reading each, in order (skipped ones are empty).

    Leaves in `con`, in place of the last call's, until the next call:
      view  incoming(_member INTEGER, _line_number BIGINT, <contract.raw_columns> VARCHAR), the
            accepted rows: text without surrounding spaces, NULL where blank. Read it once.
      table incoming_rejected(_member, _line_number, column_name, reason, raw_line)
    `_member` counts from 0 in `batch`. A member that breaks its contract has `refused` and no
    rows. The connection must keep insertion order (DuckDB's default). `fast=False` reads every
    file by the exact reader; the result is the same. `masking` makes, for the header of a file,
    what may be kept of a rejected line; without it nothing is kept of a feed with identifiers.
    `leaving_out` names the rows that are to be skipped besides those that the contract declares.
    """
    _clear(con)
    if contract.has_identifiers:
        identifiers.register(con)
    con.execute("SET preserve_insertion_order = true")
    readings = [Reading(member, member.refused) for member in batch]
    sources: dict[int, Source] = {}
    for number, member in enumerate(batch):
        if member.refused is None and member.skipped is None:
            try:
                with refusing():
                    sources[number] = open_source(member, contract)
            except FileRefused as refusal:
                readings[number].refused = refusal
    groups: list[Group] = []

    exact = list(sources)
    if fast:
        regular = [number for number in sources if may_go_fast(sources[number])]
        for group in _grouped(contract, sources, regular, first_number=0):
            counts = load_fast(con, group, sources, contract.delimiter)
            whole = _keep_clean(con, contract, group, counts)
            for number, rows in whole.items():
                readings[number].data_rows = rows
            exact = [number for number in exact if number not in whole]
            _refuse(con, group, readings)
            groups.append(group)
    for group in _grouped(contract, sources, exact, first_number=len(groups)):
        create_exact(con, group)
        for number in group.members:
            left_out = LeftOut(con, number)
            tally = Tally(left_out.keep_broken, left_out.keep_span)
            try:
                with refusing():
                    load_exact(con, group, number, data_rows(sources[number], tally))
            except FileRefused as refusal:
                if isinstance(refusal.__cause__, duckdb.Error):
                    raise  # which ended the transaction: the landed file is refused whole
                readings[number].refused = refusal
                group.leave_out(con, [number])
                left_out.forget()
                continue
            left_out.flush()
            readings[number].data_rows = tally.yielded + tally.skipped + tally.broken
            readings[number].skipped = tally.skipped
        group.clean(con, group.relation)
        _refuse(con, group, readings)
        groups.append(group)

    selects = [
        _accepted_sql(contract, group, find_unfit(con, contract, group, leaving_out))
        for group in groups
    ]
    con.execute(f"CREATE OR REPLACE TEMP VIEW incoming AS {_union(contract, selects)}")
    _refuse_other_files(con, contract, groups, readings)

    unfit = count_unfit(con)
    for number, reading in enumerate(readings):
        source = sources.get(number)
        if reading.refused is not None:
            reading.refused = _naming_the_file(contract, reading.refused)
        elif source is not None:
            _describe(reading, source)
            reading.rejected, declared = unfit.get(number, (0, 0))
            reading.skipped += declared
            reading.accepted = reading.data_rows - reading.rejected - reading.skipped
            if reading.rejected:
                keep_rejects(con, number, source, _mask(contract, source, masking))
    return readings


def _mask(contract: Contract, source: Source, masking: Masking | None) -> Mask | None:
    if not contract.has_identifiers:
        return None
    return masking(contract, source.header) if masking else lambda line: None


def _clear(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("DROP VIEW IF EXISTS temp.main.incoming")
    old = con.execute(
        "SELECT table_name FROM duckdb_tables() WHERE temporary AND table_name LIKE 'incoming\\_%' "
        "ESCAPE '\\'"
    ).fetchall()
    for (name,) in old:
        con.execute(f"DROP TABLE temp.main.{name}")
    create_rejects(con)


def _grouped(
    contract: Contract, sources: dict[int, Source], numbers: list[int], first_number: int
) -> list[Group]:
    groups: dict[tuple[object, ...], Group] = {}
    for number in numbers:
        header, text = sources[number].header, sources[number].member.text
        odd_spaces = text is not None and text.odd_spaces
        key = (header.layout.name, header.cells, tuple(header.fixed.items()), odd_spaces)
        if key not in groups:
            groups[key] = Group(first_number + len(groups), contract, header, odd_spaces)
        groups[key].members.append(number)
    return list(groups.values())


def _keep_clean(
    con: duckdb.DuckDBPyConnection, contract: Contract, group: Group, counts: dict[int, int]
) -> dict[int, int]:
    """The counts without members that hold a blank row, which only the exact reader can judge."""
    cells = [group.cell(i) for i in group.used]
    values = checks.column_expressions(contract, group.header, group.cell)
    first = next(
        values[column.name]
        for column in contract.required_in(group.header.layout)
        if column.name not in group.header.fixed
    )
    blank = con.execute(
        f"SELECT DISTINCT _member FROM {group.relation} "
        f"WHERE {first} IS NULL AND coalesce({', '.join(cells)}) IS NULL"
    ).fetchall()
    if blank:
        group.leave_out(con, [number for (number,) in blank])
    return {n: rows for n, rows in counts.items() if (n,) not in blank}


def _refuse(con: duckdb.DuckDBPyConnection, group: Group, readings: list[Reading]) -> None:
    """Refuse the group's members that are in another notation than the contract's."""
    captured = notations.refuse_captured(con, group)
    found = dict.fromkeys(group.members, captured) if captured else notations.refusals(con, group)
    for number, refusal in found.items():
        readings[number] = Reading(readings[number].member, refusal)
        forget(con, number)
    if found:
        group.leave_out(con, found)


def _refuse_other_files(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    groups: list[Group],
    readings: list[Reading],
) -> None:
    """Refuse the members that break a rule of whole files, and take their rows back."""
    for rule in contract.file_rules:
        values = ", ".join(literal(value.casefold()) for value in rule.where.values)
        keys = ", ".join(quoted(name) for name in rule.per)
        broken = con.execute(
            f"SELECT _member, min(line), count(*) FROM (SELECT _member, min(_line_number) AS line "
            f"FROM incoming WHERE lower({quoted(rule.where.column)}) IN ({values}) "
            f"GROUP BY _member, {keys} HAVING count(*) < {rule.at_least}) GROUP BY _member"
        ).fetchall()
        for number, line, count in broken:
            refusal = FileRefused(
                f"{rule.says} ({count:,} of them, the first on line {line})",
                line=line,
                mend="Land the publisher's whole file as it is published.",
            )
            readings[number] = Reading(readings[number].member, refusal)
            forget(con, number)
            for group in groups:
                if number in group.members:
                    group.leave_out(con, [number])


def _naming_the_file(contract: Contract, refused: FileRefused) -> FileRefused:
    """The refusal, whose mend says which of the publisher's files the feed is."""
    if contract.published_as is None or contract.published_as in refused.what_to_do:
        return refused
    mend = f"{refused.what_to_do} The file meant is {contract.published_as}."
    named = FileRefused(refused.reason, line=refused.line, column=refused.column, mend=mend)
    named.__cause__ = refused.__cause__
    return named


def _accepted_sql(contract: Contract, group: Group, any_unfit: bool) -> str:
    values = checks.column_expressions(contract, group.header, group.cell)
    columns = ", ".join(f"{value} AS {quoted(name)}" for name, value in values.items())
    accepted = f"SELECT _member, _line AS _line_number, {columns} FROM {group.relation} AS cells"
    if not any_unfit:
        return accepted
    return (
        f"{accepted} WHERE NOT EXISTS (FROM incoming_unfit AS u "
        "WHERE u._member = cells._member AND u._line = cells._line)"
    )


def _union(contract: Contract, selects: list[str]) -> str:
    if selects:
        return " UNION ALL ".join(selects)
    columns = ", ".join(f"CAST(NULL AS VARCHAR) AS {quoted(c)}" for c in contract.raw_columns)
    return f"SELECT 0 AS _member, CAST(0 AS BIGINT) AS _line_number, {columns} WHERE false"


def _describe(reading: Reading, source: Source) -> None:
    header: Header = source.header
    reading.layout = header.layout.name
    reading.encoding = source.encoding
    reading.captured = dict(header.fixed)
    reading.absent = header.absent
