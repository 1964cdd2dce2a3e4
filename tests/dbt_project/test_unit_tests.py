"""dbt's own unit tests: every counting rule, on rows by hand, as `dbt test` runs them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration import dbt_program
from warehouse.home import Home
from warehouse.settings import load_settings

PROJECT = Path(__file__).resolve().parents[2]

# A rule of the specification, and the model whose unit tests show it.
MODELS = {
    "completeness_standard",
    "dim_district",
    "int_district_succession",
    "int_feed_vintage",
    "dim_lsoa",
    "int_population_estimate",
    "dim_police_force",
    "dim_population",
    "indicator_comparison",
    "recording_completeness",
    "maturity_score",
    "figure_source",
    "stg_reference__csp_lookup",
    "stg_reference__district_population",
    "int_street_crime_event",
    "feed_coverage",
    "int_street_crime_row",
    "measure_area_month",
    "int_home_force",
    "int_county_force",
    "int_area_received",
    "int_measured_value",
    "int_survey_value",
    "indicator_change",
    "indicator_trend",
    "hotspot",
    "fct_recorded_crime",
    "br_recorded_crime_flag",
    "fct_incident",
    "fct_hate_report",
    "br_hate_report_strand",
    "fct_fire_incident",
    "fct_council_report",
    "measure_recorded_crime",
    "measure_incident",
    "measure_hate",
    "measure_fire",
    "measure_council",
    "hate_completeness",
    "hate_reports",
    "hate_victims",
    "target_progress",
    "summary_table",
    "reoffending",
    "offender_profile",
    "perception",
    "first_time_entrants",
    "marac_repeats",
}


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, str]]:
    """Status and message of every unit test by its unique id, from one `dbt test`.

    dbt needs the columns of what a unit test stands in for: an empty build of a fresh home.
    """
    folder = tmp_path_factory.mktemp("unit")
    home = Home(folder / "home")
    home.init()
    settings = load_settings(home)
    from warehouse import ddl
    from warehouse.contract import load_contracts

    with ddl.open_warehouse(home, settings) as con:
        ddl.ensure(con, load_contracts(), settings)
    environment = dbt_program.environment(home.warehouse_file, settings)
    manifest = dbt_program.prepared_manifest()
    args = [*dbt_program.build_args(home.dbt_target), "--exclude-resource-type", "test"]
    with dbt_program.variables(environment):
        dbt_program.invoke(args, dbt_program.load_manifest(manifest))
    done = subprocess.run(
        [
            *(sys.executable, "-m", "dbt.cli.main", "--no-version-check", "test"),
            *("--select", "test_type:unit"),
            *("--project-dir", str(PROJECT / "dbt_project")),
            *("--profiles-dir", str(PROJECT / "dbt_project")),
            *("--target-path", str(folder / "target"), "--log-path", str(folder / "logs")),
        ],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=600,
    )
    results = folder / "target" / "run_results.json"
    assert results.is_file(), done.stdout + done.stderr
    found = json.loads(results.read_text(encoding="utf-8"))["results"]
    return {result["unique_id"]: (result["status"], result["message"]) for result in found}


def test_every_unit_test_passes(outcome: dict[str, tuple[str, str]]) -> None:
    failed = {name: said for name, (status, said) in outcome.items() if status != "pass"}
    assert failed == {}


def test_every_unit_test_was_run(outcome: dict[str, tuple[str, str]]) -> None:
    manifest = json.loads(dbt_program.prepared_manifest().read_text(encoding="utf-8"))
    assert set(outcome) == set(manifest["unit_tests"])
    tested = {test["model"] for test in manifest["unit_tests"].values()}
    assert MODELS - tested == set()
