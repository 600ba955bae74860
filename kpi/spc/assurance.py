"""Assurance: will a process meet its target? Judged by its current level, and that is said.

While no signal is in force, the limits of the current phase describe the process. Once its level has
shifted they describe what it was before; then the points since the shift are judged by limits of
their own, or, where these are too few or still move, the answer is that nobody knows yet.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from kpi.model import Assurance, Direction
from kpi.spc.charts import chart as drawn_anew
from kpi.spc.constants import MIN_POINTS
from kpi.spc.result import Chart, PhaseSpan, Values

PHASE: Final = "phase"
SINCE: Final = "since"
"""What an assurance is of: the current phase, or the points since the signal that is in force."""

NOW: Final = "now"
"""To judge by the phase while no signal is in force, and by the points since it otherwise."""

_EACH_BY_ITSELF: Final = frozenset(
    {"imr", "i_prime", "p", "np", "u", "c", "laney_p", "laney_u", "xbar_r", "xbar_s"}
)
"""Kinds whose points are independent of one another, so that some of them can be judged alone."""

_WORDS: Final = {
    Assurance.WILL_MEET: "will meet its target",
    Assurance.WILL_MISS: "will miss its target unless the process is changed",
    Assurance.MAY_OR_MAY_NOT: "may or may not meet its target: chance decides",
}


@dataclass(frozen=True, slots=True)
class Assured:
    """An assurance, what it is of (empty: of nothing), from how many points, and as a predicate."""

    assurance: Assurance
    of: str
    points: int
    words: str


def assured(
    chart: Chart,
    current: PhaseSpan,
    direction: Direction,
    target: float | None,
    since: int | None = None,
    *,
    level: bool = True,
    by: str = NOW,
) -> Assured:
    """Where ``target`` lies against the limits of the process as it is now. Reaching it counts.

    ``since`` is the first point of the signal in force, ``None`` without one; ``level`` whether the
    signal is one of a level (a trend, or a pattern without direction, has no level to judge by).
    Limits that vary count at their typical width. Each bound needs only its own limit. ``by`` is
    ``now``, or ``phase`` for the convention of the NHS, whose icons keep to the limits of the phase
    while a signal is in force.
    """
    if target is None or direction is Direction.NONE:
        return Assured(Assurance.NO_TARGET, "", 0, "")
    if since is None or by == PHASE:
        inside = slice(current.first, current.last + 1)
        bounds = _typical(chart.lcl[inside]), _typical(chart.ucl[inside])
        found = _against(*bounds, direction, target)
        words = _WORDS[found]
        if since is not None:
            words += "; judged by its limits from before the change"
        elif found is Assurance.WILL_MEET:
            words += " as it runs now"
        return Assured(found, PHASE, current.points, words)
    return _since(chart, since, direction, target, level=level)


def _since(
    chart: Chart, since: int, direction: Direction, target: float, *, level: bool
) -> Assured:
    later = np.arange(len(chart.statistic)) >= since
    count = int((chart.usable & later).sum())
    if not level or chart.kind not in _EACH_BY_ITSELF:
        return _unknown(count, "it has not settled on a new level, so nobody can say")
    if count < MIN_POINTS:
        those = "one point since then is" if count == 1 else f"{count} points since then are"
        return _unknown(count, f"{those} too few (of {MIN_POINTS}) to say")
    own = drawn_anew(
        "imr", chart.statistic[since:], excluded=chart.excluded[since:], baseline="all"
    )
    if own.signals:
        return _unknown(count, "it has not settled on a new level, so nobody can say")
    found = _against(_typical(own.lcl), _typical(own.ucl), direction, target)
    words = f"{_WORDS[found]}; judged by the {count} points since it changed, not by its old limits"
    return Assured(found, SINCE, count, words)


def _unknown(count: int, why: str) -> Assured:
    words = f"has changed, and {why} whether it will meet its target"
    return Assured(Assurance.NOT_KNOWN, SINCE, count, words)


def _against(
    lower: float | None, upper: float | None, direction: Direction, target: float
) -> Assurance:
    worst, best = (lower, upper) if direction is Direction.HIGHER else (upper, lower)
    sign = 1 if direction is Direction.HIGHER else -1
    if worst is not None and sign * target <= sign * worst:
        return Assurance.WILL_MEET
    if best is not None and sign * target > sign * best:
        return Assurance.WILL_MISS
    return Assurance.MAY_OR_MAY_NOT


def _typical(limit: Values) -> float | None:
    """The median of a limit over its points; ``None`` where it is drawn at none."""
    drawn = limit[np.isfinite(limit)]
    return float(np.median(drawn)) if len(drawn) else None
