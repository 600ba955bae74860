"""Delivery figures: numerators, denominators and rows, per period and slice."""

import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpi.measures.delivery import (
    ROW_COLUMNS,
    backlog_rows,
    days_late,
    days_late_by,
    days_late_rows,
    grouped,
    month_of,
    otd_order_rows,
    otd_quantity_rows,
    otd_rows,
    otif_rows,
    redating_rows,
)
from kpi.measures.due_items import BASES, DueChoices, resolve_items

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"
REPORT = date(2026, 3, 31)


def march(number):
    return None if number is None else date(2026, 3, number)


def resolved(*rows, report_date=REPORT, choices=None):
    """From (order, item, due day of March, delivered day, changes); 10 ordered and delivered."""
    table = pd.DataFrame(
        [
            {
                "plant": "North",
                "direction": "sales",
                "order": order,
                "item": item,
                "qty_ordered": 10.0,
                "value": 100.0,
                "promise_date": march(due),
                "delivered_on": march(delivered),
                "qty": 10.0,
                "upload": "u1",
                "sheet": "orders",
                "row": number,
                **(more[0] if more else {}),
            }
            for number, (order, item, due, delivered, *more) in enumerate(rows, start=2)
        ]
    )
    shipped = table[table["delivered_on"].notna()]
    return resolve_items(table, shipped, choices or DueChoices(), report_date=report_date)


def sums(rows):
    return grouped(rows)[["numerator", "denominator"]].iloc[0].tolist()


MIXED = (
    ("A", "1", 5, 4),
    ("A", "2", 9, 12, {"customer": "Brown"}),
    ("B", "1", 6, 6),
    ("C", "1", 20, None),
)


def test_trap_7_open_and_past_due_lines_are_in_the_base():
    assert sums(otd_rows(resolved(*MIXED))) == [2, 4]


def test_trap_11_the_due_month_not_the_month_of_delivery():
    rows = resolved(
        ("A", "1", 5, 4, {"promise_date": date(2026, 2, 27), "delivered_on": date(2026, 3, 2)}),
        ("B", "1", 5, 5),
    )
    counted = grouped(otd_rows(rows), period=month_of)
    assert counted[["period", "numerator", "denominator"]].to_numpy().tolist() == [
        ["2026-02", 0, 1],
        ["2026-03", 1, 1],
    ]


def test_rows_lead_back_to_the_file():
    rows = otd_rows(resolved(*MIXED))
    assert list(rows.columns) == list(ROW_COLUMNS)
    assert rows[["upload", "sheet", "row"]].to_numpy().tolist()[1] == ["u1", "orders", 3]


def test_a_missing_customer_is_a_group_of_its_own():
    counted = grouped(otd_rows(resolved(*MIXED)), ["customer"])
    assert counted["denominator"].tolist() == [1, 3]


def test_otif_wants_both():
    rows = resolved(
        ("A", "1", 5, 5),
        ("B", "1", 5, 5, {"qty": 9.0, "status": "delivered"}),
        ("C", "1", 5, 6),
    )
    assert sums(otd_rows(rows)) == [2, 3]
    assert sums(otif_rows(rows)) == [1, 3]


def test_otd_by_quantity():
    rows = resolved(
        ("A", "1", 5, 5),
        ("B", "1", 5, 6, {"qty_ordered": 30.0, "qty": 30.0}),
        ("C", "1", 5, 5, {"qty_ordered": None}),
        ("D", "1", 5, None),
    )
    assert sums(otd_quantity_rows(rows)) == [10, 50]


