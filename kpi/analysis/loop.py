"""The closed loop counted: signal, decision, action, proven effect (10.3)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from kpi.analysis import registering, words
from kpi.analysis.agenda_results import Asked
from kpi.analysis.agenda_words import until_looked
from kpi.analysis.effect_results import EffectVerdict
from kpi.analysis.home import Home
from kpi.analysis.marked import Settled
from kpi.analysis.results import Filters, Screened
from kpi.analysis.screening import screen
from kpi.analysis.verdicts import verdict_of
from kpi.qms.actions import Action, Decision
from kpi.qms.nonconformities import NONCONFORMITY, Nonconformity, Origin, actions_of
from kpi.qms.register import Recorded
from kpi.qms.targets import Slice

MOST_NAMED: Final = 5
"""Records that are named in a sentence; more are counted."""


@dataclass(frozen=True, slots=True)
class Loop:
    """How many signals became decisions, actions, effects. Each count is among the one before it.

    All are of one time, ``span``. ``signals`` are those that stood in it: nonconformities opened from
    one that were open on any of its days, and signals that need action at its end and that no open
    nonconformity answers (``untaken``, as sentences). ``decided`` have an action planned, or were
    closed with a conclusion; ``acted`` an action done by the end of it; ``proven`` one that worked by
    the data, and by decision, by then. ``ids`` are the nonconformities counted, ``proven_ids`` those
    whose effect is proven.
    """

    signals: int
    decided: int
    acted: int
    proven: int
    untaken: tuple[str, ...]
    ids: tuple[str, ...]
    proven_ids: tuple[str, ...] = ()
    span: str = ""

    @property
    def says(self) -> str:
        """The loop in one sentence."""
        during = f" {self.span}" if self.span else ""
        if not self.signals:
            return f"No signal asked for action{during}."
        which = (
            f" ({words.listed(self.proven_ids)})" if 0 < len(self.proven_ids) <= MOST_NAMED else ""
        )
        left = f"; nobody took up {_number(len(self.untaken))} of them" if self.untaken else ""
        return (
            f"Of {words.small_number(self.signals)} signal{'s' * (self.signals != 1)} that stood"
            f"{during}, {_number(self.decided)} led to a decision, {_number(self.acted)} to an action "
            f"that was done by its end, and {_number(self.proven)} to an effect that the data prove"
            f"{which}{left}."
        )


def _number(count: int) -> str:
    return words.small_number(count) if count else "none"


def loop_counts(home: Home, asked: Asked) -> Loop:
    """The loop from signal to proven effect, for the plants and days asked."""
    day = asked.day
    taken = [
        entry
        for entry in registering.listed(home, NONCONFORMITY, asked.where)
        if entry.item.origin is Origin.SIGNAL and _stood(entry.item, asked)
    ]
    untaken = _untaken(home, asked)
    with_actions = [(e, [a.item for a in actions_of(home.store, e.id)]) for e in taken]
    decided = [(e, a) for e, a in with_actions if a or e.item.closed_on is not None]
    acted = [(e, [x for x in a if x.done_on and x.done_on <= day]) for e, a in decided]
    acted = [(e, a) for e, a in acted if a]
    proven = [e for e, a in acted if any(_proven_by(home, x, day) for x in a)]
    return Loop(
        len(taken) + len(untaken), len(decided), len(acted), len(proven),
        tuple(one.headline for one in untaken), tuple(e.id for e in taken),
        tuple(e.id for e in proven), until_looked(asked),
    )  # fmt: skip


def _stood(item: Nonconformity, asked: Asked) -> bool:
    """Whether a nonconformity was open on any of the days asked."""
    if item.found_on is None or item.found_on > asked.day:
        return False
    return item.closed_on is None or item.closed_on >= asked.first


def _proven_by(home: Home, item: Action, day: date) -> bool:
    return (item.decided_on or date.min) <= day and proven_effective(home, item)


def within(day: date | None, asked: Asked) -> bool:
    """Whether a day is among those asked."""
    return day is not None and asked.first <= day <= asked.day


def proven_effective(home: Home, item: Action) -> bool:
    """Whether an action was decided to have worked, and the data said so when that was decided.

    Where no figures were kept with the decision, today's are asked.
    """
    if item.decision is not Decision.WORKED:
        return False
    if item.effect is not None:
        return item.effect.verdict == EffectVerdict.WORKED.value
    return verdict_of(home, item).verdict is EffectVerdict.WORKED


def _untaken(home: Home, asked: Asked) -> list[Screened]:
    """Signals on the list of what needs action, that no nonconformity open at the end answers."""
    settled = Settled(home.view())
    open_ones = [
        entry
        for entry in registering.listed(home, NONCONFORMITY, asked.where)
        if (entry.item.found_on or date.min) <= asked.day
        and (entry.item.closed_on is None or entry.item.closed_on > asked.day)
    ]
    found = screen(home, Filters(where=asked.where, last=asked.last)).act
    return [one for one in found if not answering(open_ones, one.kpi.id, one.slice, settled)]


def answering(
    open_ones: Iterable[Recorded[Nonconformity]], kpi: str, where: Slice, settled: Settled
) -> Recorded[Nonconformity] | None:
    """The open nonconformity that answers a signal: of its KPI, and of its slice or a wider one."""
    own = {*settled(where)}
    for entry in open_ones:
        item = entry.item
        if item.kpi == kpi and {*settled(item.slice)} <= own:
            return entry
    return None


def taken_up(home: Home, kpi: str, filters: Filters) -> Recorded[Nonconformity] | None:
    """The open nonconformity that answers a chart seen through these filters; ``None``: none does."""
    entries = [e for e in registering.listed(home, NONCONFORMITY) if e.item.closed_on is None]
    settled = Settled(home.view())
    return answering(entries, kpi, filters.where, settled)
