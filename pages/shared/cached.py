"""The questions of ``kpi.analysis``, remembered between reruns.

The key of an answer is the home, the position of its ledger, its records, and the question; never
a table, which Streamlit fingerprints from a sample. What is remembered is shared by all sessions
and handed out itself, so nothing of it may be changed (see ``remembering``).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from threading import Lock
from typing import Any

import streamlit as st

from kpi import analysis
from kpi.analysis import Home, effectiveness
from kpi.analysis.agenda_results import Asked
from kpi.analysis.annotating import NoteLine
from kpi.analysis.annotating import note_history as _note_history
from kpi.analysis.effectiveness import EffectView, EventChoice, EventOutcome
from kpi.analysis.evidence import evidence as _evidence
from kpi.analysis.evidence_results import Evidence
from kpi.analysis.forecasting import Outlook, forecast_view, objective_outlooks
from kpi.analysis.guide import Guide
from kpi.analysis.guide import first_month as _first_month
from kpi.analysis.measured import Characteristic, MeasuredView
from kpi.analysis.measuring import plan as _plan
from kpi.analysis.measuring_results import PlanLine
from kpi.analysis.objective_results import ObjectiveView
from kpi.analysis.objectives import objective as _objective
from kpi.analysis.objectives import objectives as _objectives
from kpi.analysis.passport import Passport
from kpi.analysis.passport import passport as _passport
from kpi.analysis.planning import proposed as _proposed
from kpi.analysis.redating import redating as _redating
from kpi.analysis.results import (
    CoverageCalendar,
    Filters,
    KpiView,
    LedgerLine,
    LossLedger,
    Overview,
    ParetoView,
    Redating,
    RowsView,
    SeriesView,
)
from kpi.analysis.trail import Trail, TrailFilter
from kpi.analysis.trail import trail as _trail
from kpi.analysis.why import WhyView, why_view
from kpi.errors import StoreError
from kpi.figures.escape import markdown
from kpi.measures import Kpi
from kpi.qms import Slice
from kpi.qms.kinds import ALL
from kpi.qms.measurement import PlanEntry
from pages.shared import completing
from pages.shared.asked import on_a_page, remembered
from pages.shared.opening import opened


@st.cache_resource(show_spinner=False)
def home(path: str, is_sample: bool) -> Home:
    """The home at ``path``, opened once per process."""
    return opened(Path(path), is_sample=is_sample)


@dataclass(frozen=True)
class _Samples:
    """Sample homes by path, loaded once per process; ``None`` where the sample's files are missing."""

    loaded: dict[str, Home | None] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)


@st.cache_resource(show_spinner=False)
def _samples() -> _Samples:
    return _Samples()


def sample(path: str) -> Home | None:
    """The sample plant's home; loaded at first sight, with progress. ``None`` without its files."""
    samples = _samples()
    if path not in samples.loaded and not on_a_page():
        with samples.lock:
            samples.loaded[path] = samples.loaded.get(path) or _prepared(path, None)
    if path not in samples.loaded:
        place = st.empty()
        with samples.lock, place:
            samples.loaded[path] = samples.loaded.get(path) or _load_sample(path)
        place.empty()
    return samples.loaded[path]


def _load_sample(path: str) -> Home | None:
    bar = st.progress(0.0, "Loading the sample plant")

    def show(step: str, share: float) -> None:
        bar.progress(min(share, 1.0), f"Loading the sample plant: {markdown(step)}")

    return _prepared(path, show)


def _prepared(path: str, show: Callable[[str, float], None] | None) -> Home | None:
    try:
        home = analysis.prepare_sample(Path(path), progress=show)
    except StoreError:
        return None
    completing.begin(home)
    return home


def overview(here: Home, filters: Filters) -> Overview:
    """What the landing page shows."""
    answer: Overview = _ask(here, "overview", filters)
    return answer


