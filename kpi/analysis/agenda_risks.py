"""What a management review hears of risks and opportunities: did what was done about them work?"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from kpi.analysis import registering, words
from kpi.analysis.action_charts import action_charts
from kpi.analysis.agenda_results import AgendaInput, AgendaTable, Asked
from kpi.analysis.agenda_words import day_cell, unseen
from kpi.analysis.home import Home
from kpi.analysis.results import ReviewKpi
from kpi.analysis.risk_effects import (
    AnyRisk,
    RiskAction,
    RiskRegister,
    Verdict,
    risk_register,
    summary,
)
from kpi.qms.actions import ACTION, ActionKind
from kpi.qms.register import Kind
from kpi.qms.risks import (
    OPPORTUNITY,
    RISK,
    Likelihood,
    Pursuit,
    Standing,
    Treatment,
    degree,
    rating,
)


def risk_actions_input(home: Home, asked: Asked) -> AgendaInput:
    """Actions on risks with their verdicts from data, for a management review."""
    return _input(home, asked, RISK, "risk_actions", "Actions on risks")


def opportunity_actions_input(home: Home, asked: Asked) -> AgendaInput:
    """Actions on opportunities with their verdicts from data, for a management review."""
    return _input(home, asked, OPPORTUNITY, "opportunity_actions", "Actions on opportunities")


def _input(home: Home, asked: Asked, kind: Kind[Any], key: str, title: str) -> AgendaInput:
    known = risk_register(home, kind.name, asked.where, asked.day)
    many, one = kind.plural.lower(), kind.title.lower()
    missing = tuple(gap for entry, actions in known for gap in gaps_of(entry, actions, asked.day))
    if not known:
        return AgendaInput(
            key, title, "", nothing=f"Nothing to report: no {one} is recorded.",
            missing=(
                f"No {one} is on record, so nobody can say that {many} were looked for.",
                *unseen(home),
            ),
        )  # fmt: skip
    every = tuple(action for _, actions in known for action in actions)
    tables = tuple(filter(None, (_actions_table(known, title), _register_table(known, kind))))
    ids = dict.fromkeys([*(e.id for e, _ in known), *(a.id for a in every if a.id)])
    if not every:
        return AgendaInput(
            key, title, "", tables=tables, records=tuple(ids), missing=missing,
            nothing=f"Nothing to report: {_without_action(known, one, many)}.",
        )  # fmt: skip
    count = f"{words.small_number(len(every)).capitalize()} action{'s' * (len(every) != 1)}"
    return AgendaInput(
        key, title, f"{count} on {many}: {summary(every)}.",
        says=tuple(
            f"{_told(a.title)}: {a.says}" for a in every
            if a.verdict in (Verdict.FOR, Verdict.AGAINST)
        ),
        tables=tables, records=tuple(ids), missing=missing, kpis=_charts(home, asked, kind),
    )  # fmt: skip


def _charts(home: Home, asked: Asked, kind: Kind[Any]) -> tuple[ReviewKpi, ...]:
    """The charts of actions with records of their own; others are told in the table."""
    of = ActionKind.RISK if kind is RISK else ActionKind.OPPORTUNITY
    actions = [e for e in registering.listed(home, ACTION, asked.where) if e.item.kind is of]
    done = [e for e in actions if e.item.done_on is not None and e.item.done_on <= asked.day]
    return action_charts(home, done)


def _without_action(known: RiskRegister, one: str, many: str) -> str:
    if len(known) == 1:
        return f"the one {one} on record has no action"
    return f"none of the {words.small_number(len(known))} {many} on record has an action"


def _told(title: str) -> str:
    return f"“{words.clipped(title, 60)}”"


def _actions_table(known: RiskRegister, title: str) -> AgendaTable | None:
    lines = [
        (entry, action) for entry, actions in known for action in actions
    ]  # fmt: skip
    if not lines:
        return None
    return AgendaTable(
        title,
        ("About", "Action", "Planned", "Done", "By the data", "What the data say", "Decided"),
        tuple(
            (
                entry.item.title, action.title, day_cell(action.planned), day_cell(action.done),
                action.verdict.value, action.says, action.decision,
            )
            for entry, action in lines
        ),
        ids=tuple(action.id or entry.id for entry, action in lines),
    )  # fmt: skip


def _register_table(known: RiskRegister, kind: Kind[Any]) -> AgendaTable:
    """The register itself, the highest rating first; those not rated above all."""
    order = sorted(known, key=lambda one: -(rating(one[0].item) or 26))
    return AgendaTable(
        kind.plural,
        (kind.title, "Where", "Owner", "Rating of 25", "Treatment", "Status", "Actions"),
        tuple(
            (
                entry.item.title, words.slice_words(entry.item.slice), entry.item.owner,
                rating_words(entry), str(entry.item.treatment), str(entry.item.status),
                summary(actions) or "none",
            )
            for entry, actions in order
        ),
        numbers=(3,),
        ids=tuple(entry.id for entry, _ in order),
    )  # fmt: skip


def matrix(known: RiskRegister) -> tuple[tuple[str, ...], ...]:
    """Which risks lie where: a line per likelihood, the highest first, a cell per consequence.

    Those closed or not rated are left out; a cell holds ids, and is empty where none lies there.
    """
    live = [e for e, _ in known if e.item.status is not Standing.CLOSED and rating(e.item)]
    cells: dict[tuple[int, int], list[str]] = {}
    for entry in live:
        place = degree(entry.item.likelihood), degree(entry.item.consequence)
        cells.setdefault(place, []).append(entry.id)
    return tuple(
        (
            str(list(Likelihood)[likely]),
            *(", ".join(cells.get((likely, c), ())) for c in range(1, 6)),
        )
        for likely in range(5, 0, -1)
    )


def rating_words(entry: AnyRisk) -> str:
    """Likelihood times consequence: ``12``, or that it is not rated."""
    found = rating(entry.item)
    return "not rated" if found is None else str(found)


def gaps_of(entry: AnyRisk, actions: Sequence[RiskAction], day: date) -> list[str]:
    """What an auditor would miss of a risk or an opportunity on a day, a sentence each."""
    item, who = entry.item, f"{entry.id} {_told(entry.item.title)}"
    if item.status is Standing.CLOSED:
        return []
    undecided = item.treatment in (Treatment.OPEN, Pursuit.OPEN)
    left = item.treatment in (Treatment.KEEP, Pursuit.LEAVE)
    told = []
    if not item.owner:
        told.append(f"{who} has no owner.")
    if rating(item) is None:
        told.append(f"{who} is not rated.")
    if undecided:
        told.append(f"What is done about {who} is not decided.")
    if not (undecided or left or actions):
        told.append(f"No action on {who} is recorded.")
    if item.review is not None and item.review < day:
        told.append(f"{who} was to be looked at again by {words.date_words(item.review)}.")
    return [*told, *(gap for action in actions if (gap := _gap(action, who, day)))]


def _gap(action: RiskAction, who: str, day: date) -> str:
    name = f"The action {_told(action.title)} on {who}"
    if action.verdict is Verdict.NO_KPI:
        return f"{name} has no verdict: no KPI is named by which its effect would show."
    if action.verdict is not Verdict.PENDING:
        return ""
    if action.planned is None:
        return f"{name} has no day by which it is to be done."
    if action.planned < day:
        return f"{name} was to be done by {words.date_words(action.planned)} and is not done."
    return ""
