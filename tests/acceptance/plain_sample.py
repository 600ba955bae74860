"""The sample plant by plain arithmetic over its exports: no part of the product is used here.

Material numbers of digits alone are shown by their names, as the product shows them.

What the tests beside it hold the product against. Every table is read with pandas from the files
as they are; sums, unions and on-time flags are computed the long way.
"""

import warnings
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
FIRST, REPORT = pd.Timestamp(2023, 11, 1), pd.Timestamp(2026, 10, 31)
CLOSED = pd.to_datetime(
    [f"{y}-{d}" for y in range(2023, 2027) for d in ("01-01", "12-25", "12-26")]
)
RANK = {"planned": 0, "changeover": 1, "unplanned": 2}
NEVER = pd.Timestamp(2200, 1, 1)


def period_of(days: pd.Series, period: str) -> pd.Series:
    """Labels as the product prints them, by the calendar alone."""
    days = pd.to_datetime(days)
    if period == "week":
        iso = days.dt.isocalendar()
        return iso["year"].astype(str) + "-W" + iso["week"].astype(str).str.zfill(2)
    if period == "quarter":
        return days.dt.year.astype(str) + "-Q" + days.dt.quarter.astype(str)
    if period == "fiscal":
        return days.dt.strftime("FY%Y-P%m")
    if period == "all":
        return pd.Series("all", index=days.index)
    return days.dt.strftime({"month": "%Y-%m", "day": "%Y-%m-%d", "year": "%Y"}[period])


def _books(pattern: str, header: int, **types: type) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pd.concat(
            [
                pd.read_excel(p, header=header, dtype=types, engine="openpyxl").assign(file=p.name)
                for p in sorted(SAMPLE.glob(pattern))
            ],
            ignore_index=True,
        )


def _texts(pattern: str, **how: object) -> pd.DataFrame:
    return pd.concat(
        [pd.read_csv(p, **how) for p in sorted(SAMPLE.glob(pattern))], ignore_index=True
    )


@cache
def production() -> pd.DataFrame:
    """A row per line and shift: both plants' produced, scrapped and reworked pieces and the cost."""
    north = _books("nordhafen_scrap_*", 4, Material=str)
    north = north[north["Plant"] == "Nordhafen"]
    one = pd.DataFrame(
        {
            "day": pd.to_datetime(north["Posting Date"]),
            "plant": "Nordhafen",
            "line": north["Production Line"],
            "machine": north["Work Center"],
            "shift": north["Shift"],
            "product": north["Material Description"],
            "reason": north["Scrap Reason"],
            "produced": north["Yield Qty"] + north["Scrap Qty"] + north["Rework Qty"],
            "good": north["Yield Qty"],
            "scrap": north["Scrap Qty"],
            "rework": north["Rework Qty"],
            "cost": north["Scrap Cost"],
        }
    )
    river = _texts("riverside_production_*", encoding="utf-8-sig", dtype={"Part Number": str})
    codes = _books("riverside_reject_codes*", 0)
    named = codes.set_index("Reason Code")["Reason Description"]
    two = pd.DataFrame(
        {
            "day": pd.to_datetime(river["Production Date"], format="%d/%m/%Y"),
            "plant": "Riverside",
            "line": river["Line"],
            "machine": river["Machine ID"],
            "shift": river["Shift"],
            "product": river["Part Number"],
            "reason": river["Reject Code"],
            "reason_name": river["Reject Code"].map(named),
            "produced": river["Total Produced"],
            "good": river["Good Parts"],
            "scrap": river["Rejects"],
            "rework": river["Rework"],
            "cost": river["Scrap Cost"],
        }
    )
    table = pd.concat([one, two], ignore_index=True)
    numbers = ["produced", "good", "scrap", "rework", "cost"]
    return table.astype(dict.fromkeys(numbers, float))


def _german(values: pd.Series) -> pd.Series:
    plain = values.str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
    return plain.astype(float)


