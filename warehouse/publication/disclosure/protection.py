"""Disclosure control of a night: hide what must be hidden, then attack what would be published."""

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from warehouse import results
from warehouse.home import Home
from warehouse.publication.build import write_parquet
from warehouse.publication.disclosure.attack import (
    ROOM,
    Finding,
    attack,
    findings,
    key_of,
    read_public,
)
from warehouse.publication.disclosure.knowledge import Areas, Count, indicators
from warehouse.publication.disclosure.suppress import (
    Counts,
    Former,
    Rules,
    hidden_counts,
    unchanged,
)
from warehouse.publication.tables import PublishedTable
from warehouse.publication.tiers import (
    COUNT_COLUMNS,
    KEY,
    MASK,
    PUBLIC,
    PUBLIC_ROWS,
    REST_ON,
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
# Which of the two a hidden count is, is not said: of a small one all would know that it is small.
HIDDEN = "small count, or one that would reveal it"
RESTS_ON_HIDDEN = "rests on a suppressed count"
Row = Mapping[str, Any]


def protect(
    home: Home,
    con: duckdb.DuckDBPyConnection,
    tables: list[PublishedTable],
    settings: Disclosure,
    run_id: str,
    before: Path | None,
) -> None:
    """Write the mask of the public tier, attack what it leaves, and record both.

    before: the folder of the publication before. The attack's result is a blocking check of the
    run; of what it found the table `quality.disclosure` has a row per table. Does nothing where no
    published table is to be public after disclosure control.
    """
    if not any(table.public == "disclosed" for table in tables):
        return
    rules = Rules(settings.smallest_count, settings.hide_zeros, settings.secondary)
    rows = _rows(con, tables) if settings.partner_figures else []
    counts = Counts.of_rows(rows, _areas(con, tables), rules)
    former = _former(before, rules) if before is not None else None
    hidden = hidden_counts(counts, former)
    _write_mask(con, rows, hidden)
    found = _attack_files(home, con, tables, counts, former)
    _record(con, run_id, found)
    results.append(con, [_check(run_id, found)])


def _rows(con: duckdb.DuckDBPyConnection, tables: list[PublishedTable]) -> list[Row]:
    """The rows of partners' figures that are to be public, as the warehouse has them."""
    columns = ", ".join((*KEY, "period_end", *COUNT_COLUMNS))
    table = next(table for table in tables if table.name == FIGURES)
    return _dictionaries(
        con,
        f"select {columns} from {quoted(table.schema, table.name)} "
        f"where {partner_rows(con, tables)}",
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


def _former(before: Path, rules: Rules) -> Former | None:
    """The publication before; None where it shows no partners' figures."""
    folder = before / "parquet"
    published = read_public(folder / PUBLIC)
    if not published.hidden:
        return None
    path = literal(folder / "partner" / f"{FIGURES}.parquet")
    with duckdb.connect() as con:
        rows = _dictionaries(con, f"select * from {path} where {PUBLIC_ROWS}")
    return Former(published, Counts.of_rows(rows, published.areas, rules).truth)


def _write_mask(con: duckdb.DuckDBPyConnection, rows: Iterable[Row], hidden: set[Count]) -> None:
    """A row per row that is to be public, with what of it is left out."""
    columns = (*KEY, *COUNT_COLUMNS, *REST_ON, "reason")
    with transaction(con):
        replace_rows(con, MASK, columns, _masks(list(rows), hidden))


def _masks(rows: list[Row], hidden: set[Count]) -> list[tuple[Any, ...]]:
    flags = {_place(row): _hidden_columns(row, hidden) for row in rows}
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


def _attack_files(
    home: Home,
    con: duckdb.DuckDBPyConnection,
    tables: list[PublishedTable],
    counts: Counts,
    former: Former | None,
) -> list[Finding]:
    """What an outsider finds in the files that would be published, alone and beside the former."""
    folder = home.work / "disclosure"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    try:
        for source in sources(con, tables, PUBLIC):
            if source.table.public == "disclosed" or source.table.name == "area":
                write_parquet(con, source, folder / f"{source.table.name}.parquet", None)
        published = read_public(folder)
    finally:
        shutil.rmtree(folder)
    rules = counts.rules
    remembered = unchanged(former.published.known, counts.truth) if former else {}
    intervals = attack(published, rules.least, remembered)
    found = _of_all(counts.truth, findings(published, intervals, rules.smallest))
    if former is not None:
        given = unchanged(published.known, former.truth)
        intervals = attack(former.published, rules.least, given)
        of_former = _of_all(former.truth, findings(former.published, intervals, rules.smallest))
        found += [
            replace(finding, table=f"{finding.table}, as published before") for finding in of_former
        ]
    return found


def _of_all(truth: Mapping[Count, float], found: list[Finding]) -> list[Finding]:
    """The findings among all counts of partners, not those alone that an attacker reads."""
    cells = sum(not cell.quantity.startswith("rest ") for cell in truth)
    return [replace(finding, cells=cells) for finding in found]


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
