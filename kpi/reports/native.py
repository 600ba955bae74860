"""Native, editable charts: control chart, lines side by side, Pareto chart, as PowerPoint keeps them."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import pandas as pd
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE, XL_MARKER_STYLE, XL_TICK_LABEL_POSITION
from pptx.enum.dml import MSO_THEME_COLOR
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.util import Pt

from kpi.analysis import words
from kpi.analysis.results import ParetoView, SeriesView
from kpi.analysis.sentences import loss_words
from kpi.figures.control import axis_words, short_period, spread_labels
from kpi.figures.escape import clean
from kpi.figures.flags import flags_of, phase_starts, written_at_line
from kpi.figures.marks import marks_of
from kpi.figures.theme import LIGHT
from kpi.reports.axes import decimals_of, round_axis, tick_distance
from kpi.reports.canvas import CHART, INK, MUTED, Box, Slide, colour, paint, plain
from kpi.reports.fitting import line_count
from kpi.reports.native_flags import draw_flag, flag_cells, flag_level, lengthened
from kpi.safe_text import neutral_cell

PLOT: Final = Box(0.07, 0.1, 0.71, 0.79)
"""The plot within its chart; the labels of the lines stand to its right."""

LABEL_SIZE: Final = 11
MOST_BARS: Final = 10
LABEL_LENGTH: Final = 30
"""Characters of a bar's name; the notes have the whole of it."""

NO_LEADER_LINES: Final = (
    '<c:extLst><c:ext uri="{CE6537A1-D6FC-4f65-9D91-7224C49458BB}" '
    'xmlns:c15="http://schemas.microsoft.com/office/drawing/2012/chart">'
    '<c15:showLeaderLines val="0"/></c:ext></c:extLst>'
)

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


LEVELS: Final = (
    ("ucl", Look("Upper limit", "Limit", LIGHT.limit, 1.0)),
    ("lcl", Look("Lower limit", "Limit", LIGHT.limit, 1.0)),
    ("center", Look("Usual level", "Usual", LIGHT.limit, 1.5)),
    ("target", Look("Target", "Target", INK, 1.5, "dash")),
)

EARLIER_LEVEL: Final = "Usual level until"

VALUE: Final = Look("Value", "", LIGHT.common, 1.25, bold=True)

THREE_DATES: Final = {
    "otd_request": Look("Requested date", "Requested", INK, 2.25, bold=True),
    "otd_first_promise": Look("First promise", "First promise", LIGHT.bar, 2.25, bold=True),
    "otd_promise": Look("Promise now", "Promise now", LIGHT.common, 1.75, "dash", bold=True),
}
"""How on-time delivery by three due dates is drawn: told apart by dash and label, not colour alone."""


def control_chart(slide: Slide, view: SeriesView, box: Box = CHART) -> None:
    """The series with usual level, limits and target; signals filled in their colour; gaps open.

    Signals, and the other points of a run, are series of their own, so that their colour survives
    in every program that opens the deck.
    """
    points = view.points
    lines = [(VALUE, points["value"]), *level_lines(view)]
    earlier = earlier_lines(view)
    marks = _mark_series(view)
    flags = [flag for flag in flags_of(view) if flag.row >= 0]
    data = _chart_data(view.period, points, view.kpi.decimals)
    for look, values in (*lines, *earlier):
        data.add_series(look.name, _cells(values))
    for mark in marks:
        data.add_series(mark.name, _cells(mark.values))
    low, high, _ = _span([v for _, v in (*lines, *earlier)], view.kpi.unit)
    top = lengthened(flags, low, high)
    for flag in flags:
        data.add_series(
            neutral_cell(flag.text),
            flag_cells(flag, len(points), flag_level(flag, flags, high, top)),
        )
    chart = _line_chart(slide, data, box, f"Control chart: {view.kpi.title}", view.headline)
    _scale(chart, [v for _, v in (*lines, *earlier)], view.kpi.unit)
    chart.value_axis.maximum_scale = top
    caption = " · ".join(x for x in (axis_words(view, low), view.chart_name) if x)
    room = 0.85 * slide.points(box)[0]
    fits = line_count(caption, room, LABEL_SIZE) == 1
    _caption(chart, caption if fits else axis_words(view, low))
    goal = view.target.value if view.target else None
    _label_ends(chart, lines, view, goal, (low, top))
    drawn = iter(chart.plots[0].series)
    first = next(drawn)
    _line(first, VALUE)
    _dots(first, LIGHT.common, 5)
    for (look, values), series in zip((*lines[1:], *earlier), drawn, strict=False):
        _line(series, look)
        if look.name.startswith(EARLIER_LEVEL):
            _end_of_phase(series, values, view)
    for mark, series in zip(marks, _last(chart, len(marks), len(flags)), strict=True):
        series.format.line.fill.background()
        _dots(series, mark.ink, mark.size, hollow=mark.hollow)
    for flag, series in zip(flags, _last(chart, len(flags), 0), strict=True):
        draw_flag(series, flag, len(points))
    _time_axis(chart, view.period, len(points))


