"""Every convention that can be selected: what it does to the numbers, and that the chart says it."""

import math

import numpy as np
import pytest

from kpi.errors import NotEnoughDataError, UnknownNameError, UsageError
from kpi.spc import KINDS, Options, chart, charts
from kpi.spc.quantiles import TAIL, binomial_quantile, geometric_quantile, poisson_quantile

from .cases import Case, beyond, close, points

RNG = np.random.default_rng(11)
SIZE = np.array([50.0, 90, 70, 60, 80, 55] * 5)
COUNT = RNG.binomial(SIZE.astype(int), 0.1).astype(float)


def test_quantiles_are_those_of_scipy():
    from scipy import stats

    n = RNG.integers(0, 3000, 4000).astype(float)
    p = RNG.uniform(0, 1, 4000) ** 3
    mean = RNG.uniform(0, 500, 4000) ** RNG.uniform(0.1, 1.5, 4000)
    for q in (TAIL, 0.5, 1 - TAIL):
        np.testing.assert_array_equal(
            binomial_quantile(q, n, p), np.maximum(stats.binom.ppf(q, n, p), 0)
        )
        np.testing.assert_array_equal(poisson_quantile(q, mean), stats.poisson.ppf(q, mean))


@pytest.mark.parametrize(("share", "lowest", "highest"), [(0.0, 0, 0), (1.0, 20, 20)])
def test_quantiles_at_the_edge_of_what_is_possible(share, lowest, highest):
    n, p = np.array([20.0]), np.array([share])
    assert binomial_quantile(TAIL, n, p) == lowest
    assert binomial_quantile(1 - TAIL, n, p) == highest
    assert np.isnan(binomial_quantile(0.5, n, np.array([1.2, math.nan]))).all()
    assert np.isnan(poisson_quantile(0.5, np.array([-1.0, math.nan]))).all()
    assert poisson_quantile(1 - TAIL, np.zeros(1)) == 0


@pytest.mark.parametrize("kind", ["p", "np", "u", "c", "funnel"])
def test_exact_limits_are_as_rare_as_three_sigma(kind):
    """Outside on either side lies at most 0.00135, and one unit nearer would be more."""
    from scipy import stats

    given = {"count": COUNT} if kind == "c" else {"count": COUNT, "size": SIZE}
    drawn = chart(kind, **given, baseline="all", options=Options(limits="quantile"))
    mean = COUNT.sum() / (len(COUNT) if kind == "c" else SIZE.sum())
    unit = SIZE if kind in ("p", "u", "funnel") else np.ones(len(SIZE))
    low, high = np.rint(drawn.lcl * unit), np.rint(drawn.ucl * unit)
    np.testing.assert_allclose(drawn.ucl * unit, high, rtol=1e-12)
    chance = stats.binom(SIZE, mean) if kind in ("p", "np", "funnel") else (
        stats.poisson(mean * SIZE) if kind == "u" else stats.poisson(np.full(len(SIZE), mean))
    )  # fmt: skip
    assert (chance.sf(high) <= TAIL).all()
    assert (chance.sf(high - 1) > TAIL).all()
    assert (chance.cdf(low - 1) <= TAIL).all()
    assert (chance.cdf(low) >= TAIL).all()
    assert "exact quantiles" in drawn.convention
    assert drawn.options.limits == "quantile"


def test_the_average_size_makes_one_limit():
    drawn = chart("p", count=COUNT, size=SIZE, baseline=12, options=Options(sizes="average"))
    share = COUNT[:12].sum() / SIZE[:12].sum()
    sigma = math.sqrt(share * (1 - share) / SIZE[:12].mean())
    close(drawn.ucl, share + 3 * sigma)
    assert "mean size of the baseline" in drawn.convention
    laney = chart("laney_p", count=COUNT, size=SIZE, options=Options(sizes="average"))
    assert np.ptp(laney.ucl) == 0


def test_the_average_size_is_one_of_each_phase_and_skips_what_does_not_count():
    size = np.concatenate([np.full(10, 50.0), np.full(10, 200.0)])
    size[3], skip = 5000.0, np.arange(20) == 3
    drawn = chart(
        "u", count=size * 0.1, size=size, phases=[0] * 10 + [1] * 10, excluded=skip,
        options=Options(sizes="average"),
    )  # fmt: skip
    close(drawn.sigma, np.sqrt(0.1 / np.where(np.arange(20) < 10, 50, 200)))


