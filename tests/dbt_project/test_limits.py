"""Limits of counts, rates and proportions agree with published vectors."""

import math
from pathlib import Path

import pytest

from tests.dbt_project.rendering import asked, connection, macros


def _limits_of_counts(vectors: Path, count: str, where: str = "true") -> str:
    sql = macros()
    return f"""
        with exact as (
            select
                events, poisson_lower(events, 0.95) as lower_95,
                poisson_upper(events, 0.95) as upper_95,
                poisson_lower(events, 0.998) as lower_998,
                poisson_upper(events, 0.998) as upper_998
            from range(10) as counts (events)
        ),
        given as (select * from read_csv('{vectors}') where {where})
        select
            given.*,
            {sql.count_lower(count, "95", "exact")} as own_lower_95,
            {sql.count_upper(count, "95", "exact")} as own_upper_95,
            {sql.count_lower(count, "998", "exact")} as own_lower_998,
            {sql.count_upper(count, "998", "exact")} as own_upper_998
        from given
        left join exact on given.{count} = exact.events
    """


def test_rates_agree_with_pheindicatormethods(shared: Path) -> None:
    vectors = shared / "oracles" / "phe" / "testdata_Rate__testdata_Rate.csv"
    con = connection()
    rows = con.sql(
        f"""
        select
            "Numerator", multiplier / "Denominator" as scale, "lower95_0cl", "upper95_0cl",
            "lower99_8cl", "upper99_8cl", own_lower_95, own_upper_95, own_lower_998, own_upper_998
        from ({_limits_of_counts(vectors, "Numerator", '"Denominator" > 0')})
        where "lower95_0cl" is not null
        """
    ).fetchall()
    assert len(rows) > 10
    for numerator, scale, *limits in rows:
        expected, own = limits[:4], [scale * limit for limit in limits[4:]]
        assert own == pytest.approx(expected, rel=1e-6), numerator


def test_counts_agree_with_exact_and_byar_vectors(shared: Path) -> None:
    vectors = shared / "oracles" / "generated" / "poisson_ci.csv"
    con = connection()
    rows = con.sql(
        f"""
        select
            x, confidence, exact_lower, exact_upper, byar_lower, byar_upper,
            own_lower_95, own_upper_95, own_lower_998, own_upper_998
        from ({_limits_of_counts(vectors, "x")})
        """
    ).fetchall()
    assert {row[1] for row in rows} == {0.95, 0.998}
    for x, confidence, *known, low_95, up_95, low_998, up_998 in rows:
        own = (low_95, up_95) if confidence == 0.95 else (low_998, up_998)
        expected = known[:2] if x < 10 else known[2:]
        assert own == pytest.approx(expected, rel=1e-9), (x, confidence)


def test_the_exact_limits_themselves_agree_beyond_ten(shared: Path) -> None:
    vectors = shared / "oracles" / "generated" / "poisson_ci.csv"
    rows = asked(f"""
        select
            exact_lower, exact_upper, poisson_lower(x, confidence), poisson_upper(x, confidence)
        from read_csv('{vectors}')
        """)
    assert rows
    for lower, upper, own_lower, own_upper in rows:
        assert (own_lower, own_upper) == pytest.approx((lower, upper), rel=1e-9)


def test_limits_are_widened_on_the_logarithm() -> None:
    sql = macros()
    exact = "poisson_{}(events, 0.95)"
    rows = asked(f"""
        select
            events, dispersion, {exact.format("lower")}, {exact.format("upper")},
            {sql.widened_limit(exact.format("lower"), "events", "dispersion")},
            {sql.widened_limit(exact.format("upper"), "events", "dispersion")}
        from
            (select i::double as events from range(60) counts (i)),
            (values (1e0), (1.3e0), (2e0), (3.5e0)) given (dispersion)
        """)
    assert len(rows) == 240
    for events, dispersion, lower, upper, own_lower, own_upper in rows:
        if dispersion == 1:
            assert (own_lower, own_upper) == (lower, upper)
        elif events == 0:
            assert (own_lower, own_upper) == (0, pytest.approx(dispersion * upper))
        else:
            times = math.sqrt(dispersion)
            assert math.log(own_lower / events) == pytest.approx(times * math.log(lower / events))
            assert math.log(own_upper / events) == pytest.approx(times * math.log(upper / events))


@pytest.mark.parametrize("dispersion", [1.2, 2.0, 3.8, 10.0])
@pytest.mark.parametrize("confidence", [0.95, 0.998])
def test_no_events_promise_less_than_one_event_would(dispersion: float, confidence: float) -> None:
    """The rule at no events goes on into the rule from one event on."""
    sql = macros()
    [none, one] = asked(f"""
        select
            {sql.widened_limit(f"poisson_lower(events, {confidence})", "events", f"{dispersion}")},
            {sql.widened_limit(f"poisson_upper(events, {confidence})", "events", f"{dispersion}")}
        from (values (0e0), (1e0)) counts (events)
        order by events
        """)
    assert none[0] < one[0]
    assert none[1] < one[1]


