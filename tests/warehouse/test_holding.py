"""A file that takes away more than it brings is held, until it is accepted or withdrawn."""

import csv
from collections.abc import Iterable
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.warehouse import partner_files
from tests.warehouse.processes import kills_survived
from tests.warehouse.street_files import (
    FEED,
    FORCE,
    LONG_AGO,
    SETTINGS,
    ask,
    land,
    member,
    night,
    row,
    street_csv,
    street_zip,
)
from warehouse import ddl, status
from warehouse.contract import Update
from warehouse.home import Home
from warehouse.home_tables import WAIVERS
from warehouse.ingest import holding
from warehouse.ingest.file_months import listed, stated_months
from warehouse.ingest.holding import LEAST_FEWER, LEAST_SHARE, Place, why_fewer, why_held
from warehouse.ingest.withdrawal import change_force
from warehouse.publication import input_state

APRIL, MAY = date(2020, 4, 1), date(2020, 5, 1)
MONTHLY = Update(rule="replace_by_period", key=("falls_within",), month="month")
DATED = Update(rule="upsert", key=("report_id",), date="reported_date")


def rows(count: int, month: str = "2020-04", first: int = 0) -> list[str]:
    return [row(first + number, month) for number in range(count)]


def files(home: Home) -> dict[str, str]:
    """The status of each file, by name."""
    found = ask(home, "SELECT file_name, status FROM quality.load_audit ORDER BY file_id")
    return {str(name): str(state) for name, state in found}


def in_force(home: Home) -> dict[str, tuple[object, object]]:
    """File and rows of each month in force."""
    return {
        str(month): (name, count)
        for month, name, count in ask(
            home,
            "SELECT strftime(month, '%Y-%m'), file_name, row_count FROM raw.period_in_force",
        )
    }


def events(home: Home) -> list[tuple[object, ...]]:
    return ask(home, "SELECT event, status_before, who, reason FROM quality.file_event")


def waive(home: Home, check_ids: Iterable[str], ceiling: int = 1, days: int = 9) -> None:
    """Write the home's waivers as the message proposes them."""
    with home.waivers_file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(WAIVERS.columns)
        last = date.today() + timedelta(days=days)
        writer.writerows([check, ceiling, "the force says so", "A. Analyst", last]
                         for check in check_ids)  # fmt: skip


def held_checks(home: Home) -> list[str]:
    with ddl.open_warehouse(home, SETTINGS) as con:
        return [file.check_id for file in holding.held_files(con)]


def state(home: Home) -> str:
    with closing(ddl.open_warehouse(home, SETTINGS)) as con:
        return input_state(home, SETTINGS, con)


@given(st.integers(0, 400), st.integers(0, 400))
def test_fewer_are_a_tenth_of_the_rows_and_ten_of_them(new: int, old: int) -> None:
    place: Place = (FORCE, APRIL)
    is_held = bool(why_fewer({place: new}, {place: old}))
    assert is_held == (new < LEAST_SHARE * old and old - new >= LEAST_FEWER)
    assert not why_fewer({place: new}, {})
    assert not why_fewer({}, {place: old}), "what it does not hold it does not replace"


def test_the_reason_has_the_months_and_the_rows() -> None:
    places: list[Place] = [(FORCE, date(2020, month, 1)) for month in range(1, 7)]
    new, old = dict.fromkeys(places, 4_485), dict.fromkeys(places, 8_956)
    said = why_fewer(new, old)
    assert said.startswith(f"{FORCE} 2020-01: 4,485 rows instead of 8,956, ")
    assert said.endswith(", and 3 more")
    assert why_held(MONTHLY, "2019-03-x.csv", {}, {}, {APRIL}) == (
        "its name says 2019-03, its rows are of 2020-04"
    )
    assert why_fewer({("", None): 5}, {("", None): 50}) == "the whole list: 5 rows instead of 50"


@pytest.mark.parametrize(
    ("name", "readings"),
    [
        ("2019-03-leicestershire-street.csv", [["2019-03"]]),
        ("crimes_2010-04_to_2010-06.csv", [["2010-04", "2010-05", "2010-06"]]),
        ("all-2018-10-to-2018-11.zip", [["2018-10", "2018-11"]]),
        ("a 2019-03 and 2019-05.csv", [["2019-03", "2019-05"]]),
        ("all-2018-10-to-2018-11.zip/2018-10/2018-10-kent-street.csv", [["2018-10"]]),
        ("2019-03.zip/2018-10/street.csv", [["2018-10"]]),
        # An archive's name is of all its members.
        ("2019-03.zip/street.csv", []),
        ("sent 2019-03-31.csv", []),
        ("crimes_2010-13.csv", []),
        ("crimes_12010-04.csv", []),
        ("crimes.csv", []),
    ],
)
def test_a_name_states_the_months_it_says(name: str, readings: list[list[str]]) -> None:
    found = stated_months(name)
    assert [sorted(f"{month:%Y-%m}" for month in each) for each in found] == readings


