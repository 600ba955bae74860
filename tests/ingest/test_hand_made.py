"""Sheets as people make them by hand: each case once went wrong, or would without the rule it holds."""

from datetime import date, datetime

import pytest
from hand_made import read

from kpi.model import FeedMemory

MADE = ("production", "date", "line", "qty_produced")


def test_rows_of_all_lines_are_a_total():
    found = read(
        """
        Line,KPI,Jan 2026,Feb 2026
        L1,Produced,100,110
        L1,Scrap,1,2
        L2,Produced,200,210
        L2,Scrap,3,4
        All lines,Produced,300,320
        All lines,Scrap,4,6
        """
    )
    assert {r[1] for r in found.rows(*MADE)} == {"L1", "L2"}
    assert found.said == [
        "the rows of 'All lines' are the sum of the others in every figure: they are a total and are "
        "not read"
    ]


def test_rows_of_all_lines_in_a_long_list_are_a_total():
    found = read(
        """
        Month,Line,Produced,Scrap
        2026-01,L1,100,1
        2026-01,L2,200,2
        2026-01,All,300,3
        2026-02,L1,100,2
        2026-02,L2,210,2
        2026-02,All,310,4
        """
    )
    assert sum(r[2] for r in found.rows(*MADE)) == 610


def test_a_whole_that_is_not_the_sum_is_read_and_pointed_out():
    found = read("Month,Line,Produced\n2026-01,L1,100\n2026-01,L2,200\n2026-01,All,310")
    assert sum(r[2] for r in found.rows(*MADE)) == 610
    assert found.warned == [
        (
            4,
            None,
            "'All' sounds like a total, and its figures are not the sum of the others: they are read",
        )
    ]


def test_months_still_to_come_are_no_zeros():
    found = read("KPI,Jan 2026,Feb 2026,Mar 2026,Apr 2026\nProduced,90,95,0,0\nScrap,9,0,0,0")
    assert len(found.rows("production", "date")) == 2
    assert found.rows("scrap", "date", "qty_scrap") == [("2026-01-01", 9.0), ("2026-02-01", 0.0)]


def test_totals_averages_and_quarters_agree_with_their_months():
    found = read(
        """
        KPI,Jan 2026,Feb 2026,Mar 2026,Q1 2026,YTD,Average,2025
        Produced,100,110,120,330,330,110,1400
        Scrap,1,2,3,6,6,2,20
        """
    )
    assert found.rows("production", "date", "qty_produced") == [
        ("2026-01-01", 100.0),
        ("2026-02-01", 110.0),
        ("2026-03-01", 120.0),
    ]
    assert found.totals == [("qty_produced", 330.0, 330.0), ("qty_scrap", 6.0, 6.0)]
    assert found.warned == []


def test_a_total_that_differs_is_named_with_its_row_and_column():
    found = read("KPI,Jan 2026,Feb 2026,Total\nProduced,100,110,210\nScrap,1,2,4")
    assert found.warned == [(3, "Total", "'Total' is 4, the columns it sums up make 3")]


def test_a_percentage_that_differs_is_named_with_its_row_and_column():
    found = read("KPI,Jan 2026,Feb 2026\nProduced,100,200\nScrap,1,3\nScrap %,1.0,2.5")
    assert found.warned == [
        (4, "Feb 2026", "the percentage says 2.5, the quantities beside it make 1.5 %")
    ]


def test_targets_in_rows_and_columns_are_noted_and_not_read():
    found = read(
        """
        KPI,Type,Target,Jan 2026,Feb 2026
        Scrap %,Soll,2,2,2
        ,Ist,2,2.4,2.3
        OTD %,Soll,98,98,98
        ,Ist,98,95,96
        """
    )
    assert found.rows("reported_value", "slug", "value") == [
        ("otd", 95.0),
        ("otd", 96.0),
        ("scrap", 2.3),
        ("scrap", 2.4),
    ]
    assert len(found.said) == 2


