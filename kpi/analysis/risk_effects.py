"""Did what was done about a risk or an opportunity work? A verdict from data for each action."""

from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any, Final

from kpi.analysis import effect_words, words
from kpi.analysis.effect_results import EffectVerdict, EffectView
from kpi.analysis.effectiveness import effect_view
from kpi.analysis.home import Home
from kpi.analysis.registering import found, linked, linking, listed
from kpi.analysis.results import Filters
from kpi.errors import KpiError
from kpi.qms.actions import ACTION, Action
from kpi.qms.register import Kind, Recorded, Slice
from kpi.qms.risks import OPPORTUNITY, RISK, Opportunity, Risk

AnyRisk = Recorded[Risk] | Recorded[Opportunity]


class Verdict(Enum):
    """What the data say of an action on a risk or an opportunity."""

    FOR = "worked"
    AGAINST = "made it worse"
    NOT_YET = "not enough evidence yet"
    NO_KPI = "no KPI named"
    PENDING = "not done yet"


@dataclass(frozen=True, slots=True, eq=False)
class RiskAction:
    """An action on a risk or an opportunity, with what the data say of it.

    ``id`` is the action's own record; empty where it stands in the risk itself. ``view`` compares
    before and after, ``None`` where nothing could be compared; ``says`` tells why.
    """

    title: str
    id: str
    planned: date | None
    done: date | None
    verdict: Verdict
    says: str
    decision: str = ""
    view: EffectView | None = None


RiskRegister = tuple[tuple[AnyRisk, tuple[RiskAction, ...]], ...]
"""Risks or opportunities, each with what became of the actions on it."""


@dataclass(frozen=True, slots=True)
class _Judging:
    """By what an action is judged."""

    kpi: str
    where: Slice
    done: date | None
    settles: float | None
    hoped: float | None
    period: str = "month"


def risk_register(
    home: Home, kind: str, where: Slice = (), last: date | None = None
) -> RiskRegister:
    """Every risk (or opportunity, by the name of the kind) seen by a day, with its actions."""
    return tuple(
        (entry, risk_actions(home, entry, last))
        for entry in listed(home, _kind(kind), where)
        if last is None or (entry.item.identified or last) <= last
    )


def _kind(name: str) -> Kind[Any]:
    return RISK if name == RISK.name else OPPORTUNITY


def actions_on(home: Home, kind: str, id: str, last: date | None = None) -> tuple[RiskAction, ...]:
    """The actions on one risk or opportunity, by the name of its kind and its id, with verdicts.

    Raises
    ------
    UnknownNameError
        There is none with this id, or none that may be seen.
    """
    return risk_actions(home, found(home, _kind(kind), id), last)


def risk_actions(home: Home, entry: AnyRisk, last: date | None = None) -> tuple[RiskAction, ...]:
    """Every action on a risk or an opportunity with its verdict from data up to a day.

    Before and after the day it was done are compared on the KPI named, seen through what the risk is
    about; an action that is a record of its own names its own KPI, or else takes the risk's. Where
    no KPI is named nothing is guessed: the verdict says so.
    """
    item = entry.item
    own = []
    if item.action or item.done:
        by = _Judging(item.kpi, item.slice, item.done, item.settles, item.hoped)
        verdict, says, view = judged(home, by, item.planned, last)
        title = item.action or "what was done"
        own.append(RiskAction(title, "", item.planned, item.done, verdict, says, "", view))
    return (*own, *(_of_record(home, entry, one, last) for one in _records(home, entry)))


def _records(home: Home, entry: AnyRisk) -> tuple[Recorded[Action], ...]:
    both = (*linked(home, entry.item), *linking(home, entry.id))
    mine: dict[str, Recorded[Any]] = {e.id: e for kind, e in both if kind is ACTION}
    # What was given up before it was done says nothing of the risk.
    return tuple(e for _, e in sorted(mine.items()) if not e.item.over or e.item.done_on)


def _of_record(
    home: Home, entry: AnyRisk, action: Recorded[Action], last: date | None
) -> RiskAction:
    own, risk = action.item, entry.item
    by = _Judging(
        kpi=own.kpi or risk.kpi,
        where=own.slice if own.kpi else risk.slice,
        done=(own.counts_from or own.done_on) if own.done_on else None,
        settles=own.washout,
        hoped=own.hoped if own.hoped is not None else risk.hoped,
        period=own.period if own.kpi else "month",
    )
    verdict, says, view = judged(home, by, own.due, last)
    return RiskAction(
        own.title, action.id, own.due, own.done_on, verdict, says, str(own.decision), view
    )


def judged(
    home: Home, by: _Judging, planned: date | None, last: date | None
) -> tuple[Verdict, str, EffectView | None]:
    """The verdict on one action, in a word and in a sentence, and what was compared."""
    if by.done is None or (last is not None and by.done > last):
        when = f"planned for {words.date_words(planned)}" if planned else "without a day"
        late = planned is not None and last is not None and planned < last
        return Verdict.PENDING, f"Not done yet: {when}{', overdue' if late else ''}.", None
    if not by.kpi:
        return Verdict.NO_KPI, "No KPI is named by which the effect would show.", None
    try:
        view = effect_view(
            home, by.kpi, Filters(where=by.where, period=by.period, last=last), by.done,
            washout=int(by.settles or 0), hoped=None if by.hoped is None else by.hoped / 100,
        )  # fmt: skip
    except (KpiError, ValueError) as error:
        # Its KPI or slice is no longer what it was; the rest of the register is told all the same.
        return Verdict.NOT_YET, f"No evidence yet: {error}", None
    return _VERDICTS[view.verdict], effect_words.sentence(view), view


_VERDICTS: Final = {
    EffectVerdict.WORKED: Verdict.FOR,
    EffectVerdict.WORSE: Verdict.AGAINST,
    EffectVerdict.NO_EVIDENCE: Verdict.NOT_YET,
    EffectVerdict.CHANGED: Verdict.NOT_YET,  # of such a KPI nobody said which way is better
}


def summary(actions: tuple[RiskAction, ...]) -> str:
    """The verdicts counted, in a few words: ``1 worked, 2 without enough evidence yet``."""
    counts = {v: sum(a.verdict is v for a in actions) for v in Verdict}
    return ", ".join(f"{count} {_SUMMED[v]}" for v, count in counts.items() if count)


_SUMMED: Final = {
    Verdict.FOR: "worked",
    Verdict.AGAINST: "made it worse",
    Verdict.NOT_YET: "without enough evidence yet",
    Verdict.NO_KPI: "without a KPI that would show it",
    Verdict.PENDING: "not done yet",
}