def test_a_name_may_state_a_financial_year() -> None:
    month, year = stated_months("hate 2010-11.csv")
    assert listed(month) == "2010-11"
    assert listed(year) == "2010-04 to 2011-03"
    assert not why_held(DATED, "hate 2010-11.csv", {}, {}, {date(2011, 2, 1)})
    assert why_held(DATED, "hate 2010-11.csv", {}, {}, {date(2011, 4, 1)})


months = st.dates(date(2000, 1, 1), date(2029, 12, 1)).map(lambda day: day.replace(day=1))


@given(months, st.sets(months, max_size=4))
def test_months_of_the_name_are_asked_for_by_the_feed_s_rule(named: date, held: set[date]) -> None:
    ambiguous = named.month == (named.year + 1) % 100
    if ambiguous:
        return
    name = f"{named:%Y-%m}-street.csv"
    assert bool(why_held(MONTHLY, name, {}, {}, held)) == bool(held and held != {named})
    assert bool(why_held(DATED, name, {}, {}, held)) == bool(held and named not in held)
    assert not why_held(Update(rule="snapshot"), name, {}, {}, held)


def test_half_a_month_under_another_name_is_held_and_withdrawn(home: Home) -> None:
    whole = street_csv(rows(40))
    land(home, "2020-04-a.csv", whole)
    night(home)
    before = state(home)
    land(home, "2019-03-a.csv", street_csv(rows(20)), LONG_AGO + 1)
    feed = night(home).feeds[FEED]
    assert (feed.loaded, feed.held, feed.accepted) == (0, 1, 20)
    assert "its name says 2019-03, its rows are of 2020-04" in feed.messages[0]
    assert f"{FORCE} 2020-04: 20 rows instead of 40" in feed.messages[0]
    assert in_force(home) == {"2020-04": ("2020-04-a.csv", 40)}
    assert ask(home, "SELECT count(*) FROM raw.police__street_crime") == [(60,)]
    assert (home.archive / FEED / "2019-03-a.csv").is_file()
    held = state(home)
    assert held != before
    assert not night(home).changed
    assert state(home) == held
    with ddl.open_warehouse(home, SETTINGS) as con:
        status.record(home, con)
    [told] = status.read(home)["held"]
    assert (told["feed"], told["file"]) == (FEED, "2019-03-a.csv")

    assert change_force(home, "2019-03-a.csv", reason="half of it", record=status.record) == [
        f"Withdrawn: {FEED}/2019-03-a.csv",
        "  What is in force stays as it was.",
    ]
    assert files(home) == {"2020-04-a.csv": "loaded", "2019-03-a.csv": "withdrawn"}
    assert [(event, before) for event, before, _, _ in events(home)] == [
        ("held", "loaded"), ("withdrawn", "held"),
    ]  # fmt: skip
    assert events(home)[1][3] == "half of it"
    assert state(home) != held
    assert status.read(home)["held"] == []


def test_a_first_file_is_never_held_for_its_rows(home: Home) -> None:
    land(home, "a.csv", street_csv(rows(1)))
    land(home, "b.csv", street_csv(rows(3, "2020-05")), LONG_AGO + 1)
    night(home)
    assert set(files(home).values()) == {"loaded"}


def test_a_file_older_than_what_is_in_force_takes_nothing_away(home: Home) -> None:
    land(home, "new.csv", street_csv(rows(40)), LONG_AGO + 9)
    night(home)
    land(home, "old.csv", street_csv(rows(5)))
    night(home)
    assert files(home)["old.csv"] == "loaded"
    assert in_force(home) == {"2020-04": ("new.csv", 40)}


