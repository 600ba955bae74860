"""The first month: from an empty home to a held review, each step as far as the home shows it done."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from kpi.analysis import words
from kpi.analysis.home import Home
from kpi.measures import values_of
from kpi.measures.names import read_names
from kpi.qms import current_targets
from kpi.qms.actions import ACTION
from kpi.qms.audits import AUDIT
from kpi.qms.context import CLIMATE, ISSUE, PARTY
from kpi.qms.measurement import ANALYSIS, PLAN_ENTRY
from kpi.qms.nonconformities import NONCONFORMITY
from kpi.qms.objectives import OBJECTIVE
from kpi.qms.processes import PROCESS
from kpi.qms.register import Kind, recorded
from kpi.qms.reviews import REVIEW, ReviewStatus
from kpi.qms.risks import OPPORTUNITY, RISK

_CODE: Final = re.compile(r"[A-Za-z]{0,3}[-. ]?\d{1,6}")
"""What reads like a code and not like a word: D05, 107, RC-12."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what to do and why in a sentence, the page where it is done, whether it is."""

    key: str
    title: str
    says: str
    page: str
    done: bool


@dataclass(frozen=True, slots=True)
class Guide:
    """The steps in their order; ``next`` is the first one that is left, ``None`` where none is."""

    steps: tuple[Step, ...]

    @property
    def done(self) -> int:
        """How many steps are done."""
        return sum(step.done for step in self.steps)

    @property
    def next(self) -> Step | None:
        """The first step that is left."""
        return next((step for step in self.steps if not step.done), None)

    @property
    def says(self) -> str:
        """How far it is, in a sentence."""
        if self.next is None:
            return "The first review is held. From here on it is a habit."
        count = words.small_number(self.done) if self.done else "none"
        return (
            f"From an empty home to a held review: {count} of {len(self.steps)} steps done. "
            f"Next: {words.within(self.next.title)}."
        )


def first_month(home: Home) -> Guide:
    """The steps of the first month, each done or not by what the home holds; nobody ticks anything.

    A step that this home's data do not ask for (names, where no codes are) counts as done.
    """
    return Guide(tuple(step(home) for step in _STEPS))


def _any(*kinds: Kind[Any]) -> Callable[[Home], bool]:
    """Whether there is a record of any of these kinds."""
    return lambda home: any(recorded(home.store, kind) for kind in kinds)


def _all(*kinds: Kind[Any]) -> Callable[[Home], bool]:
    """Whether there is a record of each of these kinds."""
    return lambda home: all(recorded(home.store, kind) for kind in kinds)


def _settled(home: Home) -> bool:
    return bool(home.settings.plants)


def _uploaded(home: Home) -> bool:
    return home.position > 0


def _named(home: Home) -> bool:
    """Whether reasons read as names: most codes among them have one."""
    view = home.view()
    codes = [value for value in values_of(view, "reason", ()) if _CODE.fullmatch(value)]
    if not codes:
        return _uploaded(home)  # of files that are not there nobody knows
    return bool(read_names(view).of("reason", pd.Series(codes), None).notna().mean() > 0.5)


def _aimed(home: Home) -> bool:
    return bool(recorded(home.store, OBJECTIVE) or current_targets(home.store))


def _held(home: Home) -> bool:
    found = recorded(home.store, REVIEW)
    return any(entry.item.status is not ReviewStatus.DRAFT for entry in found)


def _step(
    key: str, title: str, says: str, page: str, done: Callable[[Home], bool]
) -> Callable[[Home], Step]:
    return lambda home: Step(key, title, says, page, done(home))


_STEPS: Final = (
    _step(
        "upload", "Upload the first files",
        "Drop in the month's exports as they are; what they change is shown before it counts.",
        "upload", _uploaded,
    ),
    _step(
        "settings", "Say when the plants work",
        "Shifts and closed days tell planned time from missing data; what to write stands there.",
        "targets", _settled,
    ),
    _step(
        "names", "Give codes their names",
        "Upload the list of codes, so that D05 reads as what it is.",
        "upload", _named,
    ),
    _step(
        "processes", "List the processes",
        "Six to twelve with an owner each, and the KPI that shows how each does.",
        "audits", _any(PROCESS),
    ),
    _step(
        "objectives", "Agree on objectives",
        "A KPI, a target, a day, an owner; the forecast then says how likely it is.",
        "objectives", _aimed,
    ),
    _step(
        "plan", "Write the measurement plan",
        "It is proposed from the files that were uploaded; take what fits.",
        "plan", _any(PLAN_ENTRY),
    ),
    _step(
        "analysis", "Note what a chart says",
        "Look at one chart, and record what you conclude: that is the analysis auditors ask for.",
        "scrap", _any(ANALYSIS),
    ),
    _step(
        "action", "Act on one signal",
        "Open a nonconformity from a card of the Overview, or below a KPI's chart, which goes with it.",
        "overview", _any(NONCONFORMITY, ACTION),
    ),
    _step(
        "registers", "Fill the registers",
        "Issues, interested parties, risks and opportunities: a handful each is enough to begin.",
        "registers", _all(ISSUE, PARTY, RISK, OPPORTUNITY),
    ),
    _step(
        "climate", "Decide on climate",
        "Is climate change a relevant issue? Yes or no, with the reason and the day.",
        "registers", _any(CLIMATE),
    ),
    _step(
        "audits", "Plan the audits",
        "Which process is looked at when, and by whom; the priorities are worked out.",
        "audits", _any(AUDIT),
    ),
    _step(
        "draft", "Draft the review",
        "Every input is filled from what is there, or says why there is nothing.",
        "review", _any(REVIEW),
    ),
    _step(
        "held", "Hold the review",
        "Its figures are frozen, and its documents kept; the decisions get owners and dates.",
        "review", _held,
    ),
)  # fmt: skip