def test_a_rate_of_at_most_one_is_asked():
    found = read("KPI,Jan 2026,Feb 2026\nScrap %,0.8,0.9\nOTD %,0.95,0.96")
    assert found.asked == ["Are the figures of 'Scrap %' parts of 1, or percent?"]
    assert found.offered() == ["percent", "fraction"]
    assert found.rows("reported_value", "slug", "value") == [
        ("otd", 95.0),
        ("otd", 96.0),
        ("scrap", 0.8),
        ("scrap", 0.9),
    ]


def test_a_percent_sign_in_the_cell_settles_it():
    found = read([["KPI", "Jan 2026", "Feb 2026"], ["Ausschussquote", "0,8 %", "0,9 %"]])
    assert found.asked == []
    assert found.rows("reported_value", "value") == [(0.8,), (0.9,)]


def test_a_rate_in_the_title_is_no_count_of_pieces():
    found = read("Scrap rate %,,\nLine,Jan 2026,Feb 2026\nL1,1.2,1.3\nL2,2.2,2.3")
    assert found.rows("scrap", "qty_scrap") == []
    assert found.rows("reported_value", "line", "slug", "value")[0] == ("L1", "scrap_rate", 1.2)


def test_sheets_called_by_a_measure_are_two_tables():
    found = read(
        {"Produced": "Part,Jan 2026,Feb 2026\nA,100,110", "Scrap": "Part,Jan 2026,Feb 2026\nA,1,2"}
    )
    assert found.rows("production", "qty_produced") == [(100.0,), (110.0,)]
    assert found.rows("scrap", "qty_scrap") == [(1.0,), (2.0,)]


def test_labels_that_name_a_figure_and_a_line_are_taken_apart():
    found = read(
        ",Jan 2026,Feb 2026\nScrap L1,1,2\nScrap L2,3,4\nProduced L1,100,110\nProduced L2,90,95"
    )
    assert found.rows("scrap", "date", "line", "qty_scrap")[0] == ("2026-01-01", "L1", 1.0)
    assert len(found.rows("production", "line")) == 4


@pytest.mark.parametrize(
    ("headings", "first"),
    [
        pytest.param("Nov-25,Dec-25,Jan-26", "2025-11-01", id="a year of two digits counts on"),
        pytest.param("01-Mar,02-Mar,03-Mar", "2026-03-01", id="a day of two digits counts on"),
        pytest.param("03/26,04/26,05/26", "2026-03-01", id="month and year in two digits"),
        pytest.param("2026-03,2026-04,2026-05", "2026-03-01", id="as a system prints them"),
        pytest.param("KW 10/26,KW 11/26,KW 12/26", "2026-03-02", id="weeks begin on Monday"),
        pytest.param("13.03.2026,14.03.2026,15.03.2026", "2026-03-13", id="days with a year"),
    ],
)
def test_periods_as_headings_explain_each_other(headings, first):
    found = read(f"Scrap 2026,,,\nKPI,{headings}\nScrap,1,2,3")
    assert min(found.rows("scrap", "date"))[0] == first
    assert len(found.rows("scrap", "date")) == 3


def test_dates_that_may_be_months_or_days_are_asked():
    found = read("KPI,1/1/2026,2/1/2026,3/1/2026\nScrap,1,2,3\nProduced,10,20,30")
    assert "written with the day first" in found.asked[0]
    assert found.offered() == ["mdy", "dmy"]
    assert max(found.rows("scrap", "date"))[0] == "2026-03-01"


def test_a_december_before_the_first_stated_january_is_of_the_year_before():
    found = read("KPI,Nov,Dec,Jan 2026,Feb\nScrap,1,2,3,4")
    assert [r[0] for r in found.rows("scrap", "date")] == [
        "2025-11-01", "2025-12-01", "2026-01-01", "2026-02-01",
    ]  # fmt: skip


def test_the_year_of_a_file_name_is_asked():
    found = read("KPI,Jan,Feb\nProduced,9,8\nScrap,1,1", filename="scrap 2025.xlsx")
    assert found.asked == ["Which year are these periods of?"]
    assert found.rows("production", "date") == [("2025-01-01",), ("2025-02-01",)]


