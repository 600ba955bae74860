"""What the typed reader of workbooks passes over: error cells, formulas without a result, pivots.

It blanks a cell that holds #N/A, and a blank would hide that a figure is missing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kpi.ingest.biff import BiffBook, BiffSheet, read_biff
from kpi.ingest.biff12 import read_biff12
from kpi.ingest.container import Container
from kpi.ingest.package import SheetFacts, facts_of_sheets, hidden_rows, is_1904, unfinished
from kpi.texts import said

_ERRORS: Final = {
    "NA": "#N/A",
    "Div0": "#DIV/0!",
    "Name": "#NAME?",
    "Null": "#NULL!",
    "Num": "#NUM!",
    "Ref": "#REF!",
    "Value": "#VALUE!",
    "GettingData": "#GETTING_DATA",
}

_ERROR: Final = re.compile(r"\bError\((\w+)\)")

UNTOLD: Final = said(
    "Cells with an error (#N/A, #DIV/0!) could not be told from blank ones in this file: "
    "open it in Excel and save it as .xlsx."
)

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Book:
    """What is known of a workbook beside its values, by its kind of container."""

    path: Path
    epoch1904: bool
    sheets: dict[str, SheetFacts]  # xlsx
    biff: BiffBook | None = None  # xls, xlsb

    def facts(self, name: str) -> SheetFacts | None:
        """The sheet's part of an xlsx package."""
        return self.sheets.get(name)

    def pivot(self, name: str, index: int) -> bool:
        """A pivot table stands on the sheet."""
        old = self._old(index)
        fact = self.sheets.get(name)
        return (fact is not None and fact.pivot) or (old is not None and old.pivot)

    def notes(self, name: str, index: int) -> tuple[str, ...]:
        """What was tidied in silence by the program that made the file, and is read as well."""
        old = self._old(index)
        if old is not None and old.hidden_rows:
            return (hidden_rows(old.hidden_rows),)
        fact = self.sheets.get(name)
        return fact.notes if fact is not None else ()

    def doubts(self, name: str, index: int) -> tuple[str, ...]:
        """What may be missing in the sheet."""
        old = self._old(index)
        if old is not None and old.unfinished:
            return (unfinished(len(old.unfinished)),)
        fact = self.sheets.get(name)
        return fact.doubts if fact is not None else ()

    def errors(
        self, name: str, index: int, start: Place
    ) -> tuple[list[tuple[int, int, str | None]], bool]:
        """Cells (from ``start``) with the text to put there, and whether all of them are known."""
        old = self._old(index)
        if self.biff is not None:
            return ([] if old is None else _from(old, start)), old is not None
        fact = self.sheets.get(name)
        if fact is not None and not fact.errors:
            return [], True
        return _told_by_reader(self.path, index)

    def merges(self, index: int) -> list[tuple[int, int, int, int]]:
        """Merged cells that the reader of the values does not tell, as places in the sheet."""
        old = self._old(index)
        return old.merges if old is not None else []

    def extent(self, index: int) -> tuple[int, int]:
        """Rows and columns up to the outermost cell, where that is known beforehand."""
        old = self._old(index)
        return (old.rows, old.columns) if old is not None else (0, 0)

    def _old(self, index: int) -> BiffSheet | None:
        sheets: Sequence[BiffSheet] = self.biff.sheets if self.biff is not None else ()
        return sheets[index] if index < len(sheets) else None


def book_of(path: Path, container: Container) -> Book:
    """What can be told of a workbook without reading its cells."""
    biff = None
    if container in (Container.XLS, Container.XLSB):
        biff = read_biff(path) if container is Container.XLS else read_biff12(path)
    facts = facts_of_sheets(path) if container is Container.XLSX else {}
    epoch1904 = biff.epoch1904 if biff is not None else is_1904(path, container)
    return Book(path, epoch1904, facts, biff)


def _from(sheet: BiffSheet, start: Place) -> list[tuple[int, int, str | None]]:
    top, left = start
    cells: list[tuple[int, int, str | None]] = list(sheet.errors)
    cells += [(row, column, None) for row, column in sheet.unfinished]
    return [(row - top, column - left, text) for row, column, text in cells]


def is_panic(error: BaseException) -> bool:
    """A reader's panic, which is no ``Exception``."""
    return type(error).__name__ == "PanicException"


def _told_by_reader(path: Path, index: int) -> tuple[list[tuple[int, int, str | None]], bool]:
    """The error cells as the reader of columns finds them, if it can read the workbook."""
    import fastexcel

    try:
        sheet = fastexcel.read_excel(str(path)).load_sheet(
            index, header_row=None, skip_rows=0, dtypes="string"
        )
        found = sheet.to_arrow_with_errors()[1]
    except (fastexcel.FastExcelError, ValueError):
        return [], False
    except BaseException as error:
        if not is_panic(error):
            raise
        return [], False
    errors = found.errors if found else []
    told = [(e.position[0], e.position[1], _ERROR.search(e.detail)) for e in errors]
    return [(row, column, _ERRORS.get(m[1], "#ERROR")) for row, column, m in told if m], True
