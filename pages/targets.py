"""What each KPI shall reach, from when on; and the calendar its minutes are measured against."""

from pages.shared import aims, cards
from pages.shared.frame import frame

with frame("Targets and time", filtered=False):
    cards.section("Targets")
    aims.in_force()
    aims.form_for_managers()
    cards.section("Time and site choices")
    aims.settings()
