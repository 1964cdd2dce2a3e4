"""Results of checks: what one is, how it is kept, and how dbt's become them."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, fields, replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import duckdb

from warehouse import waivers
from warehouse.errors import CspError
from warehouse.messages import safe_message

Severity = Literal["blocking", "warning"]
Status = Literal["pass", "fail", "not_applicable", "error"]

DBT_STATUS: dict[str, Status] = {"pass": "pass", "success": "pass", "fail": "fail", "warn": "fail"}

# The dimension of a dbt test that does not state its own (meta.dimension), by a word of its kind.
DIMENSION_BY_WORD = (
    ("is_key", "uniqueness"),
    ("not_null", "completeness"),
    ("reconcil", "reconciliation"),
    ("add_up", "reconciliation"),
    ("unique", "uniqueness"),
    ("relationship", "consistency"),
    ("accepted", "validity"),
    ("range", "validity"),
    ("fresh", "timeliness"),
)

# What is told of a test that dbt skipped: behind one failing test there may be dozens.
NOT_BUILT = "not evaluated: something it reads could not be built"


@dataclass(frozen=True)
class CheckResult:
    """One check of one run; the fields are the columns of quality.check_result, in order.

    observed and threshold are text for people; records counts what was checked, failed_records
    what did not pass; checked_at is UTC without a zone. message holds keys and counts only.
    """

    run_id: str
    check_id: str
    suite: str
    feed: str | None
    table_name: str | None
    column_name: str | None
    dimension: str
    severity: Severity
    status: Status
    observed: str | None
    threshold: str | None
    records: int | None
    failed_records: int | None
    checked_at: datetime
    message: str | None = None
    waiver: str | None = None


COLUMNS = tuple(field.name for field in fields(CheckResult))


def utc_now() -> datetime:
    """The time in UTC, without a zone: as DuckDB's TIMESTAMP columns hold it."""
    return datetime.now(UTC).replace(tzinfo=None)


def append(con: duckdb.DuckDBPyConnection, results: Iterable[CheckResult]) -> list[CheckResult]:
    """Add the results to quality.check_result, in one statement, as their waivers leave them.

    Returns them so.
    """
    held = waivers.held(con)
    kept = [waivers.applied(result, held, date.today()) for result in results]
    rows = [astuple(result) for result in kept]
    if rows:
        # A list a column: 3,000 results in 0.2 s, against 1.4 s as rows of parameters (2026-11).
        unnested = ", ".join("unnest(?)" for _ in COLUMNS)
        con.execute(
            f"insert into quality.check_result ({', '.join(COLUMNS)}) select {unnested}",
            [list(values) for values in zip(*rows, strict=True)],
        )
    return kept


def of_run(con: duckdb.DuckDBPyConnection, run_id: str) -> list[CheckResult]:
    """A run's results as they are kept."""
    rows = con.execute(
        f"select {', '.join(COLUMNS)} from quality.check_result where run_id = ?", [run_id]
    ).fetchall()
    return [CheckResult(*row) for row in rows]


def summary(con: duckdb.DuckDBPyConnection, run_id: str) -> dict[str, int]:
    """Counts of a run's results: passed, failed, not_applicable, error."""
    counts = dict(
        con.execute(
            "select status, count(*) from quality.check_result where run_id = ? group by all",
            [run_id],
        ).fetchall()
    )
    return {
        "passed": counts.get("pass", 0),
        "failed": counts.get("fail", 0),
        "not_applicable": counts.get("not_applicable", 0),
        "error": counts.get("error", 0),
    }


def from_dbt(
    run_results: Path,
    manifest: Path,
    run_id: str,
    sentences: Mapping[str, str] = MappingProxyType({}),
) -> list[CheckResult]:
    """The results of the tests and unit tests of one dbt invocation.

    run_results, manifest: dbt's run_results.json and manifest.json. A test that dbt skipped (a
    model before it failed) or could not evaluate has status error. A breach of a test that only
    warns, or stays under its error threshold, is a failed warning. sentences: by the name of a
    test that failed what it says instead of the number of rows it found. Raises CspError where a
    file cannot be read.
    """
    results = _json(run_results)["results"]
    tests = _tests(_json(manifest))
    found = (_dbt_result(result, tests, run_id) for result in results)
    return [
        replace(result, message=sentences.get(result.check_id.removeprefix("dbt."), result.message))
        for result in found
        if result is not None
    ]


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CspError(
            f"dbt left no readable {path.name} ({path}): {safe_message(error)}."
        ) from error


