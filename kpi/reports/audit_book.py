"""The audit programme as a workbook: lists to change and bring back, the matrix, what comes next."""

from datetime import date, datetime
from io import BytesIO
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from kpi.analysis.audit_tables import Book, BookSheet
from kpi.reports.settled import settled
from kpi.safe_text import neutral_cell

_HEAD: Final = PatternFill("solid", start_color="FFE8EDF2")
_BOLD: Final = Font(bold=True)
_GREY: Final = Font(color="FF5F6B76")
_WRAPPED: Final = Alignment(wrap_text=True, vertical="top")
_NARROWEST, _WIDEST = 8, 46
_ROWS_ABOVE: Final = 2


def audit_workbook(book: Book, made: datetime, *, head: str = "") -> bytes:
    """The workbook as bytes; ``head`` is that of the audit trail.

    Text stays text: no cell is ever a formula, whatever it looks like.
    """
    made_of = Workbook(write_only=True)
    made_of.properties.title = book.title
    made_of.properties.creator = "Clause Nine"
    if head:
        made_of.properties.description = f"Head of the audit trail: {head}"
    for sheet in book.sheets:
        _fill(made_of.create_sheet(sheet.title), sheet)
    buffer = BytesIO()
    made_of.save(buffer)
    return settled(buffer.getvalue(), made)


def _fill(sheet: Any, told: BookSheet) -> None:
    for place, wide in enumerate(_widths(told), 1):
        sheet.column_dimensions[get_column_letter(place)].width = wide
    sheet.freeze_panes = f"B{_ROWS_ABOVE + 1}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    last = get_column_letter(max(len(told.headings), 1))
    sheet.auto_filter.ref = f"A{_ROWS_ABOVE}:{last}{_ROWS_ABOVE + max(len(told.lines), 1)}"
    sheet.append([_cell(sheet, told.hint, font=_GREY)])
    sheet.append([_cell(sheet, text, font=_BOLD, fill=_HEAD) for text in told.headings])
    for line in told.lines:
        sheet.append([_cell(sheet, value, alignment=_WRAPPED) for value in line])


def _cell(sheet: Any, value: str | float | date | None, **style: Any) -> Any:
    cell = WriteOnlyCell(sheet, value=None if isinstance(value, str) else value)
    if isinstance(value, str):
        cell.value = neutral_cell(value)
        cell.data_type = "s"  # neither a formula nor an error, whatever it looks like
        cell.number_format = "@"
    elif isinstance(value, date):
        cell.number_format = "yyyy-mm-dd"
    for name, what in style.items():
        setattr(cell, name, what)
    return cell


def _widths(told: BookSheet) -> list[float]:
    """Widths in characters: as the longest line of a cell asks for, within limits."""
    widths = []
    for place, heading in enumerate(told.headings):
        texts = [heading, *(str(line[place] or "") for line in told.lines)]
        longest = max(len(line) for text in texts for line in (text.splitlines() or [""]))
        widths.append(float(min(max(longest + 2, _NARROWEST), _WIDEST)))
    return widths
