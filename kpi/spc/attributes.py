"""Charts of counts: p, np, u, c, Laney p′ and u′, funnel and g.

Sources: Montgomery, Introduction to Statistical Quality Control, ch. 7; Laney (2002), "Improved
control charts for attributes"; Benneyan (2001) for g; Spiegelhalter (2005) for funnels.
"""

import numpy as np

from kpi.spc.result import Options, Values
from kpi.spc.sample import Kind, Lines, Sample, fixed, limits, mean_moving_range, moving_range
from kpi.spc.spans import ratio


def _center(sample: Sample) -> Values:
    """Total count over total size of the baseline."""
    count = np.where(sample.base, sample.values * sample.size, 0.0)
    size = np.where(sample.base, sample.size, 0.0)
    estimate = ratio(sample.spans.total(count), sample.spans.total(size))
    return fixed(sample.options.center, estimate)


def _binomial(center: Values, size: Values) -> Values:
    """Standard deviation of a proportion; ``nan`` where the centre is no proportion."""
    variance = center * (1 - center)
    return np.sqrt(np.where(variance >= 0, variance, np.nan) / size)


def _poisson(center: Values, size: Values) -> Values:
    return np.sqrt(np.where(center >= 0, center, np.nan) / size)


def p(sample: Sample) -> tuple[Lines, ...]:
    """Proportion with the point's own n."""
    center = _center(sample)
    spread = _binomial(center, sample.size)
    return (limits("p", sample.values, center, spread, floor=0.0, ceiling=1.0),)


def np_(sample: Sample) -> tuple[Lines, ...]:
    """Number of defectives; centre and limits follow n where it varies."""
    center, size = _center(sample), sample.size
    spread = size * _binomial(center, size)
    y = sample.values * size
    return (limits("np", y, size * center, spread, floor=0.0, ceiling=size),)


def u(sample: Sample) -> tuple[Lines, ...]:
    """Rate per unit of size with the point's own size."""
    center = _center(sample)
    return (limits("u", sample.values, center, _poisson(center, sample.size), floor=0.0),)


def c(sample: Sample) -> tuple[Lines, ...]:
    """Counts in equal areas of opportunity."""
    center = fixed(sample.options.center, sample.spans.mean(sample.values, sample.base))
    spread = np.sqrt(np.where(center >= 0, center, np.nan))
    return (limits("c", sample.values, center, spread, floor=0.0),)


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
    sigma_z = fixed(options.sigma, sigma_z / divisor)
    spread = chance * sigma_z
    return (
        limits(name, sample.values, center, spread, floor=0.0, ceiling=ceiling, sigma_z=sigma_z),
    )


def laney_p(sample: Sample) -> tuple[Lines, ...]:
    """Proportions with more (or less) spread than chance."""
    return _laney(sample, "p′", _binomial(_center(sample), sample.size), 1.0)


def laney_u(sample: Sample) -> tuple[Lines, ...]:
    """Rates with more (or less) spread than chance."""
    return _laney(sample, "u′", _poisson(_center(sample), sample.size), None)


def funnel(sample: Sample) -> tuple[Lines, ...]:
    """Units compared by size: binomial where no count exceeds its size, Poisson otherwise."""
    center = _center(sample)
    share = np.where(sample.measured, sample.values, 0.0).max(axis=0, initial=0.0) <= 1
    spread = np.where(share, _binomial(center, sample.size), _poisson(center, sample.size))
    lines = limits("Funnel", sample.values, center, spread, floor=0.0)
    ceiling = np.where(share, np.fmin(lines.ucl, 1.0), lines.ucl)
    return (
        Lines("Funnel", sample.values, center, spread, spread, lines.lcl, ceiling, lines.clipped),
    )


def g(sample: Sample) -> tuple[Lines, ...]:
    """Units between rare events: limits from the mean, centre line (for runs) the median."""
    spans, base = sample.spans, sample.base
    mean = fixed(sample.options.center, spans.mean(sample.values, base))
    spread = np.sqrt(np.where(mean >= 0, mean * (mean + 1), np.nan))
    lines = limits("g", sample.values, mean, spread, floor=0.0)
    middle = spans.median(sample.values, base)
    return (
        Lines(
            "g",
            sample.values,
            middle,
            spread,
            spread,
            lines.lcl,
            lines.ucl,
            clipped=lines.clipped,
            zone_center=mean,
        ),
    )


_OWN = "limits ±3 sigma with each point's own size"
_CUT = "cut at 0 and 1"


def _laney_convention(options: Options) -> str:
    table = options.table
    exact = "exact" if options.constants == "exact" else "as tables print it"
    how = {
        "mean": f"mean moving range of z ÷ d2 {table.d2(2):.5g} ({exact})",
        "screened": f"screened mean moving range of z ÷ d2 {table.d2(2):.5g} ({exact})",
        "median": f"median moving range of z ÷ {table.median_range:.4f}",
    }[options.moving_range]
    return f"centre = total count ÷ total size; sigma = chance × σz, σz = {how}, no floor; {_OWN}, "


KINDS = (
    Kind(
        "p",
        "p chart",
        "counts",
        p,
        lambda _: f"centre = total count ÷ total size; sigma by chance (binomial); {_OWN}, {_CUT}",
        attribute=True,
    ),
    Kind(
        "np",
        "np chart",
        "counts",
        np_,
        lambda _: (
            "centre = share × size; sigma by chance (binomial); limits ±3 sigma, cut at 0 and n"
        ),
        attribute=True,
    ),
    Kind(
        "u",
        "u chart",
        "counts",
        u,
        lambda _: f"centre = total count ÷ total size; sigma by chance (Poisson); {_OWN}, cut at 0",
        attribute=True,
    ),
    Kind(
        "c",
        "c chart",
        "count",
        c,
        lambda _: "centre = mean count; sigma = √centre (Poisson); limits ±3 sigma, cut at 0",
        attribute=True,
    ),
    Kind(
        "laney_p",
        "Laney p′ chart",
        "counts",
        laney_p,
        lambda o: _laney_convention(o) + _CUT,
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
    Kind(
        "g",
        "g chart",
        "count",
        g,
        lambda _: (
            "counts between events; limits = mean ± 3√(mean × (mean + 1)), cut at 0; "
            "centre line (for runs) = median"
        ),
        attribute=True,
    ),
    Kind(
        "funnel",
        "Funnel plot",
        "counts",
        funnel,
        lambda _: (
            "centre = total count ÷ total size; sigma by chance (binomial where no count exceeds "
            f"its size, else Poisson); {_OWN}; order means nothing, so no runs"
        ),
        attribute=True,
        rules=("beyond",),
    ),
)
