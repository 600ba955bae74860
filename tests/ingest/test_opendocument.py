"""OpenDocument spreadsheets: small ones by hand, and what an office program makes of a workbook."""

import os
import shutil
import subprocess
import zipfile
from datetime import date, datetime, time, timedelta

import pytest
from openpyxl import Workbook

from kpi.errors import RefusedFileError
from kpi.ingest.sheets import raw_file

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" '
    'xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0" '
    'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0">'
    '<office:automatic-styles><style:style style:name="away" style:family="table">'
    '<style:table-properties table:display="false"/></style:style>'
    '<number:time-style style:name="N1" number:truncate-on-overflow="false"/>'
    '<style:style style:name="span" style:family="table-cell" style:data-style-name="N1"/>'
    "</office:automatic-styles><office:body><office:spreadsheet>"
)
TAIL = "</office:spreadsheet></office:body></office:document-content>"


def text(words, more=""):
    return f'<table:table-cell office:value-type="string"{more}><text:p>{words}</text:p></table:table-cell>'


def typed(kind, name, value, more=""):
    return f'<table:table-cell office:value-type="{kind}" office:{name}="{value}"{more}/>'


def row(*cells, more=""):
    return f"<table:table-row{more}>{''.join(cells)}</table:table-row>"


def sheet(name, *rows, style=""):
    named = f' table:style-name="{style}"' if style else ""
    return f'<table:table table:name="{name}"{named}>{"".join(rows)}</table:table>'


def saved(path, *sheets):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", HEAD + "".join(sheets) + TAIL)
    return path


HEADINGS = row(*[text(h) for h in ("Date", "Line", "Qty", "Took", "At")])


def of_cells(path):
    (table,) = raw_file(path).tables
    return table, [c.to_list() for c in table.columns]


def test_cells_keep_their_types(tmp_path):
    rows = [
        row(
            typed("date", "date-value", day),
            text("L1"),
            typed("float", "value", "5.5"),
            typed("time", "time-value", "PT26H30M00S", ' table:style-name="span"'),
            typed("time", "time-value", "PT06H30M00S"),
        )
        for day in ("2026-01-02", "2026-01-03T00:00:00")
    ]
    _, columns = of_cells(saved(tmp_path / "a.ods", sheet("S", HEADINGS, *rows)))
    assert columns == [
        [date(2026, 1, 2), date(2026, 1, 3)],
        ["L1"] * 2,
        [5.5] * 2,
        [timedelta(hours=26, minutes=30)] * 2,
        [time(6, 30)] * 2,
    ]


def test_errors_are_text_and_formulas_without_a_result_are_said(tmp_path):
    error = ' table:formula="of:=NA()" calcext:value-type="error"'
    rows = [
        row(text("02.01.2026"), text("L1"), text("#N/A", error)),
        row(text("03.01.2026"), text("L1"), '<table:table-cell table:formula="of:=1+1"/>'),
    ]
    table, columns = of_cells(saved(tmp_path / "a.ods", sheet("S", HEADINGS, *rows)))
    assert columns[2] == ["#N/A", None]
    assert [d.values["n"] for d in table.doubts] == [1]


def test_merged_and_repeated_cells_and_hidden_rows(tmp_path):
    merged = ' table:number-rows-spanned="2" table:number-columns-spanned="1"'
    rows = [
        row(text("02.01.2026"), text("L1", merged), typed("float", "value", "5")),
        row(text("03.01.2026"), "<table:covered-table-cell/>", typed("float", "value", "6")),
        row(
            text("04.01.2026"),
            text("L2"),
            typed("float", "value", "7"),
            more=' table:visibility="filter"',
        ),
        row('<table:table-cell table:number-columns-repeated="16384"/>',
            more=' table:number-rows-repeated="1048570"'),
    ]  # fmt: skip
    table, columns = of_cells(saved(tmp_path / "a.ods", sheet("S", HEADINGS, *rows)))
    assert columns[1] == ["L1", "L1", "L2"]
    assert (table.rows.tolist(), table.notes) == (
        [2, 3, 4],
        ("1 hidden or filtered row is read as well.",),
    )


