"""The published tables keep their contract: names, types, comments and tests as reviewed."""

import json
import re
from typing import Any

import pytest

from tests.dbt_project.published_schema import SNAPSHOT, schema

# The columns that interface.md of the specification fixes, by table; other people's scripts use
# them.
INTERFACE = {
    "indicator": "indicator_id, indicator_version, name, topic, kind, unit, multiplier, polarity, "
    "numerator_definition, denominator_definition, feeds, national_indicator, valid_from, valid_to",
    "indicator_value": "AREA, PERIOD, indicator_id, indicator_version, is_current, numerator, "
    "denominator, dispersion, population_year, value, unit, lower_95, upper_95, lower_998, "
    "upper_998, is_complete",
    "indicator_change": "AREA, PERIOD, indicator_id, previous_numerator, numerator, "
    "previous_denominator, denominator, previous_value, value, change, change_percent, "
    "change_points, p_value, p_value_poisson, q_value, tests_in_family, verdict, reason",
    "indicator_trend": "AREA, PERIOD, indicator_id, n_points, direction, reason, chi_square, slope",
    "indicator_summary": "AREA, PERIOD, indicator_id, value, lower_95, upper_95, numerator, "
    "denominator, previous_value, change_percent, change_points, p_value, q_value, verdict, "
    "trend_direction, county_verdict, msg_verdict, rank, rank_of, target_status, "
    "lowest_possible, highest_possible, is_complete, is_current",
    "area": "AREA, geometry",
    "period": "PERIOD",
    "population": "AREA, PERIOD, population",
    "indicator_comparison": "AREA, PERIOD, indicator_id, comparator_type, comparator_code, "
    "comparator_name, value, comparator_value, verdict, judgement, rank, rank_of",
    "hotspot": "AREA, PERIOD, indicator_id, district_code, local_name, numerator, population, "
    "rate, county_rate, class, rank_in_district, rank_in_county, gi_star_z",
    "community_profile": "PERIOD, indicator_id, classification, class_code, class_name, numerator, "
    "population, rate, lower_95, upper_95, relative_rate",
    "target_progress": "PERIOD, target_id, indicator_id, baseline_label, baseline_value, "
    "target_percent, target_value, actual_value, status",
    "summary_table": "AREA, PERIOD, topic, yearly_change_percent, yearly_verdict, "
    "trend_direction, county_verdict, msg_verdict, highest_area_code, highest_area_name, "
    "most_affected_community",
    "marac_repeats": "AREA, PERIOD, cases, repeats, repeat_percent, lower_95, upper_95, "
    "declared_repeats, disagreements, definition_version",
    "marac_referrals": "AREA, PERIOD, referring_agency, cases, percent",
    "hate_completeness": "AREA, PERIOD, source, field, records, recorded, missing, not_stated, "
    "invalid, percent_missing, lower_95, upper_95",
    "hate_reports": "AREA, PERIOD, source, reports, baseline_reports, change_percent, "
    "target_percent, status",
    "hate_victims": "AREA, PERIOD, field, category, records, known, n, percent_of_known, "
    "lowest_possible_percent, highest_possible_percent",
    "first_time_entrants": "AREA, PERIOD, entrants, previous_entrants, change_percent, "
    "rate_per_100k",
    "youth_custody": "AREA, PERIOD, custodial_sentences, court_convictions, percent, lower_95, "
    "upper_95",
    "youth_ethnicity": "AREA, PERIOD, ethnic_group, disposals, disposal_percent, "
    "population_10_17, population_percent, difference",
    "reoffending": "AREA, PERIOD, offenders, reoffenders, percent, lower_95, upper_95, "
    "county_percent, verdict",
    "offender_profile": "AREA, PERIOD, dimension, category, offenders, percent, county_percent, "
    "verdict",
    "need_combination": "AREA, PERIOD, needs, offenders, reoffenders, risk_ratio, lower_95, "
    "upper_95",
    "harm_score": "AREA, PERIOD, weight_source, weight_version, is_current, events, "
    "unweighted_events, unweighted_codes, harm, population, population_year, harm_rate, lower_95, "
    "upper_95, is_complete, reason",
    "priority_matrix": "AREA, PERIOD, topic, indicator_id, volume, harm, harm_reason, "
    "change_verdict, trend_direction, county_verdict, target_status, priority_score, "
    "priority_order, order_reason",
    "perception": "AREA, survey, wave, question_id, question, base, percent, lower_95, upper_95, "
    "rank, rank_of, verdict",
    "time_profile": "AREA, PERIOD, indicator_id, weekday, hour, events, percent, unknown_percent",
    "published_figure": "figure_id, statement, area_name, period_label, stated_value, "
    "recomputed_value, verdict, explanation",
    "recording_completeness": "partner, feed, field, month, records, valid, missing, not_stated, "
    "invalid, not_applicable, completeness_percent, threshold_percent, status",
    "feed_coverage": "partner, feed, source, month, status, file_name, received_at",
    "load_audit": "partner, feed, file_name, sha256, bytes, data_rows, accepted, rejected, "
    "skipped, status, reason, loaded_at",
    "check_result": "run_id, check_id, suite, feed, table_name, column_name, dimension, "
    "severity, status, observed, threshold, records, failed_records, checked_at",
    "publication": "publication_id, run_id, published_at, software_version, git_commit, "
    "source_files, blocking_checks_passed",
}
SHARED = {
    "AREA": ["area_type", "area_code", "area_name"],
    "PERIOD": ["period_type", "period_start", "period_end", "period_label"],
}


@pytest.fixture(scope="module")
def tables() -> dict[str, Any]:
    return schema()


def test_the_published_schema_is_the_reviewed_one(tables: dict[str, Any]) -> None:
    """A difference that is meant: `python -m tests.dbt_project.published_schema`, read the diff."""
    reviewed = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
    assert list(tables) == list(reviewed)
    for name, table in tables.items():
        assert table == reviewed[name], name


@pytest.mark.parametrize("name", INTERFACE)
def test_every_agreed_column_is_there(name: str, tables: dict[str, Any]) -> None:
    wanted = [column for word in INTERFACE[name].split(", ") for column in SHARED.get(word, [word])]
    assert [column for column in wanted if column not in tables[name]["columns"]] == []


def test_every_published_table_has_an_enforced_contract_and_tests(tables: dict[str, Any]) -> None:
    for name, table in tables.items():
        assert table["contract_enforced"], name
        assert table["data_tests"], f"{name} has no data test"


def test_every_table_says_its_grain_and_every_column_what_it_holds(tables: dict[str, Any]) -> None:
    for name, table in tables.items():
        assert re.match(r"One row(:| per) ", table["grain"]), f"{name}: {table['grain']}"
        for column, told in table["columns"].items():
            assert told["type"], f"{name}.{column}"
            assert told["comment"].strip().endswith((".", ")")), f"{name}.{column}"
