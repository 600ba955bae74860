"""Customers and suppliers: their figures, how customers perceive us, the grades of suppliers."""

from pages.shared import partners
from pages.shared.frame import frame

with frame("Customers and suppliers"):
    partners.draw()
