"""Surveys: how customers say they perceive us, by a stated method."""

import math
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from kpi.errors import UsageError
from kpi.qms.register import Item, Kind, Shape, told


class Better(StrEnum):
    """Which end of a survey's scale is the good one."""

    HIGH = "the high end is good"
    LOW = "the low end is good"


class Method(StrEnum):
    """How a customer's perception was found out."""

    SURVEY = "written survey"
    SCORECARD = "the customer's own scorecard"
    INTERVIEW = "interview or visit"
    REPORT = "feedback collected by sales or service"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey(Item):
    """Asking customers how they perceive us: one round, of one or several customers.

    ``customers`` has a line for each that is told apart: the name, an equals sign, its score; a
    name alone answered without a score. ``score`` is the score of the round; ``None``: none was given.
    """

    title: str = told("Survey", required=True)
    method: Method = told("Method", Shape.CHOICE, default=Method.SURVEY)
    described: str = told(
        "How it was done", Shape.TEXT, required=True,
        help="Whom, by which way, with which questions: so that the next one can be compared.",
    )  # fmt: skip
    first: date | None = told("From", Shape.DAY, required=True, default=None)
    last: date | None = told("To", Shape.DAY, required=True, default=None)
    asked: float | None = told("Asked", Shape.NUMBER, default=None, help="How many were asked.")
    answered: float | None = told("Answered", Shape.NUMBER, default=None)
    score: float | None = told("Score", Shape.NUMBER, default=None)
    lowest: float | None = told("Scale from", Shape.NUMBER, required=True, default=None)
    highest: float | None = told("Scale to", Shape.NUMBER, required=True, default=None)
    better: Better = told("Good end", Shape.CHOICE, default=Better.HIGH)
    customers: tuple[str, ...] = told(
        "Single customers",
        Shape.LINES,
        default=(),
        help="Customer = score, such as: Autohaus = 8.5",
    )
    said: str = told("What customers said", Shape.TEXT)
    follows: str = told("What follows", Shape.TEXT)


@dataclass(frozen=True, slots=True)
class CustomerScore:
    """What one customer answered; ``score`` is ``None`` where it gave none."""

    customer: str
    score: float | None


def customer_scores(item: Survey) -> tuple[CustomerScore, ...]:
    """The single customers of a survey with their scores.

    Raises
    ------
    UsageError
        What stands behind an equals sign is no number.
    """
    return tuple(map(_customer, item.customers))


def _customer(line: str) -> CustomerScore:
    name, equals, said = line.rpartition("=")
    if not equals:
        return CustomerScore(line.strip(), None)
    try:
        score = float(said.strip().replace(",", "."))
    except ValueError:
        score = math.nan
    if not name.strip() or not math.isfinite(score):
        raise UsageError(
            f"Single customers: {line!r} cannot be read. Write the customer, an equals sign and the "
            "score: Autohaus = 8.5"
        )
    return CustomerScore(name.strip(), score)


def _sound(item: Survey) -> None:
    if item.first and item.last and item.last < item.first:
        raise UsageError("The survey ends before it begins: check From and To.")
    for label, count in (("Asked", item.asked), ("Answered", item.answered)):
        if count is not None and (count < 0 or count != int(count)):
            raise UsageError(f"{label} is a whole number, 0 or more.")
    if item.asked is not None and item.answered is not None and item.answered > item.asked:
        raise UsageError("More answered than were asked: check both numbers.")
    if item.lowest is not None and item.highest is not None and item.highest <= item.lowest:
        raise UsageError("The scale ends where it begins, or below: check Scale from and Scale to.")
    _on_scale(item, "Score", item.score)
    for one in customer_scores(item):
        _on_scale(item, f"The score of {one.customer}", one.score)


def _on_scale(item: Survey, what: str, score: float | None) -> None:
    if score is None or item.lowest is None or item.highest is None:
        return
    if not item.lowest <= score <= item.highest:
        raise UsageError(
            f"{what} is {score:g}, and the scale goes from {item.lowest:g} to {item.highest:g}."
        )


SURVEY: Final = Kind("survey", Survey, "Survey", "Surveys", "SAT", ("9.1.2", "9.3.2"), _sound)
