"""What is to be done now: actions that are due, effects to be checked, nonconformities that wait."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from kpi.analysis import registering, words
from kpi.analysis.home import Home
from kpi.analysis.nonconforming import asks_for_action, lacking
from kpi.qms.actions import ACTION, Action, ActionStatus
from kpi.qms.nonconformities import NONCONFORMITY, Nonconformity, actions_of
from kpi.qms.register import Recorded
from kpi.qms.targets import Slice

DAYS_TO_CONTAIN: Final = 7
DAYS_TO_CAUSE: Final = 30
"""Days after which a nonconformity without a containment, or without a cause, is overdue."""


@dataclass(frozen=True, slots=True)
class Due:
    """Something that waits for somebody: which record, what is asked, and since when.

    ``sort`` is action | check | decision | containment | cause | next | close; ``overdue`` whether
    the day has passed.
    """

    id: str
    kind: str
    title: str
    slice: Slice
    owner: str
    sort: str
    says: str
    since: date | None
    overdue: bool

    def days(self, today: date) -> int:
        """For how many days it has waited; 0 where it is not due yet or has no day."""
        return max(0, (today - self.since).days) if self.since else 0


def overdue(home: Home, today: date, where: Slice = ()) -> tuple[Due, ...]:
    """What should have been done by today, longest first."""
    late = [one for one in to_do(home, today, where) if one.overdue]
    return tuple(sorted(late, key=lambda one: (-one.days(today), one.id)))


def to_do(home: Home, today: date, where: Slice = ()) -> tuple[Due, ...]:
    """What waits for somebody now, what is overdue first.

    Actions that are due or reported as done, effects whose day of checking has come,
    nonconformities that lack containment, cause or an action, or could be closed.
    """
    found = [
        *_of_actions(registering.listed(home, ACTION, where), today),
        *_of_nonconformities(home, registering.listed(home, NONCONFORMITY, where), today),
    ]
    return tuple(sorted(found, key=lambda one: (not one.overdue, -one.days(today), one.id)))


def _of_actions(entries: Iterable[Recorded[Action]], today: date) -> Iterable[Due]:
    for entry in entries:
        item = entry.item
        if item.to_be_done and item.reported_on is not None:
            yield _due(
                entry, "action", "decision", item.reported_on, today,
                f"reported as done on {words.date_words(item.reported_on)}: confirm it",
            )  # fmt: skip
        elif item.to_be_done and item.due is not None and item.due <= today:
            said = f"to be done by {words.date_words(item.due)}, and {item.status}"
            yield _due(entry, "action", "action", item.due, today, said)
        elif item.status is ActionStatus.DONE:
            if item.check_on is None and item.done_on is not None:
                yield _due(
                    entry, "action", "check", item.done_on, today,
                    "done, and no day is planned to check its effect",
                )  # fmt: skip
            elif item.check_on is not None and item.check_on <= today:
                said = f"its effect was to be checked on {words.date_words(item.check_on)}"
                yield _due(entry, "action", "check", item.check_on, today, said)


def _of_nonconformities(
    home: Home, entries: Iterable[Recorded[Nonconformity]], today: date
) -> Iterable[Due]:
    for entry in entries:
        item = entry.item
        if item.closed_on is not None or item.found_on is None:
            continue
        if not item.contained:
            by = item.found_on + timedelta(days=DAYS_TO_CONTAIN)
            said = "no correction or containment is recorded"
            yield _due(entry, "nonconformity", "containment", by, today, said)
        if not item.cause_known:
            by = item.found_on + timedelta(days=DAYS_TO_CAUSE)
            yield _due(entry, "nonconformity", "cause", by, today, "its cause is not known yet")
        if told := asks_for_action(home, entry):
            yield _due(entry, "nonconformity", "next", today, today, told.rstrip("."))
        elif item.cause_known and not actions_of(home.store, entry.id):
            said = "its cause is known, and no action is planned"
            yield _due(entry, "nonconformity", "next", today, today, said)
        elif _only_closing_is_left(home, entry):
            said = "its actions are checked: answer the questions and close it"
            yield _due(entry, "nonconformity", "close", today, today, said)


def _only_closing_is_left(home: Home, entry: Recorded[Nonconformity]) -> bool:
    """Whether only the questions asked at closing are open."""
    return all(told.startswith("whether ") for told in lacking(home, entry))


def _due(
    entry: Recorded[Action] | Recorded[Nonconformity],
    kind: str,
    sort: str,
    since: date,
    today: date,
    says: str,
) -> Due:
    item = entry.item
    return Due(
        entry.id, kind, item.title, item.slice, item.owner, sort, says, since, since < today
    )  # fmt: skip
