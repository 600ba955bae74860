"""Management reviews: drafted, with their agenda, minutes and decisions; and when the next is due.

How a review is held and approved stands in ``kpi.analysis.holding``.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

from kpi.analysis import frozen, registering, words
from kpi.analysis.agenda import build_agenda
from kpi.analysis.agenda_results import Agenda, Asked
from kpi.analysis.home import Home
from kpi.analysis.review import months_to_review
from kpi.calendar import months_between
from kpi.errors import UsageError
from kpi.qms import Slice
from kpi.qms.agenda import edition_of
from kpi.qms.register import Recorded, recorded
from kpi.qms.reviews import (
    AGENDA_FILE,
    CONCLUSIONS,
    DECISION,
    REVIEW,
    Conclusion,
    Decision,
    Review,
    ReviewStatus,
)

# --- drafts -------------------------------------------------------------------------------------


def new_review(home: Home, asked: Asked, *, edition: str, planned: date | None = None) -> Review:
    """A draft, filled with what is known: whoever came last time, and what the four words are."""
    before = latest_held(home, asked)
    return Review(
        title=f"Management review {words.span_words(asked.first, asked.last)}",
        slice=asked.where,
        owner=before.item.owner if before else "",
        edition=edition_of(edition),
        first=asked.first,
        last=asked.last,
        planned=planned,
        attendance=before.item.attendance if before else (),
        conclusion=tuple(Conclusion(word=word) for word in CONCLUSIONS),
    )


def draft(
    home: Home,
    asked: Asked,
    *,
    edition: str,
    planned: date | None = None,
    who: str,
    when: datetime,
) -> Recorded[Review]:
    """Record a new draft over the plants and months asked for.

    Raises
    ------
    AccessDeniedError
        The person does not manage every plant it is about.
    UnknownNameError
        The edition or a plant is unknown.
    """
    review = new_review(home, asked, edition=edition, planned=planned)
    return registering.record(home, REVIEW, review, who=who, when=when)


def asked_of_review(review: Review) -> Asked:
    """The plants and days a review is about."""
    if review.first is None or review.last is None:  # the register does not take such a one
        raise UsageError("This review names no days.")
    return Asked(review.slice, review.first, review.last)


def agenda_of(home: Home, id: str, *, who: str, when: datetime) -> Agenda:
    """The agenda of a review: worked out anew for a draft, as it was frozen for a held one.

    Raises
    ------
    UnknownNameError
        There is no such review, or none that may be seen.
    StoreError
        What was kept is damaged, missing, or of another version.
    """
    entry = registering.found(home, REVIEW, id)
    if entry.item.status is ReviewStatus.DRAFT:
        return build_agenda(
            home, asked_of_review(entry.item), edition=entry.item.edition, record=entry,
            who=who, when=when,
        )  # fmt: skip
    return replace(frozen_agenda(home, entry), record=entry, decisions=taken_in(home, id))


def frozen_agenda(home: Home, entry: Recorded[Review]) -> Agenda:
    """The agenda of a held review as it was kept."""
    return frozen.agenda_in(document(home, entry.id, AGENDA_FILE, ReviewStatus.HELD))


def taken_in(home: Home, id: str) -> tuple[Recorded[Decision], ...]:
    """The decisions taken in a review, by id."""
    return tuple(d for d in recorded(home.store, DECISION) if d.item.review == id)


def decide(
    home: Home,
    review: str,
    decision: Decision,
    *,
    id: str = "",
    version: int = 0,
    who: str,
    when: datetime,
    why: str = "",
) -> Recorded[Decision]:
    """Record a decision of a review, new or changed; it is of the review's plants.

    Raises
    ------
    UsageError
        The review is approved, so that it takes no new decision and what was signed stays.
    """
    entry = registering.found(home, REVIEW, review)
    links = tuple(dict.fromkeys((review, *decision.links)))
    whole = replace(decision, review=review, slice=entry.item.slice, links=links)
    return registering.record(
        home, DECISION, whole, id=id, version=version, who=who, when=when, why=why
    )


def document(home: Home, id: str, name: str, at: ReviewStatus) -> bytes:
    """A kept document of a review, as it was rendered, byte for byte.

    Raises
    ------
    UnknownNameError
        There is no such review that may be seen, or it keeps no such document.
    StoreError
        The file is missing or damaged; the sentence says what to do.
    """
    entry = registering.found(home, REVIEW, id)
    found = entry.item.file(name, at)
    if found is None:
        known = words.listed([f"{f.name} ({f.at})" for f in entry.item.kept]) or "nothing"
        raise UsageError(f"{id} keeps no {name} as {at}. It keeps {known}.")
    return home.store.document(found.sha256)


# --- what is due --------------------------------------------------------------------------------


def latest_held(home: Home, asked: Asked) -> Recorded[Review] | None:
    """The review of the same plants that was held last; ``None`` where there is none."""
    held = [r for r in registering.listed(home, REVIEW) if r.item.held_on is not None]
    own = [r for r in held if r.item.slice == asked.where]
    return max(own, key=lambda r: (r.item.held_on or date.min, r.id), default=None)


@dataclass(frozen=True, slots=True)
class Due:
    """When a review of some plants is due: the next one, or a draft whose planned day has passed.

    ``late``: days since it was due, 0: not yet. ``id`` is the draft's; empty: of the next one.
    """

    of: str
    on: date
    late: int
    says: str
    id: str = ""


def due(home: Home, today: date) -> tuple[Due, ...]:
    """What is due next, by the plants reviewed together, the most overdue first; drafts left behind too."""
    latest: dict[Slice, Recorded[Review]] = {}
    for one in registering.listed(home, REVIEW):
        if one.item.held_on is None:
            continue
        before = latest.get(one.item.slice)
        if before is None or (before.item.held_on or date.min) <= one.item.held_on:
            latest[one.item.slice] = one
    found = [_due(one.item, today) for one in latest.values() if one.item.next_due]
    found += [_left(one, one.item.planned, today) for one in left_behind(home, today)]
    return tuple(sorted(found, key=lambda d: (-d.late, d.on, d.of)))


def left_behind(home: Home, today: date, where: Slice = ()) -> tuple[Recorded[Review], ...]:
    """Drafts whose planned day has passed."""
    return tuple(
        one
        for one in registering.listed(home, REVIEW, where)
        if one.item.status is ReviewStatus.DRAFT
        and one.item.planned is not None
        and one.item.planned < today
    )


def _left(entry: Recorded[Review], planned: date | None, today: date) -> Due:
    on = planned or today
    days = (today - on).days
    of = words.slice_words(entry.item.slice)
    says = (
        f"The management review of {of} ({entry.id}) was planned for {words.date_words(on)}, "
        f"{words.count_words(days, 'day')} ago, and is still a draft."
    )
    return Due(of, on, days, says, entry.id)


def _due(review: Review, today: date) -> Due:
    on = review.next_due or today
    late = max(0, (today - on).days)
    of = words.slice_words(review.slice)
    says = f"The next management review of {of} is due on {words.date_words(on)}."
    if late:
        days = f"{late} day{'s' * (late != 1)}"
        says = (
            f"The management review of {of} is overdue by {days}: it was due on "
            f"{words.date_words(on)}."
        )
    return Due(of, on, late, says)


def months_offered(home: Home) -> tuple[str, ...]:
    """Months a review may begin and end with, newest first."""
    found = months_to_review(home)
    return tuple(reversed(months_between(found[-1], found[0]))) if found else ()


def shown(home: Home, id: str, today: date) -> Agenda:
    """The agenda of a review as a page shows it on a day; see ``agenda_of``."""
    return agenda_of(home, id, who="", when=datetime.combine(today, time(), UTC))
