"""The control chart of a measured characteristic. Nothing is calculated here."""

import math
from typing import Any

import plotly.graph_objects as go

from kpi.analysis import words
from kpi.analysis.measured import MeasuredView
from kpi.figures.control import HEIGHT, short_period, spread_labels
from kpi.figures.escape import html
from kpi.figures.sheet import caption, end_label, sheet, time_axis, value_axis
from kpi.figures.theme import Palette

DECIMALS = 4
"""Significant places of a label beyond which no gauge of a shop floor reads."""


MOST_TICKS = 5
"""Labels along the time axis; days of a month are longer than months, and a telephone is narrow."""


def measured_figure(view: MeasuredView, palette: Palette) -> go.Figure:
    """Samples over time with the usual level, control limits and specification limits, labelled."""
    points = view.points
    at = list(range(len(points)))
    figure = go.Figure()
    for column, line in _styles(palette).items():
        if points[column].notna().any():
            figure.add_trace(_line(column, at, points[column].tolist(), line))
    values = points["value"].tolist()
    figure.add_trace(_line("line", at, values, {"color": palette.common, "width": 1}))
    fired = [bool(text) for text in points["rules"]]
    dots = {
        "color": [palette.changed if one else palette.common for one in fired],
        "size": [9 if one else 6 for one in fired],
    }
    figure.add_trace(
        go.Scatter(
            {"name": "value", "x": at, "y": values, "mode": "markers", "marker": dots,
             "hovertext": [_hover(view, row) for row in points.to_dict("records")],
             "hoverinfo": "text"}
        )
    )  # fmt: skip
    figure.update_layout(_layout(view, palette))
    return figure


def _styles(palette: Palette) -> dict[str, dict[str, Any]]:
    thin = {"color": palette.limit, "width": 1}
    spec = {"color": palette.ink, "width": 1.5, "dash": "dash"}
    return {"ucl": thin, "lcl": thin, "center": {**thin, "width": 1.5}, "usl": spec, "lsl": spec}


def _line(name: str, at: list[int], values: list[float], line: dict[str, Any]) -> Any:
    shown = [None if math.isnan(v) else v for v in values]
    return go.Scatter(
        {"name": name, "x": at, "y": shown, "mode": "lines", "line": line, "hoverinfo": "skip"}
    )


def _hover(view: MeasuredView, row: dict[Any, Any]) -> str:
    lines = [
        f"<b>{row['at']:%Y-%m-%d %H:%M}</b>",
        html(f"{figure_text(row['value'])} {view.of.unit}"),
    ]
    if row["count"] > 1:
        lines.append(f"mean of {row['count']} values")
    if row["rules"]:
        lines.append(html(row["rules"]))
    return "<br>".join(lines)


def figure_text(value: float) -> str:
    """A measured figure with as many places as it has, four at most.

    >>> figure_text(10.0125), figure_text(9.95), figure_text(412.0)
    ('10.0125', '9.95', '412')
    """
    return "" if math.isnan(value) else f"{round(value, DECIMALS):,.10g}"


def _layout(view: MeasuredView, palette: Palette) -> dict[str, Any]:
    points = view.points
    named = {"ucl": "limit", "lcl": "limit", "center": "usual", "usl": "USL", "lsl": "LSL"}
    every = [v for c in ("value", *named) for v in points[c].tolist() if not math.isnan(v)]
    low, high = min(every, default=0.0), max(every, default=1.0)
    room = 0.08 * ((high - low) or 1.0)
    last = points[list(named)].ffill().tail(1).to_dict("records")
    ends = last[0] if last else {}
    levels = [
        (float(ends[c]), f"{name} {figure_text(ends[c])}") for c, name in named.items() if ends
    ]
    shown = [(v, text) for v, text in levels if not math.isnan(v)]
    placed = spread_labels([v for v, _ in shown], low - room, high + room)
    step = max(1, math.ceil(len(points) / MOST_TICKS))
    places = range((len(points) - 1) % step, len(points), step) if len(points) else ()
    ticks = [(i, html(short_period(points["label"][i]))) for i in places]
    return {
        **sheet(palette),
        "height": HEIGHT,
        "margin": {"l": 8, "r": 100, "t": 34, "b": 8},
        "xaxis": time_axis(len(points), ticks, palette),
        "yaxis": value_axis(low - room, high + room),
        "annotations": [
            *(
                end_label(html(text), y, palette.muted)
                for (_, text), y in zip(shown, placed, strict=True)
            ),
            caption(html(axis_words(view)), 22, palette),
        ],
    }  # fmt: skip


def axis_words(view: MeasuredView) -> str:
    """What a point is, and its unit."""
    sizes = sorted(set(view.points["count"].tolist()))
    taken = (
        f"means of {words.listed(map(str, sizes))} values" if sizes[-1:] > [1] else "single values"
    )
    return " · ".join(text for text in (view.of.unit, taken, "axis does not start at zero") if text)