@cache
def stops() -> pd.DataFrame:
    """A row per recorded stop; one without an end lasts until the report's production day is over."""
    how = {"sep": ";", "encoding": "cp1252", "dtype": str}
    north = _texts("nordhafen_stoerungen_*", **how)
    words = {"geplant": "planned", "ungeplant": "unplanned", "Rüsten": "changeover"}
    clock = "%d.%m.%Y %H:%M"
    one = pd.DataFrame(
        {
            "plant": "Nordhafen",
            "line": north["Linie"],
            "machine": north["Maschine"],
            "shift": north["Schicht"],
            "start": pd.to_datetime(north["Störbeginn"], format=clock),
            "end": pd.to_datetime(north["Störende"], format=clock),
            "minutes": _german(north["Dauer (min)"]),
            "reason": north["Störgrund"],
            "kind": north["geplant/ungeplant"].map(words),
        }
    )
    river = _books("riverside_downtime_*", 0)
    two = pd.DataFrame(
        {
            "plant": "Riverside",
            "line": river["Line"],
            "machine": river["Machine"],
            "shift": river["Shift"],
            "start": river["Start Time"],
            "end": river["End Time"],
            "minutes": river["Duration (min)"].astype(float),
            "reason": river["Downtime Reason"],
            "kind": river["Downtime Type"].str.lower(),
        }
    )
    table = pd.concat([one, two], ignore_index=True)
    table["open"] = table["end"].isna()
    table["end"] = table["end"].fillna(REPORT + pd.Timedelta(hours=30))
    return table


@cache
def running() -> pd.DataFrame:
    """A row per machine and day: planned minutes and minutes run."""
    how = {"sep": ";", "encoding": "cp1252", "dtype": str}
    north = _texts("nordhafen_laufzeiten_*", **how)
    one = pd.DataFrame(
        {
            "day": pd.to_datetime(north["Datum"], format="%d.%m.%Y"),
            "plant": "Nordhafen",
            "line": north["Linie"],
            "machine": north["Maschine"],
            "planned": _german(north["Planbelegungszeit (min)"]),
            "run": _german(north["Laufzeit (min)"]),
        }
    )
    river = _books("riverside_running_time_*", 0)
    two = pd.DataFrame(
        {
            "day": pd.to_datetime(river["Date"]),
            "plant": "Riverside",
            "line": river["Line"],
            "machine": river["Machine"],
            "planned": river["Planned Production Time (min)"].astype(float),
            "run": river["Run Time (min)"].astype(float),
        }
    )
    return pd.concat([one, two], ignore_index=True)


HOUR = pd.Timedelta(hours=6)
_ORIGIN = pd.Timestamp(2023, 10, 1)
_LENGTH = (pd.Timestamp(2026, 12, 1) - _ORIGIN) // pd.Timedelta(minutes=1)


