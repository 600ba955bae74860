"""Control charts: one (``chart``), or very many of a kind at once (``charts``)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kpi.errors import UnknownNameError, UsageError
from kpi.spc import attributes, individuals, multivariate, subgroups, times
from kpi.spc.listing import Charts
from kpi.spc.material import Grouping, Numbers, column, excluded_mask, floats, labels_of, material
from kpi.spc.result import Baselines, Chart, Mask, Options, Values
from kpi.spc.rules import Rule, choose
from kpi.spc.sample import Kind, Lines, Sample
from kpi.spc.searching import search
from kpi.spc.spans import Spans, as_labels, baseline_mask, baselines_by_code, baselines_in_order

Labels = Sequence[object] | npt.NDArray[np.generic]
RuleChoice = str | Sequence[str | Rule]

KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        kind.id: kind
        for module in (individuals, times, attributes, subgroups, multivariate)
        for kind in module.KINDS
    }
)
"""Every kind of chart by its id."""

OF_MEMBERS: Final = ("xbar_r", "xbar_s", "ewma", "cusum")
"""Kinds that look at the single values of a subgroup."""


def kind_named(kind: str) -> Kind:
    """The kind of chart of that id; ``UnknownNameError`` otherwise."""
    if kind not in KINDS:
        raise UnknownNameError("kind of chart", kind, known=KINDS)
    return KINDS[kind]


def charts(
    kind: str,
    values: Numbers | None = None,
    *,
    count: Numbers | None = None,
    size: Numbers | None = None,
    members: Values | None = None,
    baseline: Baselines = None,
    phases: Labels | None = None,
    excluded: Labels | None = None,
    rules: RuleChoice = "default",
    multiply: float = 1.0,
    min_points: int = 0,
    options: Options | None = None,
) -> Charts:
    """Charts of many series at once; arrays (T, S), time first, ``nan`` for a gap.

    ``phases`` and ``excluded`` are (T,) for all series alike or (T, S). ``members`` (T, S, n) are
    the single values of subgroups. Everything else is as in ``chart``.
    """
    chosen = kind_named(kind)
    settings = options or Options()
    raw, sizes, single = material(chosen, values, count, size, members)
    shape = (raw.shape[0], raw.shape[1])
    measured = np.isfinite(raw)
    hidden = excluded_mask(excluded, shape)
    spans = Spans(None if phases is None else labels_of(phases, shape), shape)
    usable = measured & ~hidden
    base = baseline_mask(spans, usable, baselines_in_order(baseline, phases))
    sample = Sample(raw, sizes, single, measured, usable, base, spans, settings)
    lines = chosen.lines(sample)
    lines, shown = _blank_short(lines, sample, min_points)
    scale = multiply if chosen.scales else 1.0
    if scale != 1.0:
        lines = tuple(_scaled(panel, scale) for panel in lines)
    picked, with_runs = _pick(chosen, rules)
    hits = search(lines[0], sample, picked, shown)
    lines = _at_gaps(lines, sample)
    return Charts(chosen, lines, hits, sample, picked, with_runs, baseline, shown)


def chart(
    kind: str,
    values: Numbers | None = None,
    *,
    count: Numbers | None = None,
    size: Numbers | None = None,
    subgroup: Labels | None = None,
    baseline: Baselines = None,
    phases: Labels | None = None,
    excluded: Labels | None = None,
    rules: RuleChoice = "default",
    multiply: float = 1.0,
    min_points: int = 0,
    options: Options | None = None,
) -> Chart:
    """One control chart.

    Parameters
    ----------
    kind
        One of ``KINDS``: imr, run, i_prime, t, p, np, u, c, laney_p, laney_u, g, funnel, xbar_r,
        xbar_s, ewma, cusum, t2.
    values
        One value per point in time order, ``nan`` for a gap; for t2 one row of measurements each. A
        ratio may be given as ``count`` and ``size`` instead; a size of zero or less is a gap. A c
        or g chart plots the counts themselves, whatever their sizes.
    subgroup
        Labels, one per value: values with one label make one point, in order of first appearance.
        Counts and sizes of a label are added up, rows without one of the two left out.
    baseline
        ``None``: the first 20 points of each phase, once there are so many; all until then. ``N``:
        the first N points of each phase. ``(first, last)``: those points, from 0. ``"all"``. A list
        of these, one for each phase in order, or a mapping from the label of a phase: each phase
        freezes its own.
    phases
        One label per value; limits and rules start anew where it changes.
    excluded
        True where a point is shown but counts for nothing.
    rules
        none, default, western_electric, nelson, nhs, anhoej, or a list of these and of rules (names,
        also with lengths of their own such as ``run_of_7``, or ``Rule``).
    multiply
        Turns a share into percent, a rate into one per million.
    min_points
        A phase with fewer points that count gets no limits (the product asks for 8).

    Returns
    -------
    Chart
        In the unit of the values times ``multiply``; ``nan`` in limits where there are none.

    Raises
    ------
    UsageError
        Material the kind needs is missing, lengths differ, or the kind or a rule is not known.
    ValueError
        A number is infinite.
    """
    chosen = kind_named(kind)
    members = None
    if subgroup is None and chosen.needs == "subgroups":
        raise UsageError(f"The {chosen.name} needs a subgroup for each value.")
    if subgroup is not None:
        grouping = Grouping(subgroup)
        if phases is not None:
            baseline = baselines_by_code(baseline, phases)
            phases = grouping.first(as_labels(phases))
        excluded = None if excluded is None else grouping.any(np.asarray(excluded, dtype=bool))
        if count is not None and size is not None:
            count, size = grouping.totals(floats(count), floats(size))
        else:
            count = None if count is None else grouping.total(floats(count))
        if values is not None and (kind in OF_MEMBERS or chosen.needs == "rows"):
            members = grouping.members(floats(values))
            values = None
        elif values is not None:
            table = floats(values)
            values = grouping.total(table) if chosen.needs == "count" else grouping.mean(table)
    many = charts(
        kind,
        None if values is None else column(values, rows=chosen.needs == "rows"),
        count=None if count is None else column(count),
        size=None if size is None else column(size),
        members=members,
        baseline=baseline,
        phases=phases,
        excluded=excluded,
        rules=rules,
        multiply=multiply,
        min_points=min_points,
        options=options,
    )
    return many.one(0)


def _pick(kind: Kind, rules: RuleChoice) -> tuple[tuple[Rule, ...], bool]:
    """The rules that make sense on this kind, and whether Anhøj's runs analysis is asked."""
    if kind.id == "run" and rules == "default":
        rules = "anhoej"
    picked = choose(rules, attribute=kind.attribute)
    if kind.rules is not None:
        return tuple(rule for rule in picked if rule.family in kind.rules), False
    return picked, "anhoej" in ([rules] if isinstance(rules, str) else rules)


