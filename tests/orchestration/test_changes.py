"""What a night builds is what reads an input that changed, and all of it."""

import json
import re
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from orchestration import changes, dbt_program

PROJECT = dbt_program.PROJECT_DIR
FEED_TABLES = "source.csp.raw."


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(dbt_program.prepared_manifest().read_text(encoding="utf-8"))
    return found


def _readers(manifest: dict[str, Any], source: str) -> set[str]:
    """Everything that a source reaches in dbt's graph, asked from below."""
    parents = manifest["parent_map"]
    reaches = {source}
    before = 0
    while len(reaches) > before:
        before = len(reaches)
        reaches |= {uid for uid, above in parents.items() if not reaches.isdisjoint(above)}
    return reaches - {source}


def _sources(manifest: dict[str, Any]) -> list[str]:
    return [uid for uid in manifest["sources"] if uid not in changes.FILES]


def test_whatever_reads_a_source_is_downstream_of_it(manifest: dict[str, Any]) -> None:
    for source in _sources(manifest):
        missing = _readers(manifest, source) - changes.downstream(manifest, {source})
        assert not missing, source


def test_a_feed_s_new_file_reaches_what_reads_files_of_the_feed(manifest: dict[str, Any]) -> None:
    """And of other feeds only what reads the files of all."""
    changed = {*changes.FILES, f"{FEED_TABLES}survey__perception"}
    found = changes.downstream(manifest, changed)
    assert {"model.csp.perception", "model.csp.figure_source"} <= found
    assert not {"model.csp.fct_incident", "model.csp.measure_area_month"} & found
    street = changes.downstream(manifest, {f"{FEED_TABLES}police__street_crime"})
    assert {"model.csp.int_street_crime_extract", "model.csp.int_street_crime_row"} <= street


def test_what_is_said_to_read_one_feed_s_files_reads_no_others(manifest: dict[str, Any]) -> None:
    """By its SQL: it names the feed, or joins files to the rows of a staging model."""
    named = {}
    for node in manifest["nodes"].values():
        above = manifest["parent_map"].get(node["unique_id"], ())
        if set(changes.FILES).isdisjoint(above) or not changes._reads_one_feed(node):
            continue
        said = node["config"]["meta"].get("files_of")
        feeds = {
            name.replace("__", "/", 1)
            for parent in above
            for name in [parent.rpartition(".")[2].removeprefix("stg_")]
            if "__" in name
        }
        if said:
            named[node["name"]] = said
            assert f"feed = '{said}'" in node["raw_code"] or feeds == {said}, node["name"]
        else:
            [feed] = feeds
            in_words = re.search(rf"""['"]{feed}['"]""", node["raw_code"])
            assert in_words, node["name"]
    assert named == {
        "int_street_crime_extract": "police/street_crime",
        "dim_harm_weight": "reference/harm_weight",
    }


def test_no_macro_hides_that_a_model_asks_for_the_date(manifest: dict[str, Any]) -> None:
    own = [m for m in manifest["macros"].values() if m["package_name"] == "csp"]
    assert len(own) > 50
    assert [m["name"] for m in own if changes.CLOCK.search(m["macro_sql"])] == []
    asking = [n["name"] for n in manifest["nodes"].values() if changes.CLOCK.search(n["raw_code"])]
    assert "far_month" in asking


@pytest.fixture
def small() -> dict[str, Any]:
    """A source, a table of it, a view of that, a table of the view, and another table apart."""

    def node(name: str, kind: str, code: str = "select 1") -> dict[str, Any]:
        return {
            "resource_type": "model",
            "name": name,
            "schema": "s",
            "raw_code": code,
            "config": {"materialized": kind},
            "fqn": ["csp", "marts", name],
        }

    test = {**node("t", "test"), "resource_type": "test", "depends_on": {"nodes": ["m.view"]}}
    return {
        "nodes": {
            "m.one": node("one", "table"),
            "m.view": node("view", "view"),
            "m.two": node("two", "incremental"),
            "m.apart": node("apart", "table"),
            "t": test,
        },
        "child_map": {"source": ["m.one"], "m.one": ["m.view"], "m.view": ["m.two", "t"]},
    }


THERE = {("s", "one"), ("s", "two"), ("s", "apart")}


def test_tables_and_tests_below_a_change_are_stale_and_views_are_not(small: dict[str, Any]) -> None:
    assert changes.stale(small, {"source"}, THERE, {"t"}) == {"m.one", "m.two", "t"}
    assert changes.stale(small, set(), THERE, {"t"}) == set()


def test_a_missing_table_a_test_that_failed_and_a_clock_are_stale(small: dict[str, Any]) -> None:
    gone = changes.stale(small, set(), THERE - {("s", "one")}, {"t"})
    assert gone == {"m.one", "m.two", "t"}
    assert changes.stale(small, set(), THERE, set()) == {"t"}
    small["nodes"]["m.view"]["raw_code"] = "select current_date"
    assert changes.stale(small, set(), THERE, {"t"}) == {"m.two", "t"}


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(
            """
            create schema raw; create schema quality;
            create table raw.setting (key varchar, value varchar);
            create table raw.a__b (_file_id bigint);
            create table quality.loaded_file (file_id bigint, feed varchar, accepted bigint);
            create table raw.period_in_force (feed varchar, month date, row_count bigint);
            insert into raw.period_in_force values ('a/b', '2010-04-01', 5);
            insert into raw.setting values ('k', 'v'), ('k', 'v');
            insert into quality.loaded_file values (1, 'a/b', 5), (2, 'c/d', 5);
            """
        )
        yield connection


def _states(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    sources = {name: {"schema": "raw", "name": name} for name in ("setting", "a__b", "never__sent")}
    return changes.inputs(con, {"sources": sources})


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        ("insert into raw.setting values ('k', 'v')", {"setting"}),
        ("update raw.setting set value = 'w'", {"setting"}),
        ("insert into quality.loaded_file values (3, 'a/b', 5)", {"a__b"}),
        ("update quality.loaded_file set accepted = 6 where feed = 'a/b'", {"a__b"}),
        ("delete from quality.loaded_file where feed = 'a/b'", {"a__b"}),
        ("update raw.period_in_force set row_count = 6", {"a__b"}),
        ("insert into quality.loaded_file values (3, 'c/d', 5)", set()),
        ("create or replace table raw.setting as select * from raw.setting", set()),
    ],
)
def test_an_input_s_state_differs_when_what_it_holds_does(
    con: duckdb.DuckDBPyConnection, change: str, differs: set[str]
) -> None:
    before = _states(con)
    con.execute(change)
    after = _states(con)
    assert {name for name in before if before[name] != after[name]} == differs
