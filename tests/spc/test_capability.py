"""Capability: the reference cases, published intervals, laws, refusals and odd material."""

import argparse
import json
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kpi.analysis import chart_file
from kpi.errors import UsageError
from kpi.spc import Options, capability, charts
from kpi.spc.capability_intervals import (
    Index,
    by_bissell,
    by_chi_square,
    freedom_about_target,
    freedom_of_moving_ranges,
    freedom_of_subgroups,
    z_of,
)
from kpi.spc.distributions import GAMMA, JOHNSON, WEIBULL, normality, significance, spread_ties
from kpi.spc.percentiles import TAIL, percentile_form

from .cases import EXACT, ROUNDED, Case

TABLE = Options(constants="table")
NAMES = {
    "Cp": "cp", "Cp_l": "cpl", "Cp_u": "cpu", "Cp_k": "cpk", "Cpm": "cpm",
    "Pp": "pp", "Pp_l": "ppl", "Pp_u": "ppu", "Pp_k": "ppk", "Ppm": "ppm",
}  # fmt: skip


def rings(**options):
    case = Case("capability_pistonrings")
    return capability(case.column("diameter"), subgroup=case.text("sample"), **options)


def numbers(index):
    return [None if math.isnan(x) else x for x in (index.value, index.low, index.high)]


def same_indices(found, expected, rel):
    for theirs, ours in NAMES.items():
        wanted = [expected[theirs][end] for end in ("value", "lo95", "hi95")]
        assert numbers(found.indices[ours]) == [
            None if one is None else pytest.approx(one, rel=rel) for one in wanted
        ], theirs


@pytest.mark.reference
@pytest.mark.parametrize("part", ["c1", "c2", "c3", "c4"])
@pytest.mark.parametrize(("options", "rel"), [(TABLE, EXACT), (Options(), ROUNDED)])
def test_pistonrings(part, options, rel):
    expected = Case("capability_pistonrings").expected[part]
    lsl, usl = expected["spec"]
    given = {"lsl": lsl, "usl": usl, "target": expected["target"], "options": options}
    found = rings(**given, intervals="qcc")
    same_indices(found, expected["indices"], rel)
    assert found.center == pytest.approx(expected["center"], rel=EXACT)
    assert found.sigma_within == pytest.approx(expected["sigma_within"], rel=rel)
    assert found.sigma_overall == pytest.approx(expected["sigma_overall"], rel=EXACT)
    for parts, wanted in (
        (found.observed, expected["obs_pct"]),
        (found.expected_within, expected["exp_pct"]),
    ):
        # the source rounds an expected share under a millionth to zero
        assert [parts.below / 1e4, parts.above / 1e4] == pytest.approx(
            wanted, rel=10 * rel, abs=1e-4
        )
    assert found.headline.name == "cpk"
    assert found.normal


@pytest.mark.reference
@pytest.mark.parametrize("part", ["usl_only", "lsl_only"])
def test_one_sided_limits(part):
    expected = Case("capability_one_sided").expected[part]
    lsl, usl = expected["spec"]
    found = rings(lsl=lsl, usl=usl, target=74, intervals="qcc", options=TABLE)
    same_indices(found, expected["indices"], EXACT)
    side = "lower" if lsl is None else "upper"
    assert found.notes == (f"There is no {side} limit: Cp, Pp and Cpm need both.",)


@pytest.mark.reference
def test_published_intervals():
    # Montgomery, Introduction to Statistical Quality Control: Cp of 20 values with s = 1.75 and the
    # limits 38 and 62; Cpk 1.33 of 20 values
    cp = by_chi_square((62 - 38) / (6 * 1.75), 19, 0.95, "two-sided")
    assert [cp.value, cp.low, cp.high] == pytest.approx([2.29, 1.57, 3.01], abs=0.006)
    cpk = by_bissell(1.33, 20, 19, z_of(0.95, "two-sided"), "two-sided")
    assert (round(cpk.low, 2), round(cpk.high, 2)) == (0.88, 1.78)


