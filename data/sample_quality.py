"""Complaints, receipts from suppliers and measured values of the sample plants."""

from datetime import date, datetime, time, timedelta
from typing import Final

import numpy as np
import pandas as pd
from sample_calendar import FIRST, LAST, WORKING_DAYS, days_between, on_working_day, stream
from sample_delivery import CUSTOMERS, PRODUCTS

RESIN_WORSE_SINCE: Final = date(2026, 3, 1)  # Riverside: Maren Resins delivers worse since then
DRIFT_SINCE: Final = date(2026, 10, 5)  # Nordhafen: the bore of 004721 grows as the reamer wears
BURR_RETURNS_SINCE: Final = date(
    2026, 3, 16
)  # Nordhafen: the new tool's burr reaches Halden Motors

DEFECTS: Final = {
    "Nordhafen": {"Grat": "Grat am Flansch", "Maß": "Bohrung außer Toleranz",
                  "Oberfläche": "Lackeinschluss", "Verpackung": "Falsche Ladungsträger"},
    "Riverside": {"Flash": "Flash on parting line", "Short shot": "Part not filled",
                  "Label": "Wrong label", "Count": "Quantity short"},
}  # fmt: skip
SUPPLIERS: Final = {
    "Maren Resins": "PA66-GF30",
    "Oststahl": "ST-4410",
    "Vektor Fasteners": "CLP-7",
    "Brandt Packaging": "BX-220",
}
CHARACTERISTICS: Final = (  # name, nominal, tolerance, spread of the process, drift per day
    ("Bohrung 10", 10.0, 0.05, 0.008, 0.0012),
    ("Flanschdicke", 4.2, 0.10, 0.015, 0.0),
)
MEASURED_SINCE: Final = date(2026, 8, 3)
SAMPLE_SIZE: Final = 5


def complaints(plant: str) -> pd.DataFrame:
    """Every complaint of customers, oldest first.

    Columns number, received, customer, product, defect, text, complained, returned, confirmed,
    cost, accepted, status, closed; what is not known yet is ``None``.
    """
    rng = stream(f"complaints/{plant}")
    rows: list[tuple[object, ...]] = []
    for day in WORKING_DAYS:
        burr = plant == "Nordhafen" and day >= BURR_RETURNS_SINCE
        count = int(rng.poisson(0.16 if burr else 0.07))
        rows += [
            (day, *_complaint(plant, day, rng, burr=burr and rng.random() < 0.6))
            for _ in range(count)
        ]
    rows.append((LAST - timedelta(days=2), *_complaint(plant, LAST, rng, burr=False)))
    columns = ["received", "customer", "product", "defect", "text", "complained", "returned",
               "confirmed", "cost", "accepted", "status", "closed"]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns, dtype=object)
    table.insert(0, "number", [f"{d:%y}-{n:03}" for n, d in enumerate(table["received"], start=1)])
    return table


def _complaint(
    plant: str, day: date, rng: np.random.Generator, *, burr: bool
) -> tuple[object, ...]:
    customer = "Halden Motors" if burr else str(rng.choice(CUSTOMERS[plant]))
    product = "004721" if burr else str(rng.choice(list(PRODUCTS[plant])))
    defect = "Grat" if burr else str(rng.choice(list(DEFECTS[plant])))
    complained = int(rng.integers(2, 60))
    returned = complained if rng.random() < 0.7 else int(complained // 2)
    closed = on_working_day(day + timedelta(days=int(rng.integers(6, 40))))
    decided = closed <= LAST
    accepted = bool(rng.random() < 0.8)
    confirmed = int(returned * rng.uniform(0.4, 1.0)) if accepted else 0
    cost = round(120 + 9.5 * confirmed + float(rng.gamma(2.0, 60.0)), 1)
    status = ("closed" if accepted else "rejected") if decided else "open"
    told = (confirmed, cost, accepted) if decided else (None, None, None)
    return (
        customer, product, defect, DEFECTS[plant][defect], complained, returned,
        told[0], told[1], told[2], status, closed if decided else None,
    )  # fmt: skip


def receipts() -> pd.DataFrame:
    """Purchase order lines of Riverside with their receipts; open ones have none.

    Columns order, position, supplier, product, quantity, ordered, promised, arrived, received,
    rejected (pieces found defective on arrival).
    """
    rng = stream("receipts/Riverside")
    rows: list[tuple[object, ...]] = []
    number = 550_000
    for day in days_between(FIRST - timedelta(days=30), LAST):
        if day.weekday() != 2:
            continue
        for supplier, product in SUPPLIERS.items():
            number += 1
            worse = supplier == "Maren Resins" and day >= RESIN_WORSE_SINCE
            quantity = int(rng.integers(4, 40)) * 50
            promised = on_working_day(day + timedelta(days=int(rng.integers(20, 30))))
            late = rng.random() < (0.3 if worse else 0.07)
            delay = int(1 + rng.gamma(1.5, 4.0)) if late else -int(rng.integers(0, 3))
            arrived = on_working_day(promised + timedelta(days=delay))
            if promised < FIRST:
                continue
            bad = int(rng.poisson(quantity * (0.006 if worse else 0.0012)))
            there = (arrived, quantity, bad) if arrived <= LAST else (None, None, None)
            rows.append((str(number), "10", supplier, product, quantity, day, promised, *there))
    columns = ["order", "position", "supplier", "product", "quantity", "ordered", "promised",
               "arrived", "received", "rejected"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns, dtype=object)


def samples() -> pd.DataFrame:
    """Samples of five parts from Press 2, two a day: one row per sample and characteristic.

    Columns at, characteristic, lower, upper, nominal, sample, and ``values`` (a tuple of five).
    """
    rng = stream("measurements/Nordhafen")
    rows: list[tuple[object, ...]] = []
    number = 0
    for day in (d for d in WORKING_DAYS if d >= MEASURED_SINCE):
        for hour in (7, 15):
            number += 1
            at = datetime.combine(day, time(hour, int(rng.integers(0, 60))))
            worn = max((day - DRIFT_SINCE).days, 0)
            for name, nominal, tolerance, spread, drift in CHARACTERISTICS:
                values = rng.normal(nominal + drift * worn, spread, SAMPLE_SIZE).round(3)
                limits = (round(nominal - tolerance, 3), round(nominal + tolerance, 3), nominal)
                rows.append((at, name, *limits, number, tuple(values.tolist())))
    columns = ["at", "characteristic", "lower", "upper", "nominal", "sample", "values"]
    return pd.DataFrame(rows, columns=columns, dtype=object)
