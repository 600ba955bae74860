"""The points that evidence is looked for in: those that count in the current phase, newest last."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kpi.spc.constants import FREEZE_POINTS
from kpi.spc.result import Mask, Values
from kpi.spc.spans import ratio

Places = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Points of many series, pushed together so that the last row holds each series' newest one.

    Arrays (T, S). ``count`` and ``size`` are zero where ``there`` is False; ``when`` is the place in
    time (-1 where there is none); ``base`` marks the points the usual level comes from, ``pair``
    points whose neighbour in time stands before them. ``level`` (S,) is that usual level.
    """

    count: Values
    size: Values
    there: Mask
    base: Mask
    pair: Mask
    when: Places
    number: Places  # (S,)
    level: Values  # (S,)

    @property
    def value(self) -> Values:
        """Count over size; the usual level where there is no point."""
        return np.where(self.there, ratio(self.count, self.size), self.level)

    def of(self, series: Places) -> "Points":
        """Some of the series."""
        if len(series) == self.count.shape[1]:
            return self
        return Points(
            self.count[:, series],
            self.size[:, series],
            self.there[:, series],
            self.base[:, series],
            self.pair[:, series],
            self.when[:, series],
            self.number[series],
            self.level[series],
        )

    def with_values(self, value: Values) -> "Points":
        """The same points on another scale."""
        count = np.where(self.there, value * self.size, 0.0)
        return Points(
            count,
            self.size,
            self.there,
            self.base,
            self.pair,
            self.when,
            self.number,
            _level(count, self.size, self.base),
        )


def gather(count: Values, size: Values, usable: Mask) -> Points:
    """Push the points that count to the end of each series."""
    periods, series = usable.shape
    number = usable.sum(axis=0)
    if usable.all():
        when = np.broadcast_to(np.arange(periods)[:, None], usable.shape)
        there = usable
    else:
        row = periods - 1 - (number - usable.cumsum(axis=0))
        where = np.flatnonzero(usable)
        to = row.ravel()[where] * series + where % max(series, 1)
        when = np.full(usable.shape, -1, dtype=np.intp)
        when.ravel()[to] = where // max(series, 1)
        there = when >= 0
        count, size = _moved(count, where, to), _moved(size, where, to)
    place = np.arange(periods)[:, None] - (periods - number)
    base = there & (place < FREEZE_POINTS)
    pair = np.zeros(usable.shape, dtype=bool)
    pair[1:] = there[1:] & there[:-1] & (when[1:] - when[:-1] == 1)
    return Points(count, size, there, base, pair, when, number, _level(count, size, base))


def _moved(x: Values, where: Places, to: Places) -> Values:
    out = np.zeros(x.shape)
    out.ravel()[to] = x.ravel()[where]
    return out


def _level(count: Values, size: Values, base: Mask) -> Values:
    return ratio((count * base).sum(axis=0), (size * base).sum(axis=0))


def running(x: Values | Mask) -> Values:
    """Sums over time with a row of zeros before them: a window [a, b] is ``c[b + 1] - c[a]``."""
    out = np.zeros((len(x) + 1, x.shape[1]))
    np.cumsum(x, axis=0, out=out[1:])
    return out
