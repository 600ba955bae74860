"""What comes next as a fan: history, median, where it lies half and four fifths of the time, target."""

import math
from datetime import date
from typing import Any, Final

import plotly.graph_objects as go

from kpi.analysis import words
from kpi.analysis.forecasting import Outlook
from kpi.analysis.results import SeriesView
from kpi.figures.control import HEIGHT, short_period, spread_labels
from kpi.figures.escape import html
from kpi.figures.marks import axis_span
from kpi.figures.sheet import caption, end_label, sheet, time_axis, value_axis
from kpi.figures.theme import Palette

SHOWN_BEFORE: Final = 24
"""Periods of history beside a forecast: enough to see what it follows."""

MOST_TICKS: Final = 5
"""Labels along the time axis: beside the labels at the lines a telephone leaves little room."""

_NEAR_BAND: Final = 0.30
_WIDE_BAND: Final = 0.15
"""Opacity of the 50 % and the 80 % band."""


def fan_figure(view: SeriesView, found: Outlook, palette: Palette) -> go.Figure:
    """History and forecast on one axis, labels at the lines; bands only where there is a forecast."""
    past = _past(view, found)
    future = list(found.ahead)
    labels = [label for label, _ in past] + [a.period for a in future]
    start = len(past) - 1
    low, high = _axis(past, found)
    figure = go.Figure()
    if future:
        x = list(range(start, start + len(future) + 1))
        joint = _joint(past, future)
        figure.add_trace(_band(x, joint, future, "low", "high", _WIDE_BAND, palette))
        figure.add_trace(_band(x, joint, future, "low50", "high50", _NEAR_BAND, palette))
        figure.add_trace(_median(x, joint, found, palette))
    figure.add_trace(_history(past, view, palette))
    if found.target is not None:
        figure.add_trace(_target(len(labels), found.target, palette))
    figure.update_layout(_layout(view, found, labels, past, (low, high), palette))
    return figure


def _past(view: SeriesView, found: Outlook) -> list[tuple[str, float]]:
    points = view.points
    if found.ahead:
        points = points[points["period_start"].dt.date < found.ahead[0].start]
    shown = points.tail(SHOWN_BEFORE)
    values = shown["value"].astype("float64")
    return [(str(label), float(v)) for label, v in zip(shown["period"], values, strict=True)]


def _joint(past: list[tuple[str, float]], future: list[Any]) -> float:
    """The last value, from which the fan opens; the first median where the last one is missing."""
    last = past[-1][1] if past else math.nan
    return future[0].median if math.isnan(last) else last


def _band(
    x: list[int],
    joint: float,
    future: list[Any],
    low: str,
    high: str,
    opacity: float,
    palette: Palette,
) -> Any:
    upper = [joint, *(getattr(a, high) for a in future)]
    lower = [joint, *(getattr(a, low) for a in future)]
    return go.Scatter(
        {
            "name": f"{low} to {high}",
            "x": [*x, *x[::-1]],
            "y": [*upper, *lower[::-1]],
            "mode": "lines",
            "fill": "toself",
            "fillcolor": _see_through(palette.common, opacity),
            "line": {"width": 0},
            "hoverinfo": "skip",
        }
    )


