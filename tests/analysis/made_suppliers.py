"""Purchase orders of three suppliers over nine months: always on time, mostly, and hardly ever."""

from datetime import UTC, date, datetime, timedelta

from kpi import analysis

WHEN = datetime(2026, 11, 2, 8, tzinfo=UTC)
SUPPLIERS = (("Alu AG", 0), ("Bolt & Co", 1), ("Cast Ltd", 9))
"""The suppliers, and of how many in ten of their lines the delivery is late."""


def rows():
    """The lines of a list of purchase orders: four lines a month and supplier, of 100 pieces."""
    out = ["Purchase order;Item;Plant;Supplier;Promised date;Delivered date;Ordered quantity;"
           "Received quantity"]  # fmt: skip
    for name, late in SUPPLIERS:
        for place in range(36):
            due = date(2026, 1 + place // 4, 3 + 5 * (place % 4))
            done = due + timedelta(days=3 if place % 10 < late else 0)
            out.append(f"{name[:4]}-{place};10;Nord;{name};{due};{done};100;100")
    return out


def load(home, folder):
    """Put the purchase orders in force."""
    file = folder / "purchase orders.csv"
    file.write_text("\n".join(rows()) + "\n", encoding="utf-8")
    outcome = analysis.ingest_file(home, file, who="clerk", when=WHEN)
    assert outcome.state == "committed", outcome.says