def lines_chart(
    slide: Slide, views: Sequence[SeriesView], looks: Mapping[str, Look], title: str,
    box: Box = CHART,
) -> None:  # fmt: skip
    """Several series of one unit side by side, each labelled at its end."""
    kpi = views[0].kpi
    spans = [view.points.set_index("period") for view in views]
    periods = sorted(set().union(*(span.index for span in spans)))
    starts = pd.concat([span["period_start"] for span in spans])
    points = pd.DataFrame({"period": periods})
    points["period_start"] = [starts[~starts.index.duplicated()][p] for p in periods]
    lines = [
        (looks[view.kpi.id], span["value"].reindex(periods).reset_index(drop=True))
        for view, span in zip(views, spans, strict=True)
    ]
    data = _chart_data(views[0].period, points, kpi.decimals)
    for look, values in lines:
        data.add_series(look.name, _cells(values))
    chart = _line_chart(slide, data, box, title, title)
    low, high = _scale(chart, [values for _, values in lines], kpi.unit)
    _caption(chart, kpi.unit + (" · axis does not start at zero" if low else ""))
    _label_ends(chart, lines, views[0], None, (low, high))
    for series, (look, _) in zip(chart.plots[0].series, lines, strict=True):
        _line(series, look)
    _time_axis(chart, views[0].period, len(points))


def level_lines(view: SeriesView) -> list[tuple[Look, pd.Series]]:
    """Usual level and limits of the current phase, and the target over all time."""
    points = view.points
    start = ([0, *phase_starts(view)])[-1]
    current = pd.Series(range(len(points)), index=points.index) >= start
    lines = [
        (look, points[column] if column == "target" else points[column].where(current))
        for column, look in LEVELS
    ]
    return [(look, values) for look, values in lines if values.notna().any()]


def earlier_lines(view: SeriesView) -> list[tuple[Look, pd.Series]]:
    """Usual level and limits of each earlier phase: lines of their own, so that they end with it."""
    points, place = view.points, pd.Series(range(len(view.points)), index=view.points.index)
    found, begin = [], 0
    for start in phase_starts(view):
        until = short_period(str(points["period"].iloc[start - 1]))
        for column, look in LEVELS[:-1]:
            values = points[column].where((place >= begin) & (place < start))
            if values.notna().any():
                found.append((replace(look, name=f"{look.name} until {until}", label=""), values))
        begin = start
    return found


def _last(chart: Any, count: int, after: int) -> list[Any]:
    """So many series of the chart, before the last ``after``."""
    every = list(chart.plots[0].series)
    return every[len(every) - count - after : len(every) - after]


def _end_of_phase(series: Any, values: pd.Series, view: SeriesView) -> None:
    """An earlier phase's usual level, small where its line ends."""
    index = max(i for i, v in enumerate(values) if not math.isnan(v))
    start = min(s for s in phase_starts(view) if s > index)
    if not written_at_line(view, start):  # the mark of the next phase tells it
        return
    look = Look("", "", MUTED, 1.0)
    _end_label(series, index, look, _number_format(view.kpi.decimals), 0.0)


def _cells(values: Iterable[float]) -> list[float | None]:
    """Numbers as the chart's data sheet keeps them: nothing at a gap."""
    return [None if math.isnan(v) else float(v) for v in values]


@dataclass(frozen=True, slots=True)
class _Marks:
    name: str
    ink: str
    size: int
    values: list[float]
    hollow: bool = False


_MARK_NAMES: Final = {
    LIGHT.improving: "Signal: improving",
    LIGHT.worsening: "Signal: worsening",
    LIGHT.changed: "Signal",
    LIGHT.improving_soft: "Run: improving",
    LIGHT.worsening_soft: "Run: worsening",
}


