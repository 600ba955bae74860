from datetime import date, datetime, time

import pytest
from raw_tables import from_rows, table

from kpi.datasets import DATASETS
from kpi.ingest.interpret import Context, interpret
from kpi.ingest.raw import RawTotal
from kpi.ingest.tables import schema_of
from kpi.model import Coverage, FeedMemory, Severity


def read(text, *, context=None, **more):
    raw = from_rows(text, **more) if isinstance(text, list) else table(text, **more)
    found = interpret([raw], context=context or Context("00"))
    return found, {p.dataset: p.table.to_pandas() for p in found.parts}


def problems(found, severity):
    return [(p.row, p.column, p.actual) for p in found.problems if p.severity is severity]


STOPS = "Date,Machine,Downtime (min),Reason\n{0},M1,30,Jam\n{1},M2,45,Belt\n{2},M1,5,Jam"


def test_every_table_has_its_declared_columns():
    found, _ = read(STOPS.format("2026-01-01", "2026-01-15", "2026-01-31"))
    for part in found.parts:
        assert part.table.schema == schema_of(part.dataset)
        assert part.table.schema.names[:-2] == list(DATASETS[part.dataset].names)


def test_rows_are_numbered_as_the_spreadsheet_shows_them():
    _, tables = read(STOPS.format("2026-01-01", "2026-01-15", "2026-01-31"), first_row=4)
    assert tables["downtime"]["row"].tolist() == [5, 6, 7]


@pytest.mark.parametrize(
    ("days", "first", "last"),
    [
        (("2026-01-02", "2026-01-15", "2026-02-27"), date(2026, 1, 1), date(2026, 2, 28)),
        (("2026-01-05", "2026-01-15", "2026-01-31"), date(2026, 1, 5), date(2026, 1, 31)),
        (("2026-01-01", "2026-01-15", "2026-01-28"), date(2026, 1, 1), date(2026, 1, 28)),
    ],
)
def test_coverage_is_whole_months_where_the_rows_nearly_fill_them(days, first, last):
    found, _ = read(STOPS.format(*days))
    assert found.parts[0].coverage == (Coverage("Plant", None, first, last),)


def test_the_data_date_is_the_latest_event_or_stated():
    text = "Order,Promise Date,Shipped Date\nA,2026-05-10,2026-01-09\nB,2026-06-10,"
    assert read(text)[0].parts[0].data_date == date(2026, 1, 9)
    stated = read(text, titles=("Order report", "Stand: 31.01.2026"))[0]
    assert stated.parts[0].data_date == date(2026, 1, 31)


def test_rows_without_a_date_are_rejected_and_their_quantities_stated():
    found, tables = read("Date,Produced,Scrap\n2026-01-05,100,5\n,50,2\n2026-01-06,90,1")
    assert tables["production"]["qty_produced"].sum() == 190
    part = found.parts[0]
    assert (part.rows_read, part.rows_accepted, part.rows_rejected) == (3, 2, 1)
    assert part.rejected.to_pylist() == [
        {
            "sheet": "Sheet1",
            "row": 3,
            "reason": "no date",
            "Date": None,
            "Produced": "50",
            "Scrap": "2",
        }
    ]
    assert problems(found, Severity.REJECTED) == [(3, "Date", "no date")]
    assert problems(found, Severity.NOTE)[-1][2] == (
        "1 row rejected: no date. They carry Produced 50, Scrap 2."
    )


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("soon,100,5", "the date cannot be read: 'soon'"),
        ("0202-01-05,100,5", "the year cannot be right: '0202-01-05'"),
        ("2026-01-05,many,5", "'Produced' is not a number: 'many'"),
        ("2026-01-05,-100,5", "a negative quantity: '-100'"),
    ],
)
def test_rows_that_cannot_be_are_rejected(row, why):
    found, tables = read(f"Date,Produced,Scrap\n{row}\n2026-01-06,90,1\n2026-01-07,80,1")
    assert [actual for _, _, actual in problems(found, Severity.REJECTED)] == [why]
    assert tables["production"]["qty_produced"].sum() == 170


def test_an_end_before_the_start_is_rejected():
    found, tables = read(
        "Start,End,Reason\n2026-01-05 10:00,2026-01-05 09:00,Jam\n2026-01-05 10:00,2026-01-05 11:00,Jam"
    )
    assert problems(found, Severity.REJECTED)[0][2].startswith("the end lies before the start")
    assert tables["downtime"]["minutes"].tolist() == [60]


