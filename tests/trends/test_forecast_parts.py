"""The parts of a forecast, each against a closed form or against statsmodels' own models."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.tsa.statespace.structural import UnobservedComponents

from kpi.trends.backtest import horizon_tested, last_known, measure
from kpi.trends.candidates import LEVEL, TREND, WANDERING, Candidate, candidates
from kpi.trends.filtering import Problem, filtered, run
from kpi.trends.mixing import Mixture, around, mixture, weights
from kpi.trends.scales import Kind, Series, back, edges, forward, threshold
from kpi.trends.season import _test, season_p


def problem(y, ahead=3, cycle=0, weights_of=None, floor=0.0):
    length = len(y) + ahead
    places = np.arange(length) % cycle if cycle else np.zeros(length, dtype=int)
    noise = np.ones(length) if weights_of is None else weights_of
    return Problem(np.asarray(y, float), noise, places, cycle, ahead, floor)


Y = np.array([5.1, 4.7, 5.6, 5.0, 4.4, 5.9, 5.3, 4.8, 5.5, 5.2, 4.9, 5.7])


def test_a_level_that_stays_is_forecast_by_the_mean_and_its_t_interval():
    """The textbook prediction: mean ± t(n-1) s √(1 + 1/n)."""
    found = filtered(problem(Y), Candidate(LEVEL))
    assert found.mean[-1] == pytest.approx([Y.mean()] * 3, rel=1e-5)
    assert found.spread[-1, 0] == pytest.approx(Y.std(ddof=1) * np.sqrt(1 + 1 / 12), rel=1e-5)
    assert found.freedom[-1] == 11


def test_a_gap_is_a_gap_and_no_zero():
    gappy = np.insert(Y, 4, np.nan)
    found = filtered(problem(gappy), Candidate(LEVEL))
    assert found.mean[-1, 0] == pytest.approx(Y.mean(), rel=1e-5)
    assert found.freedom[-1] == 11


def test_a_lasting_trend_is_forecast_as_a_regression_line_is():
    time = sm.add_constant(np.arange(12.0))
    line = sm.OLS(Y, time).fit().get_prediction(np.array([[1.0, 14.0]]))
    found = filtered(problem(Y), Candidate(TREND, slope=0.0))
    assert found.mean[-1, 2] == pytest.approx(float(line.predicted_mean[0]), rel=1e-4)
    se_of_new = float(np.sqrt(line.se_mean[0] ** 2 + sm.OLS(Y, time).fit().scale))
    assert found.spread[-1, 2] == pytest.approx(se_of_new, rel=1e-4)


def test_volumes_weigh_as_in_weighted_least_squares():
    noise = np.concatenate([np.linspace(0.2, 3.0, 12), np.ones(3)])
    found = filtered(problem(Y, weights_of=noise), Candidate(LEVEL))
    fitted = sm.WLS(Y, np.ones(12), weights=1 / noise[:12]).fit()
    assert found.mean[-1, 0] == pytest.approx(float(fitted.params[0]), rel=1e-5)
    assert found.spread[-1, 0] ** 2 == pytest.approx(
        float(fitted.scale + fitted.bse[0] ** 2), rel=1e-4
    )


def test_a_wandering_level_is_what_unobserved_components_makes_of_it():
    model = UnobservedComponents(Y, "llevel")
    known = model.filter([1.0, 0.3])  # noise 1, level 0.3
    found = filtered(problem(Y), Candidate(WANDERING, level=0.3))
    expected = known.get_forecast(3)
    assert found.mean[-1] == pytest.approx(np.asarray(expected.predicted_mean), rel=1e-4)
    relative = np.asarray(expected.se_mean)
    assert found.spread[-1] / found.spread[-1, 0] == pytest.approx(relative / relative[0], rel=1e-4)


def test_counting_sets_the_least_noise():
    found = filtered(problem(Y, floor=4.0), Candidate(LEVEL))
    assert found.spread[-1, 0] == pytest.approx(2 * np.sqrt(1 + 1 / 12), rel=1e-5)


def test_shares_of_the_candidates_add_up_to_one():
    assert sum(c.share for c in candidates()) == pytest.approx(1)
    assert sum(c.share for c in candidates(seasonal=True)) == pytest.approx(1)


def test_the_true_structure_earns_weight():
    rng = np.random.default_rng(3)
    walk = np.cumsum(rng.normal(size=60)) * 3 + rng.normal(size=60)
    given = candidates()
    weight = weights([filtered(problem(walk), c) for c in given], given)
    assert weight.sum(axis=0) == pytest.approx(np.ones(60))
    assert weight[[c.family == LEVEL for c in given], -1].sum() < 0.001
    assert weight[:, 0] == pytest.approx([c.share for c in given])


def test_nothing_forecast_from_the_past_knows_what_came_after():
    changed = Y.copy()
    changed[8:] += 100
    given = candidates()
    one, other = ([filtered(problem(y), c) for c in given] for y in (Y, changed))
    for a, b in zip(one, other, strict=True):
        assert a.mean[7] == pytest.approx(b.mean[7])
        assert a.spread[7] == pytest.approx(b.spread[7])
    assert weights(one, given)[:, 7] == pytest.approx(weights(other, given)[:, 7])


def test_the_quantile_of_one_student_t_is_its_own():
    shape = (1, 1)
    one = Mixture(np.ones(shape), np.full(shape, 2.0), np.full(shape, 3.0), np.full(shape, 7.0))
    assert one.quantile(0.9)[0] == pytest.approx(2 + 3 * stats.t.ppf(0.9, 7), rel=1e-9)
    assert one.below(np.array([2.0]))[0] == pytest.approx(0.5)


def test_the_quantile_of_a_mixture_has_its_probability_below():
    given = candidates()
    seen = [filtered(problem(Y), c) for c in given]
    blend = mixture(seen, weights(seen, given)).at(-1)
    for level in (0.1, 0.25, 0.5, 0.75, 0.9):
        assert blend.below(blend.quantile(level)) == pytest.approx([level] * 3, abs=1e-9)


def test_another_forecast_is_as_wide_as_the_blend_expects_of_it():
    shape = (1, 1)
    one = Mixture(np.ones(shape), np.full(shape, 2.0), np.full(shape, 3.0), np.full(shape, 7.0))
    moved = around(one, np.array([6.0]))
    assert (float(moved.mean[0, 0]), float(moved.spread[0, 0])) == (6.0, 5.0)


# --- season -----------------------------------------------------------------------------------


def test_beside_a_level_that_stays_the_season_test_is_the_f_test_of_the_months():
    rng = np.random.default_rng(8)
    y = rng.normal(size=36) + np.tile(np.arange(12) % 3, 3)
    months = np.eye(12)[np.arange(36) % 12]
    full, flat = sm.OLS(y, months).fit(), sm.OLS(y, np.ones(36)).fit()
    level = (Candidate(LEVEL),)
    asked = problem(y, cycle=12)
    found = _test(asked, level, [run(asked, level[0])], wave=False)
    assert found[-1] == pytest.approx(float(full.compare_f_test(flat)[1]), rel=1e-3)


def test_the_wave_test_is_the_f_test_of_a_sine_and_a_cosine():
    rng = np.random.default_rng(9)
    angle = 2 * np.pi * np.arange(36) / 12
    y = rng.normal(size=36) + 0.5 * np.sin(angle)
    wave = np.column_stack([np.ones(36), np.sin(angle), np.cos(angle)])
    full, flat = sm.OLS(y, wave).fit(), sm.OLS(y, np.ones(36)).fit()
    level = (Candidate(LEVEL),)
    asked = problem(y, cycle=12)
    found = _test(asked, level, [run(asked, level[0])], wave=True)
    assert found[-1] == pytest.approx(float(full.compare_f_test(flat)[1]), rel=1e-3)


def test_no_season_is_told_before_every_month_was_seen_twice():
    y = np.tile(np.arange(12.0), 3) + np.random.default_rng(1).normal(size=36) * 0.1
    found = season_p(problem(y, cycle=12))
    assert np.isnan(found[:23]).all()
    assert (found[23:] < 0.01).all()
    y[3] = np.nan  # now April is seen twice a year later only
    assert np.isnan(season_p(problem(y, cycle=12))[:27]).all()


def test_without_a_cycle_there_is_no_season():
    assert np.isnan(season_p(problem(Y))).all()


# --- scales -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "per", "values"),
    [
        (Kind.SHARE, 100.0, [0.0, 2.0, 98.0, 100.0]),
        (Kind.COUNT, 1000.0, [0.0, 20.0, 40.0, 100.0]),
        (Kind.BOUNDED, 100.0, [0.0, 3.3, 97.0, 100.0]),
        (Kind.AMOUNT, 1.0, [0.0, 3.3, 97.0, 1e6]),
        (Kind.PLAIN, 1.0, [-4.0, 0.0, 97.0, 1e6]),
    ],
)
def test_there_and_back(kind, per, values):
    volume = np.full(4, 50.0)
    y, _ = forward(Series(np.array(values), volume, kind, per))
    assert back(y, volume, kind, per) == pytest.approx(values, abs=1e-6)


def test_no_bound_is_passed():
    far = np.array([-3.0, 9.0])
    volume = np.full(2, 50.0)
    assert back(far, volume, Kind.SHARE, 100.0).tolist() == [0.0, 100.0]
    assert back(far, volume, Kind.BOUNDED, 100.0).tolist() == [0.0, 100.0]
    assert back(far, volume, Kind.COUNT, 1.0)[0] == 0.0
    assert back(far, volume, Kind.AMOUNT, 1.0)[0] == 0.0


@pytest.mark.parametrize("things", [37.0, 38.0, 39.0])
def test_95_percent_of_40_is_met_by_38_and_not_by_37(things):
    series = Series(np.array([things / 40 * 100]), np.array([40.0]), Kind.SHARE, 100.0)
    place = threshold(95.0, 40.0, Kind.SHARE, 100.0, at_least=True)
    assert (forward(series)[0][0] > place) == (things >= 38)


def test_at_most_two_is_met_by_two_and_not_by_three():
    place = threshold(2.0, 1.0, Kind.COUNT, 1.0, at_least=False)
    two, three = forward(Series(np.array([2.0, 3.0]), np.ones(2), Kind.COUNT))[0]
    assert two < place < three


@pytest.mark.parametrize(("limit", "expected"), [(101.0, np.inf), (-1.0, -np.inf)])
def test_a_target_out_of_bounds_is_never_or_always_met(limit, expected):
    assert threshold(limit, 40.0, Kind.SHARE, 100.0, at_least=True) == expected


def test_a_count_reaches_half_a_thing_to_each_side():
    low, high = edges(np.array([3.0]), np.ones(1), Kind.COUNT, 1.0)
    assert back(low, np.ones(1), Kind.COUNT, 1.0)[0] == pytest.approx(2.5)
    assert back(high, np.ones(1), Kind.COUNT, 1.0)[0] == pytest.approx(3.5)


def test_root_noise_is_a_quarter_of_the_volumes_inverse():
    """Anscombe (1948): the variance of √(x + 3/8) is 1/4, whatever the mean."""
    rng = np.random.default_rng(4)
    counts = rng.poisson(9.0, 200_000).astype(float)
    y, noise = forward(Series(counts, np.ones(len(counts)), Kind.COUNT))
    assert y.var() == pytest.approx(noise[0], rel=0.02)


# --- back-test --------------------------------------------------------------------------------


def test_errors_by_hand():
    actual = np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 10, 9, 12])
    flat = np.full(11, 9.0)
    inside = np.zeros((11, 1), dtype=bool)
    inside[7:9, 0] = True
    found = measure(actual, flat, flat + 1, inside, horizon=1, cycle=4)
    assert found.origins == 3  # from the 8th, 9th and 10th point on
    assert found.mae == pytest.approx((1 + 0 + 3) / 3)
    assert found.naive_mae == pytest.approx((2 + 1 + 3) / 3)
    assert found.level_mae == pytest.approx((0 + 1 + 2) / 3)
    assert found.seasonal_mae == pytest.approx((5 + 3 + 5) / 3)
    assert found.mase == pytest.approx((4 / 3) / ((7 + 2 + 1 + 3) / 10))
    assert found.coverage80 == pytest.approx(2 / 3)
    assert not found.enough


def test_the_last_known_value_bridges_a_gap():
    assert last_known(np.array([3.0, np.nan, np.nan, 5.0])).tolist() == [3.0, 3.0, 3.0, 5.0]


def test_a_gap_is_no_target_of_a_past_forecast():
    actual = np.arange(12.0)
    actual[9] = np.nan
    found = measure(
        actual, np.zeros(12), np.zeros(12), np.ones((12, 1), bool), horizon=1, cycle=0
    )  # fmt: skip
    assert found.origins == 3  # to the 9th, 11th and 12th
    assert np.isnan(found.seasonal_mae)


def test_a_short_past_is_not_tested_far_ahead():
    assert [horizon_tested(n, 12) for n in (12, 24, 60)] == [3, 6, 12]
