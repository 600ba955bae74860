"""What an upload would change: KPIs by plant, line and month, before and after."""

import math
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd

from kpi.analysis.home import Home
from kpi.analysis.results import Effect
from kpi.analysis.words import decimals_beside, period_words, slice_words
from kpi.calendar import month_bounds
from kpi.measures import CATALOG, FactSource, Kpi, SeriesQuestion, evaluate, reported_kpis
from kpi.measures.catalog import REPORTED_PREFIX
from kpi.spc import MIN_POINTS
from kpi.spc.constants import D2_FOR_PAIRS, SIGMA_LIMITS
from kpi.store import Incoming, Plan
from kpi.texts import Month, Said, fixed, label, said

KPIS_OF_DATASET: Final[Mapping[str, tuple[str, ...]]] = {
    "production": ("scrap_rate",),
    "scrap": ("scrap_rate", "scrap_cost"),
    "downtime": ("downtime_hours", "stops"),
    "running_time": ("availability",),
    "order_item": ("otd_request", "otd_promise"),
    "shipment": ("otd_request", "otd_promise"),
    "complaint": ("complaints", "returns_ppm"),
}
"""Which KPIs show best what a dataset's upload changes; reported values show themselves."""

MOST_EFFECTS: Final = 200

YEARS_BEFORE: Final = 2
"""How far back a slice's usual range is looked for."""

SLICE: Final = ["plant", "line"]
KEY: Final = [*SLICE, "period"]


def of_upload(
    home: Home, incoming: Incoming, plan: Plan, answers: Mapping[str, str]
) -> tuple[Effect, ...]:
    """Every KPI value by plant, line and month that would not stay as it is, jumps first.

    A jump is a value beyond the natural limits of its slice's other months: what a wrong unit or
    half a file looks like. At most ``MOST_EFFECTS`` are told.
    """
    months = sorted({month for _, _, month in plan.affected})
    if not months:
        return ()
    with home.store.preview(incoming, answers) as after:
        before = home.view()
        changes = [
            _changes(kpi, before, after, home, months) for kpi in _kpis(plan, incoming, after)
        ]
    found = [(kpi, row) for kpi, frame in changes for row in frame.itertuples(index=False)]
    found.sort(key=lambda pair: (not pair[1].jump, pair[0].id, pair[1].period))
    return tuple(_effect(kpi, row) for kpi, row in found[:MOST_EFFECTS])


def _kpis(plan: Plan, incoming: Incoming, after: FactSource) -> list[str]:
    datasets = {dataset for dataset, _, _ in plan.affected}
    declared = {k for d in datasets for k in KPIS_OF_DATASET.get(d, ()) if CATALOG[k].computable}
    slugs = {
        slug
        for part in incoming.parts
        if part.dataset == "reported_value"
        for slug in part.table.column("slug").unique().to_pylist()
    }
    reported = {k.id for k in reported_kpis(after)} if slugs else set()
    return sorted(declared | {k for k in reported if k.removeprefix(REPORTED_PREFIX) in slugs})


def _changes(
    kpi: str, before: FactSource, after: FactSource, home: Home, months: list[str]
) -> tuple[Kpi, pd.DataFrame]:
    """The KPI and, per slice and month whose value differs: ``before``, ``after``, ``jump``."""
    first = month_bounds(months[0])[0]
    history = SeriesQuestion(
        kpi, by=("plant", "line"), first=date(first.year - YEARS_BEFORE, first.month, 1)
    )
    answered = evaluate(after, history, home.settings)
    new = _values(answered.frame, "after")
    old = _values(_before(before, history, home), "before")
    both = new.merge(old, on=KEY, how="outer")
    usual = _usual(both[both["before"].notna()])
    both = both[both["period"].between(months[0], months[-1])]
    # Sums of the same rows in another order differ in their last digits; that is no change.
    same = np.isclose(both["after"], both["before"], rtol=1e-9, atol=0, equal_nan=True)
    both = both[~same].merge(usual, on=SLICE, how="left")
    distance = (both["after"] - both["center"]).abs()
    jump = (both["reach"] > 0) & (distance > both["reach"]) & (both["months"] >= MIN_POINTS)
    return answered.kpi, both.assign(jump=jump.to_numpy(dtype=bool))


