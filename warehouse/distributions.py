"""Probability distributions that DuckDB lacks, from SciPy, as functions the models can call.

Only the distribution functions live here; every formula that uses them (Byar's limits, the choice
between exact and approximate, verdicts) is SQL in dbt_project/macros. Each function takes and gives
NumPy arrays of equal length, NaN for an argument that is missing or outside the function's domain.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

Array = npt.NDArray[np.float64]

# Outcomes whose probability exceeds the observed one by no more than rounding are "no likelier":
# the tolerance of R's binom.test and SciPy's binomtest.
_SAME_PROBABILITY = 1.0 + 1e-7


def poisson_lower(count: Array, confidence: Array) -> Array:
    """Lower exact limit of a Poisson mean (Garwood 1936): chi-square quantile over two.

    ``count`` is a number of events >= 0, ``confidence`` a two-sided level such as 0.95.
    Zero events have the limit 0.
    """
    tail = (1.0 - confidence) / 2.0
    limit = special.gammaincinv(np.where(count > 0, count, 1.0), tail)
    return np.where(count > 0, limit, np.where(count == 0, 0.0, np.nan))


def poisson_upper(count: Array, confidence: Array) -> Array:
    """Upper exact limit of a Poisson mean (Garwood 1936), for ``count`` events >= 0."""
    tail = (1.0 - confidence) / 2.0
    return np.where(count >= 0, special.gammainccinv(np.maximum(count, 0.0) + 1.0, tail), np.nan)


def poisson_two_sided(count: Array, mean: Array) -> Array:
    """Two-sided exact p-value of ``count`` events where ``mean`` are expected: twice a tail.

    It is under 1 - confidence exactly where ``mean`` lies outside ``poisson_lower`` and
    ``poisson_upper``: a test and limits that say the same.
    """
    defined = (count >= 0) & (mean >= 0)
    k, m = np.where(defined, count, 0.0), np.where(defined, mean, 0.0)
    as_many = np.where(k > 0, special.gammainc(np.maximum(k, 1.0), m), 1.0)
    as_few = special.gammaincc(k + 1.0, m)
    return np.where(defined, np.minimum(2.0 * np.minimum(as_many, as_few), 1.0), np.nan)


def normal_two_sided(z: Array) -> Array:
    """Two-sided p-value of a standard normal deviate."""
    return np.asarray(2.0 * special.ndtr(-np.abs(z)))


def student_two_sided(t: Array, degrees_of_freedom: Array) -> Array:
    """Two-sided p-value of Student's t (1908), for ``degrees_of_freedom`` > 0, whole or not."""
    return np.asarray(2.0 * special.stdtr(degrees_of_freedom, -np.abs(t)))


def binomial_two_sided(successes: Array, trials: Array, probability: Array) -> Array:
    """Two-sided exact binomial p-value: the sum of all outcomes no likelier than the one seen.

    Used as the conditional test of two Poisson counts (Przyborowski and Wilenski 1940): given the
    total, the second count is binomial with the share of the second exposure as probability.
    Gives NaN where there is no trial or the probability is not strictly between 0 and 1.
    """
    defined = (trials > 0) & (successes >= 0) & (successes <= trials)
    defined &= (probability > 0) & (probability < 1)
    n = np.where(defined, trials, 1.0)
    k = np.where(defined, successes, 0.0)
    p = np.where(defined, probability, 0.5)
    limit = _log_pmf(k, n, p) + np.log(_SAME_PROBABILITY)
    mode = np.floor((n + 1.0) * p)
    below = k < n * p
    # On the side away from the observed outcome probabilities fall monotonically from the mode:
    # bisect for the innermost outcome that is no likelier than the observed one.
    upper = _first_not_likelier(mode, n + 1.0, limit, n, p)
    lower = _last_not_likelier(mode, limit, n, p)
    tail_up = np.where(below, upper, k)
    tail_down = np.where(below, k, lower)
    total = np.where(tail_down >= 0, special.bdtr(np.maximum(tail_down, 0.0), n, p), 0.0)
    total = total + np.where(tail_up > n, 0.0, _survival(tail_up, n, p))
    at_mode = _log_pmf(np.clip(mode, 0.0, n), n, p) <= limit
    return np.where(defined, np.where(at_mode, 1.0, np.minimum(total, 1.0)), np.nan)