def test_sigma_z_is_kept_from_falling_under_one():
    tame = np.array([10.0, 11, 10, 9, 10, 11, 10, 9] * 3)
    free = chart("laney_p", count=tame, size=np.full(24, 100.0))
    held = chart(
        "laney_p", count=tame, size=np.full(24, 100.0), options=Options(sigma_z_floor="one")
    )
    plain = chart("p", count=tame, size=np.full(24, 100.0))
    assert free.sigma_z < 1
    assert held.sigma_z == 1
    close(held.ucl, plain.ucl)
    assert "no floor" in free.convention
    assert "not under 1" in held.convention


def test_sigma_z_of_screened_ranges():
    wild = np.array([10.0, 12, 9, 11, 60, 10, 12, 9] * 3)
    size = np.full(24, 100.0)
    free = chart("laney_p", count=wild, size=size, baseline="all")
    screened = chart(
        "laney_p", count=wild, size=size, baseline="all", options=Options(moving_range="screened")
    )
    share = wild.sum() / size.sum()
    z = (wild / size - share) / math.sqrt(share * (1 - share) / 100)
    ranges = np.abs(np.diff(z))
    assert free.sigma_z == pytest.approx(ranges.mean() / (2 / math.sqrt(math.pi)))
    kept = ranges[ranges <= 3.2665319 * ranges.mean()]
    assert len(kept) < len(ranges)
    assert screened.sigma_z == pytest.approx(kept.mean() / (2 / math.sqrt(math.pi)))


def test_probability_limits_of_g_are_minitabs():
    case = Case("g_cabg_deaths")
    expected = case.expected["jasp_minitab_probability"]
    drawn = chart(
        "g", case.column("cases_between"), baseline="all", options=Options(limits="quantile")
    )
    close(drawn.center, expected["CL"])
    close(drawn.ucl, expected["UCL"], 2e-5)  # its tail is 0.00135, ours that of 3 sigma
    close(geometric_quantile(1 - 0.00135, np.array([expected["p"]])), expected["UCL"])
    close(drawn.lcl, 0.0)  # the source's own lower limit would flag a zero, which Minitab does not
    assert "No lower limit: it would lie below zero." in drawn.notes
    assert beyond(drawn) == []


def test_weibull_times():
    case = Case("t_valve_failures")
    expected = case.expected["weibull"]
    drawn = chart("t", case.column("hours"), baseline="all", options=Options(times="weibull"))
    assert drawn.extra["shape"] == pytest.approx(expected["shape"], rel=1e-12)
    assert drawn.extra["scale"] == pytest.approx(expected["scale"], rel=1e-12)
    for name in ("center", "lcl", "ucl"):
        close(getattr(drawn, name), expected[name], 1e-11)


def test_weibull_shape_is_of_greatest_likelihood_in_each_phase():
    from scipy import stats

    x = np.concatenate([RNG.weibull(0.7, 30) * 40, RNG.weibull(3.0, 25) * 9])
    drawn = chart(
        "t", x, phases=[0] * 30 + [1] * 25, baseline="all", options=Options(times="weibull")
    )
    for part in (slice(0, 30), slice(30, 55)):
        shape, _, scale = stats.weibull_min.fit(x[part], floc=0)
        close(drawn.ucl[part], scale * (-math.log(TAIL)) ** (1 / shape), 1e-4)


@pytest.mark.parametrize("x", [[3.0] * 12, [3.0], [math.nan] * 9, []])
def test_weibull_without_spread_breaks_nothing(x):
    drawn = chart("t", x, options=Options(times="weibull"))
    assert drawn.signals == ()


def test_a_known_centre_of_times_is_a_time():
    x = RNG.exponential(20, 30)
    for times in ("power", "weibull"):
        close(chart("t", x, options=Options(center=17.0, times=times)).center, 17.0)


def test_levels_per_phase():
    x = np.arange(20.0) % 5
    drawn = chart(
        "imr", x, phases=[0] * 8 + [1] * 12,
        options=Options(center=(3.0, math.nan), sigma=(1.0, 2.0)),
    )  # fmt: skip
    assert [(p.center, p.sigma) for p in drawn.phases] == [(3.0, 1.0), (x[8:].mean(), 2.0)]
    with pytest.raises(UsageError) as told:
        chart("imr", x, phases=[0] * 8 + [1] * 12, options=Options(center=(3.0,)))
    assert str(told.value) == "There are 2 phases and 1 known levels: give one for each phase."
    with pytest.raises(UsageError) as told:
        chart("imr", x, options=Options(center=(3.0, 4.0)))
    assert str(told.value) == "There is one phase and 2 known levels: give one for each phase."


