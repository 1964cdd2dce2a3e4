"""The tables ingest writes: raw tables of the feeds, and the control tables of raw and quality."""

import hashlib
import shutil
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import duckdb

from warehouse.errors import CspError
from warehouse.home import Home, private_files
from warehouse.reading import checks
from warehouse.settings import Settings

if TYPE_CHECKING:
    from warehouse.contract import Contract

Row = tuple[object, ...]

# schema.table -> (comment, {column: (type, comment)})
CONTROL: dict[str, tuple[str, dict[str, tuple[str, str]]]] = {
    "raw.load_period": (
        "Which (key, month) each loaded file holds, for feeds whose newest file replaces a month.",
        {
            "file_id": ("BIGINT", "The loaded file (quality.load_audit)."),
            "feed": ("VARCHAR", "partner/feed."),
            "period_key": ("VARCHAR", "The key within the feed, such as the force; '' if none."),
            "month": ("DATE", "First day of the month."),
            "row_count": ("BIGINT", "Accepted rows of the file for this key and month."),
        },
    ),
    "raw.feed": (
        "One row per feed: what its contract says.",
        {
            "feed": ("VARCHAR", "partner/feed."),
            "partner": ("VARCHAR", "Who sends it."),
            "name": ("VARCHAR", "The feed's name within the partner."),
            "title": ("VARCHAR", "What it is, in words."),
            "cadence": ("VARCHAR", "nightly, monthly, quarterly, yearly or irregular."),
            "update_rule": ("VARCHAR", "replace_by_period, upsert or snapshot."),
            "open_data": ("BOOLEAN", "Public data, which may be published openly."),
            "grain": ("VARCHAR", "What one row stands for."),
        },
    ),
    "raw.setting": (
        "The settings of the home that models use.",
        {"key": ("VARCHAR", "Name of the setting."), "value": ("VARCHAR", "Its value.")},
    ),
    "raw.setting_area": (
        "The areas the settings name, by their role.",
        {
            "role": ("VARCHAR", "focus, county, county_district or most_similar."),
            "area_code": ("VARCHAR", "Code of the district or county."),
            "area_name": ("VARCHAR", "Name, where the settings give one."),
        },
    ),
    "raw.feed_exception": (
        "Exceptions to the counting rules that a contract declares.",
        {
            "feed": ("VARCHAR", "partner/feed."),
            "kind": (
                "VARCHAR",
                "unmerged_key: the source's ids are not keys; no_ids: it has none.",
            ),
            "value": ("VARCHAR", "What it holds for, such as a force."),
        },
    ),
    "raw.standard_override": (
        "The home's own completeness standards, which replace or add to the project's.",
        {
            "standard_id": ("VARCHAR", "Stable id; one of the project's is replaced."),
            "partner": ("VARCHAR", "Who sends the feed."),
            "feed": ("VARCHAR", "Name of the feed within the partner."),
            "field": ("VARCHAR", "The monitored field."),
            "threshold_percent": ("VARCHAR", "Least completeness, in percent."),
            "severity": ("VARCHAR", "blocking or warning."),
            "tolerated_not_stated_percent": ("VARCHAR", "Not stated that is tolerated."),
            "reason": ("VARCHAR", "Why the standard is as it is."),
            "since": ("VARCHAR", "First day it holds."),
        },
    ),
    "quality.load_audit": (
        "One row per loaded, duplicate or refused file; a zip is audited member by member.",
        {
            "file_id": ("BIGINT", "Order of loading; identifies the file in every raw table."),
            "partner": ("VARCHAR", "Who sent it."),
            "feed": ("VARCHAR", "partner/feed."),
            "file_name": ("VARCHAR", "Name; of a zip's member: archive.zip/member."),
            "sha256": ("VARCHAR", "SHA-256 of the plain (unpacked) bytes; empty if unreadable."),
            "bytes": ("BIGINT", "Size of the plain bytes."),
            "data_rows": ("BIGINT", "Data rows in the file = accepted + rejected + skipped."),
            "accepted": ("BIGINT", "Rows loaded into the raw table."),
            "rejected": ("BIGINT", "Rows kept in quality.rejected_row instead."),
            "skipped": ("BIGINT", "Rows the contract declares are not data (totals, footers)."),
            "status": ("VARCHAR", "loaded, duplicate or refused."),
            "reason": ("VARCHAR", "Why it was refused, or what it duplicates."),
            "loaded_at": ("TIMESTAMP", "When it was loaded or refused (UTC)."),
            "landed_at": ("TIMESTAMP", "Modification time of the landed file (UTC)."),
            "container_sha256": ("VARCHAR", "SHA-256 of the landed file itself."),
            "layout": ("VARCHAR", "The contract's layout that matched the header."),
            "encoding": ("VARCHAR", "The encoding it was read in."),
            "archive_path": ("VARCHAR", "Where the original bytes are, below the home."),
            "contract_sha256": ("VARCHAR", "SHA-256 of the contract it was last read by."),
            "cleared": ("BOOLEAN", "The landed file has been taken out of landing."),
            "absent_columns": ("VARCHAR[]", "Optional columns that the file does not carry."),
        },
    ),
    "quality.rejected_row": (
        "Each data row that was not loaded, with its place and reason. Restricted.",
        {
            "file_id": ("BIGINT", "The file (quality.load_audit)."),
            "feed": ("VARCHAR", "partner/feed."),
            "file_name": ("VARCHAR", "Name; of a zip's member: archive.zip/member."),
            "line_number": ("BIGINT", "Physical line of the plain file, 1-based."),
            "column_name": ("VARCHAR", "The column at fault, where one is."),
            "reason": ("VARCHAR", "Why the row was rejected."),
            "raw_line": (
                "VARCHAR",
                "The row as it was sent, pseudonyms in place of identifiers; NULL for a row of a "
                "feed with identifiers that cannot be split into its cells.",
            ),
        },
    ),
    "quality.pseudonym_key": (
        "One row once a file with identifiers was loaded: which key its pseudonyms are under.",
        {"fingerprint": ("VARCHAR", "Tells one key from another, and nothing else of it.")},
    ),
    "quality.skipped_member": (
        "Members of landed zips that the feed's contract declares it does not take.",
        {
            "feed": ("VARCHAR", "partner/feed."),
            "file_name": ("VARCHAR", "archive.zip/member."),
            "container_sha256": ("VARCHAR", "SHA-256 of the landed zip."),
            "bytes": ("BIGINT", "Size of the member, unpacked."),
            "reason": ("VARCHAR", "Why it is skipped."),
        },
    ),
    "quality.check_result": (
        "Every result of every check of every run; appended, never overwritten.",
        {
            "run_id": ("VARCHAR", "The run."),
            "check_id": ("VARCHAR", "Stable id of the check."),
            "suite": ("VARCHAR", "Which tool or suite holds the check."),
            "feed": ("VARCHAR", "partner/feed, where the check is of one."),
            "table_name": ("VARCHAR", "The table checked."),
            "column_name": ("VARCHAR", "The column checked, where it is one."),
            "dimension": ("VARCHAR", "completeness, validity, uniqueness, consistency, timeliness"),
            "severity": ("VARCHAR", "blocking or warning."),
            "status": ("VARCHAR", "pass, fail, not_applicable or error."),
            "observed": ("VARCHAR", "What was found."),
            "threshold": ("VARCHAR", "What was required."),
            "records": ("BIGINT", "Records examined."),
            "failed_records": ("BIGINT", "Records that failed."),
            "checked_at": ("TIMESTAMP", "When (UTC)."),
            "message": ("VARCHAR", "One sentence for the reader."),
            "waiver": ("VARCHAR", "Until when a waiver bears the failure (quality.check_waiver)."),
        },
    ),
    "quality.check_waiver": (
        "Known failures that are borne for a time: the project's, and the home's in their place.",
        {
            "check_id": ("VARCHAR", "The check (quality.check_result)."),
            "ceiling": ("BIGINT", "Most failed records that are borne."),
            "reason": ("VARCHAR", "Why it is borne."),
            "owner": ("VARCHAR", "Who mends the cause."),
            "expires": ("DATE", "Last day it holds."),
        },
    ),
    "quality.check_catalogue": (
        "Every check that is intended, and whether it is implemented.",
        {
            "check_id": ("VARCHAR", "Stable id of the check."),
            "suite": ("VARCHAR", "Which tool or suite holds it, or would."),
            "feed": ("VARCHAR", "partner/feed, where the check is of one."),
            "table_name": ("VARCHAR", "The table checked."),
            "column_name": ("VARCHAR", "The column checked, where it is one."),
            "dimension": ("VARCHAR", "Dimension of quality, as in quality.check_result."),
            "severity": ("VARCHAR", "blocking or warning."),
            "is_implemented": (
                "BOOLEAN",
                "Whether it is evaluated: every night; dbt_unit with the software.",
            ),
            "for_the_engineer": ("VARCHAR", "What it asks of which table, in one sentence."),
            "for_the_auditor": ("VARCHAR", "Why it matters, in one sentence."),
        },
    ),
    "quality.completeness_history": (
        "Completeness by feed, field and month as each run found it; a row where it changed.",
        {
            "run_id": ("VARCHAR", "The run that found it."),
            "recorded_at": ("TIMESTAMP", "When (UTC)."),
            "partner": ("VARCHAR", "Who sends the feed."),
            "feed": ("VARCHAR", "Name of the feed within the partner."),
            "field": ("VARCHAR", "The monitored field."),
            "month": ("DATE", "First day of the month."),
            "records": ("BIGINT", "Rows in force."),
            "valid": ("BIGINT", "Present and possible."),
            "missing": ("BIGINT", "Blank."),
            "not_stated": ("BIGINT", "A declared code for unknown."),
            "invalid": ("BIGINT", "Present, not in its domain or impossible."),
            "not_applicable": ("BIGINT", "The field has no meaning for the row."),
        },
    ),
    "quality.maturity_history": (
        "The maturity scores as each run found them; appended, never overwritten.",
        {
            "run_id": ("VARCHAR", "The run that found it."),
            "recorded_at": ("TIMESTAMP", "When (UTC)."),
            "partner": ("VARCHAR", "Who sends the feed."),
            "feed": ("VARCHAR", "Name of the feed within the partner, or all."),
            "period_label": ("VARCHAR", "The twelve months it is of."),
            "fields": ("BIGINT", "Fields with a standard and an applicable record."),
            "field_percent": ("DOUBLE", "Mean of the fields' usable shares, in percent."),
            "months_received": ("BIGINT", "Months received, over the feed's sources."),
            "months_expected": ("BIGINT", "Months expected, over the feed's sources."),
            "score": ("DOUBLE", "The score, 0 to 100."),
        },
    ),
    "quality.alert": (
        "Every alert that a run sent, or tried to.",
        {
            "run_id": ("VARCHAR", "The run."),
            "told_at": ("TIMESTAMP", "When (UTC)."),
            "kind": ("VARCHAR", "blocked, failed, late or score."),
            "subject": ("VARCHAR", "The step, feed or partner it is about."),
            "sentence": ("VARCHAR", "What is wrong and what to do."),
            "failed": ("VARCHAR", "Why a channel did not take it, where one did not."),
        },
    ),
    "quality.run": (
        "One row per run.",
        {
            "run_id": ("VARCHAR", "The run."),
            "status": ("VARCHAR", "published, unchanged, blocked or failed."),
            "started_at": ("TIMESTAMP", "When it started (UTC)."),
            "finished_at": ("TIMESTAMP", "When it finished (UTC)."),
            "message": ("VARCHAR", "What happened, in a sentence."),
            "publication_id": ("VARCHAR", "The publication it made, if one."),
        },
    ),
    "quality.publication": (
        "The publication being made, as it will describe itself.",
        {
            "publication_id": ("VARCHAR", "Name of the publication's folder."),
            "run_id": ("VARCHAR", "The run that made it."),
            "published_at": ("TIMESTAMP", "When (UTC)."),
            "software_version": ("VARCHAR", "Version of this project."),
            "git_commit": ("VARCHAR", "Commit of this project, where known."),
            "source_files": (
                "BIGINT",
                "Files loaded by then; some may since have been replaced by newer ones.",
            ),
            "blocking_checks_passed": ("BIGINT", "Blocking checks that passed."),
        },
    ),
}


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

    Raises CspError when another process holds it, or when it cannot be opened.
    """
    home.work.mkdir(mode=0o700, exist_ok=True)
    # What a killed run spilled holds texts as they were sent.
    shutil.rmtree(home.work / "spill", ignore_errors=True)
    try:
        with private_files():
            con = duckdb.connect(str(home.warehouse_file), config=duckdb_limits(home, settings))
        home.warehouse_file.chmod(0o600)
    except (duckdb.Error, OSError) as error:
        said = str(error).splitlines()[0]
        raise CspError(
            f"{home.warehouse_file} cannot be opened: {said} "
            "If another program holds it, close that program and run again."
        ) from error
    return con


def ensure(
    con: duckdb.DuckDBPyConnection, contracts: Mapping[str, "Contract"], settings: Settings
) -> None:
    """Create what is missing and describe it; write the contracts and settings that models read.

    Nothing is written where nothing changed, so that a run with nothing new leaves the file alone.
    """
    con.execute("BEGIN")
    try:
        con.execute("CREATE SCHEMA IF NOT EXISTS raw")
        con.execute("CREATE SCHEMA IF NOT EXISTS quality")
        existing = _columns(con)
        for table, (comment, columns) in CONTROL.items():
            _ensure_table(con, existing.get(table), table, comment, columns)
        for contract in contracts.values():
            table = f"raw.{contract.raw_table}"
            comment = f"{contract.title}, as sent. One row: {contract.grain}."
            _ensure_table(con, existing.get(table), table, comment, _raw_columns(contract))
        _ensure_views(con, contracts.values())
        _rewrite(con, "raw.feed", (_feed_row(contract) for contract in contracts.values()))
        _rewrite(con, "raw.feed_exception", _exceptions(contracts.values()))
        _rewrite(con, "raw.setting", _setting_rows(settings))
        _rewrite(con, "raw.setting_area", _area_rows(settings))
        con.execute("COMMIT")
    except BaseException:
        con.execute("ROLLBACK")
        raise


def _raw_columns(contract: "Contract") -> dict[str, tuple[str, str]]:
    columns = {
        "_file_id": ("BIGINT", "The file the row came from (quality.load_audit)."),
        "_line_number": ("BIGINT", "Its line in that file; for workbooks and GeoJSON its record."),
    }
    for name in contract.raw_columns:
        columns[name] = ("VARCHAR", contract.descriptions.get(name, ""))
    return columns


def typed_view_sql(contract: "Contract") -> str:
    """SQL of the raw rows as the contract reads them: each column typed, beside its bucket.

    A column is NULL unless its text is valid; `<column>_bucket` is valid, invalid, not stated,
    missing or not applicable. A pseudonym is as valid as the text that it stands for.
    """
    parts = []
    for column in contract.columns:
        name = checks.quoted(column.name)
        bucket = checks.field_bucket_sql(column, name)
        # Of several values some may be known although one of them is not.
        usable = "'valid', 'invalid'" if column.separator else "'valid'"
        wanted = f"({checks.state_sql(column, name)}) IN ({usable})"
        parts.append(f"CASE WHEN {wanted} THEN {checks.cast_sql(column, name)} END AS {name}")
        parts.append(f'{bucket} AS "{column.name}_bucket"')
    return f"SELECT _file_id, _line_number, {', '.join(parts)} FROM raw.{contract.raw_table}"


def _ensure_views(con: duckdb.DuckDBPyConnection, contracts: Iterable["Contract"]) -> None:
    """The typed views, each made again only if its contract would make another."""
    held = dict(
        con.execute(
            "SELECT view_name, comment FROM duckdb_views() WHERE schema_name = 'raw'"
        ).fetchall()
    )
    for contract in contracts:
        if contract.typed_view is None:
            continue
        sql = typed_view_sql(contract)
        comment = (
            f"{contract.title}, as the contract reads it. One row: {contract.grain}. "
            f"[{hashlib.sha256(sql.encode()).hexdigest()[:12]}]"
        )
        if held.get(contract.typed_view) != comment:
            con.execute(f"CREATE OR REPLACE VIEW raw.{contract.typed_view} AS {sql}")
            con.execute(f"COMMENT ON VIEW raw.{contract.typed_view} IS {_text(comment)}")
            described = {
                "_file_id": "The file the row came from (quality.load_audit).",
                "_line_number": "Its line in that file.",
            }
            for name, description in contract.descriptions.items():
                described[name] = description
                described[f"{name}_bucket"] = "valid, invalid, not stated, missing, not applicable."
            for name, description in described.items():
                con.execute(
                    f'COMMENT ON COLUMN raw.{contract.typed_view}."{name}" IS {_text(description)}'
                )


def _feed_row(contract: "Contract") -> Row:
    return (
        *(contract.feed, contract.partner, contract.name, contract.title, contract.cadence),
        *(contract.update.rule, contract.open_data, contract.grain),
    )


def _exceptions(contracts: Iterable["Contract"]) -> list[Row]:
    return [
        (contract.feed, kind, value)
        for contract in contracts
        for kind, values in (
            ("unmerged_key", contract.unmerged_keys),
            ("no_ids", contract.sources_without_ids),
        )
        for value in values
    ]


def _setting_rows(settings: Settings) -> list[Row]:
    return [("partnership", settings.partnership), ("geography", settings.geography)]


def _area_rows(settings: Settings) -> list[Row]:
    county = settings.county
    return [
        *(("focus", code, None) for code in settings.focus_areas),
        ("county", county.code, county.name),
        *(("county_district", code, None) for code in county.districts),
        *(("most_similar", code, None) for code in settings.most_similar_group),
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
    columns: Mapping[str, tuple[str, str]],
) -> None:
    if existing is None:
        listed = ", ".join(f'"{name}" {kind}' for name, (kind, _) in columns.items())
        con.execute(f"CREATE TABLE {table} ({listed})")
        existing = {}
    else:
        for name, (kind, _) in columns.items():
            if name not in existing:
                con.execute(f'ALTER TABLE {table} ADD COLUMN "{name}" {kind}')
    if existing.get(None) != comment:
        con.execute(f"COMMENT ON TABLE {table} IS {_text(comment)}")
    for name, (_, described) in columns.items():
        if described and existing.get(name) != described:
            con.execute(f'COMMENT ON COLUMN {table}."{name}" IS {_text(described)}')


def _rewrite(con: duckdb.DuckDBPyConnection, table: str, rows: Iterable[Row]) -> None:
    """Make the table hold these rows, touching it only if it holds others."""
    wanted = list(rows)
    held = con.execute(f"SELECT * FROM {table}").fetchall()
    if sorted(map(repr, held)) == sorted(map(repr, wanted)):
        return
    con.execute(f"DELETE FROM {table}")
    for row in wanted:
        marks = ", ".join("?" * len(row))
        con.execute(f"INSERT INTO {table} VALUES ({marks})", list(row))


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
