"""What charts do where data are thin, odd or missing."""

import math

import numpy as np
import pytest

from kpi.errors import NotEnoughDataError, UnknownNameError, UsageError
from kpi.spc import KINDS, MIN_POINTS, Options, chart, charts
from kpi.spc.material import Grouping
from kpi.spc.spans import Spans, as_labels, baseline_mask

from .cases import beyond, points

NAN = math.nan
LEVEL = [5.0, 7.0, 6.0, 5.0, 8.0, 6.0, 7.0, 5.0, 6.0, 7.0]


def drawn_somehow(kind, n):
    """A chart of any kind over ``n`` ordinary points."""
    y = np.array([3.0, 5.0, 4.0, 6.0, 2.0, 4.0, 5.0, 3.0] * 9)[:n]
    if KINDS[kind].needs == "counts":
        return chart(kind, count=y, size=np.full(n, 50.0))
    if KINDS[kind].needs == "subgroups":
        return chart(kind, np.repeat(y, 3) + np.tile([0, 1, 2], n), subgroup=np.repeat(range(n), 3))
    if KINDS[kind].needs == "rows":
        return chart(kind, np.column_stack([y, np.cos(np.arange(n))]))
    return chart(kind, y)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_draws_one_number_per_point(kind):
    drawn = drawn_somehow(kind, 24)
    for line in (drawn.statistic, drawn.center, drawn.sigma, drawn.spread, drawn.lcl, drawn.ucl):
        assert line.shape == (24,)
    assert np.isfinite(drawn.center).all()
    assert drawn.convention.startswith(KINDS[kind].name)


@pytest.mark.parametrize("kind", [k for k in KINDS if k != "t2"])
def test_every_kind_is_silent_on_no_data(kind):
    drawn = drawn_somehow(kind, 0)
    assert drawn.statistic.tolist() == []
    assert drawn.signals == ()


def test_t2_needs_rows_for_a_covariance():
    with pytest.raises(NotEnoughDataError) as raised:
        drawn_somehow("t2", 3)
    assert str(raised.value) == (
        "A T² chart of 2 columns needs at least 4 values; there are 3. Choose a longer period."
    )


@pytest.mark.parametrize("kind", ["imr", "p", "u", "c", "laney_p", "laney_u", "run", "np", "g"])
def test_one_point_has_a_centre_and_no_signal(kind):
    drawn = drawn_somehow(kind, 1)
    assert np.isfinite(drawn.center).all()
    assert drawn.signals == ()


@pytest.mark.parametrize(
    "kind", ["imr", "p", "u", "c", "laney_p", "laney_u", "run", "np", "g", "t"]
)
def test_all_gaps_draw_nothing(kind):
    gaps = np.full(12, NAN)
    given = {"count": gaps, "size": np.full(12, 10.0)} if KINDS[kind].needs == "counts" else {}
    drawn = chart(kind, None if given else gaps, **given)
    assert np.isnan(drawn.center).all()
    assert np.isnan(drawn.ucl).all()
    assert drawn.signals == ()


@pytest.mark.parametrize("rules", ["default", "western_electric", "nelson", "nhs", "anhoej"])
@pytest.mark.parametrize("value", [0.0, 0.1, 3.7, 1e9 / 3])
def test_equal_values_never_signal(value, rules):
    drawn = chart("imr", [value] * 30, rules=rules)
    assert drawn.signals == ()
    assert drawn.sigma[0] == 0
    assert "All values of the baseline are equal: there is no spread to judge by." in drawn.notes


@pytest.mark.parametrize("kind", ["p", "u", "laney_p", "laney_u", "np"])
@pytest.mark.parametrize("share", [0, 1, 1 / 3, 0.02])
def test_equal_shares_never_signal_though_volumes_vary(kind, share):
    size = np.array([300.0, 600.0, 900.0, 150.0] * 8)
    drawn = chart(kind, count=size * share, size=size, rules="nelson")
    if kind != "np" or share in (0, 1):
        # a rising volume is a rising count: np charts are for equal numbers
        assert not [s for s in drawn.signals if s.rule in ("nelson_1", "nelson_2")]