@pytest.mark.parametrize(
    ("baseline", "expected"),
    [
        pytest.param([3, 12], [(0, 2), (10, 21)], id="in order"),
        pytest.param({"new": 12, "old": 3}, [(0, 2), (10, 21)], id="by label"),
        pytest.param({"new": 12}, [(0, 9), (10, 21)], id="the rest as ever: all under twenty"),
        pytest.param(["all", None], [(0, 9), (10, 29)], id="all, and the first twenty"),
        pytest.param([(4, 7), (12, 20)], [(4, 7), (12, 20)], id="ranges"),
    ],
)
def test_each_phase_freezes_its_own(baseline, expected):
    x = np.arange(35.0) % 7
    phases = ["old"] * 10 + ["new"] * 25
    drawn = chart("imr", x, phases=phases, baseline=baseline)
    assert [p.baseline for p in drawn.phases] == expected
    assert drawn.asked == baseline
    in_threes = chart(
        "xbar_r", np.repeat(x, 3) + np.tile([0, 1, 2], 35), subgroup=np.repeat(range(35), 3),
        phases=np.repeat(phases, 3), baseline=baseline,
    )  # fmt: skip
    assert [p.baseline for p in in_threes.phases] == expected


@pytest.mark.parametrize(
    ("baseline", "message"),
    [
        ([3], "There are 2 phases and 1 baselines: give one for each phase."),
        ({"c": 3}, "There is no phase 'c' for a baseline."),
    ],
)
def test_baselines_that_fit_no_phase(baseline, message):
    with pytest.raises(UsageError) as told:
        chart("imr", range(20), phases=["a"] * 10 + ["b"] * 10, baseline=baseline)
    assert str(told.value) == message


def test_rules_of_own_lengths_and_sets_together():
    up = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2, -0.1, 0.1, -0.1, 0.1]
    known = Options(center=0, sigma=1)
    drawn = chart("imr", up, rules=["trend_of_7", "run_of_6", "nelson"], options=known)
    assert points(drawn, "trend_of_7") == [7]
    assert points(drawn, "run_of_6") == [7]  # the first point lies on the line
    assert points(drawn, "nelson_3") == [6, 7]
    assert "nelson_8" in drawn.rules
    assert "nelson_8" not in chart("c", up, rules=["nelson"]).rules
    near = chart("imr", [0.1] * 12, rules=["hugging_12", "avoiding_6"], options=known)
    assert points(near, "hugging_12") == [12]
    most = chart("imr", [1.6, 1.7, 0, 1.8], rules=["3_of_4_beyond_1.5_sigma"], options=known)
    assert points(most, "3_of_4_beyond_1.5_sigma") == [4]
    assert chart("imr", up, rules=["run_of_7", "anhoej"]).runs


@pytest.mark.parametrize("name", ["run_of_2", "run_of_1001", "4_of_3_beyond_2_sigma", "trend"])
def test_rules_that_make_no_sense_are_not_known(name):
    with pytest.raises(UnknownNameError):
        chart("imr", [1.0, 2.0], rules=[name])


def test_a_gap_breaks_a_run_where_that_is_asked():
    x = [1.0] * 4 + [math.nan] + [1.0] * 4
    known = {"center": 0.0, "sigma": 1.0}
    assert points(chart("imr", x, options=Options(**known)), "run_of_8") == [9]
    broken = chart("imr", x, options=Options(**known, gaps="break"))
    assert points(broken, "run_of_8") == []
    assert broken.notes[0] == "1 of 9 points is missing: runs end there."
    assert broken.convention.endswith("; a gap ends a run")


@pytest.mark.parametrize("kind", ["c", "g"])
def test_counts_stay_counts_where_their_size_is_known(kind):
    count, size = [4.0, 6, 3, 7, 5], [100.0, 100, 0, 100, 100]
    drawn = chart(kind, count=count, size=size)
    assert drawn.statistic[[0, 1, 3, 4]].tolist() == [4, 6, 7, 5]
    assert np.isnan(drawn.statistic[2])


def test_a_c_chart_says_that_sizes_vary():
    drawn = chart("c", count=[4.0, 6, 5], size=[100.0, 160, 100])
    assert "The sizes vary, which a c chart does not follow: a u chart does." in drawn.notes


