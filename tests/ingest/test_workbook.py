"""Workbooks: typed cells, hidden sheets, errors, stray cells, and the fast way agreeing."""

import io
import zipfile
from datetime import date, datetime, time, timedelta

import pytest
import xlwt
from openpyxl import Workbook

from kpi.errors import RefusedFileError
from kpi.ingest import workbook
from kpi.ingest.grid import letter_of
from kpi.ingest.layout import tables_of
from kpi.ingest.sheets import raw_file


def saved(path, rows, edit=None):
    book = Workbook()
    sheet = book.active
    sheet.title = "Data"
    for row in rows:
        sheet.append(row)
    if edit:
        edit(book)
    book.save(path)
    return path


def with_sheet_xml(path, change):
    """Rewrite the first sheet's XML."""
    data = path.read_bytes()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            new.writestr(name, change(text.decode()) if name.endswith("sheet1.xml") else text)


ROWS = [
    ["Date", "At", "Took", "Qty", "Part", "Done"],
    [date(2026, 1, 2), time(6, 30), timedelta(hours=30), 1.5, "007", True],
    [date(2026, 1, 3), time(7, 0), timedelta(hours=1), 2, "008", False],
]


def test_cells_keep_their_types(tmp_path):
    (table,) = raw_file(saved(tmp_path / "a.xlsx", ROWS)).tables
    kinds = [str(c.values.type) if c.values is not None else "cells" for c in table.columns]
    assert kinds == ["date32[day]", "cells", "cells", "double", "string", "bool"]
    assert [c.to_list()[0] for c in table.columns] == ROWS[1]
    assert table.rows.tolist() == [2, 3]


def test_a_column_of_mixed_types_keeps_each_cell(tmp_path):
    rows = [["Date", "Qty"], [date(2026, 1, 2), 5], ["03.01.2026", "k.A."]]
    (table,) = raw_file(saved(tmp_path / "a.xlsx", rows)).tables
    assert [c.cells for c in table.columns] == [[date(2026, 1, 2), "03.01.2026"], [5.0, "k.A."]]


def test_error_cells_are_text_not_blank(tmp_path):
    rows = [["Date", "Qty"], [date(2026, 1, 2), "#N/A"], [date(2026, 1, 3), "#DIV/0!"]]
    (table,) = raw_file(saved(tmp_path / "a.xlsx", rows)).tables
    assert table.columns[1].to_list() == ["#N/A", "#DIV/0!"]


def test_hidden_and_empty_sheets_are_named_and_left_out(tmp_path):
    def edit(book):
        book.create_sheet("Old")["A1"] = 1
        book["Old"].sheet_state = "hidden"
        book.create_sheet("Blank")

    file = raw_file(saved(tmp_path / "a.xlsx", ROWS, edit))
    assert [(s.name, s.used, s.why) for s in file.sheets] == [
        ("Data", True, ""),
        ("Old", False, "hidden"),
        ("Blank", False, "empty"),
    ]


def test_formulas_without_a_result_are_said(tmp_path):
    rows = [["Date", "Qty"], [date(2026, 1, 2), "=1+1"], [date(2026, 1, 3), 4]]
    (table,) = raw_file(saved(tmp_path / "a.xlsx", rows)).tables
    assert table.doubts == (
        "1 formula has no stored result and reads as blank: open the file in Excel and save it.",
    )


def test_the_1904_epoch_is_said_and_dates_are_right(tmp_path):
    def edit(book):
        from openpyxl.utils.datetime import CALENDAR_MAC_1904

        book.epoch = CALENDAR_MAC_1904

    (table,) = raw_file(saved(tmp_path / "a.xlsx", ROWS[:1] + ROWS[1:], edit)).tables
    assert table.epoch1904
    assert table.columns[0].to_list() == [date(2026, 1, 2), date(2026, 1, 3)]


def test_a_stray_cell_at_the_edge_is_left_out_and_named(tmp_path):
    rows = [["Date", "Qty"], *[[date(2026, 1, 2), i] for i in range(30)]]

    def edit(book):
        book.active["XFD1048576"] = "x"

    (table,) = raw_file(saved(tmp_path / "a.xlsx", rows, edit)).tables
    assert len(table.rows) == 30
    assert table.doubts == ("1 cell far from the table is left out: XFD1048576.",)


def test_a_sheet_that_claims_a_million_rows(tmp_path):
    path = saved(tmp_path / "a.xlsx", ROWS)
    with_sheet_xml(path, lambda xml: xml.replace("A1:F3", "A1:XFD1048576"))
    (table,) = raw_file(path).tables
    assert len(table.rows) == 2
    assert table.doubts == ()


