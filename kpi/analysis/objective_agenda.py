"""Objectives as an input of the management review: are they met, will they be?"""

from datetime import date

from kpi.analysis import words
from kpi.analysis.agenda_results import AgendaInput, AgendaTable, Asked
from kpi.analysis.drill import files_behind
from kpi.analysis.home import Home
from kpi.analysis.objective_results import WORST_FIRST, ObjectiveView, Standing
from kpi.analysis.objectives import objectives
from kpi.analysis.results import Filters, ReviewKpi

TITLE = "Objectives"

DECISIONS = {
    Standing.MISSED: "Decide: a new date, another way, or give it up; say why.",
    Standing.OFF_TRACK: "Decide what else is done, with owner and date, or change the target.",
    Standing.AT_RISK: "Ask the owner what would make it safe.",
    Standing.TOO_EARLY: "Go on measuring; look again at the next review.",
    Standing.ON_TRACK: "No decision needed.",
    Standing.MET: "Close it with a conclusion; set the next one.",
}
"""What is proposed for each status."""


def objectives_input(home: Home, asked: Asked) -> AgendaInput:
    """Every objective that was pursued in the reviewed days, with value, status and forecast.

    Data after the last of the days do not count, nor do objectives that begin later.
    """
    found = [
        view
        for view in objectives(home, today=asked.day, where=asked.where, last=asked.last)
        if view.entry.item.start is None or view.entry.item.start <= asked.day
    ]
    active = [view for view in found if view.active]
    ended = [view for view in found if not view.active]
    finding = counted(active)
    says = tuple(f"{view.id} {view.title}: {view.reason}" for view in worst_first(active))
    return AgendaInput(
        key="objectives",
        title=TITLE,
        finding=finding,
        says=(*says, *_ended(ended)),
        tables=(_table(found), *_steps(active)) if found else (),
        kpis=tuple(_kpi(home, view, asked.last) for view in active if view.chart is not None),
        records=tuple(view.id for view in found),
        nothing="" if found else f"Nothing to report: {finding}",
        missing=_missing(active),
    )


def counted(views: list[ObjectiveView]) -> str:
    """How many objectives stand how, in a sentence."""
    if not views:
        return "No objective is pursued for what is reviewed here."
    parts = []
    for standing in (Standing.MET, *WORST_FIRST[::-1][1:]):
        count = sum(view.standing is standing for view in views)
        if count:
            parts.append(f"{words.small_number(count)} {_stands(standing)[count > 1]}")
    total = len(views)
    if total == 1:
        (view,) = views
        return f"The one objective {_stands(view.standing)[0]}."
    return f"Of {words.small_number(total)} objectives {words.listed(parts)}."


def _stands(standing: Standing) -> tuple[str, str]:
    """How one objective stands, and how several do."""
    if standing is Standing.TOO_EARLY:
        return ("cannot be judged yet",) * 2
    return f"is {standing}", f"are {standing}"


def worst_first(views: list[ObjectiveView]) -> list[ObjectiveView]:
    """Missed and off track before those that are well."""
    return sorted(views, key=lambda view: WORST_FIRST.index(view.standing))


def _table(views: list[ObjectiveView]) -> AgendaTable:
    return AgendaTable(
        title="Objectives and how they stand",
        headings=("Objective", "Where", "Target", "Due", "Now", "Status", "Owner"),
        lines=tuple(
            (
                view.title, view.slice_words, view.target_words, view.due_words, view.now_words,
                view.word, view.entry.item.owner,
            )
            for view in views
        ),
        ids=tuple(view.id for view in views),
    )  # fmt: skip


def _steps(views: list[ObjectiveView]) -> tuple[AgendaTable, ...]:
    lines = [
        (view.id, view.title, words.date_words(step.day), step.says)
        for view in views
        for step in view.steps
        if step.reached is not None
    ]
    lines += [
        (view.id, view.title, words.date_words(m.due) if m.due else "", _milestone(m.what, m.done))
        for view in views
        for m in view.entry.item.milestones
    ]
    if not lines:
        return ()
    return (
        AgendaTable(
            title="Steps and milestones of objectives",
            headings=("Objective", "Day", "What came of it"),
            lines=tuple((title, day, says) for _, title, day, says in lines),
            ids=tuple(id for id, *_ in lines),
        ),
    )


def _milestone(what: str, done: date | None) -> str:
    return f"{what}: done on {words.date_words(done)}." if done else f"{what}: not done yet."


def _ended(views: list[ObjectiveView]) -> tuple[str, ...]:
    return tuple(
        f"{view.id} {view.title} is {view.word}: {view.entry.item.conclusion}" for view in views
    )


def _missing(views: list[ObjectiveView]) -> tuple[str, ...]:
    if not views:
        return (
            "No quality objective is recorded: one must fit the policy, with owner and due date.",
        )
    return tuple(f"{view.id} {view.title}: {lack}" for view in views for lack in view.lacks)


def _kpi(home: Home, view: ObjectiveView, last: date) -> ReviewKpi:
    """The chart of an objective as the deck draws it."""
    assert view.chart is not None  # asked by whoever calls
    return ReviewKpi(
        series=view.chart,
        title=view.reason,
        since="–",
        see=f"{view.now_words}; target {view.target_words} by {view.due_words}.",
        mean=view.expected or f"Status: {view.word}.",
        decision=DECISIONS[view.standing],
        sources=files_behind(
            home, view.entry.item.kpi, Filters(where=view.entry.item.slice, last=last)
        ),
        stands=_stands(view.standing),
    )
