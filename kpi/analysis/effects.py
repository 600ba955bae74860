"""What an upload would change: KPIs by line and month, before and after."""

import math
from collections.abc import Hashable, Mapping
from datetime import date
from typing import Any, Final

import pandas as pd

from kpi.analysis.home import Home
from kpi.analysis.results import Effect
from kpi.analysis.words import period_words, slice_words, value_text
from kpi.calendar import month_bounds
from kpi.measures import CATALOG, FactSource, Kpi, SeriesQuestion, evaluate
from kpi.store import Incoming, Plan

KPIS_OF_DATASET: Final[Mapping[str, tuple[str, ...]]] = {
    "production": ("scrap_rate",),
    "scrap": ("scrap_rate", "scrap_cost"),
    "downtime": ("downtime_hours", "stops"),
    "running_time": ("availability",),
    "order_item": ("otd_request", "otd_promise"),
    "shipment": ("otd_request", "otd_promise"),
}
"""Which KPIs show best what a dataset's upload changes."""

MOST_EFFECTS: Final = 200

JUMP_SIGMAS: Final = 3.0
"""A change larger than this many usual month-to-month steps is pointed out."""

KEY: Final = ["plant", "line", "period"]


def of_upload(
    home: Home, incoming: Incoming, plan: Plan, answers: Mapping[str, str]
) -> tuple[Effect, ...]:
    """Every KPI value by plant, line and month that would not stay as it is, jumps first."""
    months = sorted({month for _, _, month in plan.affected})
    if not months:
        return ()
    first, last = month_bounds(months[0])[0], month_bounds(months[-1])[1]
    kpis = sorted({k for d, _, _ in plan.affected for k in KPIS_OF_DATASET.get(d, ())})
    with home.store.preview(incoming, answers) as after:
        before = home.view()
        found = [
            effect
            for kpi in kpis
            for effect in _changes(CATALOG[kpi], before, after, home, first, last)
        ]
    found.sort(key=lambda e: (not e.jump, e.kpi, e.period))
    return tuple(found[:MOST_EFFECTS])


def _changes(
    kpi: Kpi, before: FactSource, after: FactSource, home: Home, first: date, last: date
) -> list[Effect]:
    question = SeriesQuestion(
        kpi=kpi.id, period="month", by=("plant", "line"), first=first, last=last
    )
    old = evaluate(before, question, home.settings).frame
    new = evaluate(after, question, home.settings).frame
    both = new[[*KEY, "value"]].merge(
        old[[*KEY, "value"]], on=KEY, how="outer", suffixes=("_after", "_before")
    )
    differs = ~(
        (both["value_after"] == both["value_before"])
        | (both["value_after"].isna() & both["value_before"].isna())
    )
    usual = _usual_steps(old)
    return [_effect(kpi, row, usual) for row in both[differs].to_dict("records")]


def _usual_steps(old: pd.DataFrame) -> dict[tuple[str, str], float]:
    steps = old.sort_values(KEY).groupby(["plant", "line"], dropna=False)["value"]
    return {
        (str(plant), str(line)): float(values.diff().abs().mean())
        for (plant, line), values in steps
    }


def _effect(kpi: Kpi, row: Mapping[Hashable, Any], usual: Mapping[tuple[str, str], float]) -> Effect:
    before, after = float(str(row["value_before"])), float(str(row["value_after"]))
    step = usual.get((str(row["plant"]), str(row["line"])), math.nan)
    jump = not math.isnan(before + after + step) and abs(after - before) > JUMP_SIGMAS * step > 0
    own = tuple(
        (d, str(row[d]))
        for d in ("plant", "line")
        if not pd.isna(row[d])
    )
    return Effect(
        kpi=kpi.id,
        title=kpi.title,
        slice_words=slice_words(own),
        period=period_words(str(row["period"])),
        before="not there" if math.isnan(before) else value_text(before, kpi, beside=after),
        after="not there" if math.isnan(after) else value_text(after, kpi, beside=before),
        jump=jump,
    )
