"""The few ways in which a series may go on, as state-space models; a Kalman filter runs them.

Every candidate is a local structure plus noise: a level that stays, one that wanders, one that is
left and returned to (neighbouring periods resemble each other), one with a trend, or simply the
last value again. Variances are
relative to the noise of a usual period; the noise itself is learnt from the series.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

LEVEL: Final = "level"
WANDERING: Final = "wandering"
RETURNING: Final = "returning"
TREND: Final = "trend"

LAST: Final = "last value"

SHARES: Final = {LEVEL: 0.4, WANDERING: 0.2, RETURNING: 0.15, TREND: 0.2, LAST: 0.05}
"""How much each family counts before the series has said anything: what is accepted as one phase
is usually one level."""

VAGUE: Final = 1e6
"""Variance of what nothing is known of, relative to the noise: the level and the slope at first."""

SEASONS: Final = (1.0, 30.0)
"""Spread of the months' own effects, relative to the noise, in the seasonal candidates."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One model: a level that moves by ``level`` a period, a slope by ``slope`` and kept by
    ``damping``, an autocorrelated part of variance ``swing`` with ``memory``, and a season.
    """

    family: str
    level: float = 0.0
    slope: float | None = None  # None: no slope
    damping: float = 1.0
    swing: float = 0.0
    memory: float = 0.0
    season: float = 0.0  # variance of each month's own effect; 0: no season
    wave: bool = False  # the season is one smooth wave a year, not a value for each month
    share: float = 1.0

    @property
    def unknowns(self) -> int:
        """How many points it takes before its first forecast."""
        return 1 if self.slope is None else 2


def _plain() -> Iterator[Candidate]:
    yield Candidate(LEVEL)
    for level in (0.01, 0.03, 0.1, 0.3, 1.0, 4.0):
        yield Candidate(WANDERING, level=level)
    yield Candidate(LAST, level=1000.0)
    for memory in (0.3, 0.6, 0.85):
        for swing in (0.5, 2.0, 20.0):
            yield Candidate(RETURNING, memory=memory, swing=swing)
    yield Candidate(TREND, slope=0.0)
    yield Candidate(TREND, slope=0.0, level=0.1)
    yield Candidate(TREND, slope=0.0, level=1.0)
    yield Candidate(TREND, slope=0.01, level=0.1, damping=0.9)
    yield Candidate(TREND, slope=0.1, level=0.1, damping=0.9)


def candidates(*, seasonal: bool = False) -> tuple[Candidate, ...]:
    """All candidates without a season, or all with one; their shares add up to 1."""
    plain = tuple(_plain())
    many = {family: sum(c.family == family for c in plain) for family in SHARES}
    seasons = SEASONS if seasonal else (0.0,)
    return tuple(
        replace(c, season=season, share=SHARES[c.family] / many[c.family] / len(seasons))
        for c in plain
        for season in seasons
    )


@dataclass(frozen=True, slots=True, eq=False)
class Matrices:
    """A candidate as a state-space model: state = level, slope, swing, then one effect per place."""

    design: Values  # (states,) without the season
    transition: Values
    noise: Values  # of the state, per period
    start: Values  # variance of the state at first


def matrices(candidate: Candidate, cycle: int) -> Matrices:
    """The model's matrices, all variances relative to the noise of a usual period."""
    size = 3 + (cycle if candidate.season else 0)
    transition, noise, start = np.eye(size), np.zeros((size, size)), np.zeros((size, size))
    design = np.zeros(size)
    design[[0, 2]] = 1.0
    slope = candidate.slope is not None
    transition[0, 1] = candidate.damping if slope else 0.0
    transition[1, 1] = candidate.damping if slope else 0.0
    transition[2, 2] = candidate.memory
    noise[0, 0] = candidate.level
    noise[1, 1] = candidate.slope or 0.0
    noise[2, 2] = candidate.swing * (1 - candidate.memory**2)
    start[0, 0] = VAGUE
    start[1, 1] = VAGUE if slope else 0.0
    start[2, 2] = candidate.swing
    if candidate.season:
        start[3:, 3:] = candidate.season * _season_start(cycle, wave=candidate.wave)
    return Matrices(design, transition, noise, start)


def _season_start(cycle: int, *, wave: bool) -> Values:
    """Effects that add up to nothing over the cycle: a common part would be the level's."""
    if not wave:
        return np.asarray(np.eye(cycle) - 1 / cycle)
    angle = 2 * np.pi * np.arange(cycle) / cycle
    return np.asarray(np.cos(angle[:, None] - angle[None, :]))
