"""The forecast of a window: months that are known together with those still to come.

The months to come move together only as far as the process itself wanders; what is noise of a single
month evens out within the window. How much of each there is, the forecast of single months says: the
spread of a process that wanders grows from month to month, that of a stable one does not. A back-test
of windows, by simulation, stands in ``docs/objectives.md``.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from kpi.analysis import forecast_words as told
from kpi.analysis.forecast_input import (
    complete,
    current_phase,
    numbers,
    periods_ahead,
    series_of,
    volumes_ahead,
)
from kpi.analysis.forecasting import FORECAST, FURTHEST_DAYS, TOO_FAR, TOO_FEW, Ahead, Outlook
from kpi.analysis.results import SeriesView
from kpi.analysis.windows import adds_up, is_measured, window_months, window_words
from kpi.calendar import Period, month_bounds, period_of
from kpi.measures import Kpi, added_below
from kpi.model import Direction
from kpi.qms.objectives import Window
from kpi.settings import Settings
from kpi.trends import BANDS, FEWEST_POINTS, Forecast, forecast
from kpi.trends.scales import back

Values = npt.NDArray[np.float64]

_DRAWS: Final = 2048
"""Ways the months to come may turn out that are looked at, each with its opposite."""

_LEVELS: Final = np.array(
    [0.0005, 0.002, 0.005, *np.linspace(0.01, 0.99, 50), 0.995, 0.998, 0.9995]
)
"""Levels at which a month's own distribution is taken; between them it is drawn straight."""


@dataclass(frozen=True, slots=True)
class _Parts:
    """What a window is made of: sums of the months known, and volumes of those to come."""

    top: float
    bottom: float
    known: int
    steps: tuple[int, ...]
    missing: tuple[str, ...]


def window_outlook(
    view: SeriesView,
    settings: Settings,
    window: Window,
    target: float,
    due: date,
    direction: Direction,
) -> Outlook:
    """What a window comes to at a due date that lies ahead of the data, and how likely the target is.

    ``view`` is the monthly series. Too few or too distant data are told as in
    ``kpi.analysis.forecasting``.
    """
    label = period_of(due, "month").label
    points = complete(view)
    asked = Outlook(
        view.kpi, view.slice, view.slice_words, "month", TOO_FEW, "", target=target, due=due,
        due_label=label,
    )  # fmt: skip
    phase = current_phase(points) if len(points) else points
    series = series_of(view.kpi, phase, "month") if len(phase) else None
    known = int(series.measured.sum()) if series else 0
    if series is None or known < FEWEST_POINTS:
        few = told.too_few_sentence(known, FEWEST_POINTS, "month", view.phase_since)
        return replace(asked, sentence=few, points=known)
    asked = replace(asked, points=known)
    ended = pd.Timestamp(points["period_end"].iloc[-1]).date()
    ahead = periods_ahead(ended, month_bounds(label)[1], "month", settings)
    if len(ahead) > known or due.toordinal() - ended.toordinal() > FURTHEST_DAYS:
        return replace(asked, state=TOO_FAR, sentence=told.too_far_sentence(label, known, "month"))
    volumes = volumes_ahead(points, ahead, "month")
    counted = bool((series.exposure != 1).any())
    found = forecast(series, volumes if counted else np.ones(len(ahead)))
    if found is None:
        few = told.too_few_sentence(known, FEWEST_POINTS, "month", view.phase_since)
        return replace(asked, sentence=few)
    return _told(asked, view.kpi, settings, window, points, ahead, volumes, found, direction)


def _told(
    asked: Outlook,
    kpi: Kpi,
    settings: Settings,
    window: Window,
    points: pd.DataFrame,
    ahead: list[Period],
    volumes: Values,
    found: Forecast,
    direction: Direction,
) -> Outlook:
    labels = [period.label for period in ahead]
    rows = []
    drawn = _drawn(found, asked.points)
    came = np.empty(0)
    for period in ahead:
        months = window_months(period.label, window, settings.fiscal)
        parts = _parts(kpi, points, months, labels)
        if parts.missing and adds_up(kpi):
            return replace(asked, sentence=_hole(parts.missing, asked.due_label))
        parts = replace(parts, bottom=parts.bottom + added_below(kpi.id, settings))
        came = _windows(kpi, parts, volumes, drawn)
        low, low50, median, high50, high = (float(b) for b in np.quantile(came, BANDS))
        rows.append(Ahead(period.label, period.first, median, low, high, low50, high50))
    last = rows[-1]
    goal = float(asked.target or 0.0)
    below = float((came <= goal).mean())
    chance = {Direction.HIGHER: 1 - below, Direction.LOWER: below}.get(direction)
    when = window_words(asked.due_label, window, settings.fiscal)
    expected = told.expected_sentence(kpi, last.period, last.median, last.low, last.high, when=when)
    if chance is None:
        return replace(asked, state=FORECAST, sentence=expected, ahead=tuple(rows))
    return replace(
        asked,
        state=FORECAST,
        sentence=told.verdict_sentence(kpi, asked.slice, asked.due_label, goal, chance, when=when),
        expected=expected,
        ahead=tuple(rows),
        probability=chance,
        probability_words=told.chance_words(chance),
        model=found.method,
        model_words=told.model_words(found.method, found.families),
        backtest=found.backtest,
        backtest_words=told.backtest_sentence(
            kpi, found.backtest, found.method, "month", untested=found.season_untested
        ),
        notes=(
            "The months still to come turn out high or low together as far as this series wanders; "
            "chance of single months evens out. Those already known count as they are.",
        ),
    )


