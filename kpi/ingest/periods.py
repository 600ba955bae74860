"""Periods as headings and cells name them: Jan 2026, 03/2026, 2026年3月, KW12; YTD is none."""

import re
from dataclasses import dataclass
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
    r"^(?:(20\d\d)[- /]?)?(?:kw|cw|wk|w|week|woche|sem|semana|semaine) ?0?(\d{1,2})(?:[ /-]+(20\d\d))?$"
)


@dataclass(frozen=True, slots=True)
class Period:
    """A month or week; ``year`` is ``None`` where only its context can tell."""

    grain: str
    number: int
    year: int | None


def read_period(text: str) -> Period | None:
    """The period a heading or cell names, if it names one.

    >>> read_period("Mär 2026"), read_period("Jan-26").year, read_period("YTD")
    (Period(grain='month', number=3, year=2026), 2026, None)
    """
    low = re.sub(r"\s+", " ", bare(text)).strip(" .:")
    for pattern, (year, month) in _NUMERIC:
        if hit := pattern.match(low):
            number = int(hit.group(month))
            return Period("month", number, int(hit.group(year))) if 1 <= number <= 12 else None
    if hit := _WEEK.match(low):
        number = int(hit.group(2))
        stated = hit.group(1) or hit.group(3)
        return (
            Period("week", number, int(stated) if stated else None) if 1 <= number <= 53 else None
        )
    if hit := _NUMBERED.match(low):
        number = int(hit.group(1))
        return Period("month", number, None) if 1 <= number <= 12 else None
    return _named(low)


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
    if period.grain == "month":
        return np.datetime64(f"{year:04d}-{period.number:02d}-01", "us")
    fourth = np.datetime64(f"{year:04d}-01-04", "D")
    monday = fourth - (int(fourth.astype(int)) + 3) % 7
    start: np.datetime64[Any] = (monday + 7 * (period.number - 1)).astype("M8[us]")
    return start


def place(periods: list[Period], years: list[int]) -> list[np.datetime64[Any]] | None:
    """First days of periods in a row; a year missing in one is its left neighbour's, or the only one.

    Returns ``None`` where no year is to be found.
    """
    stated = next((p.year for p in periods if p.year is not None), None)
    if stated is None and len(years) != 1:
        return None
    year = stated if stated is not None else years[0]
    carried = stated is not None
    out, last = [], 0
    for period in periods:
        if period.year is not None:
            year = period.year
        elif carried and period.number < last:
            year += 1
        last = period.number
        out.append(first_day(period, year))
    return out
