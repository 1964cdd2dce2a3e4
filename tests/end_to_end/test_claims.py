"""The written assessment's claims on the demo's night, beside the document of its figures."""

import re
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from cli import main
from tests.end_to_end.statements import BEGIN, END, NOT_SAID, PAGE, Statement, statements, table
from warehouse.home import Home

HEADER = "figure_id,statement,area_code,area_name,period_label,indicator_id,aspect,stated_value,source_status"  # noqa: E501
CLAIMS = {
    "C1,Crime fell by 11 %,E07000129,Blaby,2010/11,all_crime,change_percent,-11,": "holds",
    "C2,Fosse Park,E07000129,Blaby,2010/11,theft_from_vehicle,highest_place,Fosse Park,": "holds",
    "C3,Mainly,E07000129,Blaby,2010/11,asb_incidents.hoax_calls,contribution,mainly,": "does not",
    "C4,Met,E07000129,Blaby,2010/11,domestic_burglary,target_status,met,": "does not",
    "C5,Weather,E07000129,Blaby,2010/11,all_crime,weather,9,": "cannot be checked",
}


@pytest.fixture(scope="module")
def found(demo_home: Home) -> list[Statement]:
    with duckdb.connect(str(demo_home.current / "partner.duckdb"), read_only=True) as con:
        return statements(con)


def test_every_sound_figure_is_said_by_a_claim_of_ours(found: list[Statement]) -> None:
    sound = [each for each in found if each.verdict == "reproduced"]
    unsaid = [each for each in sound if each.own is None]
    assert len(sound) == 114
    assert {each.indicator_id for each in unsaid} == set(NOT_SAID)
    assert len(unsaid) == 8


def test_no_unsound_figure_is_repeated(found: list[Statement]) -> None:
    unsound = [each for each in found if each.verdict != "reproduced"]
    assert len(unsound) == 24
    assert [each.figure_id for each in unsound if each.is_repeated] == []
    # What would be one if it were said: the total crime rate of 55.
    [rate] = [each for each in found if each.figure_id == "S041"]
    said = [{**claim, "sentence": "a rate of 55 per 1,000"} for claim in rate.claims]
    assert Statement(**{**rate.__dict__, "claims": said}).is_repeated


def test_the_page_has_every_statement_beside_ours(found: list[Statement]) -> None:
    _, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    assert rest.split(END)[0] == table(found)


def test_a_percentage_of_few_cases_has_its_count(demo_home: Home) -> None:
    with duckdb.connect(str(demo_home.current / "partner.duckdb"), read_only=True) as con:
        few = con.execute(
            "select replace(sentence, period_label, ''), numerator from marts.assessment_claim "
            "where is_complete and numerator between -19 and 19 "
            "and regexp_matches(sentence, '[0-9]\u00a0%') "
            # A survey's is its rank; what places have no other percentage of is the limit.
            "and aspect not in ('perception', 'hotspot')"
        ).fetchall()
    assert len(few) > 500
    without = [
        sentence
        for sentence, count in few
        if not re.search(rf"(?<![\d.,]){abs(count)}(?![\d.,]*\d)", sentence)
    ]
    assert without == []


def test_claims_of_a_file_are_judged_without_loading_them(demo_home: Home, tmp_path: Path) -> None:
    file = tmp_path / "claims.csv"
    before = demo_home.warehouse_file.stat()

    def checked(rows: list[str]) -> tuple[int, str]:
        file.write_text("\n".join([HEADER, *rows]) + "\n")
        done = CliRunner().invoke(main, ["check-claims", str(file), "--home", str(demo_home.root)])
        return done.exit_code, done.output

    status, said = checked(list(CLAIMS))
    assert status == 1
    for row, verdict in CLAIMS.items():
        assert re.search(rf"^{row[:2]}  {verdict}", said, re.MULTILINE), said
    assert "5 claims: 2 hold, 2 do not, 1 cannot be checked" in said
    status, said = checked([row for row, verdict in CLAIMS.items() if verdict == "holds"])
    assert (status, "2 claims: 2 hold" in said) == (0, True)
    after = demo_home.warehouse_file.stat()
    assert (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)
