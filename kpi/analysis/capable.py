"""How a measured characteristic fits its tolerance: the sentence, the facts, the histogram."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
import numpy.typing as npt

from kpi.analysis import capable_words as told
from kpi.model import Direction
from kpi.spc import Capability, capability, verdict
from kpi.spc.capability_result import Tolerance

LEAST: Final = 20
"""Fewer values tell nothing of a tolerance; under a hundred what they tell is provisional."""

MOST_BARS: Final = 40
_CURVE_POINTS: Final = 121

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Bar:
    """Values of a histogram from ``low`` to ``high``; ``outside`` counts those outside the limits."""

    low: float
    high: float
    count: int
    outside: int


@dataclass(frozen=True, slots=True, eq=False)
class CapabilityView:
    """How a characteristic fits its tolerance, in words and numbers.

    ``found`` is ``None`` where there are no limits or they make no sense. ``facts`` are pairs of label
    and text; ``bars`` the histogram, and ``curve`` (value, values expected per bar) the shape that the
    expected share outside comes from (empty where there is none).
    """

    says: str
    why: str
    found: Capability | None
    facts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    bars: tuple[Bar, ...]
    curve: tuple[tuple[float, float], ...]
    unit: str
    convention: str


def capable(
    name: str,
    unit: str,
    values: Values,
    samples: Sequence[int] | None,
    limits: tuple[float, float, float],
    *,
    changed: bool = False,
) -> CapabilityView | None:
    """Capability of a characteristic's values in order of time; ``None`` where no limits are stated.

    ``samples`` numbers the sample of each value from 0, where several are taken together. ``limits`` are the lower and
    the upper one and the target, ``nan`` where there is none; ``changed`` says that earlier values had
    others. Under 20 values, and where the limits contradict each other, the sentence says so.
    """
    lsl, usl, target = limits
    if math.isnan(lsl) and math.isnan(usl):
        return None
    if lsl >= usl:
        says = (
            f"Nothing can be said about the tolerance of {name}: its lower limit {told.figure(lsl)} is not "
            f"below its upper limit {told.figure(usl)}."
        )
        return CapabilityView(says, "", None, (), (), (), (), unit, "")
    floor = _floor(values, lsl, usl)
    found = capability(
        values,
        lsl=_given(lsl),
        usl=_given(usl),
        target=_given(target),
        bounds=(floor, None),
        subgroup=samples,
        baseline=None,
        least=LEAST,
    )
    lately = _lately(found, values, samples)
    inside = values[np.isfinite(values)]
    bars = histogram(inside, found.tolerance) if len(inside) else ()
    return CapabilityView(
        says=told.sentence(name, found, LEAST, lately),
        why=told.why(found),
        found=found,
        facts=tuple(told.facts(found, unit)),
        notes=tuple(told.notes(found, unit, changed=changed)),
        bars=bars,
        curve=_curve(found, bars),
        unit=unit,
        convention=found.convention if found.headline else "",
    )


def _lately(found: Capability, values: Values, samples: Sequence[int] | None) -> Capability | None:
    """Capability since the change that is still in force; ``None`` without one, or of few values."""
    since = verdict(found.chart, Direction.NONE).since
    if found.headline is None or since is None:
        return None
    point = np.arange(len(values)) if samples is None else np.asarray(samples)
    late = point >= since
    limits = found.tolerance.effective
    recent = capability(
        values[late],
        lsl=_given(limits.lsl),
        usl=_given(limits.usl),
        subgroup=None if samples is None else point[late].tolist(),
        form="normal",
        least=LEAST,
    )
    return recent if recent.headline is not None else None


def _given(value: float) -> float | None:
    return None if math.isnan(value) else value


def _floor(values: Values, lsl: float, usl: float) -> float | None:
    """Zero as what no value can pass: a lower limit of 0 on values that reach down to it."""
    x = values[np.isfinite(values)]
    if lsl != 0 or math.isnan(usl) or len(x) < 2 or x.min() < 0:
        return None
    return 0.0 if x.mean() - 3 * x.std(ddof=1) < 0 else None


def histogram(values: Values, limits: Tolerance) -> tuple[Bar, ...]:
    """Counts of values in bars as wide as the gauge's steps allow, at most 40 of them.

    The width follows Freedman and Diaconis, in whole steps of the gauge, and bars begin half a step
    from a limit, so that a value on it is inside.
    """
    low, high = float(values.min()), float(values.max())
    beyond = (values < limits.lsl) | (values > limits.usl)
    step = _step(values)
    quarters = np.quantile(values, [0.25, 0.75])
    width = 2 * float(quarters[1] - quarters[0]) / len(values) ** (1 / 3)
    width = max(width, (high - low) / MOST_BARS, step)
    if width <= 0:
        return (Bar(low, high, len(values), int(beyond.sum())),)
    if step > 0:
        width = step * max(1, round(width / step))
    anchor = limits.lsl - step / 2 if not math.isnan(limits.lsl) else low - step / 2
    first = math.floor((low - anchor) / width + 1e-9)
    last = math.floor((high - anchor) / width + 1e-9)
    edges = anchor + width * np.arange(first, last + 2)
    place = np.clip(np.floor((values - anchor) / width + 1e-9).astype(int) - first, 0, last - first)
    bars = last - first + 1
    counts, outside = np.bincount(place, minlength=bars), np.bincount(place[beyond], minlength=bars)
    return tuple(
        Bar(float(a), float(b), int(n), int(out))
        for a, b, n, out in zip(edges[:-1], edges[1:], counts, outside, strict=True)
    )


def _step(values: Values) -> float:
    """The step the gauge reads in; 0 where no two values are equal."""
    levels = np.unique(values)
    apart = np.diff(levels)
    apart = apart[apart > 1e-9 * (levels[-1] - levels[0])]
    return float(apart.min()) if 0 < len(apart) < len(values) - 1 else 0.0


def _curve(found: Capability, bars: tuple[Bar, ...]) -> tuple[tuple[float, float], ...]:
    """The shape behind the expected share outside, in values per bar."""
    if found.headline is None or not bars:
        return ()
    width = bars[0].high - bars[0].low
    grid = np.linspace(bars[0].low - width, bars[-1].high + width, _CURVE_POINTS)
    under = _under(found)
    if under is None:
        return ()
    shares = [under(v + width / 2) - under(v - width / 2) for v in grid.tolist()]
    return tuple((v, found.n * share) for v, share in zip(grid.tolist(), shares, strict=True))


def _under(found: Capability) -> Callable[[float], float] | None:
    """The share below a value of the shape that the headline rests on; ``None`` without a shape."""
    if found.percentile is not None:
        return found.percentile.under if found.percentile.parameters else None
    stable = found.headline is not None and found.headline.name == "cpk"
    return NormalDist(found.center, found.sigma_within if stable else found.sigma_overall).cdf
