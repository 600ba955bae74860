"""Clause by clause: what shows conformity in the live data, how fresh it is, what is missing."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from kpi.analysis import words
from kpi.analysis.agenda_results import AgendaInput, Asked
from kpi.analysis.evidence_facts import FACTS
from kpi.analysis.evidence_names import about_kind, climate_answer, named
from kpi.analysis.evidence_results import Answered, ClauseEvidence, Evidence, Shown, Standing
from kpi.analysis.home import Home
from kpi.analysis.inputs_asked import topic_inputs
from kpi.analysis.registering import listed
from kpi.analysis.results import Filters
from kpi.analysis.series import series_view
from kpi.analysis.weakness_results import TITLES, Weakness
from kpi.analysis.weaknesses import weaknesses
from kpi.errors import KpiError
from kpi.qms.agenda import LATEST, edition_words
from kpi.qms.clauses import Clause, auditor_questions, in_order, reviewed
from kpi.qms.kinds import kind_of
from kpi.qms.register import Recorded

STALE_AFTER: Final = 366
"""Days after which records of a clause are no longer fresh: every cycle of ISO 9001 has a year at most."""

MAY_BE_NONE: Final = frozenset({"acceptance", "nonconformity", "finding", "action"})
"""Kinds of which a company may rightly have no record at all."""

TOLD_APART: Final = frozenset({"decision"})
"""Kinds whose records are named by a fact of the same clause, with more than their state."""

PAGE_OF_KIND: Final[Mapping[str, str]] = {
    "issue": "registers", "climate": "registers", "party": "registers", "risk": "registers",
    "opportunity": "registers", "resource": "registers", "process": "audits", "audit": "audits",
    "finding": "audits", "objective": "objectives", "plan_entry": "plan", "analysis": "plan",
    "survey": "partners", "supplier_grade": "partners", "supplier_criteria": "partners",
    "nonconformity": "actions", "action": "actions", "review": "review", "decision": "review",
    "acceptance": "restatements",
}  # fmt: skip
"""The page where a record of a kind opens."""


def evidence(home: Home, asked: Asked, today: date, edition: str = LATEST) -> Evidence:
    """Everything an auditor would ask for, of the plants and days asked, in the order of an edition.

    Raises
    ------
    UnknownNameError
        There is no such edition.
    """
    with home.store.moment():
        return _evidence(home, asked, today, edition)


def _evidence(home: Home, asked: Asked, today: date, edition: str) -> Evidence:
    chosen = in_order(edition)
    inputs = {one.key: one for one in topic_inputs(home, asked, today)}
    weak = weaknesses(home, asked, today)
    found = tuple(_clause(home, asked, today, edition, one, inputs, weak) for one in chosen)
    return Evidence(
        edition=edition,
        asked=asked,
        headline=_headline(found, edition),
        clauses=found,
        weaknesses=weak,
        sound=tuple(title for key, title in TITLES.items() if key not in {w.key for w in weak}),
        reviewed=reviewed(),
    )


def _headline(found: tuple[ClauseEvidence, ...], edition: str) -> str:
    count = Counter(one.standing for one in found)
    parts = [
        f"{words.small_number(count[one])} {_verb(count[one])} {one}"
        for one in Standing
        if count[one]
    ]
    return f"Of {len(found)} clauses of {edition_words(edition)}, {words.listed(parts)}."


def _verb(count: int) -> str:
    return "is" if count == 1 else "are"


def _clause(
    home: Home,
    asked: Asked,
    today: date,
    edition: str,
    clause: Clause,
    inputs: Mapping[str, AgendaInput],
    weak: tuple[Weakness, ...],
) -> ClauseEvidence:
    shown = (
        *(_kind(home, asked, name, today) for name in clause.kinds),
        *(_input(inputs[key], clause) for key in clause.inputs if key in inputs),
        *(FACTS[key](home, asked, today) for key in clause.facts),
        *_figures(home, asked, clause),
    )
    latest = max((one.latest for one in shown if one.latest), default=None)
    missing = tuple(dict.fromkeys(_missing(shown, clause, weak, latest, today)))
    return ClauseEvidence(
        number=clause.number(edition),
        clause=clause.clause,
        title=clause.title,
        asks=clause.asks,
        shown=shown,
        asked=_questions(clause, shown),
        missing=missing,
        fresh=_fresh(latest, today),
        latest=latest,
        standing=_standing(shown, missing),
        pages=clause.pages,
    )


def _standing(shown: tuple[Shown, ...], missing: tuple[str, ...]) -> Standing:
    if not any(one.there for one in shown):
        return Standing.NOTHING
    return Standing.GAPS if missing else Standing.SHOWN


def _questions(clause: Clause, shown: tuple[Shown, ...]) -> tuple[Answered, ...]:
    by_key = {one.key: one for one in shown}
    return tuple(
        Answered(q.question, tuple(by_key[key] for key in q.answers if key in by_key))
        for q in auditor_questions()
        if q.clause == clause.clause
    )


# --- what shows it ----------------------------------------------------------------------------


def _kind(home: Home, asked: Asked, name: str, today: date) -> Shown:
    """Records of a kind: how many, in which states, the first few by name, which was touched last."""
    kind = kind_of(name)
    page = PAGE_OF_KIND.get(name, "")
    entries = listed(home, kind, asked.where)
    if not entries:
        return Shown(name, kind.plural, "None is recorded.", 0, page=page, there=False)
    last = max(entries, key=lambda entry: entry.number)
    if name == "climate":
        says = climate_answer(entries)
    else:
        about = about_kind(home, name, entries, today, asked.last)
        latest = f"Latest entry: {last.id}, by {last.who}."
        names = "" if name in TOLD_APART else f": {named(_first(name, entries), about)}"
        says = f"{_states(entries)}{names}. {latest}"
    return Shown(name, kind.plural, says, len(entries), last.when.date(), last.id, page)


def _first(name: str, entries: tuple[Recorded[Any], ...]) -> tuple[Recorded[Any], ...]:
    """The records in the order they are told in: of what is done again and again, the newest first."""
    again = name in ("analysis", "review", "survey", "decision", "supplier_grade")
    return tuple(reversed(entries)) if again else entries


def _states(entries: tuple[Recorded[Any], ...]) -> str:
    """How many there are of each status, in the order of the statuses."""
    states = Counter(
        str(getattr(entry.item, "status", "")) for entry in entries if hasattr(entry.item, "status")
    )
    if not states:
        return f"{len(entries)} on record"
    return words.listed(f"{count} {state}" for state, count in states.items())


def _input(one: AgendaInput, clause: Clause) -> Shown:
    page = clause.pages[0] if clause.pages else ""
    return Shown(
        one.key, one.title, one.finding if not one.nothing else one.nothing, page=page,
        there=not one.nothing, missing=one.missing,
    )  # fmt: skip


def _figures(home: Home, asked: Asked, clause: Clause) -> Iterator[Shown]:
    """The last figure of each KPI of the clause; one that was never uploaded says so."""
    for id in clause.kpis:
        try:
            view = series_view(home, id, Filters(where=asked.where, last=asked.last))[0]
        except KpiError as error:
            yield Shown(id, id, str(error), kpi=id, page="passport", there=False)
            continue
        there = bool(len(view.points)) and bool(view.points["value"].notna().any())
        says = f"{view.last_value} in {view.last_label}. {view.headline}" if there else "No data."
        yield Shown(id, view.kpi.title, says, kpi=id, page="passport", there=there)


# --- what is missing, how fresh ---------------------------------------------------------------


def _missing(
    shown: tuple[Shown, ...],
    clause: Clause,
    weak: tuple[Weakness, ...],
    latest: date | None,
    today: date,
) -> Iterator[str]:
    for one in shown:
        yield from one.missing
        if one.key in clause.kinds and not one.there and one.key not in MAY_BE_NONE:
            yield f"{one.title}: none is recorded."
    for weakness in weak:
        if weakness.key != "inputs_missing" and clause.clause in weakness.clauses:
            yield weakness.says
    if latest is not None and (today - latest).days > STALE_AFTER:
        yield f"Nothing was recorded here for {words.count_words((today - latest).days // 365, 'year')}."


def _fresh(latest: date | None, today: date) -> str:
    if latest is None:
        return ""
    days = (today - latest).days
    if days <= 0:
        return "latest entry today"
    return f"latest entry {words.date_words(latest)}, {words.count_words(days, 'day')} ago"
