"""Downtime: verdict, chart, where it comes from, rows."""

from pages.shared import kpipage
from pages.shared.frame import frame

with frame("Downtime"):
    kpipage.domain(
        "downtime",
        kpipage.kpis_of("downtime"),
        "Here will stand hours lost, stops and availability, month by month, once a list of stops is uploaded.",
    )
