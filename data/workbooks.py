"""Writing workbooks that come out the same, byte for byte, on every run."""

import io
import re
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

Cell = str | int | float | date | datetime | None

SAVED_AT: Final = datetime(2026, 11, 2, 8, 0)  # what every file says of itself
ZIP_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
BOLD: Final = Font(bold=True)
HEADING_FILL: Final = PatternFill("solid", fgColor="FFDDE3EA")


def put(sheet: Worksheet, row: int, column: int, value: Cell) -> None:
    """Write one cell. Text stays text, whatever it begins with: a file never carries a formula."""
    cell = sheet.cell(row, column)
    if isinstance(value, str):
        cell.value = value
        cell.data_type = "s"
        # Excel keeps the apostrophe's meaning as a style: shown as typed, not calculated on editing.
        cell.quotePrefix = value[:1] in {"=", "+", "-", "@"}
    elif isinstance(value, datetime):
        cell.value = value
        cell.number_format = "yyyy-mm-dd hh:mm"
    elif isinstance(value, date):
        cell.value = value
        cell.number_format = "yyyy-mm-dd"
    elif value is not None:
        cell.value = value


def put_row(sheet: Worksheet, row: int, values: Sequence[Cell]) -> None:
    """Write a row from column A on; ``None`` leaves its cell empty."""
    for column, value in enumerate(values, start=1):
        put(sheet, row, column, value)


def put_headings(
    sheet: Worksheet, row: int, headings: Sequence[str], widths: Sequence[int]
) -> None:
    """Write the heading row, bold, wrapped, with column widths, and keep it in sight."""
    put_row(sheet, row, headings)
    for column, width in enumerate(widths, start=1):
        cell = sheet.cell(row, column)
        cell.font, cell.fill = BOLD, HEADING_FILL
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = sheet.cell(row + 1, 1)


def _same_every_time(name: str, content: bytes) -> bytes:
    """Take the clock out of the one part of a workbook that reads it."""
    if name != "docProps/core.xml":
        return content
    stamp = f"{SAVED_AT:%Y-%m-%dT%H:%M:%SZ}".encode()
    return re.sub(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*", rb"\g<1>" + stamp, content)


def save(book: Workbook, path: Path) -> None:
    """Save a workbook with a fixed date inside, in its properties and in its zip entries."""
    book.properties.creator = "Clause Nine"
    draft = io.BytesIO()
    book.save(draft)
    with ZipFile(draft) as made, ZipFile(path, "w", ZIP_DEFLATED) as kept:
        for entry in made.infolist():
            info = ZipInfo(entry.filename, ZIP_EPOCH)
            info.compress_type = ZIP_DEFLATED
            info.create_system = 0
            kept.writestr(info, _same_every_time(entry.filename, made.read(entry)))
