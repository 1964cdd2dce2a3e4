"""Two publications side by side: which rows differ, which figures moved, and why."""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from warehouse.errors import CspError
from warehouse.home import Home
from warehouse.messages import safe_message
from warehouse.publication.build import SCHEMA
from warehouse.publication.manifest import Manifest, SourceFile, TableEntry, read_manifest
from warehouse.publication.store import current_folder, named
from warehouse.publication.tiers import PARTNER
from warehouse.sql_text import literal, quoted

# Sums over several threads end in other last digits: equal within this share are two such numbers.
SAME_WITHIN = 1e-9
MEMORY_LIMIT = "1400MB"
FILES_SHOWN = 3
FIGURES = "indicator_value"
FIGURE_KEY = (
    *("indicator_id", "indicator_version", "area_type", "area_code", "period_type"),
    "period_start",
)
FIGURE_COLUMNS = ("numerator", "denominator", "value")


@dataclass(frozen=True)
class TableChange:
    """How the rows of one table differ.

    changed: rows of the same key that say something else; None of a table without a key, where such
    a row is one removed and one added. columns: the changed rows by the column that changed.
    """

    name: str
    rows_before: int
    rows: int
    added: int
    removed: int
    changed: int | None
    columns: dict[str, int] = field(default_factory=dict)
    new_columns: tuple[str, ...] = ()
    lost_columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class MovedFigure:
    """A value of an indicator whose numerator, denominator or value differs.

    A figure that only one of the two has is None in the other. is_of_a_year: of a district or a
    larger area and of twelve months that reports name, whose files are known one by one.
    """

    indicator_id: str
    indicator_version: int
    area_type: str
    area_code: str
    area_name: str
    period_type: str
    period_label: str
    numerator_before: float | None
    numerator: float | None
    denominator_before: float | None
    denominator: float | None
    value_before: float | None
    value: float | None
    unit: str
    is_of_a_year: bool
    why: str


@dataclass(frozen=True)
class Comparison:
    """What differs between an earlier and a later publication."""

    before: Manifest
    after: Manifest
    arrived: list[SourceFile]
    gone: list[SourceFile]
    software: list[str]
    tables: list[TableChange]
    figures: list[MovedFigure]


def compare(home: Home, before: str, after: str) -> Comparison:
    """Compare two kept publications, each named by its id or as `current`.

    Reads the partner tier's files. Raises UsageError for a publication that is not kept, CspError
    where one cannot be read.
    """
    home.require()
    folders = [_folder(home, before), _folder(home, after)]
    old, new = (read_manifest(folder) for folder in folders)
    tables = _differing(old, new)
    arrived = _not_in(new.source_files, old.source_files)
    gone = _not_in(old.source_files, new.source_files)
    software = _software(old, new)
    with (
        tempfile.TemporaryDirectory(prefix="csp-compare-") as spill,
        duckdb.connect(config={"memory_limit": MEMORY_LIMIT, "temp_directory": spill}) as con,
    ):
        try:
            for name, folder in zip(("a", "b"), folders, strict=True):
                file = Path(folder) / f"{PARTNER}.duckdb"
                con.execute(f"attach {literal(file)} as {name} (read_only)")
            changes = [_table_change(con, old, new, name) for name in tables]
            figures = (
                list(_moved(con, arrived, gone, software))
                if FIGURES in tables and _both_have(old, new, FIGURES, "indicator")
                else []
            )
        except duckdb.Error as error:
            raise CspError(
                f"The publications cannot be compared: {safe_message(error)}. `csp publications "
                "--verify` says whether one of them is damaged."
            ) from error
    return Comparison(old, new, arrived, gone, software, changes, figures)


def _folder(home: Home, name: str) -> Path:
    current = current_folder(home)
    return current if current and name == home.current.name else named(home, name)


def _differing(old: Manifest, new: Manifest) -> list[str]:
    before, after = old.tables.get(PARTNER, {}), new.tables.get(PARTNER, {})
    return [
        name
        for name in sorted({*before, *after})
        if name not in before
        or name not in after
        or before[name].fingerprint != after[name].fingerprint
    ]


def _both_have(old: Manifest, new: Manifest, *tables: str) -> bool:
    return all(name in each.tables.get(PARTNER, {}) for each in (old, new) for name in tables)


def _not_in(files: Iterable[SourceFile], others: Iterable[SourceFile]) -> list[SourceFile]:
    known = {(file.feed, file.file, file.sha256) for file in others}
    return [file for file in files if (file.feed, file.file, file.sha256) not in known]


