"""The passport of a figure: opened by a link beside it; see ``kpi.analysis.passport``."""

from pages.shared import passport
from pages.shared.frame import frame

with frame("Number passport"):
    passport.draw()
