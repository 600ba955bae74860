"""Figures a plant computes itself: taken as reported, never averaged."""

from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from kpi.errors import UnknownNameError
from kpi.measures.catalog import REPORTED, REPORTED_PREFIX, Kpi
from kpi.measures.cells import Cells
from kpi.measures.engine import ABOUT, TABLES
from kpi.measures.periods import periods_table, starts_of
from kpi.measures.source import FactSource, facts_key
from kpi.measures.sums import Scope
from kpi.model import State

SCALES: Final = {"%": 100.0, "ppm": 1e6, "per 1000": 1000.0}
"""What a ratio is multiplied with to be in a unit; 1 in any other."""

_COUNTED: Final = frozenset({"n", "no", "nr", "#", "number", "count", "anz", "anzahl"})
"""Units that say no more than that something was counted: a figure is printed without them."""

_LENGTH: Final = {"day": 0, "week": 1, "month": 2, "quarter": 3, "fiscal": 3, "year": 4, "all": 5}


def reported_rows(source: FactSource) -> pd.DataFrame:
    """All reported values in force, with the file rows they came from."""

    def read() -> pd.DataFrame:
        table: pd.DataFrame = source.arrow("reported_value").to_pandas()
        return table

    return TABLES.get(("reported", facts_key(source)), read)


def reported_kpis(source: FactSource) -> tuple[Kpi, ...]:
    """A KPI for each figure these facts report."""
    slugs = reported_rows(source)["slug"].dropna().unique()
    return tuple(reported_kpi(source, REPORTED_PREFIX + slug) for slug in sorted(slugs))


def reported_kpi(source: FactSource, id: str) -> Kpi:
    """The KPI ``reported:<slug>``, with the title and unit the file gives it.

    Raises
    ------
    UnknownNameError
        No fact in force has that slug.
    """
    return ABOUT.get(("reported kpi", id, facts_key(source)), lambda: _described(source, id))


def _described(source: FactSource, id: str) -> Kpi:
    rows = reported_rows(source)
    slug = id.removeprefix(REPORTED_PREFIX)
    mine = rows[rows["slug"] == slug]
    if mine.empty:
        known = [REPORTED_PREFIX + s for s in sorted(rows["slug"].dropna().unique())]
        raise UnknownNameError("KPI", id, known=known)
    titles, units = mine["title"].dropna(), mine["unit"].dropna()
    unit = str(units.iloc[-1]) if len(units) else ""
    unit = "" if unit.casefold().rstrip(".") in _COUNTED else unit
    both = bool((mine["numerator"].notna() & mine["denominator"].notna()).all())
    return replace(
        REPORTED,
        id=id,
        title=str(titles.iloc[-1]) if len(titles) else slug.replace("_", " ").capitalize(),
        unit=unit,
        per=SCALES.get(unit, 1.0),
        default_chart="p" if both and unit == "%" else "imr",
        decimals=REPORTED.decimals if both else _decimals(mine["value"]),
    )


def _decimals(values: pd.Series) -> int:
    """As many decimals as the file's figures carry, up to those of any reported value."""
    given = values.dropna().to_numpy(dtype="float64")
    for decimals in range(REPORTED.decimals):
        if np.allclose(given, np.round(given, decimals), rtol=0, atol=1e-9):
            return decimals
    return REPORTED.decimals


def reported_cells(scope: Scope, kpi: Kpi) -> Cells:
    """The reported values per period: sums over sums where both parts are there, else as they are.

    A value without its parts cannot be put together from several: such a cell is not computable.
    """
    rows = _chosen(scope, kpi)
    if rows.empty:
        return Cells(pd.DataFrame(), ())
    by = list(scope.question.by)
    first, last = rows["day"].min(), rows["day"].max()
    periods = periods_table(first.date(), last.date(), scope.question.period, scope.settings)
    both = rows["numerator"].notna() & rows["denominator"].notna()
    whole = rows["value"].notna() | both
    rows = rows.assign(
        both=both, whole=whole, length=rows["grain"].map(_LENGTH).fillna(_LENGTH["month"])
    )
    cells = rows.groupby(["start", *by], dropna=False).agg(
        numerator=("numerator", "sum"), denominator=("denominator", "sum"), only=("value", "first"),
        both=("both", "all"), count=("whole", "sum"), length=("length", "max"),
        units=("unit", "nunique"),
    ).reset_index()  # fmt: skip
    slices = cells[by].drop_duplicates().sort_values(by) if by else pd.DataFrame({"_": [0]})
    grid = slices.merge(periods, how="cross").merge(cells, on=["start", *by], how="left")
    return Cells(_finished(scope, kpi, grid, by), ())


def _chosen(scope: Scope, kpi: Kpi) -> pd.DataFrame:
    rows = reported_rows(scope.source)
    slug = kpi.id.removeprefix(REPORTED_PREFIX)
    rows = rows[(rows["slug"] == slug) & rows["date"].notna()]
    days = pd.to_datetime(rows["date"])
    rows = rows.assign(day=days, start=starts_of(days, scope.question.period, scope.settings))
    if scope.question.first is not None:
        rows = rows[rows["day"] >= pd.Timestamp(scope.question.first)]
    if scope.last is not None:
        rows = rows[rows["day"] <= pd.Timestamp(scope.last)]
    for dim in dict.fromkeys(d for d, _ in scope.question.where):
        values = scope.question.allowed(dim)
        if dim not in rows:
            return rows.iloc[:0]
        chosen = rows[dim].isin(scope.names.codes(dim, values))
        rows = rows[chosen | rows[dim].isna() if "" in values else chosen]
    for dim in scope.question.by:
        codes = rows[dim].astype(object) if dim in rows else pd.Series(None, index=rows.index)
        rows = rows.assign(**{dim: codes.where(codes.notna(), None)})
    return rows


def _finished(scope: Scope, kpi: Kpi, grid: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    count = grid["count"].fillna(0)
    both = grid["both"].fillna(False).astype(bool) & (grid["denominator"] > 0)
    one = (count == 1) & ~both & grid["only"].notna()
    finer = grid["length"] > _LENGTH[scope.question.period]
    mixed = grid["units"].fillna(0) > 1
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = grid["numerator"] / grid["denominator"].where(grid["denominator"] > 0) * kpi.per
    ok = (both | one) & ~finer & ~mixed
    value = ratio.where(both, grid["only"]).where(ok)
    parts = grid["both"].fillna(False).astype(bool)
    state = np.select(
        [count == 0, ~ok, value == 0],
        [State.MISSING.value, State.NOT_COMPUTABLE.value, State.ZERO.value],
        State.VALUE.value,
    )
    reason = np.select(
        [count == 0, ok, finer, mixed],
        ["no data in " + grid["period"], "", "reported for longer periods than asked for",
         "different units cannot be added up"],
        "several reported values without numerator and denominator cannot be put together",
    )  # fmt: skip
    grid = grid.assign(
        value=value, unit=kpi.unit, state=state, state_reason=reason,
        numerator=grid["numerator"].where(parts), denominator=grid["denominator"].where(parts),
    )  # fmt: skip
    figures = ["numerator", "denominator", "value", "unit", "state", "state_reason"]
    return grid[["period", "period_start", "period_end", *by, *figures]]