@pytest.mark.reference
@pytest.mark.parametrize(
    ("size", "number", "freedom"),
    [(2, 1, 1.0), (2, 10, 9.0), (2, 20, 17.8), (3, 10, 18.4), (5, 1, 3.8), (5, 5, 18.4),
     (5, 10, 36.5), (5, 20, 72.7)],
)  # fmt: skip
def test_degrees_of_freedom_of_mean_ranges(size, number, freedom):
    # Duncan, Quality Control and Industrial Statistics, table D3 (AIAG MSA, appendix C)
    assert freedom_of_subgroups(np.full(number, size), "range") == pytest.approx(freedom, abs=0.06)


@pytest.mark.reference
def test_the_shares_of_the_test_of_normality():
    # D'Agostino & Stephens (1986), table 4.7: the adjusted statistic that is passed by so many
    for statistic, share in ((0.631, 0.10), (0.752, 0.05), (0.873, 0.025), (1.035, 0.01)):
        assert significance(statistic) == pytest.approx(share, rel=0.02)


def test_the_statistic_of_normality_is_that_of_scipy():
    from scipy import stats

    x = np.random.default_rng(4).gamma(6, size=70)
    n = len(x)
    theirs = stats.anderson(x, method="interpolate").statistic
    assert normality(x)[0] == pytest.approx(theirs * (1 + 0.75 / n + 2.25 / n**2), rel=1e-9)


def test_fits_are_the_likeliest():
    from scipy import stats

    rng = np.random.default_rng(5)
    x = rng.gamma(2.5, 2, (300, 2))
    shape, scale = GAMMA.fit(x)
    for column in range(2):
        wanted, _, size = stats.gamma.fit(x[:, column], floc=0)
        assert (shape[column], scale[column]) == pytest.approx((wanted, size), rel=1e-3)
        wanted, _, size = stats.weibull_min.fit(x[:, column], floc=0)
        assert [p[column] for p in WEIBULL.fit(x)] == pytest.approx([wanted, size], rel=1e-3)


@pytest.mark.parametrize("kind", ["johnsonsu", "johnsonsb"])
def test_a_johnson_curve_finds_its_percentiles_again(kind):
    from scipy import stats

    true = getattr(stats, kind)(1, 1.4, loc=3, scale=2)
    x = np.sort(true.rvs(100_000, random_state=6))[:, None]
    share = np.array([[0.01], [0.5], [0.99]])
    found = JOHNSON.back(share, JOHNSON.fit(x))
    assert found.ravel() == pytest.approx(true.ppf(share).ravel(), rel=0.02)
    assert JOHNSON.ahead(found, JOHNSON.fit(x)).ravel() == pytest.approx(share.ravel())


def test_percentiles_of_normal_values_are_three_sigma():
    x = np.random.default_rng(7).normal(10, 1, 200_000)
    form = percentile_form(x, 6.0, 15.0)
    assert form.distribution == "percentiles of the values"
    assert form.indices["ppk"].value == pytest.approx(4 / 3, rel=0.03)
    assert form.indices["pp"].low < 1.5 < form.indices["pp"].high


def test_skewed_values_are_judged_by_percentiles():
    true = np.exp(0.5 * np.array([-3, 0, 3]))
    x = np.exp(0.5 * np.random.default_rng(8).standard_normal(150))
    found = capability(x, usl=6.0, bounds=(0, None))
    form = found.percentile
    assert form.distribution == "lognormal"
    assert form.fit > 0.05
    assert found.headline.form == "percentile"
    assert form.indices["ppk"].low < (6 - true[1]) / (true[2] - true[1]) < form.indices["ppk"].high
    assert math.isnan(form.indices["pp"].value)
    assert math.isnan(form.below)
    assert "as the values are not normal (p < 0.001)" in found.why
    normal = capability(x, usl=6.0, form="normal")
    assert normal.percentile is None
    assert normal.headline.form == "normal"


