"""Periods, production days and planned time: which day a moment belongs to, and which period a day.

Everything is vectorised over numpy days (``datetime64[D]``). Labels: ``2026-10`` (month),
``2026-W43`` (ISO week), ``2026-10-05`` (day), ``2026-Q4``, ``2026``, ``FY2026-P10`` (fiscal),
``all``. Pure functions of their arguments; no clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from kpi.errors import UnknownNameError
from kpi.settings import MINUTES_PER_DAY, FiscalCalendar, PlantSettings, Settings

PERIODS: Final = ("month", "week", "day", "quarter", "year", "fiscal", "all")

ALL: Final = "all"

Days = npt.NDArray[np.datetime64]

_EPOCH_WEEKDAY: Final = 3  # 1970-01-01 was a Thursday; Monday is 0
_QUARTER_PATTERNS: Final = {"445": (4, 4, 5), "454": (4, 5, 4), "544": (5, 4, 4)}


@dataclass(frozen=True, slots=True)
class Period:
    """A period with its label, first and last day (both inside)."""

    label: str
    first: date
    last: date


def as_days(values: object) -> Days:
    """Dates of any kind (pandas, numpy, Python, text) as numpy days; missing ones stay NaT."""
    if isinstance(values, np.ndarray) and values.dtype.kind == "M":
        return np.asarray(values.astype("datetime64[D]"))
    return np.asarray(values, dtype="datetime64[D]")


def weekday(days: Days) -> npt.NDArray[np.int64]:
    """0 (Monday) to 6 (Sunday)."""
    return (days.astype("int64") + _EPOCH_WEEKDAY) % 7


def period_starts(days: Days, period: str, fiscal: FiscalCalendar | None = None) -> Days:
    """The first day of the period each day belongs to; for ``all`` the earliest of the days.

    Raises
    ------
    UnknownNameError
        ``period`` is none of ``PERIODS``.
    """
    if period == "day":
        return days
    if period == "week":
        return np.asarray(days - weekday(days).astype("timedelta64[D]"))
    if period == "month":
        return days.astype("datetime64[M]").astype("datetime64[D]")
    if period == "quarter":
        months = days.astype("datetime64[M]").astype("int64")
        return (months // 3 * 3).astype("datetime64[M]").astype("datetime64[D]")
    if period == "year":
        return days.astype("datetime64[Y]").astype("datetime64[D]")
    if period == "fiscal":
        return _fiscal_starts(days, fiscal or FiscalCalendar())
    if period == ALL:
        known = days[~np.isnat(days)]
        return np.full(days.shape, known.min() if known.size else np.datetime64("NaT", "D"))
    raise UnknownNameError("period", period, known=PERIODS)


def _fiscal_starts(days: Days, fiscal: FiscalCalendar) -> Days:
    known = days[~np.isnat(days)]
    if not known.size:
        return days
    starts = np.array(
        [p.first for p in fiscal_periods(_day(known.min()), _day(known.max()), fiscal)],
        dtype="datetime64[D]",
    )
    found = starts[np.searchsorted(starts, np.where(np.isnat(days), starts[0], days), "right") - 1]
    return np.where(np.isnat(days), np.datetime64("NaT", "D"), found)


def _day(value: Any) -> date:
    day: date = value.astype("datetime64[D]").item()
    return day


def periods_between(
    first: date, last: date, period: str, fiscal: FiscalCalendar | None = None
) -> tuple[Period, ...]:
    """All periods that hold a day from ``first`` to ``last``, in order; none where last < first.

    Periods are whole (a month has all its days), but ``all`` is exactly first to last.

    >>> [p.label for p in periods_between(date(2026, 9, 30), date(2026, 11, 1), "month")]
    ['2026-09', '2026-10', '2026-11']
    """
    if period not in PERIODS:
        raise UnknownNameError("period", period, known=PERIODS)
    if last < first:
        return ()
    if period == ALL:
        return (Period(ALL, first, last),)
    if period == "fiscal":
        return fiscal_periods(first, last, fiscal or FiscalCalendar())
    days = np.arange(np.datetime64(first, "D"), np.datetime64(last, "D") + 1)
    starts = np.unique(period_starts(days, period))
    return tuple(Period(_label(s, period), s, _last_day(s, period)) for s in starts.tolist())


def period_of(day: date, period: str, fiscal: FiscalCalendar | None = None) -> Period:
    """The period a day belongs to."""
    return periods_between(day, day, period, fiscal)[0]


def _label(start: date, period: str) -> str:
    if period == "month":
        return f"{start.year:04d}-{start.month:02d}"
    if period == "week":
        year, week, _ = start.isocalendar()
        return f"{year:04d}-W{week:02d}"
    if period == "quarter":
        return f"{start.year:04d}-Q{(start.month + 2) // 3}"
    if period == "year":
        return f"{start.year:04d}"
    return start.isoformat()


def _last_day(start: date, period: str) -> date:
    if period == "week":
        return start + timedelta(days=6)
    months = {"month": 1, "quarter": 3, "year": 12}.get(period)
    return start if months is None else _add_months(start, months) - timedelta(days=1)


def _add_months(first_of_month: date, months: int) -> date:
    index = first_of_month.year * 12 + first_of_month.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def fiscal_periods(first: date, last: date, fiscal: FiscalCalendar) -> tuple[Period, ...]:
    """The fiscal periods that hold a day from ``first`` to ``last``."""
    years = range(first.year - 1, last.year + 2)
    periods = [p for year in years for p in _periods_of_year(year, fiscal)]
    return tuple(p for p in periods if p.last >= first and p.first <= last)


@lru_cache(maxsize=512)
def _periods_of_year(start_year: int, fiscal: FiscalCalendar) -> tuple[Period, ...]:
    """The periods of the fiscal year that begins in (or next to) a calendar year."""
    begin, end = _year_start(start_year, fiscal), _year_start(start_year + 1, fiscal)
    named = start_year
    if fiscal.named_after == "end" and fiscal.start_month > 1:
        named += 1
    if fiscal.kind == "months":
        starts = [_add_months(begin, n) for n in range(12)]
    else:
        pattern = _QUARTER_PATTERNS.get(fiscal.kind)
        weeks = pattern * 4 if pattern else (4,) * 13
        offsets = np.concatenate([[0], np.cumsum(weeks)[:-1]])  # a 53rd week goes to the last
        starts = [begin + timedelta(weeks=int(w)) for w in offsets]
    ends = [*starts[1:], end]
    return tuple(
        Period(f"FY{named:04d}-P{n:02d}", s, e - timedelta(days=1))
        for n, (s, e) in enumerate(zip(starts, ends, strict=True), start=1)
    )


def _year_start(year: int, fiscal: FiscalCalendar) -> date:
    """First day of the fiscal year that begins in ``start_month`` of a year.

    Week-based years begin on the chosen weekday nearest to the first of the month (so that the
    year holds 52 or 53 whole weeks), or on the last such weekday on or before it.
    """
    anchor = date(year, fiscal.start_month, 1)
    if fiscal.kind == "months":
        return anchor
    back = (anchor.weekday() - fiscal.start_weekday) % 7
    if fiscal.anchor == "nearest" and back > 3:
        back -= 7
    return anchor - timedelta(days=back)


def us_week(day: date) -> int:
    """Week number as the United States count: weeks begin on Sunday, week 1 holds 1 January.

    >>> us_week(date(2026, 1, 1)), us_week(date(2026, 1, 4))
    (1, 2)
    """
    new_year = date(day.year, 1, 1)
    return (day.timetuple().tm_yday - 1 + (new_year.weekday() + 1) % 7) // 7 + 1


def production_day(at: datetime, start: time) -> date:
    """The production day of a moment: before the site's hour it is still the day before.

    >>> production_day(datetime(2026, 10, 5, 5, 59), time(6)).isoformat()
    '2026-10-04'
    """
    return (at - timedelta(hours=start.hour, minutes=start.minute)).date()


def production_days(at: npt.NDArray[np.datetime64], start: time) -> Days:
    """``production_day`` of many local moments; NaT stays NaT."""
    minutes = np.timedelta64(start.hour * 60 + start.minute, "m")
    return (at.astype("datetime64[s]") - minutes).astype("datetime64[D]")


def day_minutes(day: date, plant: PlantSettings) -> int:
    """Length of a production day: 1440 minutes, or what a clock change makes of it.

    The day runs from the site's hour to the same hour of the next day, by the plant's time zone;
    without a time zone every day has 24 hours.
    """
    if plant.time_zone is None:
        return MINUTES_PER_DAY
    zone, utc = ZoneInfo(plant.time_zone), ZoneInfo("UTC")
    begin = datetime.combine(day, plant.production_day_start, zone)
    end = datetime.combine(day + timedelta(days=1), plant.production_day_start, zone)
    return round((end.astimezone(utc) - begin.astimezone(utc)).total_seconds() / 60)


def planned_minutes(
    days: Days, plant: PlantSettings, line: str | None = None
) -> npt.NDArray[np.float64]:
    """Planned minutes of each production day by the plant's calendar; NaN where none is stated.

    Closed days plan nothing. A day planned around the clock follows a clock change (23 or 25 h);
    a shorter one keeps its minutes.
    """
    week = plant.week(line)
    if week is None:
        return np.full(days.shape, np.nan)
    minutes = np.asarray(week, dtype="float64")[weekday(days)]
    if plant.time_zone is not None and max(week) >= MINUTES_PER_DAY:
        lengths = np.array([day_minutes(d, plant) for d in days.tolist()], dtype="float64")
        minutes = np.where(minutes >= MINUTES_PER_DAY, lengths, minutes)
    if plant.closed_days:
        closed = np.array(sorted(plant.closed_days), dtype="datetime64[D]")
        minutes = np.where(np.isin(days, closed), 0.0, minutes)
    if plant.planned_from is not None:
        minutes = np.where(days < np.datetime64(plant.planned_from), np.nan, minutes)
    return minutes


def scheduled_days(
    days: Days, plant: PlantSettings, line: str | None = None
) -> npt.NDArray[np.bool_]:
    """Whether work is planned on each day. Without a stated week, all but closed days may be."""
    minutes = planned_minutes(days, plant, line)
    closed = np.array(sorted(plant.closed_days), dtype="datetime64[D]")
    return np.where(np.isnan(minutes), ~np.isin(days, closed), minutes > 0)


def is_scheduled(settings: Settings, plant: str, first: date, last: date) -> bool:
    """Whether a plant plans to work on any day from first to last, both included."""
    days = np.arange(np.datetime64(first, "D"), np.datetime64(last, "D") + 1)
    return bool(scheduled_days(days, settings.plant(plant)).any())


def working_days_between(first: Days, last: Days, plant: PlantSettings) -> npt.NDArray[np.int64]:
    """Working days after ``first`` up to ``last`` (negative where last is earlier).

    Working days are those with planned minutes; without a stated week Monday to Friday, closed
    days excepted.
    """
    week = plant.week()
    mask = [m > 0 for m in week] if week is not None and any(week) else [True] * 5 + [False] * 2
    holidays: Sequence[date] = sorted(plant.closed_days)
    one = np.timedelta64(1, "D")
    return np.busday_count(first + one, last + one, weekmask=mask, holidays=holidays)


def month_bounds(month: str) -> tuple[date, date]:
    """First and last day of a month written as ``2026-10``.

    >>> month_bounds("2026-02")
    (datetime.date(2026, 2, 1), datetime.date(2026, 2, 28))
    """
    first = date.fromisoformat(f"{month}-01")
    return first, _last_day(first, "month")


def months_between(first: str, last: str) -> tuple[str, ...]:
    """All months from one to another, both included; none where the last lies before the first.

    >>> months_between("2026-11", "2027-01")
    ('2026-11', '2026-12', '2027-01')
    """
    days = periods_between(month_bounds(first)[0], month_bounds(last)[0], "month")
    return tuple(p.label for p in days)
