"""What left for customers, and what arrived from suppliers: one row per shipment of an order item."""

import hashlib
from functools import partial
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from kpi.datasets import ORDER_ITEM, SHIPMENT
from kpi.measures.complete import complete
from kpi.measures.engine import TABLES
from kpi.measures.rollups import plain_texts
from kpi.measures.source import FactSource, facts_key

VERSION: Final = 1
"""Raised when the rows of this table are computed by other rules."""

SIDES: Final = ("sales", "purchase")
_KEY: Final = ["plant", "source", "order", "item"]
_OF_ORDER: Final = ["plant", "source", "order"]
_OF_ITEM: Final = ("line", "product", "customer", "supplier", "unit")
_TEXTS: Final = ("plant", *_OF_ITEM, "direction", "upload", "sheet")


def shipped_lines(source: FactSource) -> pa.Table:
    """Every shipment with the dimensions of its order item, all plants together.

    Columns ``plant``, ``day``, ``line``, ``product``, ``customer``, ``supplier``, ``unit``,
    ``direction``, ``qty``, ``defective``, ``deliveries`` (1 each), ``rows``, ``upload``, ``sheet``,
    ``row``. The day is that of goods issue for sales, of arrival for purchases, the other where that
    is missing. A shipment without a quantity is the whole item. One whose order is not known has no
    direction.
    """
    return TABLES.get(("shipped", facts_key(source)), lambda: _all(source))


def _all(source: FactSource) -> pa.Table:
    tables = []
    for plant in dict.fromkeys(p for p, _ in source.partitions("shipment")):
        signature = _signature(source, plant)
        build = partial(_of_plant, source, plant)
        tables.append(source.derived("shipped_line", plant, "", signature, build))
    if not tables:
        return _of_plant(source, "")
    return plain_texts(pa.concat_tables(tables))


def _signature(source: FactSource, plant: str) -> str:
    parts: list[object] = [VERSION]
    for dataset in ("order_item", "shipment"):
        parts += [
            (dataset, month, source.signature(dataset, p, month))
            for p, month in source.partitions(dataset)
            if p == plant
        ]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _of_plant(source: FactSource, plant: str) -> pa.Table:
    shipments, items = (
        complete(source.table(d.id, [plant]).to_pyarrow().to_pandas(), d)
        for d in (SHIPMENT, ORDER_ITEM)
    )
    return _table(_lines(shipments, items))


def _lines(shipments: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Each shipment with what its order item says; where only its order is known, what that says."""
    carried = ["direction", *_OF_ITEM, "qty_ordered"]
    one = items[[*_KEY, *carried]].drop_duplicates(_KEY)
    out = shipments.merge(one, on=_KEY, how="left")  # a missing item meets a missing one
    if out["direction"].isna().any() and len(items):
        out = _by_order(out, items, carried[:-1])
    alone = ~out.duplicated(_KEY, keep=False)
    out["qty"] = out["qty"].fillna(out["qty_ordered"].where(alone))
    bought = (out["direction"] == "purchase").to_numpy()
    left, came = out["shipped_on"], out["delivered_on"]
    out["day"] = came.fillna(left).where(bought, left.fillna(came))
    return out


def _by_order(out: pd.DataFrame, items: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """What all items of a shipment's order have in common, where its own item is not known."""
    orders = items.groupby(_OF_ORDER, dropna=False)
    lost = out["direction"].isna()
    for name in names:
        low, high = orders[name].min(), orders[name].max()
        common = low.where(low == high).rename("_common").reset_index()
        theirs = out[_OF_ORDER].merge(common, on=_OF_ORDER, how="left")["_common"]
        out[name] = out[name].where(~lost, theirs)
    return out


def _table(lines: pd.DataFrame) -> pa.Table:
    columns = {n: pa.array(lines[n].astype(object), pa.string(), from_pandas=True) for n in _TEXTS}
    days = pd.to_datetime(lines["day"]).dt.date
    count = len(lines)
    return pa.table(
        {
            **columns,
            "day": pa.array(days, pa.date32(), from_pandas=True),
            "qty": pa.array(lines["qty"].astype("float64"), from_pandas=True),
            "defective": pa.array(lines["qty_defective"].astype("float64"), from_pandas=True),
            "deliveries": pa.array(np.ones(count)),
            "rows": pa.array(np.ones(count, dtype="int64")),
            "row": pa.array(lines["row"].fillna(0).astype("int32"), pa.int32()),
        }
    )
