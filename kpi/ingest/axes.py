"""Periods of a whole row of headings (or column of cells): read together, they explain each other.

"01-Mar" beside "02-Mar" is a day, beside "01-Apr" a month of 2001; "1/2/2026" beside "2/2/2026" and
"3/2/2026" is a day if those are to follow one another.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kpi.ingest.dates import bare, month_names, read_date_texts
from kpi.ingest.periods import Period, read_period

_DAY_MONTH: Final = re.compile(r"^(?:[^\W\d]{2,10}[.,]? ?)?(\d{1,2})[./-](\d{1,2})[./]?$")
_DAY_NAMED: Final = re.compile(r"^(?:[^\W\d]{2,4}[.,]? )?0?(\d{1,2})[. /-]+([^\W\d]{3,10})\.?$")
_NAMED_DAY: Final = re.compile(r"^([^\W\d]{3,10})[. /-]+(\d{1,2})$")
_LONE: Final = re.compile(r"^(?:[mpwst] ?)?0?\d{1,2}$")
_MONTH_YEAR: Final = re.compile(r"^(\d{1,2})[./-](\d{2})$")
_NUMBER: Final = re.compile(r"^(?:[^\W\d]{2,4}[., ]+)?0?(\d{1,2})\.?$")

MANY_DAYS: Final = 13
"""So many numbers counting from 1 are days of a month, where a month is named beside them."""
_MOST_MACHINES: Final = 10
"""M1 to M9 may be machines, P1 to P9 products or presses; beyond, and up to 12, they are months."""


@dataclass(frozen=True)
class Axis:
    """What each text names; ``orders`` holds the readings where day and month may change places."""

    periods: tuple[Period | None, ...]
    orders: tuple[str, ...] = ()
    unsure: bool = False  # letters with numbers: months or weeks, or machines, shifts, products

    @property
    def grain(self) -> str | None:
        """The grain most of the periods have; a sum of months is not the table's grain."""
        grains = [p.grain for p in self.periods if p is not None]
        ranked = ("day", "week", "month", "quarter", "year")
        return min(set(grains), key=lambda g: (-grains.count(g), ranked.index(g)), default=None)


def read_axis(
    texts: Sequence[str], *, order: str | None = None, days: bool = False, month: bool = False
) -> Axis:
    """The periods that texts name together.

    ``order`` decides day and month where only that is open. ``days``: a word beside them says that
    bare numbers are days; ``month``: a month is named beside them.
    """
    for read in (_full_dates, _days_of_months, _short_months):
        axis = read(texts, order)
        if axis is not None:
            return axis
    found = _numbers(texts, days=days, month=month)
    if found is not None:
        return found
    periods = tuple(read_period(t) for t in texts)
    named = [t for t, p in zip(texts, periods, strict=True) if p is not None]
    return Axis(periods, unsure=bool(named) and _may_be_names(named))


def _may_be_names(texts: Sequence[str]) -> bool:
    lone = all(_LONE.match(bare(t).strip()) for t in texts)
    return lone and len(texts) < _MOST_MACHINES


def _full_dates(texts: Sequence[str], order: str | None) -> Axis | None:
    """Texts that are whole dates; ``None`` where they are months written as their first day."""
    trimmed = pa.array([re.sub(r"[T ]00:00(:00)?$", "", t.strip()) for t in texts], pa.string())
    plain = read_date_texts(trimmed)
    if int(plain.readable.sum()) < 2:
        return None
    readings = {o: read_date_texts(trimmed, order=o).stamps for o in ("dmy", "mdy")}
    if not plain.doubtful:
        readings = {plain.order or "dmy": plain.stamps}
    usable = {o: s for o, s in readings.items() if _follow(s[~np.isnat(s)])}
    if order in readings:
        usable = {order: readings[order]}
    usable = usable or readings
    first, stamps = next(iter(usable.items()))
    orders = tuple(usable) if len(usable) > 1 else ()
    return Axis(_of_stamps(stamps), orders) if first else None


def _follow(stamps: npt.NDArray[np.datetime64]) -> bool:
    """Days one after another, by the same step, or with a weekend between; or firsts of months."""
    days = stamps.astype("M8[D]")
    steps = np.diff(days).astype(int)
    if len(steps) == 0 or (steps <= 0).any():
        return False
    return bool((steps <= 4).all() or (steps == 7).all() or _firsts(days))


def _firsts(days: npt.NDArray[np.datetime64]) -> bool:
    return bool((days == days.astype("M8[M]").astype("M8[D]")).all())


def _of_stamps(stamps: npt.NDArray[np.datetime64]) -> tuple[Period | None, ...]:
    days = stamps.astype("M8[D]")
    there = days[~np.isnat(days)]
    if _firsts(there):
        return tuple(_month(d) for d in days)
    weekly = len(there) > 1 and bool((np.diff(there).astype(int) == 7).all())
    grain = "week" if weekly else "day"
    return tuple(
        None if np.isnat(d) else Period(grain, 0, int(str(d)[:4]), d.astype("M8[us]")) for d in days
    )


