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


def test_words_of_merged_cells_hold_for_every_row_and_numbers_count_once():
    rows = [
        ["Date", "Line", "Produced", "Reason", "Scrap"],
        [DAY, "L1", 100.0, "Crack", 5.0],
        [None, None, None, "Flash", 2.0],
        [DAY, "L2", 90.0, "Crack", 4.0],
    ]
    table = only(rows, merges=tuple(Merge(1, c, 2, c) for c in range(3)))
    assert [c.to_list() for c in table.columns[:3]] == [
        [DAY] * 3,
        ["L1", "L1", "L2"],
        [100.0, None, 90.0],
    ]
    assert [d.values["columns"] for d in table.doubts] == ["'Produced'"]


@pytest.mark.parametrize(
    ("labels", "heading", "values"),
    [
        (["Line 1", "Line 2"], "Line", ["Line 1", "Line 2"]),
        (["Linie: L7", "Linie: L8"], "Linie", ["L7", "L8"]),
        (["Moulding", "Assembly"], "Group", ["Moulding", "Assembly"]),
    ],
)
def test_rows_that_name_a_group_are_a_column(labels, heading, values):
    head = ["Date", "Shift", "Scrap"]
    block = [[DAY, "A", 5.0], [DAY, "B", 6.0]]
    table = only([head, [labels[0]], *block, [labels[1]], *block])
    assert table.headings == (*head, heading)
    assert table.columns[3].to_list() == [values[0]] * 2 + [values[1]] * 2
    assert table.rows.tolist() == [3, 4, 6, 7]


def test_a_machine_without_figures_names_no_group():
    rows = [
        ["Machine", "Date", "Scrap"],
        ["M1", DAY, 5.0],
        ["M2"],
        ["M3", DAY, 6.0],
        ["M4", DAY, 1.0],
    ]
    assert only(rows).headings == ("Machine", "Date", "Scrap")


def test_tables_of_one_shape_below_each_other_take_their_titles_as_a_column():
    head, block = ["Date", "Produced", "Scrap"], [[DAY, 100.0, 5.0], [DAY, 90.0, 4.0]]
    tables = tables_of(grid([["Line: L1"], head, *block, ["Line: L2"], head, *block])).tables
    assert [t.headings for t in tables] == [(*head, "Line")] * 2
    assert [t.columns[3].to_list() for t in tables] == [["L1"] * 2, ["L2"] * 2]


def test_months_below_each_other_keep_their_titles():
    head, block = ["Day", "Produced", "Scrap"], [[1.0, 100.0, 5.0], [2.0, 90.0, 4.0]]
    tables = tables_of(
        grid([["January 2026"], head, *block, ["February 2026"], head, *block])
    ).tables
    assert [t.titles for t in tables] == [("January 2026",), ("February 2026",)]


def test_page_headings_with_another_page_number_are_page_headings():
    table = only(
        [["Scrap list", "Page", 1.0], HEAD, *BODY[:1], ["Scrap list", "Page", 2.0], HEAD, *BODY[1:]]
    )
    assert rows_of(table) == BODY
    assert len(table.titles) == 1


def test_bare_sums_after_every_block_are_totals():
    block = [[DAY, "L1", 5.0], [DAY, "L2", 6.0]]
    table = only([HEAD, *block, [None, None, 11.0], *block, [None, None, 11.0], [None, None, 22.0]])
    assert rows_of(table) == block * 2
    assert [t.row for t in table.totals] == [4, 7, 8]


@pytest.mark.parametrize("label", ["Average", "Mittelwert", "Promedio", "Moyenne", "平均", "Max."])
def test_averages_are_neither_rows_nor_totals(label):
    table = only([HEAD, *BODY, [label, None, 6.0]])
    assert (rows_of(table), table.totals) == (BODY, ())
    assert [n.values["label"] for n in table.notes] == [repr(label)]


@pytest.mark.parametrize(
    "label",
    ["Total", "Grand Total", "Summe", "Gesamtergebnis", "Zwischensumme", "Total general", "Suma",
     "Subtotal", "Total général", "Sous-total", "Somme", "合计", "小计", "总计", "*", "**", "***"],
)  # fmt: skip
@pytest.mark.parametrize("place", [0, 1, 3])
def test_totals_in_five_languages_wherever_their_word_stands(label, place):
    head = [*HEAD, "Note"]
    row = [None, None, 18.0, None]
    row[place] = label
    table = only([head, *[[*r, "x"] for r in BODY], row])
    assert len(table.rows) == 3
    assert [(t.label, t.values) for t in table.totals] == [(label, {"Scrap": 18.0})]


