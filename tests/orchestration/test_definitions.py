"""The asset graph is what was reviewed, and holds what the house expects of it."""

import json

import dagster as dg
import pytest

from orchestration import snapshot
from orchestration.build import CHECK
from orchestration.dbt_program import prepared_manifest
from orchestration.definitions import JOB, definitions_of
from warehouse.contract import load_contracts
from warehouse.publication.tables import published_tables


@pytest.fixture(scope="module")
def defs() -> dg.Definitions:
    return definitions_of(prepared_manifest())


def test_the_graph_is_the_reviewed_one(defs: dg.Definitions) -> None:
    reviewed = json.loads(snapshot.SNAPSHOT.read_text(encoding="utf-8"))
    assert snapshot.describe(defs) == reviewed, (
        "The asset graph changed. Run `python -m orchestration.snapshot` and read the diff."
    )


def test_every_contract_is_an_asset_with_its_checks(defs: dg.Definitions) -> None:
    found = snapshot.describe(defs)["assets"]
    for feed in load_contracts():
        checks = set(found[f"raw/{feed}"]["checks"])
        name = feed.replace("/", "__")
        assert {
            f"{kind}__{name}" for kind in ("reconciliation", "timeliness", "coverage")
        } <= checks


def test_dbt_sources_are_the_feeds_own_assets(defs: dg.Definitions) -> None:
    found = snapshot.describe(defs)["assets"]
    assert "raw/police/street_crime" in found["staging/stg_police__street_crime"]["after"]
    assert not [key for key in found if key.startswith("raw/") and "__" in key]


def test_publication_waits_for_every_table_and_for_the_checks(defs: dg.Definitions) -> None:
    found = snapshot.describe(defs)["assets"]
    tables = {key for key in found if key.split("/")[0] in ("seeds", "staging", "facts", "marts")}
    assert len(tables) > 150
    assert tables <= set(found["quality/build"]["after"])
    assert found["quality/data_docs"]["after"] == ["quality/build"]
    assert set(found["publication"]["after"]) == {"quality/build", "quality/data_docs"}


def test_every_table_with_tests_has_them_as_one_check(defs: dg.Definitions) -> None:
    found = snapshot.describe(defs)["assets"]
    tested = {name for name, asset in found.items() if CHECK in asset["checks"]}
    assert {f"marts/{table.name}" for table in published_tables(prepared_manifest())} <= tested


def test_the_night_is_four_steps(defs: dg.Definitions) -> None:
    job = defs.resolve_job_def(JOB)
    names = {node.name for node in job.graph.nodes}
    assert names == {"ingest", "dbt_build", "great_expectations", "publication"}


def test_a_standard_is_a_check_of_the_rows_it_judges(defs: dg.Definitions) -> None:
    checks = snapshot.describe(defs)["assets"]["facts/int_police__street_crime_row"]["checks"]
    for field in ("crime_id", "lsoa_code", "location", "outcome", "coordinates"):
        assert f"completeness__police__street_crime__{field}" in checks
        assert f"validity__police__street_crime__{field}" in checks
