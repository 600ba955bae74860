"""What failures cost: scrap inside the plant and complaints of customers, below each other."""

from collections.abc import Iterable
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from kpi.measures.rollups import day_table
from kpi.measures.source import FactSource
from kpi.settings import Settings

_DIMENSIONS: Final = ("line", "machine", "shift", "product", "customer", "supplier", "reason")


def failure_costs(source: FactSource, settings: Settings) -> pa.Table:
    """Scrap cost and complaint cost per day and dimensions, where a plant's month is known for both.

    Columns ``plant``, ``day``, the dimensions, ``currency``, ``cost``, ``rows``. A plant that
    records only one of the two has no rows: half of a cost would pass for the whole.
    """
    scrap = _priced(day_table(source, "scrap", settings))
    complaints = day_table(source, "complaint", settings)
    outside = _priced(complaints.filter(pc.equal(complaints["kind"], "customer")))
    both = _plants(scrap) & _plants(outside)
    known = _months(source, "scrap", scrap) & _months(source, "complaint:customer", outside)
    parts = [_kept(table, both, known) for table in (scrap, outside)]
    return pa.concat_tables(parts, promote_options="permissive")


def _priced(table: pa.Table) -> pa.Table:
    return table.filter(table["cost"].is_valid())


def _plants(table: pa.Table) -> set[str]:
    return set(table["plant"].unique().to_pylist())


def _months(source: FactSource, dataset: str, table: pa.Table) -> set[tuple[str, str]]:
    """Plants and months a dataset has rows for, or claims to be complete for."""
    rows = zip(table["plant"].to_pylist(), _month_of(table), strict=True)
    return {*source.covered(dataset), *rows}


def _month_of(table: pa.Table) -> list[str]:
    return [str(m) for m in pc.strftime(table["day"], "%Y-%m").to_pylist()]


def _kept(table: pa.Table, plants: set[str], known: Iterable[tuple[str, str]]) -> pa.Table:
    places = set(known)
    pairs = zip(table["plant"].to_pylist(), _month_of(table), strict=True)
    keep = pa.array([p in plants and (p, m) in places for p, m in pairs], pa.bool_())
    rows = table.filter(keep)
    columns = {
        name: rows[name].cast(pa.string())
        if name in rows.column_names
        else pa.nulls(len(rows), pa.string())
        for name in ("plant", *_DIMENSIONS, "currency")
    }
    return pa.table({**columns, "day": rows["day"], "cost": rows["cost"], "rows": rows["rows"]})
