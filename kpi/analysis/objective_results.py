"""What is known of an objective: what ``kpi.analysis.objectives`` answers with."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from kpi.analysis.forecasting import Outlook
from kpi.analysis.results import SeriesView
from kpi.analysis.windows import WindowValue
from kpi.measures import Kpi
from kpi.qms.objectives import Life, Objective
from kpi.qms.register import Recorded


class Standing(StrEnum):
    """How an objective stands, decided from data alone."""

    MET = "met"
    ON_TRACK = "on track"
    AT_RISK = "at risk"
    OFF_TRACK = "off track"
    MISSED = "missed"
    TOO_EARLY = "too early to say"


ON_TRACK_FROM: Final = 0.75
"""On track where the target is met at least three times out of four; off track where at most once."""

WORST_FIRST: Final = (
    Standing.MISSED, Standing.OFF_TRACK, Standing.AT_RISK, Standing.TOO_EARLY, Standing.ON_TRACK,
    Standing.MET,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class StepView:
    """A target step: whether it was reached in the window of its day; ``None``: not known yet."""

    day: date
    level: float
    level_words: str
    reached: bool | None
    says: str


@dataclass(frozen=True, slots=True)
class ObjectiveView:
    """An objective as it stands.

    ``level`` is what its target means in the KPI's unit; ``now`` the window that ends with the
    latest month that is over, ``at_due`` that of its due date once there is one. ``reason`` is the
    sentence behind ``standing``, ``expected`` the forecast at the due date; both are the same on
    page, deck and command line. ``chart`` is the series of the window. ``lacks`` are sentences of
    what an auditor would miss.
    """

    entry: Recorded[Objective]
    kpi: Kpi | None
    title: str
    slice_words: str
    target_words: str
    due_words: str
    standing: Standing
    reason: str
    level: float | None = None
    expected: str = ""
    probability: float | None = None
    now: WindowValue | None = None
    now_words: str = ""
    at_due: WindowValue | None = None
    steps: tuple[StepView, ...] = ()
    outlook: Outlook | None = None
    chart: SeriesView | None = None
    parent: str = ""
    depth: int = 0
    lacks: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Of its record."""
        return self.entry.id

    @property
    def active(self) -> bool:
        """Whether it is still pursued."""
        return self.entry.item.status is Life.ACTIVE

    @property
    def word(self) -> str:
        """Its status in a word: what a person decided, or else what the data say."""
        return str(self.standing if self.active else self.entry.item.status)


@dataclass(frozen=True, slots=True)
class Baseline:
    """Where a KPI slice stood: what a target of so much less or more refers to."""

    value: float | None
    first: date
    last: date
    says: str
