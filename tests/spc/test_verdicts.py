import math

import numpy as np
import pytest

from kpi.model import Assurance, Direction, Variation
from kpi.spc import Options, chart, propose, suggest_step, verdict
from kpi.spc.proposals import dispersion_p_value

QUIET = [0.3, -0.4, 0.2, -0.1, 0.5, -0.3, 0.1, -0.2]
KNOWN = Options(center=0, sigma=1)


def judged(x, direction=Direction.LOWER, target=None, **how):
    return verdict(chart("imr", x, options=KNOWN, **how), direction, target)


@pytest.mark.parametrize(
    ("tail", "direction", "variation", "since"),
    [
        pytest.param([], Direction.LOWER, Variation.COMMON_CAUSE, None, id="chance"),
        pytest.param([4.0], Direction.LOWER, Variation.WORSENING, 8, id="above, lower is better"),
        pytest.param([4.0], Direction.HIGHER, Variation.IMPROVING, 8, id="above, higher is better"),
        pytest.param([-4.0], Direction.LOWER, Variation.IMPROVING, 8, id="below, lower is better"),
        pytest.param([4.0], Direction.NONE, Variation.CHANGED, 8, id="no direction"),
        pytest.param([4.0, 0.1], Direction.LOWER, Variation.COMMON_CAUSE, None, id="over again"),
        pytest.param([4.0, 5.0], Direction.LOWER, Variation.WORSENING, 8, id="two points beyond"),
        pytest.param([1.0] * 7, Direction.LOWER, Variation.COMMON_CAUSE, None, id="one short"),
        pytest.param([1.0] * 8, Direction.LOWER, Variation.WORSENING, 8, id="a run"),
        pytest.param([1.0] * 11, Direction.LOWER, Variation.WORSENING, 8, id="from its start"),
        pytest.param([1.0] * 8 + [4.0], Direction.LOWER, Variation.WORSENING, 8, id="the longer"),
        pytest.param([4.0, math.nan], Direction.LOWER, Variation.WORSENING, 8, id="then a gap"),
    ],
)
def test_variation(tail, direction, variation, since):
    found = judged(QUIET + tail, direction)
    assert found.variation is variation
    assert found.since == since
    assert found.favourable is {
        Variation.IMPROVING: True,
        Variation.WORSENING: False,
    }.get(variation)


def test_the_run_is_told_rather_than_the_point_beyond():
    found = judged(QUIET + [1.0] * 8 + [4.0])
    assert (found.rule, found.periods) == ("run_of_8", 9)
    assert found.words == (
        "has been above its usual level for 9 points in a row; this is not chance"
    )


def test_an_excluded_last_point_does_not_tell():
    x = [*QUIET, 9.0]
    found = judged(x, excluded=[False] * 8 + [True])
    assert found.variation is Variation.COMMON_CAUSE


def test_a_trend_tells_its_direction_not_its_side():
    x = [*QUIET, -2.9, -2.0, -1.5, -1.1, -0.6, -0.1]
    found = judged(x, rules=["trend_of_6"])
    assert found.variation is Variation.WORSENING
    assert (found.since, found.periods) == (8, 6)
    assert found.words == "has risen 5 times in a row; this is not chance"


def test_a_pattern_without_direction_only_says_that_something_changed():
    found = judged([0.1, -0.1] * 10, rules="nelson")
    assert found.variation is Variation.CHANGED
    assert found.favourable is None
    assert found.words == "shows a pattern that chance does not make"


def test_under_eight_points_nothing_is_said():
    found = judged(QUIET[:7], target=0)
    assert found.variation is Variation.TOO_FEW
    assert found.assurance is Assurance.TOO_FEW
    new_phase = judged(QUIET + [4.0] * 7, phases=[0] * 8 + [1] * 7)
    assert new_phase.variation is Variation.TOO_FEW


def test_a_signal_of_an_earlier_phase_is_over():
    found = judged([*QUIET, 9.0, *QUIET], phases=[0] * 9 + [1] * 8)
    assert found.variation is Variation.COMMON_CAUSE


@pytest.mark.parametrize(
    ("target", "direction", "expected"),
    [
        pytest.param(None, Direction.LOWER, Assurance.NO_TARGET, id="no target"),
        pytest.param(1.0, Direction.NONE, Assurance.NO_TARGET, id="no direction"),
        pytest.param(3.5, Direction.LOWER, Assurance.WILL_MEET, id="above the limits"),
        pytest.param(3.0, Direction.LOWER, Assurance.WILL_MEET, id="reaching it meets it"),
        pytest.param(0.0, Direction.LOWER, Assurance.MAY_OR_MAY_NOT, id="between"),
        pytest.param(-3.0, Direction.LOWER, Assurance.MAY_OR_MAY_NOT, id="on the edge"),
        pytest.param(-3.1, Direction.LOWER, Assurance.WILL_MISS, id="below the limits"),
        pytest.param(-3.0, Direction.HIGHER, Assurance.WILL_MEET, id="higher: reaching it"),
        pytest.param(3.1, Direction.HIGHER, Assurance.WILL_MISS, id="higher: out of reach"),
    ],
)
def test_assurance(target, direction, expected):
    assert judged(QUIET, direction, target).assurance is expected


