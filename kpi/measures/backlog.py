"""The overdue backlog: a stock at the end of each period, not a sum over it."""

import numpy as np
import pandas as pd

from kpi.measures.catalog import Kpi
from kpi.measures.cells import Cells
from kpi.measures.delivery import backlog_rows
from kpi.measures.due_items import Basis
from kpi.measures.periods import periods_table
from kpi.measures.resolved import due_items
from kpi.measures.sums import Scope
from kpi.model import State


def backlog_stock(scope: Scope, ends: list[pd.Timestamp]) -> pd.DataFrame:
    """The order items open and past due on each of some days, seen through the question's filter."""
    items = due_items(scope.source, scope.settings, scope.as_of)
    purchase = not scope.sales()
    chosen = (items["direction"] == "purchase") == purchase
    for dim in dict.fromkeys(d for d, _ in scope.question.where):
        values = scope.question.allowed(dim)
        codes = items[dim].astype(object)
        wanted = codes.isin(scope.names.codes(dim, values))
        chosen &= wanted | codes.isna() if "" in values else wanted
    mine = items[chosen]
    basis: Basis = scope.settings.delivery.due_date  # type: ignore[assignment]
    days = [end.date() for end in ends]
    return backlog_rows(mine.reset_index(drop=True), days, basis, report_date=scope.as_of)


def backlog_cells(scope: Scope, kpi: Kpi) -> Cells:
    """Open order items past due at the end of each period (of the report date, in the last one)."""
    items = due_items(scope.source, scope.settings, scope.as_of)
    due = pd.to_datetime(items[f"due_{scope.settings.delivery.due_date}"])
    first, last = scope.question.first, scope.last or scope.as_of
    if due.notna().any():
        first = max(filter(None, (due.min().date(), first)))
    last = min(last, scope.as_of)
    if first is None or first > last:
        return Cells(pd.DataFrame(), ())
    periods = periods_table(first, last, scope.question.period, scope.settings)
    report = pd.Timestamp(scope.as_of)
    ends = periods["period_end"].where(periods["period_end"] < report, report)
    stock = backlog_stock(scope, list(ends))
    return Cells(_counted(scope, kpi, stock, periods.assign(end=ends)), ())


def _counted(scope: Scope, kpi: Kpi, stock: pd.DataFrame, periods: pd.DataFrame) -> pd.DataFrame:
    by = list(scope.question.by)
    stock = stock.assign(end=pd.to_datetime(stock["day"]).astype("datetime64[s]"))
    for dim in by:
        codes = stock[dim].astype(object)
        stock[dim] = codes.where(codes.notna(), None)
        if scope.names.replaces(dim):
            named = scope.names.of(dim, stock[dim], stock["plant"]).astype(object)
            stock[dim] = named.where(named.notna(), stock[dim])
    counts = stock.groupby(["end", *by], dropna=False)["numerator"].sum().reset_index()
    slices = counts[by].drop_duplicates() if by else pd.DataFrame({"_": [0]})
    periods = periods.assign(end=periods["end"].astype("datetime64[s]"))
    cells = slices.merge(periods, how="cross").merge(counts, on=["end", *by], how="left")
    count = cells["numerator"].fillna(0.0)
    cells = cells.assign(
        numerator=count,
        denominator=np.nan,
        value=count * kpi.per,
        unit=kpi.unit,
        state=np.where(count == 0, State.ZERO.value, State.VALUE.value),
        state_reason="",
    )
    figures = ["numerator", "denominator", "value", "unit", "state", "state_reason"]
    cells = cells.sort_values([*by, "period_start"], ignore_index=True)
    return cells[["period", "period_start", "period_end", *by, *figures]]
