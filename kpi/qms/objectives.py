"""Objectives: what a KPI slice shall reach, over which window, by when; and the targets that follow.

What people agreed stands here; whether it will be reached is computed (``kpi.analysis.objectives``).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from kpi.errors import UsageError
from kpi.qms.register import Item, Kind, Recorded, Shape, recorded, told
from kpi.qms.targets import Target, recorded_targets
from kpi.store import Store

STEM: Final = "OBJ"

NO_DAY: Final = date.max
"""The day of a step that was given none; it is refused, saying so."""


class Window(StrEnum):
    """Over what time an objective is judged: the time that ends with a month."""

    MONTH = "the month"
    ROLLING_3 = "rolling 3 months"
    ROLLING_12 = "rolling 12 months"
    YEAR_TO_DATE = "year to date"


class Aim(StrEnum):
    """How a target is said."""

    LEVEL = "a level"
    LESS = "less than the baseline, in %"
    MORE = "more than the baseline, in %"


class Life(StrEnum):
    """What a person decided about an objective; whether it is met, the data say."""

    ACTIVE = "active"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Step:
    """What shall be reached on the way: a level in the KPI's unit, from a day on."""

    day: date
    level: float


@dataclass(frozen=True, slots=True)
class Milestone:
    """What shall be done on the way; ``done`` is the day it was, ``None`` until then."""

    what: str
    due: date | None = None
    done: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective(Item):
    """A quality objective of a KPI slice.

    ``amount`` is the target as it was agreed (98, or 25 for a quarter less than ``baseline``);
    ``level`` is what it means. Baseline and steps are in the KPI's unit and of the same window. An
    objective that serves a larger one names it first among its ``links``.
    """

    links: tuple[str, ...] = told(
        "Serves", Shape.LINKS, default=(),
        help="The objective it is a part of, first; then other records it belongs to.",
    )  # fmt: skip
    kpi: str = told("KPI", Shape.KPI, required=True)
    window: Window = told(
        "Judged over", Shape.CHOICE, default=Window.MONTH,
        help="Ratios are sums over sums of the months in it, never a mean of percentages.",
    )  # fmt: skip
    aim: Aim = told("Target is", Shape.CHOICE, default=Aim.LEVEL)
    amount: float | None = told(
        "Target", Shape.NUMBER, default=None, required=True,
        help="In the KPI's unit; or how much less or more than the baseline, in per cent.",
    )  # fmt: skip
    start: date | None = told("From", Shape.DAY, default=None, required=True)
    due: date | None = told("Due", Shape.DAY, default=None, required=True)
    baseline: float | None = told(
        "Baseline", Shape.NUMBER, default=None,
        help="Where it started, in the KPI's unit. It is computed from the days below on request, "
        "and then kept.",
    )  # fmt: skip
    baseline_first: date | None = told("Baseline from", Shape.DAY, default=None)
    baseline_last: date | None = told("Baseline to", Shape.DAY, default=None)
    steps: tuple[Step, ...] = told("Target steps", Shape.OWN, default=())
    milestones: tuple[Milestone, ...] = told("Milestones", Shape.OWN, default=())
    resources: str = told("Resources needed", Shape.TEXT)
    policy: str = told("Theme of the quality policy it serves")
    status: Life = told("Status", Shape.CHOICE, default=Life.ACTIVE)
    conclusion: str = told(
        "Conclusion", Shape.TEXT, help="Needed to close or withdraw it: what came of it, and why."
    )

    @property
    def level(self) -> float | None:
        """What the target means in the KPI's unit; ``None`` where its baseline is not known."""
        if self.amount is None or self.aim is Aim.LEVEL:
            return self.amount
        if self.baseline is None:
            return None
        share = self.amount / 100 if self.aim is Aim.MORE else -self.amount / 100
        return self.baseline * (1 + share)

    @property
    def parent(self) -> str:
        """The id of the objective it serves; empty where it stands at the top."""
        return next((id for id in self.links if id.startswith(f"{STEM}-")), "")


