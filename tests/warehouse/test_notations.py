"""Dates, times and percentages in the notations that programs write, and those that are refused."""

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.warehouse.partner_files import ask, land, load
from tests.warehouse.test_values import both_ways, quick
from warehouse.contract import Column, load_contract, parse_contract
from warehouse.home import Home
from warehouse.ingest.checking import check_file
from warehouse.reading.checks import cast_sql, state_sql

LONDON = ZoneInfo("Europe/London")
DAYS = ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y")
AT = Column(name="at", description="When it was.", type="datetime")
ON = Column(name="on", description="When it was.", type="date")
UP_TO = Column(name="up_to", description="When it ended.", type="month_end")
moments = st.datetimes(datetime(1990, 4, 1), datetime(2026, 6, 30)).map(
    lambda moment: moment.replace(microsecond=0)
)
offsets = st.integers(-12 * 4, 14 * 4).map(lambda quarters: timedelta(minutes=15 * quarters))
decimals = st.integers(1, 9).flatmap(
    lambda n: st.integers(0, 10**n - 1).map(lambda fraction: f".{fraction:0{n}}")
)
METERED = """
feed: council/reading
title: Readings
publisher: The council
grain: one reading
open_data: false
cadence: monthly
update: {rule: upsert, key: [reading_id], date: read_on}
files: {formats: [csv]}
columns:
  - {name: reading_id, header: [id], required: true, pattern: '.', description: Its number.}
  - {name: read_on, header: [read_on], type: date, required: true, description: The day of it.}
  - {name: seen_at, header: [seen_at], type: datetime, description: When it was seen.}
  - name: share
    header: [share]
    type: decimal
    percentage: {group: [place]}
    description: Share of all, in percent.
  - {name: place, header: [place], description: Where it was.}
  - {name: change, header: [change], type: decimal, percentage: {}, description: Change in percent.}
layouts:
  - {name: plain, format: csv}
"""
HEADER = "id,read_on,seen_at,share,place,change"
CONTRACT = parse_contract(METERED, "council/reading.yml")


def typed(column: Column, *said: str) -> list[object]:
    """The texts as the column reads them."""
    with duckdb.connect(config={"autoload_known_extensions": False}) as con:
        con.execute("create table t as select unnest(?) as said", [list(said)])
        found = con.execute(
            f"select case when {state_sql(column, 'said')} = 'valid' "
            f"then {cast_sql(column, 'said')} end from t"
        ).fetchall()
    return [value for (value,) in found]


def written(moment: datetime, day: str, between: str, seconds: bool, rest: str) -> str:
    clock = f"{moment:%H:%M:%S}{rest}" if seconds else f"{moment:%H:%M}"
    return f"{moment.strftime(day)}{between}{clock}"


@settings(deadline=None, max_examples=25)
@given(
    moment=moments,
    day=st.sampled_from(DAYS),
    between=st.sampled_from([" ", "T"]),
    rest=st.one_of(st.just(""), decimals),
)
@example(moment=datetime(2010, 5, 4, 22, 10), day="%Y-%m-%d", between=" ", rest=".000")
def test_a_time_is_read_as_databases_write_it(
    moment: datetime, day: str, between: str, rest: str
) -> None:
    [full, short] = (written(moment, day, between, seconds, rest) for seconds in (True, False))
    assert typed(AT, full, short) == [moment, moment.replace(second=0)]
    assert typed(ON, full, short) == [moment.date()] * 2


@settings(deadline=None, max_examples=25)
@given(moment=moments, offset=offsets, colon=st.booleans(), rest=st.one_of(st.just(""), decimals))
@example(moment=datetime(2010, 5, 3, 23, 0), offset=timedelta(0), colon=True, rest="")
def test_a_time_of_another_zone_is_put_on_the_clock_of_the_home(
    moment: datetime, offset: timedelta, colon: bool, rest: str
) -> None:
    aware = moment.replace(tzinfo=UTC)
    expected = aware.astimezone(LONDON).replace(tzinfo=None)
    there = aware.astimezone(timezone(offset))
    zone = there.strftime("%z")
    zone = f"{zone[:3]}:{zone[3:]}" if colon else zone
    said = [f"{there:%Y-%m-%dT%H:%M:%S}{rest}{zone}", f"{moment:%Y-%m-%dT%H:%M:%S}{rest}Z"]
    assert typed(AT, *said) == [expected, expected]
    assert typed(ON, *said) == [expected.date()] * 2


