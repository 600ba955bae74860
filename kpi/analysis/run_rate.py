"""What the remaining periods must come to, for the year to reach a target by its due date."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from kpi.analysis.forecast_input import CYCLES, numbers
from kpi.measures import Kpi
from kpi.model import Direction
from kpi.trends import Kind

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RunRate:
    """The pace required. The year is the twelve months (four quarters) that end with the due period.

    ``required`` is what the periods still to come must come to together, in the KPI's unit, at the
    volumes of the past year, for the value of that year to be exactly the target. ``usual`` is what
    the latest year came to. ``remaining`` counts the periods still to come within that year.
    ``reachable`` is false where not even the best value there is would do; ``easy`` says that less
    than what is usual is enough.
    """

    required: float
    usual: float
    remaining: int
    year: int
    reachable: bool
    easy: bool


def run_rate(
    kpi: Kpi,
    points: pd.DataFrame,
    volumes: Values,
    goal: float,
    period: str,
    kind: Kind,
) -> RunRate | None:
    """The pace that takes the year to ``goal``; ``None`` where there is no year, or no direction.

    Ratios are put together as sums over sums, everything else as the mean of the periods. Missing
    periods of the past are left out.
    """
    year = CYCLES.get(period, 0)
    if not year or kpi.direction is Direction.NONE:
        return None
    remaining = min(len(volumes), year)
    past = points.tail(year - remaining) if remaining < year else points.iloc[:0]
    top, bottom = _parts(kpi, past)
    ahead = volumes[-remaining:] if _is_ratio(kpi, points) else np.ones(remaining)
    usual_top, usual_bottom = _parts(kpi, points.tail(year))
    if not usual_bottom.sum() or not ahead.sum():
        return None
    per = kpi.per if _is_ratio(kpi, points) else 1.0
    still = goal / per * (bottom.sum() + ahead.sum()) - top.sum()
    required = float(still / ahead.sum() * per)
    usual = float(usual_top.sum() / usual_bottom.sum() * per)
    higher = kpi.direction is Direction.HIGHER
    best = kpi.per if kind in (Kind.SHARE, Kind.BOUNDED) else np.inf
    possible = required <= best if higher else required >= (-np.inf if kind is Kind.PLAIN else 0.0)
    easy = required <= usual if higher else required >= usual
    return RunRate(required, usual, remaining, year, bool(possible), bool(easy))


def _is_ratio(kpi: Kpi, points: pd.DataFrame) -> bool:
    """Whether values are sums over sums: both parts are there wherever there is a value."""
    if not kpi.denominator:
        return False
    there = np.isfinite(numbers(points["value"]))
    bottom = numbers(points["denominator"])[there]
    top = numbers(points["numerator"])[there]
    return bool(there.any() and np.isfinite(bottom).all() and np.isfinite(top).all())


def _parts(kpi: Kpi, points: pd.DataFrame) -> tuple[Values, Values]:
    values = numbers(points["value"])
    there = np.isfinite(values)
    if _is_ratio(kpi, points):
        return numbers(points["numerator"])[there], numbers(points["denominator"])[there]
    return values[there], np.ones(int(there.sum()))
