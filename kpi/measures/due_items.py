"""Order items, resolved: due dates by three bases, the day of completion, on time or not.

One table comes out, ``due_item``: a row per order item. Every delivery figure is a sum over it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from kpi.datasets import ORDER_ITEM, PROVENANCE, SHIPMENT
from kpi.measures.complete import as_days, complete
from kpi.measures.completion import KEY, completion, deliveries, lookup, quantity_of

Basis = Literal["request", "first_promise", "promise"]
BASES: Final[tuple[Basis, ...]] = ("request", "first_promise", "promise")

Dates = npt.NDArray[np.datetime64]
Mask = npt.NDArray[np.bool_]

SHORT_ONCE: Final = 20
"""So many items delivered short, and none of them twice: the source lists no partial deliveries."""

_CARRIED: Final = (
    "plant", "source", "order", "item", "direction", "line", "product", "customer", "supplier",
    "reason", "qty_ordered", "value", "currency", "unit", "order_date", "status",
)  # fmt: skip
_NOT_A_DAY: Final = np.datetime64("NaT", "us")


@dataclass(frozen=True, slots=True)
class DueChoices:
    """What counts as due, on time and in full."""

    early_days: int | None = None  # None: however early is on time
    late_days: int = 0
    days: str = "calendar"  # calendar | working: Monday to Friday without ``closed_days``
    closed_days: frozenset[date] = frozenset()
    in_full_tolerance_pct: float = 0.0  # per cent of the ordered quantity that may lack
    on_hold_counts: bool = False
    due_when_no_promise: str = "request"  # request | unknown
    late_date: str = "delivered"  # delivered (else shipped) | shipped (else delivered)
    short_delivery: str = "as_stated"  # as_stated | open | final: see ``resolve_items``

    def in_words(self) -> str:
        """The choices as sentences, to stand wherever a figure made with them is shown."""
        early = "any day before" if self.early_days is None else f"{self.early_days} days before"
        late = "the due day" if not self.late_days else f"{self.late_days} days after it"
        until = f"{early} the due day to {late}" if self.late_days else f"{early} up to the due day"
        kind = "working days" if self.days == "working" else "calendar days"
        counted = "day of delivery" if self.late_date == "delivered" else "day of shipping"
        missing = (
            "the requested one counts"
            if self.due_when_no_promise == "request"
            else "the item is in no month"
        )
        return (
            f"On time: from {until}, in {kind}, by the {counted}. In full: at most "
            f"{self.in_full_tolerance_pct:g} % short. Without a promised date {missing}. Items on "
            f"hold are {'in' if self.on_hold_counts else 'out, and counted beside'}."
        )


def resolve_items(
    items: pd.DataFrame,
    shipments: pd.DataFrame,
    choices: DueChoices,
    *,
    report_date: date,
    first_promises: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Resolve order items and their shipments as of a report date.

    Parameters
    ----------
    items, shipments
        Rows of the datasets ``order_item`` and ``shipment`` with ``upload``, ``sheet``, ``row``; a
        column that is not there reads as missing.
    choices
        Window, tolerance and the rest. ``short_delivery`` says what a delivery short of the
        tolerance is, where the item's status does not tell: ``open`` (the rest is to come),
        ``final``, or ``as_stated``: final only from a feed that never lists a second delivery of an
        item, and there where order and delivery stand in one row of a file, or where so many items
        were delivered short once (``SHORT_ONCE``) that partial deliveries would have shown.
    report_date
        Deliveries after it have not happened yet. An open item counts once due before it.
    first_promises
        ``plant, source, order, item, first_promise_date`` and ``seen_on`` (the data date of the
        upload that said so first). An item first seen after its promise has none that is known;
        a date stated in the item's own column goes before.

    Returns
    -------
    DataFrame
        One row per row of ``items``, in their order: key, dimensions, quantities and provenance,
        and

        - ``due_request``, ``due_first_promise``, ``due_promise``; ``promise_from_request`` where the
          requested date stands in; ``first_promise_unknown``;
        - ``completed_on``: the first day on which the quantity delivered reaches the ordered one
          less the tolerance (a delivery without a quantity is complete); missing while open;
        - ``in_full``, ``qty_delivered``, ``ended_short`` (complete, though not in full), ``delivery_unknown`` (called delivered, without a date);
        - ``open``, ``cancelled``, ``on_hold``, ``counts`` (in scope by these and the choices);
        - per basis b: ``base_b`` (in the denominator), ``on_time_b``, ``early_b`` (before the
          window), ``days_late_b`` (completion, or the report date while open, less due; negative
          when early; missing outside the base), ``qty_on_time_b``.
    """
    items = complete(items, ORDER_ITEM)
    shipments = complete(shipments, SHIPMENT)
    report = np.datetime64(report_date, "us")
    ordered = np.array(items["qty_ordered"], dtype=np.float64)
    ordered[ordered <= 0] = np.nan  # an order of nothing says nothing about completeness
    dated = deliveries(items, shipments, shipped_counts=choices.late_date == "shipped")
    happened = (dated["day"] <= report).to_numpy(dtype=bool)
    delivered = dated[happened].reset_index(drop=True)
    to_come = np.zeros(len(items), dtype=bool)
    to_come[dated.loc[~happened, "position"].to_numpy()] = True
    done = completion(
        delivered,
        ordered,
        _short_is_final(items, delivered, choices) & ~to_come,
        tolerance=choices.in_full_tolerance_pct / 100,
    )
    due = _due_dates(items, choices, first_promises)
    state = _state(items, done, to_come)
    out = pd.concat([items[list(_CARRIED)], due, done, state, items[list(PROVENANCE)]], axis=1)
    out["ended_short"] = done["completed_on"].notna() & ~done["in_full"]
    in_scope = ~out["cancelled"] & (~out["on_hold"] | choices.on_hold_counts)
    out["counts"] = in_scope & ~out["delivery_unknown"]
    for basis in BASES:
        _judge(out, basis, delivered, ordered, report=report, choices=choices)
    return out


