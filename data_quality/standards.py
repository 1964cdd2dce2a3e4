"""The completeness standards: how much of each field a partner must record to be usable.

Their rows are written once, in seeds/completeness_standard_register.csv (a home may add some);
the build puts them in the warehouse, where the completeness mart and these suites both read them.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from warehouse.results import Severity

TABLE = "facts.completeness_standard"
SEED = Path(__file__).resolve().parents[1] / "seeds" / "completeness_standard_register.csv"
SEVERITIES: dict[str, Severity] = {"blocking": "blocking", "warning": "warning"}


@dataclass(frozen=True)
class Standard:
    """One row: of this field's applicable records, at least `threshold_percent` must be valid."""

    standard_id: str
    partner: str
    feed: str
    field: str
    threshold_percent: float
    severity: Severity
    tolerated_not_stated_percent: float
    reason: str
    since: date | None
    until: date | None = None  # from this day on a later standard for the field holds

    @property
    def full_feed(self) -> str:
        """The feed as folders and contracts name it: ``partner/feed``."""
        return f"{self.partner}/{self.feed}"


def standard_from_row(row: dict[str, object]) -> Standard:
    """One standard from a mapping of the seed's columns; ValueError if a value makes no sense."""
    severity = SEVERITIES.get(str(row["severity"]))
    if severity is None:
        raise ValueError(f"standard {row['standard_id']}: severity is blocking or warning")
    threshold = float(str(row["threshold_percent"]))
    if not 0 <= threshold <= 100:
        raise ValueError(f"standard {row['standard_id']}: threshold_percent is from 0 to 100")
    since, until = row.get("since"), row.get("until")
    tolerated = row.get("tolerated_not_stated_percent")
    return Standard(
        standard_id=str(row["standard_id"]),
        partner=str(row["partner"]),
        feed=str(row["feed"]).rsplit("/", 1)[-1],
        field=str(row["field"]),
        threshold_percent=threshold,
        severity=severity,
        tolerated_not_stated_percent=float(str(tolerated)) if tolerated not in (None, "") else 0.0,
        reason=str(row.get("reason") or ""),
        since=since if isinstance(since, date) else _date(since),
        until=until if isinstance(until, date) else _date(until),
    )


def standards_in_force(connection: duckdb.DuckDBPyConnection) -> list[Standard]:
    """The standards of a built warehouse, sorted by id; duckdb.Error if it has none yet."""
    cursor = connection.execute(f"select * from {TABLE}")
    names = [column[0] for column in cursor.description or []]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return sorted(map(standard_from_row, rows), key=lambda standard: standard.standard_id)


def standards_of_the_project(seed: Path = SEED) -> list[Standard]:
    """The seed's standards, read without a warehouse; none where the seed is absent."""
    if not seed.is_file():
        return []
    with seed.open(encoding="utf-8", newline="") as lines:
        rows: list[dict[str, object]] = [dict(row) for row in csv.DictReader(lines)]
    return sorted(map(standard_from_row, rows), key=lambda standard: standard.standard_id)


def _date(text: object) -> date | None:
    return date.fromisoformat(str(text)) if text else None
