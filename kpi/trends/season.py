"""Is there a season? Only said where the evidence holds, whatever the level does beside it."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from kpi.trends.candidates import VAGUE, Candidate, candidates
from kpi.trends.filtering import Problem, Run, runs

Values = npt.NDArray[np.float64]

CLEAR: Final = 0.01
"""A season is said to be there below this probability of chance; the error rates are simulated."""

FULL_CYCLES: Final = 2
"""Every month must have been seen this often: with less, a season and a change are one."""

_NOTHING: Final = 1e-12
"""Stands for a sum of squares of zero, where all values are equal."""


@dataclass(frozen=True, slots=True, eq=False)
class Season:
    """What is known of a season at the end of a series.

    ``p_value`` is the probability of a pattern as strong by chance, ``nan`` where it cannot be told
    yet. ``effects`` is how far each place of the cycle lies from the usual level on the forecasting
    scale, ``errors`` their standard errors; both empty without evidence.
    """

    p_value: float
    effects: Values
    errors: Values

    @property
    def clear(self) -> bool:
        """There is evidence of a season."""
        return self.p_value < CLEAR


def season_p(problem: Problem) -> Values:
    """The probability of a season as strong by chance, as it stood after each past period.

    An F test of one value for each month, beside whatever structure the series has (a level that
    stays, wanders, is returned to, or drifts): the tests under all structures are averaged by how
    well each explains the series with the season taken out. From the third full cycle on a second
    F test looks for one smooth wave a year, averaged also by how well each structure explains the
    series without a season, because an autocorrelated series makes waves of its own; the smaller
    then counts double. ``nan`` until every month was seen twice.
    """
    length = len(problem.y)
    if problem.cycle < 2:
        return np.full(length, np.nan)
    plain = candidates()
    without = runs(problem, plain)
    months = _test(problem, plain, without, wave=False)
    wave = _test(problem, plain, without, wave=True)
    seen = _seen(problem)
    both = np.minimum(2 * np.minimum(months, wave), 1.0)
    found = np.where(seen > FULL_CYCLES, both, months)
    return np.where(seen >= FULL_CYCLES, found, np.nan)


def _test(
    problem: Problem, plain: tuple[Candidate, ...], without: list[Run], *, wave: bool
) -> Values:
    from scipy.special import fdtrc

    taken = 2 if wave else problem.cycle - 1
    seasonal = runs(problem, [replace(c, season=VAGUE, wave=wave) for c in plain])
    found = []
    for season, null in zip(seasonal, without, strict=True):
        freedom = _freedom(season, taken)
        squares = np.maximum(season.squares, _NOTHING)
        ratio = np.maximum(null.squares - squares, 0.0) / taken / (squares / freedom)
        found.append(fdtrc(taken, freedom, ratio))
    by_season = _averaged(found, [_fit(s, taken) for s in seasonal])
    if not wave:
        return by_season
    return (by_season + _averaged(found, [_fit(n, 0) for n in without])) / 2


def _freedom(past: Run, taken: int) -> Values:
    return np.maximum(past.count - past.candidate.unknowns - taken, 1).astype(float)


def _fit(past: Run, taken: int) -> Values:
    """How well a structure explains the series: log density, what is vague integrated out."""
    from scipy.special import gammaln

    half = _freedom(past, taken) / 2
    vague = (past.candidate.unknowns - 1) * np.log(VAGUE) / 2
    squares = np.log(np.maximum(past.squares, _NOTHING))
    return np.asarray(
        gammaln(half) - half * squares - past.logs / 2 + vague + np.log(past.candidate.share)
    )


def _averaged(p_values: list[Values], fits: list[Values]) -> Values:
    weight = np.exp(np.array(fits) - np.max(fits, axis=0))
    return np.asarray((np.array(p_values) * weight).sum(axis=0) / weight.sum(axis=0))


def _seen(problem: Problem) -> npt.NDArray[np.int64]:
    """How often every place of the cycle has been measured at least, after each period."""
    measured = np.isfinite(problem.y)
    places = problem.places[: len(problem.y)]
    own = (places[:, None] == np.arange(problem.cycle)) & measured[:, None]
    return np.asarray(np.cumsum(own, axis=0).min(axis=1))
