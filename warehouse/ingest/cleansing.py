"""After rows were taken out of the warehouse: nothing of them stays in what was built of them.

A deleted row is no longer read, but its bytes stay in the file until others are written over them.
"""

from contextlib import closing

import duckdb

from warehouse.ddl import duckdb_limits
from warehouse.files import sync
from warehouse.home import Home, private_files
from warehouse.settings import Settings
from warehouse.sql_text import literal, quoted

# What ingest and the night write; all else is built from it by the next run.
WRITTEN = ("raw", "quality")


def forget_built(con: duckdb.DuckDBPyConnection) -> None:
    """Drop every table that was built, inside a transaction; the next run builds them all anew."""
    built = con.execute(
        "SELECT DISTINCT schema_name FROM duckdb_schemas() "
        "WHERE database_name = current_database() AND NOT internal AND schema_name <> 'main'"
    ).fetchall()
    for (schema,) in built:
        if schema not in WRITTEN:
            con.execute(f"DROP SCHEMA {quoted(schema)} CASCADE")
    con.execute("DELETE FROM quality.build")


def rewrite_warehouse(home: Home, settings: Settings) -> None:
    """Write the warehouse's file anew, with what its tables hold and nothing else.

    Nobody has it open. Killed at any moment it is the former file or the new one, whole.
    """
    draft = home.work / "warehouse.duckdb"
    for path in (draft, draft.with_name(f"{draft.name}.wal")):
        path.unlink(missing_ok=True)
    with private_files(), closing(duckdb.connect(config=duckdb_limits(home, settings))) as con:
        con.execute(f"ATTACH {literal(home.warehouse_file)} AS former (READ_ONLY)")
        con.execute(f"ATTACH {literal(draft)} AS anew")
        con.execute("COPY FROM DATABASE former TO anew")
        con.execute("CHECKPOINT anew")
        con.execute("DETACH anew")
    sync(draft)
    draft.chmod(0o600)
    draft.replace(home.warehouse_file)
    sync(home.root)
