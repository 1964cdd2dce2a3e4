"""A SQLAlchemy dialect for DuckDB whose cursors own their results, as Great Expectations needs.

duckdb-engine 0.17 gives every cursor the one connection underneath, so a result that is fetched
after the connection went back to the pool (as Great Expectations 1.24 does) is gone by then. Here
each cursor opens a DuckDB cursor of its own and closes it.
"""

from __future__ import annotations

from typing import Any

import duckdb_engine
from sqlalchemy.dialects import registry

DRIVER = "duckdb+csp"


class OwnCursor(duckdb_engine.CursorWrapper):  # type: ignore[misc]
    """A cursor with its own DuckDB cursor, closed with it."""

    def __init__(self, cursor: Any, connection: Any) -> None:
        super().__init__(cursor, connection)
        self._own = cursor

    def close(self) -> None:
        """Give DuckDB's cursor back; the database closes when the last one is closed."""
        self._own.close()


class OwnCursorConnection(duckdb_engine.ConnectionWrapper):  # type: ignore[misc]
    """A connection whose ``cursor()`` opens a new DuckDB cursor each time."""

    def cursor(self) -> OwnCursor:
        """A cursor that outlives the connection's next statement."""
        # duckdb-engine forwards unknown attributes to DuckDB's own connection.
        return OwnCursor(self.__getattr__("cursor")(), self)


class Dialect(duckdb_engine.Dialect):  # type: ignore[misc]
    """duckdb-engine's dialect with cursors of their own."""

    supports_statement_cache = False

    def connect(self, *args: Any, **kwargs: Any) -> OwnCursorConnection:
        """Open the database as duckdb-engine does and wrap its connection."""
        connection = super().connect(*args, **kwargs)
        return OwnCursorConnection(connection.__getattr__("cursor")())


def register() -> None:
    """Make ``duckdb+csp:///file`` known to SQLAlchemy."""
    registry.register(DRIVER.replace("+", "."), __name__, "Dialect")
