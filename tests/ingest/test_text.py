"""Text files: encoding, separator, quotes, line ends; every row keeps its number."""

import pytest

from kpi.errors import RefusedFileError
from kpi.ingest.layout import tables_of
from kpi.ingest.limits import Limits
from kpi.ingest.text import SMALL_BYTES, grid_of_bytes, read_text

TABLE = [["Datum", "Größe", "Menge"], ["01.02.2026", '8"', "1.234,5"], ["02.02.2026", "9", "7"]]


def written(separator, encoding, end="\r\n"):
    lines = [separator.join(f'"{c.replace(chr(34), chr(34) * 2)}"' for c in row) for row in TABLE]
    return (end.join(lines) + end).encode(encoding)


def cells(data):
    grid = grid_of_bytes(data)
    return [list(row) for row in grid.rows]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", "^", "~", "\x1f", "¦", " "])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_every_separator_in_every_encoding(separator, encoding):
    assert cells(written(separator, encoding)) == TABLE


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end(end):
    assert cells(written(";", "utf-8", end)) == TABLE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("sep=;\na;b\n1;2\n", [["a", "b"], ["1", "2"]], id="sep= is a directive"),
        pytest.param('a, b\n1, "2, 3"\n', [["a", "b"], ["1", "2, 3"]], id="comma and blank"),
        pytest.param('a,b\n"x \\"y\\" z",2\n', [["a", "b"], ['x "y" z', "2"]], id="backslash"),
        pytest.param('a,b\n"C:\\dir\\",2\n', [["a", "b"], ["C:\\dir\\", "2"]], id="a path is none"),
        pytest.param("a;b\n1,5;2\n", [["a", "b"], ["1,5", "2"]], id="decimal commas"),
        pytest.param("a,b\n 1 ,\n", [["a", "b"], [" 1 ", None]], id="cells as printed"),
        pytest.param(
            'a,b\n"x\\, y",2\nx\\, y,2\nz,3\n',
            [["a", "b"], ["x, y", "2"], ["x, y", "2"], ["z", "3"]],
            id="a separator behind a backslash",
        ),
        pytest.param(
            "'a','b'\n'8\"\" pipe','2'\n'x','y'\n'v','w'\n",
            [["a", "b"], ['8" pipe', "2"], ["x", "y"], ["v", "w"]],
            id="single quotes, double ones doubled inside",
        ),
        pytest.param(
            "'a','b'\n'it's','2'\n'x','y'\n'v','w'\n",
            [["a", "b"], ["it's", "2"], ["x", "y"], ["v", "w"]],
            id="single quotes, one inside",
        ),
    ],
)
def test_dialects(text, expected):
    assert cells(text.encode()) == expected


def test_one_line_of_words_is_no_table():
    assert cells(b"Attachment C:\\out\\summer shots.xls not found!\n") == [
        ["Attachment C:\\out\\summer shots.xls not found!"]
    ]


PRINTED = """Scrap report of January 2026

Date        Line    Part name           Qty
----------  ------  ----------------  -----
01.02.2026  L1      Valve, small          5
02.02.2026  L2      Cover                16
03.02.2026          Cap left             7
04.02.2026  L1      Bracket             12
"""


def test_printed_columns_parted_by_blanks_alone():
    assert cells(PRINTED.encode()) == [
        ["Scrap report of January 2026", None, None, None],
        [None] * 4,
        ["Date", "Line", "Part name", "Qty"],
        ["----------", "------", "----------------", "-----"],
        ["01.02.2026", "L1", "Valve, small", "5"],
        ["02.02.2026", "L2", "Cover", "16"],
        ["03.02.2026", None, "Cap left", "7"],
        ["04.02.2026", "L1", "Bracket", "12"],
    ]


def test_a_printed_line_that_does_not_keep_to_the_columns_is_one_cell():
    text = PRINTED + "04.02.2026  L1      A name that is far too long 8\n"
    assert cells(text.encode())[-1] == [text.splitlines()[-1], None, None, None]