def test_without_any_year_that_of_the_day_the_file_was_saved_is_offered():
    found = read("KPI,Jan,Feb\nProduced,9,8", written=date(2026, 3, 3))
    assert found.offered()[:3] == ["2026", "2025", "2024"]
    later = read("KPI,Oct,Nov\nProduced,9,8", written=date(2026, 3, 3))
    assert later.offered()[0] == "2025", "October 2026 was still to come in March 2026"


def test_quantities_of_quarters_belong_to_no_month():
    found = read("KPI,Q1 2026,Q2 2026\nProduced,100,200\nScrap,1,2")
    assert found.parts == ()
    assert "sums of quarters or years" in found.said[0]


def test_rates_of_quarters_are_kept_as_such():
    found = read("KPI,Q1 2026,Q2 2026\nOTD %,95,96")
    assert found.rows("reported_value", "date", "grain") == [
        ("2026-01-01", "quarter"),
        ("2026-04-01", "quarter"),
    ]


def test_rows_of_quarters_among_months_are_sums():
    found = read("Month 2026,Produced\nJanuary,1\nFebruary,2\nMarch,3\nQ1,6\nApril,4")
    assert sum(r[0] for r in found.rows("production", "qty_produced")) == 10


def test_letters_with_numbers_are_asked():
    found = read(
        "Scrap qty 2026,,,\nReason,M1,M2,M3\nCrack,1,2,3\nDent,2,3,4",
        answers={"periods": "periods"},
    )
    assert found.asked[0] == "Are 'M1', 'M2', 'M3' periods?"
    assert found.offered() == ["names", "periods"]
    assert max(found.rows("scrap", "date"))[0] == "2026-03-01"


# --- members across ---------------------------------------------------------------------------


def test_what_a_total_has_beyond_its_reasons_stays_without_a_reason():
    rows = "\n".join(f"2026-03-{d:02d},100,3,1,1,1" for d in range(1, 11))
    found = read(f"Date,Produced,Scrap,Crack,Dent,Flash\n{rows}\n2026-03-11,100,6,2,3,0")
    last = [r for r in found.rows("scrap", "date", "reason", "qty_scrap") if r[0] == "2026-03-11"]
    assert last == [
        ("2026-03-11", "Crack", 2.0),
        ("2026-03-11", "Dent", 3.0),
        ("2026-03-11", "Flash", 0.0),
        ("2026-03-11", None, 1.0),
    ]
    assert found.totals == [("qty_scrap", 36.0, 36.0)]
    assert found.warned[0][:2] == (12, "Scrap")


def test_produced_is_good_and_scrap_of_all_reasons():
    found = read(
        """
        Date,Good,Crack,Dent,Flash,Total scrap
        2026-03-01,95,2,3,0,5
        2026-03-02,96,1,1,2,4
        2026-03-03,93,1,0,6,7
        """
    )
    assert found.rows("production", "qty_produced") == [(100.0,)] * 3


def test_unknown_parts_of_a_total_are_asked():
    found = read(
        """
        Date,Machine,Total downtime min,Aaa,Bbb
        2026-03-01,M1,35,30,5
        2026-03-02,M1,30,20,10
        2026-03-03,M1,31,20,11
        """
    )
    assert found.asked == ["What are 'Aaa', 'Bbb'?"]
    assert found.offered()[0] == "reason"


def test_figures_beside_each_other_without_evidence_are_no_parts():
    found = read(
        """
        Date,Produced,Scrap,Temperature,Pressure
        2026-03-01,100,5,20.5,3.1
        2026-03-02,110,4,21.5,3.2
        2026-03-03,120,3,20.1,3.1
        """
    )
    assert found.asked == []
    assert found.rows("scrap", "reason", "qty_scrap") == [(None, 3.0), (None, 4.0), (None, 5.0)]


