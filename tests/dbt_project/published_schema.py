"""The published schema as dbt's manifest has it, for the reviewed snapshot beside this file.

After a change that is meant, write the snapshot anew and read the diff:
`.venv/bin/python -m tests.dbt_project.published_schema`
"""

import json
from pathlib import Path
from typing import Any

from orchestration.dbt_program import prepared_manifest

SNAPSHOT = Path(__file__).with_suffix(".json")


def published_models() -> dict[str, dict[str, Any]]:
    """dbt's nodes of the published models, by name."""
    manifest = json.loads(prepared_manifest().read_text(encoding="utf-8"))
    return {
        node["name"]: node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["config"]["meta"].get("published")
    }


def schema() -> dict[str, Any]:
    """Per published table: its grain (the description's first sentence), its rule for the public
    tier, its data tests by name, and each column's type and description."""
    manifest = json.loads(prepared_manifest().read_text(encoding="utf-8"))
    tests: dict[str, list[str]] = {}
    for node in manifest["nodes"].values():
        if node["resource_type"] == "test" and node.get("attached_node"):
            tests.setdefault(node["attached_node"], []).append(node["name"])
    return {
        name: {
            "grain": " ".join(node["description"].split("\n\n")[0].split()),
            "public": node["config"]["meta"]["public"],
            "contract_enforced": node["config"]["contract"]["enforced"],
            "data_tests": sorted(tests.get(node["unique_id"], [])),
            "columns": {
                column["name"]: {"type": column["data_type"], "comment": column["description"]}
                for column in node["columns"].values()
            },
        }
        for name, node in sorted(published_models().items())
    }


def write() -> None:
    """Write the snapshot."""
    SNAPSHOT.write_text(json.dumps(schema(), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
