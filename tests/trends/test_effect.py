"""Before and after, against numbers of others: R's, statsmodels', and by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpi.model import Direction
from kpi.trends.effect import FEWEST_BEFORE, Method, Series, effect
from kpi.trends.effect_lag import covariances, fits
from kpi.trends.effect_model import fit, nudged
from kpi.trends.effect_power import MOST_PERIODS, PLANNED, more_periods, power
from kpi.trends.effect_triggers import Charted, guarded, triggers

INDEPENDENT = Method(lag1=0.0, adjust=False)

WARP = {  # R datasets::warpbreaks (Tippett 1950; McNeil 1977): breaks per loom
    "AL": (26, 30, 54, 25, 70, 52, 51, 26, 67),
    "AM": (18, 21, 29, 17, 12, 18, 35, 30, 36),
    "AH": (36, 21, 24, 18, 10, 43, 28, 15, 26),
    "BL": (27, 14, 29, 19, 29, 31, 41, 20, 44),
    "BM": (42, 26, 19, 16, 39, 28, 21, 39, 29),
    "BH": (20, 21, 24, 17, 13, 15, 15, 16, 28),
}

OROBANCHE = (  # Crowder 1978, Applied Statistics 27, table 3, O. aegyptiaca 75: germinated of seeds
    ((10, 39), (23, 62), (23, 81), (26, 51), (17, 39)),  # on bean
    ((5, 6), (53, 74), (55, 72), (32, 51), (46, 79), (10, 13)),  # on cucumber
)


def made(nature, count, size, after, time=None):
    count, size = np.asarray(count, float), np.asarray(size, float)
    t = np.arange(len(count), dtype=float) if time is None else np.asarray(time, float)
    return Series(nature, count, size, t, t / 12, np.asarray(after, bool))


def warp_breaks():
    count = np.concatenate([np.array(v, float) for v in WARP.values()])
    names = [name for name, values in WARP.items() for _ in values]
    rows = [[1, n[0] == "B", n[1] == "M", n[1] == "H"] for n in names]
    return count, np.array(rows, float)


def wobbling(before, after, level=50.0, new=50.0, nature="normal", size=1.0):
    """A series without a pattern, the same in every run."""
    rng = np.random.default_rng(12)
    values = np.concatenate([np.full(before, level), np.full(after, new)])
    values = values * (1 + 0.1 * rng.normal(size=before + after))
    later = np.arange(before + after) >= before
    return made(nature, np.round(values) if nature != "normal" else values * size,
                np.full(before + after, size), later)  # fmt: skip


@pytest.mark.reference
def test_quasi_poisson_as_r_prints_it():
    """R: summary(glm(breaks ~ wool + tension, quasipoisson, warpbreaks))."""
    count, rows = warp_breaks()
    working = fit(count, np.ones_like(count), rows, "poisson")
    found = fits(working.design, working.response, rows, np.arange(54.0), floor=1.0, lag1=0.0)
    # R stops at 1e-8 of the deviance and takes the weights of the step before: 4e-6 apart.
    assert found.raw == pytest.approx(4.261537, rel=5e-6)
    assert found.coef == pytest.approx([3.69196, -0.20599, -0.32132, -0.51849], abs=5e-6)
    errors = np.sqrt(np.diagonal(found.cov[0]) * found.dispersion[0])
    assert errors == pytest.approx([0.09374, 0.10646, 0.12441, 0.13203], abs=5e-6)
    assert found.p_value([1]) == pytest.approx(0.058673, abs=1e-6)


@pytest.mark.reference
def test_quasi_binomial_of_published_counts_as_statsmodels_fits_it():
    import statsmodels.api as sm

    both = np.array([pair for group in OROBANCHE for pair in group], float)
    after = np.arange(len(both)) >= len(OROBANCHE[0])
    mirrored = np.concatenate([both, both])  # six before are needed; each twice
    later = np.concatenate([after, after])
    order = np.argsort(later, kind="stable")
    count, size, later = mirrored[order, 0], mirrored[order, 1], later[order]
    found = effect(made("binomial", count, size, later), INDEPENDENT)
    design = np.column_stack([np.ones(len(count)), later])
    theirs = sm.GLM(
        count / size, design, family=sm.families.Binomial(), var_weights=size
    ).fit(scale="X2", use_t=True)  # fmt: skip
    assert found.dispersion == pytest.approx(theirs.scale, rel=1e-7)
    assert found.p_value == pytest.approx(theirs.pvalues[1], rel=1e-6)
    low, high = theirs.conf_int()[1]
    odds = found.before / (1 - found.before)
    for ours, bound in ((found.low, low), (found.high, high)):
        level = odds * math.exp(bound)
        assert ours == pytest.approx(level / (1 + level) - found.before, rel=1e-6)
    assert found.before == pytest.approx(99 / 272)
    assert found.after == pytest.approx(201 / 295)


@pytest.mark.reference
def test_individuals_are_students_t_test():
    from scipy.stats import ttest_ind

    series = wobbling(20, 8, 50, 46)
    found = effect(series, INDEPENDENT)
    theirs = ttest_ind(series.count[20:], series.count[:20])
    assert found.p_value == pytest.approx(theirs.pvalue, rel=1e-9)
    low, high = theirs.confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-9)
    assert found.freedom == 26


@pytest.mark.reference
def test_weighted_individuals_are_weighted_least_squares():
    import statsmodels.api as sm

    rng = np.random.default_rng(3)
    size, value = rng.uniform(1, 5, 24), rng.normal(10, 1, 24)
    later = np.arange(24) >= 16
    found = effect(made("normal", value * size, size, later), INDEPENDENT)
    theirs = sm.WLS(value, np.column_stack([np.ones(24), later]), weights=size).fit()
    assert found.absolute == pytest.approx(theirs.params[1], rel=1e-9)
    assert found.p_value == pytest.approx(theirs.pvalues[1], rel=1e-9)


@pytest.mark.parametrize("lag", [0.0, 0.3, 0.8])
def test_the_covariance_is_that_of_the_whole_matrix(lag):
    rng = np.random.default_rng(4)
    x = rng.normal(size=(15, 3))
    time = np.cumsum(rng.integers(1, 4, 15)).astype(float)
    alike = lag ** np.abs(np.subtract.outer(time, time)) if lag else np.eye(15)
    bread = np.linalg.inv(x.T @ x)
    assert covariances(x, time, np.array([lag]))[0] == pytest.approx(
        bread @ x.T @ alike @ x @ bread
    )


def test_the_belief_in_a_correlation_is_the_restricted_likelihood():
    """Written out with whole matrices; the dispersion is statsmodels' of generalised least squares."""
    import statsmodels.api as sm

    rng = np.random.default_rng(5)
    x = np.column_stack([np.ones(20), np.arange(20) >= 12]).astype(float)
    y, time = rng.normal(size=20), np.arange(20.0)
    found = fits(x, y, x, time, floor=0.0)
    logs = []
    for k, lag in enumerate(found.lags):
        alike = lag ** np.abs(np.subtract.outer(time, time)) if lag else np.eye(20)
        theirs = sm.GLS(y, x, sigma=alike).fit()
        assert found.dispersion[k] == pytest.approx(theirs.scale, rel=1e-8)
        inner = x.T @ np.linalg.inv(alike) @ x
        logs.append(-0.5 * (np.linalg.slogdet(alike)[1] + np.linalg.slogdet(inner)[1]
                            + 18 * math.log(theirs.scale)))  # fmt: skip
    belief = np.exp(np.array(logs) - max(logs))
    assert found.weight == pytest.approx(belief / belief.sum(), rel=1e-6)


