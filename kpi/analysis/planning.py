"""What the measurement plan and an analysis are filled with: proposals, recorded only when asked."""

from collections.abc import Iterable
from datetime import date, datetime
from itertools import pairwise
from typing import Final

from kpi.analysis import registering, words
from kpi.analysis.home import Home
from kpi.analysis.measuring_lines import reach_of
from kpi.analysis.results import Filters, SeriesView
from kpi.analysis.review import REVIEW_KPIS
from kpi.analysis.series import series_view
from kpi.datasets import DATASETS
from kpi.errors import KpiError, UsageError
from kpi.measures import Kpi, reported_kpis, values_of
from kpi.model import Assurance
from kpi.qms.measurement import PLAN_ENTRY, Analysis, Frequency, PlanEntry
from kpi.qms.objectives import OBJECTIVE
from kpi.qms.processes import PROCESS, ProcessStatus
from kpi.qms.register import Edit, Recorded, Slice
from kpi.safe_text import one_line
from kpi.spc.assurance import SINCE

PROCESS_OF: Final = {
    "scrap": "Production", "downtime": "Production and maintenance", "delivery": "Order fulfilment",
    "customers": "Customer service", "suppliers": "Purchasing",
}  # fmt: skip
"""What the process of a KPI is proposed to be called, by its domain."""

KEPT: Final = "In Clause Nine: ledger, uploaded files under their hash, records with history"

WHY_PROPOSED: Final = "Proposed from the data that are loaded"

_GAPS: Final = ((2, Frequency.DAILY), (10, Frequency.WEEKLY))
"""Days between two exports of a feed. Nothing rarer than monthly is proposed: a past year is often
loaded in one piece."""


def proposed(home: Home, *, today: date, where: Slice = ()) -> tuple[PlanEntry, ...]:
    """A plan entry for every KPI with data in a plant that the plan does not have yet.

    Of all KPIs those that the review shows, that an objective is bound to or that the site reports.
    Nothing is recorded.
    """
    planned = {(e.item.kpi, _plants(e.item.slice)) for e in registering.listed(home, PLAN_ENTRY)}
    of_objectives = [e.item.kpi for e in registering.listed(home, OBJECTIVE)]
    ids = dict.fromkeys((*REVIEW_KPIS, *of_objectives, *(k.id for k in reported_kpis(home.view()))))
    asked = {value for name, value in where if name == "plant"}
    return tuple(
        _entry(home, view, plant, today)
        for plant in values_of(home.view(), "plant", ())
        if not asked or plant in asked
        for id in ids
        if (id, (plant,)) not in planned and (id, ()) not in planned
        if (view := _view(home, id, plant)) is not None
    )


def _plants(where: Slice) -> tuple[str, ...]:
    return tuple(value for name, value in where if name == "plant")


def _view(home: Home, id: str, plant: str) -> SeriesView | None:
    try:
        view = series_view(home, id, Filters(where=(("plant", plant),)))[0]
    except KpiError:  # a figure whose data were taken back
        return None
    return view if view.points["value"].notna().any() else None


def _entry(home: Home, view: SeriesView, plant: str, today: date) -> PlanEntry:
    kpi = view.kpi
    here = registering.listed(home, PROCESS, (("plant", plant),))
    processes = [
        e for e in here if e.item.status is ProcessStatus.IN_FORCE and kpi.id in e.item.kpis
    ]
    feeds, often = _feeds(home, kpi, plant)
    return PlanEntry(
        title=f"{kpi.title}, {plant}",
        slice=(("plant", plant),),
        kpi=kpi.id,
        process="" if processes else PROCESS_OF.get(kpi.domain, ""),
        links=tuple(e.id for e in processes),
        owner=next((e.item.owner for e in processes), ""),
        definition=kpi.version,
        method=_method(kpi),
        feeds=feeds,
        measured=often,
        analysed=Frequency.MONTHLY,
        kept=KEPT,
        since=today,
    )


def _method(kpi: Kpi) -> str:
    formula = f"{kpi.numerator} ÷ {kpi.denominator}" if kpi.denominator else kpi.numerator
    sources = words.listed(
        words.within(DATASETS[name].title) for name in kpi.datasets if name in DATASETS
    )
    rests = f", from the uploaded {sources}" if sources else ", as reported"
    return f"{formula[:1].upper()}{formula[1:]}{rests}. {kpi.definition}"


def _feeds(home: Home, kpi: Kpi, plant: str) -> tuple[tuple[str, ...], Frequency]:
    """The feeds that bring a KPI's data for a plant, and how often they came."""
    datasets = kpi.datasets or ("reported_value",)
    own = [
        entry
        for entry in home.store.counting()
        if any(
            part.dataset in datasets and reach_of(part, plant) is not None for part in entry.parts
        )
    ]
    feeds = tuple(dict.fromkeys(e.feed for e in own if e.feed))
    usual = [
        _often(part.data_date for e in own if e.feed == feed for part in e.parts) for feed in feeds
    ]
    return feeds, max(usual, key=list(Frequency).index, default=Frequency.MONTHLY)


def _often(days: Iterable[date | None]) -> Frequency:
    """How often exports were drawn, by the usual time between two of them; monthly where unknown."""
    known = sorted({day for day in days if day is not None})
    gaps = sorted((later - day).days for day, later in pairwise(known))
    if len(gaps) < 2:
        return Frequency.MONTHLY
    usual = gaps[len(gaps) // 2]
    return next((often for most, often in _GAPS if usual <= most), Frequency.MONTHLY)


def record_proposed(
    home: Home, entries: Iterable[PlanEntry], *, who: str, when: datetime
) -> tuple[Recorded[PlanEntry], ...]:
    """Record entries of a proposed plan, all of them or none.

    Raises
    ------
    AccessDeniedError
        The person does not manage every plant they are of.
    UsageError
        There is none to record.
    """
    edits = [Edit(PLAN_ENTRY, entry, WHY_PROPOSED) for entry in entries]
    if not edits:
        raise UsageError("There is nothing to add: the plan has every KPI that has data.")
    return registering.record_all(home, edits, who=who, when=when)


def _assurance(view: SeriesView) -> str:
    """The assurance in words; while a change shows, by how many points since it."""
    found = view.verdict
    if found is None or found.assurance_of != SINCE or view.assurance is Assurance.NOT_KNOWN:
        return view.assurance.value
    return f"{view.assurance.value}, judged by the {found.assurance_points} points since it changed"


def analysis_of(view: SeriesView, *, who: str, on: date) -> Analysis:
    """An analysis of a chart as it stands, to be completed by whoever looks at it."""
    points = view.points
    first = points["period_start"].iloc[0].date() if len(points) else None
    last = points["period_end"].iloc[-1].date() if len(points) else None
    where = f" of {words.slice_words(view.slice)}" if view.slice else ""
    return Analysis(
        title=one_line(f"{view.kpi.title}{where}, {view.last_label or 'no data'}"),
        slice=view.slice,
        owner=who,
        kpi=view.kpi.id,
        on=on,
        first=first,
        last=last,
        concluded=one_line(view.headline),
        value=f"{view.last_value} ({view.last_label})" if view.last_label else "",
        variation=view.variation.value,
        assurance=_assurance(view),
        ledger=view.position,
    )
