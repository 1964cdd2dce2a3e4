"""Great Expectations' Data Docs as static pages that ask nothing of any other server.

Its own site builder copies 4 MB of fonts and pictures and its pages load scripts and styles from
six other hosts. Here its renderers write the content and a page of our own carries it.
"""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from warehouse.results import CheckResult

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{{ expectation_suite_name }}</title>
<link rel="icon" href="data:,">
<style>{{ style }}</style>
</head>
<body>
<p><!-- back --> · <a href="index.html">All suites</a></p>
<h1>{{ expectation_suite_name }}</h1>
<table>
<thead><tr><th>Check</th><th>Status</th><th>Severity</th><th>In words</th></tr></thead>
<tbody>
{% for check in checks %}
<tr><td>{{ check.check_id | e }}</td><td class="{{ check.status }}">
{{ check.status | replace("_", " ") }}</td><td>{{ check.severity }}</td>
<td>{{ check.message | e }}</td></tr>
{% endfor %}
</tbody></table>
{% for section in sections %}{% set section_loop = loop %}{% include 'section.j2' %}{% endfor %}
</body>
</html>
"""

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem;
color:#1b1b1b;background:#fff}
table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}
th,td{border:1px solid #bbb;padding:.35rem .6rem;text-align:left;vertical-align:top}
.badge,code{background:#eee;border-radius:3px;padding:0 .25rem}
.pass,.text-success{color:#116329;font-style:normal}
.fail,.error,.text-danger,.text-warning{color:#a40e26;font-style:normal}
.text-success::before{content:"\\2714  met"}
.text-danger.fas::before{content:"\\2718  not met"}
.text-warning.fas::before{content:"!  error"}
[data-toggle=collapse]{display:none}
"""

# The suite's name is a link into the site that the library's own builder would have written.
DEAD_LINK = re.compile(r'<a href="(?:\.\./)+[^"]*" *>([^<]*)</a>')


# Published, the pages lie beside those that lead here. Filled in when dead links are gone.
BACK_MARK = "<!-- back -->"
BACK = '<a href="../index.html">The auditors\u2019 pages</a>'


def write(feeds: Mapping[str, tuple[Any, Sequence[CheckResult]]], folder: Path) -> None:
    """Replace `folder` with an index and a page per suite.

    `feeds` maps a feed to its ExpectationSuiteValidationResult and the results read from it.
    """
    from great_expectations.render.renderer import ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaPageView
    from jinja2 import ChoiceLoader, DictLoader

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    view = DefaultJinjaPageView()
    view.env.loader = ChoiceLoader([DictLoader({"static_page.j2": PAGE}), view.env.loader])
    renderer = ValidationResultsPageRenderer(run_info_at_end=True)
    for feed, (validation, checks) in feeds.items():
        document = renderer.render(presentable(validation))
        page = view.render(document, template="static_page.j2", style=STYLE, checks=checks)
        page = DEAD_LINK.sub(r"\1", page).replace(BACK_MARK, BACK, 1)
        (folder / page_name(feed)).write_text(page, encoding="utf-8")
    (folder / "index.html").write_text(_index(feeds), encoding="utf-8")


def page_name(feed: str) -> str:
    """``police.street_crime.html`` for ``police/street_crime``."""
    return f"{feed.replace('/', '.')}.html"


def presentable(validation: Any) -> Any:
    """The validation as readers may see it; it is changed in place.

    Without expectations that met no row, which the library calls successful, and without
    tracebacks, which name paths of this machine and can quote a record.
    """
    for outcome in validation.results:
        if (outcome.exception_info or {}).get("raised_exception", True):
            outcome.exception_info = {
                "raised_exception": True,
                "exception_message": "This expectation could not be evaluated.",
                "exception_traceback": "The reason is in the table above.",
            }
    validation.results = [
        outcome
        for outcome in validation.results
        if outcome.result.get("element_count") != outcome.result.get("missing_count", 0)
        or outcome.exception_info["raised_exception"]
    ]
    return validation


def _index(feeds: Mapping[str, tuple[Any, Sequence[CheckResult]]]) -> str:
    rows = "".join(
        f'<tr><td><a href="{html.escape(page_name(feed))}">{html.escape(feed)}</a></td>'
        + "".join(
            f"<td>{sum(check.status == status for check in checks)}</td>"
            for status in ("pass", "fail", "not_applicable", "error")
        )
        + "</tr>"
        for feed, (_, checks) in feeds.items()
    )
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        f'<title>Data Docs</title><link rel="icon" href="data:,"><style>{STYLE}</style></head>'
        f"<body><p>{BACK}</p>"
        "<h1>Great Expectations: what was expected of each feed</h1>"
        "<table><thead><tr><th>Feed</th><th>Met</th><th>Not met</th><th>Not applicable</th>"
        f"<th>Error</th></tr></thead><tbody>{rows}</tbody></table></body></html>"
    )
