"""The publication step: the one gate, behind which `current` moves to a new publication."""

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import dagster as dg

from assessment import write_assessments
from data_quality.pages import row_change, rows_that_changed, write_pages
from orchestration import progress
from orchestration.build import BUILD
from orchestration.expectations import DATA_DOCS
from orchestration.night import Night
from warehouse import status
from warehouse.publication import current_folder, publish

STEP = "publication"
KEY = dg.AssetKey(STEP)


def publication_asset(manifest_file: Path) -> dg.AssetsDefinition:
    """The asset of publications, after the tables and their checks."""

    @dg.asset(
        key=KEY,
        deps=[BUILD, DATA_DOCS],
        group_name="published",
        kinds={"duckdb", "parquet"},
        required_resource_keys={"night"},
        description="An immutable folder of what passed; `current` points to it.",
    )
    def publication(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        night: Night = context.resources.night

        def report(line: str) -> None:
            context.log.info(line)
            progress.tell(STEP, line)

        with night.step(STEP, "Publishing", context.log.error):
            before = current_folder(night.home)
            advice: list[str] = []
            write = partial(write_assessments, texts=night.home.commentary, tell=advice.extend)
            published = publish(
                night.home,
                night.settings,
                night.run_id,
                manifest_file,
                data_docs=night.data_docs if night.data_docs.is_dir() else None,
                pages={"quality": write_pages, "assessment": write},
                report=report,
                state=night.input_state,
            )
        with night.failing(STEP, retries=0):  # published is published: not once more
            with night.warehouse() as connection:
                changes = [row_change(row) for row in rows_that_changed(connection, before)]
            status.set_commentary(night.home, advice)
            night.end("published", f"Published {published.id}.", published.id, changes)
        return dg.MaterializeResult(
            metadata={key: str(value) for key, value in asdict(published).items()}
        )

    return publication