def _check(item: Objective) -> None:
    """Days in order, a baseline where the target rests on one, a conclusion at the end."""
    assert item.start is not None and item.due is not None  # both are required
    if item.due < item.start:
        raise UsageError(
            f"The objective is due on {item.due.isoformat()}, before it begins "
            f"({item.start.isoformat()}). Choose a later due date, or an earlier first day."
        )
    if item.aim is not Aim.LEVEL and item.baseline is None:
        raise UsageError(
            "A target that is less or more than the baseline needs the baseline. Enter it, or have it "
            "computed from the days it shall be of."
        )
    if item.aim is Aim.LESS and item.amount is not None and not 0 < item.amount <= 100:
        raise UsageError(
            "A reduction lies between 0 and 100 per cent. Enter 25 for a quarter less."
        )
    if item.aim is Aim.MORE and item.amount is not None and item.amount <= 0:
        raise UsageError("An increase is above 0 per cent. Enter 10 for a tenth more.")
    first, last = item.baseline_first, item.baseline_last
    if first and last and last < first:
        raise UsageError("The days of the baseline end before they begin. Exchange them.")
    _check_steps(item, item.start, item.due)
    if item.status is not Life.ACTIVE and not item.conclusion.strip():
        raise UsageError(
            f"Say what came of it under Conclusion: an objective is not {item.status} without a word."
        )


def _check_steps(item: Objective, start: date, due: date) -> None:
    for step in item.steps:
        if step.day == NO_DAY:
            raise UsageError(
                f"The target step of {step.level:g} has no day. Say from when it holds."
            )
        if not math.isfinite(step.level):
            raise UsageError(f"The target step of {step.day.isoformat()} has no level. Enter it.")
    days = [step.day for step in item.steps]
    if days != sorted(set(days)):
        raise UsageError("Target steps stand in the order of their days, one a day.")
    for day in days:
        if not start <= day < due:
            raise UsageError(
                f"The step of {day.isoformat()} lies outside the objective, which runs from "
                f"{start.isoformat()} to before {due.isoformat()}."
            )
    if any(not milestone.what.strip() for milestone in item.milestones):
        raise UsageError("A milestone has a day and no word of what shall be done. Say it.")


def _in_a_tree(store: Store, item: Objective, id: str) -> None:
    """An objective serves no other that serves it."""
    if not id:
        return
    parent_of = {entry.id: entry.item.parent for entry in recorded(store, OBJECTIVE)}
    above, seen = item.parent, {id}
    while above and above not in seen:
        seen.add(above)
        above = parent_of.get(above, "")
    if above == id:
        raise UsageError(
            f"{item.parent} serves {id} itself. Take that link away first, or choose another."
        )


OBJECTIVE: Final = Kind(
    "objective", Objective, "Objective", "Objectives", STEM, ("6.2", "9.3.2"), _check,
    agrees=_in_a_tree,
)  # fmt: skip


def targets_of(id: str, item: Objective) -> tuple[Target, ...]:
    """The targets an objective sets on the chart of its slice; none where it is not of the month.

    A step holds from its day on. The target itself holds from the day it is due; where there are no
    steps, from the beginning. What was reached shall be kept: the targets of a closed objective hold
    until another takes their place, those of a withdrawn one are gone.
    """
    level = item.level
    if level is None or item.status is Life.WITHDRAWN or item.window is not Window.MONTH:
        return ()
    if item.start is None or item.due is None:
        return ()
    where = tuple(sorted(item.slice))
    due = item.due if item.status is Life.ACTIVE else None

    def target(value: float, since: date, aim: float | None) -> Target:
        return Target(
            item.kpi, where, value, since, item.owner, item.title, due, id, aim,
        )  # fmt: skip

    steps = [target(step.level, step.day, level) for step in item.steps]
    return (*steps, target(level, item.due if steps else item.start, None))


def current_targets(store: Store) -> tuple[Target, ...]:
    """All targets in force: those recorded as such, and those that objectives set.

    By KPI, slice and day; where both say something for the same day, the objective comes first.
    """
    of_objectives = [
        target
        for entry in recorded(store, OBJECTIVE)
        for target in targets_of(entry.id, entry.item)
    ]
    found = [*of_objectives, *recorded_targets(store)]
    return tuple(sorted(found, key=lambda t: (t.kpi, t.slice, t.valid_from)))


def children_of(entries: Sequence[Recorded[Objective]], id: str) -> tuple[Recorded[Objective], ...]:
    """The objectives that serve another, by id."""
    return tuple(entry for entry in entries if entry.item.parent == id)
