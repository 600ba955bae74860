"""Charts of counts: p, np, u, c, Laney p′ and u′, funnel and g.

Sources: Montgomery, Introduction to Statistical Quality Control, ch. 7; Laney (2002), "Improved
control charts for attributes"; Benneyan (2001) for g; Spiegelhalter (2005) for funnels.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from kpi.spc.quantiles import TAIL, binomial_quantile, geometric_quantile, poisson_quantile
from kpi.spc.result import Options, Values
from kpi.spc.sample import Kind, Lines, Sample, limits, mean_moving_range, moving_range
from kpi.spc.spans import ratio

Quantile = Callable[[float, Values, Values], Values]


def _center(sample: Sample) -> Values:
    """Total count over total size of the baseline."""
    size = sample.base_total(sample.size)
    estimate = ratio(sample.base_total(sample.values, sample.size), size)
    return sample.known(sample.options.center, estimate)


def _size(sample: Sample) -> Values:
    """The size that makes the limits: each point's own, or the mean of the baseline's."""
    if sample.options.sizes == "own":
        return sample.size
    return sample.spans.mean(sample.size, sample.base)


def _binomial(center: Values, size: Values) -> Values:
    """Standard deviation of a proportion; ``nan`` where the centre is no proportion."""
    variance = center * (1 - center)
    spread = np.where(variance >= 0, variance, np.nan) / size
    return np.asarray(np.sqrt(spread, out=spread))


def _poisson(center: Values, size: Values) -> Values:
    spread = np.where(center >= 0, center, np.nan) / size
    return np.asarray(np.sqrt(spread, out=spread))


def _poisson_of(q: float, size: Values, center: Values) -> Values:
    return poisson_quantile(q, size * center)


def _exact(
    lines: Lines, options: Options, quantile: Quantile, size: Values, center: Values, unit: Values
) -> Lines:
    """Limits at exact quantiles of the counts (in ``unit`` of them) where those are asked for."""
    if options.limits != "quantile":
        return lines
    low, high = quantile(TAIL, size, center), quantile(1 - TAIL, size, center)
    capped = None if lines.capped is None else np.asarray(high >= size)
    return replace(lines, lcl=low / unit, ucl=high / unit, clipped=low <= 0, capped=capped)


def p(sample: Sample) -> tuple[Lines, ...]:
    """Proportion with the point's own n."""
    center, size = _center(sample), _size(sample)
    spread = _binomial(center, size)
    lines = limits("p", sample.values, center, spread, floor=0.0, ceiling=1.0)
    return (_exact(lines, sample.options, binomial_quantile, size, center, np.rint(size)),)


def np_(sample: Sample) -> tuple[Lines, ...]:
    """Number of defectives; centre and limits follow n where it varies."""
    center, size = _center(sample), _size(sample)
    spread = size * _binomial(center, size)
    y = sample.values * sample.size
    lines = limits("np", y, size * center, spread, floor=0.0, ceiling=size)
    return (_exact(lines, sample.options, binomial_quantile, size, center, np.ones(1)),)


def u(sample: Sample) -> tuple[Lines, ...]:
    """Rate per unit of size with the point's own size."""
    center, size = _center(sample), _size(sample)
    lines = limits("u", sample.values, center, _poisson(center, size), floor=0.0)
    return (_exact(lines, sample.options, _poisson_of, size, center, size),)


def c(sample: Sample) -> tuple[Lines, ...]:
    """Counts in equal areas of opportunity."""
    center = sample.known(sample.options.center, sample.spans.mean(sample.values, sample.base))
    one = np.ones(1)
    lines = limits("c", sample.values, center, _poisson(center, one), floor=0.0)
    return (_exact(lines, sample.options, _poisson_of, one, center, one),)


def _laney(sample: Sample, name: str, chance: Values, ceiling: float | None) -> tuple[Lines, ...]:
    """Limits widened by sigma_z: the mean moving range of the z-scores over d2 (Laney 2002)."""
    options, spans = sample.options, sample.spans
    center = _center(sample)
    good = chance > 0
    z = np.where(good, (sample.values - center) / np.where(good, chance, 1.0), 0.0)
    ranges = moving_range(z, sample.usable, spans)
    sigma_z = mean_moving_range(ranges, sample.base, spans, options)
    divisor = (
        options.table.median_range if options.moving_range == "median" else options.table.d2(2)
    )
    sigma_z = sigma_z / divisor
    if options.sigma_z_floor == "one":
        sigma_z = np.maximum(sigma_z, 1.0)
    sigma_z = sample.known(options.sigma, sigma_z)
    spread = chance * sigma_z
    return (
        limits(name, sample.values, center, spread, floor=0.0, ceiling=ceiling, sigma_z=sigma_z),
    )


def laney_p(sample: Sample) -> tuple[Lines, ...]:
    """Proportions with more (or less) spread than chance."""
    return _laney(sample, "p′", _binomial(_center(sample), _size(sample)), 1.0)


def laney_u(sample: Sample) -> tuple[Lines, ...]:
    """Rates with more (or less) spread than chance."""
    return _laney(sample, "u′", _poisson(_center(sample), _size(sample)), None)


