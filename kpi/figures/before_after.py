"""Before and after an action as a figure. Nothing is calculated here."""

import math
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from kpi.analysis import effect_words, words
from kpi.analysis.effect_results import EffectVerdict, EffectView
from kpi.analysis.effect_sides import AFTER, BEFORE, EXCLUDED, LEFT_OUT, NEITHER, OUTSIDE
from kpi.figures.control import short_period, spread_labels
from kpi.figures.escape import clean, html
from kpi.figures.marks import Mark, axis_span, marks_of
from kpi.figures.sheet import caption, end_label, sheet, time_axis, value_axis
from kpi.figures.theme import Palette

HEIGHT: Final = 360
"""Pixels; the width is the page's."""

MOST_TICKS: Final = 5
"""Labels along the time axis: what a telephone shows beside the words of the levels."""

LONGEST: Final = 34
"""Characters of an event's words on the figure; the whole stands on hover."""

_ROLE_WORDS: Final = {
    BEFORE: "counts as before",
    AFTER: "counts as after",
    LEFT_OUT: "left out of before: it signals",
    NEITHER: "on neither side: it holds the date or lies in the washout",
    EXCLUDED: "excluded from the chart",
    OUTSIDE: "not compared: another phase, a later event, or not ended",
}


def before_after_figure(view: EffectView, palette: Palette) -> go.Figure:
    """The series with the two levels: solid dots count, hollow ones do not.

    The line of before reaches over the periods before; the band of after spans what the level after
    may be, given the doubt about the difference. What holds the date or settles is shaded.
    """
    marks = marks_of(view.series, palette)
    low, high = axis_span(*_span(view, marks))
    figure = go.Figure()
    figure.add_trace(_line(marks, palette))
    for trace in _levels(view, palette):
        figure.add_trace(trace)
    figure.add_trace(_dots(view, marks, palette))
    figure.update_layout(_layout(view, palette, low, high))
    return figure


def alt_words(view: EffectView) -> str:
    """What a screen reader says of it."""
    told = [effect_words.sentence(view)]
    if view.event:
        told.append(f"Marked: {clean(view.event)}, {words.date_words(view.action.day)}.")
    if view.before.left_out:
        periods = words.listed([words.period_words(p) for p in view.before.left_out])
        told.append(f"Left out of before, and hollow: {periods}.")
    return " ".join(told)


def _span(view: EffectView, marks: list[Mark]) -> tuple[float, float]:
    """Lowest and highest of the points and levels; a band may reach out by a third of it at most."""
    seen = [m.value for m in marks if not math.isnan(m.value)]
    seen += [x for x in (view.before.level, view.after.level, view.expected) if not math.isnan(x)]
    if not seen:
        return 0.0, 1.0
    low, high = min(seen), max(seen)
    reach = (high - low) / 3
    band = [x for x in _band(view) if not math.isnan(x)]
    return (
        max(low - reach, min([low, *band])),
        min(high + reach, max([high, *band])),
    )


def _band(view: EffectView) -> tuple[float, float]:
    return view.expected + view.low, view.expected + view.high


def _line(marks: list[Mark], palette: Palette) -> Any:
    return go.Scatter(
        {
            "name": "line",
            "x": list(range(len(marks))),
            "y": [None if math.isnan(m.value) else m.value for m in marks],
            "mode": "lines",
            "line": {"color": palette.common, "width": 1},
            "connectgaps": False,
            "hoverinfo": "skip",
        }
    )


def _dots(view: EffectView, marks: list[Mark], palette: Palette) -> Any:
    counts = [role in (BEFORE, AFTER) for role in view.roles]
    edges = [_dot_colour(view, role, palette) for role in view.roles]
    return go.Scatter(
        {
            "name": "value",
            "x": list(range(len(marks))),
            "y": [None if math.isnan(m.value) else m.value for m in marks],
            "mode": "markers",
            "marker": {
                "size": 8,
                "color": [
                    edge if counted else palette.background
                    for edge, counted in zip(edges, counts, strict=True)
                ],
                "line": {"color": edges, "width": 1.5},
                "opacity": 1,
            },
            "hovertext": [
                f"{mark.hover}<br>{html(_ROLE_WORDS.get(role, ''))}"
                for mark, role in zip(marks, view.roles, strict=True)
            ],
            "hoverinfo": "text",
        }
    )


def _dot_colour(view: EffectView, role: str, palette: Palette) -> str:
    if role == AFTER:
        return _colour(view, palette)
    return palette.limit if role == OUTSIDE else palette.common


def _colour(view: EffectView, palette: Palette) -> str:
    return {
        EffectVerdict.WORKED: palette.improving,
        EffectVerdict.WORSE: palette.worsening,
        EffectVerdict.CHANGED: palette.changed,
    }.get(view.verdict, palette.common)


def _reach(view: EffectView, role: str) -> tuple[float, float] | None:
    at = [i for i, r in enumerate(view.roles) if r == role]
    return (at[0] - 0.5, at[-1] + 0.5) if at else None


def _levels(view: EffectView, palette: Palette) -> list[Any]:
    found = []
    before, after = _reach(view, BEFORE), _reach(view, AFTER)
    if before:
        found.append(_level("before", before, view.before.level, palette.common, "solid"))
    if after:
        found.append(_level("after", after, view.after.level, _colour(view, palette), "solid"))
    if after and _adjusted(view):
        found.append(_level("without", after, view.expected, palette.common, "dot"))
    return found


def _adjusted(view: EffectView) -> bool:
    return bool(view.effect.trend or view.effect.season)


