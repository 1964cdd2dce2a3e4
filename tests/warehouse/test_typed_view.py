"""The typed view reads every column as its contract says, and sorts every text into one bucket."""

import csv
import io
from datetime import date, datetime
from typing import Any

import duckdb

from tests.warehouse.partner_files import ask, land, load
from warehouse.contract import load_contract
from warehouse.home import Home
from warehouse.reading.checks import field_bucket_sql

HATE = (
    "report_id,reported_date,source,kind,strands,victim_gender,victim_age,victim_ethnicity,"
    "district_code"
)


def typed(home: Home, column: str, texts: list[str]) -> list[tuple[Any, str]]:
    """Value and bucket of a column of hate/report for each text, one row each."""
    names = HATE.split(",")
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    for number, text in enumerate(texts):
        fixed = {"report_id": f"R{number}", "reported_date": "2010-04-01", "source": "police",
                 "kind": "offence", "district_code": "E07000129", column: text}  # fmt: skip
        rows.writerow([fixed.get(name, "") for name in names])
    land(home, "hate/report", "r.csv", [HATE, *out.getvalue().splitlines()])
    load(home)
    return ask(
        home, f"select {column}, {column}_bucket from raw.hate__report__typed order by _line_number"
    )  # type: ignore[return-value]


def test_ages_run_from_0_to_120(home: Home) -> None:
    found = typed(home, "victim_age", ["0", "120", "121", "430", "-1", "34.0", "x", "", "N/K"])
    assert found == [
        (0, "valid"), (120, "valid"), (None, "invalid"), (None, "invalid"), (None, "invalid"),
        (34, "valid"), (None, "invalid"), (None, "missing"), (None, "not stated"),
    ]  # fmt: skip


def test_years_have_four_digits_and_numbers_an_end(home: Home) -> None:
    land(
        home,
        "police/recorded_crime",
        "c.csv",
        ["crime_ref,recorded_date,offence_code,committed_from",
         "C1,2010-04-01,8G,01/04/10 10:00", "C2,2010-04-01,8G,01/04/2010 10:00"],
    )  # fmt: skip
    load(home)
    found = ask(
        home,
        "select committed_from_bucket from raw.police__recorded_crime__typed order by _line_number",
    )
    assert found == [("invalid",), ("valid",)]
    number = load_contract("partnership/target").column("baseline_value")
    with duckdb.connect() as con:
        for text, bucket in (("5620", "valid"), ("9" * 400, "invalid"), ("1e999", "invalid")):
            sql = f"select {field_bucket_sql(number, 'text')} from (select ? as text)"
            assert con.execute(sql, [text]).fetchone() == (bucket,)


def test_values_are_read_in_any_case_and_spelled_as_agreed(home: Home) -> None:
    found = typed(home, "victim_gender", ["male", "FEMALE", " Other ", "M", "refused", "99", ""])
    assert found == [
        ("Male", "valid"), ("Female", "valid"), ("Other", "valid"), (None, "invalid"),
        (None, "not stated"), (None, "not stated"), (None, "missing"),
    ]  # fmt: skip


def test_several_strands_are_read_and_the_known_kept(home: Home) -> None:
    found = typed(
        home, "strands", ["racial", "Racial; religious;racial", "racial;martian", ";", "-", ""]
    )
    assert found == [
        (["racial"], "valid"), (["racial", "religious"], "valid"), (["racial"], "invalid"),
        ([], "invalid"), (None, "not stated"), (None, "missing"),
    ]  # fmt: skip


def test_dates_and_times_are_read_in_every_agreed_form(home: Home) -> None:
    times = ["2010-04-05 09:10", "05/04/2010 09:10:11", "05-04-2010 09:10", "2010-04-05T09:10"]
    land(
        home,
        "police/incident",
        "i.csv",
        ["incident_no,created_at,category",
         *(f"I{n},{when},Other" for n, when in enumerate([*times, "2010-04-05", "31/02/2010 10:00",
                                                          "2999-01-01 10:00"]))],
    )  # fmt: skip
    load(home)
    found = ask(home, "select created_at from raw.police__incident__typed order by _line_number")
    assert [row[0] for row in found] == [
        datetime(2010, 4, 5, 9, 10),
        datetime(2010, 4, 5, 9, 10, 11),
        datetime(2010, 4, 5, 9, 10),
        datetime(2010, 4, 5, 9, 10),
    ]
    assert ask(home, "select count(*) from quality.rejected_row") == [(3,)]


def test_flags_and_optional_dates(home: Home) -> None:
    land(
        home,
        "police/recorded_crime",
        "c.csv",
        ["crime_ref,recorded_date,offence_code,cancelled_date,alcohol_flag,lsoa_code",
         "A,2010-04-01,8G,01/05/2010,y,E01025613", "B,2010-04-01,8G,soon,N,E01",
         "C,2010-04-01,8G,,U,N/K"],
    )  # fmt: skip
    load(home)
    assert ask(
        home,
        "select cancelled_date, cancelled_date_bucket, alcohol_flag, alcohol_flag_bucket, "
        "lsoa_code_bucket from raw.police__recorded_crime__typed order by _line_number",
    ) == [
        (date(2010, 5, 1), "valid", True, "valid", "valid"),
        (None, "invalid", False, "valid", "invalid"),
        (None, "not applicable", None, "not stated", "not stated"),
    ]
