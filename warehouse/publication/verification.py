"""The audit between writing and publishing: the files on disk against the warehouse."""

from pathlib import Path

import duckdb

from warehouse.errors import RunFailed
from warehouse.messages import safe_message
from warehouse.publication.build import SCHEMA, STORAGE_VERSION, fingerprint
from warehouse.publication.manifest import Manifest, damaged_files, read_manifest
from warehouse.publication.sheets import sheet_rows
from warehouse.publication.tiers import Source
from warehouse.settings import Settings
from warehouse.sql_text import literal, quoted


def audit(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    tiers: dict[str, list[Source]],
    settings: Settings,
) -> None:
    """Raise RunFailed unless the folder holds exactly what the warehouse says it should.

    con: the warehouse. Opens each DuckDB file read-only and each Parquet file, recounts the
    tiers' rows in the warehouse, compares contents and comments, and hashes every file again.
    """
    manifest = read_manifest(folder)
    problems = damaged_files(folder, manifest)
    if set(tiers) != set(manifest.tables):
        problems.append("the manifest's tiers are not the tiers published")
    verified: set[tuple[int, str, str]] = set()
    for tier, sources in tiers.items():
        try:
            problems += _tier_problems(con, folder, manifest, tier, sources, settings, verified)
        except duckdb.Error as error:
            problems.append(f"{tier}: a file cannot be read ({safe_message(error)})")
    if problems:
        more = f" (and {len(problems) - 5} more)" if len(problems) > 5 else ""
        raise RunFailed(
            f"The audit of the new publication failed, so it was not published: "
            f"{'; '.join(problems[:5])}{more}. Run again; if it stays, the disk may be failing."
        )


def _tier_problems(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    manifest: Manifest,
    tier: str,
    sources: list[Source],
    settings: Settings,
    verified: set[tuple[int, str, str]],
) -> list[str]:
    problems = []
    entries = manifest.tables.get(tier, {})
    if set(entries) != {source.table.name for source in sources}:
        problems.append(f"{tier}: the manifest lists other tables than the tier has")
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": settings.threads,
        "memory_limit": settings.memory_limit,
        "autoload_known_extensions": False,
    }
    file = folder / f"{tier}.duckdb"
    built = duckdb.connect(str(file), read_only=True, config=config)
    try:
        problems += [f"{tier}.duckdb {problem}" for problem in _file_problems(built, sources)]
        comments = _comments(built)
        for source in sources:
            name = source.table.name
            entry = entries.get(name)
            row = con.execute(f"select count(*) from ({source.select})").fetchone()
            expected = row[0] if row else None
            if entry is None or entry.rows != expected:
                found = entry.rows if entry else "no"
                problems.append(f"{tier}: {name} has {found} rows, the warehouse {expected}")
                continue
            table = quoted(SCHEMA, name)
            types = {row[0]: row[1] for row in built.execute(f"describe {table}").fetchall()}
            if source.table.sheets_by and sheet_rows(built, folder, tier, name) != expected:
                problems.append(f"{tier}: the files of {name} for a spreadsheet lack rows")
            parquet = folder / entry.parquet
            for path, relation in (
                (file, table),
                (parquet, f"read_parquet({literal(parquet)})"),
            ):
                # The tiers share a file by hard link where their content is the same.
                key = (path.stat().st_ino, name, entry.fingerprint)
                if key in verified:
                    continue
                if fingerprint(built, relation, source.table, types)[1] == entry.fingerprint:
                    verified.add(key)
                else:
                    problems.append(f"{path.relative_to(folder)}: the content of {name} differs")
            wanted = {(name, None): source.table.comment} | {
                (name, column.name): column.comment for column in source.table.columns
            }
            if any(comments.get(key) != comment for key, comment in wanted.items()):
                problems.append(f"{tier}.duckdb: {name} lacks comments")
    finally:
        built.close()
    return problems


def _file_problems(built: duckdb.DuckDBPyConnection, sources: list[Source]) -> list[str]:
    problems = []
    row = built.execute(
        "select tags['storage_version'] from duckdb_databases() where database_name = "
        "current_database()"
    ).fetchone()
    if row is None or not str(row[0]).startswith(STORAGE_VERSION):
        problems.append(f"is of storage version {row and row[0]}, not {STORAGE_VERSION}")
    tables = {
        f"{schema}.{name}"
        for schema, name in built.execute(
            "select schema_name, table_name from duckdb_tables() where not internal"
        ).fetchall()
    }
    if tables != {f"{SCHEMA}.{source.table.name}" for source in sources}:
        problems.append("holds other tables than the tier has")
    return problems


def _comments(built: duckdb.DuckDBPyConnection) -> dict[tuple[str, str | None], str | None]:
    return {
        (table, column): comment
        for table, column, comment in built.execute(
            "select table_name, null, comment from duckdb_tables() "
            "union all select table_name, column_name, comment from duckdb_columns()"
        ).fetchall()
    }