def beta_binomial_two_sided(successes: Array, trials: Array, alpha: Array, beta: Array) -> Array:
    """Two-sided p-value of a beta-binomial outcome: twice the lesser tail, at most 1.

    Used as the conditional test of two counts that vary more than Poisson's: of two negative
    binomial counts of one dispersion d and the means a (d - 1) and b (d - 1), the first given their
    total is beta-binomial with ``alpha`` a and ``beta`` b. Every outcome is weighed: meant for few
    trials.
    Gives NaN where there is no trial, or a parameter that is not above 0.
    """
    defined = (trials > 0) & (successes >= 0) & (successes <= trials) & (alpha > 0) & (beta > 0)
    p_value = np.full(len(defined), np.nan)
    if not defined.any():
        return p_value
    k, n, a, b = (each[defined] for each in (successes, trials, alpha, beta))
    # The outcomes of every row one after the other; `starts` is where each row's begin.
    outcomes = n.astype(np.int64) + 1
    starts = np.concatenate(([0], np.cumsum(outcomes)[:-1]))
    row = np.repeat(np.arange(len(outcomes)), outcomes)
    x = np.arange(len(row), dtype=np.float64) - starts[row]
    choose = (
        special.gammaln(n + 1.0)[row] - special.gammaln(x + 1.0) - special.gammaln(n[row] - x + 1)
    )
    weight = np.exp(
        choose + special.betaln(x + a[row], n[row] - x + b[row]) - special.betaln(a, b)[row]
    )
    as_few = np.add.reduceat(np.where(x <= k[row], weight, 0.0), starts)
    as_many = np.add.reduceat(np.where(x >= k[row], weight, 0.0), starts)
    p_value[defined] = np.minimum(1.0, 2.0 * np.minimum(as_few, as_many))
    return p_value


def fisher_two_sided(
    events_before: Array, records_before: Array, events_after: Array, records_after: Array
) -> Array:
    """Two-sided p-value of Fisher's exact test of two shares: the sum of all tables no likelier.

    With the events and records of both years given, the events of the second are hypergeometric
    (Fisher 1935). Every possible number of them is weighed, so the cost grows with the smallest
    margin: little where an expected count is small, which is where the test is asked for.
    Gives NaN where a year has no record, or more events than records.
    """
    defined = (records_before > 0) & (events_before >= 0) & (events_before <= records_before)
    defined &= (records_after > 0) & (events_after >= 0) & (events_after <= records_after)
    p_value = np.full(len(defined), np.nan)
    if not defined.any():
        return p_value
    before, seen = records_before[defined], events_after[defined]
    after, events = records_after[defined], events_before[defined] + seen
    least, most = np.maximum(0.0, events - before), np.minimum(events, after)
    # The outcomes of every row one after the other; `starts` is where each row's begin.
    outcomes = (most - least + 1.0).astype(np.int64)
    starts = np.concatenate(([0], np.cumsum(outcomes)[:-1]))
    row = np.repeat(np.arange(len(outcomes)), outcomes)
    k = least[row] + (np.arange(len(row)) - starts[row])
    # Each outcome's probability to that of the one below it: exact, where factorials of large
    # margins lose digits to cancellation.
    steps = np.log(
        ((after[row] - k + 1.0) * (events[row] - k + 1.0))
        / np.where(k > least[row], k * (before[row] - events[row] + k), 1.0)
    )
    steps[starts] = 0.0
    weight = np.cumsum(steps)
    weight -= weight[starts][row]
    weight = np.exp(weight - np.maximum.reduceat(weight, starts)[row])
    limit = weight[starts + (seen - least).astype(np.int64)] * _SAME_PROBABILITY
    no_likelier = np.where(weight <= limit[row], weight, 0.0)
    total = np.add.reduceat(weight, starts)
    p_value[defined] = np.minimum(1.0, np.add.reduceat(no_likelier, starts) / total)
    return p_value


def _log_pmf(k: Array, n: Array, p: Array) -> Array:
    choose = special.gammaln(n + 1.0) - special.gammaln(k + 1.0) - special.gammaln(n - k + 1.0)
    return np.asarray(choose + special.xlogy(k, p) + special.xlog1py(n - k, -p))


def _survival(k: Array, n: Array, p: Array) -> Array:
    """Probability of k or more successes."""
    above = special.bdtrc(np.maximum(k - 1.0, 0.0), n, p)
    return np.where(k <= 0, 1.0, above)


