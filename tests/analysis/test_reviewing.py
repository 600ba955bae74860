"""Management reviews: what each status asks for, and what holding keeps for good."""

import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from kpi import analysis
from kpi.access import Access, Role
from kpi.analysis import holding, registering, reviewing
from kpi.analysis.agenda import asked_of, build_agenda
from kpi.analysis.frozen import figures_in
from kpi.analysis.packing import build_pack
from kpi.errors import KpiError, StoreError, UsageError
from kpi.qms.agenda import points
from kpi.qms.recording import record
from kpi.qms.reviews import (
    AGENDA_FILE,
    DECISION,
    REVIEW,
    Attendee,
    Conclusion,
    Decision,
    DecisionStatus,
    DecisionType,
    Discussed,
    Frozen,
    Judged,
    KeptFile,
    Review,
    ReviewStatus,
    content_hash,
)
from kpi.store.records import SeenEarlierError
from tests.analysis.made_reviews import (
    BOSS,
    HELD_ON,
    WHEN,
    approved,
    changed,
    concluded,
    correct,
    decided,
    drafted,
    held,
    make,
    plain,
)

DRAFT, HELD, APPROVED = ReviewStatus


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A home with a draft, and one where it is held, which nobody changes: tests copy them."""
    folder = tmp_path_factory.mktemp("reviews")
    home = make(folder)
    entry = drafted(home)
    shutil.copytree(folder / "home", folder / "draft")
    held(home, entry)
    return folder


@pytest.fixture
def folder(made, tmp_path):
    shutil.copytree(made / "draft", tmp_path / "home")
    return tmp_path


@pytest.fixture
def home(folder):
    """A home with a draft."""
    return analysis.open_home(folder / "home")


@pytest.fixture
def kept(made, tmp_path):
    """The folder of a home whose review is held."""
    shutil.copytree(made / "home", tmp_path / "held" / "home")
    return tmp_path / "held"


@pytest.fixture
def done(kept):
    """A home whose review is held."""
    return analysis.open_home(kept / "home")


def latest(home, id="REV-2026-001"):
    return registering.found(home, REVIEW, id)


@pytest.mark.long
def test_both_editions_ask_for_their_inputs_under_their_letters(home):
    wanted = {
        "2015": "a b c1 c2 c3 c4 c5 c6 c7 d e e f",
        "2026": "a b c d1 d2 d3 d4 d5 d6 d7 e f g h",
    }
    for edition, letters in wanted.items():
        asked = asked_of(home, (), "2026-06", "2026-08")
        agenda = build_agenda(home, asked, edition=edition, who="Q", when=WHEN)
        assert " ".join(one.letter for one in agenda.inputs) == letters
        assert [one.key for one in agenda.inputs] == [p.key for p in points(edition)]
        assert all(one.finding or one.nothing for one in agenda.inputs)
    assert agenda.input("satisfaction").letter == "d4"
    assert agenda.input("improvement").letter == "e"


def test_an_edition_nobody_published_is_refused(home):
    with pytest.raises(KpiError, match="2020"):
        drafted(home, edition="2020")


@pytest.mark.parametrize(
    ("attendance", "told"),
    [
        ((), "Nobody is marked as present. Say who held the review, with their roles."),
        ((replace(BOSS, present=False),),
         "Nobody is marked as present. Say who held the review, with their roles."),
        ((Attendee(name="Bo", role="Foreman"),),
         "Nobody present is marked as top management, whose review this is. Mark who is, or hold "
         "it when somebody of them is there."),
    ],
)  # fmt: skip
def test_nobody_holds_a_review_without_top_management(home, attendance, told):
    entry = changed(home, latest(home), attendance=attendance)
    with pytest.raises(UsageError) as refused:
        held(home, entry)
    assert str(refused.value) == told
    assert latest(home).item.status is DRAFT


@pytest.mark.long
def test_every_input_has_to_say_something(home):
    entry = latest(home)
    asked = reviewing.asked_of_review(entry.item)
    agenda = build_agenda(home, asked, edition="2026", who="Q", when=WHEN)
    mute = replace(agenda.inputs[1], finding="", nothing="")
    silent = replace(agenda, inputs=(agenda.inputs[0], mute))
    with pytest.raises(UsageError, match="Nothing is said of b External and internal issues"):
        holding.refuse_silence(silent, entry.item)
    spoken = replace(entry.item, discussion=(Discussed(key="context", text="No change."),))
    holding.refuse_silence(silent, spoken)


@pytest.mark.long
def test_steps_are_taken_one_by_one_and_never_back(home):
    entry = latest(home)
    with pytest.raises(UsageError, match="is draft and cannot be approved"):
        approved(home, entry)
    entry = held(home, entry)
    assert (entry.item.status, entry.item.held_on) == (HELD, HELD_ON)
    assert entry.item.next_due == date(2027, 9, 9)
    with pytest.raises(UsageError, match="REV-2026-001 is held already"):
        held(home, entry)
    decided(home, entry)
    entry = approved(home, concluded(home, entry))
    assert entry.item.status is APPROVED
    assert [(f.name, f.at) for f in entry.item.kept] == [
        ("deck.pptx", HELD), (AGENDA_FILE, HELD), ("deck.pptx", APPROVED), (AGENDA_FILE, APPROVED),
    ]  # fmt: skip
    for status in (DRAFT, HELD):
        with pytest.raises(UsageError):
            changed(home, entry, status=status, signature=None, kept=(), frozen=None, held_on=None)
    with pytest.raises(UsageError, match="An approved review stays as it was signed"):
        changed(home, entry, discussion=(Discussed(key="context", text="Other words."),))
    added = holding.add_addendum(
        home, entry.id, "The supplier wrote.", version=entry.version, who="Q", when=WHEN
    )
    assert [one.text for one in added.item.addenda] == ["The supplier wrote."]
    assert holding.signature_fits(home, entry.id)


def test_nothing_moves_what_holding_froze(done):
    entry = latest(done)
    for values in (
        {"first": date(2026, 5, 1)}, {"edition": "2015"}, {"kept": entry.item.kept[:1]},
        {"frozen": replace(entry.item.frozen, position=1)}, {"status": DRAFT, "kept": ()},
        {"slice": (("plant", "Nord"),)},
    ):  # fmt: skip
        with pytest.raises(UsageError):
            changed(done, entry, **values)
    said = changed(done, entry, discussion=(Discussed(key="context", text="A new law."),))
    assert said.item.said_of("context") == "A new law."
    with pytest.raises(UsageError, match="Say in a few words why it changes"):
        changed(done, said, why="", discussion=())


@pytest.mark.parametrize(
    ("lacking", "told"),
    [
        ({"type": DecisionType.OPEN}, "no type"),
        ({"owner": ""}, "no owner"),
        ({"due": None}, "no due date"),
    ],
)
def test_a_decision_nobody_can_follow_is_not_approved(done, lacking, told):
    entry = concluded(done, latest(done))
    one = decided(done, entry, **lacking)
    with pytest.raises(UsageError) as refused:
        approved(done, entry)
    assert str(refused.value) == (
        f"{one.id} has {told}. Each decision needs all three to be approved."
    )


def test_what_approving_asks_for_besides(done):
    entry = latest(done)
    assert holding.open_points(done, entry.id) == (
        "No decision is on record. Record what was decided, or say why nothing was.",
        "The conclusion does not say yet whether the quality management system is suitable.",
    )
    entry = changed(done, entry, undecided="All objectives are met.")
    no = [Conclusion(word=w, says=Judged.YES) for w in ("suitable", "adequate", "effective")]
    entry = changed(done, entry, conclusion=(*no, Conclusion(word="aligned", says=Judged.NO)))
    (left,) = holding.open_points(done, entry.id)
    assert left == (
        "The conclusion says that the quality management system is not aligned. Say in a remark "
        "what is missing."
    )
    with pytest.raises(UsageError, match="Say who signs"):
        holding.approve(
            done, entry.id, version=entry.version, name=" ", signed_in=True, render=plain,
            who="Q", when=WHEN,
        )  # fmt: skip


def test_a_signature_tells_whether_somebody_altered_what_it_covers(done):
    entry = concluded(done, latest(done))
    one = decided(done, entry)
    entry = approved(done, entry)
    assert entry.item.signature.self_declared
    assert holding.signature_fits(done, entry.id)
    with pytest.raises(UsageError, match="stays as it was signed"):
        reviewing.decide(
            done, entry.id, replace(one.item, title="Buy another tool"), id=one.id,
            version=one.version, who="Q", when=WHEN, why="better",
        )  # fmt: skip
    closed = replace(one.item, status=DecisionStatus.DONE, done_on=date(2026, 10, 1))
    reviewing.decide(
        done, entry.id, closed, id=one.id, version=one.version, who="Q", when=WHEN, why="done"
    )
    assert holding.signature_fits(done, entry.id), "what became of a decision was not signed"
    with pytest.raises(UsageError, match="approved: what it decided was signed"):
        decided(done, entry)
    # Past every rule of the register: words nobody signed.
    record_past_rules(done, entry, discussion=(Discussed(key="context", text="Forged."),))
    assert not holding.signature_fits(done, entry.id)


def record_past_rules(home, entry, **values):
    free = replace(REVIEW, check=lambda _: None, follows=lambda *_: None)
    return record(
        home.store, free, replace(entry.item, **values), id=entry.id, version=entry.version,
        who="X", when=WHEN, why="x",
    )  # fmt: skip


def test_who_saw_an_earlier_version_changes_nothing(home):
    entry = latest(home)
    changed(home, entry, owner="Somebody else")
    with pytest.raises(UsageError, match="was changed meanwhile by Q"):
        held(home, entry)
    with pytest.raises(SeenEarlierError):
        changed(home, entry, owner="Me")


# --- what is kept -----------------------------------------------------------------------------


@pytest.mark.long
def test_frozen_figures_are_those_of_their_place_in_the_ledger(home, folder):
    entry = held(home, latest(home))
    kept = {f.key: f.value for f in figures_in(document(home, AGENDA_FILE))}
    august = "2026-08"
    assert kept["scrap_rate", (), august] == pytest.approx(2.0)
    assert kept["scrap_rate", (("plant", "Nord"), ("line", "L1")), august] == pytest.approx(1.0)
    assert kept["scrap_rate", (("plant", "Sued"), ("line", "L1")), august] == pytest.approx(3.0)
    correct(home, folder)
    assert {f.key: f.value for f in figures_in(document(home, AGENDA_FILE))} == kept
    shown = reviewing.agenda_of(home, entry.id, who="Q", when=WHEN)
    assert last_scrap(shown) == pytest.approx(2.0)
    now = build_agenda(home, shown.asked, edition="2026", who="Q", when=WHEN)
    assert last_scrap(now) == pytest.approx(100 * 450 / 20_000)
    assert (shown.position, now.position) == (2, 3)


def last_scrap(agenda):
    found = next(k for k in agenda.review.kpis if k.series.kpi.id == "scrap_rate")
    return found.series.points["value"].iloc[-1]


def document(home, name, at=HELD):
    return reviewing.document(home, "REV-2026-001", name, at)


def test_documents_come_out_byte_for_byte_after_uploads_and_restarts(done, kept):
    before = {name: document(done, name) for name in ("deck.pptx", AGENDA_FILE)}
    correct(done, kept)
    again = analysis.open_home(kept / "home")
    assert {name: document(again, name) for name in before} == before
    assert before["deck.pptx"] == b"held 2"
    assert again.store.verify_documents() == 2


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.long
@pytest.mark.parametrize("point", ["rendering", "keeping", "recording"])
def test_ended_anywhere_the_draft_is_as_it_was(home, folder, monkeypatch, point):
    entry = latest(home)
    decided(home, entry)

    def end(*_, **__):
        raise Killed

    if point == "keeping":
        monkeypatch.setattr(type(home.store), "keep_document", end)
    if point == "recording":
        monkeypatch.setattr(type(home.store.records), "put_all", end)
    with pytest.raises(Killed):
        held(home, entry, render=end if point == "rendering" else plain)
    monkeypatch.undo()
    again = analysis.open_home(folder / "home")
    assert latest(again) == entry
    assert again.store.verify_documents() == 0
    assert held(again, latest(again)).item.status is HELD
    assert again.store.verify_documents() == 2


@pytest.mark.long
def test_a_writer_that_fails_leaves_a_draft(home):
    def fails(home, agenda):
        raise StoreError("The disk is full.")

    with pytest.raises(StoreError, match="The disk is full"):
        held(home, latest(home), render=fails)
    assert latest(home).item.status is DRAFT


def test_a_damaged_or_missing_document_is_told_and_not_handed_out(done, kept):
    entry = latest(done)
    path = kept / "home" / "kept" / entry.item.kept[0].sha256
    path.write_bytes(b"held 3")
    with pytest.raises(StoreError) as damaged:
        document(done, "deck.pptx")
    assert str(damaged.value) == (
        "deck.pptx of REV-2026-001 is not handed out: the file in the home's folder kept was "
        "altered or damaged after it was kept. Bring it back from a backup: the folder kept/ in the "
        "archive holds it."
    )
    path.unlink()
    with pytest.raises(StoreError, match="its file is missing from the home's folder kept"):
        document(done, "deck.pptx")
    with pytest.raises(StoreError, match="The kept document deck"):
        done.store.verify_documents()
    with pytest.raises(UsageError, match="REV-2026-001 keeps no minutes"):
        document(done, "minutes.docx")


def test_a_backup_brings_the_documents_back(done, kept):
    from kpi.store.restore import restore

    before = document(done, AGENDA_FILE)
    made = done.store.back_up(kept / "saved.zip", who="Q", when=WHEN)
    assert sum(f.path.startswith("kept/") for f in made.manifest.files) == 2
    restore(made.path, kept / "again")
    again = analysis.open_home(kept / "again")
    assert document(again, AGENDA_FILE) == before
    # One that is gone stops no backup: only an older one brings it back, and doctor tells it.
    (kept / "home" / "kept" / latest(done).item.kept[0].sha256).unlink()
    later = done.store.back_up(kept / "later.zip", who="Q", when=WHEN)
    assert sum(f.path.startswith("kept/") for f in later.manifest.files) == 1
    restore(later.path, kept / "later")


@pytest.mark.long
def test_a_lost_document_is_told_in_a_pack_and_holds_up_nothing(done, kept):
    """Else no pack of these days could be made any more, and no later review be held."""
    (kept / "home" / "kept" / latest(done).item.kept[0].sha256).unlink()
    asked = reviewing.asked_of_review(latest(done).item)
    pack = build_pack(done, asked, edition="2026", who="Q", when=WHEN)
    assert pack.documents == ()
    assert pack.left_out[1].startswith(
        "deck.pptx of REV-2026-001 as held is not in this pack: deck.pptx of REV-2026-001 was kept, "
        "and its file is missing from the home's folder kept."
    )


# --- decisions carried in -----------------------------------------------------------------------


def carried(home, entry):
    agenda = reviewing.agenda_of(home, entry.id, who="Q", when=WHEN)
    table = agenda.input("previous_actions").tables
    return {line[0]: line[4] for one in table for line in one.lines}


@pytest.mark.long
def test_no_earlier_decision_is_ever_dropped(home):
    first = held(home, latest(home))
    stays = decided(home, first, "Stays open", due=date(2026, 9, 1))
    ends = decided(home, first, "Is done")
    second = drafted(home)
    assert carried(home, second) == {"Stays open": "overdue by 9 days", "Is done": "open"}
    done = replace(ends.item, status=DecisionStatus.DONE, done_on=date(2026, 9, 2))
    reviewing.decide(
        home, first.id, done, id=ends.id, version=ends.version, who="Q", when=WHEN, why="done"
    )
    decided(home, second, "Of the draft itself")
    assert carried(home, second)["Is done"] == "done on 2026-09-02"
    second = held(home, second)
    assert registering.found(home, DECISION, stays.id).item.carried == (second.id,)
    third = drafted(home)
    assert set(carried(home, third)) == {"Stays open", "Of the draft itself"}
    third = held(home, third)
    assert set(carried(home, drafted(home))) == {"Stays open", "Of the draft itself"}
    assert registering.found(home, DECISION, stays.id).item.carried == (second.id, third.id)


def test_a_review_says_when_the_next_is_due_and_how_late_it_is(home, done):
    assert reviewing.due(home, date(2027, 9, 10)) == ()
    (soon,) = reviewing.due(done, date(2027, 9, 9))
    assert (soon.late, soon.says) == (
        0, "The next management review of all plants is due on 9 September 2027.",
    )  # fmt: skip
    (late,) = reviewing.due(done, date(2027, 9, 19))
    assert late.says == (
        "The management review of all plants is overdue by 10 days: it was due on 9 September 2027."
    )


# --- who sees what ------------------------------------------------------------------------------


@pytest.mark.long
def test_only_who_sees_all_plants_of_a_review_takes_its_documents(home):
    held(home, latest(home))
    both = held(home, drafted(home, where=(("plant", "Nord"), ("plant", "Sued"))))
    nord = held(home, drafted(home, where=(("plant", "Nord"),)))
    assert both.item.slice == (), "all plants are the whole company"
    boss = home.seen_by(Access.of({"Nord": "quality manager"}))
    assert [r.id for r in registering.listed(boss, REVIEW)] == [nord.id]
    assert reviewing.document(boss, nord.id, "deck.pptx", HELD) == b"held 2"
    for entry in ("REV-2026-001", both.id):
        with pytest.raises(KpiError):
            reviewing.document(boss, entry, "deck.pptx", HELD)
        with pytest.raises(KpiError):
            boss.store.document(latest(home, entry).item.kept[1].sha256)
    viewer = home.seen_by(Access.of({"Nord": "viewer"}))
    assert reviewing.document(viewer, nord.id, "deck.pptx", HELD) == b"held 2"
    with pytest.raises(KpiError, match="You may not"):
        drafted(viewer, where=(("plant", "Nord"),))


@pytest.mark.parametrize(
    "access", [{}, {"Nord": "viewer"}, {"Nord": "administrator"}, {"*": "viewer"}]
)
def test_who_does_not_manage_every_plant_changes_no_review(home, done, access):
    """The review is of the whole company: a manager of one of its plants has no say in it."""
    drafts, helds = (one.seen_by(Access.of(access)) for one in (home, done))
    before = home.store.records.number(), done.store.records.number()
    for deed in (
        lambda: held(drafts, latest(home)),
        lambda: decided(drafts, latest(home)),
        lambda: approved(helds, latest(done)),
        lambda: holding.add_addendum(
            helds, "REV-2026-001", "mine", version=latest(done).version, who="X", when=WHEN
        ),
    ):
        with pytest.raises(KpiError):
            deed()
    assert (home.store.records.number(), done.store.records.number()) == before
    assert not (home.path / "kept").exists(), "refused before anything is rendered"


@pytest.mark.long
def test_a_review_of_a_plant_holds_nothing_of_another(home):
    nord = held(home, drafted(home, where=(("plant", "Nord"),)))
    text = reviewing.document(home, nord.id, AGENDA_FILE, HELD).decode()
    assert "Nord" in text
    assert "Sued" not in text


KILLED_AT = """
import os, signal, sys
from pathlib import Path
from kpi import analysis
from kpi.analysis import registering
from kpi.qms.reviews import REVIEW
from tests.analysis.made_reviews import held, plain

