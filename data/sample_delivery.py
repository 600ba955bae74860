"""The order items of the sample plants: what was asked for, promised, promised again, and shipped."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import pandas as pd
from sample_calendar import LAST, days_between, is_working_day, on_working_day, stream

RE_DATING_SINCE: Final = date(2025, 9, 1)  # Nordhafen: late orders get a new promise beforehand
EXPEDITER_SINCE: Final = date(2026, 1, 12)  # Riverside: the action that did not help
FIRST_ORDERS: Final = date(2023, 8, 15)
FIRST_DUE: Final = date(2023, 11, 1)  # the exports begin with what falls due from here on
BLOCKED_SINCE: Final = date(2026, 8, 10)  # Nordhafen: a purchased part of 004721 is short
BLOCKED_PRODUCT: Final = "004721"
NEVER: Final = date(9999, 12, 31)

CUSTOMERS: Final = {
    "Nordhafen": ("Halden Motors", "Kestrel Pumps", "Orbis Rail", "Tarn Appliances"),
    "Riverside": ("Halden Motors", "Brightwell Medical", "Lumen Lighting"),
}
PRODUCTS: Final = {
    "Nordhafen": {"004712": 2.9, "004721": 3.6, "018831": 12.5, "026640": 19.0, "026641": 17.5},
    "Riverside": {"RB-410": 1.1, "RB-420": 1.2, "CL-100": 0.09, "KT-700": 6.3},
}


@dataclass(frozen=True)
class Item:
    """One line of an order, with its whole history.

    ``promises``: (day it was given, day promised), in order; ``shipments``: (goods issue, arrival,
    pieces); ``cancelled_on``: the day, or ``NEVER``.
    """

    plant: str
    order: str
    position: str
    customer: str
    product: str
    quantity: int
    value: float
    ordered: date
    requested: date
    promises: tuple[tuple[date, date], ...]
    shipments: tuple[tuple[date, date, int], ...]
    cancelled_on: date

    @property
    def first_promise(self) -> date:
        """The day first promised."""
        return self.promises[0][1]

    def promise_at(self, day: date) -> date:
        """The day promised, as known on a day."""
        known = bisect_right([given for given, _ in self.promises], day)
        return self.promises[max(known, 1) - 1][1]

    @property
    def complete(self) -> date:
        """The day the last partial arrives, ``NEVER`` for a cancelled item."""
        return max((arrives for _, arrives, _ in self.shipments), default=NEVER)


def _late_share(plant: str, promised: date) -> float:
    """How many items miss their first promise, by the month it falls in."""
    if plant == "Riverside":
        return 0.11
    months_since = (promised.year - 2025) * 12 + promised.month - 9
    return 0.045 if months_since < 0 else min(0.26, 0.08 + 0.02 * months_since)


def _stuck_share(product: str, promised: date) -> float:
    """How many items wait for months, and keep their promise date all the while."""
    return 0.25 if product == BLOCKED_PRODUCT and promised >= BLOCKED_SINCE else 0.01


def _promises(
    plant: str, ordered: date, promised: date, ready: date, rng: np.random.Generator
) -> tuple[tuple[date, date], ...]:
    """The first promise and, where planning moves it before it is missed, the one that replaces it."""
    first = (ordered, promised)
    since_then = plant == "Nordhafen" and promised >= RE_DATING_SINCE
    moved = ready > promised and rng.random() < (0.9 if since_then else 0.05)
    if not moved:
        return (first,)
    given = max(ordered, promised - timedelta(days=int(rng.integers(3, 11))))
    return (first, (given, on_working_day(ready + timedelta(days=int(rng.integers(0, 3))))))


def _shipments(
    plant: str, ready: date, quantity: int, rng: np.random.Generator
) -> tuple[tuple[date, date, int], ...]:
    """One shipment, or two or three partials of which the last arrives on the day ``ready``.

    Nordhafen promises goods issue (its customers collect), Riverside promises arrival.
    """
    parts = 1 if quantity < 50 or rng.random() < 0.85 else int(rng.integers(2, 4))
    sizes = [quantity // parts] * (parts - 1)
    sizes.append(quantity - sum(sizes))
    shipped = []
    for number, size in enumerate(reversed(sizes)):
        arrives = min(ready, on_working_day(ready - timedelta(days=7 * number)))
        transit = int(rng.integers(1, 4)) if plant == "Riverside" else 0
        leaves = arrives - timedelta(days=transit + 2 * (arrives.weekday() < transit))
        shipped.append((leaves, arrives, size))
    return tuple(shipped[::-1])


def _item(
    plant: str, head: tuple[str, str], position: int, ordered: date, rng: np.random.Generator
) -> Item:
    order, customer = head
    requested = on_working_day(ordered + timedelta(days=int(rng.integers(38, 85))))
    later = int(rng.integers(3, 12)) if rng.random() < 0.12 else 0
    promised = on_working_day(requested + timedelta(days=later))
    late = rng.random() < _late_share(plant, promised)
    delay = int(2 + rng.gamma(1.6, 4.5)) if late else -int(rng.integers(0, 4))
    product = str(rng.choice(list(PRODUCTS[plant])))
    stuck = rng.random() < _stuck_share(product, promised)
    ready = on_working_day(promised + timedelta(days=delay + (75 if stuck else 0)))
    quantity = int(rng.integers(2, 60)) * (200 if product == "CL-100" else 10)
    cancelled = ordered + timedelta(days=20) if rng.random() < 0.01 else NEVER
    return Item(
        plant=plant,
        order=order,
        position=str(10 * position),
        customer=customer,
        product=product,
        quantity=quantity,
        value=round(quantity * PRODUCTS[plant][product], 2),
        ordered=ordered,
        requested=requested,
        promises=_promises(plant, ordered, promised, promised if stuck else ready, rng),
        shipments=() if cancelled < NEVER else _shipments(plant, ready, quantity, rng),
        cancelled_on=cancelled,
    )


def order_items(plant: str) -> list[Item]:
    """Every order item ever entered, with a history that runs beyond the last export."""
    rng = stream(f"delivery/{plant}")
    per_day = {"Nordhafen": 1.35, "Riverside": 0.9}[plant]
    number = {"Nordhafen": 4_500_000, "Riverside": 81_000}[plant]
    items: list[Item] = []
    for day in days_between(FIRST_ORDERS, LAST):
        if not is_working_day(day):
            continue
        for _ in range(int(rng.poisson(per_day))):
            number += 1
            head = (str(number), str(rng.choice(CUSTOMERS[plant])))
            count = int(rng.integers(1, 4))
            items.extend(_item(plant, head, n, day, rng) for n in range(1, count + 1))
    return items


def snapshot(items: list[Item], since: date, drawn: date) -> pd.DataFrame:
    """What the system lists on the day ``drawn``: items open then, and those closed since ``since``.

    One row per shipment made so far, one row with no shipment where nothing left yet. Columns plant,
    order, position, customer, product, quantity, value, ordered, requested, first_promise, promise
    (as promised on that day), shipped, arrived (``None`` where not yet), shipped_quantity, status.
    """
    rows: list[tuple[object, ...]] = []
    for item in items:
        if item.ordered > drawn or min(item.complete, item.cancelled_on) < since:
            continue
        # Of older items only the late ones would still be listed: a month of nothing but failures.
        if min(item.requested, item.first_promise) < FIRST_DUE:
            continue
        head = (item.plant, item.order, item.position, item.customer, item.product, item.quantity,
                item.value, item.ordered, item.requested, item.first_promise,
                item.promise_at(drawn))  # fmt: skip
        closed = "Delivered" if item.complete <= drawn else "Open"
        status = "Cancelled" if item.cancelled_on <= drawn else closed
        made = [s for s in item.shipments if s[0] <= drawn]
        for leaves, arrives, pieces in made:
            rows.append((*head, leaves, arrives if arrives <= drawn else None, pieces, status))
        if not made:
            rows.append((*head, None, None, None, status))
    columns = ["plant", "order", "position", "customer", "product", "quantity", "value", "ordered",
               "requested", "first_promise", "promise", "shipped", "arrived", "shipped_quantity",
               "status"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns, dtype=object)
