"""Control charts agree with the vectors, and a night in which nothing changes is quiet."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tests.dbt_project.rendering import asked, connection, macros, model
from warehouse import distributions

MONTHS = pd.date_range("2008-01-01", periods=43, freq="MS")
NEWEST = 7
SEASON = 1 + 0.25 * np.sin(np.arange(12) * np.pi / 6)


@pytest.mark.parametrize("screened", [True, False])
def test_limits_agree_with_the_vectors(shared: Path, screened: bool) -> None:
    vectors = shared / "oracles" / "spc" / "xmr_limits.csv"
    deviation = macros().xmr_deviation("moving_range")
    rows = asked(f"""
        with given as (from read_csv('{vectors}') where screen_outliers = {screened}),
        points as (
            select
                "case" as series_id,
                unnest(string_split("values", ' '))::double as value,
                unnest(range(len(string_split("values", ' ')))) as position
            from given
        )
        select
            "case", given.mean, lpl, upl, near_lpl, near_upl, charts.mean,
            charts.mean - 3 * {deviation}, charts.mean + 3 * {deviation},
            charts.mean - 2 * {deviation}, charts.mean + 2 * {deviation}
        from given
        left join ({macros().xmr("points", screened)}) as charts on "case" = series_id
        """)
    assert rows
    for case, mean, lower, upper, near_lower, near_upper, *own in rows:
        # R's are printed with six decimals.
        within = {"abs": 1e-6} if case.startswith("nhsr") else {"rel": 1e-9, "abs": 1e-12}
        assert own[:3] == pytest.approx([mean, lower, upper], **within), case
        if near_lower is not None:
            assert own[3:] == pytest.approx([near_lower, near_upper], **within), case


def test_a_gap_has_no_moving_range() -> None:
    values = "('s', 0, 1), ('s', 1, 3), ('s', 3, 90), ('s', 4, 92)"
    points = f"(values {values}) as p (series_id, position, value)"
    [row] = asked(f"select ranges, moving_range, points from ({macros().xmr(points, False)})")
    assert row == (2, 2.0, 4)


def _rules(far: str) -> str:
    return macros().run_rule(f"(select 's' as series_id, * from ({far}))")


def test_seven_on_one_side_agree_with_the_vectors(shared: Path) -> None:
    vectors = shared / "oracles" / "spc" / "rules.csv"
    cases = asked(
        f"select input_a, expected from read_csv('{vectors}', all_varchar = true) "
        "where rule = 'seven_one_side'"
    )
    assert len(cases) >= 4
    for sides, expected in cases:
        far = ", ".join(f"({n}, {side} * 0.5)" for n, side in enumerate(sides.split()))
        found = asked(f"select rule from ({_rules(f'from (values {far}) as m (position, far)')})")
        met = [int(rule == "seven on one side") for (rule,) in found]
        assert met == [int(flag) for flag in expected.split()]


@pytest.mark.parametrize(
    ("far", "rule", "side"),
    [
        ([2, 0.5, 2], "two of three beyond two deviations", 1),
        ([2, 2, 0.5], None, None),  # news was the month before
        ([2, 0.5, -2], None, None),
        ([0, 0.5, -3], "one beyond three deviations", -1),
        ([2, 0.5, 0.5, 2], None, None),
        ([-0.5, -2, -0.5, -0.5, -0.5, -0.5, -0.5], "seven on one side", -1),
        ([0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0, 0.5], None, None),
    ],
)
def test_a_rule_is_met_in_the_month_that_completes_it(
    far: list[float], rule: str | None, side: int | None
) -> None:
    months = ", ".join(f"({n}, {each}::double)" for n, each in enumerate(far))
    sql = _rules(f"from (values {months}) as m (position, far)")
    assert asked(f"select rule, side from ({sql}) order by position")[-1] == (rule, side)


def test_the_rules_false_alarms_are_as_stated() -> None:
    """Each rule alone, on a stable series of normal months around a known centre."""
    z = np.random.default_rng(13).standard_normal(150_000)
    each = {
        "one beyond three deviations": (0.0027, np.where(np.abs(z) > 3, 3 * np.sign(z), 0)),
        "two of three beyond two deviations": (0.00205, np.where(np.abs(z) > 2, 2 * np.sign(z), 0)),
        "seven on one side": (0.0156, 0.5 * np.sign(z)),
    }
    for rule, (stated, far) in each.items():
        with connection() as con:
            con.register("months", pd.DataFrame({"position": range(len(far)), "far": far}))
            [(met,)] = con.execute(
                f"select count(*) from ({_rules('from months')}) where rule = '{rule}'"
            ).fetchall()
        assert met / len(far) == pytest.approx(stated, rel=0.1), rule


def test_funnels_of_shares_agree_with_fingertips(shared: Path) -> None:
    """A share is outside the funnel just where the benchmark is outside the share's own limits."""
    vectors = shared / "oracles" / "fingertips" / "spc_proportions.csv"
    events = "value_pct / 100 * denominator"
    limits = {
        (z, bound): getattr(macros(), f"wilson_{bound}")(events, "denominator", confidence)
        for z, confidence in ((1.96, "95"), (3.0902, "998"))
        for bound in ("lower", "upper")
    }
    rows = asked(f"""
        select
            expected,
            case
                when comparator_pct / 100 < case z when 1.96 then {limits[1.96, "lower"]}
                    else {limits[3.0902, "lower"]} end then 'Worse'
                when comparator_pct / 100 > case z when 1.96 then {limits[1.96, "upper"]}
                    else {limits[3.0902, "upper"]} end then 'Better'
                else 'Same'
            end
        from read_csv('{vectors}')
        where polarity = 'low_good'
        """)
    assert {expected for expected, _ in rows} == {"Better", "Same", "Worse"}
    assert [own for _, own in rows] == [expected for expected, _ in rows]


