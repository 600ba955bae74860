"""One objective: its chart with target steps, the forecast, what belongs to it, its history."""

from typing import Final

import streamlit as st

from kpi.access import Permission
from kpi.analysis import words
from kpi.analysis.objective_results import ObjectiveView
from kpi.analysis.results import Filters
from kpi.figures import LIGHT
from kpi.figures.escape import html
from kpi.figures.fan import fan_figure
from kpi.qms.objectives import OBJECTIVE, Objective, Window
from kpi.qms.register import Recorded
from pages.shared import (
    cached,
    cards,
    charts,
    identity,
    inputs,
    linked,
    objectiveform,
    recordform,
    tables,
)
from pages.shared.messages import bullets, notes, say, small
from pages.shared.standing import standing

PAGE: Final = "objectives.py"

APART: Final = ("title", "kpi", "amount", "aim", "baseline", "baseline_first", "baseline_last",
                "steps", "milestones", "links")  # fmt: skip
"""Fields that are told in words of their own."""


def draw(entry: Recorded[Objective]) -> None:
    """The objective that is open."""
    view = cached.objective(inputs.here(), entry.id, inputs.now().date())
    recordform.back(PAGE, OBJECTIVE)
    main, side = recordform.sides()
    with main:
        _verdict(view)
        _chart(view)
        _forecast(view)
        _steps(view)
        _milestones(view)
        _facts(view)
        _forms(view)
    with side:
        recordform.related(entry, linked.pages())
        recordform.history(OBJECTIVE, entry)


def _verdict(view: ObjectiveView) -> None:
    due = f"by {view.due_words}" if view.due_words else ""
    st.html(
        f'<p class="cn-small">{html(f"{view.title} · {view.id}")}</p>'
        f'<h2 class="cn-headline">{html(view.reason, longest=1000)}</h2>'
        f'<div class="cn-verdicts" style="margin:.5rem 0">{standing(view)}'
        f'<span class="cn-small">{html(f"target {view.target_words} {due}")}</span></div>'
        f'<p class="cn-say">{html(f"Now: {view.now_words}", longest=600)}</p>'
    )
    if view.expected:
        say(view.expected)
    if view.lacks:
        with st.expander(f"What an auditor would miss: {len(view.lacks)}"):
            bullets(view.lacks)


def _chart(view: ObjectiveView) -> None:
    if view.chart is None or view.kpi is None or view.chart.points.empty:
        return
    item = view.entry.item
    window = "" if item.window is Window.MONTH else f", {item.window}"
    cards.section(f"{view.kpi.title}, {view.slice_words}{window}")
    charts.control(view.chart)
    small("The dashed line is the target: its steps, each from its day on.")
    st.page_link(
        cards.page_of_kpi(view.kpi),
        label="Open the KPI",
        icon=":material/arrow_forward:",
        icon_position="right",
        query_params=inputs.link(Filters(where=item.slice), kpi=view.kpi.id),
    )


def _forecast(view: ObjectiveView) -> None:
    found = view.outlook
    if found is None or view.chart is None:
        return
    cards.section("What comes next")
    if found.ahead:
        charts.drawn(
            fan_figure(view.chart, found, LIGHT), f"Forecast. {found.sentence} {found.expected}",
            f"fan {view.id}",
        )  # fmt: skip
    for line in (found.caution, found.backtest_words):
        if line:
            say(line)
    notes(
        [line for line in (found.model_words, *found.notes) if line],
        title="What this forecast rests on",
    )


def _steps(view: ObjectiveView) -> None:
    if not view.steps:
        return
    cards.section("Target steps")
    tables.table(
        ("From", "Level", "What came of it"),
        [(words.date_words(step.day), step.level_words, step.says) for step in view.steps],
        numbers=(1,),
    )


def _milestones(view: ObjectiveView) -> None:
    found = view.entry.item.milestones
    if not found:
        return
    today = inputs.now().date()
    cards.section("Milestones")
    tables.table(
        ("What", "Due", "Done"),
        [
            (
                one.what,
                words.date_words(one.due) if one.due else "",
                words.date_words(one.done)
                if one.done
                else ("overdue" if one.due and one.due < today else "not yet"),
            )
            for one in found
        ],
    )


def _facts(view: ObjectiveView) -> None:
    cards.section("As it was agreed")
    item = view.entry.item
    if item.baseline is not None and view.kpi is not None:
        span = words.span_words(item.baseline_first, item.baseline_last)
        cards.facts(
            [("Baseline", f"{words.value_text(item.baseline, view.kpi)} ({span})")], wide=True
        )
    recordform.facts_of(OBJECTIVE, view.entry, without=APART)


def _forms(view: ObjectiveView) -> None:
    if not identity.may(Permission.MANAGE):
        return
    if objectiveform.may_change(view.entry):
        with st.expander("Change it, close it or withdraw it"):
            objectiveform.change(view.entry)
    with st.expander("Record an objective that serves this one"):
        objectiveform.new(view.entry)
