"""Charts of single values: XmR, run and I′ (normalised individuals).

Sources: NIST/SEMATECH e-Handbook 6.3.2.2 (XmR); Taylor, "Normalized individuals (I′) chart".
"""

import numpy as np

from kpi.spc.result import Options, Values
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


def xmr(sample: Sample) -> tuple[Lines, ...]:
    """Mean ± 3 sigma from moving ranges; companion: the moving ranges."""
    return xmr_of(sample, sample.values)


def xmr_of(sample: Sample, x: Values, name: str = "X") -> tuple[Lines, ...]:
    """XmR of values made from those of the sample."""
    options, spans = sample.options, sample.spans
    center = sample.known(sample.options.center, spans.mean(x, sample.base))
    ranges = moving_range(x, sample.usable, spans)
    mean_range = mean_moving_range(ranges, sample.base, spans, options)
    sigma = sample.known(sample.options.sigma, sigma_of_ranges(mean_range, options))
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
    center = sample.known(sample.options.center, sample.spans.median(sample.values, sample.base))
    none = np.full_like(center, np.nan)
    return (Lines("Run", sample.values, center, none, none, none, none),)


def i_prime(sample: Sample) -> tuple[Lines, ...]:
    """Ratio of two amounts; sigma from moving ranges scaled by both sizes, limits by each size."""
    options, spans = sample.options, sample.spans
    y, size = sample.values, sample.size
    weight = np.where(sample.base, size, 0.0)
    center = sample.known(
        sample.options.center,
        ratio(spans.total(np.where(sample.base, y * size, 0.0)), spans.total(weight)),
    )
    scaled = moving_range(y, sample.usable, spans)
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled[1:] /= np.sqrt((1 / size[1:] + 1 / size[:-1]) / 2)
    mean_range = mean_moving_range(scaled, sample.base, spans, options)
    sigma = sample.known(sample.options.sigma, sigma_of_ranges(mean_range, options))
    return (limits("I′", y, center, sigma / np.sqrt(size)),)


def ranges_text(options: Options) -> str:
    """How sigma comes from moving ranges, in words."""
    exact = "exact" if options.constants == "exact" else "as tables print it"
    name = {"mean": "mean", "screened": "screened mean", "median": "median"}[options.moving_range]
    divisor = (
        f"{options.table.median_range:.4f}"
        if options.moving_range == "median"
        else f"d2 {options.table.d2(2):.5g} ({exact})"
    )
    return f"{name} moving range ÷ {divisor}"


def _xmr_convention(options: Options) -> str:
    sigma = "sigma as given" if options.sigma is not None else f"sigma = {ranges_text(options)}"
    center = "centre as given" if options.center is not None else "centre = mean"
    return (
        f"{center}; {sigma}, without ranges over a gap, an excluded point or a phase border; "
        "limits ±3 sigma"
    )


def _i_prime_convention(options: Options) -> str:
    return (
        "centre = total ÷ total size; sigma from moving ranges scaled by both sizes "
        f"({ranges_text(options)}); limits ±3 sigma ÷ √own size, not cut at zero"
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
)
