"""The files whose rows the warehouse keeps: loaded, held or withdrawn."""

from dataclasses import dataclass, fields
from datetime import date, datetime

import duckdb

# Of what a file holds: (key within the feed, month); of a snapshot feed (snapshot, None).
Place = tuple[str, date | None]
# Effective time, name and id: of two loaded files that hold the same place, the greater counts.
Newness = tuple[datetime, str, int]


@dataclass(frozen=True)
class KeptFile:
    """A row of quality.kept_file."""

    file_id: int
    feed: str
    file_name: str
    status: str
    reason: str | None
    sha256: str
    container_sha256: str
    accepted: int
    loaded_at: datetime
    effective_at: datetime

    @property
    def newness(self) -> Newness:
        """Sort key of the files of a feed."""
        return self.effective_at, self.file_name, self.file_id

    @property
    def landed_name(self) -> str:
        """Name of the landed file it came in: its own, or its archive's."""
        return self.file_name.split("/")[0]


def kept_files(con: duckdb.DuckDBPyConnection, where: str, **values: object) -> list[KeptFile]:
    """The kept files that an SQL condition, with `$name` for the values, is true of; by file_id."""
    columns = ", ".join(field.name for field in fields(KeptFile))
    found = con.execute(
        f"SELECT {columns} FROM quality.kept_file WHERE {where} ORDER BY file_id", values
    )
    return [KeptFile(*row) for row in found.fetchall()]
