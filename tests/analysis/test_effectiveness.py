"""Did the action work? Sides, verdicts and sentences."""

import math
import shutil
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpi import analysis
from kpi.analysis import effect_words
from kpi.analysis.effect_results import EffectVerdict
from kpi.analysis.effect_sides import Action, Around, sides
from kpi.analysis.effectiveness import (
    effect_of_event,
    effect_view,
    event_verdicts,
    events_on,
    judged,
    numbers_of,
)
from kpi.analysis.results import Filters
from kpi.errors import UnknownNameError, UsageError
from kpi.measures import CATALOG
from kpi.model import Direction
from kpi.qms import Event, Exclusion, PhaseStart, put_note
from tests.analysis.made_home import STEP, WHEN
from tests.figures.made_views import a_series

L2 = Filters(where=(("line", "L2"),))
MAY = date(2025, 5, 4)
WOBBLE = [0.1, -0.2, 0.0, 0.2, -0.1, 0.15, -0.15, 0.05]


def values(before, after, level=3.6, new=2.2):
    """Months that move a little by chance, around one level and then another."""
    return [round(x + WOBBLE[i % 8], 2) for i, x in enumerate([level] * before + [new] * after)]


def steady(before=16, after=6, level=3.6, new=2.2, **rest):
    """From January 2024; the month after ``before`` is May 2025 where ``before`` is 16."""
    return a_series(values(before, after, level, new), **rest)


def at(day=MAY, washout=0, note=None):
    return Action(day, washout, note)


def judge(series, action=None, hoped=None, **around):
    return judged(series, action or at(), Around(**around), hoped)


# --- which periods -------------------------------------------------------------------------------


def roles(series, action, **around):
    return sides(series.points, action, Around(**around)).roles.tolist()


@pytest.mark.parametrize(
    ("day", "washout", "before", "neither", "after"),
    [
        pytest.param(date(2024, 3, 15), 0, 2, 1, 3, id="the month of the day is neither"),
        pytest.param(date(2024, 3, 1), 0, 2, 0, 4, id="unless it begins on it"),
        pytest.param(date(2024, 3, 31), 0, 2, 1, 3, id="its last day"),
        pytest.param(date(2024, 3, 15), 17, 2, 1, 3, id="settled on the first of April"),
        pytest.param(date(2024, 3, 15), 18, 2, 2, 2, id="a day later April is lost too"),
        pytest.param(date(2024, 3, 1), 31, 2, 1, 3, id="a washout of one month"),
        pytest.param(date(2023, 3, 15), 0, 0, 0, 6, id="before all data"),
        pytest.param(date(2025, 3, 15), 0, 6, 0, 0, id="after all data"),
    ],
)
def test_which_months_are_before_and_after(day, washout, before, neither, after):
    found = roles(a_series([1.0] * 6), at(day, washout))
    assert found == ["before"] * before + ["neither"] * neither + ["after"] * after


def phase(day, cause="New gauge"):
    return PhaseStart("scrap_rate", (), "month", day, cause, id=f"phase {day}")


def event(day, text="New supplier", action="", **rest):
    return Event((), day, text, action=action, id=f"event {day} {text}", **rest)


def test_before_is_the_phase_in_force_and_after_ends_with_the_next():
    series, notes = (
        a_series([1.0] * 12),
        (phase(date(2024, 3, 1)), phase(date(2024, 10, 1), "Moved")),
    )
    found = sides(series.points, at(date(2024, 7, 1)), Around(notes))
    assert (
        found.roles.tolist() == ["outside"] * 2 + ["before"] * 4 + ["after"] * 3 + ["outside"] * 3
    )
    assert found.notes == (
        "Before begins on 1 March 2024, with the phase accepted last.",
        "After ends before 1 October 2024: the phase “Moved” begins there.",
    )


def test_the_phase_of_the_action_itself_ends_nothing():
    own = phase(date(2024, 7, 1))
    assert roles(a_series([1.0] * 12), at(date(2024, 7, 1), note=own), phases=[own]) == (
        ["before"] * 6 + ["after"] * 6
    )