def test_a_share_of_one_is_the_ceiling_and_not_beyond_it():
    count, size = np.full(24, 48.0), np.full(24, 50.0)
    count[10] = 50
    drawn = chart("p", count=count, size=size)
    assert drawn.ucl.max() == 1
    assert beyond(drawn) == []


def test_no_lower_limit_is_said():
    drawn = chart("p", count=[1.0, 0.0, 2.0, 1.0] * 6, size=[20.0] * 24)
    assert drawn.lcl.tolist() == [0.0] * 24
    assert drawn.notes == ("No lower limit: it would lie below zero.",)


def test_a_point_exactly_on_a_limit_is_no_signal():
    options = Options(center=10, sigma=1)
    drawn = chart("imr", [10, 13, 10, 7, 10, 13.000001, 6.999999], options=options)
    assert beyond(drawn) == [6, 7]


def test_under_eight_points_there_are_no_limits_where_asked():
    drawn = chart("imr", LEVEL[:7], min_points=MIN_POINTS)
    assert np.isnan(drawn.center).all()
    assert np.isnan(drawn.ucl).all()
    assert drawn.notes == ("Too few points for limits: there are 7 points that count.",)
    assert np.isfinite(chart("imr", LEVEL[:8], min_points=MIN_POINTS).ucl).all()


@pytest.mark.parametrize(("n", "provisional"), [(8, True), (19, True), (20, False), (40, False)])
def test_provisional_under_twenty(n, provisional):
    assert chart("imr", (LEVEL * 4)[:n]).provisional is provisional


def test_the_first_twenty_points_freeze_the_limits():
    before = chart("imr", (LEVEL * 2)[:20])
    after = chart("imr", LEVEL * 2 + [100.0, 200.0])
    assert after.center[0] == before.center[0]
    assert after.ucl[-1] == before.ucl[0]
    assert after.baseline == (0, 19)
    assert "frozen at points 1–20" in after.convention


def test_gaps_do_not_count_towards_the_first_twenty():
    drawn = chart("imr", [NAN] * 5 + LEVEL * 3)
    assert drawn.baseline == (5, 24)


@pytest.mark.parametrize(
    ("baseline", "expected"),
    [
        pytest.param(4, [1, 2, 3, 4, 7, 8, 9, 10], id="the first so many of each phase"),
        pytest.param((1, 3), [2, 3, 4, 7, 8, 9, 10, 11, 12], id="a range, in the phase it touches"),
        pytest.param("all", list(range(1, 13)), id="all"),
        pytest.param(None, list(range(1, 13)), id="all while there are no twenty"),
    ],
)
def test_baselines_of_phases(baseline, expected):
    spans = Spans(np.array([0] * 6 + [1] * 6), (12, 1))
    mask = baseline_mask(spans, np.ones((12, 1), dtype=bool), baseline)
    assert (np.flatnonzero(mask[:, 0]) + 1).tolist() == expected


def test_each_phase_has_its_own_limits_and_no_range_crosses_the_border():
    drawn = chart("imr", LEVEL + [x + 100 for x in LEVEL], phases=["a"] * 10 + ["b"] * 10)
    first, second = drawn.phases
    assert (second.first, second.last) == (10, 19)
    assert second.center - first.center == pytest.approx(100)
    assert second.sigma == pytest.approx(first.sigma)
    assert drawn.signals == ()
    assert np.isnan(drawn.panels[0].statistic[10])


