"""Which rows of a published table each tier holds."""

from dataclasses import dataclass

import duckdb

from warehouse.errors import RunFailed
from warehouse.publication.tables import Column, PublishedTable
from warehouse.sql_text import literal, quoted

PARTNER = "partner"
PUBLIC = "public"
TIERS = (PARTNER, PUBLIC)

# The rows of partners' figures that the public tier shows: years that are whole, of areas that are
# no smaller than a district.
PUBLIC_ROWS = (
    "area_type in ('district', 'partnership', 'county') "
    "and period_type in ('financial_year', 'year_to') and is_complete"
)
# A row of it is a row of partners' figures that is to be public, and what of it is left out. The
# column that says so in the published tables.
MASK = "quality.public_mask"
MARK = "suppressed"
# What it says. Which of the first two a hidden count is, is not said: of a small one all would know
# that it is small.
HIDDEN = "small count, or one that would reveal it"
RESTS_ON_HIDDEN = "rests on a suppressed count"
WITHHELD = "left out of this publication with all figures that belong together"
KEY = (
    "indicator_id",
    "indicator_version",
    "area_type",
    "area_code",
    "period_type",
    "period_start",
)
COUNT_COLUMNS = ("numerator", "denominator", "known", "unknown")
# What else a figure rests on: of its indicator the year before, the five years to this one, the
# county, all districts. A flag of the mask says that something among them is left out.
REST_ON = ("previous", "five_years", "county", "districts")
# Of partners' figures these are never public: what was tested together, and what partners aim at.
NEVER = ("family", "targets")
# How much months vary, of all areas of a type together, gives no count of one of them away.
HARMLESS = ("months",)


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
    indicator_id); these and of the others what disclosure control leaves (disclosed); or the table
    not at all. A row that names no feed or no known indicator is not public. Raises RunFailed when
    a rule needs a column that the table lacks.
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
        elif rule in ("open_indicators", "disclosed"):
            if open_indicators is None:
                open_indicators = _open_indicators(con, tables)
            condition = _of_indicators(table, open_indicators)
        columns = ", ".join(quoted(column.name) for column in table.columns)
        select = f"select {columns} from {quoted(table.schema, table.name)}{condition}"
        if rule == "disclosed":
            select += f" union all {_masked(table)}"
        found.append(Source(table, select))
    return found


def partner_rows(con: duckdb.DuckDBPyConnection, tables: list[PublishedTable]) -> str:
    """The condition of the rows of partners' figures that are to be public."""
    register = next(table for table in tables if table.name == "indicator")
    is_open = _of_indicators(register, _open_indicators(con, tables)).removeprefix(" where ")
    return f"not ({is_open}) and {PUBLIC_ROWS}"


def _masked(table: PublishedTable) -> str:
    """The rows that the mask lists, without what it leaves out; columns by their classes."""
    columns = ", ".join(_masked_column(table, column) for column in table.columns)
    matched = " and ".join(f"shown.{name} = mask.{name}" for name in KEY)
    return (
        f"select {columns} from {quoted(table.schema, table.name)} as shown "
        f"inner join {MASK} as mask on {matched}"
    )


def _masked_column(table: PublishedTable, column: Column) -> str:
    """The column of a masked row: itself, itself where nothing it rests on is left out, or NULL.

    Raises RunFailed where the class does not say what a derived column rests on.
    """
    name = quoted(column.name)
    if column.name == MARK:
        return f"mask.reason as {name}"
    if column.holds in ("label", "open"):
        return f"shown.{name}"
    # An open denominator stands in the same column as one that is counted.
    flags = [column.name] if column.holds != "derived" else [*column.of, *column.rests_on]
    strange = set(flags) - {*COUNT_COLUMNS, *REST_ON, *NEVER, *HARMLESS}
    if strange or not flags:
        raise RunFailed(
            f"{table.name}.{column.name} is to be public after disclosure control, but its class "
            f"rests on {', '.join(sorted(strange)) or 'nothing'}: write counts of the table after "
            f"`of` ({', '.join(COUNT_COLUMNS)}) and after `with` {', '.join((*REST_ON, *NEVER))}."
        )
    if set(flags) & set(NEVER):
        return f"null as {name}"
    hidden = " or ".join(f"mask.{flag}" for flag in flags if flag not in HARMLESS)
    return f"case when not ({hidden}) then shown.{name} end as {name}"


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
