"""How far the points of a window lie from the usual level, as a normal score.

A window is a stretch of points of one series, from row ``first`` to row ``last``; what it is
compared with is the baseline of the chart without the window. A score of 3 is as rare as a
standard-normal value of 3 would be for this one window; what the search for the best window adds is
in the simulated table (see ``kpi.spc.null_table``).
"""

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from kpi.spc.constants import D2_FOR_PAIRS
from kpi.spc.evidence_points import Places, Points, running
from kpi.spc.result import Mask, Values
from kpi.spc.spans import ratio

FREEDOM_PER_RANGE: Final = 0.62
"""Degrees of freedom of sigma from moving ranges, per range (Wheeler 1995, table of d.f.)."""

LEAST_TAILS: Final = 0.5
"""Excess kurtosis that is taken for granted: no process is quite normal."""

UNSEEN_TAILS: Final = 1.5
"""Factor on the kurtosis of a sample: short series rarely show the tails they have."""

FEWEST_BEFORE: Final = 5
"""A window needs so many points of the baseline beside it."""

DISPERSION_DOUBT: Final = 0.3
"""Under this p-value of the dispersion test the uncertainty of the variance ratio counts too."""

HIGHEST: Final = 30.0
"""Scores end here: a rarer tail than 1e-197 is of no use, and 1 - 1e-197 has no digits."""


@dataclass(frozen=True, slots=True, eq=False)
class Nature:
    """What series are like beside their level: arrays (K,), one per window.

    ``more`` is the further variance that neighbours alike bring, ``freedom`` the share of the
    degrees of freedom they leave, ``tails`` the excess kurtosis of the points.
    """

    more: Values
    freedom: Values
    tails: Values

    def of(self, some: Places) -> "Nature":
        """That of some windows."""
        return Nature(self.more[some], self.freedom[some], self.tails[some])


FEW_LEFT: Final = 0.6
"""Where neighbours alike leave less of the freedom, the uncertainty of the spread counts too."""

PLAIN: Final = Nature(np.ones(()), np.ones(()), np.zeros(()))
"""Independent points."""


class Score(Protocol):
    """Signed scores of windows: series (K,), first and last rows (K,) → (K,)."""

    def __call__(self, series: Places, first: Places, last: Places) -> Values:
        """A score that is quick to compute, to choose the window by; zero with too little beside."""
        ...

    def exact(self, series: Places, first: Places, last: Places, nature: Nature) -> Values:
        """The score that counts, given what the series are like."""
        ...

    def beside(self, series: Places, first: Places, last: Places) -> Values:
        """How many points of the baseline are not in the window."""
        ...


def normal_of_t(t: Values, freedom: Values) -> Values:
    """The normal score of a t value (Wallace 1959, within 0.02 where it matters).

    >>> round(float(normal_of_t(np.array(4.0), np.array(12.0))), 2)
    3.12
    """
    df = np.maximum(freedom, 1.0)
    root = np.sqrt(df * np.log1p(t * t / df))
    return np.asarray(np.copysign((8 * df + 1) / (8 * df + 3) * root, t))


def _inside(sums: Values, series: Places, first: Places, last: Places) -> Values:
    return np.asarray(sums[last + 1, series] - sums[first, series])


def _beside(sums: Values, series: Places, first: Places, last: Places) -> Values:
    return np.asarray(sums[-1, series] - _inside(sums, series, first, last))


def _untouched(sums: Values, series: Places, first: Places, last: Places) -> Values:
    """The total over pairs of neighbours of which neither is in the window."""
    return _beside(sums, series, first, np.minimum(last + 1, len(sums) - 2))


def with_tails(
    freedom: Values, tails: Values | float, length: npt.NDArray[np.floating] | float
) -> Values:
    """Degrees of freedom where the values themselves have longer tails than the normal.

    A t distribution of the excess kurtosis ``tails`` has 4 + 6 / kurtosis degrees; the kurtosis of a
    mean falls with the number of its values.
    """
    own = 4 + 6 * length / (UNSEEN_TAILS * tails + LEAST_TAILS)
    return np.asarray(1 / (1 / np.maximum(freedom, 1.0) + 1 / own))