def test_values_of_no_simple_shape_are_told_with_a_warning():
    x = np.concatenate([np.random.default_rng(9).normal(level, 0.1, 100) for level in (0, 5)])
    mixed = np.random.default_rng(10).permutation(x)
    found = capability(mixed, lsl=-10, usl=10)
    assert found.percentile is None
    assert found.headline.name == "ppk"
    assert found.why == (
        "The values are not normal (p < 0.001) and no simple shape fits them: Ppk is a rough figure."
    )


def test_a_curve_of_four_parameters_needs_many_values():
    from scipy import stats

    true = stats.johnsonsu(-1, 1.5)
    heavy = true.rvs(700, random_state=18)
    assert percentile_form(heavy, -20, 20).distribution == "Johnson"
    assert percentile_form(heavy[:400], -20, 20) is None
    assert percentile_form(heavy, -20, 20, simple=True) is None
    many = true.rvs(1_500, random_state=18)
    assert percentile_form(many, -20, 20).distribution == "percentiles of the values"


def test_percentiles_may_be_asked_of_normal_values_too():
    found = capability(stable(), lsl=5, usl=15, form="percentile")
    assert found.percentile.distribution in ("normal", "lognormal", "gamma", "Weibull")
    assert found.percentile.indices["ppk"].value == pytest.approx(
        found.indices["ppk"].value, rel=0.15
    )


def test_ties_of_a_coarse_gauge_are_no_lack_of_normality():
    rng = np.random.default_rng(11)
    coarse = [normality(np.round(rng.standard_normal(500) * 2) / 2)[1] for _ in range(200)]
    assert np.mean(np.array(coarse) < 0.05) < 0.07
    assert spread_ties(np.array([1.0, 2.0, 3.0])).tolist() == [1.0, 2.0, 3.0]
    assert spread_ties(np.array([2.0, 2.0])).tolist() == [2.0, 2.0]


def stable(n=60):
    return np.random.default_rng(21).normal(10, 1, n)


def test_a_process_that_signals_gets_no_cpk():
    x = stable()
    assert capability(x, lsl=5, usl=15).headline.name == "cpk"
    x[50] = 14.5
    found = capability(x, lsl=5, usl=15, form="normal")
    assert found.signals == (50,)
    assert found.headline.name == "ppk"
    assert found.headline.index == found.indices["ppk"]
    assert found.why == (
        "The process signals (point 51). Ppk tells what it did; Cpk would promise what it does not "
        "hold."
    )
    assert not math.isnan(found.indices["cpk"].value)


def test_ranges_out_of_control_are_a_signal_too():
    x = np.random.default_rng(13).normal(0, 1, (25, 4))
    x[12] *= 6
    x[12] -= x[12].mean()
    found = capability(x.ravel(), subgroup=np.repeat(np.arange(25), 4), lsl=-9, usl=9)
    assert found.chart.signals == ()
    assert found.signals == (12,)
    assert found.headline.name == "ppk"


def test_an_excluded_point_does_not_count():
    x = stable()
    x[50] = 40
    excluded = np.arange(60) == 50
    found = capability(x, lsl=5, usl=15, excluded=excluded)
    assert found.n == 59
    assert found.headline.name == "cpk"
    kept = np.where(excluded, np.nan, x)
    assert found.indices == capability(kept, lsl=5, usl=15).indices


def test_the_last_phase_is_what_counts():
    x = stable()
    whole = np.concatenate([x - 30, x])
    found = capability(whole, lsl=5, usl=15, phases=["a"] * 60 + ["b"] * 60)
    assert found.n == 60
    assert found.indices["cpk"].value == pytest.approx(
        capability(x, lsl=5, usl=15).indices["cpk"].value
    )


