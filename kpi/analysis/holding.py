"""Management reviews held and approved. Nothing goes back.

Holding freezes: the agenda is built at one place of ledger and records, every document is rendered and
kept under its hash, and only then the record says so. Ended anywhere before, the draft is as it was.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from kpi.analysis import frozen, registering, words
from kpi.analysis.agenda import build_agenda, of_plants
from kpi.analysis.agenda_own import carried_decisions
from kpi.analysis.agenda_results import Agenda
from kpi.analysis.home import Home
from kpi.analysis.permitted import require_slice
from kpi.analysis.restated_review import restated_sentences
from kpi.analysis.reviewing import asked_of_review, document, frozen_agenda, taken_in
from kpi.errors import UsageError
from kpi.qms.register import Edit, Recorded, recorded_upto, versions
from kpi.qms.reviews import (
    AGENDA_FILE,
    DECISION,
    REVIEW,
    Addendum,
    Decision,
    Frozen,
    KeptFile,
    Review,
    ReviewStatus,
    Signature,
    content_hash,
    refuse_attendance,
    refuse_conclusion,
    refuse_undecided,
)

Render = Callable[[Home, Agenda], Mapping[str, bytes]]
"""Makes the documents of an agenda: by file name, their bytes."""


def hold(
    home: Home,
    id: str,
    *,
    version: int,
    held_on: date,
    render: Render,
    who: str,
    when: datetime,
    why: str = "Held",
) -> Recorded[Review]:
    """Hold a review: freeze its figures, render and keep its documents, carry decisions in.

    Raises
    ------
    UsageError
        It is no draft, nobody of top management was there, or an input says nothing.
    SeenEarlierError
        Somebody changed the review or a decision meanwhile; nothing is held.
    """
    entry = registering.found(home, REVIEW, id)
    require_slice(home, entry.item.slice)
    _refuse_other(entry, ReviewStatus.DRAFT, "held")
    _refuse_seen_earlier(entry, version)
    refuse_attendance(entry.item.attendance)
    if held_on > when.date():
        raise UsageError(f"{held_on.isoformat()} is still to come. Say on which day it was held.")
    asked = asked_of_review(entry.item)
    agenda = build_agenda(home, asked, edition=entry.item.edition, record=entry, who=who, when=when)
    refuse_silence(agenda, entry.item)
    carried = carried_decisions(of_plants(home, asked.where), asked, id)
    place = Frozen(position=agenda.position, number=agenda.number, at=when, who=who)
    held = replace(entry.item, status=ReviewStatus.HELD, held_on=held_on, frozen=place)
    if held.next_due is None:
        held = replace(held, next_due=_next_due(held_on))
    shown = replace(agenda, record=replace(entry, item=held))
    held = replace(held, kept=_kept(home, shown, render))
    edits: list[Edit[Any]] = [Edit(REVIEW, held, why, id, entry.version)]
    edits += [_looked_at(one, id) for one in carried]
    done = registering.record_all(home, edits, who=who, when=when)
    return done[0]


def refuse_silence(agenda: Agenda, review: Review) -> None:
    """Refuse an agenda with an input that says nothing: neither a finding, nor why there is none."""
    silent = [
        f"{one.letter} {one.title}"
        for one in agenda.inputs
        if not (one.finding or one.nothing or review.said_of(one.key).strip())
    ]
    if silent:
        raise UsageError(
            f"Nothing is said of {words.listed(silent)}. Write under the input what there is, or "
            "that there is nothing to report and why."
        )


def approve(
    home: Home,
    id: str,
    *,
    version: int,
    name: str,
    role: str = "",
    signed_in: bool,
    render: Render,
    who: str,
    when: datetime,
    why: str = "Approved",
) -> Recorded[Review]:
    """Approve a held review: sign what it says and decided, render and keep the approved documents.

    ``signed_in``: whoever signs was known by sign-in; else the signature is self-declared.

    Raises
    ------
    UsageError
        It is not held; a decision lacks type, owner or date; the conclusion is not complete; nobody
        signs.
    SeenEarlierError
        Somebody changed it meanwhile; nothing is approved.
    """
    entry = registering.found(home, REVIEW, id)
    require_slice(home, entry.item.slice)
    _refuse_other(entry, ReviewStatus.HELD, "approved")
    _refuse_seen_earlier(entry, version)
    if not name.strip():
        raise UsageError("Say who signs: a review is approved in somebody's name.")
    decisions = taken_in(home, id)
    refuse_undecided(entry.item, decisions)
    refuse_conclusion(entry.item)
    sha256 = content_hash(entry.item, tuple((d.id, d.item) for d in decisions))
    signature = Signature(
        name=name.strip(), role=role.strip(), at=when, sha256=sha256, self_declared=not signed_in
    )
    approved = replace(entry.item, status=ReviewStatus.APPROVED, signature=signature)
    # The figures are those frozen; what was said and decided is as recorded by now.
    agenda = replace(
        frozen_agenda(home, entry), record=replace(entry, item=approved), decisions=decisions,
        restated=restated_sentences(home, id), number=home.store.records.number(),
        made=when, made_by=who,
    )  # fmt: skip
    kept = (*entry.item.kept, *_kept(home, agenda, render))
    return registering.record(
        home, REVIEW, replace(approved, kept=kept), id=id, version=entry.version,
        who=who, when=when, why=why,
    )  # fmt: skip


def add_addendum(
    home: Home, id: str, text: str, *, version: int, who: str, when: datetime
) -> Recorded[Review]:
    """Add to an approved review what came to light later; what was signed stays as it is.

    Raises
    ------
    UsageError
        It is not approved yet, or the text is empty.
    """
    entry = registering.found(home, REVIEW, id)
    _refuse_other(entry, ReviewStatus.APPROVED, "given an addendum")
    if not text.strip():
        raise UsageError("The addendum is empty.")
    added = (*entry.item.addenda, Addendum(text=text.strip(), who=who, at=when))
    return registering.record(
        home, REVIEW, replace(entry.item, addenda=added), id=id, version=version,
        who=who, when=when, why="Addendum",
    )  # fmt: skip


def _refuse_other(entry: Recorded[Review], needed: ReviewStatus, deed: str) -> None:
    if entry.item.status is needed:
        return
    ways = {
        ReviewStatus.DRAFT: "Only a draft is held",
        ReviewStatus.HELD: "A review is approved once it was held",
        ReviewStatus.APPROVED: "Only an approved review takes an addendum; the text of an earlier "
        "one is corrected where it stands",
    }
    if str(entry.item.status) == deed:
        raise UsageError(f"{entry.id} is {deed} already. Nothing was changed.")
    raise UsageError(f"{entry.id} is {entry.item.status} and cannot be {deed}. {ways[needed]}.")


def _refuse_seen_earlier(entry: Recorded[Review], version: int) -> None:
    if version != entry.version:
        raise UsageError(
            f"{entry.id} was changed meanwhile by {entry.who}. Look at it as it is now, and do it "
            "again."
        )


def _looked_at(one: Recorded[Decision], review: str) -> Edit[Any]:
    carried = tuple(dict.fromkeys((*one.item.carried, review)))
    return Edit(
        DECISION, replace(one.item, carried=carried), f"Looked at in {review}", one.id, one.version
    )


def _next_due(held_on: date) -> date:
    """A year later: the least that planned intervals mean where nobody says."""
    return date(held_on.year + 1, held_on.month, min(held_on.day, 28))


# --- what is kept -------------------------------------------------------------------------------


def _kept(home: Home, agenda: Agenda, render: Render) -> tuple[KeptFile, ...]:
    """Render every document, keep each, and say what was kept; nothing is on record yet."""
    own = of_plants(home, agenda.asked.where)
    status = agenda.record.item.status
    figures = _figures(own, agenda)
    made = {**render(own, agenda), AGENDA_FILE: frozen.written(agenda, figures)}
    return tuple(
        KeptFile(name=name, sha256=home.store.keep_document(data), bytes=len(data), at=status)
        for name, data in made.items()
    )


def _figures(home: Home, agenda: Agenda) -> tuple[frozen.Figure, ...]:
    """The figures of a review: worked out as it is held, and the same ones when it is approved."""
    if agenda.record.item.kept:
        kept = document(home, agenda.record.id, AGENDA_FILE, ReviewStatus.HELD)
        return frozen.figures_in(kept)
    kpis = [one.series.kpi.id for one in agenda.review.kpis]
    return frozen.figures_of(home.view(agenda.position), home.settings, kpis, agenda.asked)


def signature_fits(home: Home, id: str) -> bool:
    """Whether what was signed reads as it did: the review, and its decisions as they were then."""
    entry = registering.found(home, REVIEW, id)
    if entry.item.signature is None:
        return False
    every = versions(home.store, REVIEW, id)
    signed = next(v for v in every if v.item.status is ReviewStatus.APPROVED)
    decisions = recorded_upto(home.store, DECISION, signed.number)
    own = tuple((d.id, d.item) for d in decisions if d.item.review == id)
    return content_hash(entry.item, own) == entry.item.signature.sha256


def open_points(home: Home, id: str) -> tuple[str, ...]:
    """What stands against approving a held review, in sentences; none where nothing does."""
    entry = registering.found(home, REVIEW, id)
    decisions = taken_in(home, id)
    refusals: tuple[Callable[[], None], ...] = (
        lambda: refuse_undecided(entry.item, decisions),
        lambda: refuse_conclusion(entry.item),
    )
    found = []
    for refuse in refusals:
        try:
            refuse()
        except UsageError as error:
            found.append(str(error))
    return tuple(found)
