"""Write the fill-in workbooks: ``python data/make_templates.py [FOLDER]``.

Each has a sheet of instructions and a sheet to fill in, whose headings the product knows, so that
a filled-in workbook is read without a question. The same files on every run, byte for byte.
"""

import sys
from pathlib import Path
from typing import Final

from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet
from template_columns import TEMPLATES, Ask, Entry, Template
from workbooks import put, put_headings, save

FOLDER: Final = Path(__file__).parent / "templates"
LAST_ROW: Final = 5000  # validation reaches this far; more rows may be added all the same
FIRST_DAY, LAST_DAY = "DATE(2000,1,1)", "DATE(2099,12,31)"
INSTRUCTION_WIDTH: Final = 110  # characters
LINE_HEIGHT: Final = 17  # points
FORMATS: Final = {Entry.TEXT: "@", Entry.DAY: "yyyy-mm-dd", Entry.MOMENT: "yyyy-mm-dd hh:mm"}
PROMPT_LIMIT: Final = 255  # characters Excel shows in an input message


def rule(column: Ask) -> DataValidation:
    """What Excel lets a person type into a column, with the explanation it shows beside the cell."""
    check = _check(column)
    check.allow_blank = True
    check.promptTitle, check.prompt = column.heading[:32], column.says[:PROMPT_LIMIT]
    check.errorTitle, check.error = column.heading[:32], f"Expected {_kind(column)}."
    check.showInputMessage = check.showErrorMessage = True
    # A reversal is negative, and rare enough to be asked about.
    check.errorStyle = "warning" if column.entry is Entry.SIGNED else "stop"
    return check


def _check(column: Ask) -> DataValidation:
    match column.entry:
        case Entry.CHOICE:
            return DataValidation(type="list", formula1=f'"{",".join(column.choices)}"')
        case Entry.DAY | Entry.MOMENT:
            return DataValidation(
                type="date", operator="between", formula1=FIRST_DAY, formula2=LAST_DAY
            )
        case Entry.AMOUNT | Entry.SIGNED:
            return DataValidation(type="decimal", operator="greaterThanOrEqual", formula1="0")
        case Entry.VALUE:
            return DataValidation(
                type="decimal", operator="between", formula1="-1E+15", formula2="1E+15"
            )
        case _:
            return DataValidation(type="textLength", operator="lessThanOrEqual", formula1="200")


def _kind(column: Ask) -> str:
    if column.choices:
        return f"one of: {', '.join(column.choices)}"
    return "a text of up to 200 characters" if column.entry is Entry.TEXT else column.entry.value


def _fill_in_sheet(sheet: Worksheet, template: Template) -> None:
    headings = [c.heading for c in template.columns]
    put_headings(sheet, 1, headings, [c.width for c in template.columns])
    sheet.row_dimensions[1].height = 32
    for number, column in enumerate(template.columns, start=1):
        letter = get_column_letter(number)
        sheet.column_dimensions[letter].number_format = FORMATS.get(column.entry, "General")
        check = rule(column)
        check.add(f"{letter}2:{letter}{LAST_ROW}")
        sheet.add_data_validation(check)
    _print_setup(sheet)
    sheet.print_title_rows = "1:1"


def _instructions(sheet: Worksheet, template: Template) -> None:
    """Prose in one column, and no table: nobody, and no program, takes it for rows of facts."""
    sheet.column_dimensions["A"].width = INSTRUCTION_WIDTH
    lines = (
        f"{template.title}: how to fill this in",
        f"Write into the sheet '{template.sheet}', from row 2 on. A row is {template.row_is}.",
        "Leave the headings as they are; a column you have nothing for may stay empty or go.",
        "Empty means not known, 0 means none: the two are kept apart.",
        "Then upload the file. The examples are only here; there is nothing to delete.",
        *template.hints,
    )
    for number, line in enumerate(lines, start=1):
        put(sheet, number, 1, line)
        _wrap(sheet, number, line)
    sheet.cell(1, 1).font = Font(bold=True, size=14)
    for row, column in enumerate(template.columns, start=len(lines) + 2):
        sheet.cell(row, 1).value = CellRichText(
            TextBlock(InlineFont(b=True), column.heading), told(column)
        )
        _wrap(sheet, row, column.heading + told(column))
    _print_setup(sheet)


def told(column: Ask) -> str:
    """What stands behind a heading in the instructions."""
    needed = "needed, " if column.required else ""
    return f" ({needed}{_kind(column)}). {column.says} For example: {column.example}"


def _wrap(sheet: Worksheet, row: int, text: str) -> None:
    sheet.cell(row, 1).alignment = Alignment(wrap_text=True, vertical="top")
    sheet.row_dimensions[row].height = LINE_HEIGHT * (1 + len(text) // INSTRUCTION_WIDTH)


def _print_setup(sheet: Worksheet) -> None:
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.oddFooter.center.text = "Page &P of &N"


def make(folder: Path) -> None:
    """Write every template into a folder, which is created where missing."""
    folder.mkdir(parents=True, exist_ok=True)
    for template in TEMPLATES:
        book = Workbook()
        instructions = book.worksheets[0]
        instructions.title = "Instructions"
        _instructions(instructions, template)
        _fill_in_sheet(book.create_sheet(template.sheet), template)
        save(book, folder / template.file)


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
