"""The statistics, from the sources that the specification names, on arrays."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import special, stats

Numbers = npt.NDArray[np.float64]
Z = {confidence: float(stats.norm.isf((1 - confidence) / 2)) for confidence in (0.95, 0.998)}


def count_limits(events: npt.ArrayLike, confidence: float) -> tuple[Numbers, Numbers]:
    """Garwood's exact Poisson limits below ten events, Byar's approximation from ten."""
    count = np.asarray(events, dtype=float)
    tail = (1 - confidence) / 2
    z, above, safe = Z[confidence], count + 1, np.maximum(count, 1)
    lower = safe * (1 - 1 / (9 * safe) - z / (3 * np.sqrt(safe))) ** 3
    upper = above * (1 - 1 / (9 * above) + z / (3 * np.sqrt(above))) ** 3
    exact_lower = np.where(count > 0, special.chdtri(2 * safe, 1 - tail) / 2, 0)
    exact_upper = special.chdtri(2 * count + 2, tail) / 2
    return np.where(count < 10, exact_lower, lower), np.where(count < 10, exact_upper, upper)


def wilson(
    events: npt.ArrayLike, trials: npt.ArrayLike, confidence: float
) -> tuple[Numbers, Numbers]:
    """Wilson's score limits of a share between 0 and 1; NaN without a trial."""
    r, n = np.asarray(events, dtype=float), np.asarray(trials, dtype=float)
    n = np.where(n > 0, n, np.nan)
    z = Z[confidence]
    middle, spread = 2 * r + z**2, z * np.sqrt(z**2 + 4 * r * (1 - r / n))
    scale = 2 * (n + z**2)
    return np.clip((middle - spread) / scale, 0, 1), np.clip((middle + spread) / scale, 0, 1)


def widened(limit: Numbers, value: Numbers, dispersion: Numbers) -> Numbers:
    """The distance on the logarithm's scale times the root; of nothing the limit times it."""
    root = np.sqrt(dispersion)
    safe = np.where(value > 0, value, 1)
    far = safe * np.power(np.maximum(limit, 0) / safe, root)
    return np.where(dispersion == 1, limit, np.where(value > 0, far, limit * dispersion))


def pearson_dispersion(table: Numbers) -> tuple[float, int, int, int | None]:
    """Dispersion, area-years, events and degrees of freedom of area-years (rows) by month."""
    kept = table[table.sum(axis=1) >= 12]
    years, events = len(kept), int(kept.sum())
    if years < 5:
        return 1.0, years, events, None
    expected = np.outer(kept.sum(axis=1), kept.sum(axis=0)) / kept.sum()
    counted = expected >= 1
    chi_square = ((kept - expected)[counted] ** 2 / expected[counted]).sum()
    freedom = (years - 1) * 11
    return max(1.0, float(chi_square) / freedom), years, events, freedom


def binomial_p(hits: npt.ArrayLike, trials: npt.ArrayLike, share: npt.ArrayLike) -> Numbers:
    """Two-sided: the sum of the probabilities of all outcomes no likelier than the one seen.

    They are both tails: the one seen and, on the other side of the mode, all from where the
    probability, which falls from there, is no higher.
    """
    k, n, p = np.broadcast_arrays(*(np.asarray(each, float) for each in (hits, trials, share)))

    def chance(j: Numbers) -> Numbers:
        ways = special.gammaln(n + 1) - special.gammaln(j + 1) - special.gammaln(n - j + 1)
        return np.asarray(ways + special.xlogy(j, p) + special.xlog1py(n - j, -p))

    seen = chance(k) + 1e-7
    mode = np.minimum(np.floor((n + 1) * p), n)
    is_low = k < mode
    near, far = mode.copy(), np.where(is_low, n + 1, -1.0)
    while (apart := np.abs(far - near) > 1).any():
        middle = np.where(apart, np.trunc((near + far) / 2), near)
        beyond = apart & (chance(middle) <= seen)
        near, far = np.where(beyond, near, middle), np.where(beyond, middle, far)
    low, high = np.where(is_low, k, far), np.where(is_low, far, k)
    tails = np.where(low >= 0, special.bdtr(np.maximum(low, 0), n, p), 0.0) + np.where(
        high >= 1, special.bdtrc(np.maximum(high - 1, 0), n, p), 1.0
    )
    return np.asarray(np.where(chance(mode) <= seen, 1.0, np.minimum(1.0, tails)))


def fisher_p(first: Numbers, of_first: Numbers, second: Numbers, of_second: Numbers) -> Numbers:
    """Fisher's exact test, two-sided in the same way."""
    both = first + second
    lowest = np.maximum(0, both - of_first)
    sizes = (np.minimum(both, of_second) - lowest + 1).astype(np.int64)
    starts = np.cumsum(sizes) - sizes
    row = np.repeat(np.arange(len(sizes)), sizes)
    x = lowest[row] + np.arange(len(row)) - starts[row]

    def ways(n: Numbers, k: Numbers) -> Numbers:
        return np.asarray(
            special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
        )

    total = ways(of_first + of_second, both)
    logs = ways(of_second[row], x) + ways(of_first[row], both[row] - x) - total[row]
    seen = logs[starts + (second - lowest).astype(np.int64)]
    likely = np.where(logs <= seen[row] + 1e-7, np.exp(logs), 0.0)
    return np.asarray(np.minimum(1.0, np.bincount(row, likely, len(sizes))))


