"""The loss-time ledger, what failures cost, and what is to be said about resolved stops."""

from collections.abc import Sequence
from typing import Final

import pandas as pd

from kpi.measures.stop_classes import CHANGEOVER, PLANNED, UNPLANNED, ClassFrom
from kpi.measures.stops import (
    END_BEFORE_START,
    MINUTES_ONLY,
    UNKNOWN,
)

LEDGER_STEPS: Final = (
    ("recorded_min", +1, "recorded by the file"),
    ("open_min", +1, "lasted so far, of stops still open"),
    ("clock_diff_min", -1, "recorded beyond the stop's own start and end"),
    ("split_min", -1, "carried to other production days"),
    ("overlap_min", -1, "overlapping a stop that began before"),
    ("outside_min", -1, "outside planned time"),
    ("planned_min", -1, "planned stops"),
    ("changeover_min", -1, "changeovers"),
)
"""The way from recorded to lost minutes: column, sign, words. What is left is ``unplanned_min``."""

LONG_OPEN_MIN: Final = 7 * 1440
"""An open stop older than a week is asked about: its end may have been forgotten."""


def loss_ledger(stop_minutes: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """Minutes from recorded to lost, per group; it balances to the minute.

    Parameters
    ----------
    stop_minutes
        The result of ``resolve_stops``, filtered as one likes.
    by
        Columns to group by; none: one row for all. A missing value is a group of its own.

    Returns
    -------
    DataFrame
        ``by``, then in minutes the columns of ``LEDGER_STEPS`` and ``unplanned_min``, with
        ``recorded + open - clock_diff - split - overlap - outside - planned - changeover =
        unplanned``, row by row.
    """
    kept = stop_minutes["kept_min"]
    columns = {
        "planned_min": kept.where(stop_minutes["stop_class"] == PLANNED, 0.0),
        "changeover_min": kept.where(stop_minutes["stop_class"] == CHANGEOVER, 0.0),
        "unplanned_min": kept.where(stop_minutes["stop_class"] == UNPLANNED, 0.0),
    }
    wanted = [name for name, _, _ in LEDGER_STEPS] + ["unplanned_min"]
    return _sums(stop_minutes.assign(**columns), by, wanted)


def failures(
    stop_minutes: pd.DataFrame,
    planned: pd.DataFrame,
    by: Sequence[str] = (),
    *,
    changeover_is_loss: bool = True,
) -> pd.DataFrame:
    """Sums behind availability, MTBF and MTTR per group.

    Parameters
    ----------
    stop_minutes
        The result of ``resolve_stops``.
    planned
        Planned busy time: ``by`` and ``planned_min``, in minutes, from the dataset ``running_time``
        or the plant's calendar. A group without it gets missing values, never zero.
    by
        Columns to group by, in both tables.

    Returns
    -------
    DataFrame
        ``by``, ``planned_min``, ``loss_min`` (unplanned kept, and changeovers where they are a
        loss), ``operating_min`` (planned less unplanned kept, not below 0), ``failures`` (unplanned
        stops, micro-stops apart, the open ones included), ``open_failures``, ``repairs`` and
        ``repair_min`` (closed ones only). MTBF is operating over failures, MTTR repair over
        repairs: the caller divides.
    """
    unplanned = stop_minutes["stop_class"] == UNPLANNED
    kept = stop_minutes["kept_min"]
    lost = unplanned | ((stop_minutes["stop_class"] == CHANGEOVER) & changeover_is_loss)
    counted = stop_minutes["stops"].where(unplanned, 0.0)
    table = stop_minutes.assign(
        loss_min=kept.where(lost, 0.0),
        unplanned_min=kept.where(unplanned, 0.0),
        failures=counted,
        open_failures=counted.where(stop_minutes["open"], 0.0),
    )
    names = ["loss_min", "unplanned_min", "failures", "open_failures", "repairs", "repair_min"]
    sums = _sums(table, by, names)
    minutes = _sums(planned, by, ["planned_min"])
    joined = sums.merge(minutes, on=list(by), how="outer") if by else sums.join(minutes)
    joined[names] = joined[names].fillna(0.0)
    joined["operating_min"] = (joined["planned_min"] - joined["unplanned_min"]).clip(lower=0.0)
    return joined[
        [
            *by, "planned_min", "loss_min", "operating_min", "failures", "open_failures",
            "repairs", "repair_min",
        ]
    ]  # fmt: skip


def _sums(table: pd.DataFrame, by: Sequence[str], names: list[str]) -> pd.DataFrame:
    if not by:
        return table[names].sum().astype(float).to_frame().T
    return (
        table.groupby(list(by), dropna=False, observed=True)[names].sum(min_count=1).reset_index()
    )


NAMED: Final = 5
"""Reasons of no known class that are named, the most frequent first."""


def stop_notes(stop_minutes: pd.DataFrame) -> tuple[str, ...]:
    """What must be said beside figures made from these stops, a sentence each, in fixed order."""
    first = stop_minutes[stop_minutes["starts"]]
    timed = first["timing"] != MINUTES_ONLY
    return tuple(
        note
        for note in (
            _disagreeing(first),
            _untimed(first[~timed]),
            _assumed(first),
            _open(first[first["open"]]),
            _counted(first["timing"] == END_BEFORE_START, "{} before the start: only recorded minutes count.",
                     "stop ends", "stops end"),
            _counted(first["timing"] == UNKNOWN, "{} neither a duration nor a start: no minutes.",
                     "stop has", "stops have"),
            _unclipped(first[timed]),
        )
        if note
    )  # fmt: skip


def _counted(mask: pd.Series, words: str, one: str, many: str) -> str:
    count = int(mask.sum())
    return words.format(f"{count:,} {one if count == 1 else many}") if count else ""


def _disagreeing(first: pd.DataFrame) -> str:
    apart = first[first["clock_diff_min"].abs() > 1.0]
    recorded = apart["recorded_min"].sum()
    clock = recorded - apart["clock_diff_min"].sum()
    words = (
        f"{{}} another duration than start and end: recorded says {recorded:,.0f} min, the clock says "
        f"{clock:,.0f} min. Recorded downtime takes the first, downtime hours the second."
    )
    return _counted(pd.Series(True, index=apart.index), words, "stop records", "stops record")


def _untimed(rows: pd.DataFrame) -> str:
    words = (
        "{} a duration but no start: counted whole on the date, overlap and planned time unchecked "
        f"({rows['recorded_min'].sum():,.0f} min)."
    )
    return _counted(pd.Series(True, index=rows.index), words, "stop has", "stops have")


def _assumed(first: pd.DataFrame) -> str:
    assumed = first["class_from"] == ClassFrom.ASSUMED.value
    reasons = (
        first.loc[assumed, "reason"].dropna().value_counts().index[:NAMED].astype(str).tolist()
    )
    listed = ", ".join(reason[:40] for reason in reasons).replace("{", "{{").replace("}", "}}")
    named = f" ({listed}; say in the settings, downtime.reasons)" if reasons else ""
    return _counted(
        assumed,
        f"{{}} not stated as planned or unplanned, by class or reason: counted as unplanned{named}.",
        "stop is",
        "stops are",
    )


def _open(rows: pd.DataFrame) -> str:
    words = (
        "{} still open and counted up to the report date "
        f"({rows['open_min'].sum():,.0f} min), without repair time."
    )
    old = rows["open_min"] > LONG_OPEN_MIN
    doubt = _counted(old, " {} open for over a week: was the end forgotten?", "is", "are")
    note = _counted(pd.Series(True, index=rows.index), words, "stop is", "stops are")
    return note + doubt


def _unclipped(rows: pd.DataFrame) -> str:
    plants = sorted(set(rows.loc[~rows["clipped"].astype(bool), "plant"].dropna().astype(str)))
    if not plants:
        return ""
    names = ", ".join(plants[:5]) + (f" and {len(plants) - 5} more" if len(plants) > 5 else "")
    return (
        f"No planned time is known for some or all stops of {names}: those are not clipped to it."
    )
