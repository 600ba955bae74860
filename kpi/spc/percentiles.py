"""Capability of values that are not normal: limits against percentiles in place of sigma.

ISO 22514-2: Pp is the width of the tolerance over that of the middle 99.73 % of the values, Ppk the
distance from the median to a limit over that from the median to the percentile on its side (0.135 %
or 99.865 %, where a normal distribution has three sigma).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from kpi.spc.capability_intervals import NONE, Bound, Index
from kpi.spc.distributions import (
    JOHNSON,
    NORMAL,
    SKEWED,
    Family,
    Parameters,
    Values,
    anderson_darling,
    spread_ties,
)

TAIL: Final = 0.5 * math.erfc(3 / math.sqrt(2))
"""Share beyond three sigma of a normal distribution: 0.135 %."""

FITS: Final = 0.05
"""A distribution is taken to fit where chance makes one as far off at least so often."""

JOHNSON_FROM: Final = 500
"""Of fewer values the far percentiles of a curve of four parameters are off by half as a rule."""

EMPIRICAL_FROM: Final = 1_000
"""Fewer values hold no percentile of 0.135 % themselves; from here on they beat a Johnson curve."""

EMPIRICAL_ALWAYS: Final = 5_000
"""So many values tell their percentiles themselves, better than any fitted shape."""

RESAMPLES: Final = 400
SEED: Final = 20_260_101
OF_THE_VALUES: Final = "percentiles of the values"
FAMILIES: Final = MappingProxyType({family.name: family for family in (NORMAL, *SKEWED, JOHNSON)})
_NAMES: Final = ("pp", "ppl", "ppu", "ppk")
_AT_ONCE: Final = 4_000_000  # numbers in memory


@dataclass(frozen=True, slots=True)
class PercentileForm:
    """Capability by percentiles.

    ``distribution`` is the shape that was fitted, or "percentiles of the values". ``fit`` is the
    chance that values of this shape lie as far from it (``nan`` for percentiles of the values).
    ``low``, ``median`` and ``high`` are the 0.135 %, 50 % and 99.865 % percentiles in the unit of the
    values; ``indices`` are pp, ppl, ppu and ppk; ``below`` and ``above`` are the expected shares
    outside each limit (``nan`` without one).
    """

    distribution: str
    fit: float
    low: float
    median: float
    high: float
    indices: Mapping[str, Index]
    below: float
    above: float
    parameters: tuple[float, ...] = ()
    bound: float = 0.0
    mirrored: bool = False

    def under(self, value: float) -> float:
        """Share of the fitted shape below a value; ``nan`` for percentiles of the values."""
        if not self.parameters:
            return math.nan
        shape = _Shape(FAMILIES[self.distribution], self.bound, self.mirrored)
        return shape.under(value, tuple(np.array([p]) for p in self.parameters))


@dataclass(frozen=True, slots=True)
class _Shape:
    """A family on values counted from a bound; ``mirrored`` where the bound is the upper one."""

    family: Family
    bound: float = 0.0
    mirrored: bool = False

    def ahead(self, x: Values) -> Values:
        return np.asarray(self.bound - x[::-1] if self.mirrored else x - self.bound)

    def told(self, x: Values, share: Values) -> tuple[Values, Values]:
        """How far the fitted shape is from each column (B,), and its percentiles (3, B)."""
        seen = self.ahead(x)
        parameters = self.family.fit(seen)
        distance = anderson_darling(self.family.ahead(seen, parameters))
        found = self.family.back(1 - share[::-1] if self.mirrored else share, parameters)
        found = np.asarray(self.bound - found[::-1] if self.mirrored else found + self.bound)
        return np.where(np.isfinite(distance), distance, np.inf), found

    def under(self, value: float, parameters: Parameters) -> float:
        """Share of the distribution below a value."""
        at = np.array([[self.bound - value if self.mirrored else value - self.bound]])
        if self.family.positive and at[0, 0] <= 0:
            return 1.0 if self.mirrored else 0.0
        share = float(self.family.ahead(at, parameters)[0, 0])
        return 1 - share if self.mirrored else share


def percentile_form(
    values: Values,
    lsl: float,
    usl: float,
    *,
    bounds: tuple[float, float] = (math.nan, math.nan),
    confidence: float = 0.95,
    bound: Bound = "two-sided",
    simple: bool = False,
) -> PercentileForm | None:
    """Capability by percentiles; ``None`` where no shape fits and the values are too few to tell alone.

    ``lsl`` and ``usl`` are ``nan`` where there is none; ``bounds`` are what no value can pass. The
    shape is the nearest by Anderson-Darling of normal, lognormal, Weibull and gamma (of values from
    the bound, or from zero where all are above it), accepted where a parametric bootstrap does not
    reject it; else, from 500 values on, a Johnson curve on the same terms; else, from 1,000 on, the
    percentiles of the values themselves (of 5,000 always). ``simple`` leaves out what follows the
    values wherever they go: a process that changed is a mixture.
    Intervals are percentiles of 400 resamples, for each of which the shape is
    chosen and fitted anew (the seed is fixed).
    """
    x = np.sort(values[np.isfinite(values)])
    if len(x) < 2 or x[0] == x[-1]:
        return None
    smooth = spread_ties(x)
    whole = len(x) >= EMPIRICAL_ALWAYS and not simple
    shape, fit = (None, math.nan) if whole else _chosen(smooth, bounds, simple=simple)
    if shape is None and (simple or len(x) < EMPIRICAL_FROM):
        return None
    share = np.array([[TAIL], [0.5], [1 - TAIL]])
    if shape is None:
        now = np.quantile(smooth, share[:, 0], method="median_unbiased")
    else:
        now = shape.told(smooth[:, None], share)[1][:, 0]
    rivals = _simple(smooth, bounds) if shape and shape.family is not JOHNSON else [shape]
    again = _resampled(rivals, smooth, share)
    ends = np.stack([_indices(q, lsl, usl) for q in again], axis=1)
    low, median, high = now.tolist()
    tail = (1 - confidence) / (2 if bound == "two-sided" else 1)
    found = {
        name: _with_ends(value, row, tail, bound)
        for name, value, row in zip(_NAMES, _indices(now, lsl, usl).tolist(), ends, strict=True)
    }
    name = OF_THE_VALUES if shape is None else shape.family.name
    form = PercentileForm(name, fit, low, median, high, found, math.nan, math.nan)
    if shape is None:
        return replace(form, below=_share(x < lsl, lsl), above=_share(x > usl, usl))
    fitted = shape.family.fit(shape.ahead(smooth[:, None]))
    form = replace(
        form,
        parameters=tuple(float(p[0]) for p in fitted),
        bound=shape.bound,
        mirrored=shape.mirrored,
    )
    return replace(
        form,
        below=math.nan if math.isnan(lsl) else form.under(lsl),
        above=math.nan if math.isnan(usl) else 1 - form.under(usl),
    )


def _share(outside: npt.NDArray[np.bool_], limit: float) -> float:
    return math.nan if math.isnan(limit) else float(outside.mean())


def _with_ends(value: float, row: Values, tail: float, bound: Bound) -> Index:
    if math.isnan(value):
        return NONE
    low, high = np.nanquantile(row, [tail, 1 - tail]).tolist()
    return Index(value, low, high if bound == "two-sided" else math.nan)


def _indices(q: Values, lsl: float, usl: float) -> Values:
    """pp, ppl, ppu and ppk from the three percentiles."""
    low, median, high = q.tolist()
    ppl = (median - lsl) / (median - low) if median > low else math.nan
    ppu = (usl - median) / (high - median) if high > median else math.nan
    pp = (usl - lsl) / (high - low) if high > low else math.nan
    known = [one for one in (ppl, ppu) if not math.isnan(one)]
    return np.array([pp, ppl, ppu, min(known, default=math.nan)])


def _chosen(x: Values, bounds: tuple[float, float], *, simple: bool) -> tuple[_Shape | None, float]:
    """The shape that fits, and its p-value; the simple ones before the Johnson curve."""
    known = [(_distance(shape, x), i, shape) for i, shape in enumerate(_simple(x, bounds))]
    curve = not simple and JOHNSON_FROM <= len(x) < EMPIRICAL_FROM
    for shape in [min(known)[2], *([_Shape(JOHNSON)] if curve else [])]:
        p = _p_value(shape, x)
        if p >= FITS:
            return shape, p
    return None, math.nan


def _simple(x: Values, bounds: tuple[float, float]) -> list[_Shape]:
    lower, upper = bounds
    found = [_Shape(NORMAL)]
    start = 0.0 if math.isnan(lower) else lower
    if x[0] > start:
        found += [_Shape(family, start) for family in SKEWED]
    if not math.isnan(upper) and x[-1] < upper:
        found += [_Shape(family, upper, mirrored=True) for family in SKEWED]
    return found


def _distance(shape: _Shape, x: Values) -> float:
    return float(shape.told(x[:, None], np.array([[0.5]]))[0][0])


def _p_value(shape: _Shape, x: Values) -> float:
    """How often values of the fitted shape lie as far from their own fit (parametric bootstrap)."""
    own = _distance(shape, x)
    if not math.isfinite(own):
        return 0.0
    parameters = shape.family.fit(shape.ahead(x[:, None]))
    rng = np.random.default_rng(SEED)
    further = total = 0
    for batch in _batches(len(x)):
        drawn = np.sort(shape.family.back(rng.random((len(x), batch)), parameters), axis=0)
        again = anderson_darling(shape.family.ahead(drawn, shape.family.fit(drawn)))
        good = np.isfinite(again)
        further += int((again[good] >= own).sum())
        total += int(good.sum())
    return (further + 1) / (total + 1)


def _batches(n: int) -> list[int]:
    at_once = max(1, min(RESAMPLES, _AT_ONCE // n))
    whole, rest = divmod(RESAMPLES, at_once)
    return [at_once] * whole + ([rest] if rest else [])


def _resampled(rivals: Sequence[_Shape | None], x: Values, share: Values) -> Values:
    """The percentiles of resamples (RESAMPLES, 3), each by the rival that fits it best.

    Fitting the one shape again and again would leave out that it was chosen: of a hundred values one
    cannot tell lognormal from gamma, and their far percentiles differ.
    """
    rng, n = np.random.default_rng(SEED), len(x)
    if rivals[0] is None:
        # where the wanted order statistics of a resample come from: sums of exponential gaps
        place = (n + 1 / 3) * share[:, 0] + 1 / 3
        gaps = rng.gamma(np.diff(place, prepend=0, append=n + 1), size=(RESAMPLES, len(place) + 1))
        at = gaps.cumsum(axis=1)
        return np.asarray(np.quantile(x, at[:, :-1] / at[:, -1:], method="median_unbiased"))
    found = []
    for batch in _batches(n):
        drawn = x[np.sort(rng.integers(0, n, (n, batch)), axis=0)]
        told = [one.told(drawn, share) for one in rivals if one is not None]
        best = np.argmin([distance for distance, _ in told], axis=0)
        quantiles = np.stack([q for _, q in told])
        found.append(quantiles[best, :, np.arange(batch)])
    return np.concatenate(found)
