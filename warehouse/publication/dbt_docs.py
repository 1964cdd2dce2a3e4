"""dbt's documentation site with its lineage graph, as one page that asks no server for anything."""

import json
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from warehouse.errors import RunFailed
from warehouse.messages import safe_message

MANIFEST = '"MANIFEST.JSON INLINE DATA"'
CATALOG = '"CATALOG.JSON INLINE DATA"'
HEAD = '<head><meta charset="utf-8">'
BODY = "<body>"
# On every page of the site, over its white corner at the bottom left.
BACK = (
    '<a href="../index.html" style="position:fixed;left:0;bottom:0;z-index:2000;padding:6px 12px;'
    "background:#fff;border:1px solid #b8b8b8;font:14px/1.4 system-ui,sans-serif;"
    'color:#00497a">The auditors\u2019 pages</a>'
)

# Angular makes functions of its expressions, and the site puts its styles in place by script.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src data:; font-src data:; base-uri 'none'; form-action 'none'"
)

# What the policy would refuse with an error in the console, and what the page is better without.
# A later dbt may have none of it: the policy alone keeps the page from asking anyone.
REPLACED = (
    (r'<link rel="canonical"[^>]*>', ""),
    (r'(<link rel="shortcut icon" href=")[^"]*', r"\1data:,"),
    (r'"//[^"]*/sp\.js"', '"data:,"'),
    # An icon's address is asked for before Angular has filled it in.
    (r'xlink:href="\{\{', 'ng-attr-href="{{'),
    # The whole graph opens without its tests, a third of its nodes; they can be chosen there.
    (r'"source","test","unit_test","analysis"', '"source","analysis"'),
    (r"assign\(\{\},l\.options\);e\?", "assign({},l.selection.clean);e?"),
    (r"\n//# sourceMappingURL=[^<]*", ""),
    # Maps of the stylesheets, for who writes the site: 335 of its 1,818 kB.
    (r',"",\{version:3,sources:\[.*?sourceRoot:""\}\]\)', "])"),
    # Nothing is compiled here; the tab would only say so.
    (r',Compiled:e\.model\.compiled_code\|\|"[^"]*"', ""),
)

# The properties of a node, a macro and a column that the site reads. A manifest of 1,900 kB
# without its spaces becomes 660. Left out are dbt's own macros, which the site hides, 545 kB; what
# dbt noted of models while parsing, and types of columns, which the catalog has, 230; the same of
# generic tests, and code that only calls them, 190; unit tests' rows, 138; child_map, 60.
NODE = (
    *("unique_id", "resource_type", "package_name", "name", "label", "description", "tags", "meta"),
    *("original_file_path", "fqn", "database", "schema", "alias", "identifier", "access"),
    *("version", "language", "raw_code", "column_name", "source_name", "source_description"),
    *("source_meta", "loader", "type", "owner", "maturity", "url"),
)
MACRO = ("unique_id", "package_name", "name", "description", "original_file_path", "macro_sql")
COLUMN = ("name", "description", "meta", "tags", "constraints")
SECTIONS = ("nodes", "sources", "exposures", "unit_tests")

OVERVIEW = """# Where every table comes from

Each table's page has its description, columns, tests and SQL, and links to what it is made of and
what is made of it. The round button at the bottom right draws that lineage. All tables are in the
menu, by file (Project) or by schema (Database), and the search reads descriptions and SQL too.

## The published tables

"""