def _first_not_likelier(mode: Array, end: Array, limit: Array, n: Array, p: Array) -> Array:
    """Smallest outcome above the mode whose log probability is at most ``limit``, else n + 1."""
    low, high = mode.copy(), end.copy()
    for _ in range(_steps(n)):
        middle = np.floor((low + high) / 2.0)
        rare = (middle > n) | (_log_pmf(np.clip(middle, 0.0, n), n, p) <= limit)
        high = np.where(rare, middle, high)
        low = np.where(rare, low, middle)
    return high


def _last_not_likelier(mode: Array, limit: Array, n: Array, p: Array) -> Array:
    """Largest outcome below the mode whose log probability is at most ``limit``, else -1."""
    low, high = np.full_like(mode, -1.0), mode.copy()
    for _ in range(_steps(n)):
        middle = np.floor((low + high) / 2.0)
        rare = (middle < 0) | (_log_pmf(np.clip(middle, 0.0, n), n, p) <= limit)
        low = np.where(rare, middle, low)
        high = np.where(rare, high, middle)
    return low


def _steps(n: Array) -> int:
    return int(np.ceil(np.log2(np.max(n, initial=1.0) + 2.0))) + 2


def expected_in_largest(events: Array, places: Array, largest: Array) -> Array:
    """Events expected in the ``largest`` fullest of ``places``, had each fallen anywhere by chance.

    The ``m`` fullest places hold the sum, over j from 1 on, of the smaller of m and the number of
    places with j events or more. A place's events are binomial (``events``, 1 / ``places``). That
    number of places is taken as binomial too, as if places were independent, though their events
    add up to ``events``: within 3 % of multinomial draws (a test). NaN without event or place.
    """
    cases, position = np.unique(
        np.column_stack([events, places, largest]), axis=0, return_inverse=True
    )
    return np.array([_expected_in_largest(*case) for case in cases])[position.reshape(-1)]


def _expected_in_largest(events: float, places: float, largest: float) -> float:
    if not (events > 0 and places > 0 and 0 < largest <= places):
        return float("nan")
    # Beyond eight deviations no place has as many, and below every place has: m of them count.
    mean = events / places
    around = 8.0 * np.sqrt(mean)
    least = max(np.floor(mean - around), 0.0)
    most = min(events, np.ceil(mean + around + 20.0))
    at_least = special.bdtrc(np.arange(least, most), events, 1.0 / places)
    # The mean of the smaller of m and a binomial: that of what is below m, and m of the rest.
    below = special.bdtr(largest - 2.0, places - 1.0, at_least) if largest > 1 else 0.0
    smaller = places * at_least * below + largest * special.bdtrc(largest - 1.0, places, at_least)
    return float(least * largest + smaller.sum())


FUNCTIONS: dict[str, tuple[Callable[..., Array], int]] = {
    "poisson_lower": (poisson_lower, 2),
    "poisson_upper": (poisson_upper, 2),
    "poisson_two_sided": (poisson_two_sided, 2),
    "normal_two_sided": (normal_two_sided, 1),
    "student_two_sided": (student_two_sided, 2),
    "binomial_two_sided": (binomial_two_sided, 3),
    "beta_binomial_two_sided": (beta_binomial_two_sided, 4),
    "fisher_two_sided": (fisher_two_sided, 4),
    "expected_in_largest": (expected_in_largest, 3),
}


def register(connection: Any) -> None:
    """Make every function of ``FUNCTIONS`` callable in SQL on this DuckDB connection."""
    import pyarrow as pa

    def as_arrow(function: Callable[..., Array], arity: int) -> Callable[..., Any]:
        def on_columns(*columns: Any) -> Any:
            arrays = [np.asarray(c.to_numpy(zero_copy_only=False), dtype=float) for c in columns]
            with np.errstate(all="ignore"):
                return pa.array(function(*arrays), from_pandas=True)

        # DuckDB counts the parameters of the callable, so a variadic one will not do.
        by_arity: dict[int, Callable[..., Any]] = {
            1: lambda a: on_columns(a),
            2: lambda a, b: on_columns(a, b),
            3: lambda a, b, c: on_columns(a, b, c),
            4: lambda a, b, c, d: on_columns(a, b, c, d),
        }
        return by_arity[arity]

    for name, (function, arity) in FUNCTIONS.items():
        connection.create_function(
            name,
            as_arrow(function, arity),
            ["DOUBLE"] * arity,
            "DOUBLE",
            type="arrow",
            # NaN, for what is missing or outside the domain, comes back as NULL.
            null_handling="special",
        )
