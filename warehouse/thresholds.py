"""The project's thresholds, seeds/threshold.csv, for the rules that are applied outside SQL."""

import csv
from functools import cache
from pathlib import Path

SEED = Path(__file__).resolve().parents[1] / "seeds" / "threshold.csv"


@cache
def _thresholds() -> dict[str, float]:
    with SEED.open(encoding="utf-8", newline="") as lines:
        return {row["name"]: float(row["number"]) for row in csv.DictReader(lines)}


def threshold(name: str) -> float:
    """The number of this name, in the unit that its row states; KeyError without such a row."""
    return _thresholds()[name]
