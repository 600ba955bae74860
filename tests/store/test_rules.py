"""What counts where uploads meet: the rules of facts in force, one by one."""

from datetime import date, datetime

import pytest
from made_files import amounts, part

from kpi.errors import UsageError
from kpi.model import Coverage


def days(first, last, plant="A", line=None, month=10):
    return Coverage(plant, line, date(2026, month, first), date(2026, month, last))


def quantities(view):
    return {int(day[-2:]): q for (_, _, day), q in sorted(amounts(view).items())}


def only_question(plan):
    (question,) = plan.questions
    return question


def values(question):
    return [c.value for c in question.candidates]


# --- coverage: one feed meets its own loaded data in part ---


def a_week(make, first=5, last=11, amount=9, **more):
    return make.scrap(
        "2026-10",
        {first: amount},
        coverage=(days(first, last),),
        data_date=date(2026, 10, last),
        **more,
    )


def test_a_week_of_a_loaded_month_is_asked(store, put, make):
    put(make.scrap("2026-10", {4: 1, 5: 2, 6: 3}))
    week = a_week(make)
    question = only_question(store.plan(week))
    assert question.kind == "coverage"
    assert values(question) == ["replace", "keep", "add", "cancel"]
    assert question.ask == (
        "This file covers A, 5 October 2026 to 11 October 2026. It meets scrap_2026-10.xlsx (upload U000001, "
        "A, 1 October 2026 to 31 October 2026) only in part. What shall count?"
    )
    assert only_question(store.plan(week)).id == question.id
    with pytest.raises(UsageError, match="needs an answer"):
        put(week)
    assert store.position() == 1


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param("replace", {4: 1, 5: 9}, id="replace: the week takes the place of its days"),
        pytest.param("keep", {4: 1, 5: 2, 6: 3}, id="keep: the month was drawn later"),
        pytest.param("add", {4: 1, 5: 11, 6: 3}, id="add: both count"),
    ],
)
def test_what_the_answer_does(store, put, make, answer, expected):
    put(make.scrap("2026-10", {4: 1, 5: 2, 6: 3}))
    week = a_week(make)
    question = only_question(store.plan(week))
    put(week, **{question.id: answer})
    assert quantities(store.at()) == expected
    store.withdraw("U000002", who="me", when=datetime(2026, 11, 1), why="")
    assert quantities(store.at()) == {4: 1, 5: 2, 6: 3}


def test_cancel_stores_nothing(store, put, make):
    put(make.scrap("2026-10", {5: 2}))
    week = a_week(make)
    question = only_question(store.plan(week))
    plan = store.plan(week, {question.id: "cancel"})
    assert plan.cancelled
    assert plan.questions == ()
    with pytest.raises(UsageError) as error:
        put(week, **{question.id: "cancel"})
    assert str(error.value) == "scrap_2026-10.xlsx was cancelled. Nothing was stored."


def test_a_part_that_says_the_same_is_no_question(store, put, make):
    put(make.scrap("2026-10", {4: 1, 5: 2}))
    plan = store.plan(a_week(make, amount=2))
    assert plan.unchanged
    assert plan.upload == "U000001"


def test_an_extended_export_supersedes_without_a_question(store, put, make):
    put(make.scrap("2026-10", {1: 1}, coverage=(days(1, 15),), data_date=date(2026, 10, 15)))
    plan = store.plan(make.scrap("2026-10", {1: 2, 20: 3}))
    assert plan.questions == ()
    put(make.scrap("2026-10", {1: 2, 20: 3}))
    assert quantities(store.at()) == {1: 2, 20: 3}


def test_rolling_thirty_days_are_asked_and_the_later_drawn_counts(store, put, make):
    newer = make.scrap(
        "2026-10", {10: 1, 20: 2}, coverage=(days(5, 25),), data_date=date(2026, 10, 25)
    )
    older = make.scrap(
        "2026-10", {2: 8, 10: 9}, coverage=(days(1, 20),), data_date=date(2026, 10, 20)
    )
    put(newer)
    question = only_question(store.plan(older))
    assert values(question) == ["replace", "add", "cancel"]
    put(older, **{question.id: "replace"})
    assert quantities(store.at()) == {2: 8, 10: 1, 20: 2}


def test_one_line_of_a_plants_file_is_asked(store, put, make):
    put(make.scrap("2026-10", {(1, "L1"): 1, (1, "L2"): 2, (2, "L3"): 3}))
    one = make.scrap("2026-10", {(1, "L2"): 20})
    question = only_question(store.plan(one))
    assert values(question) == ["replace", "whole", "add", "cancel"]
    put(one, **{question.id: "replace"})
    assert amounts(store.at()) == {
        ("A", "L1", "2026-10-01"): 1.0,
        ("A", "L2", "2026-10-01"): 20.0,
        ("A", "L3", "2026-10-02"): 3.0,
    }
    assert store.plan(one).unchanged