def test_two_blocks_of_reasons_keep_their_own():
    found = read(
        [
            ["Date", "Produced", "Scrap by reason", None, "Downtime by reason (min)", None],
            [None, None, "Crack", "Dent", "Setup", "Jam"],
            [datetime(2026, 3, 1), 100, 2, 3, 30, 5],
            [datetime(2026, 3, 2), 100, 1, 1, 20, None],
        ]
    )
    assert found.rows("scrap", "reason", "qty_scrap")[0] == ("Crack", 1.0)
    assert found.rows("downtime", "reason", "minutes") == [
        ("Jam", 5.0),
        ("Setup", 20.0),
        ("Setup", 30.0),
    ]


def test_hours_in_the_title_are_the_unit():
    found = read(
        "Downtime per machine in hours,,\nDate,Press 1,Press 2\n2026-03-01,1.5,0.25\n2026-03-02,0,2"
    )
    assert found.rows("downtime", "machine", "minutes") == [
        ("Press 1", 90.0),
        ("Press 2", 120.0),
        ("Press 2", 15.0),
    ]


def test_a_count_of_stops_is_not_read_as_minutes():
    found = read(
        [
            ["Machine", "Jan 2026", None, "Feb 2026", None],
            [None, "Stops", "Minutes", "Stops", "Minutes"],
            ["M1", 3, 100, 2, 50],
            ["M2", 4, 130, 1, 20],
        ]
    )
    assert sum(r[0] for r in found.rows("downtime", "minutes")) == 300


# --- several sheets ---------------------------------------------------------------------------

ORDERS = "Order,Date,Line,Product\n" + "\n".join(f"{n},2026-03-{n:02d},L1,A" for n in range(1, 12))


def test_a_sheet_gets_the_dates_of_another_by_its_key():
    result = "Order,Produced,Scrap\n" + "\n".join(f"{n},100,{n}" for n in range(1, 11))
    found = read({"Orders": ORDERS, "Result": result + "\n99,10,1"})
    assert len(found.rows("production", "date", "line", "product")) == 10
    assert found.warned == [(12, None, "no row of sheet 'Orders' has this 'Order'")]


def test_a_key_that_is_not_unique_joins_nothing():
    doubled = ORDERS + "\n1,2026-04-01,L2,B\n2,2026-04-02,L2,B"
    result = "Order,Produced,Scrap\n1,100,1\n2,90,2"
    assert read({"Orders": doubled, "Result": result}).parts == ()


def test_too_few_partners_join_nothing():
    result = "Order,Produced,Scrap\n1,100,1\n88,90,2\n99,80,1"
    assert read({"Orders": ORDERS, "Result": result}).parts == ()


def test_a_table_alone_without_its_dates_says_which_column_leads_to_them():
    found = read("PO Number,Accepted Qty,Rejected Qty\nPO1,95,5\nPO2,99,1")
    advice = next(p.advice for p in found.found.problems if p.advice)
    assert advice == (
        "Export the table with its date; or add to the workbook the sheet that gives each 'PO Number' "
        "its date: without it no figure belongs to any month."
    )


def test_sheets_of_other_lines_are_added_up():
    found = read(
        {
            "A": "Date,Line,Downtime min,Reason\n2026-03-01,L1,30,Jam",
            "B": "Date,Line,Minutes down,Cause,Comment\n2026-03-01,L2,20,Jam,x",
        }
    )
    assert found.asked == []
    assert len(found.rows("downtime", "line")) == 2


def test_sheets_of_the_same_machine_and_month_are_never_added_up_in_silence():
    found = read(
        {
            "Events": "Date,Machine,Start,End,Minutes\n2026-03-01,M1,10:00,10:30,30\n2026-03-02,M1,09:00,09:20,20",
            "Monthly": "Month,Downtime h\n2026-03,0.83",
        }
    )
    assert found.asked == ["Several sheets hold downtime. Which one counts?"]
    because = [str(c.because) for c in found.found.questions[0].candidates]
    assert because == [
        "2 rows, 1 March 2026 to 2 March 2026, 0.83 h in all; the finest grain",
        "1 rows, 1 March 2026 to 1 March 2026, 0.83 h in all",
        "the sheets add up, nothing is in two of them",
    ]


