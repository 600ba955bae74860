"""Targets: what a KPI slice shall reach, from a day on. Kept as versioned records."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from kpi.errors import UsageError
from kpi.store import Store

RECORD_KIND: Final = "target"

Slice = tuple[tuple[str, str], ...]
"""A filter in a fixed order: ((dimension, value), ...). Empty: everything."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a KPI slice shall reach, from a day on, in the KPI's unit."""

    kpi: str
    slice: Slice
    value: float
    valid_from: date
    who: str = ""
    why: str = ""

    @property
    def key(self) -> str:
        """What makes it the same target: KPI, slice, and the day it holds from."""
        where = "&".join(f"{dimension}={value}" for dimension, value in sorted(self.slice))
        return f"{self.kpi}|{where}|{self.valid_from.isoformat()}"


def put_target(store: Store, target: Target, *, who: str, when: datetime, why: str) -> None:
    """Record a target; the same KPI, slice and day again becomes a new version of it."""
    if target.value != target.value or target.value in (float("inf"), float("-inf")):
        raise UsageError("A target is a number. Enter one in the KPI's unit, such as 1.5.")
    store.records.put(
        RECORD_KIND,
        target.key,
        {
            "kpi": target.kpi,
            "slice": [list(pair) for pair in sorted(target.slice)],
            "value": target.value,
            "valid_from": target.valid_from.isoformat(),
        },
        who=who,
        when=when,
        why=why,
    )


def current_targets(store: Store) -> tuple[Target, ...]:
    """All targets in their latest version, by KPI, slice and day."""
    found = [
        Target(
            kpi=record.value["kpi"],
            slice=tuple((d, v) for d, v in record.value["slice"]),
            value=float(record.value["value"]),
            valid_from=date.fromisoformat(record.value["valid_from"]),
            who=record.who,
            why=record.why,
        )
        for record in store.records.current(RECORD_KIND)
    ]
    return tuple(sorted(found, key=lambda t: (t.kpi, t.slice, t.valid_from)))


def target_for(targets: Iterable[Target], kpi: str, chosen: Slice, day: date) -> Target | None:
    """The target that holds for a slice on a day; ``None`` where none does.

    A target of a wider slice holds for the narrower one too, unless that has its own: the one
    naming most dimensions wins, and of those the one in force latest. A slice that joins several
    values of a dimension is wider than each of them, so their targets do not hold for it.
    """
    inside = {pair for pair in chosen if sum(d == pair[0] for d, _ in chosen) == 1}
    fitting = [
        t for t in targets if t.kpi == kpi and t.valid_from <= day and set(t.slice) <= inside
    ]
    return max(fitting, key=lambda t: (len(t.slice), t.valid_from), default=None)
