"""Limits of a count and what widens them, written out once for the tests that compare with them."""

import numpy as np
import numpy.typing as npt
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


def two_sided(count: float, expected: float) -> float:
    """The p-value of a count that such limits belong to."""
    if count < 10:
        tails = stats.poisson.sf(count - 1, expected), stats.poisson.cdf(count, expected)
        return float(min(1, 2 * min(tails)))
    near = count if expected < count else count + 1
    z = 3 * near**0.5 * (1 - 1 / (9 * near) - (expected / near) ** (1 / 3))
    return float(2 * stats.norm.sf(max(0, z if expected < count else -z)))


def widened(limits: tuple[float, float], count: float, dispersion: float) -> tuple[float, float]:
    """Limits of a count whose months vary more than by chance alone."""
    lower, upper = limits
    if count == 0:
        return lower, upper * dispersion
    root = dispersion**0.5
    return count * (lower / count) ** root, count * (upper / count) ** root


def dispersion(area_years: npt.NDArray[np.float64]) -> float:
    """How much more months vary than by chance: events by area-year (rows) and month (columns)."""
    kept = area_years[area_years.sum(axis=1) >= 12]
    if len(kept) < 5:
        return 1.0
    expected = np.outer(kept.sum(axis=1), kept.sum(axis=0)) / kept.sum()
    cells = (kept - expected) ** 2 / np.where(expected > 0, expected, 1)
    return float(max(1, cells[expected >= 1].sum() / ((len(kept) - 1) * 11)))