def test_the_whole_plant_may_be_one_line(store, put, make):
    put(make.scrap("2026-10", {(1, "L1"): 1, (1, "L2"): 2}))
    one = make.scrap("2026-10", {(1, "L2"): 20})
    put(one, **{only_question(store.plan(one)).id: "whole"})
    assert amounts(store.at()) == {("A", "L2", "2026-10-01"): 20.0}


def test_an_older_export_of_the_same_month_stays_behind(store, put, make):
    put(make.scrap("2026-10", {1: 1}, data_date=date(2026, 11, 15)))
    older = make.scrap("2026-10", {1: 2}, data_date=date(2026, 11, 2))
    plan = store.plan(older)
    assert plan.questions == ()
    assert plan.notes == (
        "What is in force was drawn later, so that this file changes nothing now.",
    )
    put(older)
    assert quantities(store.at()) == {1: 1}
    assert store.plan(older).unchanged


def test_many_uploads_in_part_are_cut_by_a_join(store, put, make, monkeypatch):
    put(make.scrap("2026-10", {(1, "L1"): 1, (5, "L2"): 2, (5, "L1"): 4, (9, None): 8}))
    for line, day in (("L1", 5), ("L2", 9)):
        file = make.scrap("2026-10", {(day, line): 16}, coverage=(days(day, day, line=line),))
        put(file, **{only_question(store.plan(file)).id: "replace"})
    found = store.at().arrow("scrap").to_pylist()
    monkeypatch.setattr("kpi.store.queries.FEW_CUT", 0)
    joined = store.at().arrow("scrap").to_pylist()
    key = str
    assert sorted(joined, key=key) == sorted(found, key=key)
    assert sorted(r["qty_scrap"] for r in found) == [1, 2, 8, 16, 16]


def test_an_incremental_feed_only_adds(store, put, make):
    put(make.scrap("2026-10", {1: 1}))
    store.set_mode("scrap feed", "incremental", who="me", when=datetime(2026, 11, 1), why="deltas")
    assert store.feeds()[0].mode == "incremental"
    put(make.scrap("2026-10", {1: 2}))
    assert quantities(store.at()) == {1: 3}


# --- ownership: two feeds on the same ground ---


def two_feeds(put, make):
    put(make.scrap("2026-10", {1: 1, 2: 2}, feed="ERP"))
    return make.scrap("2026-10", {1: 10}, feed="by hand", coverage=(days(1, 1),))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param("prefer", {1: 10, 2: 2}, id="prefer hides the other where both have days"),
        pytest.param("complement", {1: 11, 2: 2}, id="complement counts both"),
        pytest.param("compare", {1: 1, 2: 2}, id="compare is kept and not counted"),
    ],
)
def test_a_second_feed_on_the_same_ground(store, put, make, answer, expected):
    second = two_feeds(put, make)
    question = only_question(store.plan(second))
    assert (question.kind, values(question)) == ("ownership", ["prefer", "complement", "compare"])
    assert question.ask == (
        "Scrap and rework: the same plant and days already come from the feed 'ERP' "
        "(scrap_2026-10.xlsx). How shall the two stand together?"
    )
    put(second, **{question.id: answer})
    assert quantities(store.at()) == expected
    store.withdraw("U000002", who="me", when=datetime(2026, 11, 1), why="")
    assert quantities(store.at()) == {1: 1, 2: 2}


def test_the_answer_holds_for_the_next_files_of_the_pair(store, put, make):
    second = two_feeds(put, make)
    put(second, **{only_question(store.plan(second)).id: "prefer"})
    november = make.scrap("2026-11", {1: 3}, feed="ERP")
    assert store.plan(november).questions == ()
    put(november)
    by_hand = make.scrap("2026-11", {1: 30}, feed="by hand")
    assert store.plan(by_hand).questions == ()
    put(by_hand)
    assert sorted(amounts(store.at()).values()) == [2.0, 10.0, 30.0]


def test_feeds_of_different_lines_do_not_meet(store, put, make):
    put(make.scrap("2026-10", {(1, "L1"): 1}, feed="one"))
    other = make.scrap("2026-10", {(1, "L2"): 2}, feed="two")
    assert store.plan(other).questions == ()
    put(other)
    assert sum(amounts(store.at()).values()) == 3


def test_in_a_circle_of_preferences_the_latest_holds(store, put, make):
    for feed, amount in (("a", 1), ("b", 2), ("c", 3)):
        file = make.scrap("2026-10", {1: amount}, feed=feed)
        put(file, **{q.id: "prefer" for q in store.plan(file).questions})
    again = make.scrap("2026-10", {1: 4}, feed="a")
    put(again, **{only_question(store.plan(again)).id: "prefer"})
    assert quantities(store.at()) == {1: 4}


