"""Phases and events on a native chart: a thin line down to the axis, its words above the data."""

from collections.abc import Sequence
from typing import Any, Final

from pptx.enum.chart import XL_LABEL_POSITION, XL_MARKER_STYLE
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.util import Pt

from kpi.figures.flags import Flag
from kpi.figures.theme import LIGHT
from kpi.reports.canvas import INK, MUTED, colour, paint

ROW: Final = 0.06
"""Share of the plot's height that a row of words takes."""

TEXT_SIZE: Final = 11

HAIRLINE: Final = 9525
"""Three quarters of a point, in EMU."""


def lengthened(flags: Sequence[Flag], low: float, high: float) -> float:
    """Where the axis ends so that the words stand above the data: ``high`` where there are none."""
    share = ROW * _rows(flags)
    return (high - low * share) / (1 - share)


def flag_level(flag: Flag, flags: Sequence[Flag], high: float, top: float) -> float:
    """Where the words of a flag stand on the axis, between the data and its end."""
    return high + (flag.row + 0.5) / max(_rows(flags), 1) * (top - high)


def _rows(flags: Sequence[Flag]) -> int:
    return 1 + max((flag.row for flag in flags), default=-1)


def flag_cells(flag: Flag, count: int, level: float) -> list[float | None]:
    """The mark as a series of its own: one number, at its period (a phase: the first of it)."""
    at = _place(flag, count)
    return [level if i == at else None for i in range(count)]


def _place(flag: Flag, count: int) -> int:
    return min(max(round(flag.x + (0.5 if flag.is_phase else 0.0)), 0), count - 1)


def draw_flag(series: Any, flag: Flag, count: int, size: int = TEXT_SIZE) -> None:
    """Words beside the mark, and a line from it down to the axis."""
    series.format.line.fill.background()
    marker = series.marker
    marker.style, marker.size = XL_MARKER_STYLE.DIAMOND, 5
    marker.format.fill.solid()
    marker.format.fill.fore_color.rgb = colour(LIGHT.common)
    marker.format.line.color.rgb = colour(LIGHT.common)
    label = series.points[_place(flag, count)].data_label
    frame = label.text_frame
    frame.word_wrap = False
    frame.text = flag.text
    run = frame.paragraphs[0].runs[0]
    run.font.size, run.font.bold = Pt(size), False
    paint(run.font.color, INK if flag.is_phase else MUTED)
    label.position = XL_LABEL_POSITION.LEFT if flag.on_left else XL_LABEL_POSITION.RIGHT
    _line_down(series, dotted=not flag.is_phase)


def _line_down(series: Any, *, dotted: bool) -> None:
    ink = LIGHT.limit.lstrip("#").upper()
    dash = '<a:prstDash val="sysDot"/>' if dotted else ""
    bars = parse_xml(
        f'<c:errBars {nsdecls("c", "a")}><c:errDir val="y"/><c:errBarType val="minus"/>'
        '<c:errValType val="percentage"/><c:noEndCap val="1"/><c:val val="100"/>'
        f'<c:spPr><a:ln w="{HAIRLINE}"><a:solidFill><a:srgbClr val="{ink}"/></a:solidFill>{dash}'
        "</a:ln></c:spPr></c:errBars>"
    )
    element = series._element
    anchor = next(c for c in element if c.tag in (qn("c:cat"), qn("c:val")))
    anchor.addprevious(bars)