def test_more_spread_than_counts_explain_widens_the_interval():
    rng = np.random.default_rng(6)
    size = np.full(30, 100_000.0)
    calm = rng.binomial(100_000, 0.03, 30).astype(float)
    wild = np.round(calm * np.exp(0.2 * rng.normal(size=30)))
    later = np.arange(30) >= 24
    narrow, wide = (effect(made("binomial", c, size, later)) for c in (calm, wild))
    assert narrow.dispersion < 2 < 50 < wide.dispersion
    assert wide.high - wide.low > 5 * (narrow.high - narrow.low)
    plain = effect(made("binomial", wild, size, later), Method(lag1=0.0, dispersed=False))
    assert plain.p_value < 0.02 < 0.5 < wide.p_value


def test_counts_are_never_believed_to_vary_less_than_chance():
    size, count = np.full(20, 1000.0), np.full(20, 30.0)
    count[::2] += 1
    found = effect(made("poisson", count, size, np.arange(20) >= 14), INDEPENDENT)
    assert found.dispersion < 0.05
    rate = math.sqrt(1 / count[:14].sum() + 1 / count[14:].sum())
    from scipy.stats import t

    assert math.log(1 + found.relative_high) - math.log(
        found.after / found.before
    ) == pytest.approx(t.ppf(0.975, 18) * rate, rel=1e-6)


