"""Exports whose headings stand in no list: read by their words and values, or asked."""

import hashlib

import pytest

from kpi.ingest.interpret import Context, interpret
from kpi.ingest.layout import tables_of
from kpi.ingest.text import grid_of_bytes


def read(text):
    data = text.encode()
    sha256 = hashlib.sha256(data).hexdigest()
    tables = tables_of(grid_of_bytes(data)).tables
    found = interpret(tables, context=Context(sha256))
    answers = {q.id: q.candidates[0].value for q in found.questions}
    again = interpret(tables, context=Context(sha256, answers=answers)) if answers else found
    assert not (answers and again.questions)
    return found, {p.dataset: p.table.to_pylist() for p in again.parts}


def column(rows, name):
    return [row[name] for row in rows]


def test_an_order_table_of_a_shop():
    _, tables = read(
        "order_id,customer_id,order_status,order_purchase_timestamp,order_delivered_carrier_date,"
        "order_delivered_customer_date,order_estimated_delivery_date\n"
        "e4,c1,delivered,2017-10-02 10:56,2017-10-04 19:55,2017-10-10 21:25,2017-10-18\n"
        "47,c2,shipped,2018-08-08 08:38,2018-08-08 13:50,,2018-09-04\n"
    )
    assert str(tables["order_item"][0]["promise_date"]) == "2017-10-18"
    assert str(tables["order_item"][0]["order_date"]) == "2017-10-02"
    assert [str(r["delivered_on"]) for r in tables["shipment"]] == ["2017-10-10", "None"]
    assert "names" not in tables


def test_a_german_sheet_of_output_and_standstill():
    _, tables = read(
        "Datum;Bauteil;Maschine;Zielmenge pro Tag;Produzierte Stückzahl;Ausschuss;"
        "Geplante Produktionszeit in Minuten;Maschinenstillstand in Minuten\n"
        "2026-07-01;Gehäuse;M-01;1000;980;20;480;35\n2026-07-02;Gehäuse;M-01;1000;1040;10;480;20\n"
    )
    assert column(tables["production"], "qty_produced") == [980, 1040]
    assert column(tables["running_time"], "planned_min") == [480, 480]
    assert column(tables["downtime"], "minutes") == [35, 20]


def test_a_purchase_list_with_rejects_is_no_scrap_list():
    _, tables = read(
        "PO Number,Line,Vendor Name,Qty Ordered,Due Date,Qty Received,Date Received,Qty Rejected\n"
        "P1,1,Acme,100,01/15/2026,100,01/14/2026,2\nP1,2,Acme,10,01/30/2026,,,\n"
    )
    assert set(tables) == {"order_item", "shipment"}
    assert column(tables["order_item"], "direction") == ["purchase", "purchase"]


def test_months_first_is_seen_from_all_dates_together():
    found, tables = read(
        "SO #,Line #,Customer,Request Date,Promise Date,Ship Date\n"
        "1,1,A,03/04/2026,03/06/2026,03/05/2026\n1,2,A,03/04/2026,03/06/2026,03/09/2026\n"
        "2,1,B,03/10/2026,03/12/2026,\n"
    )
    assert found.questions == ()
    assert str(tables["order_item"][0]["request_date"]) == "2026-03-04"


def test_a_day_with_both_readings_is_asked_with_its_words():
    found, _ = read("Date,Line,Produced,Scrap\n03/04/2026,L1,10,1\n04/05/2026,L1,10,1\n")
    (question,) = found.questions
    assert question.ask == "Is '03/04/2026' written with the day first or with the month first?"
    assert [c.because for c in question.candidates] == [
        "03/04/2026 is read as 3 April 2026",
        "03/04/2026 is read as 4 March 2026",
    ]


def test_two_columns_of_scrap_are_asked_about_and_may_add_up():
    found, tables = read(
        "Date,Line,Produced,Startup Scrap,Process Scrap\n2026-01-05,L1,1000,5,12\n2026-01-06,L1,900,3,20\n"
    )
    assert [c.value for c in found.questions[0].candidates] == [
        "all",
        "Startup Scrap",
        "Process Scrap",
    ]
    assert column(tables["scrap"], "qty_scrap") == [17, 23]


def test_good_pieces_repeated_per_reason_count_once():
    found, tables = read(
        "Part No,Operation,Workcenter,Production Date,Good Quantity,Scrap Quantity,Scrap Reason\n"
        "A-1,Mold,WC1,2026-01-05,980,20,Short\nA-1,Mold,WC1,2026-01-05,980,5,Flash\n"
        "A-2,Mold,WC1,2026-01-15,480,2,Flash\n"
    )
    assert [q.ask for q in found.questions] == [
        "Does 'Good Quantity' repeat on every reason row of a run?"
    ]
    assert column(tables["production"], "qty_produced") == [1005, 482]
    assert column(tables["production"], "machine") == ["WC1", "WC1"]


@pytest.mark.parametrize(
    ("heading", "minutes"), [("minutos_parada", 90), ("Hours Down", 5400), ("Minutes", 90)]
)
def test_a_unit_named_anywhere_in_a_heading_is_not_asked(heading, minutes):
    found, tables = read(
        f"Date,Machine,Reason,{heading}\n2026-01-05,M1,Jam,90\n2026-01-06,M1,Jam,30\n"
    )
    assert found.questions == ()
    assert tables["downtime"][0]["minutes"] == minutes


def test_times_that_are_all_midnight_are_days():
    _, tables = read(
        "Machine;Start;End;Minutes\nM1;2026-01-05 00:00;2026-01-05 00:00;45\nM1;2026-01-06 00:00;2026-01-06 00:00;5\n"
    )
    assert column(tables["downtime"], "start") == [None, None]
    assert column(tables["downtime"], "minutes") == [45, 5]


def test_subtotals_named_after_another_column_are_totals():
    _, tables = read(
        "Date,Line,Produced,Scrap\n2026-01-05,L1,1000,20\n2026-01-06,L1,1100,30\nL1 Total,,2100,50\n"
        "2026-01-05,L2,500,5\n2026-01-06,L2,600,6\nL2 Total,,1100,11\nGrand Total,,3200,61\n"
    )
    assert sum(column(tables["production"], "qty_produced")) == 3200


def test_a_table_without_headings_is_proposed_and_confirmed():
    found, tables = read("2026-01-05,L1,1000,20\n2026-01-06,L1,900,12\n2026-01-07,L2,1100,31\n")
    assert [q.candidates[0].value for q in found.questions] == [
        "date", "line", "qty_produced", "qty_scrap",
    ]  # fmt: skip
    assert column(tables["scrap"], "qty_scrap") == [20, 12, 31]
    found, tables = read("2026-01-05,L1,x\n2026-01-06,L1,y\n2026-01-07,L2,z\n")
    assert (found.questions, tables) == ((), {})
