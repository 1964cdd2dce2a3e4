"""Confidence limits of a count, written out once for the tests that compare with them."""

from scipy import stats


def byar(count: float, confidence: float) -> tuple[float, float]:
    """Limits of a count: exact Poisson below ten, Byar's approximation from ten."""
    tail = (1 - confidence) / 2
    if count < 10:
        lower = stats.chi2.ppf(tail, 2 * count) / 2 if count else 0.0
        return float(lower), float(stats.chi2.ppf(1 - tail, 2 * count + 2) / 2)
    z, above = stats.norm.ppf(1 - tail), count + 1
    lower = count * (1 - 1 / (9 * count) - z / (3 * count**0.5)) ** 3
    return float(lower), float(above * (1 - 1 / (9 * above) + z / (3 * above**0.5)) ** 3)
