"""Which months a partner's extract covers: those of its rows, and those that its name promises."""

from datetime import date

import pytest

from tests.warehouse.partner_files import ask, land, load
from warehouse.home import Home
from warehouse.ingest.ledger import promised_months

MONTHS = (
    "select strftime(month, '%Y-%m'), row_count from raw.load_period "
    "where feed = '{feed}' order by 1"
)
CRIMES = "crime_ref,recorded_date,offence_code"


@pytest.mark.parametrize(
    ("name", "months"),
    [
        ("crimes_2010-11_to_2011-02.csv", ["2010-11", "2010-12", "2011-01", "2011-02"]),
        ("a.zip/2010-04_to_2010-04.csv", ["2010-04"]),
        ("crimes_2010-04.csv", []),
        ("crimes_2010-13_to_2011-02.csv", []),
        ("crimes_2011-02_to_2010-11.csv", []),
        ("crimes_2010-11_to_9999-12.csv", []),
        ("crimes_120100-04_to_2010-05.csv", []),
        ("crimes_2010-04_to_2010-051.csv", []),
    ],
)
def test_a_name_promises_the_months_it_says(name: str, months: list[str]) -> None:
    assert [f"{month:%Y-%m}" for month in promised_months(name)] == months


def test_months_are_those_of_the_rows_and_of_the_name(home: Home) -> None:
    land(
        home,
        "police/recorded_crime",
        "crimes_2010-04_to_2010-06.csv",
        [CRIMES, "C1,02/04/2010,8G", "C2,2010-04-30,8G", "C3,01-06-2010,8G", "C4,2010-08-01,8G"],
    )
    load(home)
    assert ask(home, MONTHS.format(feed="police/recorded_crime")) == [
        ("2010-04", 2),
        ("2010-05", 0),
        ("2010-06", 1),
        ("2010-08", 1),
    ]


def test_a_caseload_covers_every_month_of_its_year(home: Home) -> None:
    land(
        home,
        "probation/caseload",
        "c.csv",
        ["offender_id,period_start,period_end,district_code,reoffended",
         "O1,2009-04-01,2010-03-31,E07000129,N", "O2,2009-04-01,2010-03-31,E07000129,Y"],
    )  # fmt: skip
    load(home)
    rows = ask(home, MONTHS.format(feed="probation/caseload"))
    assert len(rows) == 12
    assert (rows[0], rows[-1]) == (("2009-04", 2), ("2010-03", 2))


def test_a_caseload_that_goes_on_covers_no_month_to_come(home: Home) -> None:
    land(
        home,
        "probation/caseload",
        "c.csv",
        ["offender_id,period_start,period_end,district_code,reoffended",
         "O1,2026-04-01,2999-12-31,E07000129,N"],
    )  # fmt: skip
    load(home)
    [(first, last, this)] = ask(
        home,
        "select min(month), max(month), date_trunc('month', current_date)::date "
        "from raw.load_period where feed = 'probation/caseload'",
    )
    assert (first, last) == (date(2026, 4, 1), this)


def test_no_month_to_come_is_received(home: Home) -> None:
    """A caseload of a year that goes on; the months after this one have not begun."""
    this_year = date.today().year
    land(
        home,
        "probation/caseload",
        "c.csv",
        ["offender_id,period_start,period_end,district_code,reoffended",
         f"O1,{this_year}-01-01,{this_year + 2}-12-31,E07000129,N"],
    )  # fmt: skip
    load(home)
    [(last,)] = ask(home, "select max(month) from raw.load_period")
    assert last <= date.today()
    assert ask(home, "select count(*) from raw.load_period") == [(date.today().month,)]


def test_feeds_without_a_time_cover_no_month(home: Home) -> None:
    land(
        home,
        "survey/perception",
        "s_2010-04_to_2011-03.csv",
        ["survey,wave,fieldwork_end,question_id,area_code,base,percent",
         "PLACE,2010,2010-12-01,NI42,E10000018,1000,21.5"],
    )  # fmt: skip
    load(home)
    assert ask(home, "select count(*) from raw.load_period") == [(0,)]


def test_whatever_time_is_accepted_has_a_month(home: Home) -> None:
    """Also a day and month without their zeros, as spreadsheets write them."""
    times = ["5/4/2010 9:10", "2010-4-5 09:10", "05-04-2010 09:10:11"]
    land(
        home,
        "police/incident",
        "i.csv",
        ["incident_no,created_at,category", *(f"I{n},{t},Other" for n, t in enumerate(times))],
    )
    load(home)
    assert ask(home, MONTHS.format(feed="police/incident")) == [("2010-04", 3)]
