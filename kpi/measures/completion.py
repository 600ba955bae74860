"""When order items were complete: shipments found for their items, quantities added up."""

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from kpi.datasets import PROVENANCE

Positions = npt.NDArray[np.int64]

KEY: Final = ("plant", "source", "order", "item")
_ROUNDING: Final = 1e-9
"""Relative slack when a sum of quantities is held against the ordered quantity."""


def match_shipments(items: pd.DataFrame, shipments: pd.DataFrame) -> pd.DataFrame:
    """Which order item each shipment belongs to.

    Tried in turn, each only where it points to one item: the key (plant, source, order, item); the
    row of the file that both come from; the key without the source, for shipments that come in a
    file of their own; the order, where the shipment names no item or the order's one item has no
    number. A shipment that names no item of an order with several counts for all of them by its
    date alone, since its quantity cannot be shared out.

    Returns
    -------
    DataFrame
        ``position`` (row of ``items``, from 0), ``shipment`` (row of ``shipments``) and ``whole``
        (the quantity of the shipment is this item's). A shipment without an item is absent.
    """
    found = np.full(len(shipments), -1, dtype=np.int64)
    no_item = shipments["item"].isna().to_numpy()
    lone = _alone(items)
    tiers = (
        (KEY, None, None),
        (PROVENANCE, None, None),
        (("plant", "order", "item"), None, None),
        (("plant", "source", "order"), lone, no_item),
        (("plant", "source", "order"), lone & items["item"].isna().to_numpy(), None),
        (("plant", "order"), lone, no_item),
        (("plant", "order"), lone & items["item"].isna().to_numpy(), None),
    )
    for columns, item_mask, shipment_mask in tiers:
        todo = found < 0 if shipment_mask is None else (found < 0) & shipment_mask
        if todo.any():
            found[todo] = lookup(items, shipments[todo], columns, item_mask)
    shipment = np.flatnonzero(found >= 0)
    one = pd.DataFrame({"position": found[shipment], "shipment": shipment, "whole": True})
    rest = np.flatnonzero((found < 0) & no_item)
    return pd.concat([one, _for_all(items, shipments, rest)], ignore_index=True)


