"""The rules hold for any order of arrival, and withdrawing gives back exactly the state before."""

import random
import tempfile
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_files import WHEN, Maker, part

from kpi.model import Coverage
from kpi.store import Entry, OwnershipRule, UploadPart, open_store
from kpi.store.inforce import holdings
from kpi.store.regions import month_ends, months_between

START = date(2026, 1, 20)
DAYS = [START + timedelta(days=n) for n in range(40)]
LINES = ["L1", "L2", None]


def upload_part(coverage, data_date):
    months = {}
    for claim in coverage:
        for month in months_between(claim.first, claim.last):
            months.setdefault(claim.plant, {})[month] = 1
    return UploadPart(
        dataset="scrap", rows_read=1, rows_accepted=1, rows_rejected=0, coverage=tuple(coverage),
        data_date=data_date, rank_date=data_date, months=months, lines={}, scope=(), columns=(),
        keyed=False, meets=(), checksum="", mapping={}, conventions={}, signature=(), control_totals=(),
    )  # fmt: skip


claims = st.builds(
    lambda plant, line, a, b: Coverage(plant, line, DAYS[min(a, b)], DAYS[max(a, b)]),
    st.sampled_from(["A", "B"]),
    st.sampled_from([None, None, None, "L1"]),
    st.integers(0, 39),
    st.integers(0, 39),
)

rules = st.lists(
    st.builds(
        OwnershipRule,
        st.just("scrap"),
        st.just("f2"),
        st.just("f1"),
        st.sampled_from(["prefer", "complement", "compare"]),
    ),
    min_size=1,
    max_size=1,
)


@st.composite
def histories(draw):
    """Uploads with distinct data dates; which of them get withdrawn; one rule for the two feeds."""
    count = draw(st.integers(1, 7))
    rule = draw(rules)
    uploads = []
    for n in range(count):
        feed = draw(st.sampled_from(["f1", "f1", "f2"]))
        coverage = draw(st.lists(claims, min_size=1, max_size=2))
        mode = draw(st.sampled_from(["snapshot", "snapshot", "incremental"]))
        uploads.append((f"U{n}", feed, mode, coverage, START + timedelta(days=100 + n), rule))
    gone = draw(st.sets(st.integers(0, count - 1), max_size=count))
    return uploads, {f"U{n}" for n in gone}


def entries_of(uploads, gone=frozenset()):
    return [
        Entry(
            position=n + 1, kind="upload", upload=name, who="", when=WHEN, feed=feed, mode=mode,
            parts=(upload_part(coverage, drawn),), ownership=tuple(rule),
            withdrawn=1000 if name in gone else None,
        )
        for n, (name, feed, mode, coverage, drawn, rule) in enumerate(uploads)
    ]  # fmt: skip


def cells(entries):
    """Who holds each plant, line and day."""
    found = set()
    for holding in holdings(entries, "scrap"):
        for ground in holding.grounds:
            for day in DAYS:
                if ground.first <= day <= ground.last:
                    for line in LINES:
                        if (line in ground.lines.names) != ground.lines.all_but:
                            found.add((ground.plant, line, day, holding.upload))
    return found


def by_hand(uploads, gone):
    """The same, by the words of the rules, cell by cell."""
    live = [u for u in uploads if u[0] not in gone]
    choice = uploads[0][5][0].choice if live else None
    plants_of = {f: {c.plant for u in live if u[1] == f for c in u[3]} for f in ("f1", "f2")}
    found = set()
    for plant in ("A", "B"):
        for line in LINES:
            for day in DAYS:
                claiming = [
                    u
                    for u in live
                    if any(
                        c.plant == plant and c.line in (None, line) and c.first <= day <= c.last
                        for c in u[3]
                    )
                ]
                for feed in ("f1", "f2"):
                    own = [u for u in claiming if u[1] == feed]
                    if feed == "f2" and choice == "compare" and plant in plants_of["f1"]:
                        continue
                    if feed == "f1" and choice == "prefer" and any(u[1] == "f2" for u in claiming):
                        continue
                    for u in own:
                        later = [o for o in own if o[4] > u[4] and o[2] == "snapshot"]
                        if not later:
                            found.add((plant, line, day, u[0]))
    return found


