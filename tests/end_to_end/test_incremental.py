"""Building on what is there gives what building everything anew would give, night after night.

A story of generated nights goes through one home, which builds incrementally. After a night all
its published tables are compared with those of a fresh home that landed everything at once. More
seeds: `CSP_STORIES="2 3 4" pytest tests/end_to_end/test_incremental.py`.
"""

import json
import os
import random
import shutil
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from data_quality import dbt_tests
from orchestration import changes, dbt_program
from orchestration.build import build
from orchestration.night import Night
from tests.end_to_end.running import copied, land
from tests.end_to_end.street_story import Delivery, Story, first_story
from warehouse import ddl
from warehouse.home import Home
from warehouse.ingest import loading
from warehouse.settings import load_settings

SEEDS = [int(seed) for seed in os.environ.get("CSP_STORIES", "1").split()]
NIGHTS = 3

# When it happened, and which run said so, differ between the two homes.
WITHOUT = {
    "load_audit": ["loaded_at"],
    "feed_coverage": ["received_at"],
    "figure_source": ["loaded_at"],
}
LEFT_OUT = {
    *("publication", "check_result"),
    *("maturity_history", "completeness_history"),
}


@pytest.mark.parametrize("seed", SEEDS)
def test_each_night_equals_a_full_refresh(seed: int, small_home: Home, tmp_path: Path) -> None:
    home = copied(small_home, tmp_path / "home")
    story = first_story()
    story.rng, order = random.Random(seed), random.Random(seed)
    chapters = _chapters(story, order)
    landed = len(story.deliveries)
    for number, told in enumerate(chapters):
        for name in told:
            story.chapters[name]()
        killed = order.randrange(3, 40) if number % 2 else None
        night(home, story, story.deliveries[landed:], killed)
        landed = len(story.deliveries)
        if number == 0:
            continue  # what it left stale stays so: the comparison of the next night shows it
        fresh = Home(tmp_path / f"fresh-{number}")
        fresh.init()
        night(fresh, story, story.deliveries, None, anew=True)
        differences = compare(home.warehouse_file, fresh.warehouse_file)
        assert differences == {}, f"seed {seed}, night {number + 1}: {', '.join(told)}"
        shutil.rmtree(fresh.root)


def _chapters(story: Story, order: random.Random) -> list[list[str]]:
    """What happens in each night. Every chapter comes once, and more of the street crime.

    A correction of what everything rests on builds everything anew: it has the first night, so that
    the others show what building on the old gives.
    """
    names = list(story.chapters)
    corrections = [name for name in names if name.endswith(("corrected", "changed"))]
    street = [name for name in names if name not in corrections]
    drawn = street + order.choices(street, k=len(street))
    order.shuffle(drawn)
    nights = [drawn[number :: NIGHTS - 1] for number in range(NIGHTS - 1)]
    return [[*corrections, order.choice(street)], *nights]


def night(
    home: Home,
    story: Story,
    deliveries: list[Delivery],
    killed_after: int | None,
    anew: bool = False,
) -> None:
    """Land, load and build; `anew` everything, with nothing to build on.

    `killed_after` builds only so many models first, as a killed run.
    """
    home.csp_yml.write_text(story.settings, encoding="utf-8")
    for delivery in deliveries:
        land(home, delivery.feed, delivery.name, delivery.content, delivery.when)
    settings = load_settings(home)
    with ddl.open_warehouse(home, settings) as con:
        loading.ingest(home, settings, con, lambda line: None)
    manifest = dbt_program.prepared_manifest()
    if anew:
        # Of the fresh home only the tables are wanted, not their tests; the catalogue names them.
        with ddl.open_warehouse(home, settings) as con:
            dbt_tests.write(con, json.loads(manifest.read_text(encoding="utf-8")))
        args = dbt_program.build_args(home.dbt_target, full_refresh=True)
        environment = dbt_program.environment(home.warehouse_file, settings)
        definitions = json.loads(manifest.read_text(encoding="utf-8"))
        tables = {uid for uid in changes.everything(definitions) if not uid.startswith("test.")}
        chosen = dbt_program.choose(dbt_program.load_manifest(manifest), tables)
        with dbt_program.variables(environment):
            dbt_program.invoke(args, chosen)
        return
    tonight = Night(home, settings, "run")
    if killed_after is not None:
        build(tonight, manifest, _first_models(manifest, killed_after), lambda line: None)
    outcome = build(tonight, manifest, None, lambda line: None)
    bad = [r["unique_id"] for r in outcome.results if r["status"] not in ("success", "pass")]
    assert bad == []
    assert not any(r["unique_id"].startswith("seed.") for r in outcome.results)


