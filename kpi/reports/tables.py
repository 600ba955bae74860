"""Tables on slides, as XML of our own: a cell at a time through the library takes seconds a deck."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from xml.sax.saxutils import escape

from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls
from pptx.util import Emu, Pt

from kpi.figures.theme import LIGHT
from kpi.reports.fitting import LINE, line_count, shortened, text_width
from kpi.safe_text import one_line

NO_GRID_STYLE: Final = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"
"""The built-in table style "No Style, No Grid": the hairlines are ours."""

HAIRLINE: Final = 6350
"""Half a point, in EMU."""

CELL_SIZES: Final = (14.0, 13.0, 12.0, 11.0, 10.0, 9.0)
CELL_PADDING: Final = 5.0
"""Points left and right of a cell's text."""

CELL_LINES: Final = 3

ROW_AIR: Final = 9.0
"""Points that a row is taller than its text."""

LONGEST_WORD: Final = 14
"""Characters of a word that a table's type is made small enough for."""


SIDE_PADDING, TOP_PADDING = 63500, 38100
"""Of a cell's text, in EMU."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Text in a table."""

    text: str
    ink: str = LIGHT.ink
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Drawn:
    """A table ready to be put on a slide, with the heights of its heading and rows in EMU."""

    element: Any
    heights: list[int]


def table_xml(
    headings: Sequence[str], rows: Sequence[Sequence[Cell]], widths: Sequence[float],
    height: float, air: float, numbers: Sequence[int],
) -> Drawn:  # fmt: skip
    """The table, as large as its rows need and as small as ``height`` asks; lengths in EMU."""
    wide = [(Emu(int(w)).pt - 2 * CELL_PADDING) / air for w in widths]
    head = [Cell(heading, LIGHT.muted, True) for heading in headings]
    size, tall = _cell_size(head, rows, wide, Emu(int(height)).pt)
    heights = [int(Pt(h)) for h in (_row_height(head, wide, size - 1), *tall)]
    lines = [_row(head, wide, size - 1, heights[0], numbers)]
    lines += [_row(row, wide, size, h, numbers) for row, h in zip(rows, heights[1:], strict=True)]
    columns = "".join(f'<a:gridCol w="{int(w)}"/>' for w in widths)
    return Drawn(
        parse_xml(
            f'<a:tbl {nsdecls("a")}><a:tblPr firstRow="1" bandRow="0">'
            f"<a:tableStyleId>{NO_GRID_STYLE}</a:tableStyleId></a:tblPr>"
            f"<a:tblGrid>{columns}</a:tblGrid>{''.join(lines)}</a:tbl>"
        ),
        heights,
    )


def _row(
    cells: Sequence[Cell], widths: Sequence[float], size: float, height: int,
    numbers: Sequence[int],
) -> str:  # fmt: skip
    told = "".join(
        _told(cell, width, size, right=at in numbers)
        for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return f'<a:tr h="{height}">{told}</a:tr>'


def _told(cell: Cell, width: float, size: float, *, right: bool) -> str:
    text = escape(shortened(plain(cell.text), width, size, CELL_LINES, bold=cell.bold))
    look = f'lang="en-GB" sz="{int(size * 100)}" b="{int(cell.bold)}"'
    ink = f"<a:solidFill>{fill(cell.ink)}</a:solidFill>"
    align = '<a:pPr algn="r"/>' if right else ""
    run = f"<a:r><a:rPr {look}>{ink}</a:rPr><a:t>{text}</a:t></a:r>" if text else ""
    return (
        f"<a:tc><a:txBody><a:bodyPr/><a:lstStyle/><a:p>{align}{run}"
        f"<a:endParaRPr {look}/></a:p></a:txBody>{_EDGES}</a:tc>"
    )


def fill(ink: str) -> str:
    """Ink and muted ink are the theme's text colours, so that a template's own hold; others as given."""
    themed = {LIGHT.ink: "tx1", LIGHT.muted: "tx2"}.get(ink)
    if themed is not None:
        return f'<a:schemeClr val="{themed}"/>'
    return f'<a:srgbClr val="{ink.lstrip("#").upper()}"/>'


_EDGES: Final = (
    f'<a:tcPr marL="{SIDE_PADDING}" marR="{SIDE_PADDING}" marT="{TOP_PADDING}" '
    f'marB="{TOP_PADDING}" anchor="ctr">'
    + "".join(f'<a:{side} w="0"><a:noFill/></a:{side}>' for side in ("lnL", "lnR", "lnT"))
    + f'<a:lnB w="{HAIRLINE}"><a:solidFill>{fill(LIGHT.rule)}</a:solidFill></a:lnB>'
    "<a:noFill/></a:tcPr>"
)


def _cell_size(
    head: Sequence[Cell], rows: Sequence[Sequence[Cell]], widths: Sequence[float], room: float
) -> tuple[float, list[float]]:
    """The largest font size at which heading and rows fit, and the height of each row, in points."""
    for size in CELL_SIZES:
        heights = [_row_height(row, widths, size) for row in rows]
        spare = room - _row_height(head, widths, size - 1) - sum(heights)
        if spare >= 0 and _words_fit(rows, widths, size):
            break
    each = spare / max(len(heights), 1)
    return size, [h + min(max(each, 0), 16) for h in heights]


def _words_fit(rows: Sequence[Sequence[Cell]], widths: Sequence[float], size: float) -> bool:
    """Whether no word would be broken; very long ones, which no size saves, apart."""
    return all(
        text_width(word, size, bold=cell.bold) <= width
        for row in rows
        for cell, width in zip(row, widths, strict=True)
        for word in plain(cell.text).split(" ")
        if len(word) <= LONGEST_WORD
    )


def _row_height(row: Sequence[Cell], widths: Sequence[float], size: float) -> float:
    lines = max(
        line_count(plain(cell.text), width, size, bold=cell.bold)
        for cell, width in zip(row, widths, strict=True)
    )
    return min(lines, CELL_LINES) * size * LINE + ROW_AIR


def plain(text: str) -> str:
    """Text as a slide can hold it: no control characters; line breaks of notes are kept."""
    return "\n".join(one_line(line) for line in text.split("\n"))