def test_a_waiver_puts_a_held_file_into_force_for_good(home: Home) -> None:
    land(home, "a.csv", street_csv(rows(40)))
    land(home, "b.csv", street_csv(rows(20)), LONG_AGO + 1)
    night(home)
    [check] = held_checks(home)
    for ceiling, days in ((0, 9), (1, -1)):
        waive(home, [check], ceiling, days)
        night(home)
        assert files(home)["b.csv"] == "held", "a waiver that bears nothing, or has expired"
    waive(home, [check])
    result = night(home)
    assert result.changed
    assert result.feeds[FEED].accepted_files == 1
    assert in_force(home) == {"2020-04": ("b.csv", 20)}
    assert events(home)[-1] == ("accepted", "held", "A. Analyst", "the force says so")
    with ddl.open_warehouse(home, SETTINGS) as con:
        [kept] = holding.checks(con, "run")
        assert (kept.check_id, kept.status) == (check, "pass")
    home.waivers_file.unlink()
    assert not night(home).changed
    assert in_force(home) == {"2020-04": ("b.csv", 20)}
    with ddl.open_warehouse(home, SETTINGS) as con:
        assert holding.checks(con, "run") == []


def test_a_held_file_fails_a_check_of_its_own_that_says_what_to_do(home: Home) -> None:
    land(home, "a.csv", street_csv(rows(40)))
    land(home, "b c.csv", street_csv(rows(20)), LONG_AGO + 1)
    night(home)
    with ddl.open_warehouse(home, SETTINGS) as con:
        [result] = holding.checks(con, "run")
        [file] = holding.held_files(con)
    assert (result.status, result.severity, result.failed_records) == ("fail", "warning", 1)
    assert result.check_id == f"held.police.street_crime.{file.sha256[:12]}"
    assert f"csp withdraw '{FEED}/b c.csv'" in str(result.message)
    # The line that the message proposes is a waiver.
    line = str(result.message).split("`")[1]
    home.waivers_file.write_text(",".join(WAIVERS.columns) + f"\n{line}\n", encoding="utf-8")
    night(home)
    assert files(home)["b c.csv"] == "loaded"


def test_members_of_a_zip_are_held_one_by_one(home: Home) -> None:
    april, may = street_csv(rows(40)), street_csv(rows(40, "2020-05"))
    land(home, "all.zip", street_zip({member("2020-04"): april, member("2020-05"): may}))
    night(home)
    less = street_zip(
        {
            member("2020-04"): street_csv(rows(20)),
            member("2020-05"): street_csv(rows(39, "2020-05")),
            member("2020-06"): street_csv(rows(39, "2020-05", 50)),
        }
    )
    land(home, "again.zip", less, LONG_AGO + 1)
    result = night(home)
    assert (result.feeds[FEED].loaded, result.feeds[FEED].held) == (1, 2)
    assert {name: state for name, state in files(home).items() if name.startswith("again")} == {
        f"again.zip/{member('2020-04')}": "held",
        f"again.zip/{member('2020-05')}": "loaded",
        f"again.zip/{member('2020-06')}": "held",
    }
    lines = change_force(home, "again.zip")
    assert lines[:3] == [f"Withdrawn: {FEED}/again.zip/{member(f'2020-0{m}')}" for m in (4, 5, 6)]
    assert lines[3:] == [f"  {FORCE} 2020-05: 39 → 40 rows, from all.zip/{member('2020-05')}"]
    assert in_force(home)["2020-05"] == (f"all.zip/{member('2020-05')}", 40)


def reports(numbers: range, month: str = "2010-05") -> list[str]:
    return [
        "report_id,reported_date,source,kind,district_code",
        *(f"R{number},{month}-03,police,offence,E07000129" for number in numbers),
    ]


def test_a_file_of_keyed_rows_takes_none_away(home: Home) -> None:
    partner_files.land(home, "hate/report", "a 2010-05.csv", reports(range(50)))
    partner_files.load(home)
    partner_files.land(home, "hate/report", "b 2010-05.csv", reports(range(3)))
    partner_files.land(home, "hate/report", "c 2010-07.csv", reports(range(4)))
    partner_files.load(home)
    assert files(home) == {
        "a 2010-05.csv": "loaded", "b 2010-05.csv": "loaded", "c 2010-07.csv": "held",
    }  # fmt: skip


def names(count: int) -> list[str]:
    return [
        "lsoa_code,local_name",
        *(f"E0102{n:04d},Place {n}" for n in range(count)),
    ]


def test_a_snapshot_of_fewer_rows_is_held(home: Home) -> None:
    partner_files.land(home, "reference/area_name", "a.csv", names(100))
    partner_files.load(home)
    partner_files.land(home, "reference/area_name", "b.csv", names(80), LONG_AGO + 1)
    partner_files.load(home)
    [(reason,)] = ask(home, "SELECT reason FROM quality.load_audit WHERE status = 'held'")
    assert reason == "the whole list: 80 rows instead of 100"
    partner_files.land(home, "reference/area_name", "c.csv", names(95), LONG_AGO + 2)
    partner_files.load(home)
    assert files(home)["c.csv"] == "loaded"


