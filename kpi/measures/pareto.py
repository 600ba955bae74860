"""Top losses: the shares of a KPI's numerator by one dimension, the unassigned share first."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from kpi.errors import UsageError
from kpi.measures.backlog import backlog_stock
from kpi.measures.catalog import MONEY, Kpi
from kpi.measures.cells import UNASSIGNED
from kpi.measures.columns import MIXED
from kpi.measures.evaluate import data_date_of, kpi_of, scope_of
from kpi.measures.quantities import Recipe, recipe
from kpi.measures.question import SeriesQuestion, dimension
from kpi.measures.source import FactSource
from kpi.measures.sums import Scope, Sums, collect
from kpi.model import Direction
from kpi.settings import Settings


@dataclass(frozen=True)
class Pareto:
    """Shares of an amount.

    ``bars``: ``label``, ``code``, ``amount``, ``share`` and ``cumulative`` (0-100), ``unassigned``;
    the unassigned first, then the largest first. ``amount_title`` says what is measured, with its
    unit; ``total`` is the sum of the amounts.
    """

    bars: pd.DataFrame
    amount_title: str
    total: float


def pareto(source: FactSource, by: str, question: SeriesQuestion, settings: Settings) -> Pareto:
    """The numerator of a KPI by one dimension, over the question's days and slice.

    Where higher is better, what is missing to the denominator is shown: the order lines not on time.

    Raises
    ------
    UsageError
        The KPI cannot be split by that dimension, or its parts have different units.
    UnknownNameError
        There is no such dimension or KPI.
    """
    dim = dimension(by)
    question = replace(question, by=(dim,), period="all").normalised()
    kpi = kpi_of(source, question.kpi)
    made = recipe(kpi.id, settings)
    report_date = question.as_of or data_date_of(source, kpi)
    if made is None and kpi.id != "overdue_backlog":
        raise UsageError(f"{kpi.title} is not a sum that could be split. Choose another KPI.")
    if report_date is None:
        return Pareto(_bars(pd.DataFrame({"code": [], "label": [], "amount": []})), "", 0.0)
    scope = scope_of(source, question, settings, report_date)
    if made is None:
        amounts, words, unit = _stock(scope, dim), kpi.title, kpi.unit
    else:
        amounts, words, unit = _amounts(scope, kpi, made, dim)
    bars = _bars(_labelled(scope, amounts, dim))
    title = f"{words}, {unit}" if unit else words
    return Pareto(bars, title[:1].upper() + title[1:], float(bars["amount"].sum()))


def _stock(scope: Scope, dim: str) -> pd.DataFrame:
    """The order lines overdue on the last day asked for, or on the report date."""
    end = min(scope.last or scope.as_of, scope.as_of)
    stock = backlog_stock(scope, [pd.Timestamp(end)])
    if dim not in stock:
        raise UsageError(f"Order lines carry no {dim}. Choose another dimension.")
    return stock.assign(amount=stock["numerator"])


def _amounts(scope: Scope, kpi: Kpi, made: Recipe, dim: str) -> tuple[pd.DataFrame, str, str]:
    """Amount per value of the dimension (and plant), what it is, and its unit."""
    numerator = collect(scope, made.numerator, is_denominator=False)
    _refuse(kpi, numerator, dim)
    words = made.numerator.words
    frame = numerator.frame
    if kpi.direction is Direction.HIGHER and made.denominator is not None:
        whole = collect(scope, made.denominator, is_denominator=False)
        _refuse(kpi, whole, dim)
        frame = pd.concat([whole.frame, frame.assign(amount=-frame["amount"])], ignore_index=True)
        words = f"{made.denominator.words} less {words}"
    units = sorted({u for u in frame["unit"] if u})
    if len(units) > 1 or any(MIXED in u for u in units):
        raise UsageError(
            f"{kpi.title} by {dim} mixes units ({', '.join(units)}), which cannot be added up. "
            "Filter to one of them."
        )
    unit = units[0] if units else ""
    if made.denominator is None:  # a plain sum is shown in the unit of the KPI
        frame = frame.assign(amount=frame["amount"] * kpi.per)
        unit = kpi.unit if kpi.unit != MONEY else unit or scope.settings.currency or ""
        words = kpi.title
    return frame, words, unit


def _refuse(kpi: Kpi, sums: Sums, dim: str) -> None:
    if sums.lacking:
        raise UsageError(
            f"{kpi.title} cannot be split by {' or '.join(sums.lacking)}: the data it is made of "
            f"do not carry it. Choose another dimension than {dim}."
        )


def _labelled(scope: Scope, frame: pd.DataFrame, dim: str) -> pd.DataFrame:
    codes = frame[dim].astype(object)
    frame = frame.assign(code=codes.where(codes.notna(), None))
    sums = frame.groupby("code", dropna=False)["amount"].sum().reset_index()
    names = scope.names.of(dim, sums["code"], None).astype(object)
    known = names.notna() & ~scope.names.replaces(dim)
    return sums.assign(label=names.where(known, sums["code"]))


def _bars(sums: pd.DataFrame) -> pd.DataFrame:
    sums = sums[sums["amount"].notna() & (sums["amount"] != 0)]
    unassigned = sums["code"].isna()
    bars = sums.assign(unassigned=unassigned.astype(bool))
    bars["label"] = bars["label"].astype(object).where(~unassigned, UNASSIGNED)
    bars = bars.sort_values(
        ["unassigned", "amount", "label"], ascending=[False, False, True], ignore_index=True
    )
    total = float(bars["amount"].sum())
    share = bars["amount"] / total * 100 if total else np.nan
    bars = bars.assign(share=share)
    bars["cumulative"] = bars["share"].cumsum()
    return bars[["label", "code", "amount", "share", "cumulative", "unassigned"]]
