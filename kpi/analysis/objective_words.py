"""What is said of objectives: targets, values, what is missing. Decides nothing."""

import math
from datetime import date

from kpi.analysis import words
from kpi.analysis.objective_results import ObjectiveView, Standing
from kpi.analysis.results import SeriesView
from kpi.analysis.sentences import subject
from kpi.analysis.windows import WindowValue, window_words
from kpi.measures import Kpi
from kpi.qms.objectives import Aim, Life, Objective
from kpi.qms.register import Recorded
from kpi.settings import FiscalCalendar


def target_words(item: Objective, kpi: Kpi) -> str:
    """``2.0 %``; ``2.0 % (25 % less than the baseline of 2.7 %)``."""
    if item.level is None or item.amount is None:
        return "not known without a baseline"
    level = words.value_text(item.level, kpi)
    if item.aim is Aim.LEVEL or item.baseline is None:
        return level
    side = "less" if item.aim is Aim.LESS else "more"
    share = words.with_unit(f"{item.amount:g}", "%")
    base = words.value_text(item.baseline, kpi, beside=item.level)
    return f"{level} ({share} {side} than the baseline of {base})"


def now_words(now: WindowValue | None, kpi: Kpi, item: Objective, fiscal: FiscalCalendar) -> str:
    """``2.14 % over the twelve months to October 2026``, or why there is no value."""
    if now is None:
        return "No month of its data is over yet."
    value = window_value(now, kpi, item.level)
    if math.isnan(now.value):
        return value
    told = f"{value} {window_words(now.month, item.window, fiscal)}"
    return f"{told}. {now.rests_on}" if now.rests_on else told


def window_value(found: WindowValue, kpi: Kpi, level: float | None) -> str:
    """The value of a window as printed, or why there is none."""
    if math.isnan(found.value):
        return found.reason
    return words.value_text(found.value, kpi, beside=level)


def window_headline(item: Objective, view: SeriesView, values: tuple[WindowValue, ...]) -> str:
    """What a screen reader is told of the chart of a window."""
    who = subject(view.kpi, view.slice)
    known = [value for value in values if not math.isnan(value.value)]
    if not known:
        return f"{who}: no window is complete yet."
    first, last = known[0], known[-1]
    return (
        f"{who}, {item.window}: from {words.value_text(first.value, view.kpi)} "
        f"({words.period_words(first.month)}) to {words.value_text(last.value, view.kpi)} "
        f"({words.period_words(last.month)})."
    )


def step_level(item: Objective, day: date) -> float:
    """The level agreed for a day, as a chart of the window draws it; NaN before the first."""
    if item.level is None or item.start is None or item.due is None or day < item.start:
        return math.nan
    held = [step.level for step in item.steps if step.day <= day]
    if not item.steps or day >= item.due:
        return item.level
    return held[-1] if held else math.nan


def lacks(item: Objective, today: date) -> tuple[str, ...]:
    """What an auditor would miss, as sentences."""
    if item.status is not Life.ACTIVE:
        return ()
    named = {
        "Nobody is named as its owner.": item.owner,
        "It does not say which resources it needs.": item.resources,
        "It does not say which theme of the quality policy it serves.": item.policy,
        "It has no baseline.": item.baseline is not None,
    }
    late = [m for m in item.milestones if m.done is None and m.due is not None and m.due < today]
    return (
        *(sentence for sentence, there in named.items() if not there),
        *(
            f"The milestone “{words.clipped(m.what, 60)}” was due on {words.date_words(m.due)}."
            for m in late
            if m.due is not None
        ),
    )


def unreadable(entry: Recorded[Objective], reason: str) -> ObjectiveView:
    """An objective whose KPI cannot be asked any more: its data were taken back, perhaps."""
    item = entry.item
    return ObjectiveView(
        entry=entry,
        kpi=None,
        title=item.title,
        slice_words=words.slice_words(item.slice),
        target_words="" if item.level is None else f"{item.level:g}",
        due_words=words.date_words(item.due) if item.due else "",
        standing=Standing.TOO_EARLY,
        reason=reason,
        level=item.level,
        now_words=reason,
        parent=item.parent,
    )
