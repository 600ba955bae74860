"""What shows conformity in the management reviews: the last one, its inputs, decisions, restatements."""

from collections.abc import Sequence
from datetime import date

from kpi.analysis import words
from kpi.analysis.agenda_results import Asked
from kpi.analysis.evidence_names import MOST_NAMED, decision_words, named
from kpi.analysis.evidence_results import Shown
from kpi.analysis.home import Home
from kpi.analysis.registering import listed
from kpi.analysis.restated_review import since_review
from kpi.analysis.weakness_results import counted
from kpi.errors import KpiError
from kpi.qms.agenda import edition_words, points
from kpi.qms.register import Recorded
from kpi.qms.reviews import (
    CONCLUSIONS,
    DECISION,
    REVIEW,
    Attendee,
    DecisionStatus,
    Review,
    ReviewStatus,
)


def reviews(home: Home, asked: Asked, today: date) -> Shown:
    """The last review held: when, with whom, and when the next is due."""
    last = last_held(home, asked)
    if last is None:
        return Shown("reviews", "Last review", "None was held.", page="review", there=False)
    item = last.item
    present = [one for one in item.attendance if one.present]
    top = sum(one.top for one in present)
    due = f"next due {words.date_words(item.next_due)}" if item.next_due else "no next date agreed"
    late = "" if item.next_due is None or item.next_due >= today else ", which is overdue"
    says = (
        f"{item.title}: {item.status}, held {_on(item.held_on)} with "
        f"{counted(len(present), 'person', 'people')}, {words.small_number(top)} of top management: "
        f"{_who(present)}; {due}{late}."
    )
    missing = () if item.next_due else ("No date is agreed for the next review.",)
    return Shown("reviews", "Last review", says, latest=item.held_on, record=last.id, page="review", missing=missing)  # fmt: skip


def _who(present: Sequence[Attendee]) -> str:
    told = [f"{one.name} ({one.role})" if one.role else one.name for one in present[:MOST_NAMED]]
    more = len(present) - MOST_NAMED
    return words.listed([*told, *([f"{more} more"] if more > 0 else [])])


def conclusion(home: Home, asked: Asked, today: date) -> Shown:
    """What the last review concluded of the quality management system."""
    del today
    last = last_held(home, asked)
    if last is None:
        return Shown("conclusion", "Conclusion", "No review was held.", page="review", there=False)
    judged = [last.item.concluded(word) for word in CONCLUSIONS]
    said = [f"{one.word}: {one.says}{f' ({one.remark})' if one.remark else ''}" for one in judged]
    signed = last.item.signature
    by = f" Signed by {signed.name}, {signed.role}." if signed else " Not signed yet."
    return Shown("conclusion", "Conclusion", f"{last.id}: {words.listed(said)}.{by}", record=last.id, page="review")  # fmt: skip


def inputs(home: Home, asked: Asked, today: date) -> Shown:
    """That the last review had every input of its edition, and that its documents are kept."""
    del today
    last = last_held(home, asked)
    if last is None:
        return Shown("inputs", "Inputs", "No review was held.", page="review", there=False)
    item = last.item
    kept = sorted({file.name for file in item.kept})
    says = (
        f"{last.id} went through all {len(points(item.edition))} inputs of {edition_words(item.edition)}; "
        f"kept as they were shown: {words.listed(kept)}."
    )
    return Shown("inputs", "Inputs", says, latest=item.held_on, record=last.id, page="review")


def decisions(home: Home, asked: Asked, today: date) -> Shown:
    """What was decided, and how much of it is done, open or overdue."""
    entries = listed(home, DECISION, asked.where)
    found = [entry.item for entry in entries]
    if not found:
        return Shown("decisions", "Decisions", "Nothing was decided.", page="review", there=False)
    open_ones = [item for item in found if item.status is DecisionStatus.OPEN]
    late = sum(item.due is not None and item.due < today for item in open_ones)
    owned = sum(bool(item.owner) and item.due is not None for item in found)
    left = [entry for entry in entries if entry.item.status is DecisionStatus.OPEN]
    listed_ones = f" Open: {named(left, lambda e: decision_words(e, today))}." if left else ""
    says = (
        f"{_capital(counted(len(found), 'decision'))}, {owned} of them with owner and date: "
        f"{len(found) - len(open_ones)} done or dropped, {len(open_ones)} open, {late} of them overdue."
        f"{listed_ones}"
    )
    return Shown("decisions", "Decisions", says, page="review")


def last_held(home: Home, asked: Asked) -> Recorded[Review] | None:
    """The review that was held last, of those that bear on the plants asked for."""
    held = [r for r in listed(home, REVIEW, asked.where) if r.item.status is not ReviewStatus.DRAFT]
    return max(held, key=lambda r: (r.item.held_on or date.min, r.number), default=None)


def restated(home: Home, asked: Asked, today: date) -> Shown:
    """Whether figures that a held review used are others today, and whether somebody accepted that."""
    del today
    held = [r for r in listed(home, REVIEW, asked.where) if r.item.status is not ReviewStatus.DRAFT]
    if not held:
        return Shown("restated", "Restatements", "No review was held.", page="review", there=False)
    says, missing = [], []
    for entry in held:
        try:
            found = since_review(home, entry.id)
        except KpiError as error:  # a kept document is damaged, or of more plants than are seen
            missing.append(f"{entry.id}: {error}")
            continue
        says.append(f"{entry.id}: {found.says}")
        missing += [
            f"{entry.id}: nobody has accepted that {cause.file or 'a change'} restated it."
            for cause in found.causes
            if not cause.accepted
        ]
    return Shown(
        "restated", "Restatements", " ".join(says), page="restatements", there=bool(says),
        missing=tuple(missing),
    )  # fmt: skip


def _on(day: date | None) -> str:
    return "on " + words.date_words(day) if day else "on no day stated"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
