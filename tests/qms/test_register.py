"""Registers: whatever a kind's item holds comes back from the ledger as it was, and nothing is lost."""

import json
import types
import typing
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from enum import Enum

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpi.errors import UnknownNameError, UsageError
from kpi.qms import recording, register
from kpi.qms.context import ISSUE, Issue, Origin, Standing
from kpi.qms.kinds import ALL, kind_of, kind_of_id
from kpi.qms.register import Edit, Shape, Told, in_words, options, told_fields
from kpi.store import open_store
from kpi.store.codec import canonical
from kpi.store.model import Record
from kpi.store.records import SeenEarlierError

WHEN = datetime(2026, 11, 2, 8, tzinfo=UTC)
BY_NAME = {kind.name: kind for kind in ALL}
EVERY_KIND = pytest.mark.parametrize("kind", ALL, ids=list(BY_NAME))

ENERGY = Issue(
    title="Energy prices", origin=Origin.EXTERNAL, effect="Costs", since=date(2026, 5, 1),
    slice=(("plant", "Nord"),), owner="A. Kern",
)  # fmt: skip


@pytest.fixture
def store(tmp_path):
    return open_store(tmp_path / "home")


def put(store, item, **said):
    return recording.record(
        store, ISSUE, item, **({"who": "A. Kern", "when": WHEN, "why": ""} | said)
    )


# --- what is read is what was recorded --------------------------------------------------------


