"""A change as a waterfall: from, the parts that made it, to. Nothing is calculated but positions."""

import math
from dataclasses import dataclass
from textwrap import wrap
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from kpi.analysis import words
from kpi.analysis.why import WhyView
from kpi.analysis.why_parts import WhyStep
from kpi.figures.escape import html
from kpi.figures.export import WIDTH, WRAP
from kpi.figures.sheet import sheet
from kpi.figures.theme import FONT, LIGHT, Palette

ROW_HEIGHT: Final = 44
BAR: Final = 0.62
"""Height of a bar, as a share of its row."""

LABEL_LENGTH: Final = 20
"""Characters of a label beside its bar; the whole of it is in the hover."""

TITLE_LINE: Final = 21
"""Pixels of a line of the title."""

_ROOM: Final = 0.42
"""Free width to the right of the bars for their text, as a share of what they span."""

_STEPS_LEAST: Final = 0.25
"""The axis begins at zero where the steps then still take up this share of it."""

_GAP: Final = "\u00a0\u00a0"
"""Between the end of a bar and its number."""


@dataclass(frozen=True, slots=True)
class _Row:
    label: str
    says: str
    low: float
    high: float
    end: float  # where the next row begins
    text: str
    colour: str
    hover: str


def waterfall_figure(view: WhyView, palette: Palette) -> go.Figure:
    """Bars from the top: the value before, a step for each effect, the value after.

    A step begins where the one above it ends; worsening is orange, improving blue, what has no
    direction grey. Numbers stand at the bars; the axis says so where it does not begin at zero.
    """
    rows = _rows(view, palette)
    low, high = _span(rows)
    figure = go.Figure(_bars(rows, low, palette))
    figure.add_trace(_texts(rows, palette))
    figure.update_layout(_layout(view, rows, low, high, palette))
    return figure


def waterfall_picture(view: WhyView) -> go.Figure:
    """The waterfall as it stands alone: the whole answer as title, what it rests on below."""
    figure = waterfall_figure(view, LIGHT)
    lines = [html(line) for line in wrap(view.sentence, WRAP)]
    below = [f"{view.kpi.title}, {words.slice_words(view.slice)}, by {view.by}"]
    below += [f"data up to {view.report_date}"] if view.report_date else []
    below += [starts_at(view, LIGHT)]
    top = 40 + TITLE_LINE * len(lines)
    height = figure.layout.height + top + 48
    figure.update_layout(
        paper_bgcolor=LIGHT.background,
        margin={"l": 24, "r": 24, "t": top, "b": 48},
        height=height,
        title={
            "text": "<br>".join(lines), "x": 24 / WIDTH, "xref": "container", "xanchor": "left",
            "y": 1 - 28 / height, "yref": "container", "yanchor": "top",
            "font": {"size": 15, "color": LIGHT.ink},
        },
    )  # fmt: skip
    figure.add_annotation(
        text=html(" · ".join(filter(None, below)), longest=400),
        xref="paper", yref="paper", x=0, y=0, yshift=-36, xanchor="left", yanchor="bottom",
        showarrow=False, font={"size": 11, "color": LIGHT.muted},
    )  # fmt: skip
    return figure


def parts_data(view: WhyView) -> pd.DataFrame:
    """Every part as a row, what cannot be assigned last; unrounded, missing is empty."""
    rows = [
        (p.label, p.code, p.kind.value, p.total, p.rate_effect, p.mix_effect, p.rate_from,
         p.rate_to, p.share_from, p.share_to)
        for p in view.parts
    ]  # fmt: skip
    if view.remainder:
        rows.append(("", "", "cannot be assigned", view.remainder, *(math.nan,) * 6))
    columns = [
        view.by, "code", "kind", "part", "rate effect", "mix effect", "value before",
        "value after", "share before", "share after",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns).assign(unit=view.kpi.unit)


def alt_text(view: WhyView) -> str:
    """What a screen reader says in place of the figure: every bar in its order."""
    steps = "; ".join(f"{s.label}{f' ({s.says})' if s.says else ''} {s.text}" for s in view.steps)
    before, after = _value(view, view.before.value), _value(view, view.after.value)
    return (
        f"Waterfall. {view.before.words}: {before}. {steps or 'No part changed'}. "
        f"{view.after.words}: {after}."
    )


def starts_at(view: WhyView, palette: Palette) -> str:
    """The remark that the axis does not begin at zero; empty where it does."""
    low, _ = _span(_rows(view, palette))
    return f"The axis begins at {_value(view, low)}." if low else ""


