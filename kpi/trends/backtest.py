"""How forecasts would have done on a series' own past, beside simply repeating the last value."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

FIRST_ORIGIN: Final = 8
"""Points that must be there before the first forecast of the past is made."""

FEWEST_ORIGINS: Final = 5
"""Past forecasts it takes to say anything about their error."""


@dataclass(frozen=True, slots=True)
class Backtest:
    """Forecasts of the past from data before them only, ``horizon`` periods ahead, in the KPI's unit.

    ``mae`` is the mean absolute error, ``naive_mae`` that of repeating the last value, ``level_mae``
    that of the usual level until then, ``seasonal_mae`` that of the same month a year before (``nan``
    where there is none). ``mase`` is ``mae`` over the mean absolute change from one period to the next
    (Hyndman and Koehler 2006). ``coverage80`` is how many of the past values, one to ``horizon``
    periods ahead, lay within their 80 % interval. ``origins`` says from how many periods it was
    forecast; below ``FEWEST_ORIGINS`` nothing is concluded from it.
    """

    horizon: int
    origins: int
    mae: float
    naive_mae: float
    level_mae: float
    seasonal_mae: float
    mase: float
    coverage80: float

    @property
    def enough(self) -> bool:
        """There are enough past forecasts to speak of their error."""
        return self.origins >= FEWEST_ORIGINS


def horizon_tested(points: int, ahead: int) -> int:
    """How far ahead the past is forecast: as far as asked for, where a quarter of the past allows it.

    >>> horizon_tested(36, 3), horizon_tested(24, 12), horizon_tested(12, 6)
    (3, 6, 3)
    """
    return max(1, min(ahead, points // 4))


def measure(
    actual: Values,
    forecast: Values,
    level: Values,
    inside: npt.NDArray[np.bool_],
    *,
    horizon: int,
    cycle: int,
    origins: npt.NDArray[np.bool_] | None = None,
) -> Backtest:
    """Errors of forecasts already made.

    Parameters
    ----------
    actual
        The series in the KPI's unit, ``nan`` a gap.
    forecast, level
        What was forecast from each period for ``horizon`` periods on, and what its level until then was.
    inside
        (periods, horizon): whether the value that came lay within the 80 % interval.
    horizon, cycle
        Steps ahead that errors are told for; periods of a season (0: none).
    origins
        The periods to forecast from; all that have enough behind them by default.
    """
    length = len(actual)
    measured = np.isfinite(actual)
    known = np.cumsum(measured) >= FIRST_ORIGIN
    known &= True if origins is None else origins
    at = np.flatnonzero(known[: max(length - horizon, 0)] & measured[min(horizon, length) :])
    came = actual[at + horizon]
    steps = np.abs(np.diff(actual))
    change = float(np.nanmean(steps)) if np.isfinite(steps).any() else np.nan
    own = _error(came, forecast[at])
    return Backtest(
        horizon=horizon,
        origins=len(at),
        mae=own,
        naive_mae=_error(came, last_known(actual)[at]),
        level_mae=_error(came, level[at]),
        seasonal_mae=_error(came, _year_before(actual, at + horizon, cycle)),
        mase=own / change if change > 0 else np.nan,
        coverage80=_covered(actual, known, inside, horizon),
    )


def last_known(actual: Values) -> Values:
    """At every period the latest measured value until then."""
    place = np.maximum.accumulate(np.where(np.isfinite(actual), np.arange(len(actual)), 0))
    return np.asarray(actual[place])


def _error(came: Values, forecast: Values) -> float:
    both = np.isfinite(came) & np.isfinite(forecast)
    return float(np.abs(came - forecast)[both].mean()) if both.any() else np.nan


def _year_before(actual: Values, at: npt.NDArray[np.int64], cycle: int) -> Values:
    if cycle < 2:
        return np.full(len(at), np.nan)
    return np.where(at >= cycle, actual[np.maximum(at - cycle, 0)], np.nan)


def _covered(
    actual: Values, known: npt.NDArray[np.bool_], inside: npt.NDArray[np.bool_], horizon: int
) -> float:
    length, hits, many = len(actual), 0, 0
    for step in range(1, min(horizon, length - 1) + 1):
        counted = known[:-step] & np.isfinite(actual[step:])
        hits += int((inside[: length - step, step - 1] & counted).sum())
        many += int(counted.sum())
    return hits / many if many else np.nan
