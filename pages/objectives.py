"""Quality objectives: what shall be reached by when, how each stands, and whether it will be met."""

from pages.shared import objectives
from pages.shared.frame import frame

with frame("Objectives", filtered=False):
    objectives.draw()