def _software(old: Manifest, new: Manifest) -> list[str]:
    """What of the software differs, as `name: before → after`."""
    said = [
        ("version", old.software_version, new.software_version),
        ("commit", old.git_commit, new.git_commit),
        *(
            (name, old.packages.get(name), new.packages.get(name))
            for name in sorted({*old.packages, *new.packages})
        ),
    ]
    return [f"{name}: {was or 'none'} → {now or 'none'}" for name, was, now in said if was != now]


def _table_change(
    con: duckdb.DuckDBPyConnection, old: Manifest, new: Manifest, name: str
) -> TableChange:
    was, now = (each.tables.get(PARTNER, {}).get(name) for each in (old, new))
    if was is None or now is None:
        rows_before, rows = was.rows if was else 0, now.rows if now else 0
        return TableChange(name, rows_before, rows, rows, rows_before, 0)
    types = [_types(con, side, name) for side in ("a", "b")]
    shared = [column for column in types[1] if column in types[0]]
    counts = _row_counts(con, name, shared, _key(was, now, shared), types)
    return TableChange(
        name,
        was.rows,
        now.rows,
        *counts,
        new_columns=tuple(column for column in types[1] if column not in types[0]),
        lost_columns=tuple(column for column in types[0] if column not in types[1]),
    )


def _types(con: duckdb.DuckDBPyConnection, side: str, table: str) -> dict[str, str]:
    found = con.execute(f"describe {_table(side, table)}").fetchall()
    return {row[0]: row[1] for row in found}


def _table(side: str, name: str) -> str:
    return quoted(side, SCHEMA, name)


def _key(was: TableEntry, now: TableEntry, shared: Sequence[str]) -> list[str]:
    """The columns by which rows of both are the same row; none where they cannot be told."""
    key = now.key or was.key
    return key if set(key) <= set(shared) else []


def _row_counts(
    con: duckdb.DuckDBPyConnection,
    table: str,
    columns: Sequence[str],
    key: list[str],
    types: list[dict[str, str]],
) -> tuple[int, int, int | None, dict[str, int]]:
    """Rows added, removed and changed, and the changed ones by column."""
    listed = ", ".join(map(quoted, columns))
    if not key:
        a, b = (f"select {listed} from {_table(side, table)}" for side in ("a", "b"))
        added = _one(con, f"select count(*) from (({b}) except all ({a}))")
        removed = _one(con, f"select count(*) from (({a}) except all ({b}))")
        return added, removed, None, {}
    others = [column for column in columns if column not in key]
    tests = [_differs(column, types) for column in others]
    any_test = " or ".join(tests) or "false"
    row = con.execute(
        "select count(*) filter (a.here is null), count(*) filter (b.here is null), "
        f"count(*) filter (a.here and b.here and ({any_test})) "
        + "".join(f", count(*) filter (a.here and b.here and {test})" for test in tests)
        + f" from {_joined(table, listed, key)}"
    ).fetchone()
    added, removed, changed, *by_column = row or (0, 0, 0)
    found = {name: count for name, count in zip(others, by_column, strict=True) if count}
    return added, removed, changed, found


def _joined(table: str, columns: str, key: Sequence[str]) -> str:
    """SQL of the rows of both, those of one key beside each other, as `a` and `b`.

    A NULL in a key is a value, as it is for the test of the key.
    """
    sides = [
        f"(select {columns}, true as here from {_table(side, table)}) as {side}" for side in "ab"
    ]
    on = " and ".join(f"a.{quoted(name)} is not distinct from b.{quoted(name)}" for name in key)
    return f"{sides[0]} full join {sides[1]} on {on}"


def _differs(column: str, types: list[dict[str, str]]) -> str:
    a, b = f"a.{quoted(column)}", f"b.{quoted(column)}"
    differs = f"({a} is distinct from {b}"
    if all(each[column] in ("DOUBLE", "FLOAT") for each in types):
        same = f"abs({a} - {b}) <= {SAME_WITHIN!r} * greatest(abs({a}), abs({b}))"
        differs += f" and not coalesce({same}, false)"
    return differs + ")"


# Of a figure whose area and year figure_source has: the files that give other rows than before.
FILES_OF_THE_FIGURE = f"""
select
    figure.id,
    coalesce(b.feed, a.feed) || '/' || coalesce(b.file_name, a.file_name)
    || case when known.event is null then '' else ' (' || known.event || ')' end
    || ': ' || coalesce(a.records, 0) || ' → ' || coalesce(b.records, 0) || ' rows' as said,
    abs(coalesce(b.records, 0) - coalesce(a.records, 0)) as size
from a.{SCHEMA}.figure_source as a
full join b.{SCHEMA}.figure_source as b
    using (feed, area_type, area_code, period_type, period_start, file_name, sha256)
left join changed_file as known
    on known.feed = feed and known.file_name = file_name and known.sha256 = sha256
inner join figure_feed as of_feed on of_feed.feed = coalesce(a.feed, b.feed)
inner join figure
    using (indicator_id, indicator_version, area_type, area_code, period_type, period_start)
where a.records is distinct from b.records
"""


