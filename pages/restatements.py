"""Restatements: which later upload changed which reported month, by how much, and who accepted it."""

from pages.shared import inputs, restated
from pages.shared.frame import frame
from pages.shared.messages import empty

with frame("Restatements", filtered=False):
    if inputs.here().position == 0:
        empty(
            "Here will stand what later uploads change in months that were already reported.",
            "Upload your first files",
            "upload.py",
        )
    else:
        restated.draw()
