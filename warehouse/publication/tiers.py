"""Which rows of a published table each tier holds."""

from dataclasses import dataclass

import duckdb

from warehouse.errors import RunFailed
from warehouse.publication.tables import PublishedTable
from warehouse.sql_text import literal, quoted

PARTNER = "partner"
PUBLIC = "public"
TIERS = (PARTNER, PUBLIC)


@dataclass(frozen=True)
class Source:
    """What a tier holds of one table: a SELECT over the warehouse's table, quoted and whole."""

    table: PublishedTable
    select: str


@dataclass(frozen=True)
class OpenIndicators:
    """Indicators computed from open feeds alone: (id, version), and ids open in every version."""

    versions: frozenset[tuple[str, str]]
    ids: frozenset[str]


def sources(
    con: duckdb.DuckDBPyConnection, tables: list[PublishedTable], tier: str
) -> list[Source]:
    """The tables of the tier with the rows it may show.

    The partner tier holds every row. The public tier holds, by meta.public: all rows; rows of
    open feeds (column feed); rows of indicators computed from open feeds alone (column
    indicator_id); or the table not at all. A row that names no feed or no known indicator is
    not public. Raises RunFailed when a rule needs a column that the table lacks.
    """
    open_indicators: OpenIndicators | None = None
    found = []
    for table in tables:
        rule = "all" if tier == PARTNER else table.public
        if rule == "none":
            continue
        condition = ""
        if rule == "open_feeds":
            condition = _open_feeds(table)
        elif rule == "open_indicators":
            if open_indicators is None:
                open_indicators = _open_indicators(con, tables)
            condition = _of_indicators(table, open_indicators)
        columns = ", ".join(quoted(column.name) for column in table.columns)
        found.append(
            Source(table, f"select {columns} from {quoted(table.schema, table.name)}{condition}")
        )
    return found


def _open_feeds(table: PublishedTable) -> str:
    names = {column.name for column in table.columns}
    if "feed" not in names:
        raise RunFailed(
            f"{table.name} is to show open feeds only (meta.public: open_feeds), but has no "
            "column feed. Correct meta.public in its yml."
        )
    # The full name, or the name within the partner where the table has both columns.
    by_name = " or (partner, feed) in (select (partner, name) from raw.feed where open_data)"
    return (
        " where feed in (select feed from raw.feed where open_data)"
        f"{by_name if 'partner' in names else ''}"
    )


def _open_indicators(
    con: duckdb.DuckDBPyConnection, tables: list[PublishedTable]
) -> OpenIndicators:
    """The indicators whose every feed is open; the register's feeds is a list or comma text.

    An indicator of which any feed is unknown or restricted, or that names none, is not open.
    """
    register = next((table for table in tables if table.name == "indicator"), None)
    if register is None:
        raise RunFailed(
            "meta.public: open_indicators needs the published table indicator, which is absent."
        )
    rows = con.execute(
        "select indicator_id, indicator_version::varchar, feeds "
        f"from {quoted(register.schema, register.name)}"
    ).fetchall()
    open_feeds = {
        feed for (feed,) in con.execute("select feed from raw.feed where open_data").fetchall()
    }
    versions, closed = set(), set()
    for indicator, version, feeds in rows:
        listed = feeds if isinstance(feeds, list) else str(feeds or "").replace(";", ",").split(",")
        named = {feed.strip() for feed in listed if feed and feed.strip()}
        if named and named <= open_feeds:
            versions.add((indicator, version))
        else:
            closed.add(indicator)
    ids = {indicator for indicator, _ in versions} - closed
    return OpenIndicators(frozenset(versions), frozenset(ids))


def _of_indicators(table: PublishedTable, indicators: OpenIndicators) -> str:
    names = {column.name for column in table.columns}
    if "indicator_id" not in names:
        raise RunFailed(
            f"{table.name} is to show indicators of open feeds only (meta.public: "
            "open_indicators), but has no column indicator_id. Correct meta.public in its yml."
        )
    if "indicator_version" in names:
        pairs = [f"({literal(name)}, {literal(number)})" for name, number in indicators.versions]
        chosen, wanted = "(indicator_id, indicator_version::varchar)", sorted(pairs)
    else:
        chosen, wanted = "indicator_id", sorted(literal(name) for name in indicators.ids)
    return f" where {chosen} in ({', '.join(wanted)})" if wanted else " where false"
