"""How late the late order lines are: the mean says little of the few that wait for months."""

import numpy as np

from kpi.analysis import words
from kpi.analysis.home import Home
from kpi.analysis.results import Filters, SeriesView
from kpi.measures import SeriesQuestion, rows_behind

_EVERY_ROW = 1_000_000


def lateness(home: Home, series: SeriesView, filters: Filters) -> tuple[tuple[str, str], ...]:
    """Median and 90th percentile of the days late in the latest period, as a fact of the page.

    Nothing for every other KPI, and for a period without a late line.
    """
    if series.kpi.id != "days_late" or series.points.empty:
        return ()
    question = SeriesQuestion(
        kpi=series.kpi.id, period=filters.period, where=series.slice, first=filters.first,
        last=filters.last, as_of=filters.as_of,
    )  # fmt: skip
    period = str(series.points["period"].iloc[-1])
    view = home.view(filters.ledger)
    found = rows_behind(view, question, home.settings, period=period, limit=_EVERY_ROW).rows
    if "numerator" not in found or found.empty:
        return ()
    days = found.loc[found["side"] == "numerator", "numerator"].astype("float64")
    if days.empty:
        return ()
    middle, high = np.quantile(days, [0.5, 0.9])
    text = f"half of the late lines up to {words.number(middle, 1)} d, nine in ten up to {words.number(high, 1)} d"
    return (("How it is spread", text),)
