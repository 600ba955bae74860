"""Laws of every kind of chart: levels, units, order, phases, gaps, points that do not count."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kpi.spc import KINDS, Options, chart, charts
from kpi.spc.rules import NELSON

ALL = [k for k in KINDS if k != "t2"]
WITH_RUNS = [k for k in ALL if KINDS[k].rules is None]
OPTIONS = {
    "plain": Options(),
    "screened": Options(moving_range="screened", sigma_z_floor="one"),
    "median": Options(moving_range="median", subgroup_sigma="pooled", gaps="break"),
    "exact": Options(limits="quantile", sizes="average", times="weibull", subgroup_sigma="range"),
}
SEEDS = st.integers(0, 100_000)


def made(kind, seed, series=4, points=26, gaps=True):
    """Material of a kind as arrays (T, S): counts, sizes, values or members, with gaps."""
    rng = np.random.default_rng(seed)
    shape = (points, series)
    hole = rng.random(shape) < 0.12 if gaps else np.zeros(shape, dtype=bool)
    size = rng.choice([40.0, 60.0, 75.0, 120.0], shape)
    level = np.where(np.arange(points)[:, None] < rng.integers(5, points), 0.1, 0.2)
    count = rng.binomial(size.astype(int), level).astype(float)
    need = KINDS[kind].needs
    if need == "counts":
        return {"count": np.where(hole, np.nan, count), "size": np.where(hole, 0.0, size)}
    if kind in ("xbar_r", "xbar_s", "ewma", "cusum"):
        members = rng.normal(50 + 10 * level[..., None], 1, (*shape, 4)).round(2)
        members[hole] = np.nan
        members[rng.random(members.shape) < (0.1 if gaps else 0)] = np.nan
        return {"members": members}
    values = count if need == "count" else rng.gamma(2.0, 10 * (1 + level)).round(1)
    return {"values": np.where(hole, np.nan, values)}


def one_of(kind, given, s, **how):
    """One series of such material, by ``chart``."""
    if "members" not in given:
        return chart(kind, **{name: x[:, s] for name, x in given.items()}, **how)
    members = given["members"][:, s]
    points, n = members.shape
    spread = {
        name: np.repeat(x, n) if isinstance(x, np.ndarray) and len(x) == points else x
        for name, x in how.items()
    }
    return chart(kind, members.ravel(), subgroup=np.repeat(range(points), n), **spread)


def same(one, other, rtol=1e-9):
    for line in ("statistic", "center", "sigma", "spread", "lcl", "ucl"):
        np.testing.assert_allclose(
            getattr(one, line), getattr(other, line), rtol=rtol, atol=1e-10, err_msg=line
        )


@settings(max_examples=5, deadline=None)
@given(seed=SEEDS)
@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("kind", ALL)
def test_many_at_once_equals_one_by_one(kind, options, seed):
    rng = np.random.default_rng(seed)
    given_ = made(kind, seed)
    excluded = rng.random((26, 4)) < 0.1
    phases = np.sort(rng.integers(0, 3, 26))
    how = {"rules": NELSON, "options": OPTIONS[options], "min_points": 2}
    many = charts(kind, **given_, excluded=excluded, phases=phases, **how)
    for s in range(4):
        alone = one_of(kind, given_, s, excluded=excluded[:, s], phases=phases, **how)
        together = many.one(s)
        same(together, alone)
        assert together.signals == alone.signals
        assert together.runs == alone.runs
        assert together.notes == alone.notes


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS)
@pytest.mark.parametrize("kind", ALL)
def test_the_order_of_series_does_not_matter(kind, seed):
    given_ = made(kind, seed, series=6)
    order = np.random.default_rng(seed).permutation(6)
    plain = charts(kind, **given_, rules=NELSON)
    mixed = charts(kind, **{name: x[:, order] for name, x in given_.items()}, rules=NELSON)
    for line in ("statistic", "center", "lcl", "ucl"):
        np.testing.assert_allclose(
            getattr(mixed, line), getattr(plain, line)[:, order], rtol=1e-12, atol=1e-12
        )
    for rule, hits in plain.hits.items():
        np.testing.assert_array_equal(mixed.hits[rule], hits[:, order])


@pytest.mark.parametrize("gaps", [True, False])
@pytest.mark.parametrize("kind", ["imr", "p", "g", "ewma"])
def test_so_many_series_that_they_are_searched_in_blocks(kind, gaps):
    given_ = made(kind, 3, series=1800, gaps=gaps)
    phases = np.arange(26) // 13
    many = charts(kind, **given_, phases=phases, rules=NELSON)
    for start in (0, 700, 1790):
        some = slice(start, start + 10)
        few = charts(
            kind, **{n: x[:, some] for n, x in given_.items()}, phases=phases, rules=NELSON
        )
        for rule, hits in few.hits.items():
            np.testing.assert_array_equal(many.hits[rule][:, some], hits)


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, shift=st.floats(-1e4, 1e4))
@pytest.mark.parametrize("options", ["plain", "screened", "median"])
@pytest.mark.parametrize("kind", ["imr", "run", "xbar_r", "xbar_s", "ewma"])
def test_shifting_the_data_shifts_the_chart(kind, options, seed, shift):
    given_ = made(kind, seed)
    name, x = next(iter(given_.items()))
    how = {"rules": "none", "options": OPTIONS[options]}
    before, after = charts(kind, **given_, **how), charts(kind, **{name: x + shift}, **how)
    for line in ("statistic", "center", "lcl", "ucl"):
        np.testing.assert_allclose(
            getattr(after, line), getattr(before, line) + shift, rtol=1e-9, atol=1e-6
        )


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, scale=st.floats(0.01, 100))
@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("kind", ["imr", "run", "t", "xbar_r", "xbar_s", "ewma"])
def test_scaling_the_data_scales_the_chart(kind, options, seed, scale):
    given_ = made(kind, seed)
    name, x = next(iter(given_.items()))
    if kind == "t":  # a zero time counts as half the finest step the times are written in
        x = given_[name] = np.where(x == 0, 0.1, x)
    how = {"rules": "none", "options": OPTIONS[options]}
    before, after = charts(kind, **given_, **how), charts(kind, **{name: x * scale}, **how)
    multiplied = charts(kind, **given_, **how, multiply=scale)
    for line in ("statistic", "center", "lcl", "ucl"):
        expected = getattr(before, line) * scale
        np.testing.assert_allclose(getattr(after, line), expected, rtol=1e-8, atol=1e-9)
        np.testing.assert_allclose(getattr(multiplied, line), expected, rtol=1e-12, atol=1e-12)


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, scale=st.floats(0.01, 100), shift=st.floats(-100, 100))
def test_cusum_counts_in_sigma_whatever_the_unit(seed, scale, shift):
    members = made("cusum", seed, gaps=False)["members"]
    before = charts("cusum", members=members, rules="none")
    after = charts("cusum", members=members * scale + shift, rules="none")
    np.testing.assert_allclose(after.statistic, before.statistic, rtol=1e-6, atol=1e-6)


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS)
def test_t2_does_not_know_units(seed):
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((30, 3))
    mixed = rows @ (rng.standard_normal((3, 3)) + 3 * np.eye(3)) + rng.standard_normal(3)
    plain = chart("t2", rows)
    np.testing.assert_allclose(chart("t2", mixed).statistic, plain.statistic, rtol=1e-6)


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS)
@pytest.mark.parametrize("kind", ALL)
def test_a_phase_is_a_chart_of_its_own(kind, seed):
    given_ = made(kind, seed, series=2)
    how = {"rules": NELSON, "min_points": 2}
    whole = charts(kind, **given_, phases=np.arange(26) >= 15, **how)
    for part, at in ((slice(0, 15), 0), (slice(15, 26), 15)):
        own = charts(kind, **{n: x[part] for n, x in given_.items()}, **how)
        for s in range(2):
            assume(own.one(s).baseline is not None)
            assert [
                (x.rule, x.point, x.members)
                for x in whole.one(s).signals
                if at <= x.point < at + 15
            ][: len(own.one(s).signals) + 1] == [
                (x.rule, x.point + at, tuple(m + at for m in x.members)) for x in own.one(s).signals
            ]
            if kind != "funnel":  # whether a funnel counts shares is asked of the whole
                np.testing.assert_allclose(whole.ucl[part, s], own.ucl[:, s], rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("kind", WITH_RUNS)
def test_rules_do_not_restart_at_the_end_of_a_frozen_baseline(kind):
    """Four points above the centre inside the baseline and four after it are a run of eight."""
    ten = [40.0, 60.0, 41.0, 59.0, 42.0, 58.0, 43.0, 57.0, 30.0, 31.0]
    y = np.array([*ten, 70, 70, 70, 70, 71, 71, 71, 71])
    drawn = _of(kind, y, baseline=14, rules=["run_of_8"])
    assert [s.point for s in drawn.signals] == [17]
    restarted = _of(kind, y, baseline=14, rules=["run_of_8"], phases=[0] * 14 + [1] * 4)
    assert restarted.signals == ()


def _of(kind, y, **how):
    if KINDS[kind].needs == "counts":
        return chart(kind, count=y, size=np.full(len(y), 400.0), **how)
    if KINDS[kind].needs == "subgroups":
        phases = how.pop("phases", None)
        excluded = how.pop("excluded", None)
        return chart(
            kind, (y[:, None] + np.array([-9.0, 0, 9])).ravel(),
            subgroup=np.repeat(range(len(y)), 3), **how,
            phases=None if phases is None else np.repeat(phases, 3),
            excluded=None if excluded is None else np.repeat(excluded, 3),
        )  # fmt: skip
    return chart(kind, y, **how)


STEADY = np.array([48.0, 53, 50, 46, 55, 49, 52, 51, 54, 47] * 2)


@pytest.mark.parametrize("kind", [k for k in ALL if k not in ("run", "cusum", "ewma")])
def test_an_excluded_point_moves_nothing_and_is_still_tested(kind):
    y, skip = np.insert(STEADY, 10, 390.0), np.arange(21) == 10
    drawn = _of(kind, y, excluded=skip, baseline="all")
    keep = ~skip
    gap = np.where(skip, np.nan, y)
    without = _of(kind, gap, baseline="all")
    np.testing.assert_allclose(drawn.ucl[keep], without.ucl[keep], rtol=1e-12)
    np.testing.assert_allclose(drawn.center[keep], without.center[keep], rtol=1e-12)
    assert drawn.statistic[10] > drawn.ucl[10]
    assert [(s.rule, s.point) for s in drawn.signals] == [("beyond_limits", 10)]
    assert drawn.excluded.tolist() == skip.tolist()


@pytest.mark.parametrize("kind", WITH_RUNS)
def test_an_excluded_point_neither_breaks_nor_extends_a_run(kind):
    y = np.array([*STEADY, 56.0, 56, 56, 56, 20, 56, 56, 56])
    skip = np.arange(28) == 24
    rules = ["run_of_7", "run_of_8"]
    drawn = _of(kind, y, excluded=skip, baseline=20, rules=rules)
    assert [(s.rule, s.point) for s in drawn.signals] == [("run_of_7", 27)]
    assert drawn.signals[0].members == (20, 21, 22, 23, 25, 26, 27)


@pytest.mark.parametrize("kind", WITH_RUNS)
def test_a_gap_neither_breaks_nor_extends_a_run(kind):
    y = np.array([*STEADY, 56.0, 56, 56, 56, np.nan, 56, 56, 56])
    drawn = _of(kind, y, baseline=20, rules=["run_of_7", "run_of_8"])
    assert [(s.rule, s.point) for s in drawn.signals] == [("run_of_7", 27)]
    assert any(note.startswith("1 of 28 points is missing") for note in drawn.notes)


@pytest.mark.parametrize("kind", ALL)
def test_missing_is_not_zero(kind):
    """A gap leaves the centre where the other points have it; a zero pulls it down."""
    y = STEADY.copy()
    y[7] = np.nan
    gap, zero = _of(kind, y, baseline="all"), _of(kind, np.nan_to_num(y), baseline="all")
    assert np.isnan(gap.statistic[7])
    assert np.isnan(gap.ucl[7])
    if kind == "cusum":
        assert gap.aim[0] > zero.aim[0]
        return
    shown = KINDS[kind].needs != "subgroups"
    fewer = _of(kind, y[np.isfinite(y)], baseline="all")
    np.testing.assert_allclose(gap.center[0], fewer.center[0], rtol=1e-12)
    if kind not in ("run", "g") and shown:
        assert gap.center[0] > zero.center[0]
    if kind == "p":
        whole = chart("p", count=[5.0, 6, 4], size=[50.0, 0, 40])
        assert np.isnan(whole.statistic[1])
        assert whole.center[0] == pytest.approx(9 / 90)