def kpi_view(here: Home, kpi: str, filters: Filters) -> KpiView:
    """What a KPI page shows."""
    answer: KpiView = _ask(here, "kpi_view", kpi, filters)
    return answer


def series(here: Home, kpi: str, filters: Filters) -> SeriesView:
    """One KPI through the filters as they are."""
    answer: tuple[SeriesView, ...] = _ask(here, "series_view", kpi, filters)
    return answer[0]


def split(
    here: Home, kpi: str, filters: Filters, by: str
) -> tuple[SeriesView, ...]:  # fmt: skip
    """One KPI, a series for each value of a dimension, worst first."""
    answer: KpiView = _ask(here, "kpi_view", kpi, filters, split_by=by)
    return answer.split


def pareto(here: Home, kpi: str, dimension: str, filters: Filters) -> ParetoView:
    """Shares of a KPI's numerator by a dimension."""
    answer: ParetoView = _ask(here, "pareto_view", kpi, dimension, filters)
    return answer


def rows(here: Home, kpi: str, filters: Filters, period: str) -> RowsView:
    """The rows behind the figure of one period."""
    answer: RowsView = _ask(here, "rows_view", kpi, filters, period)
    return answer


def cells(here: Home, upload: str, sheet: str, row: int) -> list[tuple[str, str]]:
    """One row as the uploaded file shows it."""
    answer: list[tuple[str, str]] = _ask(here, "cells_view", upload, sheet, row)
    return answer


def losses(here: Home, filters: Filters) -> LossLedger:
    """Minutes recorded down to those kept."""
    answer: LossLedger = _ask(here, "loss_ledger", filters)
    return answer


def coverage(here: Home, filters: Filters) -> CoverageCalendar:
    """What is there, month by month."""
    answer: CoverageCalendar = _ask(here, "coverage_calendar", filters)
    return answer


def choices(here: Home, filters: Filters) -> dict[str, tuple[str, ...]]:
    """The values present, by dimension."""
    answer: dict[str, tuple[str, ...]] = _ask(here, "choices", filters)
    return answer


def catalogue(here: Home) -> tuple[Kpi, ...]:
    """Every KPI this home knows."""
    answer: tuple[Kpi, ...] = _ask(here, "catalogue")
    return answer


def characteristics(here: Home, filters: Filters) -> tuple[Characteristic, ...]:
    """Every characteristic with measured values."""
    answer: tuple[Characteristic, ...] = _ask(here, "characteristics", filters)
    return answer


def measured(here: Home, filters: Filters, product: str, name: str) -> MeasuredView:
    """The chart of one characteristic."""
    answer: MeasuredView = _ask(here, "measured_view", filters, product, name)
    return answer


def ledger(here: Home) -> tuple[LedgerLine, ...]:
    """The ledger, newest entry first."""
    answer: tuple[LedgerLine, ...] = _ask(here, "ledger_lines")
    return answer


def outlook(here: Home, kpi: str, filters: Filters) -> Outlook:
    """What comes next for a KPI, and whether its target will be met."""
    answer: Outlook = _ask(here, forecast_view, kpi, filters)
    return answer


def version(here: Home) -> str:
    """What every answer rests on: home, who looks, ledger position, and records such as targets.

    The access whole, and not only the plants seen: what may be done is part of some answers.
    """
    return repr((str(here.path), here.access, here.position, here.store.records.number()))


def note_history(here: Home, kpi: str, filters: Filters) -> tuple[NoteLine, ...]:
    """Every version of every note a chart ever had, newest first."""
    answer: tuple[NoteLine, ...] = _ask(here, _note_history, kpi, filters)
    return answer


def trail(here: Home, wanted: TrailFilter) -> Trail:
    """Who changed what, when and why, as far as the person may know."""
    answer: Trail = _ask(here, _trail, wanted)
    return answer


def redating(here: Home, filters: Filters, month: str) -> Redating | None:
    """What moving promises won, up to a month; ``None`` where nothing was promised."""
    answer: Redating | None = _ask(here, _redating, filters, month)
    return answer


