"""The publication's own page: what it holds and how it was checked, for a browser, offline."""

from html import escape

from warehouse.publication.manifest import Manifest

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .3rem .6rem;
border-bottom: 1px solid #ccc } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums }
"""


def index_page(manifest: Manifest, not_passed: list[tuple[str, str, str, str]], docs: bool) -> str:
    """An HTML page without external requests.

    not_passed: (check id, severity, status, what was observed) of the run; keys and counts only.
    docs: whether Great Expectations' Data Docs lie beside the page, in data_docs/.
    """
    checks = ", ".join(
        f"{count} {name.replace('_', ' ')}" for name, count in manifest.checks.items()
    )
    link = '<p><a href="data_docs/index.html">Data Docs of the checks</a></p>' if docs else ""
    tables = "".join(
        f'<tr><td>{escape(name)}</td><td class="n">{entry.rows:,}</td>'
        f'<td class="n">{_public_rows(manifest, name)}</td></tr>'
        for name, entry in manifest.tables["partner"].items()
    )
    failed = "".join(
        "<tr>" + "".join(f"<td>{escape(text)}</td>" for text in row) + "</tr>" for row in not_passed
    )
    failures = (
        "<h2>Checks that did not pass</h2><table><tr><th>check</th><th>severity</th>"
        f"<th>status</th><th>observed</th></tr>{failed}</table>"
        if failed
        else "<p>Every check that applies passed.</p>"
    )
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<title>Publication {escape(manifest.publication_id)}</title>
<style>{STYLE}</style></head><body>
<h1>Publication {escape(manifest.publication_id)}</h1>
<p>Published {escape(manifest.published_at)} by run {escape(manifest.run_id)}, from
{len(manifest.source_files):,} files. Checks: {escape(checks)};
{manifest.blocking_checks_passed:,} blocking checks passed.</p>
{link}
{failures}
<h2>Tables</h2>
<table><tr><th>table</th><th class="n">rows, partner</th><th class="n">rows, public</th></tr>
{tables}</table>
</body></html>
"""


def _public_rows(manifest: Manifest, name: str) -> str:
    entry = manifest.tables.get("public", {}).get(name)
    return f"{entry.rows:,}" if entry else "not public"
