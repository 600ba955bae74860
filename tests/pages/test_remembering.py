"""The memory all sessions share: bounded, asked once, never stale, and never changed by a page."""

import pickle
import threading
import time
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from kpi import analysis
from kpi.access import EVERY_PLANT, Access, Role
from kpi.analysis.results import Filters
from kpi.analysis.trail import TrailFilter
from kpi.qms import Target, put_target
from kpi.qms.people import Person, put_person
from pages.shared import asked, cached, remembering
from pages.shared.remembering import Age, Lane, Memory, once, pickled_size

WHEN = datetime(2026, 11, 2, 8, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
NOW = Age("home", 7, 3)


def of_its_length(text):
    return len(text)


def test_what_is_kept_is_not_made_again():
    memory, made = Memory(100), []

    def make():
        made.append(1)
        return ["an answer"]

    first = memory.get("question", NOW, make)
    assert memory.get("question", NOW, make) is first
    assert len(made) == 1


@pytest.mark.parametrize(
    "other",
    [Age("home", 8, 3), Age("home", 7, 4), Age("elsewhere", 7, 3)],
    ids=["an entry more in the ledger", "a record more", "another home"],
)
def test_another_state_is_another_answer(other):
    memory = Memory(100)
    memory.get("question", NOW, lambda: "before")
    assert memory.get("question", other, lambda: "after") == "after"


def test_the_least_recently_used_falls_out_first_and_the_bytes_stay_bounded():
    memory = Memory(10)
    for key in "abc":
        memory.get(key, NOW, lambda: "1234", size=of_its_length)
        memory.get("a", NOW, lambda: "made again", size=of_its_length)
        assert memory.bytes <= 10
    assert memory.values() == ["1234", "1234"]
    assert memory.get("b", NOW, lambda: "again", size=of_its_length) == "again"
    assert memory.get("a", NOW, lambda: "made again", size=of_its_length) == "1234"


def test_one_value_larger_than_the_memory_is_kept_alone():
    memory = Memory(10)
    memory.get("small", NOW, lambda: "1", size=of_its_length)
    memory.get("large", NOW, lambda: "x" * 50, size=of_its_length)
    assert memory.values() == ["x" * 50]


def test_a_newer_state_forgets_the_older_of_the_same_home_only():
    memory = Memory(1000)
    memory.get("question", NOW, lambda: "old")
    memory.get("question", Age("elsewhere", 1, 1), lambda: "other home")
    memory.get("question", Age("home", 8, 0), lambda: "new")
    assert memory.values() == ["other home", "new"]


def test_what_is_overtaken_while_it_is_made_is_given_and_not_kept():
    memory = Memory(1000)

    def overtaken():
        memory.get("other", Age("home", 8, 3), lambda: "new")
        return "old"

    assert memory.get("question", NOW, overtaken) == "old"
    assert memory.values() == ["new"]


def test_many_who_ask_at_once_wait_for_one():
    memory, began, go, made, got = Memory(1000), threading.Event(), threading.Event(), [], []

    def make():
        made.append(1)
        began.set()
        go.wait()
        return "answer"

    askers = [
        threading.Thread(target=lambda: got.append(memory.get("q", NOW, make))) for _ in range(5)
    ]
    for asker in askers:
        asker.start()
    began.wait()
    go.set()
    for asker in askers:
        asker.join()
    assert got == ["answer"] * 5
    assert len(made) == 1


def test_what_fails_is_not_kept_and_told_to_each():
    memory = Memory(1000)
    with pytest.raises(ZeroDivisionError):
        memory.get("question", NOW, lambda: 1 // 0)
    assert memory.get("question", NOW, lambda: "answer") == "answer"


class NotWantedError(Exception):
    pass


def not_wanted():
    raise NotWantedError


@pytest.mark.parametrize("wait", ["for the lane", "for another who asks the same"])
def test_whoever_is_not_waited_for_any_more_leaves_the_queue(monkeypatch, wait):
    monkeypatch.setattr(remembering, "LOOKS_UP_EVERY", 0.01)
    memory, lane, began, go = Memory(1000), Lane(), threading.Event(), threading.Event()

    def long():
        began.set()
        go.wait()
        return "long"

    busy = threading.Thread(target=lambda: memory.get("long", NOW, long, lane=lane))
    busy.start()
    began.wait()
    key = "short" if wait == "for the lane" else "long"
    with pytest.raises(NotWantedError):
        memory.get(key, NOW, lambda: "short", lane=lane, wanted=not_wanted)
    go.set()
    busy.join()
    assert memory.get("short", NOW, lambda: "short", lane=lane, wanted=not_wanted) == "short"


def test_turns_come_in_the_order_of_asking():
    lane, order, go = Lane(), [], threading.Event()

    def take(number):
        with lane.turn(lambda: None):
            order.append(number)
            go.wait()

    threads = []
    for number in range(6):
        threads.append(threading.Thread(target=take, args=(number,)))
        threads[-1].start()
        while len(order) + len(lane._queue) <= number:
            time.sleep(0.001)
    go.set()
    for thread in threads:
        thread.join()
    assert order == list(range(6))


def test_no_more_are_made_at_once_than_the_lane_is_wide():
    lane, lock, inside, most = Lane(2), threading.Lock(), [0], [0]

    def take():
        with lane.turn(lambda: None):
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
            time.sleep(0.002)
            with lock:
                inside[0] -= 1

    threads = [threading.Thread(target=take) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [2]


def test_a_drawing_is_made_once_for_what_it_is_of():
    view, equal, drawn = ["view"], ["view"], []

    def draw():
        drawn.append(1)
        return f"<svg {len(drawn)}>"

    assert once(view, "chart", draw) == once(view, "chart", draw) == "<svg 1>"
    assert once(view, "card", draw) == "<svg 2>"
    assert once(equal, "chart", draw) == "<svg 3>"


def assert_same(then, now):
    """Equal to the last cell; a table with a column more, or another cell, is not."""
    assert type(then) is type(now)
    if isinstance(now, pd.DataFrame):
        pd.testing.assert_frame_equal(then, now)
    elif isinstance(now, list | tuple):
        assert len(then) == len(now)
        for one, other in zip(then, now, strict=True):
            assert_same(one, other)
    elif isinstance(now, Mapping):
        assert list(then) == list(now)
        assert_same(list(then.values()), list(now.values()))
    elif is_dataclass(now):
        for field in fields(now):
            assert_same(getattr(then, field.name), getattr(now, field.name))
    elif isinstance(now, np.ndarray):
        np.testing.assert_array_equal(then, now)
    else:
        assert then == now or (then != then and now != now)


def test_a_change_of_what_is_remembered_would_be_seen():
    table = pd.DataFrame({"value": [1.0, 2.0]})
    kept = ({"a": [table]},)
    before = pickle.loads(pickle.dumps(kept))
    assert_same(before, kept)
    table.loc[1, "value"] = 3.0
    with pytest.raises(AssertionError):
        assert_same(before, kept)


@pytest.mark.long
def test_no_page_changes_what_is_remembered(filled):
    asked.ANSWERS.clear()
    app = AppTest.from_file(str(ROOT / "pages" / "navigation.py"), default_timeout=60)
    app.session_state["left the sample"] = True
    pages = ["overview.py", "scrap.py", "delivery.py", "review.py"]
    for page in pages:
        app.switch_page(page).run()
    kept = asked.ANSWERS.values()
    before = [pickle.loads(pickle.dumps(value)) for value in kept]
    assert len(before) > len(pages)
    for page in pages:
        app.switch_page(page).run()
    assert not app.exception
    assert {id(value) for value in kept} == {id(value) for value in asked.ANSWERS.values()}
    for then, now in zip(before, kept, strict=True):
        assert_same(then, now)


def test_the_bytes_of_a_value_are_those_of_its_pickle():
    assert pickled_size("x" * 1000) >= 1000


def test_a_record_of_a_person_costs_nobody_an_answer_and_one_of_a_target_does(filled):
    home = analysis.open_home(filled)
    overview, trail = cached.choices(home, Filters()), cached.trail(home, TrailFilter())
    person = Person("", "ann@example.com", "Ann", Access.of({EVERY_PLANT: Role.ADMINISTRATOR}))
    said = {"who": "test", "when": WHEN, "why": "a test"}
    put_person(home.store, person, **said)
    assert cached.choices(home, Filters()) is overview
    assert len(cached.trail(home, TrailFilter()).lines) == len(trail.lines) + 1
    put_target(home.store, Target("scrap_rate", (), 2.5, WHEN.date()), **said)
    assert cached.choices(home, Filters()) is not overview
    assert home.store.records.number() == home.store.records.number(but=("person",))
    home.store.close()