def test_a_baseline_of_subgroups():
    case = Case("xbar_r_pistonrings")
    given = {"subgroup": case.text("sample"), "lsl": 73.95, "usl": 74.05}
    found = capability(case.column("diameter"), **given, baseline=25)
    alone = rings(lsl=73.95, usl=74.05)
    assert found.n == 125
    assert found.indices == alone.indices
    assert found.headline.name == "ppk"  # the fifteen samples that follow signal
    everything = capability(case.column("diameter"), **given, baseline=None)
    assert everything.n == 200
    assert everything.chart.phases[-1].base_points == 20
    assert everything.sigma_within == pytest.approx(
        capability(case.column("diameter"), **given).sigma_within
    )


def test_subgroups_of_different_sizes_are_pooled():
    rng = np.random.default_rng(14)
    sizes = rng.integers(2, 7, 30)
    label, x = np.repeat(np.arange(30), sizes), rng.normal(0, 1, sizes.sum())
    found = capability(x, subgroup=label, lsl=-4, usl=4)
    within = sum(((x[label == g] - x[label == g].mean()) ** 2).sum() for g in range(30))
    freedom = sizes.sum() - 30
    assert found.freedom == freedom
    assert found.method == "pooled s ÷ c4"
    assert found.sigma_within == pytest.approx(math.sqrt(within / freedom), rel=0.003)


def test_gaps_are_left_out():
    x = stable()
    x[[10, 11, 30]] = np.nan
    found = capability(x, lsl=5, usl=15)
    assert found.n == 57
    assert found.sigma_overall == pytest.approx(np.nanstd(x, ddof=1))
    assert found.sigma_within == pytest.approx(np.nanmean(np.abs(np.diff(x))) / 1.1283791670955126)
    there = np.isfinite(x)
    assert found.freedom == freedom_of_moving_ranges(there) < freedom_of_moving_ranges(there | True)


def test_a_limit_at_a_physical_bound_asks_for_nothing():
    x = np.abs(stable())
    found = capability(x, lsl=0, usl=15, bounds=(0, None), form="normal")
    assert math.isnan(found.indices["cpl"].value)
    assert found.indices["cpk"] == found.indices["cpu"]
    assert found.notes[0] == "No value can pass the lower limit 0 anyhow: it asks for nothing."


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "Capability compares with limits: give a lower or an upper one."),
        ({"lsl": 3, "usl": 3}, "The lower limit 3 is not below the upper limit 3."),
        ({"lsl": 3, "usl": 2}, "The lower limit 3 is not below the upper limit 2."),
        ({"lsl": 0, "bounds": (0, None)}, "No value can pass these limits anyhow: they ask for nothing."),
        ({"lsl": 1, "kind": "p"}, "Capability knows the charts imr, xbar_r, xbar_s; not 'p'."),
        ({"lsl": 1, "subgroup": [1, 2]}, "There are 60 values and 2 subgroup labels."),
    ],
)  # fmt: skip
def test_refusals(options, says):
    with pytest.raises(UsageError) as told:
        capability(stable(), **options)
    assert str(told.value) == says


def test_infinite_limits_are_no_limits():
    with pytest.raises(ValueError, match="finite"):
        capability(stable(), lsl=-math.inf)


@pytest.mark.parametrize(
    ("values", "least", "why"),
    [
        ([], 2, "There are 0 values; capability needs at least 2."),
        ([1.0], 2, "There is 1 value; capability needs at least 2."),
        ([np.nan] * 30, 20, "There are 0 values; capability needs at least 20."),
        ([1.0, 2.0] * 9, 20, "There are 18 values; capability needs at least 20."),
        ([3.0] * 30, 20, "All values are equal: there is no spread to compare with the tolerance."),
    ],
)
def test_where_nothing_can_be_told(values, least, why):
    found = capability(np.array(values, dtype=float), lsl=0, usl=5, least=least)
    assert found.headline is None
    assert found.why == why
    assert all(math.isnan(index.value) for index in found.indices.values())