def _mark_series(view: SeriesView) -> list[_Marks]:
    """The points that signal, and those of their runs, a series per colour."""
    found: dict[tuple[str, bool], list[float]] = {}
    marks = marks_of(view, LIGHT)
    apart = [math.nan] * len(marks)
    for index, mark in enumerate(marks):
        if mark.excluded:
            apart[index] = mark.value
        elif (mark.signal or mark.member) and not math.isnan(mark.value):
            values = found.setdefault((mark.colour, mark.signal), [math.nan] * len(marks))
            values[index] = mark.value
    # Not one marker with an outline: some programs draw none around it.
    hollow = [
        _Marks("Does not count", LIGHT.common, 9, apart),
        _Marks("Does not count, inside", LIGHT.common, 6, apart, hollow=True),
    ]
    return [
        _Marks(
            _MARK_NAMES.get(ink, "Signal" if signal else "Run"), ink, 10 if signal else 7, values
        )
        for (ink, signal), values in sorted(found.items(), key=lambda item: item[0][1])
    ] + (hollow if any(mark.excluded for mark in marks) else [])


def _chart_data(period: str, points: pd.DataFrame, decimals: int) -> Any:
    data: Any = CategoryChartData(  # type: ignore[no-untyped-call]
        number_format=_number_format(decimals)
    )
    if period == "month":
        data.categories = [pd.Timestamp(start).date() for start in points["period_start"]]
    else:
        data.categories = [short_period(str(label)) for label in points["period"]]
    return data


def _number_format(decimals: int) -> str:
    return "#,##0" if decimals == 0 else "#,##0." + "0" * decimals


def _line_chart(slide: Slide, data: Any, box: Box, name: str, says: str) -> Any:
    frame = slide.raw.shapes.add_chart(XL_CHART_TYPE.LINE_MARKERS, *slide.place(box), data)
    frame.name = clean(name)
    frame._element.nvGraphicFramePr.cNvPr.set("descr", clean(says))
    chart = frame.chart
    _plain_chart(chart)
    _place_plot(chart, PLOT)
    chart.value_axis.format.line.fill.background()
    for series in chart.plots[0].series:
        series.smooth = False
        series.marker.style = XL_MARKER_STYLE.NONE
    # A gap stays a gap: PowerPoint would otherwise draw a missing month as zero.
    blanks = chart._chartSpace.chart.find(qn("c:dispBlanksAs"))
    if blanks is not None:
        blanks.set("val", "gap")
    return chart


def _plain_chart(chart: Any) -> None:
    chart.has_legend = False
    chart.has_title = False
    chart.font.size = Pt(LABEL_SIZE)
    paint(chart.font.color, MUTED)
    chart.value_axis.has_major_gridlines = False
    chart.category_axis.has_major_gridlines = False
    chart.category_axis.format.line.color.rgb = colour(LIGHT.rule)


def _place_plot(chart: Any, place: Box) -> None:
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


def _caption(chart: Any, text: str) -> None:
    """What the axis measures, small above the plot: the chart's own title, so that it moves along."""
    chart.has_title = True
    frame = chart.chart_title.text_frame
    frame.text = plain(text)
    run = frame.paragraphs[0].runs[0]
    run.font.size, run.font.bold = Pt(LABEL_SIZE), False
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


def _span(lines: Sequence[Any], unit: str) -> tuple[float, float, float]:
    """Where the value axis begins and ends, and its step."""
    drawn = [float(v) for values in lines for v in values if not math.isnan(v)]
    top = max(drawn) if any(drawn) else 1.0  # a line of zeros needs an axis all the same
    return round_axis(min(drawn), top, most=100.0 if unit == "%" else math.inf)


def _scale(chart: Any, lines: Sequence[Any], unit: str) -> tuple[float, float]:
    low, high, step = _span(lines, unit)
    axis = chart.value_axis
    axis.minimum_scale, axis.maximum_scale, axis.major_unit = low, high, step
    axis.tick_labels.number_format = _number_format(decimals_of(step))
    axis.tick_labels.number_format_is_linked = False
    return low, high


def _line(series: Any, look: Look) -> None:
    line = series.format.line
    paint(line.color, look.ink)
    line.width = Pt(look.width)
    if look.dash:
        element = series._element.spPr.find(qn("a:ln"))
        dash = parse_xml(f'<a:prstDash {nsdecls("a")} val="{DASHES[look.dash]}"/>')
        element.find(qn("a:solidFill")).addnext(dash)


