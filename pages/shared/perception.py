"""How customers perceive us: surveys with their method, and beside them what data tell of each."""

from datetime import date, timedelta

import streamlit as st

from kpi.analysis import words
from kpi.analysis.agenda_results import AgendaInput, Asked
from kpi.analysis.satisfaction import (
    NOT_PERCEPTION,
    CustomerLine,
    customer_lines,
    previous,
    satisfaction_input,
    survey_words,
    surveys,
)
from kpi.figures.escape import html
from kpi.qms.register import Recorded, Slice
from kpi.qms.satisfaction import SURVEY, Survey
from pages.shared import cards, inputs, recordform, tables
from pages.shared.asked import remembered
from pages.shared.messages import bullets, say, small
from pages.shared.oneaction import me

YEAR = timedelta(days=365)


def draw(page: str) -> None:
    """The latest survey in a sentence, every survey, every customer with what data tell beside it."""
    home, where = inputs.here(), plants()
    found = surveys(home, where)
    if found:
        st.html(f'<h2 class="cn-headline">{html(_headline(found), longest=1000)}</h2>')
        small(f"Method: {found[0].item.method}. {found[0].item.described}")
    cards.section("Surveys")
    recordform.listing(
        found, page, lambda e: survey_words(e, previous(found, e)), key="surveys",
        empty="Here will stand what customers said when they were asked: surveys, their own "
        "scorecards, visits. Record the first below, with its method.",
    )  # fmt: skip
    with st.expander("Record a survey"):
        recordform.form(SURVEY, preset=_like_the_last(found))
    first, last = days()
    _customers(remembered(home, customer_lines, (where, first, last), {}), first, last)
    told: AgendaInput = remembered(home, satisfaction_input, (Asked(where, first, last),), {})
    if told.missing:
        with st.expander("What an auditor would miss here"):
            bullets(told.missing)


def _headline(found: tuple[Recorded[Survey], ...]) -> str:
    return f"{words.clipped(found[0].item.title, 80)}: {survey_words(found[0], previous(found, found[0]))}"


def _like_the_last(found: tuple[Recorded[Survey], ...]) -> Survey:
    """A new survey as the last one was made, so that the two can be compared."""
    if not found:
        return Survey(title="", owner=me())
    last = found[0].item
    return Survey(
        title="", slice=last.slice, owner=me(), method=last.method, described=last.described,
        lowest=last.lowest, highest=last.highest, better=last.better,
    )  # fmt: skip


def _customers(lines: tuple[CustomerLine, ...], first: date, last: date) -> None:
    cards.section(f"Customers, {words.span_words(first, last)}")
    if not lines:
        small("No complaint, return or delivery to a customer is on file in these days.")
        return
    say(NOT_PERCEPTION)
    tables.table(
        ("Customer", "Latest score", *lines[0].titles),
        [(line.customer, line.score, *line.figures) for line in lines],
        numbers=(2, 3, 4),
    )


def plants() -> Slice:
    """The plants chosen under “Show”: records are of plants, not of lines or months."""
    return tuple(pair for pair in inputs.filters().where if pair[0] == "plant")


def days() -> tuple[date, date]:
    """The days looked at: those chosen under “Show”, else the year up to today."""
    chosen = inputs.filters()
    last = chosen.last or inputs.now().date()
    return chosen.first or last - YEAR, last
