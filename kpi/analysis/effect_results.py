"""Before and after an action, as it is told: two sides, what lies between them, a verdict."""

from dataclasses import dataclass
from enum import Enum

from kpi.analysis.effect_sides import Action
from kpi.analysis.results import SeriesView
from kpi.measures import Kpi
from kpi.trends.effect import Effect


class EffectVerdict(Enum):
    """What became of an action."""

    WORKED = "worked"
    WORSE = "made it worse"
    NO_EVIDENCE = "no evidence yet"
    CHANGED = "changed"  # where no better direction is set


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the comparison: its level in the KPI's unit, and the periods it comes from."""

    level: float
    periods: tuple[str, ...]
    left_out: tuple[str, ...] = ()

    @property
    def first(self) -> str:
        """The label of the first period; empty where there is none."""
        return self.periods[0] if self.periods else ""

    @property
    def last(self) -> str:
        """The label of the last period; empty where there is none."""
        return self.periods[-1] if self.periods else ""


@dataclass(frozen=True, slots=True, eq=False)
class EffectView:
    """Before and after an action. Numbers are in the KPI's unit; ``nan`` where they cannot be told.

    ``expected`` is the level after, had nothing been done. ``roles`` has one word of
    ``effect_sides`` per period of ``series``. ``neither`` are the periods that hold the date or lie
    in the washout. ``hoped`` is a share of ``expected`` (-0.25: a quarter less), ``hoped_said``
    whether somebody said it. ``months_needed`` is how many more periods it takes to see it: 0 where
    it would show by now, ``None`` where it cannot be told or takes too long.
    """

    series: SeriesView
    action: Action
    event: str  # what was done, in its own words; empty for a date chosen by hand
    before: Side
    after: Side
    neither: tuple[str, ...]
    roles: tuple[str, ...]
    effect: Effect
    expected: float
    absolute: float
    low: float
    high: float
    hoped: float
    hoped_said: bool
    months_needed: int | None
    verdict: EffectVerdict
    reason: str  # why nothing can be said; empty where it can
    notes: tuple[str, ...]

    @property
    def kpi(self) -> Kpi:
        """The KPI looked at."""
        return self.series.kpi
