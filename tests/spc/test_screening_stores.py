"""Whole stores with known truth: of what screening says to act on, few are false."""

import pytest

from tests.spc.made_stores import AS_THEORY_HAS_IT, error_rates


@pytest.mark.parametrize("changed", [0.0, 0.1])
def test_false_ones_among_act_stay_under_five_percent(changed):
    found = error_rates(8, 300, changed, AS_THEORY_HAS_IT)
    assert found["false"] < 0.05
    if changed:
        assert found["found"] > 0.2
        assert found["false_signals"] > 3 * found["false"]


@pytest.mark.long
@pytest.mark.parametrize("series", [300, 3000])
@pytest.mark.parametrize("changed", [0.0, 0.02, 0.1])
def test_false_ones_stay_under_five_percent_over_many_stores(changed, series):
    found = error_rates(30_000 // series, series, changed, AS_THEORY_HAS_IT)
    assert found["false"] < 0.05
