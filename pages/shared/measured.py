"""The page of measured values: a chart per characteristic, and all of them in a table."""

import streamlit as st

from kpi.analysis.capable import CapabilityView
from kpi.analysis.measured import Characteristic
from kpi.figures import LIGHT
from kpi.figures.escape import html
from kpi.figures.histogram import histogram_figure
from kpi.figures.measured import figure_text, measured_figure
from pages.shared import cached, cards, charts, inputs, tables
from pages.shared.messages import empty, small

NOTHING = (
    "Here will stand measured values: how each characteristic scatters, and its control chart."
)


def show() -> None:
    """Choose a characteristic; its chart, the rows behind it, and the list of all."""
    home, filters = inputs.here(), inputs.filters()
    known = cached.characteristics(home, filters) if home.position else ()
    if not known:
        empty(NOTHING, "Upload files", "upload.py")
        return
    labels = {_key(one): _label(one) for one in known}
    chosen = inputs.choose(
        "Characteristic", "characteristic", list(labels), extra="characteristic", words=labels
    )
    one = next(c for c in known if _key(c) == chosen)
    view = cached.measured(home, filters, one.product, one.name)
    st.html(f'<h2 class="cn-headline">{html(view.says, longest=1000)}</h2>')
    charts.drawn(measured_figure(view, LIGHT), view.says, f"measured {chosen}")
    if view.left_out:
        small(f"{view.left_out:,} earlier samples are part of the limits' data and not drawn.")
    if view.chart is not None:
        with st.expander("How the chart was computed"):
            small(view.chart.convention)
    _capability(view.capability, chosen)
    cards.section("All characteristics")
    tables.table(
        (
            "Part",
            "Characteristic",
            "Unit",
            "Values",
            "Samples",
            "Mean",
            "Spread",
            "LSL",
            "USL",
            "Outside",
        ),
        [_line(c) for c in known],
        numbers=(3, 4, 5, 6, 7, 8, 9),
    )
    with st.expander("Rows"):
        tables.raw_rows(view.rows, f"measured-{chosen}")


def _capability(view: CapabilityView | None, chosen: str) -> None:
    """Whether it fits its tolerance, with the histogram and what the sentence rests on."""
    cards.section("Against the tolerance")
    if view is None:
        small("No limits are stated with these values, so there is nothing to compare them with.")
        return
    st.html(f'<p class="cn-card-title">{html(view.says, longest=1000)}</p>')
    small(view.why)
    left, right = st.columns([3, 2], gap="large")
    with left:
        if view.bars:
            charts.drawn(histogram_figure(view, LIGHT), view.says, f"tolerance {chosen}")
    with right:
        cards.facts(view.facts, wide=True)
    for note in view.notes:
        small(note)
    if view.convention:
        with st.expander("How capability was computed"):
            small(f"{view.convention}.")


def _key(one: Characteristic) -> str:
    return f"{one.product} | {one.name}" if one.product else one.name


def _label(one: Characteristic) -> str:
    return f"{one.name}, {one.product}" if one.product else one.name


def _line(one: Characteristic) -> tuple[str, ...]:
    outside = f"{one.outside:,} of {one.judged:,}" if one.judged else "no limits"
    figures = (one.mean, one.spread, one.lsl, one.usl)
    return (
        one.product, one.name, one.unit, f"{one.count:,}", f"{one.samples:,}",
        *map(figure_text, figures), outside,
    )  # fmt: skip
