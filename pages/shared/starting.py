"""From a chart to a nonconformity that carries it: one click, and nothing recorded before the form."""

import streamlit as st

from kpi.access import Permission
from kpi.analysis import words
from kpi.analysis.loop import taken_up
from kpi.analysis.results import Filters, SeriesView
from kpi.figures.escape import markdown
from kpi.qms.nonconformities import Nonconformity
from kpi.qms.register import Recorded
from pages.shared import identity, inputs, linked
from pages.shared.linked import PAGE

START: str = "Start an action"


def from_card(view: SeriesView, seen: Filters) -> None:
    """On a card: the nonconformity that answers this signal already, or the link that begins one."""
    found = taken_up(inputs.here(), view.kpi.id, seen)
    if found is not None:
        st.page_link(PAGE, label=_answered(found), query_params={"record": found.id})
    elif identity.may(Permission.MANAGE):
        st.page_link(PAGE, label=START, query_params=linked.new_case(view.kpi.id, seen))


def _answered(found: Recorded[Nonconformity]) -> str:
    return f"Answered: {markdown(words.clipped(found.item.title))} :small[{markdown(found.id)}]"


def from_chart(view: SeriesView) -> None:
    """Below a chart: a point (first the last that signals), and the link that begins with it."""
    seen = inputs.filters()
    if not identity.may(Permission.MANAGE) or view.period == "all" or view.points.empty:
        return
    points = view.points[view.points["value"].notna()]
    signals = points[(points["signals"] != "") | points["member"].astype(bool)]
    labels = [str(label) for label in points["period"]][::-1]
    if not labels:
        return
    first = str(signals["period"].iloc[-1]) if len(signals) else labels[0]
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"start {view.kpi.id}"):
        period = inputs.choose(
            "A nonconformity about", f"start {view.kpi.id} {view.slice}",
            list(dict.fromkeys([first, *labels])),
            words={label: words.period_words(label) for label in labels},
        )  # fmt: skip
        st.page_link(
            PAGE, label="Record a nonconformity", icon=":material/add_alert:",
            query_params=linked.new_case(view.kpi.id, seen, period),
        )  # fmt: skip
