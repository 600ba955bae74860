"""The stops of the sample plants, and the minutes their machines were planned and ran."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final

import numpy as np
import pandas as pd
from sample_calendar import (
    DAY_STARTS_AT,
    FIRST,
    MONTHS,
    WORKING_DAYS,
    month_of,
    production_day,
    shift_number,
    stream,
)
from sample_production import LINES, SHIFTS, runs_on

HYDRAULICS_MENDED: Final = date(2025, 6, 27)  # Press 1: hoses and seals of both presses renewed
NEVER_UPLOADED: Final = "2025-09"  # stops of Riverside
PLANNED_MIN_PER_DAY: Final = 1350  # three shifts of eight hours, half an hour's break in each
OVERLAP_SHARE: Final = 0.015  # stops booked a second time while the first was still open


@dataclass(frozen=True)
class Cause:
    """A reason to stop: how often per machine and month, for how long (median minutes), its class."""

    reason: str
    per_month: float
    minutes: float
    spread: float  # sd of the logarithm of the minutes
    stop_class: str  # planned | unplanned | changeover


CAUSES: Final = {
    "Nordhafen": (
        Cause("Elektrik", 2.0, 95, 0.6, "unplanned"),
        Cause("Material fehlt", 2.6, 55, 0.6, "unplanned"),
        Cause("Teil verklemmt", 3.0, 26, 0.5, "unplanned"),
        Cause("Kurzstillstand", 2.0, 3, 0.3, "unplanned"),
        Cause("Werkzeugwechsel", 5.0, 75, 0.3, "changeover"),
        Cause("Wartung", 1.0, 150, 0.2, "planned"),
    ),
    "Riverside": (
        Cause("Mold protection", 3.6, 28, 0.5, "unplanned"),
        Cause("Robot fault", 2.6, 70, 0.6, "unplanned"),
        Cause("Material dryer", 1.2, 120, 0.6, "unplanned"),
        Cause("Operator absent", 1.4, 40, 0.4, "unplanned"),
        Cause("Mold change", 5.0, 85, 0.3, "changeover"),
        Cause("Preventive maintenance", 1.0, 120, 0.2, "planned"),
    ),
}
HYDRAULICS: Final = Cause("Hydraulik", 9.0, 80, 0.4, "unplanned")
HYDRAULICS_AFTER: Final = 1.2  # stops per machine and month since they were mended


def _causes(plant: str, line: str, month: str) -> tuple[Cause, ...]:
    if (plant, line) != ("Nordhafen", "Press 1"):
        return CAUSES[plant]
    mended = month > month_of(HYDRAULICS_MENDED)
    often = HYDRAULICS_AFTER if mended else HYDRAULICS.per_month
    return (*CAUSES[plant], replace(HYDRAULICS, per_month=often))


Row = tuple[str, str, str, datetime, datetime, str, str]


def _draw(
    where: tuple[str, str, str], cause: Cause, day: date, rng: np.random.Generator
) -> Iterable[Row]:
    """One stop on a day, and now and then its second booking a few minutes later."""
    minutes = max(1.0, round(float(cause.minutes * np.exp(rng.normal(0, cause.spread))), 0))
    begins = datetime.combine(day, time(DAY_STARTS_AT)) + timedelta(minutes=int(rng.integers(1380)))
    ends = begins + timedelta(minutes=minutes)
    unknown = cause.stop_class == "unplanned" and rng.random() < 0.05
    yield (*where, begins, ends, cause.stop_class, "" if unknown else cause.reason)
    if minutes > 20 and rng.random() < OVERLAP_SHARE:
        late = begins + timedelta(minutes=10)
        yield (*where, late, ends + timedelta(minutes=5), cause.stop_class, cause.reason)


def stops(plant: str) -> pd.DataFrame:
    """Every stop of a plant: plant, line, machine, start, end, stop_class, reason, shift, event.

    Local times, whole minutes; some stops of one machine overlap, some run past six in the morning
    into the next production day (``day``). See ``uploaded`` for what of it reached an export.
    """
    rng = stream(f"downtime/{plant}")
    rows: list[Row] = []
    for line in LINES[plant]:
        for machine in line.machines:
            where = (plant, line.name, machine)
            for month in MONTHS:
                days = [d for d in WORKING_DAYS if month_of(d) == month and runs_on(line.name, d)]
                if not days:
                    continue
                for cause in _causes(plant, line.name, month):
                    for _ in range(int(rng.poisson(cause.per_month))):
                        rows += _draw(where, cause, days[int(rng.integers(len(days)))], rng)
                # Every month begins and ends with a look at the machine, so each is seen to be whole.
                if machine == LINES[plant][0].machines[0]:
                    check = CAUSES[plant][-1]
                    rows += _draw(where, check, days[0], rng)
                    rows += _draw(where, check, days[-1], rng)
    names = ["plant", "line", "machine", "start", "end", "stop_class", "reason"]
    table = pd.DataFrame(rows, columns=names)
    table = table.sort_values(["start", "machine"], kind="stable", ignore_index=True)
    table["day"] = [production_day(at) for at in table["start"]]
    table["shift"] = [SHIFTS[plant][shift_number(at)] for at in table["start"]]
    prefix = {"Nordhafen": 70_000_000, "Riverside": 5_000}[plant]
    table["event"] = [str(prefix + n) for n in range(len(table))]
    return table


def uploaded(table: pd.DataFrame) -> pd.DataFrame:
    """The stops that reached an export: without the month that Riverside never uploaded."""
    started = table["start"].dt.strftime("%Y-%m") == NEVER_UPLOADED
    counted = pd.Series([month_of(d) == NEVER_UPLOADED for d in table["day"]], table.index)
    kept: pd.DataFrame = table[~((table["plant"] == "Riverside") & (started | counted))]
    return kept


def _union_by_day(table: pd.DataFrame) -> dict[tuple[str, date], float]:
    """Minutes per machine and production day in which at least one of the stops was open."""
    minutes: dict[tuple[str, date], float] = {}
    for machine, of_machine in table.sort_values("start", kind="stable").groupby("machine"):
        free = datetime.combine(FIRST, time())
        for start, end in zip(of_machine["start"], of_machine["end"], strict=True):
            at = max(start.to_pydatetime(), free)
            while at < end:
                day = production_day(at)
                midnight = datetime.combine(day + timedelta(days=1), time(DAY_STARTS_AT))
                until = min(end.to_pydatetime(), midnight)
                key = (str(machine), day)
                minutes[key] = minutes.get(key, 0.0) + (until - at).total_seconds() / 60
                at = until
            free = max(free, end.to_pydatetime())
    return minutes


def running_time(plant: str, table: pd.DataFrame) -> pd.DataFrame:
    """Planned and running minutes per machine and working day: date, plant, line, machine, planned_min, run_min.

    Planned maintenance lessens the planned minutes; unplanned stops and changeovers are the loss
    between planned and run. A shut line has rows of zero planned minutes: not scheduled, and said.
    """
    lost = _union_by_day(table[table["stop_class"] != "planned"])
    kept_free = _union_by_day(table[table["stop_class"] == "planned"])
    rows = []
    for day in WORKING_DAYS:
        for line in LINES[plant]:
            for machine in line.machines:
                planned = float(PLANNED_MIN_PER_DAY * runs_on(line.name, day))
                planned = max(0.0, planned - kept_free.get((machine, day), 0.0))
                run = max(0.0, planned - lost.get((machine, day), 0.0))
                rows.append((day, plant, line.name, machine, planned, run))
    return pd.DataFrame(
        rows, columns=["date", "plant", "line", "machine", "planned_min", "run_min"]
    )
