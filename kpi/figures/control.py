"""Control charts as figures. Nothing is calculated here."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import plotly.graph_objects as go

from kpi.analysis import words
from kpi.analysis.results import SeriesView
from kpi.figures.escape import html
from kpi.figures.marks import Mark, axis_span, marks_of, span_of
from kpi.figures.theme import FONT, Palette

HEIGHT: Final = 380
"""Pixels; the width is the page's."""

MOST_TICKS: Final = 8
"""Labels along the time axis: what a telephone still shows without overlap."""

LABEL_GAP: Final = 0.062
"""Least distance of two line labels, as a share of the axis: a line of text at this height."""

VARY: Final = 0.01
"""Limits that move by more than this share of the axis are said to vary."""


def control_figure(view: SeriesView, palette: Palette) -> go.Figure:
    """The series over time with usual level, limits, target and signals; labels at the lines.

    Gaps stay open. Points of a signal carry the colour of what they mean, members of its run a
    lighter one; the last point is labelled with its value.
    """
    marks = marks_of(view, palette)
    low, high = axis_span(*(span_of(view) or (0.0, 1.0)))
    figure = go.Figure()
    if marks:
        positions = list(range(len(marks)))
        for trace in _lines(view, palette):
            figure.add_trace(trace)
        figure.add_trace(_value_line(positions, marks, palette))
        figure.add_trace(_dots(positions, marks, palette))
        figure.add_trace(_gaps(positions, marks, low, palette))
    figure.update_layout(_layout(view, palette, marks, low, high))
    return figure


def _lines(view: SeriesView, palette: Palette) -> list[Any]:
    points = view.points
    styles = (
        ("ucl", {"color": palette.limit, "width": 1}),
        ("lcl", {"color": palette.limit, "width": 1}),
        ("center", {"color": palette.limit, "width": 1.5}),
        ("target", {"color": palette.ink, "width": 1.5, "dash": "dash"}),
    )
    return [
        go.Scatter(
            {
                "name": column,
                "x": list(range(len(points))),
                "y": [None if math.isnan(y) else y for y in points[column].astype("float64")],
                "mode": "lines",
                "line": {**line, "shape": "hvh"},
                "hoverinfo": "skip",
            }
        )
        for column, line in styles
        if points[column].notna().any()
    ]


def _value_line(positions: list[int], marks: list[Mark], palette: Palette) -> Any:
    return go.Scatter(
        {
            "name": "line",
            "x": positions,
            "y": [None if math.isnan(mark.value) else mark.value for mark in marks],
            "mode": "lines",
            "line": {"color": palette.common, "width": 1},
            "connectgaps": False,
            "hoverinfo": "skip",
        }
    )


def _dots(positions: list[int], marks: list[Mark], palette: Palette) -> Any:
    return go.Scatter(
        {
            "name": "value",
            "x": positions,
            "y": [None if math.isnan(mark.value) else mark.value for mark in marks],
            "mode": "markers",
            "marker": {
                "color": [mark.colour for mark in marks],
                "size": [11 if mark.signal else 8 if mark.member else 7 for mark in marks],
                "line": {"color": palette.background, "width": 1},
                "opacity": 1,
            },
            "hovertext": [mark.hover for mark in marks],
            "hoverinfo": "text",
        }
    )


def _gaps(positions: list[int], marks: list[Mark], low: float, palette: Palette) -> Any:
    empty = [p for p in positions if math.isnan(marks[p].value)]
    return go.Scatter(
        {
            "name": "gap",
            "x": empty,
            "y": [low] * len(empty),
            "mode": "markers",
            "marker": {
                "symbol": "x-thin",
                "size": 8,
                "color": palette.muted,
                "line": {"color": palette.muted, "width": 1.5},
            },
            "cliponaxis": False,
            "hovertext": [marks[p].hover for p in empty],
            "hoverinfo": "text",
        }
    )


def _layout(
    view: SeriesView, palette: Palette, marks: list[Mark], low: float, high: float
) -> dict[str, Any]:
    ticks = _ticks([str(label) for label in view.points["period"]])
    return {
        "height": HEIGHT,
        "margin": {"l": 8, "r": 86 + 6 * max(0, len(view.kpi.unit) - 6), "t": 34, "b": 8},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": 13, "color": palette.muted},
        "showlegend": False,
        "hovermode": "closest",
        "hoverlabel": {
            "bgcolor": palette.surface,
            "bordercolor": palette.limit,
            "font": {"family": FONT, "size": 13, "color": palette.ink},
            "align": "left",
        },
        "dragmode": False,
        "xaxis": {
            "range": [-0.6, len(marks) - 0.4],
            "tickvals": [position for position, _ in ticks],
            "ticktext": [text for _, text in ticks],
            "tickangle": 0,
            "showgrid": False,
            "zeroline": False,
            "linecolor": palette.rule,
            "showline": True,
            "fixedrange": True,
            "automargin": True,
        },
        "yaxis": {
            "range": [low, high],
            "nticks": 6,
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
            "automargin": True,
            "separatethousands": True,
        },
        "separators": ".\u202f",
        "annotations": [
            *_line_labels(view, palette, marks, low, high),
            _corner(html(axis_words(view, low)), "left", palette),
        ],
        "shapes": _baseline(view, palette),
    }


