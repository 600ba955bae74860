"""Planned time as windows on the clock, and how much of a stop lies inside it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from kpi.measures.intervals import Instants, Mask, Windows, instants, windows
from kpi.settings import PlantSettings


@dataclass(frozen=True, eq=False, slots=True)
class PlannedTime:
    """When the machines of plants are planned to run.

    ``windows`` has ``plant``, ``start``, ``end`` (naive local times) and, where they differ within
    a plant, ``line`` and ``machine``; the windows of a machine go before those of its line, those
    before the plant's. ``known`` says from which day to which a plant's plan holds, both included;
    a plant not named there: from its first window to the end of its last. Outside these days
    nothing is clipped.
    """

    windows: pd.DataFrame
    known: Mapping[str, tuple[date, date]] = field(default_factory=dict)

    def plan(self, units: pd.DataFrame, zone: str | None) -> "UnitPlans":
        """The plan of each row of a table with ``plant``, ``line`` and ``machine``."""
        plans = _plans(self, zone)
        return UnitPlans(list(plans.values()), _plan_of(units, list(plans)))


def planned_time(plants: Iterable[PlantSettings], first: date, last: date) -> PlannedTime:
    """The planned windows of plants that state their shifts, from a day to a day, both included.

    Closed days have no shift. A plant that states minutes a day but no shifts has no windows: when
    they lie is not known, so its stops are not clipped.
    """
    rows: list[dict[str, object]] = []
    known = {}
    for plant in plants:
        if not plant.shifts:
            continue
        begins = max(first, plant.planned_from or first)
        known[plant.name] = (begins, last)
        # From the eve of the first day on: a night shift may begin before it and reach into it.
        for day in (begins + timedelta(days=n) for n in range(-1, (last - begins).days + 1)):
            if day in plant.closed_days:
                continue
            for shift in plant.shifts:
                if day.weekday() in shift.weekdays:
                    start = datetime.combine(day, shift.start)
                    end = datetime.combine(
                        day + timedelta(days=int(shift.end <= shift.start)), shift.end
                    )
                    rows.append({"plant": plant.name, "start": start, "end": end})
    return PlannedTime(pd.DataFrame(rows, columns=["plant", "start", "end"]), known)


@dataclass(frozen=True, eq=False, slots=True)
class UnitPlans:
    """The plans that hold for the rows of a table of stops, each with the instants it is known for."""

    plans: list[tuple[Windows, int, int]]
    number: npt.NDArray[np.int64]  # per row, the position in ``plans``; -1: no plan

    def inside(
        self, row: npt.NDArray[np.int64], start: Instants, end: Instants
    ) -> tuple[Instants, Mask]:
        """How much of each interval is planned, and whether a plan was known for it.

        ``row`` is the row an interval belongs to. Without a known plan all of it counts as planned.
        """
        inside, clipped = end - start, np.zeros(len(start), dtype=bool)
        number = self.number[row]
        order = np.argsort(number, kind="stable")
        bounds = np.searchsorted(number[order], np.arange(len(self.plans) + 1))
        for (plan, first, last), low, high in zip(self.plans, bounds[:-1], bounds[1:], strict=True):
            here = order[low:high]
            here = here[(start[here] >= first) & (start[here] < last)]
            inside[here] = plan.inside(start[here], end[here])
            clipped[here] = True
        return inside, clipped


_Key = tuple[str, str | None, str | None]  # plant, line, machine


def _plans(planned: PlannedTime, zone: str | None) -> dict[_Key, tuple[Windows, int, int]]:
    """The windows per plant, line or machine that states its own, with the instants known."""
    table = planned.windows.reindex(columns=["plant", "line", "machine", "start", "end"])
    plans: dict[_Key, tuple[Windows, int, int]] = {}
    for values, rows in table.groupby(["plant", "line", "machine"], dropna=False, sort=False):
        key = _key(*values)
        plan = windows(instants(rows["start"], zone), instants(rows["end"], zone))
        if key[0] in planned.known:
            first, last = planned.known[key[0]]
            days = pd.Series(pd.to_datetime([first, last + timedelta(days=1)]))
            known = instants(days, zone)
        elif len(plan.starts):
            known = np.array([plan.starts[0], plan.starts[-1] + plan.lengths[-1]])
        else:
            continue
        plans[key] = (plan, int(known[0]), int(known[1]))
    return plans


def _plan_of(units: pd.DataFrame, keys: list[_Key]) -> npt.NDArray[np.int64]:
    """The position in ``keys`` of the plan of each row: its machine's, line's, plant's; else -1."""
    position = {key: number for number, key in enumerate(keys)}
    names = units[["plant", "line", "machine"]]
    distinct = names.drop_duplicates()
    code = names.groupby(list(names), dropna=False, sort=False).ngroup().to_numpy(dtype=np.int64)
    found = []
    for plant, line, machine in distinct.itertuples(index=False, name=None):
        own = _key(plant, line, machine)
        order = (own, (own[0], None, own[2]), (own[0], own[1], None), (own[0], None, None))
        found.append(next((position[key] for key in order if key in position), -1))
    return np.array(found, dtype=np.int64)[code]


def _key(plant: object, line: object, machine: object) -> _Key:
    return (
        str(plant),
        None if pd.isna(line) else str(line),  # type: ignore[call-overload]
        None if pd.isna(machine) else str(machine),  # type: ignore[call-overload]
    )
