"""Where the table stands in its sheet: header, titles, totals, page headings, neighbours."""

from datetime import date

import pytest

from kpi.ingest.grid import Grid, Merge
from kpi.ingest.layout import tables_of

DAY = date(2026, 1, 2)


def grid(rows, **more):
    width = max(len(row) for row in rows)
    filled = [[*row, *[None] * (width - len(row))] for row in rows]
    return Grid("S", filled, range(1, len(rows) + 1), **more)


def only(rows, **more):
    (table,) = tables_of(grid(rows, **more)).tables
    return table


def rows_of(table):
    return [list(row) for row in zip(*[c.to_list() for c in table.columns], strict=True)]


BODY = [[DAY, "L1", 5.0], [DAY, "L2", 6.0], [DAY, "L3", 7.0]]
HEAD = ["Date", "Line", "Scrap"]


@pytest.mark.parametrize(
    "above",
    [
        [],
        [["Scrap report 2026"]],
        [["Plant", "P1"], ["From", DAY], []],
        [["Scrap report"], ["Plant:", "P1", None], ["Printed", DAY, "by X"], []],
    ],
)
def test_the_header_is_found_below_titles_and_filters(above):
    table = only([*above, HEAD, *BODY])
    assert table.headings == tuple(HEAD)
    assert table.header_rows == (len(above) + 1,)
    assert len(table.titles) == sum(bool(row) for row in above)
    assert rows_of(table) == BODY


def test_months_across_are_headings():
    table = only([["Line", date(2026, 1, 1), date(2026, 2, 1)], ["L1", 1.0, 2.0], ["L2", 3.0, 4.0]])
    assert table.headings == ("Line", "2026-01-01", "2026-02-01")
    assert table.notes == ("Headings that are dates are written as ISO dates.",)


def test_merged_year_over_months():
    rows = [
        ["Line", 2025.0, None, 2026.0, None],
        [None, "Nov", "Dec", "Jan", "Feb"],
        ["L1", 1.0, 2.0, 3.0, 4.0],
        ["L2", 1.0, 2.0, 3.0, 4.0],
    ]
    merges = (Merge(0, 0, 1, 0), Merge(0, 1, 0, 2), Merge(0, 3, 0, 4))
    expected = ("Line", "2025 Nov", "2025 Dec", "2026 Jan", "2026 Feb")
    assert only(rows, merges=merges).headings == expected
    assert only(rows, merges=None).headings == expected


def test_chatter_above_a_full_header_is_no_part_of_it():
    table = only([["or", "merging", None], HEAD, *BODY])
    assert table.headings == tuple(HEAD)
    assert table.titles == ("or merging",)


def test_groups_without_merged_cells():
    rows = [
        ["Date", "Produced", None, "Scrap", None],
        [None, "pcs", "kg", "pcs", "kg"],
        [DAY, 1.0, 2.0, 3.0, 4.0],
        [DAY, 1.0, 2.0, 3.0, 4.0],
    ]
    assert only(rows).headings == ("Date", "Produced pcs", "Produced kg", "Scrap pcs", "Scrap kg")


def test_numbers_that_count_on_are_headings():
    rows = [
        [None, "Downtime factor", None, None],
        ["Batch", 1.0, 2.0, 3.0],
        [4711.0, 5.0, None, 60.0],
    ]
    table = only([*rows, [4712.0, None, 7.0, 1.0]], merges=(Merge(0, 1, 0, 3),))
    assert table.headings == ("Batch", *(f"Downtime factor {i}" for i in (1, 2, 3)))


def test_a_remark_beside_the_table_is_a_note():
    rows = [[*HEAD, None, "Movement:", 901.0], *[[DAY, "L1", float(i)] for i in range(30)]]
    table = only(rows)
    assert table.headings == tuple(HEAD)
    assert table.notes == ("Beside the table, not read: Movement: 901.",)


def test_a_row_of_units_belongs_to_the_header():
    table = only([["Date", "Produced", "Weight"], [None, "[pcs]", "[kg]"], [DAY, 5.0, 1.5]])
    assert table.headings == ("Date", "Produced [pcs]", "Weight [kg]")