def axis_words(view: SeriesView, low: float) -> str:
    """What the axis measures, whether it starts at zero, and why the limits move."""
    said = [view.kpi.unit or view.kpi.title]
    if low != 0.0:
        said.append("axis does not start at zero")
    if limits_vary(view):
        said.append("limits vary because volumes do")
    return " · ".join(said)


def limits_vary(view: SeriesView) -> bool:
    """Whether the limits change from point to point by more than the eye forgives."""
    span = span_of(view)
    upper = view.points["ucl"].dropna()
    if span is None or upper.empty:
        return False
    return bool(upper.max() - upper.min() > VARY * ((span[1] - span[0]) or 1.0))


def _corner(text: str, side: str, palette: Palette) -> dict[str, Any]:
    return {
        "text": text,
        "xref": "paper",
        "yref": "paper",
        "x": 0 if side == "left" else 1,
        "y": 1,
        "yshift": 22,
        "xanchor": side,
        "showarrow": False,
        "font": {"size": 12, "color": palette.muted},
    }


@dataclass(frozen=True, slots=True)
class _Label:
    at: float
    text: str
    colour: str
    bold: bool = False


def _line_labels(
    view: SeriesView, palette: Palette, marks: list[Mark], low: float, high: float
) -> list[Any]:
    labels = [*_level_labels(view, palette), *_value_label(view, palette, marks)]
    spread = spread_labels([label.at for label in labels], low, high)
    return [
        {
            "text": f"<b>{html(label.text)}</b>" if label.bold else html(label.text),
            "xref": "paper",
            "x": 1,
            "xshift": 4,
            "xanchor": "left",
            "y": y,
            "yanchor": "middle",
            "showarrow": False,
            "font": {"size": 14 if label.bold else 12, "color": label.colour},
        }
        for label, y in zip(labels, spread, strict=True)
    ]


def _level_labels(view: SeriesView, palette: Palette) -> list[_Label]:
    last = view.points[["lcl", "center", "ucl", "target"]].astype("float64").ffill().tail(1)
    if last.empty:
        return []
    named = (
        ("ucl", "limit", palette.muted),
        ("lcl", "limit", palette.muted),
        ("center", "usual", palette.muted),
        ("target", "target", palette.ink),
    )
    return [
        _Label(value, f"{word} {words.number(value, view.kpi.decimals)}", colour)
        for column, word, colour in named
        if not math.isnan(value := float(last[column].iloc[0]))
    ]


def _value_label(view: SeriesView, palette: Palette, marks: list[Mark]) -> list[_Label]:
    measured = [mark for mark in marks if not math.isnan(mark.value)]
    if not measured:
        return []
    last = measured[-1]
    goal = view.target.value if view.target is not None else None
    colour = last.colour if last.signal or last.member else palette.ink
    return [_Label(last.value, words.value_text(last.value, view.kpi, beside=goal), colour, True)]


def spread_labels(levels: Sequence[float], low: float, high: float) -> list[float]:
    """Where to write labels of lines at ``levels`` so that none covers another.

    >>> spread_labels([1.0, 5.0], 0.0, 10.0)
    [1.0, 5.0]
    >>> a, b = spread_labels([5.0, 5.0], 0.0, 10.0)
    >>> round(b - a, 3)
    0.62
    """
    gap = LABEL_GAP * (high - low)
    order = sorted(range(len(levels)), key=lambda i: levels[i])
    placed = [levels[i] for i in order]
    for _ in placed:
        for lower in range(len(placed) - 1):
            short = gap - (placed[lower + 1] - placed[lower])
            if short > 0:
                placed[lower] -= short / 2
                placed[lower + 1] += short / 2
    spread = [0.0] * len(levels)
    for i, y in zip(order, placed, strict=True):
        spread[i] = y
    return spread


def _baseline(view: SeriesView, palette: Palette) -> list[Any]:
    if view.chart is None or view.chart.baseline is None:
        return []
    first, last = view.chart.baseline
    if last >= len(view.points) - 1:
        return []
    return [
        {
            "type": "rect",
            "xref": "x",
            "yref": "paper",
            "x0": first - 0.5,
            "x1": last + 0.5,
            "y0": 0,
            "y1": 1,
            "line": {"width": 0},
            "fillcolor": palette.band,
            "layer": "below",
            "label": {
                "text": "baseline",
                "textposition": "top left",
                "font": {"size": 11, "color": palette.muted},
            },
        }
    ]


def _ticks(labels: list[str]) -> list[tuple[int, str]]:
    if not labels:
        return []
    step = max(1, math.ceil(len(labels) / MOST_TICKS))
    if all(re.fullmatch(r"\d{4}-\d{2}", label) for label in labels):
        step = next((s for s in (1, 2, 3, 6, 12, 24) if len(labels) / s <= MOST_TICKS), step)
    kept = range((len(labels) - 1) % step, len(labels), step)
    return [(i, html(short_period(labels[i]))) for i in kept]


def short_period(label: str) -> str:
    """A period label short enough for an axis.

    >>> short_period("2026-10"), short_period("2026-W43"), short_period("2026-10-05")
    ('Oct 26', 'W43 26', '5 Oct')
    """
    if re.fullmatch(r"\d{4}-\d{2}", label):
        return f"{words.MONTHS[int(label[5:]) - 1][:3]} {label[2:4]}"
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", label):
        return f"{int(label[8:])} {words.MONTHS[int(label[5:7]) - 1][:3]}"
    if re.fullmatch(r"\d{4}-[WQ]\d+", label):
        return f"{label[5:]} {label[2:4]}"
    return label
