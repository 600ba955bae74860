"""The most telling window of each series: a stretch on one side that ends in its last periods."""

from dataclasses import dataclass

import numpy as np

from kpi.spc.evidence_points import Places, Points
from kpi.spc.evidence_scores import Score
from kpi.spc.result import Values
from kpi.spc.spans import ratio


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """One window per series: rows ``first`` to ``last`` of its ``Points``, and its signed score.

    ``run_first`` is where the stretch on that side of the usual level began. A score of zero means
    that there is no window.
    """

    first: Places
    last: Places
    run_first: Places
    score: Values


def most_telling(points: Points, score: Score, recent_from: int) -> Windows:
    """Of all stretches on one side that end at or after the time ``recent_from``, the best by score.

    Stretches halve with each point more, so that all of them cost little more than the shortest.
    """
    rows, series = points.count.shape
    side = _sides(points)
    first = np.full(series, rows - 1)
    last, run_first = first.copy(), first.copy()
    best = np.zeros(series)
    for end in range(rows - 1, max(rows - 1 - (rows - recent_from), -1), -1):
        active = np.flatnonzero(points.there[end] & (points.when[end] >= recent_from))
        active = active[side[end, active] != 0]
        here = side[end]
        reach = np.full(series, end)
        found: list[Places] = []
        for start in range(end, -1, -1):
            active = active[side[start, active] == here[active]]
            if not len(active):
                break
            reach[active] = start
            ends = np.full(len(active), end)
            got = score(active, np.full(len(active), start), ends)
            better = np.abs(got) > np.abs(best[active])
            chosen = active[better]
            best[chosen], first[chosen], last[chosen] = got[better], start, end
            found.append(chosen)
        if found:
            changed = np.unique(np.concatenate(found))
            run_first[changed] = reach[changed]
    return Windows(first, last, run_first, best)


def _sides(points: Points) -> Values:
    """+1 above the usual level, -1 below, 0 on it and where there is no point."""
    value = ratio(points.count, points.size)
    slack = 1e-12 * (np.abs(value) + np.abs(points.level))
    gap = np.where(points.there, value - points.level, 0.0)
    return np.asarray((gap > slack).astype(np.int8) - (gap < -slack).astype(np.int8))
