"""Charts of subgroups: Xbar-R, Xbar-S, and the charts with a memory, EWMA and CUSUM.

Sources: Montgomery, Introduction to Statistical Quality Control, ch. 6 and 9; NIST/SEMATECH
e-Handbook 6.3.2. EWMA and CUSUM take single values as subgroups of one.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kpi.spc.result import Mask, Options, Values
from kpi.spc.sample import (
    Kind,
    Lines,
    Sample,
    limits,
    mean_moving_range,
    moving_range,
    sigma_of_ranges,
)
from kpi.spc.spans import ratio

LARGEST_FOR_RANGES = 8
"""Up to this size (all equal) the mean range estimates sigma; above it wastes information."""


@dataclass(frozen=True, slots=True)
class Subgroups:
    """Mean, range, standard deviation (``nan`` under two values) and size of each subgroup."""

    mean: Values
    range: Values
    s: Values
    n: npt.NDArray[np.intp]


def summarise(members: Values) -> Subgroups:
    """Subgroups from single values (T, S, n); ``nan`` values are not there."""
    there = np.isfinite(members)
    n = there.sum(axis=2)
    mean = ratio(np.where(there, members, 0.0).sum(axis=2), n.astype(float))
    square = (np.where(there, members - mean[:, :, None], 0.0) ** 2).sum(axis=2)
    s = np.sqrt(ratio(square, np.maximum(n - 1, 0).astype(float)))
    high = np.where(there, members, -np.inf).max(axis=2, initial=-np.inf)
    low = np.where(there, members, np.inf).min(axis=2, initial=np.inf)
    spread = np.where(n >= 2, np.where(n >= 2, high, 0.0) - np.where(n >= 2, low, 0.0), np.nan)
    return Subgroups(mean, spread, s, n)


def _by_size(n: npt.NDArray[np.intp], constant: npt.NDArray[np.float64]) -> Values:
    return constant[n]


def _constants(groups: Subgroups, options: Options) -> tuple[Values, Values, Values]:
    """d2, d3 and c4 of each subgroup's own size; ``nan`` under two."""
    table = options.table
    largest = int(groups.n.max(initial=1))
    d2s, d3s, c4s = (np.full(largest + 1, np.nan) for _ in range(3))
    for n in np.unique(groups.n[groups.n >= 2]).tolist():
        d2s[n], d3s[n], c4s[n] = table.d2(n), table.d3(n), table.c4(n)
    return _by_size(groups.n, d2s), _by_size(groups.n, d3s), _by_size(groups.n, c4s)


def sigma_method(sizes: npt.NDArray[np.intp], options: Options, *, by_range: bool) -> str:
    """How sigma within subgroups of these sizes is estimated: range, s or pooled."""
    if options.subgroup_sigma != "auto":
        return options.subgroup_sigma
    sizes = np.unique(sizes)
    if len(sizes) > 1:
        return "pooled"
    if by_range and sizes.max(initial=0) > LARGEST_FOR_RANGES:
        return "pooled"
    return "range" if by_range else "s"


def within_sigma(sample: Sample, groups: Subgroups, *, by_range: bool) -> Values:
    """Standard deviation of a single value within subgroups, per phase."""
    options, spans = sample.options, sample.spans
    method = sigma_method(groups.n[sample.base], options, by_range=by_range)
    d2s, _, c4s = _constants(groups, options)
    spread_out = sample.base & (groups.n >= 2)
    if method == "range":
        estimate = spans.mean(groups.range / d2s, spread_out)
    elif method == "s":
        estimate = spans.mean(groups.s / c4s, spread_out)
    else:
        freedom = np.where(spread_out, groups.n - 1.0, 0.0)
        df = spans.total(freedom)
        square = spans.total(np.where(spread_out, groups.s, 0.0) ** 2 * freedom)
        bias = np.asarray(
            [options.table.c4(d + 1) if d >= 1 else np.nan for d in df.ravel()]
        ).reshape(df.shape)
        estimate = np.sqrt(ratio(square, df)) / bias
    return sample.known(sample.options.sigma, estimate)


def grand_mean(sample: Sample, groups: Subgroups) -> Values:
    """Mean of all values of the baseline, per phase."""
    n = np.where(sample.base, groups.n, 0).astype(float)
    total = sample.spans.total(np.where(sample.base, groups.mean, 0.0) * n)
    return sample.known(sample.options.center, ratio(total, sample.spans.total(n)))


def _groups(sample: Sample) -> Subgroups:
    assert sample.members is not None
    return summarise(sample.members)


