"""Nonconformities as pages and command line open, change, close and reopen them.

How far one has come follows from what is recorded of it and of its actions; closing and reopening
are a person's.
"""

from dataclasses import replace
from datetime import date, datetime

from kpi.analysis import registering, witnessing, words
from kpi.analysis.home import Home
from kpi.analysis.marked import Settled
from kpi.analysis.results import Filters
from kpi.errors import UsageError
from kpi.qms.actions import Action, ActionStatus
from kpi.qms.audits import FINDING, Finding
from kpi.qms.kinds import kind_of_id
from kpi.qms.nonconformities import (
    NONCONFORMITY,
    Answer,
    Nonconformity,
    NonconformityStatus,
    Origin,
    actions_of,
    missing_to_close,
    status_of,
)
from kpi.qms.register import LONGEST_LINE, Item, Recorded

# --- opening ----------------------------------------------------------------------------------


def draft_from_signal(
    home: Home, kpi_id: str, filters: Filters, period: str = "", *, today: date, owner: str = ""
) -> Nonconformity:
    """A nonconformity filled from a chart as it is seen now; nothing is recorded.

    ``period`` is the label of the point it is about; without one, the latest that signals.

    Raises
    ------
    UsageError
        The chart has no figures, or no such period.
    UnknownNameError
        The KPI or a dimension is unknown.
    """
    own = tuple(sorted(Settled(home.view(filters.ledger))(filters.where)))
    evidence = witnessing.take_evidence(home, kpi_id, replace(filters, where=own), period)
    return Nonconformity(
        title=evidence.headline.split(". ")[0].rstrip(".")[:LONGEST_LINE],
        slice=own,
        owner=owner,
        what=witnessing.seen_words(evidence),
        found_on=today,
        origin=Origin.SIGNAL,
        kpi=kpi_id,
        evidence=evidence,
    )


def draft_from_record(home: Home, id: str, *, today: date, owner: str = "") -> Nonconformity:
    """A nonconformity that answers to a record (an audit's finding, a risk, ...); nothing is recorded.

    Raises
    ------
    UnknownNameError
        There is no such record, or none that may be seen.
    UsageError
        It is no record's id.
    """
    kind = kind_of_id(id)
    if kind is None:
        raise UsageError(f"{id!r} is no id of a record. Write it as FND-2026-001.")
    item: Item = registering.found(home, kind, id).item
    return Nonconformity(
        title=item.title,
        slice=item.slice,
        owner=owner or item.owner,
        what=item.statement if isinstance(item, Finding) else item.title,
        found_on=today,
        origin=Origin.AUDIT if kind is FINDING else Origin.OTHER,
        links=(id,),
    )


# --- recording --------------------------------------------------------------------------------


def record(
    home: Home,
    item: Nonconformity,
    *,
    id: str = "",
    version: int = 0,
    who: str,
    when: datetime,
    why: str = "",
) -> Recorded[Nonconformity]:
    """Record a nonconformity, new or over the version seen, with the status that follows from it.

    Raises
    ------
    AccessDeniedError, UnknownNameError, UsageError, SeenEarlierError
        As ``registering.record``.
    """
    return registering.record(
        home, NONCONFORMITY, standing(home, item, id), id=id, version=version, who=who, when=when,
        why=why,
    )  # fmt: skip


def standing(home: Home, item: Nonconformity, id: str) -> Nonconformity:
    """The same nonconformity with the status that follows from it and from its actions."""
    actions = [entry.item for entry in actions_of(home.store, id)]
    return replace(item, status=status_of(item, actions))


def close(
    home: Home,
    item: Nonconformity,
    *,
    id: str,
    version: int,
    who: str,
    when: datetime,
    why: str = "",
) -> Recorded[Nonconformity]:
    """Close a nonconformity: its conclusion, and the answers asked at closing, are in ``item``.

    Raises
    ------
    UsageError
        It has no conclusion; or the correction, the cause, an action whose effect was decided on, or
        an answer is missing, and ``item.waived`` does not say why it is closed all the same.
    AccessDeniedError, SeenEarlierError
        As ``registering.record``.
    """
    checked = tuple(
        entry.id
        for entry in actions_of(home.store, id)
        if entry.item.status is ActionStatus.CHECKED
    )
    closed = replace(
        item, status=NonconformityStatus.CLOSED, closed_on=when.date(), checked=checked
    )
    return registering.record(
        home, NONCONFORMITY, closed, id=id, version=version, who=who, when=when,
        why=why or "Closed",
    )  # fmt: skip


def reopen(
    home: Home, *, id: str, version: int, why: str, who: str, when: datetime
) -> Recorded[Nonconformity]:
    """Reopen a closed nonconformity; what was answered at closing is asked anew.

    Raises
    ------
    UsageError
        It is not closed, or no reason is given.
    """
    entry = registering.found(home, NONCONFORMITY, id)
    if entry.item.closed_on is None:
        raise UsageError(f"{id} is not closed, so there is nothing to reopen.")
    return record(home, reopened(entry.item), id=id, version=version, who=who, when=when, why=why)


def reopened(item: Nonconformity) -> Nonconformity:
    """A nonconformity as it is once it goes on: nothing of its closing stands."""
    return replace(
        item, closed_on=None, conclusion="", waived="", checked=(),
        risk_changes=Answer.NOT_ANSWERED, system_changes=Answer.NOT_ANSWERED,
    )  # fmt: skip


# --- what it lacks ----------------------------------------------------------------------------


def lacking(home: Home, entry: Recorded[Nonconformity]) -> tuple[str, ...]:
    """What it takes before it can be closed; empty where nothing is missing but the conclusion."""
    actions = actions_of(home.store, entry.id)
    checked = tuple(a.id for a in actions if a.item.status is ActionStatus.CHECKED)
    told = list(missing_to_close(replace(entry.item, checked=checked)))
    told += [f"the decision on the effect of {a.id}" for a in actions if _goes_on(a.item)]
    return tuple(told)


def _goes_on(action: Action) -> bool:
    return action.to_be_done or action.status is ActionStatus.DONE


def asks_for_action(home: Home, entry: Recorded[Nonconformity]) -> str:
    """That an action did not work and another is asked for, in a sentence; empty where none is."""
    if entry.item.closed_on is not None:
        return ""
    actions = actions_of(home.store, entry.id)
    failed = [a.id for a in actions if a.item.status is ActionStatus.REOPENED]
    if not failed or any(_goes_on(a.item) or a.item.over for a in actions if a.id not in failed):
        return ""
    return f"{words.listed(failed)} did not work. Look at the cause again, and plan another action."