def test_proportions_agree_with_pheindicatormethods(shared: Path) -> None:
    vectors = shared / "oracles" / "phe" / "testdata_Proportion__testdata_Prop.csv"
    sql = macros()
    rows = asked(f"""
        select
            "Numerator", multiplier, "lower95_0cl", "upper95_0cl", "lower99_8cl", "upper99_8cl",
            {sql.wilson_lower('"Numerator"', '"Denominator"', "95")},
            {sql.wilson_upper('"Numerator"', '"Denominator"', "95")},
            {sql.wilson_lower('"Numerator"', '"Denominator"', "998")},
            {sql.wilson_upper('"Numerator"', '"Denominator"', "998")}
        from read_csv('{vectors}')
        where "lower95_0cl" is not null
        """)
    assert len(rows) > 10
    for numerator, multiplier, *limits in rows:
        own = [multiplier * limit for limit in limits[4:]]
        assert own == pytest.approx(limits[:4], rel=1e-6, abs=1e-9), numerator


def test_proportions_agree_at_nothing_and_all(shared: Path) -> None:
    vectors = shared / "oracles" / "generated" / "proportion_ci.csv"
    sql = macros()
    rows = asked(f"""
        select
            x, n, confidence, wilson_lower, wilson_upper,
            case confidence when 0.95 then {sql.wilson_lower("x", "n", "95")}
                else {sql.wilson_lower("x", "n", "998")} end,
            case confidence when 0.95 then {sql.wilson_upper("x", "n", "95")}
                else {sql.wilson_upper("x", "n", "998")} end
        from read_csv('{vectors}')
        where confidence in (0.95, 0.998)
        """)
    assert any(x == 0 for x, *_ in rows)
    assert any(x == n for x, n, *_ in rows)
    for x, n, confidence, lower, upper, own_lower, own_upper in rows:
        expected = (lower, upper)
        assert (own_lower, own_upper) == pytest.approx(expected, rel=1e-9, abs=1e-12), (
            x,
            n,
            confidence,
        )


def test_a_proportion_of_nothing_has_no_limits() -> None:
    sql = macros()
    row = connection().execute(f"select {sql.wilson_lower('0', '0', '95')}").fetchone()
    assert row == (None,)


@pytest.mark.parametrize("kind", ["Rate", "Proportion"])
def test_grouped_figures_agree_with_pheindicatormethods(kind: str, shared: Path) -> None:
    """Their sums over groups, under ten events (exact) and from ten on (Byar), and Wilson."""
    name = {
        "Rate": "testdata_Rate__testdata_Rate_g",
        "Proportion": "testdata_Proportion__testdata_Prop_g",
    }
    vectors = shared / "oracles" / "phe" / f"{name[kind]}.csv"
    sql = macros()
    counts = _limits_of_counts(vectors, "Numerator", '"Denominator" > 0')
    own = {
        "Rate": ('own_lower_95 / "Denominator"', 'own_upper_95 / "Denominator"'),
        "Proportion": (
            sql.wilson_lower('"Numerator"', '"Denominator"', "95"),
            sql.wilson_upper('"Numerator"', '"Denominator"', "95"),
        ),
    }[kind]
    rows = asked(
        f'select "Area", multiplier, lowercl, uppercl, {own[0]}, {own[1]} from ({counts}) '
        "where lowercl is not null and confidence = '95%'"
    )
    assert len(rows) >= 3
    for area, multiplier, lower, upper, own_lower, own_upper in rows:
        assert (multiplier * own_lower, multiplier * own_upper) == pytest.approx(
            (lower, upper), rel=1e-6
        ), area


def test_byar_and_wilson_agree_with_pheindicatormethods(shared: Path) -> None:
    """Byar's formula from ten events on, below which ours is exact."""
    vectors = shared / "oracles" / "phe" / "testdata_Byars_Wilson__testdata_B_W.csv"
    sql = macros()
    given = _limits_of_counts(vectors, "x")
    rows = asked(f"""
        select
            x, n, method, lowercl, uppercl, own_lower_95, own_upper_95,
            {sql.wilson_lower("x", "n", "95")}, {sql.wilson_upper("x", "n", "95")}
        from ({given})
        where confidence = '95%' and lowercl is not null
        """)
    assert {method for _, _, method, *_ in rows} == {"Byars", "Wilson"}
    for x, n, method, lower, upper, byar_lower, byar_upper, low, up in rows:
        if method == "Byars" and x < 10:
            continue
        own = (byar_lower, byar_upper) if method == "Byars" else (low, up)
        assert own == pytest.approx((lower, upper), rel=1e-6, abs=1e-9), (x, n, method)
