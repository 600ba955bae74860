"""Grades of suppliers as tables and sentences: the scorecard to take along, history, criteria."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from kpi.analysis import words
from kpi.analysis.suppliers import Scored, figure
from kpi.qms.register import Recorded
from kpi.qms.suppliers import SupplierCriteria, SupplierGrade


def scorecard_table(found: Sequence[Scored]) -> pd.DataFrame:
    """The scorecard as a table to take along: a line each, numbers as numbers."""
    lines: list[dict[str, Any]] = [
        {
            "Supplier": one.supplier,
            "On time %": figure(one.supplied.otd),
            "Purchase lines due": figure(one.supplied.lines),
            "ppm": figure(one.supplied.ppm),
            "Pieces received": figure(one.supplied.pieces),
            "Grade by the data": str(one.computed),
            "How it comes about": one.explained,
            "Grade given": str(one.given.item.grade) if one.given else "",
            "Decided by": one.given.item.by if one.given else "",
            "Decided on": one.given.item.decided if one.given else None,
            "Reason": one.given.item.reason if one.given else "",
            "Record": one.given.id if one.given else "",
            "Grade before": str(one.before.item.grade) if one.before else "",
        }
        for one in found
    ]
    return pd.DataFrame(lines)


def grade_history(
    found: Sequence[Recorded[SupplierGrade]], most: int = 8
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Grades given by supplier and period: headings, and a line for each supplier.

    The latest periods stand first, at most so many; where none was given for one, the cell is empty.
    """
    periods = sorted(
        {(e.item.last, e.item.first) for e in found if e.item.last and e.item.first}, reverse=True
    )[:most]
    cells = {(e.item.title, e.item.last, e.item.first): str(e.item.grade) for e in found[::-1]}
    names = sorted({e.item.title for e in found}, key=str.casefold)
    lines = tuple(
        (name, *(cells.get((name, last, first), "") for last, first in periods)) for name in names
    )
    return ("Supplier", *(words.span_words(first, last) for last, first in periods)), lines


def criteria_words(item: SupplierCriteria) -> str:
    """The criteria in a sentence; a figure without thresholds is not asked."""
    parts = []
    if item.otd_a is not None and item.otd_b is not None:
        parts.append(f"on time from {item.otd_a:g}\u00a0% is A, from {item.otd_b:g}\u00a0% B")
    if item.ppm_a is not None and item.ppm_b is not None:
        a, b = (
            words.number(ppm, 0) if ppm == int(ppm) else f"{ppm:g}"
            for ppm in (item.ppm_a, item.ppm_b)
        )
        parts.append(f"up to {a} ppm is A, up to {b} B")
    few = (
        f" With fewer than {item.fewest:g} purchase lines due there is no grade."
        if item.fewest
        else ""
    )
    both = " The worse of both decides." if len(parts) == 2 else ""
    told = "; ".join(parts)
    return f"{told[:1].upper()}{told[1:]}; what reaches neither is C.{both}{few}"
