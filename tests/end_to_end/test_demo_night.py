"""What `csp demo` leaves: the traits of the demo's deliveries, seen as each reader sees them."""

import json
from pathlib import Path

from demo.council import MISSING_MONTH
from demo.county import load
from demo.findings import findings
from demo.street_files import ARCHIVE, LATE_RECORDS, REDELIVERED_MONTH, REFUSED_MONTH
from tests.end_to_end.running import csp, partner, query, status
from warehouse.home import Home
from warehouse.publication.manifest import read_manifest

OWN_FORCE, OTHER_FORCE = (force.name for force in load().facts.forces)
SURFACE = Path(__file__).parents[1] / "dbt_project" / "published_schema.json"


def test_every_published_table_has_rows(demo_home: Home) -> None:
    """But for the waivers: the demo has none."""
    names = json.loads(SURFACE.read_text(encoding="utf-8"))
    empty = [
        name for name in names if partner(demo_home, f"select count(*) from marts.{name}") == [(0,)]
    ]
    assert empty == ["check_waiver"]


def test_every_feed_is_loaded(demo_home: Home) -> None:
    rows = query(
        demo_home.warehouse_file,
        "select feed from raw.feed where feed not in "
        "(select feed from quality.load_audit where status = 'loaded')",
    )
    assert rows == []


def test_every_file_is_accounted_for(demo_home: Home) -> None:
    rows = partner(
        demo_home,
        "select status, count(*), bool_and(data_rows = accepted + rejected + skipped) "
        "from marts.load_audit group by 1 order by 1",
    )
    assert [row[0] for row in rows] == ["duplicate", "loaded", "refused"]
    assert all(row[2] for row in rows)
    # The same archive of street crime, and a month of recorded crime, sent again.
    assert rows[0][1] >= 2
    assert not [path for path in demo_home.landing.rglob("*") if path.is_file()]


def test_a_month_delivered_again_is_the_later_delivery(demo_home: Home) -> None:
    month, force = REDELIVERED_MONTH, OWN_FORCE
    [(file_name,)] = partner(
        demo_home,
        "select file_name from marts.feed_coverage "
        f"where period_label = '{month}' and source = '{force}'",
    )
    assert "/" not in file_name, "the single file, not the archive's member"
    counts = query(
        demo_home.warehouse_file,
        "select row_count from raw.load_period as p join quality.load_audit as a using (file_id) "
        f"where month = '{month}-01' and period_key = '{force}' order by a.landed_at",
    )
    assert counts[1][0] - counts[0][0] == LATE_RECORDS


def test_months_not_received_are_missing_and_their_year_incomplete(demo_home: Home) -> None:
    month, force = REFUSED_MONTH, OTHER_FORCE
    assert partner(
        demo_home,
        "select feed, source, period_label from marts.feed_coverage where status = 'missing' "
        "order by all",
    ) == [("asb_report", "council", MISSING_MONTH), ("street_crime", force, month)]
    assert partner(
        demo_home,
        "select distinct is_complete, months_received from marts.indicator_value "
        "where indicator_id = 'council_asb_reports' and area_name = 'Blaby' "
        "and period_label = '2009/10'",
    ) == [(False, 11)]
    [(verdict, reason)] = partner(
        demo_home,
        "select verdict, reason from marts.indicator_change where area_name = 'Blaby' "
        "and indicator_id = 'council_asb_reports' and period_label = '2010/11'",
    )
    assert verdict == "not comparable"
    assert "2009/10 is incomplete: 11 of 12" in reason
    [explained] = (demo_home.refused / "police/street_crime").glob("*.reason.json")
    assert "Falls within" in json.loads(explained.read_text())["reason"]


def test_five_years_give_every_kind_of_answer(demo_home: Home) -> None:
    for table, column, least in (
        ("indicator_change", "verdict", 4),
        ("indicator_trend", "direction", 4),
        ("hotspot", "class", 4),
        ("indicator_comparison", "judgement", 4),
        ("target_progress", "status", 3),
        ("published_figure", "verdict", 3),
    ):
        rows = partner(demo_home, f"select count(distinct {column}) from marts.{table}")
        assert rows[0][0] >= least, table
    assert partner(demo_home, "select count(*) > 0 from marts.hotspot where gi_star_z > 2.5") == [
        (True,)
    ]


