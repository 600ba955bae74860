"""When something of the plan is due: the latest period that should be loaded or analysed by a day."""

from datetime import date, timedelta
from typing import Final

from kpi.analysis.forecast_input import STILL_OPEN, WEEKEND_DAYS
from kpi.calendar import Period, is_scheduled, period_of
from kpi.qms.measurement import Frequency
from kpi.settings import Settings

GRACE: Final = {
    Frequency.DAILY: 1, Frequency.WEEKLY: 3, Frequency.MONTHLY: 10, Frequency.QUARTERLY: 20,
    Frequency.HALF_YEARLY: 30, Frequency.YEARLY: 30,
}  # fmt: skip
"""Days after the end of a period in which its data are loaded and looked at."""

MOST_IDLE: Final = 60
"""Periods without planned work that are passed over at most."""

_PERIODS: Final = {
    Frequency.DAILY: "day", Frequency.WEEKLY: "week", Frequency.MONTHLY: "month",
    Frequency.QUARTERLY: "quarter", Frequency.YEARLY: "year",
}  # fmt: skip


def period_at(day: date, frequency: Frequency) -> Period:
    """The period of a frequency that a day lies in.

    >>> period_at(date(2026, 8, 3), Frequency.HALF_YEARLY)
    Period(label='2026-H2', first=datetime.date(2026, 7, 1), last=datetime.date(2026, 12, 31))
    """
    if frequency is not Frequency.HALF_YEARLY:
        return period_of(day, _PERIODS[frequency])
    first = date(day.year, 1 if day.month <= 6 else 7, 1)
    last = date(day.year, 6, 30) if day.month <= 6 else date(day.year, 12, 31)
    return Period(f"{day.year}-H{1 if day.month <= 6 else 2}", first, last)


def due_period(frequency: Frequency, today: date) -> Period:
    """The latest period that ended so long ago that it should be loaded and looked at.

    >>> due_period(Frequency.MONTHLY, date(2026, 11, 9)).label
    '2026-09'
    >>> due_period(Frequency.MONTHLY, date(2026, 11, 10)).label
    '2026-10'
    """
    ended = today - timedelta(days=GRACE[frequency])
    return period_at(
        period_at(ended + timedelta(days=1), frequency).first - timedelta(1), frequency
    )


def due_in(settings: Settings, plant: str, frequency: Frequency, today: date) -> Period:
    """The same, passing over periods in which a plant plans no work at all."""
    found = due_period(frequency, today)
    for _ in range(MOST_IDLE):
        if is_scheduled(settings, plant, found.first, found.last):
            break
        found = period_at(found.first - timedelta(days=1), frequency)
    return found


def reaches(reach: date | None, period: Period) -> bool:
    """Whether data up to a day hold a period: they may end with its last working days."""
    if reach is None:
        return False
    days = (period.last - period.first).days + 1
    allowed = min(max(STILL_OPEN * days, WEEKEND_DAYS), days - 1)
    return (period.last - reach).days <= allowed