def test_few_points_give_no_cpk():
    found = capability(stable(20), subgroup=np.repeat(np.arange(4), 5), lsl=5, usl=15)
    assert found.headline.name == "ppk"
    assert found.why.startswith("There are only 4 points: whether the process is stable cannot")
    assert found.provisional
    assert found.notes[0] == "Provisional: the indices rest on 20 values; 100 make them firm."


def test_no_spread_within_samples():
    found = capability(
        np.repeat(stable(20), 3), subgroup=np.repeat(np.arange(20), 3), lsl=5, usl=15
    )
    assert math.isnan(found.indices["cpk"].value)
    assert found.headline.name == "ppk"
    assert "Cp and Cpk are not computable: there is no spread within samples." in found.notes


def test_a_known_sigma_leaves_only_the_mean_uncertain():
    found = capability(stable(), lsl=5, usl=15, options=Options(sigma=1.0))
    assert found.indices["cp"] == Index(5 / 3, 5 / 3, 5 / 3)
    cpk = found.indices["cpk"]
    assert cpk.value - cpk.low == pytest.approx(1.959964 / math.sqrt(9 * 60), rel=1e-6)


def test_a_lower_bound_in_place_of_an_interval():
    two, one = (capability(stable(), lsl=5, usl=15, bound=b) for b in ("two-sided", "lower"))
    assert two.indices["cpk"].low < one.indices["cpk"].low < one.indices["cpk"].value
    assert math.isnan(one.indices["cpk"].high)
    assert two.indices["cp"].low < one.indices["cp"].low


def test_spread_about_a_target_has_boyles_degrees_of_freedom():
    # Boyles (1991) takes the maximum-likelihood variance, which has n degrees of freedom
    assert freedom_about_target(50, 0.7, 50) == pytest.approx(50 * 1.49**2 / 1.98)


VALUES = arrays(float, st.integers(20, 60), elements=st.floats(-50, 50).map(lambda x: round(x, 2)))