class Amounts:
    """Scores of measured amounts: sigma from all moving ranges beside the window, t-like tails.

    The chart takes sigma from its baseline; with up to twice as many ranges the score knows it
    better, which finds more of what is there. The level it compares with is that of the chart.
    """

    def __init__(self, points: Points) -> None:
        size, base, pair = points.size, points.base, points.pair
        distance = np.where(points.there, points.count - points.level * size, 0.0)
        self._size, self._base = running(size), running(base)
        self._distance = running(distance)
        self._base_size, self._base_distance = running(size * base), running(distance * base)
        self._ranges = running(np.where(pair, _ranges(points), 0.0))
        self._pairs = running(pair)

    def sigma(self, series: Places, first: Places, last: Places) -> tuple[Values, Values]:
        """Sigma of a single value of size one, without the window, and the number of its ranges."""
        pairs = _untouched(self._pairs, series, first, last)
        total = _untouched(self._ranges, series, first, last)
        return ratio(total, pairs) / D2_FOR_PAIRS, pairs

    def __call__(self, series: Places, first: Places, last: Places) -> Values:
        """See ``Score``."""
        return self.exact(series, first, last, PLAIN)

    def beside(self, series: Places, first: Places, last: Places) -> Values:
        """See ``Score``."""
        return _beside(self._base, series, first, last)

    def exact(self, series: Places, first: Places, last: Places, nature: Nature) -> Values:
        """See ``Score``."""
        sigma, pairs = self.sigma(series, first, last)
        before = self.beside(series, first, last)
        size = _inside(self._size, series, first, last)
        rest = _beside(self._base_size, series, first, last)
        far = _inside(self._distance, series, first, last)
        near = _beside(self._base_distance, series, first, last)
        enough = (before >= FEWEST_BEFORE) & (pairs >= FEWEST_BEFORE - 2) & (rest > 0) & (size > 0)
        rest, size = np.where(enough, rest, 1.0), np.where(enough, size, 1.0)
        gap = far / size - near / rest
        error = sigma * np.sqrt((1 / size + 1 / rest) * nature.more)
        slack = 1e-9 * np.abs(gap)
        with np.errstate(invalid="ignore"):
            t = gap / np.where(error > slack, error, np.maximum(slack, 1e-300))
        freedom = with_tails(
            FREEDOM_PER_RANGE * pairs * nature.freedom, nature.tails, last - first + 1.0
        )
        score = normal_of_t(np.clip(t, -1e9, 1e9), freedom)
        return np.where(enough & np.isfinite(score), np.clip(score, -HIGHEST, HIGHEST), 0.0)


def _ranges(points: Points) -> Values:
    """Moving ranges, scaled to a size of one."""
    value, size = points.value, points.size
    out = np.zeros(value.shape)
    out[1:] = np.abs(value[1:] - value[:-1])
    if (size[points.there] == 1.0).all():
        return out
    with np.errstate(divide="ignore", invalid="ignore"):
        out[1:] /= np.sqrt((1 / size[1:] + 1 / size[:-1]) / 2)
    return np.where(points.pair, out, 0.0)


