"""Evidence that something changed lately, for very many series at once: what screening ranks by.

docs/screening.md tells how it is done and how often it errs.
"""

from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kpi.errors import UsageError
from kpi.spc.charts import charts, kind_named
from kpi.spc.constants import MIN_POINTS
from kpi.spc.evidence_points import Places, Points, gather
from kpi.spc.evidence_strength import Strength, strength
from kpi.spc.listing import Charts
from kpi.spc.material import Numbers, excluded_mask, floats, labels_of, material
from kpi.spc.null_table import null_probability
from kpi.spc.proposals import propose_many
from kpi.spc.result import Counts, Mask, Values
from kpi.spc.spans import Spans, ratio
from kpi.spc.times import TIME_POWER, half_resolution

RECENT: Final = 3
"""Periods in which a signal is of interest."""

MONTHS: Final = 12

FAMILIES: Final = {
    "imr": "amounts", "run": "amounts", "i_prime": "amounts", "t": "amounts", "g": "amounts",
    "p": "counts", "np": "counts", "u": "counts", "c": "counts",
    "laney_p": "laney", "laney_u": "laney",
}  # fmt: skip
"""Kinds of chart that evidence can be had of, and the null table of each."""

_SHARES: Final = ("p", "np", "laney_p")
_EVENTS: Final = ("p", "np", "u", "c", "laney_p", "laney_u")


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What speaks for a recent change in each series: arrays (S,).

    ``kind`` is the chart used ("" without enough data) and ``points`` how many points count in the
    current phase. ``enough``: at least 8 of them, not all alike, the last within the recent periods;
    where it is False all else says nothing (``nan``, 0, -1, False).

    ``p_value`` is the simulated probability that an unchanged process shows, within its last
    periods, a point or a run as far and as long as the most telling one here (two-sided).
    ``sign`` is +1 where that lies above the usual level, -1 below, 0 where there is nothing. It is
    for ``p_value`` and ``signal`` to say whether it means something. ``signal``: a default rule
    (a point beyond the limits, a run of 8) fires in the recent periods, whatever its probability.
    ``since`` is the place in time of its first point, -1 for none.

    ``usual`` is the centre line of the current phase, ``recent`` the level from ``since`` on (total
    count over total size, or the mean), both in the unit of the chart. ``excess`` is per measured
    period since then: what was counted more than the usual level gives (in counts), or
    ``recent - usual``. ``lag1`` is the correlation of neighbours once the recent change is taken
    out, ``autocorrelated`` and ``seasonal`` whether it, or a yearly pattern (from 24 points on), is
    more than chance; ``p_value`` has already taken both into account.
    """

    kind: npt.NDArray[np.object_]
    points: Places
    enough: Mask
    p_value: Values
    sign: Counts
    signal: Mask
    since: Places
    usual: Values
    recent: Values
    excess: Values
    lag1: Values
    autocorrelated: Mask
    seasonal: Mask


def evidence(
    default_kind: str,
    *,
    values: Numbers | None = None,
    count: Numbers | None = None,
    size: Numbers | None = None,
    multiply: float = 1.0,
    recent: int = RECENT,
    season: int = MONTHS,
    phases: Any = None,
    excluded: Any = None,
) -> Evidence:
    """The evidence of many series, each on the chart that suits it.

    Parameters
    ----------
    default_kind
        What the nature of the series asks for; ``propose_many`` may choose another for some.
    values, count, size
        Arrays (T, S), time first, ``nan`` for a gap; a size of zero or less is a gap.
    multiply
        Turns a share into percent, a rate into one per million.
    recent
        A change must show in so many last periods.
    season
        Periods in a year (12 for months); 0 does not ask for a season.
    phases, excluded
        As ``charts`` takes them: (T,) or (T, S). Evidence looks at the current phase.

    Raises
    ------
    UsageError
        The kind has no evidence (charts of subgroups, EWMA, CUSUM, T², funnel), or material is
        missing.
    """
    if default_kind not in FAMILIES:
        name = kind_named(default_kind).name
        raise UsageError(f"Screening cannot judge a {name}. It takes {', '.join(FAMILIES)}.")
    given = [None if x is None else floats(x) for x in (values, count, size)]
    shape = next(x.shape for x in given if x is not None) if any_given(given) else (0, 0)
    out = _nothing(shape[1])
    if not shape[1]:
        return out
    hidden = excluded_mask(excluded, shape)
    labels = None if phases is None else labels_of(phases, shape)
    spans = Spans(labels, shape)
    current = np.ones(shape, dtype=bool) if spans.code is None else spans.code == spans.code[-1]
    kinds = _proposed(default_kind, given, hidden | ~current)
    for kind in np.unique(kinds).tolist():
        some = np.flatnonzero(kinds == kind)
        part = [None if x is None else _columns(x, some) for x in given]
        one = _Group(
            kind, part[0], part[1], part[2], _columns(hidden, some), _columns(current, some)
        )
        marks = None if labels is None else labels if labels.ndim == 1 else labels[:, some]
        found = _of_kind(one, marks, multiply, recent, season)
        for field in fields(Evidence):
            getattr(out, field.name)[some] = getattr(found, field.name)
    return out


def any_given(given: list[Values | None]) -> bool:
    """At least one array is there."""
    return any(x is not None for x in given)


def _proposed(default_kind: str, given: list[Values | None], hidden: Mask) -> npt.NDArray[np.str_]:
    """The kind that suits the points that count in the current phase."""
    seen = [None if x is None else np.where(hidden, np.nan, x) for x in given]
    values, count, size = seen if hidden.any() else given
    return propose_many(default_kind, count, size, values)


def _columns(x: npt.NDArray[Any], some: Places) -> npt.NDArray[Any]:
    return x if len(some) == x.shape[1] else x[:, some]


def _nothing(series: int) -> Evidence:
    nan = np.full(series, np.nan)
    no = np.zeros(series, dtype=bool)
    return Evidence(
        kind=np.full(series, "", dtype=object),
        points=np.zeros(series, dtype=np.intp),
        enough=no.copy(),
        p_value=nan.copy(),
        sign=np.zeros(series, dtype=np.int8),
        signal=no.copy(),
        since=np.full(series, -1, dtype=np.intp),
        usual=nan.copy(),
        recent=nan.copy(),
        excess=nan.copy(),
        lag1=nan.copy(),
        autocorrelated=no.copy(),
        seasonal=no.copy(),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Group:
    """Series of one kind of chart: arrays (T, K)."""

    kind: str
    values: Values | None
    count: Values | None
    size: Values | None
    excluded: Mask
    current: Mask


def _of_kind(
    group: _Group, labels: npt.NDArray[Any] | None, multiply: float, recent: int, season: int
) -> Evidence:
    chosen = kind_named(group.kind)
    raw, sizes, _ = material(chosen, group.values, group.count, group.size, None)
    usable = np.isfinite(raw) & ~group.excluded & group.current
    periods = len(raw)
    points = _points(group, raw, sizes, usable)
    newest = np.where(usable.any(axis=0), points.when[-1] if periods else -1, -1)
    value = points.value
    varies = _varies(value, points.there)
    enough = (points.number >= MIN_POINTS) & (newest >= periods - recent) & varies
    out = _nothing(raw.shape[1])
    out.points[:] = points.number
    some = np.flatnonzero(enough)
    if not len(some):
        return out
    out.enough[:] = enough
    out.kind[some] = group.kind
    family = FAMILIES[group.kind]
    judged = points.of(some)
    found = strength(
        family,
        judged,
        share=group.kind in _SHARES,
        recent_from=periods - recent,
        season=season,
    )
    drawn = charts(
        group.kind,
        None if group.values is None else _columns(group.values, some),
        count=None if group.count is None else _columns(group.count, some),
        size=None if group.size is None else _columns(group.size, some),
        phases=labels if labels is None or labels.ndim == 1 else _columns(labels, some),
        excluded=_columns(group.excluded, some),
        rules=("beyond_limits", "run_of_8"),
        multiply=multiply,
    )
    out.p_value[some] = null_probability(family, judged.number, found.score)
    out.sign[some] = np.sign(found.windows.score).astype(np.int8)
    out.lag1[some] = found.lag1
    out.autocorrelated[some] = found.autocorrelated
    out.seasonal[some] = found.seasonal
    _tell(out, some, drawn, judged, found, recent, multiply)
    return out


def _points(group: _Group, raw: Values, sizes: Values, usable: Mask) -> Points:
    """Counts and sizes where things are counted; else amounts, on the scale of their chart."""
    size = np.where(usable, sizes, 0.0)
    if group.kind in ("t", "g"):
        floor = half_resolution(raw) if group.kind == "t" else 0.5
        raw = np.where(raw <= 0, floor, raw) ** TIME_POWER
    if group.kind in ("imr", "run", "t", "g", "c"):
        size = usable.astype(float)
    count = group.count if group.kind in _EVENTS and group.count is not None else raw * size
    return gather(np.where(usable, count, 0.0), size, usable)


def _varies(value: Values, there: Mask) -> Mask:
    high = np.where(there, value, -np.inf).max(axis=0, initial=-np.inf)
    low = np.where(there, value, np.inf).min(axis=0, initial=np.inf)
    with np.errstate(invalid="ignore"):
        return np.asarray(high - low > 1e-12 * (np.abs(high) + np.abs(low)))


def _tell(
    out: Evidence,
    some: Places,
    drawn: Charts,
    points: Points,
    found: Strength,
    recent: int,
    multiply: float,
) -> None:
    """Fill in what the chart shows: signals, since when, and how much."""
    periods = len(drawn.statistic)
    late = slice(max(periods - recent, 0), periods)
    usable = drawn.sample.usable[late]
    runs = drawn.hits["run_of_8"]
    fires = (drawn.hits["beyond_limits"][late] != 0) | (runs[late] != 0)
    out.signal[some] = (fires & usable).any(axis=0)
    here = np.arange(len(some))
    first, last = found.windows.first, found.windows.last
    in_run = runs[points.when[last, here], here] == np.sign(found.windows.score)
    start = np.where(in_run, found.windows.run_first, first)
    told = found.windows.score != 0
    out.since[some] = np.where(told, points.when[start, here], -1)
    center = drawn.center[points.when[-1], here]
    out.usual[some] = center
    since = (np.arange(len(points.count))[:, None] >= start) & points.there
    _levels(out, some, drawn, points, since, told, multiply)


def _levels(
    out: Evidence,
    some: Places,
    drawn: Charts,
    points: Points,
    since: Mask,
    told: Mask,
    multiply: float,
) -> None:
    kind = drawn.kind.id
    center = out.usual[some]
    number = np.maximum(since.sum(axis=0), 1)
    count, size = (points.count * since).sum(axis=0), (points.size * since).sum(axis=0)
    here = np.arange(len(some))
    when = np.maximum(points.when, 0)
    shown = np.where(since, drawn.statistic[when, here], 0.0)
    mean = shown.sum(axis=0) / number
    sized = kind in ("p", "u", "laney_p", "laney_u", "i_prime")
    scale = multiply if drawn.kind.scales else 1.0
    recent = ratio(count, size) * scale if sized else mean
    counted = kind in _EVENTS
    excess = (count - points.level * size) / number if counted else recent - center
    out.recent[some] = np.where(told, recent, np.nan)
    out.excess[some] = np.where(told, excess, np.nan)
