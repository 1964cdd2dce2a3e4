"""What the warehouse alone knows, and no file of the archive says: copied out and taken over.

The order of loading, who withdrew or accepted what and why, how runs ended, what earlier
publications showed: all else in the warehouse is read from the archive or built of it. A copy of
these tables lies beside the archive (`records.duckdb`), written whole by every command that changed
them, so that the warehouse can be made anew where its file is gone or damaged.
"""

from pathlib import Path

import duckdb

from warehouse.files import sync
from warehouse.home import Home, private_files
from warehouse.sql_text import literal, quoted

# Tables of the schema quality; all others are read from the files again, or built.
COPIED = (
    *("load_audit", "file_event", "pseudonym_key", "run", "alert", "accepted_month"),
    *("check_result", "completeness_history", "maturity_history", "public_count"),
)


def keep(home: Home, con: duckdb.DuckDBPyConnection) -> None:
    """Write the copy beside the archive, whole and on disk; `con` is open on the warehouse.

    Raises OSError or duckdb.Error where it cannot be written; the former copy stays.
    """
    draft = home.work / "records.duckdb"
    copy_out(con, draft)
    draft.replace(home.records_file)
    sync(home.root)


def copy_out(con: duckdb.DuckDBPyConnection, draft: Path) -> int:
    """Write what the connection's database has of these tables into a new file.

    Gives how many files they audit. Raises duckdb.Error where a table cannot be read.
    """
    draft.parent.mkdir(mode=0o700, exist_ok=True)
    for path in (draft, draft.with_name(f"{draft.name}.wal")):
        path.unlink(missing_ok=True)
    there = _columns(con, "current_database()")
    with private_files():
        con.execute(f"ATTACH {literal(draft)} AS records")
        try:
            con.execute("CREATE SCHEMA records.quality")
            for table in COPIED:
                if table in there:
                    con.execute(f"CREATE TABLE records.quality.{table} AS FROM quality.{table}")
            con.execute("CHECKPOINT records")
            row = (
                "load_audit" in there
                and con.execute("SELECT count(*) FROM records.quality.load_audit").fetchone()
            )
        finally:
            con.execute("DETACH records")
    sync(draft)
    draft.chmod(0o600)
    return int(row[0]) if row else 0


def take_over(con: duckdb.DuckDBPyConnection, source: Path) -> None:
    """Fill the tables of an empty warehouse, open for writing, with what a copy holds of them."""
    con.execute(f"ATTACH {literal(source)} AS records (READ_ONLY)")
    try:
        wanted = _columns(con, "current_database()")
        for table, columns in _columns(con, "'records'").items():
            common = ", ".join(quoted(name) for name in columns if name in wanted.get(table, []))
            con.execute(
                f"INSERT INTO quality.{table} ({common}) SELECT {common} "
                f"FROM records.quality.{table}"
            )
    finally:
        con.execute("DETACH records")


def _columns(con: duckdb.DuckDBPyConnection, database: str) -> dict[str, list[str]]:
    """The columns of each table of the schema quality of a database, given as SQL."""
    return dict(
        con.execute(
            "SELECT table_name, list(column_name ORDER BY column_index) FROM duckdb_columns() "
            f"JOIN duckdb_tables() USING (database_oid, schema_oid, table_oid, table_name) "
            f"WHERE duckdb_columns.database_name = {database} "
            "AND duckdb_columns.schema_name = 'quality' GROUP BY 1"
        ).fetchall()
    )