def _dots(series: Any, ink: str, size: int, *, hollow: bool = False) -> None:
    marker = series.marker
    marker.style, marker.size = XL_MARKER_STYLE.CIRCLE, size
    marker.format.fill.solid()
    for part in (marker.format.fill.fore_color, marker.format.line.color):
        if hollow:
            part.theme_color = MSO_THEME_COLOR.BACKGROUND_1
        else:
            part.rgb = colour(ink)


def _label_ends(
    chart: Any,
    lines: Sequence[tuple[Look, Any]],
    view: SeriesView,
    goal: float | None,
    span: tuple[float, float],
) -> None:
    """A label at the last point of each line, moved up or down where two would cover each other."""
    ends = []
    for series, (look, values) in zip(chart.plots[0].series, lines, strict=False):
        present = [i for i, v in enumerate(values) if not math.isnan(v)]
        if present:
            ends.append((series, look, present[-1], float(values.iloc[present[-1]])))
    levels = [value for *_, value in ends]
    spread = spread_labels(levels, *span)
    for (series, look, index, value), at in zip(ends, spread, strict=True):
        shift = (value - at) / (span[1] - span[0]) * PLOT.height
        decimals = words.decimals_beside(value, view.kpi.decimals, None if look.label else goal)
        suffix = f"\u00a0{view.kpi.unit}" if look.bold and view.kpi.unit else ""
        _end_label(series, index, look, f'{_number_format(decimals)}"{suffix}"', shift)


def _end_label(series: Any, index: int, look: Look, number_format: str, shift: float) -> None:
    """The line's name and its last value, kept up to date by PowerPoint itself."""
    scheme = {INK: "tx1", MUTED: "tx2"}.get(look.ink)
    ink = "tx1" if look.bold and look is VALUE else scheme or "tx2"
    if look is not VALUE and look.bold and scheme is None:
        fill = f'<a:srgbClr val="{look.ink.lstrip("#").upper()}"/>'
    else:
        fill = f'<a:schemeClr val="{ink}"/>'
    size = 1300 if look is VALUE else LABEL_SIZE * 100
    aside = 0.008 if look is VALUE else 0.0  # clear of the larger dot of a signal
    moved = (
        f'<c:layout><c:manualLayout><c:x val="{aside}"/><c:y val="{shift:.5f}"/>'
        "</c:manualLayout></c:layout>"
        if abs(shift) > 0.002 or aside
        else ""
    )
    escaped = number_format.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    switches = (
        '<c:showLegendKey val="0"/><c:showVal val="{v}"/><c:showCatName val="0"/>'
        '<c:showSerName val="{s}"/><c:showPercent val="0"/><c:showBubbleSize val="0"/>'
    )
    named = 1 if look.label else 0
    labels = parse_xml(
        f'<c:dLbls {nsdecls("c", "a")}><c:dLbl><c:idx val="{index}"/>{moved}'
        f'<c:numFmt formatCode="{escaped}" sourceLinked="0"/><c:spPr><a:noFill/></c:spPr>'
        '<c:txPr><a:bodyPr wrap="none"/><a:lstStyle/><a:p><a:pPr>'
        f'<a:defRPr sz="{size}" b="{int(look.bold)}"><a:solidFill>{fill}</a:solidFill></a:defRPr>'
        '</a:pPr><a:endParaRPr lang="en-GB"/></a:p></c:txPr><c:dLblPos val="r"/>'
        f"{switches.format(v=1, s=named)}<c:separator> </c:separator></c:dLbl>"
        f"{switches.format(v=0, s=0)}{NO_LEADER_LINES}</c:dLbls>"
    )
    element = series._element
    anchor = next(c for c in element if c.tag in (qn("c:cat"), qn("c:val")))
    anchor.addprevious(labels)