def _xbar(sample: Sample, groups: Subgroups, sigma: Values) -> Lines:
    center = grand_mean(sample, groups)
    spread = sigma / np.sqrt(np.where(groups.n > 0, groups.n, np.nan))
    return limits("Xbar", groups.mean, center, spread, sigma=np.broadcast_to(sigma, spread.shape))


def xbar_r(sample: Sample) -> tuple[Lines, ...]:
    """Subgroup means, with the ranges beside them."""
    groups = _groups(sample)
    sigma = within_sigma(sample, groups, by_range=True)
    d2s, d3s, _ = _constants(groups, sample.options)
    ranges = limits("R", groups.range, d2s * sigma, d3s * sigma, floor=0.0, sigma=sigma)
    return _xbar(sample, groups, sigma), ranges


def xbar_s(sample: Sample) -> tuple[Lines, ...]:
    """Subgroup means, with the standard deviations beside them."""
    groups = _groups(sample)
    sigma = within_sigma(sample, groups, by_range=False)
    _, _, c4s = _constants(groups, sample.options)
    noise = sigma * np.sqrt(1 - c4s**2)
    s = limits("S", groups.s, c4s * sigma, noise, floor=0.0, sigma=sigma)
    return _xbar(sample, groups, sigma), s


@dataclass(frozen=True, slots=True)
class _Aimed:
    """Points, the level they are counted from, sigma of a single value and of each point."""

    y: Values
    aim: Values
    sigma: Values
    spread: Values
    fresh: Mask  # starts a phase
    counts: Mask


def _aimed(sample: Sample) -> _Aimed:
    shape = sample.measured.shape
    if sample.members is not None:
        groups = _groups(sample)
        y, aim = groups.mean, grand_mean(sample, groups)
        n = np.where(groups.n > 0, groups.n, 1).astype(float)
        if (groups.n <= 1).all():
            sigma = _sigma_of_singles(sample, y)
        else:
            sigma = within_sigma(sample, groups, by_range=True)
    else:
        y, n = sample.values, np.ones(shape)
        aim = sample.known(sample.options.center, sample.spans.mean(y, sample.base))
        sigma = _sigma_of_singles(sample, y)
    fresh = np.zeros(shape, dtype=bool)
    fresh[:1] = True
    if sample.spans.joined is not None:
        fresh |= ~sample.spans.joined
    aim, sigma = np.broadcast_to(aim, shape), np.broadcast_to(sigma, shape)
    return _Aimed(y, aim, sigma, sigma / np.sqrt(n), fresh, sample.usable)


def _sigma_of_singles(sample: Sample, y: Values) -> Values:
    ranges = moving_range(y, sample.usable, sample.spans)
    mean_range = mean_moving_range(ranges, sample.base, sample.spans, sample.options)
    return sample.known(sample.options.sigma, sigma_of_ranges(mean_range, sample.options))


def ewma(sample: Sample) -> tuple[Lines, ...]:
    """Exponentially weighted mean; the variance follows the same recursion, with each point's n.

    A gap or an excluded point leaves the mean where it is.
    """
    data, weight = _aimed(sample), sample.options.weight
    steps = _weigh_one if data.y.shape[1] == 1 else _weigh
    z, variance = steps(data, weight)
    z = np.where(sample.measured, z, np.nan)
    noise = np.sqrt(variance)
    reach = sample.options.width * noise
    return (Lines("EWMA", z, data.aim, data.sigma, noise, data.aim - reach, data.aim + reach),)


def _weigh(data: _Aimed, weight: float) -> tuple[Values, Values]:
    """The weighted mean and its variance at each point, series side by side."""
    z, variance = np.full(data.y.shape, np.nan), np.full(data.y.shape, np.nan)
    level, spread2 = np.zeros(data.y.shape[1]), np.zeros(data.y.shape[1])
    for i in range(len(z)):
        level = np.where(data.fresh[i], data.aim[i], level)
        spread2 = np.where(data.fresh[i], 0.0, spread2)
        moved = weight * data.y[i] + (1 - weight) * level
        level = np.where(data.counts[i], moved, level)
        grown = weight**2 * data.spread[i] ** 2 + (1 - weight) ** 2 * spread2
        spread2 = np.where(data.counts[i], grown, spread2)
        z[i], variance[i] = level, spread2
    return z, variance


def _weigh_one(data: _Aimed, weight: float) -> tuple[Values, Values]:
    """The same of a single series, in plain numbers: a long one is done many times as fast."""
    z, variance = [], []
    level = spread2 = 0.0
    keep, keep2, own2 = 1 - weight, (1 - weight) ** 2, weight**2
    columns = (data.y, data.aim, data.spread**2, data.fresh, data.counts)
    for y, aim, noise2, fresh, counts in zip(*(x[:, 0].tolist() for x in columns), strict=True):
        if fresh:
            level, spread2 = aim, 0.0
        if counts:
            level = weight * y + keep * level
            spread2 = own2 * noise2 + keep2 * spread2
        z.append(level)
        variance.append(spread2)
    return np.array(z, dtype=float)[:, None], np.array(variance, dtype=float)[:, None]


