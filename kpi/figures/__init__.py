"""Results as figures: nothing is calculated here, and no screen is known.

The full-size charts are plotly figures; what stands small and many times on a page (sparklines,
small multiples, icons) is drawn as SVG, which costs a browser next to nothing; what is a table by
nature (coverage, the loss-time ledger) is an HTML table, so that a screen reader reads it as one.
"""

from kpi.figures.control import control_figure
from kpi.figures.coverage import coverage_table
from kpi.figures.icons import assurance_icon, variation_icon
from kpi.figures.losses import loss_table
from kpi.figures.pareto import pareto_figure
from kpi.figures.small import shared_span, small_chart
from kpi.figures.svg import data_uri
from kpi.figures.theme import BOTH, DARK, LIGHT, Palette

__all__ = [
    "BOTH",
    "DARK",
    "LIGHT",
    "Palette",
    "assurance_icon",
    "control_figure",
    "coverage_table",
    "data_uri",
    "loss_table",
    "pareto_figure",
    "shared_span",
    "small_chart",
    "variation_icon",
]
