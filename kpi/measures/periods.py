"""Which period a sum belongs to, which periods a series has, and which of them were scheduled."""

from collections.abc import Sequence
from datetime import date
from typing import Final, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from kpi.calendar import ALL, Days, Period, as_days, period_starts, periods_between, scheduled_days
from kpi.settings import Settings

SHORT: Final = frozenset({"day", "week"})
"""Periods in which nothing may happen on an ordinary day at an ordinary plant."""

_ANY_DAY: Final = np.datetime64("1970-01-01", "D")

_ON_MONTHS: Final = frozenset({"month", "quarter", "year", ALL})


def starts_of(days: pd.Series, period: str, settings: Settings) -> pd.Series:
    """The first day of each day's period; one fixed day for ``all``."""
    values = as_days(days.to_numpy())
    found = (
        np.full(values.shape, _ANY_DAY)
        if period == ALL
        else period_starts(values, period, settings.fiscal)
    )
    return pd.Series(found.astype("datetime64[s]"), index=days.index)


def last_days(starts: Days, period: str, settings: Settings) -> Days:
    """The last day of the periods that start on these days; the end of time for ``all``."""
    if period == ALL:
        return np.full(starts.shape, np.datetime64("9999-12-31", "D"))
    if not len(starts):
        return starts
    first, last = starts.min().item(), starts.max().item()
    found = periods_between(first, last, period, settings.fiscal)
    begins = np.array([p.first for p in found], dtype="datetime64[D]")
    ends = np.array([p.last for p in found], dtype="datetime64[D]")
    return ends[np.searchsorted(begins, starts, "right") - 1]


def on_months(period: str, first: date | None, last: date | None, settings: Settings) -> bool:
    """Whether sums per calendar month serve this question exactly."""
    whole = (first is None or first.day == 1) and (
        last is None or (pd.Timestamp(last) + pd.Timedelta(days=1)).day == 1
    )
    by_months = period in _ON_MONTHS or (period == "fiscal" and settings.fiscal.kind == "months")
    return whole and by_months


def periods_table(first: date, last: date, period: str, settings: Settings) -> pd.DataFrame:
    """One row per period from first to last: ``start`` (as in sums), ``period``, first and last day."""
    found: Sequence[Period] = periods_between(first, last, period, settings.fiscal)
    table = pd.DataFrame(
        {
            "period": [p.label for p in found],
            "period_start": np.array([p.first for p in found], dtype="datetime64[s]"),
            "period_end": np.array([p.last for p in found], dtype="datetime64[s]"),
        }
    )
    key = table["period_start"].to_numpy()
    fixed = np.full(len(table), _ANY_DAY.astype("datetime64[s]"))
    return table.assign(start=fixed if period == ALL else key)


def unscheduled(
    cells: pd.DataFrame, settings: Settings, *, first: date, last: date
) -> npt.NDArray[np.bool_]:
    """Whether nothing was planned in a cell's period, by the calendar of its plant (and line).

    ``cells`` has ``plant``, ``period_start``, ``period_end`` and perhaps ``line``; a cell without
    a plant is never unscheduled.
    """
    result = np.zeros(len(cells), dtype=bool)
    if cells.empty:
        return result
    days = np.arange(np.datetime64(first), np.datetime64(last) + 1)
    lines = cells["line"] if "line" in cells else pd.Series(None, index=cells.index, dtype=object)
    places = pd.DataFrame({"plant": cells["plant"].to_numpy(), "line": lines.to_numpy()})
    begin = np.clip((as_days(cells["period_start"].to_numpy()) - days[0]).astype(int), 0, len(days))
    end = np.clip((as_days(cells["period_end"].to_numpy()) - days[0]).astype(int) + 1, 0, len(days))
    groups = places.groupby(["plant", "line"], dropna=False).indices
    for key, rows in groups.items():
        plant, line = cast(tuple[str | None, str | None], key)
        if pd.isna(plant):
            continue
        open_days = scheduled_days(days, settings.plant(plant), None if pd.isna(line) else line)
        until = np.concatenate([[0], np.cumsum(open_days)])
        result[rows] = (until[end[rows]] - until[begin[rows]] == 0) & (end[rows] > begin[rows])
    return result