@pytest.mark.parametrize("dispersion", [1.0, 2.0])
@pytest.mark.parametrize("expected", [0.1, 0.5, 1.0, 3.0, 9.0, 20.0])
def test_limits_of_few_events_hold_what_they_promise(expected: float, dispersion: float) -> None:
    bounds = [
        macros().control_limit(
            f"{expected}", f"sqrt({dispersion * expected})", sign, 3, 2 * dispersion - 1
        )
        for sign in (-1, 1)
    ]
    [(lower, upper)] = asked(f"select {bounds[0]}, {bounds[1]}")
    events = (
        stats.poisson(expected)
        if dispersion == 1
        else stats.nbinom(expected / (dispersion - 1), 1 / dispersion)
    )
    assert events.sf(np.floor(upper)) < 0.003
    assert events.cdf(np.ceil(lower) - 1) < 0.003
    # And no wider than one event more than that needs.
    assert events.sf(np.floor(upper) - 2) > 0.00135


def test_students_p_value_is_scipys() -> None:
    t, degrees = np.array([0.0, 1.5, -4.0, 12.0]), np.array([1.0, 6.8, 21.7, 250.0])
    own = distributions.student_two_sided(t, degrees)
    assert own == pytest.approx(2 * stats.t.sf(np.abs(t), degrees), rel=1e-9)


@settings(deadline=None, max_examples=40)
@given(
    rows=st.lists(
        st.tuples(
            st.integers(0, 60), st.integers(0, 400), st.floats(0.01, 500), st.floats(0.01, 500)
        ),
        min_size=1,
        max_size=20,
    )
)
def test_the_beta_binomial_p_value_is_scipys(rows: list[tuple[int, int, float, float]]) -> None:
    successes, others, alpha, beta = np.array(rows, dtype=float).T
    trials = successes + others
    own = distributions.beta_binomial_two_sided(successes, trials, alpha, beta)
    for k, n, a, b, found in zip(successes, trials, alpha, beta, own, strict=True):
        if n == 0:
            assert math.isnan(found)
        else:
            pmf = stats.betabinom(int(n), a, b).pmf(np.arange(n + 1))
            lesser = min(pmf[: int(k) + 1].sum(), pmf[int(k) :].sum())
            assert found == pytest.approx(min(1, 2 * lesser), rel=1e-8, abs=1e-100)


