"""The management review of a month: what it will say, and the deck to take along."""

from pages.shared import deck, inputs
from pages.shared.frame import frame
from pages.shared.messages import empty

with frame("Review", filtered=False):
    if inputs.here().position == 0:
        empty(
            "Here will stand the review of a month, with a deck to edit and present.",
            "Upload your first files",
            "upload.py",
        )
    else:
        deck.review()
