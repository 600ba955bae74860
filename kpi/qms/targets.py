"""Targets: what a KPI slice shall reach, from a day on. Kept as versioned records."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from kpi.datasets import NUMERATOR_ONLY
from kpi.errors import UsageError
from kpi.measures import CATALOG
from kpi.store import Store

RECORD_KIND: Final = "target"

Slice = tuple[tuple[str, str], ...]
"""A filter in a fixed order: ((dimension, value), ...). Empty: everything."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a KPI slice shall reach, from a day on, in the KPI's unit.

    ``due`` is the day by which it shall be reached; ``None`` where none was said. ``objective`` is
    the id of the objective that sets it; where that goes on to more by its due date, this is a step
    towards ``aim``.
    """

    kpi: str
    slice: Slice
    value: float
    valid_from: date
    who: str = ""
    why: str = ""
    due: date | None = None
    objective: str = ""
    aim: float | None = None

    @property
    def goal(self) -> float:
        """What shall be reached in the end: the value itself, unless it is a step."""
        return self.value if self.aim is None else self.aim

    @property
    def key(self) -> str:
        """What makes it the same target: KPI, slice, and the day it holds from."""
        where = "&".join(f"{dimension}={value}" for dimension, value in sorted(self.slice))
        return f"{self.kpi}|{where}|{self.valid_from.isoformat()}"


def put_target(store: Store, target: Target, *, who: str, when: datetime, why: str) -> None:
    """Record a target; the same KPI, slice and day again becomes a new version of it."""
    if target.value != target.value or target.value in (float("inf"), float("-inf")):
        raise UsageError("A target is a number. Enter one in the KPI's unit, such as 1.5.")
    if target.due is not None and target.due < target.valid_from:
        raise UsageError(
            f"The target is due on {target.due.isoformat()}, before it holds "
            f"({target.valid_from.isoformat()}). Choose a later due date, or an earlier first day."
        )
    store.records.put(
        RECORD_KIND,
        target.key,
        {
            "kpi": target.kpi,
            "slice": [list(pair) for pair in sorted(target.slice)],
            "value": target.value,
            "valid_from": target.valid_from.isoformat(),
            "due": target.due.isoformat() if target.due else None,
        },
        who=who,
        when=when,
        why=why,
    )


def recorded_targets(store: Store) -> tuple[Target, ...]:
    """All targets recorded as such in their latest version, by KPI, slice and day.

    Objectives set targets, too: see ``kpi.qms.objectives.current_targets``.
    """
    found = [
        Target(
            kpi=record.value["kpi"],
            slice=tuple((d, v) for d, v in record.value["slice"]),
            value=float(record.value["value"]),
            valid_from=date.fromisoformat(record.value["valid_from"]),
            who=record.who,
            why=record.why,
            # Targets recorded before there were due dates have none.
            due=date.fromisoformat(due) if (due := record.value.get("due")) else None,
        )
        for record in store.records.current(RECORD_KIND)
    ]
    return tuple(sorted(found, key=lambda t: (t.kpi, t.slice, t.valid_from)))


def target_for(targets: Iterable[Target], kpi: str, chosen: Slice, day: date) -> Target | None:
    """The target that holds for a slice on a day; ``None`` where none does.

    A target of a wider slice holds for the narrower one too, unless that has its own or is a part
    that adds up to it (a sum by line, a share by reason): the one naming most dimensions wins, and
    of those the one in force latest. A slice that joins several
    values of a dimension is wider than each of them, so their targets do not hold for it.
    """
    inside = {pair for pair in chosen if sum(d == pair[0] for d, _ in chosen) == 1}
    fitting = [
        t
        for t in targets
        if t.kpi == kpi
        and t.valid_from <= day
        and set(t.slice) <= inside
        and _holds_within(kpi, {d for d, _ in chosen} - {d for d, _ in t.slice})
    ]
    return max(fitting, key=lambda t: (len(t.slice), t.valid_from), default=None)


def _holds_within(kpi: str, narrower: set[str]) -> bool:
    """Whether a target holds for a slice that is narrower by these dimensions.

    A share by reason is a part of the whole share, and the hours of a line are a part of the plant's:
    what the whole shall reach says nothing of its parts.
    """
    if not narrower:
        return True
    known = CATALOG.get(kpi)
    is_sum = known is not None and not known.denominator
    return not is_sum and not narrower & NUMERATOR_ONLY
