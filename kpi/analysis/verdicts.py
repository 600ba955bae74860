"""What became of actions: the verdict from data beside which a person decides."""

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from kpi.analysis import effect_words, registering
from kpi.analysis.effect_results import EffectVerdict, EffectView
from kpi.analysis.effectiveness import effect_of_event, effect_view
from kpi.analysis.home import Home
from kpi.analysis.results import Filters
from kpi.errors import KpiError, UnknownNameError
from kpi.qms.actions import ACTION, Action, Decision, Effect
from kpi.qms.register import Recorded
from kpi.qms.targets import Slice

DAYS_OF: Final = {
    "day": 1.0,
    "week": 7.0,
    "month": 30.44,
    "fiscal": 30.44,
    "quarter": 91.3,
    "year": 365.25,
}
"""Days of a period, near enough to plan a day."""

LAG_DAYS: Final = 10
"""Until the figures of a period that has ended are uploaded."""


@dataclass(frozen=True, slots=True, eq=False)
class ActionVerdict:
    """What the data say of an action. ``view`` is the comparison, ``None`` where there is none.

    ``verdict`` is ``None`` where data cannot speak of it at all; ``says`` tells why.
    """

    verdict: EffectVerdict | None
    says: str
    view: EffectView | None = None

    @property
    def suggests(self) -> Decision:
        """The decision that agrees with it."""
        if self.verdict is EffectVerdict.WORKED:
            return Decision.WORKED
        return Decision.DID_NOT if self.verdict is EffectVerdict.WORSE else Decision.NOT_YET


def verdict_of(home: Home, item: Action, ledger: int | None = None) -> ActionVerdict:
    """Did an action work, by the figures in force now (or at an earlier position of the ledger)?"""
    day = item.counts_from or item.done_on
    if day is None or item.done_on is None:
        return ActionVerdict(None, "It is not done yet, so there is nothing to compare.")
    if not item.kpi:
        return ActionVerdict(
            None, "No KPI is named on which its effect would be seen: a person judges it."
        )
    seen = Filters(where=item.slice, period=item.period, ledger=ledger)
    try:
        view = _view(home, item, seen, day)
    except KpiError as error:
        return ActionVerdict(None, f"The data cannot say: {error}")
    return ActionVerdict(view.verdict, effect_words.sentence(view), view)


def _view(home: Home, item: Action, seen: Filters, day: date) -> EffectView:
    """By its event on the chart; by its day alone where somebody took the event back."""
    try:
        return effect_of_event(home, item.kpi, seen, item.event)
    except UnknownNameError:
        hoped = None if item.hoped is None else item.hoped / 100
        return effect_view(home, item.kpi, seen, day, washout=int(item.washout or 0), hoped=hoped)


def agreeing(found: ActionVerdict, decision: Decision) -> bool:
    """Whether a decision is what the data say; to wait is no contradiction where they say nothing."""
    return decision is found.suggests


def effect_kept(home: Home, found: ActionVerdict) -> Effect | None:
    """The verdict in figures as it is kept beside the decision."""
    view = found.view
    if view is None or found.verdict is None:
        return None
    ends = home.store.chains.ends()
    return Effect(
        verdict=found.verdict.value, says=found.says, kpi=view.kpi.id, version=view.kpi.version,
        before=_number(view.before.level), after=_number(view.after.level),
        expected=_number(view.expected), low=_number(view.low), high=_number(view.high),
        p_value=_number(view.effect.p_value), periods_before=len(view.before.periods),
        periods_after=len(view.after.periods), position=ends.position, ledger_hash=ends.ledger,
    )  # fmt: skip


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def verdicts(home: Home, where: Slice = ()) -> tuple[tuple[Recorded[Action], ActionVerdict], ...]:
    """Every action that was done, with what the data say of it now, by id."""
    return tuple(
        (entry, verdict_of(home, entry.item))
        for entry in registering.listed(home, ACTION, where)
        if entry.item.done_on is not None
    )


def check_day(home: Home, item: Action) -> tuple[date | None, str]:
    """The day on which the change hoped for should show, were it there, and why that day.

    ``None`` where it cannot be told, or takes too long: the sentence says so.
    """
    day = item.counts_from or item.done_on or item.due
    if not item.kpi or day is None:
        return None, ""
    seen = Filters(where=item.slice, period=item.period)
    hoped = None if item.hoped is None else item.hoped / 100
    washout = int(item.washout or 0)
    try:
        view = effect_view(home, item.kpi, seen, day, washout=washout, hoped=hoped)
    except KpiError as error:
        return None, str(error)

    told = effect_words.outlook(view)
    if view.months_needed is None:
        return None, told
    length = DAYS_OF.get(item.period, 30.44)
    start = max(day, view.series.report_date or day)
    wait = timedelta(days=math.ceil(view.months_needed * length) + washout + LAG_DAYS)
    return start + wait, told
