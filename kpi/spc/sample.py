"""What the kinds of chart work on and hand back, for many series at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from kpi.errors import UsageError
from kpi.spc.constants import SIGMA_LIMITS
from kpi.spc.result import Known, Mask, Options, Values
from kpi.spc.spans import Spans


@dataclass(frozen=True, slots=True)
class Sample:
    """Data of many series: time-major arrays (T, S), ``nan`` for a gap.

    ``values`` are the plotted statistic or its raw material, ``size`` the denominators (or the
    subgroup sizes); ``members`` (T, S, n) the single values of subgroups. ``measured`` points are
    no gaps, ``usable`` ones are not excluded either, ``base`` ones make the limits.
    """

    values: Values
    size: Values
    members: Values | None
    measured: Mask
    usable: Mask
    base: Mask
    spans: Spans
    options: Options

    def base_total(self, x: Values, times: Values | None = None) -> Values:
        """Sum over the baseline of each phase, of ``x`` or of a product."""
        first = self.base[:, :1]
        if self.spans.code is None and bool((self.base == first).all()):
            rows = np.flatnonzero(first)  # the same points of every series: no need to look at each
            some = slice(0, len(rows)) if len(rows) and rows[-1] == len(rows) - 1 else rows
            part = x[some] if times is None else x[some] * times[some]
            return np.asarray(part.sum(axis=0, keepdims=True))
        part = x if times is None else x * times
        return self.spans.total(np.where(self.base, part, 0.0))

    def known(self, value: Known, estimate: Values) -> Values:
        """The known level where one is given (for all phases, or one for each), else the estimate.

        Raises ``UsageError`` where there are not as many levels as phases.
        """
        if value is None:
            return estimate
        if not isinstance(value, tuple):
            return np.full_like(estimate, value)
        code = self.spans.code
        phases = 1 if code is None else int(code.max()) + 1
        if phases != len(value):
            raise UsageError(
                f"There {'is one phase' if phases == 1 else f'are {phases} phases'} and {len(value)} "
                "known levels: give one for each phase."
            )
        level = np.asarray(value, dtype=float)
        given = np.full(estimate.shape, level[0]) if code is None else level[code]
        return np.where(np.isnan(given), estimate, given)


@dataclass(frozen=True, slots=True)
class Lines:
    """One panel of many series; arrays broadcast to (T, S).

    ``spread`` is the standard deviation of the plotted point, ``sigma`` the one the chart reports;
    ``zone_center`` is where zones are counted from where that is not the centre line; ``clipped``
    and ``capped`` mark lower and upper limits moved to the edge of what is possible. ``extra`` are
    numbers that only one kind of chart has.
    """

    name: str
    statistic: Values
    center: Values
    sigma: Values
    spread: Values
    lcl: Values
    ucl: Values
    clipped: Mask | None = None
    zone_center: Values | None = None
    sigma_z: Values | None = None
    aim: Values | None = None
    capped: Mask | None = None
    extra: Mapping[str, Values] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of chart: what it needs, how it is computed, and what it says of itself."""

    id: str
    name: str
    needs: str  # "values" | "counts" | "count" | "subgroups" | "either"
    lines: Callable[[Sample], tuple[Lines, ...]]
    convention: Callable[[Options], str]
    attribute: bool = False
    scales: bool = True
    rules: tuple[str, ...] | None = None  # the only rules that make sense on it, by family


def limits(
    name: str,
    statistic: Values,
    center: Values,
    spread: Values,
    *,
    floor: float | None = None,
    ceiling: Values | float | None = None,
    sigma: Values | None = None,
    sigma_z: Values | None = None,
) -> Lines:
    """Centre line ± 3 standard deviations, cut at what is possible (drawn and tested alike)."""
    reach = SIGMA_LIMITS * spread
    low, high = center - reach, center + reach
    clipped = capped = None
    if floor is not None:
        clipped = low < floor
        low = np.maximum(low, floor, out=low)  # nan stays
    if ceiling is not None:
        capped = high > ceiling
        high = np.minimum(high, ceiling, out=high)
    reported = spread if sigma is None else sigma
    return Lines(
        name,
        statistic,
        center,
        reported,
        spread,
        low,
        high,
        clipped=clipped,
        capped=capped,
        sigma_z=sigma_z,
    )


def moving_range(x: Values, usable: Mask, spans: Spans) -> Values:
    """|x[i] - x[i-1]|; ``nan`` over a gap, an excluded point, a phase border and at the start."""
    out = np.full(x.shape, np.nan)
    pair = usable[1:] & usable[:-1]
    if spans.joined is not None:
        pair &= spans.joined[1:]
    np.subtract(x[1:], x[:-1], out=out[1:], where=pair)
    return np.asarray(np.abs(out, out=out))


def mean_moving_range(ranges: Values, base: Mask, spans: Spans, options: Options) -> Values:
    """Mean (screened, median) of the moving ranges whose both ends lie in the baseline."""
    inside = np.isfinite(ranges) & base
    inside[1:] &= base[:-1]
    if options.moving_range == "median":
        return spans.median(ranges, inside)
    mean = spans.mean(ranges, inside)
    if options.moving_range == "screened":
        with np.errstate(invalid="ignore"):
            inside &= ranges <= options.table.range_limits(2)[1] * mean
        mean = spans.mean(ranges, inside)
    return mean


def sigma_of_ranges(mean_range: Values, options: Options) -> Values:
    """Sigma from the mean (or median) moving range."""
    table = options.table
    divisor = table.median_range if options.moving_range == "median" else table.d2(2)
    return mean_range / divisor
