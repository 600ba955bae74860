"""The table of false alarms: against the specification, fresh simulation, and common sense."""

import json
from itertools import pairwise

import numpy as np
import pytest

from docs import make_false_alarms as made
from docs.false_alarms_page import PAGE, shares
from kpi.errors import UnknownNameError
from kpi.spc import KINDS, chart, charts, false_alarm_share
from kpi.spc.result import Options

SPECIFIED = [
    # points, baseline, rules, percent: simulated by others, printed in whole percent
    (24, "all", "default", 9), (24, 20, "default", 11), (24, 12, "default", 23),
    (52, "all", "default", 23), (52, 20, "default", 38), (52, 12, "default", 49),
    (24, "all", "western_electric", 16), (52, "all", "western_electric", 36),
    (24, "all", "nelson", 19), (52, "all", "nelson", 45),
    (24, "all", "nhs", 15), (52, "all", "nhs", 39),
]  # fmt: skip


@pytest.mark.reference
@pytest.mark.parametrize(("points", "baseline", "rules", "percent"), SPECIFIED)
def test_the_specified_shares(points, baseline, rules, percent):
    # half a percent of rounding, and four standard errors of 0.35 points
    assert 100 * false_alarm_share("imr", points, baseline, rules) == pytest.approx(
        percent, abs=1.9
    )


def drawn(rng, kind, points, series):
    normal = rng.standard_normal((points, series))
    size = rng.uniform(0.75, 1.25, (points, series))
    many = np.round(160 * size)
    return {
        "imr": {"values": normal},
        "run": {"values": normal},
        "ewma": {"values": normal},
        "cusum": {"values": normal},
        "i_prime": {"count": 10 * size + np.sqrt(size) * normal, "size": size},
        "xbar_r": {"members": rng.standard_normal((points, series, 5))},
        "xbar_s": {"members": rng.standard_normal((points, series, 5))},
        "p": {"count": rng.binomial(many.astype(int), 0.05).astype(float), "size": many},
        "np": {"count": rng.binomial(400, 0.02, (points, series)).astype(float),
               "size": np.full((points, series), 400.0)},
        "u": {"count": rng.poisson(8 * size).astype(float), "size": size},
        "c": {"count": rng.poisson(8, (points, series)).astype(float)},
        "laney_p": {"count": rng.binomial((10 * many).astype(int), 0.005).astype(float),
                    "size": 10 * many},
        "laney_u": {"count": rng.poisson(8 * size).astype(float), "size": size},
        "funnel": {"count": rng.poisson(8 * size).astype(float), "size": 100 * size},
        "g": {"count": rng.geometric(0.05, (points, series)) - 1.0},
        "t": {"values": rng.exponential(10, (points, series))},
    }[kind]  # fmt: skip


FRESH = [kind for kind in KINDS if kind != "t2"]


@pytest.mark.parametrize("kind", FRESH)
def test_kinds_that_share_a_table_agree_with_a_fresh_simulation(kind):
    series, rng = 2_500, np.random.default_rng((7, FRESH.index(kind)))
    for points, baseline in ((16, "all"), (28, 12), (40, None)):
        last = made.last_flags(kind, drawn(rng, kind, points, series), baseline, ("default",))
        for recent in (None, 3):
            share = false_alarm_share(kind, points, baseline, recent=recent)
            first = 0 if recent is None else points - recent
            fresh = (last["default"] >= first).mean()
            error = np.sqrt(share * (1 - share) / series)
            # a point between simulated ones, and a share of another family, may be a little off
            assert abs(fresh - share) < 4 * error + 0.01, (points, baseline, recent)


def test_the_runs_analysis_of_many_series_is_that_of_one():
    rng = np.random.default_rng(8)
    for points, baseline in ((15, "all"), (24, "all"), (40, None)):
        values = rng.standard_normal((points, 60)).cumsum(axis=0) * 0.4 + rng.standard_normal(
            (points, 60)
        )
        many = charts("run", values, baseline=baseline, rules="none", options=Options())
        last = made.last_run_flags(many)
        for series in range(60):
            one = chart("run", values[:, series], baseline=baseline)
            assert last[series] == max((s.point for s in one.signals), default=-1)


def test_more_points_fewer_that_make_the_limits_and_more_rules_flag_more():
    lengths = range(8, 200, 7)
    for kind in KINDS:
        shares = [false_alarm_share(kind, n) for n in lengths]
        # the simulation's error, and twenty points that stop to learn
        assert all(b > a - 0.008 for a, b in pairwise(shares)), kind
        assert all(0 <= share < 1 for share in shares)
    for n in (24, 40, 90):
        by_baseline = [false_alarm_share("imr", n, b) for b in (10, 12, 16, 20, "all")]
        assert by_baseline == sorted(by_baseline, reverse=True)
        by_rules = [false_alarm_share("imr", n, None, r) for r in ("none", "default", "nelson")]
        assert by_rules == sorted(by_rules) and by_rules[0] == 0
        by_recent = [false_alarm_share("imr", n, recent=r) for r in (1, 2, 3, 5, 10, 24, n, None)]
        assert by_recent == sorted(by_recent)
        assert by_recent[-1] == by_recent[-2]


def test_few_events_flag_more():
    few, several, many = (false_alarm_share("u", 36, count=c) for c in (0.5, 4, 50))
    assert few > several > many
    assert false_alarm_share("u", 36, count=0.001) == few
    assert false_alarm_share("u", 36) == false_alarm_share("u", 36, count=8)


def test_nothing_is_flagged_where_there_are_no_limits():
    assert false_alarm_share("imr", 7) == 0
    assert false_alarm_share("imr", 24, rules="none") == 0
    assert false_alarm_share("imr", 24, recent=0) == 0


def test_all_points_are_the_baseline_until_there_are_twenty():
    assert false_alarm_share("imr", 16) == false_alarm_share("imr", 16, "all")
    assert false_alarm_share("imr", 20) == false_alarm_share("imr", 20, "all")
    assert false_alarm_share("imr", 40) == false_alarm_share("imr", 40, 20)
    assert false_alarm_share("imr", 40, (5, 24)) == false_alarm_share("imr", 40, 20)
    near, far = false_alarm_share("imr", 21), false_alarm_share("imr", 24)
    assert false_alarm_share("imr", 20) < near < far


def test_names_that_are_not_known():
    with pytest.raises(UnknownNameError, match="kind of chart"):
        false_alarm_share("xmr", 24)
    with pytest.raises(UnknownNameError, match="set of rules"):
        false_alarm_share("imr", 24, rules="run_of_9")


def test_the_page_tells_what_the_product_reads():
    text = PAGE.read_text(encoding="utf-8")
    for part in shares():
        assert part in text
    table = json.loads(made.DATA.read_text(encoding="utf-8"))
    assert set(table["families"]) == set(made.families())
    assert (table["series"], table["recent"]) == (made.SERIES, list(made.RECENT))