def _see_through(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def _median(x: list[int], joint: float, found: Outlook, palette: Palette) -> Any:
    future = found.ahead
    due = [a.period == found.due_label for a in future]
    return go.Scatter(
        {
            "name": "expected",
            "x": x,
            "y": [joint, *(a.median for a in future)],
            "mode": "lines+markers",
            "line": {"color": palette.common, "width": 2, "dash": "dot"},
            "marker": {
                "size": [0, *(11 if d else 5 for d in due)],
                "color": palette.common,
                "line": {"color": palette.background, "width": 1},
            },
            "hovertext": ["", *(_hover(a, found) for a in future)],
            "hoverinfo": "text",
        }
    )


def _hover(at: Any, found: Outlook) -> str:
    kpi = found.kpi

    def told(low: float, high: float) -> str:
        return f"{words.number(low, kpi.decimals)} to {words.value_text(high, kpi)}"

    return "<br>".join(
        (
            f"<b>{html(words.period_words(at.period))}</b>",
            html(f"expected (median): {words.value_text(at.median, kpi)}"),
            html(f"5 times out of 10: {told(at.low50, at.high50)}"),
            html(f"8 times out of 10: {told(at.low, at.high)}"),
        )
    )


def _history(past: list[tuple[str, float]], view: SeriesView, palette: Palette) -> Any:
    return go.Scatter(
        {
            "name": "value",
            "x": list(range(len(past))),
            "y": [None if math.isnan(v) else v for _, v in past],
            "mode": "lines+markers",
            "line": {"color": palette.common, "width": 1},
            "marker": {"color": palette.common, "size": 6},
            "connectgaps": False,
            "hovertext": [
                f"<b>{html(words.period_words(label))}</b><br>"
                + html("missing" if math.isnan(v) else words.value_text(v, view.kpi))
                for label, v in past
            ],
            "hoverinfo": "text",
        }
    )


def _target(length: int, goal: float, palette: Palette) -> Any:
    return go.Scatter(
        {
            "name": "target",
            "x": [-0.5, length - 0.5],
            "y": [goal, goal],
            "mode": "lines",
            "line": {"color": palette.ink, "width": 1.5, "dash": "dash"},
            "hoverinfo": "skip",
        }
    )


def _axis(past: list[tuple[str, float]], found: Outlook) -> tuple[float, float]:
    drawn = [v for _, v in past if not math.isnan(v)]
    drawn += [v for a in found.ahead for v in (a.low, a.high)]
    drawn += [found.target] if found.target is not None else []
    return axis_span(min(drawn, default=0.0), max(drawn, default=1.0))


def _layout(
    view: SeriesView,
    found: Outlook,
    labels: list[str],
    past: list[tuple[str, float]],
    span: tuple[float, float],
    palette: Palette,
) -> dict[str, Any]:
    low, high = span
    ticks = _ticks(labels)
    unit = view.kpi.unit or view.kpi.title
    note = unit if low == 0 else f"{unit} · axis does not start at zero"
    return {
        **sheet(palette),
        "height": HEIGHT,
        "margin": {"l": 8, "r": 118, "t": 34, "b": 8},
        "xaxis": time_axis(len(labels), ticks, palette),
        "yaxis": value_axis(low, high),
        "annotations": [
            *_labels(found, low, high, palette),
            *_due_label(found, len(past), palette),
            caption(html(note), 22, palette),
        ],
        "shapes": _due(found, len(past), palette),
    }


def _ticks(labels: list[str]) -> list[tuple[int, str]]:
    """The last period and others at an even distance before it."""
    step = next((s for s in (1, 2, 3, 6, 12, 24) if len(labels) / s <= MOST_TICKS), 48)
    kept = range((len(labels) - 1) % step, len(labels), step)
    return [(i, html(short_period(labels[i]))) for i in kept]


def _labels(found: Outlook, low: float, high: float, palette: Palette) -> list[dict[str, Any]]:
    said: list[tuple[float, str, str, bool]] = []
    kpi = found.kpi
    if found.ahead:
        last = found.ahead[-1]
        said.append(
            (last.median, f"expected {words.value_text(last.median, kpi)}", palette.ink, True)
        )
        said.append(
            (last.high, f"9 in 10 below {words.number(last.high, kpi.decimals)}", "", False)
        )
        said.append((last.low, f"9 in 10 above {words.number(last.low, kpi.decimals)}", "", False))
    if found.target is not None:
        said.append((found.target, f"target {words.number(found.target, kpi.decimals)}",
                     palette.ink, False))  # fmt: skip
    heights = spread_labels([at for at, _, _, _ in said], low, high)
    return [
        end_label(f"<b>{html(text)}</b>" if bold else html(text), y, colour or palette.muted)
        for (_, text, colour, bold), y in zip(said, heights, strict=True)
    ]


def _due_place(found: Outlook, before: int) -> int | None:
    ahead = [a.period for a in found.ahead]
    return before + ahead.index(found.due_label) if found.due_label in ahead else None


def _due_label(found: Outlook, before: int, palette: Palette) -> list[dict[str, Any]]:
    """The due date's name at the foot of its line, on the side of the past."""
    place = _due_place(found, before)
    if place is None or found.due is None:
        return []
    return [
        {
            "text": html(f"due {_day(found.due)}"),
            "xref": "x",
            "yref": "paper",
            "x": place,
            "y": 0,
            "xshift": -4,
            "xanchor": "right",
            "yanchor": "bottom",
            "showarrow": False,
            "font": {"size": 12, "color": palette.ink},
        }
    ]


def _due(found: Outlook, before: int, palette: Palette) -> list[dict[str, Any]]:
    """A line at the due period."""
    place = _due_place(found, before)
    if place is None:
        return []
    return [
        {
            "type": "line",
            "xref": "x",
            "yref": "paper",
            "x0": place,
            "x1": place,
            "y0": 0,
            "y1": 1,
            "line": {"color": palette.ink, "width": 1, "dash": "dot"},
            "layer": "below",
        }
    ]


def _day(day: date) -> str:
    return f"{day.day} {words.MONTHS[day.month - 1][:3]} {day.year}"
