"""Rate and mix: against a published decomposition, by hand, and by the laws any split must obey."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpi.trends.decomposition import Kind, Whole, decompose, decompose_amounts, needed

counts = st.integers(0, 5_000)
"""Of defectives; what was made is at least as much."""


@st.composite
def two_periods(draw, *, least=1):
    """Numerators and denominators of some slices in two periods, nothing absent."""
    size = draw(st.integers(1, 12))
    made = [draw(st.lists(st.integers(least, 100_000), min_size=size, max_size=size)) for _ in "ab"]
    bad = [[draw(st.integers(0, m)) for m in period] for period in made]
    return tuple((np.array(b, float), np.array(m, float)) for b, m in zip(bad, made, strict=True))


# Das Gupta (1993), Standardization and Decomposition of Rates: A User's Manual, US Bureau of the
# Census P23-186, example 5.3: population of the United States (thousands) and death rates per 1,000
# by race and eleven ages, 1985 and 1970. The two effects with size as one factor are those printed
# in the README of the R package DasGuptR 2.1.0: size 1.5415096, rate -2.2277254, crude -0.6862158.
SIZE_1985 = [
    3041, 11577, 27450, 32711, 35480, 27411, 19555, 19795, 15254, 8022, 2472,
    707, 2692, 6473, 6841, 6547, 4352, 3034, 2540, 1749, 804, 236,
]  # fmt: skip
SIZE_1970 = [
    2968, 11484, 34614, 30992, 21983, 20314, 20928, 16897, 11339, 5720, 1315,
    535, 2162, 6120, 4781, 3096, 2718, 2363, 1767, 1149, 448, 117,
]  # fmt: skip
RATE_1985 = [
    9.163, 0.462, 0.248, 0.929, 1.084, 1.810, 4.715, 12.187, 27.728, 64.068, 157.570,
    17.208, 0.738, 0.328, 1.103, 2.045, 3.724, 8.052, 17.812, 34.128, 68.276, 125.161,
]  # fmt: skip
RATE_1970 = [
    18.469, 0.751, 0.391, 1.146, 1.287, 2.672, 6.636, 15.691, 34.723, 79.763, 176.837,
    36.993, 1.352, 0.541, 2.040, 3.523, 6.746, 12.967, 24.471, 45.091, 74.902, 123.205,
]  # fmt: skip


def test_the_death_rates_of_das_gupta():
    before = np.array(RATE_1970) * SIZE_1970, np.array(SIZE_1970, float)
    after = np.array(RATE_1985) * SIZE_1985, np.array(SIZE_1985, float)
    found = decompose(before, after)
    assert found.rate.sum() == pytest.approx(-2.2277254, abs=5e-8)
    assert found.mix.sum() == pytest.approx(1.5415096, abs=5e-8)
    assert found.change == pytest.approx(-0.6862158, abs=5e-8)
    assert found.remainder == 0.0


def test_by_hand():
    """Press 1: 1.0 % of 8,000, then 1.2 % of 5,000. Press 2: 3.0 % of 2,000, then 4.0 % of 5,000.

    The whole goes from 140 of 10,000 = 1.4 % to 260 of 10,000 = 2.6 %; its mean is 2.0 %.
    Press 1: rate 0.2 x 0.65 = 0.13, mix -0.3 x (1.1 - 2.0) = 0.27.
    Press 2: rate 1.0 x 0.35 = 0.35, mix +0.3 x (3.5 - 2.0) = 0.45.
    """
    found = decompose(([80, 60], [8_000, 2_000]), ([60, 200], [5_000, 5_000]))
    assert (found.rate * 100).tolist() == pytest.approx([0.13, 0.35], rel=1e-12)
    assert (found.mix * 100).tolist() == pytest.approx([0.27, 0.45], rel=1e-12)
    assert found.change * 100 == pytest.approx(1.2, rel=1e-12)
    assert found.kinds == (Kind.MIX, Kind.MIX)
    assert found.share_from.tolist() == [0.8, 0.2]
    assert found.rate_to.tolist() == [0.012, 0.04]


@settings(deadline=None)
@given(periods=two_periods(least=0))
def test_the_parts_add_up_to_the_change(periods):
    before, after = periods
    if before[1].sum() == 0 or after[1].sum() == 0:
        return
    found = decompose(before, after)
    plain = after[0].sum() / after[1].sum() - before[0].sum() / before[1].sum()
    level = max(1e-300, np.abs(found.total).sum(), abs(plain))
    assert abs(math.fsum(found.total) + found.remainder - found.change) <= 1e-12 * level
    assert found.change == pytest.approx(plain, rel=1e-12, abs=1e-15)
    assert found.remainder == 0.0


@settings(deadline=None)
@given(period=two_periods())
def test_the_same_period_twice_gives_zeros(period):
    found = decompose(period[0], period[0])
    assert (found.change, found.remainder) == (0.0, 0.0)
    assert not found.rate.any()
    assert not found.mix.any()


@settings(deadline=None)
@given(
    bad=st.lists(st.integers(0, 100), min_size=2, max_size=9),
    shift=st.lists(st.integers(1, 50), min_size=9, max_size=9),
)
def test_where_only_the_mix_changes_no_rate_has_an_effect(bad, shift):
    made = np.full(len(bad), 100.0)
    factor = np.array(shift[: len(bad)], float)
    found = decompose((bad, made), (bad * factor, made * factor))
    assert not found.rate.any()
    assert found.mix.sum() == pytest.approx(found.change, rel=1e-9, abs=1e-15)
    assert Kind.NEW not in found.kinds


@settings(deadline=None)
@given(periods=two_periods(), share=st.integers(2, 9))
def test_where_only_the_rates_change_no_mix_has_an_effect(periods, share):
    (bad, made), (worse, _) = periods
    found = decompose((bad, made), (np.minimum(worse, made * share), made * share))
    assert np.abs(found.mix).max() <= 1e-15


@settings(deadline=None)
@given(periods=two_periods(), first=st.integers(2, 1000), second=st.integers(2, 1000))
def test_how_much_is_made_in_all_changes_nothing(periods, first, second):
    (n0, d0), (n1, d1) = periods
    plain = decompose((n0, d0), (n1, d1))
    scaled = decompose((n0 * first, d0 * first), (n1 * second, d1 * second))
    assert scaled.rate == pytest.approx(plain.rate, rel=1e-9, abs=1e-14)
    assert scaled.mix == pytest.approx(plain.mix, rel=1e-9, abs=1e-14)


@settings(deadline=None)
@given(periods=two_periods(least=0), seed=st.integers(0, 99))
def test_the_order_of_the_slices_does_not_matter(periods, seed):
    (n0, d0), (n1, d1) = periods
    if d0.sum() == 0 or d1.sum() == 0:
        return
    order = np.random.default_rng(seed).permutation(len(n0))
    plain = decompose((n0, d0), (n1, d1))
    turned = decompose((n0[order], d0[order]), (n1[order], d1[order]))
    assert turned.total == pytest.approx(plain.total[order], rel=1e-12, abs=1e-16)
    assert turned.kinds == tuple(plain.kinds[i] for i in order)


@settings(deadline=None)
@given(periods=two_periods())
def test_turning_time_round_turns_every_sign(periods):
    before, after = periods
    there, back = decompose(before, after), decompose(after, before)
    assert back.rate == pytest.approx(-there.rate, rel=1e-12, abs=1e-16)
    assert back.mix == pytest.approx(-there.mix, rel=1e-12, abs=1e-16)


@settings(deadline=None)
@given(periods=two_periods())
def test_splitting_a_slice_in_equal_halves_splits_its_part(periods):
    """A rate that is the same in both halves has the same effect in each of them."""
    (n0, d0), (n1, d1) = periods
    halves = [np.repeat(v / 2, 2) for v in (n0, d0, n1, d1)]
    whole, split = (
        decompose((n0, d0), (n1, d1)),
        decompose(tuple(halves[:2]), tuple(halves[2:])),
    )
    assert split.total.reshape(-1, 2).sum(axis=1) == pytest.approx(whole.total, rel=1e-9, abs=1e-15)


def test_new_and_vanished_slices_are_named_and_all_mix():
    """By hand: 20/1000 = 2 %, then 50/1000 = 5 %; mean 3.5 %. New: half of it, at 8 %."""
    found = decompose(([10, 10, 0], [500, 500, 0]), ([10, 0, 40], [500, math.nan, 500]))
    assert found.kinds == (Kind.RATE, Kind.VANISHED, Kind.NEW)
    assert found.rate.tolist() == [0.0, 0.0, 0.0]
    assert (found.mix * 100).tolist() == pytest.approx([0.0, -0.5 * (2 - 3.5), 0.5 * (8 - 3.5)])
    assert found.change * 100 == pytest.approx(3.0)
    assert np.isnan(found.rate_from).tolist() == [False, False, True]
    assert np.isnan(found.rate_to).tolist() == [False, True, False]
    assert found.share_to.tolist() == [0.5, 0.0, 0.5]


def test_a_numerator_without_a_denominator_is_an_amount():
    """A machine that ran without a failure, in a mean time between failures."""
    found = decompose(([100, 300], [0, 2]), ([100, 300], [1, 2]))
    assert found.kinds == (Kind.AMOUNT, Kind.MIX)
    assert math.isnan(found.rate_from[0])
    assert found.total.sum() == pytest.approx(400 / 3 - 400 / 2, rel=1e-12)
    assert found.remainder == 0.0


def test_what_the_slices_leave_over_is_the_remainder():
    """30 of 900 known of 40 of 1,000, then 60 of 900 of 75 of 1,000."""
    found = decompose(([30], [900]), ([60], [900]), Whole(40, 1000), Whole(75, 1000))
    assert found.change == pytest.approx(0.035)
    assert found.total.tolist() == pytest.approx([(60 - 30) / 900 * 0.9])
    assert found.remainder == pytest.approx(0.035 - 0.03)


def test_amounts_over_one_denominator():
    """By hand, reasons of scrap: 30 and 10 of 1,000, then 50 and 5 of 2,000."""
    found = decompose_amounts([30, 10], [50, 5], Whole(40, 1000), Whole(55, 2000))
    assert (found.total * 100).tolist() == pytest.approx([-0.5, -0.75], rel=1e-12)
    assert found.change * 100 == pytest.approx(2.75 - 4.0)
    assert found.remainder == 0.0
    assert set(found.kinds) == {Kind.AMOUNT}
    assert np.isnan(found.share_from).all()


@settings(deadline=None)
@given(
    before=st.lists(counts, min_size=3, max_size=8),
    after=st.lists(counts, min_size=8, max_size=8),
    missed=counts,
)
def test_amounts_and_what_has_no_name_add_up(before, after, missed):
    after = after[: len(before)]
    wholes = Whole(sum(before) + missed, 10_000), Whole(sum(after), 20_000)
    found = decompose_amounts(before, after, *wholes)
    plain = wholes[1].value - wholes[0].value
    assert math.fsum(found.total) + found.remainder == pytest.approx(plain, rel=1e-12, abs=1e-14)
    assert (found.remainder == 0.0) == (missed == 0)


def test_a_whole_without_a_denominator_is_refused():
    with pytest.raises(ValueError, match="no denominator above zero"):
        decompose(([0], [0]), ([1], [10]))
    with pytest.raises(ValueError, match="no denominator above zero"):
        decompose_amounts([1], [1], Whole(1, 0), Whole(1, 1))


def test_lists_of_different_length_are_refused():
    with pytest.raises(ValueError, match="one length"):
        decompose(([1, 2], [10, 20]), ([1], [10]))


@pytest.mark.parametrize(
    ("parts", "change", "explain"),
    [
        pytest.param([0.1, 1.3, 0.1], 1.5, (1,), id="one slice is most of it"),
        pytest.param([0.5, 0.5, 0.5], 1.5, (0, 1, 2), id="spread evenly: a third is missing still"),
        pytest.param([3.0, -2.0, 0.0], 1.0, (0, 1), id="one that is taken back explains nothing"),
        pytest.param([-0.2, -0.8], -1.0, (1,), id="a fall"),
        pytest.param([0.2], 1.0, (), id="most of it has no name"),
        pytest.param([0.5, -0.5], 0.0, (), id="nothing changed"),
        pytest.param([], 1.0, (), id="no slice at all"),
    ],
)
def test_how_few_explain_a_change(parts, change, explain):
    assert needed(parts, change) == explain


def test_thousands_of_slices_add_up():
    rng = np.random.default_rng(4)
    made = rng.integers(1, 10_000, (2, 20_000)).astype(float)
    bad = rng.binomial(made.astype(int), 0.02).astype(float)
    found = decompose((bad[0], made[0]), (bad[1], made[1]))
    assert math.fsum(found.total) == pytest.approx(found.change, rel=1e-9)
