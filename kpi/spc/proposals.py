"""Which chart suits the data, and where the level seems to have moved. Proposals, never deeds."""

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kpi.spc.constants import VARYING
from kpi.spc.material import Numbers, floats
from kpi.spc.result import Chart, Mask, StepSuggestion, Values

LARGE_SIZE: Final = 1000.0
"""Mean number of units from which tiny differences leave the limits of a plain p chart."""

LARGE_COUNT: Final = 50.0
"""The same for a u or c chart, in expected events per point: its sizes have units of their own."""

DISPERSION_LEVEL: Final = 0.01
"""The dispersion test fails under this p-value."""

STEP_LEVEL = 0.01
STEP_SIDE = 6
"""Fewest points on either side of a suggested step."""

_PLAIN: Final = {"laney_p": "p", "laney_u": "u"}
_WIDER: Final = {"p": "laney_p", "u": "laney_u", "c": "imr"}
_SIZED: Final = ("p", "u", "np", "laney_p", "laney_u")

Kinds = npt.NDArray[np.str_]


def propose(
    default_kind: str,
    count: Numbers | None = None,
    size: Numbers | None = None,
    values: Numbers | None = None,
) -> tuple[str, str]:
    """The kind of chart that suits a series, and why, as a sentence.

    ``default_kind`` is what the series' nature asks for. A p or u chart gives way to its Laney form
    where successive points differ more than chance explains (see ``dispersion_p_value``) and the
    volumes are large, a c chart to an individuals chart; an np chart to a p chart where its sizes
    vary; any of them to a chart of amounts where the counts are no counts.

    >>> propose("imr", values=[1.0, 2.0, 3.0])
    ('imr', 'One value per period: individuals chart (XmR).')
    """
    counted = _counted(default_kind, _one(count), _one(size), _one(values))
    if counted is None:
        return default_kind, _plain_reason(default_kind)
    kind = str(_kinds(default_kind, counted)[0])
    return kind, _reason(default_kind, kind, counted)


def propose_many(
    default_kind: str,
    count: Numbers | None = None,
    size: Numbers | None = None,
    values: Numbers | None = None,
) -> Kinds:
    """The kind of chart that suits each of many series: what ``propose`` says, for arrays (T, S).

    Returns the kinds (S,). Series of a kind that is not counted keep ``default_kind``.

    >>> propose_many("p", [[3.0, 60.0], [2.0, 70.0]], [[50.0, 50.0], [50.0, 50.0]]).tolist()
    ['p', 'u']
    """
    given = [None if x is None else floats(x) for x in (count, size, values)]
    counted = _counted(default_kind, *given)
    if counted is None:
        series = max((x.shape[1] for x in given if x is not None), default=0)
        return np.full(series, default_kind, dtype="<U16")
    return _kinds(default_kind, counted)


def _one(numbers: Numbers | None) -> Values | None:
    return None if numbers is None else floats(numbers).reshape(-1, 1)


@dataclass(frozen=True, slots=True)
class _Counted:
    """Counts and sizes with the gaps taken out, and what they are like: arrays (S,)."""

    points: npt.NDArray[np.intp]
    whole: Mask  # counts that are counts
    more: Mask  # more of them than units
    varying: Mask
    mean_size: Values
    mean_count: Values
    count: Values  # (T, S), points that count first
    size: Values


def _counted(
    default_kind: str, count: Values | None, size: Values | None, values: Values | None
) -> _Counted | None:
    """``None`` where the default kind counts nothing, or nothing is given to count."""
    if default_kind == "c":
        count = values if count is None else count
        size = None if count is None else np.ones_like(count)
    if default_kind not in (*_SIZED, "c") or count is None or size is None:
        return None
    there = np.isfinite(count) & (np.where(np.isfinite(size), size, 0.0) > 0)
    if not there.all():
        first = np.argsort(~there, axis=0, kind="stable")
        count = np.asarray(np.take_along_axis(count, first, axis=0), dtype=float)
        size = np.asarray(np.take_along_axis(size, first, axis=0), dtype=float)
        there = np.take_along_axis(there, first, axis=0)
    points = there.sum(axis=0)
    y, n = np.where(there, count, 0.0), np.where(there, size, 0.0)
    off = np.abs(y - np.rint(y)) > 1e-9 * np.maximum(1.0, np.abs(y))
    largest = n.max(axis=0, initial=0.0)
    smallest = np.where(there, n, np.inf).min(axis=0, initial=np.inf)
    few = np.maximum(points, 1)
    return _Counted(
        points=points,
        whole=np.asarray(~(off | (y < 0)).any(axis=0)),
        more=np.asarray((y > n).any(axis=0)),
        varying=largest > VARYING * smallest,
        mean_size=n.sum(axis=0) / few,
        mean_count=y.sum(axis=0) / few,
        count=y,
        size=n,
    )


