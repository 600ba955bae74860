"""Suppliers by period: what the data say of each, the grade by the criteria, the grade given."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from kpi.analysis.home import Home
from kpi.analysis.registering import listed, settled_slice
from kpi.analysis.results import Filters, SeriesView
from kpi.analysis.review import months_to_review
from kpi.analysis.series import series_view
from kpi.calendar import month_bounds, period_of
from kpi.errors import UsageError
from kpi.qms.register import Recorded, Slice
from kpi.qms.suppliers import (
    CRITERIA,
    NOT_DUE,
    NOT_INSPECTED,
    NOT_RECEIVED,
    SUPPLIER_GRADE,
    Grade,
    Supplied,
    SupplierCriteria,
    SupplierGrade,
    grade_of,
)

NO_CRITERIA: Final = "No criteria are recorded, so no grade can be computed."


@dataclass(frozen=True, slots=True)
class Scored:
    """A supplier in a period.

    ``computed`` is the grade by the criteria in force and ``explained`` how it comes about; ``given``
    the grade that somebody recorded for the period, ``before`` the latest one for an earlier period;
    each ``None`` where there is none. ``shown`` are on time and ppm as printed.
    """

    supplier: str
    supplied: Supplied
    shown: tuple[str, str]
    computed: Grade
    explained: str
    given: Recorded[SupplierGrade] | None
    before: Recorded[SupplierGrade] | None


def criteria_in_force(
    home: Home, where: Slice = (), day: date | None = None
) -> Recorded[SupplierCriteria] | None:
    """The criteria that hold on a day: of those in force by then, the latest; ``None``: none."""
    found = [
        entry
        for entry in listed(home, CRITERIA, where)
        if entry.item.since and (day is None or entry.item.since <= day)
    ]
    return max(found, key=lambda e: (e.item.since or date.min, e.number), default=None)


def grading_periods(home: Home) -> dict[str, tuple[date, date]]:
    """Periods to grade suppliers for, by label: quarters and years with facts, the newest first."""
    found: dict[str, tuple[date, date]] = {}
    for kind in ("quarter", "year"):
        for month in months_to_review(home):
            period = period_of(month_bounds(month)[0], kind)
            found.setdefault(period.label, (period.first, period.last))
    return found


def scorecard(home: Home, where: Slice, first: date, last: date) -> tuple[Scored, ...]:
    """Every supplier with purchase lines due, receipts or a grade in a period, the worst first."""
    views = {
        kpi: _by_supplier(home, kpi, Filters(where=where, period="all", first=first, last=last))
        for kpi in ("supplier_otd", "supplier_ppm")
    }
    criteria = criteria_in_force(home, where, last)
    grades = for_plants(home, where, listed(home, SUPPLIER_GRADE, where))
    names = {name for found in views.values() for name in found}
    names |= {e.item.title for e in grades if _within(e.item, first, last)}
    found = [
        _scored(name, views, criteria, [e for e in grades if e.item.title == name], first, last)
        for name in sorted(names)
    ]
    return tuple(sorted(found, key=_worst_first))


def for_plants(
    home: Home, where: Slice, grades: Sequence[Recorded[SupplierGrade]]
) -> list[Recorded[SupplierGrade]]:
    """Grades given for just these plants: one plant's grade is none of the company's, nor another's."""
    wanted = {value for name, value in settled_slice(home, where) if name == "plant"}
    return [e for e in grades if {v for name, v in e.item.slice if name == "plant"} == wanted]


def _worst_first(scored: Scored) -> tuple[int, float, str]:
    grade = scored.given.item.grade if scored.given else scored.computed
    otd = scored.supplied.otd
    return (-list(Grade).index(grade), math.inf if math.isnan(otd) else otd, scored.supplier)


def _by_supplier(home: Home, kpi: str, filters: Filters) -> dict[str, SeriesView]:
    found = series_view(home, kpi, filters, by=("supplier",))
    named = {dict(view.slice).get("supplier", ""): view for view in found if len(view.points)}
    return {name: view for name, view in named.items() if name}


def _scored(
    name: str,
    views: dict[str, dict[str, SeriesView]],
    criteria: Recorded[SupplierCriteria] | None,
    grades: Sequence[Recorded[SupplierGrade]],
    first: date,
    last: date,
) -> Scored:
    otd, ppm = (views[kpi].get(name) for kpi in ("supplier_otd", "supplier_ppm"))
    supplied = Supplied(_at_end(otd, "value"), _at_end(otd, "denominator"),
                        _at_end(ppm, "value"), _at_end(ppm, "denominator"))  # fmt: skip
    computed, explained = Grade.NONE, NO_CRITERIA
    if criteria is not None:
        computed, explained = grade_of(supplied, criteria.item)
    given = [e for e in grades if (e.item.first, e.item.last) == (first, last)]
    before = [e for e in grades if e.item.last and e.item.last < first]
    return Scored(
        supplier=name,
        supplied=supplied,
        shown=(
            _printed(otd, NOT_DUE),
            _printed(ppm, NOT_RECEIVED if math.isnan(supplied.pieces) else NOT_INSPECTED),
        ),
        computed=computed,
        explained=explained,
        given=max(given, key=lambda e: e.number, default=None),
        before=max(before, key=lambda e: (e.item.last or date.min, e.number), default=None),
    )


def _at_end(view: SeriesView | None, column: str) -> float:
    if view is None or view.points.empty:
        return math.nan
    found = view.points[column].to_numpy(dtype=float, na_value=np.nan)[-1]
    return float(found)


def _printed(view: SeriesView | None, nothing: str) -> str:
    return nothing if view is None or math.isnan(_at_end(view, "value")) else view.last_value


def _within(item: SupplierGrade, first: date, last: date) -> bool:
    return (
        item.first is not None
        and item.last is not None
        and first <= item.first <= item.last <= last
    )


def proposed(home: Home, scored: Scored, where: Slice, first: date, last: date) -> SupplierGrade:
    """A grade to be decided on: everything that comes from data is filled in, the grade as computed.

    Raises
    ------
    UsageError
        No criteria are in force for the period.
    """
    criteria = criteria_in_force(home, where, last)
    if criteria is None:
        raise UsageError(f"{NO_CRITERIA} Record them first: from which figures on is A or B given?")
    plants = tuple(pair for pair in where if pair[0] == "plant")
    data = scored.supplied
    return SupplierGrade(
        title=scored.supplier,
        slice=settled_slice(home, (("supplier", scored.supplier), *plants)),
        links=(criteria.id,),
        first=first,
        last=last,
        grade=scored.computed,
        otd=figure(data.otd),
        lines=figure(data.lines),
        ppm=figure(data.ppm),
        pieces=figure(data.pieces),
        computed=scored.computed,
        explained=scored.explained,
        criteria=f"{criteria.id}, version {criteria.version}",
        position=home.position,
    )


def figure(value: float) -> float | None:
    """A figure as it is recorded and handed out: four decimals are more than any file holds."""
    return None if math.isnan(value) else round(value, 4)


def grades_given(
    home: Home, where: Slice, supplier: str = ""
) -> tuple[Recorded[SupplierGrade], ...]:
    """Grades given, of one supplier or of all, the latest period first."""
    found = [e for e in listed(home, SUPPLIER_GRADE, where) if supplier in ("", e.item.title)]
    return tuple(
        sorted(found, key=lambda e: (e.item.last or date.min, e.item.title, e.number), reverse=True)
    )
