"""A series seen through one candidate: what it forecast from every past period, and how well."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from kpi.trends.candidates import Candidate, Matrices, matrices

Values = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

FIRST_JUDGED: Final = 5
"""Points that every candidate may learn from before its forecasts are compared with others'."""

_NOTHING: Final = 1e-12
"""Stands for a variance of zero, where all values are equal."""


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """What is to be forecast, on the forecasting scale.

    ``y`` holds the past (``nan`` a gap), ``weights`` the variance of each period's noise relative to
    a usual one, for the past and ``ahead`` periods more; ``places`` likewise. ``floor`` is the least
    variance of the noise of a usual period: what counting alone gives.
    """

    y: Values
    weights: Values
    places: Places
    cycle: int
    ahead: int
    floor: float


@dataclass(frozen=True, slots=True, eq=False)
class Filtered:
    """What one candidate says at every origin t (rows), for 1…ahead periods on (columns).

    ``evidence`` is the logarithm of the density it gave to what came, one step ahead, up to t;
    ``freedom`` the degrees of freedom of its spread. Where it cannot forecast yet: ``nan``.
    """

    mean: Values
    spread: Values
    evidence: Values
    freedom: Values


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """The Kalman filter's own results for one candidate: one number or matrix per period.

    ``squares`` adds up the squared errors of its one-step forecasts over their variance, ``logs``
    the logarithms of these variances, both from the first point it could judge.
    """

    candidate: Candidate
    model: Matrices
    design: Values
    shift: float
    judged: npt.NDArray[np.bool_]
    count: npt.NDArray[np.int64]
    squares: Values
    logs: Values
    state: Values  # (periods, states), after each period
    cover: Values  # (periods, states, states): its variance


def run(problem: Problem, candidate: Candidate) -> Run:
    """Run a Kalman filter over the past once."""
    return runs(problem, [candidate])[0]


def runs(problem: Problem, given: Sequence[Candidate]) -> list[Run]:
    """Run a Kalman filter over the past for many candidates at once, all with a season or all without.

    Period by period for all of them together: statsmodels, which gives the same, takes a
    millisecond to begin with each, and a forecast asks for a hundred.
    """
    models = [matrices(candidate, problem.cycle) for candidate in given]
    length, design = len(problem.y), _designs(models[0], problem)
    shift = _first(problem.y)  # a level of nought: the vague start must not matter
    y, seen = problem.y - shift, np.isfinite(problem.y)
    step_on, noise, cover = (
        np.stack([getattr(model, name) for model in models])
        for name in ("transition", "noise", "start")
    )
    state = np.zeros(cover.shape[:2])
    states, covers = np.empty((length, *state.shape)), np.empty((length, *cover.shape))
    errors, variances = np.zeros((2, length, len(given)))
    for at in range(length):
        toward = cover @ design[at]
        variances[at] = toward @ design[at] + problem.weights[at]
        if seen[at]:
            errors[at] = y[at] - state @ design[at]
            gain = toward / variances[at][:, None]
            state = state + gain * errors[at][:, None]
            cover = cover - gain[:, :, None] * toward[:, None, :]
        states[at], covers[at] = state, cover
        state = (step_on @ state[:, :, None])[:, :, 0]
        cover = step_on @ cover @ step_on.swapaxes(1, 2) + noise
        cover = (cover + cover.swapaxes(1, 2)) / 2  # what rounding has made uneven
    count = np.cumsum(seen)
    judged = [seen & (count > candidate.unknowns) for candidate in given]
    known = np.stack(judged, axis=1)
    squares = np.cumsum(np.where(known, np.square(errors) / variances, 0.0), axis=0)
    logs = np.cumsum(np.where(known, np.log(variances), 0.0), axis=0)
    return [
        Run(
            candidate, models[i], design, shift, judged[i], count,
            squares[:, i], logs[:, i], states[:, i], covers[:, i],
        )
        for i, candidate in enumerate(given)
    ]  # fmt: skip


def _first(y: Values) -> float:
    measured = y[np.isfinite(y)]
    return float(measured[0]) if len(measured) else 0.0


def _designs(model: Matrices, problem: Problem) -> Values:
    rows = np.tile(model.design, (len(problem.weights), 1))
    if len(model.design) > 3:
        rows[np.arange(len(rows)), 3 + problem.places] = 1.0
    return rows


def filtered(problem: Problem, candidate: Candidate) -> Filtered:
    """What a candidate forecast from every past period, and the evidence for it until then."""
    return told_ahead(problem, run(problem, candidate))


def told_ahead(problem: Problem, past: Run) -> Filtered:
    """What a candidate forecast from every past period, given what filtering it gave."""
    freedom = (past.count - past.candidate.unknowns).astype(float)
    usable = np.maximum(freedom, 1.0)
    noise = np.maximum(np.maximum(past.squares / usable, problem.floor), _NOTHING)
    mean, spread = _ahead(problem, past)
    ready = (freedom >= 1)[:, None]
    return Filtered(
        np.where(ready, mean + past.shift, np.nan),
        np.where(ready, np.sqrt(spread * noise[:, None]), np.nan),
        _evidence(past, usable),
        usable,
    )


def _evidence(past: Run, freedom: Values) -> Values:
    """Log density of the forecasts with the unknown noise integrated out (a Student t each)."""
    from scipy.special import gammaln

    total = gammaln(freedom / 2) - freedom / 2 * np.log(np.maximum(past.squares, _NOTHING))
    total -= past.logs / 2
    begun = past.count >= FIRST_JUDGED
    return np.where(begun, total - total[np.argmax(begun)], 0.0)


def _ahead(problem: Problem, past: Run) -> tuple[Values, Values]:
    length, last = len(problem.y), len(past.design) - 1
    state, cover, step_on = past.state, past.cover, past.model.transition
    mean, variance = np.full((2, length, problem.ahead), np.nan)
    for step in range(problem.ahead):
        state = state @ step_on.T
        cover = step_on @ cover @ step_on.T + past.model.noise
        at = np.minimum(np.arange(length) + step + 1, last)
        design = past.design[at]
        mean[:, step] = np.einsum("ts,ts->t", design, state)
        variance[:, step] = np.einsum("ts,tsr,tr->t", design, cover, design) + problem.weights[at]
    return mean, variance
