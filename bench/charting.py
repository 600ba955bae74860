"""Control charts of very many series at once, against the same functions one series at a time."""

from typing import Final

import numpy as np

from bench.timing import Line, Peak, medians, seconds
from kpi.spc import chart, charts

SERIES: Final = 10_000
POINTS: Final = 36
SAMPLED: Final = 100
"""Series charted one at a time; the time of all is scaled up from them."""


def control_charts(quick: bool) -> list[Line]:
    """p charts with all eight rules of Nelson."""
    series = SERIES // 10 if quick else SERIES
    random = np.random.default_rng(36)
    size = random.integers(200, 900, (POINTS, series)).astype("float64")
    count = random.binomial(size.astype("int64"), 0.02).astype("float64")

    def at_once() -> object:
        return charts("p", count=count, size=size, rules="nelson")

    def one_by_one() -> None:
        for s in range(SAMPLED):
            chart("p", count=count[:, s], size=size[:, s], rules="nelson")

    at_once()
    with Peak() as peak:
        at_once()
    (ours,) = medians(at_once, times=5)
    alone = seconds(one_by_one) / SAMPLED * series
    return [
        Line(
            f"p charts, {series:,} × {POINTS}, Nelson 1–8",
            ours,
            "one at a time",
            alone,
            goal_ratio=0.01,
            goal_seconds=0.06,
            peak_mb=peak.megabytes,
            note=f"{alone / ours:.0f} times as fast; peer scaled up from {SAMPLED}",
        )
    ]
