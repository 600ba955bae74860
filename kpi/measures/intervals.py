"""Arithmetic of intervals on the clock: instants, unions per unit, days, planned windows.

Instants are ``int64`` microseconds on one even clock (UTC where the plant's zone is known, else the
local clock as it stands). Intervals are half open: the start belongs to them, the end does not.
"""

from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

Instants = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

PER_MINUTE: Final = 60_000_000
_EPOCH: Final = date(1970, 1, 1)


def instants(local: pd.Series, zone: str | None, *, later: bool = False) -> Instants:
    """Naive local times as instants; missing ones come back as the smallest integer.

    In the hour that a clock change repeats, ``later`` takes the second passing; a time that the
    change skips is moved to the moment of the change.
    """
    index = pd.DatetimeIndex(local.to_numpy(dtype="datetime64[us]"))
    if zone is not None:
        first = np.full(len(index), not later)
        index = index.tz_localize(zone, ambiguous=first, nonexistent="shift_forward")
        index = index.tz_convert("UTC").tz_localize(None)
    return index.to_numpy(dtype="datetime64[us]").astype(np.int64)


def from_clock(
    start: pd.Series, end: pd.Series, minutes: pd.Series, zone: str | None
) -> tuple[Instants, Instants]:
    """Starts and ends as instants, the repeated hour of a clock change read as best it can be.

    Where a time may mean either passing of that hour, the reading is taken whose length is not
    negative and comes closest to the recorded minutes; without those, the earlier passing.
    """
    start_at, end_at = instants(start, zone), instants(end, zone)
    if zone is None:
        return start_at, end_at
    start_late, end_late = instants(start, zone, later=True), instants(end, zone, later=True)
    doubtful = np.flatnonzero(
        ((start_at != start_late) | (end_at != end_late)) & (start.notna() & end.notna()).to_numpy()
    )
    if len(doubtful):
        starts = np.stack([a[doubtful] for a in (start_at, start_late, start_at, start_late)])
        ends = np.stack([a[doubtful] for a in (end_at, end_late, end_late, end_at)])
        recorded = minutes.to_numpy(dtype=float)[doubtful] * PER_MINUTE
        away = np.nan_to_num(np.abs(ends - starts - recorded), nan=0.0)
        best = np.argmin(np.where(ends < starts, np.inf, away), axis=0)
        pick = np.arange(len(doubtful))
        start_at[doubtful], end_at[doubtful] = starts[best, pick], ends[best, pick]
    return start_at, end_at


def covered_before(unit: Instants, start: Instants, end: Instants) -> Instants:
    """How far the earlier intervals of the same unit reach, per interval: their latest end.

    ``unit`` must be grouped together and, within a unit, in the order that takes shared time first.
    The first interval of a unit gets its own start: nothing is covered before.
    """
    reach = pd.Series(end).groupby(unit, sort=False).cummax().to_numpy()
    before = np.empty_like(reach)
    before[1:] = reach[:-1]
    first = np.r_[True, unit[1:] != unit[:-1]] if len(unit) else np.zeros(0, dtype=bool)
    before[first] = start[first]
    return before


@dataclass(frozen=True, slots=True)
class Days:
    """The production days of a site as instants: ``bounds[i]`` begins day ``first + i``."""

    first: int  # days since 1970-01-01
    bounds: Instants

    def of(self, at: Instants) -> npt.NDArray[np.int64]:
        """Position of the day that an instant belongs to."""
        return np.searchsorted(self.bounds, at, side="right").astype(np.int64) - 1

    def until(self, at: Instants) -> npt.NDArray[np.int64]:
        """Position of the last day that an interval ending there touches."""
        return np.searchsorted(self.bounds, at, side="left").astype(np.int64) - 1

    def dates(self, position: npt.NDArray[np.int64]) -> npt.NDArray[np.datetime64]:
        """The calendar dates that name the days."""
        return (position + self.first).astype("datetime64[D]").astype("datetime64[us]")


def production_days(first: date, last: date, begins: time, zone: str | None) -> Days:
    """The production days ``first`` to ``last``, and the bounds at which each begins.

    The night of a clock change makes a day of 23 or 25 hours.
    """
    days = pd.Series(pd.date_range(first, last + timedelta(days=1), freq="D", unit="us"))
    hour = timedelta(hours=begins.hour, minutes=begins.minute, seconds=begins.second)
    return Days((first - _EPOCH).days, instants(days + hour, zone))


@dataclass(frozen=True, slots=True)
class Windows:
    """Disjoint planned intervals in time order, with the planned time before each of them."""

    starts: Instants
    lengths: Instants
    before: Instants

    def planned_before(self, at: Instants) -> Instants:
        """Planned time from the beginning until an instant, exact."""
        if not len(self.starts):
            return np.zeros_like(at)
        position = np.searchsorted(self.starts, at, side="right") - 1
        held = np.maximum(position, 0)
        inside = np.minimum(at - self.starts[held], self.lengths[held])
        return np.where(position < 0, 0, self.before[held] + inside)

    def inside(self, start: Instants, end: Instants) -> Instants:
        """How much of each interval is planned time."""
        return self.planned_before(end) - self.planned_before(start)


def windows(start: Instants, end: Instants) -> Windows:
    """The union of planned intervals, in any order, overlapping or not."""
    keep = end > start
    order = np.argsort(start[keep], kind="stable")
    start, end = start[keep][order], end[keep][order]
    reach = covered_before(np.zeros(len(start), dtype=np.int64), start, end)
    own_start = np.maximum(start, reach)
    length = np.maximum(end - own_start, 0)
    real = length > 0
    length = length[real]
    return Windows(own_start[real], length, np.cumsum(length) - length)
