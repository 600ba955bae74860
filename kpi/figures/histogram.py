"""The histogram of a measured characteristic against its tolerance. Nothing is calculated here."""

import math
from typing import Any, Final

import plotly.graph_objects as go

from kpi.analysis import words
from kpi.analysis.capable import Bar, CapabilityView
from kpi.analysis.capable_words import figure
from kpi.figures.escape import html
from kpi.figures.sheet import caption, sheet
from kpi.figures.theme import Palette

HEIGHT: Final = 300
ROOM: Final = 0.06
"""Of the axis, left free beyond the outermost limit or bar."""


def histogram_figure(view: CapabilityView, palette: Palette) -> go.Figure:
    """Bars of values, those outside in the colour of worsening, limits as labelled lines, the shape."""
    inside = [bar.count - bar.outside for bar in view.bars]
    drawn = go.Figure(_bars(view, "inside", inside, palette.bar, palette))
    if any(bar.outside for bar in view.bars):
        outside = [bar.outside for bar in view.bars]
        drawn.add_trace(_bars(view, "outside", outside, palette.worsening, palette))
    if view.curve:
        drawn.add_trace(_shape(view, palette))
    drawn.update_layout(_layout(view, palette))
    return drawn


def _bars(view: CapabilityView, name: str, counts: list[int], colour: str, palette: Palette) -> Any:
    return go.Bar(
        {
            "name": name,
            "x": [(bar.low + bar.high) / 2 for bar in view.bars],
            "width": [bar.high - bar.low for bar in view.bars],
            "y": counts,
            "marker": {"color": colour, "line": {"width": 1, "color": palette.background}},
            "hovertext": [_hover(view, bar) for bar in view.bars],
            "hoverinfo": "text",
        }
    )


def _hover(view: CapabilityView, bar: Bar) -> str:
    span = words.with_unit(f"{figure(bar.low)} to {figure(bar.high)}", view.unit)
    many = "1 value" if bar.count == 1 else f"{words.number(bar.count, 0)} values"
    outside = f", {bar.outside} outside the tolerance" if bar.outside else ""
    return html(f"{span}: {many}{outside}")


def _shape(view: CapabilityView, palette: Palette) -> Any:
    return go.Scatter(
        {
            "name": "shape",
            "x": [value for value, _ in view.curve],
            "y": [count for _, count in view.curve],
            "mode": "lines",
            "line": {"color": palette.ink, "width": 1},
            "hoverinfo": "skip",
        }
    )


def _levels(view: CapabilityView) -> list[tuple[str, float, bool]]:
    """Name, value and whether it is a limit, of the lines that cross the histogram."""
    if view.found is None:
        return []
    used = view.found.tolerance
    found = [("LSL", used.lsl, True), ("mean", view.found.center, False), ("USL", used.usl, True)]
    return [one for one in found if not math.isnan(one[1])]


def _layout(view: CapabilityView, palette: Palette) -> dict[str, Any]:
    levels = _levels(view)
    every = [v for _, v, _ in levels] + [edge for b in view.bars for edge in (b.low, b.high)]
    low, high = min(every, default=0.0), max(every, default=1.0)
    room = ROOM * ((high - low) or 1.0)
    return {
        **sheet(palette),
        "height": HEIGHT,
        "margin": {"l": 8, "r": 16, "t": 72, "b": 8},
        "bargap": 0,
        "barmode": "stack",
        "xaxis": {
            "range": [low - room, high + room], "nticks": 6, "showgrid": False, "zeroline": False,
            "showline": True, "linecolor": palette.rule, "fixedrange": True, "automargin": True,
        },
        "yaxis": {
            "nticks": 4, "showgrid": False, "zeroline": False, "rangemode": "tozero",
            "fixedrange": True, "automargin": True,
        },
        "shapes": [_line(value, limit, palette) for _, value, limit in levels],
        "annotations": [
            *(_label(name, value, limit, low, high, palette) for name, value, limit in levels),
            caption(html(axis_words(view)), 44, palette, yanchor="bottom"),
        ],
    }  # fmt: skip


def _line(value: float, limit: bool, palette: Palette) -> dict[str, Any]:
    dashed = {"color": palette.ink, "width": 1.5, "dash": "dash"}
    return {
        "type": "line", "xref": "x", "yref": "paper", "x0": value, "x1": value, "y0": 0, "y1": 1,
        "line": dashed if limit else {"color": palette.limit, "width": 1.5},
    }  # fmt: skip


def _label(
    name: str, value: float, limit: bool, low: float, high: float, palette: Palette
) -> dict[str, Any]:
    """At the top of its line; the mean stands higher, so that labels do not meet on a telephone."""
    place = (value - low) / ((high - low) or 1.0)
    anchor = "left" if place < 0.12 else "right" if place > 0.88 else "center"
    return {
        "text": html(f"{name} {figure(value)}"), "x": value, "xref": "x", "y": 1, "yref": "paper",
        "yanchor": "bottom", "yshift": 4 if limit else 22, "xanchor": anchor, "showarrow": False,
        "font": {"size": 12, "color": palette.ink if limit else palette.muted},
    }  # fmt: skip


def axis_words(view: CapabilityView) -> str:
    """What the axes are."""
    shape = ""
    if view.curve and view.found is not None:
        form = view.found.percentile
        shape = f"line: {form.distribution if form else 'normal'} distribution"
    return " · ".join(text for text in ("values per bar", view.unit, shape) if text)
