"""Control charts as figures. Nothing is calculated here."""

import math
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from kpi.analysis import words
from kpi.analysis.results import SeriesView
from kpi.figures.escape import clean, html
from kpi.figures.flags import Flag, flags_of, phase_starts
from kpi.figures.marks import Mark, axis_span, marks_of, span_of
from kpi.figures.phases import FLAG_LINE, bands, flag_line, flag_marks, flag_words, phase_levels
from kpi.figures.sheet import caption, end_label, sheet, time_axis, value_axis
from kpi.figures.theme import Palette

HEIGHT: Final = 380
"""Pixels, without the words of title and marks; the width is the page's."""

TITLE_LINE, CAPTION_LINE = 20, 22
"""Pixels of a line of the title, and of the line that explains the axis."""

TITLE_TOP: Final = 14
"""Pixels above the title."""

TITLE_LENGTH: Final = 48
"""Characters of a line of the title: what a telephone shows."""

LONGEST_TITLE: Final = 400

MOST_TICKS: Final = 6
"""Labels along the time axis: what a telephone still shows without overlap."""

LABEL_GAP: Final = 0.062
"""Least distance of two line labels, as a share of the axis: a line of text at this height."""

VARY: Final = 0.01
"""Limits that move by more than this share of the axis are said to vary."""


def control_figure(
    view: SeriesView, palette: Palette, *, title: str | None = None, wrap: int = TITLE_LENGTH
) -> go.Figure:
    """The series over time with usual level, limits, target and signals; labels at the lines.

    Gaps stay open. Points of a signal carry the colour of what they mean, members of its run a
    lighter one; points that do not count are hollow; the last point is labelled with its value. A
    phase is a faint band with its own level, an event a thin mark, both with their words. ``title``
    is what the last point says unless given, in lines of ``wrap`` characters.
    """
    marks = marks_of(view, palette)
    low, high = axis_span(*(span_of(view) or (0.0, 1.0)))
    figure = go.Figure()
    flags = flags_of(view)
    if marks:
        positions = list(range(len(marks)))
        for trace in _lines(view, palette):
            figure.add_trace(trace)
        figure.add_trace(_value_line(positions, marks, palette))
        figure.add_trace(_dots(positions, marks, palette))
        figure.add_trace(_gaps(positions, marks, low, palette))
        if flags:
            figure.add_trace(flag_marks(flags, high, palette))
    said = last_point_words(view) if title is None else title
    lines = textwrap.wrap(clean(said, longest=LONGEST_TITLE), wrap)
    figure.update_layout(_layout(view, palette, marks, flags, lines, low, high))
    return figure


def last_point_words(view: SeriesView) -> str:
    """What the last point says: its period, its value, and whether it is a signal.

    Empty where nothing is shown.
    """
    if view.points.empty:
        return ""
    last = view.points.iloc[-1]
    said = f"{view.last_label[:1].upper()}{view.last_label[1:]}: {view.last_value}"
    if pd.isna(last["value"]):
        return said
    if last.get("excluded"):
        return f"{said}, does not count ({last['excluded']})"
    if last["value"] > last["ucl"]:
        return f"{said}, above its usual range"
    if last["value"] < last["lcl"]:
        return f"{said}, below its usual range"
    if last["signals"] or last["member"]:
        return f"{said}, part of a run that is not chance"
    return said if pd.isna(last["center"]) else f"{said}, within its usual range"


def _lines(view: SeriesView, palette: Palette) -> list[Any]:
    points = view.points
    styles = (
        ("ucl", {"color": palette.limit, "width": 1}),
        ("lcl", {"color": palette.limit, "width": 1}),
        ("center", {"color": palette.limit, "width": 1.5}),
        ("target", {"color": palette.ink, "width": 1.5, "dash": "dash"}),
    )
    starts = phase_starts(view)
    return [
        go.Scatter(
            {
                "name": column,
                **_stepped(points[column], () if column == "target" else starts),
                "mode": "lines",
                "line": {**line, "shape": "hvh"},
                "hoverinfo": "skip",
            }
        )
        for column, line in styles
        if points[column].notna().any()
    ]


def _stepped(values: pd.Series, starts: Sequence[int]) -> dict[Any, Any]:
    """A level from point to point, broken where a phase begins: each reaches to the border."""
    known = [None if math.isnan(y) else y for y in values.astype("float64")]
    x: list[float | None] = []
    y: list[float | None] = []
    for at, value in enumerate(known):
        if at in starts:
            x += [at - 0.5, None, at - 0.5]
            y += [known[at - 1], None, value]
        x.append(float(at))
        y.append(value)
    return {"x": x, "y": y}


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
                "color": [palette.background if m.excluded else m.colour for m in marks],
                "size": [11 if m.signal else 8 if m.member or m.excluded else 7 for m in marks],
                "line": {
                    "color": [m.colour if m.excluded else palette.background for m in marks],
                    "width": [1.5 if m.excluded else 1 for m in marks],
                },
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
    view: SeriesView,
    palette: Palette,
    marks: list[Mark],
    flags: list[Flag],
    title: list[str],
    low: float,
    high: float,
) -> dict[str, Any]:
    ticks = _ticks([str(label) for label in view.points["period"]])
    rows = FLAG_LINE * (1 + max((f.row for f in flags), default=-1))
    rows += 6 if flags else 0
    top = TITLE_TOP + TITLE_LINE * len(title) + CAPTION_LINE + rows
    height = HEIGHT + top - 34
    return {
        **sheet(palette),
        "height": height,
        "margin": {"l": 8, "r": 86 + 6 * max(0, len(view.kpi.unit) - 6), "t": top, "b": 8},
        "title": {
            "text": "<br>".join(map(html, title)),
            "font": {"size": 15, "color": palette.ink},
            "x": 0,
            "xref": "paper",
            "xanchor": "left",
            "y": 1 - TITLE_TOP / height,
            "yref": "container",
            "yanchor": "top",
        },
        "xaxis": time_axis(len(marks), ticks, palette),
        "yaxis": value_axis(low, high),
        "annotations": [
            *_line_labels(view, palette, marks, low, high),
            caption(html(axis_words(view, low)), 22 + rows, palette, yanchor="top"),
            *phase_levels(view, palette),
            *(flag_words(flag, palette) for flag in flags if flag.row >= 0),
        ],
        "shapes": [
            *bands(view, palette),
            *(flag_line(flag, palette) for flag in flags),
        ],
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
        end_label(
            f"<b>{html(label.text)}</b>" if label.bold else html(label.text),
            y, label.colour, 14 if label.bold else 12,
        )
        for label, y in zip(labels, spread, strict=True)
    ]  # fmt: skip


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