@pytest.mark.parametrize(
    ("count", "sign"),
    [
        pytest.param([9, 12, 8, 11, 10, 9, 12, 10, 0, 0, 0, 0, 0, 0], -1, id="nothing after"),
        pytest.param([0] * 8 + [9, 12, 8, 11, 10, 9], 1, id="nothing before"),
    ],
)
@pytest.mark.parametrize("nature", ["poisson", "binomial"])
def test_a_side_without_an_event_has_an_honest_interval(count, sign, nature):
    found = effect(made(nature, count, [500] * 14, np.arange(14) >= 8))
    assert sign * found.low > 0
    assert sign * found.high > 0
    assert min(found.before, found.after) == 0
    assert found.low <= found.absolute <= found.high
    assert found.relative_low >= -1 or math.isnan(found.relative_low)


def test_no_event_at_all_is_no_evidence():
    found = effect(made("poisson", [0] * 14, [500] * 14, np.arange(14) >= 8))
    assert found.low < 0 < found.high
    assert found.p_value > 0.3


def test_half_an_event_is_spread_over_an_empty_side_only():
    side = np.array([True, True, False])
    rate, size = nudged(
        np.array([0.0, 0.0, 0.1]), np.array([10.0, 30.0, 10.0]), (side, ~side), "binomial", 2.0
    )
    assert (rate * size).tolist() == pytest.approx([0.25, 0.75, 1.0])
    assert size.tolist() == pytest.approx([10.5, 31.5, 10.0])


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        pytest.param(FEWEST_BEFORE - 1, 12, False, id="one short before"),
        pytest.param(FEWEST_BEFORE, 1, True, id="just enough"),
        pytest.param(20, 0, False, id="nothing after yet"),
        pytest.param(0, 20, False, id="nothing before"),
        pytest.param(0, 0, False, id="nothing at all"),
    ],
)
@pytest.mark.parametrize("nature", ["normal", "poisson"])
def test_too_few_periods_have_no_interval(before, after, told, nature):
    assert effect(wobbling(before, after, nature=nature)).told is told


def test_what_never_varies_cannot_be_judged():
    found = effect(made("normal", [5.0] * 10 + [4.0] * 5, [1.0] * 15, np.arange(15) >= 10))
    assert not found.told
    assert found.absolute == -1.0


def test_a_gap_keeps_neighbours_apart():
    close, far = (np.array([0.0, 1, 2, 3]), np.array([0.0, 5, 10, 15]))
    x = np.ones((4, 1))
    lag = np.array([0.5])
    assert covariances(x, far, lag)[0, 0, 0] < covariances(x, close, lag)[0, 0, 0]


# --- trend and season ----------------------------------------------------------------------------


def drifting(slope, season=0.0, before=30, after=8, change=0.0):
    rng = np.random.default_rng(8)
    t = np.arange(before + after)
    value = 100 + slope * t + season * np.cos(2 * np.pi * t / 12) + 2 * rng.normal(size=len(t))
    return made("normal", value + change * (t >= before), np.ones(len(t)), t >= before)


def test_a_drift_that_was_there_anyway_is_no_effect():
    series = drifting(-1.0)
    found, naive = effect(series), effect(series, Method(adjust=False, lag1=0.0))
    assert naive.high < 0
    assert found.trend
    assert found.low < 0 < found.high
    assert found.expected == pytest.approx(series.count[series.after].mean(), abs=3)


def test_a_season_that_was_there_anyway_is_no_effect():
    series = drifting(0.0, season=15.0, before=30, after=3)
    found, naive = effect(series), effect(series, Method(adjust=False, lag1=0.0))
    assert not naive.low < 0 < naive.high
    assert found.season >= 1
    assert found.low < 0 < found.high


def sliding(slope_before, slope_after, before=24, after=15):
    """Amounts that drift by so much a period, before and after, with the same scatter in every run."""
    rng = np.random.default_rng(7)
    t = np.arange(before + after, dtype=float)
    values = 60 + slope_before * t + slope_after * np.maximum(t - before, 0)
    later = t >= before
    return made("normal", values + rng.normal(size=len(t)), np.ones(len(t)), later)


