"""The chart proposed for each of many series is the one proposed for it alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpi.spc import KINDS, propose, propose_many


def made(seed, kind):
    """Series of every sort: chance alone, more spread, amounts, gaps, more counts than units."""
    rng = np.random.default_rng(seed)
    series, points = 24, int(rng.integers(0, 30))
    scale = rng.choice([30.0, 3_000.0, 60_000.0], series)
    size = np.round(scale * rng.uniform(1, rng.choice([1.05, 3.0], series), (points, series)))
    level = rng.choice([0.0, 0.02, 0.4, 1.4], series)
    wobble = rng.choice([0.0, 0.3], series) * rng.standard_normal((points, series))
    count = rng.poisson(size * level * np.exp(wobble)).astype(float)
    count[:, rng.random(series) < 0.2] += 0.5
    count[:, rng.random(series) < 0.05] -= 5
    size[rng.random((points, series)) < 0.1] = rng.choice([0.0, np.nan])
    count[rng.random((points, series)) < 0.1] = np.nan
    size[:, 0] = np.nan
    return count, np.ones_like(size) if kind == "c" else size


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    kind=st.sampled_from(["p", "u", "np", "c", "laney_p", "laney_u", "imr"]),
)
def test_many_is_one_by_one(seed, kind):
    count, size = made(seed, kind)
    found = propose_many(kind, count, size)
    alone = [propose(kind, count[:, s], size[:, s])[0] for s in range(count.shape[1])]
    assert found.tolist() == alone


def test_the_made_series_reach_every_proposal():
    found = {
        (kind, str(to))
        for kind in ("p", "u", "np", "c")
        for seed in range(40)
        for to in propose_many(kind, *made(seed, kind))
    }
    assert {to for kind, to in found if kind == "p"} == {
        "p", "u", "laney_p", "laney_u", "i_prime", "imr",
    }  # fmt: skip
    assert {to for kind, to in found if kind == "u"} == {"u", "laney_u", "i_prime", "imr"}
    assert {to for kind, to in found if kind == "np"} == {
        "np", "p", "u", "laney_p", "laney_u", "i_prime", "imr",
    }  # fmt: skip
    assert {to for kind, to in found if kind == "c"} == {"c", "imr"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_reason(kind):
    assert propose(kind)[0] == kind
    assert propose(kind)[1] != propose("no such kind")[1]


@pytest.mark.parametrize(
    ("kind", "count", "size", "expected", "reason"),
    [
        pytest.param(
            "np", [3.0, 5, 4, 6], [50.0, 90, 50, 70], "p",
            "Defective units out of varying numbers, spread as chance explains: p chart.",
            id="np is for equal numbers",
        ),
        pytest.param(
            "np", [3.0, 5, 4, 6], [50.0] * 4, "np",
            "Defective units out of equal numbers: np chart.", id="equal numbers",
        ),
        pytest.param(
            "c", [100.0, 180, 90, 170, 100, 190, 95, 175], None, "imr",
            "Many events per period, more spread than chance: individuals chart (XmR).",
            id="many events, wild",
        ),
        pytest.param(
            "c", [3.0, 5, 4, 6], None, "c", "Events in equal periods: c chart.", id="few events"
        ),
        pytest.param(
            "p", [-3.0, 5, 4, 6], [50.0] * 4, "imr",
            "Amounts, not counts: individuals chart (XmR).", id="less than nothing is no count",
        ),
    ],
)  # fmt: skip
def test_propose_by_nature(kind, count, size, expected, reason):
    assert propose(kind, count, size) == (expected, reason)


def test_many_without_counts_keep_their_kind():
    assert propose_many("imr", values=np.zeros((5, 3))).tolist() == ["imr"] * 3
    assert propose_many("p", np.zeros((0, 2)), np.zeros((0, 2))).tolist() == ["p", "p"]
