"""The page of objectives: the tree with how each stands, or the one that is open."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from kpi.access import Permission
from kpi.analysis.objective_agenda import counted
from kpi.analysis.objective_results import ObjectiveView
from kpi.figures.escape import html, markdown
from kpi.measures import values_of
from kpi.qms import Slice
from kpi.qms.objectives import OBJECTIVE
from pages.shared import cached, cards, identity, inputs, objectiveform, oneobjective, recordform
from pages.shared.charts import picture
from pages.shared.messages import say, small
from pages.shared.standing import standing

PAGE: Final = oneobjective.PAGE

EVERY_PLANT: Final = "all"

MOST_DEPTH: Final = 3
"""Levels of the tree that are set in further and further."""


def draw() -> None:
    """The objective the address asks for, or all of them."""
    entry = recordform.opened(OBJECTIVE)
    if entry is not None:
        oneobjective.draw(entry)
        return
    views = cached.objectives(inputs.here(), inputs.now().date(), _where())
    active = [view for view in views if view.active]
    if views:
        cards.top_line(counted(active))
        for view in active:
            _card(view)
        _ended([view for view in views if not view.active])
    else:
        say(
            "Here will stand the quality objectives: each bound to a KPI, with its target, its due "
            "date, how it stands, and how likely it is to be met."
        )
    _new(not views)


def _where() -> Slice:
    """The plant the list is narrowed to; everything where there is only one."""
    plants = values_of(inputs.here().view(), "plant", ())
    if len(plants) < 2:
        return ()
    narrow, _ = st.columns([1, 3])
    with narrow:
        chosen = inputs.choose(
            "Plant", "objectives of", [EVERY_PLANT, *plants], words={EVERY_PLANT: "All plants"}
        )
    return () if chosen == EVERY_PLANT else (("plant", chosen),)


def _card(view: ObjectiveView) -> None:
    depth = min(view.depth, MOST_DEPTH)
    with st.container(border=True, key=f"card-objective-{depth}-{view.id}", gap="xsmall"):
        st.page_link(
            PAGE,
            label=f"**{markdown(view.title)}** :small[{markdown(view.id)}]",
            query_params={"record": view.id},
        )
        st.html(_content(view))


def _content(view: ObjectiveView) -> str:
    chart = ""
    if view.chart is not None and len(view.chart.points):
        chart = picture(view.chart, width=300, height=96)
    where = f"{view.kpi.title}, {view.slice_words}" if view.kpi else view.slice_words
    owner = view.entry.item.owner or "no owner"
    return (
        '<div class="cn-finding"><div>'
        f'<div class="cn-verdicts">{standing(view)}'
        f'<span class="cn-small">{html(f"target {view.target_words} by {view.due_words}")}</span>'
        "</div>"
        f'<p class="cn-say">{html(view.reason, longest=1000)}</p>'
        f'<p class="cn-small">{html(f"Now: {view.now_words} · {where} · {owner}", longest=600)}</p>'
        f"</div>{chart}</div>"
    )


def _ended(views: Sequence[ObjectiveView]) -> None:
    if not views:
        return
    with st.expander(f"Closed or withdrawn: {len(views)}"):
        for view in views:
            recordform.link(PAGE, view.entry)
            small(f"{view.word.capitalize()}: {view.entry.item.conclusion}")


def _new(first: bool) -> None:
    if not identity.may(Permission.MANAGE):
        return
    with st.expander("Record an objective", expanded=first):
        objectiveform.new()