_ARRAYS: Final = ("statistic", "center", "sigma", "spread", "lcl", "ucl")
_LIMITS: Final = ("center", "sigma", "spread", "lcl", "ucl")


def _blank_short(
    lines: tuple[Lines, ...], sample: Sample, min_points: int
) -> tuple[tuple[Lines, ...], Mask]:
    """Take the limits from phases with too few points; also tells where limits are shown."""
    enough = sample.spans.total(sample.usable) >= max(min_points, 1)
    if enough.all():
        return lines, enough
    return tuple(_hidden(panel, ~enough, _LIMITS) for panel in lines), enough


def _at_gaps(lines: tuple[Lines, ...], sample: Sample) -> tuple[Lines, ...]:
    """No limit where nothing was measured."""
    if sample.measured.all():
        return lines
    return tuple(_hidden(panel, ~sample.measured, _ARRAYS) for panel in lines)


def _hidden(panel: Lines, where: Mask, names: Sequence[str]) -> Lines:
    changed: dict[str, Any] = {n: np.where(where, np.nan, getattr(panel, n)) for n in names}
    return replace(panel, **changed)


def _scaled(panel: Lines, scale: float) -> Lines:
    zone = panel.zone_center
    changed: dict[str, Any] = {n: getattr(panel, n) * scale for n in _ARRAYS}
    return replace(panel, zone_center=None if zone is None else zone * scale, **changed)