def _short_is_final(items: pd.DataFrame, delivered: pd.DataFrame, choices: DueChoices) -> Mask:
    status = items["status"]
    final = (status == "delivered").to_numpy(dtype=bool)
    untold = status.isna().to_numpy()
    if choices.short_delivery == "final":
        return final | untold
    if choices.short_delivery == "open":
        return final
    several = delivered.duplicated("position", keep=False)
    partial_feeds = delivered.loc[several, "feed"].unique()
    single = ~delivered["feed"].isin(partial_feeds)
    wanted = np.array(items["qty_ordered"], dtype=np.float64)[delivered["position"].to_numpy()]
    short = single & (delivered["qty"].to_numpy() < wanted)
    many = delivered.loc[short, "feed"].value_counts()
    once = delivered["feed"].isin(many[many >= SHORT_ONCE].index)
    stated = delivered[single & (delivered["own_row"] | once)]
    closed = np.zeros(len(items), dtype=bool)
    closed[stated["position"].to_numpy()] = True
    return final | (untold & closed)


def _state(items: pd.DataFrame, done: pd.DataFrame, to_come: Mask) -> pd.DataFrame:
    status = items["status"]
    complete = done["completed_on"].notna()
    nothing = done["last_delivery"].isna()
    cancelled, on_hold = status == "cancelled", status == "on_hold"
    unknown = (status == "delivered") & nothing & ~to_come
    return pd.DataFrame(
        {
            "cancelled": cancelled.to_numpy(dtype=bool),
            "on_hold": on_hold.to_numpy(dtype=bool),
            "delivery_unknown": unknown.to_numpy(dtype=bool),
            "open": (~complete & ~cancelled & ~unknown).to_numpy(dtype=bool),
        }
    )


def _due_dates(
    items: pd.DataFrame, choices: DueChoices, first_promises: pd.DataFrame | None
) -> pd.DataFrame:
    request, promise = items["request_date"], items["promise_date"]
    first = items["first_promise_date"].fillna(_seen_promises(items, first_promises))
    falls_back = promise.isna() & request.notna() & (choices.due_when_no_promise == "request")
    return pd.DataFrame(
        {
            "due_request": request,
            "due_first_promise": first,
            "due_promise": promise.where(~falls_back, request),
            "promise_from_request": falls_back,
            "first_promise_unknown": first.isna() & promise.notna(),
        }
    )


