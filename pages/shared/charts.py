"""Figures on the page. The numbers come remembered, the figure is built anew.

Figures are drawn in the light colours; ``look`` gives them the reader's.
"""

from typing import Any, Final

import streamlit as st

from kpi.analysis.results import ParetoView, SeriesView
from kpi.analysis.trail_head import printed_head
from kpi.figures import BOTH, LIGHT, control_figure, data_uri, export, pareto_figure, small_chart
from kpi.figures.control import last_point_words
from kpi.figures.escape import clean, html
from kpi.figures.pareto import left_out
from kpi.figures.small import Span
from pages.shared import inputs
from pages.shared.messages import small
from pages.shared.remembering import once

_STILL = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False, "responsive": True}
"""The charts answer to the pointer with a hover and to nothing else."""


LONGEST_ALT: Final = 2000
"""Characters that a screen reader is given of a chart."""


def control(view: SeriesView) -> None:
    """The control chart at full width, with what a screen reader says of it."""
    st.plotly_chart(
        once(view, "control", lambda: control_figure(view, LIGHT)),
        theme=None,
        config=_STILL,
        alt=clean(_alt(view), longest=LONGEST_ALT),
        key=f"control {view.kpi.id} {view.slice}",
    )


def _alt(view: SeriesView) -> str:
    """What a screen reader says: kind of chart, finding, last point, what people noted."""
    notes = view.notes_on_chart
    marked = [f"New phase since {n.start:%Y-%m-%d}: {n.cause}." for n in notes.phases]
    marked += [f"{n.start:%Y-%m-%d} does not count: {n.reason}." for n in notes.exclusions]
    marked += [f"{n.day:%Y-%m-%d}: {n.text}." for n in notes.events]
    said = [f"{view.chart_name or 'Chart'}.", view.headline, f"{last_point_words(view)}.", *marked]
    return " ".join(said)


def save(view: SeriesView) -> None:
    """A small way to take the chart along: as a picture, as a drawing, as its numbers."""
    missing = export.missing_renderer()
    with st.popover("Save this chart", icon=":material/download:", type="tertiary"):
        if missing:
            small(missing)
        else:
            _save_button("Picture (PNG)", view, "png", "image/png")
            _save_button("Drawing (SVG)", view, "svg", "image/svg+xml")
        _save_button("Data (CSV)", view, "csv", "text/csv")


def _save_button(label: str, view: SeriesView, ending: str, mime: str) -> None:
    home, when = inputs.here(), inputs.now()

    def content() -> bytes:
        head = printed_head(home.store, when)
        if ending == "csv":
            return export.chart_csv(view, head)
        return export.picture(export.chart_picture(view, head), ending)

    st.download_button(
        label,
        data=content,
        file_name=export.file_name(export.chart_title(view), ending),
        mime=mime,
        key=f"save {ending} {view.kpi.id}",
        on_click="ignore",
        width="stretch",
    )


def drawn(figure: Any, alt: str, key: str) -> None:
    """A figure that answers to the pointer with a hover and to nothing else."""
    st.plotly_chart(figure, theme=None, config=_STILL, alt=clean(alt, longest=LONGEST_ALT), key=key)


def pareto(view: ParetoView) -> None:
    """The Pareto chart, with its finding above and the rest in words below."""
    st.html(f'<p class="cn-card-title">{html(view.title)}</p>')
    small(f"{view.amount_title}, {view.period_words}; Σ is the share together with the bars above.")
    st.plotly_chart(
        once(view, "pareto", lambda: pareto_figure(view, LIGHT)),
        theme=None,
        config=_STILL,
        alt=clean(view.title, longest=LONGEST_ALT),
        key=f"pareto {view.kpi.id} {view.dimension}",
    )
    small(left_out(view))


def picture(
    view: SeriesView, *, width: int, height: int, style: str = "", span: Span | None = None
) -> str:
    """A small chart as an ``img``, described by the view's own sentence."""

    def draw() -> str:
        svg = data_uri(small_chart(view, BOTH, width=width, height=height, span=span))
        return f'<img class="{style}" src="{svg}" alt="{html(view.headline, longest=1000)}">'

    drawn: str = once(view, ("picture", width, height, style, span), draw)
    return drawn