def reported(make, feed, **figures):
    rows = [
        {"date": date(2026, 10, 1), "grain": "month", "slug": slug, "value": value}
        for slug, value in figures.items()
    ]
    return make.file(f"{feed}.xlsx", part("reported_value", rows, [days(1, 31)]), feed=feed)


def test_reported_values_meet_only_where_they_report_the_same(store, put, make):
    put(reported(make, "a", oee=80.0, scrap=2.0))
    assert store.plan(reported(make, "b", energy=5.0)).questions == ()
    other = reported(make, "c", scrap=2.5, water=1.0)
    put(other, **{only_question(store.plan(other)).id: "prefer"})
    found = {r["slug"]: r["value"] for r in store.at().arrow("reported_value").to_pylist()}
    assert found == {"oee": 80.0, "scrap": 2.5, "water": 1.0}


# --- rows with a key ---


def orders(make, name, data_date, *rows, feed="orders"):
    full = [{"direction": "sales", "item": "10", **row} for row in rows]
    return make.file(name, part("order_item", full, data_date=data_date), feed=feed)


def promises(view):
    return {
        r["order"]: (r["promise_date"], r["first_promise_date"], r["first_seen"])
        for r in view.arrow("order_item").to_pylist()
    }


MAY = [date(2026, 5, day) for day in range(1, 32)]


def test_the_newest_data_date_of_an_order_item_counts_whatever_came_first(store, put, make):
    put(orders(make, "later", MAY[10], {"order": "1", "promise_date": MAY[20]}))
    put(
        orders(
            make,
            "earlier",
            MAY[0],
            {"order": "1", "promise_date": MAY[15]},
            {"order": "2", "promise_date": MAY[3]},
        )
    )
    assert promises(store.at()) == {
        "1": (MAY[20], MAY[15], MAY[0]),
        "2": (MAY[3], MAY[3], MAY[0]),
    }


def test_an_item_first_seen_after_its_promise_has_an_unknown_first_promise(store, put, make):
    put(orders(make, "a", MAY[20], {"order": "1", "promise_date": MAY[10]}))
    assert promises(store.at()) == {"1": (MAY[10], None, MAY[20])}


def test_a_stated_first_promise_takes_precedence(store, put, make):
    put(
        orders(
            make, "a", MAY[0], {"order": "1", "promise_date": MAY[10], "first_promise_date": MAY[5]}
        )
    )
    put(orders(make, "b", MAY[2], {"order": "1", "promise_date": MAY[12]}))
    assert promises(store.at()) == {"1": (MAY[12], MAY[5], MAY[0])}


def test_a_withdrawn_upload_has_promised_nothing(store, put, make):
    put(orders(make, "a", MAY[0], {"order": "1", "promise_date": MAY[10]}))
    put(orders(make, "b", MAY[2], {"order": "1", "promise_date": MAY[12]}))
    store.withdraw("U000001", who="me", when=datetime(2026, 6, 1), why="")
    assert promises(store.at()) == {"1": (MAY[12], MAY[12], MAY[2])}


def test_the_feed_is_the_source_of_its_order_numbers(store, put, make):
    put(orders(make, "a", MAY[0], {"order": "1"}, feed="north"))
    put(orders(make, "b", MAY[0], {"order": "2"}, feed="south"))
    assert {r["source"] for r in store.at().arrow("order_item").to_pylist()} == {"north", "south"}


def test_the_same_orders_from_a_second_feed_are_a_question(store, put, make):
    put(orders(make, "a", MAY[0], {"order": "1", "value": 1.0}, {"order": "2", "value": 1.0}))
    second = orders(make, "b", MAY[1], {"order": "2", "value": 9.0}, feed="other")
    question = only_question(store.plan(second))
    assert question.kind == "ownership"
    for answer, total in (("prefer", 10.0), ("complement", 11.0), ("compare", 2.0)):
        with store.preview(second, {question.id: answer}) as after:
            assert sum(r["value"] for r in after.arrow("order_item").to_pylist()) == total


def test_purchase_orders_are_not_sales_orders(store, put, make):
    put(orders(make, "a", MAY[0], {"order": "1"}))
    assert (
        store.plan(
            orders(make, "b", MAY[0], {"order": "1", "direction": "purchase"}, feed="buy")
        ).questions
        == ()
    )


def shipments(make, name, data_date, *rows, feed="orders"):
    full = [{"order": "1", "item": "10", **row} for row in rows]
    return make.file(name, part("shipment", full, data_date=data_date), feed=feed)


def shipped(view):
    return sorted((r["shipment"], r["qty"]) for r in view.arrow("shipment").to_pylist())


