"""What is told of a verdict on a change stands in one place and claims no more than the test."""

import re
from pathlib import Path

import pytest
import yaml

from tests.dbt_project.rendering import PROJECT
from warehouse.seeds import SEEDS, seed_rows

WORDINGS = {row["verdict"]: row["wording"] for row in seed_rows("change_wording")}
SQL = sorted(path for room in ("models", "macros") for path in (PROJECT / room).rglob("*.sql"))
COMMENTS = re.compile(r"\{#.*?#\}|--[^\n]*", re.DOTALL)


def test_every_verdict_on_a_change_has_its_words() -> None:
    text = (PROJECT / "models/marts/indicator_change.yml").read_text(encoding="utf-8")
    [model] = yaml.safe_load(text)["models"]
    [verdict] = [column for column in model["columns"] if column["name"] == "verdict"]
    [check] = [c["expression"] for c in verdict["constraints"] if c["type"] == "check"]
    accepted = re.findall(r"'([^']*)'", check)
    assert len(accepted) > 3
    assert set(accepted) <= set(WORDINGS)


def test_what_is_not_significant_could_be_chance_and_is_not_said_to_be() -> None:
    assert WORDINGS["no significant change"] == "which could be chance"
    assert "unlikely" in WORDINGS["increase"]
    assert WORDINGS["increase"] == WORDINGS["decrease"]


WORDS = [*SQL, SEEDS / "assessment_wording.csv", SEEDS / "assessment_phrase.csv"]


@pytest.mark.parametrize("path", WORDS, ids=lambda path: path.stem)
def test_nothing_has_words_of_its_own_for_chance(path: Path) -> None:
    assert "chance" not in COMMENTS.sub("", path.read_text(encoding="utf-8"))
