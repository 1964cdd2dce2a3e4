"""dbt's documentation as one page: what is in it, and that a browser reads it offline."""

import json
import re
from pathlib import Path

import pytest

from orchestration.dbt_program import prepared_manifest
from tests.browser import browser
from warehouse.errors import RunFailed
from warehouse.publication import dbt_docs

TABLE = "!/model/model.csp.indicator_value"
OVERVIEW = "document.body.innerText.includes('Where every table comes from')"


@pytest.fixture(scope="module")
def page() -> Path:
    """The page of this project."""
    return prepared_manifest().with_name(dbt_docs.NAME)


def test_page_names_no_place_on_the_machine(page: Path, project: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for place in (str(project), str(Path.home()), "/root", "/home", "/tmp"):  # noqa: S108
        assert place not in text


def test_page_asks_no_server(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    server = r"""["'(]\s*(?:https?:)?//[^"')]*"""
    assert re.findall(rf"<(?:link|script|img|iframe|base)[^>]*=\s*{server}", text) == []
    assert re.findall(rf"(?:\.src\s*=\s*|url\(?|import\s*){server}", text) == []
    assert "cloudfront" not in text
    head = text[: text.index("<script")]
    assert dbt_docs.POLICY in head
    assert head.index("Content-Security-Policy") < head.index("<link")


def test_a_page_without_its_places_fails_plainly() -> None:
    with pytest.raises(RunFailed, match="not made as expected"):
        dbt_docs.offline(f"<html>{dbt_docs.HEAD}</head>{{}}</html>", "{}", {}, "/checkout")


def test_browser_reads_the_page_offline(page: Path) -> None:
    with browser(width=1600, height=1000) as tab:
        tab.open(page)
        tab.wait(OVERVIEW)

        tab.open(page, TABLE)
        tab.wait("document.body.innerText.includes('population_year')")
        text = tab.text()
        for part in ("One row per indicator", "int_indicator_value", "varchar", "Enforced"):
            assert part in text
        assert "select" in tab.run("return document.querySelector('code-block').innerText")

        tab.click(".launcher-btn a")
        tab.wait("window.graph.nodes().length > 1")
        tab.click("[ng-click='showExpanded()']")
        tab.wait("window.graph.nodes().some(node => node.data('resource_type') === 'source')")
        drawn = tab.run("return window.graph.nodes().map(node => node.id())")
        assert {"model.csp.indicator_value", "model.csp.dim_area"} <= set(drawn)
        assert tab.run("return window.graph.edges().length") > len(drawn)

        assert tab.requests() == [page.as_uri()]
        assert tab.console() == []


def test_browser_draws_the_whole_lineage(page: Path) -> None:
    manifest = json.loads(prepared_manifest().read_text(encoding="utf-8"))
    nodes = [*manifest["nodes"].values(), *manifest["sources"].values()]
    tables = {node["unique_id"] for node in nodes if node["resource_type"] != "test"}
    with browser(width=1600, height=1000) as tab:
        tab.open(page)
        tab.wait(OVERVIEW)
        tab.click(".launcher-btn a")
        tab.wait("window.graph.nodes().length > 1")
        assert tables <= set(tab.run("return window.graph.nodes().map(node => node.id())"))
        assert tab.console() == []


def test_browser_shows_tests_seeds_and_unit_tests(page: Path) -> None:
    with browser() as tab:
        tab.open(page, "!/model/model.csp.fct_fire_incident")
        tab.wait("document.body.innerText.includes('incident_no')")
        shown = tab.run(
            "return [...document.querySelectorAll('column-details [data-toggle=tooltip]')]"
            ".map(mark => mark.title || mark.dataset.originalTitle)"
        )
        assert "Custom Test" in shown  # as dbt's own page marks a column that has a test
        manifest = json.loads(prepared_manifest().read_text(encoding="utf-8"))
        for section in ("nodes", "sources", "unit_tests"):
            for kind in sorted({node["resource_type"] for node in manifest[section].values()}):
                key, node = next(
                    (key, node)
                    for key, node in manifest[section].items()
                    if node["resource_type"] == kind
                )
                tab.open(page, f"!/{kind}/{key}")
                name = json.dumps(node["name"])
                tab.wait(f"document.querySelector('.app-title h1')?.innerText.includes({name})")
        assert set(tab.requests()) == {page.as_uri()}
        assert tab.console() == []
