"""The documents' paths to a new indicator and a new feed, followed; records that change afterwards.

A copy of the project is changed as docs/add-a-feed.md and docs/add-an-indicator.md say; one night
of a copy of the demo's home runs with it. The same night lands corrections and another year.
"""

import csv
import io
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.running import CSP, copied, land, partner, query, status
from warehouse.home import Home

PROJECT = Path(__file__).resolve().parents[2]
BLABY = "E07000129"
PLACED_IN_BLABY = "select lsoa_code from facts.dim_lsoa where district_code = 'E07000129'"
YEARS = ("2006/07", "2007/08", "2008/09", "2009/10", "2010/11")


@pytest.fixture(scope="module")
def extended(demo_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """The demo's home after a night of the changed project."""
    folder = tmp_path_factory.mktemp("extended")
    project = _changed_project(folder / "project")
    home = copied(demo_home, folder / "home")
    _comment(home)
    cancelled = _correct_a_crime(home)
    (home.landing / "ambulance" / "callout").mkdir(parents=True)
    _land(home, "ambulance/callout", "callouts.csv", _callouts(home))
    _land(home, "police/incident", "incidents_2011-04_to_2012-03.csv", _next_year(home))
    # The invented year is a small one, and true.
    (home.root / "waivers.csv").write_text(
        "check_id,ceiling,reason,owner,expires\n"
        + "".join(
            f"volume.police.incident.{2011 + (n < 4)}-{n:02d},1,An invented year,Tests,9999-12-31\n"
            for n in range(1, 13)
        )
    )
    environment = {**os.environ, "PYTHONPATH": str(project)}
    checked = subprocess.run(
        [
            *(CSP, "check", home.landing / "ambulance/callout/callouts.csv"),
            *("--feed", "ambulance/callout", "--home", home.root),
        ],
        env=environment, cwd=project, capture_output=True, text=True,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert cancelled not in checked.stdout
    done = subprocess.run(
        [CSP, "run", "--home", home.root],
        env=environment, cwd=project, capture_output=True, text=True, timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    yield home
    shutil.rmtree(folder)


def _comment(home: Home) -> None:
    """Texts that an analyst saved after the night before: of a section, and of none."""
    [(quoted,)] = partner(
        home,
        "select claim_id from marts.assessment_claim where section = 'hate' and figure is not null "
        f"and period_label = '2010/11' and area_code = '{BLABY}' order by position limit 1",
    )
    (home.commentary / "crime_overview.md").write_text(f"Seen by the *board*: {{{{ {quoted} }}}}.")
    (home.commentary / "crime.md").write_text("Of no section.")


def test_commentary_is_printed_and_flagged_where_the_night_changed_its_figures(
    extended: Home, demo_home: Home
) -> None:
    said = (
        "select claim_id, sentence from marts.assessment_claim where section = 'crime_overview' "
        f"and period_label = '2010/11' and (area_code = '{BLABY}' or area_role != 'own')"
    )
    before, after = dict(partner(demo_home, said)), dict(partner(extended, said))
    changed = {key for key in {*before, *after} if before.get(key) != after.get(key)}
    assert changed, "a crime was corrected"
    page = (extended.current / "assessment" / "index.html").read_text()
    [text] = re.findall(r'<div class="commentary".*?</ul></div></div>', page, re.DOTALL)
    assert re.search(r'Seen by the <em>board</em>: <a class="claim" href="[^"]*">[^<]+</a>', text)
    listed = text.count("<li>")
    assert listed == min(len(changed), 13)
    lines = status(extended)["commentary"]
    assert len(lines) == 2
    assert lines[0].startswith("commentary/crime.md is of no section")
    assert f"before {len(changed)} figure" in lines[1]
    assert "Of no section." not in page


def _changed_project(target: Path) -> Path:
    """The project's files with every block of the two pages that names a file put into it."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    for name in listed:
        if (PROJECT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, target / name)
    blocks = 0
    for page in ("add-a-feed.md", "add-an-indicator.md"):
        text = (PROJECT / "docs" / page).read_text(encoding="utf-8")
        for path, block in re.findall(
            r"^```(?:yaml|sql|csv) (\S+/\S+)\n(.*?)^```$", text, re.M | re.S
        ):
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            # A block for a file that exists is what to add at its end.
            with (target / path).open("a", encoding="utf-8") as file:
                file.write(block)
            blocks += 1
    assert blocks == 11
    return target


def _land(home: Home, feed: str, name: str, text: str) -> None:
    land(home, feed, name, text.encode(), time.time() - 30)


def _callouts(home: Home) -> str:
    """Call-outs in Blaby in each of five years, most in the same LSOA, one without a place.

    And one a year in each other district: of one that a feed never speaks of nothing is said.
    """
    lsoas = [code for (code,) in query(home.warehouse_file, f"{PLACED_IN_BLABY} order by 1")]
    elsewhere = [
        code
        for (code,) in query(
            home.warehouse_file,
            "select min(lsoa_code) from facts.dim_lsoa inner join facts.dim_district "
            f"using (district_code) where is_in_county and district_code <> '{BLABY}' "
            "group by district_code order by 1",
        )
    ]
    lines = ["callout_no,called_at,cause,lsoa_code"]
    for year in range(2006, 2011):
        for n in range(60):
            place = lsoas[0] if n < 30 else lsoas[n % len(lsoas)]
            month = n % 12 + 1
            when = f"{15:02d}/{month:02d}/{year + (month < 4)} 22:30"
            lines.append(f"A{year}-{n},{when},{'Assault' if n % 2 else 'stabbing'},{place}")
        for district, place in enumerate(elsewhere):
            lines.append(f"E{year}-{district},15/05/{year} 22:30,Assault,{place}")
    lines += ["A-1,2011-03-05 01:00,other," + lsoas[0], "A-2,2011-03-05 01:00,assault,N/K"]
    return "\n".join(lines) + "\n"


def _next_year(home: Home) -> str:
    """Incidents of 2011/12 under the scheme of that year, a few a month."""
    [(lsoa,)] = query(home.warehouse_file, f"{PLACED_IN_BLABY} order by 1 limit 1")
    lines = ["incident_no,created_at,category,qualifier,lsoa_code,domestic_flag,linked_crime_ref"]
    for n in range(240):
        month = n % 12 + 1
        kind = ("personal", "nuisance", "environmental")[n % 3]
        when = f"{2011 + (month < 4)}-{month:02d}-11 18:00"
        lines.append(f"N{n},{when},Anti-social behaviour,{kind},{lsoa},N,")
    return "\n".join(lines) + "\n"


def _correct_a_crime(home: Home) -> str:
    """Land the cancellation of a crime of criminal damage of March 2011 in Blaby."""
    places = {code for (code,) in query(home.warehouse_file, PLACED_IN_BLABY)}
    [path] = (home.archive / "police/recorded_crime").glob("*2011-03.csv*")
    text = path.read_bytes().decode("utf-8-sig")
    found = next(
        row
        for row in csv.DictReader(io.StringIO(text))
        if row["offence_code"].strip() == "58C"
        and row["lsoa_code"] in places
        and not row["cancelled_date"]
    )
    found["cancelled_date"] = "2011-04-20"
    out = io.StringIO()
    writer = csv.DictWriter(out, list(found), lineterminator="\n")
    writer.writeheader()
    writer.writerow(found)
    _land(home, "police/recorded_crime", "recorded_crime_night_2011-04-21.csv", out.getvalue())
    return found["crime_ref"]


@pytest.mark.parametrize(
    "table", ["indicator", "indicator_value", "indicator_change", "indicator_trend",
              "indicator_comparison"]
)  # fmt: skip
def test_a_register_row_is_found_in_every_analysis(table: str, extended: Home) -> None:
    [(rows,)] = partner(
        extended, f"select count(*) from marts.{table} where indicator_id = 'shoplifting_share'"
    )
    assert rows > 0


def test_the_new_indicator_is_the_share_it_says(extended: Home) -> None:
    values = partner(
        extended,
        "select s.numerator, s.denominator, s.value, c.numerator, a.numerator, s.lower_95 "
        "from marts.indicator_value as s "
        "join marts.indicator_value as c using (area_type, area_code, period_type, period_label) "
        "join marts.indicator_value as a using (area_type, area_code, period_type, period_label) "
        "where s.indicator_id = 'shoplifting_share' and c.indicator_id = 'shoplifting' "
        f"and a.indicator_id = 'all_crime' and area_code = '{BLABY}' and period_label in {YEARS}",
    )
    assert len(values) == 5
    for numerator, denominator, value, shoplifting, crimes, lower in values:
        assert (numerator, denominator) == (shoplifting, crimes)
        assert value == pytest.approx(100 * shoplifting / crimes)
        assert 0 < lower < value


def test_a_feed_added_as_documented_reaches_every_analysis(extended: Home) -> None:
    assert partner(
        extended,
        "select period_label, numerator from marts.indicator_value "
        f"where indicator_id = 'assault_callouts' and area_code = '{BLABY}' "
        f"and period_type = 'financial_year' and period_label in {YEARS} order by 1",
    ) == [(year, 60) for year in YEARS]
    for table, found in (
        ("indicator_trend", f"area_code = '{BLABY}' and period_label = '2010/11'"),
        ("hotspot", "class = 'significantly high' and numerator >= 30"),
        ("community_profile", "area_type = 'county' and numerator > 0"),
        ("concentration", f"area_code = '{BLABY}' and verdict = 'higher'"),
        ("deprivation_gradient", f"area_code = '{BLABY}' and slope_index is not null"),
        ("indicator_comparison", f"area_code = '{BLABY}' and verdict = 'higher'"),
    ):
        sql = f"select count(*) > 0 from marts.{table} where indicator_id = 'assault_callouts'"
        assert partner(extended, f"{sql} and {found}") == [(True,)], table
    assert partner(
        extended,
        "select numerator from marts.indicator_value where indicator_id = 'assault_callouts' "
        "and area_type = 'not_located' and period_label = '2011-03'",
    ) == [(1,)]
    stored = query(extended.warehouse_file, "select min(callout_no) from raw.ambulance__callout")
    assert re.fullmatch(r"[0-9a-f]{64}", stored[0][0])
    public = query(
        extended.current / "public.duckdb",
        "select distinct area_type, period_type from marts.indicator_value where indicator_id in "
        "('assault_callouts', 'shoplifting_share') order by all",
    )
    years = {"financial_year", "year_to"}
    assert {kind for kind, _ in public} == {"county", "district", "partnership"}
    assert {period for _, period in public} <= years


def test_a_cancelled_crime_leaves_every_figure(extended: Home, demo_home: Home) -> None:
    for indicator in ("all_crime", "criminal_damage"):
        for area in (f"area_code = '{BLABY}'", "area_type = 'county'", "area_type = 'force'"):
            sql = (
                f"select numerator from marts.indicator_value where indicator_id = '{indicator}' "
                f"and {area} and period_label = '2010/11'"
            )
            [(before,)], [(after,)] = partner(demo_home, sql), partner(extended, sql)
            assert after == before - 1, (indicator, area)
    changed = "select change from marts.indicator_change where indicator_id = 'all_crime' "
    changed += f"and area_code = '{BLABY}' and period_label = '2010/11'"
    assert partner(extended, changed) == [(-621,)]
    figure = "select verdict from marts.published_figure where figure_id = 'S040'"
    assert partner(demo_home, figure) == [("reproduced",)]
    assert partner(extended, figure) == [("differs",)]


def test_a_trend_across_the_schemes_of_anti_social_behaviour_is_refused(extended: Home) -> None:
    for table, column, refused in (
        ("indicator_trend", "direction", "cannot be calculated"),
        ("indicator_change", "verdict", "not comparable"),
    ):
        [(said, reason)] = partner(
            extended,
            f"select {column}, reason from marts.{table} where indicator_id = 'asb_incidents' "
            f"and area_code = '{BLABY}' and period_label = '2011/12'",
        )
        assert said == refused
        assert "the series breaks on 2011-04-01" in reason
    [(before, after)] = partner(
        extended,
        "select max(numerator) filter (where period_label = '2010/11'), "
        "max(numerator) filter (where period_label = '2011/12') from marts.indicator_value "
        f"where indicator_id = 'asb_rowdy_nuisance' and area_code = '{BLABY}' "
        "and period_type = 'financial_year'",
    )
    assert (before, after) == (2720, 80)


def test_the_new_feed_is_one_that_auditors_watch(extended: Home) -> None:
    [(records, valid)] = partner(
        extended,
        "select sum(records), sum(valid) from marts.recording_completeness "
        "where partner = 'ambulance' and field = 'lsoa_code'",
    )
    assert (records, valid) == (332, 331)
    checks = dict(
        partner(
            extended,
            "select check_id, status from marts.check_result where feed = 'ambulance/callout' "
            "and suite in ('great_expectations', 'delivery')",
        )
    )
    assert checks["completeness.ambulance.callout.cause"] == "pass"
    assert checks["volume.ambulance.callout"] == "pass"
    assert (extended.current / "quality" / "partner-ambulance.html").is_file()
    assert partner(
        extended,
        "select distinct file_name from marts.figure_source where feed = 'ambulance/callout'",
    ) == [("callouts.csv",)]
    assert partner(
        extended,
        "select count(*) > 0 from marts.feed_coverage "
        "where partner = 'ambulance' and feed = 'callout'",
    ) == [(True,)]


@pytest.mark.parametrize(
    "name",
    ["measure_event", "field_completeness", "feed_month_file", "int_feed_place",
     "assert_partner_rows_are_in_their_facts", "assert_partner_events_are_counted",
     "assert_facts_are_in_time_and_place", "assert_keys_stay_with_their_records"],
)  # fmt: skip
def test_one_declaration_brings_the_new_feed_everywhere(name: str, extended: Home) -> None:
    [path] = (extended.dbt_target / "compiled").rglob(f"{name}.sql")
    assert "ambulance" in path.read_text(encoding="utf-8")
