"""The values that capability is computed from, and the chart that is asked about them first."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from kpi.errors import UsageError
from kpi.spc.capability_intervals import (
    Estimate,
    freedom_of_moving_ranges,
    freedom_of_subgroups,
)
from kpi.spc.charts import Labels, RuleChoice, chart
from kpi.spc.material import Grouping
from kpi.spc.result import Baseline, Chart, Mask, Options, Values
from kpi.spc.subgroups import LARGEST_FOR_RANGES, sigma_method

KINDS: Final = ("imr", "xbar_r", "xbar_s")
"""Charts of measured values that know a sigma of single values."""

WITHIN: Final = {
    "mean": "mean moving range ÷ d2",
    "screened": "screened mean moving range ÷ d2",
    "median": "median moving range ÷ 0.9539",
    "range": "mean range ÷ d2",
    "s": "mean s ÷ c4",
    "pooled": "pooled s ÷ c4",
    "known": "as given",
}


@dataclass(frozen=True, slots=True, eq=False)
class PhaseValues:
    """The single values used, their level, sigma within, and the chart of all points.

    ``signals`` are points (from 0) of the last phase that signal, of means or of ranges.
    """

    values: Values
    points: int
    center: float
    within: Estimate
    method: str
    chart: Chart
    signals: tuple[int, ...]


def phase_values(
    x: Values,
    kind: str | None,
    *,
    subgroup: Labels | None,
    baseline: Baseline,
    phases: Labels | None,
    excluded: Labels | None,
    rules: RuleChoice,
    options: Options,
) -> PhaseValues:
    """The values of the last phase that count, or those of its baseline where one is chosen."""
    group = None if subgroup is None else Grouping(subgroup)
    if group is not None and len(x) != len(group.code):
        raise UsageError(f"There are {len(x)} values and {len(group.code)} subgroup labels.")
    kind = kind or _kind_for(x, group)
    if kind not in KINDS:
        raise UsageError(f"Capability knows the charts {', '.join(KINDS)}; not {kind!r}.")
    code = np.arange(len(x)) if group is None else group.code
    drawn = chart(
        kind, x, subgroup=subgroup, baseline=baseline, phases=phases, excluded=excluded,
        rules=rules, options=options,
    )  # fmt: skip
    chosen = _chosen_points(drawn, baseline)
    used = np.where(chosen[code], x, np.nan)
    center, sigma = _levels(drawn, kind, used, code, chosen, options)
    there = np.isfinite(used)
    sizes = np.bincount(code[there], minlength=len(chosen))[chosen]
    method, freedom = _method(kind, used, there, code, sizes, options)
    return PhaseValues(
        values=used[there],
        points=int(chosen.sum()),
        center=center,
        within=Estimate(sigma, freedom, unbiased=method != "known"),
        method=WITHIN[method],
        chart=drawn,
        signals=_signals(drawn, kind),
    )


def _kind_for(x: Values, group: Grouping | None) -> str:
    if group is None:
        return "imr"
    sizes = np.bincount(group.code[np.isfinite(x)], minlength=group.n)
    sizes = sizes[sizes > 0]
    if sizes.max(initial=0) < 2:
        return "imr"
    return (
        "xbar_r" if len(set(sizes.tolist())) == 1 and sizes[0] <= LARGEST_FOR_RANGES else "xbar_s"
    )


def _chosen_points(drawn: Chart, baseline: Baseline) -> Mask:
    """Points of the last phase that count; with a baseline of one's own, those of it."""
    at = np.arange(len(drawn.statistic))
    if not drawn.phases:
        return np.zeros(len(at), dtype=bool)
    span = drawn.phases[-1]
    first, last = span.first, span.last
    if not (baseline is None or baseline == "all") and span.baseline is not None:
        first, last = span.baseline
    return np.asarray(drawn.usable & (at >= first) & (at <= last))


def _levels(
    drawn: Chart,
    kind: str,
    used: Values,
    code: npt.NDArray[np.intp],
    chosen: Mask,
    options: Options,
) -> tuple[float, float]:
    """Mean and sigma within of the values used; of the chart itself where it used the same."""
    if not chosen.any():
        return math.nan, math.nan
    span = drawn.phases[-1]
    if span.base_points == chosen.sum():
        return span.center, span.sigma
    inside = slice(None) if kind == "imr" else chosen[code]
    own = chart(
        kind, used[inside], subgroup=None if kind == "imr" else code[inside], baseline="all",
        rules="none", options=options,
    ).phases[-1]  # fmt: skip
    return own.center, own.sigma


def _method(
    kind: str, used: Values, there: Mask, code: npt.NDArray[np.intp], sizes: npt.NDArray[np.intp],
    options: Options,
) -> tuple[str, float]:  # fmt: skip
    """How sigma within was estimated, and its degrees of freedom."""
    if options.sigma is not None:
        return "known", math.inf
    if kind == "imr":
        points = np.zeros(int(code.max(initial=-1)) + 1, dtype=bool)
        points[code[there]] = True
        median = options.moving_range == "median"
        return options.moving_range, freedom_of_moving_ranges(points, median=median)
    method = sigma_method(sizes, options, by_range=kind == "xbar_r")
    return method, freedom_of_subgroups(sizes, method)


def _signals(drawn: Chart, kind: str) -> tuple[int, ...]:
    """Points of the last phase that count and signal; a moving range says nothing new."""
    if not drawn.phases:
        return ()
    panels = drawn.panels if kind != "imr" else ()
    found = {s.point for s in drawn.signals} | {s.point for p in panels for s in p.signals}
    first, usable = drawn.phases[-1].first, drawn.usable
    return tuple(sorted(point for point in found if point >= first and usable[point]))
