"""Drawing on slides: text, tables and their places. Knows PowerPoint, not KPIs."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any, Final

from pptx.dml.color import RGBColor
from pptx.enum.dml import MSO_THEME_COLOR
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls
from pptx.util import Emu, Pt

from kpi.figures.theme import LIGHT
from kpi.reports.fitting import LINE, largest_size, line_count, shortened
from kpi.reports.tables import Cell, plain, table_xml
from kpi.reports.template import (
    content_layout,
    cover_layout,
    open_presentation,
    title_of,
    title_points,
)

INK: Final = LIGHT.ink
MUTED: Final = LIGHT.muted

MARGIN: Final = 0.045
"""Share of the slide's width left free at either side."""

TITLE_TOP, TITLE_HEIGHT = 0.05, 0.15
CONTENT_TOP, CONTENT_BOTTOM, FOOTER_HEIGHT = 0.225, 0.9, 0.045
"""Shares of the slide's height."""

COVER_TOP: Final = 0.3

COVER_SIZES: Final = (36.0, 32.0, 28.0)

LARGEST_TITLE: Final = 30.0
"""Points, in a template whose own titles are larger: so that all findings stand alike."""

AIR: Final = 1.15
"""How much wider than ours the typeface of a template is taken to run; it is not known."""

TITLE_SIZES: Final = (26.0, 24.0, 22.0, 20.0, 18.0, 16.0)
TITLE_LINES: Final = 2


@dataclass(frozen=True, slots=True)
class Box:
    """A place in the slide's content area, in shares of its width and height."""

    left: float
    top: float
    width: float
    height: float


CHART: Final = Box(-0.01, 0, 0.675, 1)
SIDE: Final = Box(0.7, 0.02, 0.3, 0.96)
BODY: Final = Box(0, 0, 1, 1)


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph: text, size in points, colour, weight."""

    text: str
    size: float
    ink: str = INK
    bold: bool = False


@dataclass(frozen=True, slots=True)
class _Area:
    """A rectangle in EMU."""

    left: int
    top: int
    width: int
    height: int


class Deck:
    """A presentation being drawn, in the company's template or in ours."""

    def __init__(self, template: Path | None) -> None:
        self._own = template is None
        self.presentation = open_presentation(template)
        self.count = 0

    def slide(
        self, title: str, *, footer: str, notes: str = "", subtitle: str | None = None
    ) -> "Slide":
        """A new slide with its finding as title, source at the foot, a page number and notes.

        With a ``subtitle`` it is the first slide, in the template's own layout for that.
        """
        cover = subtitle is not None and not self._own
        layout = (cover_layout if cover else content_layout)(self.presentation)
        raw = self.presentation.slides.add_slide(layout)
        self.count += 1
        page = Slide(raw, layout, self.presentation, own=self._own, cover=subtitle is not None)
        page.title(title)
        left_over = page.fill_subtitle(subtitle or "")
        page.foot(left_over or footer)
        if notes:
            raw.notes_slide.notes_text_frame.text = plain(notes)
        return page


