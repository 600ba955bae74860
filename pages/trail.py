"""The audit trail: who changed what, when and why; and whether it still stands as it was written."""

from kpi.access import Permission
from pages.shared import cards, trail
from pages.shared.frame import frame

with frame("Audit trail", filtered=False, needs=Permission.MANAGE):
    trail.state()
    cards.section("Does it still stand?")
    trail.compare()
    trail.check_all()
    cards.section("What was changed")
    chosen = trail.choose()
    trail.entries(chosen)