TO_THE_END = [
    pytest.param(lambda xml: xml.replace("A1:D401", "A1:XFD1048576"), id="the sheet's own claim"),
    pytest.param(lambda xml: below(xml, '<row r="{0}" s="1" customFormat="1"/>'), id="rows"),
    pytest.param(lambda xml: below(xml, '<row r="{0}"><c r="D{0}" s="1"/></row>'), id="cells"),
    pytest.param(
        lambda xml: below(xml, '<row r="{0}"><c r="D{0}" t="str"><f>A{0}</f><v></v></c></row>', 2),
        id="formulas that show nothing",
    ),
    pytest.param(
        lambda xml: below(xml, '<row r="{0}"><c r="XFD{0}"><v>1</v></c></row>', 1),
        id="one stray cell",
    ),
]


def below(xml, row, count=1000):
    """Rows of nothing but format down to the last row there is."""
    step = 1_048_174 // count
    rows = "".join(row.format(402 + i * step) for i in range(count)) + row.format(1_048_576)
    return xml.replace("</sheetData>", rows + "</sheetData>")


@pytest.mark.parametrize("change", TO_THE_END)
def test_a_sheet_formatted_to_its_end_costs_the_rows_it_holds(tmp_path, monkeypatch, change):
    """Counted in cells that become Python objects; the rest is the reader's business."""
    body = [[date(2026, 1, i % 28 + 1), f"L{i % 3}", i, i % 7] for i in range(400)]
    path = saved(tmp_path / "a.xlsx", [["Date", "Line", "Made", "Scrap"], *body])
    with_sheet_xml(path, change)
    touched = []
    typed = workbook._typed_grid

    def spy(*given):
        grid = typed(*given)
        touched.append(len(grid.rows) * grid.width)
        return grid

    monkeypatch.setattr(workbook, "_typed_grid", spy)
    (table,) = raw_file(path).tables
    assert len(table.rows) == 400
    assert touched == [401 * 4]


def test_a_part_that_was_changed_after_saving_is_refused(tmp_path):
    path = saved(tmp_path / "a.xlsx", ROWS)
    with_sheet_xml(path, lambda xml: xml)  # stored as it is, not packed
    data = path.read_bytes()
    assert data.count(b"<v>1.5</v>") == 1
    path.write_bytes(data.replace(b"<v>1.5</v>", b"<v>9.5</v>"))
    with pytest.raises(RefusedFileError, match="not what was saved"):
        raw_file(path)


def test_parts_in_utf16_are_read_from_a_repaired_copy(tmp_path):
    path = saved(tmp_path / "a.xlsx", ROWS)
    data = path.read_bytes()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name.startswith("xl/workbook.xml"):
                head = "<?xml version='1.0' encoding='UTF-16'?>"
                part = (head + part.decode().split("?>")[-1]).encode("utf-16")
            new.writestr(name, part)
    assert len(raw_file(path).tables[0].rows) == 2


LARGE = [
    ["Scrap report"],
    [],
    ["Date", "At", "Part", "Qty"],
    *[[datetime(2026, 1, i % 28 + 1, 6), time(i % 24), f"P{i % 7}", float(i)] for i in range(500)],
]


@pytest.fixture
def always_large(monkeypatch):
    monkeypatch.setattr(workbook, "LARGE_SHEET_BYTES", 0)


def outcome(path):
    (table,) = raw_file(path).tables
    return (
        table.titles,
        table.header_rows,
        table.rows.tolist(),
        table.headings,
        [c.to_list() for c in table.columns],
        [(t.row, t.label, dict(t.values)) for t in table.totals],
    )


@pytest.mark.parametrize(
    "last",
    [
        pytest.param([], id="clean"),
        pytest.param([None, None, "Total", 124750.0], id="a total row"),
        pytest.param([None, None, "P1", "#N/A"], id="an error cell: the careful way takes over"),
        pytest.param(["01.02.2026", None, "P1", 1.0], id="a date as text: so does it here"),
        pytest.param(["Date", "At", "Part", "Qty"], id="the header again"),
        pytest.param([None, None, "P1 Total", 5.0], id="the total of a part named above"),
        pytest.param([None, None, None, 124750.0], id="a sum without a word"),
        pytest.param(["Average", None, None, 249.5], id="an average"),
        pytest.param(["Printed by the MES"], id="a note"),
    ],
)
def test_the_fast_way_agrees_with_the_careful_one(tmp_path, monkeypatch, last):
    path = saved(tmp_path / "a.xlsx", [*LARGE, last])
    careful = outcome(path)
    monkeypatch.setattr(workbook, "LARGE_SHEET_BYTES", 0)
    assert outcome(path) == careful
    assert careful[1] == (3,)


def test_merged_cells_of_a_large_sheet_are_filled_down(tmp_path, always_large):
    def edit(book):
        book.active.merge_cells("C100:C102")

    path = saved(tmp_path / "a.xlsx", LARGE, edit)
    (table,) = raw_file(path).tables
    assert table.columns[2].to_list()[96:99] == ["P5", "P5", "P5"]


def test_the_fast_way_is_taken(tmp_path, always_large, monkeypatch):
    path = saved(tmp_path / "a.xlsx", LARGE)
    monkeypatch.setattr(workbook, "_typed_grid", None)  # the careful way would fail
    (table,) = raw_file(path).tables
    assert (len(table.rows), int(table.rows[-1])) == (500, 503)


