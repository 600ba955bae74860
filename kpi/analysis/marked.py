"""What people's notes do to a series: phases, points that do not count, and a suggested step.

A note applies to the chart it was made for. Where the facts are looked at as an earlier ledger
entry had them, the notes that stand today apply all the same: a phase begins when its cause did,
whenever somebody wrote it down.
"""

from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from kpi.analysis import words
from kpi.analysis.home import Home
from kpi.analysis.results import SuggestedStep
from kpi.calendar import period_of
from kpi.measures import Kpi, values_of
from kpi.measures.engine import Remembered
from kpi.qms import (
    NO_NOTES,
    ChartNotes,
    PhaseStart,
    Slice,
    chart_notes,
)
from kpi.settings import Settings
from kpi.spc import Chart, Verdict, suggest_step
from kpi.spc.result import Baseline
from kpi.store import View

_STANDING: Final = Remembered(8)
"""The notes lately read, by home and number of records."""

ONE_PLANT: Final = ("line", "machine", "product")
"""Dimensions a value of which often belongs to one plant, so that naming the plant adds nothing."""


def standing_notes(home: Home) -> ChartNotes:
    """Every note on any chart, in its latest version."""
    key = (str(home.path), home.limit, home.store.records.number())
    return _STANDING.get(key, lambda: chart_notes(home.store))


class Settled:
    """Tells whether two slices are the same: a line of one plant is that plant's line.

    To whoever sees one plant only, everything is that plant.
    """

    def __init__(self, view: View) -> None:
        self._view = view
        self._of_plant: dict[str, dict[str, frozenset[str]]] = {}

    def __call__(self, chosen: Slice) -> Slice:
        """The slice with its plant, where only one plant has what it names."""
        if any(name == "plant" for name, _ in chosen):
            return chosen
        for dimension, value in chosen:
            if dimension in ONE_PLANT and sum(d == dimension for d, _ in chosen) == 1:
                owners = [p for p, held in self._values(dimension).items() if value in held]
                if len(owners) == 1:
                    return (*chosen, ("plant", owners[0]))
        plants = values_of(self._view, "plant", ()) if self._view.limit is not None else ()
        return (*chosen, ("plant", plants[0])) if len(plants) == 1 else chosen

    def _values(self, dimension: str) -> dict[str, frozenset[str]]:
        if dimension not in self._of_plant:
            self._of_plant[dimension] = {
                plant: frozenset(values_of(self._view, dimension, (plant,)))
                for plant in values_of(self._view, "plant", ())
            }
        return self._of_plant[dimension]


def notes_of(
    standing: ChartNotes, kpi_id: str, chosen: Slice, period: str, settled: Settled
) -> ChartNotes:
    """The notes of one chart, whether or not its slice names the plant that it lies in anyway."""
    if standing == NO_NOTES:
        return NO_NOTES
    own = settled(chosen)
    return standing.settled(settled).of(kpi_id, own, period)


def phase_numbers(points: pd.DataFrame, notes: ChartNotes) -> npt.NDArray[np.int64]:
    """The phase of each point, from 1: how many accepted phases had begun by its first day, plus one.

    Phases that began before the first point shown count, so that a number means the same whatever
    part of the time is looked at.
    """
    starts = np.array(sorted(n.start for n in notes.phases), dtype="datetime64[D]")
    begins = points["period_start"].to_numpy().astype("datetime64[D]")
    return 1 + np.searchsorted(starts, begins, side="right")


def exclusion_reasons(points: pd.DataFrame, notes: ChartNotes) -> list[str]:
    """Why each point does not count; empty where it does."""
    reasons = {n.start: n.reason for n in notes.exclusions}
    return [reasons.get(_day(begin), "") for begin in points["period_start"]]


def current_phase(points: pd.DataFrame, notes: ChartNotes) -> PhaseStart | None:
    """The phase the last point belongs to; ``None`` in the first, which nobody had to accept."""
    if points.empty or not notes.phases:
        return None
    last = _day(points["period_start"].iloc[-1])
    return max((n for n in notes.phases if n.start <= last), key=lambda n: n.start, default=None)


def frozen(notes: ChartNotes, numbers: npt.NDArray[np.int64]) -> list[Baseline]:
    """How many points make the limits of each phase shown; ``None`` where the default does."""
    begun = sorted(notes.phases, key=lambda n: n.start)
    shown = dict.fromkeys(numbers.tolist())
    return [begun[number - 2].freeze if number >= 2 else None for number in shown]


def phase_label(phase: PhaseStart, settings: Settings) -> str:
    """The label of the period a phase begins with: ``2026-03``."""
    return period_of(phase.start, phase.period, settings.fiscal).label


def suggested(
    kpi: Kpi, points: pd.DataFrame, drawn: Chart | None, verdict: Verdict | None
) -> SuggestedStep | None:
    """Where the level seems to have moved in the current phase, in the KPI's words; never applied.

    Only where a signal is in force: a page must not say "what moves is chance" and suggest a step.
    """
    if drawn is None or verdict is None or verdict.since is None:
        return None
    found = suggest_step(drawn)
    if found is None:
        return None
    label = str(points["period"].iloc[found.index])
    before, after = (words.value_text(v, kpi) for v in (found.before, found.after))
    if before == after:
        before = words.value_text(found.before, kpi, beside=found.after)
        after = words.value_text(found.after, kpi, beside=found.before)
    return SuggestedStep(
        period=label,
        start=_day(points["period_start"].iloc[found.index]),
        before=found.before,
        after=found.after,
        p_value=found.p_value,
        says=(
            f"The level seems to have moved {words.in_period(label)}: from {before} to {after}; "
            f"chance would show this in fewer than {_percent(found.p_value)} of series."
        ),
    )


def _percent(p_value: float) -> str:
    r"""An upper bound in per cent, never rounded down.

    >>> _percent(0.0034), _percent(1e-9)
    ('0.4\xa0%', '0.1\xa0%')
    """
    tenths = max(1, int(np.ceil(round(p_value * 1000, 9))))
    return words.with_unit(words.number(tenths / 10, 1), "%")


def _day(stamp: Any) -> date:
    return pd.Timestamp(stamp).date()
