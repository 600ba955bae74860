"""Native, editable charts: a control chart and a Pareto chart as PowerPoint keeps them."""

import math
from typing import Any, Final

from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_MARKER_STYLE, XL_TICK_LABEL_POSITION
from pptx.enum.dml import MSO_LINE
from pptx.oxml.ns import qn
from pptx.util import Pt

from kpi.analysis.results import ParetoView, SeriesView
from kpi.figures.marks import marks_of
from kpi.figures.theme import LIGHT
from kpi.reports.canvas import CHART, FONT, Box, Slide, colour
from kpi.safe_text import one_line

LINES: Final = (
    ("value", "Value"),
    ("center", "Usual level"),
    ("ucl", "Upper limit"),
    ("lcl", "Lower limit"),
    ("target", "Target"),
)

MOST_BARS: Final = 12


def control_chart(slide: Slide, view: SeriesView, box: Box = CHART) -> None:
    """The series with usual level, limits and target; signals filled in their colour; gaps open."""
    points = view.points
    data = CategoryChartData(number_format=_number_format(view.kpi.decimals))
    data.categories = [str(p) for p in points["period"]]
    shown = [(column, name) for column, name in LINES if points[column].notna().any()]
    for column, name in shown:
        data.add_series(name, [None if math.isnan(v) else float(v) for v in points[column]])
    frame = slide.raw.shapes.add_chart(XL_CHART_TYPE.LINE_MARKERS, *slide.place(box), data)
    frame.name = f"Control chart: {view.kpi.title}"
    _describe(frame, view.headline)
    chart = frame.chart
    _frame(chart, view.kpi.unit, view.kpi.decimals)
    for series, (column, name) in zip(chart.plots[0].series, shown, strict=True):
        _line(series, column)
        _end_label(series, name if column != "value" else None, column, view)
    _dots(chart.plots[0].series[0], view)
    _scale(chart, view)


def _number_format(decimals: int) -> str:
    return "#,##0" if decimals == 0 else "#,##0." + "0" * decimals


def _describe(frame: Any, sentence: str) -> None:
    frame._element.nvGraphicFramePr.cNvPr.set("descr", one_line(sentence))


def _frame(chart: Any, unit: str, decimals: int) -> None:
    chart.has_legend = False
    chart.has_title = False
    chart.font.size, chart.font.name = Pt(11), FONT
    chart.font.color.rgb = colour(LIGHT.muted)
    values, categories = chart.value_axis, chart.category_axis
    values.has_major_gridlines = False
    values.format.line.fill.background()
    values.tick_labels.number_format = _number_format(decimals)
    values.tick_labels.number_format_is_linked = False
    values.has_title = bool(unit)
    if unit:
        values.axis_title.text_frame.text = unit
        run = values.axis_title.text_frame.paragraphs[0].runs[0]
        run.font.size, run.font.bold = Pt(11), False
        run.font.color.rgb = colour(LIGHT.muted)
    categories.format.line.color.rgb = colour(LIGHT.rule)
    categories.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    # A gap stays a gap: PowerPoint would otherwise draw a missing month as zero.
    blanks = chart._chartSpace.chart.find(qn("c:dispBlanksAs"))
    if blanks is not None:
        blanks.set("val", "gap")


def _line(series: Any, column: str) -> None:
    series.smooth = False
    line = series.format.line
    styles = {
        "value": (LIGHT.common, 1.25, None),
        "center": (LIGHT.limit, 1.5, None),
        "ucl": (LIGHT.limit, 1.0, None),
        "lcl": (LIGHT.limit, 1.0, None),
        "target": (LIGHT.ink, 1.5, MSO_LINE.DASH),
    }
    ink, width, dash = styles[column]
    line.color.rgb, line.width = colour(ink), Pt(width)
    if dash is not None:
        line.dash_style = dash
    if column != "value":
        series.marker.style = XL_MARKER_STYLE.NONE


