"""Scrap: verdict, chart, where it comes from, rows."""

from pages.shared import kpipage
from pages.shared.frame import frame

with frame("Scrap"):
    kpipage.domain(
        "scrap",
        kpipage.kpis_of("scrap"),
        "Here will stand scrap rate, scrap cost and rework, month by month, once scrap and production are uploaded.",
    )
