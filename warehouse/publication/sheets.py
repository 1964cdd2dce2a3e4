"""A published table as CSV files for a spreadsheet: one per value of a column, and its columns."""

import csv
import re
from pathlib import Path

import duckdb

from warehouse.files import link_or_copy, sha256_of
from warehouse.publication.manifest import Manifest, TableEntry
from warehouse.publication.tiers import Source
from warehouse.sql_text import literal, quoted

FOLDER = "tables"
COLUMNS = "columns.csv"
# A sheet of Excel has 1,048,576 rows, the header one of them.
MOST_ROWS = 1_000_000
# Without it Excel takes UTF-8 for the code page of the machine.
BYTE_ORDER_MARK = "\ufeff"
# A cell of text that begins so is run as a formula (OWASP, CSV injection).
FORMULA = r"^[=+\-@\t\r]"


def sheet_folder(publication: Path, tier: str, table: str) -> Path:
    """Where the files of a table of a tier lie."""
    return publication / FOLDER / tier / table


def write_sheets(
    con: duckdb.DuckDBPyConnection,
    source: Source,
    publication: Path,
    tier: str,
    most_rows: int = MOST_ROWS,
) -> None:
    """Write the rows of the tier's table, a file per value of its column `sheets_by`.

    A value of more than `most_rows` rows has several files. Text that a spreadsheet would run as
    a formula stands behind an apostrophe; numbers and dates are as they are. Rows are in order.
    """
    folder = sheet_folder(publication, tier, source.table.name)
    folder.mkdir(parents=True)
    by = quoted(source.table.sheets_by or "")
    types = con.execute(f"describe {source.select}").fetchall()
    cells = [f"{_cell(name, type_)} as {quoted(name)}" for name, type_, *_ in types]
    header = ", ".join(
        f"{quoted(name)} as {quoted(BYTE_ORDER_MARK + name if not i else name)}"
        for i, (name, *_) in enumerate(types)
    )
    found = con.execute(
        f"select {by}::varchar, count(*) from ({source.select}) group by all order by all"
    ).fetchall()
    taken: set[str] = set()
    for value, rows in found:
        for part in range(-(-rows // most_rows)):
            name = _file_name(value, taken)
            con.execute(
                f"copy (select {header} from (select {', '.join(cells)} from ({source.select}) "
                f"where {by}::varchar is not distinct from ? order by all "
                f"limit {most_rows} offset {part * most_rows})) "
                f"to {literal(folder / name)} (format csv, header)",
                [value],
            )
    with (folder / COLUMNS).open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["column", "type", "description"])
        described = {column.name: column.comment for column in source.table.columns}
        writer.writerows([name, type_, described[name]] for name, type_, *_ in types)


def reuse_sheets(
    previous: Path | None,
    former: Manifest | None,
    publication: Path,
    tier: str,
    table: str,
    wanted: TableEntry,
) -> bool:
    """Link the files of the publication before, if it had the same rows and they are intact."""
    entry = former.tables.get(tier, {}).get(table) if former else None
    if previous is None or former is None or not entry or entry.fingerprint != wanted.fingerprint:
        return False
    start = sheet_folder(Path(), tier, table).as_posix() + "/"
    names = [name for name in former.files if name.startswith(start)]
    if not names or any(
        not (previous / name).is_file() or sha256_of(previous / name) != former.files[name].sha256
        for name in names
    ):
        return False
    sheet_folder(publication, tier, table).mkdir(parents=True)
    for name in names:
        link_or_copy(previous / name, publication / name)
    return True


def sheet_rows(con: duckdb.DuckDBPyConnection, publication: Path, tier: str, table: str) -> int:
    """How many rows the files of the table hold together."""
    files = [
        str(path)
        for path in sorted(sheet_folder(publication, tier, table).glob("*.csv"))
        if path.name != COLUMNS
    ]
    if not files:
        return 0
    listed = ", ".join(literal(file) for file in files)
    row = con.execute(
        f"select count(*) from read_csv([{listed}], header = true, all_varchar = true, "
        "delim = ',', quote = '\"', escape = '\"')"
    ).fetchone()
    return row[0] if row else 0


def _cell(name: str, type_: str) -> str:
    cell = quoted(name)
    if type_ != "VARCHAR":
        return cell
    return (
        f"case when regexp_matches({cell}, {literal(FORMULA)}) then '''' || {cell} else {cell} end"
    )


def _file_name(value: str | None, taken: set[str]) -> str:
    """A name for the next file of a value: `violent_crime.csv`, then `violent_crime_2.csv`."""
    plain = re.sub(r"[^a-z0-9]+", "_", (value or "").lower()).strip("_") or "other"
    if f"{plain}.csv" == COLUMNS:
        plain = f"{plain}_1"
    name, number = f"{plain}.csv", 1
    while name in taken:
        number += 1
        name = f"{plain}_{number}.csv"
    taken.add(name)
    return name
