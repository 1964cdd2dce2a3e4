"""The project's seeds, and of them the thresholds, for the rules that are applied outside SQL."""

import csv
from functools import cache
from pathlib import Path

SEEDS = Path(__file__).resolve().parents[1] / "seeds"


@cache
def seed_rows(name: str) -> list[dict[str, str]]:
    """The rows of `seeds/<name>.csv`, by column."""
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def threshold(name: str) -> float:
    """The threshold of this name, in the unit that its row states; KeyError without such a row."""
    return {row["name"]: float(row["number"]) for row in seed_rows("threshold")}[name]
