"""Pareto charts: bars in one colour, the unassigned first in grey, shares as text at the bars."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import plotly.graph_objects as go

from kpi.analysis import words
from kpi.analysis.results import ParetoView
from kpi.figures.escape import html
from kpi.figures.sheet import sheet
from kpi.figures.theme import FONT, Palette

MOST_BARS: Final = 12
"""The rest is said in words under the chart."""

ROW_HEIGHT: Final = 34
LABEL_LENGTH: Final = 22
"""Characters of a label beside its bar; the whole of it is in the hover."""


def pareto_figure(view: ParetoView, palette: Palette) -> go.Figure:
    """Bars from the top: the unassigned, then the largest. Text: amount, share, cumulative share."""
    bars = view.bars.head(MOST_BARS)
    rows = bars.to_dict("records")
    longest = float(bars["amount"].max()) if rows else 1.0
    figure = go.Figure(
        go.Bar(
            {
                "orientation": "h",
                "x": [row["amount"] for row in rows],
                "y": list(range(len(rows))),
                "text": [_at_bar(row) for row in rows],
                "textposition": "outside",
                "textangle": 0,
                "cliponaxis": False,
                "constraintext": "none",
                "textfont": {"color": palette.ink, "size": 13},
                "marker": {
                    "color": [
                        palette.bar_unassigned if row["unassigned"] else palette.bar for row in rows
                    ],
                    "line": {"width": 0},
                },
                "hovertext": [_hover(row, view) for row in rows],
                "hoverinfo": "text",
            }
        )
    )
    figure.update_layout(_layout(rows, longest, palette))
    return figure


def left_out(view: ParetoView) -> str:
    """What the chart leaves to words: how many bars, and their share. Empty where none."""
    rest = len(view.bars) - MOST_BARS
    if rest <= 0:
        return ""
    shown = float(view.bars["cumulative"].iloc[MOST_BARS - 1])
    return f"{rest} more make up the remaining {words.number(100 - shown, 1)} %."


def _at_bar(row: Mapping[Any, Any]) -> str:
    share = f"<b>{words.number(row['share'], 0)}\u00a0%</b>"
    return f"{share}   {html(_amount(row['amount']))}   Σ\u00a0{words.number(row['cumulative'], 0)}\u00a0%"


def _amount(amount: float) -> str:
    return words.number(amount, 0 if abs(amount) >= 100 or amount == round(amount) else 1)


def _hover(row: Mapping[Any, Any], view: ParetoView) -> str:
    code = "" if row["code"] in ("", row["label"]) else f" ({row['code']})"
    return "<br>".join(
        [
            f"<b>{html(row['label'] + code)}</b>",
            html(f"{view.amount_title}: {_amount(row['amount'])}"),
            html(f"{words.number(row['share'], 1)} % of the total"),
            html(f"together with those above: {words.number(row['cumulative'], 1)} %"),
        ]
    )


def _layout(rows: Sequence[Mapping[Any, Any]], longest: float, palette: Palette) -> dict[str, Any]:
    return {
        **sheet(palette),
        "height": 24 + ROW_HEIGHT * max(len(rows), 1),
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "font": {"family": FONT, "size": 13, "color": palette.ink},
        "bargap": 0.3,
        # The text stands to the right of its bar: the axis leaves it half of the width.
        "xaxis": {"visible": False, "range": [0, longest * 2.0], "fixedrange": True},
        "yaxis": {
            "tickvals": list(range(len(rows))),
            "ticktext": [html(row["label"], longest=LABEL_LENGTH) for row in rows],
            "range": [len(rows) - 0.5, -0.5],
            "automargin": True,
            "fixedrange": True,
            "showgrid": False,
            "zeroline": False,
            "ticks": "",
        },
    }
