"""Headings that look like a field while their cells cannot be it, or that two fields share."""

import hashlib

import pytest

from kpi.ingest.interpret import Context, interpret
from kpi.ingest.layout import tables_of
from kpi.ingest.text import grid_of_bytes


def read(lines):
    data = "\n".join(lines).encode()
    sha256 = hashlib.sha256(data).hexdigest()
    return interpret(tables_of(grid_of_bytes(data)).tables, context=Context(sha256))


def mapping(found):
    return dict(found.parts[0].mapping)


def test_a_money_column_is_no_production_line():
    rows = [f"2026-03-{d:02},P{d},{100 + d},{d % 3},{d * 10.25}" for d in range(1, 29)]
    found = read(["Date,Product,Produced,Scrapped,Line Total", *rows])
    assert mapping(found)["Line Total"] == "ignore"


def test_whole_amounts_under_a_heading_of_money_are_no_line_either():
    rows = [f"2026-03-{d:02},P{d},{100 + d},{d % 3},{d * 10}" for d in range(1, 29)]
    found = read(["Date,Product,Produced,Scrapped,Line Cost", *rows])
    assert mapping(found)["Line Cost"] not in ("line", "item")


ORDERS = "PO,Vendor,Scheduled Delivery Date,Delivered to Client Date,Delivery Recorded Date"


def test_a_second_record_of_the_arrival_is_no_requested_date():
    rows = [f"P{d},Acme,2026-03-{d:02},2026-03-{d:02},2026-03-{d:02}" for d in range(1, 29)]
    found = read([ORDERS, *rows])
    assert not found.questions
    assert mapping(found)["Delivery Recorded Date"] == "ignore"


def test_another_delivery_date_is_asked_about_not_taken_as_requested():
    rows = [f"P{d},Acme,2026-03-{d:02},2026-03-{d + 1:02},2026-02-{d:02}" for d in range(1, 27)]
    found = read([ORDERS, *rows])
    (question,) = found.questions
    assert question.heading == "Delivery Recorded Date"
    assert [c.value for c in question.candidates] == ["ignore", "request_date"]


def test_a_code_that_repeats_names_kinds_of_stops_not_single_ones():
    rows = [f"2026-03-{d:02} 06:00,2026-03-{d:02} 06:{d + 10},M1,E{d % 3}" for d in range(1, 29)]
    found = read(["start_time,end_time,asset,stop_code", *rows])
    assert mapping(found)["stop_code"] == "reason"
    assert len(found.parts[0].table) == 28


def test_good_and_rejected_pieces_of_a_purchase_were_received_not_produced():
    rows = [
        f"{4000 + d},2026-03-{d:02},100,P{d},{98 + d % 3},{d % 2},{98 + d % 3 - d % 2}"
        for d in range(1, 29)
    ]
    head = "PurchaseOrderID,DueDate,OrderQty,ProductID,ReceivedQty,RejectedQty,StockedQty"
    found = read([head, *rows])
    assert {p.dataset for p in found.parts} == {"order_item"}


def test_promised_over_a_column_of_dates_is_the_promised_date():
    rows = [f"{d},ACME,2026-03-{d:02},2026-03-{d + 1:02},5" for d in range(1, 27)]
    found = read(["Order No,Customer,Promised,Delivered,Qty Delivered", *rows])
    assert mapping(found)["Promised"] == "promise_date"


def test_figures_in_thousands_are_multiplied_and_it_is_said():
    rows = [f"2026-{m:02}-01,{10 + m}.5,{300 + m}" for m in range(1, 11)]
    found = read(["Month,Output (k pcs),Scrap (pcs)", *rows])
    made = next(p for p in found.parts if p.dataset == "production").table
    assert made["qty_produced"].to_pylist()[:2] == [11_500, 12_500]
    lost = next(p for p in found.parts if p.dataset == "scrap").table
    assert lost["qty_scrap"].to_pylist()[:2] == [301, 302]
    assert any("1,000" in p.actual and p.column == "Output (k pcs)" for p in found.problems)


def test_what_is_produced_and_not_good_is_asked_about():
    rows = [f"2026-03-{d:02},M1,{100 + d},{98 + d - d % 3}" for d in range(1, 29)]
    found = read(["Date,Machine,Total Count,Good Count", *rows])
    (question,) = found.questions
    assert [c.value for c in question.candidates] == ["scrap", "unknown"]
    lost = next(p for p in found.parts if p.dataset == "scrap").table
    assert lost["qty_scrap"].to_pylist()[:3] == [3, 4, 2]


def test_all_good_raises_no_question():
    rows = [f"2026-03-{d:02},M1,{100 + d},{100 + d}" for d in range(1, 29)]
    assert not read(["Date,Machine,Total Count,Good Count", *rows]).questions


def test_minutes_under_the_name_of_a_stop_are_neither_its_class_nor_a_product():
    rows = [f"2026-03-{d:02},Line 1,480,{d % 7},{d % 5},{d % 4}" for d in range(1, 29)]
    found = read(["Date,Line,Available Min,Breakdown,Setup,No Material", *rows])
    for part in found.parts:
        named = {f for f, v in part.mapping.items() if v in ("stop_class", "product")}
        assert not named & {"Breakdown", "No Material"}, part.mapping


def test_a_column_of_units_is_no_machine():
    rows = [f"Downtime,h,{m},{m + 1},{m + 2}" for m in range(30, 31)]
    found = read(["KPI,Unit,Jan 2026,Feb 2026,Mar 2026", *rows, "OEE,%,81,82,80"])
    for part in found.parts:
        assert "machine" not in part.mapping.values(), part.mapping


def test_short_headings_of_old_systems_are_words_all_the_same():
    rows = [f"202603{d:02},WC10,{90 + d},{d % 3},R{d % 2}" for d in range(1, 29)]
    found = read(["PROD_DT,WRKCTR,QTY_GOOD,QTY_SCRP,RSN_CD", *rows])
    told = mapping(found)
    assert (told["WRKCTR"], told["RSN_CD"], told["QTY_SCRP"]) == ("machine", "reason", "qty_scrap")


def test_a_rate_of_the_row_s_own_counts_is_no_figure_beside_them():
    rows = [f"W{w:02} 2026,L1,{900 + w},{w},{w / (900 + w)}" for w in range(1, 30)]
    found = read(["Week,Line,Good,Scrap,Scrap %", *rows])
    assert not found.questions
    assert {p.dataset for p in found.parts} == {"production", "scrap"}


def test_a_share_of_two_counts_of_the_table_keeps_both():
    rows = [
        f"2026-{m:02},{80 + m * 7},{75 + m * 6},{5 + m},{(75 + m * 6) / (80 + m * 7):.4%}"
        for m in range(1, 11)
    ]
    found = read(["Month,Orders shipped,On time,Late,OTD %", *rows])
    assert not found.questions
    (part,) = found.parts
    (rate,) = [
        r for r in part.table.to_pylist() if r["slug"].startswith("otd") and r["date"].month == 3
    ]
    assert (rate["numerator"], rate["denominator"]) == (93, 101)
    assert rate["value"] == pytest.approx(100 * 93 / 101, abs=1e-4)


@pytest.mark.parametrize("heading", ["Produziert", "Gefertigt", "Producido", "Fabriqué", "Made"])
def test_made_over_a_column_of_figures_is_the_produced_quantity(heading):
    rows = [f"2026-03-{d:02},L1,{900 + d},{d % 5}" for d in range(1, 29)]
    assert mapping(read([f"Date,Line,{heading},Ausschuss", *rows]))[heading] == "qty_produced"