SHIFTED = [2.3, 1.6, 2.2, 1.9, 2.5, 1.7, 2.1, 1.8, 2.4, 1.6]


@pytest.mark.parametrize(
    ("tail", "target", "expected", "of", "points", "says"),
    [
        pytest.param(SHIFTED, 3.5, Assurance.MAY_OR_MAY_NOT, "since", 10,
                     "may or may not meet its target: chance decides; judged by the 10 points since "
                     "it changed, not by its old limits", id="the old limits would promise it"),
        pytest.param(SHIFTED, 0.0, Assurance.WILL_MISS, "since", 10,
                     "will miss its target unless the process is changed; judged by the 10 points "
                     "since it changed, not by its old limits", id="the old limits would allow it"),
        pytest.param(SHIFTED, 5.0, Assurance.WILL_MEET, "since", 10,
                     "will meet its target; judged by the 10 points since it changed, not by its old "
                     "limits", id="met at the new level too"),
        pytest.param([4.0], 9.0, Assurance.NOT_KNOWN, "since", 1,
                     "has changed, and one point since then is too few (of 8) to say whether it will "
                     "meet its target", id="one point"),
        pytest.param([3.5, 3.3, 3.6], 9.0, Assurance.NOT_KNOWN, "since", 3,
                     "has changed, and 3 points since then are too few (of 8) to say whether it will "
                     "meet its target", id="three points"),
        pytest.param([1.0, 1.1, 1.3, 1.6, 2.0, 2.5, 3.1, 3.8, 4.6, 5.5], 9.0, Assurance.NOT_KNOWN,
                     "since", 10, "has changed, and it has not settled on a new level, so nobody can "
                     "say whether it will meet its target", id="still moving"),
        pytest.param([], 3.5, Assurance.WILL_MEET, "phase", 8,
                     "will meet its target as it runs now", id="no change"),
    ],
)  # fmt: skip
def test_after_a_change_the_old_limits_promise_nothing(tail, target, expected, of, points, says):
    found = judged(QUIET + tail, Direction.LOWER, target)
    assert (found.assurance, found.assurance_of, found.assurance_points) == (expected, of, points)
    assert found.assurance_words == says


def test_the_convention_of_the_phase_is_kept_where_it_is_asked_for():
    drawn = chart("imr", QUIET + SHIFTED, options=KNOWN)
    found = verdict(drawn, Direction.LOWER, 3.5, assured_by="phase")
    assert (found.assurance, found.assurance_of) == (Assurance.WILL_MEET, "phase")
    assert found.assurance_words == (
        "will meet its target; judged by its limits from before the change"
    )


def test_a_trend_has_no_level_to_judge_by():
    found = judged([*QUIET, -2.9, -2.0, -1.5, -1.1, -0.6, -0.1], target=9.0, rules=["trend_of_6"])
    assert found.assurance is Assurance.NOT_KNOWN


def test_points_that_rest_on_one_another_are_not_judged_alone():
    drawn = chart("ewma", QUIET + [2.0] * 12, options=KNOWN)
    assert verdict(drawn, Direction.LOWER, 9.0).assurance is Assurance.NOT_KNOWN


def test_a_limit_that_is_not_drawn_takes_away_only_its_own_answer():
    """Counts near zero have no lower limit; a target far above the upper one is met all the same."""
    drawn = chart("c", count=[3.0, 1, 2, 4, 2, 3, 1, 2, 3, 2])
    assert not np.isfinite(drawn.lcl).any() or drawn.lcl.max() == 0
    assert verdict(drawn, Direction.LOWER, 20.0).assurance is Assurance.WILL_MEET
    assert verdict(drawn, Direction.HIGHER, 20.0).assurance is Assurance.WILL_MISS


