"""Within a moment a thread asks once how far ledger and records go; its own writing it sees."""

import threading

from made_files import WHEN
from sqlalchemy import event

from kpi.store import open_store, seen_by


def record(store, key="scrap"):
    return store.records.put("target", key, {"value": 2.0}, who="a", when=WHEN, why="")


def ends(store):
    return store.position(), store.records.number(), store.records.number(but=("person",))


def statements(store, within):
    """How many statements the database was sent."""
    said = []

    def heard(*told):
        said.extend(told[2:3] if told[2].startswith("SELECT") else ())

    event.listen(store._database._engine, "before_cursor_execute", heard)
    within()
    event.remove(store._database._engine, "before_cursor_execute", heard)
    return len(said)


def test_it_asks_once(store, put, make):
    put(make.scrap("2026-10", {1: 1}))
    record(store)

    def often():
        for _ in range(10):
            assert ends(store) == (1, 1, 1)

    def in_one_moment():
        with store.moment():
            often()
            with store.moment():  # an answer within a page is of the page's moment
                often()

    assert statements(store, often) == 30
    assert statements(store, in_one_moment) == 3


def test_what_it_writes_itself_it_sees_at_once(store, put, make):
    with store.moment():
        assert ends(store) == (0, 0, 0)
        put(make.scrap("2026-10", {1: 1}))
        assert ends(store) == (1, 0, 0)
        record(store)
        assert ends(store) == (1, 1, 1)


def test_what_others_write_it_sees_in_the_next_moment(store, home):
    other = open_store(home)
    with store.moment():
        before = ends(store)
        record(other)
        assert ends(store) == before
    assert store.records.number() == 1
    other.close()


def test_a_moment_is_of_one_thread(store, home):
    found = []
    with store.moment():
        assert store.records.number() == 0
        other = open_store(home)
        record(other)
        other.close()
        asked = threading.Thread(target=lambda: found.append(store.records.number()))
        asked.start()
        asked.join()
        assert store.records.number() == 0
    assert found == [1]


def test_it_ends_with_what_goes_wrong_in_it(store, home):
    try:
        with store.moment():
            assert store.records.number() == 0
            raise LookupError
    except LookupError:
        record(store)
    assert store.records.number() == 1


def test_who_sees_some_plants_shares_it(store, put, make):
    put(make.scrap("2026-10", {1: 1}))
    seen = seen_by(store, ["A"])
    with seen.moment():
        first = statements(store, lambda: ends(seen))
        assert first == 3
        assert statements(store, lambda: (ends(seen), ends(store))) == 0


def test_who_looks_before_they_write_sees_what_is_so(store, home):
    other, seen = open_store(home), []
    with store.moment():
        assert store.records.number() == 0
        record(other, "otd")
        check = lambda: seen.append(store.records.number())  # noqa: E731
        store.records.put("target", "a", {}, who="a", when=WHEN, why="", check=check)
        assert store.records.number() == 2
    assert seen == [1]
    other.close()


def test_within_a_moment_one_may_look_again(store, home):
    other = open_store(home)
    with store.moment():
        assert store.records.number() == 0
        record(other)
        store.look_again()
        assert store.records.number() == 1
    other.close()