@settings(max_examples=40, deadline=None)
@given(values=VALUES, scale=st.floats(0.01, 100), shift=st.floats(-1e3, 1e3))
def test_unit_and_zero_do_not_matter(values, scale, shift):
    assume(np.ptp(values) > 1)
    before = capability(values, lsl=-20, usl=30, target=1, form="normal")
    after = capability(
        values * scale + shift,
        lsl=-20 * scale + shift, usl=30 * scale + shift, target=scale + shift, form="normal",
    )  # fmt: skip
    for name, index in before.indices.items():
        assert numbers(after.indices[name]) == pytest.approx(numbers(index), rel=1e-6, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(values=VALUES)
def test_turning_the_axis_swaps_the_sides(values):
    assume(np.ptp(values) > 1)
    one = capability(values, lsl=-20, usl=30, form="normal").indices
    other = capability(-values, lsl=-30, usl=20, form="normal").indices
    for name, mirrored in (
        ("cp", "cp"),
        ("cpl", "cpu"),
        ("cpk", "cpk"),
        ("ppu", "ppl"),
        ("cpm", "cpm"),
    ):
        assert numbers(one[name]) == pytest.approx(numbers(other[mirrored]), rel=1e-9, abs=1e-9)
    assert one["cpk"].value <= one["cp"].value + 1e-12
    assert one["ppk"].value <= one["pp"].value + 1e-12
    assert one["cpm"].value <= one["cp"].value + 1e-12
    assert one["cpk"].value == min(one["cpl"].value, one["cpu"].value)


def test_intervals_hold_what_they_promise_whatever_the_sigma_method():
    rng, n, times, true = np.random.default_rng(15), 25, 10_000, 4 / 3
    x = rng.standard_normal((n, times))  # the upper limit is at 4
    drawn = charts("imr", x, baseline="all", rules="none").lines[0]
    members = x.reshape(5, 5, times).swapaxes(1, 2)
    groups = charts("xbar_r", members=members, baseline="all", rules="none").lines[0]
    by_ranges = drawn.sigma[0], freedom_of_moving_ranges(np.ones(n, dtype=bool))
    by_mean_range = groups.sigma[0], freedom_of_subgroups(np.full(5, 5), "range")
    z = z_of(0.95, "two-sided")
    for sigma, freedom in (by_ranges, by_mean_range):
        ends = by_chi_square(1.0, freedom, 0.95, "two-sided", unbiased=True)
        cp = true / sigma
        assert ((cp * ends.low < true) & (true < cp * ends.high)).mean() == pytest.approx(
            0.95, abs=0.01
        )
        found = (4 - x.mean(axis=0)) / (3 * sigma)
        cpk = [by_bissell(value, n, freedom, z, "two-sided") for value in found.tolist()]
        held = np.mean([one.low < true < one.high for one in cpk])
        assert held == pytest.approx(0.95, abs=0.012)
        short = [by_bissell(value, n, n - 1, z, "two-sided") for value in found.tolist()]
        assert np.mean([one.low < true < one.high for one in short]) < 0.935


def test_the_command_line_answers_with_capability():
    case = Case("capability_pistonrings")
    data, text = run(case.csv, "capability", "--lsl", "73.95", "--usl", "74.05", "--target", "74")
    expected = case.expected["c1"]
    assert data["chart"] == "capability"
    told = data["capability"]
    for theirs, ours in NAMES.items():
        assert told[ours] == pytest.approx(expected["indices"][theirs]["value"], rel=ROUNDED)
        assert told[f"{ours}_low"] < told[ours] < told[f"{ours}_high"]
    assert told["headline"] == "cpk"
    assert told["headline_value"] == told["cpk"]
    assert told["n"] == 125
    assert text.startswith("Cpk 1.663 (1.414 to 1.912). The process keeps to its usual range")
    beside, _ = run(case.csv, "xbar_r", "--lsl", "73.95", "--usl", "74.05", "--target", "74")
    assert beside["chart"] == "xbar_r"
    assert beside["capability"] == told


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("p --count diameter --size sample --lsl 1", "--lsl and --usl go with imr, xbar_r, xbar_s and capability."),
        ("capability --value diameter --lsl 1 --multiply 10", "Limits are in the unit of the file: leave out --multiply."),
        ("capability --value diameter", "Capability compares with limits: give a lower or an upper one."),
    ],
)  # fmt: skip
def test_the_command_line_refuses_in_a_sentence(options, says):
    kind, *rest = options.split()
    parser = argparse.ArgumentParser()
    chart_file.add_arguments(parser)
    path = str(Case("capability_pistonrings").csv)
    with pytest.raises(UsageError) as told:
        chart_file.run(parser.parse_args([kind, "--csv", path, *rest]))
    assert str(told.value) == says


def run(path, kind, *options):
    parser = argparse.ArgumentParser()
    chart_file.add_arguments(parser)
    columns = ["--value", "diameter", "--subgroup", "sample"]
    data, text = chart_file.run(parser.parse_args([kind, "--csv", str(path), *columns, *options]))
    return json.loads(json.dumps(data, allow_nan=False)), text


@pytest.mark.long
def test_percentile_intervals_hold_nearly_what_they_promise():
    rng = np.random.default_rng(16)
    true = (6 - 1) / (math.exp(0.5 * 3) - 1)
    sets = np.exp(0.5 * rng.standard_normal((300, 100)))
    forms = [form for x in sets if (form := percentile_form(x, math.nan, 6.0)) is not None]
    held = [f.indices["ppk"].low < true < f.indices["ppk"].high for f in forms]
    assert len(forms) > 285  # a shape that is true is refused one time in twenty, by either test
    # percentiles of resamples cover a little less than they say
    assert 0.86 <= np.mean(held) <= 0.98
    assert pytest.approx(0.00135, abs=1e-6) == TAIL