def test_hidden_sheets_are_named(tmp_path):
    data = row(text("02.01.2026"), text("L1"), typed("float", "value", "5"))
    path = saved(
        tmp_path / "a.ods",
        sheet("S", HEADINGS, data),
        sheet("Old", HEADINGS, data, style="away"),
        sheet("Blank"),
    )
    told = [(s.name, s.used, s.hidden, s.why) for s in raw_file(path).sheets]
    assert told == [
        ("S", True, False, ""),
        ("Old", False, True, "hidden"),
        ("Blank", False, False, "empty"),
    ]


def test_the_same_in_one_piece_of_xml(tmp_path):
    data = row(text("02.01.2026"), text("L1"), typed("float", "value", "5"))
    path = tmp_path / "a.fods"
    whole = (HEAD + sheet("S", HEADINGS, data) + TAIL).replace(
        "document-content ", 'document office:mimetype="application/vnd.oasis.opendocument.spreadsheet" '
    ).replace("document-content>", "document>")  # fmt: skip
    path.write_text(whole)
    raw = raw_file(path)
    assert raw.container == "OpenDocument spreadsheet (.fods)"
    assert raw.tables[0].columns[2].to_list() == [5.0]


@pytest.mark.parametrize(
    "damage", [lambda xml: xml[:-40], lambda xml: '<!DOCTYPE x [<!ENTITY a "b">]>' + xml + "&a;"]
)
def test_damage_is_refused(tmp_path, damage):
    path = tmp_path / "a.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("content.xml", damage(HEAD + sheet("S", HEADINGS) + TAIL))
    with pytest.raises(RefusedFileError, match="damaged"):
        raw_file(path)


# --- what an office program makes of a workbook -----------------------------------------------


def office():
    """The office program's command; the test is skipped where there is none."""
    command = shutil.which("soffice") or shutil.which("libreoffice")
    if command is None and not os.environ.get("KPI_REQUIRE_TOOLS"):
        pytest.skip("no office program to convert with")
    assert command is not None
    return command


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    command, folder = office(), tmp_path_factory.mktemp("office")
    book = Workbook()
    data = book.active
    data.title = "Data"
    for cells in (["Scrap report"], [], ["Date", "Start", "Line", "Qty", "Took", "Note"]):
        data.append(cells)
    for i in range(1, 8):
        start = datetime(2026, 1, i, 6, 30)
        data.append([start.date(), start, "L1", 100 + i, timedelta(hours=26), f"n{i}"])
        data.cell(data.max_row, 5).number_format = "[h]:mm"
    data["F6"] = "=NA()"
    data["D7"] = "=2+3"
    data.merge_cells("C4:C6")
    data.row_dimensions[9].hidden = True
    old = book.create_sheet("Old")
    old.append(["Date", "Qty"])
    old.append([date(2025, 1, 1), 5])
    old.sheet_state = "hidden"
    book.save(folder / "a.xlsx")
    for kind in ("ods", "fods", "xls"):
        subprocess.run(
            [command, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to",
             kind, "--outdir", str(folder), str(folder / "a.xlsx")],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
    return folder


@pytest.mark.parametrize("kind", ["ods", "fods", "xls"])
def test_a_workbook_converted_by_an_office_program_reads_the_same(converted, kind):
    raw = raw_file(converted / f"a.{kind}")
    (table,) = raw.tables
    assert [(s.name, s.used, s.hidden) for s in raw.sheets] == [
        ("Data", True, False),
        ("Old", False, True),
    ]
    assert (table.titles, table.header_rows) == (("Scrap report",), (3,))
    columns = {c.heading: c.to_list() for c in table.columns}
    assert columns["Date"] == [date(2026, 1, i) for i in range(1, 8)]
    assert columns["Start"] == [datetime(2026, 1, i, 6, 30) for i in range(1, 8)]
    assert columns["Line"] == ["L1"] * 7
    assert columns["Qty"] == [101, 102, 103, 5, 105, 106, 107]
    assert columns["Took"] == [timedelta(hours=26)] * 7
    assert columns["Note"] == ["n1", "n2", "#N/A", "n4", "n5", "n6", "n7"]
    assert table.notes == ("1 hidden or filtered row is read as well.",)
    assert table.doubts == ()