def _hole(missing: tuple[str, ...], label: str) -> str:
    from kpi.analysis import words

    names = words.listed(words.period_words(month) for month in missing[:3])
    verb = "is" if len(missing) == 1 else "are"
    return (
        f"Nothing can be said of {words.period_words(label)}: {names} {verb} missing, and belong"
        f"{'s' if len(missing) == 1 else ''} to its sum."
    )


def _parts(kpi: Kpi, points: pd.DataFrame, months: tuple[str, ...], ahead: list[str]) -> _Parts:
    """The sums of a window's known months (or of their values), and which months are to come."""
    inside = points[points["period"].astype(str).isin(months)]
    values = numbers(inside["value"])
    there = np.array([is_measured(row) for row in inside.to_dict("records")], dtype=bool)
    idle = set(inside["period"].astype(str)[~there & (inside["state"] != "missing").to_numpy()])
    known = set(inside["period"].astype(str)[there])
    to_come = tuple(ahead.index(month) for month in months if month in ahead)
    missing = tuple(m for m in months if m not in known | idle | set(ahead))
    if kpi.denominator:
        top, bottom = numbers(inside["numerator"])[there], numbers(inside["denominator"])[there]
        if np.isfinite(top).all() and np.isfinite(bottom).all():
            return _Parts(float(top.sum()), float(bottom.sum()), len(known), to_come, missing)
    return _Parts(float(np.nansum(values[there])), float("nan"), len(known), to_come, missing)


def _windows(kpi: Kpi, parts: _Parts, volumes: Values, drawn: Values) -> Values:
    """The window's value for each way its months to come may turn out."""
    steps = list(parts.steps)
    own = drawn[:, steps]
    if np.isfinite(parts.bottom):
        volume = volumes[steps]
        top = parts.top + (own * volume).sum(axis=1) / kpi.per
        return np.asarray(top / (parts.bottom + float(volume.sum())) * kpi.per)
    whole = parts.top + own.sum(axis=1)
    return np.asarray(whole if adds_up(kpi) else whole / (parts.known + len(steps)))


def _drawn(found: Forecast, known: int) -> Values:
    """Ways the months to come may turn out (draws, months): each month as it is forecast, together as
    the process moves. The same in every run.
    """
    from scipy.special import ndtr

    steps = len(found.exposure)
    grid = np.array(
        [back(found.ahead.quantile(p), found.exposure, found.kind, found.per) for p in _LEVELS]
    )
    half = np.random.default_rng(0).standard_normal((_DRAWS // 2, steps))
    normal = np.concatenate([half, -half]) @ np.linalg.cholesky(_together(found, known)).T
    levels = ndtr(normal)
    return np.stack([np.interp(levels[:, i], _LEVELS, grid[:, i]) for i in range(steps)], axis=1)


def _together(found: Forecast, known: int) -> Values:
    """How the errors of the months to come go together: a level that wanders, and noise upon it.

    The variance of a wandering level grows by q a month; with noise of 1 the filter knows the level
    up to P = (q + sqrt(q² + 4q)) / 2, so that the first month's variance is P + 1 and the growth over
    it names q. What is not known of a level that stays, one part in as many as there are months, is
    common to all.
    """
    spread = found.ahead.quantile(_ONE_SIGMA) - found.ahead.quantile(1 - _ONE_SIGMA)
    variance = np.maximum.accumulate(np.square(spread))
    steps = len(variance)
    growth = (variance[-1] / variance[0] - 1) / (steps - 1) if steps > 1 else 0.0
    wanders = _wandering(float(growth))
    level = max((wanders + np.sqrt(wanders**2 + 4 * wanders)) / 2, 1 / known)
    common = level + wanders * np.arange(steps)
    shared = np.minimum.outer(common, common)
    whole = common + 1
    both: Values = shared / np.sqrt(np.outer(whole, whole))
    np.fill_diagonal(both, 1.0)
    return both


_ONE_SIGMA: Final = 0.8413

_MOST_WANDERING: Final = 100.0


def _wandering(growth: float) -> float:
    """The q whose share q / (P + 1) of the first month's variance is the growth a month."""
    if growth <= 0:
        return 0.0
    low, high = 0.0, _MOST_WANDERING
    for _ in range(60):
        middle = (low + high) / 2
        level = (middle + np.sqrt(middle**2 + 4 * middle)) / 2
        low, high = (middle, high) if middle / (level + 1) < growth else (low, middle)
    return (low + high) / 2
