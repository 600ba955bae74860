"""How exactly a capability index is known: degrees of freedom of a sigma, and intervals.

Sources: Patnaik (1950) for a mean range as a scaled chi; Hoel (1946) and Cryer & Ryan (1990) for the
moving range; Bissell (1990), "How reliable is your capability index?", Applied Statistics 39;
Boyles (1991), "The Taguchi capability index", JQT 23 (Cpm).
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from kpi.spc.constants import c4, d2, d3
from kpi.spc.result import Mask

Bound = Literal["two-sided", "lower"]

VARIANCE_OF_RANGE: Final = 2 - 4 / math.pi
"""Variance of |x1 - x2| of standard-normal values."""

COVARIANCE_OF_RANGES: Final = (4 / math.pi) * (math.sqrt(3) / 2 + math.pi / 12 - 1)
"""Covariance of two moving ranges that share a value: E|XY| of normals of correlation -1/2."""

_MEDIAN_DENSITY: Final = 2 * NormalDist(0, math.sqrt(2)).pdf(2**0.5 * NormalDist().inv_cdf(0.75))
_MEDIAN_OVERLAP: Final = 0.026602
"""Cov of "both of two ranges that share a value lie under their median": P(both) - 1/4."""


@dataclass(frozen=True, slots=True)
class Index:
    """One index with its interval; ``nan`` where it (or its end) does not exist.

    >>> Index(1.5, 1.2, 1.8).value
    1.5
    """

    value: float = math.nan
    low: float = math.nan
    high: float = math.nan


NONE: Final = Index()


@dataclass(frozen=True, slots=True)
class Estimate:
    """A sigma with what its interval needs.

    ``freedom`` is the degrees of freedom of the chi distribution that has the estimate's relative
    spread (``inf`` for a known sigma), ``unbiased`` whether the estimate was divided by its bias.
    """

    sigma: float
    freedom: float
    unbiased: bool = True


@lru_cache(maxsize=4096)
def freedom_of_spread(relative_variance: float) -> float:
    """Degrees of freedom of the chi distribution with this squared coefficient of variation.

    >>> round(freedom_of_spread((d3(5) / d2(5)) ** 2), 2)  # one range of five: books print 3.8
    3.83
    """
    if relative_variance <= 0:
        return math.inf
    low, high = 1.0, 1e7
    for _ in range(80):
        middle = math.sqrt(low * high)
        bias = c4(middle + 1)
        low, high = (middle, high) if 1 / bias**2 - 1 > relative_variance else (low, middle)
    return math.sqrt(low * high)


def freedom_of_subgroups(sizes: npt.NDArray[np.intp], method: str) -> float:
    """Degrees of freedom of sigma within subgroups of these sizes (single values tell nothing)."""
    several = sizes[sizes >= 2]
    if not len(several):
        return math.nan
    if method == "pooled":
        return float((several - 1).sum())
    numbers, times = np.unique(several, return_counts=True)
    each = [
        (d3(n) / d2(n)) ** 2 if method == "range" else 1 / c4(n) ** 2 - 1 for n in numbers.tolist()
    ]
    return freedom_of_spread(float((times * each).sum()) / len(several) ** 2)


def freedom_of_moving_ranges(there: Mask, *, median: bool = False) -> float:
    """Degrees of freedom of the mean (median) moving range of values that are there (True) or gaps.

    Neighbouring ranges share a value, which their covariance takes into account.
    """
    ranges = there[1:] & there[:-1]
    number = int(ranges.sum())
    if not number:
        return math.nan
    neighbours = int((ranges[1:] & ranges[:-1]).sum())
    if median and number > 2:
        spread = number / 4 + 2 * neighbours * _MEDIAN_OVERLAP
        height = _MEDIAN_DENSITY * 2**0.5 * NormalDist().inv_cdf(0.75)
        return freedom_of_spread(spread / number**2 / height**2)
    spread = number * VARIANCE_OF_RANGE + 2 * neighbours * COVARIANCE_OF_RANGES
    return freedom_of_spread(spread / number**2 / (4 / math.pi))


def z_of(confidence: float, bound: Bound) -> float:
    """The normal quantile of an interval's ends."""
    tail = (1 - confidence) / (2 if bound == "two-sided" else 1)
    return NormalDist().inv_cdf(1 - tail)


def by_chi_square(
    value: float, freedom: float, confidence: float, bound: Bound, *, unbiased: bool = False
) -> Index:
    """Interval of an index that is a constant over sigma (Cp, Pp, Cpm): index × √(χ² ÷ freedom).

    An unbiased sigma was divided by its c4, and so is the interval.
    """
    if math.isnan(value) or math.isnan(freedom) or math.isinf(freedom):
        return Index(value, value, value) if math.isinf(freedom) else Index(value)
    from scipy.special import gammaincinv

    tail = (1 - confidence) / (2 if bound == "two-sided" else 1)
    bias = c4(freedom + 1) if unbiased and freedom >= 1 else 1.0
    low, high = (
        value * math.sqrt(2 * float(gammaincinv(freedom / 2, p)) / freedom) / bias
        for p in (tail, 1 - tail)
    )
    return Index(value, low, high if bound == "two-sided" else math.nan)


def by_bissell(value: float, n: int, freedom: float, z: float, bound: Bound) -> Index:
    """Interval of a distance from the mean to a limit over sigma (Cpk and its like), Bissell 1990.

    Index ± z √(1 ÷ 9n + index² ÷ 2 freedom).
    """
    if math.isnan(value) or math.isnan(freedom) or n < 1:
        return Index(value)
    reach = z * math.sqrt(1 / (9 * n) + value**2 / (2 * freedom))
    return Index(value, value - reach, value + reach if bound == "two-sided" else math.nan)


def freedom_about_target(freedom: float, off: float, n: int) -> float:
    """Degrees of freedom of the spread about a target that lies ``off`` standard deviations away.

    The variance about the target is that of sigma (with its freedom) and of the mean of ``n`` values
    together; with a sigma of freedom n this is Boyles's n(1 + off²)² ÷ (1 + 2 off²).
    """
    if math.isnan(freedom) or n < 1:
        return math.nan
    own = 0.0 if math.isinf(freedom) else 1 / freedom
    spread = own + 2 * off**2 / n
    return (1 + off**2) ** 2 / spread if spread > 0 else math.inf
