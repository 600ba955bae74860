"""Points of on-time delivery won by moving promises: the same order lines, by first and present promise."""

from typing import Final

import pandas as pd

from kpi.analysis import words
from kpi.analysis.home import Home
from kpi.analysis.results import Filters, Redating
from kpi.measures import CATALOG
from kpi.measures.delivery import month_of, redating_rows
from kpi.measures.resolved import due_items, report_date_of

LEAST_POINTS: Final = 0.05
"""Percentage points under which re-dating is said to change nothing."""


def redating(home: Home, filters: Filters, month: str) -> Redating | None:
    """What re-dating won in ``month`` (``2026-10``) and in the months before, within ``filters``.

    ``None`` where no order line has both a first and a present promise in the time asked for.
    """
    view = home.view(filters.ledger)
    as_of = report_date_of(view, CATALOG["otd_promise"].datasets, filters.as_of)
    if as_of is None:
        return None
    items = due_items(view, home.settings, as_of)
    rows = redating_rows(items[(items["direction"] != "purchase").to_numpy()])
    plants = [value for dimension, value in filters.where if dimension == "plant"]
    if plants:
        rows = rows[rows["plant"].isin(plants)]
    months = _by_month(rows, filters)
    if months.empty:
        return None
    last = months[months["period"] == month]
    if last.empty:
        return None
    return _told(last.iloc[0], words.period_words(month), months)


def _by_month(rows: pd.DataFrame, filters: Filters) -> pd.DataFrame:
    won = rows["numerator"].to_numpy()
    flags = pd.DataFrame(
        {
            "period": month_of(rows["day"]).to_numpy(),
            "lines": 1,
            "redated": rows["redated"].to_numpy() > 0,
            "won": won > 0,
            "lost": won < 0,
        }
    )
    sums = flags.groupby("period", sort=True).sum().reset_index()
    first = filters.first.strftime("%Y-%m") if filters.first else ""
    last = filters.last.strftime("%Y-%m") if filters.last else "9999"
    sums = sums[(sums["period"] >= first) & (sums["period"] <= last)]
    points = (sums["won"] - sums["lost"]) / sums["lines"] * 100
    return sums.assign(points=points).reset_index(drop=True)


def _told(last: "pd.Series[float]", when: str, months: pd.DataFrame) -> Redating:
    points, lines = float(last["points"]), int(last["lines"])
    redated, won, lost = int(last["redated"]), int(last["won"]), int(last["lost"])
    if points >= LEAST_POINTS:
        title = f"Moving promises won {_points(points)} of on-time delivery in {when}"
        see = f"{_of(won, lines)} on time only because {_its(won)} promise was moved."
        mean = "The customer feels delay that the present promise hides."
        decision = "Judge by the first promise; ask why promises move."
    elif points <= -LEAST_POINTS:
        title = f"Moving promises cost {_points(-points)} of on-time delivery in {when}"
        see = f"{_of(lost, lines)} late only because {_its(lost)} promise was moved."
        mean = "Promises were moved forward and then not kept."
        decision = "Ask who moves promises, and on what grounds."
    else:
        title = f"Moving promises changed nothing of on-time delivery in {when}"
        see = f"Of {words.number(lines, 0)} order lines {words.number(redated, 0)} had the promise moved."
        mean = "The first promise and the present one tell the same."
        decision = "No action."
    return Redating(title=title, see=see, mean=mean, decision=decision, months=months)


def _of(count: int, lines: int) -> str:
    verb = "is" if count == 1 else "are"
    return f"{words.number(count, 0)} of {words.number(lines, 0)} order lines {verb}"


def _its(count: int) -> str:
    return "its" if count == 1 else "their"


def _points(points: float) -> str:
    return f"{words.number(points, 1)}\u00a0{'point' if f'{points:.1f}' == '1.0' else 'points'}"