class TestOrders:
    @pytest.mark.parametrize(
        ("lines", "counted"),
        [
            pytest.param([(5, 5), (9, 9)], [1, 1], id="all lines on time"),
            pytest.param([(5, 6), (9, 9)], [0, 1], id="one line late"),
            pytest.param([(5, 5), (9, None)], [0, 1], id="one open and past due: late"),
            pytest.param([(5, 5), (25, None)], [0, 0], id="one open and not due: not yet"),
            pytest.param([(5, 6), (25, None)], [0, 0], id="late already, but not yet due"),
            pytest.param([(5, None), (25, None)], [0, 1], id="one past due decides"),
            pytest.param(
                [(5, 5), (9, None, {"status": "cancelled"})], [1, 1], id="cancelled is out"
            ),
            pytest.param([(5, 5), (9, None, {"status": "on_hold"})], [1, 1], id="on hold is out"),
            pytest.param(
                [(5, 5), (9, None, {"status": "delivered"})], [0, 0], id="nobody can tell"
            ),
        ],
    )
    def test_an_order_is_on_time_when_all_its_lines_are(self, lines, counted):
        rows = [("A", str(n), *line) for n, line in enumerate(lines)]
        assert sums(otd_order_rows(resolved(*rows, report_date=march(20)))) == counted

    def test_on_hold_lines_wait_like_others_where_they_count(self):
        lines = [("A", "1", 5, 5), ("A", "2", 25, None, {"status": "on_hold"})]
        choices = DueChoices(on_hold_counts=True)
        assert sums(otd_order_rows(resolved(*lines, report_date=march(20), choices=choices))) == [
            0,
            0,
        ]

    def test_the_order_is_due_when_its_last_line_is(self):
        (row,) = otd_order_rows(resolved(*MIXED[:2])).to_dict("records")
        assert row["day"] == pd.Timestamp(march(9))
        assert (row["lines"], row["plant"]) == (2, "North")
        assert pd.isna(row["customer"])


class TestDaysLate:
    ROWS = (
        ("A", "1", 5, 4),
        ("B", "1", 5, 8),
        ("C", "1", 5, 10),
        ("D", "1", 25, None),
    )

    def test_late_lines_only_open_ones_included_and_marked(self):
        late = days_late(days_late_rows(resolved(*self.ROWS)))
        assert (late.total, late.lines, late.median, late.open_lines) == (14, 3, 5, 1)
        assert late.p90 == pytest.approx(5.8)

    def test_within_the_window_is_not_late_nor_is_too_early(self):
        choices = DueChoices(early_days=0, late_days=3)
        rows = days_late_rows(resolved(*self.ROWS, choices=choices))
        assert rows["order"].tolist() == ["C", "D"]

    def test_per_group(self):
        late = days_late_by(days_late_rows(resolved(*self.ROWS)), ["plant"], month_of)
        assert late[
            ["period", "numerator", "denominator", "median", "open_lines"]
        ].to_numpy().tolist() == [["2026-03", 14, 3, 5, 1]]

    def test_nobody_late(self):
        late = days_late(days_late_rows(resolved(self.ROWS[0])))
        assert (late.total, late.lines) == (0, 0)
        assert pd.isna(late.median)


class TestBacklog:
    def test_a_stock_at_each_period_end(self):
        rows = resolved(
            ("A", "1", 5, 12),
            ("B", "1", 10, None),
            ("C", "1", 20, None),
            ("D", "1", 15, None, {"status": "cancelled"}),
            ("E", "1", 5, None, {"order_date": march(18)}),
        )
        ends = [march(n) for n in (5, 10, 11, 12, 20, 21)]
        stock = grouped(backlog_rows(rows, ends, report_date=REPORT), ["day"])
        assert {f"{r.day.day}": r.numerator for r in stock.itertuples()} == {
            "10": 1, "11": 2, "12": 1, "20": 2, "21": 3,
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("days", "age"), [(1, "1-7"), (7, "1-7"), (8, "8-30"), (30, "8-30"), (31, ">30")]
    )
    def test_by_age(self, days, age):
        rows = resolved(
            ("A", "1", 1, None, {"promise_date": date(2026, 3, 31) - pd.Timedelta(days=days)})
        )
        (row,) = backlog_rows(rows, [REPORT], report_date=REPORT).to_dict("records")
        assert (row["age_days"], row["age"], row["qty"], row["value"]) == (days, age, 10, 100)

    def test_a_period_that_goes_on_is_seen_at_the_report_date(self):
        rows = resolved(("A", "1", 30, None))
        stock = backlog_rows(rows, [date(2026, 12, 31)], report_date=REPORT)
        assert stock["age_days"].tolist() == [1]
        assert stock["day"].tolist() == [pd.Timestamp(2026, 12, 31)]


def test_trap_10_points_won_by_redating():
    first = {"first_promise_date": march(5)}
    rows = resolved(
        ("A", "1", 9, 9, first),  # moved, and so kept
        ("B", "1", 5, 5, first),
        ("C", "1", 5, 8, first),
        ("D", "1", 9, 9),  # no first promise known
        ("E", "1", 31, None, first),  # moved out of the base: the same items only
    )
    won = redating_rows(rows)
    assert sums(won) == [1, 3]
    assert (won["on_time_promise"].sum(), won["on_time_first_promise"].sum()) == (2, 1)
    assert won["redated"].tolist() == [1, 0, 0]
    assert (won["day"] == pd.Timestamp(march(5))).all()