FAMILY = """
    Machine,Start,End,Minutes,Reason,Product
    M1,2026-03-01 10:00,2026-03-01 11:00,60,Jam,A
    M1,2026-03-01 10:00,2026-03-01 11:00,60,Jam,B
    M2,2026-03-02 10:00,2026-03-02 11:00,30,Jam,A
    M2,2026-03-02 10:00,2026-03-02 11:00,30,Jam,B
    M2,2026-03-03 10:00,2026-03-03 11:00,60,Jam,A
    M2,2026-03-03 10:00,2026-03-03 11:00,60,Jam,A
    """


def test_a_stop_on_several_rows_counts_once_and_doubled_rows_are_left():
    found = read(FAMILY)
    assert len(found.asked) == 2
    assert found.rows("downtime", "machine", "product", "minutes") == [
        ("M1", "A + B", 60.0),
        ("M2", "A + B", 60.0),
        ("M2", "A", 60.0),
        ("M2", "A", 60.0),
    ]


def test_rows_of_several_products_may_be_stops_of_their_own():
    found = read(FAMILY, answers={"rows tell": "each", "shared out": "each"})
    assert len(found.rows("downtime", "minutes")) == 6


# --- two levels of members, subtotals, years across -------------------------------------------


def test_machines_over_shifts_are_two_dimensions():
    found = read(
        [
            ["Produced quantity", None, None, None, None],
            [None] * 5,
            [None, "Machine 1", None, "Machine 2", None],
            ["Date", "Early", "Late", "Early", "Late"],
            [datetime(2026, 3, 1), 10, 20, 30, 40],
            [datetime(2026, 3, 2), 11, 21, 31, 41],
        ]
    )
    assert found.rows("production", "date", "machine", "shift", "qty_produced")[:4] == [
        ("2026-03-01", "Machine 1", "Early", 10.0),
        ("2026-03-01", "Machine 1", "Late", 20.0),
        ("2026-03-01", "Machine 2", "Early", 30.0),
        ("2026-03-01", "Machine 2", "Late", 40.0),
    ]


def test_two_columns_of_one_month_are_both_read_and_pointed_out():
    found = read("Scrap qty,,,\nReason,Jan 2026,Jan 2026,Feb 2026\nCrack,1,2,5\nDent,3,4,6")
    assert sum(r[0] for r in found.rows("scrap", "qty_scrap")) == 21
    assert found.warned[0][1:] == (
        "Jan 2026",
        "columns B and C are both of 'Jan 2026': the figures of both are read",
    )


def test_subtotals_are_of_the_rows_since_the_one_before():
    found = read(
        """
        Produced 2026,,,
        Line,Part No,Jan 2026,Feb 2026
        L1,A,10,11
        L1,B,20,21
        Total L1,,30,32
        L2,A,5,6
        L2,B,1,2
        Total L2,,6,8
        Total,,36,40
        """
    )
    assert found.warned == []
    assert sum(r[0] for r in found.rows("production", "qty_produced")) == 76


def test_a_subtotal_that_differs_is_named():
    found = read("Line,Part No,Jan 2026 Scrap,Feb 2026 Scrap\nL1,A,10,11\nL1,B,20,21\nTotal,,30,33")
    assert found.warned == [
        (4, "Feb 2026 Scrap", "the total of 'Feb 2026 Scrap' is 33, the rows above make 32")
    ]


def test_years_across_beside_months_down():
    found = read("Produced quantity,,\n,,\nMonth,2025,2026\nJan,10,20\nFeb,11,21\nMar,12,")
    assert found.rows("production", "date", "qty_produced") == [
        ("2025-01-01", 10.0),
        ("2025-02-01", 11.0),
        ("2025-03-01", 12.0),
        ("2026-01-01", 20.0),
        ("2026-02-01", 21.0),
    ]


def test_a_remark_in_every_row_names_no_figure():
    found = read("Line,Comment,KPI,Jan 2026,Feb 2026\nL1,ok,Produced,10,11\nL1,ok,Scrap,1,2")
    assert len(found.rows("production", "date")) == 2
    assert len(found.rows("scrap", "date")) == 2


