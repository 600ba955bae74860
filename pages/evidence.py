"""Clause by clause, what shows conformity, how fresh it is, and what an auditor would miss."""

from pages.shared import evidence
from pages.shared.frame import frame

with frame("Evidence", filtered=False):
    evidence.draw()