def test_a_day_of_midnight_is_the_day() -> None:
    said = ["2010-05-04T00:00:00Z", "2010-05-04 00:00:00.000", "04/05/2010 00:00", "2010-05-04"]
    assert typed(ON, *said) == [date(2010, 5, 4)] * 4
    assert typed(ON, "2010-05-04 25:00", "2010-05-04x", "2010-05-04 10", "4/5/10") == [None] * 4
    assert (
        typed(AT, "2010-05-04", "2010-05-04 22:10.5", "22:10", "2010-05-04 22:10+99:00")
        == [None] * 4
    )


@settings(deadline=None, max_examples=15)
@given(day=st.dates(date(1990, 4, 1), date(2026, 5, 31)))
def test_the_end_of_a_month_is_read_in_every_form(day: date) -> None:
    first = day.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    said = [day.strftime(form) for form in (*DAYS, "%B %Y", "%b %Y", "%Y-%m-%dT00:00:00")]
    assert typed(UP_TO, *said) == [last] * len(said)
    assert typed(UP_TO, f"{day:%d.%m.%Y}", f"{day:%b-%y}", f"{day:%Y}", "soon") == [None] * 4


def file(dates: list[str], times: list[str] | None = None) -> bytes:
    times = times or [""] * len(dates)
    rows = [f"R{n},{day},{time},,," for n, (day, time) in enumerate(zip(dates, times, strict=True))]
    return "\n".join([HEADER, *rows, ""]).encode()


american = st.sampled_from(["%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y"])
clocks = st.sampled_from(["", " 10:00", " 10:00:00 AM", "T10:00:00"])
days = st.lists(st.dates(date(1990, 4, 1), date(2026, 6, 30)), min_size=1, max_size=12)