@pytest.mark.parametrize(
    ("day", "after", "note"),
    [
        pytest.param(date(2024, 7, 3), 5, "“New supplier” of 3 July 2024 falls into the same time: "
                     "the two cannot be told apart.", id="in the same month"),
        pytest.param(date(2024, 8, 20), 5, "“New supplier” of 20 August 2024 falls into the same time: "
                     "the two cannot be told apart.", id="in the first month after"),
        pytest.param(date(2024, 9, 20), 1, "After ends before 20 September 2024: “New supplier” begins "
                     "there.", id="later: after ends there"),
        pytest.param(date(2024, 3, 3), 5, "“New supplier” of 3 March 2024 lies within before. If it changed "
                     "the level, accept a step change there: before then begins with it.", id="long before"),
    ],
)  # fmt: skip
def test_what_else_happened_is_told(day, after, note):
    own, other = event(date(2024, 7, 10), "New tool"), event(day)
    found = sides(a_series([1.0] * 12).points, at(own.day, note=own), Around(events=[own, other]))
    assert (found.roles == "after").sum() == after
    assert found.notes == (note,)


def test_two_events_of_one_action_are_one():
    own, other = (
        event(date(2024, 7, d), text, "A-17") for d, text in ((10, "Tool"), (12, "Gauge"))
    )
    assert (
        sides(a_series([1.0] * 12).points, at(own.day, note=own), Around(events=[own, other])).notes
        == ()
    )


def test_a_day_chosen_by_hand_is_the_event_of_that_day():
    other = event(date(2024, 7, 10))
    assert sides(a_series([1.0] * 12).points, at(other.day), Around(events=[other])).notes == ()


def test_gaps_and_excluded_points_are_on_no_side():
    series = a_series([1.0, math.nan, 1.0, 1.0, math.nan, 1.0])
    found = roles(series, at(date(2024, 4, 1)), excluded=frozenset({date(2024, 3, 1)}))
    assert found == ["before", "gap", "excluded", "after", "gap", "after"]


@pytest.mark.parametrize(
    ("report", "sums", "last"),
    [
        pytest.param(date(2024, 6, 30), True, "after", id="ended"),
        pytest.param(date(2024, 6, 28), True, "after", id="ended on a Friday"),
        pytest.param(date(2024, 6, 20), True, "outside", id="ten days are lacking"),
        pytest.param(date(2024, 6, 20), False, "after", id="a rate of part of a month is fair"),
    ],
)
def test_a_month_not_ended_is_no_sum_to_compare(report, sums, last):
    series = a_series([1.0] * 6)
    assert roles(series, at(date(2024, 3, 1)), report=report, sums=sums)[-1] == last


# --- verdicts ------------------------------------------------------------------------------------


def test_worked_in_words():
    view = judge(steady())
    assert view.verdict is EffectVerdict.WORKED
    assert effect_words.finding(view) == (
        "Worked: scrap rate fell from 3.61\u00a0% to 2.21\u00a0% after 4 May 2025 "
        f"({effect_words.difference(view)})."
    )
    assert effect_words.difference(view).startswith("−1.40\u00a0pt, between −1.")
    assert effect_words.chance(view) == "Chance would not show this."
    assert effect_words.outlook(view) == ""


def test_the_month_of_the_day_and_the_sides_by_hand():
    series = steady()
    view = judge(series)
    assert (view.before.first, view.before.last, len(view.before.periods)) == (
        "2024-01",
        "2025-04",
        16,
    )
    assert view.neither == ("2025-05",)
    assert (view.after.first, view.after.last, len(view.after.periods)) == ("2025-06", "2025-10", 5)
    level = series.points["value"].to_numpy()
    assert view.before.level == pytest.approx(level[:16].mean(), rel=1e-12)
    assert view.after.level == pytest.approx(level[17:].mean(), rel=1e-12)
    assert view.absolute == pytest.approx(view.after.level - view.before.level, rel=1e-9)


def test_made_it_worse_in_words():
    view = judge(steady(level=2.2, new=3.6))
    assert view.verdict is EffectVerdict.WORSE
    assert effect_words.finding(view).startswith(
        "Made it worse: scrap rate rose from 2.21\u00a0% to 3.61\u00a0% after 4 May 2025 (+1.40\u00a0pt"
    )


def test_no_evidence_in_words():
    view = judge(steady(new=3.55))
    assert view.verdict is EffectVerdict.NO_EVIDENCE
    assert effect_words.sentence(view) == (
        "No evidence yet: scrap rate came to 3.56\u00a0% after 4 May 2025, and to 3.61\u00a0% before "
        f"({effect_words.difference(view)}). Chance alone would show as much. "
        "A change of −25\u00a0% would most likely have shown by now."
    )


