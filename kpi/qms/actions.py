"""Actions: who does what until when, and whether it worked, by the data and by a person's decision."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from kpi.errors import UsageError
from kpi.qms.register import Item, Kind, Shape, told
from kpi.store import Store

PERIODS: Final = ("month", "week", "day", "quarter", "year", "fiscal")
"""Periods an effect may be judged by."""


class ActionKind(StrEnum):
    """What an action is for."""

    CORRECTIVE = "corrective"
    RISK = "on a risk"
    OPPORTUNITY = "on an opportunity"
    IMPROVEMENT = "improvement"
    REVIEW = "from a review decision"


class ActionStatus(StrEnum):
    """How far an action has come.

    ``done``: its effect is still to be decided on. ``checked``: somebody decided that it worked.
    ``closed``: over without that, with the reason. ``reopened``: it did not work.
    """

    PLANNED = "planned"
    UNDER_WAY = "under way"
    DONE = "done"
    CHECKED = "checked"
    CLOSED = "closed"
    REOPENED = "reopened"


class Decision(StrEnum):
    """What a person decided on the effect of an action."""

    NOT_YET = "not yet known"
    WORKED = "worked"
    DID_NOT = "did not work"


@dataclass(frozen=True, slots=True)
class Effect:
    """The verdict from data a decision was taken beside, in figures: the KPI's unit, ``None``: none.

    ``verdict`` is a value of ``kpi.analysis.effectiveness.EffectVerdict``.
    """

    verdict: str
    says: str
    kpi: str
    version: int
    before: float | None
    after: float | None
    expected: float | None
    low: float | None
    high: float | None
    p_value: float | None
    periods_before: int
    periods_after: int
    position: int
    ledger_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Action(Item):
    """Something to be done, and how it will be seen whether it worked.

    ``links`` holds what it answers: a nonconformity, a risk, an objective, a decision. ``reported_on``
    is the day somebody who may not manage said it was done. ``hoped`` is in per cent of the level
    before (-25: a quarter less). ``event`` is what stands for it on the charts of its slice.
    """

    what: str = told("What is done", Shape.TEXT)
    kind: ActionKind = told("Kind", Shape.CHOICE, default=ActionKind.CORRECTIVE)
    due: date | None = told("Due", Shape.DAY, required=True, default=None)
    status: ActionStatus = told("Status", Shape.CHOICE, default=ActionStatus.PLANNED)
    progress: str = told("Where it stands", Shape.TEXT)
    reported_on: date | None = told("Reported as done on", Shape.DAY, default=None)
    done_on: date | None = told("Done on", Shape.DAY, default=None)
    counts_from: date | None = told(
        "Its effect counts from", Shape.DAY, default=None,
        help="Where that is not the day on which it was done.",
    )  # fmt: skip
    kpi: str = told(
        "Effect to be seen on",
        Shape.KPI,
        help="The KPI whose figures shall show whether it worked.",
    )
    period: str = told(
        "By", Shape.OWN, default="month", help="Periods of the chart it is judged on."
    )
    hoped: float | None = told(
        "Change hoped for, in %", Shape.NUMBER, default=None,
        help="Of the level before: -25 for a quarter less, 10 for a tenth more.",
    )  # fmt: skip
    washout: float | None = told(
        "Days until its effect has settled", Shape.NUMBER, default=None,
        help="These days count neither before nor after.",
    )  # fmt: skip
    check_on: date | None = told(
        "Effect to be checked on", Shape.DAY, default=None,
        help="When enough periods after it should be there.",
    )  # fmt: skip
    verdict: str = told("Verdict from data", Shape.TEXT)
    decision: Decision = told("Decision", Shape.CHOICE, default=Decision.NOT_YET)
    decided_on: date | None = told("Decided on", Shape.DAY, default=None)
    decided_by: str = told("Decided by", Shape.PERSON)
    decision_reason: str = told("Reason of the decision", Shape.TEXT)
    closed_because: str = told("Closed without a check, because", Shape.TEXT)
    event: str = ""
    effect: Effect | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more is expected of it."""
        return self.status in (ActionStatus.CHECKED, ActionStatus.CLOSED)

    @property
    def to_be_done(self) -> bool:
        """Whether it still has to be done; one that did not work is over unless taken up again."""
        return self.status in (ActionStatus.PLANNED, ActionStatus.UNDER_WAY)


