"""The catalogue of checks: each that is intended, whether it is implemented, and what it means.

Intended is, of every feed: that its rows reconcile, that it came in time and whole (months, volume,
layout, no repeats), and of every monitored field its completeness. Implemented is what a night
evaluates: the tests in dbt's manifest, the expectations of the standards in force, and the checks
of ingest and delivery. Each check has one sentence for the engineer and one for the auditor.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from typing import Any

import duckdb

from data_quality import suites
from data_quality.standards import Standard, standards_in_force
from warehouse.results import Severity, dimension_of_test, is_warning, table_tested
from warehouse.waivers import Waiver, held


@dataclass(frozen=True)
class Entry:
    """One check; the fields are the columns of quality.check_catalogue, in order."""

    check_id: str
    suite: str
    feed: str | None
    table_name: str | None
    column_name: str | None
    dimension: str
    severity: str
    is_implemented: bool
    for_the_engineer: str
    for_the_auditor: str


# Of each kind of dbt test: what it asks, and why that matters. {table}, {columns} are filled in.
SENTENCES = {
    "is_key": (
        "No two rows of {table} have the same {columns}, and none lacks it.",
        "Nothing is counted twice: each row of {table} is told from every other.",
    ),
    "unique_combination": (
        "No two rows of {table} have the same {columns}.",
        "Nothing is counted twice: each row of {table} is told from every other.",
    ),
    "not_null": (
        "{columns} of {table} is filled in every row.",
        "No row of {table} lacks what its figures need ({columns}).",
    ),
    "never_null": (
        "{columns} of {table} are filled in every row.",
        "No row of {table} lacks what its figures need.",
    ),
    "relationships": (
        "Every {columns} of {table} is found in {other}.",
        "Every row of {table} belongs to something the warehouse knows ({other}).",
    ),
    "accepted_values": (
        "{columns} of {table} is one of {values}.",
        "{table} says nothing that its readers were not told the meaning of.",
    ),
    "buckets_add_up": (
        "In every row of {table} the parts add up to {total}.",
        "Nothing is lost between a total and its parts in {table}.",
    ),
    "in_order": (
        "In every row of {table} {columns} rise in this order.",
        "Limits lie on either side of what they are the limits of in {table}.",
    ),
}


@dataclass(frozen=True)
class Kind:
    """A check of feeds or files: of which table, how bad a failure is, and its two sentences."""

    suite: str
    table_name: str
    column_name: str
    dimension: str
    severity: Severity
    for_the_engineer: str
    for_the_auditor: str


OF_FEEDS = {
    "reconciliation": Kind(
        "ingest",
        "load_audit",
        "data_rows",
        "reconciliation",
        "blocking",
        "Of every loaded file of {feed}, data rows = accepted + rejected + declared skips.",
        "No row that was sent is lost: each is loaded, or kept with its reason.",
    ),
    "timeliness": Kind(
        "ingest",
        "load_audit",
        "landed_at",
        "timeliness",
        "warning",
        "The newest file of {feed} is no older than its cadence allows.",
        "The figures are as recent as the partner agreed to make them.",
    ),
    "volume": Kind(
        "delivery",
        "feed_volume",
        "records",
        "consistency",
        "blocking",
        "No month of {feed} that is new or changed lies beyond the wide band of its history.",
        "An extract of which a part is missing, or that came twice over, is not published.",
    ),
    "volume_drift": Kind(
        "delivery",
        "feed_volume",
        "records",
        "consistency",
        "warning",
        "The newest month of {feed} lies within three standard deviations of what is expected.",
        "An unusual month is looked at before anybody explains it.",
    ),
    "coverage": Kind(
        "delivery",
        "feed_coverage",
        "month",
        "timeliness",
        "warning",
        "Every month of {feed} between its first and the last expected one was received.",
        "A month that was not sent is not mistaken for a quiet one.",
    ),
    "schema": Kind(
        "delivery",
        "load_audit",
        "layout",
        "consistency",
        "warning",
        "The newest file of {feed} has the layout and the optional columns of the one before.",
        "A field that a partner stopped sending is noticed the same night.",
    ),
    "duplicates": Kind(
        "delivery",
        "load_audit",
        "sha256",
        "uniqueness",
        "warning",
        "The last file delivered for {feed} has other bytes than every earlier one.",
        "A partner that sends last month's extract again is told so.",
    ),
}
# Of each file that is held, or was until a waiver accepted it.
OF_HELD_FILES = Kind(
    "ingest",
    "load_audit",
    "status",
    "consistency",
    "warning",
    "A file of {feed} takes no tenth of the rows in force away and has the months of its name.",
    "A part of an extract, or another month's, does not stand for what was sent before.",
)
# Kinds that only feeds of events have, whose months are counted.
OF_VOLUME = ("volume", "volume_drift")


def entries(
    manifest: Mapping[str, Any],
    standards: Iterable[Standard],
    feeds: Iterable[str],
    counted: Collection[str],
    monitored: Iterable[tuple[str, str]],
    waivers: Iterable[Waiver] = (),
    months: Iterable[tuple[str, str]] = (),
    held_files: Iterable[tuple[str, str]] = (),
) -> list[Entry]:
    """The catalogue, by check id.

    manifest: dbt's. feeds: `partner/feed` of every contract; of those counted the months' volume is
    checked, of the others it is intended only. monitored: (feed, field) of every field that is
    sorted into buckets; without a standard its completeness is intended only. months: (check id,
    feed) of the months whose volume was a check of its own; held_files: of the files held.
    """
    found = [*_of_dbt(manifest), *of_feeds(feeds, counted)]
    found += [
        replace(entry, check_id=check_id)
        for check_id, feed in months
        for entry in of_feeds([feed], [feed], ["volume"])
    ]
    found += [_of_kind(OF_HELD_FILES, check_id, feed) for check_id, feed in held_files]
    standards = list(standards)
    for standard in standards:
        found += [_of_standard(check) for check in suites.checks_of(standard)]
    agreed = {(standard.full_feed, standard.field) for standard in standards}
    found += [_without_standard(*field) for field in monitored if field not in agreed]
    found += [_of_waiver(waiver) for waiver in waivers]
    return sorted(found, key=lambda entry: entry.check_id)


def write(con: duckdb.DuckDBPyConnection, dbt_manifest: Path) -> list[Entry]:
    """Put the catalogue of the built warehouse into quality.check_catalogue; returns it."""
    found = entries(
        json.loads(dbt_manifest.read_text(encoding="utf-8")),
        standards_in_force(con),
        [feed for (feed,) in con.execute("select feed from raw.feed").fetchall()],
        feeds_with_volume(con),
        con.execute(
            "select distinct partner || '/' || feed, field from marts.recording_completeness"
        ).fetchall(),
        held(con).values(),
        con.execute(
            "select distinct check_id, feed from quality.check_result where suite = 'delivery' "
            "and check_id <> 'volume.' || replace(feed, '/', '.') and starts_with(check_id, "
            "'volume.')"
        ).fetchall(),
        con.execute(
            "select distinct check_id, feed from quality.check_result where suite = 'ingest' "
            "and starts_with(check_id, 'held.')"
        ).fetchall(),
    )
    con.execute("begin")
    con.execute("delete from quality.check_catalogue")
    unnested = ", ".join("unnest(?)" for _ in fields(Entry))
    con.execute(
        f"insert into quality.check_catalogue select {unnested}",
        [list(column) for column in zip(*map(astuple, found), strict=True)],
    )
    con.execute("commit")
    return found


def feeds_with_volume(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The feeds whose months are counted: records of events, but not a year's caseload at once."""
    return [
        feed
        for (feed,) in con.execute(
            "select feed.feed from raw.feed as feed inner join information_schema.tables as rows "
            "on rows.table_schema || '.' || rows.table_name "
            "= 'facts.int_' || feed.partner || '__' || feed.name || '_row' "
            "where feed.update_rule <> 'snapshot' order by 1"
        ).fetchall()
    ]


