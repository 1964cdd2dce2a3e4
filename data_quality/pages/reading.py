"""What the auditors' pages show, read from the built warehouse: counts, keys and names of files."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

# What a page shows of a history that only grows; the tables hold all of it.
MOST_RUNS = 60
MOST_RUNS_OF_RESULTS = 30
MOST_MONTHS = 60
MOST_LISTED = 200
MOST_DRAWN = 6  # sources of a feed: a national archive has 45 forces
MONTHS_PRINTED = 12  # that is how many columns a page of paper holds
MOST_TO_MEND = 20_000

Row = dict[str, Any]


@dataclass
class Feed:
    """One feed of a partner: its grid of fields by months, coverage, volume and rejects."""

    feed: str
    title: str
    score: Row | None = None
    months: list[date] = field(default_factory=list)
    earlier_months: int = 0
    grid: dict[str, dict[date, Row]] = field(default_factory=dict)
    coverage: list[Row] = field(default_factory=list)
    volume: dict[str, list[Row]] = field(default_factory=dict)
    other_sources: int = 0
    not_received: set[date] = field(default_factory=set)
    rejects: list[Row] = field(default_factory=list)


@dataclass
class Partner:
    """One partner with its feeds that have records."""

    name: str
    score: Row | None
    feeds: list[Feed]


def rows(con: duckdb.DuckDBPyConnection, sql: str, values: list[Any] | None = None) -> list[Row]:
    """A query's rows as dictionaries."""
    cursor = con.execute(sql, values or [])
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def partners(con: duckdb.DuckDBPyConnection) -> list[Partner]:
    """Every partner that sent records, and its feeds, by name."""
    scores = {
        (row["partner"], row["feed"]): row
        for row in rows(con, "select * from marts.maturity_score where period_type = 'rolling_12m'")
    }
    found: dict[str, list[Feed]] = {}
    for row in rows(
        con,
        "select partner, name, title from raw.feed where feed in "
        "(select partner || '/' || feed from marts.recording_completeness) order by feed",
    ):
        feed = _feed(con, row["partner"], row["name"], row["title"])
        feed.score = scores.get((row["partner"], row["name"]))
        found.setdefault(row["partner"], []).append(feed)
    return [Partner(name, scores.get((name, "all")), feeds) for name, feeds in found.items()]


def _feed(con: duckdb.DuckDBPyConnection, partner: str, name: str, title: str) -> Feed:
    of = [partner, name]
    feed = Feed(f"{partner}/{name}", title)
    found = rows(
        con,
        "select month, bool_or(has_records) as has_records from ("
        "select month, true as has_records from marts.recording_completeness "
        "where partner = $1 and feed = $2 union all "
        # Of no source was the month received: a gap, not a quiet month.
        "select month, false from marts.feed_coverage where partner = $1 and feed = $2 "
        "group by month having bool_or(status = 'missing') and not bool_or(status = 'received')"
        ") group by month order by month",
        of,
    )
    months = [row["month"] for row in found]
    feed.not_received = {row["month"] for row in found if not row["has_records"]}
    feed.months = months[-MOST_MONTHS:]
    feed.earlier_months = len(months) - len(feed.months)
    for cell in rows(
        con,
        "select * from marts.recording_completeness where partner = ? and feed = ? "
        "and month >= ? order by threshold_percent is null, field, month",
        [*of, feed.months[0]],
    ):
        feed.grid.setdefault(cell["field"], {})[cell["month"]] = cell
    feed.coverage = rows(
        con,
        "select source, count(*) filter (status <> 'not expected') as expected, "
        "count(*) filter (status = 'missing') as missing, "
        "coalesce(string_agg(period_label, ', ' order by month) filter (status = 'missing'), '') "
        "as months from marts.feed_coverage where partner = ? and feed = ? "
        f"group by source order by missing desc, source limit {MOST_LISTED + 1}",
        of,
    )
    for row in rows(
        con,
        "select source, month, records, warning_low, warning_high, status "
        "from marts.feed_volume where partner = ? and feed = ? and month >= ? "
        "order by source, month",
        [*of, feed.months[0]],
    ):
        feed.volume.setdefault(row["source"], []).append(row)
    sources = len(feed.volume)
    feed.volume = worth_drawing(feed.volume)
    feed.other_sources = sources - len(feed.volume)
    feed.rejects = rows(
        con,
        "select reason, coalesce(column_name, '') as column_name, count(*) as rejected, "
        "count(distinct file_id) as files, max(file_name) as last_file "
        "from quality.rejected_row where feed = ? "
        "and file_id in (select file_id from quality.loaded_file) group by all "
        f"order by rejected desc, reason limit {MOST_LISTED + 1}",
        [feed.feed],
    )
    return feed


