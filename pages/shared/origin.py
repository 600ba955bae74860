"""The way from a figure to its passport, from wherever it stands."""

from typing import Final
from urllib.parse import urlencode

import streamlit as st

from kpi.analysis.results import Filters, SeriesView
from kpi.figures.escape import markdown
from pages.shared import inputs

PAGE: Final = "passport.py"

ASKED: Final = "Where does it come from?"


def link(kpi: str, filters: Filters, period: str, label: str = ASKED) -> None:
    """A link to the passport of one figure."""
    st.page_link(
        PAGE, label=markdown(label), query_params=inputs.link(filters, kpi=kpi, rows=period)
    )


def address_of_last(view: SeriesView) -> str:
    """The same place as an address relative to a page's own; empty where there is no figure."""
    if view.points.empty:
        return ""
    filters = Filters(where=view.slice, period=view.period)
    there = inputs.link(filters, kpi=view.kpi.id, rows=str(view.points["period"].iloc[-1]))
    return f"{PAGE.removesuffix('.py')}?{urlencode(there)}"


def of_last(view: SeriesView, filters: Filters, label: str = ASKED) -> None:
    """The link beside the last figure of a series; nothing where it has none."""
    if not view.points.empty:
        link(view.kpi.id, filters, str(view.points["period"].iloc[-1]), label)