def noisy(before, after):
    rng = np.random.default_rng(3)
    return a_series(list(3 * np.exp(0.3 * rng.normal(size=before + after))))


def test_how_many_months_more_are_told():
    view = judge(noisy(30, 2), at(date(2026, 7, 1)), hoped=-0.5)
    assert view.months_needed is not None
    assert view.months_needed > 1
    more = effect_words.words.small_number(view.months_needed)
    assert (
        effect_words.outlook(view) == f"With {more} more months a change of −50\u00a0% would show."
    )


def test_what_will_never_show_is_told():
    assert effect_words.outlook(judge(noisy(16, 3), hoped=-0.02)) == (
        "A change of −2\u00a0% would not show within 60 more months: they differ too much by themselves."
    )


@pytest.mark.parametrize(
    ("series", "day", "told"),
    [
        pytest.param(steady(16, 1), MAY, "no month after it counts so far.", id="nothing after"),
        pytest.param(
            steady(4, 8), date(2024, 5, 4),
            "four months before count, and it takes six to know what is usual.", id="little before",
        ),
        pytest.param(
            steady(1, 8), date(2024, 2, 4),
            "one month before counts, and it takes six to know what is usual.", id="one before",
        ),
    ],
)  # fmt: skip
def test_too_few_data_is_an_answer(series, day, told):
    view = judge(series, at(day))
    assert view.verdict is EffectVerdict.NO_EVIDENCE
    assert effect_words.finding(view) == f"No evidence yet: {told}"
    assert effect_words.chance(view) == ""
    assert all(text for _, text in effect_words.facts(view))


def test_values_that_never_vary_are_told():
    view = judge(a_series([2.0] * 20, kpi=CATALOG["mttr"]))
    assert effect_words.finding(view) == (
        "No evidence yet: the months do not differ at all, so that what is usual cannot be told."
    )


def turned(direction):
    kpi = replace(CATALOG["scrap_rate"], direction=direction)
    return replace(steady(), kpi=kpi)


def test_the_better_direction_makes_the_verdict():
    found = {d: judge(turned(d)).verdict for d in Direction}
    assert found == {
        Direction.LOWER: EffectVerdict.WORKED,
        Direction.HIGHER: EffectVerdict.WORSE,
        Direction.NONE: EffectVerdict.CHANGED,
    }


@settings(max_examples=30, deadline=None)
@given(new=st.floats(0.5, 8), seed=st.integers(0, 99))
def test_turning_the_direction_turns_the_verdict(new, seed):
    rng = np.random.default_rng(seed)
    level = np.concatenate([np.full(14, 3.0), np.full(5, new)]) * np.exp(0.1 * rng.normal(size=19))
    action = at(date(2025, 3, 1))
    series = a_series(list(np.round(level, 2)))
    # Triggers are points on the bad side, which is another one: they are kept out of the question.
    calm = [
        judged(replace(series, kpi=replace(series.kpi, direction=d)), action, Around())
        for d in (Direction.LOWER, Direction.HIGHER)
    ]
    if any(view.before.left_out for view in calm):
        return
    turn = {
        EffectVerdict.WORKED: EffectVerdict.WORSE,
        EffectVerdict.WORSE: EffectVerdict.WORKED,
        EffectVerdict.NO_EVIDENCE: EffectVerdict.NO_EVIDENCE,
    }
    assert turn[calm[0].verdict] is calm[1].verdict


# --- triggers, natures, hopes --------------------------------------------------------------------


def test_what_led_to_the_action_is_left_out_and_told():
    series = values(16, 6, new=3.6)
    series[14] = 9.0  # March 2025
    view = judge(a_series(series, kpi=CATALOG["mttr"]), at())
    assert view.before.left_out == ("2025-03",)
    assert view.before.level == pytest.approx(np.mean([*series[:14], series[15]]))
    assert dict(effect_words.facts(view))["Left out"] == (
        "March 2025: a signal that may have led to the action. After a bad period a better one follows anyway"
    )


def test_a_level_that_moved_before_is_told():
    series = [*values(14, 0), *[x + 6 for x in values(8, 0)], *values(6, 0)]
    view = judge(a_series(series, kpi=CATALOG["mttr"]), at(date(2025, 11, 1)))
    assert len(view.before.left_out) == 8
    assert view.notes == (
        "Eight points before it signal, since March 2025. If something had changed for good by then, accept "
        "a step change there: the action is then compared with the level since.",
    )