def _end_label(series: Any, name: str | None, column: str, view: SeriesView) -> None:
    """The line's name, or the last value, at its last point: no legend."""
    present = view.points[column].notna().to_numpy().nonzero()[0]
    if not len(present):
        return
    label = series.points[int(present[-1])].data_label
    label.position = XL_LABEL_POSITION.ABOVE if name is None else XL_LABEL_POSITION.RIGHT
    if column == "lcl":
        label.position = XL_LABEL_POSITION.BELOW
    elif column in ("ucl", "target", "center"):
        label.position = XL_LABEL_POSITION.ABOVE
    frame = label.text_frame
    frame.text = name or view.last_value
    run = frame.paragraphs[0].runs[0]
    run.font.size, run.font.bold = Pt(10), name is None
    run.font.color.rgb = colour(LIGHT.ink if column in ("value", "target") else LIGHT.muted)


def _dots(series: Any, view: SeriesView) -> None:
    series.marker.style, series.marker.size = XL_MARKER_STYLE.CIRCLE, 5
    series.marker.format.fill.solid()
    series.marker.format.fill.fore_color.rgb = colour(LIGHT.common)
    series.marker.format.line.color.rgb = colour(LIGHT.common)
    for index, mark in enumerate(marks_of(view, LIGHT)):
        if mark.signal or mark.member:
            marker = series.points[index].marker
            marker.style, marker.size = XL_MARKER_STYLE.CIRCLE, 9 if mark.signal else 7
            marker.format.fill.solid()
            marker.format.fill.fore_color.rgb = colour(mark.colour)
            marker.format.line.color.rgb = colour(mark.colour)


def _scale(chart: Any, view: SeriesView) -> None:
    columns = [column for column, _ in LINES]
    low = float(view.points[columns].min().min())
    high = float(view.points[columns].max().max())
    if not math.isfinite(low + high) or low == high:
        return
    room = 0.12 * (high - low)
    chart.value_axis.minimum_scale = 0.0 if 0 <= low <= 2 * room else low - room
    chart.value_axis.maximum_scale = high + room


def pareto_chart(slide: Slide, view: ParetoView, box: Box = CHART) -> None:
    """Bars in one colour, the unassigned share first in grey; cumulative share as text."""
    bars = view.bars.head(MOST_BARS)
    data = CategoryChartData(number_format="#,##0")
    data.categories = [one_line(str(label)) for label in bars["label"]]
    data.add_series(view.amount_title, [float(a) for a in bars["amount"]])
    frame = slide.raw.shapes.add_chart(XL_CHART_TYPE.BAR_CLUSTERED, *slide.place(box), data)
    frame.name = f"Pareto: {view.kpi.title}"
    _describe(frame, view.title)
    chart = frame.chart
    chart.has_legend, chart.has_title = False, False
    chart.font.size, chart.font.name = Pt(11), FONT
    chart.font.color.rgb = colour(LIGHT.ink)
    chart.plots[0].gap_width = 45
    chart.category_axis.reverse_order = True
    chart.category_axis.format.line.fill.background()
    chart.category_axis.has_major_gridlines = False
    chart.value_axis.visible = False
    chart.value_axis.has_major_gridlines = False
    chart.value_axis.maximum_scale = float(bars["amount"].max()) * 1.35 or 1.0
    chart.value_axis.minimum_scale = 0.0
    series = chart.plots[0].series[0]
    for index, row in enumerate(bars.to_dict("records")):
        point = series.points[index]
        point.format.fill.solid()
        ink = LIGHT.bar_unassigned if row["unassigned"] else LIGHT.bar
        point.format.fill.fore_color.rgb = colour(ink)
        label = point.data_label
        label.position = XL_LABEL_POSITION.OUTSIDE_END
        label.text_frame.text = (
            f"{row['amount']:,.0f}  ({row['share']:.0f} %, together {row['cumulative']:.0f} %)"
        )
        run = label.text_frame.paragraphs[0].runs[0]
        run.font.size = Pt(10)
        run.font.color.rgb = colour(LIGHT.muted)
