"""The icons of the two verdicts as native shapes: round with an arrow, and a target."""

from typing import Final

from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls

from kpi.figures.theme import LIGHT, colour_of
from kpi.model import Assurance, Direction, Variation
from kpi.reports.canvas import Slide

GRID: Final = 220
"""Units of the drawing across; the icons of the pages are drawn on 22."""

STROKE: Final = 15875
"""An icon's line, in EMU."""

SIZE: Final = 0.19
"""Inches."""

_ARROWS: Final = {
    "up": ((70, 150), (150, 70)),
    "down": ((70, 70), (150, 150)),
}


def variation_mark(
    slide: Slide, variation: Variation, direction: Direction, place: tuple[int, int]
) -> None:
    """A circle with an arrow the way the values went; a level dash for common cause."""
    _icon(slide, f"Variation: {variation.value}", colour_of(variation, LIGHT), place,
          _circle(92) + _arrow(variation, direction))  # fmt: skip


def assurance_mark(slide: Slide, assurance: Assurance, place: tuple[int, int]) -> None:
    """A target: hit in the middle, missed beside it, or in between."""
    ink = {
        Assurance.WILL_MEET: LIGHT.improving,
        Assurance.WILL_MISS: LIGHT.worsening,
    }.get(assurance, LIGHT.common)
    hit = {
        Assurance.WILL_MEET: _dot(110, 110),
        Assurance.WILL_MISS: _dot(188, 32),
        Assurance.MAY_OR_MAY_NOT: _dot(110, 110, radius=14),
    }.get(assurance, "")
    _icon(slide, f"Target: {assurance.value}", ink, place, _circle(92) + _circle(52) + hit)


def _icon(slide: Slide, name: str, ink: str, place: tuple[int, int], paths: str) -> None:
    """One shape of several lines, so that it moves and takes another colour as a whole."""
    left, middle = place
    size = int(SIZE * 914400)
    fill = f'<a:solidFill><a:srgbClr val="{ink.lstrip("#").upper()}"/></a:solidFill>'
    tree = slide.raw.shapes._spTree
    number = max((int(x) for x in tree.xpath(".//p:cNvPr/@id")), default=1) + 1
    tree.append(
        parse_xml(
            f'<p:sp {nsdecls("p", "a")}><p:nvSpPr><p:cNvPr id="{number}" name="{name}" descr="{name}"/>'
            "<p:cNvSpPr/><p:nvPr/></p:nvSpPr>"
            f'<p:spPr><a:xfrm><a:off x="{left}" y="{middle - size // 2}"/>'
            f'<a:ext cx="{size}" cy="{size}"/></a:xfrm>'
            "<a:custGeom><a:avLst/><a:gdLst/><a:ahLst/><a:cxnLst/>"
            '<a:rect l="0" t="0" r="r" b="b"/>'
            f"<a:pathLst>{paths}</a:pathLst></a:custGeom>{fill}"
            f'<a:ln w="{STROKE}" cap="rnd">{fill}<a:round/></a:ln></p:spPr></p:sp>'
        )
    )


def _path(content: str, *, filled: bool = False) -> str:
    fill = "" if filled else ' fill="none"'
    return f'<a:path w="{GRID}" h="{GRID}"{fill}>{content}</a:path>'


def _move(x: int, y: int) -> str:
    return f'<a:moveTo><a:pt x="{x}" y="{y}"/></a:moveTo>'


def _line(x: int, y: int) -> str:
    return f'<a:lnTo><a:pt x="{x}" y="{y}"/></a:lnTo>'


def _circle(radius: int) -> str:
    return _path(_ring(110, 110, radius))


def _ring(x: int, y: int, radius: int) -> str:
    turn = f'<a:arcTo wR="{radius}" hR="{radius}" stAng="10800000" swAng="21600000"/>'
    return f"{_move(x - radius, y)}{turn}<a:close/>"


def _dot(x: int, y: int, radius: int = 22) -> str:
    return _path(_ring(x, y, radius), filled=True)


def _arrow(variation: Variation, direction: Direction) -> str:
    upwards = (variation is Variation.IMPROVING) is (direction is Direction.HIGHER)
    if variation in (Variation.IMPROVING, Variation.WORSENING):
        (x0, y0), (x1, y1) = _ARROWS["up" if upwards else "down"]
        back = 56 if upwards else -56
        return _path(
            _move(x0, y0) + _line(x1, y1)
            + _move(x1 - 56, y1) + _line(x1, y1) + _line(x1, y1 + back)
        )  # fmt: skip
    if variation is Variation.CHANGED:
        return _path(
            _move(110, 60) + _line(110, 160)
            + _move(80, 90) + _line(110, 60) + _line(140, 90)
            + _move(80, 130) + _line(110, 160) + _line(140, 130)
        )  # fmt: skip
    if variation is Variation.TOO_FEW:
        return "".join(_dot(x, 110, radius=8) for x in (70, 110, 150))
    return _path(_move(66, 110) + _line(154, 110))
