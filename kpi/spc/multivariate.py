"""Hotelling's T² for several measurements taken together, one row per point.

Source: Tracy, Young & Mason (1992), JQT 24(2), 88-95: the points that made the estimate are judged
by a beta limit, later ones by an F limit.
"""

import numpy as np

from kpi.errors import NotEnoughDataError
from kpi.spc.result import Mask, Values
from kpi.spc.sample import Lines


def t2_lines(rows: Values, base: Mask, measured: Mask, confidence: float) -> tuple[Lines, ...]:
    """T² of single rows (T, p) with upper limits; centre is the expected T² of a baseline point.

    ``base`` and ``measured`` are (T,). Raises ``NotEnoughDataError`` where the baseline has too few
    rows for a covariance of ``p`` columns.
    """
    from scipy.stats import beta, f

    used = rows[base]
    m, p = used.shape
    if m < p + 2:
        raise NotEnoughDataError(f"a T² chart of {p} columns", needed=p + 2, given=m)
    apart = rows - used.mean(axis=0)
    inverse = np.linalg.pinv(np.atleast_2d(np.cov(used, rowvar=False)), hermitian=True)
    t2 = np.where(measured, np.einsum("ti,ij,tj->t", apart, inverse, apart), np.nan)
    own = (m - 1) ** 2 / m * beta.ppf(confidence, p / 2, (m - p - 1) / 2)
    later = p * (m + 1) * (m - 1) / (m * (m - p)) * f.ppf(confidence, p, m - p)
    upper = np.where(base, own, later)
    center = np.full(len(rows), p * (m - 1) / m)
    none = np.full(len(rows), np.nan)
    columns = (x[:, None] for x in (t2, center, none, none, np.zeros(len(rows)), upper))
    statistic, middle, sigma, spread, low, high = columns
    return (Lines("T²", statistic, middle, sigma, spread, low, high),)
