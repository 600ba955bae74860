"""A small home whose months differ in ways that can be told by hand: who came, went, has no name.

Ten months of plant Alpha: L1 and L2 all along, until in October L2 is gone and L3 is there; from the
start some pieces carry no line. Its stops are known for every month; those of plant Beta are not
for September. Late order lines of September and October carry their reason.
"""

from datetime import date, timedelta
from pathlib import Path

from kpi import analysis
from kpi.analysis.home import Home
from tests.analysis.made_home import load

MONTHS = tuple(date(2026, month, 1) for month in range(1, 11))
MISSING = date(2026, 9, 1)

# Pieces scrapped and made on each day, by month and line; every line works on two days a month.
USUAL = {"L1": (10, 1000), "L2": (30, 1000), "": (2, 100)}
OCTOBER = {"L1": (10, 1500), "L3": (50, 500), "": (4, 100)}
WOBBLE = (0, 1, -1, 0, 1, 0, -1, 1, 0, 0)
"""Added to the scrapped pieces of L1, so that months differ by chance."""

STOPS = {"Alpha": (30, 40), "Beta": (20, 20)}
"""Minutes of a stop in a month up to August, and from September on; a plant has four a month."""

ORDERS = {
    date(2026, 9, 1): ("", "", "", "", "", "", "", "No truck", "No parts", ""),
    date(2026, 10, 1): ("", "", "", "", "", "No truck", "No truck", "No truck", "No parts", ""),
}
"""The reasons of the late ones among ten order lines due in a month; the last is late without one."""


def scrap_file() -> list[str]:
    rows = ["Date;Plant;Line;Scrapped quantity;Produced quantity"]
    for wobble, month in zip(WOBBLE, MONTHS, strict=True):
        lines = OCTOBER if month.month == 10 else USUAL
        for line, (bad, made) in lines.items():
            more = wobble if line == "L1" else 0
            rows += [
                f"{month.replace(day=day)};Alpha;{line};{bad + more};{made}" for day in (5, 20)
            ]
    return rows


def stop_file(plant: str) -> list[str]:
    rows = ["Date;Plant;Line;Machine;Reason;Start;End;Minutes;Stop class"]
    for month in MONTHS:
        if plant == "Beta" and month == MISSING:
            continue
        minutes = STOPS[plant][month >= MISSING]
        for day in (1, 10, 20, 28):
            on = month.replace(day=day)
            rows.append(
                f"{on};{plant};{plant} 1;M-{plant};Jam;{on} 08:00;{on} 08:{minutes};{minutes};unplanned"
            )
    return rows


def order_file() -> list[str]:
    rows = [
        "Order;Item;Plant;Customer;Order date;Promised date;Delivered date;Ordered quantity;"
        "Delay reason"
    ]
    for month, reasons in ORDERS.items():
        for item, reason in enumerate(reasons):
            promise = month + timedelta(days=3 + item)
            late = 2 if reason or item == len(reasons) - 1 else 0
            rows.append(
                f"{month.month}{item:02d};1;Alpha;Customer {item % 2};{month - timedelta(days=30)};"
                f"{promise};{promise + timedelta(days=late)};50;{reason}"
            )
    return rows


def make_parts_home(folder: Path) -> Home:
    """The home with its four files in force."""
    files = {
        "scrap.csv": scrap_file(),
        "stops alpha.csv": stop_file("Alpha"),
        "stops beta.csv": stop_file("Beta"),
        "orders.csv": order_file(),
    }
    home = analysis.open_home(folder / "home")
    for name, rows in files.items():
        (folder / name).write_text("\n".join(rows) + "\n", encoding="utf-8")
        load(home, folder / name)
    return home
