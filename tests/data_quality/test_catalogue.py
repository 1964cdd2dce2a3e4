"""Every check has an entry, and every entry a sentence for each of its two readers."""

import json
import re
from datetime import date
from pathlib import Path

import pytest

from data_quality import catalogue
from data_quality.catalogue import Entry, entries, sentences_of
from data_quality.standards import standards_of_the_project
from orchestration.dbt_program import prepared_manifest
from warehouse.contract import load_contracts
from warehouse.results import from_dbt
from warehouse.waivers import Waiver

FIELDS = [("hate/report", "victim_age"), ("police/recorded_crime", "offence_description")]


@pytest.fixture(scope="module")
def found() -> dict[str, Entry]:
    listed = entries(
        json.loads(prepared_manifest().read_text(encoding="utf-8")),
        standards_of_the_project(),
        load_contracts(),
        ["hate/report"],
        FIELDS,
        [Waiver("volume.hate.report.2010-04", 3, "a campaign", "Analyst", date(2026, 12, 1))],
        [("volume.hate.report.2010-04", "hate/report")],
    )
    assert len({entry.check_id for entry in listed}) == len(listed)
    return {entry.check_id: entry for entry in listed}


def test_both_sentences_are_there_and_whole(found: dict[str, Entry]) -> None:
    for entry in found.values():
        for sentence in (entry.for_the_engineer, entry.for_the_auditor):
            assert len(sentence) > 20, entry.check_id
            assert sentence.endswith("."), (entry.check_id, sentence)
            assert not re.search(r"[{}]|None|  ", sentence), (entry.check_id, sentence)
        assert entry.dimension in {
            "completeness", "validity", "uniqueness", "consistency", "timeliness", "reconciliation",
        }  # fmt: skip


def test_a_field_without_a_standard_is_intended_only(found: dict[str, Entry]) -> None:
    assert found["completeness.hate.report.victim_age"].is_implemented
    lacking = found["completeness.police.recorded_crime.offence_description"]
    assert not lacking.is_implemented
    assert "completeness_standards.csv" in lacking.for_the_engineer


def test_each_feed_has_each_of_its_checks(found: dict[str, Entry]) -> None:
    for feed in load_contracts():
        for kind in catalogue.OF_FEEDS:
            entry = found[f"{kind}.{feed.replace('/', '.')}"]
            counted = kind not in catalogue.OF_VOLUME or feed == "hate/report"
            assert (entry.feed, entry.is_implemented) == (feed, counted)
    assert found["volume.hate.report"].severity == "blocking"
    assert found["volume.hate.report.2010-04"].severity == "blocking"
    assert found["waiver.volume.hate.report.2010-04"].severity == "warning"


def test_an_accepted_value_called_reconciliation_is_validity(found: dict[str, Entry]) -> None:
    named = [e for e in found.values() if "accepted_values_check_catalogue_dimension" in e.check_id]
    assert [entry.dimension for entry in named] == ["validity"]


def test_catalogue_and_results_say_the_same_of_a_dbt_test(
    found: dict[str, Entry], tmp_path: Path
) -> None:
    manifest = prepared_manifest()
    tests = [
        {"unique_id": uid, "status": "pass", "failures": 0, "timing": []}
        for uid, node in json.loads(manifest.read_text(encoding="utf-8"))["nodes"].items()
        if node["resource_type"] == "test"
    ]
    results = tmp_path / "run_results.json"
    results.write_text(json.dumps({"results": tests}))
    for result in from_dbt(results, manifest, "run-1"):
        entry = found[result.check_id]
        assert (entry.suite, entry.table_name, entry.dimension, entry.severity) == (
            result.suite, result.table_name, result.dimension, result.severity,
        )  # fmt: skip


def test_every_kind_of_dbt_test_has_its_words() -> None:
    manifest = json.loads(prepared_manifest().read_text(encoding="utf-8"))
    for node in manifest["nodes"].values():
        if node["resource_type"] == "test":
            kind = (node.get("test_metadata") or {}).get("name")
            assert kind is None or kind in catalogue.SENTENCES, kind
            if kind is None:
                assert node["description"], f"{node['name']} needs a line in singular_tests.yml"
            assert all(sentences_of(node, manifest))
