"""Nonconformities (10.2): what happened, what was done about it, why it happened, and how it ended."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from kpi.errors import UsageError
from kpi.qms.actions import ACTION, Action, ActionStatus
from kpi.qms.evidence import Evidence
from kpi.qms.purged import is_purged
from kpi.qms.register import Item, Kind, Recorded, Shape, recorded, told
from kpi.store import Store


class NonconformityStatus(StrEnum):
    """How far a nonconformity has come; each follows from what is recorded, the last from a person."""

    OPEN = "open"
    CONTAINED = "contained"
    CAUSE_KNOWN = "cause known"
    ACTING = "action under way"
    CHECKING = "checking"
    CLOSED = "closed"


class Origin(StrEnum):
    """How a nonconformity was found."""

    SIGNAL = "signal on a chart"
    AUDIT = "audit"
    COMPLAINT = "complaint"
    OTHER = "other"


class Cause(StrEnum):
    """Where a cause lies, by the branches of a cause-and-effect diagram."""

    NOT_KNOWN = "not known yet"
    PEOPLE = "people"
    MACHINE = "machine"
    MATERIAL = "material"
    METHOD = "method"
    MEASUREMENT = "measurement"
    ENVIRONMENT = "environment"
    MANAGEMENT = "management"


class Answer(StrEnum):
    """The answer to a question that is asked at closing."""

    NOT_ANSWERED = "not answered yet"
    YES = "yes"
    NO = "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class Nonconformity(Item):
    """A requirement that was not met, and what was made of it.

    ``checked`` are the ids of the actions whose effect was decided on when it was closed. ``waived``
    says why it was closed although something was missing. ``links`` holds what it came from (a
    finding, a complaint's record); its actions link to it.
    """

    what: str = told("What happened", Shape.TEXT, help="What, where, how much; facts, no blame.")
    found_on: date | None = told("Found on", Shape.DAY, required=True, default=None)
    status: NonconformityStatus = told("Status", Shape.CHOICE, default=NonconformityStatus.OPEN)
    origin: Origin = told("Found by", Shape.CHOICE, default=Origin.OTHER)
    kpi: str = told("KPI", Shape.KPI, help="The KPI that shows it, if there is one.")
    containment: str = told(
        "Correction and containment", Shape.TEXT,
        help="What was done at once: parts sorted or blocked, the customer told, the fault put right.",
    )  # fmt: skip
    contained_on: date | None = told("Contained on", Shape.DAY, default=None)
    whys: tuple[str, ...] = told(
        "Why, and why that?", Shape.LINES, default=(),
        help="Ask why until something can be changed for good; five times is a good rule.",
    )  # fmt: skip
    category: Cause = told("Cause lies in", Shape.CHOICE, default=Cause.NOT_KNOWN)
    similar: str = told(
        "Similar cases considered", Shape.TEXT,
        help="Could it happen, or has it happened, on other lines, products or plants?",
    )  # fmt: skip
    risk_changes: Answer = told(
        "Does a risk or an opportunity change?", Shape.CHOICE, default=Answer.NOT_ANSWERED
    )
    system_changes: Answer = told(
        "Does a document or the management system change?", Shape.CHOICE,
        default=Answer.NOT_ANSWERED,
    )  # fmt: skip
    changes: str = told("What changes", Shape.TEXT, help="Needed where something does.")
    conclusion: str = told("Conclusion at closing", Shape.TEXT)
    waived: str = told("Closed although something is missing, because", Shape.TEXT)
    closed_on: date | None = told("Closed on", Shape.DAY, default=None)
    checked: tuple[str, ...] = told("Actions checked at closing", Shape.OWN, default=())
    evidence: Evidence | None = None

    @property
    def cause_known(self) -> bool:
        """Whether somebody said why it happened, and where the cause lies."""
        return bool(self.whys) and self.category is not Cause.NOT_KNOWN

    @property
    def contained(self) -> bool:
        """Whether somebody said what was done at once, and when."""
        return bool(self.containment) and self.contained_on is not None


def missing_to_close(item: Nonconformity) -> tuple[str, ...]:
    """What a nonconformity lacks to be closed, apart from its conclusion; empty where nothing."""
    lacking = []
    if not item.contained:
        lacking.append("the correction, with its day")
    if not item.cause_known:
        lacking.append("the cause, with where it lies")
    if not item.checked:
        lacking.append("an action whose effect was decided on")
    if item.risk_changes is Answer.NOT_ANSWERED:
        lacking.append("whether a risk or an opportunity changes")
    if item.system_changes is Answer.NOT_ANSWERED:
        lacking.append("whether a document or the management system changes")
    return tuple(lacking)


def _check(item: Nonconformity) -> None:
    status = item.status
    if bool(item.containment.strip()) is not bool(item.contained_on):
        raise UsageError(
            "The correction takes both: what was done at once, and on which day. Add what is missing."
        )
    if item.contained_on and item.found_on and item.contained_on < item.found_on:
        raise UsageError("It was contained before it was found. Look at the two days.")
    if status is NonconformityStatus.CONTAINED and not item.contained:
        raise UsageError("Contained needs what was done at once, and on which day.")
    if status is NonconformityStatus.CAUSE_KNOWN and not item.cause_known:
        raise UsageError("A known cause needs at least one why, and where it lies.")
    changes = Answer.YES in (item.risk_changes, item.system_changes)
    if changes and not item.changes.strip():
        raise UsageError(
            "Something changes: say under “What changes” which risk or document it is."
        )
    if status is NonconformityStatus.CLOSED:
        _check_closed(item)
    elif item.closed_on is not None:
        raise UsageError("It has a day of closing and is not closed.")


def _check_closed(item: Nonconformity) -> None:
    if not item.conclusion.strip():
        raise UsageError("Say in a few words how it ended: the conclusion stands in the record.")
    if item.closed_on is None:
        raise UsageError("Closed needs the day it was closed on.")
    if item.found_on and item.closed_on < item.found_on:
        raise UsageError("It was closed before it was found. Look at the two days.")
    lacking = missing_to_close(item)
    if lacking and not item.waived.strip():
        raise UsageError(
            f"It cannot be closed yet. Missing: {'; '.join(lacking)}. Add that, or say why it is "
            "closed all the same."
        )


def actions_of(store: Store, id: str) -> tuple[Recorded[Action], ...]:
    """The actions that belong to a nonconformity, by id."""
    if not id:
        return ()
    return tuple(entry for entry in recorded(store, ACTION) if id in entry.item.links)


def status_of(item: Nonconformity, actions: Iterable[Action]) -> NonconformityStatus:
    """How far it has come, from what is recorded of it and of its actions.

    An action that did not work, or was closed without a check, counts for nothing here.
    """
    if item.closed_on is not None:
        return NonconformityStatus.CLOSED
    statuses = {action.status for action in actions}
    if statuses & {ActionStatus.PLANNED, ActionStatus.UNDER_WAY}:
        return NonconformityStatus.ACTING
    if statuses & {ActionStatus.DONE, ActionStatus.CHECKED}:
        return NonconformityStatus.CHECKING
    if item.cause_known:
        return NonconformityStatus.CAUSE_KNOWN
    return NonconformityStatus.CONTAINED if item.contained else NonconformityStatus.OPEN


def _agrees(store: Store, item: Nonconformity, id: str) -> None:
    """What is closed has its actions checked, and names none that is not."""
    if item.status is not NonconformityStatus.CLOSED:
        return
    actions = {entry.id: entry.item for entry in actions_of(store, id)}
    for named in item.checked:
        if is_purged(store, ACTION.name, named):  # it was looked at before it was purged
            continue
        if named not in actions or actions[named].status is not ActionStatus.CHECKED:
            raise UsageError(f"The effect of {named} was not decided on as having worked.")
    going = [
        f"{id} ({action.status})"
        for id, action in actions.items()
        if action.to_be_done or action.status is ActionStatus.DONE
    ]
    if going and not item.waived.strip():
        raise UsageError(
            f"It cannot be closed yet: {', '.join(going)} still goes on. Decide on the effect first, "
            "or say why it is closed all the same."
        )


def _follows(before: Nonconformity, after: Nonconformity) -> None:
    if before.evidence is not None and after.evidence != before.evidence:
        raise UsageError("The evidence stays as it was seen. Record another nonconformity for new.")


NONCONFORMITY: Final = Kind(
    name="nonconformity",
    of=Nonconformity,
    title="Nonconformity",
    plural="Nonconformities",
    stem="NC",
    clauses=("10.2",),
    check=_check,
    follows=_follows,
    agrees=_agrees,
    by_deed={"evidence": "opening it from a chart", "checked": "closing it"},
)
