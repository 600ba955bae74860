"""Risks and opportunities: how likely, with what consequence, what is done, and by which KPI it is judged."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from kpi.errors import UsageError
from kpi.qms.register import Item, Kind, Shape, told


class Likelihood(StrEnum):
    """How likely something is to happen, from 1 to 5."""

    UNRATED = "not rated yet"
    RARE = "1 rare"
    UNLIKELY = "2 unlikely"
    POSSIBLE = "3 possible"
    LIKELY = "4 likely"
    CERTAIN = "5 almost certain"


class Consequence(StrEnum):
    """How much it would matter, from 1 to 5."""

    UNRATED = "not rated yet"
    MINOR = "1 slight"
    LOW = "2 low"
    MODERATE = "3 moderate"
    HIGH = "4 high"
    SEVERE = "5 severe"


class Gain(StrEnum):
    """How much an opportunity would bring, from 1 to 5."""

    UNRATED = "not rated yet"
    MINOR = "1 slight"
    LOW = "2 low"
    MODERATE = "3 moderate"
    HIGH = "4 high"
    GREAT = "5 great"


class Treatment(StrEnum):
    """What is done about a risk."""

    OPEN = "not decided yet"
    REDUCE = "reduce it"
    AVOID = "avoid it"
    SHARE = "share it"
    KEEP = "keep it, knowingly"


class Pursuit(StrEnum):
    """What is done about an opportunity."""

    OPEN = "not decided yet"
    TAKE = "take it"
    LEAVE = "leave it, knowingly"


class Standing(StrEnum):
    """How far a risk or an opportunity has come."""

    OPEN = "open"
    PLANNED = "action planned"
    DONE = "action done"
    CLOSED = "closed"


HOW_LIKELY: Final = (
    "1 less than once in ten years, 2 once in some years, 3 about once a year, 4 several times a "
    "year, 5 every month"
)
HOW_BAD: Final = (
    "1 noticed within the plant, 2 extra work that no customer notices, 3 a customer notices, "
    "4 a customer is let down, 5 people, law or the business"
)
HOW_GOOD: Final = (
    "1 noticed within the plant, 2 less work, 3 a customer notices, 4 an objective comes within "
    "reach, 5 new business or lasting strength"
)
"""What the degrees mean, so that two people rate alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertain(Item):
    """What risks and opportunities have in common.

    The effect of the action is judged by ``kpi`` seen through ``slice``, before and after ``done``.
    ``settles`` is for how many days it needs to show, ``hoped`` the change hoped for in per cent.
    """

    cause: str = told("Cause", Shape.TEXT)
    effect: str = told("Effect", Shape.TEXT, required=True)
    likelihood: Likelihood = told(
        "Likelihood", Shape.CHOICE, default=Likelihood.UNRATED, help=HOW_LIKELY
    )
    consequence: Consequence | Gain = told("Consequence", Shape.CHOICE, default=Consequence.UNRATED)
    treatment: Treatment | Pursuit = told("Treatment", Shape.CHOICE, default=Treatment.OPEN)
    action: str = told("What is done", Shape.TEXT, help="Or link the actions under Belongs to.")
    planned: date | None = told("Planned for", Shape.DAY, default=None)
    done: date | None = told("Done on", Shape.DAY, default=None)
    kpi: str = told(
        "Judged by", Shape.KPI,
        help="The KPI that would show the effect, seen through what stands under Of.",
    )  # fmt: skip
    settles: float | None = told("Days it needs to settle", Shape.NUMBER, default=None)
    hoped: float | None = told(
        "Change hoped for, %", Shape.NUMBER, default=None, help="−25 is a quarter less."
    )
    status: Standing = told("Status", Shape.CHOICE, default=Standing.OPEN)
    identified: date | None = told("Seen on", Shape.DAY, default=None, required=True)
    review: date | None = told("Look at it again on", Shape.DAY, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk(Uncertain):
    """Something that may happen and would keep the quality system from what it shall achieve."""

    title: str = told("Risk", required=True)
    consequence: Consequence = told(
        "Consequence", Shape.CHOICE, default=Consequence.UNRATED, help=HOW_BAD
    )
    treatment: Treatment = told("Treatment", Shape.CHOICE, default=Treatment.OPEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opportunity(Uncertain):
    """Something that may be seized and would help the quality system to what it shall achieve."""

    title: str = told("Opportunity", required=True)
    consequence: Gain = told("Gain", Shape.CHOICE, default=Gain.UNRATED, help=HOW_GOOD)
    treatment: Pursuit = told("Decision", Shape.CHOICE, default=Pursuit.OPEN)


def rating(item: Risk | Opportunity) -> int | None:
    """Likelihood times consequence, 1 to 25; ``None`` where one of them is not rated."""
    if item.likelihood is Likelihood.UNRATED or str(item.consequence) == Likelihood.UNRATED:
        return None
    return degree(item.likelihood) * degree(item.consequence)


def degree(choice: Likelihood | Consequence | Gain) -> int:
    """The number of a degree, 1 to 5; 0 where it is not rated."""
    return list(type(choice)).index(choice)


def _sound(item: Risk | Opportunity) -> None:
    if item.status in (Standing.PLANNED, Standing.DONE) and not (item.action or item.links):
        raise UsageError(
            "What is done is empty. Say it in a few words, or link the actions under Belongs to."
        )
    if item.status is Standing.DONE and item.done is None:
        raise UsageError("Done on is empty: the effect is judged from that day on.")
    if item.settles is not None and not 0 <= item.settles <= 3660:
        raise UsageError("Days it needs to settle is a number from 0 to 3660.")
    if item.hoped is not None and (item.hoped == 0 or item.hoped < -100):
        raise UsageError("Change hoped for is a share of today's level, such as −25 or 10.")


RISK: Final = Kind("risk", Risk, "Risk", "Risks", "RSK", ("6.1", "9.1.3", "9.3.2"), _sound)
OPPORTUNITY: Final = Kind(
    "opportunity", Opportunity, "Opportunity", "Opportunities", "OPP",
    ("6.1", "9.1.3", "9.3.2"), _sound,
)  # fmt: skip
