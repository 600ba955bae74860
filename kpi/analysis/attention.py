"""What needs attention now: the few worst findings of a screening, each with its chart and words."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from kpi.analysis import sentences, words
from kpi.analysis.home import Home
from kpi.analysis.results import Ask, Filters, Finding, Screened, Screening, SeriesView
from kpi.analysis.screening import screen
from kpi.analysis.series import series_view
from kpi.model import Direction

MOST_FINDINGS: Final = 5

MOST_IMPROVEMENTS: Final = 3

MOST_ASKED: Final = 3
"""Questions why something moved that are offered at most."""


@dataclass(frozen=True, slots=True)
class Attention:
    """The findings worth a card, the improvements, and the screening they come from."""

    findings: tuple[Finding, ...]
    improvements: tuple[Finding, ...]
    screening: Screening


def attention(home: Home, filters: Filters) -> Attention:
    """What needs attention, worst first, at most five; what got better, at most three."""
    found = screen(home, filters)
    return Attention(
        tuple(finding_of(home, filters, one) for one in found.act[:MOST_FINDINGS]),
        tuple(finding_of(home, filters, one) for one in found.improving[:MOST_IMPROVEMENTS]),
        found,
    )


def finding_of(home: Home, filters: Filters, found: Screened) -> Finding:
    """A finding with its chart: the same series through the same filters as its own page."""
    seen = replace(filters, where=found.slice, period=found.period)
    view = series_view(home, found.kpi.id, seen)[0]
    since = place_of(view, found.since)
    detail = " ".join(part for part in (level_words(found), target_words(view, since)) if part)
    return Finding(
        headline=found.headline,
        detail=detail,
        advice=_advice(found),
        series=view,
        rank=found.rank,
        cost_words=found.cost_words,
        sure=found.sure,
        checked=found.checked,
        since=found.since,
        related=_related_words(found),
    )


def place_of(view: SeriesView, label: str) -> int | None:
    """Which point of a series a period is; ``None`` where it has none."""
    labels = view.points["period"].astype(str).tolist()
    return labels.index(label) if label in labels else None


def level_words(found: Screened) -> str:
    """From what level to what level."""
    if math.isnan(found.recent):
        return ""
    now = words.value_text(found.recent, found.kpi, beside=found.usual)
    usual = words.value_text(found.usual, found.kpi, beside=found.recent)
    return f"{now} since then, usually {usual}."


def target_words(view: SeriesView, since: int | None = None) -> str:
    """How the series stands against its target: by its limits, or, after a change, since it.

    The limits describe the level before a change; once it shows, the periods since it are counted.
    ``since`` is the point a change began at, by default the verdict's.
    """
    if view.target is None:
        return ""
    if since is None and view.verdict is not None:
        since = view.verdict.since
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


def _advice(found: Screened) -> str:
    if found.worse is False:
        return "Find out what was done, and make it the standard."
    when = words.period_words(found.since)
    return f"Ask what changed around {when}: tool, material, people, schedule."


def _related_words(found: Screened) -> str:
    """Which other KPIs of the same place changed with it."""
    others = [title for title in found.related if title != found.kpi.title]
    if not others:
        return ""
    return f"{words.listed(others)} changed with it."


# --- questions that are one click away -----------------------------------------------------------


def asks(views: Iterable[SeriesView]) -> tuple[Ask, ...]:
    """Why did a KPI move in its last period: one question for each domain, of its first KPI."""
    first: dict[str, SeriesView] = {}
    for view in views:
        first.setdefault(view.kpi.domain, view)
    found = (_why(view) for view in first.values())
    return tuple(ask for ask in found if ask is not None)[:MOST_ASKED]


def _why(view: SeriesView) -> Ask | None:
    value = view.points["value"].to_numpy(dtype="float64", na_value=math.nan)
    measured = [n for n in range(len(value)) if not math.isnan(value[n])]
    if len(measured) < 2 or measured[-1] != len(value) - 1:
        return None
    before, last = measured[-2:]
    labels = view.points["period"].astype(str)
    way = (
        "stay"
        if value[last] == value[before]
        else "rise"
        if value[last] > value[before]
        else "fall"
    )
    text = f"Why did {words.within(sentences.spoken(view.kpi))} {way} {words.in_period(labels.iloc[last])}?"
    return Ask(
        text, view.kpi, view.slice, "why", since=labels.iloc[before], until=labels.iloc[last]
    )
