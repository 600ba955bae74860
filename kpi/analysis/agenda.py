"""The agenda of a management review: every input of the chosen edition, filled from live data.

Each topic fills its own input; here they are put under the letters of the edition. What is reviewed of
some plants is what belongs to these plants, whoever asks: so a kept document holds nothing that the
people of these plants may not see.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Final

from kpi.access import EVERY_PLANT, Access
from kpi.analysis import agenda_improvement, agenda_own, words
from kpi.analysis.agenda_context import context_input, parties_input
from kpi.analysis.agenda_resources import resources_input
from kpi.analysis.agenda_results import Agenda, AgendaInput, Asked
from kpi.analysis.agenda_risks import opportunity_actions_input, risk_actions_input
from kpi.analysis.agenda_suppliers import suppliers_input
from kpi.analysis.audit_review import audits_input
from kpi.analysis.home import Home
from kpi.analysis.nonconformities_agenda import nonconformities_input
from kpi.analysis.objective_agenda import objectives_input
from kpi.analysis.permitted import of_slice
from kpi.analysis.results import Review
from kpi.analysis.review import build_review
from kpi.analysis.satisfaction import satisfaction_input
from kpi.calendar import month_bounds
from kpi.errors import UsageError
from kpi.measures import values_of
from kpi.qms import Slice
from kpi.qms import reviews as records
from kpi.qms.agenda import Point, points
from kpi.qms.register import Recorded, recorded

Fill = Callable[[Home, Asked], AgendaInput]

TOPICS: Final[Mapping[str, Fill]] = {
    "context": context_input,
    "parties": parties_input,
    "satisfaction": satisfaction_input,
    "objectives": objectives_input,
    "nonconformities": nonconformities_input,
    "audits": audits_input,
    "suppliers": suppliers_input,
    "resources": resources_input,
    "risk_actions": risk_actions_input,
    "opportunity_actions": opportunity_actions_input,
}
"""Inputs that are filled from registers, each by its topic."""

CHARTS: Final[Mapping[str, str]] = {"satisfaction": "customers", "suppliers": "suppliers"}
"""The domain whose charts an input of a register rests on, too."""

AS_OFTEN_AS_IT_MOVES: Final = 3
"""Times an agenda is built again because somebody recorded something meanwhile."""


def asked_of(home: Home, where: Slice, first_month: str, last_month: str) -> Asked:
    """What a review looks at: plants (none: all that are seen) over whole months.

    Raises
    ------
    UsageError
        A month is none, or the last lies before the first.
    """
    try:
        first, last = month_bounds(first_month)[0], month_bounds(last_month)[1]
    except ValueError:
        raise UsageError(
            f"{first_month!r} to {last_month!r} are no months. Write them as 2026-07 and 2026-09."
        ) from None
    if last < first:
        raise UsageError(f"The review ends before it begins: {first_month} to {last_month}.")
    return Asked(plants_asked(home, where), first, last)


def plants_asked(home: Home, where: Slice) -> Slice:
    """The plants of a review as they are kept: none for the whole company, else each by name."""
    seen = values_of(home.view(), "plant", ())
    chosen = tuple(sorted({value for dimension, value in where if dimension == "plant"}))
    if home.limit is not None and not chosen:
        chosen = tuple(sorted(seen))
    if home.limit is None and set(chosen) == set(seen):
        return ()
    return tuple(("plant", value) for value in chosen)


def build_agenda(
    home: Home,
    asked: Asked,
    *,
    edition: str,
    record: Recorded[records.Review] | None = None,
    who: str,
    when: datetime,
) -> Agenda:
    """The agenda of the days and plants asked for, from facts and records as they are now.

    Where somebody loads or records something while it is built, it is built again: all of it is of
    one place in ledger and records, which it names.

    Raises
    ------
    UsageError
        The days are no whole months, nothing is in force up to them, or the edition is unknown.
    """
    own = of_plants(home, asked.where)
    wanted = points(edition)
    for _ in range(AS_OFTEN_AS_IT_MOVES):
        before = _place(home)
        with own.store.moment():
            made = _built(own, asked, edition, wanted, record, who, when, before)
        if _place(home) == before:
            return made
    raise UsageError(
        "Files are being loaded or records changed at this moment. Try again when that is done."
    )


def of_plants(home: Home, where: Slice) -> Home:
    """The home as it is seen from the plants of a review: the whole of it where none are named."""
    if not where:
        return home
    codes = of_slice(home, where)
    roles = {code: role for code in codes if (role := home.access.role_in(code)) is not None}
    return home if EVERY_PLANT in codes else home.seen_by(Access.of(roles))


def _place(home: Home) -> tuple[int, int]:
    home.store.look_again()
    return home.position, home.store.records.number()


def _built(
    home: Home,
    asked: Asked,
    edition: str,
    wanted: tuple[Point, ...],
    record: Recorded[records.Review] | None,
    who: str,
    when: datetime,
    place: tuple[int, int],
) -> Agenda:
    asked = replace(asked, on=max(asked.last, when.date()))
    review = build_review(
        home, f"{asked.last:%Y-%m}", who=who, when=when, first=_first_month(asked),
        plants=tuple(value for _, value in asked.where),
    )  # fmt: skip
    inputs = tuple(_input(home, asked, point, review, record, when.date()) for point in wanted)
    return Agenda(
        edition=str(edition),
        asked=asked,
        inputs=inputs,
        review=review,
        record=record,
        decisions=_decisions(home, record),
        restated=(),
        position=place[0],
        number=place[1],
        made=when,
        made_by=who,
    )


def _first_month(asked: Asked) -> date:
    whole = month_bounds(f"{asked.first:%Y-%m}")[0], month_bounds(f"{asked.last:%Y-%m}")[1]
    if whole != (asked.first, asked.last):
        raise UsageError(
            f"A review is of whole months, not of {words.span_words(asked.first, asked.last)}."
        )
    return asked.first


def _input(
    home: Home,
    asked: Asked,
    point: Point,
    review: Review,
    record: Recorded[records.Review] | None,
    today: date,
) -> AgendaInput:
    """One input, under its letter and the title of the agenda."""
    match point.key:
        case "previous_actions":
            own = record.id if record else ""
            found = agenda_own.previous_actions_input(home, asked, review=own, today=today)
        case "process_performance":
            found = agenda_own.process_performance_input(asked, review)
        case "monitoring":
            found = agenda_own.monitoring_input(home, asked, review)
        case "improvement":
            found = agenda_improvement.improvement_input(home, asked, review)
        case _:
            found = TOPICS[point.key](home, asked)
            domain = CHARTS.get(point.key, "")
            charts = tuple(k for k in review.kpis if k.series.kpi.domain == domain)
            found = replace(found, kpis=found.kpis or charts)
    return replace(found, key=point.key, letter=point.letter, title=point.title)


def _decisions(
    home: Home, record: Recorded[records.Review] | None
) -> tuple[Recorded[records.Decision], ...]:
    if record is None:
        return ()
    found = recorded(home.store, records.DECISION)
    return tuple(one for one in found if one.item.review == record.id)