def funnel(sample: Sample) -> tuple[Lines, ...]:
    """Units compared by size: binomial where no count exceeds its size, Poisson otherwise."""
    center, size = _center(sample), sample.size
    share = np.where(sample.measured, sample.values, 0.0).max(axis=0, initial=0.0) <= 1
    spread = np.where(share, _binomial(center, size), _poisson(center, size))
    top = np.where(share, 1.0, np.inf)
    lines = limits("Funnel", sample.values, center, spread, floor=0.0, ceiling=top)

    def quantile(q: float, n: Values, level: Values) -> Values:
        return np.where(share, binomial_quantile(q, n, level), poisson_quantile(q, n * level))

    unit = np.where(share, np.rint(size), size)
    return (_exact(lines, sample.options, quantile, size, center, unit),)


def g(sample: Sample) -> tuple[Lines, ...]:
    """Units between rare events: limits from the mean, centre line (for runs) the median."""
    spans, base, options = sample.spans, sample.base, sample.options
    mean = sample.known(options.center, spans.mean(sample.values, base))
    spread = np.sqrt(np.where(mean >= 0, mean * (mean + 1), np.nan))
    lines = limits("g", sample.values, mean, spread, floor=0.0)
    lines = replace(
        lines, center=spans.median(sample.values, base), zone_center=mean, extra={"mean": mean}
    )
    if options.limits != "quantile":
        return (lines,)
    share = 1 / (np.where(mean >= 0, mean, np.nan) + 1)
    if options.center is None:  # an estimate from few events is too high: Minitab, as the limits
        events = spans.total(base)
        share = share * np.maximum(events - 1, 0.0) / np.maximum(events, 1.0)
    low, middle, high = (geometric_quantile(q, share) for q in (TAIL, 0.5, 1 - TAIL))
    return (replace(lines, center=middle, lcl=low, ucl=high, clipped=low <= 0),)


def _range_text(options: Options) -> str:
    return f"limits {_rare(options)} {_size_text(options)}"


def _rare(options: Options) -> str:
    exact = options.limits == "quantile"
    return "at exact quantiles, as rare as 3 sigma," if exact else "±3 sigma"


def _size_text(options: Options) -> str:
    return {
        "own": "with each point's own size",
        "average": "with the mean size of the baseline",
    }[options.sizes]


def _cut(options: Options, text: str) -> str:
    return "" if options.limits == "quantile" else f", cut at {text}"


def _share(options: Options) -> str:
    return "centre as given" if options.center is not None else "centre = total count ÷ total size"


def _c_convention(options: Options) -> str:
    center = "centre as given" if options.center is not None else "centre = mean count"
    return f"{center}; sigma = √centre (Poisson); limits {_rare(options)}{_cut(options, '0')}"


def _np_convention(options: Options) -> str:
    center = "centre as given × size" if options.center is not None else "centre = share × size"
    average = f" {_size_text(options)}" if options.sizes == "average" else ""
    return f"{center}; sigma by chance (binomial); limits {_rare(options)}{average}{_cut(options, '0 and n')}"


def _g_convention(options: Options) -> str:
    if options.limits == "quantile":
        return (
            "counts between events; centre and limits = quantiles 0.5, 0.00135 and 0.99865 of a "
            "geometric distribution, linear between whole units"
        )
    return (
        "counts between events; limits = mean ± 3√(mean × (mean + 1)), cut at 0; "
        "centre line (for runs) = median"
    )


def _laney_convention(options: Options) -> str:
    table = options.table
    exact = "exact" if options.constants == "exact" else "as tables print it"
    how = {
        "mean": f"mean moving range of z ÷ d2 {table.d2(2):.5g} ({exact})",
        "screened": f"screened mean moving range of z ÷ d2 {table.d2(2):.5g} ({exact})",
        "median": f"median moving range of z ÷ {table.median_range:.4f}",
    }[options.moving_range]
    floor = "not under 1" if options.sigma_z_floor == "one" else "no floor"
    sigma_z = "as given" if options.sigma is not None else f"= {how}, {floor}"
    return (
        f"{_share(options)}; sigma = chance × σz, σz {sigma_z}; "
        f"limits ±3 sigma {_size_text(options)}, "
    )


KINDS = (
    Kind(
        "p",
        "p chart",
        "counts",
        p,
        lambda o: f"{_share(o)}; sigma by chance (binomial); {_range_text(o)}{_cut(o, '0 and 1')}",
        attribute=True,
    ),
    Kind("np", "np chart", "counts", np_, _np_convention, attribute=True),
    Kind(
        "u",
        "u chart",
        "counts",
        u,
        lambda o: f"{_share(o)}; sigma by chance (Poisson); {_range_text(o)}{_cut(o, '0')}",
        attribute=True,
    ),
    Kind("c", "c chart", "count", c, _c_convention, attribute=True),
    Kind(
        "laney_p",
        "Laney p′ chart",
        "counts",
        laney_p,
        lambda o: _laney_convention(o) + "cut at 0 and 1",
        attribute=True,
    ),
    Kind(
        "laney_u",
        "Laney u′ chart",
        "counts",
        laney_u,
        lambda o: _laney_convention(o) + "cut at 0",
        attribute=True,
    ),
    Kind("g", "g chart", "count", g, _g_convention, attribute=True),
    Kind(
        "funnel",
        "Funnel plot",
        "counts",
        funnel,
        lambda o: (
            f"{_share(o)}; sigma by chance (binomial where no count exceeds its size, else "
            f"Poisson); {_range_text(o)}; order means nothing, so no runs"
        ),
        attribute=True,
        rules=("beyond",),
    ),
)
