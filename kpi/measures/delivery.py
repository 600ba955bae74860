"""Delivery figures from resolved order items: each a table of rows with numerator and denominator.

A figure is the sum of numerators over the sum of denominators of its rows. So one table serves
every level of roll-up and the drill-down alike: the rows of a slice are the rows behind its value.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from kpi.datasets import PROVENANCE
from kpi.measures.completion import KEY
from kpi.measures.due_items import Basis

DIMENSIONS: Final = ("plant", "line", "product", "reason", "customer", "supplier")
ROW_COLUMNS: Final = (
    "day", *dict.fromkeys((*KEY, "direction", *DIMENSIONS, "unit", "currency")), "open",
    "numerator", "denominator", *PROVENANCE,
)  # fmt: skip
"""The columns every table of rows has. ``day`` is the due date by the basis: it puts the row into
its period."""

AGES: Final = ((1, 7, "1-7"), (8, 30, "8-30"), (31, None, ">30"))
"""Age classes of the backlog, calendar days past due, both ends included."""

Rows = Callable[[pd.DataFrame, Basis], pd.DataFrame]


def otd_rows(due_items: pd.DataFrame, basis: Basis = "promise") -> pd.DataFrame:
    """On-time delivery by line: 1 per order item due, 1 where it was on time."""
    return _rows(due_items, basis, due_items[f"on_time_{basis}"])


def otif_rows(due_items: pd.DataFrame, basis: Basis = "promise") -> pd.DataFrame:
    """On time and in full: 1 per order item due, 1 where it was both."""
    return _rows(due_items, basis, due_items[f"on_time_{basis}"] & due_items["in_full"])


def otd_quantity_rows(due_items: pd.DataFrame, basis: Basis = "promise") -> pd.DataFrame:
    """On-time delivery by quantity: ordered quantity due, and how much of it came in time.

    In the unit of the order (column ``unit``): quantities of different units must not be added up.
    An item without an ordered quantity is absent.
    """
    known = due_items[due_items["qty_ordered"] > 0]
    rows = _rows(known, basis, known[f"qty_on_time_{basis}"])
    counted = known.loc[known[f"base_{basis}"].to_numpy(dtype=bool), "qty_ordered"]
    return rows.assign(denominator=counted.to_numpy())


def days_late_rows(due_items: pd.DataFrame, basis: Basis = "promise") -> pd.DataFrame:
    """Days late of the late order items, 1 per item; ``open`` marks those not delivered yet."""
    late = (
        due_items[f"base_{basis}"] & ~due_items[f"on_time_{basis}"] & ~due_items[f"early_{basis}"]
    )
    rows = due_items[late & (due_items[f"days_late_{basis}"] > 0)]
    return _rows(rows, basis, rows[f"days_late_{basis}"])


def otd_order_rows(due_items: pd.DataFrame, basis: Basis = "promise") -> pd.DataFrame:
    """On-time delivery by order: 1 per order due, 1 where all its lines were on time.

    An order is due on the latest due date of its lines; it counts once all of them are delivered,
    or as late as soon as one is open past its due date. With a line delivered on an unknown day
    the order cannot be judged. A dimension in which its lines differ is
    missing; ``lines`` is how many there are, the provenance that of the first.
    """
    due = f"due_{basis}"
    in_scope = due_items["counts"] | (due_items["delivery_unknown"] & ~due_items["cancelled"])
    lines = due_items[in_scope & due_items[due].notna()]
    order = _order_codes(lines)
    base, on_time = lines[f"base_{basis}"], lines[f"on_time_{basis}"]
    table = lines.assign(
        order_code=order,
        past=base & lines["open"],
        waiting=~base,
        missed=base & ~on_time,
    )
    grouped = table.groupby("order_code", sort=False)
    flags = grouped[["past", "waiting", "missed"]].max()
    heads = table.drop_duplicates("order_code").set_index("order_code")
    for name in ("direction", *DIMENSIONS[1:], "unit", "currency"):
        heads[name] = heads[name].where(_same(table, name))
    heads = heads.assign(
        day=grouped[due].max(), open=flags["past"], lines=grouped.size(), denominator=1.0, item=None
    )
    heads["numerator"] = (~flags["missed"]).astype(float)
    counted = heads[~flags["waiting"] | flags["past"]]
    return counted[[*ROW_COLUMNS, "lines"]].reset_index(drop=True)


def _order_codes(lines: pd.DataFrame) -> npt.NDArray[np.int64]:
    keys = lines[["plant", "source", "order"]]
    code = keys.groupby(list(keys), dropna=False, sort=False).ngroup()
    return np.asarray(code, dtype=np.int64)


def _same(table: pd.DataFrame, name: str) -> pd.Series:
    """Per order, whether all its lines have the same value, or none."""
    codes = pd.Series(pd.factorize(table[name])[0], index=table.index)
    grouped = codes.groupby(table["order_code"], sort=False)
    return grouped.min() == grouped.max()


def redating_rows(due_items: pd.DataFrame) -> pd.DataFrame:
    """Points won by re-dating: on-time delivery to the current promise less that to the first.

    The same order items by both (those in both bases), in the period of the first promise.
    ``numerator`` is 1 where only the current promise was kept, -1 where only the first, else 0;
    ``on_time_promise`` and ``on_time_first_promise`` are its parts, ``redated`` marks a promise
    that moved. Value: 100 x sum of numerators / sum of denominators, in percentage points.
    """
    both = due_items[due_items["base_promise"] & due_items["base_first_promise"]]
    won = both["on_time_promise"].astype(float) - both["on_time_first_promise"].astype(float)
    return _rows(both, "first_promise", won).assign(
        on_time_promise=both["on_time_promise"].to_numpy(dtype=float),
        on_time_first_promise=both["on_time_first_promise"].to_numpy(dtype=float),
        redated=(both["due_promise"] != both["due_first_promise"]).to_numpy(dtype=float),
    )


def backlog_rows(
    due_items: pd.DataFrame, at: Sequence[date], basis: Basis = "promise", *, report_date: date
) -> pd.DataFrame:
    """Overdue backlog as a stock: the order items open and past due on each of some days.

    Parameters
    ----------
    due_items
        The result of ``resolve_items``.
    at
        The days, such as the ends of periods; one after the report date is taken as that.
    basis
        The due date that counts.
    report_date
        As given to ``resolve_items``.

    Returns
    -------
    DataFrame
        ``ROW_COLUMNS`` with ``day`` as the given day, ``denominator`` 1 and ``numerator`` 1 (the
        count), ``due``, ``age_days`` (calendar days past due, from 1), ``age`` (of ``AGES``),
        ``qty`` and ``value`` (missing where unknown). An item is in the stock of a day when entered
        by it, due before it and not complete on it. Cancelled items are out, those on hold unless they count.
    """
    report = np.datetime64(report_date, "us")
    given = np.array(sorted(set(at)), dtype="datetime64[us]")
    ends = np.minimum(given, report)
    rows = due_items[due_items[f"base_{basis}"]].reset_index(drop=True)
    due = rows[f"due_{basis}"].to_numpy(dtype="datetime64[us]")
    done = rows["completed_on"].to_numpy(dtype="datetime64[us]")
    first = np.searchsorted(ends, due, side="right")
    entered = rows["order_date"].to_numpy()
    known = ~np.isnat(entered)
    first[known] = np.maximum(first[known], np.searchsorted(ends, entered[known], side="left"))
    last = np.where(np.isnat(done), len(ends), np.searchsorted(ends, done, side="left"))
    count = np.maximum(last - first, 0)
    item = np.repeat(np.arange(len(rows)), count)
    end = first[item] + np.arange(len(item)) - np.repeat(np.cumsum(count) - count, count)
    age = ((ends[end] - due[item]) / np.timedelta64(1, "D")).astype(int)
    stock = rows.take(item).reset_index(drop=True)
    return stock.assign(
        day=given[end],
        due=due[item],
        age_days=age,
        age=_ages(age),
        qty=stock["qty_ordered"],
        open=True,
        numerator=1.0,
        denominator=1.0,
    )[[*ROW_COLUMNS, "due", "age_days", "age", "qty", "value"]]


def _ages(days: npt.NDArray[np.int_]) -> npt.NDArray[np.object_]:
    lows = [low for low, _, _ in AGES]
    names = np.array([name for _, _, name in AGES], dtype=object)
    return names[np.searchsorted(lows, days, side="right") - 1]


def _rows(due_items: pd.DataFrame, basis: Basis, numerator: pd.Series) -> pd.DataFrame:
    base = due_items[f"base_{basis}"].to_numpy(dtype=bool)
    rows = due_items[base].assign(
        day=due_items[f"due_{basis}"][base],
        numerator=numerator[base].astype(float),
        denominator=1.0,
    )
    return rows[list(ROW_COLUMNS)].reset_index(drop=True)


def grouped(
    rows: pd.DataFrame,
    by: Sequence[str] = (),
    period: Callable[[pd.Series], pd.Series] | None = None,
) -> pd.DataFrame:
    """Sums per group: ``period`` (of ``day``, where asked for), ``by``, numerator, denominator, rows.

    ``period`` turns days into labels, such as ``month_of``. A missing dimension is a group of its
    own, so that the parts add up to the whole.
    """
    keys = (["period"] if period else []) + list(by)
    table = rows.assign(period=period(rows["day"])) if period else rows
    table = table.assign(rows=1)
    sums = ["numerator", "denominator", "rows"]
    if not keys:
        return table[sums].sum().to_frame().T
    return table.groupby(keys, dropna=False, observed=True)[sums].sum().reset_index()


def month_of(days: pd.Series) -> pd.Series:
    """Months as ``2026-10``."""
    codes, months = pd.factorize(days.to_numpy(dtype="datetime64[M]"))
    labels = np.array([*map(str, months), None], dtype=object)  # the last for a missing day (-1)
    return pd.Series(labels[codes], index=days.index, dtype="str")


@dataclass(frozen=True, slots=True)
class DaysLate:
    """How late the late order items were, in days."""

    total: float
    lines: int
    median: float  # nan without late lines
    p90: float
    open_lines: int  # not delivered yet: late up to the report date


def days_late(rows: pd.DataFrame) -> DaysLate:
    """Summary of ``days_late_rows``; the mean is ``total / lines``.

    The percentile interpolates linearly between the two nearest days.
    """
    late = rows["numerator"].to_numpy(dtype=float)
    median, p90 = np.quantile(late, [0.5, 0.9]) if len(late) else (np.nan, np.nan)
    return DaysLate(
        float(late.sum()), len(late), float(median), float(p90), int(rows["open"].sum())
    )


def days_late_by(
    rows: pd.DataFrame,
    by: Sequence[str] = (),
    period: Callable[[pd.Series], pd.Series] | None = None,
) -> pd.DataFrame:
    """``grouped`` sums of ``days_late_rows``, with ``median``, ``p90`` and ``open_lines`` beside."""
    keys = (["period"] if period else []) + list(by)
    table = rows.assign(period=period(rows["day"])) if period else rows
    sums = grouped(table, keys)
    if not keys:
        whole = days_late(rows)
        return sums.assign(median=whole.median, p90=whole.p90, open_lines=whole.open_lines)
    groups = table.groupby(keys, dropna=False, observed=True)
    beside = {
        "median": groups["numerator"].median(),
        "p90": groups["numerator"].quantile(0.9),
        "open_lines": groups["open"].sum(),
    }
    return sums.assign(**{name: values.to_numpy() for name, values in beside.items()})
