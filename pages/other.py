"""Other figures: what a plant reports by itself, and KPIs of no domain with a page of its own."""

from pages.shared import kpipage
from pages.shared.frame import frame

with frame("Other figures"):
    kpipage.domain(
        "other",
        kpipage.other_kpis(),
        "Here will stand figures that a plant already computes: lead time, survey scores, safety.",
    )
