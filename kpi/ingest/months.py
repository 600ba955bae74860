"""A date of each row from a column of months, or from year and month (week, day) apart."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kpi.ingest.axes import read_axis, with_year
from kpi.ingest.columns import Column
from kpi.ingest.conventions import Desk
from kpi.ingest.dates import Stamps, bare
from kpi.ingest.grids import Grid
from kpi.ingest.periods import Period, first_day, read_period, years_in
from kpi.ingest.placing import month_told, months_in, year_for, years_told
from kpi.ingest.vocabulary import vocabulary
from kpi.texts import Said, said

_YEAR_WORDS: Final = frozenset(
    [
        "year",
        "jahr",
        "ano",
        "annee",
        "年",
        "年份",
        "gjahr",
        "fiscalyear",
        "geschaftsjahr",
        "ejercicio",
    ]
)
_MONTH_WORDS: Final = frozenset(
    [
        "month",
        "monat",
        "mes",
        "mois",
        "月",
        "月份",
        "period",
        "periode",
        "monthyear",
        "yearmonth",
        "periodo",
        "kalendermonat",
        "calendarmonth",
        "monthname",
        "fiscalperiod",
        "buchungsperiode",
    ]
)
_WEEK_WORDS: Final = frozenset(
    [
        "week",
        "kw",
        "woche",
        "kalenderwoche",
        "cw",
        "wk",
        "semana",
        "semaine",
        "weekno",
        "calendarweek",
    ]
)
_QUARTER_WORDS: Final = frozenset(["quarter", "quartal", "trimestre", "qtr"])
_MONTHS_OF_A_YEAR: Final = 12
_DAY_WORDS: Final = frozenset(["day", "tag", "dia", "jour", "date", "日", "datum", "fecha"])


def with_period(grid: Grid, desk: Desk) -> Grid | Said:
    """The table with a column of dates, where none of its columns holds any but months or days do."""
    words = vocabulary()
    if any(c.shares["date"] > 0.5 and not words.is_audit(c.heading) for c in grid.columns):
        return grid
    dated = [
        c
        for c in grid.columns
        if any(m.field == "date" for m in words.lookup(c.heading)) and not c.empty
    ]
    if any(not np.isnat(c.as_moments().values).all() for c in dated if not _numbered(c)):
        return grid
    days = _days_of_month(grid, desk)
    if days is not None:
        return days
    place = _period_place(grid, dated)
    if place is None:
        return grid
    return _with_stamps(grid, place, desk)


def months_down(grid: Grid) -> int | None:
    """The column whose cells are months without a year, where one is: its years stand across."""
    for i, column in enumerate(grid.columns):
        if not column.heading or column.empty:
            continue
        texts = list(column.as_text().drop_null().unique().to_pylist())
        if len(texts) > _MONTHS_OF_A_YEAR:
            continue
        read = _periods(column, texts) if _key(column) in _MONTH_WORDS else {}
        read = read or {t: p for t in texts if (p := read_period(t)) is not None}
        months = len(read) == len(texts) and all(
            p.grain == "month" and p.year is None for p in read.values()
        )
        if months and len(texts) > 1:
            return i
    return None


def _numbered(column: Column) -> bool:
    """Small numbers are no dates: weeks, months, days of a month."""
    values = column.as_numbers().values
    there = values[~np.isnan(values)]
    return column.shares["number"] > 0.9 and len(there) > 0 and float(there.max()) <= 53


def _period_place(grid: Grid, dated: Sequence[Column]) -> int | None:
    """The column that tells the month, the week, or the quarter of each row."""
    for words in (_MONTH_WORDS, _WEEK_WORDS):
        for i, column in enumerate(grid.columns):
            if _key(column) in words and not column.empty and not _counts_days(column):
                return i
    for i, column in enumerate(grid.columns):
        if column in dated and column.named.key not in _YEAR_WORDS and not _counts_days(column):
            return i
    quarters = (i for i, c in enumerate(grid.columns) if c.named.key in _QUARTER_WORDS)
    return next(quarters, None)


def _key(column: Column) -> str:
    """The heading without a year: "Month 2026" is a month."""
    return re.sub(r"(19|20)\d\d", "", column.named.key)


def _with_stamps(grid: Grid, place: int, desk: Desk) -> Grid | Said:
    column = grid.columns[place]
    texts = column.as_text().to_pylist()
    read = _periods(column, list(dict.fromkeys(t for t in texts if t is not None)))
    if not read:
        return grid
    grains = {p.grain for p in read.values()}
    if grains & {"month", "week"} and grains & {"quarter", "year"}:
        return _without_sums(grid, place, read, desk)
    if grains & {"quarter", "year"}:
        return said(
            "its rows are of whole quarters or years: they belong to no month. Export it by month "
            "or week"
        )
    years = _years_of_rows(grid, place)
    fallback: int | None = None
    if any(p.year is None for p in read.values()) and np.isnan(years).any():
        latest = max(p.number for p in read.values()) if grains == {"month"} else None
        told = years_in([column.heading]) or years_told(grid)
        fallback = told[0] if len(told) == 1 else year_for(grid, desk, latest)
    stamps = np.full(len(grid), np.datetime64("NaT", "us"))
    for row, text in enumerate(texts):
        period = read.get(text) if text is not None else None
        if period is None:
            continue
        own = period.year
        if own is None:
            own = int(years[row]) if not np.isnan(years[row]) else fallback
        placed = None if own is None else with_year(period, own, None)
        if own is not None and placed is not None and 1900 < own < 2100:
            stamps[row] = first_day(placed, own)
    if np.isnat(stamps).all():
        return grid
    columns = list(grid.columns)
    heading = column.heading or "Month"
    columns[place] = Column(heading, column.letter, column.length, stamps=stamps)
    return replace(grid, columns=tuple(columns), grain=_grain(grains))


def _without_sums(grid: Grid, place: int, read: dict[str, Period], desk: Desk) -> Grid | Said:
    """The table without its rows of quarters and years, which sum up those of the months."""
    texts = grid.columns[place].as_text().to_pylist()
    long = [t is not None and t in read and read[t].grain in ("quarter", "year") for t in texts]
    desk.note(
        grid.sheet,
        said(
            "rows of whole quarters or years ({rows}) stand among those of months: they are sums and "
            "are not read",
            rows=", ".join(str(int(r)) for r in grid.rows[np.array(long)][:8]),
        ),
        grid.columns[place].heading,
    )
    return _with_stamps(grid.with_rows(np.flatnonzero(~np.array(long))), place, desk)


def _grain(grains: set[str]) -> str | None:
    grain = next(iter(grains)) if len(grains) == 1 else "month"
    return None if grain == "day" else grain


def _periods(column: Column, texts: Sequence[str]) -> dict[str, Period]:
    """The periods that the cells of a column name, read together."""
    if not texts:
        return {}
    weekly = _key(column) in _WEEK_WORDS
    if all(t.isdigit() and 1 <= int(t) <= (53 if weekly else 12) for t in texts):
        grain = "week" if weekly else "month"
        return {t: Period(grain, int(t), None) for t in texts}
    axis = read_axis(texts)
    found = {t: p for t, p in zip(texts, axis.periods, strict=True) if p is not None}
    if axis.grain == "day" or not found:
        single = {t: p for t in texts if (p := read_period(t)) is not None}
        return found or single
    return found


def _years_of_rows(grid: Grid, place: int) -> npt.NDArray[np.float64]:
    """The year a column gives each row; written once above a block, it holds for the rows below."""
    column = next(
        (c for i, c in enumerate(grid.columns) if c.named.key in _YEAR_WORDS and i != place), None
    )
    if column is None:
        return np.full(len(grid), np.nan)
    values = column.as_numbers().values
    values = np.where(values < 100, values + 2000, values)
    if len(values) and not np.isnan(values[0]) and np.isnan(values).any():
        filled = np.where(np.isnan(values), 0, np.arange(len(values)))
        values = values[np.maximum.accumulate(filled)]
    return np.asarray(values)


def _counts_days(column: Column) -> bool:
    """A column of the days of a month: 1 to 31, under a heading that speaks of days."""
    if not {bare(t) for t in column.named.tokens} & _DAY_WORDS or column.shares["number"] < 0.9:
        return False
    values = column.as_numbers().values
    there = values[~np.isnan(values)]
    return len(there) > 0 and bool(((there >= 1) & (there <= 31) & (there == there // 1)).all())


def _days_of_month(grid: Grid, desk: Desk) -> Grid | None:
    """Dates of a column of days, the month being a column's, the sheet's name or the title's."""
    place_of_day = next((i for i, c in enumerate(grid.columns) if _counts_days(c)), None)
    if place_of_day is None:
        return None
    column = grid.columns[place_of_day]
    numbers = column.as_numbers().values
    months = _months_of_rows(grid, place_of_day, desk)
    good = ~np.isnat(months) & ~np.isnan(numbers)
    if not good.any():
        return None
    offset = np.where(good, numbers, 1).astype(np.int64) - 1
    stamps = (months.astype("M8[D]") + offset).astype("M8[us]")
    inside = stamps.astype("M8[M]") == months.astype("M8[M]")  # no 31 February
    stamps = np.where(good & inside, stamps, np.datetime64("NaT", "us"))
    columns = list(grid.columns)
    columns[place_of_day] = Column(column.heading, column.letter, column.length, stamps=stamps)
    return grid.with_columns(columns)


def _months_of_rows(grid: Grid, day: int, desk: Desk) -> Stamps:
    """The first day of the month of every row: by its own columns, its sheet's name, or a title."""
    month = next(
        (
            i
            for i, c in enumerate(grid.columns)
            if c.named.key in _MONTH_WORDS and i != day and not c.empty
        ),
        None,
    )
    if month is not None:
        placed = _with_stamps(grid, month, desk)
        if isinstance(placed, Grid) and placed is not grid:
            return placed.columns[month].as_moments().values.astype("M8[us]")
    names = sorted({s for s in grid.sheets.to_pylist() if s is not None})
    named = {s: _month_in(s) for s in names}
    if all(m is not None for m in named.values()) and len(names) > 1:
        return np.array([named[s] for s in grid.sheets.to_pylist()], "M8[us]")
    told = month_told(grid, desk)
    return np.full(len(grid), np.datetime64("NaT", "us") if told is None else told)


def _month_in(text: str) -> np.datetime64[Any] | None:
    found = [p for p in months_in(text) if p.year is not None]
    return first_day(found[0], found[0].year or 0) if len(found) == 1 else None