def worth_drawing(volume: dict[str, list[Row]], most: int = MOST_DRAWN) -> dict[str, list[Row]]:
    """The sources to draw, in their order: those with a month outside its band, then the largest.

    volume: the rows of feed_volume (status, records) of each source.
    """

    def worth(source: str) -> tuple[bool, int]:
        months = volume[source]
        outside = any(month["status"] not in ("within", "not applicable") for month in months)
        return outside, sum(month["records"] for month in months)

    chosen = sorted(volume, key=worth, reverse=True)[:most]
    return {source: months for source, months in volume.items() if source in chosen}


def loads(con: duckdb.DuckDBPyConnection) -> list[Row]:
    """One row per feed with a file: files, rows and rejects, and what was refused."""
    return rows(
        con,
        "select feed, count(*) filter (status = 'loaded') as loaded, "
        "count(*) filter (status = 'duplicate') as duplicates, "
        "count(*) filter (status = 'refused') as refused, "
        "count(*) filter (status = 'held') as held, "
        "count(*) filter (status = 'withdrawn') as withdrawn, "
        "coalesce(sum(data_rows) filter (status = 'loaded'), 0)::bigint as data_rows, "
        "coalesce(sum(accepted) filter (status = 'loaded'), 0)::bigint as accepted, "
        "coalesce(sum(rejected) filter (status = 'loaded'), 0)::bigint as rejected, "
        "coalesce(sum(skipped) filter (status = 'loaded'), 0)::bigint as skipped, "
        "max(loaded_at) as last_at from quality.load_audit group by feed order by feed",
    )


