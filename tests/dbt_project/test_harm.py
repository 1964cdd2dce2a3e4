"""Limits of weighted sums agree with published vectors of directly standardised rates."""

from pathlib import Path

import pytest

from tests.dbt_project.rendering import asked, connection, macros

# The European Standard Population of 2013, by age band of five years from 0-4 to 90 and over.
STANDARD_2013 = (
    5000, 5500, 5500, 5500, 6000, 6000, 6500, 7000, 7000, 7000, 7000, 6500, 6000, 5500, 5000, 4000,
    2500, 1500, 1000,
)  # fmt: skip
# 19 bands of four areas; a weight is what an event of the band adds to the rate per 10,000.
WEIGHTED = """
    with bands as (
        select
            area, count as events, pop,
            {standard}[row_number() over (partition by area order by place)] as standard
        from (select *, row_number() over () as place from read_csv('{multiarea}'))
        where area != 'testdata_tiny'
        union all
        select 'testdata_1976', "count", pop, esp1976 from read_csv('{of_1976}')
    ),
    weighted as (
        select
            area, events,
            1e4 * standard / pop / sum(standard) over (partition by area) as weight
        from bands
    )
    select
        area, sum(events) as events, sum(events * weight) as total,
        sum(events * weight * weight) as variance
    from weighted
    group by area
"""


def _limit(kind: str, count: str = "events") -> str:
    sql = macros()
    of_count = {"lower": sql.count_lower, "upper": sql.count_upper}[kind](count, "95", "exact")
    return str(sql.weighted_limit("total", "variance", count, of_count))


def test_limits_of_a_weighted_sum_agree_with_pheindicatormethods(shared: Path) -> None:
    phe = shared / "oracles" / "phe"
    sums = WEIGHTED.format(
        standard=list(STANDARD_2013),
        multiarea=phe / "testdata_DSR_ISR__testdata_multiarea.csv",
        of_1976=phe / "testdata_DSR_ISR__testdata_1976.csv",
    )
    expected = phe / "testdata_DSR_ISR__testresults_DSR.csv"
    rows = asked(
        f"""
        with exact as (select null::double as lower_95, null::double as upper_95),
        own as (select *, {_limit("lower")} as lower, {_limit("upper")} as upper
                from ({sums}) cross join exact)
        select
            own.area, own.total, own.lower, own.upper, result.value, result.lower95_0cl,
            result.upper95_0cl
        from own
        inner join read_csv('{expected}') as result
            on own.area = result.area and result.statistic = 'dsr per 10000'
        """
    )
    assert {row[0] for row in rows} == {"testdata_big", "testdata_small", "testdata_1976"}
    for area, *figures in rows:
        assert figures[:3] == pytest.approx(figures[3:], rel=1e-6), area


@pytest.mark.parametrize("events", [1, 4, 9, 10, 250])
def test_of_events_that_weigh_alike_the_limits_are_the_count_s_times_the_weight(
    events: int,
) -> None:
    sql = macros()
    con = connection()
    [(lower, upper, count_lower, count_upper)] = con.execute(
        f"""
        select
            {_limit("lower")}, {_limit("upper")},
            {sql.count_lower("events", "95", "exact")}, {sql.count_upper("events", "95", "exact")}
        from (
            select {events} as events, {events} * 7e0 as total, {events} * 49e0 as variance
        )
        cross join (
            select
                poisson_lower({events}, 0.95) as lower_95,
                poisson_upper({events}, 0.95) as upper_95
        ) as exact
        """
    ).fetchall()
    assert (lower, upper) == pytest.approx((7 * count_lower, 7 * count_upper), rel=1e-9)


def test_a_sum_of_unlike_weights_is_not_below_nought_and_one_of_nothing_has_no_limits() -> None:
    sql = macros()
    [(low, none)] = asked(
        f"select {sql.weighted_limit('1009e0', '1000009e0', '10', '4.8e0')}, "
        f"{sql.weighted_limit('0e0', '0e0', '0', '0e0')}"
    )
    assert (low, none) == (0.0, None)
