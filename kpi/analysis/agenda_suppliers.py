"""What a management review hears of external providers: figures, grades, what is agreed."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from kpi.analysis import words
from kpi.analysis.agenda_results import AgendaInput, AgendaTable, Asked
from kpi.analysis.agenda_words import unseen, within
from kpi.analysis.home import Home
from kpi.analysis.suppliers import (
    Scored,
    criteria_in_force,
    for_plants,
    grades_given,
    scorecard,
)
from kpi.qms.register import Recorded
from kpi.qms.suppliers import Grade, SupplierGrade

YEAR: Final = timedelta(days=366)
"""A grade whose period ended longer ago says nothing of the supplier today."""


def suppliers_input(home: Home, asked: Asked) -> AgendaInput:
    """The supplier scorecard of the days reviewed, for a management review."""
    found = scorecard(home, asked.where, asked.first, asked.last)
    criteria = criteria_in_force(home, asked.where, asked.day)
    grades = grades_given(home, asked.where)
    # A plant's own grade stands in for one of all plants where there is none, and says so.
    own = for_plants(home, asked.where, grades)
    recent = _recent(grades, asked.day) | _recent(own, asked.day)
    missing = (
        [] if criteria else ["No criteria for grading suppliers are on record.", *unseen(home)]
    )
    missing += [gap for one in found if (gap := _gap(one, recent.get(one.supplier), asked.day))]
    records = [*([criteria.id] if criteria else []), *(e.id for e in recent.values())]
    if not found:
        return AgendaInput(
            "suppliers", "Performance of external providers", "",
            nothing="Nothing to report: no purchase line was due and nothing received is on file "
            f"{within(asked)}.",
            records=tuple(records), missing=tuple(missing),
        )  # fmt: skip
    return AgendaInput(
        "suppliers",
        "Performance of external providers",
        _finding(found, recent),
        says=tuple(_agreed(e) for e in recent.values() if e.item.agreed),
        tables=(_table(found, recent),),
        records=tuple(records),
        missing=tuple(missing),
    )


def _recent(
    grades: Sequence[Recorded[SupplierGrade]], day: date
) -> dict[str, Recorded[SupplierGrade]]:
    """The grade of each supplier that counts on a day: the latest of the year before it."""
    found: dict[str, Recorded[SupplierGrade]] = {}
    for entry in grades:  # the latest period first
        ended = entry.item.last
        if ended is not None and day - YEAR <= ended <= day:
            found.setdefault(entry.item.title, entry)
    return found


def _finding(found: Sequence[Scored], recent: dict[str, Recorded[SupplierGrade]]) -> str:
    count = f"{words.small_number(len(found)).capitalize()} supplier{'s' * (len(found) != 1)}"
    graded = [e.item.grade for name, e in recent.items() if name in {one.supplier for one in found}]
    if graded:
        told = [f"{graded.count(g)} {g}" for g in Grade if g is not Grade.NONE and g in graded]
        return f"{count}, {len(graded)} graded: {', '.join(told)}."
    computed = [one.computed for one in found if one.computed is not Grade.NONE]
    if computed:
        told = [f"{computed.count(g)} {g}" for g in Grade if g in computed]
        return f"{count}, none graded by a person; by the data {', '.join(told)}."
    return f"{count}, none graded."


def _table(found: Sequence[Scored], recent: dict[str, Recorded[SupplierGrade]]) -> AgendaTable:
    return AgendaTable(
        "Supplier scorecard",
        ("Supplier", "On time", "ppm", "By the data", "Grade given", "For", "Before", "Why"),
        tuple(_line(one, recent.get(one.supplier)) for one in found),
        numbers=(1, 2),
        ids=tuple(e.id if (e := recent.get(one.supplier)) else "" for one in found),
    )


def _line(one: Scored, given: Recorded[SupplierGrade] | None) -> tuple[str, ...]:
    period = words.span_words(given.item.first, given.item.last) if given else ""
    plants = words.listed([v for d, v in given.item.slice if d == "plant"]) if given else ""
    period = f"{period}, {plants}" if plants else period
    return (
        one.supplier, *one.shown, str(one.computed), str(given.item.grade) if given else "none",
        period, str(one.before.item.grade) if one.before and one.before != given else "",
        (given.item.reason or given.item.explained if given else "") or one.explained,
    )  # fmt: skip


def _agreed(entry: Recorded[SupplierGrade]) -> str:
    return f"Agreed with {words.clipped(entry.item.title, 60)}: {entry.item.agreed}"


def _gap(one: Scored, given: Recorded[SupplierGrade] | None, day: date) -> str:
    name = words.clipped(one.supplier, 60)
    if given is None:
        return f"{name} has no grade for the year up to {words.date_words(day)}."
    if given.item.grade is Grade.C and not given.item.agreed:
        return f"{name} is graded C, and nothing agreed with them is on record."
    return ""
