"""Registers: issues and the climate decision, interested parties, risks, opportunities, resources."""

from pages.shared import registers
from pages.shared.frame import frame

with frame("Registers", filtered=False):
    registers.draw()