def test_an_action_is_not_blamed_for_what_began_before_it():
    """The level rose in March 2025; in June somebody did something that changed nothing."""
    rng = np.random.default_rng(5)
    level = np.concatenate([np.full(14, 20.0), np.full(9, 30.0)]) + rng.normal(0, 1, 23)
    view = judge(a_series(list(level), kpi=CATALOG["mttr"]), at(date(2025, 6, 10)))
    assert view.verdict is EffectVerdict.NO_EVIDENCE
    assert view.before.left_out == ()
    assert len(view.before.periods) == 17
    assert view.notes[0] == (
        "It was worse from March 2025 on, before the action: those points stay in before, as the action "
        "is not to blame for them."
    )


def test_a_return_to_the_old_level_is_seen_once_the_step_is_accepted():
    rng = np.random.default_rng(6)
    level = np.concatenate([np.full(14, 20.0), np.full(9, 30.0), np.full(9, 20.0)])
    series = a_series(list(level + rng.normal(0, 1, 32)), kpi=CATALOG["mttr"])
    action = at(date(2025, 12, 1))
    step = PhaseStart("mttr", (), "month", date(2025, 3, 1), "New tool", id="p")
    assert judge(series, action).verdict is EffectVerdict.NO_EVIDENCE
    assert judge(series, action, phases=[step]).verdict is EffectVerdict.WORKED


def of(kpi, numerator, denominator, value=None):
    series = a_series([1.0] * len(numerator), kpi=CATALOG[kpi])
    count, size = np.array(numerator, float), np.array(denominator, float)
    told = count / size if value is None else np.array(value, float)
    points = series.points.assign(numerator=count, denominator=size, value=told)
    return replace(series, points=points)


NAN = math.nan


@pytest.mark.parametrize(
    ("series", "nature"),
    [
        pytest.param(of("scrap_rate", [3, 4], [100, 90]), "binomial", id="pieces out of pieces"),
        pytest.param(of("scrap_rate", [3.5, 4], [100, 90]), "normal", id="kilograms"),
        pytest.param(of("scrap_rate", [130, 4], [100, 90]), "poisson", id="more bad than made"),
        pytest.param(of("stops", [3, 4], [100, 90]), "poisson", id="events over time"),
        pytest.param(of("complaints", [3, 4], [NAN, NAN], [3, 4]), "poisson", id="a plain count"),
        pytest.param(of("availability", [80, 90], [100, 100]), "normal", id="minutes"),
        pytest.param(of("scrap_cost", [80, 90], [NAN, NAN], [80, 90]), "normal", id="money"),
        pytest.param(of("scrap_rate", [-3, 4], [100, 90]), "normal", id="reversals"),
    ],
)
def test_what_a_kpi_is_by_nature(series, nature):
    assert numbers_of(series)[0] == nature


def test_a_zero_denominator_is_a_gap():
    series = of("scrap_rate", [3, 0, 4], [100, 0, 90], [3, NAN, 4.4])
    found = sides(series.points, at(date(2024, 3, 1)), Around())
    assert found.roles.tolist() == ["before", "gap", "after"]


def test_levels_of_amounts_are_sums_over_sums():
    rng = np.random.default_rng(1)
    minutes, failures = rng.uniform(900, 1100, 20), rng.integers(1, 9, 20).astype(float)
    series = of("mtbf", minutes, failures, minutes / failures / 60)
    view = judge(series, at(date(2025, 3, 1)))
    assert view.before.level == pytest.approx(minutes[:14].sum() / failures[:14].sum() / 60)
    assert view.expected == pytest.approx(view.before.level)


@pytest.mark.parametrize(
    ("kpi", "hoped", "says"),
    [
        pytest.param("scrap_rate", None, "A change of −25\u00a0%", id="a quarter less"),
        pytest.param("scrap_rate", -0.4, "A change of −40\u00a0%", id="as hoped"),
        pytest.param(
            "otd_promise", None, "A gain of 3.0\u00a0pt", id="a quarter of what is missing"
        ),
        pytest.param("mtbf", None, "A change of +25\u00a0%", id="more is better"),
    ],
)
def test_what_is_hoped_for(kpi, hoped, says):
    count = np.tile([87.0, 89.0, 88.0, 88.0], 6)
    series = of(kpi, count, np.full(24, 100.0), count)
    view = judge(series, at(date(2025, 3, 1)), hoped)
    assert effect_words.hoped_words(view) == says


