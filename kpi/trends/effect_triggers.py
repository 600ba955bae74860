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
from kpi.trends.effect import Effect, Series, effect

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
    run count as much as the point that completes it, and so do the points of signals that lead up to
    it without a pause. Points on the good side never do: leaving out what was good would flatter the
    action. Without a direction both sides count.
    """
    found = np.zeros(len(before.count), dtype=bool)
    if np.isfinite(before.count).sum() < MIN_POINTS:
        return found
    if before.kind in _OF_COUNTS:
        drawn = chart(before.kind, count=before.count, size=before.size, min_points=MIN_POINTS)
    else:
        drawn = chart(before.kind, before.count, min_points=MIN_POINTS)
    usable = np.flatnonzero(drawn.usable)
    side = np.sign(drawn.statistic - drawn.center)
    wrong = {Direction.LOWER: side > 0, Direction.HIGHER: side < 0, Direction.NONE: side != 0}
    signalled = np.zeros_like(found)
    for signal in drawn.signals:
        signalled[list(signal.members)] = True
        if signal.point in usable[-LAST_PERIODS:]:
            found[list(signal.members)] = True
    found &= wrong[direction] & drawn.usable
    signalled &= wrong[direction] & drawn.usable
    return _led_up_to(found, signalled, usable)


def _led_up_to(found: Mask, signalled: Mask, usable: npt.NDArray[np.intp]) -> Mask:
    """With the points of signals right before the first one found, back to the first that is none."""
    if not found.any():
        return found
    for point in usable[usable < int(np.argmax(found))][::-1]:
        if not signalled[point]:
            break
        found[point] = True
    return found


def guarded(series: Series, left_out: Mask, direction: Direction) -> tuple[Effect, Mask]:
    """The effect with the triggers left out of before, unless that would blame the action.

    Without its bad points before is better than it was: fair to an action that is said to have
    worked, unfair to one that is said to have made things worse. What had begun to be bad before the
    action is not its doing, so that it is only blamed where all points before agree. Returns the
    effect, and the points left out for it.
    """
    kept = ~left_out
    found = effect(series.only(kept))
    if not left_out.any() or not found.told:
        return found, left_out
    blamed = {
        Direction.LOWER: found.low > 0,
        Direction.HIGHER: found.high < 0,
        Direction.NONE: found.low > 0 or found.high < 0,
    }
    return (effect(series), np.zeros_like(left_out)) if blamed[direction] else (found, left_out)
