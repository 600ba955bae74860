"""Planned time as windows on the clock, and how much of a stop lies inside it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from kpi.measures.intervals import PER_MINUTE, Instants, Mask, Windows, instants, windows
from kpi.settings import PlantSettings, Week


@dataclass(frozen=True, eq=False, slots=True)
class PlannedTime:
    """When the machines of plants are planned to run.

    ``windows`` has ``plant``, ``start``, ``end`` (naive local times) and, where they differ within
    a plant, ``line`` and ``machine``; the windows of a machine go before those of its line, those
    before the plant's. ``known`` says from which day to which a plant's plan holds, both included;
    a plant not named there: from its first window to the end of its last. Outside these days
    nothing is clipped. ``limits`` has, per plant and line (``None``: its other lines), the planned
    minutes of production days where only their number is known, not when they lie: no more than
    that can be lost by a machine on that day.
    """

    windows: pd.DataFrame
    known: Mapping[str, tuple[date, date]] = field(default_factory=dict)
    limits: Mapping[tuple[str, str | None], Mapping[date, float]] = field(default_factory=dict)

    def plan(self, units: pd.DataFrame, zone: str | None) -> "UnitPlans":
        """The plan of each row of a table with ``plant``, ``line`` and ``machine``."""
        plans = _plans(self, zone)
        return UnitPlans(list(plans.values()), _plan_of(units, list(plans)))


def planned_time(plants: Iterable[PlantSettings], first: date, last: date) -> PlannedTime:
    """The planned time of plants by their settings, from a day to a day, both included.

    Shifts are windows. Where only minutes a day are stated (of a plant or a line), production days
    with any are windows as a whole, with these minutes as their limit. Closed days have neither. A
    plant that states nothing is not in it, so that its stops are not clipped.
    """
    rows: list[tuple[str, str | None, datetime, datetime]] = []
    known, limits = {}, {}
    for plant in plants:
        lines = [line for line, _ in plant.line_minutes]
        begins = max(first, plant.planned_from or first)
        # From the eve of the first day on: a night shift may begin before it and reach into it.
        days = [begins + timedelta(days=n) for n in range(-1, (last - begins).days + 1)]
        open_days = [day for day in days if day not in plant.closed_days]
        for line in [None, *lines] if plant.has_calendar else lines:
            week = plant.week(line)
            if week is None:
                continue
            by_shift = line is None and bool(plant.shifts)
            spans = _shift_spans if by_shift else _day_spans
            rows += [(plant.name, line, *span) for span in spans(plant, week, open_days)]
            if not by_shift or plant.planned_minutes is not None:
                limits[plant.name, line] = {
                    day: week[day.weekday()] for day in open_days if day >= begins
                }
            known[plant.name] = (begins, last)
    columns = ["plant", "line", "start", "end"]
    return PlannedTime(pd.DataFrame(rows, columns=columns), known, limits)


_Spans = list[tuple[datetime, datetime]]


def _shift_spans(plant: PlantSettings, _: Week, days: list[date]) -> _Spans:
    return [
        (
            datetime.combine(day, shift.start),
            datetime.combine(day + timedelta(days=int(shift.end <= shift.start)), shift.end),
        )
        for day in days
        for shift in plant.shifts
        if day.weekday() in shift.weekdays
    ]


def _day_spans(plant: PlantSettings, week: Week, days: list[date]) -> _Spans:
    hour = plant.production_day_start
    return [
        (datetime.combine(day, hour), datetime.combine(day + timedelta(days=1), hour))
        for day in days
        if week[day.weekday()] > 0
    ]


@dataclass(frozen=True, eq=False, slots=True)
class UnitPlans:
    """The plans that hold for the rows of a table of stops, each with the instants it is known for."""

    plans: "list[_Plan]"
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
        for plan, low, high in zip(self.plans, bounds[:-1], bounds[1:], strict=True):
            here = order[low:high]
            here = here[(start[here] >= plan.first) & (start[here] < plan.last)]
            inside[here] = plan.windows.inside(start[here], end[here])
            clipped[here] = True
        return inside, clipped

    def limits(
        self, row: npt.NDArray[np.int64], day: npt.NDArray[np.datetime64]
    ) -> npt.NDArray[np.int64]:
        """The planned time of the production day, per row and day; the greatest integer: no limit."""
        none = np.iinfo(np.int64).max
        limit = np.full(len(row), none, dtype=np.int64)
        number = self.number[row]
        for n, plan in enumerate(self.plans):
            if plan.limit is None:
                continue
            here = np.flatnonzero(number == n)
            known = plan.limit.reindex(pd.DatetimeIndex(day[here])).to_numpy(dtype=float)
            stated = ~np.isnan(known)
            limit[here[stated]] = np.rint(known[stated] * PER_MINUTE)
        return limit


_Key = tuple[str, str | None, str | None]  # plant, line, machine


@dataclass(frozen=True, eq=False, slots=True)
class _Plan:
    windows: Windows
    first: int  # instants from which and up to which the plan is known
    last: int
    limit: pd.Series | None  # planned minutes by production day


def _plans(planned: PlannedTime, zone: str | None) -> dict[_Key, _Plan]:
    """The windows per plant, line or machine that states its own, with the instants known."""
    table = planned.windows.reindex(columns=["plant", "line", "machine", "start", "end"])
    groups = table.groupby(["plant", "line", "machine"], dropna=False, sort=False)
    spans = {_key(*values): rows for values, rows in groups}
    for plant, line in planned.limits:  # a line that is never planned has no window
        spans.setdefault((plant, line, None), table.iloc[:0])
    plans: dict[_Key, _Plan] = {}
    for key, rows in spans.items():
        plan = windows(instants(rows["start"], zone), instants(rows["end"], zone))
        if key[0] in planned.known:
            first, last = planned.known[key[0]]
            days = pd.Series(pd.to_datetime([first, last + timedelta(days=1)]))
            known = instants(days, zone)
        elif len(plan.starts):
            known = np.array([plan.starts[0], plan.starts[-1] + plan.lengths[-1]])
        else:
            continue
        plans[key] = _Plan(plan, int(known[0]), int(known[1]), _limit(planned, key))
    return plans


def _limit(planned: PlannedTime, key: _Key) -> pd.Series | None:
    minutes = planned.limits.get(key[:2]) if key[2] is None else None
    if minutes is None:
        return None
    days = pd.to_datetime(list(minutes)).astype("datetime64[us]")
    return pd.Series(list(minutes.values()), index=days, dtype=float)


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
