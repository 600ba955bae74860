"""Round axes: where they begin and end, and how far apart their ticks stand."""

import math
from typing import Final

from kpi.figures.marks import axis_span

STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
MOST_STEPS: Final = 6
MOST_TICKS, FEWEST_TICKS = 9, 5


def round_axis(low: float, high: float, *, most: float = math.inf) -> tuple[float, float, float]:
    """Beginning, end and tick distance of an axis for data from ``low`` to ``high``.

    ``most`` is a value the axis does not pass where the data do not, such as 100 %.

    >>> round_axis(0.5, 3.0)
    (0.0, 4.0, 1.0)
    >>> round_axis(61.0, 98.0, most=100)
    (50.0, 100.0, 10.0)
    >>> round_axis(5.0, 5.0)
    (4.25, 5.75, 0.25)
    """
    begin, end = axis_span(low, high)
    if low >= 0:
        begin = max(begin, 0.0)
    if high <= most:
        end = min(end, most)
    step = _step((end - begin) / MOST_STEPS)
    first, last = math.floor(begin / step + 1e-9), math.ceil(end / step - 1e-9)
    return round(first * step, 12), round(last * step, 12), step


def _step(least: float) -> float:
    power = 10.0 ** math.floor(math.log10(least))
    return round(next(s for s in STEPS if s * power >= least * (1 - 1e-9)) * power, 12)


def decimals_of(step: float) -> int:
    """Decimals that ticks so far apart need.

    >>> decimals_of(0.25), decimals_of(10.0)
    (2, 0)
    """
    return next((d for d in range(9) if round(step, d) == step), 9)


def tick_distance(count: int) -> int:
    """Points from one label to the next, so that the first and the last carry one where possible.

    >>> tick_distance(36), tick_distance(24), tick_distance(8), tick_distance(1)
    (5, 4, 1, 1)
    """
    if count <= MOST_TICKS:
        return 1
    fewest = math.ceil((count - 1) / (MOST_TICKS - 1))
    most = max(fewest, (count - 1) // (FEWEST_TICKS - 1))
    return next((s for s in range(fewest, most + 1) if (count - 1) % s == 0), fewest + 1)
