"""Charts of single values: XmR, run, I′ (normalised individuals) and t (time between events).

Sources: NIST/SEMATECH e-Handbook 6.3.2.2 (XmR); Taylor, "Normalized individuals (I′) chart";
Nelson (1994), "A control chart for parts-per-million nonconforming items" (power 1/3.6).
"""

import numpy as np

from kpi.spc.result import Options, Values
from kpi.spc.sample import (
    Kind,
    Lines,
    Sample,
    fixed,
    limits,
    mean_moving_range,
    moving_range,
    sigma_of_ranges,
)
from kpi.spc.spans import ratio

TIME_POWER = 1 / 3.6


def xmr(sample: Sample) -> tuple[Lines, ...]:
    """Mean ± 3 sigma from moving ranges; companion: the moving ranges."""
    return _xmr(sample, sample.values)


def _xmr(sample: Sample, x: Values, name: str = "X") -> tuple[Lines, ...]:
    options, spans = sample.options, sample.spans
    center = fixed(options.center, spans.mean(x, sample.base))
    ranges = moving_range(x, sample.usable, spans)
    mean_range = mean_moving_range(ranges, sample.base, spans, options)
    sigma = fixed(options.sigma, sigma_of_ranges(mean_range, options))
    if options.sigma is not None or options.moving_range == "median":
        mean_range = sigma * options.table.d2(2)
    low, high = options.table.range_limits(2)
    companion = Lines(
        "MR",
        ranges,
        mean_range,
        sigma,
        options.table.d3(2) * sigma,
        low * mean_range,
        high * mean_range,
    )
    return limits(name, x, center, sigma), companion


def run(sample: Sample) -> tuple[Lines, ...]:
    """Values around their median; no limits."""
    center = fixed(sample.options.center, sample.spans.median(sample.values, sample.base))
    none = np.full_like(center, np.nan)
    return (Lines("Run", sample.values, center, none, none, none, none),)


def i_prime(sample: Sample) -> tuple[Lines, ...]:
    """Ratio of two amounts; sigma from moving ranges scaled by both sizes, limits by each size."""
    options, spans = sample.options, sample.spans
    y, size = sample.values, sample.size
    weight = np.where(sample.base, size, 0.0)
    center = fixed(
        options.center,
        ratio(spans.total(np.where(sample.base, y * size, 0.0)), spans.total(weight)),
    )
    scaled = moving_range(y, sample.usable, spans)
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled[1:] /= np.sqrt((1 / size[1:] + 1 / size[:-1]) / 2)
    mean_range = mean_moving_range(scaled, sample.base, spans, options)
    sigma = fixed(options.sigma, sigma_of_ranges(mean_range, options))
    return (limits("I′", y, center, sigma / np.sqrt(size)),)


def t(sample: Sample) -> tuple[Lines, ...]:
    """Times between events: XmR of the power 1/3.6, limits and centre turned back.

    A zero time counts as half the smallest resolution of the series. The chart's own sigma lives on
    the transformed scale, which is the companion.
    """
    times = np.where(sample.values <= 0, half_resolution(sample.values), sample.values)
    x = times**TIME_POWER
    inner = _xmr(sample, x, "transformed")[0]
    back = 1 / TIME_POWER
    low = np.maximum(inner.lcl, 0.0) ** back
    none = np.full_like(inner.center, np.nan)
    with np.errstate(invalid="ignore"):
        clipped = inner.lcl < 0
    lines = Lines(
        "T",
        sample.values,
        np.maximum(inner.center, 0.0) ** back,
        none,
        none,
        low,
        inner.ucl**back,
        clipped=clipped,
    )
    return lines, inner


def half_resolution(values: Values) -> Values:
    """Half of the smallest decimal step that each series (column) is written in.

    >>> half_resolution(np.array([[0.0, 0.5], [3.0, 1.25]]))
    array([0.5  , 0.005])
    """
    out = np.full(values.shape[1], 0.5e-6)
    for digits in range(6, -1, -1):
        scaled = values * 10.0**digits
        whole = np.abs(scaled - np.round(scaled)) <= 1e-6 * np.maximum(1.0, np.abs(scaled))
        out[np.where(np.isnan(values), True, whole).all(axis=0)] = 0.5 * 10.0**-digits
    return out


def _ranges_text(options: Options) -> str:
    exact = "exact" if options.constants == "exact" else "as tables print it"
    name = {"mean": "mean", "screened": "screened mean", "median": "median"}[options.moving_range]
    divisor = (
        f"{options.table.median_range:.4f}"
        if options.moving_range == "median"
        else f"d2 {options.table.d2(2):.5g} ({exact})"
    )
    return f"{name} moving range ÷ {divisor}"


def _xmr_convention(options: Options) -> str:
    sigma = "sigma as given" if options.sigma is not None else f"sigma = {_ranges_text(options)}"
    center = "centre as given" if options.center is not None else "centre = mean"
    return (
        f"{center}; {sigma}, without ranges over a gap, an excluded point or a phase border; "
        "limits ±3 sigma"
    )


def _i_prime_convention(options: Options) -> str:
    return (
        "centre = total ÷ total size; sigma from moving ranges scaled by both sizes "
        f"({_ranges_text(options)}); limits ±3 sigma ÷ √own size, not cut at zero"
    )


def _t_convention(options: Options) -> str:
    return (
        f"XmR of time^(1/3.6) ({_ranges_text(options)}), limits turned back, "
        "the lower not under zero; a zero time counts as half the smallest resolution"
    )


KINDS = (
    Kind("imr", "XmR chart", "either", xmr, _xmr_convention),
    Kind(
        "run",
        "Run chart",
        "either",
        run,
        lambda _: "centre = median; no limits; points on the median do not count in runs",
    ),
    Kind("i_prime", "I′ chart", "counts", i_prime, _i_prime_convention),
    Kind("t", "t chart", "values", t, _t_convention, scales=True),
)