def test_the_rows_below_a_total_are_the_totals():
    found = read(
        """
        Line,KPI,Jan 2026,Feb 2026
        L1,Produced,100,110
        ,Scrap,1,2
        L2,Produced,200,210
        ,Scrap,3,4
        Total,Produced,300,320
        ,Scrap,4,6
        """
    )
    assert found.rows("scrap", "line", "qty_scrap") == [
        ("L1", 1.0),
        ("L1", 2.0),
        ("L2", 3.0),
        ("L2", 4.0),
    ]


def test_labels_that_cannot_be_filled_down_are_pointed_out():
    found = read("Line,KPI,Jan 2026,Feb 2026\nL1,Produced,1,2\n,Produced,3,4\nL2,Produced,5,6")
    assert found.warned[0][1:] == (
        "Line",
        "'Line' is blank in 1 rows, and what stands above cannot hold for all of them: they are read "
        "without it",
    )


def test_rates_and_counts_below_reasons_are_no_reasons():
    found = read(
        "Ausschuss 2026,,,\nFehler,Jan,Feb\nRiss,3,4\nDelle,1,0\nGeprüft,1000,1100\nPPM,4000,3636"
    )
    assert {r[0] for r in found.rows("scrap", "reason")} == {"Riss", "Delle"}
    assert found.said[0] == (
        "rows of rates, totals and counts among the others are not read: Geprüft (row 5); PPM (row 6)"
    )


def test_a_quantity_below_reasons_is_a_quantity():
    found = read("Scrap 2026,,,\nReason,Jan,Feb\nCrack,3,4\nDent,1,0\nProduced,1000,1100")
    assert found.rows("production", "date", "qty_produced") == [
        ("2026-01-01", 1000.0),
        ("2026-02-01", 1100.0),
    ]
    assert sum(r[0] for r in found.rows("scrap", "qty_scrap")) == 8


def test_planned_unplanned_and_changeover_columns_are_classes_of_stops():
    found = read(
        "Date,Machine,Planned downtime (min),Unplanned downtime (min)\n2026-03-01,M1,30,12"
    )
    assert found.rows("downtime", "stop_class", "minutes") == [
        ("planned", 30.0),
        ("unplanned", 12.0),
    ]


def test_a_word_that_is_a_currency_too_is_the_scrap_of_its_shift():
    found = read(
        "Datum,Früh OK,Früh NOK,Spät OK,Spät NOK\n02.03.2026,100,1,90,2\n03.03.2026,110,1,95,0"
    )
    assert found.rows("production", "shift", "qty_produced", "unit")[0] == ("Früh", 101.0, None)
    assert len(found.rows("scrap", "shift")) == 4


def test_a_sheet_per_year():
    found = read({"2025": "Month,Produced\nJan,1\nFeb,2", "2026": "Month,Produced\nJan,3\nFeb,4"})
    assert found.asked == []
    assert [r[0] for r in found.rows("production", "date")] == [
        "2025-01-01", "2025-02-01", "2026-01-01", "2026-02-01",
    ]  # fmt: skip


# --- the same figures twice -------------------------------------------------------------------

TWO_DAYS = "Date,Produced,Scrap\n2026-03-01,100,1\n2026-03-02,90,2"


def test_a_copied_sheet_is_read_once():
    found = read({"Data": TWO_DAYS, "Data (2)": TWO_DAYS})
    assert len(found.rows("production", "date")) == 2
    assert found.said == ["sheet 'Data (2)' holds the same cells as this one: it is read once"]


def test_two_lines_may_have_made_the_same():
    found = read({"Line 1": TWO_DAYS, "Line 2": TWO_DAYS})
    assert len(found.rows("production", "line")) == 4


def test_a_sheet_of_totals_beside_those_of_lines_is_no_line():
    twice = "Date,Produced,Scrap\n2026-03-01,200,2\n2026-03-02,180,4"
    found = read({"Line 1": TWO_DAYS, "Line 2": TWO_DAYS, "Total": twice})
    assert {r[0] for r in found.rows("production", "line")} == {"Line 1", "Line 2"}


