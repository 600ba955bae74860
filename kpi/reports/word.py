"""Writing with styles: headings, paragraphs and tables of a document that people go on editing."""

from collections.abc import Sequence
from typing import Any, BinaryIO, Final

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Pt, RGBColor

from kpi.figures.theme import LIGHT
from kpi.safe_text import one_line

FONT: Final = "Arial"
WIDTH, HEIGHT, MARGIN = Cm(21.0), Cm(29.7), Cm(2.2)
SMALL: Final = 8.5

_BORDERS: Final = (
    f"<w:tblBorders {nsdecls('w')}>"
    + "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="{LIGHT.rule.lstrip("#")}"/>'
        for side in ("top", "bottom", "insideH")
    )
    + "</w:tblBorders>"
)

_AIR: Final = (
    f'<w:tblCellMar {nsdecls("w")}><w:left w:w="40" w:type="dxa"/><w:right w:w="80" w:type="dxa"/>'
    "</w:tblCellMar>"
)
"""Room between columns: nothing stands between them but air, and narrow ones need theirs for words."""

SIZES: Final = {"Title": 20.0, "Heading 1": 14.0, "Heading 2": 11.5}


class Paper:
    """A document being written: everything in named styles, so that it takes another look at once."""

    def __init__(self, *, foot: str) -> None:
        self.document: Any = Document()
        self._styles()
        section = self.document.sections[0]
        section.page_width, section.page_height = WIDTH, HEIGHT
        section.left_margin = section.right_margin = MARGIN
        section.top_margin = section.bottom_margin = Cm(2)
        _foot(section.footer.paragraphs[0], foot)

    def _styles(self) -> None:
        styles = self.document.styles
        normal = styles["Normal"]
        _typeface(normal, 10)
        normal.paragraph_format.space_after = Pt(4)
        for name, size in SIZES.items():
            style = styles[name]
            _typeface(style, size)
            style.font.bold, style.font.color.rgb = True, _colour(LIGHT.ink)
            style.paragraph_format.keep_with_next = True
            style.paragraph_format.space_before = Pt(14 if name == "Heading 1" else 10)
            style.paragraph_format.space_after = Pt(3)
        for edge in styles["Title"].element.findall(f".//{qn('w:pBdr')}"):
            edge.getparent().remove(edge)
        for name, size, ink in (
            ("Finding", 10.5, LIGHT.ink), ("Missing", 10, LIGHT.worsening), ("Small", SMALL, LIGHT.muted),
        ):  # fmt: skip
            style = styles.add_style(name, 1)
            style.base_style = normal
            _typeface(style, size)
            style.font.color.rgb = _colour(ink)
        styles["Finding"].font.bold = True
        above = styles.add_style("Table title", 1)
        above.base_style = styles["Small"]
        above.paragraph_format.keep_with_next = True
        styles["List Bullet"].paragraph_format.space_after = Pt(2)

    def heading(self, text: str, level: int) -> None:
        """A heading; level 0 is the document's title."""
        self.document.add_heading(_plain(text), level)

    def text(self, text: str, style: str | None = None) -> Any:
        """A paragraph; line breaks of the text begin new ones."""
        last = None
        for line in text.splitlines() or [""]:
            last = self.document.add_paragraph(_plain(line), style)
        return last

    def bullets(self, lines: Sequence[str], style: str = "List Bullet") -> None:
        """A paragraph with a bullet for each line."""
        for line in lines:
            self.document.add_paragraph(_plain(line), style)

    def named(self, label: str, text: str) -> None:
        """A paragraph that begins with what it is, in bold."""
        first, *rest = text.splitlines() or [""]
        paragraph = self.document.add_paragraph()
        paragraph.add_run(f"{label}: ").bold = True
        paragraph.add_run(_plain(first))
        for line in rest:
            self.document.add_paragraph(_plain(line))

    def table(
        self, headings: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[float],
        numbers: Sequence[int] = (), size: float = 9,
    ) -> None:  # fmt: skip
        """A table whose heading is repeated on every page; ``widths`` are shares of the page."""
        table = self.document.add_table(len(rows) + bool(headings), len(widths))
        table.alignment = WD_TABLE_ALIGNMENT.LEFT
        table.autofit = False
        _dress(table._tbl.tblPr)
        cells = table._cells
        whole = WIDTH - 2 * MARGIN
        lines = [headings, *rows] if headings else list(rows)
        for at, line in enumerate(lines):
            for column, text in enumerate(line):
                cell = cells[at * len(widths) + column]
                cell.width = int(whole * widths[column])
                head = bool(headings) and at == 0
                _fill(cell.paragraphs[0], text, size, head=head, right=column in numbers)
        for column, share in zip(table.columns, widths, strict=True):
            column.width = int(whole * share)
        for at, row in enumerate(table.rows):
            _together(row, head=bool(headings) and at == 0)
        self.document.add_paragraph(style="Small")

    def save(self, file: BinaryIO, *, title: str, author: str) -> None:
        """Write it as .docx with its title and author."""
        about = self.document.core_properties
        about.title, about.author = _plain(title)[:255], _plain(author)[:255]
        about.last_modified_by, about.comments, about.language = about.author, "", "en-GB"
        self.document.save(file)


def _dress(properties: Any) -> None:
    """Lines and room of a table, in the order that the format asks for."""
    properties.find(qn("w:tblLayout")).addprevious(parse_xml(_BORDERS))
    properties.find(qn("w:tblLook")).addprevious(parse_xml(_AIR))


def _typeface(style: Any, size: float) -> None:
    style.font.name, style.font.size = FONT, Pt(size)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in list(fonts.attrib):
        if name.endswith("Theme"):  # a theme's typeface would win
            del fonts.attrib[name]
    for name in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
        fonts.set(qn(name), FONT)


def _fill(paragraph: Any, text: str, size: float, *, head: bool, right: bool) -> None:
    paragraph.paragraph_format.space_after = Pt(2)
    paragraph.paragraph_format.space_before = Pt(2)
    if right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    run = paragraph.add_run(_plain(text))
    run.font.size = Pt(size)
    if head:
        run.font.bold, run.font.color.rgb = True, _colour(LIGHT.muted)


def _together(row: Any, *, head: bool) -> None:
    """Keep a row on one page; repeat the heading on the next."""
    properties = row._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))
    if head:
        properties.append(OxmlElement("w:tblHeader"))


def _foot(paragraph: Any, text: str) -> None:
    run = paragraph.add_run(f"{_plain(text)} · page ")
    run.font.size = Pt(8)
    for name, between in (("PAGE", " of "), ("NUMPAGES", "")):
        _field(paragraph, name)
        paragraph.add_run(between).font.size = Pt(8)


def _field(paragraph: Any, name: str) -> None:
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), name)
    shown = parse_xml(f'<w:r {nsdecls("w")}><w:rPr><w:sz w:val="16"/></w:rPr><w:t>1</w:t></w:r>')
    field.append(shown)
    paragraph._p.append(field)


def _colour(ink: str) -> Any:
    return RGBColor.from_string(ink.lstrip("#").upper())


def _plain(text: str) -> str:
    return one_line(text)
