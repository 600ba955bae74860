"""Complaints, returns and what suppliers sent: zero, missing and not computable told apart."""

import pytest
from made_facts import ask, day, rows, source, states, values

from kpi.measures import SeriesQuestion, rows_behind
from kpi.model import Coverage
from kpi.settings import Settings


def complaint(on, defective=None, *, kind="customer", plant="A", **more):
    return {"date": day(on), "plant": plant, "kind": kind, "qty_defective": defective, **more}


def ordered(order, *, side="sales", plant="A", **more):
    return {"plant": plant, "source": "F", "order": order, "item": "10", "direction": side, **more}


def sent(order, on, qty, *, plant="A", **more):
    known = {"plant": plant, "source": "F", "order": order, "item": "10"}
    return {**known, "shipped_on": day(on), "qty": qty, **more}


ORDERS = [
    ordered("1", product="P1", customer="X"),
    ordered("2", product="P2", customer="Y"),
    ordered("9", side="purchase", supplier="S", qty_ordered=500),
]
SHIPMENTS = [
    sent("1", "2026-01-10", 400, shipment="a"),
    sent("1", "2026-01-20", 600, shipment="b"),
    sent("2", "2026-02-05", 2000),
    sent("9", "2026-01-07", 500, delivered_on=day("2026-02-02")),
]
COVERED = {"complaint": [Coverage("A", None, day("2026-01-01"), day("2026-02-28"))]}


def facts_of(complaints, **more):
    return source(
        complaint=complaints, order_item=ORDERS, shipment=SHIPMENTS, coverage=COVERED, **more
    )


def test_complaints_per_thousand_deliveries_of_the_month():
    src = facts_of([complaint("2026-01-15"), complaint("2026-01-16"), complaint("2026-02-01")])
    assert values(src, "complaint_rate") == {"2026-01": 1000.0, "2026-02": 1000.0}
    (january, _) = rows(src, "complaint_rate")
    assert (january["numerator"], january["denominator"]) == (2, 2)


def test_a_month_without_a_complaint_is_zero_where_the_list_covers_it():
    src = facts_of([complaint("2026-01-15")])
    assert states(src, "complaint_rate") == {"2026-01": "value", "2026-02": "zero"}
    assert states(src, "complaints") == {"2026-01": "value", "2026-02": "zero"}


def test_a_month_no_list_covers_is_missing_not_zero():
    src = source(complaint=[complaint("2026-01-15")], order_item=ORDERS, shipment=SHIPMENTS)
    assert states(src, "complaint_rate")["2026-02"] == "missing"


def test_without_complaints_nothing_is_computed():
    src = source(order_item=ORDERS, shipment=SHIPMENTS)
    assert set(states(src, "complaint_rate").values()) == {"not_computable"}


def test_complaints_without_deliveries_have_no_rate():
    src = source(complaint=[complaint("2026-01-15", 3)], coverage=COVERED)
    assert set(states(src, "complaint_rate").values()) == {"not_computable"}
    assert values(src, "complaints")["2026-01"] == 1


def test_positions_of_one_complaint_are_one_complaint():
    positions = [
        complaint("2026-01-15", 1, event="7", item="1", reason="burr"),
        complaint("2026-01-15", 2, event="7", item="2", reason="crack"),
        complaint("2026-01-20", 4, event="8"),
        complaint("2026-01-21", 4),
        complaint("2026-01-21", 4),
    ]
    src = facts_of(positions)
    assert values(src, "complaints")["2026-01"] == 4
    by_reason = values(src, "complaints", by=("reason",))
    assert sum(v for (_, period), v in by_reason.items() if period == "2026-01" and v == v) == 4


def test_cancelled_complaints_do_not_count_and_rejected_ones_do():
    src = facts_of(
        [
            complaint("2026-01-15", 3, status="cancelled"),
            complaint("2026-01-16", 3, status="rejected"),
        ]
    )
    assert values(src, "complaints")["2026-01"] == 1


def test_returns_ppm_takes_what_was_confirmed_over_what_was_shipped():
    src = facts_of(
        [
            complaint("2026-01-15", 3),
            complaint("2026-01-16", 5, accepted=False),
            complaint("2026-01-17", 7, ppm_relevant=False),
            complaint("2026-01-18", 9, status="rejected"),
            complaint("2026-01-19", 11, kind="supplier"),
            complaint("2026-02-02", None, qty_complained=50),
        ]
    )
    assert values(src, "returns_ppm") == {"2026-01": 3000.0, "2026-02": 0.0}
    notes = ask(src, "returns_ppm").notes
    assert "1 complaint has no confirmed quantity yet and count as none." in notes


def test_complaints_that_state_no_confirmed_quantity_give_no_ppm():
    src = facts_of([complaint("2026-01-15", qty_complained=3)])
    assert set(states(src, "returns_ppm").values()) == {"not_computable"}


def test_ppm_of_a_customer_is_over_what_that_customer_got():
    src = facts_of(
        [complaint("2026-01-15", 3, customer="X"), complaint("2026-02-15", 4, customer="Y")]
    )
    found = values(src, "returns_ppm", by=("customer",))
    assert found["X", "2026-01"] == 3000.0
    assert found["Y", "2026-02"] == 2000.0