def _of_dbt(manifest: Mapping[str, Any]) -> Iterable[Entry]:
    nodes = {**manifest.get("nodes", {}), **manifest.get("unit_tests", {})}
    for node in nodes.values():
        if node.get("resource_type") not in ("test", "unit_test"):
            continue
        engineer, auditor = sentences_of(node, manifest)
        yield Entry(
            check_id=f"dbt.{node['name']}",
            suite="dbt_unit" if node["resource_type"] == "unit_test" else "dbt",
            feed=None,
            table_name=table_tested(node, manifest),
            column_name=node.get("column_name"),
            dimension=dimension_of_test(node),
            severity="warning" if is_warning(node) else "blocking",
            is_implemented=True,
            for_the_engineer=engineer,
            for_the_auditor=auditor,
        )


def sentences_of(node: Mapping[str, Any], manifest: Mapping[str, Any]) -> tuple[str, str]:
    """(for the engineer, for the auditor) of a test or unit test of dbt."""
    table = table_tested(node, manifest) or "the warehouse"
    if node["resource_type"] == "unit_test":
        said = node["name"].replace("_", " ")
        return (
            f"On the rows of its unit test {table} gives the rows expected: {said}.",
            f"The rule holds on an example worked by hand: {said}.",
        )
    metadata = node.get("test_metadata") or {}
    if metadata.get("name") in SENTENCES:
        arguments = metadata.get("kwargs") or {}
        columns = arguments.get("columns") or [arguments.get("column_name") or ""]
        filled = {
            "table": table,
            "columns": _listed(columns),
            "other": _reference(str(arguments.get("to", ""))),
            "values": _listed(arguments.get("values") or []),
            "total": arguments.get("total", ""),
        }
        engineer, auditor = SENTENCES[metadata["name"]]
        return engineer.format(**filled), auditor.format(**filled)
    said = node["name"].removeprefix("assert_").replace("_", " ")
    return (
        f"{node.get('original_file_path') or node['name']} finds no row: {said}.",
        " ".join(str(node.get("description") or "").split()) or f"{said.capitalize()}.",
    )


