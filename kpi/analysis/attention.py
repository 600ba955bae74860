"""What needs attention now: the few worst findings of a screening, each with its chart and words."""

import math
from dataclasses import dataclass, replace
from typing import Final

from kpi.analysis import sentences, words
from kpi.analysis.home import Home
from kpi.analysis.results import Ask, Filters, Finding, Screened, Screening, SeriesView
from kpi.analysis.screening import screen
from kpi.analysis.series import series_view
from kpi.model import Assurance, Direction
from kpi.qms import Event

MOST_FINDINGS: Final = 5

MOST_IMPROVEMENTS: Final = 3

MOST_ASKED: Final = 3
"""Questions of a kind that are offered at most."""


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

    The limits describe the level before a change; once it shows, counting the periods since says
    more than they do. ``since`` is the point a change began at, by default the verdict's.
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


def asks(
    found: Attention, views: tuple[SeriesView, ...], events: tuple[Event, ...]
) -> tuple[Ask, ...]:
    """The questions at hand: why did it change, will the targets be met, did what was done help?"""
    return (*_why(found, views)[:1], *_next(views)[:MOST_ASKED], *_helped(found, views, events))


def _why(found: Attention, views: tuple[SeriesView, ...]) -> list[Ask]:
    """Of the worst finding, since it began; of the last period, where nothing stands out."""
    asked = [
        ask for one in found.findings if (ask := _why_since(one.series, one.since)) is not None
    ]
    if asked:
        return asked
    return [
        ask
        for view in views
        if len(view.points) and (ask := _why_since(view, str(view.points["period"].iloc[-1])))
    ]


def _why_since(view: SeriesView, label: str) -> Ask | None:
    place = place_of(view, label)
    if not place:  # the first point has nothing before it
        return None
    value = view.points["value"]
    before = next((n for n in range(place - 1, -1, -1) if not math.isnan(value.iloc[n])), None)
    if before is None or math.isnan(value.iloc[place]):
        return None
    rose = value.iloc[place] > value.iloc[before]
    told = f"{view.kpi.title}, {view.slice_words}" if view.slice else view.kpi.title
    return Ask(
        f"Why did it {'rise' if rose else 'fall'} {words.in_period(label)}? ({told})",
        view.kpi, view.slice, "why", since=str(view.points["period"].iloc[before]), until=label,
    )  # fmt: skip


def _next(views: tuple[SeriesView, ...]) -> list[Ask]:
    """Of KPIs with a target, those least sure to meet it first."""
    order = {Assurance.WILL_MISS: 0, Assurance.MAY_OR_MAY_NOT: 1, Assurance.TOO_FEW: 2}
    with_target = [v for v in views if v.target is not None]
    with_target.sort(key=lambda v: (order.get(v.assurance, 3), v.kpi.title))
    return [
        Ask(
            f"Will we make {words.value_text(v.target.value, v.kpi)}? ({v.kpi.title})",
            v.kpi, v.slice, "next",
        )
        for v in with_target
        if v.target is not None
    ]  # fmt: skip


def _helped(
    found: Attention, views: tuple[SeriesView, ...], events: tuple[Event, ...]
) -> list[Ask]:
    """Of what was done lately: on its KPI, else on the finding or card it stands on."""
    shown = [one.series for one in (*found.findings, *found.improvements)]
    asked = []
    for event in sorted(events, key=lambda e: e.day, reverse=True):
        within = [v for v in shown if frozenset(event.slice) <= frozenset(v.slice)]
        own = [v for v in (*within, *shown, *views) if v.kpi.id == event.kpi]
        view = next(iter([*own, *(within if not event.kpi else ())]), None)
        if view is None and not event.kpi:
            view = next(iter(views), None)
        if view is not None:
            asked.append(
                Ask(
                    f"Did it help: {words.clipped(event.text, 60)}, {words.date_words(event.day)}?",
                    view.kpi, event.slice or view.slice, "effect", event=event.id,
                )
            )  # fmt: skip
    return asked[:MOST_ASKED]
