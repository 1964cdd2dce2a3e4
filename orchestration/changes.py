"""What a night must build: what lies downstream of an input that is not as it was.

An input is a source of dbt: a feed, by its files in force; a control table, by its rows. A model
that asks for today's date has an input that changes daily. Everything else of a model is its
definition, and new definitions build everything anew (`dbt_program.definitions_stamp`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import Any

import duckdb

from warehouse.sql_text import quoted

CLOCK = re.compile(
    r"\b(current_date|current_timestamp|now\(|today\()|run_started_at", re.IGNORECASE
)
FILES = ("source.csp.quality.loaded_file", "source.csp.raw.period_in_force")
KINDS = {"model", "seed", "test"}  # unit tests prove definitions, and belong to `make test`
# So that what a fault of this module left behind, if ever there is one, is not left for long.
EVERYTHING_AFTER = timedelta(days=7)


def inputs(con: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any]) -> dict[str, str]:
    """The state of each input by its unique id in dbt's manifest, as text.

    Of a feed the files in force tell it: what a raw table holds of a file is written once.
    """
    files = _states(con, "quality.loaded_file", by="feed")
    months = _states(con, "raw.period_in_force", by="feed")
    states = {}
    for uid, source in manifest["sources"].items():
        partner, is_feed, name = source["name"].partition("__")
        if is_feed:
            feed = f"{partner}/{name}"
            states[uid] = f"{files.get(feed, '')} {months.get(feed, '')}"
        else:
            [states[uid]] = _states(con, quoted(source["schema"], source["name"])).values()
    return states


def _states(
    con: duckdb.DuckDBPyConnection, relation: str, by: str | None = None
) -> dict[str | None, str]:
    """How many rows a relation has, with the sum of their hashes; of each value of a column."""
    counted = "count(*) || ' ' || coalesce(sum(hash(held)::hugeint), 0)"
    if by is None:
        sql = f"select null, {counted} from {relation} as held"
    else:
        sql = f"select {by}, {counted} from {relation} as held group by {by}"
    return dict(con.execute(sql).fetchall())


def downstream(manifest: Mapping[str, Any], changed: Collection[str]) -> set[str]:
    """The unique ids of the models and tests that read any of the sources or models, or what does.

    What reads the files of one feed alone (a staging model, or one whose meta names the feed) has
    of the tables of files that feed's rows as its input; they are the feed's state.
    """
    of_feed = defaultdict(list)
    for uid, node in manifest["nodes"].items():
        if feed := node["config"].get("meta", {}).get("files_of"):
            of_feed[f"source.csp.raw.{feed.replace('/', '__')}"].append(uid)
    found: set[str] = set()
    waiting = list(changed)
    while waiting:
        parent = waiting.pop()
        for child in (*manifest["child_map"].get(parent, ()), *of_feed[parent]):
            if child in found or (parent in FILES and _reads_one_feed(manifest["nodes"][child])):
                continue
            found.add(child)
            waiting.append(child)
    return found


def _reads_one_feed(node: Mapping[str, Any]) -> bool:
    is_staging = node["resource_type"] == "model" and node["fqn"][1] == "staging"
    return is_staging or "files_of" in node["config"].get("meta", {})


def stale(
    manifest: Mapping[str, Any],
    changed: Iterable[str],
    tables: Collection[tuple[str, str]],
    sound: Collection[str],
) -> set[str]:
    """The unique ids of the tables to build and the tests to run tonight.

    changed: inputs that are not as they were when everything was last in order. tables: schemas and
    names of what stands in the warehouse. sound: the names of the tests that passed when they last
    ran; another is asked again every night.
    """
    nodes = {
        uid: node
        for uid, node in manifest["nodes"].items()
        if node["resource_type"] in ("model", "test")
    }
    kept = {uid: node for uid, node in nodes.items() if _is_kept(node)}
    begin = {
        uid
        for uid, node in kept.items()
        if node["resource_type"] == "model"
        and (node["schema"], node.get("alias") or node["name"]) not in tables
    }
    begin |= {uid for uid, node in nodes.items() if CLOCK.search(node["raw_code"])}
    found = begin | downstream(manifest, {*changed, *begin})
    found |= {
        uid
        for uid, node in kept.items()
        if node["resource_type"] == "test" and node["name"] not in sound
    }
    return found & set(kept)


def whole(manifest: Mapping[str, Any]) -> set[str]:
    """The unique ids of every table and every test: what definitions that are known leave to do."""
    return {uid for uid, node in manifest["nodes"].items() if _is_kept(node)}


def everything(manifest: Mapping[str, Any]) -> set[str]:
    """The unique ids of every seed, model and test."""
    return {uid for uid, node in manifest["nodes"].items() if node["resource_type"] in KINDS}


def with_tests(manifest: Mapping[str, Any], chosen: set[str]) -> set[str]:
    """The models and seeds of these unique ids, and the tests that read any of them."""
    return chosen | {
        uid
        for uid, node in manifest["nodes"].items()
        if node["resource_type"] == "test" and not chosen.isdisjoint(node["depends_on"]["nodes"])
    }


def _is_kept(node: Mapping[str, Any]) -> bool:
    """Whether it is a table or a test: what a seed or view is its definition alone says."""
    if node["resource_type"] == "test":
        return True
    return node["resource_type"] == "model" and bool(node["config"]["materialized"] != "view")
