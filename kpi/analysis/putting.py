"""Records as somebody writes them whole: what is worked out or follows from a deed is not typed.

The way of the command line. Rules hold as on the pages, for what a kind needs beside its own record (the
status that follows from actions, the answer to a decision) is done here, too.
"""

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, Final

from kpi.analysis import acting, nonconforming, registering, reviewing
from kpi.analysis.home import Home
from kpi.analysis.suppliers import proposed, scorecard
from kpi.errors import UnknownNameError, UsageError
from kpi.qms.actions import ACTION, Action, ActionStatus
from kpi.qms.nonconformities import NONCONFORMITY, Nonconformity, NonconformityStatus
from kpi.qms.register import Kind, Recorded, default_of, told_fields
from kpi.qms.reviews import DECISION, Decision
from kpi.qms.suppliers import SUPPLIER_GRADE, SupplierGrade


def put(
    home: Home,
    kind: Kind[Any],
    item: Any,
    *,
    id: str = "",
    version: int = 0,
    who: str,
    when: datetime,
    why: str = "",
) -> Recorded[Any]:
    """Record an item that somebody wrote, new or over the version of ``id`` that was seen.

    Raises
    ------
    UsageError
        It changes what nobody types: a figure or verdict from data, or what a deed sets.
    AccessDeniedError, UnknownNameError, SeenEarlierError
        As ``registering.record``.
    """
    before = registering.found(home, kind, id).item if id else None
    refuse_typed(kind, before, item)
    way = _WAYS.get(kind.name)
    if way is not None:
        return way(home, before, item, id=id, version=version, who=who, when=when, why=why)
    return registering.record(home, kind, item, id=id, version=version, who=who, when=when, why=why)


def refuse_typed(kind: Kind[Any], before: Any, item: Any) -> None:
    """Refuse an item whose worked-out fields are not as they were; of a new one: not empty.

    Raises
    ------
    UsageError
        The sentence says which, and what sets it.
    """
    told = told_fields(kind.of)
    for name in (field.name for field in fields(kind.of) if field.name in kind.by_deed):
        old = default_of(kind.of, name) if before is None else getattr(before, name)
        if getattr(item, name) != old:
            label = told[name].label if name in told else name
            raise UsageError(
                f"“{label}” is not typed: {kind.by_deed[name]} sets it. Leave "
                f"{name!r} {'out' if before is None else 'as it was'}."
            )


def _action(home: Home, before: Action | None, item: Action, **named: Any) -> Recorded[Any]:
    free = (ActionStatus.PLANNED, ActionStatus.UNDER_WAY, ActionStatus.CLOSED)
    if item.status not in free and (before is None or item.status is not before.status):
        raise UsageError(
            f"An action becomes {item.status} by saying that it is done, or by deciding on its effect: "
            "`actions done`, `actions decide`."
        )
    return acting.record(home, item, **named)


def _nonconformity(
    home: Home, before: Nonconformity | None, item: Nonconformity, **named: Any
) -> Recorded[Any]:
    was_closed = before is not None and before.closed_on is not None
    if item.status is NonconformityStatus.CLOSED and not was_closed:
        if before is None:
            raise UsageError("A nonconformity is open when it is recorded. Close it afterwards.")
        return nonconforming.close(home, item, **named)
    if was_closed and item.status is not NonconformityStatus.CLOSED:
        return nonconforming.record(home, nonconforming.reopened(item), **named)
    return nonconforming.record(home, item, **named)


def _decision(home: Home, before: Decision | None, item: Decision, **named: Any) -> Recorded[Any]:
    return reviewing.decide(home, item.review, item, **named)


def _supplier_grade(
    home: Home, before: SupplierGrade | None, item: SupplierGrade, **named: Any
) -> Recorded[Any]:
    """A new grade is filled in from data, as it is on the page of suppliers."""
    if before is not None:
        return registering.record(home, SUPPLIER_GRADE, item, **named)
    if item.first is None or item.last is None:
        raise UsageError("Name the period: From and To.")
    where = tuple(pair for pair in item.slice if pair[0] == "plant")
    found = {one.supplier: one for one in scorecard(home, where, item.first, item.last)}
    if item.title not in found:
        raise UnknownNameError("supplier", item.title, known=sorted(found))
    by_data = proposed(home, found[item.title], where, item.first, item.last)
    typed = {name: getattr(item, name) for name in _TYPED_OF_A_GRADE}
    links = tuple(dict.fromkeys((*by_data.links, *item.links)))
    return registering.record(home, SUPPLIER_GRADE, replace(by_data, links=links, **typed), **named)


_TYPED_OF_A_GRADE: Final = ("grade", "decided", "by", "reason", "agreed", "owner")


_WAYS: Final[dict[str, Callable[..., Recorded[Any]]]] = {
    ACTION.name: _action, NONCONFORMITY.name: _nonconformity, DECISION.name: _decision,
    SUPPLIER_GRADE.name: _supplier_grade,
}  # fmt: skip
"""Kinds that take more than their own record to be recorded."""
