"""Messy files that others made: the raw tables against the truth, cell by cell.

``TRUTH`` has a clean version of every file. For the others the expected outcome is written here,
with the reason.
"""

import csv
from datetime import date, datetime
from pathlib import Path

import pytest

from kpi.errors import RefusedFileError
from kpi.ingest.grid import text_of
from kpi.ingest.sheets import raw_file

SAMPLES = Path(__file__).parents[2].parent / "shared" / "samples"
TRUTH = SAMPLES / "messy-pollock"

pytestmark = [
    pytest.mark.samples,
    pytest.mark.skipif(
        not SAMPLES.exists(), reason="the sample spreadsheets do not stand beside the project"
    ),
]


def truth_of(name):
    with (TRUTH / f"truth_{name}").open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def texts(table):
    """Headings (unless there are none) and cells as text."""
    columns = [[text_of(cell) for cell in column.to_list()] for column in table.columns]
    rows = [list(row) for row in zip(*columns, strict=True)]
    return rows if table.headerless else [list(table.headings), *rows]


def padded(rows, width):
    return [row + [""] * (width - len(row)) for row in rows]


def without_echo(heading):
    """A heading printed in three rows alike is one heading."""
    words = heading.split()
    third = len(words) // 3
    same = words[:third] == words[third : 2 * third] == words[2 * third :]
    return " ".join(words[:third]) if third and same else heading


NAMES = sorted(p.name for p in TRUTH.glob("file_*.csv")) if TRUTH.exists() else []


@pytest.mark.parametrize("name", [n for n in NAMES if n != "file_no_payload.csv"])
def test_the_first_table_is_the_truth(name):
    truth = truth_of(name)
    if "multirow" in name:
        truth[0] = [without_echo(heading) for heading in truth[0]]
    raw = raw_file(TRUTH / name)
    assert raw.refused == ()
    assert padded(texts(raw.tables[0]), 9) == truth


def test_a_file_without_bytes_is_refused():
    with pytest.raises(RefusedFileError, match="empty"):
        raw_file(TRUTH / "file_no_payload.csv")


@pytest.mark.parametrize(("name", "width"), [("less", 8), ("more", 10)])
def test_a_second_table_below_has_its_own_headings(name, width):
    """The lines below the first table, as they stand in the file."""
    path = TRUTH / f"file_multitable_{name}.csv"
    with path.open(newline="", encoding="utf-8") as file:
        lines = list(csv.reader(file))
    (start,) = [i for i, row in enumerate(lines) if row[0] == "DATE" and i > 0]
    _, second = raw_file(path).tables
    assert second.header_rows == (start + 1,)
    got = padded(texts(second), width)
    assert got == [row[:width] for row in padded(lines[start:], width) if any(row)]


def shape(path):
    return [(t.sheet, t.headings, len(t.rows)) for t in raw_file(path).tables]