def test_rules_start_anew_at_a_phase_but_not_at_the_end_of_a_baseline():
    x = [0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    options = Options(center=0.5, sigma=1)
    assert points(chart("imr", x, baseline=8, options=options), "run_of_8") == [13]
    split = chart("imr", x, phases=[0] * 8 + [1] * 5, options=options)
    assert points(split, "run_of_8") == []


@pytest.mark.parametrize(
    "rules", ["run_of_8", "trend_of_6", "nelson_5", "nelson_6", "nelson_7", "nelson_4"]
)
def test_every_pattern_rule_restarts_at_a_phase(rules):
    pattern = {
        "run_of_8": [1.0] * 8,
        "trend_of_6": list(range(6)),
        "nelson_5": [2.5, 0.1, 2.5],
        "nelson_6": [1.5] * 4,
        "nelson_7": [0.1] * 15,
        "nelson_4": [1.0, -1.0] * 7,
    }[rules]
    options = Options(center=0.0, sigma=1.0)
    whole = chart("imr", pattern, rules=[rules], options=options)
    assert points(whole, rules) == [len(pattern)]
    assert len(whole.signals[0].members) in (len(pattern), 2)
    cut = [0] + [1] * (len(pattern) - 1)
    assert chart("imr", pattern, rules=[rules], phases=cut, options=options).signals == ()


def test_a_gap_neither_breaks_nor_extends_a_run():
    x = [1.0] * 4 + [NAN, NAN] + [1.0] * 4
    drawn = chart("imr", x, options=Options(center=0, sigma=1))
    assert points(drawn, "run_of_8") == [10]
    assert drawn.signals[0].members == (0, 1, 2, 3, 6, 7, 8, 9)
    assert drawn.notes[0] == "2 of 10 points are missing: no run is broken or extended there."
    broken = chart("imr", x, options=Options(center=0, sigma=1, gaps="break"))
    assert broken.signals == ()


def test_an_excluded_point_is_drawn_tested_and_otherwise_ignored():
    x = [1.0] * 4 + [50.0] + [1.0] * 3 + [-1.0]
    mask = [i == 4 for i in range(9)]
    drawn = chart("imr", x, excluded=mask, options=Options(center=0, sigma=1))
    assert drawn.statistic[4] == 50
    assert beyond(drawn) == [5]
    assert points(drawn, "run_of_8") == []
    free = chart("imr", [*LEVEL, 500.0], excluded=[False] * 10 + [True])
    assert free.center[0] == chart("imr", LEVEL).center[0]
    assert free.sigma[0] == pytest.approx(chart("imr", LEVEL).sigma[0])
    assert np.isnan(free.panels[0].statistic[10])
    assert "1 point is shown but not counted." in free.notes


@pytest.mark.parametrize("kind", ["p", "u", "laney_p", "laney_u", "np", "i_prime", "funnel"])
@pytest.mark.parametrize("size", [0.0, -5.0, NAN])
def test_a_zero_or_missing_denominator_is_a_gap(kind, size):
    count, sizes = np.array([3.0, 4, 2, 5, 3, 4, 6, 1, 3, 2]), np.full(10, 40.0)
    whole = chart(kind, count=np.delete(count, 4), size=np.delete(sizes, 4))
    sizes[4] = size
    drawn = chart(kind, count=count, size=sizes)
    assert np.isnan([drawn.statistic[4], drawn.center[4], drawn.lcl[4], drawn.ucl[4]]).all()
    if kind not in ("laney_p", "laney_u", "i_prime"):  # these lose the ranges over the gap
        assert drawn.ucl[0] == pytest.approx(whole.ucl[0])
    assert drawn.center[0] == pytest.approx(whole.center[0])


def test_zero_times_count_as_half_the_resolution():
    drawn = chart("t", [5, 0, 3, 8, 2, 9, 4, 7, 1, 6])
    assert drawn.panels[0].statistic[1] == pytest.approx(0.5 ** (1 / 3.6))
    assert "A time of zero counts as half the smallest resolution." in drawn.notes


def test_more_counted_than_there_were_draws_no_limits_and_breaks_nothing():
    drawn = chart("p", count=[30.0] * 10, size=[20.0] * 10)
    assert np.isnan(drawn.ucl).all()
    assert drawn.notes == (
        "No limits: the spread cannot be estimated from these points.",
        "Some counts are larger than their sizes: a u chart suits events.",
    )


def test_subgroups_of_unequal_size_pool_their_spread():
    values = [1.0, 2, 3, 2, 4, 3, 5, 4, 2, 1, 3, 5, 4, 6]
    labels = list("aaabbbbccdddee")
    drawn = chart("xbar_r", values, subgroup=labels)
    groups = [np.array(values)[[x == g for x in labels]] for g in "abcde"]
    pooled = math.sqrt(
        sum(((g - g.mean()) ** 2).sum() for g in groups) / sum(len(g) - 1 for g in groups)
    )
    assert drawn.sigma[0] == pytest.approx(pooled, rel=0.04)  # ÷ c4 of the degrees of freedom
    assert drawn.ucl[1] < drawn.ucl[2]
    assert len(drawn.statistic) == 5


def test_groups_add_counts_and_average_values():
    grouped = Grouping(["x", "y", "x"])
    assert grouped.total(np.array([1.0, NAN, 2.0])).tolist()[0] == 3
    assert math.isnan(grouped.total(np.array([1.0, NAN, 2.0]))[1])
    assert grouped.mean(np.array([1.0, 5.0, NAN])).tolist() == [1.0, 5.0]
    by_day = chart("p", count=[1, 2, 3, 4], size=[10, 10, 10, 10], subgroup=["a", "a", "b", "b"])
    assert by_day.statistic.tolist() == [0.15, 0.35]


def test_a_funnel_has_no_runs():
    drawn = chart("funnel", count=[10.0] * 12 + [40.0], size=[100.0] * 13, rules="nelson")
    assert {s.rule for s in drawn.signals} == {"nelson_1"}


def test_a_funnel_of_rates_is_poisson():
    drawn = chart("funnel", count=[12.0, 30.0, 25.0], size=[10.0, 20.0, 20.0])
    assert drawn.sigma[0] == pytest.approx(math.sqrt(67 / 50 / 10))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: chart("p", [1.0]), "The p chart needs a count and a size for each point."),
        (lambda: chart("imr"), "The XmR chart needs a value for each point."),
        (lambda: chart("xbar_r", [1.0]), "The Xbar-R chart needs a subgroup for each value."),
        (
            lambda: chart("imr", [1.0, 2.0], phases=["a"]),
            "There are 2 points and 1 phase labels.",
        ),
        (
            lambda: chart("imr", [1.0, 2.0], excluded=[True]),
            "There are 2 points and 1 marks of exclusion.",
        ),
        (
            lambda: chart("p", count=[1.0, 2.0], size=[3.0]),
            "There are 2 counts and 1 sizes: give one size per count.",
        ),
    ],
)
def test_missing_material_is_told(call, message):
    with pytest.raises(UsageError) as raised:
        call()
    assert str(raised.value) == message


def test_unknown_names_are_told():
    with pytest.raises(UnknownNameError, match="There is no kind of chart 'xmr'"):
        chart("xmr", [1.0])
    with pytest.raises(UnknownNameError, match="There is no rule 'nelson_9'"):
        chart("imr", [1.0], rules=["nelson_9"])


def test_infinite_values_are_refused():
    with pytest.raises(ValueError, match="finite or nan"):
        chart("imr", [1.0, math.inf])


def test_blank_phase_labels_continue_the_phase():
    assert as_labels(["", None, "b", NAN, "a", "a"]).tolist() == [0, 0, 0, 0, 1, 1]


def test_many_series_may_have_phases_of_their_own():
    x = np.column_stack([LEVEL + LEVEL, LEVEL + LEVEL])
    phases = np.column_stack([[0] * 10 + [1] * 10, [0] * 5 + [1] * 15])
    many = charts("imr", x, phases=phases)
    for s in range(2):
        alone = chart("imr", x[:, s], phases=phases[:, s])
        assert many.one(s).phases == alone.phases
        np.testing.assert_array_equal(many.ucl[:, s], alone.ucl)