def _kinds(default_kind: str, c: _Counted) -> Kinds:
    plain = _PLAIN.get(default_kind, default_kind)
    kind = np.full(len(c.points), plain, dtype="<U16")
    if plain in ("p", "np"):
        if plain == "np":
            kind[c.varying] = "p"
        kind[c.more] = "u"
    if default_kind in _PLAIN:
        wide = np.ones(len(kind), dtype=bool)
    else:
        share = kind == "p"
        large = np.where(share, c.mean_size >= LARGE_SIZE, c.mean_count >= LARGE_COUNT)
        asked = np.flatnonzero(large & (kind != "np") & c.whole)
        wide = np.zeros(len(kind), dtype=bool)
        wide[asked] = (
            _dispersion(c.count[:, asked], c.size[:, asked], c.points[asked], share[asked])
            < DISPERSION_LEVEL
        )
    for narrow, wider in _WIDER.items():
        kind[wide & (kind == narrow)] = wider
    amounts = ~c.whole
    kind[amounts] = np.where(c.varying[amounts], "i_prime", "imr")
    kind[c.points == 0] = default_kind
    return kind


def _reason(default_kind: str, kind: str, c: _Counted) -> str:
    """Why, for a single series."""
    if not c.points[0]:
        return _plain_reason(default_kind)
    if not c.whole[0]:
        if kind == "imr":
            return "Amounts, not counts: individuals chart (XmR)."
        return "Amounts, not counts, over varying volumes: normalised individuals (I′)."
    if default_kind == "c" and kind == "imr":
        return "Many events per period, more spread than chance: individuals chart (XmR)."
    changed = "A unit can be counted more than once: " if c.more[0] and kind.endswith("u") else ""
    if default_kind not in ("p", "np", "laney_p"):
        changed = ""
    if kind in _PLAIN:
        varying = ", varying" if c.varying[0] else ""
        named = {"laney_p": "Laney p′", "laney_u": "Laney u′"}[kind]
        if default_kind in _PLAIN:
            return f"{changed or 'Counts over large volumes: '}{named}."
        return f"Counts over large{varying} volumes, more spread than chance: {named}."
    if changed:
        return f"{changed}u chart."
    if default_kind == "np" and kind == "p":
        return "Defective units out of varying numbers, spread as chance explains: p chart."
    return _plain_reason(kind)


def _plain_reason(kind: str) -> str:
    return {
        "imr": "One value per period: individuals chart (XmR).",
        "p": "Defective units out of those counted, spread as chance explains: p chart.",
        "np": "Defective units out of equal numbers: np chart.",
        "u": "Events over varying volumes, spread as chance explains: u chart.",
        "c": "Events in equal periods: c chart.",
        "laney_p": "Counts over large volumes: Laney p′.",
        "laney_u": "Counts over large volumes: Laney u′.",
        "i_prime": "Amounts over varying volumes: normalised individuals (I′).",
        "g": "Units between rare events: g chart.",
        "t": "Time between rare events: t chart.",
        "xbar_r": "A few single values per point: means and ranges (Xbar-R).",
        "xbar_s": "Many single values per point: means and standard deviations (Xbar-S).",
        "ewma": "Small shifts are to be found early: EWMA chart.",
        "cusum": "Small shifts from a known aim are to be found early: CUSUM chart.",
        "t2": "Measurements that belong together: T² chart.",
        "funnel": "Units compared by size, at one time: funnel plot.",
        "run": "No limits asked for: run chart.",
    }.get(kind, "As the KPI asks for.")