def test_scrap_above_produced_is_said_and_kept():
    found, tables = read("Date,Produced,Scrap\n2026-01-05,10,50\n2026-01-06,90,1")
    assert problems(found, Severity.WARNING) == [
        (2, "Scrap", "1 row with more scrap than production")
    ]
    assert tables["scrap"]["qty_scrap"].sum() == 51


def test_a_reversal_nets_out_and_a_lone_negative_is_rejected():
    found, tables = read(
        "Date,Product,Reason,Scrap\n2026-01-05,P,Jam,5\n2026-01-06,P,Jam,-5\n2026-01-06,P,Jam,-7"
    )
    assert tables["scrap"]["qty_scrap"].tolist() == [5, -5]
    assert problems(found, Severity.REJECTED) == [(4, "Scrap", "a negative quantity: '-7'")]


def test_scrap_printed_negative_throughout_is_scrap():
    found, tables = read("Date,Scrap\n2026-01-05,-5\n2026-01-06,-7")
    assert tables["scrap"]["qty_scrap"].tolist() == [5, 7]
    assert "every quantity is negative" in problems(found, Severity.WARNING)[0][2]


def test_doubled_rows_are_said():
    found, _ = read("Date,Machine,Scrap\n2026-01-05,M1,5\n2026-01-05,M1,5\n2026-01-06,M1,5")
    assert "1 row equal to another row" in problems(found, Severity.WARNING)[0][2]


@pytest.mark.parametrize(("says", "agrees"), [("192", True), (190.0, False)])
def test_totals_of_the_file_are_compared(says, agrees):
    total = RawTotal(5, "Total", {"Produced": says, "Scrap": "6"})
    found, _ = read("Date,Produced,Scrap\n2026-01-05,100,5\n2026-01-06,92,1", totals=(total,))
    totals = {t.field: t for p in found.parts for t in p.control_totals}
    assert totals["qty_produced"].agrees is agrees
    assert totals["qty_scrap"].agrees
    assert totals["qty_produced"].where == "Sheet1, row 5"
    assert bool(problems(found, Severity.WARNING)) is not agrees


def test_totals_without_a_name_are_control_totals_and_no_rows():
    rows = [["Posting Date", "Material", "Scrap Qty", "Unit"]]
    rows += [[f"2026-01-{d:02d}", f"P{d}", d, "PC" if d % 2 else "KG"] for d in range(1, 29)]
    rows += [["", "", sum(range(1, 29, 2)), ""], ["", "", sum(range(2, 29, 2)), ""]]
    found, tables = read(rows)
    assert tables["scrap"]["qty_scrap"].sum() == sum(range(1, 29))
    assert [t.agrees for t in found.parts[0].control_totals] == [True, True]
    assert found.parts[0].rows_rejected == 0


def test_one_doubtful_convention_is_one_question_and_its_answer_settles_it():
    text = STOPS.format("03/04/2026", "05/04/2026", "04/05/2026")
    found, tables = read(text)
    assert [(q.kind, q.heading) for q in found.questions] == [("convention", "Date")]
    assert found.questions[0].samples == ("03/04/2026", "05/04/2026", "04/05/2026")
    assert str(tables["downtime"]["date"][0]) == "2026-04-03"
    again, tables = read(text, context=Context("00", answers={found.questions[0].id: "mdy"}))
    assert str(tables["downtime"]["date"][0]) == "2026-03-04"
    assert not again.questions
    assert again.parts[0].conventions["dates"] == "mdy"


def test_a_question_keeps_its_id_and_another_file_has_another():
    text = STOPS.format("03/04/2026", "05/04/2026", "04/05/2026")
    ids = [read(text, context=Context(s))[0].questions[0].id for s in ("aa", "aa", "bb")]
    assert ids[0] == ids[1] != ids[2]
    assert len(ids[0]) == 12


def test_a_partial_answer_leaves_the_rest_open():
    text = "Date,Machine,Downtime,Reason\n03/04/2026,M1,30,Jam\n05/04/2026,M2,45,Belt\n04/05/2026,M1,5,Jam"
    found, _ = read(text)
    assert {q.kind for q in found.questions} == {"convention", "unit"}
    first = found.questions[0]
    again, _ = read(text, context=Context("00", answers={first.id: first.candidates[0].value}))
    assert [q.id for q in again.questions] == [q.id for q in found.questions if q.id != first.id]