def _alone(items: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Whether an item is the only one of its order."""
    return ~items.duplicated(["plant", "source", "order"], keep=False).to_numpy()


def lookup(
    items: pd.DataFrame,
    shipments: pd.DataFrame,
    columns: tuple[str, ...],
    mask: npt.NDArray[np.bool_] | None,
) -> Positions:
    """For each shipment the position of the one item with the same values; -1: none, or several.

    ``mask`` says which items may be found. A missing order, or row of a file, is like no other.
    """
    candidates = np.arange(len(items)) if mask is None else np.flatnonzero(mask)
    codes = _codes(pd.concat([items.iloc[candidates][list(columns)], shipments[list(columns)]]))
    of_items, of_shipments = codes[: len(candidates)], codes[len(candidates) :]
    size = int(codes.max(initial=-1)) + 1
    count = np.bincount(of_items[of_items >= 0], minlength=size)
    position = np.full(size, -1, dtype=np.int64)
    position[of_items[of_items >= 0]] = candidates[of_items >= 0]
    position[count != 1] = -1
    return np.where(of_shipments < 0, -1, position[of_shipments]) if size else of_shipments


def _codes(table: pd.DataFrame) -> Positions:
    """A code per distinct row; -1 where the order, or the row of the file, is not known."""
    total: Positions = np.zeros(len(table), dtype=np.int64)
    for name in table.columns:
        codes, distinct = pd.factorize(table[name])
        total = total * (len(distinct) + 1) + codes + 1
        total = pd.factorize(total)[0].astype(np.int64)  # dense again, so that it never overflows
    needed = [name for name in table.columns if name in {"order", "upload", "row"}]
    return np.where(table[needed].isna().any(axis=1).to_numpy(), -1, total)


def _for_all(items: pd.DataFrame, shipments: pd.DataFrame, rest: Positions) -> pd.DataFrame:
    """Shipments that name no item, for every item of their order."""
    found = []
    for columns in (["plant", "source", "order"], ["plant", "order"]):
        left = items[columns].assign(position=np.arange(len(items)))
        right = shipments.iloc[rest][columns].assign(shipment=rest)
        pairs = left.merge(right, on=columns).dropna(subset="order")
        found.append(pairs[["position", "shipment"]].assign(whole=False))
        rest = np.setdiff1d(rest, pairs["shipment"].to_numpy())
    return pd.concat(found, ignore_index=True)


def deliveries(
    items: pd.DataFrame, shipments: pd.DataFrame, *, shipped_counts: bool
) -> pd.DataFrame:
    """The deliveries of each item that have a date, in time order.

    Columns ``position``, ``day``, ``qty`` (missing: complete), ``upto`` (quantity delivered by the
    end of that row; infinite once a delivery without a quantity is among it), ``own_row`` (it
    stands in the very row of the file that its order item stands in), ``feed``. The day is that of
    arrival, else of goods issue; the other way round where the shipping day counts.
    """
    arrived, left = shipments["delivered_on"], shipments["shipped_on"]
    day = left.fillna(arrived) if shipped_counts else arrived.fillna(left)
    pairs = match_shipments(items, shipments)
    at, of = pairs["shipment"].to_numpy(), pairs["position"].to_numpy()
    qty = shipments["qty"].to_numpy()[at]
    same_row = np.logical_and.reduce(
        [
            (shipments[name].to_numpy()[at] == items[name].to_numpy()[of]).astype(bool)
            for name in ("sheet", "row", "upload")
        ]
        if len(pairs)
        else [np.zeros(0, dtype=bool)]
    )
    table = pd.DataFrame(
        {
            "position": of,
            "day": day.to_numpy()[at],
            "qty": np.where(pairs["whole"].to_numpy(dtype=bool), qty, np.nan),
            "own_row": same_row,
            "feed": pd.factorize(shipments["source"].fillna(shipments["upload"]))[0][at],
        }
    )
    table = table[table["day"].notna()].sort_values(
        ["position", "day"], kind="stable", ignore_index=True
    )
    added = table["qty"].fillna(np.inf)
    return table.assign(upto=added.groupby(table["position"]).cumsum())


def completion(
    delivered: pd.DataFrame,
    ordered: npt.NDArray[np.float64],
    short_is_final: npt.NDArray[np.bool_],
    *,
    tolerance: float,
) -> pd.DataFrame:
    """When each item was complete, one row per item.

    Parameters
    ----------
    delivered
        The result of ``deliveries``.
    ordered
        Ordered quantity per item; missing where unknown: then the last delivery completes it.
    short_is_final
        Items that will get no more: their last delivery ends them, though not in full.
    tolerance
        Share of the ordered quantity that may lack, 0 to 1.

    Returns
    -------
    DataFrame
        ``completed_on`` (missing: not complete), ``in_full``, ``qty_delivered`` (the ordered
        one, where a delivery has no quantity), ``last_delivery``.
    """
    count = len(ordered)
    position = delivered["position"].to_numpy()
    wanted = ordered * (1 - tolerance) * (1 - _ROUNDING)
    reached = delivered[delivered["upto"].to_numpy() >= wanted[position]]
    full_on = _placed(reached, "day", "first", count)
    last = _placed(delivered, "day", "last", count)
    qty = np.zeros(count)
    final = delivered.drop_duplicates("position", keep="last")
    qty[final["position"].to_numpy()] = final["upto"].to_numpy()
    qty = np.where(np.isinf(qty), ordered, qty)
    in_full = ~np.isnat(full_on)
    unknown = np.isnan(ordered)
    done = np.where(
        in_full, full_on, np.where(short_is_final | unknown, last, np.datetime64("NaT"))
    )
    return pd.DataFrame(
        {
            "completed_on": done.astype("datetime64[us]"),
            "in_full": in_full | (unknown & ~np.isnat(last)),
            "qty_delivered": qty,
            "last_delivery": last,
        }
    )


def _placed(table: pd.DataFrame, column: str, keep: str, count: int) -> npt.NDArray[np.datetime64]:
    rows = table.drop_duplicates("position", keep="first" if keep == "first" else "last")
    placed = np.full(count, np.datetime64("NaT"), dtype="datetime64[us]")
    placed[rows["position"].to_numpy()] = rows[column].to_numpy(dtype="datetime64[us]")
    return placed


def quantity_of(
    delivered: pd.DataFrame, chosen: npt.NDArray[np.bool_], ordered: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Quantity of the chosen deliveries per item, at most the ordered one; missing if that is.

    A delivery without a quantity counts as the ordered one.
    """
    position = delivered["position"].to_numpy()[chosen]
    qty = delivered["qty"].to_numpy()[chosen]
    qty = np.where(np.isnan(qty), ordered[position], qty)
    total = np.bincount(position, weights=qty, minlength=len(ordered))
    return np.clip(total, 0.0, ordered)