def dispersion_p_value(kind: str, count: Values, size: Values) -> float:
    """How likely successive points differ so much by chance alone (binomial for p, Poisson for u).

    The mean square of successive differences of z-scores, which a step or a drift of the level does
    not inflate as a chi-square test's would be, against a scaled chi-square of equal mean and
    variance (von Neumann 1941: mean 1, variance (3m - 4) / (m - 1)²). 1.0 under three points.
    """
    points, share = np.array([len(count)]), np.array([kind == "p"])
    return float(_dispersion(count[:, None], size[:, None], points, share)[0])


def _dispersion(count: Values, size: Values, points: npt.NDArray[np.intp], share: Mask) -> Values:
    """``dispersion_p_value`` of each series (S,); ``count`` and ``size`` (T, S), gaps last."""
    from scipy.special import chdtrc  # scipy.stats takes a second to import, and pages wait for it

    total = size.sum(axis=0)
    level = count.sum(axis=0) / np.where(total > 0, total, 1.0)
    variance = np.where(share, level * (1 - level), level)
    judged = (points >= 3) & (variance > 0)
    there = np.arange(len(count))[:, None] < points
    n = np.where(there, size, 1.0)
    z = (count / n - level) / np.sqrt(np.where(judged, variance, 1.0) / n)
    steps = np.where(there[1:], np.diff(z, axis=0), 0.0)
    m = np.maximum(points, 3)
    mean_square = (steps**2).sum(axis=0) / (2 * (m - 1))
    freedom = 2 * (m - 1) ** 2 / (3 * m - 4)
    found: Any = chdtrc(freedom, mean_square * freedom)
    return np.where(judged, found, 1.0)


def suggest_step(drawn: Chart) -> StepSuggestion | None:
    """The most likely step change of the current phase, where the chart signals and it is clear.

    The split of the points that count (standardised by their own spread) with the largest
    two-sample t, at least 6 points on either side; its p-value is multiplied by the number of
    splits tried. ``None`` where that is not under 0.01. It is a suggestion: rebasing is a decision.
    """
    if not drawn.phases:
        return None
    current = drawn.phases[-1]
    inside = np.arange(len(drawn.statistic)) >= current.first
    points = np.flatnonzero(drawn.usable & inside)
    if len(points) < 2 * STEP_SIDE or not any(s.point >= current.first for s in drawn.signals):
        return None
    x = drawn.statistic[points]
    weight = _weights(drawn.spread[points])
    splits = np.arange(STEP_SIDE, len(x) - STEP_SIDE + 1)
    t = np.abs(_two_sample_t(x, weight, splits))
    best = int(np.argmax(t))
    p_value = _bonferroni(float(t[best]), len(x) - 2, len(splits))
    if not p_value < STEP_LEVEL:
        return None
    at = int(splits[best])
    before = float(np.average(x[:at], weights=weight[:at]))
    after = float(np.average(x[at:], weights=weight[at:]))
    way = "rose" if after > before else "fell"
    evidence = (
        f"The level {way} from {before:.4g} to {after:.4g}: {at} points before, {len(x) - at} since; "
        f"chance would show such a difference in fewer than {_percent(p_value)} of series."
    )
    return StepSuggestion(int(points[at]), before, after, p_value, evidence)


def _weights(spread: Values) -> Values:
    good: Mask = np.isfinite(spread) & (spread > 0)
    return 1 / spread**2 if bool(good.all()) else np.ones_like(spread)


def _two_sample_t(x: Values, weight: Values, splits: np.ndarray) -> Values:
    """Weighted two-sample t for each split (points before it), with pooled variance."""
    w, wx, wxx = (np.cumsum(a) for a in (weight, weight * x, weight * (x - x.mean()) ** 2))
    centred = wx - w * x.mean()
    w1, s1 = w[splits - 1], centred[splits - 1]
    w2, s2 = w[-1] - w1, centred[-1] - s1
    within = wxx[-1] - s1**2 / w1 - s2**2 / w2
    variance = np.maximum(within, 0.0) / (len(x) - 2)
    gap = s2 / w2 - s1 / w1
    return np.where(gap == 0, 0.0, gap / np.sqrt(np.maximum(variance * (1 / w1 + 1 / w2), 1e-300)))


def _bonferroni(t: float, freedom: int, tried: int) -> float:
    from scipy.special import stdtr

    return min(1.0, 2 * tried * float(stdtr(freedom, -t)))


def _percent(p_value: float) -> str:
    return "0.1 %" if p_value < 0.001 else f"{math.ceil(p_value * 1000) / 10:g} %"
