"""What a table claims to be complete for, and the day it was drawn."""

import re
from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kpi.datasets import DATASETS
from kpi.ingest.dates import Stamps, bare, read_date_texts
from kpi.ingest.vocabulary import vocabulary
from kpi.model import Coverage

EDGE_DAYS = 3
"""Rows that begin within so many first days of a month, and end within so many last, cover it whole."""

_EVENT_DATES = ("date", "at", "start", "end", "order_date", "shipped_on", "delivered_on")
_DATE_IN_TEXT = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4}(?:[T ]+\d{1,2}:\d{2}(?::\d{2})?)?")


def infer_coverage(
    dataset: str, spans: pa.Table, table: pa.Table, grain: str | None = None
) -> tuple[Coverage, ...]:
    """Per plant the days a table speaks for; empty for a dataset without a date.

    ``spans`` has ``plant`` and ``day`` of every usable row of the source: a day on which there was
    production and no stop is covered for stops too. A row without a plant is of ``table``'s.
    ``grain`` is month or week where a row speaks for a whole one.
    """
    return tuple(
        Coverage(c.plant, None, *whole_months(c.first, c.last, grain=grain))
        for c in _days_of(dataset, spans, table)
    )


def rows_within(
    dataset: str, spans: pa.Table, table: pa.Table, grain: str | None = None
) -> tuple[Coverage, ...]:
    """Per plant the days from-to on which there are rows, where ``infer_coverage`` claims more.

    Nothing where a row speaks for a whole period: then the period is what it holds.
    """
    exact = _days_of(dataset, spans, table)
    return () if grain is not None or exact == infer_coverage(dataset, spans, table) else exact


def _days_of(dataset: str, spans: pa.Table, table: pa.Table) -> tuple[Coverage, ...]:
    name = DATASETS[dataset].date
    if name is None or table.num_rows == 0:
        return ()
    own = [p for p in pc.unique(table["plant"]).to_pylist() if p is not None]
    known = set(pc.unique(spans["plant"]).to_pylist())
    fallback = next((p for p in own if p not in known), None)
    filled = pc.fill_null(spans["plant"], fallback) if fallback else spans["plant"]
    days = pa.table({"plant": filled, "day": spans["day"]}).drop_null()
    spans = days.group_by("plant", use_threads=False).aggregate([("day", "min"), ("day", "max")])
    return tuple(
        Coverage(row["plant"], None, row["day_min"], row["day_max"])
        for row in spans.sort_by("plant").to_pylist()
    )


def whole_months(first: date, last: date, *, grain: str | None = None) -> tuple[date, date]:
    """The days from-to, widened to whole months where they nearly are, or by the ``grain`` of rows.

    >>> whole_months(date(2026, 1, 2), date(2026, 3, 30))
    (datetime.date(2026, 1, 1), datetime.date(2026, 3, 31))
    """
    month = np.datetime64(first, "M"), np.datetime64(last, "M")
    begin: date = month[0].astype("M8[D]").item()
    finish: date = ((month[1] + 1).astype("M8[D]") - 1).item()
    if grain == "month":
        return begin, finish
    if grain == "week":
        return first, last + timedelta(days=6)
    if (first - begin).days < EDGE_DAYS and (finish - last).days < EDGE_DAYS:
        return begin, finish
    return first, last


def stated_date(titles: Sequence[str]) -> date | None:
    """The day the file says it was drawn ("Stand: 31.10.2026"), where exactly one reading exists."""
    marks = [bare(m) for m in vocabulary().fields["stated_date"]]
    for i, title in enumerate(titles):
        low = bare(title)
        if not any(re.search(rf"(?<!\w){re.escape(m)}(?!\w)", low) for m in marks):
            continue
        for text in (title, titles[i + 1] if i + 1 < len(titles) else ""):
            found = _DATE_IN_TEXT.findall(text)
            if len(found) == 1:
                read = read_date_texts(pa.array(found))
                if read.readable[0] and not read.doubtful:
                    day: date = read.stamps[0].astype("M8[D]").item()
                    return day
    return None


def latest_event(moments: dict[str, Stamps]) -> date | None:
    """The latest day anything in the table happened; due dates are not events."""
    last: list[date] = []
    for name in _EVENT_DATES:
        values = moments.get(name)
        if values is not None and not np.isnat(values).all():
            last.append(np.nanmax(values).astype("M8[D]").item())
    return max(last, default=None)
