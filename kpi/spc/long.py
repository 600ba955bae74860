"""Charts straight from a long table: one row per series and period, in any order."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kpi.errors import UsageError
from kpi.spc.charts import RuleChoice, charts, kind_named
from kpi.spc.listing import Charts
from kpi.spc.material import Numbers, floats
from kpi.spc.result import Baselines, Mask, Options, Values

Keys = npt.NDArray[Any]

_DENSE: Final = 4
"""Whole-number keys that span at most so many times the rows are ranked by a table, not a sort."""


@dataclass(frozen=True, slots=True, eq=False)
class LongCharts:
    """Charts of a long table: ``charts`` (T, S) with the keys of their columns and rows, ascending."""

    series: Keys
    periods: Keys
    charts: Charts


def charts_of_long(
    kind: str,
    series: npt.ArrayLike,
    period: npt.ArrayLike,
    *,
    values: Numbers | None = None,
    count: Numbers | None = None,
    size: Numbers | None = None,
    baseline: Baselines = None,
    rules: RuleChoice = "default",
    multiply: float = 1.0,
    min_points: int = 0,
    options: Options | None = None,
) -> LongCharts:
    """Charts of every series of a long table, whose rows may stand in any order.

    ``series`` and ``period`` are keys of any type that sorts, one per row; periods come out in
    ascending order. Counts and sizes of one series and period are added up (one that is missing
    makes the sum missing), values must be single. A series without a row at a period has a gap
    there. Everything else is as in ``charts``.

    Raises
    ------
    UsageError
        Columns of unequal length, or two values of one series at one period.
    """
    names, column = _ranked(np.asarray(series))
    times, row = _ranked(np.asarray(period))
    if len(column) != len(row):
        raise UsageError(f"There are {len(column)} series keys and {len(row)} period keys.")
    place = row * len(names) + column
    shape = (len(times), len(names))
    there = np.zeros(shape[0] * shape[1], dtype=bool)
    there[place] = True
    single = int(there.sum()) == len(place)
    if values is not None and not single and kind_named(kind).needs != "count":
        raise UsageError("There are two values of one series at one period: give one, or counts.")

    def table(numbers: Numbers | None) -> Values | None:
        return None if numbers is None else _pivot(floats(numbers), place, there, shape, single)

    drawn = charts(
        kind,
        table(values),
        count=table(count),
        size=table(size),
        baseline=baseline,
        rules=rules,
        multiply=multiply,
        min_points=min_points,
        options=options,
    )
    return LongCharts(names, times, drawn)


def _pivot(
    x: Values, place: npt.NDArray[np.intp], there: Mask, shape: tuple[int, int], single: bool
) -> Values:
    """A column as (T, S); ``nan`` where there is no row."""
    if len(x) != len(place):
        raise UsageError(f"There are {len(place)} keys and {len(x)} numbers.")
    if single:
        out = np.empty(len(there)) if there.all() else np.full(len(there), np.nan)
        out[place] = x
    else:
        out = np.bincount(place, weights=x, minlength=len(there))
        out[~there] = np.nan
    return out.reshape(shape)


def _ranked(keys: Keys) -> tuple[Keys, npt.NDArray[np.intp]]:
    """The keys that occur, ascending, and the place of each row's key among them."""
    if keys.dtype.kind in "iu" and len(keys):
        low, high = int(keys.min()), int(keys.max())
        if high - low < _DENSE * len(keys) + 1024:
            offset = (keys - low if low else keys).astype(np.intp, copy=False)
            seen = np.zeros(high - low + 1, dtype=bool)
            seen[offset] = True
            if seen.all():
                return np.arange(low, high + 1, dtype=keys.dtype), offset
            found = np.flatnonzero(seen)
            return (found + low).astype(keys.dtype), (np.cumsum(seen) - 1)[offset]
    found, code = np.unique(keys, return_inverse=True)
    return found, code.ravel()
