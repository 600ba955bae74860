"""Phases and events as a control chart shows them: bands, levels, thin marks with their words."""

from typing import Any, Final

import plotly.graph_objects as go

from kpi.analysis import words
from kpi.analysis.results import SeriesView
from kpi.figures.escape import html
from kpi.figures.flags import Flag, phase_starts, written_at_line
from kpi.figures.theme import Palette

FLAG_LINE: Final = 16
"""Pixels of a row of words above the plot."""

PLOT_HEIGHT: Final = 315
"""Pixels of the plot itself, near enough for the length of a mark."""


def flag_marks(flags: list[Flag], high: float, palette: Palette) -> Any:
    """A small mark on top of each line, which says on hover who noted what and when."""
    return go.Scatter(
        {
            "name": "note",
            "x": [flag.x for flag in flags],
            "y": [high] * len(flags),
            "mode": "markers",
            "marker": {"symbol": "diamond", "size": 7, "color": palette.muted},
            "cliponaxis": False,
            "hovertext": [flag.hover for flag in flags],
            "hoverinfo": "text",
        }
    )


def flag_words(flag: Flag, palette: Palette) -> dict[str, Any]:
    """The words of a mark, in its row above the plot."""
    return {
        "text": html(flag.text),
        "hovertext": flag.hover,
        "x": flag.x,
        "yref": "paper",
        "y": 1,
        "xanchor": "right" if flag.on_left else "left",
        "xshift": -3 if flag.on_left else 3,
        "yanchor": "bottom",
        "yshift": 3 + FLAG_LINE * flag.row,
        "borderpad": 0,
        "showarrow": False,
        "font": {"size": 12, "color": palette.ink},
    }


def flag_line(flag: Flag, palette: Palette) -> dict[str, Any]:
    """The thin line of a mark up to its words: solid where a phase begins, dotted for an event."""
    return {
        "type": "line",
        "xref": "x",
        "yref": "paper",
        "x0": flag.x,
        "x1": flag.x,
        "y0": 0,
        "y1": 1 + (FLAG_LINE * max(flag.row, 0) + FLAG_LINE / 2) / PLOT_HEIGHT,
        "line": {
            "color": palette.limit,
            "width": 1,
            "dash": "solid" if flag.is_phase else "dot",
        },
        "layer": "below",
    }


def phase_levels(view: SeriesView, palette: Palette) -> list[Any]:
    """The usual level of each earlier phase, where its line ends; the last has its label outside."""
    labels = []
    begin = 0
    for start in phase_starts(view):
        level = view.points["center"].astype("float64").iloc[begin:start].dropna()
        begin = start
        if level.empty or not written_at_line(view, start):
            continue
        value = float(level.iloc[-1])
        labels.append(
            {
                "text": html(f"usual {words.number(value, view.kpi.decimals)}"),
                "hovertext": html(
                    "usual level (centre line) until "
                    + words.period_words(str(view.points["period"].iloc[start - 1]))
                ),
                "x": start - 0.5,
                "y": value,
                "xanchor": "left",
                "xshift": 2,
                "yanchor": "middle",
                "showarrow": False,
                "font": {"size": 12, "color": palette.muted},
            }
        )
    return labels


def bands(view: SeriesView, palette: Palette) -> list[Any]:
    """Every second phase as a faint band, so that each border shows; without phases the baseline."""
    starts = phase_starts(view)
    if not starts:
        return _baseline(view, palette)
    ends = [*starts, len(view.points)][1:]
    return [
        _band(start - 0.5, end - 0.5, palette)
        for number, (start, end) in enumerate(zip(starts, ends, strict=True))
        if number % 2 == 0
    ]


def _band(begin: float, end: float, palette: Palette) -> dict[str, Any]:
    return {
        "type": "rect",
        "xref": "x",
        "yref": "paper",
        "x0": begin,
        "x1": end,
        "y0": 0,
        "y1": 1,
        "line": {"width": 0},
        "fillcolor": palette.band,
        "layer": "below",
    }


def _baseline(view: SeriesView, palette: Palette) -> list[Any]:
    if view.chart is None or view.chart.baseline is None:
        return []
    first, last = view.chart.baseline
    if last >= len(view.points) - 1:
        return []
    return [
        {
            **_band(first - 0.5, last + 0.5, palette),
            "label": {
                "text": "baseline",
                "textposition": "top left",
                "font": {"size": 11, "color": palette.muted},
            },
        }
    ]
