"""dbt's documentation page (`dbt docs generate --static`), as a file that asks no server."""

import json
import re
from typing import Any

from warehouse.errors import RunFailed

NAME = "docs.html"  # beside the manifest of the definitions that it shows
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
# What the policy would refuse with an error in the console. A later dbt may have none of it: the
# policy alone keeps the page from asking anyone.
REFUSED = (
    (r'<link rel="canonical"[^>]*>', ""),
    (r'(<link rel="shortcut icon" href=")[^"]*', r"\1data:,"),
    (r'"//[^"]*/sp\.js"', '"data:,"'),
    # An icon's address is asked for before Angular has filled it in.
    (r'xlink:href="\{\{', 'ng-attr-href="{{'),
)


def offline(page: str, catalog: str, manifest: dict[str, Any], checkout: str) -> str:
    """dbt's static page without anything of the machine, under a policy that lets it ask nobody.

    catalog: the text of dbt's empty catalog in the page, for which stands what the manifest
    declares; checkout: the folder of the project, whose path is taken out. Raises RunFailed when
    dbt's page is not made as it was.
    """
    missing = [part for part in (HEAD, BODY, catalog) if page.count(part) != 1]
    if missing:
        raise RunFailed(
            "dbt's documentation page is not made as expected, so the lineage cannot be shown. "
            "Install the versions of requirements.lock."
        )
    for pattern, replacement in REFUSED:
        page = re.sub(pattern, replacement, page)
    policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    page = page.replace(HEAD, HEAD + policy).replace(BODY, BODY + BACK)
    return page.replace(catalog, json.dumps(_catalog(manifest))).replace(checkout, "")


def _catalog(manifest: dict[str, Any]) -> dict[str, Any]:
    """What dbt would ask a database for, as far as the manifest declares it: types of columns."""
    return {
        section: {
            key: {
                "metadata": {"type": node.get("config", {}).get("materialized") or "table"},
                "columns": {
                    name: {"type": column.get("data_type") or "", "index": index}
                    for index, (name, column) in enumerate(node.get("columns", {}).items())
                },
            }
            for key, node in manifest[section].items()
            if node["resource_type"] in ("model", "seed", "source")
        }
        for section in ("nodes", "sources")
    }