def test_a_remembered_feed_is_read_without_a_question():
    text = "Date,Machine,Downtime,Reason\n03/04/2026,M1,30,Jam\n05/04/2026,M2,45,Belt\n04/05/2026,M1,5,Jam"
    found, _ = read(text)
    answers = {q.id: q.candidates[1].value for q in found.questions}
    part = read(text, context=Context("00", answers=answers))[0].parts[0]
    memory = FeedMemory(
        "MES stops", ("downtime",), "Elgin", part.signature, part.mapping, part.conventions
    )
    context = Context("11", memories=(memory,), known_plants=("Elgin", "Monon"))
    found, tables = read(text.replace("30", "31"), context=context)
    assert not found.questions
    assert found.feed == "MES stops"
    assert tables["downtime"]["minutes"].tolist() == [31 * 60, 45 * 60, 5 * 60]
    assert tables["downtime"]["plant"].unique().tolist() == ["Elgin"]
    assert str(tables["downtime"]["date"][0]) == "2026-03-04"


def test_a_new_heading_is_asked_and_the_feed_stays():
    memory = FeedMemory("F", ("scrap",), None, ("date", "scrap"), {}, {})
    context = Context("00", memories=(memory,))
    assert read("Date,Scrap\n2026-01-05,5", context=context)[0].feed == "F"
    found = read("Date,Scrap,Line\n2026-01-05,5,L1", context=context)[0]
    assert found.feed == "F"
    assert [q.heading for q in found.questions] == ["Line"]
    assert read("Date,Line,Reject\n2026-01-05,L1,5", context=context)[0].feed is None


def test_a_remembered_mapping_is_the_users_word():
    memory = FeedMemory(
        "F", ("scrap",), None, ("date", "scrap", "station"), {"Station": "line"}, {}
    )
    _, tables = read(
        "Date,Station,Scrap\n2026-01-05,S1,5", context=Context("00", memories=(memory,))
    )
    assert tables["scrap"]["line"].tolist() == ["S1"]
    assert tables["scrap"]["machine"].isna().all()


@pytest.mark.parametrize(
    ("known", "plant", "asked"),
    [((), "Plant", False), (("Elgin",), "Elgin", False), (("Elgin", "Monon"), "Elgin", True)],
)
def test_the_plant_is_asked_only_where_several_are_known(known, plant, asked):
    found, tables = read("Date,Scrap\n2026-01-05,5", context=Context("00", known_plants=known))
    assert tables["scrap"]["plant"].tolist() == [plant]
    assert [q.kind for q in found.questions] == (["plant"] if asked else [])


def test_the_question_of_the_plant_can_be_answered():
    context = Context("00", known_plants=("Elgin", "Monon"))
    question = read("Date,Scrap\n2026-01-05,5", context=context)[0].questions[0]
    context = Context("00", known_plants=("Elgin", "Monon"), answers={question.id: "Monon"})
    assert read("Date,Scrap\n2026-01-05,5", context=context)[1]["scrap"]["plant"].tolist() == [
        "Monon"
    ]


def test_destroyed_dates_are_refused_with_the_reason():
    found, tables = read(
        "StartDate,EndDate,Produced,Scrap\n00:00.0,00:00.0,100,5\n00:00.0,00:00.0,90,1"
    )
    assert not tables
    told = [a for _, _, a in problems(found, Severity.REJECTED)]
    assert "a spreadsheet has cut the date off" in told[0]
    assert told[-1] == "2 rows without any date column; they carry Produced 190, Scrap 6"


def test_a_swapped_part_of_a_date_column_is_refused():
    rows = [["Date", "Scrap"]]
    rows += [[datetime(2026, m, 5), 1] for m in (1, 2, 3, 4)]
    rows += [[f"{d}/05/2026", 1] for d in (13, 14, 25, 31)]
    found, tables = read(rows)
    assert not tables
    assert "swapped day and month" in problems(found, Severity.REJECTED)[0][2]


def test_a_column_of_mixed_units_is_left_out_and_named():
    found, tables = read(
        "Timestamp,Machine,Downtime Minutes,Production Loss\n"
        "2026-01-05 10:00:00,M1,30,₹2695543\n2026-01-06 10:00:00,M1,20,182.43 tons"
    )
    assert problems(found, Severity.WARNING) == [(None, "Production Loss", "cells in INR, t")]
    assert tables["downtime"]["minutes"].sum() == 50


