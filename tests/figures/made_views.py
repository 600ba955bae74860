"""Small results built by hand, for tests of figures and of what pages show."""

import math
from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from kpi.analysis.results import SeriesView
from kpi.measures import CATALOG, Kpi
from kpi.model import Assurance, State, Variation
from kpi.qms import NO_NOTES, ChartNotes, Slice, Target
from kpi.spc import Chart

SCRAP = CATALOG["scrap_rate"]


def months(count: int, *, first: str = "2024-01") -> pd.PeriodIndex:
    return pd.period_range(first, periods=count, freq="M")


def a_chart(length: int, baseline: tuple[int, int] | None) -> Chart:
    flat = np.full(length, 1.0)
    return Chart(
        kind="p", name="p chart", convention="3 sigma limits", statistic=flat, center=flat,
        sigma=flat, spread=flat, lcl=flat, ucl=flat, signals=(), sigma_z=None, panels=(),
        baseline=baseline, provisional=False, notes=(), phases=(),
        excluded=np.zeros(length, dtype=bool),
    )  # fmt: skip


def a_series(
    values: Sequence[float],
    *,
    kpi: Kpi = SCRAP,
    slice: Slice = (),
    slice_words: str = "all plants",
    center: float | Sequence[float] = math.nan,
    lcl: float | Sequence[float] = math.nan,
    ucl: float | Sequence[float] = math.nan,
    target: float = math.nan,
    signals: dict[int, str] | None = None,
    members: Sequence[int] = (),
    reasons: dict[int, str] | None = None,
    variation: Variation = Variation.COMMON_CAUSE,
    assurance: Assurance = Assurance.NO_TARGET,
    headline: str = "Scrap rate keeps to its usual range. What moves is chance.",
    last_value: str = "2.41\u00a0%",
    baseline: tuple[int, int] | None = None,
    labels: Sequence[str] | None = None,
    phases: Sequence[int] | None = None,
    excluded: dict[int, str] | None = None,
    notes_on_chart: ChartNotes = NO_NOTES,
) -> SeriesView:
    index = months(len(values))
    given = np.array(values, dtype="float64")
    points = pd.DataFrame(
        {
            "period": labels or [str(p) for p in index],
            "period_start": index.start_time.normalize(),
            "period_end": index.end_time.normalize(),
            "numerator": given * 100,
            "denominator": np.where(np.isnan(given), np.nan, 10_000.0),
            "value": given,
            "state": [State.MISSING.value if math.isnan(v) else State.VALUE.value for v in given],
            "reason": [(reasons or {}).get(i, "") for i in range(len(given))],
            "center": center,
            "lcl": lcl,
            "ucl": ucl,
            "signals": [(signals or {}).get(i, "") for i in range(len(given))],
            "member": [i in members for i in range(len(given))],
            "target": target,
            "phase": phases or 1,
            "excluded": [(excluded or {}).get(i, "") for i in range(len(given))],
        }
    )
    goal = None if math.isnan(target) else Target(kpi.id, slice, target, date(2024, 1, 1))
    return SeriesView(
        kpi=kpi, slice=slice, slice_words=slice_words, period="month", points=points,
        chart=a_chart(len(given), baseline) if np.isfinite(np.array(center)).any() else None,
        chart_name="p chart", chart_reason="", convention="3 sigma limits", verdict=None,
        variation=variation, assurance=assurance, target=goal, headline=headline,
        last_label="October 2026", last_value=last_value, last_change="+0.4 pt against September 2026",
        report_date=date(2026, 11, 2), position=3, notes=("Produced is gross.",),
        notes_on_chart=notes_on_chart,
    )  # fmt: skip