@pytest.mark.parametrize(
    ("washout", "hoped", "period", "message"),
    [
        (-1, None, "month", "The washout is a number of days from 0 to 3660."),
        (9999, None, "month", "The washout is a number of days from 0 to 3660."),
        (0, 0.0, "month", "The change hoped for is a share of the level, such as -25 % for a quarter less."),
        (0, -1.5, "month", "The change hoped for is a share of the level, such as -25 % for a quarter less."),
        (0, None, "all", "Before and after need periods: choose months, weeks or quarters."),
    ],
)  # fmt: skip
def test_a_question_that_cannot_be_asked(made_home, washout, hoped, period, message):
    with pytest.raises(UsageError) as wrong:
        effect_view(
            made_home, "scrap_rate", Filters(period=period), MAY, washout=washout, hoped=hoped
        )
    assert str(wrong.value) == message


# --- a home --------------------------------------------------------------------------------------


@pytest.fixture
def home(made_home, tmp_path):
    shutil.copytree(made_home.path, tmp_path / "home")
    return analysis.open_home(tmp_path / "home")


def note(home, said):
    put_note(home.store, said, who="Q. Manager", when=WHEN)


def test_the_step_of_the_made_plant_is_found(made_home):
    view = effect_view(made_home, "scrap_rate", L2, STEP)
    assert view.verdict is EffectVerdict.WORSE
    assert (len(view.before.periods), len(view.after.periods)) == (16, 8)
    assert view.low < view.absolute < view.high
    assert view.effect.relative == pytest.approx(14 / 22, abs=0.06)  # 22 pieces and 14 more


def test_the_first_day_of_the_filters_does_not_cut_before(made_home):
    cut = effect_view(made_home, "scrap_rate", replace(L2, first=date(2026, 1, 1)), STEP)
    assert len(cut.before.periods) == 16


def test_an_event_brings_its_day_washout_and_hope(home):
    note(home, Event(L2.where, date(2026, 3, 4), "New tool", washout=40, hoped=-0.3))
    (choice,) = events_on(home, "scrap_rate", L2)
    view = effect_of_event(home, "scrap_rate", L2, choice.id)
    assert (choice.text, view.event, view.action.washout, view.hoped) == (
        "New tool",
        "New tool",
        40,
        -0.3,
    )
    assert view.neither == ("2026-03", "2026-04")
    assert view.hoped_said
    with pytest.raises(UnknownNameError):
        effect_of_event(home, "scrap_rate", L2, "nothing")


def test_an_excluded_point_counts_on_neither_side(home):
    where = (*L2.where, ("plant", "Nordhafen"))
    note(home, Exclusion("scrap_rate", where, "month", date(2026, 5, 1), "Stocktake"))
    view = effect_view(home, "scrap_rate", replace(L2, where=where), STEP)
    assert "2026-05" not in view.after.periods
    assert len(view.after.periods) == 7


def test_an_accepted_phase_is_before(home):
    where = (*L2.where, ("plant", "Nordhafen"))
    note(home, PhaseStart("scrap_rate", where, "month", STEP, "New tool"))
    view = effect_view(home, "scrap_rate", replace(L2, where=where), date(2026, 9, 10))
    assert view.before.first == "2026-03"


def test_every_event_gets_its_verdict(home):
    note(home, Event(L2.where, STEP, "New tool", kpi="scrap_rate"))
    note(home, Event((("plant", "Nordhafen"),), date(2025, 12, 1), "Training"))
    note(home, Event((("line", "L1"),), date(2026, 2, 1), "New gauge", kpi="otd_promise"))
    found = {o.choice.text: o for o in event_verdicts(home, Filters())}
    assert list(found) == ["New tool", "New gauge", "Training"]  # newest first
    assert found["New tool"].view.verdict is EffectVerdict.WORSE
    assert found["Training"].kpi == "scrap_rate"  # the first usual one with values there
    assert [o.choice.text for o in event_verdicts(home, L2)] == ["New tool"]
    told = effect_words.sentence(found["New tool"].view)
    assert told.startswith("Made it worse: scrap rate of line L2 rose from ")


def test_weeks_are_compared_as_well(made_home):
    view = effect_view(made_home, "scrap_rate", replace(L2, period="week"), STEP)
    assert view.verdict is EffectVerdict.WORSE
    assert view.series.period == "week"