def test_months_are_as_uneven_as_those_of_real_counts(demo_home: Home) -> None:
    """What dispersions of a county's real months were measured at: Poisson's would be 1."""
    large = (
        "'all_crime', 'asb_incidents', 'violence_against_the_person', 'serious_acquisitive_crime', "
        "'criminal_damage', 'domestic_incidents'"
    )
    assert partner(
        demo_home,
        "select area_type, bool_and(dispersion between "
        "if(area_type = 'lsoa', 1.2, 1.5) and if(area_type = 'lsoa', 2.1, 3.8)) "
        "from marts.indicator_dispersion "
        f"where area_type in ('district', 'lsoa') and indicator_id in ({large}) "
        "group by 1 order by 1",
    ) == [("district", True), ("lsoa", True)]


def test_every_crime_has_its_season(demo_home: Home) -> None:
    """The months that stand out from the average day by more than chance, high and low."""
    seasons = dict(
        partner(
            demo_home,
            "select indicator_id, (list(calendar_month) filter (where lower_95 > 1), "
            "list(calendar_month) filter (where upper_95 < 1)) "
            "from marts.season where area_type = 'county' group by 1",
        )
    )
    for indicator, high, low in (
        ("asb_incidents", {7, 8}, {12, 1}),
        ("criminal_damage", {7, 8}, {12, 1}),
        ("violence_against_the_person", {7}, {1}),
        ("domestic_burglary", {12}, {7}),
        ("domestic_incidents", {7}, {4}),
        ("shoplifting", {12}, {2}),
    ):
        above, below = seasons[indicator]
        assert high <= set(above), indicator
        assert low <= set(below), indicator


def test_the_parts_add_up_for_every_partner(demo_home: Home) -> None:
    """What a partner recorded = what its districts hold and what could not be located."""
    rows = partner(
        demo_home,
        "select indicator_id, sum(numerator) filter (where area_type = 'force') as recorded, "
        "sum(numerator) filter (where area_type = 'district') as placed, "
        "sum(numerator) filter (where area_type = 'not_located') as not_located "
        "from marts.indicator_value where period_label = '2010/11' group by 1",
    )
    assert len(rows) > 40
    for indicator, recorded, placed, not_located in rows:
        if indicator.startswith("perceived"):
            assert recorded is None
        else:
            assert recorded == placed + not_located, indicator
    crimes = next(row for row in rows if row[0] == "all_crime")
    assert 0 < crimes[3] < 0.05 * crimes[1]


def test_nothing_names_anybody(demo_home: Home) -> None:
    """Identifiers as they were sent are in the restricted archive alone."""
    [(reference,)] = query(
        demo_home.warehouse_file,
        "select min(crime_ref) from raw.police__recorded_crime",
    )
    assert len(reference) == 64
    names = ("crime_ref", "incident_no", "report_id", "case_id", "victim_id", "perpetrator_id",
             "offender_id", "young_person_id", "disposal_id")  # fmt: skip
    columns = {name for (name,) in partner(demo_home, "select column_name from duckdb_columns()")}
    assert columns.isdisjoint(names)


def test_the_key_is_in_nothing_that_a_night_writes(demo_home: Home) -> None:
    """Not in a log, page, manifest, table or event, as digits or as bytes."""
    key = demo_home.key_file.read_text().strip()
    forms = (key.encode(), key.upper().encode(), bytes.fromhex(key))
    seen: set[int] = set()
    for path in demo_home.root.rglob("*"):
        if not path.is_file() or path == demo_home.key_file or path.stat().st_ino in seen:
            continue
        seen.add(path.stat().st_ino)
        content = path.read_bytes()
        assert not [form for form in forms if form in content], path
    assert len(seen) > 100


def test_every_published_table_has_a_key_by_which_publications_are_compared(
    demo_home: Home,
) -> None:
    tables = read_manifest(demo_home.current.resolve()).tables["partner"]
    assert {name for name, entry in tables.items() if not entry.key} == {
        "check_result",
        "load_audit",
    }


def test_the_trail_has_the_demo(demo_home: Home) -> None:
    first = json.loads(demo_home.access_log.read_text().splitlines()[0])
    publication = demo_home.current.readlink().name
    assert (first["command"], first["publications"]) == ("demo", [publication])