def _value(view: WhyView, value: float) -> str:
    return words.value_text(value, view.kpi)


def _rows(view: WhyView, palette: Palette) -> list[_Row]:
    rows = [_level(view, view.before.words, view.before.value, palette)]
    at = view.before.value
    for step in view.steps:
        rows.append(_step(step, at, palette))
        at += step.size
    return [*rows, _level(view, view.after.words, view.after.value, palette)]


def _level(view: WhyView, label: str, value: float, palette: Palette) -> _Row:
    text = _value(view, value)
    low, high = min(value, 0.0), max(value, 0.0)
    first, _, last = label.partition(" to ")  # a span of months is long: two lines
    says = f"to {last}" if last else ""
    return _Row(first, says, low, high, value, text, palette.common, f"{label}: {text}")


def _step(step: WhyStep, at: float, palette: Palette) -> _Row:
    colour = {
        True: palette.improving, False: palette.worsening, None: palette.bar_unassigned,
    }[step.favourable]  # fmt: skip
    end = at + step.size
    return _Row(
        step.label, step.says, min(at, end), max(at, end), end, step.text, colour, step.hover
    )


def _span(rows: list[_Row]) -> tuple[float, float]:
    """The axis: from zero where that leaves the steps readable, else from below the lowest level."""
    ends = [end for row in rows[1:-1] for end in (row.low, row.high)]
    ends += [rows[0].end, rows[-1].end]
    least, most = min(ends), max(ends)
    if least <= 0 or most - least >= _STEPS_LEAST * most:
        return min(least, 0.0), max(most, 0.0)
    return least - (most - least or abs(most) or 1.0) * 0.5, most


def _bars(rows: list[_Row], low: float, palette: Palette) -> Any:
    starts = [max(row.low, low) for row in rows]
    return go.Bar(
        {
            "orientation": "h",
            "base": starts,
            "x": [max(row.high - start, 0.0) for row, start in zip(rows, starts, strict=True)],
            "y": list(range(len(rows))),
            "width": BAR,
            "marker": {"color": [row.colour for row in rows], "line": {"width": 0}},
            "hovertext": ["<br>".join(html(x) for x in row.hover.split("\n")) for row in rows],
            "hoverinfo": "text",
        }
    )


def _texts(rows: list[_Row], palette: Palette) -> Any:
    """The numbers, to the right of their bars."""
    ends = (0, len(rows) - 1)
    return go.Scatter(
        {
            "x": [row.high for row in rows],
            "y": list(range(len(rows))),
            "mode": "text",
            "text": [
                f"{_GAP}<b>{html(row.text)}</b>" if i in ends else f"{_GAP}{html(row.text)}"
                for i, row in enumerate(rows)
            ],
            "textposition": "middle right",
            "textfont": {"color": palette.ink, "size": 13},
            "cliponaxis": False,
            "hoverinfo": "skip",
        }
    )


def _links(rows: list[_Row], palette: Palette) -> list[dict[str, Any]]:
    """Hairlines from the end of each bar to the beginning of the next."""
    return [
        {
            "type": "line", "x0": row.end, "x1": row.end,
            "y0": i + BAR / 2, "y1": i + 1 - BAR / 2,
            "line": {"color": palette.limit, "width": 1}, "layer": "below",
        }
        for i, row in enumerate(rows[:-1])
    ]  # fmt: skip


def _tick(row: _Row) -> str:
    label = html(row.label, longest=LABEL_LENGTH)
    return f"{label}<br><span style='font-size:11px'>{html(row.says)}</span>" if row.says else label


def _layout(
    view: WhyView, rows: list[_Row], low: float, high: float, palette: Palette
) -> dict[str, Any]:
    width = high - low or 1.0
    return {
        **sheet(palette),
        "height": 16 + ROW_HEIGHT * len(rows),
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "font": {"family": FONT, "size": 13, "color": palette.ink},
        "shapes": _links(rows, palette),
        "xaxis": {
            "visible": False, "range": [low, high + width * _ROOM], "fixedrange": True,
        },
        "yaxis": {
            "tickvals": list(range(len(rows))),
            "ticktext": [_tick(row) for row in rows],
            "range": [len(rows) - 0.5, -0.5],
            "automargin": True,
            "fixedrange": True,
            "showgrid": False,
            "zeroline": False,
            "ticks": "outside",
            "ticklen": 6,
            "tickcolor": "rgba(0,0,0,0)",
        },
    }  # fmt: skip
