"""A value against a benchmark is judged as Fingertips judges it."""

import csv
from pathlib import Path

import pytest
from scipy.stats import norm, poisson

from tests.dbt_project.rendering import asked, connection, macros


def test_one_interval_against_a_benchmark_is_fingertips(shared: Path) -> None:
    vectors = shared / "oracles" / "fingertips" / "rag_vs_benchmark.csv"
    sql = macros()
    verdict = sql.verdict_against("benchmark", "lower", "upper")
    con = connection()
    con.execute(
        "create table given (polarity varchar, lower double, upper double, benchmark double, "
        "expected varchar)"
    )
    with vectors.open(newline="") as lines:
        # One row of the file lacks a comma, so its last two fields are counted from the end.
        rows = [row for row in csv.reader(lines) if row[0] == "one_ci"]
    polarities = {"low_good": "lower_is_better", "high_good": "higher_is_better"}
    con.executemany(
        "insert into given values (?, ?, ?, ?, ?)",
        [
            (polarities[row[1]], row[3] or None, row[4] or None, row[-2] or None, row[-1])
            for row in rows
        ],
    )
    judged = con.sql(
        f"""
        select expected, {sql.judgement_of("verdict", "polarity")}
        from (select expected, polarity, {verdict} as verdict from given)
        """
    ).fetchall()
    theirs = {"Same": "similar", "Better": "better", "Worse": "worse", "None": "none"}
    assert {expected for expected, _ in judged} == set(theirs)
    for expected, own in judged:
        assert own == theirs[expected]


def test_shares_against_the_county_are_the_vectors(shared: Path) -> None:
    vectors = shared / "oracles" / "generated" / "proportion_vs_benchmark.csv"
    sql = macros()
    verdict = sql.verdict_against(
        "benchmark", sql.wilson_lower("x", "n", "95"), sql.wilson_upper("x", "n", "95")
    )
    rows = asked(f"select fingertips_style_verdict, {verdict} from read_csv('{vectors}')")
    theirs = {"Same": "similar", "Higher": "higher", "Lower": "lower"}
    assert {expected for expected, _ in rows} == set(theirs)
    for expected, own in rows:
        assert own == theirs[expected]


def test_a_rate_s_p_value_says_what_its_widened_limits_say() -> None:
    """Below 5 % outside the limits; without dispersion twice the lesser Poisson tail."""
    sql = macros()
    limits = [
        sql.widened_limit(limit("given.numerator", "95", "given"), "numerator", "dispersion")
        for limit in (sql.count_lower, sql.count_upper)
    ]
    rows = asked(f"""
        select numerator, dispersion, benchmark * 2, {sql.benchmark_p("given")}, {", ".join(limits)}
        from (
            select
                i as numerator, dispersion, benchmark, 'rate' as kind, 2000 as denominator,
                1000 as multiplier, i / 2e0 as value, poisson_lower(i, 0.95) as lower_95,
                poisson_upper(i, 0.95) as upper_95
            from range(90) counts (i), (values (1e0), (1.3e0), (3.5e0)) given (dispersion),
                (values (0.1e0), (3.3e0), (7.1e0), (12.9e0), (29.3e0)) benchmarks (benchmark)
        ) as given
        """)
    outsides = set()
    for events, dispersion, expected, p_value, lower, upper in rows:
        outside = not lower <= expected <= upper
        assert (p_value < 0.05) == outside, (events, dispersion, expected)
        outsides.add(outside)
        if dispersion == 1:
            tails = poisson.sf(events - 1, expected), poisson.cdf(events, expected)
            exact = min(1, 2 * min(tails))
            if events < 10:
                assert p_value == pytest.approx(exact, rel=1e-9)
            elif exact > 1e-3:
                assert p_value == pytest.approx(exact, rel=0.02, abs=1e-3)
    assert outsides == {True, False}


def test_a_share_s_p_value_is_the_score_test_s(shared: Path) -> None:
    """The test that Wilson's limits are made of: the same side of 5 % as the vectors' verdicts."""
    vectors = shared / "oracles" / "generated" / "proportion_vs_benchmark.csv"
    rows = asked(f"""
        select x, n, given.benchmark, fingertips_style_verdict, {macros().benchmark_p("given")}
        from (
            select
                * replace (100 * benchmark as benchmark), 'proportion' as kind, 100 as multiplier,
                x as numerator, n as denominator, 100e0 * x / n as value, null as dispersion
            from read_csv('{vectors}')
        ) as given
        """)
    assert len(rows) > 3
    for x, n, benchmark, verdict, p_value in rows:
        share = benchmark / 100
        z = (x / n - share) / (share * (1 - share) / n) ** 0.5
        assert p_value == pytest.approx(2 * norm.sf(abs(z)), rel=1e-9)
        assert (p_value < 0.05) == (verdict != "Same"), (x, n)
