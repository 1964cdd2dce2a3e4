"""dbt's arguments are stated once, and its project is parsed once."""

import os
import stat
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import dagster as dg
import duckdb
import pytest

from orchestration import dbt_program
from orchestration.build import (
    Outcome,
    _events,
    _waived_results,
    drop_unmade,
    refuse_if_incomplete,
)
from orchestration.night import Night
from tests.warehouse.street_files import SETTINGS
from warehouse.errors import RunBlocked, RunFailed
from warehouse.home import private_files


def test_the_night_builds_what_is_chosen() -> None:
    args = dbt_program.build_args(Path("/t"), project_dir=Path("/p"))
    assert args == [
        "--no-send-anonymous-usage-stats",
        "--no-version-check",
        "--quiet",
        *("--log-level", "none", "--log-level-file", "none"),
        *("--no-write-json", "build"),
        *("--project-dir", "/p", "--profiles-dir", "/p"),
        *("--target-path", "/t", "--log-path", "/t"),
        *("--select", "tag:chosen", "--indirect-selection", "empty"),
    ]
    assert "--full-refresh" in dbt_program.build_args(Path("/t"), full_refresh=True)


def test_what_is_chosen_is_tagged_and_nothing_that_was_before() -> None:
    nodes = {name: SimpleNamespace(tags=["own"]) for name in ("a", "b", "c")}
    manifest = SimpleNamespace(nodes=nodes)
    dbt_program.choose(manifest, {"a", "b"})
    dbt_program.choose(manifest, {"b", "c"})
    assert [name for name in nodes if "chosen" in nodes[name].tags] == ["b", "c"]
    assert all(node.tags.count("own") == 1 for node in nodes.values())


def test_the_profile_gets_the_home_and_its_limits_and_no_telemetry() -> None:
    found = dbt_program.environment(Path("/h/warehouse.duckdb"), SETTINGS)
    assert found["CSP_WAREHOUSE"] == "/h/warehouse.duckdb"
    assert (found["CSP_THREADS"], found["CSP_MEMORY_LIMIT"]) == ("2", "1400MB")
    assert found["DO_NOT_TRACK"] == "1"


def test_a_prepared_manifest_is_not_parsed_again() -> None:
    first = dbt_program.prepared_manifest()
    before = first.stat().st_mtime_ns
    assert dbt_program.prepared_manifest() == first
    assert first.stat().st_mtime_ns == before
    assert dbt_program.load_manifest(first).nodes


@pytest.fixture
def small_project(tmp_path: Path) -> Path:
    """A dbt project of one model, not yet prepared."""
    folder = tmp_path / "dbt"
    (folder / "models").mkdir(parents=True)
    (folder / "models" / "one.sql").write_text("select 1 as one")
    (folder / "dbt_project.yml").write_text("{name: small, profile: small, config-version: 2}")
    profile = "{target: t, outputs: {t: {type: duckdb, path: ':memory:'}}}"
    (folder / "profiles.yml").write_text(f"small: {profile}")
    return folder


def test_every_user_may_read_what_a_night_prepared(small_project: Path) -> None:
    with private_files():  # as a night runs
        manifest = dbt_program.prepared_manifest(small_project)
    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode)
        for path in (manifest.parent, *manifest.parent.iterdir())
    }
    assert modes == {
        "target": 0o755,
        **dict.fromkeys((*dbt_program.PREPARED, dbt_program.STAMP), 0o644),
    }


def test_a_user_who_cannot_prepare_the_definitions_is_told_who_can(small_project: Path) -> None:
    (small_project / "target").write_text("in the way")
    with pytest.raises(RunFailed, match="Run `csp run` once as the user who owns the checkout"):
        dbt_program.prepared_manifest(small_project)


def test_variables_are_put_back() -> None:
    with dbt_program.variables({"CSP_TEST_VARIABLE": "x"}):
        assert os.environ["CSP_TEST_VARIABLE"] == "x"
    assert "CSP_TEST_VARIABLE" not in os.environ


def result(unique_id: str, status: str) -> dict[str, str]:
    return {"unique_id": unique_id, "status": status, "message": "Could not convert 'A Person'"}


def test_a_model_that_broke_fails_the_run_and_quotes_no_record() -> None:
    with pytest.raises(RunFailed, match="dim_area") as error:
        refuse_if_incomplete([result("model.csp.dim_area", "error")])
    assert "A Person" not in str(error.value)


