"""A native Pareto chart."""

from typing import Any, Final

import pandas as pd
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Pt

from kpi.analysis import words
from kpi.analysis.results import ParetoView
from kpi.analysis.sentences import loss_words
from kpi.figures.escape import clean
from kpi.figures.theme import LIGHT
from kpi.reports.canvas import CHART, INK, Box, Slide, colour, paint
from kpi.reports.datasheet import DataSheet
from kpi.reports.native_parts import place_plot, plain_chart, write_caption
from kpi.safe_text import neutral_cell

MOST_BARS: Final = 10
LABEL_LENGTH: Final = 30
"""Characters of a bar's name; the notes have the whole of it."""


def pareto_chart(slide: Slide, view: ParetoView, box: Box = CHART) -> None:
    """Bars in one colour, the unassigned first in grey; share, amount and cumulative share as text."""
    bars = view.bars.head(MOST_BARS)
    data: Any = DataSheet(number_format="#,##0.##")  # type: ignore[no-untyped-call]
    # The chart's data sheet is a workbook, in which a name must not act as a formula.
    data.categories = [clean(neutral_cell(clean(x)), longest=LABEL_LENGTH) for x in bars["label"]]
    data.add_series(clean(view.amount_title), [float(a) for a in bars["amount"]])
    frame = slide.raw.shapes.add_chart(XL_CHART_TYPE.BAR_CLUSTERED, *slide.place(box), data)
    frame.name = clean(f"Pareto: {view.kpi.title}")
    frame._element.nvGraphicFramePr.cNvPr.set("descr", clean(view.title))
    chart = frame.chart
    plain_chart(chart)
    longest = max(len(clean(label, longest=LABEL_LENGTH)) for label in bars["label"])
    left = min(0.4, 0.02 + 0.0115 * longest)
    place_plot(chart, Box(left, 0.09, 0.98 - left, 0.89))
    write_caption(chart, f"{loss_title(view)}: share, amount, cumulative share (Σ)")
    paint(chart.category_axis.tick_labels.font.color, INK)
    chart.category_axis.tick_labels.font.size = Pt(12)
    chart.category_axis.reverse_order = True
    chart.category_axis.format.line.fill.background()
    chart.plots[0].gap_width = 45
    axis = chart.value_axis
    axis.visible = False
    axis.minimum_scale = min(0.0, float(bars["amount"].min()))
    axis.maximum_scale = float(bars["amount"].max()) * 1.6
    _bars(chart.plots[0].series[0], bars)


def _bars(series: Any, bars: pd.DataFrame) -> None:
    for index, row in enumerate(bars.to_dict("records")):
        point = series.points[index]
        point.format.fill.solid()
        ink = LIGHT.bar_unassigned if row["unassigned"] else LIGHT.bar
        point.format.fill.fore_color.rgb = colour(ink)
        frame = point.data_label.text_frame
        frame.word_wrap = False
        frame.text = f"{words.number(row['share'], 0)}\u00a0%"
        frame.paragraphs[0].runs[0].font.bold = True
        beside = frame.paragraphs[0].add_run()
        cumulative = words.number(row["cumulative"], 0)
        beside.text = f"   {amount_text(row['amount'])}   Σ\u00a0{cumulative}\u00a0%"
        for run in frame.paragraphs[0].runs:
            run.font.size = Pt(12)
            paint(run.font.color, INK)


def loss_title(view: ParetoView) -> str:
    """What the bars share out, with its unit: ``Late order lines``, ``Scrapped quantity, pc``."""
    what = loss_words(view.kpi).removeprefix("the ")
    _, comma, unit = view.amount_title.rpartition(", ")
    return what[:1].upper() + what[1:] + (f", {unit}" if comma else "")


def amount_text(amount: float) -> str:
    r"""An amount beside its bar.

    >>> amount_text(1234.5), amount_text(12.34), amount_text(3.0)
    ('1\u202f234', '12.3', '3')
    """
    return words.number(amount, 0 if abs(amount) >= 100 or amount == round(amount) else 1)