def test_signatures_below_a_table_are_notes():
    rows = [HEAD, *BODY, BODY[0], [], ["Created by: M. Meier", "Checked: xx"]]
    assert len(only(rows).rows) == 4


def test_tables_with_a_wide_gap_or_titles_of_their_own_stand_apart():
    left, right = ["Date", "Line", "Scrap"], ["Machine", "Stop date", "Minutes"]
    body = [[DAY, "L1", 5.0], [DAY, "L2", 6.0], [DAY, "L3", 7.0]]
    stops = [["M1", DAY, 9.0], ["M2", DAY, 8.0], ["M3", DAY, 7.0]]
    wide = [[*a, None, None, *b] for a, b in zip([left, *body], [right, *stops], strict=True)]
    near = [[*a, None, *b] for a, b in zip([left, *body], [right, *stops], strict=True)]
    titled = [["Scrap", None, None, None, "Stops", None, None], *near]
    for rows in (wide, titled):
        assert [t.headings for t in tables_of(grid(rows)).tables] == [tuple(left), tuple(right)]
    assert len(tables_of(grid(near)).tables) == 1


def test_a_table_below_another_needs_no_blank_row_where_it_has_a_title():
    other = [["Stops"], ["Machine", "Start", "Minutes"], ["M1", DAY, 5.0], ["M2", DAY, 6.0]]
    first, second = tables_of(grid([HEAD, *BODY, *other])).tables
    assert rows_of(first) == BODY
    assert (second.titles, second.headings) == (("Stops",), ("Machine", "Start", "Minutes"))


def test_lists_of_names_below_each_other():
    rows = [
        ["Code", "Name"],
        ["A1", "Porosity"],
        ["A2", "Crack"],
        [],
        ["Line", "Name"],
        ["L1", "One"],
    ]
    assert [t.headings for t in tables_of(grid(rows)).tables] == [
        ("Code", "Name"),
        ("Line", "Name"),
    ]


def test_notes_of_which_one_is_merged_are_no_headings():
    rows = [["or", "merging", None, "cells"], ["Date", "Line", "Reason", "Scrap"],
            *[[DAY, "L1", "x", 5.0]] * 3]  # fmt: skip
    assert only(rows, merges=(Merge(0, 1, 0, 2),)).headings == ("Date", "Line", "Reason", "Scrap")


def test_rows_that_stand_in_one_cell_are_parted():
    """A CSV opened where another separator is usual, and saved as a workbook."""
    rows = [["Date;Line;Scrap"], ["2026-01-02;L1;5"], ['2026-01-03;"L;2";6'], ["2026-01-04;L3;7"]]
    table = only(rows)
    assert table.headings == ("Date", "Line", "Scrap")
    assert [c.to_list() for c in table.columns][1:] == [["L1", "L;2", "L3"], ["5", "6", "7"]]
    assert [n.values["separator"] for n in table.notes] == ["';'"]


def test_a_row_that_was_cut_at_a_decimal_comma_is_refused():
    rows = [["Date;Line;Scrap"], ["2026-01-02;L1;5"], ["2026-01-03;L2;6"], ["2026-01-04;L1;1", 5.0]]
    found = tables_of(grid(rows))
    assert [row.row for row in found.refused] == [4]
    assert len(found.tables[0].rows) == 2


def test_a_column_of_sentences_stays_a_column():
    rows = [["Remark"], ["Stopped, cleaned, started"], ["Ok"], ["Tool changed, ok"]]
    assert only(rows).headings == ("Remark",)


def test_tables_headed_alike_under_titles_of_their_own_stay_apart():
    """Produced above, scrap below: the second header is no page heading."""
    months = ["Line", date(2026, 1, 1), date(2026, 2, 1), "Total"]
    body = [["L1", 1.0, 2.0, 3.0], ["L2", 3.0, 4.0, 7.0]]
    tables = tables_of(grid([["Produced"], months, *body, [], ["Scrap"], months, *body])).tables
    assert [(t.titles, len(t.rows)) for t in tables] == [(("Produced",), 2), (("Scrap",), 2)]
    assert [t.columns[-1].to_list() for t in tables] == [["Produced"] * 2, ["Scrap"] * 2]


def test_a_header_below_a_long_block_of_filters_is_found():
    table = only([*[[f"Filter {i}: all"] for i in range(90)], [], HEAD, *BODY])
    assert (table.headings, table.header_rows) == (tuple(HEAD), (92,))
    assert len(table.titles) == 90
