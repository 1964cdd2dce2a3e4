"""The ingest step: one asset per feed, and whether its rows reconcile and it came in time."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

import dagster as dg

from orchestration import alerting, progress
from orchestration.failures import keep_traceback
from orchestration.freshness import judge
from orchestration.interruption import interruptible
from orchestration.night import Night
from orchestration.retries import retrying
from warehouse import results, runs, status
from warehouse.check_kinds import check_kinds, kinds_about
from warehouse.contract import Contract
from warehouse.ingest import holding, loading
from warehouse.publication import input_state, is_unchanged
from warehouse.results import CheckResult

STEP = "ingest"


def raw_key(feed: str) -> dg.AssetKey:
    """``raw / police / street_crime`` for ``police/street_crime``."""
    return dg.AssetKey(["raw", *feed.split("/")])


def ingest_assets(contracts: Mapping[str, Contract]) -> dg.AssetsDefinition:
    """The step that loads what has landed, as an asset and two checks per contract."""
    feeds = {raw_key(feed): feed for feed in contracts}

    @dg.multi_asset(
        name=STEP,
        specs=[
            dg.AssetSpec(
                key,
                description=f"{contracts[feed].title}: one row per {contracts[feed].grain}.",
                group_name="raw",
                kinds={"duckdb"},
                skippable=True,
                metadata={"cadence": contracts[feed].cadence},
            )
            for key, feed in feeds.items()
        ],
        check_specs=[spec for feed in contracts for spec in _checks(feed)],
        required_resource_keys={"night"},
        can_subset=True,
    )
    def ingest(context: dg.AssetExecutionContext) -> Iterator[Any]:
        night: Night = context.resources.night

        def report(line: str) -> None:
            context.log.info(line)
            progress.tell(STEP, line)

        with (
            night.working(STEP, "Loading what has landed"),
            retrying(night),
            interruptible() as received,
            night.warehouse() as connection,
        ):

            def keep_error(error: BaseException) -> None:
                if received:  # a library made another error of the interruption
                    raise KeyboardInterrupt from error
                with suppress(OSError):
                    keep_traceback(night.home, night.run_id, error)

            loaded = loading.ingest(
                night.home, night.settings, connection, report, keep_error=keep_error
            )
            status.record(night.home, connection, loaded.noticed)
            night.input_state = input_state(night.home, night.settings, connection)
            unchanged = is_unchanged(night.home, night.settings, connection)
            totals = runs.feed_totals(connection, contracts)
            unchanged = unchanged and not night.full_refresh
            if not unchanged:
                checks = results.reconcile_loads(connection, night.run_id)
                checks += timeliness(contracts, totals, night.run_id)
                checks += holding.checks(connection, night.run_id)
                results.append(connection, checks)
        selected = context.selected_asset_keys
        for key, feed in feeds.items():
            if key in selected:
                yield from _freshness(key, contracts[feed].cadence, totals[feed].received_at)
        if unchanged:
            refused = sum(feed.refused for feed in loaded.feeds.values())
            message = (
                f"{refused} landed and refused, and nothing else changed: nothing to publish."
                if refused
                else "Nothing new has landed, and nothing else changed: nothing to do."
            )
            report(message)
            with retrying(night, attempts=0):
                night.finish("unchanged", message)
            checks = timeliness(contracts, totals, night.run_id)
            alerting.tell_late(night.home, night.settings, night.run_id, checks)
            return
        by_feed = {check.feed: check for check in checks if check.dimension == "reconciliation"}
        for key, feed in feeds.items():
            if key in selected:
                yield _materialized(key, totals[feed], loaded.feeds[feed])
                yield from _reconciled(key, by_feed.get(feed))

    return ingest


def timeliness(
    contracts: Mapping[str, Contract], totals: Mapping[str, runs.FeedTotals], run_id: str
) -> list[CheckResult]:
    """One warning-level result per feed: `timeliness.<partner>.<feed>`."""
    now = results.utc_now()
    found = []
    for feed, contract in contracts.items():
        freshness = judge(contract.cadence, totals[feed].received_at, now)
        found.append(
            results.of_kind(
                "timeliness",
                run_id,
                feed,
                _STATUS[freshness.status],
                observed=str(totals[feed].received_at) if totals[feed].received_at else None,
                threshold=contract.cadence,
                message=freshness.message,
            )
        )
    return found


_STATUS: dict[str, results.Status] = {
    "fresh": "pass",
    "late": "fail",
    "not_applicable": "not_applicable",
}


def check_name(check_id: str) -> str:
    """A check's id as Dagster allows names: no dots."""
    return check_id.replace(".", "__")


def _checks(feed: str) -> list[dg.AssetCheckSpec]:
    return [
        dg.AssetCheckSpec(
            check_name(kind.id_of(feed)),
            asset=raw_key(feed),
            description=f"{kind.for_the_engineer.format(feed=feed)} {kind.for_the_auditor}",
        )
        for kind in kinds_about("feed", "ingest")
    ]


def _freshness(
    key: dg.AssetKey, cadence: str, received_at: datetime | None
) -> Iterator[dg.AssetCheckResult]:
    freshness = judge(cadence, received_at, results.utc_now())
    # Not applicable is never a pass: such a check stays unevaluated.
    if freshness.status != "not_applicable":
        yield dg.AssetCheckResult(
            asset_key=key,
            check_name=check_name(check_kinds()["timeliness"].id_of("/".join(key.path[1:]))),
            passed=freshness.status == "fresh",
            severity=dg.AssetCheckSeverity.WARN,
            description=freshness.message,
            metadata={"cadence": cadence, "received_at": str(received_at)},
        )


def _reconciled(key: dg.AssetKey, check: CheckResult | None) -> Iterator[dg.AssetCheckResult]:
    if check is not None and check.status != "not_applicable":
        yield dg.AssetCheckResult(
            asset_key=key,
            check_name=check_name(check.check_id),
            passed=check.status == "pass",
            severity=dg.AssetCheckSeverity.ERROR,
            description=check.observed,
            metadata={"records": check.records, "unreconciled_files": check.failed_records},
        )


def _materialized(
    key: dg.AssetKey, totals: runs.FeedTotals, tonight: loading.FeedLoad
) -> dg.MaterializeResult[Any]:
    return dg.MaterializeResult(
        asset_key=key,
        # The same version as yesterday says that the feed brought nothing new.
        data_version=dg.DataVersion(totals.fingerprint),
        metadata={
            "dagster/row_count": totals.accepted,
            "files": totals.files,
            "rejected_rows": totals.rejected,
            "latest_month": str(tonight.latest_month) if tonight.latest_month else "none",
            "tonight_files_loaded": tonight.loaded,
            "tonight_files_held": tonight.held,
            "tonight_files_accepted": tonight.accepted_files,
            "tonight_files_in_force_again": tonight.again,
            "tonight_files_duplicate": tonight.duplicates,
            "tonight_files_refused": tonight.refused,
            "tonight_files_waiting": tonight.waiting,
            "tonight_rows_accepted": tonight.accepted,
            "tonight_rows_rejected": tonight.rejected,
            "tonight_rows_skipped": tonight.skipped,
            # Names and places only; the lines never quote a record.
            "tonight_messages": dg.MetadataValue.md(
                "\n".join(f"- {line}" for line in tonight.messages) or "nothing"
            ),
        },
    )
