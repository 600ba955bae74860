"""Average run lengths against published tables: the product's charts, simulated."""

import numpy as np
import pytest

from docs import run_lengths as runs
from kpi.spc import Options, charts

QUICK = [case for case in runs.CASES if case.published < 20]
SLOW = [case for case in runs.CASES if case.published >= 20]
NAMES = {id(c): f"{c.chart}, shift {c.shift:g}" for c in runs.CASES}


def rounding(published):
    """Half a unit of the last printed digit."""
    text = f"{published:g}"
    return 0.5 * 10.0 ** -len(text.partition(".")[2])


def agrees(case, number):
    mean, error = runs.simulated(case, number)
    # 45 cases, each with four standard errors: one run in three hundred would fail by chance, but
    # the seed is fixed
    assert abs(mean - case.published) < 4 * error + rounding(case.published), (mean, error)
    assert error < 0.04 * case.published  # so that a wrong chart cannot hide behind it


@pytest.mark.reference
@pytest.mark.parametrize("case", QUICK, ids=lambda c: NAMES[id(c)])
def test_short_run_lengths(case):
    agrees(case, 6_000)


@pytest.mark.reference
@pytest.mark.long
@pytest.mark.parametrize("case", SLOW, ids=lambda c: NAMES[id(c)])
def test_long_run_lengths(case):
    agrees(case, 6_000)


@pytest.mark.reference
def test_the_shewhart_run_length_is_the_share_beyond_three_sigma():
    values = np.random.default_rng(41).standard_normal((200, 20_000))
    drawn = charts("imr", values, rules=["beyond_limits"], options=Options(center=0.0, sigma=1.0))
    share = (drawn.hits["beyond_limits"] != 0).mean()
    error = np.sqrt(share / values.size)
    assert abs(share - 1 / 370.398) < 4 * error


def test_a_head_start_and_rules_matter():
    known = {(c.chart, c.shift): c.published for c in runs.CASES}
    assert len(known) == len(runs.CASES) == 45
    for h in ("4", "5"):
        plain, fast = f"CUSUM k 0.5, h {h}", f"CUSUM k 0.5, h {h}, head start {float(h) / 2:g}"
        assert all(known[fast, s] < known[plain, s] for s in (0, 0.5, 1, 2, 3))