def anything(hint):
    """A strategy for every value that a field of this type can hold."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return st.one_of(*map(anything, inner))
    if origin is tuple and len(inner) == 2 and inner[1] is ...:
        return st.lists(anything(inner[0]), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*map(anything, inner))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(list(hint))
    if hasattr(hint, "__dataclass_fields__"):
        return items_of(hint)
    if origin in (dict, typing.get_origin(typing.Mapping[str, int])):
        return st.dictionaries(anything(inner[0]), anything(inner[1]), max_size=3)
    return PLAIN[hint]


PLAIN = {
    str: st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    bool: st.booleans(),
    int: st.integers(-(2**40), 2**40),
    float: st.floats(allow_nan=False, allow_infinity=False, width=32),
    date: st.dates(),
    datetime: st.datetimes(timezones=st.just(UTC)),
    type(None): st.none(),
}


def items_of(of):
    hints = typing.get_type_hints(of)
    return st.builds(of, **{f.name: anything(hints[f.name]) for f in fields(of) if f.init})


def through_the_ledger(kind, value):
    record = Record(kind.name, "X-1", 1, json.loads(canonical(value)), "A", WHEN, "", "h", 1)
    return register.read(kind, record).item


@EVERY_KIND
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_an_item_holds_comes_back_as_it_was(kind, data):
    item = data.draw(items_of(kind.of))
    value = register._converter().unstructure(item, kind.of)
    assert through_the_ledger(kind, value) == item


@EVERY_KIND
def test_what_an_earlier_release_did_not_know_is_as_by_default(kind):
    assert through_the_ledger(kind, {"title": "Of then"}) == kind.of(title="Of then")


@EVERY_KIND
def test_what_a_later_release_added_does_not_keep_it_from_being_read(kind):
    assert through_the_ledger(kind, {"title": "Of later", "weather": "rain"}).title == "Of later"


def test_what_a_later_release_added_is_kept_by_a_change(store):
    first = put(store, ENERGY)
    known = store.records.get("issue", first.id).value
    store.records.put(
        "issue", first.id, {**known, "weather": "rain"}, who="Later", when=WHEN, why="Newer release"
    )
    put(store, replace(ENERGY, owner="B. Muster"), id=first.id, version=2, why="New owner")
    kept = store.records.get("issue", first.id).value
    assert (kept["weather"], kept["owner"]) == ("rain", "B. Muster")


# --- ids, versions, two editors ---------------------------------------------------------------


def test_ids_count_by_kind_and_year(store):
    assert put(store, ENERGY).id == "ISS-2026-001"
    assert put(store, ENERGY).id == "ISS-2026-002"
    assert put(store, ENERGY, when=WHEN.replace(year=2027)).id == "ISS-2027-001"


def test_ids_of_writers_at_the_same_time_are_all_different(tmp_path):
    stores = [open_store(tmp_path / "home") for _ in range(4)]

    def write(place):
        return [put(stores[place], replace(ENERGY, title=f"{place} {n}")).id for n in range(5)]

    with ThreadPoolExecutor(4) as pool:
        found = [id for ids in pool.map(write, range(4)) for id in ids]
    assert sorted(found) == [f"ISS-2026-{n:03d}" for n in range(1, 21)]
    assert len(register.recorded(stores[0], ISSUE)) == 20


def test_a_change_keeps_every_version_and_says_what_changed(store):
    first = put(store, ENERGY)
    put(
        store, replace(ENERGY, status=Standing.ENDED), id=first.id, version=1, why="Contract signed"
    )
    told = register.versions(store, ISSUE, first.id)
    assert [(v.version, v.item.status, v.why) for v in told] == [
        (1, Standing.IN_FORCE, "Recorded"), (2, Standing.ENDED, "Contract signed")
    ]  # fmt: skip
    (change,) = register.differences(told[0].item, told[1].item)
    assert (change.label, change.before, change.after) == ("Status", "in force", "ended")
    assert register.recorded_upto(store, ISSUE, told[0].number)[0].item.status is Standing.IN_FORCE
    assert register.find(store, ISSUE, first.id) == told[1]


def test_whoever_comes_second_overwrites_nothing(store):
    first = put(store, ENERGY)
    put(store, replace(ENERGY, owner="B"), id=first.id, version=1, why="B is back")
    with pytest.raises(SeenEarlierError) as raised:
        put(store, replace(ENERGY, effect="Mine"), id=first.id, version=1, why="Mine")
    assert raised.value.latest.value["owner"] == "B"
    assert [v.item.effect for v in register.versions(store, ISSUE, first.id)] == ["Costs", "Costs"]


def test_several_are_recorded_together_or_not_at_all(store):
    first = put(store, ENERGY)
    edits = [Edit(ISSUE, ENERGY, ""), Edit(ISSUE, ENERGY, "again", first.id, 7)]
    with pytest.raises(SeenEarlierError):
        recording.record_all(store, edits, who="A", when=WHEN)
    assert len(register.recorded(store, ISSUE)) == 1
    found = recording.record_all(
        store,
        [Edit(ISSUE, ENERGY, ""), Edit(ISSUE, ENERGY, "again", first.id, 1)],
        who="A",
        when=WHEN,
    )
    assert [(e.id, e.version) for e in found] == [("ISS-2026-002", 1), ("ISS-2026-001", 2)]


# --- what is refused --------------------------------------------------------------------------

REFUSED = [
    pytest.param({"title": ""}, {}, "Issue is empty. Without it nothing is recorded.", id="required"),
    pytest.param({"since": None}, {}, "Changed on is empty. Without it nothing is recorded.", id="no day"),
    pytest.param(
        {"title": "x" * 301}, {}, "Issue has 301 characters; 300 are the most. Say it shorter.",
        id="a line too long",
    ),
    pytest.param({"title": "a\nb"}, {}, "Issue takes one line of text.", id="several lines"),
    pytest.param(
        {"effect": "a\x07b"}, {},
        "Effect on the quality system holds a character that cannot be shown. Type it anew.",
        id="a control character",
    ),
    pytest.param({}, {"who": " "}, "Say who records this: the name stands in the history.", id="nobody"),
]  # fmt: skip


@pytest.mark.parametrize(("values", "said", "sentence"), REFUSED)
def test_what_is_not_fit_to_be_recorded_is_refused_in_words(store, values, said, sentence):
    with pytest.raises(UsageError) as raised:
        put(store, replace(ENERGY, **values), **said)
    assert str(raised.value) == sentence
    assert register.recorded(store, ISSUE) == ()


def test_a_text_of_the_longest_length_is_recorded(store):
    assert put(store, replace(ENERGY, title="x" * 300)).item.title == "x" * 300


def test_a_change_without_a_reason_is_refused(store):
    first = put(store, ENERGY)
    with pytest.raises(UsageError, match="why it changes"):
        put(store, ENERGY, id=first.id, version=1, why="  ")


def test_an_id_that_is_not_there_is_named(store):
    put(store, ENERGY)
    with pytest.raises(UnknownNameError, match="ISS-2026-009"):
        register.find(store, ISSUE, "ISS-2026-009")


# --- what kinds say of themselves -------------------------------------------------------------


def test_no_two_kinds_share_a_name_or_the_beginning_of_an_id():
    assert len({k.name for k in ALL}) == len({k.stem for k in ALL}) == len(ALL)
    for kind in ALL:
        assert kind_of(kind.name) is kind
        assert kind_of_id(f"{kind.stem}-2026-001") is kind
    assert kind_of_id("XYZ-2026-001") is None
    with pytest.raises(UnknownNameError):
        kind_of("weather")


@EVERY_KIND
def test_every_field_says_what_it_is_called_once_and_choices_have_options(kind):
    told = told_fields(kind.of)
    labels = [about.label for about in told.values()]
    assert len(set(labels)) == len(labels), "two fields with one name cannot be told apart"
    for name, about in told.items():
        assert isinstance(about, Told)
        assert about.label[:1].isupper() or about.label == "ppm", f"{kind.name}.{name}"
        if about.shape is Shape.CHOICE and options(kind.of, name):
            assert register.default_of(kind.of, name) in options(kind.of, name)


@EVERY_KIND
def test_clauses_are_written_as_the_standard_numbers_them(kind):
    assert kind.clauses
    assert all(part.isdigit() for clause in kind.clauses for part in clause.split("."))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, ""), ("", ""), (True, "yes"), (False, "no"), (Standing.ENDED, "ended"), (2.50, "2.5"), (1234567.25, "1234567.25"), (57.1429, "57.1429"),
        (date(2026, 3, 1), "2026-03-01"), (("a", "b"), "a; b"), ((), ""),
        ((("plant", "Nord"), ("line", "L1")), "plant Nord, line L1"),
    ],
)  # fmt: skip
def test_a_value_in_words(value, words):
    assert in_words(value) == words
