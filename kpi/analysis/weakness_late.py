"""Weaknesses of what was done, and late: findings that nobody closes, effects checked long after."""

from datetime import date, timedelta
from typing import Final

from kpi.analysis import words
from kpi.analysis.agenda_results import Asked
from kpi.analysis.home import Home
from kpi.analysis.registering import listed
from kpi.analysis.weakness_results import Weakness, capital, counted
from kpi.qms.actions import ACTION, Action, ActionStatus
from kpi.qms.actions import Decision as Effect
from kpi.qms.audits import FINDING, Finding, FindingStatus
from kpi.qms.register import Recorded, versions

EXAMPLES: Final = 3


def findings_left(home: Home, asked: Asked, today: date) -> Weakness | None:
    """Findings whose answer is overdue, and those answered long ago that nobody closed."""
    limit = home.settings.records.finding_days
    entries = [e for e in listed(home, FINDING, asked.where) if e.item.grade.binding]
    found = [(e.id, says) for e in entries if (says := _left(home, e, limit, today))]
    if not found:
        return None
    which = "finding is" if len(found) == 1 else "findings are"
    return Weakness(
        "findings_left",
        f"{capital(words.small_number(len(found)))} binding {which} unanswered beyond the agreed day, or "
        f"open {limit} days after the answer (of {len(entries)} on record).",
        len(found), 2, "audits", "Answer it, look whether the answer holds, and close it.",
        ("9.2", "10.2"), examples=tuple(text for _, text in found[:EXAMPLES]),
        records=tuple(id for id, _ in found),
    )  # fmt: skip


def _left(home: Home, entry: Recorded[Finding], limit: int, today: date) -> str:
    item = entry.item
    if item.status is FindingStatus.CLOSED:
        return ""
    if item.status is FindingStatus.OPEN:
        if item.due is None or item.due >= today:
            return ""
        return f"{entry.id} “{item.title}” was to be answered by {words.date_words(item.due)}."
    answered = _answered_on(home, entry)
    days = (today - answered).days
    if days <= limit:
        return ""
    return (
        f"{entry.id} “{item.title}” was answered on {words.date_words(answered)}, "
        f"{words.count_words(days, 'day')} ago, and is {item.status}, not closed."
    )


def _answered_on(home: Home, entry: Recorded[Finding]) -> date:
    """The day from which on its versions say that it was answered without a break."""
    found = entry.when.date()
    for version in reversed(versions(home.store, FINDING, entry.id)):
        if version.item.status is FindingStatus.OPEN:
            break
        found = version.when.date()
    return found


def checked_late(home: Home, asked: Asked, today: date) -> Weakness | None:
    """Checks of effects that are planned too late to help, or were made long after their day."""
    limits = home.settings.records
    entries = [e for e in listed(home, ACTION, asked.where) if e.item.done_on is not None]
    found = [
        (entry.id, says)
        for entry in entries
        if (says := _planned_late(entry, limits.check_planned_days, today)
            or _made_late(entry, limits.check_late_days, asked))
    ]  # fmt: skip
    if not found:
        return None
    verb = "was" if len(found) == 1 else "were"
    return Weakness(
        "checked_late",
        f"{capital(counted(len(found), 'check'))} of an effect {verb} planned or made late (of "
        f"{counted(len(entries), 'action')} done).",
        len(found), 1, "actions",
        f"Plan a check within {limits.check_planned_days} days of the action, and decide on its day.",
        ("10.2",), examples=tuple(text for _, text in found[:EXAMPLES]),
        records=tuple(id for id, _ in found),
    )  # fmt: skip


def _planned_late(entry: Recorded[Action], limit: int, today: date) -> str:
    item = entry.item
    if item.status is not ActionStatus.DONE or item.decision is not Effect.NOT_YET:
        return ""
    if item.check_on is None or item.done_on is None or item.check_on < today:
        return ""  # without a day, or overdue: told among those not checked
    days = (item.check_on - item.done_on).days
    if days <= limit:
        return ""
    return (
        f"{entry.id} “{item.title}” was done on {words.date_words(item.done_on)}, and its effect is to "
        f"be checked {words.count_words(days, 'day')} later, on {words.date_words(item.check_on)}."
    )


def _made_late(entry: Recorded[Action], limit: int, asked: Asked) -> str:
    item = entry.item
    if item.decided_on is None or item.check_on is None or item.decision is Effect.NOT_YET:
        return ""
    if item.decided_on < asked.first or item.decided_on <= item.check_on + timedelta(days=limit):
        return ""
    days = (item.decided_on - item.check_on).days
    return (
        f"{entry.id} “{item.title}” was to be checked on {words.date_words(item.check_on)}, and was "
        f"decided on {words.count_words(days, 'day')} later."
    )
