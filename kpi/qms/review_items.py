"""What a management review and a decision taken in it say (ISO 9001, 9.3)."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from kpi.qms.agenda import LATEST, Edition
from kpi.qms.register import Item, Shape, told

AGENDA_FILE: Final = "agenda.json"
"""The name a review's agenda is kept under: its figures and its words, for this program to read."""


class ReviewStatus(StrEnum):
    """How far a review is."""

    DRAFT = "draft"
    HELD = "held"
    APPROVED = "approved"


class Judged(StrEnum):
    """A judgement of the four-word conclusion."""

    OPEN = "not said yet"
    YES = "yes"
    NO = "no"


CONCLUSIONS: Final = ("suitable", "adequate", "effective", "aligned")
"""What top management concludes of the quality management system, each with yes or no."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendee:
    """Somebody invited. ``top``: belongs to top management."""

    name: str
    role: str = ""
    top: bool = False
    present: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Discussed:
    """What was said of one input, by the input's key."""

    key: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """One of the four words, with what was concluded and a remark."""

    word: str
    says: Judged = Judged.OPEN
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """A document as it was rendered. ``at`` is the status the review had then."""

    name: str
    sha256: str
    bytes: int
    at: ReviewStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """Where the figures of a held review come from: places of ledger and records, and when."""

    position: int
    number: int
    at: datetime
    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Who approved, when, and the hash over what was approved.

    ``self_declared``: nobody checked who it was, for people do not sign in here.
    """

    name: str
    role: str
    at: datetime
    sha256: str
    self_declared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Addendum:
    """What was added to an approved review."""

    text: str
    who: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Review(Item):
    """A management review of some plants (none: the whole company) over some whole months.

    ``slice`` names plants only. ``first`` and ``last`` are the days reviewed.
    """

    edition: Edition = told("Edition of ISO 9001", Shape.CHOICE, default=LATEST)
    first: date | None = told("Reviewed from", Shape.DAY, required=True, default=None)
    last: date | None = told("Reviewed to", Shape.DAY, required=True, default=None)
    planned: date | None = told("Planned for", Shape.DAY, default=None)
    next_due: date | None = told(
        "Next review due", Shape.DAY, default=None,
        help="Top management reviews at planned intervals: this is the plan.",
    )  # fmt: skip
    status: ReviewStatus = told("Status", Shape.OWN, default=ReviewStatus.DRAFT)
    held_on: date | None = told("Held on", Shape.OWN, default=None)
    attendance: tuple[Attendee, ...] = told("Attendance", Shape.OWN, default=())
    discussion: tuple[Discussed, ...] = told("Minutes", Shape.OWN, default=())
    conclusion: tuple[Conclusion, ...] = told("Conclusion", Shape.OWN, default=())
    undecided: str = told(
        "Why nothing was decided", Shape.TEXT,
        help="Only where the review takes no decision: minutes without one are asked about.",
    )  # fmt: skip
    frozen: Frozen | None = told("Frozen at", Shape.OWN, default=None)
    kept: tuple[KeptFile, ...] = told("Kept documents", Shape.OWN, default=())
    signature: Signature | None = told("Signature", Shape.OWN, default=None)
    addenda: tuple[Addendum, ...] = told("Addenda", Shape.OWN, default=())

    def said_of(self, key: str) -> str:
        """What the minutes say of an input; empty where nothing."""
        return next((one.text for one in self.discussion if one.key == key), "")

    def concluded(self, word: str) -> Conclusion:
        """What was concluded of one of the four words."""
        return next((c for c in self.conclusion if c.word == word), Conclusion(word=word))

    def file(self, name: str, at: ReviewStatus) -> KeptFile | None:
        """A kept document by its name; ``None`` where none was kept at that status."""
        return next((f for f in self.kept if (f.name, f.at) == (name, at)), None)


class DecisionType(StrEnum):
    """What a decision is about, as the results of a review are told apart."""

    OPEN = "not typed yet"
    IMPROVEMENT = "improvement"
    CHANGE = "change to the quality management system"
    RESOURCES = "resources"


class DecisionStatus(StrEnum):
    """What became of a decision."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(Item):
    """What a review decided. ``links`` names the review it was taken in first.

    ``carried`` are the later reviews that looked at it as input a.
    """

    type: DecisionType = told("Type", Shape.CHOICE, default=DecisionType.OPEN)
    text: str = told("In full", Shape.TEXT)
    due: date | None = told("Due", Shape.DAY, default=None)
    review: str = told("Taken in", Shape.OWN)
    status: DecisionStatus = told("Status", Shape.CHOICE, default=DecisionStatus.OPEN)
    done_on: date | None = told("Done or dropped on", Shape.DAY, default=None)
    outcome: str = told("What came of it", Shape.TEXT, help="Required where it is dropped.")
    carried: tuple[str, ...] = told("Looked at again in", Shape.OWN, default=())