def never_received(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The feeds of which no file was ever loaded."""
    return [
        row["feed"]
        for row in rows(
            con,
            "select feed from raw.feed where feed not in "
            "(select feed from quality.loaded_file) order by feed",
        )
    ]


def refused(con: duckdb.DuckDBPyConnection) -> list[Row]:
    """The files refused last, with the reason."""
    return rows(
        con,
        "select feed, file_name, reason, loaded_at from quality.load_audit "
        f"where status = 'refused' order by file_id desc limit {MOST_LISTED + 1}",
    )


def not_passed(con: duckdb.DuckDBPyConnection, run_id: str) -> list[Row]:
    """The checks of the run that failed or could not be evaluated, with their sentences."""
    return rows(
        con,
        "select result.check_id, result.feed, result.table_name, result.column_name, "
        "result.dimension, result.severity, result.status, result.observed, result.threshold, "
        "result.records, result.failed_records, result.message, result.waiver, "
        "catalogue.for_the_engineer, catalogue.for_the_auditor "
        "from quality.check_result as result left join quality.check_catalogue as catalogue "
        "on result.check_id = catalogue.check_id where result.run_id = ? "
        "and result.status in ('fail', 'error') "
        "order by result.severity, result.status = 'error', result.feed nulls first, "
        "result.check_id",
        [run_id],
    )


def waivers(con: duckdb.DuckDBPyConnection, run_id: str) -> list[Row]:
    """The waivers, with what became of each in the run."""
    return rows(
        con,
        "select waiver.*, result.status, result.observed from quality.check_waiver as waiver "
        "left join quality.check_result as result "
        "on result.run_id = ? and result.check_id = 'waiver.' || waiver.check_id "
        "order by waiver.check_id",
        [run_id],
    )


def catalogue(con: duckdb.DuckDBPyConnection, run_id: str) -> list[Row]:
    """Every intended check with what the run found."""
    return rows(
        con,
        "select catalogue.*, result.status, result.observed, result.threshold, result.message "
        "from quality.check_catalogue as catalogue left join quality.check_result as result "
        "on result.run_id = ? and result.check_id = catalogue.check_id "
        "order by catalogue.suite, catalogue.check_id",
        [run_id],
    )


def score_history(con: duckdb.DuckDBPyConnection) -> list[Row]:
    """The partners' scores of the last runs."""
    return rows(
        con,
        "select partner, recorded_at, score from quality.maturity_history "
        "where feed = 'all' and score is not null "
        "and run_id in (select run_id from quality.maturity_history "
        f"group by run_id order by max(recorded_at) desc limit {MOST_RUNS}) "
        "order by recorded_at, partner",
    )


def results_history(con: duckdb.DuckDBPyConnection) -> list[Row]:
    """How many checks of each of the last runs had which outcome."""
    return rows(
        con,
        "with last as (select run_id, max(checked_at) as ended from quality.check_result "
        f"group by run_id order by ended desc limit {MOST_RUNS_OF_RESULTS}) "
        "select strftime(ended, '%Y-%m-%d %H:%M') as run, replace(status, '_', ' ') as status, "
        "count(*) as checks from quality.check_result inner join last using (run_id) "
        "group by all order by run, status",
    )


def changes(con: duckdb.DuckDBPyConnection, before: Path | None, run_id: str) -> Row | None:
    """What differs from the publication in the folder `before`; None without one.

    rows: of sources and months, rows in force before and now. files: loaded since. checks: whose
    outcome is another. scores: of partners, which moved, and by how many rows in force. months: by
    field, how many months' counts are others.
    """
    parquet = before / "parquet" / "partner" if before else None
    if parquet is None or not (parquet / "maturity_score.parquet").is_file():
        return None
    of = {name: str(parquet / f"{name}.parquet") for name in _COMPARED}
    published = rows(con, "select * from read_parquet(?)", [of["publication"]])
    if not published:
        return None
    scores = rows(
        con,
        "select now.partner, before.score as was, now.score as became "
        "from marts.maturity_score as now inner join "
        "(from read_parquet(?) where feed = 'all' and period_type = 'rolling_12m') as before "
        "using (partner) where now.feed = 'all' and now.period_type = 'rolling_12m' "
        "and abs(now.score - before.score) >= 0.05 order by now.partner",
        [of["maturity_score"]],
    )
    in_force = rows_that_changed(con, before)
    for score in scores:
        mine = [row for row in in_force if row["feed"].split("/")[0] == score["partner"]]
        score["rows_changed"] = sum(row["became"] - row["was"] for row in mine)
    return {
        "publication_id": published[0]["publication_id"],
        "rows": in_force,
        "files": rows(
            con,
            "select feed, file_name, accepted, rejected, status from quality.load_audit "
            "where loaded_at > coalesce((select max(loaded_at) from read_parquet(?)), "
            f"'-infinity'::timestamp) order by file_id limit {MOST_LISTED + 1}",
            [of["load_audit"]],
        ),
        "checks": rows(
            con,
            "select now.check_id, before.status as was, now.status as became, now.message "
            "from quality.check_result as now inner join "
            "(from read_parquet(?) where run_id = ?) as before using (check_id) "
            "where now.run_id = ? and now.status <> before.status "
            f"order by now.check_id limit {MOST_LISTED + 1}",
            [of["check_result"], published[0]["run_id"], run_id],
        ),
        "scores": scores,
        "months": rows(
            con,
            "select partner || '/' || feed as feed, field, "
            "count(*) filter (before.records is null) as new_months, "
            "count(*) filter (now.records is null) as gone_months, "
            "count(*) filter (now.records is not null and before.records is not null) "
            "as changed_months "
            "from marts.recording_completeness as now full join read_parquet(?) as before "
            "using (partner, feed, field, month) "
            "where (now.records, now.valid, now.missing, now.not_stated, now.invalid, "
            "now.not_applicable) is distinct from (before.records, before.valid, before.missing, "
            "before.not_stated, before.invalid, before.not_applicable) "
            f"group by all order by all limit {MOST_LISTED + 1}",
            [of["recording_completeness"]],
        ),
    }


def rows_that_changed(con: duckdb.DuckDBPyConnection, before: Path | None) -> list[Row]:
    """feed, source, month, was, became: rows in force then and now, the greatest losses first.

    before: the folder of an earlier publication; nothing is known without one, or from one that did
    not have the column yet.
    """
    parquet = before / "parquet" / "partner" / "feed_coverage.parquet" if before else None
    if parquet is None or not parquet.is_file():
        return []
    columns = rows(con, "describe select * from read_parquet(?)", [str(parquet)])
    if "rows_in_force" not in {column["column_name"] for column in columns}:
        return []
    return rows(
        con,
        "select partner || '/' || feed as feed, source, month, "
        "coalesce(before.rows_in_force, 0) as was, coalesce(now.rows_in_force, 0) as became "
        "from marts.feed_coverage as now full join read_parquet(?) as before "
        "using (partner, feed, source, month) where was <> became "
        "order by became - was, month desc, feed, source",
        [str(parquet)],
    )


def row_change(row: Row) -> str:
    """`police/street_crime Leicestershire Police 2018-10: 8,956 → 4,485 rows`."""
    partner = row["feed"].split("/")[0]
    source = "" if row["source"] == partner else f" {row['source']}"
    return f"{row['feed']}{source} {row['month']:%Y-%m}: {row['was']:,} → {row['became']:,} rows"


_COMPARED = (
    "publication",
    "load_audit",
    "check_result",
    "maturity_score",
    "recording_completeness",
)


# What reads a field; a figure of the register is made of one measure or two.
USES = """
with reading as (
    select use.feed, use.field, measure.measure_id
    from seeds.field_use as use
    inner join seeds.measure as measure
        on use.used_by = measure.measure_id
        or (use.used_by = '*' and use.feed = measure.feed)
)
select distinct reading.feed, reading.field, register.indicator_id
from reading
inner join seeds.indicator_register as register
    on reading.measure_id in (register.numerator_measure, register.denominator_measure)
order by all
"""


@dataclass
class Uses:
    """Which figures and which published tables read a field, and the other way round."""

    indicators: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    tables: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def fields_of_indicator(self, indicator_id: str) -> list[tuple[str, str]]:
        """The (feed, field) pairs behind a figure."""
        return [key for key, found in self.indicators.items() if indicator_id in found]

    def fields_of_table(self, name: str) -> list[tuple[str, str]]:
        """The (feed, field) pairs behind a published table."""
        return [key for key, found in self.tables.items() if name in found]


def uses(con: duckdb.DuckDBPyConnection) -> Uses:
    """What reads each monitored field."""
    found = Uses()
    for row in rows(con, USES):
        found.indicators.setdefault((row["feed"], row["field"]), []).append(row["indicator_id"])
    for row in rows(
        con,
        "select feed, field, split_part(used_by, '.', 2) as name from seeds.field_use "
        "where starts_with(used_by, 'marts.') order by all",
    ):
        found.tables.setdefault((row["feed"], row["field"]), []).append(row["name"])
    return found


def of_year(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str, date], Row]:
    """Of each feed, field and financial year (its first day): how complete the field was.

    valid, applicable, percent; months, and those below the threshold (failing); threshold.
    """
    return {
        (row["feed"], row["field"], row["year"]): row
        for row in rows(
            con,
            "select partner || '/' || feed as feed, field, "
            "make_date(year(month) - (month(month) < 4)::int, 4, 1) as year, "
            "sum(valid)::bigint as valid, sum(records - not_applicable)::bigint as applicable, "
            "100 * sum(valid) / nullif(sum(records - not_applicable), 0) as percent, "
            "count(*) as months, count(*) filter (where status = 'fail') as failing, "
            "arg_max(threshold_percent, month) as threshold "
            "from marts.recording_completeness group by all",
        )
    }


