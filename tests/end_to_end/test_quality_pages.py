"""The auditors' pages of the demo, read in a real browser as an auditor reads them."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import Page, browser
from tests.end_to_end.running import partner, query
from warehouse.home import Home

PHONE, PAPER, LANDSCAPE = 390, 718, 1047


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browser(1280, 900) as opened:
        yield opened


@pytest.fixture(scope="module")
def quality(demo_home: Home) -> Path:
    return demo_home.current.resolve() / "quality"


def test_no_page_asks_for_anything_else_or_complains(page: Page, quality: Path) -> None:
    pages = sorted(quality.rglob("*.html"))
    assert {"index.html", "checks.html", "figures.html", "partner-hate.html"} <= {
        path.name for path in pages if path.parent == quality
    }
    assert {path.parent.name for path in pages} == {"quality", "data_docs", "dbt"}
    for path in pages:
        page.forget()
        page.open(path)
        page.wait("document.readyState === 'complete'")
        assert {url.split("#")[0] for url in page.requests()} == {path.as_uri()}, path.name
        assert page.console() == [], path.name
        assert len(page.text()) > 100, path.name


def test_every_link_leads_somewhere(page: Page, quality: Path) -> None:
    for path in sorted(quality.glob("*.html")):
        page.open(path)
        for href, here in page.run(
            "return Array.from(document.querySelectorAll('a')).map(a => [a.getAttribute('href'), "
            "a.hash ? !!document.getElementById(a.hash.slice(1)) : true])"
        ):
            target, _, _ = href.partition("#")
            assert not target or (quality / target).is_file(), (path.name, href)
            assert target or here, (path.name, href)


def test_hate_reports_lie_below_their_thresholds_and_are_published(
    page: Page, quality: Path, demo_home: Home
) -> None:
    page.open(quality / "partner-hate.html")
    row = (
        "Array.from(document.querySelectorAll('.grid tbody tr'))"
        ".find(row => row.cells[0].textContent === '{}')"
    )
    for field, about in (("victim_ethnicity", 75), ("victim_gender", 80), ("victim_age", 80)):
        cells = page.run(
            f"return Array.from({row.format(field)}.cells).slice(2).map(c => [c.classList[0], "
            "c.firstChild.textContent, c.querySelector('small').textContent])"
        )
        assert len(cells) == 48
        assert {name for name, _, _ in cells} <= {"near", "far", "met"}
        assert sum(name != "met" for name, _, _ in cells) > 40
        assert all(text.startswith("✗") for name, text, _ in cells if name != "met")
        valid = sum(int(counts.split("/")[0].replace(",", "")) for _, _, counts in cells)
        applicable = sum(int(counts.split("/")[1].replace(",", "")) for _, _, counts in cells)
        assert 100 * valid / applicable == pytest.approx(about, abs=0.5)
    assert partner(
        demo_home,
        "select distinct severity, status from marts.check_result "
        "where check_id like 'completeness.hate.report.victim%'",
    ) == [("warning", "fail")]
    page.open(quality / "index.html")
    failing = page.text()
    assert "Completeness of victim_ethnicity in hate/report" in failing
    assert "in 2010/11 one victim in four had no ethnicity recorded" in failing


@pytest.mark.parametrize("scope", ["all months", "the latest month"])
def test_marts_and_suites_count_the_same_of_every_fact(scope: str, demo_home: Home) -> None:
    latest = scope == "the latest month"
    checks = partner(
        demo_home,
        "select feed, column_name, records, records - failed_records from marts.check_result "
        "where run_id = (select run_id from marts.publication) "
        "and suite = 'great_expectations' and dimension = 'completeness' and records > 0 "
        f"and check_id {'like' if latest else 'not like'} '%.latest_month'",
    )
    month = "month = last_month" if latest else "true"
    mart = partner(
        demo_home,
        "select partner || '/' || feed, field, sum(records - not_applicable), sum(valid) from "
        "(select *, max(month) over (partition by partner, feed) as last_month "
        "from marts.recording_completeness) "
        f"where threshold_percent is not null and {month} group by all "
        "having sum(records - not_applicable) > 0",
    )
    assert len(checks) >= 38
    assert sorted(checks) == sorted(mart)


def test_a_click_sorts_a_table_both_ways(page: Page, quality: Path) -> None:
    page.open(quality / "index.html")
    scores = (
        "return Array.from(document.querySelector('table.sortable').tBodies[0].rows)"
        ".map(row => parseFloat(row.cells[1].dataset.value))"
    )
    heading = "table.sortable thead th:nth-child(2)"
    page.click(heading)
    up = page.run(scores)
    assert up == sorted(up)
    assert len(up) == 7
    page.click(heading)
    assert page.run(scores) == up[::-1]
    assert page.run(f"return document.querySelector('{heading}').ariaSort") == "descending"


def test_a_phone_scrolls_down_only(quality: Path) -> None:
    with browser(PHONE, 800) as phone:
        for path in sorted(quality.glob("*.html")):
            phone.open(path)
            assert phone.run("return document.documentElement.scrollWidth") <= PHONE, path.name


def test_on_paper_nothing_is_cut_off(quality: Path) -> None:
    """A4 with margins of a centimetre; of the grids the latest year, which says so."""
    with browser(PAPER, 1000) as paper:
        for path in sorted(quality.glob("*.html")):
            paper.open(path)
            # Paper is turned for tables of many columns.
            width = LANDSCAPE if paper.run("return !!document.querySelector('.many')") else PAPER
            paper.print_layout(width)
            assert paper.run("return document.documentElement.scrollWidth") <= width, path.name
        paper.print_layout(PAPER)
        paper.open(quality / "partner-hate.html")
        months = paper.run(
            "return Array.from(document.querySelectorAll('.grid thead th')).slice(2)"
            ".filter(cell => cell.offsetWidth).map(cell => cell.textContent)"
        )
        assert months == [f"2011-{n:02d}" for n in (3, 2, 1)] + [
            f"2010-{n:02d}" for n in range(12, 3, -1)
        ]
        assert "On paper the latest 12 months; the page has 48." in paper.text()


def test_pictures_are_drawn_and_say_what_they_show(page: Page, quality: Path) -> None:
    page.open(quality / "partner-police.html")
    pictures = page.run(
        "return Array.from(document.querySelectorAll('svg')).map(s => "
        "[s.getAttribute('aria-label'), s.getBoundingClientRect().width, "
        "s.querySelectorAll('path').length])"
    )
    assert "police/incident: rows a month of police" in {label for label, _, _ in pictures}
    assert all(width > 300 and paths > 3 for _, width, paths in pictures)


def test_a_figure_leads_to_its_files_and_their_hashes(
    page: Page, quality: Path, demo_home: Home
) -> None:
    page.open(quality / "figures.html")
    [(numerator, link)] = page.run(
        "return Array.from(document.querySelectorAll('main table tbody tr'))"
        ".filter(r => r.cells[0].textContent + r.cells[1].textContent === 'Hate reportsBlaby')"
        ".map(r => [r.cells[3].textContent, r.querySelector('a').getAttribute('href')])"
    )
    listed = page.run(
        "return Array.from(document.getElementById(arguments[0]).querySelectorAll('tbody tr'))"
        ".map(r => [r.cells[0].textContent, r.cells[2].textContent])",
        link.removeprefix("#"),
    )
    audited = {
        (name, sha256)
        for name, sha256 in query(
            demo_home.warehouse_file,
            "select file_name, sha256 from quality.load_audit "
            "where feed = 'hate/report' and status = 'loaded'",
        )
    }
    assert {tuple(row) for row in listed} <= audited
    assert len(listed) >= 4
    given = partner(
        demo_home,
        "select sum(records) from marts.figure_source where feed = 'hate/report' "
        "and area_name = 'Blaby' and period_label = '2010/11'",
    )
    # Each report of the area and year is of one of them.
    assert given == [(int(numerator),)]


def test_the_list_to_mend_tells_records_by_file_and_line(quality: Path, demo_home: Home) -> None:
    with (quality / "mend" / "hate.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    [(expected,)] = partner(
        demo_home,
        "select sum(missing + not_stated + invalid) from marts.recording_completeness "
        "where partner = 'hate' and threshold_percent is not null and month >= '2010-04-01'",
    )
    rejected = [row for row in rows if row["problem"].startswith("rejected: ")]
    assert len(rows) - len(rejected) == expected
    assert len(rejected) == 3
    first = next(row for row in rows if row["problem"] == "missing")
    [(key,)] = query(
        demo_home.warehouse_file,
        "select report_id from raw.hate__report as raw join quality.load_audit as file "
        f"on raw._file_id = file.file_id where file.file_name = '{first['file_name']}' "
        f"and raw._line_number = {first['line_number']}",
    )
    assert key == first["record_key"]
    assert len(key) == 64, "a pseudonym"


CATALOGUE = "marts.check_catalogue"
RESULT = "marts.check_result"


def test_the_catalogue_is_the_checks_that_ran(demo_home: Home) -> None:
    assert not partner(
        demo_home, f"select check_id from {RESULT} anti join {CATALOGUE} using (check_id)"
    )
    assert not partner(
        demo_home,
        f"select check_id from {CATALOGUE} anti join {RESULT} using (check_id) "
        "where is_implemented and suite <> 'dbt_unit'",
    )
    unimplemented = partner(
        demo_home, f"select feed, column_name from {CATALOGUE} where not is_implemented"
    )
    assert ("police/recorded_crime", "offence_description") in unimplemented
    assert partner(
        demo_home,
        f"select count(*) from {CATALOGUE} "
        "where length(for_the_engineer) < 20 or length(for_the_auditor) < 20",
    ) == [(0,)]
