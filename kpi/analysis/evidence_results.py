"""What shows conformity, clause by clause, as the evidence page and the pack show it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from kpi.analysis.agenda_results import Asked
from kpi.analysis.weakness_results import Weakness


class Standing(StrEnum):
    """Whether a clause can be shown today."""

    SHOWN = "shown"
    GAPS = "shown with gaps"
    NOTHING = "not shown yet"


@dataclass(frozen=True, slots=True)
class Shown:
    """One thing that shows conformity: records of a kind, an input of the review, a figure.

    ``key`` names it (the kind, the input, the fact, the KPI). ``count`` is how many records there are,
    ``None`` where it is none of records; ``latest`` the day of the latest and ``record`` its id.
    ``page`` is the file of the page where it stands, without its ending. ``there`` is False where it
    says that there is nothing. ``missing`` are sentences of what an auditor would miss in it.
    """

    key: str
    title: str
    says: str
    count: int | None = None
    latest: date | None = None
    record: str = ""
    page: str = ""
    kpi: str = ""
    there: bool = True
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """What an auditor asks, and what stands here to answer it."""

    question: str
    answers: tuple[Shown, ...]

    @property
    def there(self) -> bool:
        """Whether anything answers it."""
        return any(shown.there for shown in self.answers)


@dataclass(frozen=True, slots=True)
class ClauseEvidence:
    """A clause: what it asks in our own words, what shows it, how fresh that is, what is missing.

    ``number`` is that of the chosen edition, ``clause`` that of 2015. ``fresh`` is empty where nothing
    has a date.
    """

    number: str
    clause: str
    title: str
    asks: str
    shown: tuple[Shown, ...]
    asked: tuple[Answered, ...]
    missing: tuple[str, ...]
    fresh: str
    latest: date | None
    standing: Standing
    pages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The whole evidence page. ``sound`` are the titles of weaknesses looked for and not found."""

    edition: str
    asked: Asked
    headline: str
    clauses: tuple[ClauseEvidence, ...]
    weaknesses: tuple[Weakness, ...]
    sound: tuple[str, ...]
    reviewed: str
