"""Disclosure control of a night: hide what must be hidden, then attack what would be published."""

import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from warehouse import results
from warehouse.home import Home
from warehouse.publication.build import write_parquet
from warehouse.publication.disclosure import memory as remembered
from warehouse.publication.disclosure.attack import (
    BEFORE,
    ROOM,
    Finding,
    Published,
    attack,
    findings,
    key_of,
    read_counts,
    read_public,
)
from warehouse.publication.disclosure.knowledge import Areas, Count, indicators, parts_of_rest
from warehouse.publication.disclosure.memory import Memory, Picture
from warehouse.publication.disclosure.suppress import Counts, Rules, hidden_counts, wider
from warehouse.publication.disclosure.system import Cell
from warehouse.publication.store import list_publications
from warehouse.publication.tables import PublishedTable
from warehouse.publication.tiers import (
    COUNT_COLUMNS,
    HIDDEN,
    KEY,
    MASK,
    PUBLIC,
    REST_ON,
    RESTS_ON_HIDDEN,
    WITHHELD,
    partner_rows,
    sources,
)
from warehouse.results import CheckResult, utc_now
from warehouse.settings import Disclosure
from warehouse.sql_text import literal, quoted
from warehouse.writing import replace_rows, transaction

KIND = "disclosure"
FIGURES = "indicator_value"
AUDIT = "quality.disclosure"
Row = Mapping[str, Any]


def protect(
    home: Home,
    con: duckdb.DuckDBPyConnection,
    tables: list[PublishedTable],
    settings: Disclosure,
    run_id: str,
) -> None:
    """Write the mask of the public tier, attack what it leaves, and record both.

    The attack's result is a blocking check of the run; of what it found the table
    `quality.disclosure` has a row per table. Does nothing where no published table is to be public
    after disclosure control.
    """
    if not any(table.public == "disclosed" for table in tables):
        return
    rules = Rules(settings.smallest_count, settings.hide_zeros, settings.secondary)
    condition = partner_rows(con, tables)
    rows = _rows(con, tables, condition) if settings.partner_figures else []
    counts = Counts.of_rows(rows, _areas(con, tables), rules)
    _remember(home, con, condition)
    memory = Memory.of(remembered.read(con), counts.truth, counts.areas)

    def seen(hidden: set[Count], withheld: set[Count]) -> Published:
        _write_mask(con, rows, hidden, withheld)
        return _read_files(home, con, tables, memory)

    found = decided(counts, memory, seen)
    _record(con, run_id, found)
    results.append(con, [_check(run_id, found)])


def decided(
    counts: Counts, memory: Memory, seen: Callable[[set[Count], set[Count]], Published]
) -> list[Finding]:
    """What the attacker finds by the first choice of what to hide by which he recovers nothing.

    seen: what is public if these are hidden and of them those withheld; the last that it was asked
    for is what is published. The first choice is the suppressor's own, the last hides all. Where
    nothing but small counts is to be hidden there is one choice, and the attacker's word on it.
    """
    rules = counts.rules
    hidden = hidden_counts(counts, memory)
    found, recovered = _attacked(seen(hidden, set()), rules, memory)
    if recovered and rules.secondary:
        for choice in wider(counts, memory, hidden, recovered):
            found, recovered = _attacked(seen(*choice), rules, memory)
            if not recovered:
                break
    # The counts are all of partners', not those alone that an attacker reads.
    return [
        each if each.table == BEFORE else replace(each, cells=len(counts.countable))
        for each in found
    ]


def _attacked(
    published: Published, rules: Rules, memory: Memory
) -> tuple[list[Finding], list[Cell]]:
    intervals = attack(published, rules.least, memory, rules.smallest)
    found = findings(published, intervals, rules.smallest, memory)
    return found, [cell for finding in found for cell in finding.recovered]


def _rows(
    con: duckdb.DuckDBPyConnection, tables: list[PublishedTable], condition: str
) -> list[Row]:
    """The rows of partners' figures that are to be public, as the warehouse has them."""
    columns = ", ".join((*KEY, "period_end", *COUNT_COLUMNS))
    table = next(table for table in tables if table.name == FIGURES)
    return _dictionaries(
        con,
        f"select {columns} from {quoted(table.schema, table.name)} where {condition}",
    )


def _areas(con: duckdb.DuckDBPyConnection, tables: list[PublishedTable]) -> Areas:
    table = next(table for table in tables if table.name == "area")
    return Areas.of_rows(
        _dictionaries(
            con,
            "select area_type, area_code, district_code, is_in_county, is_focus_area "
            f"from {quoted(table.schema, table.name)}",
        )
    )


