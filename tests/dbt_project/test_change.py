"""The tests of a change between two years, and of many changes at once."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, false_discovery_control, fisher_exact, norm

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


def test_changes_of_overdispersed_counts_agree_with_the_vectors(shared: Path) -> None:
    vectors = shared / "oracles" / "generated" / "count_change_overdispersed.csv"
    counts = ("previous", "previous_exposure", "current", "current_exposure")
    rows = asked(f"""
        select
            previous + current, dispersion, p_score_test, p_exact, p_used,
            {macros().overdispersed_change_p(*counts, "dispersion")} as score,
            {macros().count_change_p(*counts)} as exact,
            {macros().widened_change_p("exact", *counts, "dispersion")}
        from read_csv('{vectors}')
        """)
    assert {row[1] for row in rows} >= {1.0, 2.0}
    for total, dispersion, *expected, score, exact, used in rows:
        if total == 0:
            assert (score, exact, used) == (None, None, None)
        else:
            assert [score, exact, used] == pytest.approx(expected, rel=1e-9), dispersion


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


def test_changes_of_shares_agree_with_the_vectors(shared: Path) -> None:
    vectors = shared / "oracles" / "generated" / "proportion_change_exact.csv"
    counts = ("previous_events", "previous_records", "events", "records")
    rows = asked(f"""
        select
            smallest_expected, p_pooled_z, p_fisher, p_used,
            {macros().few_are_expected(*counts)},
            {macros().proportion_difference_p(*counts)},
            fisher_two_sided({", ".join(f"{name}::double" for name in counts)}),
            {macros().proportion_change_p(*counts)}
        from read_csv('{vectors}')
        """)
    assert {row[0] is not None and 0 < row[0] < 5 for row in rows} == {False, True}
    for expected, z, exact, used, few, own_z, own_exact, own_used in rows:
        if expected is None:  # a year without a record
            assert (own_exact, own_used) == (None, None)
        elif expected == 0:  # one possible outcome: theirs is a p of 1, ours none
            assert (own_exact, own_used) == (pytest.approx(1.0), None)
        else:
            assert few == (expected < 5)
            assert [own_z, own_exact, own_used] == pytest.approx([z, exact, used], rel=1e-9)


@settings(deadline=None, max_examples=200)
@given(
    tables=st.lists(
        st.tuples(st.integers(0, 40), st.integers(0, 400), st.integers(0, 40), st.integers(0, 400)),
        min_size=1,
        max_size=20,
    )
)
def test_the_exact_test_of_shares_is_scipys(tables: list[tuple[int, int, int, int]]) -> None:
    columns = np.array(tables, dtype=float).T
    before, others_before, after, others_after = columns
    own = distributions.fisher_two_sided(
        before, before + others_before, after, after + others_after
    )
    for (a, b, c, d), found in zip(tables, own, strict=True):
        if a + b == 0 or c + d == 0:
            assert math.isnan(found)
        else:
            expected = fisher_exact([[a, b], [c, d]]).pvalue
            assert math.isclose(found, expected, rel_tol=1e-8, abs_tol=1e-100)


def test_the_exact_test_of_a_table_does_not_depend_on_the_others() -> None:
    random = np.random.default_rng(1)
    before, after = (random.integers(1, most, 500).astype(float) for most in (40, 3000))
    events = [np.floor(random.random(500) * np.minimum(records, 12)) for records in (before, after)]
    tables = np.array([events[0], before, events[1], after])
    whole = distributions.fisher_two_sided(*tables)
    alone = [distributions.fisher_two_sided(*tables[:, [row]])[0] for row in range(500)]
    assert whole.tolist() == alone


def test_the_exact_test_keeps_its_digits_among_large_margins() -> None:
    [own] = distributions.fisher_two_sided(*(np.array([n]) for n in (900.0, 1e6, 1000.0, 1.2e6)))
    expected = fisher_exact([[900, 1e6 - 900], [1000, 1.2e6 - 1000]]).pvalue
    assert own == pytest.approx(expected, rel=1e-8)


def test_false_discoveries_agree_with_the_vectors(shared: Path) -> None:
    vectors = shared / "oracles" / "generated" / "benjamini_hochberg.csv"
    rows = asked(f"""
        with tests as (
            select family as f, p_value as p, q_value as expected from read_csv('{vectors}')
            union all
            -- What was not tested is of no family.
            select distinct family, null::double, null::double from read_csv('{vectors}')
        )
        select f, p, expected, q_value, tests_in_family
        from ({macros().benjamini_hochberg("tests", "p", "f")})
        """)
    assert {"ties", "one", "mixed"} <= {row[0] for row in rows}
    for family, p, expected, q, tests in rows:
        if p is None:
            assert (q, tests) == (None, None)
        else:
            assert q == pytest.approx(expected, rel=1e-9), (family, p)
            assert tests == sum(row[0] == family and row[1] is not None for row in rows)


@settings(deadline=None, max_examples=50)
@given(p_values=st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_false_discoveries_are_scipys_and_never_fall_with_p(p_values: list[float]) -> None:
    values = ", ".join(f"({p!r}::double, 'a', {n})" for n, p in enumerate(p_values))
    found = asked(f"""
        with tests as (from (values {values}) as tests (p, a, n))
        select q_value from ({macros().benjamini_hochberg("tests", "p", "a, n < 0")}) order by n
        """)
    assert [q for (q,) in found] == pytest.approx(list(false_discovery_control(p_values)))
    by_p = [q for _, (q,) in sorted(zip(p_values, found, strict=True))]
    assert by_p == sorted(by_p)


def test_no_events_at_all_have_no_p_value() -> None:
    sql = macros().count_change_p("0", "1000", "0", "1000")
    assert connection().execute(f"select {sql}").fetchone() == (None,)
