"""A series as a table: one row per period and slice, for the command line and the API."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from kpi.analysis.home import Home
from kpi.analysis.results import Filters
from kpi.analysis.series import ask, series_view
from kpi.measures import Kpi, kpi_of
from kpi.measures.question import dimension


@dataclass(frozen=True, slots=True)
class SeriesTable:
    """Rows of ``period``, the dimensions, ``numerator``, ``denominator``, ``value``, ``unit``,
    ``state``, ``reason`` and, with a chart, ``center``, ``lcl``, ``ucl``, ``signals``.
    """

    kpi: Kpi
    rows: pd.DataFrame
    report_date: date | None
    position: int
    notes: tuple[str, ...]
    chart: str


CHART_COLUMNS = ["center", "lcl", "ucl", "signals"]


def series_table(
    home: Home,
    kpi_id: str,
    filters: Filters,
    *,
    by: Sequence[str] = (),
    chart: str | None = None,
    baseline: int | tuple[str, str] | None = None,
) -> SeriesTable:
    """One row per period and slice, every period present; with limits where ``chart`` is asked."""
    dims = tuple(dimension(d) for d in by)
    position = home.position if filters.ledger is None else filters.ledger
    if chart is None:
        answered = ask(home, kpi_id, filters, dims)
        rows = _columns(answered.frame, dims, [])
        return SeriesTable(answered.kpi, rows, answered.report_date, position, answered.notes, "")
    views = series_view(
        home, kpi_id, filters, by=dims, kind=chart, baseline=baseline, beyond_report=True
    )
    frames = [
        _columns(view.points.assign(signals=view.points["rules"]), dims, CHART_COLUMNS)
        for view in views
    ]
    rows = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
    first = views[0] if views else None
    return SeriesTable(
        first.kpi if first else kpi_of(home.view(filters.ledger), kpi_id),
        rows,
        first.report_date if first else None,
        position,
        first.notes if first else (),
        "; ".join(dict.fromkeys(v.chart_name for v in views if v.chart_name)),
    )


def _columns(frame: pd.DataFrame, dims: Sequence[str], extra: list[str]) -> pd.DataFrame:
    beside = [f"{d}{end}" for d in dims for end in ("_name", "_code") if f"{d}{end}" in frame]
    wanted = [
        "period",
        *dims,
        *beside,
        "numerator",
        "denominator",
        "value",
        "unit",
        "state",
        "reason",
    ]
    return frame[[*wanted, *extra]]
