"""Measurements: the characteristics there are, and the control chart of each."""

from pages.shared import measured
from pages.shared.frame import frame

with frame("Measurements"):
    measured.show()