def of_feeds(
    feeds: Iterable[str], counted: Collection[str], kinds: Iterable[str] = tuple(OF_FEEDS)
) -> Iterable[Entry]:
    """The entries that every feed has, of these kinds; volume is implemented for those counted."""
    kinds = list(kinds)
    for feed in feeds:
        for name in kinds:
            entry = _of_kind(OF_FEEDS[name], f"{name}.{feed.replace('/', '.')}", feed)
            yield replace(entry, is_implemented=name not in OF_VOLUME or feed in counted)


def _of_kind(kind: Kind, check_id: str, feed: str) -> Entry:
    return Entry(
        check_id=check_id,
        suite=kind.suite,
        feed=feed,
        table_name=kind.table_name,
        column_name=kind.column_name,
        dimension=kind.dimension,
        severity=kind.severity,
        is_implemented=True,
        for_the_engineer=kind.for_the_engineer.format(feed=feed),
        for_the_auditor=kind.for_the_auditor,
    )


def _of_standard(check: suites.Check) -> Entry:
    good = "valid" if check.dimension == "completeness" else "not invalid"
    return Entry(
        check_id=check.check_id,
        suite="great_expectations",
        feed=check.feed,
        table_name=suites.table_of(check.feed),
        column_name=check.field,
        dimension=check.dimension,
        severity=check.severity,
        is_implemented=True,
        for_the_engineer=(
            f"At least {check.threshold_percent:g} % of {check.field} in {check.feed}{check.scope} "
            f"are {good}."
        ),
        for_the_auditor=f"{check.standard.reason}.",
    )


def _without_standard(feed: str, field: str) -> Entry:
    return Entry(
        check_id=f"completeness.{feed.replace('/', '.')}.{field}",
        suite="great_expectations",
        feed=feed,
        table_name=suites.table_of(feed),
        column_name=field,
        dimension="completeness",
        severity="warning",
        is_implemented=False,
        for_the_engineer=(
            f"{field} of {feed} has no standard; a row of completeness_standards.csv gives it one."
        ),
        for_the_auditor=(
            f"How complete {field} is, is counted and shown; nobody has agreed what is enough."
        ),
    )


def _of_waiver(waiver: Waiver) -> Entry:
    return Entry(
        check_id=f"waiver.{waiver.check_id}",
        suite="waivers",
        feed=None,
        table_name="check_waiver",
        column_name=None,
        dimension="consistency",
        severity="warning",
        is_implemented=True,
        for_the_engineer=(
            f"Failures of {waiver.check_id} stay within {waiver.ceiling:,} until {waiver.expires}."
        ),
        for_the_auditor=f"A known failure is borne for a time by {waiver.owner}: {waiver.reason}.",
    )


def _listed(values: Iterable[object]) -> str:
    return ", ".join(str(value) for value in values)


def _reference(text: str) -> str:
    """`dim_date` of `ref('dim_date')`."""
    return text.partition("'")[2].rpartition("'")[0] or text
