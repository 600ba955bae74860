"""The questions people bring on a Monday, answered in a line each, with the whole answer one click away."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import streamlit as st

from kpi.analysis import words
from kpi.analysis.effectiveness import EventOutcome
from kpi.analysis.forecasting import Outlook
from kpi.analysis.results import Ask, Glance, GlanceCell, Overview
from kpi.figures.escape import html, markdown
from kpi.measures import Kpi
from kpi.qms import Slice
from pages.shared import cached, cards, inputs
from pages.shared.messages import small
from pages.shared.parts import part

MOST_LINES: Final = 12
"""Lines shown one by one; those that follow are steady."""

MOST_ANSWERS: Final = 6
"""Answers of a kind that are shown; the pages of the KPIs hold the rest."""


def lines(overview: Overview) -> None:
    """Line by line: getting worse, or chance? Each answer leads to its chart."""
    if len(overview.lines) < 2:
        return
    cards.section("Line by line: worse, or chance?")
    for number, row in enumerate(overview.lines[:MOST_LINES]):
        _line(number, row, several=len({r.plant for r in overview.lines}) > 1)
    left = len(overview.lines) - MOST_LINES
    if left > 0:
        small(f"And {left} more: choose one on the left to look at it.")


def _line(number: int, row: Glance, *, several: bool) -> None:
    name = f"{row.line}, {row.plant}" if several else row.line
    with st.container(
        horizontal=True, vertical_alignment="center", gap="xsmall", key=f"line-{number}"
    ):
        st.html(f'<p class="cn-place">{html(name)}</p>', width=155)
        for cell in row.cells:
            _cell(number, cell)


def _cell(number: int, cell: GlanceCell) -> None:
    kind = cell.variation.value.replace(" ", "-")
    with st.container(key=f"glance-{kind}-{number}-{cell.kpi.id}", width=200):
        _link(cell.kpi, cell.slice, f"{cell.title}: {cell.says}")


def answers(overview: Overview) -> None:
    """Will the targets be met, did what was done help, why did a KPI move?"""
    _met_and_helped()
    if overview.asks:
        cards.section("Why did it move?")
        with st.container(key="asks", gap="xsmall"):
            for ask in overview.asks:
                _why(ask)


@part(parallel=True)
def _met_and_helped() -> None:
    """Forecasts take longer than the rest of the page, which does not wait for them."""
    here, filters = inputs.here(), inputs.filters()
    _met(cached.outlooks(here, filters))
    _helped(cached.event_verdicts(here, filters))


def _met(found: Sequence[Outlook]) -> None:
    if found:
        cards.section("Will we make it?")
    for one in found[:MOST_ANSWERS]:
        goal = "" if one.target is None else words.value_text(one.target, one.kpi)
        until = "" if one.due is None else f" by {words.date_words(one.due)}"
        where = f", {one.slice_words}" if one.slice else ""
        title = f"Will we make {goal}{until}? {one.kpi.title}{where}"
        _answer(one.kpi, one.slice, title, one.sentence, tab="next")


def _helped(found: Sequence[EventOutcome]) -> None:
    if found:
        cards.section("Did it help?")
    for one in found[:MOST_ANSWERS]:
        title = f"{words.clipped(one.choice.text, 60)}, {words.date_words(one.choice.day)}"
        _answer(
            one.view.kpi, one.slice, title, one.sentence, tab="effect", event=one.choice.id
        )  # fmt: skip


def _answer(kpi: Kpi, chosen: Slice, title: str, sentence: str, **extras: str) -> None:
    with st.container(gap=None):
        _link(kpi, chosen, f"**{markdown(title)}**", escaped=True, **extras)
        st.html(f'<p class="cn-answer">{html(sentence, longest=1000)}</p>')


def _why(ask: Ask) -> None:
    _link(ask.kpi, ask.slice, ask.text, tab=ask.tab, since=ask.since, until=ask.until)


def _link(
    kpi: Kpi,
    chosen: Slice,
    label: str,
    *,
    escaped: bool = False,
    **extras: str,
) -> None:
    """A link to a KPI's page, seen through a slice."""
    st.page_link(
        cards.page_of_kpi(kpi),
        label=label if escaped else markdown(label),
        query_params=inputs.link(
            replace(inputs.filters(), where=chosen), kpi=kpi.id,
            **{name: value for name, value in extras.items() if value},
        ),
    )  # fmt: skip
