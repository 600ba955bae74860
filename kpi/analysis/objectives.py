"""Objectives as they stand: value now, forecast at the due date, status with its reason."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from kpi.analysis import objective_words as told
from kpi.analysis import registering, words
from kpi.analysis.forecast_input import complete
from kpi.analysis.forecasting import Outlook, outlook
from kpi.analysis.home import Home
from kpi.analysis.objective_results import Baseline, ObjectiveView
from kpi.analysis.objective_status import direction_of, judge, steps_of
from kpi.analysis.results import Filters, SeriesView
from kpi.analysis.series import series_view
from kpi.analysis.targets_compared import told_of_objective
from kpi.analysis.window_forecast import window_outlook
from kpi.analysis.windows import WindowValue, adds_up, span_value, window_months, window_values
from kpi.calendar import months_between, period_of
from kpi.errors import KpiError, UsageError
from kpi.measures import added_below
from kpi.measures.engine import Remembered
from kpi.model import Assurance, Direction, Variation
from kpi.qms.objectives import OBJECTIVE, Life, Objective, Window
from kpi.qms.register import Recorded, Slice

_SEEN: Final = Remembered(256)
"""Objectives lately looked at: a forecast takes a moment."""


def objectives(
    home: Home, *, today: date, where: Slice = (), last: date | None = None
) -> tuple[ObjectiveView, ...]:
    """Every objective that bears on a slice, as a tree: each after the one it serves.

    ``last`` cuts the data off at a day, as a review of a past month does. Active ones come first,
    then those closed or withdrawn, by id.
    """
    with home.store.moment():
        entries = registering.listed(home, OBJECTIVE, where)
        return in_tree([_remembered(home, entry, today, last) for entry in entries])


def objective(home: Home, id: str, *, today: date, last: date | None = None) -> ObjectiveView:
    """One objective as it stands.

    Raises
    ------
    UnknownNameError
        There is none with this id, or none that may be seen.
    """
    return _remembered(home, registering.found(home, OBJECTIVE, id), today, last)


def windowed_outlooks(home: Home, filters: Filters) -> tuple[Outlook, ...]:
    """What will become of active objectives that are judged over more than the month.

    Those of the month are told with the targets; none is told where filters look back.
    """
    if filters.ledger is not None or filters.as_of is not None:
        return ()
    asked = set(filters.where)
    return tuple(
        view.outlook
        for entry in registering.listed(home, OBJECTIVE)
        if entry.item.window is not Window.MONTH and asked <= set(entry.item.slice)
        if (view := _remembered(home, entry, entry.item.due or date.max, filters.last)).outlook
    )


def in_tree(views: Sequence[ObjectiveView]) -> tuple[ObjectiveView, ...]:
    """The same in the order of a tree, each with its depth.

    One whose parent is not among them (of the whole company, where only a plant is seen) stands at
    the top, and so does the first of a circle.
    """
    by_id = {view.id: view for view in views}
    out: list[ObjectiveView] = []
    placed: set[str] = set()

    def place(view: ObjectiveView, depth: int) -> None:
        if view.id in placed:
            return
        placed.add(view.id)
        out.append(replace(view, depth=depth))
        for child in ordered:
            if child.parent == view.id:
                place(child, depth + 1)

    ordered = sorted(views, key=lambda view: (not view.active, view.id))
    for view in ordered:
        if view.parent not in by_id or view.parent == view.id:
            place(view, 0)
    for view in ordered:  # what is left runs in a circle
        place(view, 0)
    return tuple(out)


def baseline_of(
    home: Home, kpi: str, where: Slice, window: Window, first: date, last: date
) -> Baseline:
    """Where a KPI slice stood over the months of some days, comparable with its window.

    Ratios are sums over sums. What adds up is told for as many months as the window has, so that a
    year's complaints and a month's target can be compared; for the year to date, for all the months.

    Raises
    ------
    UsageError
        The days end before they begin.
    UnknownNameError
        There is no such KPI.
    """
    if last < first:
        raise UsageError("The days of the baseline end before they begin. Exchange them.")
    chosen = registering.settled_slice(home, where)
    view = series_view(home, kpi, Filters(where=chosen))[0]
    points = complete(view)
    plus = added_below(kpi, home.settings)
    found = span_value(view.kpi, points, first, last, plus=plus)
    months = len(months_between(f"{first:%Y-%m}", f"{last:%Y-%m}"))
    span = words.span_words(found.first, found.last)
    if np.isnan(found.value):
        return Baseline(
            None, found.first, found.last, f"No baseline for {span}: {words.within(found.reason)}"
        )
    value, shared = found.value, ""
    if adds_up(view.kpi) and window is not Window.YEAR_TO_DATE:
        own = len(window_months(f"{last:%Y-%m}", window, home.settings.fiscal))
        if own != months:
            value = found.value / months * own
            shared = f", for {words.count_words(own, 'month')} as in {words.count_words(months, 'month')}"
    says = f"{words.value_text(value, view.kpi)}: {span}{shared}. {found.rests_on}".strip()
    return Baseline(value, found.first, found.last, says)


# --- one objective ----------------------------------------------------------------------------


def _remembered(
    home: Home, entry: Recorded[Objective], today: date, last: date | None
) -> ObjectiveView:
    due = entry.item.due
    key = (
        str(home.path), home.limit, home.position, home.store.records.number(),
        home.settings.signature(), entry.id, entry.number, last, due is not None and today > due,
    )  # fmt: skip
    found: ObjectiveView = _SEEN.get(key, lambda: _looked_at(home, entry, today, last))
    return found


def _looked_at(
    home: Home, entry: Recorded[Objective], today: date, last: date | None
) -> ObjectiveView:
    item = entry.item
    try:
        view = series_view(home, item.kpi, Filters(where=item.slice, last=last))[0]
    except KpiError as error:
        return told.unreadable(entry, str(error))
    points = complete(view)
    plus = added_below(item.kpi, home.settings)
    values = window_values(view.kpi, points, item.window, home.settings.fiscal, plus=plus)
    direction = direction_of(item, view.kpi)
    label = period_of(item.due, "month").label if item.due else ""
    now = values[-1] if values else None
    at_due = next((value for value in values if value.month == label), None)
    ahead = _outlook(home, view, item, now, label)
    fiscal = home.settings.fiscal
    standing, reason = judge(
        item, view.kpi, fiscal, direction, now=now, at_due=at_due, ahead=ahead, today=today
    )
    return ObjectiveView(
        entry=entry,
        kpi=view.kpi,
        title=item.title,
        slice_words=words.slice_words(item.slice),
        target_words=told.target_words(item, view.kpi),
        due_words=words.date_words(item.due) if item.due else "",
        standing=standing,
        reason=reason if item.status is Life.ACTIVE else item.conclusion,
        level=item.level,
        expected=ahead.expected if ahead else "",
        probability=ahead.probability if ahead else None,
        now=now,
        now_words=told.now_words(now, view.kpi, item, fiscal),
        at_due=at_due,
        steps=steps_of(item, view.kpi, fiscal, direction, values),
        outlook=ahead,
        chart=_chart(view, item, values),
        parent=item.parent,
        lacks=(*told.lacks(item, today), *told_of_objective(home, entry.id)),
    )


def _outlook(
    home: Home, view: SeriesView, item: Objective, now: WindowValue | None, label: str
) -> Outlook | None:
    """What comes by the due date; ``None`` where that is no question, or has been answered."""
    level, due = item.level, item.due
    if item.status is not Life.ACTIVE or level is None or due is None:
        return None
    if now is None or now.month >= label:
        return None
    if item.window is Window.MONTH and view.kpi.direction is not Direction.NONE:
        return outlook(view, home.settings, target=level, due=due)
    direction = direction_of(item, view.kpi)
    return window_outlook(view, home.settings, item.window, level, due, direction)


def _chart(view: SeriesView, item: Objective, values: tuple[WindowValue, ...]) -> SeriesView:
    """The series the objective is judged by; a monthly one is the KPI's own chart."""
    if item.window is Window.MONTH:
        return view
    begun = values[0].last.replace(day=1) if values else date.max
    whole = [i for i, value in enumerate(values) if value.first >= begun]
    shown = values[whole[0] :] if whole else values  # before, the window reaches beyond the data
    kept = {value.month: value for value in shown}
    points = view.points[view.points["period"].astype(str).isin(kept)].reset_index(drop=True)
    months = points["period"].astype(str)
    empty = np.full(len(points), np.nan)
    points = points.assign(
        value=[kept[m].value for m in months],
        numerator=[kept[m].numerator for m in months],
        denominator=[kept[m].denominator for m in months],
        state=["value" if np.isfinite(kept[m].value) else "not_computable" for m in months],
        reason=[kept[m].reason for m in months],
        center=empty, lcl=empty, ucl=empty, signals="", rules="", member=False,
        excluded="", phase=1,
        target=[told.step_level(item, kept[m].last) for m in months],
        since=[pd.Timestamp(kept[m].first) for m in months],
    )  # fmt: skip
    return replace(
        view,
        points=points,
        chart=None,
        chart_name="",
        chart_reason=f"{str(item.window).capitalize()}: windows overlap, so no limits are drawn.",
        convention="",
        verdict=None,
        variation=Variation.TOO_FEW,
        assurance=Assurance.NO_TARGET,
        target=None,
        suggestion=None,
        headline=told.window_headline(item, view, values),
        last_label=words.period_words(shown[-1].month) if shown else "",
        last_value=told.window_value(shown[-1], view.kpi, item.level) if shown else "",
        last_change="",
        over=str(item.window),
    )