def test_a_snapshot_is_compared_with_its_own_key(home: Home) -> None:
    def classes(version: str, count: int) -> list[str]:
        return [
            "lsoa_code,class_version,class_code,class_name",
            *(f"E0102{number:04d},{version},1,One" for number in range(count)),
        ]

    for when, (name, lines) in enumerate(
        {"a.csv": classes("2001", 60), "b.csv": classes("2011", 30), "c.csv": classes("2011", 15)}
        .items()
    ):  # fmt: skip
        partner_files.land(home, "reference/output_area_class", name, lines, LONG_AGO + when)
        partner_files.load(home)
    assert files(home) == {"a.csv": "loaded", "b.csv": "loaded", "c.csv": "held"}


def test_estimates_of_fewer_districts_add_to_the_series(home: Home) -> None:
    def estimates(count: int, *years: int) -> list[str]:
        people = ",".join("9" for _ in years)
        return [
            ",".join(["ladcode20,laname20,country", *(f"population_{year}" for year in years)]),
            *(f"E0700{number:04d},District {number},E,{people}" for number in range(count)),
        ]

    feed = "reference/district_population"
    for when, (name, lines) in enumerate(
        {"a.csv": estimates(60, 2001, 2002), "b.csv": estimates(2, 2002, 2003)}.items()
    ):
        partner_files.land(home, feed, name, lines, LONG_AGO + when)
        partner_files.load(home)
    assert files(home) == {"a.csv": "loaded", "b.csv": "loaded"}
    # Of a district the newest file replaces the years that it has, and no others.
    assert change_force(home, "a.csv")[1] == (
        "  E07000000 2001: 1 → 0 rows, no file is left for it"
    )
    change_force(home, "a.csv", back=True)
    assert change_force(home, "b.csv")[1:] == [
        f"  E0700000{number} {year}: 1 → {given}"
        for number in (0, 1)
        for year, given in ((2002, "1 rows, from a.csv"), (2003, "0 rows, no file is left for it"))
    ]


def prepare(home: Home) -> None:
    """A displaced file, a withdrawn and an accepted one, and what comes next landed."""
    land(home, "a.csv", street_csv(rows(40)))
    land(home, "b.csv", street_csv(rows(41)), LONG_AGO + 1)
    land(home, "c.csv", street_csv(rows(10)), LONG_AGO + 2)
    land(home, "d.csv", street_csv(rows(40, "2020-05")), LONG_AGO + 3)
    night(home)
    change_force(home, "d.csv")
    waive(home, held_checks(home))
    land(home, "a again.csv", street_csv(rows(40)), LONG_AGO + 4)
    land(home, "d again.csv", street_csv(rows(40, "2020-05")), LONG_AGO + 5)
    land(home, "2019-03.csv", street_csv(rows(39)), LONG_AGO + 6)


def outcome(home: Home) -> list[object]:
    assert files(home) == {
        "a.csv": "loaded", "b.csv": "loaded", "c.csv": "loaded", "d.csv": "loaded",
        "a again.csv": "duplicate", "d again.csv": "duplicate", "2019-03.csv": "held",
    }  # fmt: skip
    assert in_force(home) == {"2020-04": ("a.csv", 40), "2020-05": ("d.csv", 40)}
    return [
        [event[:2] for event in events(home)],
        sorted(path.name for path in (home.archive / FEED).iterdir()),
        list((home.landing / FEED).iterdir()),
    ]


def test_killed_at_any_step_the_next_run_finishes(tmp_path: Path) -> None:
    assert kills_survived(tmp_path, prepare, outcome) >= 3 * 6


def test_a_waiver_accepts_once_what_was_withdrawn_since_needs_another(home: Home) -> None:
    land(home, "whole.csv", street_csv(rows(40)))
    land(home, "half.csv", street_csv(rows(20)), LONG_AGO + 1)
    night(home)
    waive(home, held_checks(home))
    night(home)
    assert files(home)["half.csv"] == "loaded"
    change_force(home, "half.csv")
    land(home, "half again.csv", street_csv(rows(20)), LONG_AGO + 2)
    night(home)
    assert files(home)["half.csv"] == "held"
    result = night(home)
    assert files(home)["half.csv"] == "held"
    assert in_force(home) == {"2020-04": ("whole.csv", 40)}
    assert result.feeds[FEED].loaded == 0
