"""The coverage calendar on a page: the table, and the holes in words."""

from collections.abc import Callable
from urllib.parse import urlencode

import streamlit as st

from kpi.analysis.results import CoverageCalendar, CoverageCell, Filters
from kpi.figures import coverage_table
from pages.shared import cached, inputs
from pages.shared.messages import bullets, small
from pages.shared.remembering import once

MOST_HOLES = 8


def calendar(coverage: CoverageCalendar) -> None:
    """Plant and data against month; each hole as a sentence."""
    if not coverage.cells:
        small("Here will stand, month by month, what has been uploaded and what is missing.")
        return
    st.html(once(coverage, "calendar", lambda: coverage_table(coverage, _passport())))
    small("A dot opens the passport of a figure that rests on those rows.")
    bullets(coverage.missing[:MOST_HOLES])
    if len(coverage.missing) > MOST_HOLES:
        small(f"and {len(coverage.missing) - MOST_HOLES} more, all in the table above.")


def _passport() -> Callable[[CoverageCell], str]:
    """The address of the passport of the first figure that rests on what a cell counts."""
    first: dict[str, str] = {}
    for kpi in cached.catalogue(inputs.here()):
        if kpi.computable and kpi.datasets:
            first.setdefault(kpi.datasets[0], kpi.id)

    def address(cell: CoverageCell) -> str:
        if cell.dataset not in first:
            return ""
        filters = Filters(where=(("plant", cell.plant),))
        asked = inputs.link(filters, kpi=first[cell.dataset], rows=cell.month)
        return f"passport?{urlencode(asked)}"

    return address
