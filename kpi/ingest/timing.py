"""When the figures of columns across are of: the days of their periods, and which are still to come."""

from collections.abc import Mapping, Sequence

import numpy as np

from kpi.ingest.across import Head
from kpi.ingest.conventions import Desk
from kpi.ingest.grids import Grid
from kpi.ingest.placing import Day, months_in, place_all
from kpi.texts import Said, said


def days_of(figures: Sequence[Head], grid: Grid, desk: Desk) -> dict[int, Day] | None:
    """The first day of each column's period; ``None`` where nothing tells its year."""
    periods = [h.period for h in figures if h.period is not None]
    months = [_month_above(grid, h) for h in figures]
    distinct = list(dict.fromkeys(periods))
    if len(distinct) < len(periods) and all(m is None for m in months):
        placed = place_all(distinct, [None] * len(distinct), grid, desk)
        if placed is None:
            return None
        by_period = dict(zip(distinct, placed, strict=True))
        return {h.index: by_period[h.period] for h in figures if h.period is not None}  # type: ignore[misc]
    placed = place_all(periods, months, grid, desk)
    if placed is None:
        return None
    return {h.index: d for h, d in zip(figures, placed, strict=True)}  # type: ignore[misc]


def _month_above(grid: Grid, head: Head) -> Day | None:
    """The month that another header row names above a day."""
    if head.period is None or head.period.grain != "day" or not grid.layers:
        return None
    for text in grid.layers[head.index]:
        for month in months_in(text):
            if month.year is not None:
                return np.datetime64(f"{month.year:04d}-{month.number:02d}-01", "us")
    return None


def without_year(grid: Grid, figures: Sequence[Head], desk: Desk) -> Said:
    """Why a table whose periods have no year is not read, and what to do."""
    shown = ", ".join(grid.columns[h.index].heading for h in figures[:3])
    desk.note(
        grid.sheet,
        said("periods {periods} ... without a year", periods=shown),
        expected=said("a year in a heading, in the title or in the sheet's name"),
        advice=said("Write the year above the periods or into the sheet's name, and upload again."),
    )
    return said("its periods have no year")


def without_future(
    grid: Grid, figures: list[Head], days: Mapping[int, Day], desk: Desk
) -> list[Head]:
    """Periods at the end that hold only zeros are still to come: no figure, and no zero either."""
    order = sorted({days[h.index] for h in figures})
    idle, zeros = set(), False
    for day in reversed(order):
        values = np.concatenate(
            [grid.columns[h.index].as_numbers().values for h in figures if days[h.index] == day]
        )
        if (np.nan_to_num(values) != 0).any() or any(
            grid.columns[h.index].clocks is not None for h in figures if days[h.index] == day
        ):
            break
        idle.add(day)
        zeros |= bool((values == 0).any())
    if not zeros or len(idle) == len(order):
        return figures
    gone = [grid.columns[h.index].heading for h in figures if days[h.index] in idle]
    desk.note(
        grid.sheet,
        said(
            "{first} to {last} hold nothing but zeros: taken as still to come, not as figures of 0",
            first=repr(gone[0]),
            last=repr(gone[-1]),
        ),
    )
    return [h for h in figures if days[h.index] not in idle]