def test_xls_and_ods(tmp_path):
    book = xlwt.Workbook()
    sheet = book.add_sheet("Data")
    style = xlwt.easyxf(num_format_str="DD.MM.YYYY")
    for row, cells in enumerate([["Date", "Qty"], [date(2026, 1, 2), 5]]):
        for column, cell in enumerate(cells):
            sheet.write(
                row, column, cell, style if isinstance(cell, date) else xlwt.Style.default_style
            )
    path = tmp_path / "a.xls"
    book.save(str(path))
    (table,) = raw_file(path).tables
    assert [c.to_list() for c in table.columns] == [[date(2026, 1, 2)], [5.0]]


def old_workbook(path, write):
    book = xlwt.Workbook()
    sheet = book.add_sheet("Data")
    for column, heading in enumerate(["Date", "Line", "Qty"]):
        sheet.write(0, column, heading)
    for row in range(1, 6):
        sheet.write(row, 0, f"0{row}.01.2026")
        sheet.write(row, 1, "L1")
        sheet.write(row, 2, row)
    write(sheet)
    book.save(str(path))
    return path


def test_error_cells_of_an_old_workbook_are_text_whatever_its_formulas(tmp_path):
    def write(sheet):
        for row, code in enumerate([0x2A, 0x07, 0x17], 6):
            sheet.write(row, 0, f"0{row}.01.2026")
            sheet.write(row, 1, "L1")
            sheet.row(row).set_cell_error(2, code)

    (table,) = raw_file(old_workbook(tmp_path / "a.xls", write)).tables
    assert table.columns[2].to_list()[-3:] == ["#N/A", "#DIV/0!", "#REF!"]
    assert table.doubts == ()


def test_formulas_an_old_workbook_never_calculated_are_blank_and_said(tmp_path):
    def write(sheet):
        sheet.write(6, 0, "07.01.2026")
        sheet.write(6, 1, "L1")
        sheet.write(6, 2, xlwt.Formula("1+1"))  # stored without a result, to be calculated

    (table,) = raw_file(old_workbook(tmp_path / "a.xls", write)).tables
    assert table.columns[2].to_list()[-1] is None
    assert [d.template for d in table.doubts] == [
        "{n} formula has no stored result and reads as blank: open the file in Excel and save it."
    ]


def test_hidden_rows_of_an_old_workbook_are_said(tmp_path):
    def write(sheet):
        sheet.row(3).hidden = True

    (table,) = raw_file(old_workbook(tmp_path / "a.xls", write)).tables
    assert (len(table.rows), table.notes) == (5, ("1 hidden or filtered row is read as well.",))


def test_cells_hidden_under_a_merged_cell_are_not_read(tmp_path):
    rows = [["Date", "Line", "Qty"], *[[date(2026, 1, d), "L1", d] for d in range(1, 6)]]

    def edit(book):
        book.active.merge_cells("B3:C3")

    path = saved(tmp_path / "a.xlsx", rows, edit)
    with_sheet_xml(
        path,
        lambda xml: xml.replace(
            '</c></row><row r="4"', '</c><c r="C3"><v>7</v></c></row><row r="4"'
        ),
    )
    (table,) = raw_file(path).tables
    assert table.columns[2].to_list() == [1, None, 3, 4, 5]
    assert table.doubts == ("1 cell is hidden under a merged cell and not read: C3.",)


def test_html_with_spans_and_xml_spreadsheet(tmp_path):
    html = tmp_path / "a.xls"
    html.write_text(
        "<table><tr><th rowspan=2>Date</th><th colspan=2>Scrap</th></tr>"
        "<tr><th>pcs</th><th>kg</th></tr>"
        "<tr><td>01.02.2026</td><td>5</td><td>1,5</td></tr></table>"
    )
    (table,) = raw_file(html).tables
    assert table.headings == ("Date", "Scrap pcs", "Scrap kg")
    xml = tmp_path / "b.xls"
    xml.write_text(
        '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="S"><Table>'
        '<Row><Cell><Data ss:Type="String">Date</Data></Cell><Cell><Data ss:Type="String">Qty</Data></Cell></Row>'
        '<Row ss:Index="4"><Cell><Data ss:Type="DateTime">2026-01-02T00:00:00.000</Data></Cell>'
        '<Cell><Data ss:Type="Number">5</Data></Cell></Row></Table></Worksheet></Workbook>'
    )
    (table,) = raw_file(xml).tables
    assert (table.sheet, table.rows.tolist()) == ("S", [4])
    assert [c.to_list() for c in table.columns] == [[date(2026, 1, 2)], [5.0]]


def test_letters_to_the_edge():
    assert [letter_of(i) for i in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


def test_tables_of_an_empty_grid_are_none():
    from kpi.ingest.grid import Grid

    assert tables_of(Grid("S", (), ())).tables == ()
