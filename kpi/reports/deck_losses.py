"""Slides of losses: three due dates on one scale, and Pareto charts."""

from typing import Final

from kpi.analysis import words
from kpi.analysis.results import ParetoView, Redating, Review
from kpi.reports import notes
from kpi.reports.canvas import Deck
from kpi.reports.native import THREE_DATES, lines_chart
from kpi.reports.native_pareto import MOST_BARS, amount_text, loss_title, pareto_chart
from kpi.reports.planned import as_title, footer, months, side

HALF: Final = 50.0
"""Per cent of a Pareto chart that its first bars are said to make up."""

BESIDE: Final = {"downtime_hours": ("mtbf", "mttr")}
"""KPIs told in words beside a KPI's Pareto chart."""


def has_three_dates(review: Review) -> bool:
    """Whether there are two due dates to compare, and promises to have been moved."""
    ids = {k.series.kpi.id for k in review.kpis}
    return review.redating is not None and sum(id in ids for id in THREE_DATES) > 1


def three_dates(deck: Deck, review: Review) -> None:
    """On-time delivery by three due dates on one scale, with what moving promises won."""
    assert review.redating is not None
    told: Redating = review.redating
    by_id = {k.series.kpi.id: k for k in review.kpis}
    kpis = [by_id[id] for id in THREE_DATES if id in by_id]
    sources = {s.upload: s for k in kpis for s in k.sources}
    slide = deck.slide(
        as_title(told.title),
        footer=footer(review, list(sources.values()), months(kpis[0].series)),
        notes=notes.redating(told, kpis, list(sources.values())),
    )
    title = "On-time delivery against three due dates"
    lines_chart(slide, [k.series for k in kpis], THREE_DATES, title)
    seen = (("What we see", told.see), ("What it means", told.mean))
    side(slide, (*seen, ("Proposed decision", told.decision)))


def pareto(deck: Deck, review: Review, view: ParetoView) -> None:
    """Shares of a loss, the largest first, with what to work on."""
    slide = deck.slide(
        as_title(view.title),
        footer=footer(review, period=view.period_words),
        notes=notes.pareto(view, review),
    )
    pareto_chart(slide, view)
    _, _, unit = loss_title(view).partition(", ")
    total = words.with_unit(amount_text(view.total), unit)
    rest = len(view.bars) - MOST_BARS
    left_out = f" {rest} more in the notes." if rest > 0 else ""
    named = view.bars[~view.bars["unassigned"]]
    if float(named["share"].sum()) < HALF:
        side(
            slide,
            (
                (
                    "What we see",
                    f"{total} in all; most of it carries no {view.dimension}.{left_out}",
                ),
                ("What it means", f"Without a {view.dimension} nobody can act on it."),
                ("Proposed decision", f"Have the {view.dimension} recorded."),
            ),
        )
        return
    few = int((named["share"].cumsum() < HALF).sum()) + 1
    counted = f"{words.small_number(few)} of {words.small_number(len(named))} {view.dimension}s"
    verb = "makes" if few == 1 else "make"
    side(
        slide,
        (
            ("What we see", f"{total} in all; {counted} {verb} half of it.{left_out}"),
            ("What it means", _beside(review, view) or "Work on the first bars takes most away."),
            ("Proposed decision", "Choose one cause, owner and date."),
        ),
    )


def _beside(review: Review, view: ParetoView) -> str:
    """The values that belong to a loss and have no chart here: ``MTBF 41.2 h, MTTR 0.75 h``."""
    by_id = {k.series.kpi.id: k.series for k in review.kpis}
    told = [
        f"{by_id[id].kpi.title} {by_id[id].last_value}"
        for id in BESIDE.get(view.kpi.id, ())
        if id in by_id
    ]
    return f"{', '.join(told)}." if told else ""


def first_pareto(review: Review, *ids: str) -> ParetoView | None:
    """The first of these KPIs that has a Pareto chart."""
    found = {p.kpi.id: p for p in reversed(review.paretos)}
    return next((found[id] for id in ids if id in found), None)
