"""Order items and their shipments, out of one table."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kpi.ingest.conventions import Desk
from kpi.ingest.facts import Facts
from kpi.ingest.headings import ACTUAL, DUE
from kpi.ingest.numbers import Mask
from kpi.ingest.rows import Parts, codes_of, currency_of, rows_of, say_unknown, unit_of_rows
from kpi.ingest.tables import build
from kpi.ingest.vocabulary import vocabulary


def order_parts(facts: Facts, common: dict[str, Any], desk: Desk) -> Parts:
    """Order items, each once, and a shipment per row that left or arrived."""
    values = dict(common)
    values["direction"] = _direction(facts)
    values["status"] = _status(facts)
    say_unknown(facts, "status", vocabulary().status, desk)
    item = _items(facts)
    if item is not None:
        values["item"] = item
    out: Parts = {}
    due = facts.mapping.has(
        *DUE, "order_date", "qty_ordered", "status", "customer", "supplier", "value"
    )
    if due:
        first = _first_of_item(facts, values)
        out["order_item"] = build(
            "order_item",
            values
            | {
                "unit": unit_of_rows(facts, common, ("qty_ordered", "qty")),
                "currency": currency_of(facts, common, "value"),
            },
            facts.grid,
            rows_of(first, facts),
        )
    left = np.zeros(len(facts), bool)
    for name in ACTUAL:
        if name in facts.moments:
            left |= ~np.isnat(facts.moments[name])
    if left.any():
        out["shipment"] = build("shipment", values, facts.grid, rows_of(left, facts))
    return out


def _direction(facts: Facts) -> Any:
    if "direction" in facts.texts:
        return facts.texts["direction"]
    words = set(vocabulary().fields["purchase"])
    heading = vocabulary().normalise(facts.heading("order")) if facts.mapping.has("order") else None
    bought = heading is not None and bool(heading.tokens & words)
    customer = "customer" in facts.texts or (heading is not None and "customer" in heading.tokens)
    return "purchase" if not customer and (bought or "supplier" in facts.texts) else "sales"


def _status(facts: Facts) -> Any:
    words = vocabulary()
    out = None
    if "status" in facts.texts:
        encoded = pc.dictionary_encode(facts.texts["status"])
        read = [words.status(t) for t in encoded.dictionary.to_pylist()]
        out = pa.array(read, pa.string()).take(encoded.indices)
    if "cancelled" in facts.texts:
        encoded = pc.dictionary_encode(facts.texts["cancelled"])
        texts = encoded.dictionary.to_pylist()
        flag = [words.is_true(t) for t in texts]
        if not any(flag) and not any(words.is_false(t) for t in texts):
            flag = [True] * len(texts)
        gone = pc.fill_null(pa.array(flag, pa.bool_()).take(encoded.indices), False)
        out = pc.if_else(
            gone, "cancelled", out if out is not None else pa.scalar(None, pa.string())
        )
    return out


def _items(facts: Facts) -> Any:
    """The position within the order: as stated, else the product, else the row's place in its order."""
    if "item" in facts.texts:
        return facts.texts["item"]
    order = codes_of(facts.texts["order"])
    if len(np.unique(order)) == len(order):
        return None
    if "product" in facts.texts:
        product = codes_of(facts.texts["product"])
        pairs = order * (int(product.max(initial=0)) + 2) + product + 1
        partial = "qty" in facts.numbers or "shipment" in facts.texts
        if partial or len(np.unique(pairs)) == len(pairs):
            return facts.texts["product"]
    if "shipment" in facts.texts or "qty" in facts.numbers:
        return None
    by_order = np.argsort(order, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(order[by_order]) != 0])
    sizes = np.diff(np.r_[starts, len(order)])
    place = np.empty(len(order), np.int64)
    place[by_order] = np.arange(len(order)) - np.repeat(starts, sizes) + 1
    return pc.cast(pa.array(place), pa.string())


def _first_of_item(facts: Facts, values: Mapping[str, Any]) -> Mask:
    """The first usable row of every order item; partial shipments repeat theirs."""
    run = codes_of(values["order"])
    for name in ("item", "plant"):
        given = values.get(name)
        if given is not None and not isinstance(given, str):
            code = codes_of(given)
            _, run = np.unique(run * (int(code.max(initial=0)) + 2) + code + 1, return_inverse=True)
    usable = np.flatnonzero(facts.good)
    _, first = np.unique(run[usable], return_index=True)
    keep = np.zeros(len(facts), bool)
    keep[usable[first]] = True
    return keep
