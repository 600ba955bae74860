"""Periods as headings and cells name them: Jan 2026, 03/2026, 2026年3月, KW12, Q1; YTD is none."""

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np

from kpi.ingest.dates import bare, month_names

_YEAR: Final = re.compile(r"(?<!\d)(19[89]\d|20\d\d)(?!\d)")
_NUMERIC: Final = (
    (re.compile(r"^(20\d\d)[-/.](\d{1,2})(?:[-/.]0?1(?:[T ]00:00(?::00)?(?:\.0+)?)?)?$"), (1, 2)),
    (re.compile(r"^(\d{1,2})[-/.](20\d\d)$"), (2, 1)),
    (re.compile(r"^(20\d\d)(0[1-9]|1[0-2])$"), (1, 2)),
    (re.compile(r"^0?1[-/.](\d{1,2})[-/.](20\d\d)$"), (2, 1)),
    (re.compile(r"^(20\d\d) ?年 ?(\d{1,2}) ?月$"), (1, 2)),
)
_NUMBERED: Final = re.compile(r"^(?:m|p|per\.?|period|periode|monat|month|mes|mois) ?0?(\d{1,2})$")
_WEEK: Final = re.compile(
    r"^(?:(20\d\d)[- /]*)?(?:kw|cw|wk|w|week|woche|sem|semana|semaine|s)[ .-]*0?(\d{1,2})"
    r"(?:[ /'-]+(20\d\d|\d\d))?$"
)
_QUARTER: Final = re.compile(
    r"^(?:(20\d\d)[- /]*)?(?:(?:q|t|trim|trimestre|quartal|quarter|qtr)[ .]*([1-4])"
    r"|([1-4])[. ]*(?:q|t|er trimestre|e trimestre|o trimestre|trimestre|quartal|quarter))"
    r"(?:[ /'-]*(20\d\d|\d\d))?$"
)
_ONLY_YEAR: Final = re.compile(
    r"^(?:fy|gj|jahr|year|ano|annee|ej|ejercicio)? ?((?:19[89]|20\d)\d)$"
)


@dataclass(frozen=True, slots=True)
class Period:
    """A year, quarter, month, week or day; ``year`` is ``None`` where only its context can tell.

    A day has its ``stamp``, or is the ``number``-th of a month that its context tells.
    """

    grain: str
    number: int
    year: int | None
    stamp: np.datetime64[Any] | None = None


def read_period(text: str) -> Period | None:
    """The period a heading or cell names, if it names one.

    >>> read_period("Mär 2026"), read_period("Jan-26").year, read_period("YTD")
    (Period(grain='month', number=3, year=2026, stamp=None), 2026, None)
    """
    low = re.sub(r"\s+", " ", bare(text)).strip(" .:")
    for pattern, (year, month) in _NUMERIC:
        if hit := pattern.match(low):
            number = int(hit.group(month))
            return Period("month", number, int(hit.group(year))) if 1 <= number <= 12 else None
    if hit := _WEEK.match(low):
        number = int(hit.group(2))
        stated = _year(hit.group(1) or hit.group(3))
        return Period("week", number, stated) if 1 <= number <= 53 else None
    if hit := _QUARTER.match(low):
        stated = _year(hit.group(1) or hit.group(4))
        return Period("quarter", int(hit.group(2) or hit.group(3)), stated)
    if hit := _ONLY_YEAR.match(low):
        return Period("year", 1, int(hit.group(1)))
    if hit := _NUMBERED.match(low):
        number = int(hit.group(1))
        return Period("month", number, None) if 1 <= number <= 12 else None
    return _named(low)


def _year(text: str | None) -> int | None:
    if text is None:
        return None
    return int(text) if len(text) == 4 else 2000 + int(text)


def _named(low: str) -> Period | None:
    words = [w for w in re.split(r"[\s./'’_-]+", low) if w]
    if not 1 <= len(words) <= 3:
        return None
    names = month_names()
    months = [names[w] for w in words if w in names]
    others = [w for w in words if w not in names]
    if len(months) != 1 or not all(re.fullmatch(r"\d{2}|20\d\d|19[89]\d|de", w) for w in others):
        return None
    years = [int(w) if len(w) == 4 else 2000 + int(w) for w in others if w.isdigit()]
    if len(years) > 1:
        return None
    return Period("month", months[0], years[0] if years else None)


def years_in(texts: list[str]) -> list[int]:
    """The years that texts name, each once, in order of appearance."""
    return list(dict.fromkeys(int(y) for t in texts for y in _YEAR.findall(t)))


def first_day(period: Period, year: int) -> np.datetime64[Any]:
    """The day a period begins; weeks as ISO 8601 counts them."""
    if period.stamp is not None:
        return period.stamp
    if period.grain == "year":
        return np.datetime64(f"{year:04d}-01-01", "us")
    if period.grain == "quarter":
        return np.datetime64(f"{year:04d}-{3 * period.number - 2:02d}-01", "us")
    if period.grain == "month":
        return np.datetime64(f"{year:04d}-{period.number:02d}-01", "us")
    fourth = np.datetime64(f"{year:04d}-01-04", "D")
    monday = fourth - (int(fourth.astype(int)) + 3) % 7
    start: np.datetime64[Any] = (monday + 7 * (period.number - 1)).astype("M8[us]")
    return start


def place(periods: list[Period], years: list[int]) -> list[np.datetime64[Any]] | None:
    """First days of periods in a row; a year missing in one follows from its neighbours', or is the
    only one known.

    Returns ``None`` where no year is to be found.
    """
    at = next((i for i, p in enumerate(periods) if p.year is not None), None)
    if at is None and len(years) != 1:
        return None
    year = periods[at].year if at is not None else years[0]
    assert year is not None
    for later, earlier in pairwise(reversed(periods[: (at or 0) + 1])):
        year -= earlier.number > later.number  # what stands before a January is of the year before
    out, last = [], 0
    for period in periods:
        if period.year is not None:
            year = period.year
        elif at is not None and period.number < last:
            year += 1
        last = period.number
        out.append(first_day(period, year))
    return out
