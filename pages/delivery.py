"""Delivery: verdict, chart, where it comes from, rows."""

from pages.shared import kpipage
from pages.shared.frame import frame

with frame("Delivery"):
    kpipage.domain(
        "delivery",
        kpipage.kpis_of("delivery"),
        "Here will stand delivery on time, to request and to promise, once order items are uploaded.",
    )
