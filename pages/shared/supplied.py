"""Grades of suppliers: the scorecard of a period, a grade to be decided on, history, criteria."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import streamlit as st

from kpi.access import Permission
from kpi.analysis import registering, words
from kpi.analysis.agenda_results import AgendaInput, Asked
from kpi.analysis.agenda_suppliers import suppliers_input
from kpi.analysis.supplier_tables import criteria_words, grade_history, scorecard_table
from kpi.analysis.suppliers import (
    Scored,
    criteria_in_force,
    grades_given,
    grading_periods,
    proposed,
    scorecard,
)
from kpi.qms.register import Recorded, Slice
from kpi.qms.suppliers import CRITERIA, SUPPLIER_GRADE, SupplierCriteria, SupplierGrade
from pages.shared import cards, identity, inputs, recordform, tables
from pages.shared.asked import remembered
from pages.shared.messages import bullets, empty, say, small
from pages.shared.oneaction import me
from pages.shared.perception import days, plants

ASKED = ("grade", "decided", "by", "reason", "agreed", "owner")
"""What a person adds to what the data say."""


def draw(page: str) -> None:
    """The scorecard of a period, the grade of one supplier to decide on, history, criteria."""
    home, where = inputs.here(), plants()
    periods = remembered(home, grading_periods, (), {})
    if not periods:
        empty(
            "Here will stand each supplier with its deliveries, its ppm and its grade, once order "
            "items or complaints are uploaded.",
            "Upload files", "upload.py",
        )  # fmt: skip
        return
    label = inputs.choose(
        "Period", "period of suppliers", list(periods),
        words={name: words.period_words(name) for name in periods},
        # A grade is of a period that is over; the one that runs has too few lines for it.
        usual=next((name for name, (_, end) in periods.items() if end < inputs.now().date()), ""),
    )  # fmt: skip
    first, last = periods[label]
    criteria = criteria_in_force(home, where, last)
    found: tuple[Scored, ...] = remembered(home, scorecard, (where, first, last), {})
    of_plants = _of_plants(where, first, last)
    _scorecard(found, label, of_plants)
    if criteria is not None:
        _grade(found, where, first, last, label, of_plants)
    _history(page, where)
    _criteria(page, criteria, where)
    told: AgendaInput = remembered(home, suppliers_input, (Asked(where, *days()),), {})
    if told.missing:
        with st.expander("What an auditor would miss here"):
            bullets(told.missing)


def _of_plants(where: Slice, first: date, last: date) -> dict[str, str]:
    """The grades that single plants gave a supplier for just this period, in words."""
    found: dict[str, list[str]] = {}
    for entry in grades_given(inputs.here(), where):
        plant = ", ".join(v for d, v in entry.item.slice if d == "plant")
        if plant and (entry.item.first, entry.item.last) == (first, last):
            found.setdefault(entry.item.title, []).append(f"{plant}: {entry.item.grade}")
    return {name: "; ".join(sorted(told)) for name, told in found.items()}


def _scorecard(found: Sequence[Scored], label: str, plants_gave: dict[str, str]) -> None:
    if not found:
        small("No purchase line was due and nothing was received in this period.")
        return
    tables.table(
        ("Supplier", "On time", "ppm", "By the data", "Grade given", "Decided", "Before", "Why"),
        [_line(one, plants_gave.get(one.supplier, "none yet")) for one in found],
        numbers=(1, 2),
    )
    tables.download("Save as CSV", scorecard_table(found), f"suppliers-{label}")


def _line(one: Scored, otherwise: str) -> tuple[str, ...]:
    given = one.given.item if one.given else None
    decided = f"{given.by}, {words.date_words(given.decided)}" if given and given.decided else ""
    return (
        one.supplier, *one.shown, str(one.computed), str(given.grade) if given else otherwise,
        decided, str(one.before.item.grade) if one.before else "",
        (given.reason if given else "") or one.explained,
    )  # fmt: skip


def _grade(
    found: Sequence[Scored],
    where: Slice,
    first: date,
    last: date,
    label: str,
    of_plants: dict[str, str],
) -> None:
    if not found or not identity.may(Permission.MANAGE):
        return
    by_name = {one.supplier: one for one in found}
    with st.expander("Decide on a grade"):
        name = inputs.choose("Supplier", f"grade {label}", list(by_name))
        one = by_name[name]
        say(f"{one.shown[0]} on time, {one.shown[1]}. {one.explained}")
        if one.given is None and name in of_plants:
            say(
                f"For this period a plant has decided already: {of_plants[name]}. What is recorded here "
                "is the grade beside it, for what is chosen above."
            )
        if one.given is None:
            preset = proposed(inputs.here(), one, where, first, last)
            recordform.form(
                SUPPLIER_GRADE, preset=replace(preset, decided=inputs.now().date(), by=me()),
                only=ASKED, key=f"{label} {name}", label=f"Record the grade for {words.period_words(label)}",
                then=f"The grade of {words.clipped(name)} is recorded.",
            )  # fmt: skip
            return
        if one.given.item.computed is not one.computed:
            small(
                f"When it was recorded, the data said {one.given.item.computed}; now {one.computed}."
            )
        recordform.form(SUPPLIER_GRADE, one.given, only=ASKED, key=label)


def _history(page: str, where: Slice) -> None:
    found = grades_given(inputs.here(), where)
    cards.section("Grades given")
    if found:
        headings, lines = grade_history(found)
        tables.table(headings, lines, snug=True)
    with st.expander(f"Every grade: {len(found)}") if found else st.container():
        recordform.listing(
            found,
            page,
            _facts,
            key="grades",
            empty="No grade is given yet. The data propose one by the criteria; a person decides.",
        )


def _facts(entry: Recorded[SupplierGrade]) -> str:
    item = entry.item
    differs = "" if item.grade is item.computed else f", the data said {item.computed}"
    return f"{item.grade} for {words.span_words(item.first, item.last)}{differs} · {item.by}"


def _criteria(page: str, criteria: Recorded[SupplierCriteria] | None, where: Slice) -> None:
    cards.section("Criteria")
    if criteria is None:
        say("No criteria are recorded, so no grade can be computed: from which figures on is A or B "
            "given? That is your decision, and none is assumed.")  # fmt: skip
        with st.expander("Record the criteria"):
            recordform.form(
                CRITERIA, preset=SupplierCriteria(owner=me(), since=inputs.now().date())
            )
        return
    say(criteria_words(criteria.item))
    small(criteria.item.meaning)
    recordform.listing(
        registering.listed(inputs.here(), CRITERIA, where)[::-1], page,
        lambda e: f"In force from {words.date_words(e.item.since)} · {e.item.owner or 'no owner'}"
        if e.item.since else "", key="criteria",
    )  # fmt: skip
    with st.expander("Record new criteria from a day on"):
        recordform.form(
            CRITERIA, preset=replace(criteria.item, since=inputs.now().date()), key="new criteria"
        )
