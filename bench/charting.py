"""Control charts of very many series at once, and of one very long one."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from bench.timing import Line, Peak, medians, seconds
from kpi.spc import chart, charts_of_long

SERIES: Final = 10_000
POINTS: Final = 36
SAMPLED: Final = 100
"""Series charted one at a time; the time of all is scaled up from them."""

ALL_EIGHT: Final = tuple(f"nelson_{i}" for i in range(1, 9))
"""By name: of the set, a chart of counts takes four."""

LONG: Final = 100_000
"""Points of the one long series."""


def control_charts(quick: bool) -> list[Line]:
    """p charts of a long table with Nelson's rules; one long series of each common kind."""
    series = SERIES // 10 if quick else SERIES
    return [_many(series), *_one_long(LONG // 10 if quick else LONG)]


@dataclass(frozen=True, slots=True)
class _Table:
    """Rows of series and periods, shuffled."""

    series: npt.NDArray[np.int64]
    period: npt.NDArray[np.int64]
    count: npt.NDArray[np.float64]
    size: npt.NDArray[np.float64]

    def of(self, rows: npt.NDArray[np.intp]) -> "_Table":
        return _Table(self.series[rows], self.period[rows], self.count[rows], self.size[rows])


def _table(series: int) -> _Table:
    random = np.random.default_rng(36)
    size = random.integers(200, 900, series * POINTS)
    count = random.binomial(size, 0.02)
    whole = _Table(
        np.repeat(np.arange(series), POINTS),
        np.tile(np.arange(POINTS), series),
        count.astype("float64"),
        size.astype("float64"),
    )
    return whole.of(random.permutation(series * POINTS))


def _charts(table: _Table) -> object:
    return charts_of_long(
        "p", table.series, table.period, count=table.count, size=table.size, rules=ALL_EIGHT
    )


def _many(series: int) -> Line:
    table = _table(series)
    each = [table.of(np.flatnonzero(table.series == s)) for s in range(SAMPLED)]

    def one_by_one() -> None:
        for rows in each:
            own = rows.of(np.argsort(rows.period))
            chart("p", count=own.count, size=own.size, rules=ALL_EIGHT)

    _charts(table)
    with Peak() as peak:
        _charts(table)
    (ours,) = medians(lambda: _charts(table), times=7)
    one_by_one()
    alone = seconds(one_by_one) / SAMPLED * series
    return Line(
        f"p charts from a long table, {series:,} × {POINTS}, limits and Nelson 1–8",
        ours,
        "one at a time",
        alone,
        goal_ratio=0.01,
        goal_seconds=0.06,
        peak_mb=peak.megabytes,
        note=f"{alone / ours:.0f} times as fast; peer scaled up from {SAMPLED}, "
        "the rows of each found beforehand",
    )


def _one_long(points: int) -> list[Line]:
    """One series with every signal listed, by the rules that look at it longest."""
    random = np.random.default_rng(100)
    x = random.standard_normal(points)
    size = random.integers(200, 900, points)
    count = random.binomial(size, 0.02)
    asked = {
        "XmR, default rules": lambda: chart("imr", x),
        "XmR, Nelson 1–8": lambda: chart("imr", x, rules="nelson"),
        "p, default rules": lambda: chart("p", count=count, size=size),
        "p, Nelson 1–8": lambda: chart("p", count=count, size=size, rules=ALL_EIGHT),
    }
    lines = []
    for name, draw in asked.items():
        signals = len(draw().signals)
        (ours,) = medians(draw, times=7)
        note = f"{signals:,} signals listed; limits of 20 points"
        lines.append(Line(f"One series of {points:,}: {name}", ours, goal_seconds=0.05, note=note))
    return lines
