"""The published tables, as dbt's manifest describes them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

from warehouse.errors import RunFailed
from warehouse.messages import safe_message

PublicRule = Literal["all", "open_feeds", "open_indicators", "disclosed", "none"]
RULES = get_args(PublicRule)
# What a published column holds. A pseudonym, a record key or free text is none of them.
CLASSES = ("open", "event aggregate", "people aggregate", "derived", "label")


@dataclass(frozen=True)
class Column:
    """A column of a published table: its name, type as the contract writes it, and comment.

    holds: its class, one of CLASSES. of: the columns that a derived one is computed from; such as
    are of another table with its name. rests_on: which other rows it is computed from too
    (warehouse/publication/tiers.py).
    """

    name: str
    data_type: str | None
    comment: str
    holds: str = "label"
    of: tuple[str, ...] = ()
    rests_on: tuple[str, ...] = ()


@dataclass(frozen=True)
class PublishedTable:
    """A dbt model marked published: where it lies in the warehouse and what may be public.

    sheets_by: the column by whose values it is also written as files for a spreadsheet, if it is.
    key: the columns that no two rows share, as its dbt test says; empty where none does.
    """

    name: str
    schema: str
    comment: str
    columns: tuple[Column, ...]
    public: PublicRule
    sheets_by: str | None = None
    key: tuple[str, ...] = ()


def published_tables(dbt_manifest: Path) -> list[PublishedTable]:
    """The models with `meta.published`, by name.

    Raises RunFailed when the manifest cannot be read, or a published model does not say what of
    it may be public or what a column holds, or leaves the table or a column without a description:
    a reader of the published file finds tables by their comments.
    """
    try:
        manifest = json.loads(dbt_manifest.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunFailed(
            f"dbt's manifest {dbt_manifest} cannot be read ({safe_message(error)}): nothing says "
            "what to publish. Run again; if it stays, run with --full-refresh."
        ) from error
    nodes = [node for node in manifest.get("nodes", {}).values() if _meta(node).get("published")]
    if not nodes:
        raise RunFailed(
            "No dbt model is marked `meta: {published: true}`, so there is nothing to publish."
        )
    keys = _keys(manifest)
    found = (_table(node, keys.get(node.get("unique_id", ""), ())) for node in nodes)
    return sorted(found, key=lambda table: table.name)


def _keys(manifest: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """The key of each model, by its id: that of a test of all its rows."""
    found: dict[str, tuple[str, ...]] = {}
    for node in manifest["nodes"].values():
        test = node.get("test_metadata") or {}
        model = node.get("attached_node")
        if model is None or node["config"].get("where"):
            continue
        if test.get("name") == "unique_combination":
            found[model] = tuple(test["kwargs"]["columns"])
        elif test.get("name") == "is_key":
            found.setdefault(model, (node["column_name"],))
    return found


def _meta(node: dict[str, Any]) -> dict[str, Any]:
    return {**(node.get("meta") or {}), **((node.get("config") or {}).get("meta") or {})}


def _table(node: dict[str, Any], key: tuple[str, ...]) -> PublishedTable:
    name = node.get("alias") or node["name"]
    public = _meta(node).get("public")
    if public not in RULES:
        raise RunFailed(
            f"The published model {name} has meta.public {public!r}: write one of "
            f"{', '.join(RULES)} beside its `published: true`."
        )
    columns = tuple(
        Column(
            name=column["name"],
            data_type=column.get("data_type"),
            comment=_plain(column.get("description")),
            holds=_meta(column).get("class", ""),
            of=tuple(_meta(column).get("of", ())),
            rests_on=tuple(_meta(column).get("with", ())),
        )
        for column in node.get("columns", {}).values()
    )
    undescribed = [column.name for column in columns if not column.comment]
    comment = _plain(node.get("description"))
    if not comment or undescribed or not columns:
        missing = ", ".join(undescribed) or ("itself" if not comment else "columns")
        raise RunFailed(
            f"The published model {name} lacks descriptions ({missing}): add them in its yml; "
            "they become the comments readers search."
        )
    unclassed = [column.name for column in columns if column.holds not in CLASSES]
    if unclassed:
        raise RunFailed(
            f"The published model {name} does not say what {', '.join(unclassed)} holds: give each "
            f"column `config: {{meta: {{class: ...}}}}` in its yml, one of {', '.join(CLASSES)}. "
            "A pseudonym, a record key and free text are not published."
        )
    sheets_by = _meta(node).get("sheets_by")
    if sheets_by is not None and sheets_by not in {column.name for column in columns}:
        raise RunFailed(
            f"The published model {name} has meta.sheets_by {sheets_by!r}, but no such column: "
            "correct it in the model."
        )
    return PublishedTable(
        name, node["schema"], comment, columns, cast(PublicRule, public), sheets_by, key
    )


def _plain(description: str | None) -> str:
    """A description as one line per paragraph, as a comment shows it."""
    paragraphs = (description or "").strip().split("\n\n")
    return "\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
