"""Deliveries of a known system as parts of order items: batch splits, releases, what was ordered."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kpi.ingest.conventions import Desk
from kpi.ingest.facts import Facts
from kpi.ingest.numbers import read_number_texts
from kpi.ingest.rows import codes_of
from kpi.model import Severity
from kpi.texts import said, said_n

_SPLIT_FROM: Final = 900_000
"""Items that the system itself splits a delivery item into, one per batch, count from here."""


def marks_of(texts: Sequence[pa.Array], count: int) -> npt.NDArray[np.int64]:
    """A number per row that is equal where all the texts are."""
    out = np.zeros(count, np.int64)
    for text in texts:
        code = codes_of(text)
        _, out = np.unique(out * (int(code.max(initial=0)) + 2) + code + 1, return_inverse=True)
    return out


def split_items(facts: Facts, desk: Desk) -> None:
    """Items split by batch belong to the item they were split from and add up to it, once.

    Where the main item states the sum of its parts as well, the parts count.
    """
    items, deliveries = facts.texts.get("item_of_shipment"), facts.texts.get("shipment")
    if items is None or deliveries is None:
        return
    encoded = pc.dictionary_encode(items)
    numbers = np.append(read_number_texts(encoded.dictionary).values, np.nan)
    codes = encoded.indices.fill_null(len(numbers) - 1).to_numpy(zero_copy_only=False)
    part = numbers[codes] >= _SPLIT_FROM
    if not part.any():
        return
    parents = facts.texts.get("parent_item")
    own = [n.lstrip("0") if n else "" for n in items.to_pylist()]
    above = [n.lstrip("0") if n else "" for n in parents.to_pylist()] if parents is not None else []
    sent = deliveries.to_pylist()
    split = set(np.flatnonzero(part).tolist())
    shared = {sent[i] for i in split}
    mains: dict[str | None, list[int]] = {}
    for i in range(len(facts)):
        if sent[i] in shared and i not in split:
            mains.setdefault(sent[i], []).append(i)
    owner = np.full(len(facts), -1)
    for i in split:
        there = mains.get(sent[i], [])
        named = [j for j in there if above and above[i] and own[j] == above[i]]
        owner[i] = named[0] if named else _same_item(facts, i, there)
    _inherit(facts, owner)
    _count_parts_once(facts, owner, desk)


def _same_item(facts: Facts, i: int, mains: Sequence[int]) -> int:
    """The one main item with the same order item, or product; -1 where none is."""
    for name in ("item", "product"):
        texts = facts.texts.get(name)
        if texts is None or texts[i].as_py() is None:
            continue
        same = [j for j in mains if texts[j].as_py() == texts[i].as_py()]
        if len(same) == 1:
            return same[0]
    return -1


def _inherit(facts: Facts, owner: npt.NDArray[np.int64]) -> None:
    """Parts without an order or a date of their own have those of their item."""
    has = owner >= 0
    for name in ("order", "item", "product", "customer", "supplier"):
        if name in facts.texts:
            texts = facts.texts[name]
            from_owner = texts.take(pa.array(np.where(has, owner, 0)))
            blank = np.asarray(texts.is_null().to_numpy(zero_copy_only=False))
            facts.texts[name] = pc.if_else(pa.array(has & blank), from_owner, texts)


def _count_parts_once(facts: Facts, owner: npt.NDArray[np.int64], desk: Desk) -> None:
    quantity = facts.numbers.get("qty")
    if quantity is None:
        return
    has = owner >= 0
    sums = np.bincount(
        owner[has], weights=np.nan_to_num(quantity[has]), minlength=len(facts)
    ).astype(float)
    mains = np.unique(owner[has])
    twice = mains[(quantity[mains] > 0) & np.isclose(quantity[mains], sums[mains])]
    empty = mains[np.nan_to_num(quantity[mains]) == 0]
    facts.aside[twice] = True
    facts.aside[empty] = True
    if len(mains):
        desk.note(
            facts.grid.sheet,
            said_n(
                "{n} item is split by batch: its parts add up to it and are counted once",
                "{n} items are split by batch: their parts add up to them and are counted once",
                n=len(mains),
            ),
        )


def delivered_is_ordered(facts: Facts, desk: Desk) -> None:
    """In a list of deliveries, what is to be delivered of an order item stands in for what was ordered."""
    quantity, order = facts.numbers.get("qty"), facts.texts.get("order")
    if quantity is None or order is None or "qty_ordered" in facts.numbers:
        return
    item = "item" if "item" in facts.texts else "product"  # as order items are told apart
    keys = [facts.texts[n] for n in ("order", item, "plant") if n in facts.texts]
    marks = marks_of(keys, len(facts))
    usable = facts.good & ~np.isnan(quantity)
    sums = np.bincount(marks[usable], weights=quantity[usable], minlength=int(marks.max()) + 1)
    facts.numbers["qty_ordered"] = np.asarray(sums[marks], float)
    desk.note(
        facts.grid.sheet,
        said(
            "The ordered quantity is not in a list of deliveries: an order item counts as complete "
            "when all that is planned to be delivered for it here has left."
        ),
    )


def deliveries_as_orders(facts: Facts, desk: Desk) -> None:
    """A delivery without the order it is for counts as an order of its own, and that is said."""
    sent = facts.texts.get("shipment")
    if sent is None:
        return
    order = facts.texts.get("order")
    stands_in = facts.mapping.fields.get("order") == facts.mapping.fields.get("shipment")
    blank = np.ones(len(facts), bool)
    if order is not None and not stands_in:
        blank = np.asarray(order.is_null().to_numpy(zero_copy_only=False))
    named = blank & np.asarray(sent.is_valid().to_numpy(zero_copy_only=False))
    if not named.any():
        return
    none = pa.nulls(len(facts), pa.string())
    for name, own in (("order", sent), ("item", facts.texts.get("item_of_shipment", none))):
        there = facts.texts.get(name, none)
        facts.texts[name] = pc.if_else(pa.array(named), own, there)
    desk.note(
        facts.grid.sheet,
        said_n(
            "{n} row names no order: its delivery counts as an order of its own",
            "{n} rows name no order: their deliveries count as orders of their own",
            n=int(named.sum()),
        ),
        severity=Severity.WARNING,
        expected=said("the order and its item beside each delivery"),
        advice=said("Add the reference document and its item to the layout, then export again."),
    )


def sub_items(facts: Facts, desk: Desk) -> None:
    """Releases of an order line are items of their own, each with its dates: line 1, release 2 is 1.2."""
    item, sub = facts.texts.get("item"), facts.texts.get("sub_item")
    if item is not None and sub is not None:
        joined = pc.binary_join_element_wise(item, sub, ".")
        facts.texts["item"] = pc.coalesce(joined, item)


def cancelled_but_delivered(facts: Facts, desk: Desk) -> None:
    """An order closed by hand is cancelled, unless it was delivered first."""
    status = facts.texts.get("status")
    if status is None:
        return
    gone = np.zeros(len(facts), bool)
    for name in ("shipped_on", "delivered_on"):
        if name in facts.moments:
            gone |= ~np.isnat(facts.moments[name])
    late = pc.and_(pc.fill_null(pc.equal(status, "cancelled"), False), pa.array(gone))
    facts.texts["status"] = pc.if_else(late, "delivered", status)