def test_status_tells_the_night_in_the_agreed_form(demo_home: Home) -> None:
    found = status(demo_home)
    assert found["home"] == str(demo_home.root)
    assert set(found["last_run"]) >= {"run_id", "status", "started_at", "finished_at"}
    assert found["last_run"]["status"] == "published"
    assert found["publication"]["id"] == demo_home.current.resolve().name
    feeds = {feed["feed"]: feed for feed in found["feeds"]}
    street = feeds["police/street_crime"]
    assert street["latest_month"] == "2011-03"
    assert street["rejected"] == 3
    for feed in ("police/recorded_crime", "hate/report", "marac/hearing", "probation/caseload"):
        assert feeds[feed]["latest_month"] == "2011-03"
    [(files, accepted)] = query(
        demo_home.warehouse_file,
        "select count(*), sum(accepted) from quality.load_audit "
        "where feed = 'police/recorded_crime' and status = 'loaded'",
    )
    crimes = feeds["police/recorded_crime"]
    assert (crimes["files"], crimes["accepted"]) == (files, accepted)
    assert found["checks"]["error"] == 0
    assert found["checks"]["passed"] > 100


def test_rejected_rows_are_kept_with_line_and_reason(demo_home: Home) -> None:
    """A wrong number of fields, a required field missing or unreadable, a repeated key."""
    rows = query(
        demo_home.warehouse_file,
        "select feed || '/' || split_part(file_name, '/', 1), line_number, column_name, reason, "
        "raw_line from quality.rejected_row order by feed, file_name, line_number",
    )
    found: dict[str, list[str | None]] = {}
    for file, _, column, reason, line in rows:
        found.setdefault(file, []).append(column)
        assert reason
        # Of a feed with identifiers a row that does not split is kept by number: nobody knows which
        # of it names whom.
        assert (line is None) == (column is None and not file.startswith("police/street")), reason
    assert found == {
        f"police/street_crime/{ARCHIVE}": [None, None, "Crime type"],
        "police/recorded_crime/recorded_crime_2010-07.csv": ["crime_ref"],
        "police/recorded_crime/recorded_crime_2010-10.csv": [
            None, None, "offence_code", "recorded_date", "recorded_date", "crime_ref",
        ],
        "police/incident/incident_2010-08.csv": [
            "category", "category", None, "created_at", "incident_no",
        ],
        "hate/report/report_2010-07_to_2010-09.csv": ["district_code", "source", None],
        "marac/hearing/hearing_2010-04_to_2011-03.csv": ["victim_id", None],
        "fire/incident/incident_2010-04_to_2011-03.csv": ["incident_class", "call_at", None],
        "council/asb_report/asb_report_2010-04_to_2011-03.csv": ["district_code", "report_id"],
        "probation/caseload/caseload_2010-04_to_2011-03.csv": ["reoffended", "offender_id"],
        "youth/disposal/disposal_2010-10_to_2010-12.csv": [
            "young_person_id", "tier", "court_conviction",
        ],
    }  # fmt: skip
    assert [line for file, line, *_ in rows if "street" in file] == [101, 201, 301]


def test_files_that_break_their_contract_are_the_ones_meant_to(demo_home: Home) -> None:
    columns = {
        path.name.removesuffix(".reason.json"): json.loads(path.read_text())["column"]
        for path in demo_home.refused.rglob("*.reason.json")
    }
    assert columns == {
        "2011-02-warwickshire-street.csv": "Falls within",
        "incident_2010-12-with-notes.csv": "column 8",
    }
    audited = "select feed, sum(accepted) from quality.load_audit group by 1"
    accepted = dict(query(demo_home.warehouse_file, audited))
    assert accepted["reference/lsoa_population"] == accepted["reference/boundary"] == 411
    districts = len(load().rows)
    assert accepted["reference/district_population"] == districts
    assert accepted["reference/csp_lookup"] == districts
    assert query(
        demo_home.warehouse_file,
        "select file_name from quality.load_audit where encoding = 'windows-1252'",
    ) == [("recorded_crime_2006-04_to_2007-03.csv",)]


def test_the_findings_are_read_from_the_publication(demo_home: Home) -> None:
    told = "\n".join(findings(demo_home))
    for said in (
        "Total crime in Blaby, 2010/11: 5,000 after 5,620, down 11.0 %, "
        "which is unlikely to be chance alone",
        "Young people in Blaby, 2010/11: 60 after 63, down 4.8 %, which could be chance",
        "18 of 185 cases were repeats (9.7 %)",
        "ethnicity 25.0 %",
        "16 of 229 (7.0 %), lower than the county's 14.0 %",
        "Of 138 figures of the published assessment: 114 reproduced, 22 inconsistent in source, "
        "2 not computable",
    ):
        assert said in told


def test_the_commands_that_only_read_answer(demo_home: Home) -> None:
    for words in (["feeds"], ["publications"], ["status"]):
        done = csp(demo_home, *words)
        assert done.exit_code == 0, done.stderr
        assert done.stdout.strip()
