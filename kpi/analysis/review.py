"""The management review of a month: everything its deck shows, decided before a slide is drawn."""

from datetime import date, datetime
from typing import Final

from kpi.analysis import attention, sentences, words
from kpi.analysis.coverage import coverage_calendar
from kpi.analysis.drill import pareto_view, source_files
from kpi.analysis.home import Home
from kpi.analysis.landing import kpi_view
from kpi.analysis.results import (
    CoverageCalendar,
    Filters,
    KpiView,
    ParetoView,
    Review,
    ReviewKpi,
    SeriesView,
    SourceFile,
)
from kpi.calendar import month_bounds, months_between
from kpi.errors import KpiError, UsageError
from kpi.measures import SeriesQuestion, reported_kpis, rows_behind, values_of
from kpi.model import Assurance, Variation

REVIEW_KPIS: Final = (
    "scrap_rate",
    "rework_rate",
    "downtime_hours",
    "availability",
    "stops",
    "otd_request",
    "otd_first_promise",
    "otd_promise",
    "otif",
    "overdue_backlog",
)

PARETOS: Final = (
    ("scrap_rate", "reason"),
    ("downtime_hours", "reason"),
    ("otd_request", "customer"),
)

MONTHS_SHOWN: Final = 36


def build_review(
    home: Home, month: str, *, who: str, when: datetime, plants: tuple[str, ...] = ()
) -> Review:
    """The review of ``month`` (``2026-10``): findings, KPIs with charts, Paretos, data quality.

    Raises
    ------
    UsageError
        The month is none, or nothing is in force up to it.
    """
    first, last = _bounds(month)
    where = tuple(("plant", plant) for plant in plants)
    filters = Filters(where=where, first=first, last=last)
    kpis = _kpis(home, filters, month)
    if not kpis:
        raise UsageError(
            f"There is nothing to review: no facts in force up to {words.period_words(month)}."
        )
    calendar = coverage_calendar(home, filters)
    sources = _all_sources(kpis)
    reported = [k.view.series.report_date for k in kpis if k.view.series.report_date]
    return Review(
        month=month,
        month_words=words.period_words(month),
        title=f"Management review {words.period_words(month)}",
        plants=words.listed(plants or values_of(home.view(), "plant")),
        company=home.settings.company,
        report_date=max(reported, default=None),
        position=home.position,
        made=when,
        made_by=who,
        findings=attention.findings(attention.everything_watched(home, filters)),
        kpis=kpis,
        paretos=_paretos(home, filters, month),
        coverage=calendar,
        quality_lines=_quality(home, calendar, kpis),
        sources=sources,
    )


def _bounds(month: str) -> tuple[date, date]:
    try:
        last = month_bounds(month)[1]
    except ValueError:
        raise UsageError(f"{month!r} is no month. Write it as 2026-10.") from None
    start = months_between(f"{last.year - MONTHS_SHOWN // 12:04d}-{last.month:02d}", month)[1]
    return month_bounds(start)[0], last


def _kpis(home: Home, filters: Filters, month: str) -> tuple[ReviewKpi, ...]:
    ids = (*REVIEW_KPIS, *(k.id for k in reported_kpis(home.view())))
    views = (kpi_view(home, kpi, filters) for kpi in ids)
    return tuple(_review_kpi(home, v, filters, month) for v in views if _has_values(v.series))


def _has_values(view: SeriesView) -> bool:
    return bool(view.points["value"].notna().any())


def _review_kpi(home: Home, view: KpiView, filters: Filters, month: str) -> ReviewKpi:
    series = view.series
    goal = series.target.value if series.target else None
    return ReviewKpi(
        view=view,
        see=f"{series.last_label}: {series.last_value}. {series.last_change}".strip(),
        mean=" ".join(
            part
            for part in (
                series.headline,
                sentences.assurance_sentence(series.kpi, series.assurance, goal, series.period),
            )
            if part
        ),
        decision=_proposal(series),
        sources=_sources(home, series, filters, month),
    )


def _proposal(view: SeriesView) -> str:
    if view.variation in (Variation.WORSENING, Variation.CHANGED):
        return "Find the cause: name an owner and a date."
    if view.variation is Variation.IMPROVING:
        return "Keep what changed: write it into the standard."
    if view.assurance is Assurance.WILL_MISS:
        return "Change the process, or the target: single months will not help."
    return "No action on single months."


def _sources(home: Home, view: SeriesView, filters: Filters, month: str) -> tuple[SourceFile, ...]:
    question = SeriesQuestion(
        kpi=view.kpi.id, period="month", by=(), where=filters.where,
        first=filters.first, last=filters.last, as_of=filters.as_of,
    )  # fmt: skip
    found = rows_behind(home.view(), question, home.settings, period=month, limit=1)
    return source_files(home, found.by_upload)


def _all_sources(kpis: tuple[ReviewKpi, ...]) -> tuple[SourceFile, ...]:
    by_upload = {source.upload: source for kpi in kpis for source in kpi.sources}
    return tuple(by_upload[u] for u in sorted(by_upload))


def _paretos(home: Home, filters: Filters, month: str) -> tuple[ParetoView, ...]:
    only_month = Filters(where=filters.where, first=month_bounds(month)[0], last=filters.last)
    found = []
    for kpi, dimension in PARETOS:
        try:
            view = pareto_view(home, kpi, dimension, only_month)
        except KpiError:
            continue
        if view.total > 0:
            found.append(view)
    return tuple(found)


def _quality(
    home: Home, calendar: CoverageCalendar, kpis: tuple[ReviewKpi, ...]
) -> tuple[str, ...]:
    lines = list(calendar.missing) or ["Every month of every feed is there."]
    rejected = [
        (entry.file, sum(r for _, _, r in entry.rows.values()))
        for entry in home.store.entries()
        if entry.kind == "upload"
    ]
    total = sum(count for _, count in rejected)
    if total:
        files = [file for file, count in rejected if count]
        lines.append(
            f"{total:,} rows of {len(files)} files were rejected when they were uploaded; "
            "the Ledger names them."
        )
    lines.extend(dict.fromkeys(note for kpi in kpis for note in kpi.view.series.notes))
    return tuple(lines)


def months_to_review(home: Home) -> tuple[str, ...]:
    """Months with facts in force, newest first."""
    view = home.view()
    months = {m for d in ("scrap", "downtime", "order_item") for _, m in view.month_rows(d)}
    return tuple(sorted(months, reverse=True))
