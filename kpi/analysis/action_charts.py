"""Actions that were done, each with the chart of what it was to change: for the management review."""

from collections.abc import Sequence
from typing import Final

from kpi.analysis import effect_words, words
from kpi.analysis.annotating import signed_notes
from kpi.analysis.drill import files_behind
from kpi.analysis.effect_results import EffectVerdict, EffectView
from kpi.analysis.home import Home
from kpi.analysis.results import Filters, ReviewKpi
from kpi.analysis.verdicts import verdict_of
from kpi.qms.actions import Action
from kpi.qms.register import Recorded


def action_charts(home: Home, actions: Sequence[Recorded[Action]]) -> tuple[ReviewKpi, ...]:
    """The charts of those actions that data can speak of, with the verdict as title."""
    found = ((entry, verdict_of(home, entry.item).view) for entry in actions)
    return tuple(_chart(home, entry, view) for entry, view in found if view is not None)


def _chart(home: Home, entry: Recorded[Action], view: EffectView) -> ReviewKpi:
    item, series = entry.item, view.series
    done = f"Done on {words.date_words(item.done_on)}. " if item.done_on else ""
    decided = f"Decided: {item.decision}" if item.decided_on else "Not decided on yet"
    return ReviewKpi(
        series=series,
        title=f"{item.title} ({entry.id}): {view.verdict.value}.",
        since="–",
        see=f"{done}{series.last_label}: {series.last_value}.",
        mean=effect_words.sentence(view),
        decision=f"{decided}.",
        sources=files_behind(home, view.kpi.id, Filters(where=item.slice, period=item.period)),
        noted=signed_notes(home, series.notes_on_chart),
        stands=_STANDS[view.verdict],
    )


_STANDS: Final = {
    EffectVerdict.WORKED: ("worked", "worked"),
    EffectVerdict.WORSE: ("made it worse", "made it worse"),
    EffectVerdict.NO_EVIDENCE: ("shows no effect yet", "show no effect yet"),
    EffectVerdict.CHANGED: ("changed its KPI", "changed their KPIs"),
}
"""What became of one action, and of several."""
