"""Notes on charts as versioned records: which chart they belong to, and that nothing is lost."""

from datetime import UTC, date, datetime

import pytest

from kpi.errors import UnknownNameError, UsageError
from kpi.qms import (
    Event,
    Exclusion,
    PhaseStart,
    chart_notes,
    every_version,
    note_history,
    put_note,
    take_back,
)
from kpi.store import open_store

WHEN = datetime(2026, 11, 2, 8, tzinfo=UTC)
LINE = (("line", "L2"), ("plant", "Nordhafen"))
PHASE = PhaseStart(
    "scrap_rate", LINE, "month", date(2026, 3, 1), "New tool", action="A-17", freeze=12
)
POINT = Exclusion("scrap_rate", LINE, "month", date(2026, 4, 1), "Stocktake")
EVENT = Event(LINE, date(2026, 3, 9), "Tool changed", washout=14, hoped=-0.25)


@pytest.fixture
def store(tmp_path):
    return open_store(tmp_path / "home")


def put(store, *notes, who="A"):
    for note in notes:
        put_note(store, note, who=who, when=WHEN)


@pytest.mark.parametrize("note", [PHASE, POINT, EVENT], ids=lambda n: type(n).__name__)
def test_a_note_comes_back_as_it_was_said(store, note):
    from dataclasses import replace

    put(store, note)
    found = chart_notes(store)
    (back,) = (*found.phases, *found.exclusions, *found.events)
    assert replace(back, id="", who="", when=None) == note
    assert (back.who, back.when) == ("A", WHEN)


def test_two_people_on_the_same_point_make_two_versions_of_one_note(store):
    from dataclasses import replace

    put(store, PHASE)
    put(store, replace(PHASE, cause="New tool, cavity 2"), who="B")
    (standing,) = chart_notes(store).phases
    assert (standing.who, standing.cause) == ("B", "New tool, cavity 2")
    assert [(r.version, r.who) for r in note_history(store, standing)] == [(1, "A"), (2, "B")]


def test_taking_back_keeps_the_history_and_happens_once(store):
    put(store, PHASE)
    take_back(store, PHASE, who="B", when=WHEN, why="It was the material")
    assert chart_notes(store).phases == ()
    versions = every_version(store, PhaseStart)
    assert [(r.who, r.why) for _, r in versions] == [
        ("A", "New tool"),
        ("B", "It was the material"),
    ]
    with pytest.raises(UsageError) as told:
        take_back(store, PHASE, who="C", when=WHEN, why="me too")
    assert str(told.value) == "It is taken back already, by B: It was the material"
    assert len(every_version(store, PhaseStart)) == 2


def test_what_was_taken_back_may_be_said_again(store):
    put(store, PHASE)
    take_back(store, PHASE, who="B", when=WHEN, why="wrong")
    put(store, PHASE, who="C")
    assert [n.who for n in chart_notes(store).phases] == ["C"]


@pytest.mark.parametrize(
    ("note", "who", "told"),
    [
        pytest.param(
            PhaseStart("k", (), "month", date(2026, 3, 1), "  "), "A", "Say in a few words"
        ),
        pytest.param(Exclusion("k", (), "month", date(2026, 3, 1), ""), "A", "Say in a few words"),
        pytest.param(Event((), date(2026, 3, 1), ""), "A", "Say in a few words"),
        pytest.param(PHASE, " ", "Say who it is"),
    ],
)
def test_a_note_without_words_or_name_is_refused(store, note, who, told):
    with pytest.raises(UsageError, match=told):
        put(store, note, who=who)
    assert not chart_notes(store).any


@pytest.mark.parametrize(("who", "why"), [("A", " "), ("", "wrong")])
def test_taking_back_takes_a_reason_and_a_name(store, who, why):
    put(store, PHASE)
    with pytest.raises(UsageError):
        take_back(store, PHASE, who=who, when=WHEN, why=why)
    assert chart_notes(store).phases


def test_what_never_was_cannot_be_taken_back(store):
    with pytest.raises(UnknownNameError):
        take_back(store, PHASE, who="A", when=WHEN, why="x")


def test_a_phase_and_a_point_belong_to_one_chart_only(store):
    put(store, PHASE, POINT)
    notes = chart_notes(store)
    own = notes.of("scrap_rate", tuple(reversed(LINE)), "month")
    assert (len(own.phases), len(own.exclusions)) == (1, 1)
    for kpi, chosen, period in (
        ("rework_rate", LINE, "month"), ("scrap_rate", LINE, "week"),
        ("scrap_rate", (), "month"), ("scrap_rate", (*LINE, ("product", "X")), "month"),
    ):  # fmt: skip
        assert not notes.of(kpi, chosen, period).any


@pytest.mark.parametrize(
    ("event", "chart", "stands"),
    [
        pytest.param((), (("line", "L2"),), True, id="an event of all stands on a part"),
        pytest.param((("line", "L2"),), LINE, True, id="and on every narrower slice"),
        pytest.param(LINE, (("line", "L2"),), False, id="not on a wider one"),
        pytest.param((("line", "L1"),), (("line", "L2"),), False, id="nor on another"),
        pytest.param(
            (("line", "L1"), ("line", "L2")), (("line", "L2"),), True, id="one of two lines"
        ),
        pytest.param(
            (("line", "L2"),), (("line", "L1"), ("line", "L2")), False, id="two lines are wider"
        ),
    ],
)
def test_an_event_stands_on_its_slice_and_within(store, event, chart, stands):
    put(store, Event(event, date(2026, 3, 9), "x"))
    notes = chart_notes(store)
    assert bool(notes.of("scrap_rate", chart, "month").events) is stands
    assert bool(notes.of("otif", chart, "week").events) is stands


def test_an_event_of_one_kpi_stands_on_its_charts_only(store):
    put(store, Event((), date(2026, 3, 9), "x", kpi="otif"))
    notes = chart_notes(store)
    assert notes.of("otif", (), "month").events
    assert not notes.of("scrap_rate", (), "month").events


def test_two_events_of_one_day_are_two(store):
    put(store, Event((), date(2026, 3, 9), "x"), Event((), date(2026, 3, 9), "y"))
    assert len(chart_notes(store).events) == 2
