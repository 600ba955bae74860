"""Labels of native charts: at the ends of their lines, and along the axis of time."""

import math
from collections.abc import Sequence
from typing import Any, Final

from pptx.enum.chart import XL_TICK_LABEL_POSITION
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.util import Pt

from kpi.analysis import words
from kpi.analysis.results import SeriesView
from kpi.figures.control import spread_labels
from kpi.reports.axes import tick_distance
from kpi.reports.canvas import INK, MUTED, paint
from kpi.reports.native_parts import LARGE, VALUE, Dress, Look, number_format

NO_LEADER_LINES: Final = (
    '<c:extLst><c:ext uri="{CE6537A1-D6FC-4f65-9D91-7224C49458BB}" '
    'xmlns:c15="http://schemas.microsoft.com/office/drawing/2012/chart">'
    '<c15:showLeaderLines val="0"/></c:ext></c:extLst>'
)

FEW: Final = ("Target",)
"""Lines of a small chart that are named at their end, besides the value's."""

CLOSEST: Final = 0.14
"""Share of a small chart's height that two labels need."""


def label_ends(
    chart: Any,
    lines: Sequence[tuple[Look, Any]],
    view: SeriesView,
    goal: float | None,
    span: tuple[float, float],
    dress: Dress = LARGE,
) -> None:
    """A label at the last point of each line, moved up or down where two would cover each other."""
    ends = []
    for series, (look, values) in zip(chart.plots[0].series, lines, strict=False):
        if dress.few and look is not VALUE and look.label not in FEW:
            continue
        present = [i for i, v in enumerate(values) if not math.isnan(v)]
        if present:
            ends.append((series, look, present[-1], float(values.iloc[present[-1]])))
    levels = [value for *_, value in ends]
    spread = spread_labels(levels, *span)
    if dress.few:
        spread = _apart(levels, span)
    for (series, look, index, value), at in zip(ends, spread, strict=True):
        shift = (value - at) / (span[1] - span[0]) * dress.plot.height
        decimals = words.decimals_beside(value, view.kpi.decimals, None if look.label else goal)
        suffix = f"\u00a0{view.kpi.unit}" if look.bold and view.kpi.unit else ""
        end_label(series, index, look, f'{number_format(decimals)}"{suffix}"', shift, dress)


def _apart(levels: Sequence[float], span: tuple[float, float]) -> list[float]:
    """Two labels of a small chart, moved away from each other where they would touch."""
    least = CLOSEST * (span[1] - span[0])
    if len(levels) != 2 or abs(levels[0] - levels[1]) >= least:
        return list(levels)
    lower, upper = sorted(levels)
    push = (least - (upper - lower)) / 2
    return [
        x + (push if x == max(levels) and levels.index(x) == i else -push)
        for i, x in enumerate(levels)
    ]


def end_label(
    series: Any, index: int, look: Look, number_format: str, shift: float, dress: Dress = LARGE
) -> None:
    """The line's name and its last value, kept up to date by PowerPoint itself."""
    scheme = {INK: "tx1", MUTED: "tx2"}.get(look.ink)
    ink = "tx1" if look.bold and look is VALUE else scheme or "tx2"
    if look is not VALUE and look.bold and scheme is None:
        fill = f'<a:srgbClr val="{look.ink.lstrip("#").upper()}"/>'
    else:
        fill = f'<a:schemeClr val="{ink}"/>'
    size = int(100 * (dress.value if look is VALUE else dress.words))
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


def time_axis(chart: Any, period: str, count: int, dress: Dress = LARGE) -> None:
    """Few labels, level, the first and the last period among them."""
    axis = chart.category_axis
    axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    axis.tick_labels.font.size = Pt(dress.words)
    paint(axis.tick_labels.font.color, MUTED)
    element = axis._element
    body = element.find(qn("c:txPr")).find(qn("a:bodyPr"))
    body.set("rot", "0")
    body.set("vert", "horz")
    distance = tick_distance(count) if not dress.few else max(1, (count - 1) // 3)
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
