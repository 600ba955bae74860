"""Binary workbooks (.xlsb): values, and what their common readers pass over."""

from datetime import date

import pytest
from binary_book import write

from kpi.errors import RefusedFileError
from kpi.ingest.sheets import raw_file

HEAD = ["Date", "Line", "Qty", "Done"]
ROWS = [
    [date(2026, 1, 2), "Größe", 5.5, True],
    [date(2026, 1, 3), "L2", "#N/A", False],
    [date(2026, 1, 4), "L3", "=#DIV/0!", None],
]


def test_values_errors_and_hidden_sheets(tmp_path):
    sheets = {
        "Data": [["Report"], [], HEAD, *ROWS],
        "Old": [["Date", "Qty"], [date(2025, 1, 2), 5]],
    }
    raw = raw_file(write(tmp_path / "a.xlsb", sheets, {"Old": "veryHidden"}))
    (table,) = raw.tables
    assert [(s.name, s.used, s.hidden) for s in raw.sheets] == [
        ("Data", True, False),
        ("Old", False, True),
    ]
    assert (table.titles, table.rows.tolist()) == (("Report",), [4, 5, 6])
    assert [c.to_list() for c in table.columns] == [
        [date(2026, 1, 2), date(2026, 1, 3), date(2026, 1, 4)],
        ["Größe", "L2", "L3"],
        [5.5, "#N/A", "#DIV/0!"],
        [True, False, None],
    ]


def test_merged_cells_and_hidden_rows(tmp_path):
    rows = [HEAD, [date(2026, 1, 2), "L1", 5.0, True], [date(2026, 1, 3), None, 6.0, True]]
    path = write(tmp_path / "a.xlsb", {"Data": rows}, merges=[(1, 2, 1, 1)], hidden=[2])
    (table,) = raw_file(path).tables
    assert table.columns[1].to_list() == ["L1", "L1"]
    assert table.notes == ("1 hidden or filtered row is read as well.",)


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
def test_a_cut_file_is_refused(tmp_path, kept):
    path = write(tmp_path / "a.xlsb", {"Data": [HEAD, *ROWS]})
    data = path.read_bytes()
    path.write_bytes(data[: int(kept * len(data))])
    with pytest.raises(RefusedFileError, match="damaged"):
        raw_file(path)
