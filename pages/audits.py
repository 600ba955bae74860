"""Internal audits: the programme, what to audit next, coverage, findings, lists in and out."""

from pages.shared import audits
from pages.shared.frame import frame

with frame("Audits", filtered=False):
    audits.draw()
