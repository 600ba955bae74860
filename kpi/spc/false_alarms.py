"""How often a chart of a process in which nothing happens flags something all the same.

The shares are simulated (docs/make_false_alarms.py makes the table, docs/false-alarms.md tells it):
charts of independent values from one unchanging process. Between the simulated numbers of points and
lengths of baseline they are interpolated on the scale of the cumulative hazard, -ln(1 - share), which
grows almost evenly with the points.
"""

import json
import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

import numpy as np

from kpi.errors import UnknownNameError
from kpi.spc.constants import FREEZE_POINTS, MIN_POINTS
from kpi.spc.rules import RULE_SETS

_FAMILY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "imr": "individuals", "i_prime": "individuals", "run": "run", "t": "t", "g": "g",
        "p": "counts", "u": "counts", "np": "equal", "c": "equal",
        "laney_p": "laney", "laney_u": "laney", "funnel": "funnel",
        "xbar_r": "xbar", "xbar_s": "xbar", "ewma": "ewma", "cusum": "cusum", "t2": "t2",
    }
)  # fmt: skip
"""Kinds that share a table: simulation shows that they agree."""

_OF_COUNTS: Final = ("counts", "equal", "laney", "funnel")

OneBaseline = int | tuple[int, int] | Literal["all"] | None

TYPICAL_COUNT: Final = 8.0
"""Expected count per point of a chart of counts of which nothing else is said."""


@lru_cache(maxsize=65_536)
def false_alarm_share(
    kind: str,
    points: int,
    baseline: OneBaseline = None,
    rules: str = "default",
    recent: int | None = None,
    *,
    count: float | None = None,
) -> float:
    """Share (0 to 1) of charts with at least one flag although nothing happens in the process.

    Parameters
    ----------
    kind
        A kind of chart, as ``chart`` takes it.
    points
        How many points that count the phase has. Under 8 there are no limits, and no false alarms.
    baseline
        As ``chart`` takes it: ``None`` for the first 20 points once there are so many, a number of
        points (fewer than 8 count as 8), first and last, or ``"all"``.
    rules
        A set of rules by name. Kinds that know one rule only (EWMA, CUSUM, T², funnel) ignore it.
    recent
        Count only flags on the last so many points; ``None`` for a flag anywhere.
    count
        Expected count per point (the denominator times the usual level), for charts of counts; 8
        where it is not known.

    Returns
    -------
    float
        From 20,000 simulated charts (8,000 of counts); its standard error is at most 0.4 (0.6)
        percentage points.

    Raises
    ------
    UnknownNameError
        The kind or the set of rules has no table.

    Examples
    --------
    >>> round(false_alarm_share("imr", 24, "all"), 2)
    0.09
    """
    if kind not in _FAMILY:
        raise UnknownNameError("kind of chart", kind, known=_FAMILY)
    if rules not in RULE_SETS:
        raise UnknownNameError("set of rules", rules, known=RULE_SETS)
    if rules == "none" or points < MIN_POINTS or (recent is not None and recent < 1):
        return 0.0
    frozen = min(_frozen(baseline), points)
    wanted = points if recent is None else min(recent, points)
    if _FAMILY[kind] in _OF_COUNTS:
        return _of_counts(
            _FAMILY[kind], rules, points, frozen, wanted, TYPICAL_COUNT if count is None else count
        )
    return _share(_FAMILY[kind], rules, points, frozen, wanted)


def _frozen(baseline: OneBaseline) -> float:
    if baseline == "all":
        return math.inf
    if baseline is None:
        return FREEZE_POINTS
    if isinstance(baseline, tuple):
        return max(baseline[1] - baseline[0] + 1, 2)
    return max(baseline, 2)


def _of_counts(
    family: str, rules: str, points: int, frozen: float, recent: int, count: float
) -> float:
    """Between the simulated expected counts, by their logarithm; beyond them the nearest."""
    known = np.array(_table()["counts"], dtype=float)
    hazards = _by_count(family, rules, points, frozen, recent)
    at = math.log(max(count, 1e-9))
    return _from_hazard(float(np.interp(at, np.log(known), hazards)))


@lru_cache(maxsize=4_096)
def _by_count(
    family: str, rules: str, points: int, frozen: float, recent: int
) -> tuple[float, ...]:
    """The hazard at each simulated expected count."""
    return tuple(
        _hazard(_share(f"{family} {mean:g}", rules, points, frozen, recent))
        for mean in _table()["counts"]
    )


def _share(family: str, rules: str, points: int, frozen: float, recent: int) -> float:
    """Between the simulated lengths of baseline, by their reciprocal; all points count as one."""
    sets = _table()["families"][family]
    table = sets.get(rules) or sets["default"]
    everything = _along(table["all"], points, recent)
    if frozen >= points:
        return _from_hazard(everything)
    known = sorted(int(name) for name in table if name != "all")
    lengths = [n for n in known if n < points]
    hazards = [_along(table[str(n)], points, recent) for n in lengths]
    inverse = [1 / n for n in [*lengths, points]][::-1]
    return _from_hazard(float(np.interp(1 / frozen, inverse, [*hazards, everything][::-1])))


def _along(rows: Sequence[Sequence[int]], points: int, recent: int) -> float:
    """Hazard at a number of points; beyond the last simulated one it grows as it did before."""
    beyond = points > rows[-1][0] and len(rows) > 1 and recent >= points
    place = bisect_right(rows, points, key=itemgetter(0))
    near = rows[-2:] if beyond else rows[max(place - 1, 0) : place + 1]
    numbers = [row[0] for row in near]
    hazards = [_within(row, recent, all_of=recent >= points) for row in near]
    if beyond:
        slope = (hazards[-1] - hazards[-2]) / (numbers[-1] - numbers[-2])
        return hazards[-1] + slope * (points - numbers[-1])
    return float(np.interp(points, numbers, hazards))


def _within(row: Sequence[int], recent: int, *, all_of: bool) -> float:
    """Hazard of a flag on the last ``recent`` points of one simulated number of points."""
    points, anywhere, *known = row
    if all_of or recent >= points:
        return _hazard(anywhere / 10_000)
    ages = [n for n in _table()["recent"] if n < points]
    hazards = [_hazard(share / 10_000) for share in known[: len(ages)]]
    return float(np.interp(recent, [0, *ages, points], [0.0, *hazards, _hazard(anywhere / 10_000)]))


def _hazard(share: float) -> float:
    return -math.log1p(-min(share, 0.9999))


def _from_hazard(hazard: float) -> float:
    return -math.expm1(-hazard)


@lru_cache(maxsize=1)
def _table() -> Any:
    table = json.loads((Path(__file__).parent / "data" / "false_alarms.json").read_text("utf-8"))
    for sets in table["families"].values():
        for baselines in sets.values():
            start = {row[0]: row for row in baselines["all"]}
            for name, rows in baselines.items():
                if (
                    name != "all"
                ):  # where there are no later points yet, the baseline is all of them
                    rows.insert(0, start[int(name)])
    return table
