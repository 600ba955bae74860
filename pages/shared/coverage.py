"""The coverage calendar on a page: the table, and the holes in words."""

import streamlit as st

from kpi.analysis.results import CoverageCalendar
from kpi.figures import coverage_table
from pages.shared.messages import bullets, small

MOST_HOLES = 8


def calendar(coverage: CoverageCalendar) -> None:
    """Plant and data against month; each hole as a sentence."""
    if not coverage.cells:
        small("Here will stand, month by month, what has been uploaded and what is missing.")
        return
    st.html(coverage_table(coverage))
    bullets(coverage.missing[:MOST_HOLES])
    if len(coverage.missing) > MOST_HOLES:
        small(f"and {len(coverage.missing) - MOST_HOLES} more, all in the table above.")
