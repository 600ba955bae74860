"""What an upload speaks of bounds what it replaces; a source's number settles a complaint that moved."""

from datetime import date

from made_files import WHEN, part, table_of

from kpi.datasets import COMPLAINT, DOWNTIME, MEASUREMENT
from kpi.model import Coverage
from kpi.store.rows import key_is_unique, scope_of

OCTOBER = Coverage("A", None, date(2026, 10, 1), date(2026, 10, 31))
SEPTEMBER = Coverage("A", None, date(2026, 9, 1), date(2026, 9, 30))


def measured(make, name, data_date, rows, feed="cmm"):
    full = [
        {"date": date(2026, 10, 5), "product": p, "characteristic": c, "value": v}
        for p, c, v in rows
    ]
    return make.file(name, part("measurement", full, [OCTOBER], data_date), feed=feed)


def values(view):
    rows = view.arrow("measurement").to_pylist()
    return sorted((r["product"], r["characteristic"], r["value"]) for r in rows)


def test_a_file_of_another_part_hides_nothing(store, put, make):
    put(measured(make, "p1", date(2026, 11, 1), [("P1", "bore", 1.0)]))
    plan = store.plan(measured(make, "p2", date(2026, 11, 1), [("P2", "bore", 2.0)]))
    assert not plan.questions
    put(measured(make, "p2", date(2026, 11, 1), [("P2", "bore", 2.0)]))
    assert values(store.at()) == [("P1", "bore", 1.0), ("P2", "bore", 2.0)]


def test_a_later_file_replaces_only_what_it_speaks_of(store, put, make):
    first = [("P1", "bore", 1.0), ("P1", "length", 5.0)]
    put(measured(make, "both", date(2026, 11, 1), first))
    put(measured(make, "one", date(2026, 11, 2), [("P1", "bore", 1.5)]))
    assert values(store.at()) == [("P1", "bore", 1.5), ("P1", "length", 5.0)]
    assert store.at().month_rows("measurement") == {("A", "2026-10"): 2}
    put(measured(make, "all", date(2026, 11, 3), [("P1", "bore", 1.6), ("P1", "length", 5.5)]))
    assert values(store.at()) == [("P1", "bore", 1.6), ("P1", "length", 5.5)]
    store.withdraw("U000003", who="me", when=WHEN, why="")
    assert values(store.at()) == [("P1", "bore", 1.5), ("P1", "length", 5.0)]


def test_two_gauges_of_different_characteristics_are_no_rivals(store, put, make):
    put(measured(make, "a", date(2026, 11, 1), [("P1", "bore", 1.0)], feed="cmm"))
    other = measured(make, "b", date(2026, 11, 1), [("P1", "force", 2.0)], feed="bench")
    assert not store.plan(other).questions
    same = measured(make, "c", date(2026, 11, 1), [("P1", "bore", 2.0)], feed="hand")
    assert [q.kind for q in store.plan(same).questions] == ["ownership"]


def test_the_scope_of_a_file_without_products_is_its_characteristics():
    rows = [{"characteristic": "bore"}, {"characteristic": "bore", "product": "P1"}]
    assert scope_of(MEASUREMENT, table_of("measurement", rows)) == ("\x1fbore", "P1\x1fbore")
    assert scope_of(DOWNTIME, table_of("downtime", [{"event": "E"}])) == ()


def test_a_file_that_speaks_of_too_much_to_list_speaks_of_everything():
    rows = [{"characteristic": f"c{n}"} for n in range(2001)]
    assert scope_of(MEASUREMENT, table_of("measurement", rows)) == ()


def complaints(make, name, coverage, data_date, *rows):
    full = [
        {"date": day, "event": event, "item": item, "kind": "customer", "qty_defective": qty}
        for day, event, item, qty in rows
    ]
    return make.file(name, part("complaint", full, [coverage], data_date), feed="qm")


def told(view):
    rows = view.arrow("complaint").to_pylist()
    return sorted((r["event"], r["item"] or "", r["qty_defective"]) for r in rows)


def test_a_complaint_whose_date_moved_counts_once(store, put, make):
    first = (date(2026, 9, 30), "200014", None, 3.0), (date(2026, 9, 2), "200013", None, 1.0)
    put(complaints(make, "sep", SEPTEMBER, date(2026, 9, 30), *first))
    moved = (date(2026, 10, 1), "200014", None, 5.0)
    put(complaints(make, "oct", OCTOBER, date(2026, 10, 31), moved))
    assert told(store.at()) == [("200013", "", 1.0), ("200014", "", 5.0)]
    assert store.at().month_rows("complaint") == {("A", "2026-09"): 1, ("A", "2026-10"): 1}


def test_positions_of_one_complaint_stand_apart(store, put, make):
    first = (date(2026, 9, 30), "200014", "1", 3.0), (date(2026, 9, 30), "200014", "2", 1.0)
    put(complaints(make, "sep", SEPTEMBER, date(2026, 9, 30), *first))
    put(
        complaints(
            make, "oct", OCTOBER, date(2026, 10, 31), (date(2026, 10, 1), "200014", "2", 9.0)
        )
    )
    assert told(store.at()) == [("200014", "1", 3.0), ("200014", "2", 9.0)]


def test_a_number_that_repeats_within_a_file_is_no_key():
    same = [{"event": "7"}, {"event": "7"}]
    assert not key_is_unique(COMPLAINT, table_of("complaint", same))
    assert not key_is_unique(COMPLAINT, table_of("complaint", [{"event": None}]))
    assert key_is_unique(COMPLAINT, table_of("complaint", [{"event": "7"}, {"event": "8"}]))
    assert not key_is_unique(DOWNTIME, table_of("downtime", [{"event": "7"}]))  # a day, no time