def test_without_an_id_the_whole_set_of_an_item_is_replaced(store, put, make):
    put(shipments(make, "a", MAY[0], {"qty": 1.0}, {"qty": 2.0}))
    put(shipments(make, "b", MAY[1], {"qty": 4.0}))
    assert shipped(store.at()) == [(None, 4.0)]


def test_with_an_id_each_shipment_is_replaced_by_itself(store, put, make):
    put(
        shipments(make, "a", MAY[0], {"shipment": "S1", "qty": 1.0}, {"shipment": "S2", "qty": 2.0})
    )
    put(
        shipments(make, "b", MAY[1], {"shipment": "S2", "qty": 3.0}, {"shipment": "S3", "qty": 4.0})
    )
    assert shipped(store.at()) == [("S1", 1.0), ("S2", 3.0), ("S3", 4.0)]


def test_ids_that_come_later_replace_a_set_without(store, put, make):
    put(shipments(make, "a", MAY[0], {"qty": 5.0}))
    put(shipments(make, "b", MAY[1], {"shipment": "S1", "qty": 5.0}))
    assert shipped(store.at()) == [("S1", 5.0)]
    put(shipments(make, "c", MAY[2], {"qty": 6.0}))
    assert shipped(store.at()) == [(None, 6.0)]


@pytest.mark.parametrize("orders_first", [True, False], ids=["orders first", "shipments first"])
def test_shipments_from_a_file_of_their_own_find_their_orders(store, put, make, orders_first):
    files = [
        orders(make, "o", MAY[0], {"order": "1"}, feed="orders"),
        shipments(make, "s", MAY[0], {"qty": 1.0}, feed="shipments"),
    ]
    for file in files if orders_first else reversed(files):
        put(file)
    (row,) = store.at().arrow("shipment").to_pylist()
    assert row["source"] == "orders"


def stops(make, name, data_date, *rows, coverage=(), feed="stops"):
    full = [
        {"date": start.date(), "start": start, "event": event, "minutes": minutes}
        for event, start, minutes in rows
    ]
    return make.file(name, part("downtime", full, coverage, data_date), feed=feed)


def minutes(view, **pruned):
    return sorted((r["event"], r["minutes"]) for r in view.arrow("downtime", **pruned).to_pylist())


LATE = datetime(2026, 9, 30, 23, 50)
EARLY = datetime(2026, 10, 1, 0, 10)


def test_a_stop_that_moved_to_another_day_counts_once(store, put, make):
    put(
        stops(
            make,
            "sep",
            date(2026, 9, 30),
            ("E1", LATE, 10.0),
            ("E2", LATE, 1.0),
            coverage=[days(1, 30, month=9)],
        )
    )
    put(stops(make, "oct", date(2026, 10, 31), ("E1", EARLY, 12.0), coverage=[days(1, 31)]))
    assert minutes(store.at()) == [("E1", 12.0), ("E2", 1.0)]
    assert minutes(store.at(), last=date(2026, 9, 30)) == [("E2", 1.0)]
    assert store.at().month_rows("downtime") == {("A", "2026-09"): 1, ("A", "2026-10"): 1}
    september = store.at().signature("downtime", "A", "2026-09")
    assert september != store.at(1).signature("downtime", "A", "2026-09")
    store.withdraw("U000002", who="me", when=datetime(2026, 11, 1), why="")
    assert minutes(store.at()) == [("E1", 10.0), ("E2", 1.0)]
    assert store.at().signature("downtime", "A", "2026-09") == store.at(1).signature(
        "downtime", "A", "2026-09"
    )


def test_an_id_that_repeats_within_a_file_is_no_key(store, put, make):
    put(
        stops(
            make,
            "sep",
            date(2026, 9, 30),
            ("jam", LATE, 10.0),
            ("jam", LATE, 5.0),
            coverage=[days(1, 30, month=9)],
        )
    )
    put(stops(make, "oct", date(2026, 10, 31), ("jam", EARLY, 12.0), coverage=[days(1, 31)]))
    assert minutes(store.at()) == [("jam", 5.0), ("jam", 10.0), ("jam", 12.0)]


def names(make, data_date, *rows):
    full = [{"field": "reason", "plant": None, **row} for row in rows]
    return make.file(f"names {data_date}", part("names", full, data_date=data_date), feed="names")


def test_of_a_code_the_newest_name_counts(store, put, make):
    put(names(make, MAY[5], {"code": "A31", "name": "Porosity"}))
    put(
        names(
            make,
            MAY[1],
            {"code": "A31", "name": "Pores"},
            {"code": "A32", "name": "Crack"},
            {"code": "A32", "name": "Cracks"},
        )
    )
    found = {r["code"]: r["name"] for r in store.at().arrow("names").to_pylist()}
    assert found == {"A31": "Porosity", "A32": "Cracks"}
