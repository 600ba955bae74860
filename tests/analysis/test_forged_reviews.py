"""A review that somebody writes as held or approved, with documents that fit as well as can be."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from kpi import analysis
from kpi.analysis import registering
from kpi.errors import UsageError
from kpi.qms.reviews import (
    AGENDA_FILE,
    DECISION,
    REVIEW,
    KeptFile,
    ReviewStatus,
    Signature,
    content_hash,
)
from tests.analysis.made_reviews import (
    HELD_ON,
    WHEN,
    changed,
    concluded,
    decided,
    drafted,
    held,
    make,
)

pytestmark = pytest.mark.long

HELD, APPROVED = ReviewStatus.HELD, ReviewStatus.APPROVED


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with a held review, and a draft of the same months that is never held."""
    home = make(tmp_path_factory.mktemp("forged"))
    held(home, drafted(home))
    drafted(home)
    return home


def the_held(home):
    return registering.found(home, REVIEW, "REV-2026-001")


def the_draft(home):
    return registering.found(home, REVIEW, "REV-2026-002")


def keep(home, name, data, at):
    return KeptFile(name=name, sha256=home.store.keep_document(data), bytes=len(data), at=at)


def agenda_of(home):
    kept = the_held(home).item.file(AGENDA_FILE, HELD)
    return json.loads(home.store.kept_bytes(kept.sha256))


def put_held(home, told, *, more=(), **values):
    """The draft as somebody writes it who would have it held: with an agenda that says ``told``."""
    place = the_held(home).item.frozen
    file = keep(home, AGENDA_FILE, json.dumps(told).encode(), HELD)
    return changed(
        home, the_draft(home),
        **{"status": HELD, "held_on": HELD_ON, "frozen": place, "kept": (file, *more), **values},
    )  # fmt: skip


OF_ITSELF = {"review": "REV-2026-002"}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        pytest.param({}, "'REV-2026-001' for the review", id="another review's"),
        pytest.param({**OF_ITSELF, "ledger_position": 1}, "for the ledger entry", id="position"),
        pytest.param({**OF_ITSELF, "records_number": 1}, "for the number of records", id="number"),
        pytest.param({**OF_ITSELF, "first": "2026-05-01"}, "for the first day", id="first day"),
        pytest.param({**OF_ITSELF, "last": None}, "None for the last day", id="last day"),
        pytest.param({**OF_ITSELF, "plants": ["Nord"]}, "for the plants", id="plants"),
        pytest.param({**OF_ITSELF, "plants": 1}, "for the plants", id="no plants"),
        pytest.param({**OF_ITSELF, "edition": "2015"}, "for the edition", id="edition"),
        pytest.param({**OF_ITSELF, "made": "soon"}, "for the time", id="no time"),
        pytest.param({**OF_ITSELF, "made_by": "X"}, "for who held it", id="who"),
    ],
)
def test_a_kept_agenda_tells_of_the_review_it_is_kept_with(home, said, told):
    before = home.store.records.number()
    with pytest.raises(UsageError, match=r"is not held.*") as refused:
        put_held(home, {**agenda_of(home), **said})
    assert told in str(refused.value)
    assert home.store.records.number() == before


def test_figures_are_not_frozen_at_a_place_that_is_still_to_come(home):
    ahead = replace(the_held(home).item.frozen, position=99)
    with pytest.raises(UsageError, match="for the ledger entry"):
        put_held(home, {**agenda_of(home), **OF_ITSELF, "ledger_position": 99}, frozen=ahead)


@pytest.mark.parametrize("data", [b"no agenda", b"[]", b"[" * 100_000])
def test_what_is_no_agenda_proves_nothing(home, data):
    file = keep(home, AGENDA_FILE, data, HELD)
    with pytest.raises(UsageError, match=r"its agenda\.json is no agenda"):
        put_held(home, {}, kept=(file,))


def test_every_document_is_kept_and_as_it_says(home):
    told = {**agenda_of(home), **OF_ITSELF}
    deck = keep(home, "deck.pptx", b"a deck", HELD)
    for wrong, says in (
        (replace(deck, sha256="0" * 64), "documents are not kept in this home"),
        (replace(deck, bytes=7), "deck.pptx has another number of bytes"),
    ):
        with pytest.raises(UsageError, match=says):
            put_held(home, told, more=(wrong,))
    with pytest.raises(UsageError, match=r"none of its documents is agenda\.json"):
        put_held(home, told, kept=(deck,))
    with pytest.raises(UsageError, match="have the same name"):
        put_held(home, told, more=(deck, deck))
    path = home.store.files.kept_path(deck.sha256)
    path.write_bytes(b"a desk")
    with pytest.raises(UsageError, match="not kept in this home"):
        put_held(home, told, more=(deck,))
    path.write_bytes(b"a deck")


def test_it_is_held_before_its_figures_are_frozen_or_on_that_day(home):
    late = HELD_ON + timedelta(days=2)
    with pytest.raises(UsageError, match="after the day its figures were frozen"):
        put_held(home, {**agenda_of(home), **OF_ITSELF}, held_on=late)


def signed(home, agenda, item):
    """A held review as somebody writes it who would have it approved, signed as it should be."""
    taken = tuple(
        (d.id, d.item)
        for d in registering.listed(home, DECISION)
        if d.item.review == "REV-2026-001"
    )
    file = keep(home, AGENDA_FILE, json.dumps(agenda).encode(), APPROVED)
    item = replace(item, kept=(*item.kept, file), status=APPROVED)
    signature = Signature(name="A", role="", at=WHEN, sha256="", self_declared=True)
    whole = replace(item, signature=signature)
    return replace(whole, signature=replace(signature, sha256=content_hash(whole, taken)))


def put(home, item):
    entry = the_held(home)
    return registering.record(
        home, REVIEW, item, id=entry.id, version=entry.version, who="X", when=WHEN, why="x"
    )


def test_an_approval_signs_the_figures_that_were_frozen(tmp_path):
    home = make(tmp_path)
    held(home, drafted(home))
    concluded(home, the_held(home))
    item, agenda = the_held(home).item, agenda_of(home)
    with pytest.raises(UsageError, match="No decision is on record"):
        put(home, signed(home, agenda, item))
    decided(home, the_held(home), owner="")
    with pytest.raises(UsageError, match="no owner"):
        put(home, signed(home, agenda, item))
    found = registering.listed(home, DECISION)[0]
    registering.record(
        home, DECISION, replace(found.item, owner="Bo"), id=found.id, version=1, who="Q", when=WHEN,
        why="x",
    )  # fmt: skip
    better = [{**one, "value": 0.0} for one in agenda["figures"]]
    with pytest.raises(UsageError, match="for the figures"):
        put(home, signed(home, {**agenda, "figures": better}, item))
    assert put(home, signed(home, agenda, item)).item.status is APPROVED
    assert analysis.open_home(tmp_path / "home").store.verify_documents() == 3
