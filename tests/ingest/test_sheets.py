"""Which sheets of a file count, what is said of the others, and how the user includes them."""

import zipfile
from datetime import date

import pytest
from openpyxl import Workbook

from kpi.ingest import read_cells, read_file
from kpi.model import FeedMemory

HEAD = ["Date", "Line", "Produced Qty", "Scrap Qty"]
ROWS = [[date(2026, 1, day), "L1", 100.0 + day, 1.0] for day in range(1, 6)]
OLD = [[date(2025, 12, day), "L1", 200.0 + day, 2.0] for day in range(1, 6)]


def workbook(path, sheets, states=None):
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        sheet.sheet_state = (states or {}).get(name, "visible")
    book.save(path)
    return path


@pytest.fixture
def with_hidden(tmp_path):
    sheets = {"Now": [HEAD, *ROWS], "Old": [HEAD, *OLD], "Deep": [HEAD, *OLD[:2]]}
    return workbook(tmp_path / "a.xlsx", sheets, {"Old": "hidden", "Deep": "veryHidden"})


def produced(reading):
    return sum(sum(p.table["qty_produced"].to_pylist()) for p in of(reading, "production"))


def of(reading, dataset):
    return [part for part in reading.parts if part.dataset == dataset]


def test_hidden_sheets_are_named_with_an_id(with_hidden):
    reading = read_file(with_hidden)
    told = [(s.name, s.rows, s.used, s.hidden, bool(s.id)) for s in reading.sheets]
    assert told == [
        ("Now", 5, True, False, True),
        ("Old", 0, False, True, True),
        ("Deep", 0, False, True, True),
    ]
    assert "hidden" in reading.sheets[1].why
    assert "by a program" in reading.sheets[2].why
    assert produced(reading) == sum(r[2] for r in ROWS)


@pytest.mark.parametrize(("sheet", "more"), [("Old", 5), ("Deep", 2)])
def test_a_hidden_sheet_is_included_by_an_answer(with_hidden, sheet, more):
    first = read_file(with_hidden)
    (id,) = [s.id for s in first.sheets if s.name == sheet]
    reading = read_file(with_hidden, answers={id: "include"})
    assert [(s.name, s.used) for s in reading.sheets if s.used] == [("Now", True), (sheet, True)]
    (part,) = of(reading, "production")
    assert part.rows_accepted == 5 + more
    assert part.conventions[f"sheet:{sheet}"] == "include"


def test_a_sheet_that_counts_may_be_left_out(tmp_path):
    path = workbook(tmp_path / "a.xlsx", {"Now": [HEAD, *ROWS], "Draft": [HEAD, *OLD]})
    (id,) = [s.id for s in read_file(path).sheets if s.name == "Draft"]
    reading = read_file(path, answers={id: "leave"})
    assert [(s.name, s.why) for s in reading.sheets] == [
        ("Now", ""),
        ("Draft", "left out, as you asked"),
    ]
    assert produced(reading) == sum(r[2] for r in ROWS)


def test_the_feed_remembers_its_sheets(with_hidden):
    first = read_file(with_hidden)
    (id,) = [s.id for s in first.sheets if s.name == "Old"]
    reading = read_file(with_hidden, answers={id: "include"})
    (part,) = of(reading, "production")
    memory = FeedMemory("f", ("production",), None, part.signature, part.mapping, part.conventions)
    again = read_file(with_hidden, memories=[memory])
    assert [s.name for s in again.sheets if s.used] == ["Now", "Old"]
    other = FeedMemory("g", ("scrap",), None, ("a", "b"), {}, part.conventions)
    assert [s.name for s in read_file(with_hidden, memories=[other]).sheets if s.used] == ["Now"]


def test_a_fact_of_a_hidden_sheet_is_found_again(with_hidden):
    cells = read_cells(with_hidden, sheet="Old", row=2)
    assert dict(cells)["Produced Qty"] == "201"


def test_a_workbook_of_hidden_sheets_is_refused_and_they_may_be_included(tmp_path):
    path = workbook(tmp_path / "a.xlsx", {"Note": [], "Data": [HEAD, *ROWS]}, {"Data": "hidden"})
    reading = read_file(path)
    assert reading.state == "rejected"
    assert "'Data'" in reading.problems[0].actual
    (id,) = [s.id for s in reading.sheets if s.hidden]
    assert produced(read_file(path, answers={id: "include"})) == sum(r[2] for r in ROWS)


PIVOT_RELATION = (
    '<?xml version="1.0"?><Relationships '
    'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/pivotTable" '
    'Target="../pivotTables/pivotTable1.xml"/></Relationships>'
)


def test_a_pivot_is_named_and_left_out_unless_wanted(tmp_path):
    sums = [["Line", "Produced Qty"], ["L1", 515.0], ["Grand Total", 515.0]]
    path = workbook(tmp_path / "a.xlsx", {"Pivot": sums, "Data": [HEAD, *ROWS]})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/worksheets/_rels/sheet1.xml.rels", PIVOT_RELATION)
    reading = read_file(path)
    pivot, data = reading.sheets
    assert (pivot.used, pivot.hidden, data.used) == (False, False, True)
    assert "pivot" in pivot.why
    assert produced(reading) == 515.0
    included = read_file(path, answers={pivot.id: "include"})
    assert "pivot" not in included.sheets[0].why
