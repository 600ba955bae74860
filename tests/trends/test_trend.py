import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi.trends import trend


def test_slope_is_the_least_squares_slope():
    """By hand: the slope of y on 0..11 is Σ(t - 5.5)(y - ȳ) / 143."""
    values = np.array([3.0, 4, 4, 5, 7, 6, 8, 8, 9, 11, 10, 12])
    time = np.arange(12) - 5.5
    assert trend(values).slope == pytest.approx(float(time @ values) / 143, rel=1e-12)


def test_level_noise_has_no_clear_direction():
    values = np.array([5.1, 4.9, 5.0, 5.2, 4.8, 5.0, 5.1, 4.9, 5.0, 4.8, 5.2, 5.0])
    assert not trend(values).clear


def test_a_gap_keeps_its_place_in_time():
    line = np.arange(13.0) * 0.5 + np.tile([0.01, -0.01], 7)[:13]
    with_gap = line.copy()
    with_gap[4] = np.nan
    assert trend(with_gap, last=13).slope == pytest.approx(0.5, abs=0.01)


def test_eleven_points_are_too_few():
    assert trend(np.arange(11.0)) is None


@given(
    values=st.lists(st.floats(-100, 100), min_size=12, max_size=12),
    factor=st.floats(0.1, 10),
    shift=st.floats(-50, 50),
)
def test_scaling_and_shifting_the_values_scales_the_slope(values, factor, shift):
    x = np.round(np.array(values), 3)
    if np.ptp(x) < 1:
        return
    before, after = trend(x), trend(x * factor + shift)
    assert after.slope == pytest.approx(before.slope * factor, rel=1e-6, abs=1e-8)
