"""For sqlfluff's jinja: dbt's `var`, with the values of dbt_project.yml."""

from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project/dbt_project.yml"


def var(name: str) -> Any:
    """The value that the project gives a variable."""
    return yaml.safe_load(PROJECT.read_text(encoding="utf-8"))["vars"][name]
