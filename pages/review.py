"""Management reviews: drafted, held, approved; and the deck of a month to take along."""

from pages.shared import inputs, management
from pages.shared.frame import frame
from pages.shared.messages import empty

with frame("Review", filtered=False):
    if inputs.here().position == 0:
        empty(
            "Here will stand the management reviews, with a deck of each month to edit and present.",
            "Upload your first files",
            "upload.py",
        )
    else:
        management.draw()
