"""A partition is replaced at a cost that grows with its rows, never with old rows times new."""

import json
from importlib.resources import files

import jinja2
import pytest

from orchestration import dbt_program

DELETE_INSERT = "macros/materializations/incremental_strategy/delete_insert.sql"


def _incremental() -> dict[str, object]:
    """The unique_key of every incremental model, by the model's name."""
    manifest = json.loads(dbt_program.prepared_manifest().read_text(encoding="utf-8"))
    return {
        node["name"]: node["config"]["unique_key"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["config"]["materialized"] == "incremental"
    }


def _statement(unique_key: object) -> str:
    """What dbt-duckdb runs to replace the rows of `source` in `target`."""
    source = (files("dbt.include.duckdb") / DELETE_INSERT).read_text(encoding="utf-8")
    environment = jinja2.Environment()
    environment.globals["get_quoted_csv"] = lambda names: ", ".join(f'"{n}"' for n in names)
    macro = environment.from_string(source).module.duckdb__get_delete_insert_merge_sql  # type: ignore[attr-defined]
    said = macro("target", "source", unique_key, [{"name": "value"}], None)
    return " ".join(said.split())


def test_there_are_incremental_models() -> None:
    assert "int_measured_value" in _incremental()


@pytest.mark.parametrize("model", sorted(_incremental()))
def test_old_rows_are_found_by_partition_and_never_joined_with_new_ones(model: str) -> None:
    key = _incremental()[model]
    assert isinstance(key, str), f"{model}: write unique_key as one text, not as a list"
    statement = _statement(key)
    assert f"where ( {key}) in ( select ({key}) from source )" in statement
    assert " using " not in statement


def test_a_list_of_keys_would_join_them() -> None:
    assert " using source " in _statement(["period_type", "period_start"])