def _time_axis(chart: Any, period: str, count: int) -> None:
    """Few labels, level, the first and the last period among them."""
    axis = chart.category_axis
    axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    axis.tick_labels.font.size = Pt(LABEL_SIZE)
    paint(axis.tick_labels.font.color, MUTED)
    element = axis._element
    body = element.find(qn("c:txPr")).find(qn("a:bodyPr"))
    body.set("rot", "0")
    body.set("vert", "horz")
    distance = tick_distance(count)
    if period == "month":
        axis.tick_labels.number_format = "mmm yy"
        axis.tick_labels.number_format_is_linked = False
        _units(element, distance)
        return
    skip = parse_xml(f'<c:tickLblSkip {nsdecls("c")} val="{distance}"/>')
    before = element.find(qn("c:noMultiLvlLbl"))
    if before is None:
        element.append(skip)
    else:
        before.addprevious(skip)


def _units(axis: Any, distance: int) -> None:
    """Base and tick distance of a date axis, in months, where the schema wants them."""
    for name in ("baseTimeUnit", "majorUnit", "majorTimeUnit"):
        for old in axis.findall(qn(f"c:{name}")):
            axis.remove(old)
    texts = (("baseTimeUnit", "months"), ("majorUnit", str(distance)), ("majorTimeUnit", "months"))
    for name, value in texts:
        axis.append(parse_xml(f'<c:{name} {nsdecls("c")} val="{value}"/>'))


def pareto_chart(slide: Slide, view: ParetoView, box: Box = CHART) -> None:
    """Bars in one colour, the unassigned first in grey; share, amount and cumulative share as text."""
    bars = view.bars.head(MOST_BARS)
    data: Any = CategoryChartData(number_format="#,##0.##")  # type: ignore[no-untyped-call]
    # The chart's data sheet is a workbook, in which a name must not act as a formula.
    data.categories = [clean(neutral_cell(clean(x)), longest=LABEL_LENGTH) for x in bars["label"]]
    data.add_series(clean(view.amount_title), [float(a) for a in bars["amount"]])
    frame = slide.raw.shapes.add_chart(XL_CHART_TYPE.BAR_CLUSTERED, *slide.place(box), data)
    frame.name = clean(f"Pareto: {view.kpi.title}")
    frame._element.nvGraphicFramePr.cNvPr.set("descr", clean(view.title))
    chart = frame.chart
    _plain_chart(chart)
    longest = max(len(clean(label, longest=LABEL_LENGTH)) for label in bars["label"])
    left = min(0.4, 0.02 + 0.0115 * longest)
    _place_plot(chart, Box(left, 0.09, 0.98 - left, 0.89))
    _caption(chart, f"{loss_title(view)}: share, amount, cumulative share (Σ)")
    paint(chart.category_axis.tick_labels.font.color, INK)
    chart.category_axis.tick_labels.font.size = Pt(12)
    chart.category_axis.reverse_order = True
    chart.category_axis.format.line.fill.background()
    chart.plots[0].gap_width = 45
    axis = chart.value_axis
    axis.visible = False
    axis.minimum_scale = min(0.0, float(bars["amount"].min()))
    axis.maximum_scale = float(bars["amount"].max()) * 1.6
    _bars(chart.plots[0].series[0], bars)


def _bars(series: Any, bars: pd.DataFrame) -> None:
    for index, row in enumerate(bars.to_dict("records")):
        point = series.points[index]
        point.format.fill.solid()
        ink = LIGHT.bar_unassigned if row["unassigned"] else LIGHT.bar
        point.format.fill.fore_color.rgb = colour(ink)
        frame = point.data_label.text_frame
        frame.word_wrap = False
        frame.text = f"{words.number(row['share'], 0)}\u00a0%"
        frame.paragraphs[0].runs[0].font.bold = True
        beside = frame.paragraphs[0].add_run()
        cumulative = words.number(row["cumulative"], 0)
        beside.text = f"   {amount_text(row['amount'])}   Σ\u00a0{cumulative}\u00a0%"
        for run in frame.paragraphs[0].runs:
            run.font.size = Pt(12)
            paint(run.font.color, INK)


def loss_title(view: ParetoView) -> str:
    """What the bars share out, with its unit: ``Late order lines``, ``Scrapped quantity, pc``."""
    what = loss_words(view.kpi).removeprefix("the ")
    _, comma, unit = view.amount_title.rpartition(", ")
    return what[:1].upper() + what[1:] + (f", {unit}" if comma else "")


def amount_text(amount: float) -> str:
    r"""An amount beside its bar.

    >>> amount_text(1234.5), amount_text(12.34), amount_text(3.0)
    ('1\u202f234', '12.3', '3')
    """
    return words.number(amount, 0 if abs(amount) >= 100 or amount == round(amount) else 1)