def test_what_is_promised_after_a_change_comes_true():
    """Shifted series whose next year is known: "will" is right at least 97 times of a hundred months."""
    rng = np.random.default_rng(11)
    right, said = 0, 0
    for _ in range(150):
        shift = rng.uniform(1.5, 3.5)
        x = np.concatenate([rng.standard_normal(20), shift + rng.standard_normal(10)])
        target = rng.uniform(-4, 10)
        found = verdict(chart("imr", x), Direction.LOWER, target)
        if found.assurance_of != "since" or found.assurance not in (
            Assurance.WILL_MEET, Assurance.WILL_MISS,
        ):  # fmt: skip
            continue
        met = shift + rng.standard_normal(12) <= target
        right += int((met == (found.assurance is Assurance.WILL_MEET)).sum())
        said += 12
    assert said > 500
    assert right / said > 0.97


def test_a_run_chart_promises_nothing():
    found = verdict(chart("run", QUIET), Direction.LOWER, 3.0)
    assert found.assurance is Assurance.MAY_OR_MAY_NOT


def test_few_crossings_are_a_pattern_of_the_whole():
    found = verdict(chart("run", list(range(20)), baseline="all"), Direction.HIGHER)
    assert found.variation is Variation.IMPROVING
    assert found.rule == "anhoej_long_run"


RNG = np.random.default_rng(7)
SIZE = RNG.integers(40_000, 90_000, 30).astype(float)


def counts(spread):
    share = 0.02 + spread * RNG.standard_normal(30)
    return RNG.binomial(SIZE.astype(int), share).astype(float)


@pytest.mark.parametrize(
    ("kind", "count", "size", "expected", "reason"),
    [
        pytest.param(
            "p",
            counts(0.003),
            SIZE,
            "laney_p",
            "Counts over large, varying volumes, more spread than chance: Laney p′.",
            id="over-dispersed",
        ),
        pytest.param(
            "p",
            counts(0.0),
            SIZE,
            "p",
            "Defective units out of those counted, spread as chance explains: p chart.",
            id="chance alone",
        ),
        pytest.param(
            "p",
            [1.0, 9, 0, 8, 1, 9, 0, 7, 1, 9],
            [50.0] * 10,
            "p",
            "Defective units out of those counted, spread as chance explains: p chart.",
            id="small volumes",
        ),
        pytest.param(
            "p",
            [60.0, 70, 65, 62],
            [50.0] * 4,
            "u",
            "A unit can be counted more than once: u chart.",
            id="more than there were",
        ),
        pytest.param(
            "u",
            [1.5, 2.25, 3.1, 2.2],
            [50.0, 90, 60, 50],
            "i_prime",
            "Amounts, not counts, over varying volumes: normalised individuals (I′).",
            id="amounts",
        ),
        pytest.param(
            "u",
            [1.5, 2.25, 3.1],
            [50.0] * 3,
            "imr",
            "Amounts, not counts: individuals chart (XmR).",
            id="amounts over equal volumes",
        ),
        pytest.param(
            "imr",
            None,
            None,
            "imr",
            "One value per period: individuals chart (XmR).",
            id="values",
        ),
        pytest.param(
            "p",
            [math.nan],
            [math.nan],
            "p",
            "Defective units out of those counted, spread as chance explains: p chart.",
            id="nothing",
        ),
    ],
)
def test_propose(kind, count, size, expected, reason):
    assert propose(kind, count, size) == (expected, reason)


def test_the_dispersion_test_rejects_as_often_as_it_says():
    rng = np.random.default_rng(3)
    size = rng.integers(2_000, 9_000, (400, 24))
    count = rng.binomial(size, 0.03)
    p_values = [
        dispersion_p_value("p", c.astype(float), n.astype(float))
        for c, n in zip(count, size, strict=True)
    ]
    assert np.mean(np.array(p_values) < 0.05) == pytest.approx(0.05, abs=0.03)


def test_a_step_is_no_dispersion():
    size = np.full(30, 50_000.0)
    count = np.array([1000.0, 1020.0] * 7 + [1000.0] + [1200.0, 1185.0] * 7 + [1190.0])
    assert dispersion_p_value("p", count, size) > 0.05
    assert propose("p", count, size)[0] == "p"


def test_a_step_is_suggested_with_its_evidence():
    x = np.concatenate([np.tile([9.0, 11.0, 10.0], 8), np.tile([14.0, 16.0, 15.0], 4)])
    found = suggest_step(chart("imr", x))
    assert found is not None
    assert found.index == 24
    assert (found.before, found.after) == pytest.approx((10.0, 15.0))
    assert found.evidence == (
        "The level rose from 10 to 15: 24 points before, 12 since; "
        "chance would show such a difference in fewer than 0.1 % of series."
    )


def test_no_step_without_a_signal_or_with_too_few_points():
    assert suggest_step(chart("imr", QUIET * 4)) is None
    assert suggest_step(chart("imr", [*QUIET, 9.0])) is None
    assert suggest_step(chart("imr", [])) is None