def _signals(series: pd.DataFrame, counts: np.ndarray, dispersion: float = 1) -> pd.DataFrame:
    """The model's newest rows for series (indicator_id, area_code) of counts by month."""
    months = MONTHS[-counts.shape[1] :]
    value = series.loc[series.index.repeat(len(months))].reset_index(drop=True)
    value["period_start"] = np.tile(months.to_numpy(), len(series))
    value["numerator"] = counts.ravel()
    register = series[["indicator_id"]].drop_duplicates()
    with connection() as con:
        con.register("value", value)
        con.register("register", register)
        con.execute(f"""
            create table indicator_value as
            select
                * replace (period_start::date as period_start), 1 as indicator_version,
                'district' as area_type, area_code as area_name, true as is_current,
                true as is_complete, 'month' as period_type,
                last_day(period_start::date) as period_end,
                strftime(period_start, '%Y-%m') as period_label
            from value;
            create table indicator_register as
            select indicator_id, 1 as indicator_version, 'f' as feeds, 'rate' as kind from register;
            create table series_break (indicator_id varchar, break_date date);
            create table indicator_dispersion as
            select
                indicator_id, 1 as indicator_version, 'district' as area_type,
                {dispersion}::double as dispersion
            from register;
            create table feed as select 'f' as feed, true as open_data;
        """)
        return con.execute(f"""
            select * from ({model("monthly_signal")}) where is_newest
            order by indicator_id, area_code
        """).df()


def _areas(indicators: int, areas: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "indicator_id": np.repeat([f"{n:03d}" for n in range(indicators)], areas),
            "area_code": np.tile([f"{n:02d}" for n in range(areas)], indicators),
        }
    )


def _weights(dates: pd.DatetimeIndex) -> np.ndarray:
    """Days of each month in average months."""
    return dates.days_in_month.to_numpy() * 12 / 365.25


def _drawn(generator: np.random.Generator, mean: np.ndarray, dispersion: float) -> np.ndarray:
    if dispersion == 1:
        return generator.poisson(mean)
    return generator.negative_binomial(mean / (dispersion - 1), 1 / dispersion)


@pytest.mark.parametrize("dispersion", [1.0, 2.0])
@pytest.mark.parametrize(("months", "method"), [(43, ""), (27, " without seasons")])
def test_nights_in_which_nothing_changes_are_quiet(
    dispersion: float, months: int, method: str
) -> None:
    """Of nights of stable series, seasonal where seasons are told, at most 5 % have a signal."""
    nights, areas = 100, 20
    generator = np.random.default_rng(2013)
    dates = MONTHS[-months:]
    season = 1 if method else SEASON[dates.month - 1]
    level = np.exp(generator.uniform(np.log(0.5), np.log(300), (nights * areas, 1)))
    counts = _drawn(generator, level * season * _weights(dates), dispersion)
    found = _signals(_areas(nights, areas), counts, dispersion)
    assert set(found["method"]) == {"XmR" + method, "Poisson" + method}
    # The family is a night's: here each indicator is one.
    with connection() as con:
        con.register("tests", found[["indicator_id", "p_value"]])
        night = con.execute(f"""
            select indicator_id, min(q_value) as least
            from ({macros().benjamini_hochberg("tests", "p_value", "indicator_id")})
            group by indicator_id
        """).df()
    assert (night["least"] < 0.05).mean() <= 0.05
    for _, rows in found.groupby("method"):
        assert len(rows) > 800
        assert (rows["p_value"] < 0.05).mean() <= 0.05
        assert (rows["p_value"] < 0.01).mean() <= 0.013  # a standard error of so many more


