"""The sample plant's management reviews: two held and approved, one of them restated since, and a draft."""

import tempfile
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Final

from kpi.analysis import registering
from kpi.analysis.agenda import asked_of
from kpi.analysis.agenda_results import Asked
from kpi.analysis.holding import Render, approve, hold
from kpi.analysis.ingesting import ingest_file, withdraw
from kpi.analysis.reviewing import decide, draft
from kpi.analysis.sample_book import (
    MANAGING,
    NORDHAFEN_HEAD,
    PLANNING,
    PURCHASING,
    QUALITY,
    RIVERSIDE_HEAD,
    Book,
    at,
    day,
)
from kpi.analysis.sample_said import SAID_IN_FIRST, SAID_IN_SECOND
from kpi.qms.agenda import Edition
from kpi.qms.register import Recorded, recorded
from kpi.qms.reviews import (
    CONCLUSIONS,
    DECISION,
    REVIEW,
    Attendee,
    Conclusion,
    Decision,
    DecisionStatus,
    DecisionType,
    Discussed,
    Judged,
    Review,
    ReviewStatus,
)

COMPLAINTS: Final = "riverside_complaints.csv"

OLDER: Final = "riverside_complaints_before_audit.csv"
"""A copy of the complaints that lacks some of June: loaded by mistake, and taken back after a review."""

LACKING: Final = ("C26-057", "C26-058")

PRESENT: Final = (
    Attendee(name=MANAGING, role="Managing director", top=True),
    Attendee(name=NORDHAFEN_HEAD, role="Plant manager, Nordhafen", top=True),
    Attendee(name=RIVERSIDE_HEAD, role="Plant manager, Riverside", top=True),
    Attendee(name=QUALITY, role="Quality manager"),
    Attendee(name=PLANNING, role="Planning"),
    Attendee(name=PURCHASING, role="Purchasing", present=False),
)


@dataclass(frozen=True, slots=True)
class _Plan:
    """A review as it was: which months, under which edition, what was said and decided."""

    title: str
    months: tuple[str, str]
    edition: Edition
    begun: datetime
    held: datetime | None
    said: tuple[Discussed, ...]
    conclusion: tuple[Conclusion, ...]
    decisions: tuple[Decision, ...]
    next_due: date | None = None
    planned: date | None = None  # where that is not the day it was begun


def _concluded(remark: str) -> tuple[Conclusion, ...]:
    """The four words: everything but effective without reserve, and that with a remark."""
    return tuple(
        Conclusion(word=word, says=Judged.YES, remark=remark if word == "effective" else "")
        for word in CONCLUSIONS
    )


FIRST: Final = _Plan(
    "Management review of the first half of 2026", ("2026-01", "2026-06"), Edition.E2015,
    at(4, 8), at(4, 11),
    SAID_IN_FIRST,
    _concluded("Effective but for the release of tools and for kept promises."),
    (
        Decision(title="No tool without trial parts", type=DecisionType.CHANGE, owner=NORDHAFEN_HEAD,
                 due=day(11, 6), text="The release form asks for measured trial parts."),
        Decision(title="A second dryer for Molding A", type=DecisionType.RESOURCES,
                 owner=RIVERSIDE_HEAD, due=day(4, 30, 2027), text="Ordered for the summer of 2027."),
        Decision(title="Promises by day and not by week", type=DecisionType.IMPROVEMENT,
                 owner=PLANNING, due=day(11, 20), text="Capacity is planned by the day."),
    ),
    day(2, 26, 2027),
)  # fmt: skip

SECOND: Final = _Plan(
    "Management review of the third quarter of 2026", ("2026-07", "2026-09"), Edition.E2026,
    at(12, 8), at(12, 11),
    SAID_IN_SECOND,
    _concluded("Effective but for promises, still moved at Nordhafen, and for scrap: see the decisions."),
    (
        Decision(title="Audit Maren Resins before new orders", type=DecisionType.IMPROVEMENT,
                 owner=PURCHASING, due=day(1, 29, 2027), text="With a look at their dryers."),
        Decision(title="Tell customers before a date is moved", type=DecisionType.CHANGE,
                 owner=PLANNING, due=day(12, 18), text="No promise is moved without a call."),
    ),
    day(2, 26, 2027),
)  # fmt: skip

DRAFTED: Final = _Plan(
    "Management review of October 2026", ("2026-10", "2026-10"), Edition.E2026, at(16, 9), None,
    (), (),
    # Deliberately without owner and date: the list of weaknesses says so.
    (Decision(title="Look into the drift of the bore of 004721", type=DecisionType.OPEN),),
    planned=day(12, 10),
)  # fmt: skip


