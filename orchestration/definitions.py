"""Dagster's definitions: the steps of a night as assets and checks, and what starts them."""

from pathlib import Path

import dagster as dg

from orchestration.build import build_assets
from orchestration.dbt_program import prepared_manifest
from orchestration.expectations import expectation_assets
from orchestration.ingest import ingest_assets
from orchestration.night import Night, night_resource
from orchestration.publication import publication_asset
from orchestration.triggers import landing_sensor, nightly_schedule
from warehouse.contract import load_contracts

JOB = "night"
# Dagster keeps every message for its page; on the console of a service a traceback could quote a
# record into the system's journal.
CONSOLE_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def definitions_of(manifest: Path, night: Night | None = None) -> dg.Definitions:
    """The four steps of a night for a prepared dbt manifest, and what starts them.

    night: the one that has begun in this process; without it a run begins one of its own.
    """
    contracts = load_contracts()
    ingest = ingest_assets(contracts)
    built = build_assets(manifest)
    checked = expectation_assets(built.keys, contracts)
    published = publication_asset(manifest)
    job = dg.define_asset_job(
        JOB,
        selection=dg.AssetSelection.all(),
        config=CONSOLE_QUIET,
        description="Ingest what has landed, build, check, publish.",
    )
    return dg.Definitions(
        assets=[ingest, built, checked, published],
        jobs=[job],
        schedules=[nightly_schedule(job)],
        sensors=[landing_sensor(job)],
        resources={"night": night or night_resource},
        # A night is four steps in a row; a process for each would double its time.
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """Loaded by `csp up` and `csp run`."""
    return definitions_of(prepared_manifest())
