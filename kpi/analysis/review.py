"""The management review of a month: everything its deck shows, decided before a slide is drawn."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Final

from kpi.analysis import annotating, attention, sentences, words
from kpi.analysis.coverage import coverage_calendar, holes
from kpi.analysis.drill import files_behind, pareto_view
from kpi.analysis.home import Home
from kpi.analysis.redating import redating
from kpi.analysis.results import (
    CoverageCalendar,
    Filters,
    ParetoView,
    Review,
    ReviewKpi,
    ReviewPage,
    SeriesView,
    SourceFile,
)
from kpi.analysis.series import series_view
from kpi.analysis.trail_head import printed_head
from kpi.calendar import month_bounds, months_between
from kpi.errors import KpiError, UnknownNameError, UsageError
from kpi.measures import reported_kpis, values_of
from kpi.model import Assurance, Variation

REVIEW_KPIS: Final = (
    "scrap_rate",
    "first_pass_yield",
    "rework_rate",
    "scrap_ppm",
    "downtime_hours",
    "availability",
    "stops",
    "mtbf",
    "mttr",
    "otd_request",
    "otd_first_promise",
    "otd_promise",
    "otif",
    "overdue_backlog",
    "complaints",
    "complaint_rate",
    "returns_ppm",
    "supplier_otd",
    "supplier_ppm",
)

EXECUTIVE: Final = (
    "scrap_rate",
    "first_pass_yield",
    "availability",
    "otd_request",
    "otd_promise",
    "complaints",
    "returns_ppm",
    "supplier_otd",
)
"""What stands in the one table of the first pages; a KPI without values leaves its place."""

PARETOS: Final = (
    ("scrap_cost", "reason"),
    ("scrap_rate", "reason"),
    ("downtime_hours", "reason"),
    ("otd_request", "customer"),
)

MONTHS_SHOWN: Final = 36

MOST_ROWS: Final = 8
"""Rows of a table on a slide."""

MOST_WORDS: Final = 40
"""Words on a slide besides its title and chart."""

HEADING_WORDS: Final = 8
"""Of "What we see", "What it means" and "Proposed decision" together."""

DOMAIN_WORDS: Final = {
    "scrap": "scrap",
    "downtime": "downtime",
    "delivery": "delivery",
    "customers": "complaints",
    "suppliers": "suppliers",
}

OTHERS: Final = "other figures"


def build_review(
    home: Home,
    month: str,
    *,
    who: str,
    when: datetime,
    plants: tuple[str, ...] = (),
    first: date | None = None,
) -> Review:
    """The review of ``month`` (``2026-10``): findings, KPIs with charts, Paretos, data quality.

    ``first`` is the first day of several months that end with it; charts show what was before, too.

    Raises
    ------
    UsageError
        The month is none, or nothing is in force up to it, or a plant is not known.
    """
    shown, last = _bounds(month)
    begins = first or month_bounds(month)[0]
    known = values_of(home.view(), "plant")
    _refuse_unknown(plants, known)
    filters = Filters(
        where=tuple(("plant", p) for p in plants), first=min(shown, begins), last=last
    )
    kpis = _kpis(home, filters)
    if not kpis:
        raise UsageError(
            f"There is nothing to review: no facts in force up to {words.period_words(month)}."
        )
    found = attention.attention(home, filters)
    calendar = coverage_calendar(home, filters)
    reported = [k.series.report_date for k in kpis if k.series.report_date]
    return Review(
        month=month,
        month_words=words.span_words(begins, last),
        title=f"Management review {words.span_words(begins, last)}",
        plants=words.listed(plants or known),
        company=home.settings.company,
        report_date=max(reported, default=None),
        position=home.position,
        made=when,
        made_by=who,
        findings=found.findings,
        kpis=kpis,
        pages=review_pages(kpis),
        improvements=found.improvements,
        redating=redating(home, filters, month),
        paretos=_paretos(home, filters, begins),
        coverage=calendar,
        quality=_quality(home, _holes(calendar, month), kpis),
        sources=_all_sources(kpis),
        head=printed_head(home.store, when),
    )


def _bounds(month: str) -> tuple[date, date]:
    try:
        last = month_bounds(month)[1]
    except ValueError:
        raise UsageError(f"{month!r} is no month. Write it as 2026-10.") from None
    start = months_between(f"{last.year - MONTHS_SHOWN // 12:04d}-{last.month:02d}", month)[1]
    return month_bounds(start)[0], last


def _refuse_unknown(plants: Sequence[str], known: Sequence[str]) -> None:
    for plant in plants:
        if plant not in known:
            raise UnknownNameError("plant", plant, known=known)


def _kpis(home: Home, filters: Filters) -> tuple[ReviewKpi, ...]:
    ids = (*REVIEW_KPIS, *(k.id for k in reported_kpis(home.view())))
    views = [series_view(home, kpi, filters) for kpi in ids]
    found = [view[0] for view in views if view and _has_values(view[0])]
    return tuple(_review_kpi(home, view, filters) for view in found)


def _has_values(view: SeriesView) -> bool:
    return bool(view.points["value"].notna().any())


def _review_kpi(home: Home, view: SeriesView, filters: Filters) -> ReviewKpi:
    told = sentences.finding(
        view.kpi, view.slice, view.period, view.points, view.chart, view.verdict,
        phase=view.phase_since,
    )  # fmt: skip
    goal = words.value_text(view.target.value, view.kpi) if view.target else ""
    since = view.verdict.since if view.verdict else None
    return ReviewKpi(
        series=view,
        title=sentences.slide_title(told, view.assurance, view.variation, goal),
        since="–" if since is None else words.period_words(str(view.points["period"].iloc[since])),
        see=_sees(view, f"{_means(view)} {_proposal(view)}"),
        mean=_means(view),
        decision=_proposal(view),
        sources=files_behind(home, view.kpi.id, filters),
        noted=annotating.signed_notes(home, view.notes_on_chart),
    )


def _sees(view: SeriesView, beside: str) -> str:
    """The last value and its change, at the length that the words beside it leave."""
    last = f"{view.last_label}: {view.last_value}"
    change = view.last_change.split(" against ")[0]
    told = (f"{last}, {view.last_change}.", f"{last}, {change}.") if change else ()
    room = MOST_WORDS - HEADING_WORDS - len(beside.split())
    return next((text for text in told if len(text.split()) <= room), f"{last}.")


def _means(view: SeriesView) -> str:
    steady = view.variation is Variation.COMMON_CAUSE
    against = sentences.steady_words(view.assurance) if steady else attention.target_words(view)
    return f"{sentences.meaning(view.points, view.verdict, view.chart)} {against}".strip()


def _proposal(view: SeriesView) -> str:
    if view.variation in (Variation.WORSENING, Variation.CHANGED):
        return "Find the cause; name owner and date."
    if view.variation is Variation.IMPROVING:
        return "Keep what changed: write it into the standard."
    if view.variation is Variation.TOO_FEW:
        return "Go on collecting; judge no single month."
    if view.assurance in (Assurance.WILL_MISS, Assurance.MAY_OR_MAY_NOT):
        return "Change the process, or the target; chase no single month."
    if view.chart is not None and (over := sentences.lately(view.chart)) is not None:
        label = str(view.points["period"].iloc[over.point])
        return f"Ask what happened {words.in_period(label)}, and note it."
    return "No action on single months."


def _all_sources(kpis: tuple[ReviewKpi, ...]) -> tuple[SourceFile, ...]:
    by_upload = {source.upload: source for kpi in kpis for source in kpi.sources}
    return tuple(sorted(by_upload.values(), key=lambda s: (s.file, s.upload)))


def review_pages(kpis: Sequence[ReviewKpi]) -> tuple[ReviewPage, ...]:
    """The KPIs in tables of at most eight, domains kept together where they fit."""
    pages: list[tuple[list[str], list[ReviewKpi]]] = []
    for name in dict.fromkeys(DOMAIN_WORDS.get(k.series.kpi.domain, OTHERS) for k in kpis):
        own = [k for k in kpis if DOMAIN_WORDS.get(k.series.kpi.domain, OTHERS) == name]
        for start in range(0, len(own), MOST_ROWS):
            part = own[start : start + MOST_ROWS]
            if pages and len(pages[-1][1]) + len(part) <= MOST_ROWS:
                pages[-1][0].append(name)
                pages[-1][1].extend(part)
            else:
                pages.append(([name if start == 0 else f"{name}, continued"], part))
    return tuple(_page(names, own) for names, own in pages)


def executive_page(kpis: Sequence[ReviewKpi]) -> ReviewPage:
    """The KPIs top management looks at first, at most eight; those without values are filled up."""
    by_id = {k.series.kpi.id: k for k in kpis}
    ids = [*(id for id in EXECUTIVE if id in by_id), *(id for id in by_id if id not in EXECUTIVE)]
    chosen = [by_id[id] for id in by_id if id in ids[:MOST_ROWS]]
    return page_of("Where we stand", chosen)


def page_of(name: str, kpis: Sequence[ReviewKpi]) -> ReviewPage:
    """KPIs to be shown together under a name, with the finding over all of them."""
    return ReviewPage(name, f"{name}: {_over_all(list(kpis))}", tuple(kpis))


def _page(names: list[str], kpis: list[ReviewKpi]) -> ReviewPage:
    joined = words.listed(names)
    return page_of(joined[:1].upper() + joined[1:], kpis)


def _over_all(kpis: list[ReviewKpi]) -> str:
    """What the KPIs of a page come to: ``three of five KPIs are worsening, the others are steady``."""
    variations = [k.series.variation for k in kpis]
    count = words.small_number(len(kpis))
    changed = [
        (variations.count(kind), says)
        for kind, says in (
            (Variation.WORSENING, ("is worsening", "are worsening")),
            (Variation.CHANGED, ("has changed", "have changed")),
            (Variation.IMPROVING, ("is improving", "are improving")),
        )
        if kind in variations
    ]
    back = sum(sentences.is_back(k.series.variation, k.series.chart) for k in kpis)
    if back:
        again = f"{'is' if back == 1 else 'are'} steady again"
        changed.append((back, (again, again)))
    few = variations.count(Variation.TOO_FEW)
    if few == len(kpis):
        return "too few months yet to tell signal from chance"
    if few:
        changed.append((few, ("has too few months to tell", "have too few months to tell")))
    if not changed:
        all_of = "both" if len(kpis) == 2 else f"all {count}"
        keep = "the one KPI keeps" if len(kpis) == 1 else f"{all_of} KPIs keep"
        return f"{keep} to the usual range"
    told = [
        f"{words.small_number(n)}{f' of {count} KPIs' if at == 0 else ''} {says[n > 1]}"
        for at, (n, says) in enumerate(changed)
    ]
    rest = len(kpis) - sum(n for n, _ in changed)
    same = "is steady", "are steady"
    if back + few == len(kpis) - rest:  # nothing but what is over
        same = "keeps to the usual range", "keep to the usual range"
    others = {0: "", 1: f"; the other {same[0]}"}.get(rest, f"; the others {same[1]}")
    return words.listed(told) + others


def _paretos(home: Home, filters: Filters, first: date) -> tuple[ParetoView, ...]:
    only_these = replace(filters, first=first)
    found = []
    for kpi, dimension in PARETOS:
        try:
            view = pareto_view(home, kpi, dimension, only_these)
        except KpiError:
            continue
        if view.total > 0:
            found.append(view)
    return tuple(found)


def _holes(calendar: CoverageCalendar, month: str) -> tuple[str, ...]:
    """What was never uploaded up to the month reviewed."""
    cells = [c for c in calendar.cells if c.month <= month]
    return holes(cells)


def _quality(
    home: Home, missing: tuple[str, ...], kpis: tuple[ReviewKpi, ...]
) -> tuple[tuple[str, str], ...]:
    lines = [("Missing", hole) for hole in missing] or [
        ("Complete", "Every month of every feed is there.")
    ]
    rejected = {
        # A row that would feed two datasets was rejected once.
        entry.upload: max((r for _, _, r in entry.rows.values()), default=0)
        for entry in home.store.counting()
    }
    total, files = sum(rejected.values()), sum(1 for count in rejected.values() if count)
    if total:
        rows = f"{words.number(total, 0)} row{'s' if total > 1 else ''}"
        named = f"{files} file{'s' if files > 1 else ''}"
        lines.append(
            ("Rejected", f"{rows} of {named}; the upload page lists each with its reason.")
        )
    notes = dict.fromkeys(note for kpi in kpis for note in kpi.series.notes)
    return (*lines, *(("Assumed", note) for note in notes))


def months_to_review(home: Home) -> tuple[str, ...]:
    """Months with facts in force up to the data date, newest first."""
    view = home.view()
    datasets = ("production", "scrap", "downtime", "order_item", "complaint", "reported_value")
    drawn = view.data_date()
    latest = drawn.strftime("%Y-%m") if drawn else ""
    months = {m for d in datasets for _, m in view.month_rows(d) if m <= latest}
    return tuple(sorted(months, reverse=True))
