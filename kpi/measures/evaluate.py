"""Questions to series: every period and slice, with the two sums behind each value."""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from kpi.calendar import periods_between
from kpi.measures.backlog import backlog_cells
from kpi.measures.catalog import CATALOG, MONEY, REPORTED_PREFIX, Kpi, declared
from kpi.measures.cells import Cells, cells
from kpi.measures.engine import ANSWERS
from kpi.measures.notes import notes_for
from kpi.measures.quantities import recipe
from kpi.measures.question import SeriesQuestion
from kpi.measures.reported import reported_cells, reported_kpi
from kpi.measures.source import FactSource, facts_key
from kpi.measures.sums import Scope
from kpi.model import State
from kpi.settings import Settings

KEPT_ROWS = 10_000
"""Answers with more rows are not remembered."""

FIGURES = ("numerator", "denominator", "value", "unit", "state", "state_reason")


@dataclass(frozen=True)
class Evaluated:
    """The answer to a question.

    ``frame`` has a row per slice and period, in this order: ``period`` (label), ``period_start``,
    ``period_end``, the dimensions asked for (and ``<dim>_name`` where codes have names),
    ``numerator``, ``denominator``, ``value`` (in ``unit``, unrounded; NaN unless ``state`` is value
    or zero), ``unit``, ``state`` (the values of ``State``), ``state_reason`` (why there is no value,
    or what is to be said about it) and, unless the dimension ``reason`` was asked for, the same as
    ``reason``. A missing dimension is "not assigned". ``kpi`` has its unit resolved (money: the
    currency of the data).
    """

    kpi: Kpi
    question: SeriesQuestion
    frame: pd.DataFrame
    report_date: date | None
    notes: tuple[str, ...]


def kpi_of(source: FactSource, id: str) -> Kpi:
    """The KPI of an identifier: of the catalogue, or a reported value of these facts.

    Raises
    ------
    UnknownNameError
        Neither the catalogue nor the facts have it.
    """
    if id.startswith(REPORTED_PREFIX):
        return reported_kpi(source, id)
    return declared(id)


def evaluate(source: FactSource, question: SeriesQuestion, settings: Settings) -> Evaluated:
    """Answer a question from the facts in force.

    Every period between the first and the last with data (within the days asked for) is there, for
    every slice. Ratios are sums over sums (definitions: docs/formulas.md). An answer is remembered as
    long as facts and settings stay what they are; the frame given out is the caller's own.

    Raises
    ------
    UnknownNameError
        The KPI, a dimension or the period is unknown.
    UsageError
        The question contradicts itself.
    """
    question = question.normalised()
    kpi = kpi_of(source, question.kpi)
    data_date = data_date_of(source, kpi)
    key = (facts_key(source), settings.signature(), question, data_date)
    found = ANSWERS.get(
        key,
        lambda: _evaluated(source, question, settings, kpi, data_date),
        keep=lambda made: len(made.frame) <= KEPT_ROWS,
    )
    return replace(found, frame=found.frame.copy(deep=False))  # copied where it is written to


def _evaluated(
    source: FactSource,
    question: SeriesQuestion,
    settings: Settings,
    kpi: Kpi,
    data_date: date | None,
) -> Evaluated:
    report_date = question.as_of or data_date
    if not kpi.computable:
        frame = _not_computable(kpi, question, report_date, settings)
        return Evaluated(kpi, question, frame, report_date, (kpi.needs,))
    if report_date is None or data_date is None:
        note = f"There are no data for {kpi.title} yet."
        return Evaluated(kpi, question, _empty(question), report_date, (note,))
    scope = scope_of(source, question, settings, report_date)
    found = _cells(scope, kpi)
    frame = found.frame if len(found.frame.columns) else _empty(question)
    if "reason" not in question.by:
        frame = frame.assign(reason=frame["state_reason"])
    notes = [*notes_for(scope, kpi), *found.notes, *_unknown_values(scope, frame)]
    return Evaluated(
        _with_unit(kpi, frame), question, frame, report_date, tuple(dict.fromkeys(notes))
    )


def data_date_of(source: FactSource, kpi: Kpi) -> date | None:
    """The latest data date of the feeds that contribute to a KPI: the report date by default."""
    return source.data_date(kpi.datasets) if kpi.datasets else source.data_date()


def scope_of(
    source: FactSource, question: SeriesQuestion, settings: Settings, report_date: date
) -> Scope:
    """A normalised question with all it takes to answer it.

    Facts after a report date that was asked for are left out. Not so order items: one delivered
    before its due day counts in its due month, though that may lie after the report date.
    """
    kpi = CATALOG.get(question.kpi)
    by_due_day = kpi is not None and (kpi.domain == "delivery" or kpi.id == "supplier_otd")
    return Scope(
        source, settings, question, report_date, question.as_of is not None and not by_due_day
    )


def _cells(scope: Scope, kpi: Kpi) -> Cells:
    if kpi.id.startswith(REPORTED_PREFIX):
        return reported_cells(scope, kpi)
    if kpi.id == "overdue_backlog":
        return backlog_cells(scope, kpi)
    made = recipe(kpi.id, scope.settings)
    assert made is not None, kpi.id
    return cells(scope, kpi, made)


def _with_unit(kpi: Kpi, frame: pd.DataFrame) -> Kpi:
    if kpi.unit != MONEY:
        return kpi
    units = [u for u in frame["unit"].unique() if u] if len(frame) else []
    return replace(kpi, unit=units[0] if len(units) == 1 else "")


def _empty(question: SeriesQuestion) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "period": pd.Series(dtype="str"),
            "period_start": pd.Series(dtype="datetime64[s]"),
            "period_end": pd.Series(dtype="datetime64[s]"),
            **{d: pd.Series(dtype=object) for d in question.by},
        }
    )
    for name in FIGURES:
        is_number = name in ("numerator", "denominator", "value")
        frame[name] = pd.Series(dtype="float64" if is_number else "str")
    return frame if "reason" in question.by else frame.assign(reason=frame["state_reason"])


def _not_computable(
    kpi: Kpi, question: SeriesQuestion, report_date: date | None, settings: Settings
) -> pd.DataFrame:
    """The periods asked for (or that of the report date), each saying what it would take."""
    last = question.last or report_date or question.first
    first = question.first or last
    if first is None or last is None:
        return _empty(question)
    periods = periods_between(first, max(first, last), question.period, settings.fiscal)
    frame = pd.DataFrame(
        {
            "period": [p.label for p in periods],
            "period_start": np.array([p.first for p in periods], dtype="datetime64[s]"),
            "period_end": np.array([p.last for p in periods], dtype="datetime64[s]"),
        }
    )
    for dim in question.by:
        frame[dim] = pd.Series([None] * len(frame), dtype=object)
    if "reason" not in question.by:
        frame["reason"] = kpi.needs
    return frame.assign(
        numerator=np.nan, denominator=np.nan, value=np.nan, unit=kpi.unit,
        state=State.NOT_COMPUTABLE.value, state_reason=kpi.needs,
    )  # fmt: skip


def _unknown_values(scope: Scope, frame: pd.DataFrame) -> list[str]:
    """A sentence where nothing is left to show."""
    if len(frame) and not frame["state"].isin([State.MISSING.value]).all():
        return []
    chosen = ", ".join(f"{d} {v or 'not assigned'}" for d, v in scope.question.where)
    return [f"There are no data for {chosen}." if chosen else "There are no data for it yet."]
