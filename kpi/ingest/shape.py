"""Tables that are not one fact per row: months across, metric rows, year and month apart."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kpi.ingest.columns import Column
from kpi.ingest.conventions import Desk
from kpi.ingest.dates import bare
from kpi.ingest.grids import Grid
from kpi.ingest.headings import DURATIONS, NUMBERS
from kpi.ingest.periods import Period, first_day, place, read_period, years_in
from kpi.ingest.vocabulary import vocabulary

MIN_PERIODS: Final = 3
"""So many headings must be periods before a table is read as periods across."""

_YEAR_WORDS: Final = frozenset(
    ["year", "jahr", "ano", "annee", "年", "年份", "gjahr", "fiscalyear"]
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
        "week",
        "kw",
        "woche",
    ]
)
_DAY_WORDS: Final = frozenset(["day", "tag", "dia", "jour", "date", "日"])
_SUMS: Final = re.compile(
    r"^(total|sum(me|a)?|gesamt.*|ytd|kum.*|average|avg|mean|schnitt|ø|promedio|moyenne|合计)"
)


def reshape(grid: Grid, desk: Desk) -> Grid:
    """The table with one fact per row, its period as a date; unchanged where it is so already."""
    wide = _periods_across(grid)
    if len(wide) >= MIN_PERIODS:
        return _melt(grid, wide, desk)
    return _period_column(grid, desk)


def _periods_across(grid: Grid) -> dict[int, Period]:
    found: dict[int, Period] = {}
    for i, column in enumerate(grid.columns):
        period = read_period(column.heading) if column.heading else None
        if period is not None and (
            column.empty or column.shares["number"] > 0.5 or column.shares["text"] < 0.5
        ):
            found[i] = period
    grains = {p.grain for p in found.values()}
    return found if len(grains) == 1 else {}


def _years(grid: Grid, desk: Desk) -> list[int]:
    headings = [c.heading for c in grid.columns if re.fullmatch(r"(19|20)\d\d", c.heading.strip())]
    for texts in (headings, list(grid.titles), [grid.sheet], [desk.context.filename]):
        if found := years_in(texts):
            return found
    return []


def _days(periods: list[Period], grid: Grid, desk: Desk) -> list[np.datetime64[Any]] | None:
    years = _years(grid, desk)
    if len(years) > 1 and all(p.year is None for p in periods):
        answer = desk.ask(
            "convention",
            grid.sheet,
            "year",
            "Which year are these periods of?",
            [(str(y), "the file names it") for y in sorted(years, reverse=True)],
        )
        years = [int(answer)]
    return place(periods, years)


@dataclass(frozen=True)
class _Across:
    """The figures under the periods: one row per row of the sheet, one column per period."""

    cells: npt.NDArray[np.float64]
    days: list[np.datetime64[Any]]
    grain: str


def _melt(grid: Grid, wide: dict[int, Period], desk: Desk) -> Grid:
    """Periods across to rows, metric rows to columns."""
    days = _days(list(wide.values()), grid, desk)
    if days is None:
        desk.note(
            grid.sheet,
            f"periods {', '.join(grid.columns[i].heading for i in list(wide)[:3])} ... without a year",
            expected="a year in a heading, in the title or in the sheet's name",
            advice="Write the year above the periods or into the sheet's name, and upload again.",
        )
        return grid.with_columns([])
    labels = [
        i
        for i, column in enumerate(grid.columns)
        if i not in wide and not column.empty and not _SUMS.match(bare(column.heading))
    ]
    metric = _metric_column(grid, labels)
    order = list(wide)
    cells = np.stack([grid.columns[i].as_numbers().values for i in order], axis=1)
    if metric is None:
        label = _measure(grid, labels, desk, cells)
        metrics: list[str | None] = [label] * len(grid)
        rest = labels
    else:
        metrics = grid.columns[metric].as_text().to_pylist()
        rest = [i for i in labels if i != metric]
    grain = next(iter(wide.values())).grain
    return _pivot(grid, rest, metrics, _Across(cells, days, grain))


def _means(text: str) -> str | None:
    """The quantity or rate a metric's label stands for."""
    words = vocabulary()
    if words.is_rate(text):
        return "rate"
    fields = [m.field for m in words.lookup(text) if m.field in NUMBERS | DURATIONS]
    return fields[0] if fields else None