def figures(
    con: duckdb.DuckDBPyConnection, used: Uses
) -> tuple[list[Row], dict[str, list[Row]], int]:
    """The latest complete year's figures of the partnership and its county, their files, and
    how many figures of every kind there are.

    Files are keyed by `feed|area code|year`. A figure's `sources` are such keys, its `fields` how
    complete in that year the fields are that it reads.
    """
    found = rows(
        con,
        """
        select
            value.indicator_id, indicator.name, indicator.topic, value.area_code, value.area_name,
            value.period_label, value.period_start, value.numerator, value.denominator,
            value.value, value.lower_95, value.upper_95, value.unit,
            indicator.numerator_definition, string_split(indicator.feeds, ';') as feeds,
            register.numerator_measure as measure
        from marts.indicator_value as value
        inner join seeds.indicator_register as register
            on value.indicator_id = register.indicator_id
            and value.indicator_version = register.indicator_version
        inner join marts.indicator as indicator
            on value.indicator_id = indicator.indicator_id
            and value.indicator_version = indicator.indicator_version
        where value.period_type = 'financial_year' and value.is_complete
        and (
            (value.area_type = 'district' and value.area_code in
                (select district_code from facts.int_setting_district where role = 'focus'))
            or value.area_type = 'county'
        )
        qualify value.period_start = max(value.period_start) over (
            partition by value.indicator_id, value.indicator_version, value.area_code
        )
        order by indicator.name, value.area_type desc, value.area_code
        """,
    )
    complete = of_year(con)
    files: dict[str, list[Row]] = {}
    for row in rows(
        con,
        "select feed || '|' || area_code || '|' || period_label as key, file_name, sha256, "
        "loaded_at, records from marts.figure_source "
        "where area_type in ('district', 'county') order by all",
    ):
        files.setdefault(row["key"], []).append(row)
    linked: dict[str, list[Row]] = {}
    seen: set[str] = set()
    for figure in found:
        keys = [f"{f}|{figure['area_code']}|{figure['period_label']}" for f in figure["feeds"]]
        figure["sources"] = [key for key in keys if key in files]
        figure["others"] = [key.split("|")[0] for key in keys if key not in files]
        linked |= {key: files[key] for key in figure["sources"]}
        figure["fields"] = [
            complete[feed, name, figure["period_start"]]
            for feed, name in used.fields_of_indicator(figure["indicator_id"])
            if (feed, name, figure["period_start"]) in complete
        ]
        # A field's page links to the figure, whatever its area: to the first of them.
        figure["is_first"] = figure["indicator_id"] not in seen
        seen.add(figure["indicator_id"])
    [(total,)] = con.execute("select count(*) from marts.indicator_value").fetchall()
    return found, dict(sorted(linked.items())), int(total)


