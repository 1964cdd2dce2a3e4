"""dbt's own unit tests: every counting rule, on rows by hand, as `dbt test` runs them."""

import json

import pytest

from orchestration import dbt_program
from tests.end_to_end.running import copied
from warehouse.home import Home
from warehouse.settings import load_settings

# A rule of the specification, and the model whose unit tests show it.
MODELS = {
    "completeness_standard",
    "dim_district",
    "int_district_succession",
    "int_feed_vintage",
    "dim_lsoa",
    "int_population_estimate",
    "br_area_part",
    "int_area_set_part",
    "area_set_coverage",
    "dim_police_force",
    "dim_population",
    "indicator_comparison",
    "indicator_dispersion",
    "recording_completeness",
    "maturity_score",
    "figure_source",
    "stg_reference__csp_lookup",
    "stg_reference__district_population",
    "int_street_crime_event",
    "feed_coverage",
    "int_street_crime_row",
    "measure_area_month",
    "measure_area_hour",
    "int_home_force",
    "int_county_force",
    "int_area_received",
    "int_measured_value",
    "int_survey_value",
    "indicator_change",
    "change_contribution",
    "area_change_part",
    "series_break",
    "indicator_trend",
    "time_profile",
    "season",
    "hotspot",
    "concentration",
    "deprivation_gradient",
    "monthly_signal",
    "assessment_claim",
    "int_claim_indicator",
    "int_recomputed_figure",
    "fct_recorded_crime",
    "br_recorded_crime_flag",
    "fct_incident",
    "fct_hate_report",
    "br_hate_report_strand",
    "fct_fire_incident",
    "fct_council_report",
    "int_crime_measure",
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
    "dim_harm_weight",
    "int_harm",
    "harm_score",
    "priority_matrix",
    "reoffending",
    "offender_profile",
    "offender_residence",
    "perception",
    "first_time_entrants",
    "marac_repeats",
    "feed_timeliness",
    "timeliness_check",
    "reconciliation_check",
    "coverage_check",
    "far_month",
    "volume_month_check",
    "volume_check",
    "volume_drift_check",
    "schema_check",
    "duplicates_check",
    "int_benchmark_value",
    "most_similar_member",
    "int_year_end",
    "br_month_year",
    "dim_period",
    "area",
    "period",
    "population",
    "indicator_summary",
    "int_superseded_version",
    "int_area_lsoa_year",
    "community_profile",
}


@pytest.fixture(scope="module")
def outcome(
    small_home: Home, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[str, str]]:
    """Status and message of every unit test by its unique id, from one `dbt test`.

    dbt needs the columns of what a unit test stands in for: those of a home that is built.
    """
    home = copied(small_home, tmp_path_factory.mktemp("unit") / "home")
    environment = dbt_program.environment(home.warehouse_file, load_settings(home))
    with dbt_program.variables(environment):
        found = dbt_program.invoke(
            dbt_program.args_of_tests(home.dbt_target, ["test_type:unit"]),
            dbt_program.load_manifest(dbt_program.prepared_manifest()),
        )
    return {result["unique_id"]: (result["status"], result["message"]) for result in found}


def test_every_unit_test_passes(outcome: dict[str, tuple[str, str]]) -> None:
    failed = {name: said for name, (status, said) in outcome.items() if status != "pass"}
    assert failed == {}


def test_every_unit_test_was_run(outcome: dict[str, tuple[str, str]]) -> None:
    manifest = json.loads(dbt_program.prepared_manifest().read_text(encoding="utf-8"))
    assert set(outcome) == set(manifest["unit_tests"])
    tested = {test["model"] for test in manifest["unit_tests"].values()}
    assert MODELS - tested == set()
