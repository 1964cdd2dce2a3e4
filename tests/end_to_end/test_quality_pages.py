"""The auditors' pages of the demo, read in a real browser as an auditor reads them."""

import csv
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from data_quality.pages.write import value as shown
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
        for href in page.run(
            "return Array.from(document.querySelectorAll('a')).map(a => a.getAttribute('href'))"
        ):
            target, _, place = href.partition("#")
            file = quality / target if target else path
            assert file.is_file(), (path.name, href)
            assert not place or place in ids_of(file), (path.name, href)


@cache
def ids_of(page: Path) -> frozenset[str]:
    return frozenset(re.findall(r'\bid="([^"]*)"', page.read_text(encoding="utf-8")))


def test_every_page_of_other_tools_leads_back(page: Page, quality: Path) -> None:
    """By a click, as a reader goes, from Great Expectations' pages and from dbt's."""
    for folder in ("data_docs", "dbt"):
        found = sorted((quality / folder).glob("*.html"))
        assert found, folder
        for path in found:
            page.open(path)
            page.wait("document.querySelector('a[href=\"../index.html\"]')")
            page.click('a[href="../index.html"]')
            page.wait("location.pathname.endsWith('/quality/index.html')")


def rows_shown(page: Page, table: str) -> list[dict[str, str]]:
    """The data- attributes of the rows of a table that a reader sees."""
    found: list[dict[str, str]] = page.run(
        f"return Array.from(document.querySelectorAll('#{table} tbody tr'))"
        ".filter(row => row.offsetHeight).map(row => ({...row.dataset}))"
    )
    return found


def choose(page: Page, table: str, name: str, value: str) -> None:
    """As a keyboard does: the field gets a value and tells so."""
    page.run(
        f"const field = document.querySelector('form[data-for={table}] [name={name}]');"
        "field.value = arguments[0]; field.dispatchEvent(new Event('input', {bubbles: true}))",
        value,
    )


def test_what_failed_is_told_first_and_each_fact_once(
    page: Page, quality: Path, demo_home: Home
) -> None:
    page.open(quality / "checks.html")
    outcomes = [row["outcome"] for row in rows_shown(page, "checks")]
    last_failure = max(n for n, outcome in enumerate(outcomes) if outcome == "fail")
    assert set(outcomes[: last_failure + 1]) == {"fail"}
    failed = partner(
        demo_home,
        "select check_id from marts.check_result where status = 'fail' "
        "and run_id = (select run_id from marts.publication)",
    )
    facts = page.run(
        "return Array.from(document.querySelectorAll('#checks tr[data-outcome=fail]'))"
        ".map(row => Array.from(row.querySelectorAll('.id')).map(id => id.textContent))"
    )
    assert sorted(each for fact in facts for each in fact) == sorted(name for (name,) in failed)
    age = "completeness.hate.report.victim_age"
    [told] = [fact for fact in facts if age in fact]
    assert told == [age, f"{age}.latest_month", "validity.hate.report.victim_age"]
    page.open(quality / "index.html")
    assert page.text().count("Completeness of victim_age in hate/report") == 1


@pytest.mark.parametrize("width", [390, 700, 961, 1280, 1900])
def test_the_auditors_sentence_is_in_view_at_every_width(width: int, quality: Path) -> None:
    with browser(width, 900) as opened:
        for name in ("checks.html", "index.html"):
            opened.open(quality / name)
            sides = opened.run(
                "return Array.from(document.querySelectorAll('td[data-label=\"Why it matters\"]'))"
                ".filter(cell => cell.textContent).map(cell => {"
                "const range = document.createRange();"
                "range.selectNodeContents(cell); const box = range.getBoundingClientRect();"
                "return [box.left, box.right] })"
            )
            assert len(sides) >= 5
            assert all(0 <= left < right <= width for left, right in sides), name


def test_checks_are_filtered_by_what_an_auditor_asks(page: Page, quality: Path) -> None:
    page.open(quality / "checks.html")
    everything = rows_shown(page, "checks")
    for name, value in (
        ("partner", "hate"),
        ("feed", "police/incident"),
        ("dimension", "validity"),
        ("outcome", "fail"),
        ("severity", "blocking"),
    ):
        choose(page, "checks", name, value)
        wanted = [row for row in everything if value in row[name].split("|")]
        assert rows_shown(page, "checks") == wanted, name
        assert 0 < len(wanted) < len(everything)
        assert f"{len(wanted)} of {len(everything)} shown" in page.text()
        page.click("form[data-for=checks] [type=reset]")
        page.wait(f"document.body.innerText.includes('{len(everything)} of {len(everything)}')")
    choose(page, "checks", "words", "VICTIM_age  unknown-word")
    assert rows_shown(page, "checks") == []
    choose(page, "checks", "words", "VICTIM_age at least")
    assert len(rows_shown(page, "checks")) >= 1
    page.open("about:blank")
    page.open(quality / "checks.html", "partner=hate&outcome=fail")
    assert {(row["partner"], row["outcome"]) for row in rows_shown(page, "checks")} == {
        ("hate", "fail")
    }
    # Fields, buttons and headings are reached by the keyboard, in the order of the page.
    assert page.run(
        "return Array.from(document.querySelectorAll('form [name], form button, thead th'))"
        ".every(each => each.tabIndex === 0)"
    )


