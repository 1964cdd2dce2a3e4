"""Areas people work with: partnerships of one and of two districts, wards, sets of one's own."""

import pytest

from tests.end_to_end.running import SETTINGS, land, partner, query, run
from warehouse.home import Home

BLABY, HINCKLEY, LEICESTER, RUTLAND = "E07000129", "E07000132", "E06000016", "E06000017"
OTHERS = ("E07000130", "E07000131", "E07000133", "E07000134", "E07000135")
CODE = f"P-{BLABY}+{HINCKLEY}"
# LSOA: its district, ward and residents.
LSOAS = {
    "E01000001": (BLABY, "E05000001", 1000),
    "E01000002": (BLABY, "E05000001", 2000),
    "E01000003": (BLABY, "E05000002", 1500),
    "E01000004": (HINCKLEY, "E05000003", 1200),
    "E01000005": (LEICESTER, "E05000004", 900),
    "E01000006": (RUTLAND, "E05000005", 800),
} | {f"E0100001{n}": (code, f"E0500001{n}", 1000) for n, code in enumerate(OTHERS)}
# Reports by place as sent, of 2017/18 and of 2018/19: an LSOA, or a district alone.
REPORTS = {
    "E01000001": (4, 9),
    "E01000002": (5, 5),
    "E01000003": (6, 4),
    "E01000004": (7, 8),
    "E01000005": (6, 5),
    "E01000006": (5, 6),
    BLABY: (2, 3),
    HINCKLEY: (1, 1),
} | {code: (5, 5) for code in LSOAS if code >= "E01000010"}
SETS = {
    "neighbourhoods.csv": [
        "area_set,area_code,area_name,lsoa_code",
        # Two areas that overlap, one of them across a district's border.
        "neighbourhood,north,North,E01000001",
        "neighbourhood,north,North,E01000002",
        "neighbourhood,border,Border,E01000002",
        "neighbourhood,border,Border,E01000004",
        # A code of nowhere: the area lacks a part.
        "neighbourhood,lost,Lost,E01000001",
        "neighbourhood,lost,Lost,E01999999",
        "county,mine,Mine,E01000001",
    ],
    "together.csv": [
        "area_set,area_code,area_name,district_code",
        *(
            f'reported together,llr,"Leicestershire, Leicester and Rutland",{code}'
            for code in (BLABY, HINCKLEY, *OTHERS, LEICESTER, RUTLAND)
        ),
    ],
    "LSOA11_WD19_LAD19.csv": [
        "FID,LSOA11CD,LSOA11NM,WD19CD,WD19NM,LAD19CD,LAD19NM",
        *(
            f"{n},{code},Place 00{n}A,{ward},Ward {ward[-1]},{district},D"
            for n, (code, (district, ward, _)) in enumerate(LSOAS.items(), start=1)
        ),
    ],
}


