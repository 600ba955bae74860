"""Which year, and which month, the periods of a table are of: told in it, or asked."""

import re
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from kpi.ingest.axes import with_year
from kpi.ingest.conventions import Desk
from kpi.ingest.grids import Grid
from kpi.ingest.periods import Period, first_day, place, read_period, years_in
from kpi.texts import said

Day = np.datetime64[Any]

_YEARS_BACK: Final = 8
_SEPARATE: Final = re.compile(r"[\s,;:|()–—]+")


def years_told(grid: Grid) -> list[int]:
    """The years that a heading, else the titles, else the sheet's name tell."""
    headings = [c.heading for c in grid.columns if re.fullmatch(r"(19|20)\d\d", c.heading.strip())]
    sheets = sorted({s for s in grid.sheets.to_pylist() if s}) or [grid.sheet]
    for texts in (headings, list(grid.titles), sheets):
        if found := years_in(texts):
            return found
    return []


def year_for(grid: Grid, desk: Desk, latest: int | None) -> int | None:
    """The year of periods that do not tell theirs; asked where the table does not say it alone.

    ``latest`` is the number of the latest month with figures: a file cannot hold what was still to
    come when it was written. ``None`` where nothing speaks for any year.
    """
    told = years_told(grid)
    if len(told) == 1:
        return told[0]
    options = [(str(y), said("the file names it")) for y in sorted(told, reverse=True)]
    named = [] if told else years_in([desk.context.filename])
    options += [(str(y), said("the file's name has it")) for y in sorted(named, reverse=True)]
    written = desk.context.written
    if not told and written is not None:
        past = latest is not None and latest > written.month
        first = written.year - (1 if past else 0)
        known = {o[0] for o in options}
        guesses = [first, *(y for y in range(written.year, written.year - _YEARS_BACK, -1))]
        options += [
            (str(y), said("the file was saved in {year}", year=str(written.year)))
            for y in dict.fromkeys(guesses)
            if str(y) not in known
        ]
    if not options:
        return None
    answer = desk.ask(
        "convention",
        grid.sheet,
        "year",
        said("Which year are these periods of?"),
        options,
        anew=True,
    )
    desk.decided.pop("year", None)  # next year's file is of another
    return int(answer)


def place_all(
    periods: Sequence[Period], months: Sequence[Day | None], grid: Grid, desk: Desk
) -> list[Day | None] | None:
    """The first day of each period in its order; ``None`` where no year is to be found.

    ``months`` holds, for days that only count, the month their heading names.
    """
    if all(p.year is not None and (p.grain != "day" or p.stamp is not None) for p in periods):
        return [first_day(p, p.year or 0) for p in periods]
    if periods[0].grain == "day":
        return _days(periods, months, grid, desk)
    years: list[int] = []
    if all(p.year is None for p in periods):
        latest = max((_month_number(p) for p in periods), default=None)
        year = year_for(grid, desk, latest)
        years = [] if year is None else [year]
    placed = place(list(periods), years)
    return None if placed is None else list(placed)


def _month_number(period: Period) -> int:
    per = {"week": 4.35, "quarter": 1 / 3}.get(period.grain, 1.0)
    return min(int((period.number - 1) / per) + 1, 12)


def _days(
    periods: Sequence[Period], months: Sequence[Day | None], grid: Grid, desk: Desk
) -> list[Day | None] | None:
    dated = any(p.stamp is not None for p in periods)
    month = None if dated else month_told(grid, desk)
    year = 0
    if dated:
        numbers = [int(str(p.stamp)[5:7]) for p in periods if p.stamp is not None]
        told = year_for(grid, desk, max(numbers))
        if told is None:
            return None
        year = told
    if not dated and month is None and not any(m is not None for m in months):
        return None
    out: list[Day | None] = []
    for period, own in zip(periods, months, strict=True):
        full = with_year(period, year, own if own is not None else month)
        out.append(None if full is None else full.stamp)
    return out


def month_told(grid: Grid, desk: Desk, name: str | None = None) -> Day | None:
    """The one month that the sheet's name or the titles tell, its year with it or asked.

    ``name`` is one of several sheets of a table: then only that tells.
    """
    names = sorted({s for s in grid.sheets.to_pylist() if s}) if name is None else [name]
    for texts in (names, list(grid.titles) if name is None else []):
        found = {(p.number, p.year) for t in texts for p in months_in(t) if p.grain == "month"}
        if len({n for n, _ in found}) != 1:
            continue
        number = next(iter(found))[0]
        years = {y for _, y in found if y is not None}
        year = years.pop() if len(years) == 1 else year_for(grid, desk, number)
        if year is not None:
            return first_day(Period("month", number, year), year)
    return None


def months_in(text: str) -> list[Period]:
    """The months a text names, alone or within a title: "Production report March 2026".

    >>> months_in("Scrap report, Mar 2026 (plant 1)")[0].number
    3
    """
    whole = read_period(text)
    if whole is not None and whole.grain == "month":
        return [whole]
    words = [w for w in _SEPARATE.split(text) if w]
    found: list[Period] = []
    k = 0
    while k < len(words):
        for size in (3, 2, 1):
            part = " ".join(words[k : k + size])
            period = read_period(part) if len(words[k : k + size]) == size else None
            if period is not None and period.grain == "month" and _worded(part, size):
                found.append(period)
                k += size - 1
                break
        k += 1
    return found


def _worded(part: str, size: int) -> bool:
    """Within a title a month is a word of it, or has its year: "M 3" and "5" are none."""
    if re.search(r"(19|20)\d\d", part):
        return True
    return size == 1 and re.fullmatch(r"[^\W\d]{3,}\.?|\d{1,2}月", part) is not None
