"""A KPI over the window an objective is judged by: the month, rolling months, the year to date.

Ratios are sums over sums; counts, hours and money are added up; what is neither (a stock at month
end, a reported figure) is the mean of its months. A month that was never uploaded is missing and
never a zero: a ratio then rests on the months there are and says so, a sum is not computed.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd

from kpi.analysis import words
from kpi.calendar import month_bounds, months_between
from kpi.measures import CATALOG, Kpi
from kpi.model import State
from kpi.qms.objectives import Window
from kpi.settings import FiscalCalendar

MONTHS_OF: Final = {Window.MONTH: 1, Window.ROLLING_3: 3, Window.ROLLING_12: 12}

STOCKS: Final = frozenset({"overdue_backlog"})
"""KPIs that are a level at the end of a month: those of several months do not add up."""

TIMES_BETWEEN: Final = frozenset({"mtbf"})
"""KPIs that grow while nothing happens: without a failure the mean time is longer than all the time run."""

_KNOWN: Final = frozenset({State.VALUE.value, State.ZERO.value})


@dataclass(frozen=True, slots=True)
class WindowValue:
    """A KPI over the window that ends with a month, in the KPI's unit.

    ``value`` is NaN where there is none, and ``reason`` says why. ``numerator`` and ``denominator``
    are the sums behind it (NaN where it is a mean). ``known`` of ``months`` months are measured,
    ``missing`` were never uploaded; those in which nothing was planned count as neither.
    ``beyond``: what the value is more than, where there is none because nothing failed.
    """

    month: str
    first: date
    last: date
    value: float
    numerator: float
    denominator: float
    months: int
    known: int
    missing: tuple[str, ...]
    reason: str = ""
    beyond: float = math.nan

    @property
    def rests_on(self) -> str:
        """Which months it lacks, in a sentence; empty where it has all."""
        if not self.missing or np.isnan(self.value):
            return ""
        names = words.listed(words.period_words(m) for m in self.missing)
        verb = "is" if len(self.missing) == 1 else "are"
        return (
            f"It rests on {words.small_number(self.known)} of {words.small_number(self.months)} months; "
            f"{names} {verb} missing."
        )


def window_months(month: str, window: Window, fiscal: FiscalCalendar) -> tuple[str, ...]:
    """The months of the window that ends with a month.

    The year to date begins with the fiscal year where that is one of whole months.

    >>> window_months("2026-02", Window.ROLLING_3, FiscalCalendar())
    ('2025-12', '2026-01', '2026-02')
    >>> window_months("2026-02", Window.YEAR_TO_DATE, FiscalCalendar(start_month=10))
    ('2025-10', '2025-11', '2025-12', '2026-01', '2026-02')
    """
    year, number = (int(part) for part in month.split("-"))
    if window is Window.YEAR_TO_DATE:
        begins = fiscal.start_month if fiscal.kind == "months" else 1
        count = (number - begins) % 12 + 1
    else:
        count = MONTHS_OF[window]
    index = year * 12 + number - count
    return months_between(f"{index // 12:04d}-{index % 12 + 1:02d}", month)


def window_words(month: str, window: Window, fiscal: FiscalCalendar) -> str:
    """The window that ends with a month, as it ends a sentence.

    >>> window_words("2026-12", Window.ROLLING_12, FiscalCalendar())
    'over the twelve months to December 2026'
    >>> window_words("2026-12", Window.MONTH, FiscalCalendar())
    'in December 2026'
    """
    if window is Window.MONTH:
        return words.in_period(month)
    months = window_months(month, window, fiscal)
    if window is Window.YEAR_TO_DATE:
        first, last = month_bounds(months[0])[0], month_bounds(months[-1])[1]
        return f"in the year to date, {words.span_words(first, last)}"
    return f"over the {words.count_words(len(months), 'month')} to {words.period_words(month)}"


def adds_up(kpi: Kpi) -> bool:
    """Whether the values of several months add up to that of all of them: counts, hours, money."""
    return kpi.id in CATALOG and not kpi.denominator and kpi.id not in STOCKS


def window_values(
    kpi: Kpi, points: pd.DataFrame, window: Window, fiscal: FiscalCalendar, *, plus: float = 0.0
) -> tuple[WindowValue, ...]:
    """The window that ends with each month of a monthly series, in their order.

    ``plus`` is added to the denominator, once a window (``kpi.measures.added_below``).
    """
    by_month = {str(row["period"]): row for row in points.to_dict("records")}
    return tuple(
        _value(kpi, by_month, window_months(month, window, fiscal), plus) for month in by_month
    )


def span_value(
    kpi: Kpi, points: pd.DataFrame, first: date, last: date, *, plus: float = 0.0
) -> WindowValue:
    """The same over the months from the one of a day to that of another: what a baseline is."""
    by_month = {str(row["period"]): row for row in points.to_dict("records")}
    months = months_between(f"{first:%Y-%m}", f"{last:%Y-%m}")
    return _value(kpi, by_month, months, plus)


def _value(
    kpi: Kpi, by_month: dict[str, dict[Any, Any]], months: Sequence[str], plus: float
) -> WindowValue:
    rows = [by_month[month] for month in months if month in by_month]
    known = [row for row in rows if is_measured(row)]
    idle = [row for row in rows if _idle(row)]
    lacking = tuple(
        month for month in months if not any(str(row["period"]) == month for row in (*known, *idle))
    )
    value, top, bottom, reason = _together(kpi, known, lacking, len(months), plus)
    beyond = math.nan
    if kpi.id in TIMES_BETWEEN and math.isnan(value) and bottom == 0 and top > 0:
        beyond = top * kpi.per
        reason = f"No failure: more than {words.value_text(beyond, kpi)}."
    return WindowValue(
        months[-1], month_bounds(months[0])[0], month_bounds(months[-1])[1],
        value, top, bottom, len(months) - len(idle), len(known), lacking, reason, beyond,
    )  # fmt: skip


def is_measured(row: Mapping[Any, Any]) -> bool:
    """Whether a month has what a window adds up: a value, or hours run in which nothing failed.

    A month without a failure has no mean time between failures, and its hours count all the same.
    """
    if row["state"] in _KNOWN and np.isfinite(_number(row["value"])):
        return True
    return (
        row["state"] == State.NOT_COMPUTABLE.value
        and _number(row["denominator"]) == 0
        and _number(row["numerator"]) > 0
    )


def _idle(row: dict[Any, Any]) -> bool:
    """Whether a month had nothing to count: none was planned, or no case of what is counted."""
    if row["state"] == State.NOT_SCHEDULED.value:
        return True
    return (
        row["state"] == State.NOT_COMPUTABLE.value
        and _number(row["numerator"]) == 0
        and _number(row["denominator"]) == 0
    )


def _together(
    kpi: Kpi, known: Sequence[dict[Any, Any]], lacking: tuple[str, ...], months: int, plus: float
) -> tuple[float, float, float, str]:
    """Value, numerator, denominator and why there is no value."""
    none = float("nan")
    if not known:
        if months == 1 and lacking:
            return none, none, none, f"{words.period_words(lacking[0])} was not measured."
        return none, none, none, "None of its months was measured."
    if lacking and adds_up(kpi):
        names = words.listed(words.period_words(m) for m in lacking[:3])
        more = f" and {len(lacking) - 3} more" if len(lacking) > 3 else ""
        verb = "is" if len(lacking) == 1 else "are"
        return none, none, none, (
            f"Not computable: {names}{more} {verb} missing, and a sum without "
            f"{'it' if len(lacking) == 1 else 'them'} would be too small."
        )  # fmt: skip
    if len(lacking) * 2 > months:
        return none, none, none, (
            f"Not computable: of {words.small_number(months)} months only "
            f"{words.small_number(len(known))} {'is' if len(known) == 1 else 'are'} there."
        )  # fmt: skip
    values = [v for row in known if math.isfinite(v := _number(row["value"]))]
    top = [_number(row["numerator"]) for row in known]
    bottom = [_number(row["denominator"]) for row in known]
    if kpi.denominator and np.isfinite([*top, *bottom]).all():
        whole = sum(bottom)
        if whole + plus <= 0:
            return none, sum(top), whole, f"Not computable: no {kpi.denominator}."
        return sum(top) / (whole + plus) * kpi.per, sum(top), whole, ""
    if adds_up(kpi):
        return sum(values), sum(values), none, ""
    return sum(values) / len(values), none, none, ""


def _number(cell: Any) -> float:
    return float("nan") if pd.isna(cell) else float(cell)
