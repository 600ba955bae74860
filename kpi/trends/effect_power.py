"""How many more periods it takes until a change of the size hoped for would show."""

from dataclasses import replace
from typing import Final

import numpy as np

from kpi.trends.effect import Effect, Series, expected_after, rows_of
from kpi.trends.effect_lag import covariances
from kpi.trends.effect_model import Values, inverse, link, slope_and_variance

POWER: Final = 0.8
"""The chance that the change shows, were it there: the usual demand (Cohen 1988)."""

PLANNED: Final = 0.87
"""What the formula is asked for, so that the simulated power is about 80 %: it does not know that the
verdict will sometimes allow for a drift that is none (docs/effect.md holds it to that)."""

MOST_PERIODS: Final = 60
"""Looked for up to so many: five years of months."""

_RECENT: Final = 12
"""Periods whose mean size stands for those to come."""


def power(found: Effect, hoped: float, more: int) -> float:
    """The chance that ``more`` periods from now a relative change of ``hoped`` shows.

    "Shows" is an interval that leaves zero out. ``hoped`` is a share of the level expected (-0.25: a
    quarter less). The periods to come are like the latest: their size the mean of the last 12,
    dispersion and correlation as found, trend and season going on. ``nan`` where it cannot be told.
    """
    from scipy.special import stdtr, stdtrit

    if found.fitted is None:
        return float("nan")
    series = _longer(found.fitted.series, more)
    aim = expected_after(found.fitted) * (1 + hoped)
    if not series.after.any() or not _possible(aim, found):
        return float("nan")
    shift = float(link(aim, found.nature) - link(expected_after(found.fitted), found.nature))
    rows = rows_of(series, found.trend, found.season, found.bent)
    coef = found.fitted.full
    coef = coef.copy()
    coef[1] = shift
    slope, variance = slope_and_variance(_rates(rows @ coef, found), found.nature)
    design = rows * (slope * np.sqrt(series.size / variance))[:, None]
    fits = found.fitted.fits
    se = np.sqrt(covariances(design, series.time, fits.lags)[:, 1, 1] * fits.dispersion)
    freedom = len(series.time) - rows.shape[1]
    if freedom < 1:
        return float("nan")
    reach = stdtrit(freedom, (1 + found.method.confidence) / 2)
    return float(fits.weight @ stdtr(freedom, abs(shift) / se - reach))


def more_periods(found: Effect, hoped: float) -> int | None:
    """The fewest periods more with a power of about 80 %; 0: it would show by now.

    ``None`` where even ``MOST_PERIODS`` more would not do, or the change hoped for is impossible.
    """
    low = 0 if found.points_after else 1
    if not power(found, hoped, MOST_PERIODS) >= PLANNED:
        return None
    high = MOST_PERIODS
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if power(found, hoped, middle) >= PLANNED else (middle + 1, high)
    return high


def _rates(predictor: Values, found: Effect) -> Values:
    return inverse(predictor, found.nature)


def _possible(aim: float, found: Effect) -> bool:
    if found.nature == "binomial":
        return 0 < aim < 1
    return aim > 0 or found.nature == "normal"


def _longer(series: Series, more: int) -> Series:
    """The series with so many periods after it, all after the action."""
    if more == 0:
        return series
    step = float(np.median(np.diff(series.year)) / max(1e-9, np.median(np.diff(series.time))))
    ahead = np.arange(1, more + 1, dtype=float)
    size = np.full(more, series.size[-_RECENT:].mean())
    return replace(
        series,
        count=np.concatenate([series.count, np.full(more, np.nan)]),
        size=np.concatenate([series.size, size]),
        time=np.concatenate([series.time, series.time[-1] + ahead]),
        year=np.concatenate([series.year, series.year[-1] + ahead * step]),
        after=np.concatenate([series.after, np.ones(more, dtype=bool)]),
    )
