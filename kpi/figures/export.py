"""A figure to take along: PNG, SVG, and the numbers behind it.

Pictures are drawn by a browser of the Chrome family on this machine, driven by kaleido; nothing is
fetched from anywhere. Where there is none, ``missing_renderer`` says which to install. The numbers
need nothing.
"""

import re
import threading
import unicodedata
from importlib.util import find_spec
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from kpi.analysis import words
from kpi.analysis.results import SeriesView
from kpi.errors import KpiError
from kpi.figures.control import TITLE_TOP, control_figure, last_point_words
from kpi.figures.escape import html
from kpi.figures.theme import LIGHT
from kpi.safe_text import csv_text

WIDTH: Final = 1100
"""Pixels of a picture; a PNG has twice as many, for print."""

PNG_SCALE: Final = 2

AIR: Final = 10
"""Pixels around a picture, beyond what a page has anyway."""

SOURCE_LINE: Final = 15
"""Pixels of one more line of what a picture rests on."""

WRAP: Final = 112
"""Characters of a line of the title at this width."""

LONGEST_NAME: Final = 80
"""Characters of a file's name without its ending."""

NOWHERE: Final = "127.0.0.1:9"
"""The proxy given to the browser: what it would ask of other hosts by itself reaches none."""

PATIENCE_SECONDS: Final = 60
"""A picture takes about three."""

_RESERVED: Final = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)$")
"""Names that Windows keeps for devices."""

_ONE_AT_A_TIME: Final = threading.Lock()


class NoRendererError(KpiError):
    """There is nothing on this machine that draws pictures, or it did not answer."""


def renderer() -> str | None:
    """The program that draws pictures here; ``None`` where there is none."""
    try:
        from choreographer.browsers.chromium import Chromium
    except ImportError:
        return None
    return Chromium.find_browser(skip_local=False)


def missing_renderer() -> str:
    """What to install so that pictures can be saved; empty where nothing is missing."""
    if find_spec("kaleido") is None:
        return (
            "PNG and SVG need the Python package kaleido on the machine this runs on: "
            "install it with `pip install -r requirements.txt`."
        )
    if renderer() is None:
        return (
            "PNG and SVG need Google Chrome, Chromium or Microsoft Edge on the machine this runs on. "
            "Install one of them (on Debian or Ubuntu: `apt install chromium`), or name its program "
            "in the environment variable BROWSER_PATH."
        )
    return ""


def picture(figure: go.Figure, kind: str, *, width: int = WIDTH) -> bytes:
    """The figure as ``png`` or ``svg``, as high as its layout says.

    Raises
    ------
    NoRendererError
        The machine lacks a renderer, or it failed; the sentence says what to do.
    """
    if missing := missing_renderer():
        raise NoRendererError(missing)
    import kaleido

    height = int(figure.layout.height or width // 2)
    options = {
        "format": kind, "width": width, "height": height,
        "scale": PNG_SCALE if kind == "png" else 1,
    }  # fmt: skip
    try:
        with _ONE_AT_A_TIME:  # each starts a browser of its own, which is no light matter
            # Without this, kaleido has the browser fetch MathJax from another host.
            drawn: bytes = kaleido.calc_fig_sync(
                figure.to_dict(),
                opts=options,
                kopts={
                    "mathjax": False,
                    "timeout": PATIENCE_SECONDS,
                    "proxy_server": NOWHERE,
                },
            )
    except Exception as problem:  # the browser's own troubles, of which there are many
        raise NoRendererError(
            f"The picture could not be drawn: {renderer()} did not answer as it should. Start it once "
            "by hand to see why, or save the data."
        ) from problem
    return drawn


def chart_picture(view: SeriesView, head: str = "") -> go.Figure:
    """The control chart as it stands alone: its sentence as title, and what it rests on below.

    ``head`` is that of the audit trail when it was drawn.
    """
    said = f"{view.headline} {last_point_words(view)}."
    figure = control_figure(view, LIGHT, title=said, wrap=WRAP)
    figure.update_layout(
        paper_bgcolor=LIGHT.background,
        plot_bgcolor="rgba(0,0,0,0)",
        margin={"l": 24, "r": figure.layout.margin.r + 16, "b": 64},
        height=figure.layout.height + 90,
    )
    told = [source_words(view), *([f"Audit trail {head}"] if head else [])]
    figure.layout.margin.b += SOURCE_LINE * (len(told) - 1)
    figure.layout.height += SOURCE_LINE * (len(told) - 1)
    figure.layout.margin.t += AIR
    figure.layout.title.y = 1 - (AIR + TITLE_TOP) / figure.layout.height
    figure.add_annotation(
        text="<br>".join(html(line, longest=400) for line in told),
        xref="paper", yref="paper", x=0, y=0, yshift=-40, xanchor="left", yanchor="top",
        align="left", showarrow=False, font={"size": 11, "color": LIGHT.muted},
    )  # fmt: skip
    return figure


def source_words(view: SeriesView) -> str:
    """KPI, slice, chart, report date and ledger position, in one line."""
    said = [f"{view.kpi.title}, {view.place}", view.chart_name]
    if view.report_date:
        said.append(f"data up to {words.date_words(view.report_date)}")
    said.append(f"ledger position {view.position}")
    return " · ".join(part for part in said if part)


def chart_data(view: SeriesView) -> pd.DataFrame:
    """One row per period: the two sums, value, state, limits, signals, phase, why it does not count.

    Numbers are unrounded; what is missing is empty.
    """
    points = view.points
    if "since" in points:
        points = points.assign(period_start=points["since"])
    wanted = {
        "period": "period", "period_start": "from", "period_end": "to", "numerator": "numerator",
        "denominator": "denominator", "value": "value", "state": "state", "reason": "reason",
        "center": "usual level", "lcl": "lower limit", "ucl": "upper limit", "target": "target",
        "signals": "signals", "phase": "phase", "excluded": "excluded because",
    }  # fmt: skip
    table = points[[c for c in wanted if c in points]].rename(columns=wanted)
    for column in ("from", "to"):
        table[column] = [f"{pd.Timestamp(day):%Y-%m-%d}" for day in table[column]]
    place = table.columns.get_loc("value")
    assert isinstance(place, int)
    table.insert(place + 1, "unit", view.kpi.unit)
    return table


def chart_csv(view: SeriesView, head: str = "") -> bytes:
    """The data as CSV for a spreadsheet: UTF-8 with its mark, no cell can act as a formula.

    The head of the audit trail, where it is given, stands beside each row.
    """
    table = chart_data(view)
    return csv_text(table.assign(head=head) if head else table).encode("utf-8-sig")


def file_name(title: Any, ending: str) -> str:
    """A name made of a title that every system takes: letters, digits, hyphens.

    >>> file_name("Scrap rate of line 3 / Größe: ../x", "png")
    'scrap-rate-of-line-3-grosse-x.png'
    >>> file_name("…", "csv"), file_name("CON", "svg")
    ('chart.csv', 'chart-con.svg')
    """
    flat = unicodedata.normalize("NFKD", str(title).replace("ß", "ss"))
    plain = re.sub(r"[^a-z0-9]+", "-", flat.encode("ascii", "ignore").decode().lower())
    short = plain.strip("-")[:LONGEST_NAME].strip("-") or "chart"
    return f"chart-{short}.{ending}" if _RESERVED.match(short) else f"{short}.{ending}"


def chart_title(view: SeriesView) -> str:
    """What a saved chart is called: KPI, slice, last period."""
    last = str(view.points["period"].iloc[-1]) if len(view.points) else ""
    return f"{view.kpi.title} {view.slice_words} {last}".strip()