def _first_models(manifest_file: Path, count: int) -> set[str]:
    """The seeds and the first `count` models in the order of their dependencies."""
    manifest = json.loads(manifest_file.read_text(encoding="utf-8"))
    parents = {
        uid: [parent for parent in manifest["parent_map"][uid] if parent in manifest["nodes"]]
        for uid, node in manifest["nodes"].items()
        if node["resource_type"] in ("model", "seed")
    }
    done: list[str] = [uid for uid in parents if uid.startswith("seed.")]
    models = [uid for uid in sorted(parents) if uid.startswith("model.")]
    while len(done) < len(parents):
        done += [uid for uid in models if uid not in done and all(p in done for p in parents[uid])]
    seeds = len(parents) - len(models)
    return set(done[: seeds + count])


def compare(one: Path, other: Path) -> dict[str, str]:
    """What differs between the published tables of two databases: a sentence by table."""
    with (
        duckdb.connect(str(one), read_only=True) as left,
        duckdb.connect(str(other), read_only=True) as right,
    ):
        names = _tables(left)
        assert names == _tables(right)
        assert "indicator_value" in names
        found = {}
        for name in names:
            said = difference(_frame(left, name), _frame(right, name))
            if said:
                found[name] = said
    return found


def difference(one: pd.DataFrame, other: pd.DataFrame) -> str | None:
    """How two tables differ, rows in any order; numbers agree to nine digits."""
    if len(one) != len(other):
        return f"{len(one)} rows instead of {len(other)}"
    exact = [name for name in one if one[name].dtype != "float64"]
    floating = [name for name in one if name not in exact]
    order = exact + floating
    one = one.sort_values(order, ignore_index=True)
    other = other.sort_values(order, ignore_index=True)
    for name in exact:
        differs = (one[name] != other[name]) & ~(one[name].isna() & other[name].isna())
        if differs.any():
            return _shown(name, one, other, differs)
    for name in floating:
        differs = ~np.isclose(one[name], other[name], rtol=1e-9, atol=1e-9, equal_nan=True)
        if differs.any():
            return _shown(name, one, other, differs)
    return None


def _shown(name: str, one: pd.DataFrame, other: pd.DataFrame, differs: Any) -> str:
    count = int(np.sum(differs))
    return (
        f"{name} differs in {count} rows, first {one[differs].iloc[0].to_dict()} "
        f"instead of {other[differs].iloc[0].to_dict()}"
    )


def _tables(con: duckdb.DuckDBPyConnection) -> list[str]:
    rows = con.execute(
        "select table_name from information_schema.tables where table_schema = 'marts' order by 1"
    ).fetchall()
    return [name for (name,) in rows if name not in LEFT_OUT]


def _frame(con: duckdb.DuckDBPyConnection, name: str) -> pd.DataFrame:
    without = WITHOUT.get(name)
    but = f" exclude ({', '.join(without)})" if without else ""
    frame = con.execute(f"select *{but} from marts.{name}").df()
    if "geometry" in frame:  # bytes that can be changed cannot be sorted
        frame["geometry"] = frame["geometry"].map(bytes, na_action="ignore")
    return frame


def test_the_comparison_sees_a_difference() -> None:
    one = pd.DataFrame({"area": ["a", "b"], "value": [1.0, 2.0]})
    assert difference(one, one.iloc[::-1]) is None
    assert difference(one, one.assign(value=[1.0, 2.1])) is not None
    assert difference(one, one.assign(value=[1.0, None])) is not None
    assert difference(one, one.assign(area=["a", None])) is not None
    assert difference(one, one.iloc[:1]) is not None
