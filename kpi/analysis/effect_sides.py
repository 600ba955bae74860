"""Which periods are before an action, which after, and which are neither, each with its reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from kpi.analysis.words import clipped, date_words
from kpi.qms import Event, PhaseStart

BEFORE: Final = "before"
AFTER: Final = "after"
LEFT_OUT: Final = "left out"
NEITHER: Final = "neither"  # holds the date, or lies in the washout
EXCLUDED: Final = "excluded"
OUTSIDE: Final = "outside"  # an earlier phase, after the next change, not ended
GAP: Final = "gap"

_OPEN_SHARE: Final = 0.1
_OPEN_DAYS: Final = 2
"""A period that lacks more than a tenth (two days at least) of its days has not ended."""

Roles = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Action:
    """What is judged: its day, how many days it needs to settle, and the note it comes from."""

    day: date
    washout: int = 0
    note: Event | PhaseStart | None = None

    @property
    def settled(self) -> date:
        """The first day that may count as after."""
        return self.day + timedelta(days=self.washout)


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """The role of each period, and what has to be said about them."""

    roles: Roles
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Around:
    """What else stands on the chart: accepted phases, excluded days, other events."""

    phases: Sequence[PhaseStart] = ()
    excluded: frozenset[date] = frozenset()
    events: Sequence[Event] = ()
    report: date | None = None
    sums: bool = False  # the values are sums, so that a period not ended is too low


def sides(points: pd.DataFrame, action: Action, around: Around) -> Sides:
    """Part the periods of a series by an action.

    Before: the phase in force, up to the last period that ended before the day. After: from the
    first period that begins on the day or later, and not within the washout. The period that holds
    the day is neither, unless it begins on it. After ends where the next phase begins or the next
    event falls; an event too near to be told apart is said instead.
    """
    starts = [pd.Timestamp(s).date() for s in points["period_start"]]
    ends = [pd.Timestamp(e).date() for e in points["period_end"]]
    roles: Roles = np.full(len(points), NEITHER, dtype=object)
    roles[[e < action.day for e in ends]] = BEFORE
    roles[[s >= action.settled for s in starts]] = AFTER
    notes = [
        *_own_phase(roles, starts, around),
        *_ended(roles, starts, ends, action, around),
        *_open(roles, starts, ends, around),
        *_earlier(roles, starts, ends, action, around),
    ]
    for i, start in enumerate(starts):
        if start in around.excluded and roles[i] in (BEFORE, AFTER):
            roles[i] = EXCLUDED
    roles[points["value"].isna().to_numpy() & (roles != OUTSIDE)] = GAP
    return Sides(roles, tuple(notes))


def _own_phase(roles: Roles, starts: list[date], around: Around) -> list[str]:
    """Before begins with the phase accepted last."""
    own = [s for s, role in zip(starts, roles, strict=True) if role == BEFORE]
    begun = [p.start for p in around.phases if own and own[0] < p.start <= own[-1]]
    if not begun:
        return []
    first = max(begun)
    roles[[s < first for s in starts]] = OUTSIDE
    return [f"Before begins on {date_words(first)}, with the phase accepted last."]


def _ended(
    roles: Roles, starts: list[date], ends: list[date], action: Action, around: Around
) -> list[str]:
    """After ends at the next change; one in the same time is told."""
    first = next((i for i, role in enumerate(roles) if role == AFTER), None)
    before = [e for e, role in zip(ends, roles, strict=True) if role == BEFORE]
    since = (before[-1] + timedelta(days=1)) if before else action.day
    until = ends[first] if first is not None else max([action.settled, *ends[-1:]])
    others = [e for e in around.events if not _same(e, action)]
    near = [e for e in others if min(since, action.day) <= e.day <= until]
    notes = [
        f"“{clipped(e.text, 60)}” of {date_words(e.day)} falls into the same time: "
        "the two cannot be told apart."
        for e in near
    ]
    if first is None:
        return notes
    later = [(e.day, f"“{clipped(e.text, 60)}”") for e in others if e.day > until]
    later += [
        (p.start, f"the phase “{clipped(p.cause, 60)}”")
        for p in around.phases
        if p.start > starts[first]
    ]
    if not later:
        return notes
    day, what = min(later)
    roles[[e >= day and role == AFTER for e, role in zip(ends, roles, strict=True)]] = OUTSIDE
    return [*notes, f"After ends before {date_words(day)}: {what} begins there."]


def _earlier(
    roles: Roles, starts: list[date], ends: list[date], action: Action, around: Around
) -> list[str]:
    """Events within before: it may hold two levels, which only a person can tell."""
    before = np.flatnonzero(roles == BEFORE)
    if not len(before):
        return []
    first, last = starts[before[0]], ends[before[-1]]
    within = [e for e in around.events if first < e.day <= last and not _same(e, action)]
    return [
        f"“{clipped(e.text, 60)}” of {date_words(e.day)} lies within before. If it changed the level, "
        "accept a step change there: before then begins with it."
        for e in within
    ]


def _same(event: Event, action: Action) -> bool:
    own = action.note
    if own is None:
        return event.day == action.day
    return event.id == own.id or bool(event.action and event.action == own.action)


def _open(roles: Roles, starts: list[date], ends: list[date], around: Around) -> list[str]:
    """A sum of a period that has not ended is too low to be compared."""
    if around.report is None or not around.sums or not len(roles):
        return []
    lacking = (ends[-1] - around.report).days
    whole = (ends[-1] - starts[-1]).days + 1
    if roles[-1] != AFTER or lacking <= max(_OPEN_DAYS, _OPEN_SHARE * whole):
        return []
    roles[-1] = OUTSIDE
    return [f"The last period has not ended: its data reach to {date_words(around.report)}."]
