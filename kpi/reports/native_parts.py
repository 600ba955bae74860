"""What native charts share: the frame, the axes, lines and dots."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
from pptx.enum.chart import XL_CHART_TYPE, XL_MARKER_STYLE
from pptx.enum.dml import MSO_THEME_COLOR
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.util import Pt

from kpi.figures.control import short_period
from kpi.figures.escape import clean
from kpi.figures.theme import LIGHT
from kpi.reports.axes import decimals_of, round_axis
from kpi.reports.canvas import MUTED, Box, Slide, colour, paint
from kpi.reports.datasheet import DataSheet
from kpi.reports.tables import plain

PLOT: Final = Box(0.07, 0.1, 0.71, 0.79)
"""The plot within its chart; the labels of the lines stand to its right."""

LABEL_SIZE: Final = 11

DASHES: Final = {"dash": "dash", "dots": "sysDot"}


@dataclass(frozen=True, slots=True)
class Look:
    """A line of a chart: its name in the data sheet, its label at the end, and how it is drawn."""

    name: str
    label: str
    ink: str
    width: float
    dash: str = ""
    bold: bool = False


VALUE: Final = Look("Value", "", LIGHT.common, 1.25, bold=True)


@dataclass(frozen=True, slots=True)
class Dress:
    """How large a chart's parts are drawn: points of its words, and where its plot stands.

    ``few``: only the value and the target are written at their lines.
    """

    plot: Box
    words: int
    value: float
    dot: int
    few: bool = False


LARGE: Final = Dress(PLOT, LABEL_SIZE, 13, 5)
SMALL: Final = Dress(Box(0.11, 0.12, 0.62, 0.72), 9, 11, 4, few=True)
"""Of a chart that has the slide to itself, and of several side by side."""


def cells(values: Iterable[float]) -> list[float | None]:
    """Numbers as the chart's data sheet keeps them: nothing at a gap."""
    return [None if math.isnan(v) else float(v) for v in values]


def chart_data(period: str, points: pd.DataFrame, decimals: int) -> Any:
    """Periods as categories, days where they are months, in a data sheet without series."""
    data: Any = DataSheet(  # type: ignore[no-untyped-call]
        number_format=number_format(decimals)
    )
    if period == "month":
        data.categories = [pd.Timestamp(start).date() for start in points["period_start"]]
    else:
        data.categories = [short_period(str(label)) for label in points["period"]]
    return data


def number_format(decimals: int) -> str:
    """How a number with so many decimals is written."""
    return "#,##0" if decimals == 0 else "#,##0." + "0" * decimals


def line_chart(
    slide: Slide, data: Any, box: Box, name: str, says: str, dress: Dress = LARGE
) -> Any:
    """A chart of the data over time, plain, with gaps left open."""
    frame = slide.raw.shapes.add_chart(XL_CHART_TYPE.LINE_MARKERS, *slide.place(box), data)
    frame.name = clean(name)
    frame._element.nvGraphicFramePr.cNvPr.set("descr", clean(says))
    chart = frame.chart
    plain_chart(chart, dress.words)
    place_plot(chart, dress.plot)
    chart.value_axis.format.line.fill.background()
    for series in chart.plots[0].series:
        series.smooth = False
        series.marker.style = XL_MARKER_STYLE.NONE
    # A gap stays a gap: PowerPoint would otherwise draw a missing month as zero.
    blanks = chart._chartSpace.chart.find(qn("c:dispBlanksAs"))
    if blanks is not None:
        blanks.set("val", "gap")
    return chart


def plain_chart(chart: Any, size: int = LABEL_SIZE) -> None:
    """No legend, no title, no grid."""
    chart.has_legend = False
    chart.has_title = False
    chart.font.size = Pt(size)
    paint(chart.font.color, MUTED)
    chart.value_axis.has_major_gridlines = False
    chart.category_axis.has_major_gridlines = False
    chart.category_axis.format.line.color.rgb = colour(LIGHT.rule)


def place_plot(chart: Any, place: Box) -> None:
    """Where the plot stands within its chart."""
    area = chart._chartSpace.chart.plotArea
    old = area.find(qn("c:layout"))
    if old is not None:
        area.remove(old)
    area.insert(
        0,
        parse_xml(
            f'<c:layout {nsdecls("c")}><c:manualLayout><c:layoutTarget val="inner"/>'
            '<c:xMode val="edge"/><c:yMode val="edge"/>'
            f'<c:x val="{place.left}"/><c:y val="{place.top}"/>'
            f'<c:w val="{place.width}"/><c:h val="{place.height}"/></c:manualLayout></c:layout>'
        ),
    )


def write_caption(chart: Any, text: str, size: int = LABEL_SIZE) -> None:
    """What the axis measures, small above the plot: the chart's own title, so that it moves along."""
    chart.has_title = True
    frame = chart.chart_title.text_frame
    frame.text = plain(text)
    run = frame.paragraphs[0].runs[0]
    run.font.size, run.font.bold = Pt(size), False
    paint(run.font.color, MUTED)
    title = chart._chartSpace.chart.find(qn("c:title"))
    for old in title.findall(qn("c:layout")) + title.findall(qn("c:overlay")):
        title.remove(old)
    title.insert(
        1,
        parse_xml(
            f'<c:layout {nsdecls("c")}><c:manualLayout><c:xMode val="edge"/><c:yMode val="edge"/>'
            '<c:x val="0.012"/><c:y val="0.005"/></c:manualLayout></c:layout>'
        ),
    )
    title.insert(2, parse_xml(f'<c:overlay {nsdecls("c")} val="1"/>'))


def axis_of(lines: Sequence[Any], unit: str) -> tuple[float, float, float]:
    """Where the value axis begins and ends, and its step."""
    drawn = [float(v) for values in lines for v in values if not math.isnan(v)]
    top = max(drawn) if any(drawn) else 1.0  # a line of zeros needs an axis all the same
    return round_axis(min(drawn), top, most=100.0 if unit == "%" else math.inf)


def set_scale(chart: Any, lines: Sequence[Any], unit: str) -> tuple[float, float]:
    """A round axis for the lines; returns where it begins and ends."""
    low, high, step = axis_of(lines, unit)
    axis = chart.value_axis
    axis.minimum_scale, axis.maximum_scale, axis.major_unit = low, high, step
    axis.tick_labels.number_format = number_format(decimals_of(step))
    axis.tick_labels.number_format_is_linked = False
    return low, high


def stroke(series: Any, look: Look) -> None:
    """Draw a series as its look says."""
    line = series.format.line
    paint(line.color, look.ink)
    line.width = Pt(look.width)
    if look.dash:
        element = series._element.spPr.find(qn("a:ln"))
        dash = parse_xml(f'<a:prstDash {nsdecls("a")} val="{DASHES[look.dash]}"/>')
        element.find(qn("a:solidFill")).addnext(dash)


def dots(series: Any, ink: str, size: int, *, hollow: bool = False) -> None:
    """A round dot at every point of a series."""
    marker = series.marker
    marker.style, marker.size = XL_MARKER_STYLE.CIRCLE, size
    marker.format.fill.solid()
    for part in (marker.format.fill.fore_color, marker.format.line.color):
        if hollow:
            part.theme_color = MSO_THEME_COLOR.BACKGROUND_1
        else:
            part.rgb = colour(ink)