def test_a_time_stamp_is_asked_to_be_the_start():
    found, tables = read("Timestamp,Machine,Downtime Minutes\n2026-01-05 10:00:00,M1,30")
    assert [c.value for c in found.questions[0].candidates] == ["start", "date"]
    assert tables["downtime"]["start"][0] == datetime(2026, 1, 5, 10)
    assert tables["downtime"]["end"][0] == datetime(2026, 1, 5, 10, 30)


def test_which_of_several_dates_counts_is_one_question():
    found, _ = read(
        "StartDate,EndDate,DueDate,Produced,Scrap\n13-06-2026,14-06-2026,20-06-2026,100,1"
    )
    assert [c.value for c in found.questions[0].candidates] == ["EndDate", "StartDate", "DueDate"]
    assert len(found.questions) == 1


def test_date_and_time_apart_and_past_midnight():
    rows = [["Date", "Machine", "Start", "End", "Reason"]]
    rows += [[date(2026, 1, 5), "M1", time(23, 50), time(0, 20), "Jam"]]
    rows += [[date(2026, 1, 6), "M1", time(8, 0), time(8, 15), "Jam"]]
    _, tables = read(rows)
    assert tables["downtime"]["end"][0] == datetime(2026, 1, 6, 0, 20)
    assert tables["downtime"]["minutes"].tolist() == [30, 15]


def test_an_open_stop_has_no_end_and_no_minutes():
    _, tables = read(
        "Start,End,Reason\n2026-01-05 10:00,,Jam\n2026-01-05 12:00,2026-01-05 12:30,Jam"
    )
    assert tables["downtime"]["end"].isna().tolist() == [True, False]
    assert tables["downtime"]["minutes"].isna().tolist() == [True, False]


def test_hours_in_the_heading_and_a_unit_proven_by_start_and_end():
    _, tables = read("Date,Machine,Downtime (h)\n2026-01-05,M1,1.5")
    assert tables["downtime"]["minutes"].tolist() == [90]
    rows = [f"2026-01-0{d} 10:00,2026-01-0{d} 11:30,1.5,Jam" for d in range(1, 6)]
    found, tables = read("Start,End,Downtime,Reason\n" + "\n".join(rows))
    assert tables["downtime"]["minutes"].tolist() == [90] * 5
    assert not found.questions


def test_part_numbers_keep_their_zeros_and_ids_lose_their_fraction():
    _, tables = read([["Date", "Part No", "Order", "Scrap"], ["2026-01-05", "007", 4711.0, 1.0]])
    assert tables["scrap"][["product", "order"]].values.tolist() == [["007", "4711"]]


def test_serials_and_null_tokens_and_sentinels():
    _, tables = read(
        [
            ["Date", "Scrap", "Reason"],
            [46112.0, 1.0, "k.A."],
            [46113.0, 2.0, "-"],
            [46114.0, 3.0, "A31"],
        ]
    )
    assert str(tables["scrap"]["date"][0]) == "2026-03-31"
    assert tables["scrap"]["reason"].isna().tolist() == [True, True, False]
    _, tables = read(
        "Order,Promise Date,Shipped Date\nA,31.12.9999,00.00.0000\nB,05.01.2026,04.01.2026"
    )
    assert tables["order_item"]["promise_date"].isna().tolist() == [True, False]
    assert len(tables["shipment"]) == 1


def test_names_of_persons_and_rates_are_not_read():
    found, _ = read("Date,Operator,Produced,Scrap,Scrap Rate (%)\n2026-01-05,Ann,100,5,5.0")
    mapping = found.parts[0].mapping
    assert (mapping["Operator"], mapping["Scrap Rate (%)"]) == ("ignore", "ignore")


def test_a_rate_that_contradicts_its_parts_is_said():
    found, _ = read(
        "Date,Produced,Scrap,Scrap Rate (%)\n2026-01-05,100,5,5.0\n2026-01-06,100,5,9.0"
    )
    assert problems(found, Severity.WARNING)[0][1:] == (
        "Scrap Rate (%)", "1 of 2 rows differ from 'Scrap' / 'Produced'"
    )  # fmt: skip


