"""The tab "Did it work?" of a KPI page: an event, before and after, and what it takes to know."""

from datetime import date
from typing import Final

import streamlit as st

from kpi.analysis import effect_words, words
from kpi.analysis.effect_results import EffectView
from kpi.analysis.effectiveness import MOST_WASHOUT_DAYS, EventChoice
from kpi.analysis.results import SeriesView
from kpi.errors import KpiError
from kpi.figures import LIGHT
from kpi.figures.before_after import alt_words, before_after_figure
from kpi.figures.escape import html
from pages.shared import cached, cards, charts, inputs
from pages.shared.messages import bullets, say, small

BY_HAND: Final = "date"
"""Stands in the address for a day that no event was noted for."""


def draw(series: SeriesView) -> None:
    """What was done, whether it worked, the figure, and what the verdict rests on."""
    if not series.points["value"].notna().any():
        say("There are no values to compare.")
        return
    events = {
        event.id: event for event in cached.events(inputs.here(), series.kpi.id, inputs.filters())
    }
    if not events:
        say(
            "Nothing is noted on this chart yet. Note what was done under “Notes on this chart” "
            "in the tab Chart, and it is judged here; or name a day."
        )
    chosen = _chosen(series, events)
    try:
        view = (
            _by_hand(series)
            if chosen == BY_HAND
            else cached.effect_of_event(inputs.here(), series.kpi.id, inputs.filters(), chosen)
        )
    except KpiError as error:
        say(str(error))
        return
    if view is None:
        small(
            "Give the day something was done, and here stands whether it worked: before against "
            "after, how sure that is, and how many more periods it takes to know."
        )
        return
    show(view)


def _chosen(series: SeriesView, events: dict[str, EventChoice]) -> str:
    if not events:
        return BY_HAND
    told = {id: f"{event.text}, {words.date_words(event.day)}" for id, event in events.items()}
    return inputs.choose(
        "What was done", f"effect {series.kpi.id} {series.slice}", [*events, BY_HAND],
        extra="event", words={**told, BY_HAND: "Another day"},
    )  # fmt: skip


def _by_hand(series: SeriesView) -> EffectView | None:
    """The answer for a day given here; ``None`` before one is.

    None is proposed: a day picked because the chart moves there would always seem to have worked.
    """
    drafted = inputs.Draft(f"effect {series.kpi.id} {series.slice}")
    day, washout, hoped = st.columns(3)
    given = day.date_input("Day it was done", format="YYYY-MM-DD", key=drafted.field("day"))
    settles = washout.number_input(
        "Days until its effect has settled", 0, MOST_WASHOUT_DAYS, key=drafted.field("washout", 0)
    )
    wanted = hoped.number_input(
        "Change hoped for, in %", value=None, format="%g", key=drafted.field("hoped"),
        placeholder="-25 for a quarter less",
    )  # fmt: skip
    if not isinstance(given, date):
        return None
    return cached.effect(
        inputs.here(), series.kpi.id, inputs.filters(), given, int(settles),
        None if wanted is None else float(wanted) / 100,
    )  # fmt: skip


def show(view: EffectView) -> None:
    """The verdict, the figure, and what the verdict rests on."""
    finding, *rest = (
        effect_words.finding(view),
        effect_words.chance(view),
        effect_words.outlook(view),
    )
    st.html(f'<h3 class="cn-card-title">{html(finding, longest=2000)}</h3>')
    say(" ".join(part for part in rest if part))
    if view.notes:
        bullets(view.notes)
    charts.drawn(
        before_after_figure(view, LIGHT), alt_words(view),
        f"effect {view.kpi.id} {view.action.day} {view.action.washout}",
    )  # fmt: skip
    small(
        "Solid dots are compared, hollow ones are not. The band is what the level after may be, "
        "given what is not known."
    )
    cards.facts(effect_words.facts(view), wide=True)
    with st.expander("How it was computed"):
        cards.facts(effect_words.method_facts(view), wide=True)