def _before(before: FactSource, question: SeriesQuestion, home: Home) -> pd.DataFrame:
    if question.kpi.startswith(REPORTED_PREFIX):
        known = {k.id for k in reported_kpis(before)}
        if question.kpi not in known:
            return pd.DataFrame(columns=[*KEY, "value"])
    return evaluate(before, question, home.settings).frame


def _values(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    values = frame[KEY].astype(object)
    values = values.where(values.notna(), "")
    return values.assign(**{name: frame["value"].to_numpy(dtype="float64", na_value=np.nan)})


def _usual(known: pd.DataFrame) -> pd.DataFrame:
    """Per slice: ``center`` and ``reach`` of the natural limits of its months so far, ``months``.

    The limits are those of an individuals chart: the mean, and three sigma of moving ranges.
    """
    ordered = known.sort_values(KEY)
    values = ordered.groupby(SLICE)["before"]
    ranges = values.diff().abs().groupby([ordered[d] for d in SLICE]).mean()
    usual = pd.DataFrame({"center": values.mean(), "months": values.count()})
    usual["reach"] = SIGMA_LIMITS * ranges / D2_FOR_PAIRS
    return usual.reset_index()


def _effect(kpi: Kpi, row: Any) -> Effect:
    before, after = float(row.before), float(row.after)
    plant, line = str(row.plant or ""), str(row.line or "")
    own = tuple((d, v) for d, v in (("plant", plant), ("line", line)) if v)
    return Effect(
        kpi=kpi.id,
        title=label(kpi.title),
        slice_words=_slice_said(own),
        period=month_said(str(row.period)),
        before=_shown(before, kpi, after),
        after=_shown(after, kpi, before),
        jump=bool(row.jump),
        plant=plant,
        line=line,
        month=str(row.period),
        usual=_usual_said(row, kpi) if row.jump else "",
        was_there=not math.isnan(before),
        stays=not math.isnan(after),
    )


def month_said(period: str) -> str:
    """A month's label as a sentence says it; any other period in its English words."""
    year, _, month = period.partition("-")
    if not (year.isdigit() and month.isdigit()):
        return period_words(period)
    return said("{month}", month=Month(int(year), int(month)))


def _slice_said(own: tuple[tuple[str, str], ...]) -> str:
    words = slice_words(own)
    if [d for d, _ in own] == ["plant", "line"]:
        named = said("line {line}, {plant}", line=own[1][1], plant=own[0][1])
        return named if named == words else words
    return words if own else said("all plants")


def _usual_said(row: Any, kpi: Kpi) -> Said:
    center, reach = float(row.center), float(row.reach)
    low = center - reach if center < 0 else max(center - reach, 0.0)
    high = min(center + reach, 100.0) if kpi.unit == "%" else center + reach
    return said(
        "usually {low} to {high}",
        low=_value_said(low, kpi, math.nan),
        high=_value_said(high, kpi, math.nan),
    )


def _shown(value: float, kpi: Kpi, beside: float) -> Said:
    if math.isnan(value):
        return said("not there")
    return _value_said(value, kpi, beside)


def _value_said(value: float, kpi: Kpi, beside: float) -> Said:
    """The value with its unit, with as many decimals as tell it from its neighbour."""
    near = None if math.isnan(beside) else beside
    amount = fixed(value, decimals_beside(value, kpi.decimals, near))
    if not kpi.unit:
        return said("{amount}", amount=amount)
    return said("{amount}\u00a0{unit}", amount=amount, unit=label(kpi.unit))
