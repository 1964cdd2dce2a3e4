"""Dagster's definitions: the steps of a night as assets and checks, and what starts them."""

from pathlib import Path

import dagster as dg

from orchestration.build import build_assets
from orchestration.dbt_program import prepared_manifest
from orchestration.expectations import DATA_DOCS, expectation_assets
from orchestration.failures import write_what_failed
from orchestration.ingest import ingest_assets
from orchestration.night import night_resource
from orchestration.publication import publication_asset
from orchestration.triggers import landing_sensor, nightly_schedule
from warehouse.contract import load_contracts

JOB = "night"
# Dagster keeps every message for its page; on the console of a service a traceback could quote a
# record into the system's journal.
CONSOLE_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def definitions_of(manifest: Path) -> dg.Definitions:
    """The definitions for a prepared dbt manifest; no home is read."""
    contracts = load_contracts()
    ingest = ingest_assets(contracts)
    built = build_assets(manifest)
    marts = {key for key in built.keys if key.path[0] == "marts"}
    checked = expectation_assets(built.keys, contracts)
    published = publication_asset(manifest, {*marts, DATA_DOCS})
    night = dg.define_asset_job(
        JOB,
        selection=dg.AssetSelection.all(),
        hooks={write_what_failed},
        config=CONSOLE_QUIET,
        description="Ingest what has landed, build, check, publish.",
    )
    return dg.Definitions(
        assets=[ingest, built, checked, published],
        jobs=[night],
        schedules=[nightly_schedule(night)],
        sensors=[landing_sensor(night)],
        resources={"night": night_resource},
        # A night is four steps in a row; a process for each would double its time.
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """Loaded by `csp up` and `csp run`."""
    return definitions_of(prepared_manifest())
