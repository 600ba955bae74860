"""The landing page and the KPI pages: what the series say, put in order."""

from collections.abc import Iterable
from typing import Final

import numpy as np
import pandas as pd

from kpi.analysis import attention, words
from kpi.analysis.coverage import coverage_calendar
from kpi.analysis.drill import pareto_view
from kpi.analysis.home import Home
from kpi.analysis.lateness import lateness
from kpi.analysis.results import Filters, KpiView, Overview, ParetoView, SeriesView
from kpi.analysis.sentences import direction_words
from kpi.analysis.series import series_view
from kpi.errors import KpiError
from kpi.measures import CATALOG, Kpi, reported_kpis, values_of
from kpi.model import State, Variation
from kpi.trends import trend

CARDS: Final = (
    ("Scrap", ("scrap_rate", "scrap_ppm", "scrap_cost", "rework_rate", "first_pass_yield")),
    ("Downtime", ("downtime_hours", "unplanned_share", "availability", "stops", "mtbf", "mttr")),
    ("Delivery", ("otd_request", "otd_first_promise", "otd_promise", "otif", "days_late",
                  "overdue_backlog")),
    ("Customers and suppliers", ("complaints", "complaint_rate", "returns_ppm", "supplier_otd",
                                 "supplier_ppm")),
)  # fmt: skip
"""The KPI grid, by domain, in reading order."""

DOMAIN_KPIS: Final = {
    "scrap": ("scrap_rate", "scrap_ppm", "scrap_cost", "rework_rate", "first_pass_yield"),
    "downtime": ("downtime_hours", "recorded_downtime", "unplanned_share", "availability", "stops",
                 "mtbf", "mttr", "changeover_minutes"),
    "delivery": ("otd_request", "otd_first_promise", "otd_promise", "otd_order", "otif",
                 "days_late", "overdue_backlog"),
    "customers": ("complaint_rate", "returns_ppm", "complaints"),
    "suppliers": ("supplier_otd", "supplier_ppm"),
}  # fmt: skip

PARETO_BY: Final = {
    "scrap": "reason", "downtime": "reason", "delivery": "customer", "customers": "customer",
    "suppliers": "supplier",
}  # fmt: skip

SPLIT_BY: Final = {
    "scrap": "line", "downtime": "line", "delivery": "customer", "customers": "customer",
    "suppliers": "supplier",
}  # fmt: skip

MOST_SPLITS: Final = 12

_ORDER: Final = {
    Variation.WORSENING: 0,
    Variation.CHANGED: 1,
    Variation.IMPROVING: 2,
    Variation.COMMON_CAUSE: 3,
    Variation.TOO_FEW: 4,
}


def overview(home: Home, filters: Filters) -> Overview:
    """What needs attention now, the KPI cards by domain, and what is missing."""
    with home.store.moment():
        return _overview(home, filters)


def _overview(home: Home, filters: Filters) -> Overview:
    found = attention.attention(home, filters)
    screening = found.screening
    calendar = coverage_calendar(home, filters)
    cards = tuple((title, _cards(home, ids, filters)) for title, ids in CARDS)
    others = tuple(
        series_view(home, kpi.id, filters)[0] for kpi in reported_kpis(home.view(filters.ledger))
    )
    if others:
        cards = (*cards, ("Other figures", others))
    views = tuple(view for _, group in cards for view in group)
    return Overview(
        top_line=_top_line(home, filters, views, calendar.missing),
        findings=found.findings,
        improvements=found.improvements,
        quiet=screening.quiet,
        looked_at=screening.looked_at_words,
        cards=tuple((title, views) for title, views in cards if views),
        coverage=calendar,
        watch=screening.watch,
        more=screening.act[len(found.findings) :],
        left_alone=screening.left_alone,
        lines=screening.lines,
        asks=attention.asks(views),
    )


def _cards(home: Home, ids: Iterable[str], filters: Filters) -> tuple[SeriesView, ...]:
    views = (series_view(home, kpi, filters)[0] for kpi in ids)
    return tuple(view for view in views if len(view.points) and not _unused(view))


def _unused(view: SeriesView) -> bool:
    """Whether nobody uploads what the figures of customers and suppliers take: no card then."""
    told = view.points["state"].isin([State.VALUE.value, State.ZERO.value])
    return view.kpi.domain in ("customers", "suppliers") and not told.any()


