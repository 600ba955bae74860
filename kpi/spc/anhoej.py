"""Anhøj's runs analysis: a longest run and a number of crossings, judged by the points that count.

Points on the centre line are dropped. Source: Anhøj & Olesen (2014), PLoS ONE 9(11): e113825.
"""

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from kpi.spc.result import Counts, Mask, RunsTest

Hit = tuple[str, int, tuple[int, ...]]
Places = npt.NDArray[np.intp]


def longest_run_limit(n_useful: int) -> int:
    """The longest run that chance explains: round(log2 n) + 3.

    >>> longest_run_limit(20)
    7
    """
    return round(math.log2(n_useful)) + 3 if n_useful > 0 else 0


@lru_cache(maxsize=4096)
def crossings_limit(n_useful: int) -> int:
    """The fewest crossings that chance explains: the 5 % quantile of Binomial(n - 1, 1/2).

    >>> crossings_limit(20)
    6
    """
    trials = n_useful - 1
    if trials <= 0:
        return 0
    if trials > 1000:
        return _far_crossings_limit(trials)
    below, term = 0, 1  # exact integers: sums of binomial coefficients
    for k in range(trials + 1):
        below += term
        if 20 * below >= 2**trials:
            return k
        term = term * (trials - k) // (k + 1)
    return trials


def _far_crossings_limit(trials: int) -> int:
    """The same quantile for long series, adding up the probabilities within 8 sigma of the mean."""
    below, log_half = 0.0, trials * math.log(2)
    start = max(0, int(trials / 2 - 4 * math.sqrt(trials)))
    for k in range(start, trials + 1):
        ways = math.lgamma(trials + 1) - math.lgamma(k + 1) - math.lgamma(trials - k + 1)
        below += math.exp(ways - log_half)
        if below >= 0.05:
            return k
    return trials


def runs_test(side: Counts, keep: Mask) -> tuple[RunsTest, list[Hit]]:
    """Test one phase of one series; ``side`` and ``keep`` (points that count) are 1-D.

    Returns the test and its hits: rule, point and members, by position in the given arrays. A long
    run is flagged from the point at which it becomes too long, with as many points as make it so;
    too few crossings, a matter of the whole phase, at its last point.
    """
    points = np.flatnonzero(keep & (side != 0))
    signs = side[points]
    n = len(points)
    turns = np.flatnonzero(signs[1:] != signs[:-1]) + 1
    starts = np.concatenate(([0], turns)) if n else np.empty(0, dtype=np.intp)
    ends = np.concatenate((turns, [n])) if n else starts
    longest = int((ends - starts).max(initial=0))
    test = RunsTest(n, longest, longest_run_limit(n), len(turns), crossings_limit(n))
    return test, _hits(test, points, starts, ends) if test.signal else []


def _hits(test: RunsTest, points: Places, starts: Places, ends: Places) -> list[Hit]:
    most = test.longest_run_max
    hits: list[Hit] = []
    if test.n_crossings < test.n_crossings_min:
        hits.append(("anhoej_few_crossings", int(points[-1]), tuple(points.tolist())))
    for run in np.flatnonzero(ends - starts > most):
        at = np.arange(starts[run] + most, ends[run])
        members = points[at[:, None] + np.arange(-most, 1)].tolist()
        hits += [
            ("anhoej_long_run", point, tuple(of))
            for point, of in zip(points[at].tolist(), members, strict=True)
        ]
    return hits