def tables_of_fields(con: duckdb.DuckDBPyConnection, used: Uses) -> list[Row]:
    """The published tables that read fields themselves, with the newest year of each field."""
    newest: dict[tuple[str, str], Row] = {}
    for (feed, name, _), row in sorted(of_year(con).items()):
        newest[feed, name] = row
    names = sorted({name for found in used.tables.values() for name in found})
    return [
        {
            "name": name,
            "fields": [newest[key] for key in used.fields_of_table(name) if key in newest],
        }
        for name in names
    ]


def to_mend(con: duckdb.DuckDBPyConnection, partner: str) -> tuple[list[Row], list[Row], int]:
    """(records to mend, counts by feed, field, problem and area, how many in all) of a partner.

    Records of the twelve months to the feed's last one with a field, judged by a standard, that
    cannot be used, and rows rejected of files of the twelve months to its newest, where no other
    file stands for them; the newest first, at most MOST_TO_MEND of them.
    A record is told by file and line, which its sender has, and by its pseudonym.
    """
    selects = []
    for row in rows(
        con,
        "select distinct feed, field from marts.recording_completeness "
        "where partner = ? and threshold_percent is not null order by all",
        [partner],
    ):
        feed, name = row["feed"], row["field"]
        table = f"facts.int_{partner}__{feed}_row"
        selects.append(
            f"select '{partner}/{feed}' as feed, file_id, line_number, record_key, month, "
            f"district_code, '{name}' as field, {name}_bucket as problem from {table} "
            f"where {name}_bucket in ('missing', 'not stated', 'invalid') and month > "
            f"(select max(month) - interval 12 month from {table})"
        )
    selects.append(
        "select rejected.feed, rejected.file_id, line_number, null as record_key, null as month, "
        "null as district_code, coalesce(column_name, '') as field, "
        "'rejected: ' || rejected.reason as problem from quality.rejected_row as rejected "
        "inner join quality.loaded_file as file on rejected.file_id = file.file_id "
        "inner join raw.feed as feed on rejected.feed = feed.feed "
        f"where starts_with(rejected.feed, '{partner}/') and file.landed_at > "
        "(select max(landed_at) - interval 12 month from quality.loaded_file as newest "
        "where newest.feed = rejected.feed) "
        # Where a newer file replaces a month, its rows stand for those of the older.
        "and (feed.update_rule <> 'replace_by_period' or file.file_name in "
        "(select file_name from marts.feed_coverage))"
    )
    con.execute(
        "create or replace temp table to_mend as select entry.*, file.file_name, "
        "date_trunc('month', file.landed_at)::date as landed "
        f"from ({' union all '.join(selects)}) as entry "
        "inner join quality.loaded_file as file on entry.file_id = file.file_id"
    )
    listed = rows(
        con,
        "select feed, file_name, line_number, record_key, strftime(month, '%Y-%m') as month, "
        "district_code, field, problem from to_mend "
        "order by coalesce(to_mend.month, landed) desc, feed, file_name, line_number, field "
        f"limit {MOST_TO_MEND}",
    )
    counts = rows(
        con,
        "select to_mend.feed, field, split_part(problem, ':', 1) as problem, "
        "coalesce(area.area_name, to_mend.district_code, 'not located') as area, "
        "count(*) as records from to_mend left join facts.dim_area as area "
        "on area.area_type = 'district' and area.area_code = to_mend.district_code "
        "group by all order by to_mend.feed, records desc, field, area",
    )
    [(total,)] = con.execute("select count(*) from to_mend").fetchall()
    con.execute("drop table to_mend")
    return listed, counts, int(total)