def test_printed_list_with_pipes():
    text = "Scrap list\n" + "-" * 20 + "\n|Date      |Qty|\n|----------|---|\n|01.02.2026|  5|\n"
    assert cells(text.encode()) == [
        ["Scrap list", None],
        ["-" * 20, None],
        ["Date", "Qty"],
        ["-" * 10, "---"],
        ["01.02.2026", "5"],
    ]


def test_two_encodings_in_one_file():
    data = "Größe;Menge\n".encode() + "Größe;1\n".encode("cp1252")
    grid = grid_of_bytes(data)
    assert [list(row) for row in grid.rows] == [["Größe", "Menge"], ["Größe", "1"]]
    assert grid.notes == ("Two encodings in one file (UTF-8 and Windows-1252).",)


def test_dos_text():
    assert cells("Stück;Größe\nGehäuse;1\n".encode("cp850"))[0] == ["Stück", "Größe"]


def test_nul_bytes_are_left_out_and_said():
    grid = grid_of_bytes(b"a,b\n\x001,2\n")
    assert list(grid.rows[1]) == ["1", "2"]
    assert grid.notes == ("1 NUL characters were left out.",)


def test_rows_are_numbered_as_a_spreadsheet_would():
    text = 'Note\n\nDate,Text,Qty\n2026-01-01,"two\nlines",1\n\n2026-01-02,x,2\n'
    (table,) = tables_of(grid_of_bytes(text.encode())).tables
    assert table.header_rows == (3,)
    assert table.titles == ("Note",)
    assert table.rows.tolist() == [4, 6]


def test_an_unclosed_quote_costs_its_row_only():
    rows = "".join(f"2026-01-01,L1,{i}\n" for i in range(300))
    text = 'Date,Line,Qty\n2026-01-01,"L1,5\n' + rows
    found = tables_of(grid_of_bytes(text.encode()))
    (table,) = found.tables
    assert [(r.row, r.reason) for r in found.refused] == [
        (2, "a quotation mark is opened and never closed")
    ]
    assert table.rows.tolist() == list(range(3, 303))


@pytest.mark.parametrize("head", ['"Date,Line,Qty\n', 'Report\n\nDate,"Line,Qty\n'])
def test_an_unclosed_quote_in_the_header_of_a_long_file_is_refused_at_once(head):
    text = head + "2026-01-01,L1,5\n" * 80_000
    with pytest.raises(RefusedFileError, match="at the head of the table, a quotation mark"):
        grid_of_bytes(text.encode())


def test_a_row_that_has_slipped_is_refused_whole():
    text = "Date,Line,Qty\n2026-01-01,L1,5\n2026-01-02,L1,1,5\n2026-01-03,L1,2\n"
    found = tables_of(grid_of_bytes(text.encode()))
    assert [(r.row, r.reason, r.cells) for r in found.refused] == [
        (3, "4 cells under 3 headings", ("2026-01-02", "L1", "1", "5"))
    ]
    assert found.tables[0].rows.tolist() == [2, 4]


NAMES = ["Valve", "Cover", "Valve, small", "Cap", "Pump", "Hose", "Bracket left", "Seal"]


def slipped(line="2026-01-09,Valve, large,L2,4,ok\n"):
    rows = [f'2026-01-0{i + 1},"{n}",L{i % 2 + 1},{i},ok\n' for i, n in enumerate(NAMES)]
    rows = [row.replace('"', "") if "," not in NAMES[i] else row for i, row in enumerate(rows)]
    return "Date,Part name,Line,Qty,Remark\n" + "".join(rows) + line


