"""What capability is told in: the tolerance, the indices and which of them to tell."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from kpi.errors import UsageError
from kpi.spc.capability_intervals import Index
from kpi.spc.percentiles import PercentileForm
from kpi.spc.result import Chart

NORMAL_FROM: Final = 0.05
"""Values count as normal unless chance makes such a distance from normal less often than this."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Limits and target in the unit of the values; ``nan`` where there is none.

    ``bounds`` are what no value can pass (a length is never under zero). ``UsageError`` without a
    limit, and where the lower one is not below the upper one.
    """

    lsl: float = math.nan
    usl: float = math.nan
    target: float = math.nan
    bounds: tuple[float, float] = (math.nan, math.nan)

    def __post_init__(self) -> None:
        if math.isnan(self.lsl) and math.isnan(self.usl):
            raise UsageError("Capability compares with limits: give a lower or an upper one.")
        if self.lsl >= self.usl:
            raise UsageError(
                f"The lower limit {self.lsl:g} is not below the upper limit {self.usl:g}."
            )

    @property
    def effective(self) -> "Tolerance":
        """Without limits that no value can pass anyhow; the target in the middle if none is given."""
        lsl = math.nan if self.lsl <= self.bounds[0] else self.lsl
        usl = math.nan if self.usl >= self.bounds[1] else self.usl
        if math.isnan(lsl) and math.isnan(usl):
            raise UsageError("No value can pass these limits anyhow: they ask for nothing.")
        target = (lsl + usl) / 2 if math.isnan(self.target) else self.target
        return replace(self, lsl=lsl, usl=usl, target=target)


@dataclass(frozen=True, slots=True)
class Parts:
    """Values outside the limits, per million; ``nan`` on a side without a limit."""

    below: float
    above: float

    @property
    def total(self) -> float:
        """Both sides together."""
        known = [one for one in (self.below, self.above) if not math.isnan(one)]
        return sum(known) if known else math.nan


@dataclass(frozen=True, slots=True)
class Headline:
    """The one index to tell: its name (cpk or ppk) and its form (normal or percentile)."""

    name: str
    form: str
    index: Index


@dataclass(frozen=True, slots=True, eq=False)
class Capability:
    """How a process fits its tolerance.

    ``tolerance`` is as given (``effective`` is what was compared with). ``indices`` has cp, cpl, cpu,
    cpk, cpm, pp, ppl, ppu, ppk and ppm (the last about the target, with the overall sigma), ``nan``
    where a limit or a sigma is missing. ``method`` tells how sigma within was estimated, ``freedom``
    its degrees of freedom. ``anderson_darling`` and ``normality`` are the test's statistic and p-value
    (``nan`` under eight values). ``headline`` is ``None`` where nothing may be told; ``why`` gives the
    reason for either. ``chart`` was asked whether the process is stable; ``signals`` are the points
    (from 0) at which it, or its chart of ranges, signals.
    """

    tolerance: Tolerance
    n: int
    points: int
    center: float
    sigma_within: float
    sigma_overall: float
    method: str
    freedom: float
    indices: Mapping[str, Index]
    observed: Parts
    expected_within: Parts
    expected_overall: Parts
    anderson_darling: float
    normality: float
    percentile: PercentileForm | None
    signals: tuple[int, ...]
    headline: Headline | None
    why: str
    provisional: bool
    notes: tuple[str, ...]
    convention: str
    confidence: float
    chart: Chart

    @property
    def normal(self) -> bool | None:
        """Whether the values may be normal; ``None`` where there are too few to test."""
        return None if math.isnan(self.normality) else self.normality >= NORMAL_FROM