drawn = st.lists(
    st.tuples(
        st.sampled_from("ABC"),
        st.integers(1, 28),
        st.one_of(st.none(), st.integers(1, 28)),
        st.sampled_from([None, "cancelled", "on_hold", "open"]),
        st.integers(1, 28),
    ),
    min_size=1,
    max_size=8,
)


@settings(deadline=None, max_examples=15)
@given(drawn=drawn, report=st.integers(1, 31))
def test_the_parts_add_up_and_no_share_leaves_0_to_1(drawn, report):
    rows = resolved(
        *[
            (order, str(n), due, done, {"status": status, "first_promise_date": march(first)})
            for n, (order, due, done, status, first) in enumerate(drawn)
        ],
        report_date=march(report),
    )
    for make in (otd_rows, otif_rows, otd_quantity_rows, otd_order_rows):
        for basis in BASES:
            made = make(rows, basis)
            assert (made["numerator"] <= made["denominator"]).all()
            assert (made["numerator"] >= 0).all()
            parts = grouped(made, ["order"], month_of)[["numerator", "denominator"]].sum().tolist()
            assert parts == sums(made)
    on_time, late = sums(otd_rows(rows)), days_late(days_late_rows(rows))
    assert on_time[0] + late.lines == on_time[1]
    stock = backlog_rows(rows, [march(report)], report_date=march(report))
    assert len(stock) == (rows["base_promise"] & rows["open"]).sum() == late.open_lines


# --- files that stand beside the project -------------------------------------------------------


def sample(name):
    folder = SAMPLES / name
    if not folder.is_dir():
        pytest.skip(f"The sample {name} does not stand beside the project.")
    return folder, json.loads((folder / "expected.json").read_text(encoding="utf-8"))


def from_one_file(table, mapping, report_date, choices=None, **constant):
    """Items and shipments out of the rows of one file, as reading it makes them."""
    rows = table.rename(columns=mapping).assign(
        plant="P", upload="u", sheet="s", row=range(2, len(table) + 2), **constant
    )
    shipped = rows[rows["delivered_on"].notna()]
    return resolve_items(rows, shipped, choices or DueChoices(), report_date=report_date)


def per_month(rows):
    counted = grouped(rows, period=month_of).set_index("period")
    return {month: (int(r["numerator"]), int(r["denominator"])) for month, r in counted.iterrows()}


def expected_months(expected):
    return {m: (v["on_time"], v["lines"]) for m, v in expected["monthly"].items()}


@pytest.mark.samples
def test_bertus_shipments():
    folder, expected = sample("delivery-bertus-shipments")
    table = pd.read_csv(folder / "bertus_shipments_raw.csv")
    rows = from_one_file(
        table,
        {
            "shipment_id": "order",
            "promised_delivery_date": "promise_date",
            "actual_delivery_date": "delivered_on",
        },
        date(2026, 8, 31),
    )
    assert sums(otd_rows(rows)) == [expected["on_time"], expected["lines"]]
    assert per_month(otd_rows(rows)) == expected_months(expected)
    late = days_late(days_late_rows(rows))
    assert late.total / late.lines == pytest.approx(expected["mean_days_late_of_late"], abs=5e-5)


@pytest.mark.samples
def test_purchase_orders():
    folder, expected = sample("delivery-purchase-orders")
    table = pd.read_excel(folder / "Purchase_Orders.xlsx", engine="calamine")
    rows = from_one_file(
        table,
        {
            "PO_Number": "order",
            "Supplier_ID": "supplier",
            "Ordered_Quantity": "qty_ordered",
            "Received_Quantity": "qty",
            "Expected_Delivery_Date": "promise_date",
            "Actual_Delivery_Date": "delivered_on",
        },
        date(2025, 12, 31),
    )
    assert sums(otd_rows(rows)) == [expected["on_time"], expected["lines"]]
    assert per_month(otd_rows(rows)) == expected_months(expected)
    assert sums(otif_rows(rows))[0] / 2000 * 100 == pytest.approx(expected["otif_pct"])
    assert rows["in_full"].mean() * 100 == pytest.approx(expected["in_full_pct"])
    of_supplier = grouped(otd_rows(rows), ["supplier"]).set_index("supplier")
    for supplier, share in expected["otd_by_supplier_sample"].items():
        found = of_supplier.loc[supplier]
        assert found["numerator"] / found["denominator"] * 100 == pytest.approx(share, abs=5e-5)


