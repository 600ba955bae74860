"""Processes of the company: who owns each, how much hangs on it, which KPIs show how it does."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kpi.errors import UsageError
from kpi.qms.register import Item, Kind, Shape, told

CLAUSE: Final = re.compile(r"(?:[4-9]|10)(?:\.[1-9]\d?){0,3}")
"""The number of a clause that can be audited, to any depth: 8, 8.5, 8.5.1."""

CLAUSES: Final = (
    "4.1", "4.2", "4.3", "4.4", "5.1", "5.2", "5.3", "6.1", "6.2", "6.3", "7.1", "7.2", "7.3",
    "7.4", "7.5", "8.1", "8.2", "8.3", "8.4", "8.5", "8.6", "8.7", "9.1", "9.2", "9.3", "10.1",
    "10.2", "10.3",
)  # fmt: skip
"""What is offered to choose from; any other number from 4 to 10 may be typed."""

MOST_LISTED: Final = 200
"""KPIs or clauses that one record names at most."""


class Importance(StrEnum):
    """How much hangs on a process; the more, the sooner it is audited again."""

    LITTLE = "1 – little hangs on it"
    SOME = "2 – some hangs on it"
    USUAL = "3 – usual"
    MUCH = "4 – much hangs on it"
    MOST = "5 – customers, safety or law hang on it"

    @property
    def points(self) -> int:
        """From 1 to 5."""
        return int(self.value[0])


class Interval(StrEnum):
    """How often a process is audited at least."""

    HALF_YEAR = "every 6 months"
    YEAR = "every year"
    TWO_YEARS = "every 2 years"
    THREE_YEARS = "every 3 years"

    @property
    def months(self) -> int:
        """The same in months."""
        return _MONTHS[self]


_MONTHS: Final = {
    Interval.HALF_YEAR: 6, Interval.YEAR: 12, Interval.TWO_YEARS: 24, Interval.THREE_YEARS: 36,
}  # fmt: skip


class ProcessStatus(StrEnum):
    """Whether the company still works that way."""

    IN_FORCE = "in force"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Process(Item):
    """A process of the company. ``kpis`` are seen through its ``slice``."""

    title: str = told("Process", required=True)
    number: str = told("Own number", help="The number it has in the company's own lists.")
    owner: str = told(
        "Owner", Shape.PERSON, required=True, help="Answers for it, and so does not audit it."
    )
    importance: Importance = told("Importance", Shape.CHOICE, default=Importance.USUAL)
    interval: Interval = told("Audited", Shape.CHOICE, default=Interval.YEAR)
    inputs: str = told("What comes in", Shape.TEXT)
    outputs: str = told("What comes out", Shape.TEXT)
    kpis: tuple[str, ...] = told("KPIs that show it", Shape.SEVERAL, among="kpi", default=())
    clauses: tuple[str, ...] = told(
        "Clauses it is audited against", Shape.SEVERAL, among="clause", default=(),
        help="Their numbers, such as 8.5 or 8.5.1.",
    )  # fmt: skip
    status: ProcessStatus = told("Status", Shape.CHOICE, default=ProcessStatus.IN_FORCE)


def check_clauses(clauses: Iterable[str]) -> None:
    """Refuse what is no number of a clause that can be audited."""
    named = list(clauses)
    if len(named) > MOST_LISTED:
        raise UsageError(f"{len(named)} clauses are named; {MOST_LISTED} are the most.")
    for clause in named:
        if not CLAUSE.fullmatch(clause):
            raise UsageError(
                f"{clause!r} is no clause that is audited. Write its number from 4 to 10, such as "
                "8.5 or 8.5.1."
            )


def _check(process: Process) -> None:
    check_clauses(process.clauses)
    if len(process.kpis) > MOST_LISTED:
        raise UsageError(f"{len(process.kpis)} KPIs are named; {MOST_LISTED} are the most.")


PROCESS: Final = Kind(
    "process", Process, "Process", "Processes", "PRC", clauses=("4.4",), check=_check
)
