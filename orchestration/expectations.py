"""The checks step: what Great Expectations finds of the fields, and what came and when."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Any

import dagster as dg

from data_quality import checker, delivery, history
from orchestration import progress
from orchestration.build import BUILD
from orchestration.ingest import raw_key
from orchestration.night import Night
from warehouse import results
from warehouse.check_kinds import kinds_about
from warehouse.contract import Contract
from warehouse.home_tables import waivers_of
from warehouse.publication import store
from warehouse.results import CheckResult
from warehouse.seeds import seed_rows

STEP = "great_expectations"
DATA_DOCS = dg.AssetKey(["quality", "data_docs"])


def table_key(partner: str, feed: str) -> dg.AssetKey:
    """The asset of the rows that a feed's standards judge."""
    return dg.AssetKey(["facts", f"int_{partner}__{feed}_row"])


def check_name(check_id: str) -> str:
    """A check's id as Dagster allows names: no dots."""
    return check_id.replace(".", "__")


def specs_of(
    models: Collection[dg.AssetKey], contracts: Mapping[str, Contract]
) -> dict[str, dg.AssetCheckSpec]:
    """The step's checks by id: of the project's standards whose tables are models, and of feeds.

    A home's own standards are evaluated too and kept in quality.check_result; they have no check
    in the graph, which is the same for every home.
    """
    found: dict[str, dg.AssetCheckSpec] = {}

    def add(check_id: str, asset: dg.AssetKey, description: str) -> None:
        found[check_id] = dg.AssetCheckSpec(
            check_name(check_id), asset=asset, description=description
        )

    for standard in seed_rows("completeness_standard_register"):
        feed, field = f"{standard['partner']}/{standard['feed']}", standard["field"]
        table = table_key(standard["partner"], standard["feed"])
        for kind in kinds_about("standard") if table in models else ():
            severity = kind.severity or standard["severity"]
            add(
                kind.id_of(feed, field=field),
                table,
                f"{kind.dimension.capitalize()} of {field} ({severity}). {standard['reason']}.",
            )
    for feed, contract in contracts.items():
        table = table_key(contract.partner, contract.name)
        for kind in kinds_about("feed"):
            monthly = table in models and contract.update.rule != "snapshot"
            if monthly or kind.kind not in ("volume", "volume_drift", "recount"):
                add(
                    kind.id_of(feed),
                    raw_key(feed),
                    f"{kind.for_the_engineer.format(feed=feed)} {kind.for_the_auditor}",
                )
    return found


def expectation_assets(
    models: Collection[dg.AssetKey], contracts: Mapping[str, Contract]
) -> dg.AssetsDefinition:
    """The step that evaluates the standards and what was delivered."""
    specs = specs_of(models, contracts)

    @dg.multi_asset(
        name=STEP,
        specs=[
            dg.AssetSpec(
                DATA_DOCS,
                deps=[BUILD],
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
        with night.step(STEP, "Checking completeness and validity", context.log.error):
            found = checker.run_checks(*night.question)
            found = kept(night, found)
            for result in found:
                if result.status in ("fail", "error") and result.suite != "ingest":
                    progress.tell(STEP, result.message or result.check_id)
        for result in found:
            yield from _asset_check(result, specs, context.selected_asset_check_keys)
        if DATA_DOCS in context.selected_asset_keys:
            yield dg.MaterializeResult(asset_key=DATA_DOCS, metadata=_counts(found))

    return great_expectations


def kept(night: Night, found: list[CheckResult]) -> list[CheckResult]:
    """Add what was delivered and the waivers; keep all that was found, and the history."""
    with night.warehouse() as connection:
        delivery.keep_accepted_months(connection, store.current_folder(night.home))
        found = results.append(
            connection, [*found, *delivery.results(connection, night.run_id, "delivery")]
        )
        waivers = waivers_of(connection)
        of_run = results.of_run(connection, night.run_id) if waivers else []
        found += results.append(
            connection, results.of_waivers(waivers, of_run, night.run_id, date.today())
        )
        # Kept by the steps before; here for the graph.
        of_run = results.of_run(connection, night.run_id)
        found += [result for result in of_run if result.suite == "ingest"]
        history.keep(connection, night.run_id)
    return found


def _asset_check(
    result: CheckResult,
    specs: Mapping[str, dg.AssetCheckSpec],
    selected: Collection[dg.AssetCheckKey],
) -> Iterator[dg.AssetCheckEvaluation]:
    spec = specs.get(result.check_id)
    # Not applicable is never a pass: such a check stays unevaluated.
    if spec is None or spec.key not in selected or result.status == "not_applicable":
        return
    yield dg.AssetCheckEvaluation(
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