def _check(item: Action) -> None:
    if not item.owner.strip():
        raise UsageError("Owner is empty. An action without an owner is nobody's: name one person.")
    _check_numbers(item)
    if item.status in (ActionStatus.DONE, ActionStatus.CHECKED) and item.done_on is None:
        raise UsageError("It cannot be done or checked without the day on which it was done.")
    if item.to_be_done and item.done_on is not None:
        raise UsageError("It has the day on which it was done, and is not done yet.")
    if item.check_on and item.done_on and item.check_on < item.done_on:
        raise UsageError("Its effect would be checked before it was done. Choose a later day.")
    if item.status is ActionStatus.CHECKED and item.decision is not Decision.WORKED:
        raise UsageError("Checked is what somebody decided to have worked.")
    if item.effect is not None and item.effect.says != item.verdict:
        raise UsageError("The verdict in words is not that of the figures kept with it.")
    if item.status is ActionStatus.CLOSED and not item.closed_because.strip():
        raise UsageError("Say in a few words why it is closed without a check of its effect.")


def _check_numbers(item: Action) -> None:
    if item.period not in PERIODS:
        raise UsageError(f"{item.period!r} are no periods; choose one of {', '.join(PERIODS)}.")
    if item.hoped is not None and (not math.isfinite(item.hoped) or item.hoped == 0):
        raise UsageError("The change hoped for is a number other than 0, such as -25.")
    if item.hoped is not None and item.hoped <= -100:
        raise UsageError("Nothing can fall by 100 % or more. Write -25 for a quarter less.")
    days = item.washout
    if days is not None and not (days == int(days) and 0 <= days <= 731):
        raise UsageError("An effect settles in 0 to 731 whole days.")


MAY_FOLLOW: Final[Mapping[ActionStatus, frozenset[ActionStatus]]] = MappingProxyType(
    {
        ActionStatus.PLANNED: frozenset(
            {ActionStatus.UNDER_WAY, ActionStatus.DONE, ActionStatus.CLOSED}
        ),
        ActionStatus.UNDER_WAY: frozenset(
            {ActionStatus.PLANNED, ActionStatus.DONE, ActionStatus.CLOSED}
        ),
        ActionStatus.DONE: frozenset(
            {
                ActionStatus.UNDER_WAY, ActionStatus.CHECKED, ActionStatus.REOPENED,
                ActionStatus.CLOSED,
            }
        ),
        ActionStatus.CHECKED: frozenset({ActionStatus.DONE, ActionStatus.REOPENED}),
        ActionStatus.CLOSED: frozenset({ActionStatus.REOPENED}),
        ActionStatus.REOPENED: frozenset(
            {
                ActionStatus.UNDER_WAY, ActionStatus.DONE, ActionStatus.CHECKED,
                ActionStatus.CLOSED,
            }
        ),
    }
)  # fmt: skip
"""Which status may come after which; each may also stay. What was done is decided on before it is
checked, and what is over is reopened before it goes on."""


def _follows(before: Action, after: Action) -> None:
    if after.status is not before.status and after.status not in MAY_FOLLOW[before.status]:
        raise UsageError(
            f"An action that is {before.status} does not become {after.status}. It may become "
            f"{', '.join(sorted(MAY_FOLLOW[before.status]))}."
        )

    if not _beside_data(after) and (_beside_data(before) or after.decision is not before.decision):
        raise UsageError(_NOT_BESIDE)


def _agrees(_store: Store, item: Action, id: str) -> None:
    if not id and not _beside_data(item):
        raise UsageError(_NOT_BESIDE)


_NOT_BESIDE: Final = "A decision on the effect stands beside what the data say: decide on it."


def _beside_data(item: Action) -> bool:
    """Whether a decision has its day and verdict; one taken before both were kept may stay without."""
    return item.decision is Decision.NOT_YET or bool(item.decided_on and item.verdict)


ACTION: Final = Kind(
    name="action",
    of=Action,
    title="Action",
    plural="Actions",
    stem="ACT",
    clauses=("10.2", "10.3"),
    check=_check,
    follows=_follows,
    agrees=_agrees,
    by_deed={
        **dict.fromkeys(("done_on", "event"), "saying that it is done"),
        **dict.fromkeys(
            ("verdict", "effect", "decision", "decided_on", "decided_by", "decision_reason"),
            "deciding on its effect",
        ),
    },
)
