"""Figures on the page. The numbers come remembered, the figure is built anew.

Figures are drawn in the light colours; ``look`` gives them the reader's.
"""

from typing import Any

import streamlit as st

from kpi.analysis.results import ParetoView, SeriesView
from kpi.figures import BOTH, LIGHT, control_figure, data_uri, pareto_figure, small_chart
from kpi.figures.escape import html
from kpi.figures.pareto import left_out
from kpi.figures.small import Span
from pages.shared.messages import small

_STILL = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False, "responsive": True}
"""The charts answer to the pointer with a hover and to nothing else."""


def control(view: SeriesView) -> None:
    """The control chart at full width, with what a screen reader says of it."""
    st.plotly_chart(
        control_figure(view, LIGHT),
        theme=None,
        config=_STILL,
        alt=f"{view.chart_name or 'Chart'}. {view.headline}",
        key=f"control {view.kpi.id} {view.slice}",
    )


def drawn(figure: Any, alt: str, key: str) -> None:
    """A figure that answers to the pointer with a hover and to nothing else."""
    st.plotly_chart(figure, theme=None, config=_STILL, alt=alt, key=key)


def pareto(view: ParetoView) -> None:
    """The Pareto chart, with its finding above and the rest in words below."""
    st.html(f'<p class="cn-card-title">{html(view.title)}</p>')
    small(f"{view.amount_title}, {view.period_words}; Σ is the share together with the bars above.")
    st.plotly_chart(
        pareto_figure(view, LIGHT),
        theme=None,
        config=_STILL,
        alt=view.title,
        key=f"pareto {view.kpi.id} {view.dimension}",
    )
    small(left_out(view))


def picture(
    view: SeriesView, *, width: int, height: int, style: str = "", span: Span | None = None
) -> str:
    """A small chart as an ``img``, described by the view's own sentence."""
    svg = small_chart(view, BOTH, width=width, height=height, span=span)
    return f'<img class="{style}" src="{data_uri(svg)}" alt="{html(view.headline, longest=1000)}">'