def _metric_column(grid: Grid, labels: Sequence[int]) -> int | None:
    """The label column whose cells name quantities ("Produced", "Scrap", "%")."""
    best: tuple[float, int] | None = None
    for i in labels:
        texts = list(grid.columns[i].as_text().drop_null().unique().to_pylist())
        if not texts or grid.columns[i].shares["number"] > 0.5:
            continue
        share = sum(_means(t) is not None for t in texts) / len(texts)
        if share > 0 and (best is None or share > best[0]):
            best = (share, i)
    if best is not None and (best[0] >= 0.5 or len(labels) == 1):
        return best[1]
    heading_says = [
        i
        for i in labels
        if grid.columns[i].named.key
        in ("kpi", "metric", "kennzahl", "indicator", "indicador", "indicateur", "指标")
    ]
    return heading_says[0] if heading_says else None


def _measure(grid: Grid, labels: Sequence[int], desk: Desk, cells: npt.NDArray[np.float64]) -> str:
    """What the figures of a table of periods are, where no row says it: the title, else asked."""
    for text in (*grid.titles, *(grid.columns[i].heading for i in labels)):
        for part in (text, *re.split(r"[\s,;:/()-]+", text)):
            if (field := _means(part)) and field != "rate":
                return part
    options = [
        ("qty_scrap", "scrapped pieces"),
        ("qty_produced", "pieces produced"),
        ("minutes", "minutes of downtime"),
        ("value", "a figure of the plant's own, kept as reported"),
    ]
    there = cells[~np.isnan(cells)]
    if (there != np.floor(there)).any():
        options.insert(0, options.pop())  # no pieces: a rate, hours or days
    answer = desk.ask(
        "field",
        grid.sheet,
        "measure",
        "What do the figures under the months or weeks count?",
        options,
        samples=tuple(f"{v:g}" for v in there[:3]),
    )
    return {
        "qty_scrap": "Scrap Qty",
        "qty_produced": "Produced Qty",
        "minutes": "Downtime Minutes",
    }.get(answer, "Reported figure")


def _pivot(
    grid: Grid,
    rest: Sequence[int],
    metrics: Sequence[str | None],
    across: _Across,
) -> Grid:
    """One row per group of labels and period, one column per metric."""
    cells, days, grain = across.cells, across.days, across.grain
    keys = [grid.columns[i].as_text().to_pylist() for i in rest]
    groups: dict[tuple[object, ...], dict[str, int]] = {}
    for row, metric in enumerate(metrics):
        if metric is None:
            continue
        key = (grid.sheets[row].as_py(), *(k[row] for k in keys))
        number = 0
        while metric in groups.setdefault((*key, number), {}):
            number += 1
        groups[*key, number][metric] = row
    titles = list(dict.fromkeys(m for m in metrics if m is not None))
    sources = list(groups.values())
    count, width = len(sources), len(days)
    first_rows = [min(source.values()) for source in sources]
    columns = [
        Column(
            "Month" if grain == "month" else "Week",
            "",
            count * width,
            stamps=np.tile(np.array(days, "M8[us]"), count),
        )
    ]
    spread = np.repeat(np.array(first_rows, np.int64), width)
    columns += [grid.columns[i].take(spread) for i in rest]
    for title in titles:
        values = (
            np.concatenate(
                [cells[s[title]] if title in s else np.full(width, np.nan) for s in sources]
            )
            if sources
            else np.empty(0)
        )
        columns.append(Column(title, "", count * width, numbers=values))
    filled = np.zeros(count * width, bool)
    for column in columns[1 + len(rest) :]:
        filled |= column.filled
    keep = np.flatnonzero(filled)
    return replace(
        grid,
        columns=tuple(c.take(keep) for c in columns),
        sheets=grid.sheets.take(pa.array(spread[keep])),
        rows=grid.rows[spread[keep]],
        totals=(),
        grain=grain,
    )


