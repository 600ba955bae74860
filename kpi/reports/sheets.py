"""Sheets of a workbook: tables with headings that stay, formats, print setup, and no formulas."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from kpi.figures.theme import LIGHT
from kpi.safe_text import FORMULA_STARTS, one_line

LONGEST_NAME: Final = 31
"""Characters of a sheet's name that spreadsheets take."""

LONGEST_CELL: Final = 32_000
NARROWEST, WIDEST = 8.0, 60.0
"""Widths of columns in characters."""

MEASURED: Final = 200
"""Rows from the top that decide how wide a column is."""

_NO_NAME: Final = re.compile(r"[\\/*?:\[\]]+")
_NUMBER: Final = re.compile(r"([+\-−]?)(\d[\d\u202f\u00a0,]*)(?:\.(\d+))?(?:[\u00a0 ](\D{1,12}))?")


def _argb(ink: str) -> str:
    return f"FF{ink.lstrip('#').upper()}"


_HEAD: Final = PatternFill("solid", start_color=_argb(LIGHT.band))
_BOLD: Final = Font(name="Arial", size=10, bold=True, color=_argb(LIGHT.ink))
_PLAIN: Final = Font(name="Arial", size=10, color=_argb(LIGHT.ink))
_MUTED: Final = Font(name="Arial", size=9, color=_argb(LIGHT.muted))
_TITLE: Final = Font(name="Arial", size=16, bold=True, color=_argb(LIGHT.ink))
_RULE: Final = Border(bottom=Side(style="hair", color=_argb(LIGHT.limit)))
_TOP: Final = Alignment(vertical="top")
_WRAPPED: Final = Alignment(wrap_text=True, vertical="top")


@dataclass(frozen=True, slots=True)
class Column:
    """A heading, and how numbers below it are written."""

    name: str
    form: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """A number with the format that shows it as it was told, unit and decimals."""

    value: float
    form: str


Cell = str | int | float | Measured | None


class Book:
    """A workbook being written, one sheet after the other."""

    def __init__(self, workbook: Any, title: str) -> None:
        self.workbook = workbook
        self._title = one_line(title)
        self._told: list[tuple[str, str]] = []
        workbook.remove(workbook.active)

    def sheet(self, name: str) -> Any:
        """An empty sheet whose name is free and allowed, set up for printing."""
        clean = _NO_NAME.sub(" ", one_line(name)).strip(" '") or "Sheet"
        taken = {sheet.title.casefold() for sheet in self.workbook.worksheets}
        free, number = clean[:LONGEST_NAME].strip(" '"), 2
        while free.casefold() in taken:
            ending = f" {number}"
            free = clean[: LONGEST_NAME - len(ending)].strip(" '") + ending
            number += 1
        sheet = self.workbook.create_sheet(free)
        sheet.sheet_view.showGridLines = False
        sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
        sheet.oddFooter.left.text = self._title.replace("&", "&&")[:200]
        sheet.oddFooter.right.text = "&P / &N"
        return sheet

    def table(
        self, name: str, columns: Sequence[Column], rows: Sequence[Sequence[Cell]],
        about: Sequence[str] = (), empty: str = "There is nothing to show.",
    ) -> tuple[Any, int]:  # fmt: skip
        """A sheet with a table, below sentences about it; returns it and the row of the heading."""
        sheet = self.sheet(name)
        self._told.append((sheet.title, about[0] if about else one_line(name)))
        for at, text in enumerate(about, start=1):
            put(sheet, at, 1, text, _BOLD if at == 1 else _MUTED)
        head = len(about) + 1 + bool(about)
        for at, column in enumerate(columns, start=1):
            cell = put(sheet, head, at, column.name, _BOLD)
            cell.fill, cell.alignment = _HEAD, _WRAPPED
        for line, row in enumerate(rows, start=head + 1):
            for at, (value, column) in enumerate(zip(row, columns, strict=True), start=1):
                cell = put(sheet, line, at, value, _PLAIN, column.form)
                cell.border, cell.alignment = _RULE, _WRAPPED if isinstance(value, str) else _TOP
        if not rows:
            put(sheet, head + 1, 1, empty, _MUTED)
        self._fit(sheet, columns, rows)
        sheet.freeze_panes = sheet.cell(head + 1, 2)
        sheet.print_title_rows = f"{head}:{head}"
        if rows:
            sheet.auto_filter.ref = f"A{head}:{get_column_letter(len(columns))}{head + len(rows)}"
        return sheet, head

    def _fit(self, sheet: Any, columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> None:
        for at, column in enumerate(columns):
            longest = max((_length(row[at]) for row in rows[:MEASURED]), default=0)
            wide = min(max(longest * 1.05, len(column.name) * 0.9, NARROWEST), WIDEST)
            sheet.column_dimensions[get_column_letter(at + 1)].width = wide + 2

    def cover(self, sheet: Any, title: str, facts: Sequence[tuple[str, str]]) -> None:
        """Title, facts, and a list of the sheets."""
        put(sheet, 1, 1, title, _TITLE)
        for line, (label, text) in enumerate(facts, start=3):
            put(sheet, line, 1, label, _MUTED)
            put(sheet, line, 2, text, _PLAIN).alignment = _WRAPPED
        first = len(facts) + 4
        put(sheet, first, 1, "Sheet", _BOLD).fill = _HEAD
        put(sheet, first, 2, "What it holds", _BOLD).fill = _HEAD
        for line, (name, says) in enumerate(self._told, start=first + 1):
            put(sheet, line, 1, name, _BOLD)
            put(sheet, line, 2, says, _PLAIN)
        sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 34, 96


def put(sheet: Any, row: int, column: int, value: Cell, font: Any, form: str = "") -> Any:
    """Write a cell: text stays text, whatever it looks like, and a number keeps its format."""
    cell = sheet.cell(row, column)
    cell.font = font
    if isinstance(value, Measured):
        cell.value, cell.number_format = value.value, value.form
    elif isinstance(value, str):
        text = "\n".join(one_line(line) for line in value.splitlines())[:LONGEST_CELL]
        if text:
            cell.value = text
            cell.data_type = "s"  # neither a formula nor an error
            cell.quotePrefix = text.startswith(FORMULA_STARTS)
    elif value is not None:
        cell.value = value
        if form:
            cell.number_format = form
    return cell


def _length(value: Cell) -> int:
    if isinstance(value, Measured):
        return len(f"{value.value:,.2f}") + 4
    if isinstance(value, float):
        return len(f"{value:,.2f}")
    return len(str(value)) if value is not None else 0


def number_format(decimals: int) -> str:
    """How a number with so many decimals is written."""
    return "#,##0" if decimals == 0 else "#,##0." + "0" * decimals


def parsed(text: str) -> Cell:
    r"""A number told as text, as a number that shows the same; other text as it is.

    >>> parsed("1\u202f234"), parsed("2.50\u00a0%"), parsed("no data")
    (Measured(value=1234.0, form='#,##0'), Measured(value=2.5, form='#,##0.00"\xa0%"'), 'no data')
    """
    found = _NUMBER.fullmatch(text.strip())
    if found is None or '"' in (found[4] or ""):
        return text
    sign, whole, decimals, unit = found.groups()
    digits = re.sub(r"\D", "", whole)
    value = float(f"{digits}.{decimals or 0}") * (-1 if sign in ("-", "−") else 1)
    ending = f'"\u00a0{unit}"' if unit else ""
    return Measured(value, number_format(len(decimals or "")) + ending)