def _moved(
    con: duckdb.DuckDBPyConnection,
    arrived: Sequence[SourceFile],
    gone: Sequence[SourceFile],
    software: Sequence[str],
) -> Iterator[MovedFigure]:
    """The figures that moved, the largest movements of each first."""
    _note_files(con, arrived, gone)
    types = [_types(con, side, FIGURES) for side in ("a", "b")]
    moved = " or ".join(_differs(column, types) for column in FIGURE_COLUMNS)
    same = (*FIGURE_KEY, "area_name", "period_label", "unit")
    columns = ", ".join(map(quoted, (*same, *FIGURE_COLUMNS)))
    con.execute(
        "create or replace temp table figure as select row_number() over () as id, "
        + ", ".join(f"coalesce(b.{name}, a.{name}) as {name}" for name in same)
        + "".join(f", a.{n} as {n}_before, b.{n} as {n}" for n in FIGURE_COLUMNS)
        + f" from {_joined(FIGURES, columns, FIGURE_KEY)} "
        f"where a.here is null or b.here is null or {moved}"
    )
    con.execute(
        "create or replace temp table figure_feed as select distinct indicator_id, "
        "indicator_version, trim(unnest(string_split(feeds, ';'))) as feed "
        f"from (from a.{SCHEMA}.indicator union all by name from b.{SCHEMA}.indicator)"
    )
    con.execute(f"create or replace temp table own_file as {_own_files(con)}")
    rest = (
        f"the software changed ({software[0]})"
        if software
        else "no file of its feeds and nothing of the software differs: look at the settings, the "
        "waivers, and what is withdrawn"
    )
    found = con.execute(
        f"""
        with by_figure as (
            select id, list(said order by size desc, said) as said from own_file group by id
        ),
        by_feed as (
            select indicator_id, indicator_version, list(distinct said order by said) as said
            from figure_feed inner join (
                select feed, feed || '/' || file_name || ' ' || event as said from changed_file
            ) using (feed) group by all
        )
        select
            figure.* exclude (id, period_start),
            large.area_type is not null and figure.period_type in ('financial_year', 'year_to'),
            coalesce(by_figure.said, by_feed.said, [])
        from figure
        left join by_figure using (id)
        left join by_feed using (indicator_id, indicator_version)
        left join (
            select distinct area_type from b.{SCHEMA}.area where area_type not in ('lsoa', 'ward')
        ) as large using (area_type)
        order by
            abs(coalesce(figure.numerator, 0) - coalesce(numerator_before, 0)) desc,
            figure.indicator_id, figure.indicator_version, figure.area_type, figure.area_code,
            figure.period_type, figure.period_start
        """
    )
    names = [entry[0] for entry in found.description or []][:-2]
    while rows := found.fetchmany(10_000):
        for *row, is_of_a_year, said in rows:
            said_of_it = dict(zip(names, row, strict=True))
            yield MovedFigure(**said_of_it, is_of_a_year=is_of_a_year, why=_why(said) or rest)


def _own_files(con: duckdb.DuckDBPyConnection) -> str:
    """SQL of the files behind each figure; nothing where a publication has no figure_source."""
    row = con.execute(
        "select count(*) from duckdb_tables() where table_name = 'figure_source' "
        "and database_name in ('a', 'b')"
    ).fetchone()
    both = row is not None and row[0] == 2
    return FILES_OF_THE_FIGURE if both else "select 0 as id, '' as said, 0 as size where false"


def _note_files(
    con: duckdb.DuckDBPyConnection, arrived: Sequence[SourceFile], gone: Sequence[SourceFile]
) -> None:
    con.execute(
        "create or replace temp table changed_file "
        "(feed varchar, file_name varchar, sha256 varchar, event varchar)"
    )
    rows = [
        (file.feed, file.file, file.sha256, event)
        for files, event in ((arrived, "arrived"), (gone, "no longer counts"))
        for file in files
    ]
    if rows:
        con.execute(
            "insert into changed_file select unnest(?), unnest(?), unnest(?), unnest(?)",
            [list(values) for values in zip(*rows, strict=True)],
        )


def _why(said: Sequence[str]) -> str:
    more = f"; and {len(said) - FILES_SHOWN} more" if len(said) > FILES_SHOWN else ""
    return "; ".join(said[:FILES_SHOWN]) + more


def _one(con: duckdb.DuckDBPyConnection, sql: str) -> Any:
    row = con.execute(sql).fetchone()
    return row[0] if row else 0
