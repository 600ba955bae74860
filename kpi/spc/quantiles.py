"""Exact quantiles of counts, as far out as three standard deviations of a normal distribution.

A point strictly outside them is at most as rare on either side as a normal one beyond 3 sigma
(0.00135); since counts are whole, mostly rarer. Arrays broadcast; ``nan`` gives ``nan``.
"""

from statistics import NormalDist
from typing import Final

import numpy as np

from kpi.spc.constants import SIGMA_LIMITS
from kpi.spc.result import Values

TAIL: Final = NormalDist().cdf(-SIGMA_LIMITS)
"""Probability of a normal value more than three standard deviations under its mean: 0.00135."""


def binomial_quantile(q: float, size: Values, share: Values) -> Values:
    """The smallest number of ``size`` whole units that is not exceeded with probability ``q``.

    ``nan`` where ``share`` is not between 0 and 1.

    >>> binomial_quantile(0.5, np.array([10.0]), np.array([0.3])).tolist()
    [3.0]
    """
    from scipy.special import bdtr, bdtrik  # a second of imports that no page should wait for

    n, p = np.broadcast_arrays(np.rint(size), share)
    good = (n >= 0) & (p >= 0) & (p <= 1)
    n, p = np.where(good, n, 1.0).astype(np.int64), np.where(good, p, 0.5)
    with np.errstate(invalid="ignore"):
        k = np.ceil(bdtrik(q, n, p))
    k = np.clip(np.where(np.isnan(k), 0.0, k), 0.0, n)
    below = np.maximum(k - 1, 0.0)
    k = np.where(bdtr(below, n, p) >= q, below, k)
    k = np.where(bdtr(np.zeros(n.shape), n, p) >= q, 0.0, k)
    return np.where(good, np.where(p == 1, n, k), np.nan)


def poisson_quantile(q: float, mean: Values) -> Values:
    """The smallest number of events that is not exceeded with probability ``q``.

    >>> poisson_quantile(0.5, np.array([4.0])).tolist()
    [4.0]
    """
    from scipy.special import pdtr, pdtrik

    good = mean >= 0
    m = np.where(good, mean, 1.0)
    with np.errstate(invalid="ignore"):
        k = np.ceil(pdtrik(q, m))
    k = np.maximum(np.where(np.isnan(k), 0.0, k), 0.0)
    below = np.maximum(k - 1, 0.0)
    k = np.where(pdtr(below, m) >= q, below, k)
    k = np.where(np.exp(-m) >= q, 0.0, k)
    return np.where(good, k, np.nan)


def geometric_quantile(q: float, share: Values) -> Values:
    """Units between events, the share of events being known; linear between whole units, from 0.

    Minitab, "Methods and formulas for G chart": probability limits.
    """
    good = (share > 0) & (share < 1)
    p = np.where(good, share, 0.5)
    step = np.ceil(np.log1p(-q) / np.log1p(-p))
    before, after = -np.expm1((step - 1) * np.log1p(-p)), -np.expm1(step * np.log1p(-p))
    trials = step - 1 + (q - before) / (after - before)
    return np.where(good, np.maximum(trials - 1, 0.0), np.nan)
