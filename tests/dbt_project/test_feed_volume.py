"""The band that a feed's history gives: what is usual lies within, a tenth of it far below."""

import random
from collections.abc import Sequence
from datetime import date

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dbt_project.rendering import model

FIRST = date(2006, 4, 1)
Row = dict[str, object]


def months(count: int) -> list[date]:
    """So many first days of months, from April 2006 on."""
    return [date(2006 + (3 + n) // 12, (3 + n) % 12 + 1, 1) for n in range(count)]


def volume(
    counts: Sequence[int | None],
    loaded: str = "2020-01-01",
    rule: str = "upsert",
    corrected: tuple[date, str] | None = None,
) -> list[Row]:
    """The model's rows for a feed that brought so many rows a month; None was not received.

    corrected: a month of which rows came again, and when.
    """
    with duckdb.connect() as con:
        con.execute(
            "create table feed as select 'police/incident' as feed, 'police' as partner, "
            f"'incident' as name, '{rule}' as update_rule"
        )
        con.execute(
            "create table held (feed varchar, period_key varchar, month date, loaded_at timestamp)"
        )
        con.execute(
            "create view period_in_force as select feed, period_key, month, "
            "max(loaded_at) as last_loaded_at from held group by all"
        )
        hold = "insert into held values ('police/incident', '', ?, ?)"
        con.execute(
            "create table feed_month_file "
            "(feed varchar, source varchar, month date, records bigint)"
        )
        for month, records in zip(months(len(counts)), counts, strict=True):
            if records is None:
                continue
            con.execute(hold, [month, loaded])
            if records:
                con.execute(
                    "insert into feed_month_file values ('police/incident', 'police', ?, ?)",
                    [month, records],
                )
        if corrected:
            month, when = corrected
            con.execute(hold, [month, when])
        con.execute(f"select * from ({model('feed_volume')}) order by month")
        names = [column[0] for column in con.description or []]
        return [dict(zip(names, row, strict=True)) for row in con.fetchall()]


def statuses(counts: Sequence[int | None]) -> list[str]:
    return [str(row["status"]) for row in volume(counts)]


def test_six_months_of_history_give_a_band() -> None:
    found = volume([100] * 8)
    assert [row["status"] for row in found] == ["not applicable"] * 6 + ["within"] * 2
    assert found[5]["blocking_low"] is None
    assert found[6]["expected_records"] == pytest.approx(100)


@pytest.mark.parametrize("usual", [15, 40, 300, 20_000])
def test_a_tenth_and_tenfold_lie_far_outside(usual: int) -> None:
    history = [usual + (n % 5) - 2 for n in range(24)]
    assert statuses([*history, usual // 10])[-1] == "far below"
    assert statuses([*history, usual * 10])[-1] == "far above"
    assert statuses([*history, usual])[-1] == "within"


def test_a_month_received_without_a_row_is_no_row_of_nothing() -> None:
    found = volume([200] * 12 + [0])
    assert (found[-1]["records"], found[-1]["status"]) == (0, "far below")


def test_a_month_not_received_is_for_coverage_to_say() -> None:
    found = volume([200] * 12 + [None, 200])
    assert [row["month"] for row in found] == [*months(12), months(14)[-1]]
    assert found[-1]["status"] == "within"


def test_a_month_that_has_not_ended_is_not_judged() -> None:
    found = volume([200] * 12 + [30], loaded="2007-04-05")
    assert [row["month"] for row in found] == months(12)
    assert volume([200] * 12 + [30], loaded="2007-05-01")[-1]["status"] == "far below"


def test_a_correction_of_an_earlier_month_does_not_make_a_part_of_one_whole() -> None:
    """An extract of 5 April holds some of April; in May a correction of January comes first."""
    sent = [200] * 12 + [30]
    found = volume(sent, loaded="2007-04-05", corrected=(months(10)[-1], "2007-05-05"))
    assert [row["month"] for row in found] == months(12)
    found = volume(sent, loaded="2007-04-05", corrected=(months(13)[-1], "2007-05-05"))
    assert found[-1]["status"] == "far below"


def test_two_earlier_years_know_the_season() -> None:
    """Summers of 900 and winters of 250: a summer's count in winter is unusual, and only there."""
    season = [300, 400, 600, 800, 900, 800, 600, 400, 300, 250, 250, 280]
    found = volume(season * 5)
    assert {row["status"] for row in found[36:]} == {"within"}
    assert found[40]["is_seasonal"]
    assert not found[30]["is_seasonal"]
    odd = [*season * 4, *season[:10], 900]
    assert statuses(odd)[-1].endswith("above")
    assert volume(odd)[-1]["expected_records"] == pytest.approx(250, rel=0.2)


def test_one_odd_year_makes_no_rule() -> None:
    """A month at a tenth two years ago neither excuses another nor makes a usual one unusual."""
    usual = [1000 + (n % 3) for n in range(12)]
    odd = [*usual[:6], 100, *usual[7:]]
    for history in ([*usual, *odd], [*odd, *usual], [*usual, *odd, *usual], [*usual, *usual, *odd]):
        assert statuses([*history, *usual[:6], 1000])[-1] == "within"
        assert statuses([*history, *usual[:6], 100])[-1] == "far below"


def test_after_a_long_gap_there_is_no_band_until_half_a_year_is_known() -> None:
    found = volume([1000] * 18 + [None] * 13 + [5, 1000, 1000])
    assert [row["status"] for row in found[-3:]] == ["not applicable"] * 3
    assert found[-1]["warning_low"] is found[-1]["blocking_low"] is None


@pytest.mark.parametrize("usual", [30, 950])
def test_a_tenth_blocks_however_noisy_the_feed(usual: int) -> None:
    rng = random.Random(3)
    noisy = [max(1, round(usual * rng.choice((0.6, 0.8, 1, 1.2, 1.5)))) for _ in range(36)]
    assert statuses([*noisy, usual // 10])[-1] == "far below"


def test_of_a_yearly_snapshot_no_month_is_judged() -> None:
    assert volume([0] * 11 + [500], rule="snapshot") == []


@settings(max_examples=25, deadline=None)
@given(level=st.integers(30, 5000), seed=st.integers(0, 10_000), growth=st.floats(0.985, 1.015))
def test_a_poisson_history_with_a_slow_trend_never_blocks(
    level: int, seed: int, growth: float
) -> None:
    rng = random.Random(seed)
    counts = [
        max(0, round(rng.gauss(level * growth**n, (level * growth**n) ** 0.5))) for n in range(48)
    ]
    assert not [status for status in statuses(counts) if status.startswith("far")]
