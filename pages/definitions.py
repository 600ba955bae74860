"""Every KPI in words: what it means, how it is computed, where the formula comes from."""

from pages.shared import glossary
from pages.shared.frame import frame

with frame("Definitions", filtered=False):
    glossary.kpis()
