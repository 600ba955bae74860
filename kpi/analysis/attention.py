"""What needs attention now: every main KPI, over all and by its natural slices, worst first."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from kpi.analysis import sentences, words
from kpi.analysis.home import Home
from kpi.analysis.results import Filters, Finding, SeriesView
from kpi.analysis.series import series_view
from kpi.model import Assurance, Direction, Variation

WATCHED: Final = (
    ("scrap_rate", (("plant", "line"), ("plant", "product"))),
    ("rework_rate", (("plant", "line"),)),
    ("downtime_hours", (("plant", "line"), ("plant", "reason"))),
    ("stops", (("plant", "line"),)),
    ("otd_first_promise", (("plant",), ("customer",))),
    ("otd_request", (("plant",),)),
)
"""KPIs looked at, and the splits in which a cause usually shows."""

MOST_FINDINGS: Final = 5

MOST_IMPROVEMENTS: Final = 3

FALSE_ALARM_SHARE: Final = {24: 0.09, 52: 0.23}
"""Share of in-control charts with at least one flag under the default rules, by points shown
(simulated; the conventions page of the product's control charts)."""


def everything_watched(home: Home, filters: Filters) -> tuple[SeriesView, ...]:
    """All series looked at for the Overview."""
    found: list[SeriesView] = []
    for kpi, splits in WATCHED:
        for by in ((), *splits):
            found.extend(series_view(home, kpi, filters, by=by))
    return tuple(found)


def findings(series: Sequence[SeriesView]) -> tuple[Finding, ...]:
    """What is worsening, worst first, at most five; a child that repeats its parent is folded in."""
    return _told_once(series, (Variation.WORSENING, Variation.CHANGED), MOST_FINDINGS)


def improvements(series: Sequence[SeriesView]) -> tuple[Finding, ...]:
    """What got better and is no chance, clearest first, at most three."""
    return _told_once(series, (Variation.IMPROVING,), MOST_IMPROVEMENTS)


def _told_once(
    series: Sequence[SeriesView], kinds: tuple[Variation, ...], most: int
) -> tuple[Finding, ...]:
    found = sorted((s for s in series if s.variation in kinds), key=_rank, reverse=True)
    kept: list[SeriesView] = []
    for candidate in found:
        if not any(_same_story(candidate, other) for other in kept):
            kept.append(candidate)
    return tuple(_finding(s) for s in kept[:most])


def _rank(view: SeriesView) -> float:
    """How far the latest points stand from the usual level, in sigma, on average since it began."""
    drawn, found = view.chart, view.verdict
    if drawn is None or found is None or found.since is None:
        return 0.0
    window = slice(found.since, len(view.points))
    away = abs(view.points["value"].to_numpy()[window] - drawn.center[window])
    z = away / drawn.spread[window]
    usable = z[np.isfinite(z)]
    evidence = float(usable.mean() * math.sqrt(len(usable))) if len(usable) else 0.0
    return evidence * (1.5 if view.assurance is Assurance.WILL_MISS else 1.0)


def _same_story(one: SeriesView, other: SeriesView) -> bool:
    """The same KPI where one slice contains the other, or is its sibling view of the same plant."""
    if one.kpi.domain != other.kpi.domain:
        return False
    if one.kpi.id == other.kpi.id:
        a, b = set(one.slice), set(other.slice)
        if a <= b or b <= a:
            return True
        shared_plant = dict(one.slice).get("plant") == dict(other.slice).get("plant")
        different_split = {d for d, _ in a} != {d for d, _ in b}
        return shared_plant and different_split and _since(one) == _since(other)
    return set(one.slice) == set(other.slice) and _since(one) == _since(other)


def _since(view: SeriesView) -> int | None:
    return view.verdict.since if view.verdict else None


def _finding(view: SeriesView) -> Finding:
    since = _since(view)
    cost_words = _excess_words(view, since)
    detail = " ".join(part for part in (_level_words(view, since), target_words(view)) if part)
    return Finding(
        headline=view.headline,
        detail=detail,
        advice=_advice(view, since),
        series=view,
        rank=_rank(view),
        cost_words=cost_words,
    )


def target_words(view: SeriesView) -> str:
    """How the series stands against its target: by its limits, or, after a change, since it.

    The limits describe the level before a change; once it shows, counting the periods since says
    more than they do.
    """
    if view.target is None:
        return ""
    since = _since(view)
    if since is None:
        return sentences.assurance_sentence(
            view.kpi, view.assurance, view.target.value, view.period
        )
    recent = view.points.iloc[since:]
    recent = recent[recent["value"].notna() & recent["target"].notna()]
    if recent.empty:
        return ""
    higher = view.kpi.direction is Direction.HIGHER
    difference = recent["value"] - recent["target"]
    missed = int((difference < 0).sum() if higher else (difference > 0).sum())
    return sentences.since_sentence(view.kpi, missed, len(recent), view.target.value, view.period)


def _level_words(view: SeriesView, since: int | None) -> str:
    if since is None or view.chart is None:
        return ""
    recent = view.points.iloc[since:]
    numerator, denominator = recent["numerator"].sum(), recent["denominator"].sum()
    if recent["denominator"].notna().any() and denominator > 0:
        level = float(numerator / denominator * view.kpi.per)
    else:
        level = float(recent["value"].mean())
    usual = float(view.chart.center[since])
    return (
        f"{words.value_text(level, view.kpi, beside=usual)} since then, "
        f"{words.value_text(usual, view.kpi, beside=level)} before."
    )


def _excess_words(view: SeriesView, since: int | None) -> str:
    """How much more of the numerator a period than at the usual level."""
    if since is None or view.chart is None:
        return ""
    recent = view.points.iloc[since:]
    count = int(recent["value"].notna().sum())
    if not count:
        return ""
    of_parts = bool(recent["denominator"].notna().any())
    if of_parts:
        expected = (recent["denominator"] * view.chart.center[since:] / view.kpi.per).sum()
        excess = float(recent["numerator"].sum() - expected) / count
    else:
        excess = float((recent["value"] - view.chart.center[since:]).mean())
    if view.kpi.direction is Direction.HIGHER:
        excess = -excess
    if excess == 0 or (excess > 0) is (view.variation is Variation.IMPROVING):
        return ""
    amount = words.number(abs(excess), 0 if abs(excess) >= 10 else 1)
    each = words.PERIOD_NOUNS[view.period][0]
    less = "less" if (view.kpi.direction is Direction.HIGHER) is (excess > 0) else "more"
    if not of_parts:
        return f"About {words.with_unit(amount, view.kpi.unit)} {less} a {each} than usual."
    return f"{view.kpi.numerator.capitalize()}: about {amount} {less} a {each} than usual."


def _advice(view: SeriesView, since: int | None) -> str:
    if view.variation is Variation.IMPROVING:
        return "Find out what was done, and make it the standard."
    when = words.period_words(str(view.points["period"].iloc[since])) if since is not None else ""
    around = f" around {when}" if when else ""
    return (
        f"Ask what changed{around}: tool, material, people, schedule. The rows are one click away."
    )


def quiet_sentence(series: Sequence[SeriesView]) -> str:
    """What stands where nothing needs attention."""
    charted = sum(1 for s in series if s.chart is not None)
    if charted == 0:
        return "Too few months to tell signal from chance yet: eight are needed."
    return "Nothing out of the ordinary. What moves is chance."


def looked_at_sentence(series: Sequence[SeriesView]) -> str:
    """How many series were looked at, and how many would flag by chance alone."""
    charted = [s for s in series if s.chart is not None]
    if not charted:
        return ""
    points = max(len(s.points) for s in charted)
    share = FALSE_ALARM_SHARE[24] if points <= 36 else FALSE_ALARM_SHARE[52]
    expected = len(charted) * share
    return (
        f"{len(charted)} series looked at. If nothing at all had changed, about "
        f"{words.number(expected, 0)} of them would show a signal somewhere in the time shown; "
        "here only those still signalling at its end are listed."
    )
