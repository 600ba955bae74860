"""Actions as pages and command line plan them, say they are done, and decide whether they worked.

That takes whoever manages the plants of an action; what its owner may report is in ``progress``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final, cast

from kpi.analysis import registering
from kpi.analysis.annotating import event_of
from kpi.analysis.home import Home
from kpi.analysis.nonconforming import reopened
from kpi.analysis.verdicts import agreeing, effect_kept, verdict_of
from kpi.errors import UnknownNameError, UsageError
from kpi.qms.actions import ACTION, Action, ActionKind, ActionStatus, Decision
from kpi.qms.chart_notes import note_key, said_back, said_note
from kpi.qms.kinds import kind_of_id
from kpi.qms.nonconformities import NONCONFORMITY, Nonconformity, actions_of, status_of
from kpi.qms.register import Edit, Item, Recorded
from kpi.store.model import Said

DAYS_TO_DO: Final = 30
"""So many days an action is given where nobody says otherwise."""

DAYS_TO_CHECK: Final = 92
"""After so many more its effect is looked at: three months of points."""


# --- planning ---------------------------------------------------------------------------------


def draft_action(home: Home, id: str, *, today: date, owner: str = "") -> Action:
    """An action that answers a record, filled from it; nothing is recorded.

    Raises
    ------
    UsageError
        It is no record's id.
    UnknownNameError
        There is no such record, or none that may be seen.
    """
    kind = kind_of_id(id)
    if kind is None:
        raise UsageError(f"{id!r} is no id of a record. Write it as NC-2026-001.")
    item: Item = registering.found(home, kind, id).item
    due = today + timedelta(days=DAYS_TO_DO)
    evidence = item.evidence if isinstance(item, Nonconformity) else None
    return Action(
        title="",
        slice=item.slice,
        owner=owner or item.owner,
        links=(id,),
        kind=_KIND_OF.get(kind.name, ActionKind.CORRECTIVE),
        due=due,
        kpi=str(getattr(item, "kpi", "") or ""),
        period=evidence.period if evidence else "month",
        check_on=due + timedelta(days=DAYS_TO_CHECK),
    )


_KIND_OF: Final = {
    "risk": ActionKind.RISK, "opportunity": ActionKind.OPPORTUNITY, "decision": ActionKind.REVIEW,
    "objective": ActionKind.IMPROVEMENT,
}  # fmt: skip


def record(
    home: Home,
    item: Action,
    *,
    id: str = "",
    version: int = 0,
    who: str,
    when: datetime,
    why: str = "",
) -> Recorded[Action]:
    """Record an action, new or over the version seen; nonconformities it belongs to follow.

    Raises
    ------
    AccessDeniedError, UnknownNameError, UsageError, SeenEarlierError
        As ``registering.record``.
    """
    before = registering.found(home, ACTION, id).item if id else None
    beside: Sequence[Said] = ()
    if before is not None and before.event and item.event == before.event:
        item, beside = _corrected(home, id, before, item)
    edit = Edit(ACTION, item, why, id, version)
    return _with_followers(home, edit, who=who, when=when, beside=beside)


# --- doing ------------------------------------------------------------------------------------


def begin(home: Home, *, id: str, version: int, who: str, when: datetime) -> Recorded[Action]:
    """An action is under way; one that did not work is taken up again."""
    item = registering.found(home, ACTION, id).item
    under_way = replace(
        item, status=ActionStatus.UNDER_WAY, done_on=None, reported_on=None, **_UNDECIDED
    )
    return record(home, under_way, id=id, version=version, who=who, when=when, why="Under way")


_UNDECIDED: Final[dict[str, Any]] = {
    "decision": Decision.NOT_YET, "decided_on": None, "decided_by": "", "decision_reason": "",
    "verdict": "", "effect": None,
}  # fmt: skip


def done(
    home: Home,
    *,
    id: str,
    version: int,
    day: date,
    check_on: date | None = None,
    why: str = "",
    who: str,
    when: datetime,
) -> Recorded[Action]:
    """An action was done on a day: it stands as an event on the charts of its slice from then on.

    ``check_on`` plans the check of its effect anew. Of one that is done already the day is corrected,
    and its event moves. Where it names neither a KPI nor a slice, it would
    stand on every chart there is, and so stands on none.

    Raises
    ------
    UsageError
        The day lies ahead, or the check before it.
    AccessDeniedError, SeenEarlierError
        As ``registering.record``.
    """
    if day > when.date():
        raise UsageError(f"{day.isoformat()} lies ahead. It is done once it was done.")
    item = registering.found(home, ACTION, id).item
    finished = replace(
        item, status=ActionStatus.DONE, done_on=day, check_on=check_on or item.check_on,
        **_UNDECIDED,
    )  # fmt: skip
    if item.status is ActionStatus.DONE and item.event:
        finished, beside = _corrected(home, id, item, finished)
        why = why or f"Done on {day.isoformat()}, not on {item.done_on}"
    else:
        event, beside = _on_charts(home, id, finished)
        finished = replace(finished, event=event)
    edit = Edit(ACTION, finished, why or "Done", id, version)
    return _with_followers(home, edit, who=who, when=when, beside=beside)


def _on_charts(home: Home, id: str, item: Action) -> tuple[str, Sequence[Said]]:
    """The id of an action's event, and the event to be written with it; nothing without a place."""
    day = item.counts_from or item.done_on
    if day is None or not (item.kpi or item.slice):
        return "", ()
    event = event_of(
        home, item.slice, day, item.title, kpi_id=item.kpi, action=id,
        washout=int(item.washout or 0), hoped=None if item.hoped is None else item.hoped / 100,
    )  # fmt: skip
    return note_key(event), (said_note(event),)


