"""The t chart: time between events, as individuals of a power of it or by a Weibull distribution.

Sources: Nelson (1994), "A control chart for parts-per-million nonconforming items" (power 1/3.6);
Minitab, "Methods and formulas for T chart" (Weibull, maximum likelihood, probability limits).
"""

from dataclasses import replace

import numpy as np

from kpi.spc.individuals import ranges_text, xmr_of
from kpi.spc.quantiles import TAIL
from kpi.spc.result import Known, Options, Values
from kpi.spc.sample import Kind, Lines, Sample
from kpi.spc.spans import ratio

TIME_POWER = 1 / 3.6
_STEPS = 60  # Newton needs five to ten; each is cheap


def t(sample: Sample) -> tuple[Lines, ...]:
    """Times between events, by the method that is asked for.

    A zero time counts as half the smallest resolution of the series, and is drawn and tested as that.
    """
    times = np.where(sample.values <= 0, half_resolution(sample.values), sample.values)
    return _weibull(sample, times) if sample.options.times == "weibull" else _power(sample, times)


def _power(sample: Sample, times: Values) -> tuple[Lines, ...]:
    """XmR of the power 1/3.6, limits and centre turned back.

    The chart's own sigma lives on the transformed scale, which is the companion; a sigma that is
    known is one of that scale, a known centre is a time.
    """
    own = replace(sample.options, center=_transformed(sample.options.center))
    inner = xmr_of(replace(sample, options=own), times**TIME_POWER, "transformed")[0]
    back = 1 / TIME_POWER
    none = np.full_like(inner.center, np.nan)
    with np.errstate(invalid="ignore"):
        clipped = inner.lcl < 0
    lines = Lines(
        "T",
        times,
        np.maximum(inner.center, 0.0) ** back,
        none,
        none,
        np.maximum(inner.lcl, 0.0) ** back,
        np.maximum(inner.ucl, 0.0) ** back,
        clipped=clipped,
    )
    return lines, inner


def _transformed(center: Known) -> Known:
    if isinstance(center, tuple):
        return tuple(level**TIME_POWER for level in center)
    return None if center is None else center**TIME_POWER


def _weibull(sample: Sample, times: Values) -> tuple[Lines, ...]:
    """Quantiles 0.00135, 0.5 and 0.99865 of the Weibull distribution of the baseline."""
    shape, scale = weibull_fit(sample, times)
    none = np.full_like(scale, np.nan)
    with np.errstate(over="ignore"):
        low, middle, high = (scale * (-np.log1p(-q)) ** (1 / shape) for q in (TAIL, 0.5, 1 - TAIL))
    middle = sample.known(sample.options.center, middle)
    extra = {"shape": shape, "scale": scale}
    return (Lines("T", times, middle, none, none, low, high, extra=extra),)


def weibull_fit(sample: Sample, times: Values) -> tuple[Values, Values]:
    """Shape and scale of greatest likelihood of each phase's baseline.

    Newton's method on the logarithm of the shape. The shape is infinite where all times are equal,
    ``nan`` without two of them.
    """
    spans, base = sample.spans, sample.base
    log = np.log(np.where(base, times, 1.0))
    count = spans.total(base)
    mean = ratio(spans.total(np.where(base, log, 0.0)), count)
    apart = np.where(base, log - mean, 0.0)
    spread = np.sqrt(ratio(spans.total(apart**2), count - 1))
    good = spread > 1e-12
    shape = np.where(good, 1.2 / np.where(good, spread, 1.0), 1.0)
    # ln x counts from its mean, so that no power of a time overflows before the end
    for _ in range(_STEPS):
        weight = np.where(base, np.exp(np.clip(shape * apart, -700.0, 700.0)), 0.0)
        total = np.maximum(spans.total(weight), 1e-300)
        first = spans.total(weight * apart) / total
        second = spans.total(weight * apart**2) / total
        gap = first - 1 / shape  # mean of ln x is zero here
        slope = shape * (second - first**2) + 1 / shape
        move = np.clip(gap / slope, -0.5, 0.5)
        shape = shape * np.exp(-move)
        if np.abs(move[np.broadcast_to(good, move.shape)]).max(initial=0.0) < 1e-14:
            break
    weight = np.where(base, np.exp(np.clip(shape * apart, -700.0, 700.0)), 0.0)
    scale = np.exp(mean + np.log(np.maximum(ratio(spans.total(weight), count), 1e-300)) / shape)
    many = count >= 2
    shape = np.where(good, shape, np.where(many, np.inf, np.nan))
    return shape, np.where(good, scale, np.where(many, np.exp(mean), np.nan))


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


def _convention(options: Options) -> str:
    zero = "a zero time counts as half the smallest resolution"
    if options.times == "weibull":
        return (
            "centre and limits = quantiles 0.5, 0.00135 and 0.99865 of a Weibull distribution "
            f"(greatest likelihood); {zero}"
        )
    return (
        f"XmR of time^(1/3.6) ({ranges_text(options)}), limits turned back, "
        f"the lower not under zero; {zero}"
    )


KINDS = (Kind("t", "t chart", "values", t, _convention),)
