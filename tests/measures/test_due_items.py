"""Order items: completion, windows, bases, open and past due, first promise."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpi.measures.due_items import BASES, DueChoices, due_notes, resolve_items

REPORT = date(2026, 3, 31)


def day(number):
    return None if number is None else date(2026, 3, number)


def items(*rows):
    """Order items from (order, due day of March, changes); ordered 100, nothing but a promise."""
    return pd.DataFrame(
        [
            {
                "plant": "North",
                "direction": "sales",
                "source": "erp",
                "order": order,
                "item": "10",
                "qty_ordered": 100.0,
                "promise_date": day(due),
                "upload": "u1",
                "sheet": "orders",
                "row": number,
                **(more[0] if more else {}),
            }
            for number, (order, due, *more) in enumerate(rows, start=2)
        ]
    )


def shipments(*rows):
    """Shipments from (order, delivered on a day of March, quantity, changes)."""
    return pd.DataFrame(
        [
            {
                "plant": "North",
                "source": "erp",
                "order": order,
                "item": "10",
                "delivered_on": day(delivered),
                "qty": qty,
                "upload": "u2",
                "sheet": "deliveries",
                "row": number,
                **(more[0] if more else {}),
            }
            for number, (order, delivered, qty, *more) in enumerate(rows, start=2)
        ],
        columns=[
            "plant",
            "source",
            "order",
            "item",
            "delivered_on",
            "shipped_on",
            "qty",
            "upload",
            "sheet",
            "row",
        ],
    )


def resolve(ordered, shipped, choices=None, **more):
    more = {"report_date": REPORT, **more}
    return resolve_items(ordered, shipped, choices or DueChoices(), **more)


def one(ordered, shipped, choices=None, **more):
    (row,) = resolve(ordered, shipped, choices, **more).to_dict("records")
    return row


class TestTrap9Partials:
    @pytest.mark.parametrize(
        ("shipped", "tolerance", "completed", "on_time"),
        [
            pytest.param([(3, 60), (5, 40)], 0, 5, True, id="the last part in time"),
            pytest.param([(3, 60), (6, 40)], 0, 6, False, id="the last part a day late"),
            pytest.param(
                [(3, 60), (4, 35), (9, 5)], 5, 4, True, id="within tolerance by the due date"
            ),
            pytest.param([(3, 60), (4, 34.9), (9, 5.1)], 5, 9, False, id="just short of it"),
            pytest.param([(3, 60), (3, 40)], 0, 3, True, id="two on one day"),
            pytest.param([(3, 110), (4, -10), (9, 10)], 0, 3, True, id="a return does not undo it"),
            pytest.param([(3, 60)], 0, None, False, id="the rest is still to come"),
            pytest.param([(3, 60), (4, None)], 0, 4, True, id="no quantity: complete"),
        ],
    )
    def test_complete_when_the_cumulated_quantity_reaches_the_tolerance(
        self, shipped, tolerance, completed, on_time
    ):
        row = one(
            items(("A", 5)),
            shipments(*[("A", *s) for s in shipped]),
            DueChoices(in_full_tolerance_pct=tolerance),
        )
        assert row["on_time_promise"] is on_time
        assert row["in_full"] is (completed is not None)
        assert row["open"] is (completed is None)
        if completed:
            assert row["completed_on"] == pd.Timestamp(day(completed))

    def test_ten_tenths_are_complete(self):
        row = one(
            items(("A", 20, {"qty_ordered": 1.0})),
            shipments(*[("A", n, 0.1) for n in range(1, 11)]),
        )
        assert row["completed_on"] == pd.Timestamp(day(10))

    def test_the_quantity_in_time_stops_at_the_ordered_one(self):
        shipped = shipments(("A", 3, 60.0), ("A", 9, 60.0), ("B", 3, 130.0), ("C", 3, None))
        resolved = resolve(items(("A", 5), ("B", 5), ("C", 5), ("D", 5)), shipped)
        assert resolved["qty_on_time_promise"].tolist() == [60, 100, 100, 0]
        assert resolved["qty_delivered"].tolist() == [120, 130, 100, 0]


class TestShortDeliveries:
    def test_many_short_ones_and_none_twice_are_final(self):
        """A source of 20 short deliveries would have listed a second one of some item."""
        names = [f"A{n}" for n in range(20)]
        ordered = items(*[(name, 5) for name in names])
        once = shipments(*[(name, 4, 90.0) for name in names])
        assert resolve(ordered, once)["on_time_promise"].all()
        assert not resolve(ordered, once)["in_full"].any()
        assert resolve(ordered, once)["ended_short"].all()
        partly = shipments(*[(name, 4, 90.0) for name in names], ("A0", 9, 5.0))
        assert not resolve(ordered, partly)["on_time_promise"].any(), "it lists partial deliveries"
        fewer = shipments(*[(name, 4, 90.0) for name in names[1:]])
        assert not resolve(ordered, fewer)["on_time_promise"].any(), "too few to tell"

    ORDERED = items(("A", 5), ("B", 5))
    SHIPPED = shipments(("A", 4, 90.0), ("B", 4, 100.0))
    SAME_ROWS = SHIPPED.assign(upload="u1", sheet="orders")

    @pytest.mark.parametrize(
        ("shipped", "choice", "on_time"),
        [
            pytest.param(
                SHIPPED, "as_stated", False, id="a list of shipments: the rest is to come"
            ),
            pytest.param(
                SAME_ROWS, "as_stated", True, id="one row states order and delivery: final"
            ),
            pytest.param(SAME_ROWS, "open", False, id="unless the site says otherwise"),
            pytest.param(SHIPPED, "final", True, id="either way"),
        ],
    )
    def test_what_is_short_without_a_status(self, shipped, choice, on_time):
        row = resolve(self.ORDERED, shipped, DueChoices(short_delivery=choice)).iloc[0]
        assert bool(row["on_time_promise"]) is on_time
        assert not row["in_full"]

    def test_a_feed_that_lists_partials_states_no_final_delivery(self):
        more = shipments(("B", 3, 1.0)).assign(upload="u1", row=99)
        row = resolve(self.ORDERED, pd.concat([self.SAME_ROWS, more])).iloc[0]
        assert row["open"]

    def test_the_status_says_it_is_closed(self):
        row = one(items(("A", 5, {"status": "delivered"})), shipments(("A", 4, 90.0)))
        assert (row["on_time_promise"], row["in_full"], row["open"]) == (True, False, False)

    def test_without_an_ordered_quantity_the_last_delivery_completes(self):
        row = one(items(("A", 5, {"qty_ordered": None})), shipments(("A", 4, 90.0), ("A", 7, 1.0)))
        assert (row["completed_on"], row["in_full"]) == (pd.Timestamp(day(7)), True)


class TestTrap7And22TheBase:
    @pytest.mark.parametrize(
        ("due", "delivered", "more", "base", "on_time"),
        [
            pytest.param(30, None, {}, True, False, id="open and past due: late"),
            pytest.param(31, None, {}, False, False, id="open, due on the report date: not yet"),
            pytest.param(None, 5, {}, False, False, id="no due date at all"),
            pytest.param(5, 5, {}, True, True, id="delivered"),
            pytest.param(5, 6, {}, True, False, id="delivered late"),
            pytest.param(5, 5, {"status": "cancelled"}, False, False, id="cancelled is out"),
            pytest.param(5, None, {"status": "on_hold"}, False, False, id="on hold is out"),
            pytest.param(
                5, None, {"status": "delivered"}, False, False, id="delivered, nobody knows when"
            ),
        ],
    )
    def test_who_is_in_the_base(self, due, delivered, more, base, on_time):
        shipped = shipments(("A", delivered, 100.0)) if delivered else shipments()
        row = one(items(("A", due, more)), shipped)
        assert (row["base_promise"], row["on_time_promise"]) == (base, on_time)

    def test_a_delivered_item_counts_in_its_due_month_even_if_that_is_to_come(self):
        row = one(items(("A", 30)), shipments(("A", 5, 100.0)), report_date=day(10))
        assert row["base_promise"]
        assert row["on_time_promise"]

    def test_a_delivery_after_the_report_date_has_not_happened(self):
        row = one(items(("A", 9)), shipments(("A", 12, 100.0)), report_date=day(10))
        assert (row["open"], row["on_time_promise"], row["days_late_promise"]) == (True, False, 1)

    def test_nor_is_what_is_called_delivered_today_delivered_then(self):
        ordered = items(("A", 9, {"status": "delivered"}), ("B", 9, {"status": "delivered"}))
        shipped = shipments(("A", 12, 100.0), ("B", 8, 60.0), ("B", 12, 40.0))
        resolved = resolve(ordered, shipped, report_date=day(10))
        assert resolved["open"].tolist() == [True, True]
        assert resolved["base_promise"].tolist() == [True, True]
        assert resolve(ordered, shipped)["days_late_promise"].tolist() == [3, 3]

    def test_on_hold_counts_where_the_site_says_so(self):
        held = items(("A", 5, {"status": "on_hold"}))
        assert one(held, shipments(), DueChoices(on_hold_counts=True))["base_promise"]
        assert due_notes(resolve(held, shipments()))[-1] == "1 order item is on hold."


class TestTrap8TheWindow:
    @pytest.mark.parametrize(
        ("choices", "delivered", "on_time", "late"),
        [
            pytest.param(DueChoices(), 1, True, -5, id="however early"),
            pytest.param(DueChoices(early_days=2), 4, True, -2, id="on the edge of the window"),
            pytest.param(DueChoices(early_days=2), 3, False, -3, id="too early for just in time"),
            pytest.param(DueChoices(late_days=2), 8, True, 2, id="late within the window"),
            pytest.param(DueChoices(late_days=2), 9, False, 3, id="beyond it"),
            # 6 March 2026 is a Friday
            pytest.param(DueChoices(late_days=1, days="working"), 9, True, 1, id="Monday is 1 working day"),
            pytest.param(DueChoices(late_days=1, days="working"), 10, False, 2, id="Tuesday is 2"),
            pytest.param(
                DueChoices(late_days=1, days="working", closed_days=frozenset({date(2026, 3, 9)})),
                10, True, 1, id="Monday is closed",
            ),
            pytest.param(DueChoices(early_days=2, days="working"), 4, True, -2, id="Wednesday before"),
            pytest.param(DueChoices(early_days=2, days="working"), 3, False, -3, id="Tuesday before"),
        ],
    )  # fmt: skip
    def test_due_on_friday_the_sixth(self, choices, delivered, on_time, late):
        row = one(items(("A", 6)), shipments(("A", delivered, 100.0)), choices)
        assert (row["on_time_promise"], row["days_late_promise"]) == (on_time, late)
        assert row["early_promise"] is (not on_time and late < 0)
        assert row["qty_on_time_promise"] == (100 if on_time else 0)

    def test_due_on_a_sunday_and_delivered_on_monday_is_in_time_by_working_days(self):
        row = one(items(("A", 8)), shipments(("A", 9, 100.0)), DueChoices(days="working"))
        assert (row["on_time_promise"], row["days_late_promise"]) == (True, 0)

    def test_which_day_counts(self):
        shipped = shipments(("A", 7, 100.0, {"shipped_on": day(5)}))
        assert not one(items(("A", 6)), shipped)["on_time_promise"]
        assert one(items(("A", 6)), shipped, DueChoices(late_date="shipped"))["on_time_promise"]
        only_shipped = shipments(("A", None, 100.0, {"shipped_on": day(5)}))
        assert one(items(("A", 6)), only_shipped)["on_time_promise"]


class TestTrap10ThreeBases:
    def test_three_dates_side_by_side(self):
        dates = {"request_date": day(3), "first_promise_date": day(5)}
        row = one(items(("A", 9, dates)), shipments(("A", 6, 100.0)))
        assert [row[f"on_time_{b}"] for b in BASES] == [False, False, True]
        assert [row[f"days_late_{b}"] for b in BASES] == [3, 1, -3]

    def test_the_first_promise_comes_from_the_earliest_upload(self):
        seen = items(("A", 9), ("B", 9), ("C", 9, {"first_promise_date": day(2)}), ("D", 9))
        first = pd.DataFrame(
            {
                "plant": "North",
                "source": "erp",
                "order": ["A", "B", "C"],
                "item": "10",
                "first_promise_date": [day(5), day(5), day(5)],
                "seen_on": [day(5), day(6), day(1)],
            }
        )
        resolved = resolve(seen, shipments(), first_promises=first)
        assert resolved["due_first_promise"].dt.day.fillna(0).tolist() == [5, 0, 2, 0]
        assert resolved["first_promise_unknown"].tolist() == [False, True, False, True]
        assert due_notes(resolved) == (
            "2 order items have no known first promise (first seen after the promised day): not in "
            "on-time delivery to first promise.",
        )

    def test_without_a_promise_the_requested_date_stands_in_and_that_is_said(self):
        asked = items(("A", None, {"request_date": day(5)}))
        row = resolve(asked, shipments(("A", 5, 100.0)))
        assert row["base_promise"].tolist() == [True]
        assert due_notes(row) == ("1 order item has no promised date: the requested one counts.",)
        choices = DueChoices(due_when_no_promise="unknown")
        assert not one(asked, shipments(("A", 5, 100.0)), choices)["base_promise"]


class TestFindingTheItem:
    @pytest.mark.parametrize(
        ("ordered", "shipped"),
        [
            pytest.param({}, {}, id="by the key"),
            pytest.param({}, {"source": "deliveries"}, id="from a file of its own"),
            pytest.param({}, {"item": None}, id="by the order, which has one item"),
            pytest.param({"item": None}, {}, id="the order's one item has no number"),
            pytest.param({"item": None}, {"item": None, "source": "deliveries"}, id="neither has"),
        ],
    )
    def test_a_shipment_finds_its_item(self, ordered, shipped):
        row = one(items(("A", 5, ordered)), shipments(("A", 4, 100.0, shipped)))
        assert (row["on_time_promise"], row["in_full"]) == (True, True)

    def test_not_another_plant_nor_an_ambiguous_source(self):
        shipped = shipments(("A", 4, 100.0, {"source": "deliveries"}))
        two = items(("A", 5), ("A", 5, {"source": "other"}))
        assert resolve(two, shipped)["open"].all()
        assert resolve(items(("A", 5, {"plant": "South"})), shipped)["open"].all()

    def test_items_without_numbers_are_told_apart_by_their_row(self):
        rows = {"upload": "u1", "sheet": "orders", "item": None}
        two = items(("A", 5, {"item": None}), ("A", 5, {"item": None}))
        shipped = shipments(("A", 4, 100.0, rows), ("A", 8, 100.0, rows))
        assert resolve(two, shipped)["on_time_promise"].tolist() == [True, False]

    def test_a_shipment_of_the_whole_order_counts_for_all_items_by_its_date(self):
        two = items(("A", 5), ("A", 3, {"item": "20"}))
        resolved = resolve(two, shipments(("A", 4, 150.0, {"item": None})))
        assert resolved["on_time_promise"].tolist() == [True, False]
        assert resolved["in_full"].all()


def test_the_end_of_time_is_no_date():
    never = items(("A", None, {"promise_date": date(9999, 12, 31), "request_date": day(5)}))
    assert one(never, shipments(("A", 5, 100.0)))["due_promise"] == pd.Timestamp(day(5))


def test_no_items_and_no_shipments():
    assert resolve(items(("A", 5)).iloc[:0], shipments()).empty
    assert resolve(items(("A", 5)), shipments())["open"].tolist() == [True]


def test_choices_in_words():
    assert DueChoices().in_words() == (
        "On time: from any day before up to the due day, in calendar days, by the day of delivery. In "
        "full: at most 0 % short. Without a promised date the requested one counts. Items on hold are "
        "out, and counted beside."
    )
    assert (
        DueChoices(early_days=3, late_days=1, days="working")
        .in_words()
        .startswith("On time: from 3 days before the due day to 1 days after it, in working days")
    )


parts = st.lists(st.tuples(st.integers(1, 28), st.integers(0, 80)), max_size=5)


@settings(deadline=None, max_examples=60)
@given(orders=st.lists(st.tuples(st.integers(1, 28), parts), min_size=1, max_size=6), pct=st.integers(0, 30), e=st.integers(0, 5), late=st.integers(0, 5), cut=st.integers(1, 31))  # fmt: skip
def test_completion_is_what_adding_up_by_hand_says(orders, pct, e, late, cut):
    ordered = items(*[(str(n), due) for n, (due, _) in enumerate(orders)])
    shipped = shipments(*[(str(n), d, float(q)) for n, (_, ps) in enumerate(orders) for d, q in ps])
    choices = DueChoices(early_days=e, late_days=late, in_full_tolerance_pct=pct)
    resolved = resolve(ordered, shipped, choices, report_date=day(cut))
    for (due, ps), row in zip(orders, resolved.to_dict("records"), strict=True):
        total, done = 0, None
        for delivered, qty in sorted(ps, key=lambda p: p[0]):
            total += qty if delivered <= cut else 0
            if done is None and delivered <= cut and total >= 100 - pct:
                done = delivered
        assert row["open"] is (done is None)
        assert row["base_promise"] is (done is not None or due < cut)
        assert row["on_time_promise"] is (done is not None and due - e <= done <= due + late)
        if row["base_promise"]:
            within = sum(q for d, q in ps if due - e <= d <= due + late and d <= cut)
            assert row["qty_on_time_promise"] == min(within, 100)
            assert row["days_late_promise"] == (done or cut) - due
