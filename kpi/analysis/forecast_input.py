"""From a KPI's series to what a forecast takes: which points count, on which scale, at what volume."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from kpi.analysis.results import SeriesView
from kpi.calendar import Period, period_of
from kpi.measures import Kpi
from kpi.settings import Settings
from kpi.trends import Kind, Series

Values = npt.NDArray[np.float64]

CYCLES: Final = {"month": 12, "quarter": 4, "fiscal": 12, "week": 52}
"""Periods of a year."""

STILL_OPEN: Final = 0.15
"""Share of a period's days that may be missing at its end."""

WEEKEND_DAYS: Final = 2

SEASONAL: Final = frozenset({"month", "quarter"})
"""Periods that a season is looked for in: two years of weeks cannot tell 52 effects apart."""

_SHARES: Final = frozenset({"p", "np", "laney_p"})
_COUNTS: Final = frozenset({"u", "c", "laney_u"})


def complete(view: SeriesView) -> pd.DataFrame:
    """The points of periods that are over by the report date: half a month is no month.

    The report date is often the day of the last row, a Friday; so a period also counts when at most
    a weekend, or ``STILL_OPEN`` of its days, were still to come.
    """
    points = view.points
    if view.report_date is None or points.empty:
        return points
    days = (points["period_end"] - points["period_start"]).dt.days + 1
    missing = (points["period_end"] - pd.Timestamp(view.report_date)).dt.days
    allowed = np.minimum(np.maximum(STILL_OPEN * days, WEEKEND_DAYS), days - 1)
    found: pd.DataFrame = points.loc[missing <= allowed]
    return found


def current_phase(points: pd.DataFrame) -> pd.DataFrame:
    """The points since the level was last accepted to have changed."""
    found: pd.DataFrame = points.loc[points["phase"] == points["phase"].max()]
    return found


def numbers(column: pd.Series) -> Values:
    """A column as floats, ``nan`` where nothing is measured."""
    return np.asarray(column.to_numpy(dtype="float64", na_value=np.nan))


def series_of(kpi: Kpi, points: pd.DataFrame, period: str) -> Series:
    """The numbers of a phase; excluded points are gaps."""
    values = numbers(points["value"])
    values = np.where(points["excluded"].to_numpy(dtype=object) != "", np.nan, values)
    kind = kind_of(kpi, points)
    volume = numbers(points["denominator"])
    exposure = (
        volume if kpi.denominator and kind in (Kind.SHARE, Kind.COUNT) else np.ones(len(values))
    )
    cycle = CYCLES[period] if period in SEASONAL else 0
    return Series(values, exposure, kind, float(kpi.per), _places(points, period), cycle)


def kind_of(kpi: Kpi, points: pd.DataFrame) -> Kind:
    """What kind of number a KPI is, from its chart and from what its values and parts are."""
    values = numbers(points["value"])
    values = values[np.isfinite(values)]
    top, bottom = numbers(points["numerator"]), numbers(points["denominator"])
    whole = _whole(top) and (not kpi.denominator or kpi.default_chart in _COUNTS or _whole(bottom))
    if kpi.default_chart in _SHARES and whole and not (top > bottom).any():
        return Kind.SHARE
    if kpi.default_chart in _COUNTS and whole:
        return Kind.COUNT
    if not len(values) or (values < 0).any():
        return Kind.PLAIN
    return Kind.BOUNDED if kpi.unit == "%" and (values <= 100).all() else Kind.AMOUNT


def _whole(values: Values) -> bool:
    there = values[np.isfinite(values)]
    return bool(len(there)) and bool((there == np.round(there)).all())


def _places(points: pd.DataFrame, period: str) -> npt.NDArray[np.int64]:
    months = pd.DatetimeIndex(points["period_start"]).month.to_numpy() - 1
    return np.asarray(months // 3 if period == "quarter" else months, dtype=np.int64)


def periods_ahead(last_end: date, until: date, period: str, settings: Settings) -> list[Period]:
    """The periods after a day, up to the one that holds ``until``."""
    found: list[Period] = []
    day = last_end + timedelta(days=1)
    while day <= until:
        found.append(period_of(day, period, settings.fiscal))
        day = found[-1].last + timedelta(days=1)
    return found


def next_periods(last_end: date, count: int, period: str, settings: Settings) -> list[Period]:
    """The ``count`` periods after a day."""
    found: list[Period] = []
    day = last_end + timedelta(days=1)
    while len(found) < count:
        found.append(period_of(day, period, settings.fiscal))
        day = found[-1].last + timedelta(days=1)
    return found


def volumes_ahead(points: pd.DataFrame, ahead: Sequence[Period], period: str) -> Values:
    """The volume to expect in each period: that of the same one a year before, else the usual one.

    Ones where there are no volumes.
    """
    volume = numbers(points["denominator"])
    there = np.isfinite(volume) & (volume > 0)
    if not there.any():
        return np.ones(len(ahead))
    cycle = CYCLES.get(period, 0)
    usual = float(volume[there][-(cycle or len(volume)) :].mean())
    year_before = {i + cycle - len(volume): v for i, v in enumerate(volume) if cycle and there[i]}
    return np.array(
        [year_before.get(step % cycle if cycle else step, usual) for step in range(len(ahead))]
    )
