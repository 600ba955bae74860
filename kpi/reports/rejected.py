"""Rejected rows as a workbook: mended there, it is uploaded as it is."""

import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from kpi.ingest.rejected import HELPERS, RejectedRow, RejectedTable, shown, title_for
from kpi.safe_text import one_line

if TYPE_CHECKING:
    from kpi.analysis.mending import RejectedRows
    from kpi.ingest.raw import Cell

_WRONG: Final = PatternFill("solid", start_color="FFF4CCCC")
_HEAD: Final = PatternFill("solid", start_color="FFE8EDF2")
_BOLD: Final = Font(bold=True)
_GREY: Final = Font(color="FF5F6B76")
_TEXT: Final = "@"
_WIDEST: Final = 48
_REASON_WIDTH: Final = 44
_MEASURED: Final = 200
"""Rows from the top that decide how wide a column is."""

_AUTHOR: Final = "Clause Nine"


def rejected_workbook(found: "RejectedRows") -> bytes:
    """The workbook as bytes: one sheet per kind of table.

    Every cell keeps its type: text stays text, and none is ever a formula. The cell at fault is
    filled, and says why in a comment.
    """
    book = Workbook(write_only=True)
    if found.head:
        book.properties.description = f"Head of the audit trail: {found.head}"
    for number, table in enumerate(found.tables, 1):
        _fill(book.create_sheet(_sheet_name(table, number, len(found.tables))), table, found)
    if not found.tables:
        book.create_sheet("Rejected rows").append(["No row of this file is rejected."])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _sheet_name(table: RejectedTable, number: int, tables: int) -> str:
    return "Rejected rows" if tables == 1 else f"Rejected rows {number}"


def _fill(sheet: Any, table: RejectedTable, found: "RejectedRows") -> None:
    width = max([len(table.headings), *(len(row.cells) for row in table.rows)])
    headings = [*table.headings, *([""] * (width - len(table.headings)))]
    for place, wide in enumerate(_widths(headings, table.rows), 1):
        sheet.column_dimensions[get_column_letter(place)].width = wide
    sheet.freeze_panes = f"{get_column_letter(len(HELPERS) + 1)}4"
    sheet.append([_cell(sheet, title_for(one_line(found.file), found.sha256), font=_BOLD)])
    sheet.append([_cell(sheet, _hint(table), font=_GREY)])
    sheet.append([_cell(sheet, text, font=_BOLD, fill=_HEAD) for text in (*HELPERS, *headings)])
    for row in table.rows:
        sheet.append(list(_row(sheet, row)))


def _hint(table: RejectedTable) -> str:
    return (
        "Mend the marked cells, save, and upload this file as it is. Leave the columns Sheet and "
        f"Row as they are. Rows of the table from column {table.letter}."
    )


def _row(sheet: Any, row: RejectedRow) -> Iterable[Any]:
    reason = _cell(sheet, row.reason)
    reason.alignment = Alignment(wrap_text=True, vertical="top")
    if row.at is None:
        reason.fill = _WRONG
    yield reason
    yield _cell(sheet, row.sheet)
    yield _cell(sheet, row.row)
    for place, value in enumerate(row.cells):
        cell = _cell(sheet, value)
        if place == row.at:
            cell.fill = _WRONG
            cell.comment = Comment(row.reason, _AUTHOR)
        yield cell


def _cell(sheet: Any, value: "Cell", **style: Any) -> Any:
    """A cell of a type that Excel, LibreOffice and a CSV saved from either give back unchanged."""
    given = shown(value)
    cell = WriteOnlyCell(sheet, value=None if isinstance(given, str) else given)
    if isinstance(given, str):
        cell.value = given
        cell.data_type = "s"  # neither a formula nor an error, whatever it looks like
        cell.number_format = _TEXT
    elif (form := _format(given)) is not None:
        cell.number_format = form
    for name, what in style.items():
        setattr(cell, name, what)
    return cell


def _format(value: "Cell") -> str | None:
    """A format that shows all of a value, so that a CSV has all of it."""
    match value:
        case None | bool():
            return _TEXT if value is None else None
        case int():
            return "0"
        case float():
            return _decimals(value)
        case datetime():
            return "yyyy-mm-dd" if value.time() == time() else "yyyy-mm-dd hh:mm:ss"
        case date():
            return "yyyy-mm-dd"
        case time():
            return "hh:mm:ss"
        case timedelta():
            return "[hh]:mm:ss"
    return None


def _decimals(value: float) -> str:
    """As many decimals as the number has; a general format would cut them off in a CSV."""
    if value.is_integer() and abs(value) < 1e15:
        return "0"
    digits = repr(value).partition(".")[2]
    return f"0.{'0' * len(digits)}" if digits.isdecimal() else "General"


def _widths(headings: Sequence[str], rows: Sequence[RejectedRow]) -> list[float]:
    """Widths in characters: of the helper columns, then of the file's own."""
    head = rows[:_MEASURED]
    own = [
        max([len(heading), *(len(str(r.cells[i])) for r in head if i < len(r.cells))])
        for i, heading in enumerate(headings)
    ]
    sheet = max([len(HELPERS[1]), *(len(r.sheet) for r in head)])
    return [_REASON_WIDTH, min(sheet + 2, _WIDEST), 8, *(min(w + 2, _WIDEST) for w in own)]
