"""What a control chart is made of: the options that can move a number, and the results."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from kpi.model import Assurance, Variation
from kpi.spc.constants import Constants

Values = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int8]
Baseline = int | tuple[int, int] | Literal["all"] | None
Baselines = Baseline | list[Baseline] | Mapping[object, Baseline]
"""Which points make the limits: those of every phase alike, or a choice for each phase (a list, in
their order, or by the label of the phase)."""

Known = float | tuple[float, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Choices of method. The defaults are those the product states as its conventions.

    ``center`` and ``sigma`` replace the estimates where they are known (in the unit of the values,
    before ``multiply``; on a Laney chart ``sigma`` is σz), for all phases or one per phase, ``nan``
    where it is estimated; for EWMA and CUSUM ``center`` is the aim. ``subgroup_sigma`` is "auto":
    mean range for equal subgroups up to 8 on an Xbar-R chart, mean s for equal ones on an Xbar-S
    chart, pooled s otherwise. ``head_start`` is in the unit of the CUSUM (half of ``h`` for FIR).

    ``limits`` "quantile" draws p, np, u, c, funnel and g charts at the exact quantiles of their
    distribution that lie as far out as 3 sigma of a normal one. ``sizes`` "average" gives p, np, u
    and Laney charts the mean size of the baseline in place of each point's own. ``sigma_z_floor``
    "one" keeps a Laney chart from being narrower than chance. ``times`` is the method of a t chart.
    """

    moving_range: Literal["mean", "screened", "median"] = "mean"
    constants: Literal["exact", "table"] = "exact"
    subgroup_sigma: Literal["auto", "range", "s", "pooled"] = "auto"
    limits: Literal["three_sigma", "quantile"] = "three_sigma"
    sizes: Literal["own", "average"] = "own"
    sigma_z_floor: Literal["none", "one"] = "none"
    times: Literal["power", "weibull"] = "power"
    center: Known = None
    sigma: Known = None
    weight: float = 0.2
    width: float = 3.0
    k: float = 0.5
    h: float = 5.0
    head_start: float = 0.0
    confidence: float = 0.9973
    gaps: Literal["bridge", "break"] = "bridge"

    @property
    def table(self) -> Constants:
        """The constants these options ask for."""
        return Constants(exact=self.constants == "exact")


@dataclass(frozen=True, slots=True)
class Signal:
    """A rule fired at a point (counted from 0); ``members`` are the points that make the pattern."""

    rule: str
    point: int
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """A companion of a chart (moving range, range, s, lower CUSUM), one number per point."""

    name: str
    statistic: Values
    center: Values
    sigma: Values
    lcl: Values
    ucl: Values
    signals: tuple[Signal, ...] = ()


@dataclass(frozen=True, slots=True)
class PhaseSpan:
    """A phase of a chart: its points, those its limits come from, and its levels at its last point.

    ``first``, ``last`` and ``baseline`` count from 0 and include both ends; ``points`` is how many
    points count (gaps and excluded ones do not).
    """

    first: int
    last: int
    baseline: tuple[int, int] | None
    points: int
    base_points: int
    center: float
    sigma: float
    sigma_z: float | None


@dataclass(frozen=True, slots=True)
class RunsTest:
    """Anhøj's runs analysis of one phase: a shift shows as a long run or as few crossings."""

    n_useful: int
    longest_run: int
    longest_run_max: int
    n_crossings: int
    n_crossings_min: int

    @property
    def signal(self) -> bool:
        """The run is longer, or the crossings are fewer, than chance explains."""
        return self.longest_run > self.longest_run_max or self.n_crossings < self.n_crossings_min


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """One control chart; arrays hold one number per point, in time order, ``nan`` at a gap.

    ``sigma`` is the standard deviation that the limits were built from: of the plotted point on
    individuals and attribute charts, of a single value within subgroups on Xbar, EWMA and CUSUM.
    ``spread`` is always that of the plotted point (zones are counted in it). ``sigma_z`` is the
    over-dispersion of the current phase of a Laney chart. ``excluded`` points are drawn but do not
    count. ``aim`` is the level a CUSUM is counted from. ``signals`` are in the order of points.
    ``options``, ``rules`` and ``asked`` (the baseline) are the choices it was made with; ``extra``
    are numbers of one kind only (the mean of a g chart, the shape of a Weibull distribution).
    """

    kind: str
    name: str
    convention: str
    statistic: Values
    center: Values
    sigma: Values
    spread: Values
    lcl: Values
    ucl: Values
    signals: tuple[Signal, ...]
    sigma_z: float | None
    panels: tuple[Panel, ...]
    baseline: tuple[int, int] | None
    provisional: bool
    notes: tuple[str, ...]
    phases: tuple[PhaseSpan, ...]
    excluded: Mask
    runs: tuple[RunsTest, ...] = ()
    aim: Values | None = None
    extra: Mapping[str, float] = field(default_factory=dict)
    options: Options = field(default_factory=Options)
    rules: tuple[str, ...] = ()
    asked: Baselines = None

    @property
    def usable(self) -> Mask:
        """Points that count: measured and not excluded."""
        return np.isfinite(self.statistic) & ~self.excluded


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a chart says now: its variation (did it change) and its assurance (target met).

    ``since`` is the first point (from 0) of the pattern still in force at the end, ``periods`` how
    many measured points it has lasted, ``rule`` the rule that tells, ``favourable`` whether the
    change is for the better; all ``None`` (0) without a signal. ``words`` is a sentence's predicate.
    ``assurance_of`` says what the assurance is judged by: ``phase``, the limits of the current phase;
    ``since``, the points since the signal in force; empty: nothing. ``assurance_points`` is of how many.
    """

    variation: Variation
    assurance: Assurance
    since: int | None
    favourable: bool | None
    rule: str | None
    words: str
    periods: int = 0
    assurance_words: str = ""
    assurance_of: str = ""
    assurance_points: int = 0


@dataclass(frozen=True, slots=True)
class StepSuggestion:
    """A suggested step change: the first point of the new level, and what speaks for it."""

    index: int
    before: float
    after: float
    p_value: float
    evidence: str
