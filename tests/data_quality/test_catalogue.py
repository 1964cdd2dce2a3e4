"""Every check has an entry, and every entry a sentence for each of its two readers."""

import json
import re
from datetime import date
from typing import Any

import pytest

from data_quality import dbt_tests
from orchestration.dbt_program import prepared_manifest
from tests.dbt_project.rendering import model
from warehouse import ddl
from warehouse.check_kinds import check_kinds, kinds_about
from warehouse.contract import load_contracts
from warehouse.home import Home
from warehouse.home_tables import STANDARDS, WAIVERS
from warehouse.results import append, of_kind
from warehouse.rows import Row, rows
from warehouse.seeds import SEEDS
from warehouse.settings import load_settings

MONTH = "volume.hate.report.2010-04"
OWN = ("own", "hate", "report", "victim_age", "93.9", "warning", "", "Ours", "2020-04-01")


@pytest.fixture(scope="module")
def manifest() -> Any:
    return json.loads(prepared_manifest().read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def found(manifest: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    """The catalogue by the model's own SQL, of a home that hate reports came to."""
    home = Home(tmp_path_factory.mktemp("catalogue") / "home")
    home.init()
    settings = load_settings(home)
    with ddl.open_warehouse(home, settings) as con:
        ddl.ensure(con, load_contracts(), settings)
        STANDARDS.write(con, [OWN])
        WAIVERS.write(con, [(MONTH, "3", "a campaign", "Analyst", "2026-12-01")])
        append(con, [of_kind("volume", "run-1", "hate/report", "fail", check_id=MONTH)])
        dbt_tests.write(con, manifest)
        for schema in ("facts", "marts", "seeds"):
            con.execute(f"create schema {schema}")
        for seed in ("check_kind", "completeness_standard_register"):
            con.execute(f"create table seeds.{seed} as from read_csv('{SEEDS}/{seed}.csv')")
        con.execute("create table facts.int_hate__report_row (month date, victim_age_bucket text)")
        con.execute(
            "create table marts.recording_completeness as select 'hate' as partner, 'report' as "
            "feed, unnest(['victim_age', 'colour']) as field, date '2020-04-01' as month, "
            "10 as records, 9 as valid, 0 as invalid, 0 as not_applicable"
        )
        con.execute("set search_path = 'facts,marts,quality,raw,seeds'")
        for name in ("completeness_standard", "int_standard_check"):
            con.execute(f"create table facts.{name} as {model(name)}")
        listed = rows(con, model("check_catalogue"))
    assert len({entry["check_id"] for entry in listed}) == len(listed)
    return {entry["check_id"]: entry for entry in listed}


def test_both_sentences_are_there_and_whole(found: dict[str, Row]) -> None:
    for name, entry in found.items():
        for sentence in (entry["for_the_engineer"], entry["for_the_auditor"]):
            assert len(sentence) > 4, name
            assert sentence.endswith("."), (name, sentence)
            assert not re.search(r"[{}]|None|  ", sentence), (name, sentence)
        assert entry["severity"] in ("blocking", "warning")
        assert entry["dimension"] in {
            "completeness", "validity", "uniqueness", "consistency", "timeliness", "reconciliation",
        }  # fmt: skip


def test_a_standard_has_its_checks_and_a_field_without_one_is_intended_only(
    found: dict[str, Row],
) -> None:
    latest = found["completeness.hate.report.victim_age.latest_month"]
    assert latest["for_the_engineer"] == (
        "At least 93.9 % of victim_age in hate/report of the latest month are valid."
    )
    assert (latest["for_the_auditor"], latest["severity"]) == ("Ours.", "warning")
    # The home's standard holds from its day on, the project's until then.
    assert found["completeness.hate.report.victim_age.until_2020-04-01"]["is_implemented"]
    sound = found["validity.hate.report.victim_age"]
    assert sound["for_the_engineer"].endswith("are not invalid.")
    lacking = found["completeness.hate.report.colour"]
    assert not lacking["is_implemented"]
    assert "completeness_standards.csv" in lacking["for_the_engineer"]


def test_each_feed_has_each_of_its_checks(found: dict[str, Row]) -> None:
    for feed in load_contracts():
        for kind in kinds_about("feed"):
            if kind.kind == "recount" and feed != "hate/report":
                continue  # nothing of it is judged
            entry = found[kind.id_of(feed)]
            counted = kind.kind not in ("volume", "volume_drift")
            assert (entry["feed"], entry["is_implemented"]) == (
                feed, counted or feed == "hate/report",
            )  # fmt: skip
    assert found["volume.hate.report"]["severity"] == "blocking"
    assert found[MONTH]["severity"] == "blocking"
    waiver = found[f"waiver.{MONTH}"]
    assert (waiver["severity"], waiver["for_the_auditor"]) == (
        "warning", "A known failure is borne for a time by Analyst: a campaign.",
    )  # fmt: skip
    assert date(2026, 12, 1).isoformat() in waiver["for_the_engineer"]


def test_an_accepted_value_called_reconciliation_is_validity(found: dict[str, Row]) -> None:
    named = [e for name, e in found.items() if "accepted_values_check_catalogue_dim" in name]
    assert [entry["dimension"] for entry in named] == ["validity"]


def test_catalogue_and_results_say_the_same_of_a_dbt_test(
    found: dict[str, Row], manifest: Any
) -> None:
    tests = [
        {"unique_id": uid, "status": "pass", "failures": 0, "timing": []}
        for uid in dbt_tests.nodes_of(manifest)
    ]
    judged = dbt_tests.results_of(tests, manifest, "run-1")
    assert len(judged) == len(tests)
    for result in judged:
        entry = found[result.check_id]
        for name in ("suite", "table_name", "dimension", "severity"):
            assert entry[name] == getattr(result, name)


def test_every_kind_of_dbt_test_has_its_words(manifest: Any) -> None:
    for node in dbt_tests.nodes_of(manifest).values():
        kind = (node.get("test_metadata") or {}).get("name")
        assert kind is None or check_kinds()[kind].about == "dbt"
        if kind is None and node["resource_type"] == "test":
            assert node["description"], f"{node['name']} needs a line in singular_tests.yml"
