"""What comes next: a KPI slice at a target's due date, how likely the target is, or too few data."""

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from kpi.analysis import forecast_words as told
from kpi.analysis import words
from kpi.analysis.forecast_input import (
    complete,
    current_phase,
    next_periods,
    numbers,
    periods_ahead,
    series_of,
    volumes_ahead,
)
from kpi.analysis.home import Home
from kpi.analysis.results import Filters, SeriesView
from kpi.analysis.run_rate import RunRate, run_rate
from kpi.analysis.series import series_view
from kpi.calendar import Period, period_of
from kpi.measures import Kpi
from kpi.model import Direction
from kpi.qms import Slice
from kpi.settings import Settings
from kpi.trends import FEWEST_POINTS, Backtest, Forecast, Series, forecast
from kpi.trends.scales import back, forward

FORECAST: Final = "forecast"
TOO_FEW: Final = "too few data"
TOO_FAR: Final = "too far ahead"
PASSED: Final = "due date passed"

USUAL_AHEAD: Final = 6
"""Periods that are forecast where no due date asks for more."""

FURTHEST_DAYS: Final = 731
"""Two years: beyond, what is known of today says little."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """One period to come, in the KPI's unit; ``low`` to ``high`` holds it eight times out of ten."""

    period: str
    start: date
    median: float
    low: float
    high: float
    low50: float
    high50: float


@dataclass(frozen=True, slots=True)
class SeasonView:
    """What is known of a season; ``p_value`` is ``None`` where it cannot be told."""

    evidence: bool
    p_value: float | None
    months: tuple[int, ...]  # the months (1 to 12) or quarters (1 to 4) the sentence names
    sentence: str


@dataclass(frozen=True, slots=True)
class Outlook:
    """A KPI slice as it goes on, and its target.

    ``state`` is ``FORECAST``, ``TOO_FEW``, ``TOO_FAR`` or ``PASSED``. ``sentence`` says the finding,
    ``lines`` what else there is to say, in the order of a page. ``probability`` is that of the due
    period's own value meeting the target, ``None`` without a target, due date or direction.
    """

    kpi: Kpi
    slice: Slice
    slice_words: str
    period: str
    state: str
    sentence: str
    expected: str = ""
    target: float | None = None
    due: date | None = None
    due_label: str = ""
    ahead: tuple[Ahead, ...] = ()
    probability: float | None = None
    probability_words: str = ""
    pace: RunRate | None = None
    pace_words: str = ""
    backtest: Backtest | None = None
    backtest_words: str = ""
    season: SeasonView | None = None
    model: str = ""
    model_words: str = ""
    points: int = 0
    caution: str = ""  # a change nobody has explained yet makes the forecast doubtful
    notes: tuple[str, ...] = field(default=())

    @property
    def at_due(self) -> Ahead | None:
        """The due period; the last one forecast where there is no due date."""
        named = [a for a in self.ahead if a.period == self.due_label]
        return named[0] if named else (self.ahead[-1] if self.ahead else None)


def forecast_view(
    home: Home,
    kpi_id: str,
    filters: Filters,
    *,
    target: float | None = None,
    due: date | None = None,
) -> Outlook:
    """What comes next for a KPI through a slice.

    ``target`` and ``due`` default to those recorded for it. The value judged is that of the period
    the due date lies in. The whole history is used, whatever period the filters begin with.
    """
    view = series_view(home, kpi_id, replace(filters, first=None))[0]
    return outlook(view, home.settings, target=target, due=due)


DOUBTFUL: Final = 0.65
"""Where a smaller share of past values lay within their 80 % limits, that is said in sight."""


