"""The asset graph as a reviewed file: a change of the surface shows in the diff.

Regenerate with ``python -m orchestration.snapshot`` and read the diff before committing it.
"""

import json
from pathlib import Path
from typing import Any

import dagster as dg

SNAPSHOT = Path(__file__).resolve().parents[1] / "tests" / "orchestration" / "definitions.json"


def describe(defs: dg.Definitions) -> dict[str, Any]:
    """Assets with what they depend on and their checks, jobs, schedules and sensors, sorted."""
    graph = defs.resolve_asset_graph()
    keys = sorted(graph.get_all_asset_keys(), key=lambda key: key.to_user_string())
    assets: dict[str, Any] = {}
    for key in keys:
        node = graph.get(key)
        checks = sorted(check.name for check in graph.get_check_keys_for_assets({key}))
        assets[key.to_user_string()] = {
            "group": node.group_name if node.is_materializable else "external",
            "after": sorted(parent.to_user_string() for parent in node.parent_keys),
            "checks": checks,
        }
    repository = defs.get_repository_def()
    return {
        "assets": assets,
        "jobs": sorted(job.name for job in repository.get_all_jobs() if "__ASSET" not in job.name),
        "schedules": {
            schedule.name: {
                "job": schedule.job_name,
                "cron": schedule.cron_schedule,
                "timezone": schedule.execution_timezone,
                "default": schedule.default_status.value,
            }
            for schedule in repository.schedule_defs
        },
        "sensors": {
            sensor.name: {
                "job": sensor.job_name,
                "every_seconds": sensor.minimum_interval_seconds,
                "default": sensor.default_status.value,
            }
            for sensor in repository.sensor_defs
        },
    }


def main() -> None:
    """Write the snapshot."""
    from orchestration.dbt_program import prepared_manifest
    from orchestration.definitions import definitions_of

    found = describe(definitions_of(prepared_manifest()))
    SNAPSHOT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