def test_a_separator_inside_a_name_is_put_right_where_only_one_column_can_hold_it():
    found = tables_of(grid_of_bytes(slipped().encode()))
    (table,) = found.tables
    assert found.refused == ()
    assert [c.to_list()[-1] for c in table.columns] == [
        "2026-01-09",
        "Valve, large",
        "L2",
        "4",
        "ok",
    ]
    assert [d.values["rows"] for d in table.doubts] == ["10"]


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("2026-01-09,Valve,L2,1,4,ok\n", id="a remark or a number: two ways"),
        pytest.param("2026-01-09,Valve,,L2,4,ok\n", id="an empty cell too many"),
        pytest.param('2026-01-09,Valve,"large",L2,4,ok\n', id="a piece in quotation marks"),
        pytest.param("2026-01-09,a,b,c,d,e,f,g,L2,x,ok\n", id="no number where one belongs"),
    ],
)
def test_other_slips_are_refused(line):
    lines = slipped(line).replace(",ok\n", ",fine by me\n", 3)
    found = tables_of(grid_of_bytes(lines.encode()))
    assert [row.row for row in found.refused] == [10]
    assert len(found.tables[0].rows) == len(NAMES)


def test_two_names_beside_each_other_leave_it_open():
    rows = [f"2026-01-0{i + 1},{n} part,{n} defect,{i}\n" for i, n in enumerate("abcdefgh")]
    text = "Date,Part name,Reason,Qty\n" + "".join(rows) + "2026-01-09,Valve, small,Crack,5\n"
    assert [row.row for row in tables_of(grid_of_bytes(text.encode())).refused] == [10]


def test_rows_that_all_end_in_a_separator_stay_when_one_has_slipped():
    lines = ["Date,Line,Qty\n", *[f"2026-01-0{i},L1,{i},\n" for i in range(1, 7)]]
    lines.append("2026-01-07,L1,1,5,\n")
    found = tables_of(grid_of_bytes("".join(lines).encode()))
    assert [row.row for row in found.refused] == [8]
    assert found.tables[0].rows.tolist() == [2, 3, 4, 5, 6, 7]


def test_slips_and_short_rows_of_a_large_file_are_told_as_in_a_small_one():
    lines = [
        f"2026-01-{i % 28 + 1:02d},Name {'abcde'[i % 5]},L{i % 7},{i}\n" for i in range(60_000)
    ]
    lines[1000] = "2026-01-01,Valve, small,L1,5\n"
    lines[2000] = "2026-01-01,Valve\n"
    found = tables_of(grid_of_bytes(large(["Date,Part name,Line,Qty\n", *lines]).encode()))
    (table,) = found.tables
    assert found.refused == ()
    assert [c.values[1000].as_py() for c in table.columns] == [
        "2026-01-01",
        "Valve, small",
        "L1",
        "5",
    ]
    assert [d.values["rows"] for d in table.doubts] == ["1002", "2002"]


def test_trailing_separators_are_no_slip():
    found = tables_of(grid_of_bytes(b"Date,Qty\n2026-01-01,5,\n2026-01-02,6,\n"))
    assert not found.refused
    assert found.tables[0].headings == ("Date", "Qty")


def test_a_short_row_is_said():
    text = "Date,Line,Qty\n2026-01-01,L1,5\n2026-01-02,L1,6\n2026-01-03\n"
    (table,) = tables_of(grid_of_bytes(text.encode())).tables
    assert table.doubts == ("Rows with fewer cells than headings: 4.",)


def large(lines):
    body = "".join(lines)
    assert len(body) > SMALL_BYTES
    return body


def test_a_large_file_is_read_as_columns_with_the_same_result():
    lines = ["Report\n", "\n", "Date;Größe;Qty\n"]
    lines += [f"2026-01-{i % 28 + 1:02d};P{i % 7};{i}\n" for i in range(80_000)]
    lines += ["Total;;3199960000\n"]
    for encoding in ("utf-8", "cp1252", "utf-16"):
        (table,) = tables_of(grid_of_bytes(large(lines).encode(encoding))).tables
        assert table.headings == ("Date", "Größe", "Qty")
        assert table.titles == ("Report",)
        assert (table.rows[0], table.rows[-1], len(table.rows)) == (4, 80_003, 80_000)
        assert table.columns[2].values[-1].as_py() == "79999"
        assert [(t.row, t.label, t.values) for t in table.totals] == [
            (80_004, "Total", {"Qty": "3199960000"})
        ]