def write(dbt_manifest: Path, target: Path) -> None:
    """Write the site of a manifest as one file; the same manifest gives the same bytes.

    Models' SQL, descriptions, columns, tests and lineage are in it, and nothing of the machine
    or the run that parsed them. Raises RunFailed when the manifest cannot be read, or dbt's own
    page is not where it was or does not take a manifest as it did.
    """
    try:
        manifest = json.loads(dbt_manifest.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunFailed(
            f"dbt's manifest {dbt_manifest} cannot be read ({safe_message(error)}), so its "
            "documentation cannot be made. Run again; if it stays, run with --full-refresh."
        ) from error
    page = _template()
    for pattern, replacement in REPLACED:
        page = re.sub(pattern, replacement, page)
    policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    page = page.replace(HEAD, HEAD + policy, 1)
    page = page.replace(BODY, BODY + BACK, 1)
    page = page.replace(MANIFEST, _inline(_reduced(manifest)), 1)
    page = page.replace(CATALOG, _inline(_catalog(manifest)), 1)
    target.write_text(page, encoding="utf-8")


def _template() -> str:
    """dbt's own page, found without importing dbt, which takes seconds."""
    spec = find_spec("dbt")
    for folder in (spec and spec.submodule_search_locations) or ():
        file = Path(folder) / "task" / "docs" / "index.html"
        if file.is_file():
            page = file.read_text(encoding="utf-8")
            break
    else:
        raise RunFailed(
            "dbt's documentation page (dbt/task/docs/index.html) is not installed, so the lineage "
            "cannot be shown. Install the versions of requirements.lock."
        )
    missing = [part for part in (HEAD, BODY, MANIFEST, CATALOG) if page.count(part) != 1]
    if missing:
        raise RunFailed(
            f"dbt's documentation page is not made as expected (it lacks {missing[0]}), so the "
            "lineage cannot be shown. Install the versions of requirements.lock."
        )
    return page


def _inline(data: dict[str, Any]) -> str:
    """JSON that may stand in a script: no description can end the script's element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def _reduced(manifest: dict[str, Any]) -> dict[str, Any]:
    """What the site reads of a manifest: properties it shows or selects by, and the lineage."""
    metadata = manifest.get("metadata", {})
    project = metadata.get("project_name", "")
    sections = {
        section: {key: _node(node) for key, node in sorted(manifest.get(section, {}).items())}
        for section in SECTIONS
    }
    # The site draws what depends on a model, but generic tests only beside their columns.
    drawn = {
        key
        for nodes in sections.values()
        for key, node in nodes.items()
        if "test_metadata" not in node
    }
    parents = {
        key: sorted(parent for parent in found if parent in drawn)
        for key, found in sorted(manifest.get("parent_map", {}).items())
        if key in drawn
    }
    return {
        "metadata": {"adapter_type": metadata.get("adapter_type", "")},
        **sections,
        "macros": {
            key: {**_kept(macro, MACRO), "resource_type": "macro", "arguments": macro["arguments"]}
            for key, macro in sorted(manifest.get("macros", {}).items())
            if macro["package_name"] == project
        },
        "parent_map": parents,
        "docs": {f"doc.{project}.__overview__": _overview(manifest, project)},
    }


def _node(node: dict[str, Any]) -> dict[str, Any]:
    kept = _kept(node, NODE)
    # Seeds lie beside dbt's folder; the site would show a folder named "..".
    kept["original_file_path"] = node.get("original_file_path", "").removeprefix("../")
    parents = node.get("depends_on", {}).get("nodes", [])
    # dbt lists some in another order each time; only a relationship's last one means something.
    kept["depends_on"] = {"nodes": parents if "test_metadata" in node else sorted(parents)}
    if columns := node.get("columns"):
        kept["columns"] = {key: _kept(column, COLUMN) for key, column in columns.items()}
    config = node.get("config", {})
    kept["config"] = _kept(config, ("materialized",))
    if config.get("contract", {}).get("enforced"):
        kept["config"]["contract"] = {"enforced": True}
    if not config.get("docs", {}).get("show", True):
        kept["docs"] = {"show": False}
    if node["resource_type"] == "seed":
        kept["identifier"] = node.get("alias")  # the site's example selects from it
    if test := node.get("test_metadata"):
        arguments = {key: value for key, value in test["kwargs"].items() if key != "model"}
        kept["test_metadata"] = {"name": test["name"], "kwargs": arguments}
        kept["raw_code"] = f"{test['name']}: {json.dumps(arguments, ensure_ascii=False)}"
        kept["refs"] = [ref["name"] for ref in node.get("refs", [])]  # the site looks up names
    return kept


def _kept(whole: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: whole[name] for name in names if whole.get(name)}


def _overview(manifest: dict[str, Any], project: str) -> dict[str, Any]:
    """The first page: the project's own, or else its published tables with links."""
    written = manifest.get("docs", {}).get(f"doc.{project}.__overview__")
    text = written["block_contents"] if written else OVERVIEW + _published(manifest)
    return {"name": "__overview__", "package_name": project, "block_contents": text}


def _published(manifest: dict[str, Any]) -> str:
    lines = []
    for key, node in sorted(manifest.get("nodes", {}).items()):
        if node.get("config", {}).get("meta", {}).get("published"):
            first = re.split(r"(?<=\.)\s|\n\n", node.get("description", "").strip())[0]
            lines.append(f"- [{node['name']}](#!/model/{key}): {' '.join(first.split())}")
    return "\n".join(lines)


def _catalog(manifest: dict[str, Any]) -> dict[str, Any]:
    """What `dbt docs generate` would ask a database for, as far as the manifest declares it."""
    return {
        section: {
            key: {
                "metadata": {"type": _kind(node)},
                "columns": {
                    name: {"type": column.get("data_type") or "", "index": index}
                    for index, (name, column) in enumerate(node.get("columns", {}).items())
                },
            }
            for key, node in sorted(manifest.get(section, {}).items())
            if node["resource_type"] in ("model", "seed", "snapshot", "source")
        }
        for section in ("nodes", "sources")
    }


def _kind(node: dict[str, Any]) -> str:
    return "view" if node.get("config", {}).get("materialized") == "view" else "table"