def _minute(at: pd.Series) -> np.ndarray:
    return ((at - _ORIGIN) // pd.Timedelta(minutes=1)).to_numpy()


@cache
def _planned_grid() -> np.ndarray:
    """Whether each minute is planned: Monday to Friday around the clock from six, closed days not."""
    day = (_ORIGIN - HOUR).normalize() + pd.to_timedelta(
        (np.arange(_LENGTH) + 18 * 60) // 1440, unit="D"
    )
    return np.asarray((day.day_of_week < 5) & ~day.isin(CLOSED))


@cache
def grid() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Minute by minute: who holds the machine.

    Returns the minutes held, in planned time, per stop and production day (``stop`` is the row of
    ``stops()``), and the merged stops (``day``, ``machine``, ``kind``, ``minutes``, ``open``).
    """
    table, held, merged = stops(), [], []
    for machine, mine in table.groupby("machine"):
        order = mine.assign(rank=mine["kind"].map(RANK)).sort_values(
            ["start", "rank", "end"], ascending=[True, True, False], kind="stable"
        )
        owner = np.full(_LENGTH, -1, dtype=np.int32)
        for stop, begin, end in zip(
            order.index, _minute(order["start"]), _minute(order["end"]), strict=True
        ):
            part = owner[begin:end]
            part[part < 0] = stop
        at = np.flatnonzero(owner >= 0)
        minutes = pd.DataFrame(
            {
                "stop": owner[at],
                "day": (at - 360) // 1440,
                "planned": _planned_grid()[at],
            }
        )
        sums = minutes.groupby(["stop", "day"])["planned"].agg(["sum", "size"]).reset_index()
        held.append(sums.rename(columns={"sum": "kept", "size": "own"}))
        own = minutes.groupby("stop").size()
        for kind, of_kind in order.groupby("kind"):
            merged += _merge(str(machine), str(kind), of_kind, own)
    pieces = pd.concat(held, ignore_index=True)
    pieces["day"] = _ORIGIN.normalize() + pd.to_timedelta(pieces["day"], unit="D")
    pieces = pieces.join(table.drop(columns="minutes"), on="stop")
    return pieces, pd.DataFrame(merged)


def _merge(machine: str, kind: str, rows: pd.DataFrame, own: pd.Series) -> list[dict[str, object]]:
    """Overlapping stops of one machine and kind as one."""
    found: list[dict[str, object]] = []
    until = pd.Timestamp(1900, 1, 1)
    for stop, row in rows.sort_values("start", kind="stable").iterrows():
        if row["start"] >= until:
            head = row[["plant", "line", "machine", "shift", "reason", "kind"]].to_dict()
            found.append(
                {**head, "day": (row["start"] - HOUR).normalize(), "minutes": 0, "open": False}
            )
        found[-1]["minutes"] += own.get(stop, 0)  # type: ignore[operator]
        found[-1]["open"] = found[-1]["open"] or row["open"]
        until = max(until, row["end"])
    return found


@cache
def order_rows() -> pd.DataFrame:
    """Every row of every export of order items of customers."""
    types = {"Sales Document": str, "Pos": str, "Material": str}
    north = _books("nordhafen_delivery_*", 3, **types)
    one = pd.DataFrame(
        {
            "plant": "Nordhafen",
            "drawn": pd.to_datetime(north["file"].str[-15:-5]),
            "order": north["Sales Document"],
            "item": north["Pos"],
            "customer": north["Sold-to Party"],
            "product": north["Material Description"],
            "ordered": north["Order Quantity"],
            "entered": north["Created On"],
            "request": north["Requested Delivery Date"],
            "promise": north["Confirmed Delivery Date"],
            "first": pd.NaT,
            "left": north["Actual GI Date"],
            "done": north["Actual GI Date"],
            "quantity": north["Delivered Qty"],
            "status": north["Order Status"],
        }
    )
    river = _books("riverside_orders_*", 3, **{"SO Number": str, "Order Line": str})
    drawn = {"riverside_orders_2023-11_2024-12.xlsx": "2024-12-31",
             "riverside_orders_2025.xlsx": "2025-12-31",
             "riverside_orders_2026-01_2026-10.xlsx": "2026-10-31"}  # fmt: skip
    two = pd.DataFrame(
        {
            "plant": "Riverside",
            "drawn": pd.to_datetime(river["file"].map(drawn)),
            "order": river["SO Number"],
            "item": river["Order Line"],
            "customer": river["Customer"],
            "product": river["Part Number"],
            "ordered": river["Qty Ordered"],
            "entered": river["Order Date"],
            "request": river["Customer Request Date"],
            "promise": river["Current Promise"],
            "first": river["First Promise Date"],
            "left": river["Actual Ship Date"],
            "done": river["Actual Delivery Date"].fillna(river["Actual Ship Date"]),
            "quantity": river["Qty Shipped"],
            "status": river["Order Status"],
        }
    )
    return pd.concat([one, two], ignore_index=True)


@cache
def order_items() -> pd.DataFrame:
    """A row per order item as the newest export has it, with three due dates and its completion."""
    rows = order_rows().groupby(["plant", "order", "item"])
    return pd.DataFrame([_item(g) for _, g in rows])


@cache
def shipped() -> pd.DataFrame:
    """A row per shipment to a customer, as the newest export of its order item has it."""
    rows = order_rows()
    newest = rows.groupby(["plant", "order", "item"])["drawn"].transform("max")
    left = rows[(rows["drawn"] == newest) & rows["left"].notna()]
    return left.assign(day=left["left"], quantity=left["quantity"].astype(float), one=1.0)


@cache
def complaints() -> pd.DataFrame:
    """A row per complaint of a customer; what counts in ppm is confirmed and was accepted."""
    north = _books("nordhafen_reklamationen*", 3, Sachnummer=str)
    named = _books("nordhafen_delivery_*", 3, Material=str).drop_duplicates("Material")
    named = named.set_index("Material")["Material Description"]
    cost = north["Kosten (EUR)"].astype("str").str.replace(".", "").str.replace(",", ".")
    one = pd.DataFrame(
        {
            "plant": "Nordhafen",
            "day": pd.to_datetime(north["Eingang"]),
            "customer": north["Kunde"],
            "product": north["Sachnummer"].map(named),
            "reason": north["Fehlerart"],
            "cost": cost.where(north["Kosten (EUR)"].notna()).astype(float),
            "confirmed": north["davon anerkannt"].where(north["berechtigt"] != "nein", 0),
        }
    )
    river = _texts("riverside_complaints*", encoding="utf-8-sig")
    two = pd.DataFrame(
        {
            "plant": "Riverside",
            "day": pd.to_datetime(river["Date Received"], format="%d/%m/%Y"),
            "customer": river["Customer"],
            "product": river["Part Number"],
            "reason": river["Defect Code"],
            "cost": river["Complaint Cost"],
            "confirmed": river["Confirmed Defective"].where(river["Status"] != "Rejected", 0),
        }
    )
    table = pd.concat([one, two], ignore_index=True)
    return table.assign(confirmed=table["confirmed"].fillna(0).astype(float), count=1.0)


@cache
def receipts() -> pd.DataFrame:
    """A row per purchase order line, with its day due, its arrival and what was rejected."""
    rows = _books("riverside_purchases*", 3, **{"PO Number": str})
    return pd.DataFrame(
        {
            "plant": "Riverside",
            "supplier": rows["Supplier"],
            "due": rows["Promise Date"],
            "arrived": rows["Actual Delivery Date"],
            "received": rows["Qty Received"].astype(float),
            "rejected": rows["Qty Rejected"].astype(float),
        }
    )


@cache
def measured() -> pd.DataFrame:
    """A row per measured value, with its characteristic and sample."""
    rows = _texts("nordhafen_messwerte*", sep=";", encoding="cp1252", decimal=",")
    long = rows.melt(
        id_vars=["Datum", "Uhrzeit", "Merkmal", "Stichprobe", "UTG", "OTG"],
        value_vars=[f"x{n}" for n in range(1, 6)],
    )
    return long.rename(columns={"Merkmal": "characteristic", "Stichprobe": "sample"})


def _item(rows: pd.DataFrame) -> dict[str, object]:
    newest = rows[rows["drawn"] == rows["drawn"].max()]
    head = newest.iloc[0].to_dict()
    oldest = rows.loc[rows["drawn"].idxmin()]
    first = head["first"]
    if pd.isna(first) and oldest["drawn"] <= oldest["promise"]:
        first = oldest["promise"]
    sent = newest[newest["done"].notna() & (newest["done"] <= REPORT)].sort_values("done")
    total = sent["quantity"].cumsum()
    reached = sent[total >= head["ordered"]]
    complete = reached["done"].iloc[0] if len(reached) else NEVER
    if not len(reached) and head["status"] == "Delivered" and len(sent):
        complete = sent["done"].iloc[-1]
    by_due = {
        b: min(float(sent.loc[sent["done"] <= due, "quantity"].sum()), float(head["ordered"]))
        for b, due in (("request", head["request"]), ("first", first), ("promise", head["promise"]))
        if not pd.isna(due)
    }
    return {
        **{k: head[k] for k in ("plant", "order", "item", "customer", "product", "ordered",
                                "entered", "request", "promise", "status")},
        "first": first,
        "complete": complete,
        "full": len(reached) > 0,
        "quantities": by_due,
    }  # fmt: skip


def due(basis: str) -> pd.DataFrame:
    """The order items in the base of a due date (request, first, promise), judged."""
    items = order_items()
    items = items[(items["status"] != "Cancelled") & items[basis].notna()].copy()
    items = items[(items["complete"] < NEVER) | (items[basis] < REPORT)]
    until = items["complete"].where(items["complete"] < NEVER, REPORT)
    items["day"] = items[basis]
    items["on_time"] = (items["complete"] <= items[basis]).astype(float)
    items["late"] = ((until - items[basis]).dt.days).clip(lower=0).astype(float)
    items["qty_on_time"] = [float(q[basis]) for q in items["quantities"]]
    items["one"] = 1.0
    return items


def backlog(ends: list[pd.Timestamp], basis: str = "promise") -> dict[pd.Timestamp, pd.DataFrame]:
    """The items open and past due at the end of some days."""
    items = due(basis)
    found = {}
    for end in ends:
        at = min(end, REPORT)
        is_open = (items["complete"] > at) & (items["entered"] <= at)
        found[end] = items[is_open & (items[basis] < at)]
    return found
