"""What surrounds the organisation: issues, the decision on climate change, interested parties, resources."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from kpi.errors import UsageError
from kpi.qms.register import Item, Kind, Shape, told


class Answer(StrEnum):
    """Yes or no, where nobody may take the one for the other by saying nothing."""

    OPEN = "not decided yet"
    YES = "yes"
    NO = "no"


class Origin(StrEnum):
    """Where an issue comes from."""

    EXTERNAL = "external"
    INTERNAL = "internal"


class Standing(StrEnum):
    """Whether an entry counts today."""

    IN_FORCE = "in force"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue(Item):
    """Something within or around the organisation that bears on what the quality system achieves."""

    title: str = told("Issue", required=True)
    origin: Origin = told("Origin", Shape.CHOICE, default=Origin.EXTERNAL)
    changed: str = told("What changed", Shape.TEXT)
    effect: str = told("Effect on the quality system", Shape.TEXT, required=True)
    since: date | None = told(
        "Changed on", Shape.DAY, required=True, default=None,
        help="The day it arose or last changed: the review tells what changed in its period.",
    )  # fmt: skip
    status: Standing = told("Status", Shape.CHOICE, default=Standing.IN_FORCE)
    review: date | None = told("Look at it again on", Shape.DAY, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClimateDecision(Item):
    """Whether climate change is a relevant issue here, decided on a day by somebody, with the reason."""

    title: str = told("Question", required=True, default="Is climate change a relevant issue?")
    relevant: Answer = told("Relevant", Shape.CHOICE, default=Answer.OPEN, required=True)
    reason: str = told("Reason", Shape.TEXT, required=True)
    follows: str = told(
        "What follows", Shape.TEXT, help="Issues, parties, risks or objectives that take it up."
    )
    decided: date | None = told("Decided on", Shape.DAY, required=True, default=None)
    by: str = told("Decided by", Shape.PERSON, required=True)
    review: date | None = told("Look at it again on", Shape.DAY, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Party(Item):
    """An interested party with a need or expectation of its."""

    title: str = told("Who", required=True)
    need: str = told("Need or expectation", Shape.TEXT, required=True)
    relevant: Answer = told(
        "Taken up by the quality system", Shape.CHOICE, default=Answer.OPEN,
        help="Which needs the quality system answers is a decision, not a matter of course.",
    )  # fmt: skip
    climate: bool = told("About climate change", Shape.YES, default=False)
    watched: str = told("How it is watched", help="Contract review, visits, a law register, …")
    changed: date | None = told(
        "Changed on", Shape.DAY, required=True, default=None,
        help="The day it arose or last changed: the review tells what changed in its period.",
    )  # fmt: skip
    change: str = told("What changed", Shape.TEXT)
    status: Standing = told("Status", Shape.CHOICE, default=Standing.IN_FORCE)
    review: date | None = told("Look at it again on", Shape.DAY, default=None)


class Means(StrEnum):
    """What sort of resource is needed."""

    PEOPLE = "people"
    COMPETENCE = "competence and knowledge"
    EQUIPMENT = "plant and equipment"
    MEASURING = "measuring equipment"
    SURROUNDINGS = "working conditions"
    MONEY = "money"


class Provision(StrEnum):
    """How far a resource has come."""

    NEEDED = "needed"
    AGREED = "agreed"
    PROVIDED = "provided"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


OPEN_PROVISION: Final = (Provision.NEEDED, Provision.AGREED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource(Item):
    """Something that is needed to do what was set out to do."""

    title: str = told("What is needed", required=True)
    means: Means = told("Sort", Shape.CHOICE, default=Means.PEOPLE)
    purpose: str = told("For what", Shape.TEXT, required=True)
    asked: date | None = told("Asked for on", Shape.DAY, required=True, default=None)
    needed: date | None = told("Needed by", Shape.DAY, default=None)
    provided: date | None = told("Provided on", Shape.DAY, default=None)
    status: Provision = told("Status", Shape.CHOICE, default=Provision.NEEDED)


def _decided(item: ClimateDecision) -> None:
    if item.relevant is Answer.OPEN:
        raise UsageError(
            "Say whether climate change is relevant here: yes or no. Both are sound with a reason."
        )


def _provided(item: Resource) -> None:
    if item.status is Provision.PROVIDED and item.provided is None:
        raise UsageError("Provided on is empty: say since when the resource is there.")
    if item.asked and item.provided and item.provided < item.asked:
        raise UsageError("The resource was provided before it was asked for: check both days.")


ISSUE: Final = Kind("issue", Issue, "Issue", "Issues", "ISS", ("4.1", "9.3.2"))
CLIMATE: Final = Kind(
    "climate", ClimateDecision, "Climate decision", "Climate decisions", "CLI",
    ("4.1", "4.2"), _decided,
)  # fmt: skip
PARTY: Final = Kind(
    "party", Party, "Interested party", "Interested parties", "PTY", ("4.2", "9.3.2")
)
RESOURCE: Final = Kind(
    "resource", Resource, "Resource", "Resources", "RES", ("7.1", "9.3.2"), _provided
)
