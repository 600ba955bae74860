"""Hotelling's T² for several measurements taken together: one row per point, or subgroups of rows.

Sources: Tracy, Young & Mason (1992), JQT 24(2), 88-95: single rows that made the estimate are
judged by a beta limit, later ones by an F limit. Montgomery, Introduction to Statistical Quality
Control, ch. 11: limits of subgroup means, with the covariance within subgroups.
"""

from dataclasses import dataclass

import numpy as np

from kpi.errors import NotEnoughDataError
from kpi.spc.result import Mask, Options, Values
from kpi.spc.sample import Kind, Lines, Sample


def t2(sample: Sample) -> tuple[Lines, ...]:
    """T² with its upper limit, each phase on its own; the centre is what a baseline point expects.

    ``sample.members`` is (T, n, p): n rows of p measurements per point, ``nan`` rows where there are
    fewer. Raises ``NotEnoughDataError`` where a baseline has too few rows for a covariance.
    """
    assert sample.members is not None
    points = len(sample.members)
    out = _Lines(*(np.full(points, np.nan) for _ in range(4)))
    confidence = sample.options.confidence
    for first, last in sample.spans.bounds(0) or [(0, -1)]:
        inside = slice(first, last + 1)
        rows = sample.members[inside]
        base, measured = sample.base[inside, 0], sample.measured[inside, 0]
        single = bool((np.isfinite(rows).all(axis=2).sum(axis=1) <= 1).all())
        lines = (_of_rows if single else _of_subgroups)(rows, base, measured, confidence)
        out.statistic[inside] = lines.statistic
        out.center[inside], out.upper[inside] = lines.center, lines.upper
        out.columns[inside] = lines.columns
    none = np.full((points, 1), np.nan)
    statistic, center, upper = (x[:, None] for x in (out.statistic, out.center, out.upper))
    extra = {"columns": out.columns[:, None]}
    zero = np.zeros((points, 1))
    return (Lines("T²", statistic, center, none, none, zero, upper, extra=extra),)


_FOLLOWS = 1e-10  # an axis of the correlations with less of the spread is rounding


@dataclass(frozen=True, slots=True)
class _Lines:
    statistic: Values
    center: Values
    upper: Values
    columns: Values


def _distance(apart: Values, covariance: Values) -> tuple[Values, int]:
    """Squared distances by the covariance, and of how many columns that say something of their own.

    A column that does not vary, or that follows from the others, adds nothing to a distance.
    """
    scale = np.sqrt(np.diag(covariance))
    varies = scale > 0
    if not varies.any():
        return np.full(len(apart), np.nan), 0
    unit = scale[varies]
    correlation = covariance[np.ix_(varies, varies)] / unit[:, None] / unit
    size, axes = np.linalg.eigh(correlation)
    own = size > _FOLLOWS
    score = (apart[:, varies] / unit) @ axes[:, own]
    return np.asarray((score**2 / size[own]).sum(axis=1)), int(own.sum())


def _of_rows(rows: Values, base: Mask, measured: Mask, confidence: float) -> _Lines:
    from scipy.stats import beta, f

    p = rows.shape[2]
    whole: Mask = np.asarray(np.isfinite(rows).all(axis=2))
    at = whole.argmax(axis=1) if rows.shape[1] else np.zeros(len(rows), dtype=np.intp)
    flat = rows[np.arange(len(rows)), at] if rows.shape[1] else np.zeros((len(rows), p))
    used = flat[base]
    m = len(used)
    if m < p + 2:
        raise NotEnoughDataError(f"a T² chart of {p} columns", needed=p + 2, given=m)
    apart = flat - used.mean(axis=0)
    covariance = np.atleast_2d(np.cov(used, rowvar=False))
    distance, p = _distance(apart, covariance)
    statistic = np.where(measured, distance, np.nan)
    if p == 0:
        return _Lines(statistic, *(np.full(len(rows), x) for x in (np.nan, np.nan, 0.0)))
    own = (m - 1) ** 2 / m * beta.ppf(confidence, p / 2, (m - p - 1) / 2)
    later = p * (m + 1) * (m - 1) / (m * (m - p)) * f.ppf(confidence, p, m - p)
    center = np.full(len(rows), p * (m - 1) / m)
    return _Lines(statistic, center, np.where(base, own, later), np.full(len(rows), float(p)))


def _of_subgroups(rows: Values, base: Mask, measured: Mask, confidence: float) -> _Lines:
    """Means of subgroups; a limit that counts the subgroup's own part in the grand mean.

    With m equal subgroups of n: p(m-1)(n-1)/(mn-m-p+1) F for those of the baseline, and
    p(m+1)(n-1)/(mn-m-p+1) F for later ones.
    """
    from scipy.stats import f

    p = rows.shape[2]
    whole: Mask = np.asarray(np.isfinite(rows).all(axis=2))
    size = whole.sum(axis=1).astype(float)
    there = np.where(whole[:, :, None], rows, 0.0)
    mean = there.sum(axis=1) / np.maximum(size, 1.0)[:, None]
    total = size[base].sum()
    freedom = total - int((base & (size > 0)).sum())
    if freedom < p + 2:
        raise NotEnoughDataError(
            f"a T² chart of {p} columns", needed=p + 2, given=max(int(freedom), 0)
        )
    inside = np.where(whole[:, :, None], rows - mean[:, None, :], 0.0)[base]
    covariance = np.einsum("tni,tnj->ij", inside, inside) / freedom
    grand = there[base].sum(axis=(0, 1)) / total
    distance, p = _distance(mean - grand, covariance)
    statistic = np.where(measured, size * distance, np.nan)
    if p == 0:
        return _Lines(statistic, *(np.full(len(rows), x) for x in (np.nan, np.nan, 0.0)))
    spread = p * freedom / (freedom - p + 1)
    part = np.where(base, 1 - size / total, 1 + size / total)
    quantile = f.ppf(confidence, p, freedom - p + 1)
    expected = p * freedom / (freedom - p - 1)
    columns = np.full(len(rows), float(p))
    return _Lines(statistic, part * expected, part * spread * quantile, columns)


def _convention(options: Options) -> str:
    return (
        f"one row per point; upper limit at {options.confidence * 100:g} %: beta for the points "
        "that make the estimate, F for later ones; for subgroups of rows F, with the covariance "
        "within them; centre = expected T²"
    )


KINDS = (Kind("t2", "T² chart", "rows", t2, _convention, scales=False, rules=("beyond",)),)