def test_no_upper_limit_is_said_where_all_is_the_limit():
    drawn = chart("p", count=[19.0, 20, 19, 20, 20, 18], size=[20.0] * 6)
    assert drawn.ucl[0] == 1
    assert "No upper limit: it would lie above what is possible." in drawn.notes


def test_t2_of_subgroups_is_montgomerys():
    from scipy import stats

    m, n, p = 20, 4, 2
    rows = RNG.standard_normal((m * n, p)) @ np.array([[1, 0.6], [0, 0.8]])
    groups = np.repeat(range(m), n)
    drawn = chart("t2", rows, subgroup=groups, baseline=15, options=Options(confidence=0.999))
    own = rows[: 15 * n].reshape(15, n, p)
    covariance = np.mean([np.cov(g, rowvar=False) for g in own], axis=0)
    grand = own.mean(axis=(0, 1))
    means = rows.reshape(m, n, p).mean(axis=1)
    close(
        drawn.statistic, [n * (x - grand) @ np.linalg.inv(covariance) @ (x - grand) for x in means]
    )
    freedom = 15 * n - 15 - p + 1
    quantile = stats.f.ppf(0.999, p, freedom)
    close(drawn.ucl[:15], p * 14 * (n - 1) / freedom * quantile)
    close(drawn.ucl[15:], p * 16 * (n - 1) / freedom * quantile)


def test_t2_of_phases_is_a_chart_of_each():
    rows = RNG.standard_normal((40, 3))
    both = chart("t2", rows, phases=[0] * 20 + [1] * 20)
    parts = [chart("t2", half) for half in (rows[:20], rows[20:])]
    close(both.statistic, np.concatenate([x.statistic for x in parts]))
    close(both.ucl, np.concatenate([x.ucl for x in parts]))


def test_t2_needs_rows_in_its_subgroups():
    with pytest.raises(NotEnoughDataError):
        chart("t2", RNG.standard_normal((6, 3)), subgroup=[0, 0, 1, 1, 2, 2])


def test_rows_without_count_or_size_leave_a_rate_alone():
    drawn = chart(
        "p", count=[1.0, 2, math.nan, 4, math.nan], size=[10.0, math.nan, 30, 40, 50],
        subgroup=["a", "a", "a", "b", "c"],
    )  # fmt: skip
    np.testing.assert_allclose(drawn.statistic, [0.1, 0.1, math.nan])


@pytest.mark.parametrize("kind", KINDS)
def test_a_chart_tells_the_choices_it_was_made_with(kind):
    options = Options(moving_range="screened", constants="table", gaps="break")
    y = np.array([3.0, 5, 4, 6, 2, 4, 5, 3] * 3)
    given = {"counts": {"count": y, "size": y + 50}, "rows": {"values": np.column_stack([y, y**2])}}
    drawn = chart(
        kind, **given.get(KINDS[kind].needs, {"values": y}), rules="western_electric", baseline=20,
        options=options, subgroup=range(24) if KINDS[kind].needs == "subgroups" else None,
    )  # fmt: skip
    assert drawn.options == options
    assert drawn.asked == 20
    assert drawn.rules[0] == "western_electric_1" or kind in ("run",)


def test_many_charts_take_a_baseline_for_each_phase():
    table = RNG.standard_normal((30, 3))
    many = charts("imr", table, phases=[0] * 10 + [1] * 20, baseline=[5, 8])
    for s in range(3):
        alone = chart("imr", table[:, s], phases=[0] * 10 + [1] * 20, baseline=[5, 8])
        np.testing.assert_array_equal(many.ucl[:, s], alone.ucl)


def test_columns_that_add_nothing_are_said():
    rows = RNG.standard_normal((30, 2))
    more = np.column_stack([rows, rows @ [1.0, -2.0], np.full(30, 7.0)])
    plain, drawn = chart("t2", rows), chart("t2", more)
    np.testing.assert_allclose(drawn.statistic, plain.statistic, rtol=1e-9)
    np.testing.assert_allclose(drawn.ucl, plain.ucl, rtol=1e-12)
    assert drawn.extra["columns"] == 2
    said = "Of 4 columns 2 say something of their own: the rest do not vary, or follow from the others."
    assert drawn.notes == (said,)
    still = chart("t2", np.full((12, 2), 3.0))
    assert np.isnan(still.ucl).all()
    assert still.signals == ()