def _period_column(grid: Grid, desk: Desk) -> Grid:
    """A date from a column of months, or from year and month apart, where no column holds dates."""
    words = vocabulary()
    if any(c.shares["date"] > 0.5 and not words.is_audit(c.heading) for c in grid.columns):
        return grid
    dated = [
        c
        for c in grid.columns
        if any(m.field == "date" for m in words.lookup(c.heading)) and not c.empty
    ]
    if any(not np.isnat(c.as_moments().values).all() for c in dated):
        return grid
    days = _days_of_month(grid)
    if days is not None:
        return days
    year = next((c for c in grid.columns if c.named.key in _YEAR_WORDS), None)
    month = next(
        (i for i, c in enumerate(grid.columns) if c.named.key in _MONTH_WORDS and c is not year),
        None,
    )
    if month is None:
        month = next((i for i, c in enumerate(grid.columns) if c in dated), None)
    if month is None or _counts_days(grid.columns[month]):
        return grid
    column = grid.columns[month]
    texts = column.as_text().to_pylist()
    years = year.as_numbers().values if year is not None else None
    known = _years(grid, desk)
    stamps = np.full(len(grid), np.datetime64("NaT", "us"))
    cache: dict[str | None, Period | None] = {}
    grain = "month"
    for row, text in enumerate(texts):
        if text not in cache:
            cache[text] = _cell_period(text)
        period = cache[text]
        if period is None:
            continue
        own = period.year
        if own is None and years is not None and not np.isnan(years[row]):
            own = int(years[row])
        if own is None and len(known) == 1:
            own = known[0]
        if own is not None and 1900 < own < 2100:
            stamps[row] = first_day(period, own)
            grain = period.grain
    if np.isnat(stamps).all():
        return grid
    columns = list(grid.columns)
    columns[month] = Column(column.heading, column.letter, column.length, stamps=stamps)
    as_date = Column(
        "Month" if column.heading == "" else column.heading,
        column.letter,
        column.length,
        stamps=stamps,
    )
    columns[month] = as_date
    return replace(grid, columns=tuple(columns), grain=grain)


def _counts_days(column: Column) -> bool:
    """A column of the days of a month: 1 to 31, under a heading that speaks of days."""
    if not column.named.tokens & _DAY_WORDS or column.shares["number"] < 0.9:
        return False
    values = column.as_numbers().values
    there = values[~np.isnan(values)]
    return len(there) > 0 and bool(((there >= 1) & (there <= 31) & (there == there // 1)).all())


def _days_of_month(grid: Grid) -> Grid | None:
    """Dates of a column of days, the month being the sheet's name, a column's or the title's."""
    place_of_day = next((i for i, c in enumerate(grid.columns) if _counts_days(c)), None)
    if place_of_day is None:
        return None
    column = grid.columns[place_of_day]
    numbers = column.as_numbers().values
    months = _months_of_rows(grid)
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


def _months_of_rows(grid: Grid) -> npt.NDArray[np.datetime64]:
    """The first day of the month of every row, by its sheet's name or the only title that names one."""
    named = {s: _month_in([s]) for s in set(grid.sheets.to_pylist())}
    title = _month_in(grid.titles)
    found = [named[s] if named[s] is not None else title for s in grid.sheets.to_pylist()]
    return np.array([np.datetime64("NaT") if f is None else f for f in found], "M8[us]")


def _month_in(texts: Sequence[str]) -> np.datetime64[Any] | None:
    for text in texts:
        period = read_period(text)
        if period is not None and period.grain == "month" and period.year is not None:
            return first_day(period, period.year)
    return None


def _cell_period(text: str | None) -> Period | None:
    if text is None:
        return None
    if text.isdigit() and 1 <= int(text) <= 12:
        return Period("month", int(text), None)
    return read_period(text)