@pytest.mark.samples
def test_promise_and_delivery_in_two_files():
    """No item of many short ones is delivered twice: a short delivery ends it, unless told."""
    folder, expected = sample("delivery-supplier-two-files")
    ordered = pd.read_csv(folder / "purchase_orders.csv").rename(
        columns={
            "po_id": "order",
            "promised_date": "promise_date",
            "quantity_ordered": "qty_ordered",
        }
    )
    shipped = pd.read_csv(folder / "deliveries.csv").rename(
        columns={"po_id": "order", "delivery_date": "delivered_on", "quantity_delivered": "qty"}
    )
    ordered, shipped = (
        t.assign(plant="P", source=name, upload=name, sheet="s", row=range(2, len(t) + 2))
        for t, name in ((ordered, "orders"), (shipped, "deliveries"))
    )
    final = resolve_items(
        ordered, shipped, DueChoices(short_delivery="final"), report_date=date(2025, 12, 31)
    )
    assert sums(otd_rows(final)) == [expected["on_time"], expected["lines"]]
    assert per_month(otd_rows(final)) == expected_months(expected)
    assert final["in_full"].mean() * 100 == pytest.approx(expected["in_full_pct"])
    own = resolve_items(ordered, shipped, DueChoices(), report_date=date(2025, 12, 31))
    assert sums(otd_rows(own)) == [expected["on_time"], expected["lines"]]
    still_open = resolve_items(
        ordered, shipped, DueChoices(short_delivery="open"), report_date=date(2025, 12, 31)
    )
    assert still_open["open"].mean() == pytest.approx(1 - expected["in_full_pct"] / 100)


@pytest.mark.samples
def test_classicmodels():
    folder, expected = sample("delivery-classicmodels")
    table = pd.read_csv(folder / "orders.csv")
    status = {
        "Shipped": "delivered",
        "Resolved": "delivered",
        "Disputed": "delivered",
        "Cancelled": "cancelled",
        "On Hold": "on_hold",
        "In Process": "open",
    }
    rows = from_one_file(
        table.assign(status=table["status"].map(status)),
        {"orderNumber": "order", "requiredDate": "request_date", "shippedDate": "shipped_on"},
        date(2005, 5, 31),
        delivered_on=pd.to_datetime(table["shippedDate"]),
    )
    wanted = expected["without_cancelled_on_hold"]
    assert sums(otd_rows(rows)) == [wanted["on_time"], wanted["lines_with_both_dates"]]
    assert per_month(otd_rows(rows)) == expected_months(wanted)
    assert days_late_rows(rows)["order"].tolist() == [str(o) for o in expected["late_orders"]]
    assert rows.loc[rows["open"] & ~rows["on_hold"], "due_request"].min() >= pd.Timestamp(
        2005, 5, 31
    )


@pytest.mark.samples
def test_northwind_by_order_and_by_line():
    """Open items not due yet on the file's own latest date are in no base; none is past due."""
    folder, expected = sample("delivery-northwind")
    table = pd.read_csv(folder / "orders.csv")
    rows = from_one_file(
        table,
        {
            "OrderID": "order",
            "ShippedDate": "shipped_on",
            "RequiredDate": "promise_date",
            "Quantity": "qty_ordered",
        },
        date(1998, 5, 6),
        delivered_on=pd.to_datetime(table["ShippedDate"]),
        qty=table["Quantity"],
    )
    lines, orders = otd_rows(rows), otd_order_rows(rows)
    wanted = expected["per_line"]
    past_due = rows[rows["open"] & (rows["due_promise"] < pd.Timestamp(1998, 5, 6))]
    assert sums(lines) == [wanted["on_time"], wanted["lines_with_both_dates"] + len(past_due)]
    wanted = expected["per_order"]
    late_open = past_due["order"].nunique()
    assert sums(orders) == [wanted["on_time"], wanted["lines_with_both_dates"] + late_open]
