"""Suppliers: the criteria they are graded by, and the grade each was given for a period."""

import math
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from kpi.errors import UsageError
from kpi.qms.register import Item, Kind, Shape, told


class Grade(StrEnum):
    """What a supplier is worth to us; what each means is said with the criteria."""

    NONE = "not graded"
    A = "A"
    B = "B"
    C = "C"


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierCriteria(Item):
    """From which figures on a supplier is graded A or B; what reaches neither is C.

    A threshold that is ``None`` is not asked. A figure for which no threshold is set does not count.
    """

    title: str = told("Criteria", required=True, default="Grading of suppliers")
    otd_a: float | None = told("A: on time at least, %", Shape.NUMBER, default=None)
    otd_b: float | None = told("B: on time at least, %", Shape.NUMBER, default=None)
    ppm_a: float | None = told("A: ppm at most", Shape.NUMBER, default=None)
    ppm_b: float | None = told("B: ppm at most", Shape.NUMBER, default=None)
    fewest: float | None = told(
        "Fewest purchase lines", Shape.NUMBER, default=None,
        help="With fewer lines due in the period, on time says too little for a grade.",
    )  # fmt: skip
    meaning: str = told(
        "What follows from A, B and C", Shape.TEXT, required=True,
        help="Such as: A preferred; B with agreed improvement; C no new orders, or an audit.",
    )  # fmt: skip
    since: date | None = told("In force from", Shape.DAY, required=True, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierGrade(Item):
    """The grade a supplier was given for a period, beside what the data say.

    What comes from data is filled in when the grade is recorded, and stays as it was then:
    ``position`` is the place in the ledger it was read at. A figure is ``None`` where there is none.
    """

    title: str = told("Supplier", required=True)
    first: date | None = told("From", Shape.DAY, required=True, default=None)
    last: date | None = told("To", Shape.DAY, required=True, default=None)
    grade: Grade = told("Grade", Shape.CHOICE, default=Grade.NONE, required=True)
    decided: date | None = told("Decided on", Shape.DAY, required=True, default=None)
    by: str = told("Decided by", Shape.PERSON, required=True)
    reason: str = told("Reason", Shape.TEXT, help="Needed where it differs from the data.")
    agreed: str = told("What is agreed with the supplier", Shape.TEXT)
    otd: float | None = told("On time, %", Shape.OWN, default=None)
    lines: float | None = told("Purchase lines due", Shape.OWN, default=None)
    ppm: float | None = told("ppm", Shape.OWN, default=None)
    pieces: float | None = told("Pieces received", Shape.OWN, default=None)
    computed: Grade = told("Grade by the data", Shape.OWN, default=Grade.NONE)
    explained: str = told("How it comes about", Shape.OWN)
    criteria: str = told("Criteria", Shape.OWN)
    position: int | None = told("Ledger entry", Shape.OWN, default=None)


def _ordered(item: SupplierCriteria) -> None:
    asked = [v for v in (item.otd_a, item.otd_b, item.ppm_a, item.ppm_b) if v is not None]
    if not asked:
        raise UsageError("No threshold is set: say from which figures on a supplier is A or B.")
    for a, b, what in ((item.otd_a, item.otd_b, "on time"), (item.ppm_a, item.ppm_b, "ppm")):
        if (a is None) != (b is None):
            raise UsageError(f"For {what}, set the threshold of A and that of B, or neither.")
    if not 0 <= (item.otd_b or 0) <= (item.otd_a or 0) <= 100:
        raise UsageError("On time lies between 0 and 100 %, and A asks at least as much as B.")
    if not 0 <= (item.ppm_a or 0) <= (item.ppm_b or 0):
        raise UsageError("ppm is 0 or more, and A allows at most as much as B.")
    if item.fewest is not None and item.fewest < 0:
        raise UsageError("Fewest purchase lines is a number, 0 or more.")


def _given(item: SupplierGrade) -> None:
    if item.first and item.last and item.last < item.first:
        raise UsageError("The period ends before it begins: check From and To.")
    if item.grade is Grade.NONE:
        raise UsageError("Choose a grade: A, B or C.")
    if item.grade is not item.computed and not item.reason.strip():
        by_data = "give no grade" if item.computed is Grade.NONE else f"say {item.computed}"
        raise UsageError(f"The data {by_data}, you say {item.grade}: give the reason.")


NOT_DUE: Final = "no purchase line was due"
NOT_RECEIVED: Final = "nothing received is on file"
NOT_INSPECTED: Final = "neither inspections nor complaints to suppliers are on file"
"""Why a figure of a supplier is missing."""


@dataclass(frozen=True, slots=True)
class Supplied:
    """What the data say of a supplier in a period; ``nan`` where a figure cannot be computed."""

    otd: float = math.nan
    lines: float = math.nan
    ppm: float = math.nan
    pieces: float = math.nan


def grade_of(supplied: Supplied, criteria: SupplierCriteria) -> tuple[Grade, str]:
    r"""The grade by the criteria, and how it comes about in a sentence.

    The worse of both figures decides. Where one is missing, C stands if the other alone says C; else
    there is no grade: what was not measured is neither good nor bad.

    >>> grade_of(Supplied(otd=98.0, lines=40), SupplierCriteria(otd_a=95, otd_b=90))
    (<Grade.A: 'A'>, 'On time 98\xa0% is at least 95\xa0%: A.')
    """
    parts = [*_by_otd(supplied, criteria), *_by_ppm(supplied, criteria)]
    if not parts:
        return Grade.NONE, "No threshold is set."
    says = " ".join(text for _, text in parts)
    grades = [grade for grade, _ in parts]
    if Grade.C in grades:
        return Grade.C, says
    if Grade.NONE in grades:
        return Grade.NONE, says
    return max(grades), says


def _by_otd(supplied: Supplied, criteria: SupplierCriteria) -> list[tuple[Grade, str]]:
    a, b = criteria.otd_a, criteria.otd_b
    if a is None or b is None:
        return []
    value, few = supplied.otd, criteria.fewest or 0
    if math.isnan(value):
        return [(Grade.NONE, f"On time: {NOT_DUE}.")]
    if not supplied.lines >= few:
        return [(Grade.NONE, f"On time: {supplied.lines:g} lines due, and it takes {few:g}.")]
    told = f"On time {_rounded(value, a, b, decimals=1)}\u00a0%"
    if value >= a:
        return [(Grade.A, f"{told} is at least {a:g}\u00a0%: A.")]
    if value >= b:
        return [(Grade.B, f"{told} is below {a:g}\u00a0% and at least {b:g}\u00a0%: B.")]
    return [(Grade.C, f"{told} is below {b:g}\u00a0%: C.")]


def _by_ppm(supplied: Supplied, criteria: SupplierCriteria) -> list[tuple[Grade, str]]:
    a, b, value = criteria.ppm_a, criteria.ppm_b, supplied.ppm
    if a is None or b is None:
        return []
    if math.isnan(value):
        why = NOT_RECEIVED if math.isnan(supplied.pieces) else NOT_INSPECTED
        return [(Grade.NONE, f"ppm: {why}.")]
    told = f"{_rounded(value, a, b, decimals=0)} ppm"
    if value <= a:
        return [(Grade.A, f"{told} is at most {_grouped(a)}: A.")]
    if value <= b:
        return [(Grade.B, f"{told} is above {_grouped(a)} and at most {_grouped(b)}: B.")]
    return [(Grade.C, f"{told} is above {_grouped(b)}: C.")]


def _rounded(value: float, *thresholds: float, decimals: int) -> str:
    """With as many decimals as it takes to stand on the right side of each threshold."""
    for enough in range(decimals, 7):
        shown = round(value, enough)
        if all((value < t) == (shown < t) and (value > t) == (shown > t) for t in thresholds):
            break
    return _grouped(shown)


def _grouped(number: float) -> str:
    """Thousands set apart by a narrow space, no zeros at the end."""
    return f"{number:,.10g}".replace(",", "\u202f")


CRITERIA: Final = Kind(
    "supplier_criteria", SupplierCriteria, "Criteria of suppliers", "Criteria of suppliers", "CRI",
    ("8.4",), _ordered,
)  # fmt: skip
SUPPLIER_GRADE: Final = Kind(
    "supplier_grade", SupplierGrade, "Grade of a supplier", "Grades of suppliers", "SUP",
    ("8.4", "9.3.2"), _given,
    by_deed=dict.fromkeys(
        ("otd", "lines", "ppm", "pieces", "computed", "explained", "criteria", "position"),
        "grading the supplier on its page",
    ),
)  # fmt: skip