def normal_p(z: npt.ArrayLike) -> Numbers:
    return np.asarray(2 * stats.norm.sf(np.abs(np.asarray(z, dtype=float))))


def few_expected(
    first: npt.ArrayLike, of_first: npt.ArrayLike, second: npt.ArrayLike, of_second: npt.ArrayLike
) -> npt.NDArray[np.bool_]:
    """Whether a cell of the table expects fewer than five."""
    a, n, b, m = (np.asarray(each, dtype=float) for each in (first, of_first, second, of_second))
    hits, misses, total = a + b, n + m - a - b, n + m
    return np.asarray(np.minimum(hits, misses) * np.minimum(n, m) < 5 * total)


def shares_p(first: Numbers, of_first: Numbers, second: Numbers, of_second: Numbers) -> Numbers:
    """Two shares: Fisher's test where few are expected, else the pooled z; NaN of one outcome."""
    hits, total = first + second, of_first + of_second
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = hits / total
        error = np.sqrt(pooled * (1 - pooled) * (1 / of_first + 1 / of_second))
        found = normal_p((second / of_second - first / of_first) / error)
    few = few_expected(first, of_first, second, of_second)
    found[few] = fisher_p(first[few], of_first[few], second[few], of_second[few])
    return np.where((hits == 0) | (hits == total), np.nan, found)


def changed_count_p(
    old: Numbers, old_of: Numbers, new: Numbers, new_of: Numbers, dispersion: Numbers
) -> tuple[Numbers, Numbers]:
    """Two counts over their exposures: as of independent events, and widened."""
    total = old + new
    share = np.where(np.isnan(old_of + new_of), 0.5, new_of / (old_of + new_of))
    plain = np.where(total > 0, binomial_p(new, total, share), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(dispersion * total * share * (1 - share))
        wide = np.maximum(plain, normal_p((new - total * share) / error))
    return plain, np.where((dispersion > 1) & (total > 0), wide, plain)


def mean_of_limits(values: Numbers, lower: Numbers, upper: Numbers) -> tuple[float, float, float]:
    """A mean and its limits from those of what it is the mean of (Zou, Huang and Zhang)."""
    mean, n = float(values.mean()), len(values)
    below = float(np.sqrt(((values - lower) ** 2).sum())) / n
    return mean, mean - below, mean + float(np.sqrt(((upper - values) ** 2).sum())) / n


def count_against_p(events: Numbers, expected: Numbers) -> Numbers:
    """The p-value of the limits of a count: under 5 % where they leave `expected` out."""
    lesser = np.minimum(stats.poisson.sf(events - 1, expected), stats.poisson.cdf(events, expected))
    below = expected < events
    near = np.where(below, np.maximum(events, 1), events + 1)
    z = 3 * np.sqrt(near) * (1 - 1 / (9 * near) - np.cbrt(expected / near))
    far = 2 * stats.norm.sf(np.maximum(0, np.where(below, z, -z)))
    return np.asarray(np.where(events < 10, np.minimum(1, 2 * lesser), far))


def narrowed(expected: Numbers, events: Numbers, dispersion: Numbers) -> Numbers:
    """The number expected at which the plain limit stands where the widened one meets the given."""
    safe = np.maximum(events, 1)
    near = safe * np.power(expected / safe, 1 / np.sqrt(dispersion))
    moved = np.where(events > 0, near, expected / dispersion)
    return np.asarray(np.where(dispersion == 1, expected, moved))


def benjamini_hochberg(p_values: Numbers) -> Numbers:
    """The q-values of one family."""
    return np.asarray(stats.false_discovery_control(p_values, method="bh"))


TREND_THRESHOLD = float(stats.chi2.isf(0.002, 1))


def slopes(x: Numbers, y: Numbers, weights: Numbers) -> tuple[Numbers, Numbers]:
    """Slope and weighted sum of squares of x, of each row of points."""
    with np.errstate(invalid="ignore", divide="ignore"):
        total = weights.sum(axis=1, keepdims=True)
        centred = x - (weights * x).sum(axis=1, keepdims=True) / total
        level = y - (weights * y).sum(axis=1, keepdims=True) / total
        squares = (weights * centred**2).sum(axis=1)
        return (weights * centred * level).sum(axis=1) / squares, squares


def rank(values: Sequence[float]) -> list[int]:
    """1 the highest, ties share a rank; what is not known is last."""
    own = np.array([-np.inf if np.isnan(value) else value for value in values])
    return [int((own > value).sum()) + 1 for value in own]


def gi_star(values: Numbers, adjacent: npt.NDArray[np.bool_]) -> Numbers:
    """Getis-Ord Gi* with binary weights; `adjacent` includes the area itself."""
    n, weight = len(values), adjacent.sum(axis=1)
    spread = values.std()
    if spread == 0:
        return np.full(n, np.nan)
    error = spread * np.sqrt((n * weight - weight**2) / (n - 1))
    return np.asarray((adjacent @ values - values.mean() * weight) / error)


def exact_poisson_lower(events: npt.ArrayLike, confidence: float) -> Numbers:
    count = np.asarray(events, dtype=float)
    safe = np.maximum(count, 1)
    return np.where(count > 0, stats.chi2.ppf((1 - confidence) / 2, 2 * safe) / 2, 0.0)
