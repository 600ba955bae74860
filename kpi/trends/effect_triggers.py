"""Which points may have led to an action: those of a signal in force when it was taken.

A month picked because it was bad is followed, on average, by a better one, action or none
(regression to the mean). The points that made somebody act are therefore no fair measure of before.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from kpi.model import Direction
from kpi.spc import MIN_POINTS, chart

Values = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

LAST_PERIODS: Final = 3
"""A signal is in force if it fired in one of the last so many measured periods before the action."""

_OF_COUNTS: Final = frozenset({"p", "u", "laney_p", "laney_u", "i_prime"})


@dataclass(frozen=True, slots=True)
class Charted:
    """What the chart of the time before is made of; ``count`` and ``size`` as the chart takes them.

    ``kind`` is a chart of ``kpi.spc``. For kinds without a size the values stand in ``count``.
    """

    kind: str
    count: Values
    size: Values


def triggers(before: Charted, direction: Direction) -> Mask:
    """The points that signal the wrong way at the end of the time before; ``nan`` is a gap.

    The chart is drawn from these points alone, as it stood when the action was taken. Members of a
    run count as much as the point that completes it; points on the good side never do: leaving
    out what was good would flatter the action. Without a direction both sides count.
    """
    found = np.zeros(len(before.count), dtype=bool)
    if np.isfinite(before.count).sum() < MIN_POINTS:
        return found
    if before.kind in _OF_COUNTS:
        drawn = chart(before.kind, count=before.count, size=before.size, min_points=MIN_POINTS)
    else:
        drawn = chart(before.kind, before.count, min_points=MIN_POINTS)
    recent = np.flatnonzero(drawn.usable)[-LAST_PERIODS:]
    for signal in drawn.signals:
        if signal.point in recent:
            found[list(signal.members)] = True
    side = np.sign(drawn.statistic - drawn.center)
    wrong = {Direction.LOWER: side > 0, Direction.HIGHER: side < 0, Direction.NONE: side != 0}
    return np.asarray(found & wrong[direction] & drawn.usable)