class Slide:
    """One slide; places are shares of its content area, between title and footer."""

    def __init__(self, raw: Any, layout: Any, presentation: Any, *, own: bool, cover: bool) -> None:
        self.raw = raw
        self._layout, self._own, self._cover = layout, own, cover
        self._air = 1.0 if own else AIR
        self._width, self._height = presentation.slide_width, presentation.slide_height
        self._title = self._title_area()
        self._area = self._content_area()

    def _title_area(self) -> _Area:
        holder = None if self._own else title_of(self._layout)
        if holder is not None and holder.width:
            return _Area(holder.left, holder.top, holder.width, holder.height)
        margin = int(MARGIN * self._width)
        top = COVER_TOP if self._cover else TITLE_TOP
        return _Area(
            margin, int(top * self._height),
            self._width - 2 * margin, int(TITLE_HEIGHT * self._height),
        )  # fmt: skip

    def _content_area(self) -> _Area:
        title = self._title
        top = int((CONTENT_TOP - TITLE_TOP) * self._height) + title.top
        below = title.top + title.height + int(0.015 * self._height)
        if not self._own and below < 0.45 * self._height:
            top = below
        bottom = int(CONTENT_BOTTOM * self._height)
        if not self._own:
            feet = [
                p.top
                for p in self._layout.placeholders
                if p.placeholder_format.type in (13, 15, 16) and p.top > 0.5 * self._height
            ]
            bottom = min([*feet, self._height]) - int(FOOTER_HEIGHT * self._height)
        return _Area(title.left, top, title.width, bottom - top)

    def place(self, box: Box) -> tuple[Emu, Emu, Emu, Emu]:
        """Left, top, width, height in the slide's own unit."""
        area = self._area
        return (
            Emu(area.left + int(box.left * area.width)),
            Emu(area.top + int(box.top * area.height)),
            Emu(int(box.width * area.width)),
            Emu(int(box.height * area.height)),
        )

    def points(self, box: Box) -> tuple[float, float]:
        """Width and height of a place in points."""
        _, _, width, height = self.place(box)
        return width.pt, height.pt

    def title(self, text: str) -> None:
        """The finding, on two lines at most: smaller where it is long, cut where nothing helps."""
        text = plain(text)
        shape = self.raw.shapes.title
        area = self._title
        own_place = self._own or shape is None
        if shape is None:
            shape = self.raw.shapes.add_textbox(area.left, area.top, area.width, area.height)
        elif self._own:
            shape.left, shape.top = Emu(area.left), Emu(area.top)
            shape.width, shape.height = Emu(area.width), Emu(area.height)
        sizes: tuple[float, ...] = (*COVER_SIZES, *TITLE_SIZES) if self._cover else TITLE_SIZES
        if not self._own:
            usual = title_points(self._layout)
            cap = min(usual, LARGEST_TITLE)
            sizes = (cap, *(s for s in TITLE_SIZES if s < cap))
        width = (Emu(area.width).pt - 16) / self._air
        size = largest_size(text, width, sizes, TITLE_LINES, bold=True)
        text = shortened(text, width, size, TITLE_LINES, bold=True)
        frame = shape.text_frame
        frame.word_wrap = True
        if own_place:
            frame.margin_left = frame.margin_right = 0
            frame.vertical_anchor = MSO_ANCHOR.TOP
            frame.paragraphs[0].alignment = PP_ALIGN.LEFT
        run = frame.paragraphs[0].add_run()
        run.text = text
        if own_place:
            style(run, size, INK, bold=True)
        elif size != title_points(self._layout):
            run.font.size = Pt(size)

    def fill_subtitle(self, text: str) -> str:
        """Fill the layout's subtitle with two lines; returns what is left over for the foot.

        Placeholders left empty are taken off the slide.
        """
        left_over = ""
        for holder in list(self.raw.placeholders):
            index = holder.placeholder_format.idx
            if index == 0:
                continue
            if index == 1 and text and not self._own:
                lines = text.split("\n")
                holder.text_frame.text = plain("\n".join(lines[:2]))
                text, left_over = "", " ".join(lines[2:])
            else:
                holder._element.getparent().remove(holder._element)
        if text:
            first, *others = text.split("\n")
            paragraphs = [Line(first, 20), *(Line(other, 15, MUTED) for other in others)]
            self.text(BODY, paragraphs, space_after=9)
        return left_over

    def foot(self, text: str) -> None:
        """Source and period at the foot, and the page number."""
        height = int(FOOTER_HEIGHT * self._height)
        area = self._area
        top = area.top + area.height + (int(0.02 * self._height) if self._own else 0)
        number = self._number()
        wide = area.width if number else int(area.width * 0.92)
        shape = self.raw.shapes.add_textbox(area.left, top, wide, height)
        shape.name = "Source"
        fitting = shortened(plain(text), Emu(wide).pt / self._air, 10, 1)
        _fill(shape.text_frame, [Line(fitting, 10, MUTED)], PP_ALIGN.LEFT, 0)
        if not number:
            left = area.left + int(area.width * 0.92)
            box = self.raw.shapes.add_textbox(left, top, area.left + area.width - left, height)
            box.name = "Page number"
            _fill(box.text_frame, [], PP_ALIGN.RIGHT, 0)
            _page_field(box.text_frame.paragraphs[0])

    def _number(self) -> bool:
        """Take over the template's own page number; whether it has one."""
        if self._own:
            return False
        for holder in self._layout.placeholders:
            if holder.placeholder_format.type == 13:
                self.raw.shapes._spTree.append(copy.deepcopy(holder._element))
                return True
        return False

    def text(
        self, box: Box, lines: Sequence[Line], *, align: Any = PP_ALIGN.LEFT, space_after: float = 4
    ) -> None:
        """Paragraphs, made smaller together where they would not fit."""
        width, height = self.points(box)
        lines = _fitted(lines, width / self._air, height, space_after)
        shape = self.raw.shapes.add_textbox(*self.place(box))
        _fill(shape.text_frame, lines, align, space_after)

    def table(
        self, box: Box, headings: Sequence[str], rows: Sequence[Sequence[Cell]],
        widths: Sequence[float], numbers: Sequence[int] = (),
    ) -> list[tuple[int, int]]:  # fmt: skip
        """A table with hairlines under its rows; ``widths`` are shares of the box.

        Text becomes smaller where the rows would not fit, and is cut at three lines. ``numbers`` are
        the columns set to the right. Returns top and height of each row, in the slide's own unit.
        """
        left, top, width, height = self.place(box)
        drawn = table_xml(headings, rows, [width * s for s in widths], height, self._air, numbers)
        frame = self.raw.shapes.add_table(1, 1, left, top, width, Emu(sum(drawn.heights)))
        data = frame._element.graphic.graphicData
        data.replace(data.tbl, drawn.element)
        ends = list(accumulate(drawn.heights, initial=int(top)))
        return list(zip(ends[1:-1], drawn.heights[1:], strict=True))