def _top_line(
    home: Home, filters: Filters, views: tuple[SeriesView, ...], missing: tuple[str, ...]
) -> str:
    plants = words.listed(v for d, v in filters.where if d == "plant") or words.listed(
        values_of(home.view(filters.ledger), "plant")
    )
    dates = [view.report_date for view in views if view.report_date]
    if not dates:
        return "No data yet. Upload an export, and its KPIs stand here."
    fresh = f"data up to {words.date_words(max(dates))}"
    if not missing:
        return f"{plants}: {fresh}; no month is missing."
    if len(missing) == 1:
        return f"{plants}: {fresh}. Missing: {missing[0]}"
    return f"{plants}: {fresh}. Months are missing in {len(missing)} places, listed below."


def kpi_view(home: Home, kpi_id: str, filters: Filters, *, split_by: str | None = None) -> KpiView:
    """A KPI page: the series with its chart, the facts beside it, where it comes from."""
    series = series_view(home, kpi_id, filters)[0]
    kpi = series.kpi
    split = split_by or SPLIT_BY.get(kpi.domain)
    multiples = _multiples(home, kpi, filters, split)
    partner = (
        series_view(home, kpi.partner, filters)[0]
        if kpi.partner and kpi.partner in CATALOG
        else None
    )
    return KpiView(
        series=series,
        facts=(*_facts(series)[:3], *lateness(home, series, filters), *_facts(series)[3:]),
        split=multiples,
        split_by=split if multiples else None,
        pareto=_pareto(home, kpi, filters),
        partner=partner,
    )


def _multiples(home: Home, kpi: Kpi, filters: Filters, split: str | None) -> tuple[SeriesView, ...]:
    if split is None:
        return ()
    by = (split,) if split in {"plant", "customer", "supplier"} else ("plant", split)
    try:
        views = series_view(home, kpi.id, filters, by=by)
    except KpiError:
        return ()
    named = [v for v in views if all(value for _, value in v.slice)]
    named.sort(key=lambda v: (_ORDER[v.variation], v.slice_words))
    return tuple(named[:MOST_SPLITS])


def _pareto(home: Home, kpi: Kpi, filters: Filters) -> ParetoView | None:
    dimension = PARETO_BY.get(kpi.domain)
    if dimension is None:
        return None
    try:
        return pareto_view(home, kpi.id, dimension, filters)
    except KpiError:
        return None


def _facts(view: SeriesView) -> tuple[tuple[str, str], ...]:
    kpi = view.kpi
    facts = [("Definition", kpi.definition), ("Better", direction_words(kpi))]
    if len(view.points):
        facts.append((f"In {view.last_label}", _last_parts(view)))
    if view.chart_name:
        facts.append(
            ("Chart", " ".join(x for x in (view.chart_name + ".", view.chart_reason) if x))
        )
    elif view.chart_reason:
        facts.append(("Chart", view.chart_reason))
    slope = _trend_words(view)
    if slope:
        facts.append(("Trend", slope))
    if view.convention:
        facts.append(("Limits", view.convention))
    if view.target:
        goal = words.value_text(view.target.value, kpi)
        facts.append(("Target", f"{goal} since {words.date_words(view.target.valid_from)}"))
        if view.target.objective:
            facts.append(("Objective", f"{view.target.objective} {view.target.why}"))
    if view.report_date:
        facts.append(("Report date", words.date_words(view.report_date)))
    facts.extend(("Stated", note) for note in view.notes)
    facts.append(("Source of the formula", f"{kpi.source}; definition version {kpi.version}"))
    return tuple(facts)


def _trend_words(view: SeriesView) -> str:
    """The slope of the last year with its interval, or nothing where it is too short."""
    if view.period != "month":
        return ""
    found = trend(view.points["value"].to_numpy(dtype="float64", na_value=np.nan))
    if found is None:
        return ""
    step, low, high = (
        words.change_text(0.0, value, view.kpi) for value in (found.slope, found.low, found.high)
    )
    clear = "" if found.clear else "no clear direction: "
    return (
        f"Over the last {found.points} months {clear}{step} a month "
        f"(95 % interval {low} to {high})."
    )


def _last_parts(view: SeriesView) -> str:
    last = view.points.iloc[-1]
    top, bottom = last["numerator"], last["denominator"]
    if pd.isna(top):
        return view.last_value
    numerator = words.number(float(top), 0 if float(top).is_integer() else 1)
    if pd.isna(bottom):
        return view.last_value
    denominator = words.number(float(bottom), 0 if float(bottom).is_integer() else 1)
    return (
        f"{view.last_value} = {view.kpi.numerator} {numerator} ÷ "
        f"{view.kpi.denominator} {denominator}"
    )