@pytest.mark.parametrize(
    ("level", "newest", "times"),
    [(100, 1, 1.7), (100, 7, 1.3), (100, 7, 0.7), (4, 3, 4), (4, 7, 0.1)],
)
def test_a_changed_series_signals(level: float, newest: int, times: float) -> None:
    """One of thirty in a night: most changes that matter are found, and the way they went."""
    nights, areas = 25, 30
    generator = np.random.default_rng(7)
    mean = np.tile(level * SEASON[MONTHS.month - 1] * _weights(MONTHS), (nights * areas, 1))
    mean[::areas, -newest:] *= times
    found = _signals(_areas(nights, areas), generator.poisson(mean))
    changed = found[found["area_code"] == "00"]
    assert (changed["signal"] == ("high" if times > 1 else "low")).mean() >= 0.8
    assert (found.loc[found["area_code"] != "00", "signal"] != "none").mean() < 0.01


@pytest.mark.parametrize("level", [3.0, 80.0])
def test_limits_and_p_values_recomputed(level: float) -> None:
    """A county of three areas by the words of docs/methods.md, none of the models' code."""
    generator = np.random.default_rng(int(level))
    shares = np.array([[0.5], [0.8], [1.7]])
    weight, month, days = _weights(MONTHS), MONTHS.month.to_numpy(), MONTHS.days_in_month.to_numpy()
    counts = generator.poisson(level * shares * SEASON[MONTHS.month - 1] * weight)
    if level < 10:
        counts[:, :12] += 3  # ten events in every calendar month
    found = _signals(_areas(1, 3), counts)
    base = slice(0, 36)
    is_of = month[base] == np.arange(1, 13)[:, None]
    per_day = (is_of @ counts[:, base].sum(axis=0)) / (3 * is_of @ days[base])
    factor = (per_day / per_day.mean())[month - 1]
    weight = weight * factor
    for own, row in zip(counts, found.to_dict("records"), strict=True):
        season = own[base].sum() / counts[:, base].sum()
        own_variance = {w: 1 / w + 1 / 36 + season * (12 / (36 * w) - 1 / 36) for w in (1, 3, 7)}
        if own[base].mean() >= 10:
            adjusted = own / weight
            center = adjusted[base].mean()
            ranges = np.abs(np.diff(adjusted[base]))
            sigma = max(2.66 / 3 * ranges.mean() / math.sqrt(1 - season / 3), math.sqrt(center))
            freedom = 0.62 * len(ranges) * (1 - season / 3)
            p = {
                w: 2
                * stats.t.sf(
                    abs(adjusted[-w:].mean() - center) / (sigma * math.sqrt(own_variance[w])),
                    freedom,
                )
                for w in (1, 3, 7)
            }
            spread, skew = sigma * weight[-1], 0
        else:
            center = own[base].sum() / weight[base].sum()
            p = {}
            for w in (1, 3, 7):
                times = own_variance[w] / (1 / w + 1 / 36)
                n, share = own[base].sum() + own[-w:].sum(), weight[-w:].sum()
                share /= share + weight[base].sum()
                a, b = share * n / (times - 1), (1 - share) * n / (times - 1)
                of = stats.betabinom(n, a, b)
                p[w] = min(1, 2 * min(of.cdf(own[-w:].sum()), of.sf(own[-w:].sum() - 1)))
            spread, skew = math.sqrt(center * weight[-1]), 1
        expected = center * weight[-1]
        spread *= math.sqrt(own_variance[1])
        assert row["method"] == ("XmR" if own[base].mean() >= 10 else "Poisson")
        assert row["seasonal_factor"] == pytest.approx(factor[-1], rel=1e-9)
        assert row["expected"] == pytest.approx(expected, rel=1e-9)
        assert row["upper"] == pytest.approx(expected + 3 * spread + skew * 8 / 6, rel=1e-9)
        lower = expected - 3 * spread + skew * 8 / 6 if 3 * spread >= 3 * skew else 0
        assert row["lower"] == pytest.approx(max(0, lower), rel=1e-9)
        assert row["p_value"] == pytest.approx(min(1, 3 * min(p.values())), rel=1e-6)
        assert row["signal_months"] == min(p, key=lambda w: (p[w], w))
