"""dbt's tests as checks: what each asks (quality.dbt_test), and what a run of them found."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import astuple, dataclass, fields
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import duckdb

from warehouse.check_kinds import Severity, check_kinds
from warehouse.messages import safe_message
from warehouse.results import NOT_BUILT, CheckResult, Status, utc_now
from warehouse.writing import replace_rows, transaction

STATUS: dict[str, Status] = {"pass": "pass", "success": "pass", "fail": "fail", "warn": "fail"}


@dataclass(frozen=True)
class DbtTest:
    """A test or unit test of dbt; the fields are the columns of quality.dbt_test, in order."""

    check_id: str
    suite: str
    feed: str | None
    table_name: str | None
    column_name: str | None
    dimension: str
    severity: Severity
    for_the_engineer: str
    for_the_auditor: str


def check_of(node: Mapping[str, Any], manifest: Mapping[str, Any]) -> DbtTest:
    """What a node of dbt's manifest checks, in the words of its kind (seeds/check_kind.csv)."""
    config, metadata = node.get("config", {}), node.get("test_metadata") or {}
    is_unit = node["resource_type"] == "unit_test"
    kind = check_kinds()["unit_test" if is_unit else metadata.get("name", "singular")]
    meta = {**(node.get("meta") or {}), **(config.get("meta") or {})}
    table = _table_of(node, manifest)
    arguments = metadata.get("kwargs") or {}
    words = node["name"].removeprefix("assert_").replace("_", " ")
    filled = {
        "table": table or "the warehouse",
        "columns": _listed(arguments.get("columns") or [arguments.get("column_name") or ""]),
        # `dim_date` of `ref('dim_date')`
        "other": str(arguments.get("to", "")).partition("'")[2].rpartition("'")[0],
        "values": _listed(arguments.get("values") or []),
        "total": arguments.get("total", ""),
        "words": words,
        "path": node.get("original_file_path") or node["name"],
        "description": " ".join(str(node.get("description") or "").split())
        or f"{words.capitalize()}.",
    }
    return DbtTest(
        check_id=kind.id_of(name=node["name"]),
        suite=kind.suite,
        feed=meta.get("feed") or _feed_of(table),
        table_name=table,
        column_name=node.get("column_name"),
        dimension=meta.get("dimension") or kind.dimension,
        severity="warning"
        if str(config.get("severity", "error")).lower() == "warn"
        else "blocking",
        for_the_engineer=kind.for_the_engineer.format(**filled),
        for_the_auditor=kind.for_the_auditor.format(**filled),
    )