def test_year_to_date_is_the_sum_over_the_sum():
    src = facts_of([complaint("2026-01-15", 3), complaint("2026-02-15", 3)])
    (whole,) = rows(src, "returns_ppm", period="all")
    assert whole["value"] == pytest.approx(6 / 3000 * 1e6)


def test_kilograms_and_pieces_are_never_divided():
    orders = [{**o, "unit": "kg"} for o in ORDERS]
    src = source(
        complaint=[complaint("2026-01-15", 3, unit="pcs")],
        order_item=orders, shipment=SHIPMENTS, coverage=COVERED,
    )  # fmt: skip
    assert states(src, "returns_ppm")["2026-01"] == "not_computable"


def test_supplier_ppm_by_inspection_on_arrival():
    shipments = [*SHIPMENTS[:3], {**SHIPMENTS[3], "qty_defective": 5}]
    src = source(order_item=ORDERS, shipment=shipments)
    assert values(src, "supplier_ppm") == {"2026-02": 10000.0}


def test_supplier_ppm_by_complaints_where_no_receipt_says():
    src = facts_of([complaint("2026-02-15", 2, kind="supplier", supplier="S")])
    assert values(src, "supplier_ppm")["2026-02"] == 4000.0
    assert any("complaints to suppliers" in n for n in ask(src, "supplier_ppm").notes)


def test_complaints_of_customers_say_nothing_of_suppliers():
    src = facts_of([complaint("2026-02-15", 2)])
    assert states(src, "supplier_ppm")["2026-02"] == "not_computable"


def test_shipments_of_unknown_orders_are_left_out_and_said():
    src = source(
        complaint=[complaint("2026-01-15")], order_item=ORDERS,
        shipment=[*SHIPMENTS, sent("77", "2026-01-10", 5)], coverage=COVERED,
    )  # fmt: skip
    answer = ask(src, "complaint_rate")
    assert answer.frame["denominator"].iloc[0] == 2
    assert any("1 shipments of orders" in n for n in answer.notes)


def test_a_shipment_without_its_item_takes_what_its_order_says():
    orders = [ordered("1", customer="X"), {**ordered("1", customer="X"), "item": "20"}]
    src = source(
        complaint=[complaint("2026-01-15", customer="X")], order_item=orders,
        shipment=[{**sent("1", "2026-01-10", 5), "item": None}], coverage=COVERED,
    )  # fmt: skip
    assert values(src, "complaint_rate", by=("customer",))["X", "2026-01"] == 1000.0


def scrap_cost(on, cost, **more):
    return {"date": day(on), "plant": "A", "qty_scrap": 1, "cost": cost, "currency": "EUR", **more}


def test_poor_quality_costs_what_failed_inside_and_outside():
    src = source(
        scrap=[scrap_cost("2026-01-05", 100, reason="burr"), scrap_cost("2026-02-05", 50)],
        complaint=[
            complaint("2026-01-15", cost=30, currency="EUR", reason="crack"),
            complaint("2026-01-16", cost=7, currency="EUR", kind="supplier"),
            complaint("2026-01-17", cost=9, currency="EUR", status="cancelled"),
        ],
        coverage={**COVERED, "scrap": COVERED["complaint"]},
    )
    assert values(src, "copq") == {"2026-01": 130.0, "2026-02": 50.0}
    by_reason = values(src, "copq", by=("reason",))
    assert by_reason["burr", "2026-01"] == 100 and by_reason["crack", "2026-01"] == 30


def test_one_half_of_the_cost_is_not_the_whole():
    src = source(scrap=[scrap_cost("2026-01-05", 100)])
    assert states(src, "copq") == {}
    assert "record both the cost" in ask(src, "copq").notes[0]
    src = source(
        scrap=[scrap_cost("2026-01-05", 100), scrap_cost("2026-03-05", 80)],
        complaint=[complaint("2026-01-15", cost=30, currency="EUR")],
    )
    assert states(src, "copq").get("2026-03", "missing") != "value"


def test_two_currencies_are_refused():
    src = source(
        scrap=[scrap_cost("2026-01-05", 100)],
        complaint=[complaint("2026-01-15", cost=30, currency="USD")],
    )
    assert states(src, "copq")["2026-01"] == "not_computable"


def test_the_rows_behind_a_rate_are_complaints_and_shipments():
    src = facts_of([complaint("2026-01-15", 3), complaint("2026-01-16", 2, kind="supplier")])
    behind = rows_behind(src, SeriesQuestion("returns_ppm"), Settings(), period="2026-01")
    sides = behind.rows.groupby("side")["dataset"].agg(["first", "size"])
    assert sides.loc["numerator"].tolist() == ["complaint", 1]
    assert sides.loc["denominator"].tolist() == ["shipment", 2]
    assert (behind.numerator, behind.denominator) == (3, 1000)


def test_the_rows_behind_the_cost_are_of_both_lists():
    src = source(
        scrap=[scrap_cost("2026-01-05", 100)],
        complaint=[complaint("2026-01-15", cost=30, currency="EUR")],
    )
    behind = rows_behind(src, SeriesQuestion("copq"), Settings(), period="2026-01")
    assert set(behind.rows["dataset"]) == {"scrap", "complaint"}
    assert behind.numerator == 130
