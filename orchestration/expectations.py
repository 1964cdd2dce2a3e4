"""The Great Expectations step: completeness standards as checks of the rows they judge."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import dagster as dg

from data_quality import suites
from data_quality.standards import Standard
from orchestration import progress
from orchestration.night import Night
from orchestration.retries import retrying
from warehouse import results
from warehouse.results import CheckResult

STEP = "great_expectations"
DATA_DOCS = dg.AssetKey(["quality", "data_docs"])
STANDARDS = dg.AssetKey(["facts", "completeness_standard"])


def table_key(feed: str) -> dg.AssetKey:
    """The asset of the rows that a feed's standards judge."""
    return dg.AssetKey(suites.table_of(feed).split("."))


def check_name(check_id: str) -> str:
    """A check's id as Dagster allows names: no dots."""
    return check_id.replace(".", "__")


def expectation_assets(
    standards: Collection[Standard], models: Collection[dg.AssetKey]
) -> dg.AssetsDefinition:
    """The step, for the project's standards on tables that exist among the models.

    A home's own standards are evaluated too and kept in quality.check_result; they have no check
    in the graph, which is the same for every home.
    """
    by_feed = {
        feed: checks
        for feed, checks in suites.checks_by_feed(standards).items()
        if table_key(feed) in models
    }
    specs = {
        check.check_id: dg.AssetCheckSpec(
            check_name(check.check_id),
            asset=table_key(feed),
            description=(
                f"{check.dimension.capitalize()} of {check.field}: at least "
                f"{check.threshold_percent:g} % ({check.severity})."
            ),
        )
        for feed, checks in by_feed.items()
        for check in checks
    }
    upstream = {table_key(feed) for feed in by_feed} | ({STANDARDS} & set(models))

    @dg.multi_asset(
        name=STEP,
        specs=[
            dg.AssetSpec(
                DATA_DOCS,
                deps=sorted(upstream),
                group_name="quality",
                kinds={"greatexpectations"},
                description="Great Expectations' Data Docs of the night, published with it.",
            )
        ],
        check_specs=list(specs.values()),
        required_resource_keys={"night"},
        can_subset=True,
        # Its checks are of dbt's tables: Great Expectations reads them, it makes none.
        allow_arbitrary_check_specs=True,
    )
    def great_expectations(context: dg.AssetExecutionContext) -> Iterator[Any]:
        night: Night = context.resources.night
        with progress.working(STEP, "Checking completeness and validity"), retrying(night):
            # Importing Great Expectations takes seconds: only here.
            from data_quality.checkpoint import run_checks

            found = run_checks(night.home.warehouse_file, night.run_id, night.data_docs)
            with night.warehouse() as connection:
                results.append(connection, found)
            for result in found:
                if result.status in ("fail", "error"):
                    progress.tell(STEP, result.message or result.check_id)
        for result in found:
            yield from _asset_check(result, specs, context.selected_asset_check_keys)
        if DATA_DOCS in context.selected_asset_keys:
            yield dg.MaterializeResult(asset_key=DATA_DOCS, metadata=_counts(found))

    return great_expectations


def _asset_check(
    result: CheckResult,
    specs: Mapping[str, dg.AssetCheckSpec],
    selected: Collection[dg.AssetCheckKey],
) -> Iterator[dg.AssetCheckResult]:
    spec = specs.get(result.check_id)
    # Not applicable is never a pass: such a check stays unevaluated.
    if spec is None or spec.key not in selected or result.status == "not_applicable":
        return
    yield dg.AssetCheckResult(
        asset_key=spec.asset_key,
        check_name=spec.name,
        passed=result.status == "pass",
        severity=dg.AssetCheckSeverity.ERROR
        if result.severity == "blocking"
        else dg.AssetCheckSeverity.WARN,
        description=result.message,
        metadata={
            "status": result.status,
            "records": result.records,
            "failed_records": result.failed_records,
            "observed": result.observed or "",
            "threshold": result.threshold or "",
        },
    )


def _counts(found: list[CheckResult]) -> dict[str, int]:
    statuses = ("pass", "fail", "not_applicable", "error")
    return {status: sum(result.status == status for result in found) for status in statuses}