def nodes_of(manifest: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The tests and unit tests of a manifest by their unique ids."""
    nodes = {**manifest.get("nodes", {}), **manifest.get("unit_tests", {})}
    return {
        uid: node
        for uid, node in nodes.items()
        if node.get("resource_type") in ("test", "unit_test")
    }


def write(con: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any]) -> None:
    """Put the tests of dbt's manifest into quality.dbt_test, from where the catalogue has them."""
    rows = [astuple(check_of(node, manifest)) for node in nodes_of(manifest).values()]
    with transaction(con):
        replace_rows(
            con, "quality.dbt_test", [field.name for field in fields(DbtTest)], sorted(rows)
        )


def results_of(
    results: Iterable[Mapping[str, Any]],
    manifest: Mapping[str, Any],
    run_id: str,
    sentences: Mapping[str, str] = MappingProxyType({}),
) -> list[CheckResult]:
    """The results of the tests and unit tests of one dbt invocation.

    results: as dbt's run_results.json has them. A test that dbt skipped (a model before it failed)
    or could not evaluate has status error. A breach of a test that only warns, or stays under its
    error threshold, is a failed warning. sentences: by the name of a test that failed what it says
    instead of the number of rows it found.
    """
    nodes = nodes_of(manifest)
    return [
        _result(result, nodes[result["unique_id"]], manifest, run_id, sentences)
        for result in results
        if result["unique_id"] in nodes
    ]


_NEWEST = """
    select * from quality.check_result
    where suite = 'dbt'
    qualify row_number() over (partition by check_id order by checked_at desc, run_id) = 1
"""
_PASSED = f"select * from ({_NEWEST}) where status = 'pass' and waiver is null"


def sound(con: duckdb.DuckDBPyConnection) -> set[str]:
    """The names of the tests that passed, by themselves, when they were last evaluated."""
    found = con.execute(f"select check_id from ({_PASSED})").fetchall()
    return {check_id.removeprefix("dbt.") for (check_id,) in found}


def keep(
    con: duckdb.DuckDBPyConnection,
    manifest: Mapping[str, Any],
    asked: Collection[str],
    run_id: str,
) -> None:
    """Give the run the result of each test that was not asked, since nothing it reads has changed.

    asked: ids of the checks that the run has results of. The result says which run evaluated it.
    """
    idle = {
        check_of(node, manifest).check_id
        for node in nodes_of(manifest).values()
        if node["resource_type"] == "test"
    }.difference(asked)
    con.execute(
        f"""
        insert into quality.check_result by name
        select * replace (? as run_id, coalesce(kept_from, run_id) as kept_from)
        from ({_PASSED}) where list_contains(?, check_id)
        """,
        [run_id, sorted(idle)],
    )


def _result(
    result: Mapping[str, Any],
    node: Mapping[str, Any],
    manifest: Mapping[str, Any],
    run_id: str,
    sentences: Mapping[str, str],
) -> CheckResult:
    test = check_of(node, manifest)
    # Before dbt runs nothing, a result of an unknown status would be a hole in the gate: error.
    status = STATUS.get(result["status"], "error")
    failures = result.get("failures")
    error_if = node.get("config", {}).get("error_if", "!= 0")
    return CheckResult(
        run_id=run_id,
        check_id=test.check_id,
        suite=test.suite,
        feed=test.feed,
        table_name=test.table_name,
        column_name=test.column_name,
        dimension=test.dimension,
        severity="warning" if result["status"] == "warn" else test.severity,
        status=status,
        observed=None if failures is None else f"{failures} failing rows",
        threshold=None if test.suite == "dbt_unit" else f"error if {error_if}",
        records=None,
        failed_records=failures,
        checked_at=_completed(result),
        message=sentences.get(node["name"]) or _message(result, node, status),
    )


def _message(result: Mapping[str, Any], node: Mapping[str, Any], status: Status) -> str | None:
    """dbt's message without what might quote a record; for a pass, the test's own sentence."""
    if status == "pass":
        return node.get("description") or None
    if result["status"] == "skipped":
        return NOT_BUILT
    if status == "fail":
        if node["resource_type"] == "unit_test":
            return "the model's rows differ from the expected rows of the unit test"
        failures = result.get("failures")
        count = "it failed" if failures is None else f"{failures:,} failing rows"
        return f"{node['name']}: {count}"
    return (
        f"not evaluated: {safe_message(str(result.get('message') or ''))}; run_results.json in the "
        "home's dagster/dbt-target has the rest"
    )


def _completed(result: Mapping[str, Any]) -> datetime:
    times = [part["completed_at"] for part in result.get("timing", []) if part.get("completed_at")]
    if not times:
        return utc_now()
    moment = datetime.fromisoformat(max(times))
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _table_of(node: Mapping[str, Any], manifest: Mapping[str, Any]) -> str | None:
    """The table a test is about: where it is attached, else the only thing it reads."""
    if node["resource_type"] == "unit_test":
        return node.get("model")
    attached = node.get("attached_node")
    parents = node.get("depends_on", {}).get("nodes", [])
    if attached is None and len(parents) == 1:
        attached = parents[0]
    if attached in manifest.get("nodes", {}):
        return str(manifest["nodes"][attached]["name"])
    source = manifest.get("sources", {}).get(attached)
    return f"{source.get('schema')}.{source['name']}" if source else None


def _feed_of(table: str | None) -> str | None:
    """`stg_police__street_crime` and `raw.police__street_crime` are of police/street_crime."""
    match = re.fullmatch(r"(?:stg_|raw\.)([a-z0-9]+)__(\w+)", table or "")
    return f"{match[1]}/{match[2]}" if match else None


def _listed(values: Iterable[object]) -> str:
    return ", ".join(str(value) for value in values)