def test_a_model_left_out_because_of_a_failed_test_blocks_the_run() -> None:
    found = [result("test.csp.unique_x.1a", "fail"), result("model.csp.indicator", "skipped")]
    with pytest.raises(RunBlocked, match=r"unique_x.*indicator"):
        refuse_if_incomplete(found)


def test_failed_tests_alone_leave_the_verdict_to_publication() -> None:
    found = [result("test.csp.unique_x.1a", "fail"), result("model.csp.indicator", "success")]
    assert refuse_if_incomplete(found) is None  # type: ignore[func-returns-value]


def test_a_waived_test_of_a_table_that_was_not_built_is_skipped_and_not_run() -> None:
    """dbt would find yesterday's rows, and a pass in them; without a night it cannot be asked."""
    depends = SimpleNamespace(nodes=["model.csp.dim_area"])
    manifest = SimpleNamespace(nodes={"test.csp.a.1": SimpleNamespace(depends_on=depends)})
    built = [{"unique_id": "model.csp.dim_area", "status": "skipped"}]
    [found] = _waived_results(cast("Night", None), manifest, {"a": "test.csp.a.1"}, built)
    assert (found["unique_id"], found["status"]) == ("test.csp.a.1", "skipped")


def test_a_test_that_says_why_says_it_where_it_stops_the_build() -> None:
    found = [
        result("test.csp.assert_codes.1", "fail"),
        result("test.csp.other.2", "fail"),
        result("model.csp.dim_area", "skipped"),
    ]
    with pytest.raises(RunBlocked) as caught:
        refuse_if_incomplete(found, sentences={"assert_codes": "E07000999 is in no lookup."})
    assert str(caught.value) == (
        "Blocking checks failed (dbt.assert_codes, dbt.other), so dim_area were not built. "
        "E07000999 is in no lookup."
    )


def test_a_night_tells_of_the_tables_it_built_and_once_of_all_tests_of_each() -> None:
    tables = {f"model.csp.{name}": dg.AssetSpec(["facts", name]) for name in ("a", "b", "kept")}
    manifest = {"nodes": {uid: {"schema": "facts", "name": uid[-1]} for uid in tables}}
    tests = {"model.csp.a": ["test.csp.t1.1", "test.csp.t2.2", "unit_test.csp.a.idle"]}
    tests |= {"model.csp.b": ["test.csp.t3.3"], "model.csp.kept": ["test.csp.t4.4"]}
    found = [
        {**result("model.csp.a", "success"), "execution_time": 0.25},
        result("model.csp.b", "error"),
        result("test.csp.t1.1", "pass"),
        {**result("test.csp.t2.2", "warn"), "failures": 3},
        result("test.csp.t3.3", "skipped"),
    ]
    outcome = Outcome(found, {("facts", "a"): 7}, [], {})
    materialized, evaluated = _events(manifest, tables, tests, outcome)
    assert isinstance(materialized, dg.AssetMaterialization)
    assert isinstance(evaluated, dg.AssetCheckEvaluation)
    assert materialized.asset_key == evaluated.asset_key == dg.AssetKey(["facts", "a"])
    assert {name: value.value for name, value in materialized.metadata.items()} == {
        "seconds": 0.25, "dagster/row_count": 7,
    }  # fmt: skip
    assert (evaluated.passed, evaluated.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert {name: value.value for name, value in evaluated.metadata.items()} == {
        "tests": 2, "seconds": 0.0, "failing rows of t2": 3,
    }  # fmt: skip
    [failed] = _events(
        manifest, tables, tests, Outcome([result("test.csp.t3.3", "fail")], {}, [], {})
    )
    assert isinstance(failed, dg.AssetCheckEvaluation)
    assert (failed.passed, failed.severity) == (False, dg.AssetCheckSeverity.ERROR)


def test_what_no_model_makes_any_more_is_dropped_and_what_was_recorded_stays() -> None:
    node = {"resource_type": "model", "schema": "facts", "alias": "dim_lsoa"}
    with duckdb.connect() as con:
        for schema in ("facts", "quality", "raw"):
            con.execute(f"create schema {schema}; create table {schema}.lsoa (a integer)")
        con.execute("create view facts.old as from facts.lsoa; create table facts.dim_lsoa (a int)")
        drop_unmade(con, {"nodes": {"model.csp.dim_lsoa": node}})
        left = con.execute("select table_schema, table_name from information_schema.tables")
        assert sorted(left.fetchall()) == [
            ("facts", "dim_lsoa"),
            ("quality", "lsoa"),
            ("raw", "lsoa"),
        ]
