"""One row of a file, as the file shows it."""

from datetime import date, datetime

import pytest
import xlwt
from openpyxl import Workbook

from kpi.errors import RefusedFileError
from kpi.ingest import read_cells

TEXT = 'Datum;Linie;Menge;\n"02.01.2026";=1+1;1.234,50;x\n\n03.01.2026;L2;;\nSumme;;1.234,50;\n'


def test_a_row_of_a_text_file(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(TEXT, "utf-8")
    assert read_cells(path, sheet="", row=2) == [
        ("Datum", "02.01.2026"),
        ("Linie", "=1+1"),
        ("Menge", "1.234,50"),
        ("D", "x"),
    ]
    assert read_cells(path, sheet="", row=4) == [
        ("Datum", "03.01.2026"),
        ("Linie", "L2"),
        ("Menge", ""),
        ("D", ""),
    ]
    assert dict(read_cells(path, sheet="", row=5))["Menge"] == "1.234,50"
    assert read_cells(path, sheet="", row=99) == []
    assert read_cells(path, sheet="Other", row=2) == []


def test_a_row_of_a_workbook(tmp_path):
    book = Workbook()
    book.active.title = "Jan"
    book.active.append(["Report"])
    book.active.append([])
    for row in (["Date", "At", "Qty"], [date(2026, 1, 2), datetime(2026, 1, 2, 6, 30), 100]):
        book.active.append(row)
    book.active.append([date(2026, 1, 3), None, 2.5])
    book.save(tmp_path / "a.xlsx")
    assert read_cells(tmp_path / "a.xlsx", sheet="Jan", row=4) == [
        ("Date", "2026-01-02"),
        ("At", "2026-01-02 06:30:00"),
        ("Qty", "100"),
    ]
    assert dict(read_cells(tmp_path / "a.xlsx", sheet="Jan", row=5))["Qty"] == "2.5"


def test_a_row_of_an_old_workbook(tmp_path):
    book = xlwt.Workbook()
    sheet = book.add_sheet("Sheet1")
    for r, row in enumerate([["Line", "Qty"], ["L1", 12.0], ["L2", 7.5]]):
        for c, cell in enumerate(row):
            sheet.write(r, c, cell)
    book.save(str(tmp_path / "a.xls"))
    assert read_cells(tmp_path / "a.xls", sheet="Sheet1", row=3) == [("Line", "L2"), ("Qty", "7.5")]


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"")
    with pytest.raises(RefusedFileError, match="empty"):
        read_cells(tmp_path / "a.csv", sheet="", row=2)
