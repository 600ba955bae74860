"""The evidence of very many series: charts, rules, probabilities, season, false discoveries."""

from typing import Final

import numpy as np

from bench.timing import Line, Peak, medians
from kpi.spc import evidence
from kpi.trends import q_values

SERIES: Final = 10_000
POINTS: Final = 36


def screen_numbers(quick: bool) -> list[Line]:
    """Shares of varying sizes, a month for a point, three years."""
    series = SERIES // 10 if quick else SERIES
    random = np.random.default_rng(36)
    size = random.integers(200, 900, (POINTS, series)).astype("float64")
    count = random.binomial(size.astype("int64"), 0.02).astype("float64")

    def everything() -> object:
        found = evidence("p", count=count, size=size, multiply=100.0)
        return q_values(found.p_value)

    everything()
    with Peak() as peak:
        everything()
    (ours,) = medians(everything, times=5)
    return [
        Line(
            f"evidence of {series:,} series × {POINTS}, with q",
            ours,
            goal_seconds=0.5,
            peak_mb=peak.megabytes,
        )
    ]