def _tests(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    nodes = {**manifest.get("nodes", {}), **manifest.get("unit_tests", {})}
    return {
        unique_id: {**node, "tested": table_tested(node, manifest)}
        for unique_id, node in nodes.items()
        if node.get("resource_type") in ("test", "unit_test")
    }


def table_tested(node: Mapping[str, Any], manifest: Mapping[str, Any]) -> str | None:
    """The table a test is about: where it is attached, else the only thing it reads."""
    if node["resource_type"] == "unit_test":
        model = node.get("model")
        return None if model is None else str(model)
    attached = node.get("attached_node")
    parents = node.get("depends_on", {}).get("nodes", [])
    if attached is None and len(parents) == 1:
        attached = parents[0]
    if attached in manifest.get("nodes", {}):
        return str(manifest["nodes"][attached]["name"])
    source = manifest.get("sources", {}).get(attached)
    return f"{source.get('schema')}.{source['name']}" if source else None


def _dbt_result(
    result: dict[str, Any], tests: dict[str, dict[str, Any]], run_id: str
) -> CheckResult | None:
    test = tests.get(result["unique_id"])
    if test is None:
        return None
    config = test.get("config", {})
    meta = _meta(test)
    # Before dbt runs nothing, a result of an unknown status would be a hole in the gate: error.
    status = DBT_STATUS.get(result["status"], "error")
    warns = result["status"] == "warn" or is_warning(test)
    failures = result.get("failures")
    unit = test["resource_type"] == "unit_test"
    return CheckResult(
        run_id=run_id,
        check_id=f"dbt.{test['name']}",
        suite="dbt_unit" if unit else "dbt",
        feed=meta.get("feed") or _feed_of(test["tested"]),
        table_name=test["tested"],
        column_name=test.get("column_name"),
        dimension=dimension_of_test(test),
        severity="warning" if warns else "blocking",
        status=status,
        observed=None if failures is None else f"{failures} failing rows",
        threshold=None if unit else f"error if {config.get('error_if', '!= 0')}",
        records=None,
        failed_records=failures,
        checked_at=_completed(result),
        message=_dbt_message(result, test, status),
    )


def is_warning(test: Mapping[str, Any]) -> bool:
    """Whether a breach of the test only warns."""
    return str(test.get("config", {}).get("severity", "error")).lower() == "warn"


def _meta(test: Mapping[str, Any]) -> dict[str, Any]:
    return {**(test.get("meta") or {}), **(test.get("config", {}).get("meta") or {})}


def dimension_of_test(test: Mapping[str, Any]) -> str:
    """The dimension a test of dbt states, else the one its kind says."""
    stated = _meta(test).get("dimension")
    if stated:
        return str(stated)
    if test["resource_type"] == "unit_test":
        return "consistency"
    # A generic test's own name quotes the values it accepts.
    kind = ((test.get("test_metadata") or {}).get("name") or test["name"]).lower()
    return next((value for word, value in DIMENSION_BY_WORD if word in kind), "consistency")


def _feed_of(table: str | None) -> str | None:
    """`stg_police__street_crime` and `raw.police__street_crime` are of police/street_crime."""
    match = re.fullmatch(r"(?:stg_|raw\.)([a-z0-9]+)__(\w+)", table or "")
    return f"{match[1]}/{match[2]}" if match else None


def _dbt_message(result: dict[str, Any], test: dict[str, Any], status: Status) -> str | None:
    """dbt's message without what might quote a record; for a pass, the test's own sentence."""
    if status == "pass":
        return test.get("description") or None
    if result["status"] == "skipped":
        return NOT_BUILT
    text = str(result.get("message") or "").strip()
    if status == "fail":
        if test["resource_type"] == "unit_test":
            return "the model's rows differ from the expected rows of the unit test"
        failures = result.get("failures")
        said = "it failed" if failures is None else f"{failures:,} failing rows"
        return f"{test['name']}: {said}"
    return (
        f"not evaluated: {safe_message(text)}; run_results.json in the home's dagster/dbt-target "
        "has the rest"
    )


def _completed(result: dict[str, Any]) -> datetime:
    times = [part["completed_at"] for part in result.get("timing", []) if part.get("completed_at")]
    if not times:
        return utc_now()
    moment = datetime.fromisoformat(max(times))
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
