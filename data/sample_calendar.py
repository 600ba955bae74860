"""The clock of the sample plants: months, working days, shifts, and one random stream per table."""

from datetime import date, datetime, timedelta
from typing import Final
from zlib import crc32

import numpy as np

SEED: Final = 9001
FIRST: Final = date(2023, 11, 1)
LAST: Final = date(2026, 10, 31)
DAY_STARTS_AT: Final = 6  # hour at which the first shift, and so the production day, begins
PUBLIC_HOLIDAYS: Final = frozenset({(1, 1), (12, 25), (12, 26)})  # month, day


def stream(name: str) -> np.random.Generator:
    """The random numbers of one table. A change to one table leaves every other as it was."""
    return np.random.default_rng([SEED, crc32(name.encode())])


def month_of(day: date) -> str:
    """The month of a day.

    >>> month_of(date(2026, 3, 9))
    '2026-03'
    """
    return f"{day:%Y-%m}"


def month_end(month: str) -> date:
    """The last day of a month written as ``2026-10``."""
    first = date.fromisoformat(f"{month}-01")
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def is_working_day(day: date) -> bool:
    """Monday to Friday, without the public holidays that both plants keep."""
    return day.weekday() < 5 and (day.month, day.day) not in PUBLIC_HOLIDAYS


def days_between(first: date, last: date) -> list[date]:
    """Every calendar day, both ends included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


WORKING_DAYS: Final = [d for d in days_between(FIRST, LAST) if is_working_day(d)]
MONTHS: Final = sorted({month_of(d) for d in WORKING_DAYS})


def on_working_day(day: date) -> date:
    """The day itself, or the next working day."""
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def production_day(at: datetime) -> date:
    """The production day of a moment: the hours before six belong to the day before."""
    return (at - timedelta(hours=DAY_STARTS_AT)).date()


def shift_number(at: datetime) -> int:
    """0 early, 1 late, 2 night: eight hours each, from six o'clock."""
    return (at.hour - DAY_STARTS_AT) % 24 // 8