@settings(quick, max_examples=8)
@given(days=days, late=st.integers(13, 28), form=american, clock=clocks, of_time=st.booleans())
def test_a_column_of_month_and_day_refuses_the_file(
    days: list[date],
    late: int,
    form: str,
    clock: str,
    of_time: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    said = [day.strftime(form) + clock for day in (*days, date(2010, 5, late))]
    plain = ["2010-05-01"] * len(said)
    content = file(plain, said) if of_time and clock else file(said)
    read = both_ways(content, tmp_path_factory.mktemp("american"), CONTRACT)
    refused = read.one.refused
    assert refused is not None
    assert refused.column == ("seen_at" if of_time and clock else "read_on")
    assert "YYYY-MM-DD" in refused.what_to_do
    assert read.rows == []
    assert read.counts == (0, 0, 0, 0)


@settings(quick, max_examples=6)
@given(days=days, wrong=st.sampled_from(["05/28/2010", "31/02/2010", "soon", "05-13-2010"]))
def test_one_mistyped_date_among_days_and_months_rejects_its_row(
    days: list[date], wrong: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    said = [day.strftime("%d/%m/%Y") for day in (*days, date(2010, 5, 13))]
    read = both_ways(file([*said, wrong]), tmp_path_factory.mktemp("mistyped"), CONTRACT)
    assert read.one.refused is None
    assert read.counts == (len(said) + 1, len(said), 1, 0)


def test_unreadable_dates_of_any_other_kind_refuse_nothing(tmp_path: Path) -> None:
    for said in (
        ["05/28/2010", "31/02/2010"],
        ["soon"],
        ["31/02/2010"],
        ["2010-13-05"],
        ["05/06/2010"],
    ):
        assert both_ways(file(said), tmp_path, CONTRACT).one.refused is None


def test_what_is_no_date_among_them_hides_no_months_and_days(tmp_path: Path) -> None:
    """Neither a note nor a serial number makes 05/01/2010 a day in January."""
    for other in ("TBC", "39938", "13"):
        refused = both_ways(file(["05/01/2010", "05/28/2010", other]), tmp_path, CONTRACT)
        assert "month/day/year" in str(refused.one.refused)


def shares(rows: list[tuple[str, str]]) -> bytes:
    lines = [f"R{n},2010-05-01,,{share},{place}," for n, (place, share) in enumerate(rows)]
    return "\n".join([HEADER, *lines, ""]).encode()


numbers = st.one_of(
    st.sampled_from(["0", "1", "0.0", "1.5", "17", "", "NULL", "0.5%", "0.2 %", "99%"]),
    st.floats(0, 1).map(lambda x: f"{x:.3f}"),
)


@settings(quick, max_examples=15)
@given(rows=st.lists(st.tuples(st.sampled_from("AB"), numbers), min_size=1, max_size=8))
@example(rows=[("A", "0.17"), ("A", "1")])
@example(rows=[("A", "0"), ("B", "17")])
@example(rows=[("A", "0.5%"), ("A", "0.9%")])
def test_percentages_of_a_group_that_are_all_fractions_refuse_the_file(
    rows: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    stated = [(place, float(said)) for place, said in rows if said and said[-1] not in "%L"]
    groups = [[number for at, number in stated if at == place] for place in "AB"]
    wrong = any(group and max(group) <= 1 and max(group) > 0 for group in groups)
    read = both_ways(shares(rows), tmp_path_factory.mktemp("shares"), CONTRACT)
    assert (read.one.refused is not None) == wrong
    if read.one.refused:
        assert read.one.refused.column == "share"
        assert read.one.refused.line is not None
        assert "0.5%" in read.one.refused.what_to_do
    else:
        assert read.counts[:2] == (len(rows), len(rows))


@pytest.mark.parametrize(
    ("change", "refused"),
    [("-0.05", True), ("0.999", True), ("-1", False), ("1", False), ("0", False), ("-10", False),
     ("-0.5%", False), ("0.05 %", False), ("", False)],
)  # fmt: skip
def test_a_change_alone_is_a_fraction_below_one(change: str, refused: bool, tmp_path: Path) -> None:
    content = f"{HEADER}\nR1,2010-05-01,,,,-8\nR2,2010-05-01,,,,{change}\n".encode()
    read = both_ways(content, tmp_path, CONTRACT)
    assert (read.one.refused is not None) == refused
    assert read.one.refused is None or read.one.refused.line == 3


def test_a_percent_sign_is_read_and_no_part_of_the_number(home: Home) -> None:
    header = "target_id,indicator_id,area_code,baseline_label,target_percent,period_end"
    row = "T{},all_crime,E07000129,2007/08,{},2011-03-31"
    land(
        home,
        "partnership/target",
        "t.csv",
        [header, *(row.format(n, said) for n, said in enumerate(["-0.5%", "-10 %", "-10"]))],
    )
    load(home)
    found = ask(
        home, "select target_percent from raw.partnership__target__typed order by _line_number"
    )
    assert found == [(-0.5,), (-10.0,), (-10.0,)]


BENCHMARK = "12 months ending,PFA,Region,Offence,Rolling year total number of offences"


def benchmark(home: Home, name: str, *ends: str) -> None:
    rows = [f"{end},Leicestershire,East Midlands,Robbery,5" for end in ends]
    land(home, "reference/recorded_crime_benchmark", name, [BENCHMARK, *rows])


def test_a_period_that_cannot_be_read_rejects_its_row(home: Home) -> None:
    benchmark(home, "a.csv", "31-12-2018", "31/12/2018", "2018-12-31", "December 2018", "31.12.18")
    benchmark(home, "b.csv", "NULL", "", "soon", "31/12/2999")
    load(home)
    assert ask(
        home, "select distinct period_end from raw.reference__recorded_crime_benchmark__typed"
    ) == [(date(2018, 12, 31),)]
    assert ask(
        home,
        "select file_name, list(line_number order by line_number), any_value(column_name) "
        "from quality.rejected_row group by all order by all",
    ) == [
        ("a.csv", [6], "12 months ending"),
        ("b.csv", [2, 3, 4, 5], "12 months ending"),
    ]


def test_a_period_above_the_header_that_cannot_be_read_refuses_the_file(tmp_path: Path) -> None:
    header = (
        "Police Force Area code,Police Force Area name,Community Safety Partnership code,"
        "Community Safety Partnership name,Local Authority code,Local Authority name,Robbery"
    )
    path = tmp_path / "c2.csv"
    for month, good in (("June", True), ("Octember", False)):
        path.write_text(
            f"Table C2: offences in the year ending {month} 2018\n{header}\n"
            "E23000021,Leicestershire,E22000077,Blaby,E07000129,Blaby,12\n"
        )
        [found] = check_file(path, load_contract("reference/recorded_crime_benchmark")).files
        assert (found.refused is None) == good
        assert good or "cannot be read" in str(found.refused)