def _fitted(
    lines: Sequence[Line], width: float, height: float, space_after: float
) -> Sequence[Line]:
    while True:
        needed = sum(
            line_count(plain(x.text), width, x.size, bold=x.bold) * x.size * LINE + space_after
            for x in lines
        )
        if needed <= height or all(x.size <= 9 for x in lines):
            return lines
        lines = [Line(x.text, max(9, x.size - 1), x.ink, x.bold) for x in lines]


def _fill(frame: Any, lines: Sequence[Line], align: Any, space_after: float) -> None:
    frame.word_wrap = True
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    frame.paragraphs[0].alignment = align
    for index, line in enumerate(lines):
        paragraph = frame.paragraphs[0] if index == 0 else frame.add_paragraph()
        paragraph.alignment = align
        paragraph.space_after = Pt(space_after)
        run = paragraph.add_run()
        run.text = plain(line.text)
        style(run, line.size, line.ink, bold=line.bold)


def _page_field(paragraph: Any) -> None:
    field = parse_xml(
        f'<a:fld {nsdecls("a")} id="{{B6F15528-21DE-4FAA-801E-634DDDAF4B2B}}" type="slidenum">'
        '<a:rPr lang="en-GB" sz="1000"><a:solidFill><a:schemeClr val="tx2"/></a:solidFill></a:rPr>'
        "<a:t>‹#›</a:t></a:fld>"
    )
    paragraph._p.append(field)


def style(run: Any, size: float, ink: str, *, bold: bool) -> None:
    """Size, weight and colour of a run; the typeface is the theme's."""
    run.font.size = Pt(size)
    run.font.bold = bold
    paint(run.font.color, ink)


def paint(colour_format: Any, ink: str) -> None:
    """Ink and muted ink are the theme's text colours, so that a template's own hold; others as given."""
    themed = {INK: MSO_THEME_COLOR.TEXT_1, MUTED: MSO_THEME_COLOR.TEXT_2}.get(ink)
    if themed is not None:
        colour_format.theme_color = themed
    else:
        colour_format.rgb = colour(ink)


def colour(text: str) -> RGBColor:
    """``#rrggbb`` as PowerPoint takes it."""
    return RGBColor(*bytes.fromhex(text.lstrip("#")))  # type: ignore[no-untyped-call]