def test_a_slide_that_begins_with_the_action_is_no_trend_of_before():
    series = sliding(0.0, -1.5)
    found = effect(series)
    assert found.expected == pytest.approx(60, abs=1.5)
    assert found.absolute == pytest.approx(-1.5 * 7, abs=1.5)
    assert found.high < 0


def test_where_the_drift_bends_only_the_time_before_tells_where_it_led():
    """The level expected is the least-squares line through the periods before, and no other."""
    series = sliding(-0.5, -1.5)
    found = effect(series)
    old = ~series.after
    line = np.polyfit(series.time[old], series.count[old], 1)
    assert found.trend
    assert found.bent
    assert found.expected == pytest.approx(np.polyval(line, series.time[series.after]).mean())
    assert found.absolute == pytest.approx(series.count[series.after].mean() - found.expected)
    assert found.high < 0
    assert power(found, -0.05, 0) < power(found, -0.5, 0) <= 1


def test_one_drift_throughout_does_not_bend():
    series = sliding(-0.5, 0.0)
    found = effect(series)
    assert found.trend
    assert not found.bent
    assert found.low < 0 < found.high


def test_an_effect_is_found_through_trend_and_season():
    found = effect(drifting(-1.0, season=15.0, change=-20.0))
    assert found.trend
    assert found.season
    assert found.high < 0
    assert found.low < -20 < found.high


def test_under_two_years_no_season_is_looked_for():
    assert effect(drifting(0.0, season=15.0, before=15, after=6)).season == 0


# --- laws ----------------------------------------------------------------------------------------

counts = st.lists(st.integers(0, 400), min_size=FEWEST_BEFORE + 3, max_size=24)


@settings(max_examples=40, deadline=None)
@given(count=counts, nature=st.sampled_from(["binomial", "poisson"]))
def test_the_interval_holds_the_effect_and_agrees_with_the_p_value(count, nature):
    found = effect(
        made(nature, count, [1000.0] * len(count), np.arange(len(count)) >= len(count) - 3)
    )
    assert found.told
    assert found.low <= found.absolute <= found.high
    if abs(found.p_value - 0.05) > 1e-6 and not (found.before in (0, 1) or found.after in (0, 1)):
        assert (found.p_value < 0.05) == (found.low > 0 or found.high < 0)


@settings(max_examples=25, deadline=None)
@given(count=counts, times=st.sampled_from([0.001, 7.0, 1e6]))
def test_the_unit_of_the_volume_does_not_matter(count, times):
    later = np.arange(len(count)) >= len(count) - 3
    one = effect(made("poisson", count, [1000.0] * len(count), later))
    other = effect(made("poisson", count, [1000.0 * times] * len(count), later))
    assert other.p_value == pytest.approx(one.p_value, rel=1e-5, abs=1e-9)
    assert other.low * times == pytest.approx(one.low, rel=1e-4, abs=1e-12)


@settings(max_examples=25, deadline=None)
@given(count=counts)
def test_what_is_good_is_the_mirror_of_what_is_bad(count):
    later = np.arange(len(count)) >= len(count) - 3
    size = np.full(len(count), 400.0)
    bad = effect(made("binomial", count, size, later))
    good = effect(made("binomial", size - np.array(count, float), size, later))
    assert good.p_value == pytest.approx(bad.p_value, rel=1e-5, abs=1e-8)
    assert (good.low, good.high) == pytest.approx((-bad.high, -bad.low), rel=1e-4, abs=1e-8)


# --- triggers ------------------------------------------------------------------------------------


def charted(values):
    return Charted("imr", np.asarray(values, float), np.full(len(values), np.nan))


CALM = [10, 11, 9, 10, 12, 10, 9, 11, 10, 9, 11, 10]


