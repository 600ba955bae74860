"""Native charts beside the tables of a workbook, in the colours of the pages."""

import math
from typing import Any, Final

import pandas as pd
from openpyxl.chart import BarChart, LineChart, Reference
from openpyxl.chart.marker import DataPoint, Marker
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.text import CharacterProperties, Paragraph, ParagraphProperties
from openpyxl.utils import get_column_letter

from kpi.analysis.results import SeriesView
from kpi.figures.marks import marks_of
from kpi.figures.theme import LIGHT
from kpi.reports.axes import round_axis, tick_distance

EMU_PER_POINT: Final = 12_700
WIDTH, HEIGHT = 24.0, 10.0
"""Of a chart, in centimetres."""

LINES: Final = (
    ("value", LIGHT.common, 1.25, ""),
    ("center", LIGHT.limit, 1.5, ""),
    ("lcl", LIGHT.limit, 1.0, ""),
    ("ucl", LIGHT.limit, 1.0, ""),
    ("target", LIGHT.ink, 1.5, "dash"),
)
"""Lines of a control chart in the order of their columns: colour, points, dash."""

MOST_BARS: Final = 12


def lines_beside(sheet: Any, view: SeriesView, head: int, rows: int, *, after: int) -> None:
    """The control chart of a series, to the right of its table: value, usual level, limits, target."""
    chart = LineChart()
    _plain(chart, view.kpi.unit or None)
    drawn = []
    for column, (name, ink, width, dash) in enumerate(LINES, start=2):
        values = view.points[name]
        if not values.notna().any():
            continue
        chart.add_data(
            Reference(sheet, min_col=column, min_row=head, max_row=head + rows),
            titles_from_data=True,
        )
        line = chart.series[-1]
        line.graphicalProperties = GraphicalProperties(ln=_stroke(ink, width, dash))
        line.smooth = False
        line.marker.symbol = "circle" if name == "value" else "none"
        if name == "value":
            line.marker.size = 5
            line.marker.graphicalProperties = GraphicalProperties(solidFill=ink.lstrip("#"))
            line.marker.graphicalProperties.line.solidFill = ink.lstrip("#")
            line.dPt = _signals(view)
        drawn += [float(v) for v in values if pd.notna(v)]
    chart.set_categories(Reference(sheet, min_col=1, min_row=head + 1, max_row=head + rows))
    chart.display_blanks = "gap"
    most = 100.0 if view.kpi.unit == "%" else float("inf")
    if drawn:
        low, high, step = round_axis(min(drawn), max(*drawn, 1e-9), most=most)
        chart.y_axis.scaling.min, chart.y_axis.scaling.max = low, high
        chart.y_axis.majorUnit = step
    chart.x_axis.tickLblSkip = tick_distance(rows)
    _place(sheet, chart, head, after)


def _signals(view: SeriesView) -> list[DataPoint]:
    """The dots that signal, and smaller those of their runs, in the colours of pages and deck."""
    points = []
    for place, mark in enumerate(marks_of(view, LIGHT)):
        if (mark.signal or mark.member) and not mark.excluded and not math.isnan(mark.value):
            ink = mark.colour.lstrip("#")
            dot = Marker("circle", size=8 if mark.signal else 6)
            dot.graphicalProperties = GraphicalProperties(solidFill=ink)
            dot.graphicalProperties.line.solidFill = ink
            # A point has its own stroke: without this one the line to it would be drawn in another.
            stroke = GraphicalProperties(ln=_stroke(LIGHT.common, LINES[0][2], ""))
            points.append(DataPoint(idx=place, marker=dot, spPr=stroke))
    return points


def bars_beside(sheet: Any, title: str, head: int, rows: int, *, after: int) -> None:
    """The Pareto chart of a table's second column: bars in one colour, the largest on top."""
    chart = BarChart()
    chart.type = "bar"
    _plain(chart, title)
    last = head + min(rows, MOST_BARS)
    chart.add_data(Reference(sheet, min_col=2, min_row=head, max_row=last), titles_from_data=True)
    chart.set_categories(Reference(sheet, min_col=1, min_row=head + 1, max_row=last))
    chart.series[0].graphicalProperties = GraphicalProperties(solidFill=LIGHT.bar.lstrip("#"))
    chart.x_axis.scaling.orientation = "maxMin"
    chart.gapWidth = 45
    _place(sheet, chart, head, after)


def _plain(chart: Any, title: str | None) -> None:
    chart.width, chart.height = WIDTH, HEIGHT
    chart.legend.position = "b"
    chart.y_axis.title = title
    chart.y_axis.majorGridlines = None
    for axis in (chart.x_axis, chart.y_axis):
        axis.delete = False
        axis.txPr = _small()


def _small() -> Any:
    ink = CharacterProperties(sz=900, solidFill=LIGHT.muted.lstrip("#"))
    return RichText(p=[Paragraph(pPr=ParagraphProperties(defRPr=ink), endParaRPr=ink)])


def _stroke(ink: str, width: float, dash: str) -> Any:
    line = LineProperties(w=int(width * EMU_PER_POINT), solidFill=ink.lstrip("#"))
    if dash:
        line.prstDash = dash
    return line


def _place(sheet: Any, chart: Any, head: int, after: int) -> None:
    sheet.add_chart(chart, f"{get_column_letter(after + 2)}{head}")
