"""Customers and suppliers: complaints, returns, deliveries of suppliers; verdict, chart, rows."""

from pages.shared import kpipage
from pages.shared.frame import frame

with frame("Customers and suppliers"):
    kpipage.domain(
        "partners",
        (*kpipage.kpis_of("customers"), *kpipage.kpis_of("suppliers")),
        "Here will stand complaints, returns and what suppliers delivered, once they are uploaded.",
    )