def outlook(
    view: SeriesView,
    settings: Settings,
    *,
    target: float | None = None,
    due: date | None = None,
) -> Outlook:
    """What comes next for a series that is already there; see ``forecast_view``."""
    goal, until = _aim(view, target, due)
    asked = Outlook(
        view.kpi, view.slice, view.slice_words, view.period, TOO_FEW, "", target=goal, due=until,
        due_label=period_of(until, view.period, settings.fiscal).label if until else "",
    )  # fmt: skip
    points = complete(view)
    phase = current_phase(points) if len(points) else points
    series = series_of(view.kpi, phase, view.period) if len(phase) else None
    known = int(series.measured.sum()) if series else 0
    if series is None or known < FEWEST_POINTS or view.period == "all":
        return replace(asked, sentence=_too_few(view, known), points=known)
    ended = pd.Timestamp(points["period_end"].iloc[-1]).date()
    if until is not None and goal is not None and asked.due_label <= str(points["period"].iloc[-1]):
        return _passed(replace(asked, points=known), view, series, points, settings, ended)
    ahead = next_periods(ended, USUAL_AHEAD, view.period, settings)
    if until is not None and until > ahead[-1].last:
        ahead = periods_ahead(ended, until, view.period, settings)
        if len(ahead) > known or until.toordinal() - ended.toordinal() > FURTHEST_DAYS:
            sentence = told.too_far_sentence(asked.due_label, known, view.period)
            return replace(asked, state=TOO_FAR, sentence=sentence, points=known)
    return _forecast(replace(asked, points=known), view, series, points, ahead)


def _aim(
    view: SeriesView, target: float | None, due: date | None
) -> tuple[float | None, date | None]:
    """The target and due date asked for; what is not asked is taken from the records."""
    recorded = view.target
    if target is None and recorded is not None:
        return recorded.goal, due or recorded.due
    if due is None and recorded is not None and recorded.goal == target:
        return target, recorded.due
    return target, due


def _too_few(view: SeriesView, known: int) -> str:
    if view.period == "all":
        return "A forecast needs periods: choose months."
    return told.too_few_sentence(known, FEWEST_POINTS, view.period, view.phase_since)


def _passed(
    asked: Outlook,
    view: SeriesView,
    series: Series,
    points: pd.DataFrame,
    settings: Settings,
    ended: date,
) -> Outlook:
    at = points[points["period"].astype(str) == asked.due_label]
    value = float(numbers(at["value"])[0]) if len(at) else np.nan
    sentence = told.passed_sentence(
        view.kpi, view.slice, asked.due_label, value, float(asked.target or 0.0)
    )
    ahead = next_periods(ended, USUAL_AHEAD, view.period, settings)
    found = _forecast(replace(asked, due=None, due_label=""), view, series, points, ahead)
    return replace(
        found, state=PASSED, sentence=sentence, expected=found.sentence, due=asked.due,
        due_label=asked.due_label,
    )  # fmt: skip


def _forecast(
    asked: Outlook,
    view: SeriesView,
    series: Series,
    points: pd.DataFrame,
    ahead: list[Period],
) -> Outlook:
    volumes = volumes_ahead(points, ahead, view.period)
    counted = series.exposure.max() > 1 or bool((series.exposure != 1).any())
    step = next((i for i, p in enumerate(ahead) if p.label == asked.due_label), None)
    found = forecast(
        series,
        volumes if counted else np.ones(len(ahead)),
        tell=len(ahead) if step is None else step + 1,
    )
    if found is None:  # counted kinds need volumes, too
        return replace(asked, sentence=_too_few(view, int(series.measured.sum())))
    rows = tuple(_row(p, found.bands[:, i]) for i, p in enumerate(ahead))
    probability = _probability(view.kpi, found, asked.target, step)
    pace = None
    if step is not None and asked.target is not None:
        pace = run_rate(
            view.kpi, points, volumes[: step + 1], asked.target, view.period, found.kind
        )
    at = rows[step if step is not None else -1]
    sentence, expected = _sentences(asked, at, probability)
    return replace(
        asked,
        state=FORECAST,
        sentence=sentence,
        expected=expected,
        ahead=rows,
        probability=probability,
        probability_words=told.chance_words(probability) if probability is not None else "",
        pace=pace,
        pace_words=told.pace_sentence(
            view.kpi, pace, float(asked.target or 0.0), asked.due_label, view.period
        ) if pace else "",
        backtest=found.backtest,
        backtest_words=told.backtest_sentence(
            view.kpi, found.backtest, found.method, view.period, untested=found.season_untested
        ),
        season=_season(view, series, found),
        model=found.method,
        model_words=told.model_words(found.method, found.families),
        caution=_caution(view, found.backtest),
        notes=_notes(view, found, step is not None),
    )  # fmt: skip


