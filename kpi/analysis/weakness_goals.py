"""Weaknesses of objectives: off track while nobody acts, and targets that contradict one another."""

from datetime import date
from typing import Any, Final

from kpi.analysis import words
from kpi.analysis.agenda_results import Asked
from kpi.analysis.home import Home
from kpi.analysis.marked import Settled
from kpi.analysis.objective_results import ObjectiveView, Standing
from kpi.analysis.objectives import objectives
from kpi.analysis.registering import bears_on, listed
from kpi.analysis.targets_compared import contradictions
from kpi.analysis.weakness_results import Weakness, capital, counted
from kpi.qms.actions import ACTION, Action
from kpi.qms.nonconformities import NONCONFORMITY
from kpi.qms.register import Recorded
from kpi.qms.reviews import DECISION, DecisionStatus

EXAMPLES: Final = 3


def off_track(home: Home, asked: Asked, today: date) -> Weakness | None:
    """Active objectives that are not going to be met, or were missed, and that nobody acts on."""
    found = [
        view
        for view in objectives(home, today=today, where=asked.where, last=asked.last)
        if view.active and view.standing in (Standing.OFF_TRACK, Standing.MISSED)
    ]
    idle = [view for view in found if not acted_on(home, view)]
    if not idle:
        return None
    which = "objective is" if len(idle) == 1 else "objectives are"
    return Weakness(
        "off_track",
        f"{capital(words.small_number(len(idle)))} {which} off track or missed, and no action is open on "
        f"{'it' if len(idle) == 1 else 'them'} (of {len(found)} off track or missed).",
        len(idle), 3, "objectives",
        "Agree on an action, linked to the objective, or agree on another target with its reason.",
        ("6.2", "9.1.3", "10.3"),
        examples=tuple(f"{v.id} “{v.title}” is {v.standing}: {v.reason}" for v in idle[:EXAMPLES]),
        records=tuple(view.id for view in idle),
    )  # fmt: skip


def acted_on(home: Home, view: ObjectiveView) -> bool:
    """Whether something is under way for an objective.

    An action counts that is not over and is linked to the objective, or whose effect is to be seen
    on its KPI, for what its slice is part of or has a part in; so do an open nonconformity and an open decision linked to it.
    """
    item = view.entry.item
    settled = Settled(home.view())
    own = settled(item.slice)

    def of_its_kpi(action: Action) -> bool:
        return action.kpi == item.kpi and bears_on(settled(action.slice), own)

    actions = [e for e in listed(home, ACTION) if not e.item.over]
    if any(view.id in e.item.links or of_its_kpi(e.item) for e in actions):
        return True
    if any(view.id in e.item.links and e.item.closed_on is None for e in listed(home, NONCONFORMITY)):  # fmt: skip
        return True
    return any(_open_on(view.id, entry) for entry in listed(home, DECISION))


def _open_on(id: str, entry: Recorded[Any]) -> bool:
    return id in entry.item.links and entry.item.status is DecisionStatus.OPEN


def targets_differ(home: Home, asked: Asked, today: date) -> Weakness | None:
    """Pairs of targets of one KPI slice and window that contradict one another."""
    del today
    found = contradictions(home, asked.where)
    if not found:
        return None
    return Weakness(
        "targets_differ",
        f"{capital(counted(len(found), 'pair'))} of targets of one KPI and window "
        f"{'contradicts' if len(found) == 1 else 'contradict'} one another.",
        len(found), 2, "objectives",
        "Agree on one of them, and close or change the other.", ("6.2",),
        examples=tuple(one.says for one in found[:EXAMPLES]),
        records=tuple(dict.fromkeys(id for one in found for id in one.ids)),
    )  # fmt: skip
