"""The loss-time ledger of a source: from minutes recorded to minutes lost, seen through a filter."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import pandas as pd

from kpi.measures.evaluate import scope_of
from kpi.measures.question import SeriesQuestion
from kpi.measures.resolved import stop_choices, stop_minutes
from kpi.measures.source import FactSource
from kpi.measures.stop_ledger import LEDGER_STEPS, loss_ledger, stop_notes
from kpi.settings import Settings

_LEFT: Final = ("unplanned_min", "Lost", "unplanned minutes kept: what downtime counts")
_LABELS: Final = {
    "recorded_min": "Recorded",
    "open_min": "Still open",
    "clock_diff_min": "Beyond start and end",
    "split_min": "Carried to other days",
    "overlap_min": "Overlapping",
    "outside_min": "Outside planned time",
    "planned_min": "Planned stops",
    "changeover_min": "Changeovers",
}


@dataclass(frozen=True)
class Losses:
    """Lines of (label, minutes, what it is), signed so that they add up to the last one."""

    lines: tuple[tuple[str, float, str], ...]
    notes: tuple[str, ...]


def loss_ledger_of(
    source: FactSource,
    settings: Settings,
    *,
    where: Sequence[tuple[str, str]] = (),
    first: date | None = None,
    last: date | None = None,
    as_of: date | None = None,
) -> Losses:
    """Minutes recorded, still open, overlapping, outside planned time, planned, and what is left.

    By production day: minutes of a stop that crosses midnight stand on the day they fall in.
    """
    question = SeriesQuestion("downtime_hours", "all", (), tuple(where), first, last, as_of)
    question = question.normalised()
    report_date = as_of or source.data_date(("downtime",))
    if report_date is None:
        return Losses((), ("There are no stops yet.",))
    scope = scope_of(source, question, settings, report_date)
    rows = stop_minutes(source, settings, report_date).to_pandas()
    days = pd.to_datetime(rows["day"])
    chosen = pd.Series(True, index=rows.index)
    if first is not None:
        chosen &= days >= pd.Timestamp(first)
    if scope.last is not None:
        chosen &= days <= pd.Timestamp(scope.last)
    for dim in dict.fromkeys(d for d, _ in question.where):
        if dim not in rows:
            return Losses((), (f"Stops are not recorded by {dim}.",))
        values = question.allowed(dim)
        codes = rows[dim].astype(object)
        is_one = codes.isin(scope.names.codes(dim, values))
        chosen &= is_one | codes.isna() if "" in values else is_one
    mine = rows[chosen]
    sums = loss_ledger(mine).iloc[0]
    steps = [(_LABELS.get(n, n), sign * float(sums[n]), says) for n, sign, says in LEDGER_STEPS]
    left = (_LEFT[1], float(sums[_LEFT[0]]), _LEFT[2])
    plants = mine["plant"].dropna().unique()
    said = dict.fromkeys(stop_choices(settings, str(p)).in_words() for p in plants)
    return Losses((*steps, left), (*said, *stop_notes(mine)))
