"""Laws that any correct formula obeys."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kpi.spc import Options, chart, charts
from kpi.spc.rules import NELSON, all_last

MEASUREMENTS = arrays(
    float, st.integers(2, 40), elements=st.floats(-1000, 1000, width=32).map(lambda x: round(x, 2))
)
LINES = ("center", "sigma", "lcl", "ucl")


def tables(low, high):
    shape = st.tuples(st.integers(3, 30), st.integers(1, 6))
    return shape.flatmap(lambda s: arrays(float, s, elements=st.integers(low, high).map(float)))


@st.composite
def counted(draw):
    """Counts out of sizes for a few series, with gaps, phases and exclusions."""
    count = draw(tables(0, 40))
    shape = count.shape
    size = draw(arrays(float, shape, elements=st.sampled_from([0.0, 60.0, 75.0, 120.0, np.nan])))
    excluded = draw(arrays(bool, shape))
    phases = draw(arrays(int, shape[0], elements=st.integers(0, 1)))
    return count, size, excluded, np.sort(phases)


@settings(max_examples=40, deadline=None)
@given(values=MEASUREMENTS, shift=st.floats(-1e4, 1e4))
def test_shifting_the_data_shifts_the_limits(values, shift):
    before, after = chart("imr", values), chart("imr", values + shift)
    for line in ("center", "lcl", "ucl"):
        np.testing.assert_allclose(
            getattr(after, line), getattr(before, line) + shift, rtol=1e-9, atol=1e-6
        )
    np.testing.assert_allclose(after.sigma, before.sigma, rtol=1e-7, atol=1e-7)


@settings(max_examples=40, deadline=None)
@given(values=MEASUREMENTS, scale=st.floats(0.01, 100))
@pytest.mark.parametrize("kind", ["imr", "run", "ewma"])
def test_scaling_the_data_scales_the_limits(kind, values, scale):
    before, after = chart(kind, values), chart(kind, values * scale)
    multiplied = chart(kind, values, multiply=scale)
    for line in LINES:
        expected = getattr(before, line) * scale
        np.testing.assert_allclose(getattr(after, line), expected, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(getattr(multiplied, line), expected, rtol=1e-9, atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(values=MEASUREMENTS)
def test_turning_the_data_upside_down_mirrors_the_chart(values):
    plain, mirrored = (chart("imr", x, rules=NELSON) for x in (values, -values))
    np.testing.assert_allclose(mirrored.ucl, -plain.lcl, rtol=1e-9, atol=1e-9)
    assert mirrored.signals == plain.signals


@settings(max_examples=40, deadline=None)
@given(values=MEASUREMENTS)
def test_reversing_time_leaves_the_limits(values):
    forward, backward = (chart("imr", x, baseline="all") for x in (values, values[::-1]))
    np.testing.assert_allclose(backward.ucl, forward.ucl, rtol=1e-9, atol=1e-9)


@settings(max_examples=15, deadline=None)
@given(data=counted())
@pytest.mark.parametrize(
    "kind", ["p", "np", "u", "laney_p", "laney_u", "i_prime", "imr", "run", "funnel"]
)
def test_many_at_once_equals_one_by_one(kind, data):
    count, size, excluded, phases = data
    many = charts(
        kind, count=count, size=size, excluded=excluded, phases=phases, rules=NELSON, min_points=3
    )
    for s in range(count.shape[1]):
        alone = chart(
            kind,
            count=count[:, s],
            size=size[:, s],
            excluded=excluded[:, s],
            phases=phases,
            rules=NELSON,
            min_points=3,
        )
        together = many.one(s)
        for line in ("statistic", *LINES):
            np.testing.assert_allclose(
                getattr(together, line), getattr(alone, line), rtol=1e-12, atol=1e-14
            )
        assert together.signals == alone.signals
        assert [(p.first, p.last, p.baseline, p.points) for p in together.phases] == [
            (p.first, p.last, p.baseline, p.points) for p in alone.phases
        ]


@settings(max_examples=25, deadline=None)
@given(table=tables(-9, 9), seed=st.integers(0, 99))
def test_the_order_of_series_does_not_matter(table, seed):
    order = np.random.default_rng(seed).permutation(table.shape[1])
    plain, mixed = charts("imr", table, rules=NELSON), charts("imr", table[:, order], rules=NELSON)
    np.testing.assert_array_equal(mixed.ucl, plain.ucl[:, order])
    for rule, hits in plain.hits.items():
        np.testing.assert_array_equal(mixed.hits[rule], hits[:, order])


@settings(max_examples=40, deadline=None)
@given(first=MEASUREMENTS, second=MEASUREMENTS)
def test_a_phase_is_a_chart_of_its_own(first, second):
    both = chart(
        "imr",
        np.concatenate([first, second]),
        phases=[0] * len(first) + [1] * len(second),
        rules=NELSON,
    )
    parts = [chart("imr", x, rules=NELSON) for x in (first, second)]
    np.testing.assert_allclose(
        both.ucl, np.concatenate([p.ucl for p in parts]), rtol=1e-12, atol=1e-12
    )
    moved = [
        (s.rule, s.point + at, tuple(m + at for m in s.members))
        for part, at in zip(parts, (0, len(first)), strict=True)
        for s in part.signals
    ]
    assert sorted(moved) == sorted((s.rule, s.point, s.members) for s in both.signals)


@settings(max_examples=40, deadline=None)
@given(values=MEASUREMENTS, at=st.integers(0, 40))
def test_a_gap_changes_no_signal_of_given_limits(values, at):
    known = Options(center=0.0, sigma=100.0)
    at = min(at, len(values))
    holed = chart("imr", np.insert(values, at, np.nan), rules=NELSON, options=known)
    plain = chart("imr", values, rules=NELSON, options=known)

    def place(point):
        return point + (point >= at)

    assert [(s.rule, s.point, s.members) for s in holed.signals] == [
        (s.rule, place(s.point), tuple(place(m) for m in s.members)) for s in plain.signals
    ]


@settings(max_examples=40, deadline=None)
@given(values=MEASUREMENTS)
def test_a_signal_is_among_its_members_and_they_are_in_order(values):
    for signal in chart("imr", values, rules=NELSON, baseline=5).signals:
        assert signal.members[-1] == signal.point
        assert list(signal.members) == sorted(set(signal.members))


@settings(max_examples=40, deadline=None)
@given(count=arrays(float, 24, elements=st.integers(0, 40).map(float)))
def test_laney_with_sigma_z_of_one_is_the_plain_chart(count):
    size = np.linspace(50, 90, 24)
    plain = chart("p", count=count, size=size)
    laney = chart("laney_p", count=count, size=size, options=Options(sigma=1.0))
    assume(np.isfinite(plain.ucl).all())
    np.testing.assert_allclose(laney.ucl, plain.ucl, rtol=1e-12)


@settings(max_examples=40, deadline=None)
@given(mask=arrays(bool, st.tuples(st.integers(0, 30), st.integers(1, 3))), n=st.integers(1, 17))
def test_all_last_is_what_it_says(mask, n):
    found = all_last(mask, n)
    for i in range(len(mask)):
        expected = mask[i - n + 1 : i + 1].all(axis=0) if i >= n - 1 else np.zeros(mask.shape[1])
        assert found[i].tolist() == expected.astype(bool).tolist()