def test_bad_rows_of_a_large_file_are_refused_and_the_others_keep_their_numbers():
    lines = [f"2026-01-{i % 28 + 1:02d},P{i % 7},{i}\n" for i in range(80_000)]
    lines[1000] = "2026-01-01,P1,1,5\n"
    lines[2000] = "\n"
    lines[3000] = '2026-01-01,"two\nlines",3\n'
    lines[4000] = '2026-01-01,"open,3\n'
    found = tables_of(grid_of_bytes(large(["Date,Part,Qty\n", *lines]).encode()))
    (table,) = found.tables
    assert [r.row for r in found.refused] == [1002, 4002]
    assert len(table.rows) == 79_997
    last = table.columns[2].values[-1].as_py()
    assert (int(table.rows[-1]), last) == (80_001, "79999")


@pytest.mark.parametrize(
    ("data", "limits", "sentence"),
    [
        (b" \n\n", Limits(), "The file holds no cells, only blanks. Export it again."),
        (
            b"a," * 50,
            Limits(columns=20),
            "A row has 51 cells; at most 20 columns are read. "
            "Check the separator, or export fewer columns.",
        ),
        (
            b"a" * 500,
            Limits(line_characters=100),
            "One line of the file is longer than 100 characters. "
            "It is no table of cells; export it again.",
        ),
    ],
)
def test_refusals(tmp_path, data, limits, sentence):
    file = tmp_path / "a.csv"
    file.write_bytes(data)
    with pytest.raises(RefusedFileError) as refusal:
        read_text(file, limits)
    assert str(refusal.value) == sentence


def test_a_header_parted_at_another_sign_than_its_rows():
    text = "Date,Line,Qty\n2026-01-01;L1;5\n2026-01-02;L2;6\n2026-01-03;L1;7\n"
    (table,) = tables_of(grid_of_bytes(text.encode())).tables
    assert (table.headings, len(table.rows)) == (("Date", "Line", "Qty"), 3)
    assert table.notes == ("Row 1 was parted at ','.",)


UGLY = {
    "a group total": ["P3 Total;;5\n"],
    "a subtotal, the other way round": ["Subtotal: P3;;5\n"],
    "an average": ["Average;;5\n"],
    "a name like a total": ["Total Care Kit;2026-01-01;5\n"],
    "groups": ["Line 7\n", "P1;2026-01-01;5\n", "Line 8\n", "P1;2026-01-01;5\n"],
    "another table": ["\n", "Machine;Start;Minutes\n", "M1;2026-01-01;9\n", "M2;2026-01-02;8\n"],
    "a note": ["Printed by the MES\n"],
    "page headings": ["Report\n", "\n", "Part;Date;Qty\n", "P1;2026-01-01;5\n"],
}


@pytest.mark.parametrize("end", UGLY.values(), ids=UGLY)
def test_a_large_file_is_laid_out_as_a_small_one(monkeypatch, end):
    from kpi.ingest import text

    lines = [f"P{i % 7};2026-01-{i % 28 + 1:02d};{i}\n" for i in range(400)]
    data = "".join(["Report\n", "\n", "Part;Date;Qty\n", *lines, *end]).encode()
    small = tables_of(grid_of_bytes(data)).tables
    monkeypatch.setattr(text, "SMALL_BYTES", 100)
    large = tables_of(grid_of_bytes(data)).tables

    def told(tables):
        return [
            (t.titles, t.header_rows, t.headings, t.rows.tolist(), [c.to_list() for c in t.columns],
             [(x.row, x.label, dict(x.values)) for x in t.totals])
            for t in tables
        ]  # fmt: skip

    assert told(large) == told(small)