def _corrected(home: Home, id: str, before: Action, after: Action) -> tuple[Action, Sequence[Said]]:
    """An action whose event follows what was corrected of it, and the events to be written with it.

    Taken up again because it was not done after all, it has none; one that did not work keeps that of
    its first doing. An event that somebody took back stays away.
    """
    was_done = before.status in (ActionStatus.DONE, ActionStatus.CHECKED)
    if not was_done or after.status is ActionStatus.REOPENED:
        return after, ()
    event, said = _on_charts(home, id, after)
    if event == before.event and _drawn(before) == _drawn(after):
        return after, ()
    gone = said_back(home.store, before.event, f"{id} was corrected")
    if gone is None:
        return after, ()
    moved = (*said, *(() if event == before.event else (gone,)))
    return replace(after, event=event), moved


def _drawn(item: Action) -> tuple[Any, ...]:
    """What its event shows beside its key."""
    return item.washout, item.hoped


def cancel(
    home: Home, *, id: str, version: int, because: str, who: str, when: datetime
) -> Recorded[Action]:
    """Close an action without a check of its effect, with the reason: it is not needed, or not to be
    measured.
    """
    item = registering.found(home, ACTION, id).item
    closed = replace(item, status=ActionStatus.CLOSED, closed_because=because.strip())
    return record(home, closed, id=id, version=version, who=who, when=when, why=because or "Closed")


# --- deciding ---------------------------------------------------------------------------------


def decide(
    home: Home,
    *,
    id: str,
    version: int,
    decision: Decision,
    reason: str = "",
    check_on: date | None = None,
    who: str,
    when: datetime,
) -> Recorded[Action]:
    """Decide whether an action worked, beside what the data say.

    ``not yet known`` asks for a later day to look again (``check_on``). ``did not work`` reopens the
    nonconformities it belongs to.

    Raises
    ------
    UsageError
        It is not done yet; the decision differs from the data, or there are none, and no reason is
        given; or no later day is named.
    AccessDeniedError, SeenEarlierError
        As ``registering.record``.
    """
    entry = registering.found(home, ACTION, id)
    item = entry.item
    if item.done_on is None:
        raise UsageError(f"{id} is not done yet: say first on which day it was.")
    today = when.date()
    if decision is Decision.NOT_YET and (check_on is None or check_on <= today):
        raise UsageError("Name a later day on which its effect is looked at again.")
    found = verdict_of(home, item)
    if not agreeing(found, decision) and not reason.strip():
        raise UsageError(
            f"The data say: {found.says} You decide “{decision}”, which is something else: say in a "
            "few words why. The reason stands beside the verdict."
        )
    decided = replace(
        item, status=_STATUS_OF[decision], decision=decision, decided_on=today, decided_by=who,
        decision_reason=reason.strip(), verdict=found.says, effect=effect_kept(home, found),
        check_on=check_on if decision is Decision.NOT_YET else item.check_on,
    )  # fmt: skip
    edit = Edit(ACTION, decided, f"Decided: {decision}", id, version)
    return _with_followers(home, edit, who=who, when=when)


_STATUS_OF: Final = {
    Decision.WORKED: ActionStatus.CHECKED,
    Decision.DID_NOT: ActionStatus.REOPENED,
    Decision.NOT_YET: ActionStatus.DONE,
}


# --- what follows -----------------------------------------------------------------------------


def _with_followers(
    home: Home, edit: Edit[Action], *, who: str, when: datetime, beside: Sequence[Said] = ()
) -> Recorded[Action]:
    """Record an action together with the nonconformities whose status it changes."""
    followers = list(_followers(home, edit))
    written = registering.record_all(home, [edit, *followers], who=who, when=when, beside=beside)
    return cast("Recorded[Action]", written[0])


def _followers(home: Home, edit: Edit[Action]) -> Iterable[Edit[Nonconformity]]:
    """What an action belongs to, and what it belonged to until now, with the status that follows."""
    left = registering.found(home, ACTION, edit.id).item.links if edit.id else ()
    for id in dict.fromkeys((*edit.item.links, *left)):
        if kind_of_id(id) is not NONCONFORMITY:
            continue
        try:
            entry = registering.found(home, NONCONFORMITY, id)
        except UnknownNameError:  # of plants not seen: its own people see it there
            continue
        actions = {a.id: a.item for a in actions_of(home.store, id)}
        actions[edit.id] = edit.item
        if id not in edit.item.links:
            del actions[edit.id]
        after = entry.item
        if (
            id in edit.item.links
            and edit.item.status is ActionStatus.REOPENED
            and after.closed_on is not None
        ):
            after = reopened(after)
        after = replace(after, status=status_of(after, actions.values()))
        if after != entry.item:
            why = f"{edit.id or 'A new action'}: {edit.why or edit.item.status}"
            yield Edit(NONCONFORMITY, after, why, id, entry.version)