def files() -> dict[str, list[str]]:
    """The extracts by their path below `landing/`, as lines."""
    council = ["report_id,received_date,category,lsoa_code,district_code"]
    for place, counts in REPORTS.items():
        lsoa, district = (place, LSOAS[place][0]) if place in LSOAS else ("", place)
        for year, count in zip((2017, 2018), counts, strict=True):
            council += [
                f"{place}-{year}-{n},{year}-{5 + n % 7:02d}-10,graffiti,{lsoa},{district}"
                for n in range(count)
            ]
    return {
        "reference/lsoa_lookup/lookup.csv": [
            "F_LSOA11CD,LSOA11NM,LSOA21CD,LSOA21NM,CHGIND,LAD22CD,LAD22NM,LAD22NMW,ObjectId",
            *(
                f"{code},Place {n:03d}A,{code},Place {n:03d}A,U,{district},Name of {district},,{n}"
                for n, (code, (district, _, _)) in enumerate(LSOAS.items(), start=1)
            ),
        ],
        "reference/csp_lookup/csp.csv": [
            "LAD17CD,LAD17NM,CSP17CD,CSP17NM,PFA17CD,PFA17NM,FID",
            *(
                f"{code},N,E22000{n:03d},N,E23000021,Leicestershire,{n}"
                for n, code in enumerate((BLABY, HINCKLEY, *OTHERS, LEICESTER, RUTLAND), start=1)
            ),
        ],
        "reference/lsoa_population/mid_2018.csv": [
            "mid_year,lsoa_code,population",
            *(f"2018,{code},{residents}" for code, (_, _, residents) in LSOAS.items()),
        ],
        **{f"reference/area_set/{name}": lines for name, lines in SETS.items()},
        "council/asb_report/reports_2017-04_to_2019-03.csv": council,
        "marac/hearing/hearings_2018-04_to_2019-03.csv": [
            "case_id,victim_id,perpetrator_id,referral_date,hearing_date,referring_agency,"
            "repeat_flag,district_code",
            *(
                f"{n},V{n},P{n},2018-10-01,2018-10-{n + 2:02d},Police,N,{code}"
                for n, code in enumerate([BLABY] * 3 + [HINCKLEY] * 2 + [LEICESTER])
            ),
        ],
        "hate/report/hate_2018-04_to_2019-03.csv": [
            "report_id,reported_date,source,kind,strands,victim_gender,lsoa_code,district_code",
            f"1,2018-05-01,police,offence,racial,Male,E01000001,{BLABY}",
            f"2,2018-05-02,police,offence,racial,,E01000004,{HINCKLEY}",
            f"3,2018-05-03,police,offence,racial,,,{HINCKLEY}",
        ],
        "partnership/target/targets.csv": [
            "target_id,indicator_id,area_code,baseline_label,target_percent,period_end",
            f"together,council_asb_reports,{CODE},2017/18,-50,2019-03-31",
            "llr,council_asb_reports,llr,2017/18,5,2019-03-31",
        ],
    }


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The home of two districts after its night."""
    made = Home(tmp_path_factory.mktemp("areas") / "home")
    one, both = f"focus_areas: [{BLABY}]", f"focus_areas: [{BLABY}, {HINCKLEY}]"
    assert one in SETTINGS
    made.init(SETTINGS.replace(one, both))
    for number, (path, lines) in enumerate(files().items()):
        feed, name = path.rsplit("/", 1)
        land(made, feed, name, "\n".join(lines).encode(), 1_700_000_000 + number)
    (made.work / "said.txt").write_text(run(made).output)
    return made


def reports(home: Home, label: str) -> dict[tuple[str, str], tuple[int, int, bool]]:
    """Council reports of a year, residents and completeness, by type and code of area."""
    rows = partner(
        home,
        "select area_type, area_code, numerator, denominator, is_complete "
        "from marts.indicator_value where indicator_id = 'council_asb_reports' "
        f"and period_label = '{label}' and is_current",
    )
    return {(kind, code): tuple(rest) for kind, code, *rest in rows}


def test_an_area_is_the_sum_of_its_parts(two: Home) -> None:
    found = reports(two, "2018/19")
    assert found["district", BLABY] == (21, 4500, True)
    assert found["district", HINCKLEY] == (9, 1200, True)
    assert found["partnership", CODE] == (30, 5700, True)
    assert found["reported together", "llr"] == (66, 12400, True)
    # Two areas hold E01000002; what is placed in a district alone is in neither.
    assert found["neighbourhood", "north"] == (14, 3000, True)
    assert found["neighbourhood", "border"] == (13, 3200, True)
    assert found["ward", "E05000001"] == (14, 3000, True)
    assert found["ward", "E05000002"] == (4, 1500, True)
    # Wards are those of the county.
    assert ("ward", "E05000004") not in found
    # It has events and lacks a part: not complete, and without residents.
    assert found["neighbourhood", "lost"][1:] == (None, False)


def test_a_partnership_is_the_sum_of_its_districts_in_every_indicator_and_period(
    two: Home,
) -> None:
    [(rows, differing)] = partner(
        two,
        f"""
        with districts as (
            select indicator_id, indicator_version, period_type, period_start,
                sum(numerator) as numerator, sum(denominator) as denominator
            from marts.indicator_value
            where area_type = 'district' and area_code in ('{BLABY}', '{HINCKLEY}')
            group by all
        )
        select count(*), count(*) filter (
            where own.numerator is distinct from districts.numerator
                or own.denominator is distinct from districts.denominator
        )
        from (from marts.indicator_value where area_type = 'partnership') as own
        full join districts
            using (indicator_id, indicator_version, period_type, period_start)
        """,
    )
    assert rows > 100
    assert differing == 0


def test_everything_works_for_a_partnership_and_a_set_of_districts(two: Home) -> None:
    changes = dict(
        partner(
            two,
            "select area_code, change from marts.indicator_change "
            "where indicator_id = 'council_asb_reports' and period_label = '2018/19' "
            "and area_type in ('partnership', 'reported together', 'neighbourhood')",
        )
    )
    assert changes == {CODE: 5, "llr": 5, "north": 5, "border": 1, "lost": None}
    compared = partner(
        two,
        "select area_type, area_code, comparator_type from marts.indicator_comparison "
        "where indicator_id = 'council_asb_reports' and period_label = '2018/19' "
        "and area_type in ('partnership', 'reported together', 'neighbourhood') order by all",
    )
    # Not with a county that it reaches beyond, nor with one of two districts.
    assert compared == [
        ("neighbourhood", "border", "county"),
        ("neighbourhood", "north", "county"),
        ("neighbourhood", "north", "district"),
        ("partnership", CODE, "county"),
    ]
    assert partner(
        two,
        "select target_id, area_type, actual_value, status from marts.target_progress "
        "where period_label = '2018/19' order by target_id",
    ) == [("llr", "reported together", 66.0, "met"), ("together", "partnership", 30.0, "not met")]
    assert partner(
        two,
        "select records, missing from marts.hate_completeness "
        "where area_type = 'partnership' and source = 'all' and field = 'gender'",
    ) == [(3, 2)]
    topics = partner(
        two,
        "select area_type, area_code, count(distinct topic) from marts.summary_table "
        "group by all order by all",
    )
    assert [row[:2] for row in topics] == [
        ("district", BLABY),
        ("district", HINCKLEY),
        ("partnership", CODE),
    ]
    assert len({row[2] for row in topics}) == 1
    rolling = {
        kind
        for (kind,) in partner(
            two,
            "select distinct area_type from marts.indicator_value "
            "where period_type = 'rolling_12m'",
        )
    }
    assert {"partnership", "reported together"} <= rolling
    assert rolling & {"ward", "neighbourhood", "lsoa"} == set()


def test_what_is_told_by_district_alone_is_not_located_in_a_set_of_lsoas(two: Home) -> None:
    assert partner(
        two,
        "select district_code, events, not_located, round(percent_not_located, 1) "
        "from marts.area_set_coverage where area_type = 'neighbourhood' "
        "and indicator_id = 'council_asb_reports' and period_label = '2018/19' order by 1",
    ) == [(BLABY, 21, 3, 14.3), (HINCKLEY, 9, 1, 11.1)]
    cases = partner(
        two,
        "select area_type, numerator from marts.indicator_value where indicator_id = 'marac_cases' "
        "and period_label = '2018/19' and area_type not in ('district', 'force', 'not_located') "
        "order by all",
    )
    assert ("partnership", 5) in cases
    assert {kind for kind, _ in cases} <= {"partnership", "county", "reported together"}


def test_a_set_that_is_called_like_another_kind_of_area_is_rejected(two: Home) -> None:
    [(column, reason)] = query(
        two.warehouse_file,
        "select column_name, reason from quality.rejected_row where feed = 'reference/area_set'",
    )
    assert column == "area_set"
    assert "names a kind of area that the warehouse has itself" in reason


def test_a_code_of_nowhere_is_warned_of(two: Home) -> None:
    said = (two.work / "said.txt").read_text()
    assert "reference/area_set, set neighbourhood: 1 rows of 1 areas have the code" in said
    assert "E01999999" not in said


def test_a_partnership_of_one_district_is_that_district(demo_home: Home) -> None:
    """In every number but those of its family of tests, which is its own type's."""
    for table, columns in (
        ("indicator_value", "* exclude (area_type, area_code, area_name)"),
        (
            "indicator_change",
            # A sum of many small probabilities differs in its last digit.
            "* exclude (area_type, area_code, area_name, q_value, tests_in_family) "
            "replace (round(p_value, 9) as p_value)",
        ),
        ("indicator_trend", "* exclude (area_type, area_code, area_name)"),
        ("hate_completeness", "* exclude (area_type, area_code, area_name)"),
        ("reoffending", "* exclude (area_type, area_code, area_name)"),
    ):
        # Estimates of a survey are of the areas it was made for.
        [(rows, differing)] = partner(
            demo_home,
            f"""
            with own as (select {columns} from marts.{table} where area_type = 'partnership'),
            district as (
                select {columns} from marts.{table}
                where area_type = 'district' and area_code = '{BLABY}'
                {"and indicator_id not like 'perceived%'" if table.startswith("indicator") else ""}
            )
            select (select count(*) from own), (
                select count(*) from (
                    (from own except from district) union all (from district except from own)
                )
            )
            """,
        )
        assert rows > 1
        assert differing == 0, table
