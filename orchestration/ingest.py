"""The ingest step: one asset per feed."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import dagster as dg

from data_quality import delivery
from orchestration import progress
from orchestration.ending import keep_traceback
from orchestration.night import Night
from warehouse import results, runs, status
from warehouse.contract import Contract
from warehouse.ingest import holding, loading
from warehouse.publication import input_state, is_unchanged

STEP = "ingest"


def raw_key(feed: str) -> dg.AssetKey:
    """``raw / police / street_crime`` for ``police/street_crime``."""
    return dg.AssetKey(["raw", *feed.split("/")])


def ingest_assets(contracts: Mapping[str, Contract]) -> dg.AssetsDefinition:
    """The step that loads what has landed, as an asset per contract."""
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
        required_resource_keys={"night"},
        can_subset=True,
    )
    def ingest(context: dg.AssetExecutionContext) -> Iterator[Any]:
        night: Night = context.resources.night

        def report(line: str) -> None:
            context.log.info(line)
            progress.tell(STEP, line)

        with (
            night.step(STEP, "Loading what has landed", context.log.error) as received,
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
            built = runs.last_build(connection) is not None
            unchanged = unchanged and built and not night.full_refresh
            if unchanged:  # nothing is built, which would keep them
                night.late = delivery.results(connection, night.run_id, "ingest")
            else:
                results.append(connection, holding.checks(connection, night.run_id))
        if unchanged:
            refused = sum(feed.refused for feed in loaded.feeds.values())
            message = (
                f"{refused} landed and refused, and nothing else changed: nothing to publish."
                if refused
                else "Nothing new has landed, and nothing else changed: nothing to do."
            )
            report(message)
            night.end("unchanged", message)
            return
        for key, feed in feeds.items():
            if key in context.selected_asset_keys:
                yield _materialized(key, totals[feed], loaded.feeds[feed])

    return ingest


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
