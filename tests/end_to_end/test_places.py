"""A night of West Northamptonshire: old district codes, LSOAs of either census, advice."""

import pytest

from tests.end_to_end.running import csp, land, partner, query, run
from warehouse.home import Home

LOOKUP = """\
F_LSOA11CD,LSOA11NM,LSOA21CD,LSOA21NM,CHGIND,LAD22CD,LAD22NM,LAD22NMW,ObjectId
E01000001,Northampton 001A,E01000001,Northampton 001A,U,E06000062,West Northamptonshire,,1
E01000002,Northampton 002A,E01000012,Northampton 002B,S,E06000062,West Northamptonshire,,2
E01000002,Northampton 002A,E01000013,Northampton 002C,S,E06000062,West Northamptonshire,,3
E01000003,Corby 001A,E01000003,Corby 001A,U,E06000061,North Northamptonshire,,4
"""
FORCES = """\
LAD17CD,LAD17NM,CSP17CD,CSP17NM,PFA17CD,PFA17NM,FID
E07000150,Corby,E22000196,Corby,E23000022,Northamptonshire,1
E07000154,Northampton,E22000201,Northampton,E23000022,Northamptonshire,2
"""
# By LSOA as sent: one of both censuses, a part of a split one, and the one that was split.
FIRES = {"E01000001": 2, "E01000012": 6, "E01000002": 1}
HEARING = "case_id,victim_id,perpetrator_id,referral_date,hearing_date,referring_agency,repeat_flag"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The home after its night."""
    made = Home(tmp_path_factory.mktemp("places") / "home")
    assert csp(made, "init", "--county", "West Northamptonshire").exit_code == 0
    settings = made.csp_yml.read_text()
    for old, new in (
        ("geography: lsoa_2011", "geography: lsoa_2021"),
        # Corby: of North Northamptonshire since 2021.
        ("most_similar_group: []", "most_similar_group: [E07000150]"),
        ("# settle_seconds: 10", "settle_seconds: 0 #"),
    ):
        assert old in settings
        settings = settings.replace(old, new)
    made.csp_yml.write_text(settings)
    codes = [code for code, times in FIRES.items() for _ in range(times)]
    fires = [f"F{n},2018-10-{n + 1:02d} 10:00,fire,{code}" for n, code in enumerate(codes)]
    hearings = [
        f"{n},V{n},P{n},2018-10-01,2018-10-{n + 2:02d},Police,N,{code}"
        for n, code in enumerate(["E07000154"] * 3 + ["E06000062"] * 2 + ["E07000026"])
    ]
    for feed, name, text in (
        ("reference/lsoa_lookup", "lookup.csv", LOOKUP),
        ("reference/csp_lookup", "csp.csv", FORCES),
        (
            "fire/incident",
            "fires.csv",
            "\n".join(["incident_no,call_at,incident_class,lsoa_code", *fires]),
        ),
        ("marac/hearing", "marac.csv", "\n".join([f"{HEARING},district_code", *hearings])),
    ):
        land(made, feed, name, text.encode(), 1_700_000_000)
    said = run(made).output
    (made.work / "said.txt").write_text(said)
    return made


def counted(home: Home, measure: str) -> dict[tuple[str, str], tuple[int, bool]]:
    """Events of October 2018 and whether they were received, by type and code of area."""
    rows = query(
        home.warehouse_file,
        "select area_type, area_code, numerator, is_received from measures.measure_area_month "
        f"where measure_id = '{measure}' and month = date '2018-10-01'",
    )
    return {(kind, code): (events, received) for kind, code, events, received in rows}


def test_an_old_code_counts_in_the_district_that_took_its_place(home: Home) -> None:
    cases = counted(home, "marac_cases")
    assert cases["district", "E06000062"] == (5, True)
    assert cases["not_located", "E23000022"] == (1, True)
    # The force is that of the districts before, which the lookup of forces has.
    assert cases["force", "E23000022"] == (6, True)


def test_a_code_of_nowhere_is_invalid_and_warned_of_from_the_first_row(home: Home) -> None:
    assert partner(
        home,
        "select records, valid, invalid from marts.recording_completeness "
        "where feed = 'hearing' and field = 'district_code'",
    ) == [(6, 5, 1)]
    [(severity, status, message)] = query(
        home.warehouse_file,
        "select severity, status, message from quality.check_result "
        "where check_id = 'dbt.assert_district_codes_are_known'",
    )
    assert (severity, status) == ("warning", "fail")
    assert message.startswith("marac/hearing, district_code: 1 of 6 rows have the code of")
    said = (home.work / "said.txt").read_text()
    assert f"warning: {message}" in said
    assert "E07000026" not in said


def test_an_old_code_in_the_settings_is_named_with_what_to_write(home: Home) -> None:
    [(message,)] = query(
        home.warehouse_file,
        "select message from quality.check_result "
        "where check_id = 'dbt.assert_the_settings_name_districts_of_the_lookup'",
    )
    assert message == (
        "csp.yml, most_similar_group: E07000150 was abolished; it counts as E06000061 "
        "(North Northamptonshire). Write that code."
    )


def test_the_parts_of_a_split_lsoa_count_and_its_own_code_counts_in_the_district(
    home: Home,
) -> None:
    fires = counted(home, "deliberate_fires")
    assert {code: received for (kind, code), (_, received) in fires.items() if kind == "lsoa"} == {
        "E01000001": True,
        "E01000012": True,
        "E01000013": True,
        "E01000003": True,
    }
    by_lsoa = query(
        home.warehouse_file,
        "select geography_lsoa_code, district_code, count(*) from facts.fct_fire_incident "
        "group by all order by all",
    )
    assert by_lsoa == [
        ("E01000001", "E06000062", 2),
        ("E01000012", "E06000062", 6),
        (None, "E06000062", 1),
    ]
    assert partner(
        home,
        "select records, in_lsoa, of_other_vintage, in_district_alone, nowhere "
        "from marts.place_coverage where feed = 'incident' and partner = 'fire'",
    ) == [(9, 8, 1, 0, 0)]
