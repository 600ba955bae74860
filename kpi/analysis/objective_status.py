"""The status of an objective, from what is known: pure functions, a reason with each."""

import math
from collections.abc import Sequence
from datetime import date

from kpi.analysis import words
from kpi.analysis.forecasting import FORECAST, Outlook
from kpi.analysis.objective_results import ON_TRACK_FROM, Standing, StepView
from kpi.analysis.sentences import subject
from kpi.analysis.windows import WindowValue, window_words
from kpi.calendar import period_of
from kpi.measures import Kpi
from kpi.model import Direction
from kpi.qms.objectives import Aim, Objective
from kpi.settings import FiscalCalendar

_HAIR = 1e-9
"""Relative: a target computed from a baseline is missed by no rounding of the computer's."""


def direction_of(item: Objective, kpi: Kpi) -> Direction:
    """Which way the objective goes: as the KPI, or where that has no way, as the target says."""
    if kpi.direction is not Direction.NONE or item.aim is Aim.LEVEL:
        return kpi.direction
    return Direction.LOWER if item.aim is Aim.LESS else Direction.HIGHER


def reached(value: float, level: float, direction: Direction) -> bool:
    """Whether a value meets a level; exactly reaching it does."""
    if math.isclose(value, level, rel_tol=_HAIR, abs_tol=_HAIR):
        return True
    return value > level if direction is Direction.HIGHER else value < level


def _beyond(found: WindowValue, level: float, direction: Direction) -> bool:
    """Whether a window without a failure is surely past a level: it is more than all the time run."""
    return direction is Direction.HIGHER and found.beyond >= level


def judge(
    item: Objective,
    kpi: Kpi,
    fiscal: FiscalCalendar,
    direction: Direction,
    *,
    now: WindowValue | None,
    at_due: WindowValue | None,
    ahead: Outlook | None,
    today: date,
) -> tuple[Standing, str]:
    """Met or missed once the window of the due date is known; until then what is to be expected."""
    level, due = item.level, item.due
    if level is None or due is None:
        return Standing.TOO_EARLY, "Its baseline is not known, and so neither is its target."
    if direction is Direction.NONE:
        return Standing.TOO_EARLY, (
            f"{kpi.title} has no better direction, so nothing says which side of the target is good. "
            "Say the target as less or more than the baseline."
        )
    if now is None:
        return Standing.TOO_EARLY, "No month of its data is over yet."
    label = period_of(due, "month").label
    if at_due is not None or now.month >= label:
        return _at_due(item, kpi, fiscal, direction, label, at_due)
    late = _data_late(due, today, label)
    if ahead is None:
        return Standing.TOO_EARLY, late or "It is not forecast."
    reason = f"{late} {ahead.sentence}".strip()
    if ahead.state != FORECAST or ahead.probability is None:
        return Standing.TOO_EARLY, reason
    if ahead.probability >= ON_TRACK_FROM:
        return Standing.ON_TRACK, reason
    if ahead.probability <= 1 - ON_TRACK_FROM:
        return Standing.OFF_TRACK, reason
    return Standing.AT_RISK, reason


def _at_due(
    item: Objective,
    kpi: Kpi,
    fiscal: FiscalCalendar,
    direction: Direction,
    label: str,
    at_due: WindowValue | None,
) -> tuple[Standing, str]:
    level = item.level
    assert level is not None  # judge has looked
    if at_due is not None and _beyond(at_due, level, direction):
        came = words.value_text(at_due.beyond, kpi, beside=level)
        return Standing.MET, (
            f"{subject(kpi, item.slice)} came to more than {came}, without a failure, "
            f"{window_words(label, item.window, fiscal)} and met the target "
            f"of {words.value_text(level, kpi)}. {at_due.rests_on}"
        ).strip()
    if at_due is None or math.isnan(at_due.value):
        why = at_due.reason if at_due else f"{words.period_words(label)} was not measured."
        return Standing.TOO_EARLY, f"The due date has passed. {why}"
    met = reached(at_due.value, level, direction)
    came = words.value_text(at_due.value, kpi, beside=level)
    sentence = (
        f"{subject(kpi, item.slice)} came to {came} "
        f"{window_words(label, item.window, fiscal)} and {'met' if met else 'missed'} the target "
        f"of {words.value_text(level, kpi)}."
    )
    standing = Standing.MET if met else Standing.MISSED
    return standing, f"{sentence} {at_due.rests_on}".strip()


def _data_late(due: date, today: date, label: str) -> str:
    if today <= due:
        return ""
    return (
        f"The due date has passed, and the data of {words.period_words(label)} are not there yet."
    )


def steps_of(
    item: Objective,
    kpi: Kpi,
    fiscal: FiscalCalendar,
    direction: Direction,
    values: Sequence[WindowValue],
) -> tuple[StepView, ...]:
    """Every target step, judged by the window that ends with the month of its day."""
    by_month = {value.month: value for value in values}
    out = []
    for step in item.steps:
        label = period_of(step.day, "month").label
        found = by_month.get(label)
        level = words.value_text(step.level, kpi)
        if found is None:
            says, met = f"{level} from {words.date_words(step.day)} on: not there yet.", None
        elif _beyond(found, step.level, direction):
            says, met = f"{level}: reached. {found.reason}", True
        elif math.isnan(found.value):
            says, met = f"{level}: {found.reason}", None
        elif direction is Direction.NONE:
            says, met = f"{level}: it has no better direction.", None
        else:
            met = reached(found.value, step.level, direction)
            came = words.value_text(found.value, kpi, beside=step.level)
            when = window_words(label, item.window, fiscal)
            says = f"{level}: {'reached' if met else 'not reached'} with {came} {when}."
        out.append(StepView(step.day, step.level, level, met, says))
    return tuple(out)
