"""Weaknesses of what was decided and done: decisions, actions, nonconformities, reviews."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from kpi.analysis import words
from kpi.analysis.agenda_results import Asked
from kpi.analysis.home import Home
from kpi.analysis.registering import listed
from kpi.analysis.reviewing import left_behind
from kpi.analysis.weakness_results import Weakness, capital, counted
from kpi.qms.actions import ACTION, Action, ActionStatus
from kpi.qms.actions import Decision as Effect
from kpi.qms.nonconformities import NONCONFORMITY, Nonconformity, actions_of
from kpi.qms.register import Recorded
from kpi.qms.reviews import DECISION, REVIEW, Decision, DecisionStatus, DecisionType, ReviewStatus

EXAMPLES: Final = 3
"""Sentences that are told of each weakness; the count tells how many there are."""


def no_effect_checked(home: Home, asked: Asked, today: date) -> Weakness | None:
    """Corrective actions on symptoms, or nobody looked whether they worked."""
    actions = [
        (entry.id, says)
        for entry in listed(home, ACTION, asked.where)
        if (says := _unchecked(entry.item, today))
    ]
    causes = [
        (entry.id, says)
        for entry in listed(home, NONCONFORMITY, asked.where)
        if (says := _symptom(home, entry))
    ]
    found = [*causes, *actions]
    if not found:
        return None
    parts = [
        *([f"{counted(len(causes), 'nonconformity was', 'nonconformities were')} acted on without a known cause"] if causes else []),
        *([f"{counted(len(actions), 'action is', 'actions are')} without a check of the effect"] if actions else []),
    ]  # fmt: skip
    return _weakness(
        "no_effect_checked",
        f"{capital(words.listed(parts))}.", found, 3, "actions",
        "Find the cause, plan a check, and decide on the effect beside the verdict from data.",
        ("10.2",),
    )  # fmt: skip


def _unchecked(item: Action, today: date) -> str:
    """Why nobody can say whether an action worked; empty where that is known or not due yet."""
    if item.status is ActionStatus.CLOSED:
        return f"“{item.title}” was closed without a check: {item.closed_because}"
    if item.status is not ActionStatus.DONE or item.decision is not Effect.NOT_YET:
        return ""
    if item.check_on is None:
        return f"“{item.title}” is done, and no day is planned to check its effect."
    if item.check_on < today:
        return (
            f"“{item.title}” is done; its effect was to be checked on "
            f"{words.date_words(item.check_on)}, and nobody decided on it."
        )
    return ""


def _symptom(home: Home, entry: Recorded[Nonconformity]) -> str:
    item = entry.item
    if item.cause_known:
        return ""
    if actions_of(home.store, entry.id) or item.closed_on is not None:
        return f"“{item.title}” has no known cause, and was acted on."
    return ""


def previous_dropped(home: Home, asked: Asked, today: date) -> Weakness | None:
    """What earlier reviews decided or what was to be done, and is overdue or was not looked at again."""
    late = [
        (entry.id, says)
        for entry in listed(home, DECISION, asked.where)
        if (says := _dropped(home, entry, today))
    ]
    late += [
        (entry.id, f"“{entry.item.title}” was due on {words.date_words(entry.item.due)}.")
        for entry in listed(home, ACTION, asked.where)
        if entry.item.to_be_done and entry.item.due is not None and entry.item.due < today
    ]
    if not late:
        return None
    return _weakness(
        "previous_dropped",
        f"{capital(counted(len(late), 'decision or action is', 'decisions or actions are'))} overdue, "
        "or no later review looked at it.",
        late, 3, "actions", "Do it, agree another date with a reason, or drop it with one.",
        ("9.3.2", "10.2"),
    )  # fmt: skip


def _dropped(home: Home, entry: Recorded[Decision], today: date) -> str:
    item = entry.item
    if item.status is not DecisionStatus.OPEN:
        return ""
    if item.due is not None and item.due < today:
        return f"“{item.title}” was due on {words.date_words(item.due)}."
    held = [r for r in listed(home, REVIEW, item.slice) if r.item.status is not ReviewStatus.DRAFT]
    own = next((r for r in held if r.id == item.review), None)
    later = [r for r in held if own is not None and _held(r) > _held(own)]
    if later and max(later, key=_held).id not in item.carried:
        return f"“{item.title}” is open, and {max(later, key=_held).id} did not look at it."
    return ""


def _held(entry: Recorded[Any]) -> tuple[date, int]:
    return entry.item.held_on or date.min, entry.number


def without_owner(home: Home, asked: Asked, today: date) -> Weakness | None:
    """Open decisions that nobody owns, that have no date, or that are of no type."""
    del today
    found = [
        (entry.id, f"“{entry.item.title}” has {words.listed([f'no {one}' for one in lacking])}.")
        for entry in listed(home, DECISION, asked.where)
        if entry.item.status is DecisionStatus.OPEN and (lacking := _lacking(entry.item))
    ]
    if not found:
        return None
    return _weakness(
        "without_owner",
        f"{capital(counted(len(found), 'open decision has', 'open decisions have'))} no owner, no due "
        "date or no type.",
        found, 2, "review", "Open the review, and say who does it until when.", ("9.3.3",),
    )  # fmt: skip


def _lacking(item: Decision) -> list[str]:
    told = {
        "owner": bool(item.owner.strip()),
        "due date": item.due is not None,
        "type": item.type is not DecisionType.OPEN,
    }
    return [name for name, there in told.items() if not there]


def without_decision(home: Home, asked: Asked, today: date) -> Weakness | None:
    """Reviews that were held and decided nothing, and no review where one was due."""
    reviews = listed(home, REVIEW, asked.where)
    held = [r for r in reviews if r.item.status is not ReviewStatus.DRAFT]
    deciding = {entry.item.review for entry in listed(home, DECISION)}
    found = [
        (r.id, f"“{r.item.title}” records a presentation and no decision.")
        for r in held
        if r.id not in deciding
    ]
    silent = len(found)
    due = _overdue(held, today)
    if due:
        found.append((due[0], due[1]))
    left = left_behind(home, today, asked.where)
    found += [
        (
            r.id,
            f"{r.id} “{r.item.title}” was planned for {words.date_words(r.item.planned)}, and is still "
            "a draft.",
        )
        for r in left
        if r.item.planned is not None
    ]
    if not found:
        return None
    parts = []
    if silent:
        parts.append(f"{counted(silent, 'held review')} without a decision")
    if left:
        passed = counted(len(left), "review is a draft whose", "reviews are drafts whose")
        parts.append(f"{passed} planned day has passed")
    if due:
        parts.append(due[1][:1].lower() + due[1][1:].rstrip("."))
    return _weakness(
        "without_decision",
        f"{capital(words.listed(parts))}.", found, 3, "review",
        "Hold the review, and write down what was decided, with owner and date.",
        ("9.3.1", "9.3.3"),
    )  # fmt: skip


def _overdue(held: Sequence[Recorded[Any]], today: date) -> tuple[str, str] | None:
    """The review after which none was held in time, and that in a sentence."""
    if not held:
        return ("", "No management review was ever held.")
    last = max(held, key=_held)
    due = last.item.next_due
    if due is not None and due < today:
        return (last.id, f"The next review was due on {words.date_words(due)}.")
    return None


def _weakness(
    key: str,
    says: str,
    found: Sequence[tuple[str, str]],
    weight: int,
    page: str,
    mend: str,
    clauses: tuple[str, ...],
) -> Weakness:
    return Weakness(
        key, says, len(found), weight, page, mend, clauses,
        examples=tuple(text for _, text in found[:EXAMPLES]),
        records=tuple(dict.fromkeys(id for id, _ in found if id)),
    )  # fmt: skip