@pytest.mark.parametrize(
    ("values", "direction", "expected"),
    [
        pytest.param([*CALM, 25], Direction.LOWER, [12], id="the bad month before the action"),
        pytest.param([*CALM, 25], Direction.HIGHER, [], id="a good month led to nothing"),
        pytest.param([*CALM, 25], Direction.NONE, [12], id="without a direction either may have"),
        pytest.param([*CALM, 25, 10, 11], Direction.LOWER, [12], id="within three months"),
        pytest.param([*CALM, 25, 10, 11, 10], Direction.LOWER, [], id="long past"),
        pytest.param([*CALM, 25, math.nan, 10, 11], Direction.LOWER, [12], id="a gap is no month"),
        pytest.param([*CALM, -5], Direction.HIGHER, [12], id="low is bad where high is good"),
        pytest.param([10, 11, 9, 10, 25], Direction.LOWER, [], id="too few for a chart"),
        pytest.param([*CALM, *[10.6] * 8], Direction.LOWER, list(range(12, 20)), id="a run, with its members"),
    ],
)  # fmt: skip
def test_points_that_may_have_led_to_the_action(values, direction, expected):
    assert np.flatnonzero(triggers(charted(values), direction)).tolist() == expected


def test_signals_that_lead_up_to_the_last_ones_go_with_them():
    values = [*CALM, 30, 10, 30, 30, 30, 30, 30]  # the first stands alone, a calm month after it
    found = triggers(charted(values), Direction.LOWER)
    assert np.flatnonzero(found).tolist() == [14, 15, 16, 17, 18]


def bad_end(direction):
    """Ten calm months, three bad ones, then an action; the months after are as bad as those."""
    rng = np.random.default_rng(2)
    level = np.concatenate([np.full(10, 20.0), np.full(3, 30.0), np.full(4, 30.0)])
    values = level + rng.normal(0, 1, 17)
    if direction is Direction.HIGHER:
        values = 100 - values
    led = np.isin(np.arange(17), (10, 11, 12))
    return made("normal", values, np.ones(17), np.arange(17) >= 13), led


@pytest.mark.parametrize("direction", [Direction.LOWER, Direction.HIGHER, Direction.NONE])
def test_what_was_bad_before_an_action_is_not_its_doing(direction):
    series, led = bad_end(direction)
    sign = -1 if direction is Direction.HIGHER else 1
    blamed = effect(series.only(~led))
    assert sign * blamed.low > 0
    assert sign * blamed.high > 0
    found, left_out = guarded(series, led, direction)
    assert not left_out.any()
    assert found.low < 0 < found.high


def test_triggers_stay_left_out_where_the_action_is_not_blamed():
    series, led = bad_end(Direction.LOWER)
    better = made(
        "normal", np.where(series.after, series.count - 12, series.count), series.size, series.after
    )
    found, left_out = guarded(better, led, Direction.LOWER)
    assert left_out.tolist() == led.tolist()
    assert found.points_before == 10


def test_a_chart_of_counts_is_read_with_its_volumes():
    size = np.full(13, 1000.0)
    count = np.array([*(np.array(CALM) * 3), 90], float)
    found = triggers(Charted("p", count, size), Direction.LOWER)
    assert np.flatnonzero(found).tolist() == [12]


# --- how many months more ------------------------------------------------------------------------


@pytest.mark.reference
def test_the_power_of_independent_months_is_that_of_the_t_test():
    from statsmodels.stats.power import TTestIndPower

    found = effect(wobbling(24, 6), INDEPENDENT)
    spread = math.sqrt(found.fitted.fits.raw)
    for more in (0, 6, 18):
        size = 0.12 * found.expected / spread
        theirs = TTestIndPower().power(size, nobs1=24, ratio=(6 + more) / 24, alpha=0.05)
        assert power(found, -0.12, more) == pytest.approx(theirs, abs=0.02)


def test_months_needed_is_the_first_with_enough_power():
    found = effect(wobbling(24, 2), INDEPENDENT)
    needed = more_periods(found, -0.12)
    assert needed is not None
    assert 1 < needed < MOST_PERIODS
    assert power(found, -0.12, needed) >= PLANNED > power(found, -0.12, needed - 1)


def test_a_large_change_would_have_shown_a_tiny_one_never_will():
    found = effect(wobbling(24, 12))
    assert more_periods(found, -0.6) == 0
    assert more_periods(found, -0.001) is None


def test_before_the_first_month_after_at_least_one_is_needed():
    found = effect(wobbling(24, 0))
    assert more_periods(found, -0.9) == 1
    assert math.isnan(power(found, -0.9, 0))


def test_more_than_all_cannot_be_hoped_for():
    size = np.full(24, 100.0)
    later = np.arange(24) >= 20
    found = effect(made("binomial", np.tile([90.0, 88.0, 92.0], 8), size, later))
    assert more_periods(found, 0.25) is None
    assert more_periods(found, 0.05) is not None
