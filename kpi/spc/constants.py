"""Constants of control-chart theory, computed from their definitions."""

import math
from functools import lru_cache
from statistics import NormalDist
from typing import Final

import numpy as np

SIGMA_LIMITS: Final = 3.0
"""Distance of the control limits from the centre line, in standard deviations."""

D2_FOR_PAIRS: Final = 2 / math.sqrt(math.pi)
"""Expected range of two standard-normal values, exact: 1.12838 (tables print 1.128)."""

MEDIAN_RANGE_OF_PAIRS: Final = math.sqrt(2) * NormalDist().inv_cdf(0.75)
"""Median range of two standard-normal values: 0.95387. Divides the median moving range."""

MIN_POINTS: Final = 8
"""Under so many points a chart of the product shows no limits."""

FREEZE_POINTS: Final = 20
"""So many points make the limits final: the first of a phase are frozen, fewer are provisional."""

VARYING: Final = 1.25
"""Sizes vary where the largest is more than so many times the smallest."""

_REACH: Final = 8.5  # beyond it a standard-normal tail is under 1e-17
_GRID: Final = np.linspace(-_REACH, _REACH, 341)
_PHI: Final = np.exp(-(_GRID**2) / 2) / math.sqrt(2 * math.pi)
_cdf = np.frompyfunc(lambda x: 0.5 * math.erfc(-x / math.sqrt(2)), 1, 1)


@lru_cache(maxsize=256)
def _range_moments(n: int) -> tuple[float, float]:
    """Mean and standard deviation of the range of ``n`` standard-normal values.

    Integrates 1 - F(w), where F(w) = n ∫ φ(x) (Φ(x+w) - Φ(x))^(n-1) dx is the distribution of the
    range: the trapezoid rule over x (exponentially accurate here), Gauss-Legendre over w.
    """
    if n < 2:
        raise ValueError("a range needs at least two values")
    if n == 2:
        return D2_FOR_PAIRS, math.sqrt(2 - 4 / math.pi)
    nodes, weights = np.polynomial.legendre.leggauss(120)
    width = (nodes + 1) * _REACH
    weights = weights * _REACH
    within = _cdf(_GRID[:, None] + width).astype(float) - _cdf(_GRID)[:, None].astype(float)
    step = _GRID[1] - _GRID[0]
    above = 1 - n * step * (_PHI[:, None] * within ** (n - 1)).sum(axis=0)
    mean = float((weights * above).sum())
    square = float(2 * (weights * width * above).sum())
    return mean, math.sqrt(square - mean**2)


def d2(n: int) -> float:
    """Expected range of ``n`` standard-normal values (dimensionless). ``ValueError`` under two.

    >>> round(d2(5), 3)
    2.326
    """
    return _range_moments(n)[0]


def d3(n: int) -> float:
    """Standard deviation of the range of ``n`` standard-normal values (dimensionless).

    >>> round(d3(5), 3)
    0.864
    """
    return _range_moments(n)[1]


def c4(n: float) -> float:
    """Expected sample standard deviation of ``n`` standard-normal values (dimensionless).

    >>> round(c4(5), 4)
    0.94
    """
    if n < 2:
        raise ValueError("a standard deviation needs at least two values")
    if n > 1e6:  # the gamma functions lose digits; the series is exact to the last one here
        return 1 - 1 / (4 * (n - 1))
    return math.sqrt(2 / (n - 1)) * math.exp(math.lgamma(n / 2) - math.lgamma((n - 1) / 2))


class Constants:
    """The constants in force: exact, or rounded as books print them (d2, d3 to 3 digits, c4 to 4).

    >>> Constants(exact=False).d2(2)
    1.128
    """

    def __init__(self, *, exact: bool = True) -> None:
        self.exact = exact

    def _as_printed(self, value: float, digits: int = 3) -> float:
        return value if self.exact else round(value, digits)

    def d2(self, n: int) -> float:
        """See ``d2``."""
        return self._as_printed(d2(n))

    def d3(self, n: int) -> float:
        """See ``d3``."""
        return self._as_printed(d3(n))

    def c4(self, n: float) -> float:
        """See ``c4``."""
        return self._as_printed(c4(n), 4)

    def range_limits(self, n: int) -> tuple[float, float]:
        """D3 and D4: lower and upper limit of a range chart, in mean ranges; never under zero."""
        ratio = SIGMA_LIMITS * d3(n) / d2(n)
        return self._as_printed(max(0.0, 1 - ratio)), self._as_printed(1 + ratio)

    @property
    def median_range(self) -> float:
        """Median range of a pair; books print 0.954."""
        return self._as_printed(MEDIAN_RANGE_OF_PAIRS)
