"""What is kept of identifiers' texts: how they look in each file, so that what is odd is seen."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dbt_project.rendering import model
from tests.warehouse.partner_files import LONG_AGO, ask, land, load
from warehouse import ddl
from warehouse.home import Home
from warehouse.ingest.loading import IngestResult
from warehouse.settings import load_settings

HEARINGS = (
    "case_id,victim_id,perpetrator_id,referral_date,hearing_date,referring_agency,repeat_flag,"
    "district_code"
)
SHAPES = (
    "select column_name, row_count, most_repeated, most_plausible, digit_rows, shortest, longest, "
    "leading_zeros from quality.identifier_shape order by file_id, column_name"
)


def hearings(
    home: Home, victims: list[str], name: str = "h.csv", month: str = "05"
) -> IngestResult:
    rows = [
        f"M{month}{n},{victim},P{month}{n},2010-01-01,2010-{month}-10,Police,N,E07000129"
        for n, victim in enumerate(victims)
    ]
    land(home, "marac/hearing", name, [HEARINGS, *rows])
    return load(home)


def test_a_person_of_too_many_rows_is_told_without_its_name(home: Home) -> None:
    done = hearings(home, ["XX"] * 7 + ["V1", "V2"])
    [said] = done.feeds["marac/hearing"].noticed
    assert "one victim_id is that of 7 of 9 rows" in said
    assert "XX" not in said
    victim = next(row for row in ask(home, SHAPES) if row[0] == "victim_id")
    assert victim[1:4] == (9, 7, 6)


def test_as_many_as_may_be_are_not(home: Home) -> None:
    assert hearings(home, ["V1"] * 6 + ["V2"] * 5).noticed == []


@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    victims=st.lists(
        st.one_of(st.from_regex(r"[0-9]{1,8}", fullmatch=True), st.sampled_from(["A1", "007"])),
        min_size=1,
        max_size=12,
    )
)
def test_the_shape_is_that_of_the_texts(
    victims: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = Home(tmp_path_factory.mktemp("shapes") / "home")
    home.init()
    hearings(home, victims)
    numbers = [victim for victim in victims if victim.isdigit()]
    lengths = [len(number) for number in numbers]
    found = next(row for row in ask(home, SHAPES) if row[0] == "victim_id")
    assert found == (
        "victim_id",
        len(victims),
        max(victims.count(victim) for victim in victims),
        6,
        len(numbers),
        min(lengths, default=None),
        max(lengths, default=None),
        sum(number.startswith("0") for number in numbers),
    )


def test_a_corrected_benchmark_takes_the_place_of_the_bad_one(home: Home) -> None:
    """However the end of its period is written; what cannot be read is of no period."""
    header = "12 months ending,PFA,Region,Offence,Rolling year total number of offences"
    row = "{},Leicestershire,East Midlands,Robbery,{}"
    files = [
        ("bad.csv", ["31/12/2018", "soon", ""], 1),
        ("corrected.csv", ["December 2018"], 2),
        ("other.csv", ["30-06-2018"], 3),
    ]
    for hours, (name, ends, count) in enumerate(files):
        land(
            home,
            "reference/recorded_crime_benchmark",
            name,
            [header, *(row.format(end, count) for end in ends)],
            LONG_AGO + 3600 * hours,
        )
        load(home)
    sql = model("stg_reference__recorded_crime_benchmark")
    for table, place in (
        ("reference__recorded_crime_benchmark", "raw.reference__recorded_crime_benchmark__typed"),
        ("loaded_file", "quality.loaded_file"),
    ):
        sql = sql.replace(f"{table} as", f"{place} as")
    found = ask(home, f"select period_end::varchar, offences from ({sql}) order by 1")
    assert found == [("2018-06-30", 3), ("2018-12-31", 2)]
    assert ask(home, "select count(*) from quality.rejected_row") == [(2,)]


def test_keys_that_another_contract_read_are_read_again(home: Home) -> None:
    """Also of a file without a rejected row: an earlier contract may have taken any key."""
    header = "12 months ending,PFA,Region,Offence,Rolling year total number of offences"
    land(
        home,
        "reference/recorded_crime_benchmark",
        "b.csv",
        [header, "31-12-2018,Leicestershire,East Midlands,Robbery,1",
         "soon,Leicestershire,East Midlands,Robbery,2"],
    )  # fmt: skip
    load(home)
    settings_of_home = load_settings(home)
    with ddl.open_warehouse(home, settings_of_home) as con:
        con.execute("delete from quality.rejected_row")
        con.execute(
            "insert into raw.reference__recorded_crime_benchmark by name "
            "select _file_id, 3 as _line_number, 'soon' as period_end "
            "from raw.reference__recorded_crime_benchmark"
        )
        con.execute(
            "update quality.load_audit set accepted = 2, rejected = 0, contract_sha256 = 'earlier'"
        )
    load(home)
    assert ask(home, "select period_end from raw.reference__recorded_crime_benchmark") == [
        ("31-12-2018",)
    ]
    assert ask(home, "select line_number from quality.rejected_row") == [(3,)]
    assert ask(home, "select accepted, rejected from quality.load_audit") == [(1, 1)]
