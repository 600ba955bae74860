"""What every figure of the pages shares: ground, typeface, hover, axes and labels at the lines."""

from collections.abc import Sequence
from typing import Any

from kpi.figures.theme import FONT, Palette


def sheet(palette: Palette) -> dict[str, Any]:
    """The ground a figure stands on: no legend, no dragging, the typeface of the pages."""
    return {
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
        "separators": ".\u202f",
    }


def time_axis(count: int, ticks: Sequence[tuple[int, str]], palette: Palette) -> dict[str, Any]:
    """``count`` periods from left to right; ``ticks`` are places with their (escaped) labels."""
    return {
        "range": [-0.6, count - 0.4],
        "tickvals": [place for place, _ in ticks],
        "ticktext": [text for _, text in ticks],
        "tickangle": 0,
        "showgrid": False,
        "zeroline": False,
        "linecolor": palette.rule,
        "showline": True,
        "fixedrange": True,
        "automargin": True,
    }


def value_axis(low: float, high: float) -> dict[str, Any]:
    """From ``low`` to ``high``, without a grid: what matters is labelled at its line."""
    return {
        "range": [low, high],
        "nticks": 6,
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
        "automargin": True,
        "separatethousands": True,
    }


def caption(text: str, above: int, palette: Palette, **more: Any) -> dict[str, Any]:
    """Small words at the upper left corner, so many pixels above the axes; ``text`` is escaped."""
    return {
        "text": text,
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "y": 1,
        "yshift": above,
        "xanchor": "left",
        "showarrow": False,
        "font": {"size": 12, "color": palette.muted},
        **more,
    }


def end_label(text: str, height: float, colour: str, size: int = 12) -> dict[str, Any]:
    """Words at the right end of a line, at that height of the axis; ``text`` is escaped."""
    return {
        "text": text,
        "xref": "paper",
        "x": 1,
        "xshift": 4,
        "xanchor": "left",
        "y": height,
        "yanchor": "middle",
        "showarrow": False,
        "font": {"size": size, "color": colour},
    }
