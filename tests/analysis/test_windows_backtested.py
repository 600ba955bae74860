"""The forecast of windows, held against windows whose end is known: what is told comes as often."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from kpi.analysis.forecast_input import series_of
from kpi.analysis.window_forecast import _together, window_outlook
from kpi.measures import CATALOG
from kpi.model import Direction
from kpi.qms.objectives import Window
from kpi.settings import Settings
from kpi.trends import forecast
from tests.analysis.test_forecasting import points_of, view_of

SCRAP = CATALOG["scrap_rate"]
KNOWN = 36
WINDOWS = ((Window.ROLLING_3, 3), (Window.ROLLING_12, 6), (Window.YEAR_TO_DATE, 4))


def rates(kind, rng, months):
    noise = rng.standard_normal(months)
    if kind == "stable":
        return 0.02 * np.exp(0.08 * noise)
    if kind == "wandering":
        return 0.02 * np.exp(np.cumsum(0.05 * rng.standard_normal(months)) + 0.03 * noise)
    return 0.02 * np.exp(0.25 * np.sin(2 * np.pi * np.arange(months) / 12) + 0.06 * noise)


def backtested(kind, repeats):
    """For windows of simulated plants: what was told, whether the target was met, what was held."""
    found = []
    for window, left in WINDOWS:
        for repeat in range(repeats):
            rng = np.random.default_rng([repeat, left])
            months = KNOWN + left
            size = rng.integers(90_000, 110_000, months)
            top = rng.binomial(size, rates(kind, rng, months)).astype(float)
            own = {"rolling 3 months": 3, "rolling 12 months": 12}.get(str(window), months % 12)
            came = 100 * top[-own:].sum() / size[-own:].sum()
            known = points_of(SCRAP, top[:KNOWN], size[:KNOWN].astype(float), first="2023-01")
            last = 100 * top[KNOWN - own : KNOWN].sum() / size[KNOWN - own : KNOWN].sum()
            target = last * np.exp(rng.uniform(-0.15, 0.15))
            due = (pd.Period("2023-01", "M") + months - 1).end_time.date()
            told = window_outlook(
                view_of(SCRAP, known), Settings(), window, target, due, Direction.LOWER
            )
            end = told.ahead[-1]
            held = (end.low <= came <= end.high, end.low50 <= came <= end.high50)
            found.append((told.probability, came <= target, *held))
    return np.array(found, dtype=float)


@pytest.mark.long
def test_windows_of_plants_whose_future_is_known():
    found = np.concatenate([backtested(k, 6) for k in ("stable", "wandering", "season")])
    told, met, held80, held50 = found.T
    assert 0.74 <= held80.mean() <= 0.96
    assert 0.40 <= held50.mean() <= 0.66, "three of four, where months were taken to move together"
    for low, high in ((0.0, 0.25), (0.25, 0.75), (0.75, 1.0)):
        those = (told >= low) & (told <= high)
        assert those.sum() >= 10
        assert met[those].mean() == pytest.approx(told[those].mean(), abs=0.17)
    assert np.square(told - met).mean() < 0.13


def test_months_of_a_stable_process_even_out_and_those_of_a_wandering_one_do_not():
    def correlation(kind):
        rng = np.random.default_rng(5)
        size = np.full(KNOWN, 100_000)
        top = rng.binomial(size, rates(kind, rng, KNOWN)).astype(float)
        series = series_of(SCRAP, points_of(SCRAP, top, size.astype(float)), "month")
        return _together(forecast(series, np.full(6, 100_000.0)), KNOWN)

    stable, wandering = correlation("stable"), correlation("wandering")
    for one in (stable, wandering):
        assert np.allclose(one, one.T)
        assert np.allclose(np.diag(one), 1)
        assert np.linalg.eigvalsh(one).min() > 0
    assert stable[0, 1] < 0.5 < wandering[4, 5]
    assert wandering[4, 5] > wandering[0, 5], "neighbours go together more than months far apart"


def test_a_window_that_is_known_but_for_one_month_is_as_sure_as_that_month_lets_it():
    size = np.full(KNOWN, 100_000.0)
    top = np.random.default_rng(3).binomial(100_000, 0.02, KNOWN).astype(float)
    view = view_of(SCRAP, points_of(SCRAP, top, size, first="2023-01"))

    def told(window, target):
        due = date(2026, 1, 31)
        return window_outlook(view, Settings(), window, target, due, Direction.LOWER)

    month = told(Window.YEAR_TO_DATE, 2.0)  # January alone
    year = told(Window.ROLLING_12, 2.0)
    spread = [o.ahead[-1].high - o.ahead[-1].low for o in (month, year)]
    assert spread[1] == pytest.approx(spread[0] / 12, rel=0.05)
    assert told(Window.ROLLING_12, 3.0).probability == 1.0
    assert told(Window.ROLLING_12, 1.0).probability == 0.0
    again = told(Window.ROLLING_12, 2.0)
    assert again.probability == year.probability, "the same in every run"
