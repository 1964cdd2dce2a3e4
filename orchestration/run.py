"""`csp run`: a night in this process, with progress, visible in Dagster's web page."""

from __future__ import annotations

import gc
import logging
import warnings
from uuid import uuid4

import dagster as dg

from orchestration import progress
from orchestration.instance import one_connection_a_log, opened, prune_runs
from orchestration.interruption import as_keyboard_interrupt
from orchestration.night import Night, night
from orchestration.progress import Listener
from warehouse.errors import UsageError
from warehouse.home import Home
from warehouse.runs import Ending


def run_nightly(home: Home, full_refresh: bool = False, listener: Listener | None = None) -> Ending:
    """Run the nightly job of a home to its end.

    Raises UsageError for a missing home or wrong settings and AlreadyRunning while another run of
    the home goes on; whatever fails in a step is the ending instead. The listener gets a `Progress`
    for each step's start and end and for what is worth showing in between.
    """
    endings: list[Ending] = []
    entered = False
    with as_keyboard_interrupt(), progress.listening(listener):
        try:
            with night(home, str(uuid4()), full_refresh, endings.append) as run:
                entered = True
                _execute(run)
        except BaseException as error:
            # The command's exit status tells wrong settings from a failed night.
            if not endings or (isinstance(error, UsageError) and not entered):
                raise
    return endings[0]


def _execute(run: Night) -> None:
    """Read the definitions and run their job; raises what a step raised."""
    silence()
    with run.step("prepare", "Reading the definitions", retries=0):
        # Imports of several seconds: only now, when the lock is held.
        from orchestration.dbt_program import prepared_manifest
        from orchestration.definitions import CONSOLE_QUIET, JOB, definitions_of

        job = definitions_of(prepared_manifest(), run).resolve_job_def(JOB)
        gc.freeze()  # modules and definitions stay for the night
    with opened(run.home) as instance:
        try:
            with one_connection_a_log(instance):
                job.execute_in_process(
                    instance=instance,
                    run_config=CONSOLE_QUIET,
                    run_id=run.run_id,
                    tags={"started_by": "csp run"},
                )
        finally:
            prune_runs(instance)


def silence() -> None:
    """Keep Dagster's and its libraries' talk off the terminal; the listener speaks instead."""
    warnings.filterwarnings("ignore", category=dg.BetaWarning)
    warnings.filterwarnings("ignore", category=dg.PreviewWarning)
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
