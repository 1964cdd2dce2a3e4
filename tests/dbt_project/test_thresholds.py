"""Every judgement in a number stands in seeds/threshold.csv, once, and is read by its name."""

import re
from datetime import date
from pathlib import Path

import pytest

from tests.dbt_project.rendering import PROJECT
from warehouse.seeds import seed_rows, threshold

READ = re.compile(r"""threshold\(["'](\w+)["']\)|'(overdue_days_)' \|\|""")
ROOMS = ("warehouse", "data_quality", "orchestration", "dbt_project/models", "dbt_project/macros")
# Numbers that are no judgement: of a calendar (also after `then`, of a cadence) or of percent, the
# half of a count in a logarithm, a normal deviate, and how many texts are listed.
LISTED = re.compile(r"most=\d+|then \d+")
NO_JUDGEMENT = {"0", "1", "2", "11", "12", "36", "100", "100e0", "0.5", "1.4826", "1e-9"}


def names() -> set[str]:
    rows = seed_rows("threshold")
    assert all(row["unit"] and row["evidence"] and date.fromisoformat(row["date"]) for row in rows)
    return {row["name"] for row in rows}


def test_every_threshold_is_read_and_every_one_read_is_there() -> None:
    files = [
        path
        for room in (*ROOMS, "dbt_project/tests")
        for path in (PROJECT.parent / room).rglob("*.*")
        if path.suffix in (".py", ".sql")
    ]
    read = {name or prefix for path in files for name, prefix in READ.findall(path.read_text())}
    by_cadence = {name for name in names() if name.startswith("overdue_days_")}
    assert read == names() - by_cadence | {"overdue_days_"}


def test_an_unknown_threshold_is_an_error() -> None:
    with pytest.raises(KeyError):
        threshold("no_such")


@pytest.mark.parametrize("path", sorted((PROJECT / "models/quality").rglob("*.sql")), ids=str)
def test_a_model_of_quality_holds_no_number_of_judgement(path: Path) -> None:
    text = re.sub(r"\{#.*?#\}|--[^\n]*|'[^']*'|\"[^\"]*\"", "", path.read_text(), flags=re.DOTALL)
    text = LISTED.sub("", text)
    assert set(re.findall(r"(?<![\w.])\d[\w.-]*", text)) <= NO_JUDGEMENT
