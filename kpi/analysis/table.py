"""A series as a table: one row per period and slice, for the command line and the API."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import pandas as pd

from kpi.analysis.home import Home
from kpi.analysis.results import Filters, SeriesView
from kpi.analysis.series import CHART_NAMES, ask, series_view
from kpi.analysis.trail_head import trail_head
from kpi.errors import UnknownNameError, UsageError
from kpi.measures import Kpi
from kpi.measures.question import dimension

BASE_COLUMNS: Final = ("numerator", "denominator", "value", "unit", "state", "reason")
CHART_COLUMNS: Final = ("center", "lcl", "ucl", "signals", "phase", "excluded")


@dataclass(frozen=True, slots=True)
class SeriesTable:
    """A series, row by row, with what it rests on.

    ``rows``: ``period``, the dimensions (and ``<dim>_name`` where codes have names), ``numerator``,
    ``denominator``, ``value`` (in ``unit``, unrounded; missing without a value), ``unit``, ``state``,
    ``reason`` (why there is no value) and, with a chart, ``center``, ``lcl``, ``ucl``, ``signals``
    (rules by their ids, joined by "; "), ``phase`` (from 1; limits begin anew with each accepted one)
    and ``excluded`` (why the point is shown but does not count). Where the dimension ``reason`` is asked for, that column
    holds it, and the why stands in ``state_reason``. ``chart`` names the charts drawn. ``head`` is that
    of the audit trail when the question was asked.
    """

    kpi: Kpi
    rows: pd.DataFrame
    report_date: date | None
    position: int
    notes: tuple[str, ...]
    chart: str
    head: str = ""

    @property
    def exported(self) -> pd.DataFrame:
        """The rows as they leave the house: the head of the audit trail beside each."""
        return self.rows.assign(head=self.head)


def series_table(
    home: Home,
    kpi_id: str,
    filters: Filters,
    *,
    by: Sequence[str] = (),
    chart: str | None = None,
    baseline: int | tuple[str, str] | None = None,
) -> SeriesTable:
    """One row per period and slice, every period present; with limits where ``chart`` is asked.

    Raises
    ------
    UnknownNameError
        The KPI, a dimension, the period or the chart is unknown.
    UsageError
        The ledger has no such position, or no period of the series lies in the baseline.
    """
    found = _table(home, kpi_id, filters, by, chart, baseline)
    return replace(found, head=trail_head(home.store).short)


def _table(
    home: Home,
    kpi_id: str,
    filters: Filters,
    by: Sequence[str],
    chart: str | None,
    baseline: int | tuple[str, str] | None,
) -> SeriesTable:
    dims = tuple(dict.fromkeys(dimension(d) for d in by))
    position = asked_position(home, filters.ledger)
    if chart is not None:
        _check_chart(chart)
        views = series_view(
            home, kpi_id, filters, by=dims, kind=chart, baseline=baseline, beyond_report=True
        )
        if views:
            return _charted(views, dims, position, baseline)
    answered = ask(home, kpi_id, filters, dims)
    rows = answered.frame
    extra: tuple[str, ...] = ()
    if chart is not None:
        rows, extra = rows.assign(**dict.fromkeys(CHART_COLUMNS, "")), CHART_COLUMNS
    rows = _columns(rows, dims, extra)
    return SeriesTable(answered.kpi, rows, answered.report_date, position, answered.notes, "")


def asked_position(home: Home, asked: int | None) -> int:
    """The ledger's position a question is asked at; one it never had is refused."""
    latest = home.position
    if asked is None:
        return latest
    if not 0 <= asked <= latest:
        raise UsageError(f"The ledger stands at position {latest}; it has no position {asked}.")
    return asked


def _check_chart(kind: str) -> None:
    known = ("auto", *CHART_NAMES)
    if kind not in known:
        raise UnknownNameError("chart of a series", kind, known=known)


def _charted(
    views: Sequence[SeriesView],
    dims: Sequence[str],
    position: int,
    baseline: int | tuple[str, str] | None,
) -> SeriesTable:
    rows = pd.concat([_view_rows(view, dims) for view in views], ignore_index=True)
    if isinstance(baseline, tuple) and len(rows):
        first, last = baseline
        if not rows["period"].astype(str).between(first, last).any():
            raise UsageError(
                f"No period of the series lies in the baseline {first}..{last}; they run from "
                f"{rows['period'].iloc[0]} to {rows['period'].iloc[-1]}."
            )
    return SeriesTable(
        kpi=views[0].kpi,
        rows=rows,
        report_date=views[0].report_date,
        position=position,
        notes=tuple(dict.fromkeys(note for view in views for note in _told(view))),
        chart="; ".join(dict.fromkeys(v.chart_name for v in views if v.chart_name)),
    )


def _told(view: SeriesView) -> tuple[str, ...]:
    """The notes of a slice, and why it has no limits or this chart."""
    return (*view.notes, *((view.chart_reason,) if view.chart_reason else ()))


def _view_rows(view: SeriesView, dims: Sequence[str]) -> pd.DataFrame:
    own = dict(view.slice)
    points = view.points.assign(signals=view.points["rules"])
    points = points.assign(**{d: own[d] or None for d in dims})
    return _columns(points, dims, CHART_COLUMNS)


def _columns(frame: pd.DataFrame, dims: Sequence[str], extra: Sequence[str]) -> pd.DataFrame:
    beside = [f"{d}{end}" for d in dims for end in ("_name", "_code") if f"{d}{end}" in frame]
    base = [c for c in BASE_COLUMNS if c not in dims]
    why = ["state_reason"] if "reason" in dims else []
    return frame[["period", *dims, *beside, *base, *why, *extra]]
