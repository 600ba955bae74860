"""Drawing on slides: text, tables and their places. Knows PowerPoint, not KPIs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.util import Emu, Inches, Pt

from kpi.errors import UsageError
from kpi.figures.theme import LIGHT
from kpi.safe_text import one_line

WIDTH: Final = Inches(13.333)
HEIGHT: Final = Inches(7.5)
MARGIN: Final = 0.045
"""Share of the slide's width left free at either side."""

FONT: Final = "Calibri"


@dataclass(frozen=True, slots=True)
class Box:
    """A place on the slide, in shares of its width and height."""

    left: float
    top: float
    width: float
    height: float


TITLE: Final = Box(MARGIN, 0.05, 1 - 2 * MARGIN, 0.15)
CHART: Final = Box(MARGIN - 0.008, 0.225, 0.63, 0.66)
SIDE: Final = Box(0.69, 0.235, 1 - MARGIN - 0.69, 0.65)
BODY: Final = Box(MARGIN, 0.225, 1 - 2 * MARGIN, 0.67)
FOOTER: Final = Box(MARGIN, 0.925, 0.8, 0.05)
PAGE: Final = Box(1 - MARGIN - 0.1, 0.925, 0.1, 0.05)


def colour(text: str) -> RGBColor:
    """``#rrggbb`` as PowerPoint takes it."""
    return RGBColor.from_string(text.lstrip("#").upper())


class Deck:
    """A presentation being drawn, in the company's template or in ours."""

    def __init__(self, template: Path | None) -> None:
        self._own = template is None
        self.presentation = _open(template)
        if self._own:
            self.presentation.slide_width, self.presentation.slide_height = WIDTH, HEIGHT
        self._layout = _layout(self.presentation)
        self.count = 0

    def slide(self, title: str, *, footer: str, notes: str = "") -> "Slide":
        """A new slide with its finding as title, source at the foot, a page number and notes."""
        raw = self.presentation.slides.add_slide(self._layout)
        self.count += 1
        page = Slide(raw, self.presentation.slide_width, self.presentation.slide_height)
        page.title(title, place=self._own)
        page.text(FOOTER, [(footer, 10, LIGHT.muted, False)])
        page.text(PAGE, [(str(self.count), 10, LIGHT.muted, False)], align=PP_ALIGN.RIGHT)
        if notes:
            raw.notes_slide.notes_text_frame.text = _clean(notes)
        return page


def _open(template: Path | None) -> Any:
    if template is None:
        return Presentation()
    try:
        presentation = Presentation(str(template))
    except Exception as problem:
        raise UsageError(
            f"{template.name} cannot be used as a template: it is no PowerPoint file (.pptx). "
            "Save the company's template as .pptx and give that."
        ) from problem
    slides = presentation.slides._sldIdLst
    for entry in list(slides):
        presentation.part.drop_rel(entry.rId)
        slides.remove(entry)
    return presentation


def _layout(presentation: Any) -> Any:
    """The layout with a title and least else; the blank one where none has a title."""
    with_title = [
        layout
        for layout in presentation.slide_layouts
        if any(p.placeholder_format.idx == 0 for p in layout.placeholders)
    ]
    if not with_title:
        return presentation.slide_layouts[len(presentation.slide_layouts) - 1]
    return min(with_title, key=lambda layout: len(layout.placeholders))


class Slide:
    """One slide; places are shares of its size."""

    def __init__(self, raw: Any, width: int, height: int) -> None:
        self.raw = raw
        self._width, self._height = width, height

    def place(self, box: Box) -> tuple[Emu, Emu, Emu, Emu]:
        """Left, top, width, height in the slide's own unit."""
        return (
            Emu(int(box.left * self._width)),
            Emu(int(box.top * self._height)),
            Emu(int(box.width * self._width)),
            Emu(int(box.height * self._height)),
        )

    def title(self, text: str, *, place: bool) -> None:
        """The finding; smaller where it is long, so that it keeps to two lines."""
        shape = self.raw.shapes.title
        if shape is None:
            shape = self.raw.shapes.add_textbox(*self.place(TITLE))
        elif place:
            shape.left, shape.top, shape.width, shape.height = self.place(TITLE)
        frame = shape.text_frame
        frame.word_wrap = True
        frame.vertical_anchor = MSO_ANCHOR.TOP
        paragraph = frame.paragraphs[0]
        paragraph.alignment = PP_ALIGN.LEFT
        run = paragraph.add_run()
        run.text = _clean(text)
        if place:
            _style(run, 26 if len(text) < 110 else 21, LIGHT.ink, bold=True)

    def text(
        self,
        box: Box,
        paragraphs: Sequence[tuple[str, float, str, bool]],
        *,
        align: Any = PP_ALIGN.LEFT,
        space_after: float = 4,
    ) -> None:
        """Paragraphs of (text, points, colour, bold)."""
        shape = self.raw.shapes.add_textbox(*self.place(box))
        frame = shape.text_frame
        frame.word_wrap = True
        frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
        for index, (text, size, ink, bold) in enumerate(paragraphs):
            paragraph = frame.paragraphs[0] if index == 0 else frame.add_paragraph()
            paragraph.alignment = align
            paragraph.space_after = Pt(space_after)
            run = paragraph.add_run()
            run.text = _clean(text)
            _style(run, size, ink, bold=bold)

    def table(
        self,
        box: Box,
        headings: Sequence[str],
        rows: Sequence[Sequence[tuple[str, str, bool]]],
        widths: Sequence[float],
        *,
        size: float = 12,
    ) -> None:
        """A plain table; cells are (text, colour, bold), ``widths`` shares of the box."""
        left, top, width, _ = self.place(box)
        line = int(0.062 * self._height)
        shape = self.raw.shapes.add_table(
            len(rows) + 1, len(headings), left, top, width, Emu(line * (len(rows) + 1))
        )
        table = shape.table
        _plain_style(shape)
        for column, share in zip(table.columns, widths, strict=True):
            column.width = Emu(int(width * share))
        for column, heading in enumerate(headings):
            _cell(table.cell(0, column), heading, size - 1, LIGHT.muted, bold=True)
        for row, cells in enumerate(rows, start=1):
            for column, (text, ink, bold) in enumerate(cells):
                _cell(table.cell(row, column), text, size, ink, bold=bold)


def _plain_style(shape: Any) -> None:
    """No banding and no filled header: hairlines come from the theme's plain table style."""
    properties = shape._element.graphic.graphicData.tbl.tblPr
    properties.set("firstRow", "1")
    properties.set("bandRow", "0")
    style = properties.find("{http://schemas.openxmlformats.org/drawingml/2006/main}tableStyleId")
    if style is not None:
        style.text = "{9D7B030F-B1BA-407E-9E4A-8C8E1E5D4E3F}"


def _cell(cell: Any, text: str, size: float, ink: str, *, bold: bool) -> None:
    cell.margin_left = cell.margin_right = Inches(0.06)
    cell.margin_top = cell.margin_bottom = Inches(0.03)
    cell.vertical_anchor = MSO_ANCHOR.MIDDLE
    cell.fill.background()
    paragraph = cell.text_frame.paragraphs[0]
    run = paragraph.add_run()
    run.text = _clean(text)
    _style(run, size, ink, bold=bold)


def _style(run: Any, size: float, ink: str, *, bold: bool) -> None:
    run.font.size = Pt(size)
    run.font.bold = bold
    run.font.name = FONT
    run.font.color.rgb = colour(ink)


def _clean(text: str) -> str:
    """Text as a slide can hold it: no control characters; line breaks of notes are kept."""
    return "\n".join(one_line(line) for line in text.split("\n"))
