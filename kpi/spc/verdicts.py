"""What a chart says now: variation (did it change?) and assurance (will it meet its target?)."""

from dataclasses import dataclass

import numpy as np

from kpi.errors import UnknownNameError
from kpi.model import Assurance, Direction, Variation
from kpi.spc.assurance import NOW, assured
from kpi.spc.constants import MIN_POINTS
from kpi.spc.result import Chart, PhaseSpan, Signal, Verdict
from kpi.spc.rules import RULES, Rule, choose


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A signal still in force at the last point: since when, which way, and how it is told."""

    rule: str
    about: str  # side | trend | none
    sign: int
    since: int
    periods: int
    reach: int  # smaller tells more: the order in which patterns are preferred


def verdict(
    chart: Chart, direction: Direction, target: float | None = None, *, assured_by: str = NOW
) -> Verdict:
    """The verdict on the latest point that counts.

    Variation: the patterns that hold at the last measured point that is not excluded; the one that
    has lasted longest tells. Points beyond limits and runs come before trends, those before patterns
    without a direction. Assurance: where ``target`` (in the unit of the chart) lies against the
    limits of the current phase; while a signal is in force, against limits of the points since it
    began, or not known. The verdict says which. ``assured_by="phase"`` keeps to the phase's limits.

    Under 8 points in the current phase, or without limits, both answer "too few points".
    """
    current = _current_phase(chart)
    if current is None:
        return _too_few("has too few points to tell signal from chance")
    pattern = _in_force(chart, current)
    if pattern is None:
        words = "keeps to its usual range; what moves is chance"
        sure = assured(chart, current, direction, target)
        return Verdict(
            Variation.COMMON_CAUSE, sure.assurance, None, None, None, words, 0, sure.words,
            sure.of, sure.points,
        )  # fmt: skip
    sure = assured(
        chart, current, direction, target, pattern.since,
        level=pattern.about == "side", by=assured_by,
    )  # fmt: skip
    favourable = _favourable(pattern, direction)
    variation = {
        None: Variation.CHANGED,
        True: Variation.IMPROVING,
        False: Variation.WORSENING,
    }[favourable]
    return Verdict(
        variation,
        sure.assurance,
        pattern.since,
        favourable,
        pattern.rule,
        _words(pattern),
        pattern.periods,
        sure.words,
        sure.of,
        sure.points,
    )


def _too_few(words: str) -> Verdict:
    return Verdict(Variation.TOO_FEW, Assurance.TOO_FEW, None, None, None, words)


def _current_phase(chart: Chart) -> PhaseSpan | None:
    """The last phase, where it can be judged."""
    if not chart.phases:
        return None
    current = chart.phases[-1]
    judged = current.points >= MIN_POINTS and current.baseline is not None
    return current if judged else None


def _favourable(pattern: _Pattern, direction: Direction) -> bool | None:
    if direction is Direction.NONE or pattern.about == "none":
        return None
    return (pattern.sign > 0) == (direction is Direction.HIGHER)


def _in_force(chart: Chart, current: PhaseSpan) -> _Pattern | None:
    points = np.flatnonzero(chart.usable)
    points = points[points >= current.first]
    if not len(points):  # sums in units of a spread that is zero are no numbers
        return None
    last = int(points[-1])
    at_end = [s for s in chart.signals if s.point == last and s.rule != "anhoej_few_crossings"]
    at_end += [
        s for s in chart.signals if s.rule == "anhoej_few_crossings" and s.point >= current.first
    ]
    patterns = [_pattern(chart, points.tolist(), signal) for signal in at_end]
    return min(patterns, key=lambda p: (p.reach, p.since), default=None)


def _pattern(chart: Chart, points: list[int], signal: Signal) -> _Pattern:
    """Follow a rule back through the points at which it kept firing, on the same side."""
    last = points[-1]
    about = _about(signal.rule)
    sign = _sign(chart, points, last, about)
    fired = {s.point: s for s in chart.signals if s.rule == signal.rule}
    since = min(signal.members)
    for point in reversed(points):
        earlier = fired.get(point)
        if earlier is None or _sign(chart, points, point, about) != sign:
            break
        since = min(since, *earlier.members)
    periods = sum(point >= since for point in points)
    reach = {"side": 0, "trend": 1, "none": 2}[about]
    return _Pattern(signal.rule, about, sign, since, periods, reach)


def _known(rule: str) -> Rule | None:
    """The rule of that name; ``None`` for one of the caller's own making."""
    try:
        return RULES[rule] if rule in RULES else choose(rule, attribute=False)[0]
    except UnknownNameError:
        return None


def _about(rule: str) -> str:
    if rule == "anhoej_few_crossings":
        return "none"
    known = _known(rule)
    return known.about if known else "side"


def _sign(chart: Chart, points: list[int], point: int, about: str) -> int:
    if about == "trend":
        place = points.index(point)
        return int(np.sign(chart.statistic[point] - chart.statistic[points[max(place - 1, 0)]]))
    return int(np.sign(chart.statistic[point] - chart.center[point]))


def _words(pattern: _Pattern) -> str:
    side = "above" if pattern.sign > 0 else "below"
    if pattern.about == "none":
        return "shows a pattern that chance does not make"
    if pattern.about == "trend":
        way = "risen" if pattern.sign > 0 else "fallen"
        return f"has {way} {pattern.periods - 1} times in a row; this is not chance"
    known = _known(pattern.rule)
    if known is not None and known.family == "beyond":
        at = "the last point" if pattern.periods == 1 else f"the last {pattern.periods} points"
        return f"was {side} its usual range at {at}; this is not chance"
    if known is not None and known.family == "zones":
        return (
            f"has been well {side} its usual level more often than chance explains in the last "
            f"{pattern.periods} points"
        )
    return (
        f"has been {side} its usual level for {pattern.periods} points in a row; this is not chance"
    )
