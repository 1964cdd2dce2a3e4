"""What `csp feeds` shows: each feed's cadence, the last file received and the months missing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import duckdb

from warehouse.contract import Contract

# How long after the last file the next one is overdue: the cadence and as long again as
# publishers commonly take (data.police.uk publishes a month some two months after it ends).
OVERDUE_AFTER = {
    "nightly": timedelta(days=2),
    "monthly": timedelta(days=45),
    "quarterly": timedelta(days=135),
    "yearly": timedelta(days=425),
}


@dataclass(frozen=True)
class SourceMonths:
    """The months of one source within a feed, such as a force."""

    source: str
    first: date
    last: date
    missing: tuple[date, ...]


@dataclass
class FeedState:
    """One feed as `csp feeds` shows it."""

    feed: str
    title: str
    cadence: str
    files: int = 0
    last_file: str | None = None
    last_received: datetime | None = None  # UTC, without zone
    overdue: bool = False
    sources: list[SourceMonths] = field(default_factory=list)

    @property
    def latest_month(self) -> date | None:
        return max((source.last for source in self.sources), default=None)

    @property
    def missing_months(self) -> list[date]:
        """Months that some source lacks between its first and its last."""
        return sorted({month for source in self.sources for month in source.missing})


def feed_states(
    contracts: Mapping[str, Contract],
    con: duckdb.DuckDBPyConnection | None,
    now: datetime,
) -> list[FeedState]:
    """The state of every feed at `now` (UTC, without zone).

    `con` is the warehouse, or None for a home that has loaded nothing yet. A month is missing for
    a source when files hold earlier and later months of that source but not this one; what is
    late at the end of the series is `overdue`, by the feed's cadence.
    """
    states = {
        feed: FeedState(feed, contract.title, contract.cadence)
        for feed, contract in contracts.items()
    }
    if con is None or not _has_audit(con):
        return list(states.values())
    for feed, files, name, received in con.execute(
        "SELECT feed, count(*), arg_max(file_name, file_id), max(loaded_at) "
        "FROM quality.loaded_file GROUP BY feed"
    ).fetchall():
        if feed in states:
            state = states[feed]
            state.files, state.last_file, state.last_received = files, name, received
            allowed = OVERDUE_AFTER.get(state.cadence)
            state.overdue = allowed is not None and now - received > allowed
    for feed, source, months in con.execute(
        "SELECT feed, period_key, list(DISTINCT month ORDER BY month) "
        "FROM raw.period_in_force GROUP BY feed, period_key ORDER BY feed, period_key"
    ).fetchall():
        if feed in states:
            states[feed].sources.append(source_months(source, months))
    return list(states.values())


def source_months(source: str, months: Iterable[date]) -> SourceMonths:
    """First and last month held (first days), and those between them that are not held."""
    held = set(months)
    first, last = min(held), max(held)
    between = (
        date(first.year + (first.month - 1 + n) // 12, (first.month - 1 + n) % 12 + 1, 1)
        for n in range(12 * (last.year - first.year) + last.month - first.month)
    )
    return SourceMonths(source, first, last, tuple(m for m in between if m not in held))


def _has_audit(con: duckdb.DuckDBPyConnection) -> bool:
    found = con.execute(
        "SELECT count(*) FROM duckdb_views() WHERE (schema_name, view_name) IN "
        "(('quality', 'loaded_file'), ('raw', 'period_in_force'))"
    ).fetchone()
    return found is not None and found[0] == 2