def why(here: Home, kpi: str, filters: Filters, since: str, until: str, by: str) -> WhyView:
    """What made a KPI change between two periods."""
    answer: WhyView = _ask(here, why_view, kpi, filters, since=since, until=until, by=by)
    return answer


def events(here: Home, kpi: str, filters: Filters) -> tuple[EventChoice, ...]:
    """The events and accepted phases on a chart, newest first."""
    answer: tuple[EventChoice, ...] = _ask(here, effectiveness.events_on, kpi, filters)
    return answer


def outlooks(here: Home, filters: Filters) -> tuple[Outlook, ...]:
    """What will become of every target with a due date."""
    answer: tuple[Outlook, ...] = _ask(here, objective_outlooks, filters)
    return answer


def objectives(here: Home, today: date, where: Slice = ()) -> tuple[ObjectiveView, ...]:
    """Every objective that bears on a slice, as it stands."""
    answer: tuple[ObjectiveView, ...] = _ask(here, _objectives, today=today, where=where)
    return answer


def objective(here: Home, id: str, today: date) -> ObjectiveView:
    """One objective as it stands."""
    answer: ObjectiveView = _ask(here, _objective, id, today=today)
    return answer


def plan(here: Home, today: date) -> tuple[PlanLine, ...]:
    """The measurement plan as of a day."""
    answer: tuple[PlanLine, ...] = _ask(here, _plan, today=today)
    return answer


def proposed_plan(here: Home, today: date) -> tuple[PlanEntry, ...]:
    """Plan entries for what is loaded and not planned yet."""
    answer: tuple[PlanEntry, ...] = _ask(here, _proposed, today=today)
    return answer


def event_verdicts(here: Home, filters: Filters) -> tuple[EventOutcome, ...]:
    """What became of every recorded event."""
    answer: tuple[EventOutcome, ...] = _ask(here, effectiveness.event_verdicts, filters)
    return answer


def effect_of_event(here: Home, kpi: str, filters: Filters, event: str) -> EffectView:
    """Whether an event worked."""
    answer: EffectView = _ask(here, effectiveness.effect_of_event, kpi, filters, event)
    return answer


def effect(
    here: Home, kpi: str, filters: Filters, day: date, washout: int, hoped: float | None
) -> EffectView:
    """Whether what was done on a day worked."""
    answer: EffectView = _ask(
        here, effectiveness.effect_view, kpi, filters, day, washout=washout, hoped=hoped
    )
    return answer


def passport(here: Home, kpi: str, filters: Filters, period: str) -> Passport:
    """Where a figure comes from, and who looked at it."""
    answer: Passport = _ask(here, _passport, kpi, filters, period)
    return answer


def first_month(here: Home) -> Guide:
    """From an empty home to a held review: what is done, and what is left."""
    answer: Guide = _ask(here, _first_month)
    return answer


def evidence(here: Home, asked: Asked, today: date, edition: str) -> Evidence:
    """Clause by clause, what shows conformity and what an auditor would miss."""
    answer: Evidence = _ask(here, _evidence, asked, today, edition)
    return answer


def _ask(here: Home, question: str | Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Ask a function of ``kpi.analysis``, by its name or itself."""
    function = getattr(analysis, question) if isinstance(question, str) else question
    return remembered(here, function, arguments, named)


def begun(own: Home) -> bool:
    """Whether the site has records of its own, files or none: the sample does not cover them."""
    return _begun(str(own.path), own.store.records.number())


@st.cache_resource(
    max_entries=8, show_spinner=False
)  # of data, Streamlit would warn: no server yet
def _begun(path: str, number: int) -> bool:
    """By the number of the latest record, which is of everybody: so is what is asked here."""
    del number
    records = home(path, False).store.records
    return any(records.history(kind.name) for kind in ALL)
