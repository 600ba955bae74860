"""What failures cost: scrap inside the plant and complaints of customers, below each other."""

from collections.abc import Callable, Iterable
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from kpi.measures.rollups import day_table
from kpi.measures.source import FactSource
from kpi.settings import Settings

_DIMENSIONS: Final = ("line", "machine", "shift", "product", "customer", "supplier", "reason")


Reader = Callable[[FactSource, str, Settings], pa.Table]


def failure_costs(source: FactSource, settings: Settings, read: Reader = day_table) -> pa.Table:
    """Scrap cost and complaint cost per day and dimensions, where a plant's month is known for both.

    ``read`` gives the sums of a dataset, by day or by month.

    Columns ``plant``, ``day``, the dimensions, ``currency``, ``cost``, ``rows``. A plant that
    records only one of the two has no rows: half of a cost would pass for the whole.
    """
    scrap = _priced(read(source, "scrap", settings))
    complaints = read(source, "complaint", settings)
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
    found = pa.table({"plant": table["plant"], "month": _month_of(table)})
    places = found.group_by(["plant", "month"]).aggregate([]).to_pylist()
    return {*source.covered(dataset), *((p["plant"], p["month"]) for p in places)}


def _month_of(table: pa.Table) -> pa.ChunkedArray:
    return pc.strftime(table["day"], "%Y-%m")


def _kept(table: pa.Table, plants: set[str], known: Iterable[tuple[str, str]]) -> pa.Table:
    places = pa.array([f"{p}\0{m}" for p, m in known if p in plants], pa.string())
    pairs = pc.binary_join_element_wise(table["plant"].cast(pa.string()), _month_of(table), "\0")
    rows = table.filter(pc.is_in(pairs, places))
    columns = {
        name: rows[name].cast(pa.string())
        if name in rows.column_names
        else pa.nulls(len(rows), pa.string())
        for name in ("plant", *_DIMENSIONS, "currency")
    }
    return pa.table({**columns, "day": rows["day"], "cost": rows["cost"], "rows": rows["rows"]})