def cusum(sample: Sample) -> tuple[Lines, ...]:
    """Upper and lower cumulative sums in sigma units; the lower one runs below zero.

    A gap or an excluded point leaves the sums where they are.
    """
    data, options = _aimed(sample), sample.options
    good = data.spread > 0
    score = np.where(good, (data.y - data.aim) / np.where(good, data.spread, 1.0), np.nan)
    steps = _add_up_one if data.y.shape[1] == 1 else _add_up
    upper, lower = steps(data, score, options)
    hidden = ~sample.measured
    upper[hidden], lower[hidden] = np.nan, np.nan
    zero, none = np.zeros(data.y.shape), np.full(data.y.shape, np.nan)
    bar = np.where(np.isfinite(data.spread), options.h, np.nan)
    return (
        Lines("Upper CUSUM", upper, zero, data.sigma, none, none, bar, aim=data.aim),
        Lines("Lower CUSUM", lower, zero, data.sigma, none, -bar, none, aim=data.aim),
    )


def _add_up(data: _Aimed, score: Values, options: Options) -> tuple[Values, Values]:
    """Upper and lower sums at each point, series side by side."""
    upper, lower = np.full(score.shape, np.nan), np.full(score.shape, np.nan)
    high, low = np.zeros(score.shape[1]), np.zeros(score.shape[1])
    for i in range(len(score)):
        high = np.where(data.fresh[i], options.head_start, high)
        low = np.where(data.fresh[i], -options.head_start, low)
        counts = data.counts[i]
        high = np.where(counts, np.maximum(0.0, high + score[i] - options.k), high)
        low = np.where(counts, np.minimum(0.0, low + score[i] + options.k), low)
        upper[i], lower[i] = high, low
    return upper, lower


def _add_up_one(data: _Aimed, score: Values, options: Options) -> tuple[Values, Values]:
    """The same of a single series, in plain numbers."""
    upper, lower = [], []
    high = low = 0.0
    k, start = options.k, options.head_start
    columns = (score, data.fresh, data.counts)
    for step, fresh, counts in zip(*(x[:, 0].tolist() for x in columns), strict=True):
        if fresh:
            high, low = start, -start
        if counts:
            high, low = high + step - k, low + step + k
            high = 0.0 if high < 0 else high  # nan, of a spread that is zero, stays
            low = 0.0 if low > 0 else low
        upper.append(high)
        lower.append(low)
    return np.array(upper, dtype=float)[:, None], np.array(lower, dtype=float)[:, None]


def _sigma_text(options: Options, default: str) -> str:
    named = {
        "range": "mean of range ÷ d2",
        "s": "mean of s ÷ c4",
        "pooled": "pooled s ÷ c4",
        "auto": default,
    }[options.subgroup_sigma]
    exact = "exact constants" if options.constants == "exact" else "constants as tables print them"
    return "sigma as given" if options.sigma is not None else f"sigma = {named} ({exact})"


_BY_RANGE = "mean of range ÷ d2 for equal subgroups up to 8, else pooled s ÷ c4"
_BY_S = "mean of s ÷ c4 for equal subgroups, else pooled s ÷ c4"


def _memory_sigma(options: Options) -> str:
    return _sigma_text(options, f"mean moving range ÷ d2, of subgroups {_BY_RANGE}")


KINDS = (
    Kind(
        "xbar_r",
        "Xbar-R chart",
        "subgroups",
        xbar_r,
        lambda o: f"centre = mean of all values; {_sigma_text(o, _BY_RANGE)}; limits ±3 sigma ÷ √n",
    ),
    Kind(
        "xbar_s",
        "Xbar-S chart",
        "subgroups",
        xbar_s,
        lambda o: f"centre = mean of all values; {_sigma_text(o, _BY_S)}; limits ±3 sigma ÷ √n",
    ),
    Kind(
        "ewma",
        "EWMA chart",
        "values",
        ewma,
        lambda o: (
            f"weight λ {o.weight:g}, limits ±{o.width:g} sigma of the weighted mean by the exact "
            f"recursion; {_memory_sigma(o)}"
        ),
        rules=("beyond",),
    ),
    Kind(
        "cusum",
        "CUSUM chart",
        "values",
        cusum,
        lambda o: (
            f"k {o.k:g}, h {o.h:g}, in sigma; head start {o.head_start:g}; {_memory_sigma(o)}"
        ),
        scales=False,
        rules=("beyond",),
    ),
)
