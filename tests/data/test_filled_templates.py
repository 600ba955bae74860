"""Every template, filled in, is read back without a question and loses nothing."""

from datetime import datetime

import pytest
from make_templates import FOLDER
from openpyxl import load_workbook
from template_columns import TEMPLATES, Ask, Entry

from kpi.ingest import read_file

ROWS = 3


def cell(column: Ask, number: int) -> object:
    """The example of a column as a person types it; dates and amounts differ from row to row."""
    match column.entry:
        case Entry.DAY:
            return datetime.fromisoformat(column.example).replace(day=3 + number)
        case Entry.MOMENT:
            return datetime.fromisoformat(column.example).replace(day=3 + number)
        case Entry.AMOUNT | Entry.SIGNED | Entry.VALUE:
            return float(column.example) + (number if column.field != "planned_min" else 0)
        case _ if column.field in ("order", "event", "code"):
            return f"{column.example}{number}"
        case _:
            return column.example


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda t: t.file)
def test_a_filled_template_is_read_without_a_question(template, tmp_path):
    book = load_workbook(FOLDER / template.file)
    sheet = book[template.sheet]
    for number in range(ROWS):
        for place, column in enumerate(template.columns, start=1):
            sheet.cell(2 + number, place).value = cell(column, number)
    path = tmp_path / template.file
    book.save(path)
    found = read_file(path)
    assert [q.ask for q in found.questions] == []
    assert {p.dataset for p in found.parts} - {"names"} == set(template.datasets) - {"names"} or (
        template.datasets == ("names",) and {p.dataset for p in found.parts} == {"names"}
    )
    for part in found.parts:
        assert part.rows_rejected == 0
        if len(template.datasets) == 1 and part.dataset == template.datasets[0]:
            table = part.table
            for column in template.columns:
                assert table[column.field].null_count < len(table), column.heading


def test_what_a_filled_list_of_complaints_holds(tmp_path):
    (template,) = (t for t in TEMPLATES if t.file == "complaints.xlsx")
    book = load_workbook(FOLDER / template.file)
    for place, column in enumerate(template.columns, start=1):
        book[template.sheet].cell(2, place).value = cell(column, 0)
    book.save(tmp_path / "c.xlsx")
    (part,) = (p for p in read_file(tmp_path / "c.xlsx").parts if p.dataset == "complaint")
    (row,) = part.table.to_pylist()
    assert (row["kind"], row["status"], row["ppm_relevant"]) == ("customer", "closed", True)
    assert (row["qty_complained"], row["qty_returned"], row["qty_defective"]) == (120, 100, 80)


def test_what_a_filled_receipt_holds(tmp_path):
    (template,) = (t for t in TEMPLATES if t.file == "purchases.xlsx")
    book = load_workbook(FOLDER / template.file)
    for place, column in enumerate(template.columns, start=1):
        book[template.sheet].cell(2, place).value = cell(column, 0)
    book.save(tmp_path / "p.xlsx")
    parts = {p.dataset: p.table.to_pylist()[0] for p in read_file(tmp_path / "p.xlsx").parts}
    assert parts["order_item"]["direction"] == "purchase"
    assert parts["shipment"]["qty_defective"] == 4
