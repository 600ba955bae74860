"""The measurement plan: what is measured how and how often, last uploaded, last analysed, overdue."""

from pages.shared import plan
from pages.shared.frame import frame

with frame("Measurement plan", filtered=False):
    plan.draw()