def record_reviews(book: Book, source: Path, render: Render) -> None:
    """Both reviews with all their documents, a restatement between them, and the draft.

    ``source`` holds the exports of the sample, ``render`` makes the documents that are kept.
    """
    _load_older(book, source)
    _review(book, FIRST, render)
    _take_older_back(book)
    _done(book, "No tool without trial parts", day(11, 6))
    _review(book, SECOND, render)
    _review(book, DRAFTED, render)


# --- one review -------------------------------------------------------------------------------


def _review(book: Book, plan: _Plan, render: Render) -> None:
    """A review as far as its plan goes; from wherever it was left."""
    entry = book.known(REVIEW, plan.title) or _drafted(book, plan)
    for decision in plan.decisions:
        if not book.known(DECISION, decision.title):
            decide(book.home, entry.id, decision, who=QUALITY, when=plan.begun)
    if plan.held is None:
        return
    home, held = book.home, plan.held
    if entry.item.status is ReviewStatus.DRAFT:
        entry = hold(
            home, entry.id, version=entry.version, held_on=held.date(), render=render, who=QUALITY,
            when=held,
        )  # fmt: skip
    if entry.item.status is ReviewStatus.HELD:
        approve(
            home, entry.id, version=entry.version, name=MANAGING, role="Managing director",
            signed_in=False, render=render, who=MANAGING, when=held.replace(hour=15),
        )  # fmt: skip


def _drafted(book: Book, plan: _Plan) -> Recorded[Review]:
    """A draft with who came and what was said, of one that was only begun where there is one."""
    home = book.home
    asked = asked_of(home, (), *plan.months)
    begun = _begun(book, asked) or draft(
        home, asked, edition=plan.edition, who=QUALITY, when=plan.begun
    )
    told = replace(
        begun.item, title=plan.title, owner=QUALITY, attendance=_invited(plan), discussion=plan.said,
        conclusion=plan.conclusion or begun.item.conclusion, next_due=plan.next_due,
        planned=plan.planned or plan.begun.date(),
    )  # fmt: skip
    return registering.record(
        home, REVIEW, told, id=begun.id, version=begun.version, who=QUALITY, when=plan.begun,
        why="Prepared for the meeting",
    )  # fmt: skip


def _begun(book: Book, asked: Asked) -> Recorded[Review] | None:
    """The draft of these months that was left as it was begun: who came is carried in from the last."""
    for entry in recorded(book.home.store, REVIEW):
        same = (entry.item.first, entry.item.last) == (asked.first, asked.last)
        if same and entry.who == QUALITY and entry.version == 1:
            return entry
    return None


def _invited(plan: _Plan) -> tuple[Attendee, ...]:
    """Who came; to a review that was not held yet nobody has."""
    return PRESENT if plan.held else tuple(replace(one, present=False) for one in PRESENT)


def _done(book: Book, title: str, on: date) -> None:
    entry = book.known(DECISION, title)
    if entry is None or entry.item.status is not DecisionStatus.OPEN:
        return
    finished = replace(
        entry.item, status=DecisionStatus.DONE, done_on=on, outcome="The form asks for them now."
    )
    decide(
        book.home, entry.item.review, finished, id=entry.id, version=entry.version,
        who=entry.item.owner, when=at(9, 9), why="Done",
    )  # fmt: skip


# --- the restatement --------------------------------------------------------------------------


def _load_older(book: Book, source: Path) -> None:
    """Complaints without some of June, as somebody loaded them by mistake before the first review."""
    if _older(book):
        return
    lines = (source / COMPLAINTS).read_text(encoding="utf-8-sig").splitlines(keepends=True)
    kept = [line for line in lines if not any(number in line for number in LACKING)]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / OLDER
        file.write_text("".join(kept), encoding="utf-8-sig")
        outcome = ingest_file(book.home, file, who=QUALITY, when=at(3, 18))
        if outcome.state == "needs_answer":
            answers = {q.id: q.candidates[0].value for q in outcome.questions}
            ingest_file(book.home, file, who=QUALITY, when=at(3, 18), answers=answers)


def _older(book: Book) -> tuple[str, bool] | None:
    """The upload of the older copy, and whether it still counts; empty where it was never loaded."""
    for entry in book.home.store.entries():
        if entry.kind == "upload" and entry.file == OLDER:
            return entry.upload, entry.withdrawn is None
    return None


def _take_older_back(book: Book) -> None:
    found = _older(book)
    if found and found[1]:
        withdraw(
            book.home, found[0], why="A copy from before the audit: complaints of June were missing",
            who=QUALITY, when=at(9, 8),
        )  # fmt: skip