def _row(period: Period, bands: np.ndarray) -> Ahead:
    low, low50, median, high50, high = (float(b) for b in bands)
    return Ahead(period.label, period.first, median, min(low, median), max(high, median),
                 min(low50, median), max(high50, median))  # fmt: skip


def _probability(
    kpi: Kpi, found: Forecast, goal: float | None, step: int | None
) -> float | None:  # fmt: skip
    if goal is None or step is None or kpi.direction is Direction.NONE:
        return None
    return found.probability(goal, step + 1, at_least=kpi.direction is Direction.HIGHER)


def _sentences(asked: Outlook, at: Ahead, probability: float | None) -> tuple[str, str]:
    if probability is None or asked.target is None:
        sentence = told.goes_on_sentence(
            asked.kpi, asked.slice, at.period, at.median, at.low, at.high
        )
        return sentence, ""
    return (
        told.verdict_sentence(asked.kpi, asked.slice, asked.due_label, asked.target, probability),
        told.expected_sentence(asked.kpi, at.period, at.median, at.low, at.high),
    )


def _season(view: SeriesView, series: Series, found: Forecast) -> SeasonView:
    p_value = None if np.isnan(found.season.p_value) else float(found.season.p_value)
    if not found.season.clear:
        sentence = told.no_season_sentence(found.season.p_value, found.points, view.period)
        return SeasonView(False, p_value, (), sentence)
    changes, errors = _season_in_unit(series, found)
    sentence, places = told.season_sentence(view.kpi, view.slice, changes, errors, view.period)
    return SeasonView(True, p_value, tuple(p + 1 for p in places), sentence)


def _season_in_unit(series: Series, found: Forecast) -> tuple[np.ndarray, np.ndarray]:
    """How far each place lies from the usual level of the latest year, and its error."""
    y = forward(series)[0]
    usual = float(np.nanmean(y[-series.cycle :]))
    volume = np.full(series.cycle, float(np.nanmedian(found.exposure)))
    level = np.full(series.cycle, usual)

    def told_at(at: np.ndarray) -> np.ndarray:
        return back(at, volume, series.kind, series.per)

    base = told_at(level)
    changes = told_at(level + found.season.effects) - base
    errors = np.abs(told_at(level + found.season.errors) - base)
    return changes, errors


def _caution(view: SeriesView, tested: Backtest) -> str:
    """What makes the forecast doubtful: a change nobody has explained, or limits that did not hold."""
    told = []
    if view.changed:
        told.append(
            "A signal is in force and no cause is recorded for it. The forecast counts the change as "
            "something that may happen again, so it is wide. Where the cause is known, accept the "
            "change as a new phase on the chart: the forecast then starts from the new level, as soon "
            f"as {FEWEST_POINTS} {words.PERIOD_NOUNS[view.period][1]} of it are known."
        )
    if tested.enough and tested.coverage80 < DOUBTFUL:
        told.append(
            f"On this KPI's own past only {tested.coverage80 * 100:.0f} % of the values lay between "
            "such limits, where 80 % should: take them as too narrow."
        )
    return " ".join(told)


def _notes(view: SeriesView, found: Forecast, judged: bool) -> tuple[str, ...]:
    lines = []
    if view.phase_since:
        lines.append(
            f"Only what came since the level changed {words.in_period(view.phase_since)} counts."
        )
    excluded = int((view.points["excluded"].astype(str) != "").sum())
    if excluded:
        lines.append(f"Excluded points do not count: {excluded}.")
    if judged:
        lines.append(
            f"The target is judged by the value of the {words.PERIOD_NOUNS[view.period][0]} that "
            "the due date lies in."
        )
    if found.kind.name in ("SHARE", "COUNT") and view.kpi.denominator:
        lines.append("Volumes are expected as a year before; chance at such volumes is included.")
    if found.backtest.enough:
        lines.append(
            f"Of the values that came, {found.backtest.coverage80 * 100:.0f} % lay between the "
            "limits that were to hold 80 % of them."
        )
    return tuple(lines)
