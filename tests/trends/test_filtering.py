"""The Kalman filter of all candidates at once, against that of statsmodels, one by one."""

from dataclasses import replace

import numpy as np
import pytest
from statsmodels.tsa.statespace.kalman_filter import KalmanFilter

from kpi.trends.candidates import VAGUE, candidates, matrices
from kpi.trends.filtering import Problem, runs


def problem(length=30, cycle=12):
    """A wandering series with gaps at its beginning and within, whose volumes differ."""
    rng = np.random.default_rng(4)
    y = np.cumsum(rng.normal(size=length)) + 40
    y[[0, 7, 8, 20]] = np.nan
    weights = rng.uniform(0.5, 2.0, size=length + 3)
    return Problem(y, weights, (np.arange(length + 3) + 5) % cycle, cycle, 3, 0.01)


def by_statsmodels(asked, candidate, design):
    model = matrices(candidate, asked.cycle)
    length, size = len(asked.y), len(model.design)
    engine = KalmanFilter(k_endog=1, k_states=size, k_posdef=size)
    shift = asked.y[np.isfinite(asked.y)][0]
    engine.bind((asked.y - shift)[:, None].copy())
    engine["design"] = np.ascontiguousarray(design[:length].T)[None]
    engine["transition"] = model.transition
    engine["selection"] = np.eye(size)
    engine["state_cov"] = model.noise
    engine["obs_cov"] = np.ascontiguousarray(asked.weights[:length])[None, None]
    engine.initialize_known(np.zeros(size), model.start)
    return engine.filter()


@pytest.mark.parametrize("season", [{}, {"season": VAGUE}, {"season": 30.0, "wave": True}])
def test_all_candidates_at_once_are_filtered_as_statsmodels_filters_each(season):
    asked = problem()
    given = [replace(c, **season) for c in candidates()]
    for past in runs(asked, given):
        found = by_statsmodels(asked, past.candidate, past.design)
        error, variance = found.forecasts_error[0], found.forecasts_error_cov[0, 0]
        own = np.where(past.judged, np.square(error) / variance, 0.0)
        logs = np.where(past.judged, np.log(variance), 0.0)
        covers = np.moveaxis(found.filtered_state_cov, 2, 0)
        assert past.squares == pytest.approx(np.cumsum(own), rel=1e-7)
        assert past.logs == pytest.approx(np.cumsum(logs), rel=1e-7, abs=1e-7)
        assert past.state == pytest.approx(found.filtered_state.T, rel=1e-6, abs=1e-6)
        assert past.cover == pytest.approx(covers, rel=1e-5, abs=1e-4)