home = analysis.open_home(Path(sys.argv[1]))
def end(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
if sys.argv[2] == "recording":
    type(home.store.records).put_all = end
held(home, registering.found(home, REVIEW, "REV-2026-001"),
     render=end if sys.argv[2] == "rendering" else plain)
"""


@pytest.mark.long
@pytest.mark.parametrize("point", ["rendering", "recording"])
def test_a_process_killed_while_it_holds_leaves_the_draft(home, folder, point):
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", KILLED_AT, folder / "home", point], cwd=root, check=False
    )
    assert done.returncode == -signal.SIGKILL
    kept = list((folder / "home" / "kept").glob("[0-9a-f]*"))
    assert len(kept) == (2 if point == "recording" else 0)
    again = analysis.open_home(folder / "home")
    assert latest(again).item.status is DRAFT
    assert again.store.verify_documents() == 0, "no record names what lies there"
    assert held(again, latest(again)).item.status is HELD


# --- whatever way it is recorded on -------------------------------------------------------------


def test_a_review_begins_as_a_draft_whatever_it_says_of_itself(done):
    forged = replace(latest(done).item, title="Another")
    with pytest.raises(UsageError, match="begins as a draft"):
        registering.record(done, REVIEW, forged, who="X", when=WHEN)


def test_a_status_needs_documents_that_are_kept(home):
    (entry,) = registering.listed(home, REVIEW)
    place = Frozen(position=0, number=0, at=WHEN, who="X")
    for sha256, told in (("0" * 64, "not kept in this home"), ("../../ledger.db", "plain name")):
        file = KeptFile(name="deck.pptx", sha256=sha256, bytes=1, at=HELD)
        with pytest.raises(UsageError, match=told):
            changed(home, entry, status=HELD, held_on=HELD_ON, frozen=place, kept=(file,))
    assert registering.found(home, REVIEW, entry.id) == entry


def test_no_document_is_added_to_a_held_review(done):
    entry = latest(done)
    file = replace(entry.item.kept[0], name="another.pptx")
    with pytest.raises(UsageError, match="stay as they are"):
        changed(done, entry, kept=(*entry.item.kept, file))


def test_a_decision_recorded_while_a_review_is_approved_is_not_signed_unseen(done):
    decided(done, latest(done))
    entry = concluded(done, latest(done))

    def meanwhile(own, agenda):
        decided(done, entry, "Recorded meanwhile")
        return plain(own, agenda)

    with pytest.raises(UsageError, match="changed it meanwhile"):
        approved(done, entry, render=meanwhile)
    assert latest(done).item.status is HELD
    approved(done, entry)
    assert holding.signature_fits(done, entry.id)


def test_an_approved_review_takes_no_decision_by_any_way(done):
    taken = decided(done, latest(done))
    entry = approved(done, concluded(done, latest(done)))
    with pytest.raises(UsageError, match="next review"):
        registering.record(done, DECISION, Decision(title="Late", review=entry.id), who="X", when=WHEN)  # fmt: skip
    with pytest.raises(UsageError, match="stays as it was signed"):
        registering.record(
            done, DECISION, replace(taken.item, title="Altered"), id=taken.id,
            version=taken.version, who="X", when=WHEN, why="x",
        )  # fmt: skip
    assert holding.signature_fits(done, entry.id)


def test_nobody_records_a_decision_in_a_review_of_another_plant(home):
    other = drafted(home, where=(("plant", "Sued"),))
    nord = home.seen_by(Access.of({"Nord": Role.QUALITY_MANAGER}))
    for who, told in ((nord, "may see"), (home, "plants of its review")):
        decision = Decision(title="From Nord", review=other.id, slice=(("plant", "Nord"),))
        with pytest.raises(UsageError, match=told):
            registering.record(who, DECISION, decision, who="X", when=WHEN)
    assert reviewing.taken_in(home, other.id) == ()


def test_what_is_signed_cannot_be_read_two_ways():
    """Minutes of one input that look like those of two are not the same minutes."""
    review = Review(title="Review", first=date(2026, 7, 1), last=date(2026, 9, 30))
    one = replace(review, discussion=(Discussed(key="a", text="b; c, d"),))
    two = replace(review, discussion=(Discussed(key="a", text="b"), Discussed(key="c", text="d")))
    assert content_hash(one, ()) != content_hash(two, ())