CSVKIT = {
    "bad.csv": ([("", ("column_a", "column_b", "column_c"), 2)], "the row that has slipped is out"),
    "mac_newlines.csv": ([("", ("a", "b", "c"), 2)], "CR ends a line, and stands in a quoted cell"),
    "no_header_row.csv": ([("", ("", "", ""), 1)], "numbers alone are no header"),
    "null_byte.csv": ([("", ("a", "b", "c"), 1)], "a NUL is left out, and said"),
    "test_empty_columns_long_row.csv": ([("", ("a", "b", "c"), 0)], "blank cells are no row"),
    "test_header_newline.csv": ([("", ("start end", "b", "c"), 1)], "line breaks are blanks"),
    "test_latin1.csv": ([("", ("a", "b", "c"), 2)], "one byte beyond ASCII"),
    "test_locale.csv": ([("", ("a", "b", "c"), 1)], "numbers stay text here"),
    "test_skip_lines.csv": ([("", ("a", "b", "c"), 1)], "blank lines above the header"),
    "test_utf16_little.csv": ([("", ("a", "b", "c"), 2)], "a mark of two bytes"),
}
PHPSPREADSHEET = {
    "HiddenMergeCellsTest.xlsx": ([("Sheet1", ("", ""), 2)], "what merging hides is not read"),
    "NumberFormatTest.de.csv": ([("", ("WAHR", "FALSCH"), 1)], "no table; refused further up"),
    "contains_html.csv": (
        [("", ("Column A", "<a href=''>Link</a>", "Column C"), 0)],
        "markup inside a cell is text",
    ),
    "encoding.utf16le.csv": ([("", ("", ""), 2)], "UTF-16 without a mark"),
    "linend.mac.csv": ([("", ("", ""), 2)], "CR alone"),
    "octo#thorpe.xlsx": ([("Sheet1", ("xyz",), 0)], "a name is no path"),
    "premiere.utf16lebom.csv": ([("", ("première", "second", "troisième"), 1)], "a mark"),
    "premiere.utf32bebom.csv": ([("", ("première", "second", "troisième"), 1)], "four bytes each"),
    "premiere.win1252.csv": ([("", ("première", "second", "troisième"), 1)], "by its words"),
    "semicolon_separated.csv": ([("", ("This", "Are", "Headers"), 2)], "not at the comma of 25,5"),
    "sep.csv": ([("", ("", ""), 2)], "sep= is a directive and no row"),
    "utf16be.bom.xlsx": ([("Sheet1", ("",), 1)], "parts in UTF-16 are read from a repaired copy"),
    "visibility.xlsx": (
        [("Sheet1", ("Visible1",), 0), ("Sheet3", ("Visible3",), 0)],
        "hidden sheets are named and left out",
    ),
    "without_cell_reference.xlsx": ([("工作表1", ("",) * 10, 10)], "cells count on by themselves"),
}
READXL = {
    "65536-rows-xls.xls": ([("Sheet1", ("HELLO",), 1)], "a table in the last two rows"),
    "missing-first-column.xlsx": ([("Sheet1", ("",), 3)], "column A is blank"),
    "names-need-repair-xlsx.xlsx": (
        [("Sheet1", ("a b", "a b", "", "c%&$"), 2)],
        "headings stay as they are printed",
    ),
    "new_line_errors.xlsx": ([("Blad1", ("column_name",), 2)], "line breaks as Excel writes them"),
    "nonstandard-xml-ns-prefix.xlsx": ([("Sheet1", ("a", "b"), 2)], "a prefix before every tag"),
    "skipping.xlsx": (
        [
            ("two_blank_rows", ("var1", "var2"), 2),
            ("occupied_row_and_blank_row", ("var1", "var2"), 2),
            ("two_occupied_rows", ("var1", "var2"), 2),
        ],
        "blank rows and notes above and inside",
    ),
    "style-only-cells.xlsx": (
        [("Data", ("var1", "var2", "var3", "var5"), 3)],
        "cells that hold a format only are blank",
    ),
    "texty-dates-xlsx.xlsx": ([("Sheet1", ("a",), 2)], "dates with a time"),
    "unnamed-duplicated-columns.xlsx": (
        [("Sheet1", ("", "var2", "", "var2"), 2)],
        "blank headings stay blank",
    ),
    "utf8-sheet-names.xlsx": ([("µ", ("x",), 1), ("∂", ("x",), 1)], "names beyond ASCII"),
    "vietnamese-utf8.xls": ([("Sheet1", ("Mô tả",), 6)], "letters beyond Latin-1"),
    "empty-sheets.xlsx": ([("header_only", ("var1", "var2"), 0)], "a sheet without cells is named"),
    "currency-formats-xlsx.xlsx": (
        [("Tabelle1", ("product", "cost_EUR", "cost_CHF", "cost_mixed"), 2)],
        "formats of money are no dates",
    ),
    "deaths.xlsx": (
        [
            (sheet, ("Name", "Profession", "Age", "Has kids", "Date of birth", "Date of death"), n)
            for sheet, n in (("arts", 13), ("other", 14))
        ],
        "notes above the headings are no headings, though one is merged",
    ),
}
READXL["deaths.xls"] = READXL["deaths.xlsx"]
EXPECTED = [
    pytest.param(folder, name, wanted, id=f"{name}: {why}")
    for folder, files in (
        ("messy-csvkit", CSVKIT),
        ("messy-phpspreadsheet", PHPSPREADSHEET),
        ("messy-readxl", READXL),
    )
    for name, (wanted, why) in files.items()
]