@pytest.mark.parametrize(
    ("row", "label"),
    [
        pytest.param(["Total", None, 18.0], "Total", id="a word"),
        pytest.param([None, "Gesamt:", 18.0], "Gesamt:", id="in the second column, with a colon"),
        pytest.param(["**", None, 18.0], "**", id="stars"),
        pytest.param([None, "L1 Total", 5.0], "L1 Total", id="the total of a line named above"),
        pytest.param([None, "Subtotal: L2", 6.0], "Subtotal: L2", id="the other way round"),
        pytest.param([None, None, 18.0], "", id="the bare sum at the end"),
    ],
)
def test_total_rows_are_taken_out(row, label):
    table = only([HEAD, *BODY, row])
    assert rows_of(table) == BODY
    assert [(t.row, t.label, dict(t.values)) for t in table.totals] == [
        (5, label, {"Scrap": row[2]})
    ]


@pytest.mark.parametrize(
    "row",
    [
        pytest.param([DAY, "Total Care Kit", 5.0], id="a product that contains the word"),
        pytest.param([DAY, "Summer", 5.0], id="a word that begins like one"),
        pytest.param([None, None, 19.0], id="a number that is no sum"),
        pytest.param([None, "L9 Total", 5.0], id="the total of nothing above"),
    ],
)
def test_rows_that_are_no_totals_stay(row):
    table = only([HEAD, *BODY, row])
    assert table.totals == ()
    assert rows_of(table) == [*BODY, row]


def test_page_headings_rules_and_blank_rows_are_dropped():
    table = only(
        [["Report"], HEAD, *BODY[:1], ["---", "---", "---"], ["Report"], HEAD, [], *BODY[1:]]
    )
    assert rows_of(table) == BODY
    assert table.rows.tolist() == [3, 8, 9]
    assert table.notes == ("2 repeated page headings were left out.",)


def test_no_header():
    table = only(BODY)
    assert table.headerless
    assert table.header_rows == ()
    assert table.headings == ("", "", "")
    assert rows_of(table) == BODY


def test_leading_blank_columns_keep_the_letters():
    table = only([[None, *HEAD], *[[None, *row] for row in BODY]])
    assert [c.letter for c in table.columns] == ["B", "C", "D"]


def test_two_tables_side_by_side():
    rows = [[*HEAD, None, *HEAD], *[[*row, None, *row] for row in BODY]]
    left, right = tables_of(grid(rows)).tables
    assert rows_of(left) == rows_of(right) == BODY
    assert [c.letter for c in right.columns] == ["E", "F", "G"]


def test_a_blank_column_alone_does_not_split():
    rows = [["Date", "Line", None, "Scrap"], *[[d, line, None, q] for d, line, q in BODY]]
    assert only(rows).headings == ("Date", "Line", "Scrap")


def test_tables_below_each_other():
    other = [["Stops"], ["Machine", "Minutes", "Reason"], ["M1", 5.0, "x"], ["M2", 6.0, "y"]]
    first, second = tables_of(grid([HEAD, *BODY, [], *other])).tables
    assert rows_of(first) == BODY
    assert second.titles == ("Stops",)
    assert second.headings == ("Machine", "Minutes", "Reason")
    assert second.rows.tolist() == [8, 9]


def test_notes_below_a_wide_table_are_not_rows():
    head = [*HEAD, "Reason"]
    table = only([head, *[[*row, "A1"] for row in BODY], [], ["Created by the MES"]])
    assert len(table.rows) == 3
    assert table.notes == ("Row 6 is a note below the table: 'Created by the MES'.",)


def test_headings_that_repeat_are_kept_and_said():
    table = only([["Date", "Time", "Date", "Time"], [DAY, 1.0, DAY, 2.0], [DAY, 1.0, DAY, 3.0]])
    assert table.headings == ("Date", "Time", "Date", "Time")
    assert table.notes == ("Headings that occur more than once: 'Date', 'Time'.",)
