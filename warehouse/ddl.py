"""The tables ingest writes: raw tables of the feeds, and the control tables of raw and quality."""

import hashlib
import shutil
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from warehouse import yaml_text
from warehouse.contract import TIMES, Contract
from warehouse.errors import CspError
from warehouse.home import Home, private_files
from warehouse.messages import mend_of, safe_message
from warehouse.reading import checks
from warehouse.settings import Settings
from warehouse.sql_text import literal, quoted
from warehouse.writing import Row, replace_rows, transaction

DEFINITIONS = Path(__file__).with_name("control_tables.yml")


def duckdb_limits(home: Home, settings: Settings) -> dict[str, str | bool | int]:
    """DuckDB's settings for any work on the home's warehouse: within what csp.yml allows."""
    return {
        "memory_limit": settings.memory_limit,
        "threads": settings.threads,
        "temp_directory": str(home.work / "spill"),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }


def open_warehouse(home: Home, settings: Settings) -> duckdb.DuckDBPyConnection:
    """The home's warehouse, open for writing within the memory and cores the settings allow.

    Made where nothing was loaded before. Raises CspError when another process holds it, when it
    cannot be opened, or when it is gone.
    """
    _ = home.has_warehouse
    return open_database(home.warehouse_file, home, settings)


def open_database(path: Path, home: Home, settings: Settings) -> duckdb.DuckDBPyConnection:
    """A DuckDB file of the home, made where it is missing, within what the settings allow.

    Raises CspError when another process holds it, or when it cannot be opened.
    """
    try:
        home.work.mkdir(mode=0o700, exist_ok=True)
        # What a killed run spilled holds texts as they were sent.
        shutil.rmtree(home.work / "spill", ignore_errors=True)
        with private_files():
            con = duckdb.connect(str(path), config=duckdb_limits(home, settings))
        path.chmod(0o600)
    except (duckdb.Error, OSError) as error:
        raise CspError(
            f"{path} cannot be opened: {safe_message(error)}. {mend_of(error)}"
        ) from error
    return con


def ensure(
    con: duckdb.DuckDBPyConnection, contracts: Mapping[str, Contract], settings: Settings
) -> None:
    """Create what is missing and describe it; write the contracts and settings that models read.

    Nothing is written where nothing changed, so that a run with nothing new leaves the file alone.
    """
    control = definitions()["tables"]
    with transaction(con):
        con.execute("CREATE SCHEMA IF NOT EXISTS raw")
        con.execute("CREATE SCHEMA IF NOT EXISTS quality")
        existing = _columns(con)
        for table, defined in control.items():
            _ensure_table(
                con, existing.get(table), table, defined["description"], defined["columns"]
            )
        for contract in contracts.values():
            table = f"raw.{contract.raw_table}"
            comment = f"{contract.title}, as sent. One row: {contract.grain}."
            _ensure_table(con, existing.get(table), table, comment, _raw_columns(contract))
        _ensure_views(con, contracts.values())
        for table, rows in {
            "raw.feed": [_feed_row(contract) for contract in contracts.values()],
            "raw.feed_exception": _exceptions(contracts.values()),
            "raw.feed_value": _values(contracts.values()),
            "raw.setting": _setting_rows(settings),
            "raw.setting_area": _area_rows(settings),
        }.items():
            replace_rows(con, table, [_name(column) for column in control[table]["columns"]], rows)


@cache
def definitions() -> Any:
    """The control tables and views: {tables, views} by `schema.name`, as the file has them."""
    found, _ = yaml_text.read(DEFINITIONS.read_text(encoding="utf-8"))
    return found


def _name(column: str) -> str:
    return column.split()[0]


def _quoted(column: str) -> str:
    name, kind = column.split()
    return f'"{name}" {kind}'


def _raw_columns(contract: Contract) -> dict[str, str]:
    return {
        "_file_id BIGINT": "The file the row came from (quality.load_audit).",
        "_line_number BIGINT": "Its line in that file; for workbooks and GeoJSON its record.",
        **{f"{name} VARCHAR": text for name, text in contract.descriptions.items()},
    }


def typed_view_sql(contract: Contract) -> str:
    """SQL of the raw rows as the contract reads them: each column typed, beside its bucket.

    A column is NULL unless its text is valid; `<column>_bucket` is valid, invalid, not stated,
    missing or not applicable. A pseudonym is as valid as the text that it stands for.
    """
    read, parts = ["*"], []
    for column in contract.columns:
        name = quoted(column.name)
        bucket = checks.field_bucket_sql(column, name)
        # Of several values some may be known although one of them is not.
        usable = "'valid', 'invalid'" if column.separator else "'valid'"
        wanted = f"({checks.state_sql(column, name)}) IN ({usable})"
        typed = f"CASE WHEN {wanted} THEN {checks.cast_sql(column, name)} END AS {name}"
        shown = f'{typed}, {bucket} AS "{column.name}_bucket"'
        if column.type in TIMES and column.type != "month":
            # Parsed once a row, not in each expression that asks for it: half of the view's time.
            moment, parsed = checks.moment_sql(column, name), quoted(f"{column.name}_moment")
            read.append(f"{moment} AS {parsed}")
            shown = shown.replace(moment, parsed)
        parts.append(shown)
    rows = f"SELECT {', '.join(read)} FROM raw.{contract.raw_table}"
    return f"SELECT _file_id, _line_number, {', '.join(parts)} FROM ({rows})"