@pytest.mark.parametrize(("folder", "name", "wanted"), EXPECTED)
def test_the_tables_of_messy_files(folder, name, wanted):
    assert shape(SAMPLES / folder / name) == wanted


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("messy-csvkit/empty.csv", "no cells, only blanks"),
        ("messy-phpspreadsheet/empty.csv", "empty"),
        ("bad-calamine/pass_protected.xlsx", "password"),
        ("bad-calamine/pass_protected.xlsb", "password"),
        ("bad-calamine/pass_protected.ods", "password"),
        ("bad-calamine/issue_666_panic.xlsb", "no cells"),
    ],
)
def test_what_cannot_be_read_says_why(name, sentence):
    with pytest.raises(RefusedFileError, match=sentence):
        raw_file(SAMPLES / name)


def column(name, heading, sheet=None):
    tables = [t for t in raw_file(SAMPLES / name).tables if sheet in (None, t.sheet)]
    (found,) = [c for c in tables[0].columns if c.heading == heading]
    return found.to_list()


def test_dates_of_a_workbook_that_counts_from_1904():
    (table,) = raw_file(SAMPLES / "messy-readxl/dates-1904.xls").tables
    assert table.epoch1904
    assert {cell for c in table.columns for cell in c.to_list()} == {date(2000, 1, 1)}


def test_days_after_the_leap_day_that_never_was_are_right():
    """Serials 61 and later; those before are in no plant's data."""
    sheet = "for_testing"
    when = column("messy-readxl/dates-leap-year-1900-xlsx.xlsx", "dttm", sheet)
    said = column("messy-readxl/dates-leap-year-1900-xlsx.xlsx", "dttm_string", sheet)
    later = [(w, s) for w, s in zip(when, said, strict=True) if s > "1900-03"]
    assert later
    assert all(w == datetime.fromisoformat(s) for w, s in later)


def test_moments_are_rounded_to_the_second_they_show():
    when = column("messy-readxl/datetime-rounding.xlsx", "dttm")
    said = column("messy-readxl/datetime-rounding.xlsx", "dttm_string")
    assert when == [datetime.fromisoformat(s) for s in said]


def test_money_is_a_number_whatever_its_format():
    for heading in ("cost_EUR", "cost_CHF", "cost_mixed"):
        assert column("messy-readxl/currency-formats-xlsx.xlsx", heading) == [0.5, 10000.0]


def test_a_chart_sheet_is_named_and_left_out():
    sheets = raw_file(SAMPLES / "messy-readxl/embedded-chartsheet.xlsx").sheets
    (chart,) = [s for s in sheets if s.name == "Chart1"]
    assert (chart.used, chart.why) == (False, "a chart or macro sheet, no cells")


def test_backslashes_in_the_package_are_slashes():
    (table,) = raw_file(
        SAMPLES / "messy-phpspreadsheet/Zip-Windows-Directory-Separator.xlsx"
    ).tables
    assert (table.headings[:3], len(table.rows)) == (("Key ID", "Key", "English"), 2)


def test_hidden_sheets_are_named():
    sheets = raw_file(SAMPLES / "messy-phpspreadsheet/visibility.xlsx").sheets
    assert [(s.name, s.hidden) for s in sheets] == [
        ("Sheet1", False),
        ("Sheet2", True),
        ("Sheet3", False),
        ("Sheet4", True),
    ]


def test_formulas_nobody_can_parse_do_not_cost_their_results():
    (table,) = raw_file(SAMPLES / "bad-calamine/ptgexp-truncated-operand.xls").tables
    assert table.doubts == ()
    row = [c.cell(1) for c in table.columns[:7]]
    assert row == ["Microsoft Corp", 100.0, 96.125, 9612.5, 41.75, 9654.25, 96.5425]


def test_a_message_that_calls_itself_a_workbook_is_no_table():
    (table,) = raw_file(SAMPLES / "bad-calamine/too_small.xls").tables
    assert len(table.columns) == 1
    assert len(table.rows) == 0