def _seen_promises(items: pd.DataFrame, first_promises: pd.DataFrame | None) -> pd.Series:
    """The first promise of each item, where it was seen no later than on the promised day."""
    if first_promises is None or first_promises.empty:
        return pd.Series(_NOT_A_DAY, index=items.index)
    promised = as_days(first_promises["first_promise_date"])
    in_time = as_days(first_promises["seen_on"]) <= promised
    known = first_promises.loc[in_time, list(KEY)].assign(first=promised[in_time])
    known = known.sort_values("first").drop_duplicates(list(KEY), ignore_index=True)
    position = lookup(known, items, KEY, None)
    dates = np.append(known["first"].to_numpy(), _NOT_A_DAY)  # the last for an item not found (-1)
    return pd.Series(dates[position], index=items.index)


def _judge(
    out: pd.DataFrame,
    basis: Basis,
    delivered: pd.DataFrame,
    ordered: npt.NDArray[np.float64],
    *,
    report: np.datetime64,
    choices: DueChoices,
) -> None:
    """Add the columns of one basis."""
    due = out[f"due_{basis}"].to_numpy(dtype="datetime64[us]")
    done = out["completed_on"].to_numpy(dtype="datetime64[us]")
    complete = ~np.isnat(done)
    base = out["counts"].to_numpy(dtype=bool) & ~np.isnat(due) & (complete | (due < report))
    late = _days_from(due, np.where(complete, done, report), choices)
    early = _too_early(late, choices)
    out[f"base_{basis}"] = base
    out[f"on_time_{basis}"] = base & complete & (late <= choices.late_days) & ~early
    out[f"early_{basis}"] = base & complete & early
    out[f"days_late_{basis}"] = np.where(base, late, np.nan)
    late = _days_from(due[delivered["position"]], delivered["day"].to_numpy(), choices)
    within = (late <= choices.late_days) & ~_too_early(late, choices)
    out[f"qty_on_time_{basis}"] = np.where(base, quantity_of(delivered, within, ordered), np.nan)


def _days_from(due: Dates, done: Dates, choices: DueChoices) -> npt.NDArray[np.float64]:
    """Days from due to done, negative when before; missing where either is.

    Working days are those from the earlier day, included, to the later one, not included: due on
    a Saturday and done on the Monday after is 0 days late.
    """
    known = ~(np.isnat(due) | np.isnat(done))
    days = np.full(len(due), np.nan)
    begin, end = due[known].astype("datetime64[D]"), done[known].astype("datetime64[D]")
    if choices.days == "working":
        holidays = _closed(choices)
        between = np.busday_count(np.minimum(begin, end), np.maximum(begin, end), holidays=holidays)
        days[known] = np.where(end < begin, -between, between)
    else:
        days[known] = (end - begin).astype(np.int64)
    return days


def _too_early(late: npt.NDArray[np.float64], choices: DueChoices) -> Mask:
    if choices.early_days is None:
        return np.zeros(len(late), dtype=bool)
    return -late > choices.early_days


def _closed(choices: DueChoices) -> Sequence[np.datetime64]:
    return [np.datetime64(day, "D") for day in sorted(choices.closed_days)]


def due_notes(due_items: pd.DataFrame) -> tuple[str, ...]:
    """What must be said beside figures made from these items, a sentence each, in fixed order."""
    said = (
        ("promise_from_request", "{} no promised date: the requested one counts.",
         "order item has", "order items have"),
        ("first_promise_unknown",
         "{} no known first promise (first seen after the promised day): not in on-time delivery to "
         "first promise.", "order item has", "order items have"),
        ("delivery_unknown", "{} called delivered without a date: in no figure.",
         "order item is", "order items are"),
        ("on_hold", "{} on hold.", "order item is", "order items are"),
        ("cancelled", "{} cancelled: out.", "order item is", "order items are"),
        ("ended_short",
         "{} ended by a delivery short of the ordered quantity: on time by its date, not in full.",
         "order item is", "order items are"),
    )  # fmt: skip
    notes = []
    for column, words, one, many in said:
        count = int(due_items[column].sum())
        if count:
            notes.append(words.format(f"{count:,} {one if count == 1 else many}"))
    return tuple(notes)
