"""Under a chart: who looked at it, and the form to note that somebody did."""

from typing import Final

import streamlit as st

from kpi.access import Permission
from kpi.analysis import measuring, planning, words
from kpi.analysis.results import SeriesView
from kpi.figures.escape import html
from kpi.qms.measurement import ANALYSIS
from pages.shared import identity, inputs, recordform
from pages.shared.messages import small

PLAN_PAGE: Final = "plan.py"

SHOWN: Final = 3


def draw(view: SeriesView) -> None:
    """The latest analyses of this chart, and “I looked at this” for whoever may note it."""
    found = [
        entry
        for entry in measuring.analyses(inputs.here(), view.slice, view.kpi.id)
        if set(entry.item.slice) <= set(view.slice)
    ]
    with st.expander(_heading(len(found))):
        for entry in found[:SHOWN]:
            item = entry.item
            on = words.date_words(item.on) if item.on else ""
            st.html(
                f'<p class="cn-say">{html(item.concluded, longest=1000)}</p>'
                f'<p class="cn-small">{html(f"{on}, {item.owner} · {item.value}")}</p>'
            )
        if len(found) > SHOWN:
            st.page_link(PLAN_PAGE, label="All analyses", query_params={"tab": "analyses"})
        _form(view)


def _heading(count: int) -> str:
    if not count:
        return "I looked at this"
    return f"I looked at this · analyses noted: {words.small_number(count)}"


def _form(view: SeriesView) -> None:
    if not identity.may(Permission.MANAGE):
        return
    if inputs.filters().ledger is not None:
        small("The facts are shown as an earlier ledger entry had them. Go back to today's first.")
        return
    small("Noting what you concluded is the record that the data were analysed, and by whom.")
    recordform.form(
        ANALYSIS,
        preset=planning.analysis_of(view, who=inputs.who(), on=inputs.now().date()),
        only=("concluded", "owner", "on", "links"),
        label="Note the analysis",
        key=f"{view.kpi.id} {view.slice} {view.period} {view.last_label} {view.position}",
        then="The analysis is noted.",
    )
