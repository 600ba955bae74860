"""What is there and what is missing, what was uploaded when and by whom, and the way to undo it."""

from pages.shared import cached, cards, history, inputs
from pages.shared.coverage import calendar
from pages.shared.frame import frame
from pages.shared.messages import empty

with frame("Ledger"):
    if inputs.here().position == 0:
        empty(
            "Here will stand every upload with its hash, and month by month what is missing.",
            "Upload your first files",
            "upload.py",
        )
    else:
        cards.section("Coverage by month")
        calendar(cached.coverage(inputs.here(), inputs.filters()))
        cards.section("History")
        history.entries()
        cards.section("Undo")
        history.undo()