def _month(day: np.datetime64[Any]) -> Period | None:
    if np.isnat(day):
        return None
    text = str(day)
    return Period("month", int(text[5:7]), int(text[:4]))


def _days_of_months(texts: Sequence[str], order: str | None) -> Axis | None:
    """Days with a month and no year: "01.03.", "Mo 02.03.", "12-Jan"."""
    low = [re.sub(r"\s+", " ", bare(t)).strip() for t in texts]
    pairs = [_pair(t) for t in low]
    if sum(p is not None for p in pairs) < 3:
        return None
    named = [p for p in pairs if p is not None]
    if all(p[2] for p in named):  # the month is a word, the number a day of it or its year
        if _months_follow(named) or not _consecutive([p[:2] for p in named]):
            return None
        return Axis(tuple(None if p is None else _no_year(p[0], p[1]) for p in pairs))
    readings = {"dmy": [(a, b) for a, b, _ in named], "mdy": [(b, a) for a, b, _ in named]}
    usable = [o for o, days in readings.items() if _consecutive(days)]
    if order in readings:
        usable = [order]
    if not usable:
        return None
    swap = usable[0] == "mdy"
    periods = tuple(
        None if p is None else _no_year(*((p[1], p[0]) if swap else p[:2])) for p in pairs
    )
    return Axis(periods, tuple(usable) if len(usable) > 1 else ())


def _short_months(texts: Sequence[str], _order: str | None) -> Axis | None:
    """Months with a year of two digits: "01/26", "02/26"."""
    hits = [_MONTH_YEAR.match(bare(t).strip()) for t in texts]
    pairs = [(int(h.group(1)), int(h.group(2))) for h in hits if h is not None]
    if len(pairs) < 2 or not all(1 <= m <= 12 for m, _ in pairs):
        return None
    marks = [12 * y + m for m, y in pairs]
    if any(b - a != 1 for a, b in pairwise(marks)):
        return None
    return Axis(
        tuple(
            None if h is None else Period("month", int(h.group(1)), 2000 + int(h.group(2)))
            for h in hits
        )
    )


def _pair(text: str) -> tuple[int, int, bool] | None:
    """Two numbers, the second a month where it is written as a word."""
    if hit := _DAY_MONTH.match(text):
        return int(hit.group(1)), int(hit.group(2)), False
    for pattern, day, month in ((_DAY_NAMED, 1, 2), (_NAMED_DAY, 2, 1)):
        hit = pattern.match(text)
        if hit and (number := month_names().get(hit.group(month))) is not None:
            return int(hit.group(day)), number, True
    return None


def _no_year(day: int, month: int) -> Period | None:
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return Period("day", day, None, np.datetime64(f"2000-{month:02d}-01", "us"))


def _months_follow(named: Sequence[tuple[int, int, bool]]) -> bool:
    """One number under several months, or one month after another with the years counting on."""
    marks = [12 * number + month for number, month, _ in named]
    several = len({month for _, month, _ in named}) > 1
    same = several and len({number for number, _, _ in named}) == 1
    return same or all(b - a == 1 for a, b in pairwise(marks))


def _consecutive(days: Sequence[tuple[int, int]]) -> bool:
    if not all(1 <= d <= 31 and 1 <= m <= 12 for d, m in days):
        return False
    marks = [m * 31 + d for d, m in days]
    steps = np.diff(marks)
    return bool(len(steps)) and bool(((steps > 0) & (steps <= 7)).all())


def _numbers(texts: Sequence[str], *, days: bool, month: bool) -> Axis | None:
    """Numbers that count from 1 as days of a month, where something beside them says so."""
    hits = [_NUMBER.match(bare(t).strip()) for t in texts]
    numbers = [int(h.group(1)) for h in hits if h is not None]
    if len(numbers) < 2 or numbers[0] != 1 or max(numbers) > 31:
        return None
    if any(b - a != 1 for a, b in pairwise(numbers)):
        return None
    if not (days or len(numbers) >= 28 or (month and len(numbers) >= MANY_DAYS)):
        return None
    return Axis(tuple(None if h is None else Period("day", int(h.group(1)), None) for h in hits))


def with_year(period: Period, year: int, month: np.datetime64[Any] | None) -> Period | None:
    """A day without its year (or month) where both are known; ``None`` where there is no such day."""
    if period.grain != "day" or (period.stamp is not None and period.year is not None):
        return replace(period, year=period.year if period.year is not None else year)
    start = month
    if period.stamp is not None:
        start = np.datetime64(f"{year:04d}-{str(period.stamp)[5:7]}-01", "us")
    if start is None:
        return None
    stamp = start.astype("M8[D]") + (period.number - 1)
    if stamp.astype("M8[M]") != start.astype("M8[M]"):
        return None
    return Period("day", period.number, int(str(stamp)[:4]), stamp.astype("M8[us]"))
