"""Nonconformities, the actions on them, and what waits to be checked now."""

from pages.shared import actions
from pages.shared.frame import frame

with frame("Nonconformities and actions", filtered=False):
    actions.draw()