def _level(name: str, reach: tuple[float, float], level: float, colour: str, dash: str) -> Any:
    return go.Scatter(
        {
            "name": name,
            "x": list(reach),
            "y": [level, level],
            "mode": "lines",
            "line": {"color": colour, "width": 2.5 if dash == "solid" else 2, "dash": dash},
            "hoverinfo": "skip",
        }
    )


def _layout(view: EffectView, palette: Palette, low: float, high: float) -> dict[str, Any]:
    labels = [str(label) for label in view.series.points["period"]]
    places = range((len(labels) - 1) % _every(labels), len(labels), _every(labels))
    ticks = [(place, html(short_period(labels[place]))) for place in places]
    return {
        **sheet(palette),
        "height": HEIGHT,
        "margin": {"l": 8, "r": _room(view), "t": 52, "b": 8},
        "xaxis": time_axis(len(labels), ticks, palette),
        "yaxis": value_axis(low, high),
        "annotations": [
            *_level_labels(view, palette, low, high),
            _axis_label(view, palette, low),
            _event_label(view, palette, labels),
        ],
        "shapes": [
            *_shades(view, palette),
            *_band_shape(view, palette, low, high),
            _mark(view, palette),
        ],
    }


def _room(view: EffectView) -> int:
    """Pixels to the right that the words of the levels take."""
    told = [effect_words.level_text(view, x) for x in (view.before.level, view.after.level)]
    return 62 + 7 * max(len(text) for text in told)


def _every(labels: list[str]) -> int:
    step = max(1, math.ceil(len(labels) / MOST_TICKS))
    return next((s for s in (1, 2, 3, 6, 12, 24) if s >= step), step)


def _level_labels(view: EffectView, palette: Palette, low: float, high: float) -> list[Any]:
    told: list[tuple[float, str, str]] = []
    if not math.isnan(view.after.level) and _reach(view, AFTER):
        text = effect_words.level_text(view, view.after.level, view.before.level)
        told.append((view.after.level, f"<b>after {html(text)}</b>", _colour(view, palette)))
        if _adjusted(view):
            text = effect_words.level_text(view, view.expected, view.after.level)
            told.append((view.expected, f"without {html(text)}", palette.muted))
    if not math.isnan(view.before.level):
        text = effect_words.level_text(view, view.before.level, view.after.level)
        told.append((view.before.level, f"before {html(text)}", palette.ink))
    places = spread_labels([level for level, _, _ in told], low, high)
    return [
        end_label(text, y, colour, 13) for (_, text, colour), y in zip(told, places, strict=True)
    ]


def _axis_label(view: EffectView, palette: Palette, low: float) -> dict[str, Any]:
    said = [view.kpi.unit or view.kpi.title]
    if low != 0.0:
        said.append("axis does not start at zero")
    return caption(html(" · ".join(said)), 44, palette)


def _place(view: EffectView) -> float:
    """The day of the action on the axis of periods."""
    day = view.action.day
    points = view.series.points
    starts = [pd.Timestamp(x).date() for x in points["period_start"]]
    ends = [pd.Timestamp(x).date() for x in points["period_end"]]
    if not starts or day < starts[0]:
        return -0.5
    if day > ends[-1]:
        return len(starts) - 0.5
    at = (
        int(np.searchsorted(np.array(starts, dtype="datetime64[D]"), np.datetime64(day), "right"))
        - 1
    )
    return at - 0.5 + _share(day, starts[at], ends[at])


def _share(day: date, start: date, end: date) -> float:
    return min(1.0, (day - start).days / ((end - start).days + 1))


def _event_label(view: EffectView, palette: Palette, labels: list[str]) -> dict[str, Any]:
    place = _place(view)
    right = place > len(labels) / 2
    text = clean(view.event or "the day", longest=LONGEST)
    return {
        "text": html(f"{text}, {words.date_words(view.action.day)}"),
        "x": place, "yref": "paper", "y": 1, "yshift": 14, "xanchor": "right" if right else "left",
        "xshift": -5 if right else 5,
        "showarrow": False, "font": {"size": 12, "color": palette.ink},
        "hovertext": html(view.event or words.date_words(view.action.day)),
    }  # fmt: skip


def _mark(view: EffectView, palette: Palette) -> dict[str, Any]:
    place = _place(view)
    return {
        "type": "line", "xref": "x", "yref": "paper", "x0": place, "x1": place, "y0": 0, "y1": 1.03,
        "line": {"color": palette.ink, "width": 1.2},
    }  # fmt: skip


def _shades(view: EffectView, palette: Palette) -> list[Any]:
    return [
        {
            "type": "rect", "xref": "x", "yref": "paper", "x0": at - 0.5, "x1": at + 0.5,
            "y0": 0, "y1": 1, "line": {"width": 0}, "fillcolor": palette.rule, "layer": "below",
        }
        for at, role in enumerate(view.roles)
        if role == NEITHER
    ]  # fmt: skip


def _band_shape(view: EffectView, palette: Palette, low: float, high: float) -> list[Any]:
    reach, (bottom, top) = _reach(view, AFTER), _band(view)
    if reach is None or math.isnan(bottom):
        return []
    return [
        {
            "type": "rect", "xref": "x", "yref": "y", "x0": reach[0], "x1": reach[1],
            "y0": max(bottom, low), "y1": min(top, high), "line": {"width": 0},
            "fillcolor": _colour(view, palette), "opacity": 0.14, "layer": "below",
        }
    ]  # fmt: skip