def test_without_javascript_the_tables_are_whole(quality: Path, tmp_path: Path) -> None:
    bare = tmp_path / "checks.html"
    text = (quality / "checks.html").read_text(encoding="utf-8")
    bare.write_text(re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL), encoding="utf-8")
    with browser(1280, 900) as opened:
        opened.open(bare)
        assert len(rows_shown(opened, "checks")) == text.count("<tr id=")
        assert opened.run("return document.querySelector('form').offsetHeight") == 0


def test_figures_are_searched_and_say_their_limits(
    page: Page, quality: Path, demo_home: Home
) -> None:
    page.open(quality / "figures.html")
    choose(page, "figures", "words", "hate reports blaby")
    [cells] = page.run(
        "return Array.from(document.querySelectorAll('#figures tbody tr'))"
        ".filter(row => row.offsetHeight).map(row => Array.from(row.cells).map(c => c.innerText))"
    )
    [(value, low, high)] = partner(
        demo_home,
        "select value, lower_95, upper_95 from marts.indicator_value "
        "where indicator_id = 'hate_reports' and area_name = 'Blaby' and period_label = '2010/11'",
    )
    assert cells[5:7] == [shown(value), f"{shown(low)} to {shown(high)}"]
    choose(page, "figures", "words", "")
    choose(page, "figures", "topic", "hate")
    choose(page, "figures", "area", "Blaby")
    found = rows_shown(page, "figures")
    assert len(found) >= 3
    assert {(row["topic"], row["area"]) for row in found} == {("hate", "Blaby")}


def test_a_gap_leads_to_the_figures_that_suffer_from_it_and_back(page: Page, quality: Path) -> None:
    """From a failing check to the field, to a figure that reads it, and from there to the field."""
    page.open(quality / "checks.html")
    page.click('[id="completeness-hate-report-victim-age"] a')
    page.wait("location.hash === '#hate-report-victim-age'")
    assert "partner-hate.html" in page.run("return location.href")
    row = "document.getElementById('hate-report-victim-age')"
    assert "✗ 2010-04" in page.run(f"return {row}.innerText")
    page.run(f"{row}.querySelector('a[href*=hate-victims]').click()")
    page.wait("location.hash === '#table-hate-victims'")
    behind = page.run("return document.getElementById('table-hate-victims').innerText")
    assert re.search(r"victim_age 8\d\.\d % ✗ 12 of 12 months below 90 %", behind), behind
    page.open(quality / "figures.html")
    page.click("[id=figure-hate-reports] a[href*='hate-report-lsoa-code']")
    page.wait("location.hash === '#hate-report-lsoa-code'")
    page.click("[id=hate-report-lsoa-code] a[href$='figure-hate-reports']")
    page.wait("location.hash === '#figure-hate-reports'")
    assert "Hate reports" in page.run("return document.querySelector(':target').innerText")


def test_every_monitored_field_says_what_reads_it(demo_home: Home) -> None:
    """Each field of the seed is monitored and each monitored one in it; what reads it exists."""
    monitored = query(
        demo_home.warehouse_file,
        "select distinct partner || '/' || feed, field from marts.recording_completeness",
    )
    said = query(demo_home.warehouse_file, "select distinct feed, field from seeds.field_use")
    assert sorted(said) == sorted(monitored)
    unknown = query(
        demo_home.warehouse_file,
        "select used_by from seeds.field_use where used_by is not null and used_by <> '*' "
        "and used_by not in (select measure_id from seeds.measure where feed = field_use.feed) "
        "and used_by not in (select 'marts.' || table_name from information_schema.tables "
        "where table_schema = 'marts')",
    )
    assert unknown == []


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
        "s.querySelectorAll('path').length, s.querySelectorAll('line').length])"
    )
    assert "police/incident: rows a month of police" in {label for label, *_ in pictures}
    assert all(width > 300 and paths and lines > 10 for _, width, paths, lines in pictures)


def test_a_figure_leads_to_its_files_and_their_hashes(
    page: Page, quality: Path, demo_home: Home
) -> None:
    page.open(quality / "figures.html")
    [(numerator, link)] = page.run(
        "return Array.from(document.querySelectorAll('#figures tbody tr'))"
        ".filter(r => r.cells[0].textContent + r.cells[1].textContent === 'Hate reportsBlaby')"
        ".map(r => [r.cells[3].textContent, r.cells[10].querySelector('a').getAttribute('href')])"
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