def _ensure_views(con: duckdb.DuckDBPyConnection, contracts: Iterable[Contract]) -> None:
    """The views of the control tables and the typed views, each made again only if it changed."""
    held = dict(
        con.execute(
            "SELECT schema_name || '.' || view_name, comment FROM duckdb_views() "
            "WHERE schema_name IN ('raw', 'quality')"
        ).fetchall()
    )
    for view, defined in definitions()["views"].items():
        comment, described = defined["description"], defined["columns"]
        _ensure_view(con, held.get(view), view, comment, described, defined["sql"])
    for contract in contracts:
        if contract.typed_view is None:
            continue
        described = {_name(column): text for column, text in _raw_columns(contract).items()}
        for name in contract.raw_columns:
            described[f"{name}_bucket"] = "valid, invalid, not stated, missing, not applicable."
        view = f"raw.{contract.typed_view}"
        comment = f"{contract.title}, as the contract reads it. One row: {contract.grain}."
        sql = typed_view_sql(contract)
        _ensure_view(con, held.get(view), view, comment, described, sql)


def _ensure_view(
    con: duckdb.DuckDBPyConnection,
    held: str | None,
    view: str,
    comment: str,
    described: Mapping[str, str],
    sql: str,
) -> None:
    """Make the view unless its comment, `held`, ends with the mark of this SQL."""
    marked = f"{comment} [{hashlib.sha256(sql.encode()).hexdigest()[:12]}]"
    if held == marked:
        return
    con.execute(f"CREATE OR REPLACE VIEW {view} AS {sql}")
    con.execute(f"COMMENT ON VIEW {view} IS {literal(marked)}")
    for name, description in described.items():
        con.execute(f'COMMENT ON COLUMN {view}."{name}" IS {literal(description)}')


def _feed_row(contract: Contract) -> Row:
    return (
        *(contract.feed, contract.partner, contract.name, contract.title, contract.cadence),
        *(contract.update.rule, contract.open_data, contract.grain, contract.publisher),
    )


def _exceptions(contracts: Iterable[Contract]) -> list[Row]:
    return [
        (contract.feed, kind, value)
        for contract in contracts
        for kind, values in (
            ("unmerged_key", contract.unmerged_keys),
            ("no_ids", contract.sources_without_ids),
        )
        for value in values
    ]


def _values(contracts: Iterable[Contract]) -> list[Row]:
    return [
        (contract.feed, column.name, value)
        for contract in contracts
        for column in contract.columns
        for value in column.values
    ]


def _setting_rows(settings: Settings) -> list[Row]:
    weights = settings.priority_weights.model_dump()
    year_end = settings.assessment_year_end
    return [
        ("partnership", settings.partnership),
        ("geography", settings.geography),
        *((f"priority_weight_{name}", str(weight)) for name, weight in weights.items()),
        *([("assessment_year_end", str(year_end))] if year_end is not None else []),
        *((f"partner_{n:02}", name) for n, name in enumerate(settings.partners, start=1)),
        *((f"priority_{n:02}", said) for n, said in enumerate(settings.priorities, start=1)),
    ]


def _area_rows(settings: Settings) -> list[Row]:
    county = settings.county
    return [
        *(("focus", code, None, None) for code in settings.focus_areas),
        ("county", county.code, county.name, None),
        *(("county_district", code, None, None) for code in county.districts),
        *(
            ("most_similar", code, None, own)
            for own, codes in settings.similar_districts().items()
            for code in codes
        ),
    ]


def _columns(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str | None, str | None]]:
    """schema.table -> {column: its comment}; the table's own comment under None."""
    found: dict[str, dict[str | None, str | None]] = {}
    for table, comment in con.execute(
        "SELECT schema_name || '.' || table_name, comment FROM duckdb_tables() "
        "WHERE schema_name IN ('raw', 'quality')"
    ).fetchall():
        found[table] = {None: comment}
    for table, column, comment in con.execute(
        "SELECT schema_name || '.' || table_name, column_name, comment FROM duckdb_columns() "
        "WHERE schema_name IN ('raw', 'quality') ORDER BY column_index"
    ).fetchall():
        if table in found:
            found[table][column] = comment
    return found


def _ensure_table(
    con: duckdb.DuckDBPyConnection,
    existing: dict[str | None, str | None] | None,
    table: str,
    comment: str,
    columns: Mapping[str, str],
) -> None:
    """columns: what each holds, by `name TYPE`."""
    if existing is None:
        con.execute(f"CREATE TABLE {table} ({', '.join(map(_quoted, columns))})")
        existing = {}
    else:
        for column in columns:
            if _name(column) not in existing:
                con.execute(f"ALTER TABLE {table} ADD COLUMN {_quoted(column)}")
    if existing.get(None) != comment:
        con.execute(f"COMMENT ON TABLE {table} IS {literal(comment)}")
    for column, described in columns.items():
        if described and existing.get(_name(column)) != described:
            con.execute(f'COMMENT ON COLUMN {table}."{_name(column)}" IS {literal(described)}')
