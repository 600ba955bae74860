"""Which chart suits the data, and where the level seems to have moved. Proposals, never deeds."""

import math

import numpy as np

from kpi.spc.material import Numbers, floats
from kpi.spc.result import Chart, Mask, StepSuggestion, Values

LARGE_SIZE = 1000.0
"""Mean number of units from which tiny differences leave the limits of a plain p chart."""

LARGE_COUNT = 50.0
"""The same for a u chart, in expected events per point: its sizes have units of their own."""

DISPERSION_LEVEL = 0.01
"""The dispersion test fails under this p-value."""

STEP_LEVEL = 0.01
STEP_SIDE = 6
"""Fewest points on either side of a suggested step."""

_WIDER = {"p": "laney_p", "u": "laney_u"}


def propose(
    default_kind: str,
    count: Numbers | None = None,
    size: Numbers | None = None,
    values: Numbers | None = None,
) -> tuple[str, str]:
    """The kind of chart that suits a series, and why, as a sentence.

    ``default_kind`` is what the series' nature asks for. A p or u chart gives way to its Laney form
    where successive points differ more than chance explains (see ``dispersion_p_value``) and the
    volumes are large, and to an individuals chart where the counts are no counts.

    >>> propose("imr", values=[1.0, 2.0, 3.0])
    ('imr', 'One value per period: individuals chart (XmR).')
    """
    if default_kind not in ("p", "u", "laney_p", "laney_u", "np") or count is None or size is None:
        return default_kind, _plain_reason(default_kind)
    y, n = floats(count), floats(size)
    good = np.isfinite(y) & (np.where(np.isfinite(n), n, 0.0) > 0)
    y, n = y[good], n[good]
    if not len(y):
        return default_kind, _plain_reason(default_kind)
    if not _whole(y):
        return _for_amounts(n)
    kind = {"laney_p": "p", "laney_u": "u"}.get(default_kind, default_kind)
    changed = ""
    if kind in ("p", "np") and (y > n).any():
        kind, changed = "u", "A unit can be counted more than once: "
    if default_kind.startswith("laney"):
        wide = _WIDER[kind]
        return wide, f"{changed or 'Counts over large volumes: '}{_named(wide)}."
    if kind == "np":
        return kind, _plain_reason(kind)
    large = n.mean() >= LARGE_SIZE if kind == "p" else y.mean() >= LARGE_COUNT
    if large and dispersion_p_value(kind, y, n) < DISPERSION_LEVEL:
        varying = ", varying" if n.max() > 1.25 * n.min() else ""
        wide = _WIDER[kind]
        return wide, f"Counts over large{varying} volumes, more spread than chance: {_named(wide)}."
    return kind, changed + ("u chart." if changed else _plain_reason(kind))


def _plain_reason(kind: str) -> str:
    return {
        "imr": "One value per period: individuals chart (XmR).",
        "p": "Defective units out of those counted, spread as chance explains: p chart.",
        "np": "Defective units out of equal numbers: np chart.",
        "u": "Events over varying volumes, spread as chance explains: u chart.",
        "c": "Events in equal periods: c chart.",
        "run": "No limits asked for: run chart.",
    }.get(kind, "As the KPI asks for.")


def _named(kind: str) -> str:
    return {"laney_p": "Laney p′", "laney_u": "Laney u′"}[kind]


def _whole(count: Values) -> bool:
    return bool((np.abs(count - np.round(count)) <= 1e-9 * np.maximum(1.0, np.abs(count))).all())


def _for_amounts(size: Values) -> tuple[str, str]:
    if size.max() > 1.25 * size.min():
        return "i_prime", "Amounts, not counts, over varying volumes: normalised individuals (I′)."
    return "imr", "Amounts, not counts: individuals chart (XmR)."


def dispersion_p_value(kind: str, count: Values, size: Values) -> float:
    """How likely successive points differ so much by chance alone (binomial for p, Poisson for u).

    The mean square of successive differences of z-scores, which a step or a drift of the level does
    not inflate as a chi-square test's would be, against a scaled chi-square of equal mean and
    variance (von Neumann 1941: mean 1, variance (3m - 4) / (m - 1)²). 1.0 under three points.
    """
    from scipy.special import chdtrc  # scipy.stats takes a second to import, and pages wait for it

    level = float(count.sum() / size.sum())
    variance = level * (1 - level) if kind == "p" else level
    if len(count) < 3 or variance <= 0:
        return 1.0
    z = (count / size - level) / np.sqrt(variance / size)
    m = len(z)
    mean_square = float((np.diff(z) ** 2).sum() / (2 * (m - 1)))
    freedom = 2 * (m - 1) ** 2 / (3 * m - 4)
    return float(chdtrc(freedom, mean_square * freedom))


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
