"""Process capability: how a tolerance compares with what the process does.

Conventions, each told in the result: Cp and Cpk from sigma within subgroups as the chart estimates
it, Pp and Ppk from the standard deviation of all values (n - 1); Cpm about the target, the middle of
the tolerance where none is given; intervals with the degrees of freedom of the way sigma was
estimated. Sources: Montgomery, Introduction to Statistical Quality Control, ch. 8; ISO 22514-2; of
the intervals see ``kpi.spc.capability_intervals``.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Final, Literal

from kpi.spc.capability_intervals import (
    NONE,
    Bound,
    Estimate,
    Index,
    by_bissell,
    by_chi_square,
    freedom_about_target,
    z_of,
)
from kpi.spc.capability_result import NORMAL_FROM, Capability, Parts, Tolerance
from kpi.spc.capability_sample import phase_values
from kpi.spc.capability_words import convention, headline, known, limits_left_out
from kpi.spc.charts import Labels, RuleChoice
from kpi.spc.distributions import normality
from kpi.spc.material import Numbers, floats
from kpi.spc.percentiles import percentile_form
from kpi.spc.result import Baseline, Options, Values

Intervals = Literal["sigma", "qcc"]
Form = Literal["auto", "normal", "percentile"]

FIRM: Final = 100
"""With fewer values indices are provisional: their interval reaches a sixth and more either way."""

PER_MILLION: Final = 1_000_000


def capability(
    values: Numbers,
    *,
    lsl: float | None = None,
    usl: float | None = None,
    target: float | None = None,
    bounds: tuple[float | None, float | None] = (None, None),
    subgroup: Labels | None = None,
    kind: str | None = None,
    baseline: Baseline = "all",
    phases: Labels | None = None,
    excluded: Labels | None = None,
    rules: RuleChoice = "default",
    options: Options | None = None,
    confidence: float = 0.95,
    bound: Bound = "two-sided",
    intervals: Intervals = "sigma",
    form: Form = "auto",
    least: int = 2,
) -> Capability:
    """Capability of measured values.

    Parameters
    ----------
    values
        Single values in time order, ``nan`` for a gap.
    lsl, usl, target
        Limits of the tolerance, one of them at least, and the value aimed at, in the unit of values.
    bounds
        What no value can pass, below and above: a limit there asks for nothing.
    subgroup, phases, excluded, rules, options
        As ``chart`` takes them. Without subgroups sigma within comes from moving ranges.
    kind
        imr, xbar_r or xbar_s; by default imr without subgroups of several values, xbar_r for equal
        ones of up to 8, else xbar_s.
    baseline
        A number or range of points: the values used are theirs. ``None`` and ``"all"``: all values of
        the last phase that count.
    confidence, bound
        Of the intervals; ``"lower"`` gives a lower bound in place of an interval.
    intervals
        ``"sigma"``: degrees of freedom of the sigma method. ``"qcc"``: as R qcc 3.0 gives them (n - 1
        for all, two one-sided bounds for Cpl and Cpu, a freedom of its own for Cpm).
    form
        ``"auto"`` adds the percentile form where the values are not normal (of a process that signals
        only if lognormal, Weibull or gamma fits; see ``percentile_form``), ``"normal"`` never, ``"percentile"`` always.
    least
        With fewer values nothing is told (the product asks for 20).

    Raises
    ------
    UsageError
        No limit, a lower limit not below the upper one, or what ``chart`` refuses.
    ValueError
        A number is infinite.
    """
    given = Tolerance(
        _known(lsl), _known(usl), _known(target), (_known(bounds[0]), _known(bounds[1]))
    )
    limits = given.effective
    used = phase_values(
        floats(values), kind, subgroup=subgroup, baseline=baseline, phases=phases,
        excluded=excluded, rules=rules, options=options or Options(),
    )  # fmt: skip
    x, enough = used.values, len(used.values) >= max(least, 2)
    asked = _Asked(limits, len(x), used.center, confidence, bound, intervals)
    overall = Estimate(float(x.std(ddof=1)) if len(x) > 1 else math.nan, len(x) - 1.0, False)
    found = dict(asked.indices(used.within, overall))
    distance, p = normality(x) if enough else (math.nan, math.nan)
    other = None
    if enough and (form == "percentile" or (form == "auto" and p < NORMAL_FROM)):
        other = percentile_form(
            x, limits.lsl, limits.usl, bounds=limits.bounds, confidence=confidence, bound=bound,
            simple=bool(used.signals) and form == "auto",
        )  # fmt: skip
    result = Capability(
        tolerance=given,
        n=len(x),
        points=used.points,
        center=used.center,
        sigma_within=used.within.sigma,
        sigma_overall=overall.sigma,
        method=used.method,
        freedom=used.within.freedom,
        indices=found if enough else dict.fromkeys(found, NONE),
        observed=_observed(x, limits),
        expected_within=_expected(used.center, used.within.sigma, limits),
        expected_overall=_expected(used.center, overall.sigma, limits),
        anderson_darling=distance,
        normality=p,
        percentile=other,
        signals=used.signals,
        headline=None,
        why="",
        provisional=len(x) < FIRM,
        notes=(),
        convention=convention(used, intervals, bound, confidence),
        confidence=confidence,
        chart=used.chart,
    )
    told, why = headline(result, least)
    notes = known(result, FIRM) if told else limits_left_out(result)
    return replace(result, headline=told, why=why, notes=tuple(notes))


def _known(number: float | None) -> float:
    if number is not None and math.isinf(number):
        raise ValueError("limits must be finite")
    return math.nan if number is None else float(number)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the indices of either sigma are computed from."""

    limits: Tolerance
    n: int
    center: float
    confidence: float
    bound: Bound
    intervals: Intervals

    def indices(self, within: Estimate, overall: Estimate) -> Iterator[tuple[str, Index]]:
        """All ten, by name."""
        if self.intervals == "qcc":
            within = Estimate(within.sigma, self.n - 1.0, unbiased=False)
        yield from zip(("cp", "cpl", "cpu", "cpk", "cpm"), self._of(within), strict=True)
        yield from zip(("pp", "ppl", "ppu", "ppk", "ppm"), self._of(overall), strict=True)

    def _of(self, sigma: Estimate) -> tuple[Index, ...]:
        s, limits = sigma.sigma, self.limits
        if not s > 0:
            return (NONE,) * 5
        width = (limits.usl - limits.lsl) / 6
        lower, upper = (self.center - limits.lsl) / (3 * s), (limits.usl - self.center) / (3 * s)
        sides = [one for one in (lower, upper) if not math.isnan(one)]
        z = z_of(self.confidence, self.bound)
        side_z = z_of(self.confidence, "lower") if self.intervals == "qcc" else z
        return (
            by_chi_square(
                width / s, sigma.freedom, self.confidence, self.bound, unbiased=sigma.unbiased
            ),
            by_bissell(lower, self.n, sigma.freedom, side_z, self.bound),
            by_bissell(upper, self.n, sigma.freedom, side_z, self.bound),
            by_bissell(min(sides), self.n, sigma.freedom, z, self.bound),
            self._about_target(width, sigma),
        )

    def _about_target(self, width: float, sigma: Estimate) -> Index:
        off = (self.center - self.limits.target) / sigma.sigma
        value = width / (sigma.sigma * math.sqrt(1 + off**2))
        if self.intervals == "qcc":
            freedom = self.n * (1 + off**2) / (1 + 2 * off**2)
        else:
            freedom = freedom_about_target(sigma.freedom, off, self.n)
        return by_chi_square(value, freedom, self.confidence, self.bound)


def _observed(x: Values, limits: Tolerance) -> Parts:
    if not len(x):
        return Parts(math.nan, math.nan)
    return _sided(limits, float((x < limits.lsl).mean()), float((x > limits.usl).mean()))


def _expected(center: float, sigma: float, limits: Tolerance) -> Parts:
    """What a normal distribution of this level and sigma puts outside."""
    if not sigma > 0 or math.isnan(center):
        return Parts(math.nan, math.nan)
    far = NormalDist().cdf
    return _sided(limits, far((limits.lsl - center) / sigma), far((center - limits.usl) / sigma))


def _sided(limits: Tolerance, below: float, above: float) -> Parts:
    return Parts(
        math.nan if math.isnan(limits.lsl) else below * PER_MILLION,
        math.nan if math.isnan(limits.usl) else above * PER_MILLION,
    )