def test_a_summary_of_the_sheets_before_it_is_asked_about():
    found = read(
        {
            "Jan 2026": "Day,Produced\n1,100\n2,110",
            "Feb 2026": "Day,Produced\n1,90\n2,95",
            "Year": "KPI,Jan 2026,Feb 2026\nProduced,210,185",
        }
    )
    assert found.asked == ["Several sheets hold production. Which one counts?"]
    assert sum(r[0] for r in found.rows("production", "qty_produced")) == 395


def test_a_figure_named_once_above_its_lines():
    found = read(
        "KPI,Line,Jan 2026,Feb 2026\nProduced,L1,100,110\n,L2,200,210\nScrap,L1,1,2\n,L2,3,4"
    )
    assert len(found.rows("production", "line")) == 4
    assert len(found.rows("scrap", "line")) == 4


def test_a_row_whose_figures_nothing_names_is_pointed_out():
    found = read("KPI,Jan 2026,Feb 2026\nProduced,1,2\nScrap,0,1\n,7,8")
    assert found.warned == [
        (4, None, "nothing says what the figures of this row are: they are not read")
    ]


def test_the_day_of_a_form_is_in_its_title():
    found = read("Shift: Early,Datum: 02.03.2026\nMachine,Produced,Scrap\nM1,100,1\nM2,90,2")
    assert found.rows("production", "date", "machine", "shift")[0] == ("2026-03-02", "M1", "Early")


def test_totals_of_hours_are_held_against_the_minutes_read():
    found = read("KPI,Unit,Jan 2026,Feb 2026,Total\nDowntime,h,3.5,4.5,8\nProduced,pcs,10,20,30")
    assert found.totals == [("minutes", 480.0, 480.0), ("qty_produced", 30.0, 30.0)]


def test_the_year_of_last_years_file_is_not_that_of_this():
    text = "KPI,Jan,Feb\nProduced,9,8\nScrap,1,1"
    first = read(text, filename="KPI 2025.xlsx")
    part = first.parts[0]
    assert "year" not in part.conventions
    memory = FeedMemory(
        "KPI", ("production", "scrap"), "Plant", part.signature, part.mapping,
        {**part.conventions, "year": "2025"},
    )  # fmt: skip
    found = read(text, filename="KPI 2026, after 2025.xlsx", memories=(memory,))
    assert found.asked == ["Which year are these periods of?"]


# --- nothing to read, and no traceback --------------------------------------------------------


def test_columns_of_targets_alone_are_refused():
    found = read("KPI,Jan 2026 Target,Feb 2026 Target\nProduced,10,20\nScrap,1,2")
    assert found.parts == ()
    assert "targets, comparisons or totals, no figures" in found.said[-1]


def test_headings_of_unequal_depth_are_read():
    found = read(
        [
            ["Date", "Line 1", None, "Line 2", None],
            [None, "Produced", "Scrap", "Produced", "Scrap"],
            [None, "Early", "Early", None, None],
            [datetime(2026, 3, 1), 10, 1, 20, 2],
            [datetime(2026, 3, 2), 11, 1, 21, 2],
        ]
    )
    assert sum(r[0] for r in found.rows("production", "qty_produced")) == 62


def test_a_heading_of_signs_is_no_member():
    assert read("Date,-,Produced\n2026-03-01,1,2\n2026-03-02,1,3").rows("production", "date")


def test_a_table_called_a_budget_is_asked_about():
    text = "Budget 2026,,\nKPI,Jan,Feb\nProduced,10,20\nScrap,1,2"
    found = read(text)
    assert found.asked == ["'Budget 2026': are these targets, or figures of what happened?"]
    assert found.parts == ()
    meant = read(text, answers={"are these targets": "actual"})
    assert len(meant.rows("production", "date")) == 2


def test_a_sheet_of_the_plan_beside_that_of_the_figures():
    text = "KPI,Jan 2026,Feb 2026\nProduced,{},20\nScrap,1,2"
    found = read({"Actual": text.format(10), "Plan": text.format(99)})
    assert found.rows("production", "qty_produced") == [(10.0,), (20.0,)]