@settings(max_examples=150, deadline=None)
@given(histories())
def test_holdings_are_what_the_words_say(history):
    uploads, gone = history
    assert cells(entries_of(uploads, gone)) == by_hand(uploads, gone)


@settings(max_examples=100, deadline=None)
@given(histories(), st.randoms(use_true_random=False))
def test_any_order_of_arrival_ends_in_the_same_state(history, chance):
    uploads, gone = history
    shuffled = list(uploads)
    chance.shuffle(shuffled)
    assert cells(entries_of(uploads, gone)) == cells(entries_of(shuffled, gone))


@settings(max_examples=100, deadline=None)
@given(histories())
def test_withdrawing_the_last_gives_back_the_state_before(history):
    uploads, gone = history
    before = entries_of(uploads[:-1], gone)
    assert cells(entries_of(uploads, gone | {uploads[-1][0]})) == cells(before)


# --- the same through files, ledger and engine ---

MONTHS = ["2026-01", "2026-02", "2026-03"]


def span(first, last):
    return Coverage("A", None, month_ends(MONTHS[first])[0], month_ends(MONTHS[last])[1])


@st.composite
def deliveries(draw):
    """Cumulative and monthly exports of stops, and of orders, with distinct data dates."""
    found = []
    for n in range(draw(st.integers(2, 5))):
        first = draw(st.integers(0, 2))
        claim = span(first, draw(st.integers(first, 2)))
        drawn = date(2026, 4, 1) + timedelta(days=n)
        days = draw(
            st.lists(st.integers(0, (claim.last - claim.first).days), min_size=1, max_size=3)
        )
        events = draw(
            st.lists(st.sampled_from("pqrs"), min_size=len(days), max_size=len(days), unique=True)
        )
        orders = draw(
            st.lists(st.sampled_from(["1", "2", "3"]), min_size=1, max_size=3, unique=True)
        )
        found.append((n, claim, drawn, list(zip(days, events, strict=True)), orders))
    return found


def files(make, delivery):
    n, claim, drawn, stops, orders = delivery
    rows = []
    for day, event in stops:
        at = claim.first + timedelta(days=day)
        rows.append(
            {
                "date": at,
                "start": datetime.combine(at, time(8)),
                "event": event,
                "minutes": float(n),
            }
        )
    yield make.file(f"stops {n}", part("downtime", rows, [claim], drawn), feed="stops")
    items = [
        {
            "direction": "sales",
            "order": order,
            "item": "10",
            "promise_date": drawn + timedelta(days=n),
        }
        for order in orders
    ]
    yield make.file(f"orders {n}", part("order_item", items, data_date=drawn), feed="orders")


def put_first_answers(store, incoming):
    answers = {q.id: q.candidates[0].value for q in store.plan(incoming).questions}
    if store.plan(incoming, answers).unchanged:
        return None
    return store.commit(incoming, who="me", when=WHEN, answers=answers)


def state(store):
    view = store.at()
    stops = [(r["date"], r["event"], r["minutes"]) for r in view.arrow("downtime").to_pylist()]
    orders = [
        (r["order"], r["promise_date"], r["first_promise_date"], r["first_seen"])
        for r in view.arrow("order_item").to_pylist()
    ]
    return sorted(stops), sorted(orders)


def in_any_order(history, seed):
    with tempfile.TemporaryDirectory() as folder:
        make = Maker(Path(folder))
        incoming = [file for delivery in history for file in files(make, delivery)]
        shuffled = random.Random(seed).sample(incoming, len(incoming))
        states = []
        for n, order in enumerate((incoming, shuffled)):
            store = open_store(Path(folder) / f"home{n}")
            for file in order:
                before = state(store)
                entry = put_first_answers(store, file)
                if entry is not None and seed % 3 == 0:
                    after = state(store)
                    store.withdraw(entry.upload, who="me", when=WHEN, why="")
                    assert state(store) == before
                    put_first_answers(store, file)
                    assert state(store) == after
            states.append(state(store))
            store.close()
        assert states[0] == states[1]


FEW = settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
MANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.long
@FEW
@given(deliveries(), st.integers(0, 10**6))
def test_files_in_any_order_end_in_the_same_facts(history, seed):
    in_any_order(history, seed)


@pytest.mark.long
@MANY
@given(deliveries(), st.integers(0, 10**6))
def test_many_files_in_any_order(history, seed):
    in_any_order(history, seed)
