"""Every published column says what it holds, and nothing of a record reaches a published table."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from orchestration.dbt_program import prepared_manifest
from tests.dbt_project.published_schema import published_models
from warehouse.contract import load_contracts
from warehouse.publication.tables import CLASSES
from warehouse.publication.tiers import COUNT_COLUMNS, HARMLESS, NEVER, REST_ON

COUNTS = {"events", "people", "events and people", "places", "records", "nothing"}
AGGREGATES = {"event aggregate", "people aggregate"}
NUMBERS = {"bigint", "integer", "double"}


@pytest.fixture(scope="module")
def models() -> dict[str, dict[str, Any]]:
    return published_models()


def columns(models: dict[str, dict[str, Any]]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, node in models.items():
        for column in node["columns"].values():
            yield name, column["name"], column


def meta(column: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = column["config"]["meta"]
    return found


def test_every_table_says_what_it_counts(models: dict[str, dict[str, Any]]) -> None:
    counted = {name: node["config"]["meta"].get("counts") for name, node in models.items()}
    assert {name: value for name, value in counted.items() if value not in COUNTS} == {}
    assert counted["marac_repeats"] == "people"
    assert counted["population"] == "places"


def test_every_column_has_a_class(models: dict[str, dict[str, Any]]) -> None:
    found = list(columns(models))
    assert len(found) > 1000
    assert [(t, c) for t, c, column in found if meta(column).get("class") not in CLASSES] == []


def test_a_derived_column_names_columns_that_there_are(models: dict[str, dict[str, Any]]) -> None:
    """Its sources lead, over other derived ones, to open data or counts, and never to itself."""
    classes = {(t, c): meta(column) for t, c, column in columns(models)}
    for (table, name), of in classes.items():
        if of["class"] != "derived":
            assert "of" not in of, (table, name)
            continue
        assert of["of"], (table, name)
        for source in of["of"]:
            at = tuple(source.split(".")) if "." in source else (table, source)
            assert classes[at]["class"] in {*AGGREGATES, "open"}, (table, name, source)


def test_no_number_of_a_table_of_people_passes_for_a_label(
    models: dict[str, dict[str, Any]],
) -> None:
    """Counts, rates and tests are of a class that disclosure control hides; versions are labels."""
    labels = {
        (t, c)
        for t, c, column in columns(models)
        if meta(column)["class"] == "label"
        and column["data_type"] in NUMBERS
        and models[t]["config"]["meta"]["counts"] in ("people", "events", "events and people")
    }
    no_counts = re.compile(
        r".*version|.*months?|months_.*|fifth|hour|weekday|years|members|n_points|top_lsoas|"
        r"tests_in_family|sets_tested|target_percent|position|area_years|degrees_of_freedom|"
        r"stated_number|signal_months"
    )
    assert {pair for pair in labels if not no_counts.fullmatch(pair[1])} == set()


def test_tables_after_disclosure_control_can_be_masked(models: dict[str, dict[str, Any]]) -> None:
    """What of them is no label or open data rests on counts that the mask knows."""
    disclosed = [t for t, n in models.items() if n["config"]["meta"]["public"] == "disclosed"]
    assert disclosed == ["indicator_summary", "indicator_value"]
    for table, name, column in columns(models):
        of = meta(column)
        if table not in disclosed or of["class"] in ("label", "open"):
            continue
        if of["class"] in AGGREGATES:
            assert name in COUNT_COLUMNS, (table, name)
        else:
            assert set(of["of"]) <= set(COUNT_COLUMNS), (table, name)
            assert set(of.get("with", ())) <= {*REST_ON, *NEVER, *HARMLESS}, (table, name)


def secret_columns() -> dict[str, set[str]]:
    """By feed the headers that name a person, a case or a crime: what becomes a pseudonym."""
    return {
        feed: {column.name for column in contract.columns if column.identifier}
        for feed, contract in load_contracts().items()
    }


def test_no_identifier_or_record_key_is_published(models: dict[str, dict[str, Any]]) -> None:
    """Neither by its name nor as text beside a count: no published table is of single records."""
    manifest = json.loads(prepared_manifest().read_text(encoding="utf-8"))
    secret = {name for names in secret_columns().values() for name in names}
    assert {"victim_id", "offender_id", "young_person_id"} <= secret
    keys = set()
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model" and node["schema"] in ("staging", "facts"):
            keys |= {name for name in node["columns"] if name in secret}
    assert keys, "the facts name no identifier: the test looks for nothing"
    published = {(t, c) for t, c, _ in columns(models)}
    assert {(t, c) for t, c in published if c in secret | {"record_id", "row_number"}} == set()


def test_a_published_table_that_reads_records_adds_them_up(
    models: dict[str, dict[str, Any]],
) -> None:
    """Lineage: what stands on a table with an identifier groups, and selects none of its names."""
    manifest = json.loads(prepared_manifest().read_text(encoding="utf-8"))
    secret = {name for names in secret_columns().values() for name in names}
    of_records = {
        uid
        for uid, node in manifest["nodes"].items()
        if node["resource_type"] == "model"
        and re.search(rf"\b({'|'.join(sorted(secret))})\b", node["raw_code"])
    }
    assert len(of_records) > 10
    beside = 0
    for name, node in models.items():
        if not of_records & set(node["depends_on"]["nodes"]):
            continue
        beside += 1
        assert re.search(r"group by|count\(", node["raw_code"]), name
        final = node["raw_code"].rsplit("\nselect", 1)[-1].split("\nfrom", 1)[0]
        assert not re.search(rf"\b({'|'.join(sorted(secret))})\b", final), name
    assert beside > 3