def _dictionaries(con: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    found: list[Row] = con.sql(query).to_arrow_table().to_pylist()
    return found


def _remember(home: Home, con: duckdb.DuckDBPyConnection, condition: str) -> None:
    """Remember the publications that came about since, by their files alone.

    condition: of the rows of partners' figures that are to be public.
    """
    known = remembered.recorded(con)
    for publication in reversed(list_publications(home)):
        if publication.id not in known:
            picture = _picture(publication.folder / "parquet", condition)
            remembered.record(con, publication.id, picture)


def _picture(folder: Path, condition: str) -> Picture:
    """What a publication's public files are about; what they leave out, by the partners' file."""
    public = read_counts(folder / PUBLIC, condition)
    path = literal(folder / "partner" / f"{FIGURES}.parquet")
    with duckdb.connect() as con:
        rows = _dictionaries(con, f"select * from {path} where {condition}")
    return pictured(public, Counts.of_rows(rows, public.areas, Rules()).truth)


def pictured(public: Published, counted: Mapping[Cell, float]) -> Picture:
    """What is remembered of public files, with the true values of what they leave out."""
    about = public.known.keys() | public.hidden | public.rests
    truth = {cell: value for cell, value in counted.items() if cell in about} | public.known
    # That no other zero is left out is as good as said, where none is.
    is_zero_hidden = any(truth.get(cell) == 0 for cell in public.hidden - public.withheld)
    least = public.least(0.0 if is_zero_hidden else 1.0)
    hidden = {cell: bound for cell, bound in least.items() if cell in truth}
    hidden |= {
        rest: 0.0
        for rest in public.rests
        if rest in truth and not all(part in public.known for part in parts_of_rest(rest))
    }
    return Picture(truth, hidden)


def _write_mask(
    con: duckdb.DuckDBPyConnection, rows: list[Row], hidden: set[Count], withheld: set[Count]
) -> None:
    """A row per row that is to be public, with what of it is left out."""
    columns = (*KEY, *COUNT_COLUMNS, *REST_ON, "reason")
    with transaction(con):
        replace_rows(con, MASK, columns, _masks(rows, hidden, withheld))


def _masks(rows: list[Row], hidden: set[Count], withheld: set[Count]) -> list[tuple[Any, ...]]:
    whole = {_place(row) for row in rows if any(_hidden_columns(row, withheld))} if withheld else ()
    flags = {_place(row): _hidden_columns(row, hidden) for row in rows}
    flags |= {place: [True] * len(COUNT_COLUMNS) for place in whole}
    # A figure of which the numerator or the denominator is hidden, as others rest on it.
    without = {place for place, of_row in flags.items() if of_row[0] or of_row[1]}
    without_districts = {(*place[:2], *place[4:]) for place in without if place[2] == "district"}
    without_county = {(*place[:2], *place[4:]) for place in without if place[2] == "county"}
    made = []
    for row in rows:
        place = _place(row)
        years = [(*place[:5], start) for start in _years_to(row["period_start"], 5)]
        elsewhere = (*place[:2], *place[4:])
        rest_on = {
            "previous": years[1] in without,
            "five_years": any(year in without for year in years),
            "county": elsewhere in without_county,
            "districts": elsewhere in without_districts,
        }
        own = flags[place]
        if place in whole:
            made.append((*place, *own, *(True for _ in REST_ON), WITHHELD))
            continue
        reason = HIDDEN if any(own) else RESTS_ON_HIDDEN if any(rest_on.values()) else None
        made.append((*place, *own, *(rest_on[name] for name in REST_ON), reason))
    return made


def _place(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in KEY)


def _hidden_columns(row: Row, hidden: set[Count]) -> list[bool]:
    indicator = indicators().get((row["indicator_id"], row["indicator_version"]))
    if indicator is None:
        # Not in the register: nobody knows what it counts, and it is not published.
        return [True] * len(COUNT_COLUMNS)
    key = key_of(row)
    return [
        column in indicator.quantities and key.cell(indicator.quantities[column]) in hidden
        for column in COUNT_COLUMNS
    ]


def _years_to(start: Any, years: int) -> list[Any]:
    return [start.replace(year=start.year - back) for back in range(years)]


def _read_files(
    home: Home, con: duckdb.DuckDBPyConnection, tables: list[PublishedTable], memory: Memory
) -> Published:
    """What an outsider reads in the files that would be published."""
    folder = home.work / "disclosure"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    try:
        for source in sources(con, tables, PUBLIC):
            if source.table.public == "disclosed" or source.table.name == "area":
                write_parquet(con, source, folder / f"{source.table.name}.parquet", None)
        return read_public(folder, {cell.of.quantity for cell in memory.hidden})
    finally:
        shutil.rmtree(folder)


def _record(con: duckdb.DuckDBPyConnection, run_id: str, found: Iterable[Finding]) -> None:
    columns = ("run_id", "table_name", "counts", "suppressed_counts", "narrowest", "recovered")
    rows = [
        (run_id, each.table, each.cells, each.hidden, each.narrowest, len(each.recovered))
        for each in found
    ]
    with transaction(con):
        replace_rows(con, AUDIT, columns, rows)


def _check(run_id: str, found: list[Finding]) -> CheckResult:
    recovered = sum(len(finding.recovered) for finding in found)
    hidden = max((finding.hidden for finding in found), default=0)
    named = sorted({finding.table for finding in found if finding.recovered})
    said = f" ({', '.join(named)})" if named else ""
    return results.of_kind(
        KIND,
        run_id,
        None,
        "fail" if recovered else "pass",
        observed=f"{recovered:,} suppressed counts can be found out",
        threshold=f"none, nor one bounded to less than {ROOM}",
        records=hidden,
        checked_at=utc_now(),
        message=(
            f"Of the public file {recovered:,} suppressed counts can be found out{said}. See that "
            "`disclosure.secondary` of csp.yml is true; if it is, set `disclosure.partner_figures` "
            "to false and report it."
            if recovered
            else f"None of {hidden:,} suppressed counts can be found out from the public file."
        ),
    )