def test_money_in_the_heading_gives_the_currency():
    _, tables = read("Date,Scrap Qty,Scrap Cost (kEUR)\n2026-01-05,5,1.5")
    assert tables["scrap"][["cost", "currency"]].values.tolist() == [[1500, "EUR"]]


def test_delivery_date_is_arrival_beside_a_promise_and_asked_alone():
    found, tables = read("Order,Promise Date,Delivery Date\nA,2026-01-05,2026-01-04")
    assert not found.questions
    assert str(tables["shipment"]["delivered_on"][0]) == "2026-01-04"
    found, _ = read("Order,Customer,Ship Date,Delivery Date\nA,C,2026-01-05,2026-01-07")
    assert [q.heading for q in found.questions] == ["Delivery Date"]


def test_a_bare_quantity_beside_a_reason_is_asked():
    found, tables = read("Date,Reason,Quantity\n2026-01-05,Jam,5\n2026-01-06,Jam,7")
    assert [c.value for c in found.questions[0].candidates] == [
        "qty_scrap",
        "qty_produced",
        "ignore",
    ]
    assert tables["scrap"]["qty_scrap"].sum() == 12


def test_a_near_miss_is_a_question_never_a_guess():
    found, tables = read("Date,Machine,Ausschusmenge\n2026-01-05,M1,5\n2026-01-06,M1,7")
    assert [q.heading for q in found.questions] == ["Ausschusmenge"]
    assert tables["scrap"]["qty_scrap"].sum() == 12


def test_sheets_of_one_shape_are_one_table():
    sheets = [
        table(f"Date,Produced,Scrap\n2026-0{m}-05,100,{m}", sheet=name)
        for m, name in ((1, "Jan"), (2, "Feb"))
    ]
    found = interpret(sheets, context=Context("00"))
    assert [p.dataset for p in found.parts] == ["production", "scrap"]
    assert found.parts[1].table.to_pandas()["sheet"].tolist() == ["Jan", "Feb"]
    assert not found.questions


def test_two_sheets_with_the_same_dataset_are_not_counted_twice_in_silence():
    sheets = [
        table("Date,Line,Scrap\n2026-01-05,L1,3\n2026-01-05,L2,2", sheet="Detail"),
        table("Date,Scrap\n2026-01-05,5", sheet="Daily"),
    ]
    found = interpret(sheets, context=Context("00"))
    assert [c.value for c in found.questions[0].candidates] == ["Detail", "Daily", "all"]
    assert [p.sheet for p in found.parts] == ["Detail"]


def test_the_user_may_say_what_the_file_holds():
    text = "Month,Score\n2026-01,4.5\n2026-02,4.6"
    _, tables = read(text, context=Context("00", dataset="reported_value"))
    assert tables["reported_value"]["value"].tolist() == [4.5, 4.6]


@pytest.mark.parametrize("text", ["A,B\n1,2", "Date,Note\n2026-01-05,hello", "Customer\nACME"])
def test_what_means_nothing_is_left_out_with_a_word(text):
    found, tables = read(text)
    assert not tables
    assert found.unused


def test_no_tables_are_no_parts():
    found = interpret([], context=Context("00"))
    assert (found.parts, found.questions, found.problems) == ((), (), ())


NOTIFICATIONS = """
Notification,Notif.date,Equipment,Malfunct. start,Start Malfn (T),Malfunct.end,{0},Breakdown Dur.
1001,05.01.2026,EQ1,05.01.2026,08:00:00,05.01.2026,09:30:00,"1,5"
1002,06.01.2026,EQ1,06.01.2026,08:00:00,06.01.2026,08:15:00,"0,25"
1003,07.01.2026,EQ2,07.01.2026,23:00:00,08.01.2026,01:00:00,"2,0"
"""


def test_dates_and_times_of_notifications_are_combined():
    found, tables = read(NOTIFICATIONS.format("Malf.End (T)"))
    assert tables["downtime"]["minutes"].tolist() == [90, 15, 120]
    assert tables["downtime"]["end"][2] == datetime(2026, 1, 8, 1)
    assert tables["downtime"]["event"].tolist() == ["1001", "1002", "1003"]
    assert not found.questions


def test_an_end_without_its_time_rejects_no_stop_of_the_day():
    found, tables = read(NOTIFICATIONS.format("Something"))
    assert len(tables["downtime"]) == 3
    assert tables["downtime"]["end"].isna().all()
    assert [q.kind for q in found.questions] == ["unit"]
