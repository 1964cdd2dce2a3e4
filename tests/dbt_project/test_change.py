"""The tests of a change between two years."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, norm

from tests.dbt_project.rendering import asked, connection, macros
from warehouse import distributions


def test_changes_of_counts_agree_with_the_vectors(shared: Path) -> None:
    vectors = shared / "oracles" / "generated" / "count_change.csv"
    p_value = macros().count_change_p("previous", "null", "current", "null")
    rows = asked(f"""
        select "case", p_exact_conditional_binomial, {p_value}, verdict_5pct
        from read_csv('{vectors}')
        """)
    assert {row[3] for row in rows} == {"significant", "not significant"}
    for case, expected, own, verdict in rows:
        assert own == pytest.approx(expected, rel=1e-9), case
        assert (own < 0.05) == (verdict == "significant")


@settings(deadline=None, max_examples=300)
@given(
    trials=st.integers(1, 5000),
    share=st.floats(0, 1),
    probability=st.floats(0.001, 0.999),
)
def test_the_two_sided_binomial_is_scipys(trials: int, share: float, probability: float) -> None:
    successes = round(trials * share)
    own = distributions.binomial_two_sided(
        np.array([float(successes)]), np.array([float(trials)]), np.array([probability])
    )[0]
    expected = binomtest(successes, trials, probability).pvalue
    assert math.isclose(own, expected, rel_tol=1e-8, abs_tol=1e-100)


def test_the_exposures_are_the_populations() -> None:
    # Twice the events in twice the population is no change at all.
    sql = macros().count_change_p("100", "1000", "200", "2000")
    row = connection().execute(f"select {sql}").fetchone()
    assert row is not None
    assert row[0] == pytest.approx(1.0)


def test_shares_are_compared_by_the_pooled_z_test() -> None:
    sql = macros().proportion_difference_p("30", "100", "120", "200")
    row = connection().execute(f"select {sql}").fetchone()
    pooled = 150 / 300
    z = (0.6 - 0.3) / math.sqrt(pooled * (1 - pooled) * (1 / 100 + 1 / 200))
    assert row is not None
    assert row[0] == pytest.approx(2 * norm.sf(z), rel=1e-9)


def test_no_events_at_all_have_no_p_value() -> None:
    sql = macros().count_change_p("0", "1000", "0", "1000")
    assert connection().execute(f"select {sql}").fetchone() == (None,)
