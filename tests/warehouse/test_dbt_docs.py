"""dbt's documentation as one page: what is in it, and that a browser reads it offline."""

import json
import re
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from orchestration.dbt_program import prepared_manifest
from tests.browser import browser
from tests.warehouse.small_night import dbt_manifest
from warehouse.errors import RunFailed
from warehouse.publication import dbt_docs

TABLE = "!/model/model.csp.indicator_value"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of this project."""
    target = tmp_path_factory.mktemp("dbt_docs") / "index.html"
    dbt_docs.write(prepared_manifest(), target)
    return target


def small_page(folder: Path, **changes: object) -> str:
    (folder / "manifest.json").write_text(json.dumps({**dbt_manifest({}), **changes}))
    dbt_docs.write(folder / "manifest.json", folder / "page.html")
    return (folder / "page.html").read_text(encoding="utf-8")


def template(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where dbt's page is looked for, with none there yet."""
    spec = ModuleSpec("dbt", None, is_package=True)
    spec.submodule_search_locations = [str(folder)]
    monkeypatch.setattr(dbt_docs, "find_spec", lambda name: spec)
    file = folder / "task" / "docs" / "index.html"
    file.parent.mkdir(parents=True)
    return file


def test_the_same_definitions_give_the_same_bytes(page: Path, tmp_path: Path) -> None:
    again = json.loads(prepared_manifest().read_text(encoding="utf-8"))
    again["metadata"] |= {"generated_at": "2001-01-01T00:00:00Z", "invocation_id": "another"}
    again["nodes"] = dict(reversed(again["nodes"].items()))
    for node in again["nodes"].values():
        node["created_at"] = 1.0
        if "test_metadata" not in node:
            node["depends_on"].get("nodes", []).reverse()
        if "root_path" in node:
            node["root_path"] = "/another/checkout"
    (tmp_path / "manifest.json").write_text(json.dumps(again), encoding="utf-8")
    dbt_docs.write(tmp_path / "manifest.json", tmp_path / "page.html")
    assert (tmp_path / "page.html").read_bytes() == page.read_bytes()


def test_page_names_no_place_on_the_machine(page: Path, project: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for place in (str(project), str(Path.home()), "/root", "/home", "/tmp"):  # noqa: S108
        assert place not in text
    assert "root_path" not in text


def test_page_asks_no_server(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    server = r"""["'(]\s*(?:https?:)?//[^"')]*"""
    assert re.findall(rf"<(?:link|script|img|iframe|base)[^>]*=\s*{server}", text) == []
    assert re.findall(rf"(?:\.src\s*=\s*|url\(?|import\s*){server}", text) == []
    assert "cloudfront" not in text
    assert 'send_anonymous_usage_stats":' not in text
    head = text[: text.index("<script")]
    assert dbt_docs.POLICY in head
    assert head.index("Content-Security-Policy") < head.index("<link")


def test_page_is_small(page: Path) -> None:
    whole = prepared_manifest().stat().st_size + len(dbt_docs._template())
    assert page.stat().st_size < 0.65 * whole


def test_every_replacement_finds_its_place_in_the_installed_page() -> None:
    stock = dbt_docs._template()
    assert [pattern for pattern, _ in dbt_docs.REPLACED if not re.search(pattern, stock)] == []


def test_description_cannot_end_the_script(tmp_path: Path) -> None:
    nodes = dbt_manifest({})["nodes"]
    nodes["model.csp.indicator"]["description"] = "Ends </script><script>alert(1)</script>."
    text = small_page(tmp_path, nodes=nodes)
    assert "</script><script>alert" not in text
    assert "Ends \\u003c/script>" in text


def test_projects_own_overview_is_kept(tmp_path: Path) -> None:
    own = {"doc.csp.__overview__": {"block_contents": "Our own words."}}
    text = small_page(tmp_path, docs=own, metadata={"project_name": "csp"})
    assert "Our own words." in text
    assert "Where every table comes from" not in text


def test_manifest_that_cannot_be_read_fails_plainly(tmp_path: Path) -> None:
    with pytest.raises(RunFailed, match=r"dbt's manifest .* cannot be read"):
        dbt_docs.write(tmp_path / "absent.json", tmp_path / "page.html")


def test_dbt_without_its_page_fails_plainly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    template(tmp_path / "dbt", monkeypatch)
    with pytest.raises(RunFailed, match="is not installed"):
        small_page(tmp_path)
    monkeypatch.setattr(dbt_docs, "find_spec", lambda name: None)
    with pytest.raises(RunFailed, match="is not installed"):
        small_page(tmp_path)


def test_page_without_its_places_fails_plainly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = template(tmp_path / "dbt", monkeypatch)
    file.write_text(f"<html>{dbt_docs.HEAD}</head>{dbt_docs.MANIFEST}</html>")
    with pytest.raises(RunFailed, match="it lacks"):
        small_page(tmp_path)
    assert not (tmp_path / "page.html").exists()


def test_browser_reads_the_page_offline(page: Path) -> None:
    with browser(width=1600, height=1000) as tab:
        tab.open(page)
        tab.wait("document.body.innerText.includes('The published tables')")
        assert "indicator_value: One row per indicator, area and period" in tab.text()

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
        tab.wait("document.body.innerText.includes('The published tables')")
        tab.click(".launcher-btn a")
        tab.wait("window.graph.nodes().length > 1")
        assert set(tab.run("return window.graph.nodes().map(node => node.id())")) == tables
        assert tab.console() == []


def test_browser_shows_tests_seeds_and_unit_tests(page: Path) -> None:
    with browser() as tab:
        tab.open(page, "!/model/model.csp.fct_fire_incident")
        tab.wait("document.body.innerText.includes('incident_no')")
        shown = tab.run(
            "return [...document.querySelectorAll('column-details [data-toggle=tooltip]')]"
            ".map(mark => mark.title || mark.dataset.originalTitle)"
        )
        assert {"Not Null", "Foreign Key", "Custom Test"} <= set(shown)
        assert "Unit Tests" in tab.text()
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
