"""Stops of machines, resolved: overlaps, planned time, production days, merged and micro-stops.

One table comes out, ``stop_minutes``: a row per stop and production day it touches. Everything a
downtime figure needs is a sum over it, and the sums balance to the minute (see ``stop_ledger``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from kpi.datasets import DOWNTIME, PROVENANCE
from kpi.measures.complete import complete, texts
from kpi.measures.intervals import (
    PER_MINUTE,
    Days,
    Instants,
    covered_before,
    from_clock,
    production_days,
)
from kpi.measures.planned import PlannedTime
from kpi.measures.stop_classes import PLANNED, STOP_CLASSES, UNPLANNED, classify

DIMENSIONS: Final = ("plant", "line", "machine", "shift", "product", "reason", "supplier")

START_END: Final = "start and end"
START_MINUTES: Final = "start and minutes"
END_MINUTES: Final = "end and minutes"
OPEN: Final = "open"
MINUTES_ONLY: Final = "minutes only"
END_BEFORE_START: Final = "end before start"
UNKNOWN: Final = "no duration"
TIMINGS: Final = (
    START_END, START_MINUTES, END_MINUTES, OPEN, END_BEFORE_START, MINUTES_ONLY, UNKNOWN,
)  # fmt: skip
"""How the minutes of a stop are known; those before ``MINUTES_ONLY`` are on the clock."""

_NUMBER: Final = {timing: number for number, timing in enumerate(TIMINGS)}

_TEXTS: Final = ("stop_class", "class_from", "timing")
_MINUTES: Final = (
    "recorded_min", "clock_diff_min", "open_min", "split_min", "overlap_min", "outside_min",
    "kept_min", "repair_min",
)  # fmt: skip
_COUNTS: Final = ("stops", "micro", "repairs")
_FLAGS: Final = ("open", "starts", "clipped")
COLUMNS: Final = (
    *DIMENSIONS, "day", *_TEXTS, *_MINUTES, *_COUNTS, *_FLAGS, *PROVENANCE,
)  # fmt: skip
"""The columns of ``stop_minutes``, in order."""

Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class StopChoices:
    """What a plant counts as a stop. Hashable, so that plants of equal choices go together."""

    production_day_start: time = time(0, 0)
    time_zone: str | None = None  # None: the clock on the wall, its changes unknown
    merge_gap_min: float = 0.0  # stops of one machine and class closer than this are one stop
    micro_stop_min: float = 5.0  # shorter ones are micro-stops, counted apart
    changeover_is_loss: bool = True
    no_demand_is_planned: bool = False  # True: time without demand is planned busy time, so a loss
    reason_classes: tuple[tuple[str, str], ...] = ()  # the plant's own table: reason, stop class

    def in_words(self) -> str:
        """The choices as sentences, to stand wherever a figure made with them is shown."""
        zone = f", time zone {self.time_zone}" if self.time_zone else ""
        merged = (
            f"Stops of one machine and class less than {self.merge_gap_min:g} min apart are one stop. "
            if self.merge_gap_min > 0
            else "Overlapping stops of one machine and class are one stop. "
        )
        return (
            f"The production day starts at {self.production_day_start:%H:%M}{zone}. {merged}"
            f"Stops under {self.micro_stop_min:g} min are micro-stops, counted apart. Changeovers are "
            f"{'a loss' if self.changeover_is_loss else 'no loss'}; time without demand is "
            f"{'a loss' if self.no_demand_is_planned else 'a planned stop'}."
        )


def resolve_stops(
    stops: pd.DataFrame,
    choices: StopChoices | Mapping[str, StopChoices],
    *,
    report_date: date,
    planned: PlannedTime | None = None,
) -> pd.DataFrame:
    """Resolve recorded stops into minutes that count once.

    Parameters
    ----------
    stops
        Rows of the dataset ``downtime`` with ``upload``, ``sheet``, ``row``; a column that is not
        there reads as missing. All stops of a machine belong in one call: a union needs its parts.
    choices
        What the plants count, one for all or per plant; a plant not named has the default choices.
    report_date
        Open stops (a start, neither end nor minutes) last until this production day ends.
    planned
        Planned time; minutes outside it are set apart. Where it says nothing, nothing is clipped.

    Returns
    -------
    DataFrame
        Columns ``COLUMNS``, a row per stop and production day (``day``), minutes as ``float``:

        - ``recorded_min``: as the file says, whole, on the day the stop starts; 0 while open;
        - ``clock_diff_min``: what it says beyond its own start and end; ``open_min``: time an open
          stop has lasted, which the file does not say; ``split_min``: minutes carried to later
          days (negative where they arrive);
        - ``overlap_min``, ``outside_min``, ``kept_min``: minutes of that day held by a stop that
          started before (of those that start together: planned, then changeover, then unplanned),
          outside planned time, and the rest; in every row
          ``recorded + open - clock_diff - split = overlap + outside + kept``;
        - ``stops``, ``micro``: 1 where a merged stop starts; a stop without a minute of its own is
          none. ``repairs``, ``repair_min``: the same for closed unplanned stops, with the minutes
          of the merged stop, planned time or not; ``starts`` marks the first row of each stop;
        - ``stop_class``, ``class_from`` (stated, reason, assumed), ``timing`` (of ``TIMINGS``),
          ``open``, ``clipped`` (planned time was known).
    """
    table = complete(stops, DOWNTIME)
    default = choices if isinstance(choices, StopChoices) else StopChoices()
    known = {} if isinstance(choices, StopChoices) else choices
    plants, names = pd.factorize(table["plant"])
    per_plant = [known.get(str(name), default) for name in names] or [default]
    parts = [
        _resolve(_where(table, plants, per_plant, choice), choice, report_date, planned)
        for choice in dict.fromkeys(per_plant)
    ]
    return pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]


def _where(
    table: pd.DataFrame, plants: Codes, per_plant: list[StopChoices], choice: StopChoices
) -> pd.DataFrame:
    if len(set(per_plant)) == 1:
        return table
    chosen = np.array([c == choice for c in per_plant])
    return table[chosen[plants]].reset_index(drop=True)


def _resolve(
    table: pd.DataFrame, choices: StopChoices, report_date: date, planned: PlannedTime | None
) -> pd.DataFrame:
    classes, class_from = classify(
        table,
        dict(choices.reason_classes),
        no_demand=UNPLANNED if choices.no_demand_is_planned else PLANNED,
    )
    table = table[[*DIMENSIONS, "date", "start", "end", "minutes", *PROVENANCE]]
    timing = _timing(table)
    on_clock = (timing < _NUMBER[MINUTES_ONLY]).to_numpy()
    table = table.assign(stop_class=classes, class_from=class_from, timing=timing)
    parts = [
        _timed(_only(table, on_clock), choices, report_date, planned),
        _untimed(_only(table, ~on_clock), choices),
    ]
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else parts[0]


def _only(table: pd.DataFrame, mask: npt.NDArray[np.bool_]) -> pd.DataFrame:
    return table if mask.all() else table[mask].reset_index(drop=True)


def _timing(table: pd.DataFrame) -> pd.Series:
    """How the minutes are known, as a position in ``TIMINGS``."""
    start, end, minutes = (table[name].notna() for name in ("start", "end", "minutes"))
    conditions = [start & end, start & minutes, end & minutes, start, minutes]
    words = [START_END, START_MINUTES, END_MINUTES, OPEN, MINUTES_ONLY]
    numbers = [_NUMBER[word] for word in words]
    return pd.Series(np.select(conditions, numbers, default=_NUMBER[UNKNOWN]))


@dataclass(slots=True)
class _Spans:
    """Stops on the clock, sorted by unit and by who takes shared minutes first."""

    row: Codes  # row of the table of stops
    timing: Codes  # position in TIMINGS
    unit: Codes
    rank: Codes  # position of the class in STOP_CLASSES
    start: Instants
    end: Instants
    own: Instants  # start of the minutes that no earlier stop holds; the end, where none is left


def _timed(
    table: pd.DataFrame, choices: StopChoices, report_date: date, planned: PlannedTime | None
) -> pd.DataFrame:
    if table.empty:
        return _untimed(table, choices)
    spans, days = _spans(table, choices, report_date)
    merged = _merged(spans, choices)
    # An open stop may reach over years that others hold: it begins where its own minutes begin.
    is_open = spans.timing == _NUMBER[OPEN]
    begin = np.where(is_open, spans.own, spans.start)
    first = days.of(begin)
    count = np.maximum(days.until(spans.end) - first, 0) + 1
    stop = np.repeat(np.arange(len(count)), count)
    nth = np.arange(len(stop)) - np.repeat(np.cumsum(count) - count, count)
    day = first[stop] + nth
    day_start, day_end = days.bounds[day], days.bounds[day + 1]
    piece_start = np.maximum(begin[stop], day_start)
    piece_end = np.maximum(np.minimum(spans.end[stop], day_end), piece_start)
    kept_start = np.clip(spans.own[stop], piece_start, piece_end)
    overlap = kept_start - piece_start
    overlap[nth == 0] += begin - spans.start  # only open stops begin later than they start
    kept = piece_end - kept_start
    inside, clipped = kept, np.zeros(len(stop), dtype=bool)
    if planned is not None:
        plan = planned.plan(table, choices.time_zone)
        inside, clipped = plan.inside(spans.row[stop], kept_start, piece_end)
        limits = plan.limits(spans.row[stop], days.dates(day))
        inside = _limited(inside, spans.unit[stop], day, limits)
    starts = nth == 0
    clock = spans.end - spans.start
    stated = table["minutes"].to_numpy()[spans.row]
    recorded = np.where(np.isnan(stated), clock / PER_MINUTE, stated)
    recorded[is_open] = 0.0
    whole = {
        "recorded_min": recorded,
        "clock_diff_min": np.where(is_open, 0.0, recorded - clock / PER_MINUTE),
        "open_min": np.where(is_open, clock / PER_MINUTE, 0.0),
        **merged,
    }
    minutes = {
        "split_min": (np.where(starts, clock[stop], 0) - overlap - kept) / PER_MINUTE,
        "overlap_min": overlap / PER_MINUTE,
        "outside_min": (kept - inside) / PER_MINUTE,
        "kept_min": inside / PER_MINUTE,
    }
    carried = table[[*DIMENSIONS, "stop_class", "class_from", *PROVENANCE]]
    pieces = carried.take(spans.row[stop]).reset_index(drop=True)
    return pieces.assign(
        day=days.dates(day),
        timing=texts(spans.timing[stop], TIMINGS),
        **minutes,
        **{name: np.where(starts, values[stop], 0) for name, values in whole.items()},
        open=is_open[stop],
        starts=starts,
        clipped=clipped,
    ).loc[:, list(COLUMNS)]


def _limited(inside: Instants, unit: Codes, day: Codes, limit: Instants) -> Instants:
    """Minutes inside planned time, the first of a machine's day first, up to the day's limit."""
    if limit.min() == np.iinfo(np.int64).max:
        return inside
    table = pd.DataFrame({"unit": unit, "day": day, "inside": inside})
    before = table.groupby(["unit", "day"], sort=False)["inside"].cumsum().to_numpy() - inside
    return np.asarray(np.clip(limit - before, 0, inside), dtype=np.int64)


def _spans(table: pd.DataFrame, choices: StopChoices, report_date: date) -> tuple[_Spans, Days]:
    start, end = from_clock(table["start"], table["end"], table["minutes"], choices.time_zone)
    timing = table["timing"].to_numpy(dtype=np.int64)
    lasting = np.rint(np.maximum(table["minutes"].fillna(0).to_numpy(), 0) * PER_MINUTE)
    lasting = lasting.astype(np.int64)
    start = np.where(timing == _NUMBER[END_MINUTES], end - lasting, start)
    backwards = (timing == _NUMBER[START_END]) & (end < start)
    end = np.where((timing == _NUMBER[START_MINUTES]) | backwards, start + lasting, end)
    timing = np.where(backwards, _NUMBER[END_BEFORE_START], timing)
    is_open = timing == _NUMBER[OPEN]
    closed_end = np.where(is_open, start, end)
    days = _all_days(start, closed_end, report_date, choices)
    report_end = days.bounds[(report_date - date(1970, 1, 1)).days - days.first + 1]
    end = np.where(is_open, np.maximum(report_end, start), end)
    unit = _units(table)
    rank = pd.Categorical(table["stop_class"], categories=STOP_CLASSES).codes.astype(np.int64)
    order = np.lexsort((table["row"].fillna(0).to_numpy(), -end, rank, start, unit))
    unit, rank, start, end = unit[order], rank[order], start[order], end[order]
    timing = timing[order]
    own = np.minimum(np.maximum(start, covered_before(unit, start, end)), end)
    return _Spans(order, timing, unit, rank, start, end, own), days


def _all_days(start: Instants, end: Instants, report_date: date, choices: StopChoices) -> Days:
    low = np.datetime64(int(start.min()), "us").astype("datetime64[D]").astype(date)
    high = np.datetime64(int(end.max()), "us").astype("datetime64[D]").astype(date)
    margin = timedelta(days=2)  # a day for the zone, a day for the hour the production day starts
    return production_days(
        min(low, report_date) - margin,
        max(high, report_date) + margin,
        choices.production_day_start,
        choices.time_zone,
    )


def _units(table: pd.DataFrame) -> Codes:
    """A code per machine, else line, else plant: what cannot stop twice at once.

    A machine is told apart by its line only where its name occurs on several lines of its plant.
    """
    plant, line, machine = (
        pd.factorize(table[name])[0].astype(np.int64) for name in ("plant", "line", "machine")
    )
    keys = pd.DataFrame({"plant": plant, "line": line, "machine": machine})
    named = keys[(keys["line"] >= 0) & (keys["machine"] >= 0)].drop_duplicates()
    lines = named.groupby(["plant", "machine"]).size().rename("lines")
    several = keys.join(lines, on=["plant", "machine"])["lines"].to_numpy() > 1
    keys["line"] = np.where((machine >= 0) & ~several, -1, line)
    code = keys.groupby(["plant", "line", "machine"], sort=False).ngroup()
    return np.asarray(code, dtype=np.int64)


def _merged(spans: _Spans, choices: StopChoices) -> dict[str, npt.NDArray[np.float64]]:
    """Counts of merged stops, on the first of each: stops, micro-stops, repairs with their minutes."""
    order = np.lexsort((spans.start, spans.rank, spans.unit))
    rank, start, end = spans.rank[order], spans.start[order], spans.end[order]
    group = spans.unit[order] * len(STOP_CLASSES) + rank
    gap = start - covered_before(group, start, end)
    first = np.r_[True, group[1:] != group[:-1]]
    heads = np.flatnonzero(first | ((gap >= 0) & (gap >= choices.merge_gap_min * PER_MINUTE)))
    minutes = np.add.reduceat((spans.end - spans.own)[order], heads) / PER_MINUTE
    is_open = np.add.reduceat((spans.timing == _NUMBER[OPEN])[order].astype(int), heads) > 0
    real = minutes > 0
    micro = real & ~is_open & (minutes < choices.micro_stop_min)
    repaired = real & ~is_open & ~micro & (rank[heads] == STOP_CLASSES.index(UNPLANNED))
    counts = {
        "stops": (real & ~micro).astype(float),
        "micro": micro.astype(float),
        "repairs": repaired.astype(float),
        "repair_min": np.where(repaired, minutes, 0.0),
    }
    placed = {name: np.zeros(len(order)) for name in counts}
    for name, values in counts.items():
        placed[name][order[heads]] = values
    return placed


def _untimed(table: pd.DataFrame, choices: StopChoices) -> pd.DataFrame:
    """Stops known by their minutes alone: whole on their date, no overlap to be seen."""
    recorded = table["minutes"].fillna(0.0).to_numpy()
    kept = np.maximum(recorded, 0.0)
    micro = (kept > 0) & (kept < choices.micro_stop_min)
    counted = (kept > 0) & ~micro
    repaired = counted & (table["stop_class"] == UNPLANNED).to_numpy()
    nothing = np.zeros(len(table))
    return table.assign(
        day=table["date"],
        timing=texts(table["timing"].to_numpy(dtype=np.int64), TIMINGS),
        recorded_min=recorded,
        clock_diff_min=recorded - kept,
        open_min=nothing,
        split_min=nothing,
        overlap_min=nothing,
        outside_min=nothing,
        kept_min=kept,
        repair_min=np.where(repaired, kept, 0.0),
        stops=counted.astype(float),
        micro=micro.astype(float),
        repairs=repaired.astype(float),
        open=False,
        starts=True,
        clipped=False,
    ).loc[:, list(COLUMNS)]
