"""Data Docs are a few static pages that ask nothing of another server."""

import re

import pytest

from data_quality.checkpoint import run_checks
from tests.data_quality.buckets import FIELDS, Row, make_warehouse


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("docs")
    rows: list[Row] = [("2020-01-01", "valid", "missing", "not applicable")] * 7
    standards = [(field, 90.0, "warning", None) for field in (*FIELDS, "no_such_field")]
    run_checks(make_warehouse(folder / "w.duckdb", rows, standards), "run-1", folder / "docs")
    return {path.name: path.read_text() for path in (folder / "docs").iterdir()}


def test_there_is_an_index_and_a_page_per_feed(pages: dict[str, str]) -> None:
    assert set(pages) == {"index.html", "police.street_crime.html"}
    assert 'href="police.street_crime.html"' in pages["index.html"]


def test_nothing_outside_the_folder_is_asked_for(pages: dict[str, str]) -> None:
    for page in pages.values():
        assert not re.search(r"https?:|//cdn|<script|@import|url\(", page)
        for target in re.findall(r'(?:src|href)="([^"]*)"', page):
            # The index of the auditors' pages, which lie around the folder once it is published.
            known = target in pages or target in ("data:,", "../index.html")
            assert known or target.startswith("#")


def test_a_check_that_met_no_record_or_could_not_run_is_not_shown_as_met(
    pages: dict[str, str],
) -> None:
    page = pages["police.street_crime.html"]
    assert re.search(
        r"completeness\.police\.street_crime\.location</td>\s*<td[^>]*>\s*not appl", page
    )
    assert re.search(
        r"completeness\.police\.street_crime\.no_such_field</td>\s*<td[^>]*>\s*error", page
    )


def test_the_pages_are_small_and_name_no_path_of_the_machine(pages: dict[str, str]) -> None:
    assert sum(map(len, pages.values())) < 200_000
    for page in pages.values():
        assert "site-packages" not in page
        assert "Traceback" not in page