class Counts:
    """Scores of counts: what the window holds, given what it and the baseline hold together.

    Given the total, the count of the window is binomial (Przyborowski and Wilenski 1940), which
    takes into account how little a short baseline knows, and needs no normal approximation. With
    more spread than chance, counts and sizes are divided by the variance ratio (as if pieces came
    in batches of that size). A share p of its size has the variance ratio 1 - p.
    """

    def __init__(self, points: Points, *, share: bool, wide: bool) -> None:
        self._share, self._wide = share, wide
        count = points.count
        if share:  # the rarer of the two outcomes is counted
            self._turn = np.where(points.level > 0.5, -1.0, 1.0)
            count = np.where(self._turn < 0, points.size - count, count)
        else:
            self._turn = np.ones(len(points.number))
        level = np.where(self._turn < 0, 1 - points.level, points.level)
        base, pair = points.base, points.pair
        self._count, self._size, self._base = running(count), running(points.size), running(base)
        self._base_count = running(count * base)
        self._base_size = running(points.size * base)
        z = residual(count, points.size, level, points.there, share=share)
        change = np.zeros(z.shape)
        change[1:] = np.abs(z[1:] - z[:-1])
        self._pairs = running(pair)
        self._change = running(np.where(pair, change if wide else change**2, 0.0))
        self._z, self._square = running(z * base), running(z * z * base)

    def spread(self, series: Places, first: Places, last: Places) -> tuple[Values, Values, Mask]:
        """Variance ratio to chance (at least 1), its degrees of freedom, and where it is not chance."""
        from scipy.special import chdtrc

        pairs = _untouched(self._pairs, series, first, last)
        total = _untouched(self._change, series, first, last)
        mean = np.where(pairs > 0, total / np.maximum(pairs, 1), 0.0)
        if self._wide:
            wide = np.ones(len(mean), dtype=bool)
            return np.maximum((mean / D2_FOR_PAIRS) ** 2, 1.0), FREEDOM_PER_RANGE * pairs, wide
        few = np.maximum(pairs, 1)
        freedom = 2 * few**2 / (3 * few - 1)
        number = np.maximum(self.beside(series, first, last), 2)
        around = _beside(self._square, series, first, last)
        around = (around - _beside(self._z, series, first, last) ** 2 / number) / (number - 1)
        larger = np.maximum(mean / 2, around)
        wide = chdtrc(freedom, larger * freedom) < DISPERSION_DOUBT
        return np.maximum(larger, 1.0), freedom, wide

    def _parts(
        self, series: Places, first: Places, last: Places
    ) -> tuple[Values, Values, Values, Mask]:
        """Count of the window, count beside it, the window's part of the size, and where enough."""
        inside = _inside(self._count, series, first, last)
        size = _inside(self._size, series, first, last)
        beside = _beside(self._base_count, series, first, last)
        rest = _beside(self._base_size, series, first, last)
        before = self.beside(series, first, last)
        enough = (before >= FEWEST_BEFORE) & (rest > 0) & (size > 0)
        part = np.where(enough, size / np.where(enough, size + rest, 1.0), 0.5)
        return inside, beside, part, enough

    def beside(self, series: Places, first: Places, last: Places) -> Values:
        """See ``Score``."""
        return _beside(self._base, series, first, last)

    def __call__(self, series: Places, first: Places, last: Places) -> Values:
        """A quick score, the signed root of the deviance: it chooses the window."""
        inside, beside, part, enough = self._parts(series, first, last)
        total = inside + beside
        expected = total * part
        deviance = _times_log(inside, expected) + _times_log(beside, total - expected)
        score = np.copysign(np.sqrt(np.maximum(2 * deviance, 0.0)), inside - expected)
        return np.where(enough, score, 0.0) * self._turn[series]

    def exact(self, series: Places, first: Places, last: Places, nature: Nature) -> Values:
        """From the exact tail: see ``Score``."""
        from scipy.special import betainc, ndtri

        inside, beside, part, enough = self._parts(series, first, last)
        ratio_, freedom, wide = self.spread(series, first, last)
        ratio_ = np.maximum(ratio_ * nature.more, 1.0)
        if self._share:
            size = _inside(self._size, series, first, last)
            rest = np.where(enough, size / part - size, 1.0)
            ratio_ = ratio_ * (
                1 - np.minimum((inside + beside) / np.maximum(size + rest, 1e-300), 0.5)
            )
        x, y = inside / ratio_, beside / ratio_
        above = inside > (inside + beside) * part
        high = betainc(np.where(x > 0, x, 1.0), y + 1, part)
        low = betainc(np.where(y > 0, y, 1.0), x + 1, 1 - part)
        tail = np.where(above, np.where(x > 0, high, 1.0), np.where(y > 0, low, 1.0))
        score = -ndtri(np.clip(tail, 1e-197, 0.5))
        freedom = with_tails(
            freedom * nature.freedom, np.where(wide, nature.tails, 0.0), last - first + 1.0
        )
        score = np.where(wide | (nature.freedom < FEW_LEFT), normal_of_t(score, freedom), score)
        return np.where(enough, np.where(above, score, -score), 0.0) * self._turn[series]


def _times_log(x: Values, expected: Values) -> Values:
    positive = (x > 0) & (expected > 0)
    quotient = np.where(positive, x, 1.0) / np.where(positive, expected, 1.0)
    return np.where(positive, x * np.log(quotient), 0.0)


def residual(count: Values, size: Values, level: Values, there: Mask, *, share: bool) -> Values:
    """Standardised distance of each count from its level; zero where there is none."""
    expected = level * size
    variance = expected * (1 - level) if share else expected
    good = there & (variance > 0)
    return np.where(good, (count - expected) / np.sqrt(np.where(good, variance, 1.0)), 0.0)


def amounts_residual(points: Points) -> Values:
    """Distance of each amount from its level, scaled to a size of one; zero where there is none."""
    root = np.sqrt(np.where(points.there, points.size, 1.0))
    return np.where(points.there, (points.count - points.level * points.size) / root, 0.0)


__all__ = [
    "Amounts",
    "Counts",
    "Score",
    "amounts_residual",
    "normal_of_t",
    "residual",
]
