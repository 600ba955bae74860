"""The status of an objective for every case there is, each with its reason."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from kpi.analysis.forecasting import FORECAST, TOO_FAR, TOO_FEW, Outlook
from kpi.analysis.objective_results import Standing
from kpi.analysis.objective_status import direction_of, judge, reached, steps_of
from kpi.analysis.windows import WindowValue
from kpi.calendar import month_bounds
from kpi.measures import CATALOG
from kpi.model import Direction
from kpi.qms.objectives import Aim, Objective, Step, Window
from kpi.settings import FiscalCalendar

SCRAP, OTD = CATALOG["scrap_rate"], CATALOG["otd_promise"]
CALENDAR = FiscalCalendar()
LESS_SCRAP = Objective(
    title="Less scrap", kpi="scrap_rate", amount=2.0, start=date(2026, 1, 1), due=date(2026, 12, 31)
)
TODAY = date(2026, 11, 5)


def value(month, number, reason="", missing=()):
    first, last = month_bounds(month)
    return WindowValue(month, first, last, number, np.nan, np.nan, 1, 1, missing, reason)


def outlook(state, probability=None, sentence="It goes on."):
    return Outlook(SCRAP, (), "", "month", state, sentence, probability=probability)


def told(item=LESS_SCRAP, kpi=SCRAP, now="2026-10", at_due=None, ahead=None, today=TODAY):
    return judge(
        item, kpi, CALENDAR, direction_of(item, kpi), now=value(now, 2.2) if now else None,
        at_due=at_due, ahead=ahead, today=today,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("probability", "standing"),
    [
        (1.0, Standing.ON_TRACK),
        (0.75, Standing.ON_TRACK),
        (0.749, Standing.AT_RISK),
        (0.5, Standing.AT_RISK),
        (0.251, Standing.AT_RISK),
        (0.25, Standing.OFF_TRACK),
        (0.0, Standing.OFF_TRACK),
    ],
)
def test_before_the_due_date_the_chance_decides(probability, standing):
    assert told(ahead=outlook(FORECAST, probability)) == (standing, "It goes on.")


@pytest.mark.parametrize("state", [TOO_FEW, TOO_FAR])
def test_without_a_forecast_it_is_too_early_and_says_why(state):
    assert told(ahead=outlook(state, sentence="Too few data.")) == (
        Standing.TOO_EARLY, "Too few data.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("number", "standing", "reason"),
    [
        (1.9, Standing.MET, "Scrap rate came to 1.90\u00a0% in December 2026 and met the target of 2.00\u00a0%."),
        (2.0, Standing.MET, "Scrap rate came to 2.00\u00a0% in December 2026 and met the target of 2.00\u00a0%."),
        (2.0 + 1e-12, Standing.MET, None),
        (
            2.001, Standing.MISSED,
            "Scrap rate came to 2.001\u00a0% in December 2026 and missed the target of 2.00\u00a0%.",
        ),
        (0.0, Standing.MET, "Scrap rate came to 0.00\u00a0% in December 2026 and met the target of 2.00\u00a0%."),
    ],
)  # fmt: skip
def test_at_the_due_date_the_value_decides(number, standing, reason):
    found = told(now="2026-12", at_due=value("2026-12", number))
    assert found[0] is standing
    if reason is not None:
        assert found[1] == reason


def test_later_months_do_not_undo_what_was_met():
    assert told(now="2027-03", at_due=value("2026-12", 1.5))[0] is Standing.MET


def test_a_due_month_that_was_never_measured_is_neither_met_nor_missed():
    gap = value("2026-12", np.nan, "December 2026 was not measured.", ("2026-12",))
    assert told(now="2027-01", at_due=gap) == (
        Standing.TOO_EARLY, "The due date has passed. December 2026 was not measured.",
    )  # fmt: skip
    assert told(now="2027-01", at_due=None) == (
        Standing.TOO_EARLY, "The due date has passed. December 2026 was not measured.",
    )  # fmt: skip


def test_what_a_met_target_lacks_is_said():
    item = replace(LESS_SCRAP, window=Window.ROLLING_3)
    found = WindowValue(
        "2026-12", date(2026, 10, 1), date(2026, 12, 31), 1.5, 3, 200, 3, 2, ("2026-11",)
    )
    assert told(item, now="2026-12", at_due=found) == (
        Standing.MET,
        "Scrap rate came to 1.50\u00a0% over the three months to December 2026 and met the target of "
        "2.00\u00a0%. It rests on two of three months; November 2026 is missing.",
    )


def test_data_that_are_late_are_told_before_the_forecast():
    found = told(ahead=outlook(FORECAST, 0.9), today=date(2027, 1, 1))
    assert found == (
        Standing.ON_TRACK,
        "The due date has passed, and the data of December 2026 are not there yet. It goes on.",
    )
    assert told(ahead=outlook(FORECAST, 0.9), today=date(2026, 12, 31))[1] == "It goes on."


@pytest.mark.parametrize(
    ("item", "kpi", "reason"),
    [
        (
            replace(LESS_SCRAP, aim=Aim.LESS, amount=25.0), SCRAP,
            "Its baseline is not known, and so neither is its target.",
        ),
        (
            LESS_SCRAP, replace(SCRAP, direction=Direction.NONE),
            "Scrap rate has no better direction, so nothing says which side of the target is good. "
            "Say the target as less or more than the baseline.",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_judged_says_why(item, kpi, reason):
    assert told(item, kpi) == (Standing.TOO_EARLY, reason)


def test_without_a_month_that_is_over_it_is_too_early():
    assert told(now=None) == (Standing.TOO_EARLY, "No month of its data is over yet.")


@pytest.mark.parametrize(
    ("aim", "direction", "found"),
    [
        (Aim.LEVEL, Direction.LOWER, Direction.LOWER),
        (Aim.MORE, Direction.LOWER, Direction.LOWER),
        (Aim.LEVEL, Direction.NONE, Direction.NONE),
        (Aim.LESS, Direction.NONE, Direction.LOWER),
        (Aim.MORE, Direction.NONE, Direction.HIGHER),
    ],
)
def test_the_target_gives_a_direction_where_the_kpi_has_none(aim, direction, found):
    item = replace(LESS_SCRAP, aim=aim, baseline=4.0)
    assert direction_of(item, replace(SCRAP, direction=direction)) is found


@pytest.mark.parametrize(
    ("value", "level", "direction", "met"),
    [
        (98.0, 98.0, Direction.HIGHER, True),
        (97.99, 98.0, Direction.HIGHER, False),
        (98.01, 98.0, Direction.HIGHER, True),
        (4.0 * (1 - 25 / 100), 3.0, Direction.LOWER, True),
        (0.3, 0.1 + 0.2, Direction.HIGHER, True),
        (0.0, 0.0, Direction.LOWER, True),
    ],
)
def test_reaching_a_level_exactly_meets_it(value, level, direction, met):
    assert reached(value, level, direction) is met


def test_steps_are_judged_by_the_month_of_their_day():
    item = replace(
        LESS_SCRAP,
        steps=(Step(date(2026, 4, 1), 2.6), Step(date(2026, 6, 15), 2.4), Step(date(2026, 8, 1), 2.3),
               Step(date(2026, 11, 1), 2.1)),
    )  # fmt: skip
    values = [
        value("2026-04", 2.6), value("2026-06", 2.5),
        value("2026-08", np.nan, "August 2026 was not measured."),
    ]  # fmt: skip
    found = steps_of(item, SCRAP, CALENDAR, Direction.LOWER, values)
    assert [step.reached for step in found] == [True, False, None, None]
    assert [step.says for step in found] == [
        "2.60\u00a0%: reached with 2.60\u00a0% in April 2026.",
        "2.40\u00a0%: not reached with 2.50\u00a0% in June 2026.",
        "2.30\u00a0%: August 2026 was not measured.",
        "2.10\u00a0% from 1 November 2026 on: not there yet.",
    ]


@pytest.mark.parametrize(
    ("target", "standing"),
    [(500.0, Standing.MET), (700.0, Standing.MET), (800.0, Standing.TOO_EARLY)],
)
def test_a_due_month_without_a_failure_meets_what_its_hours_reach(target, standing):
    """More than 700 hours between failures is past 500; of 800 nobody can tell."""
    mtbf = CATALOG["mtbf"]
    item = replace(LESS_SCRAP, kpi="mtbf", amount=target, due=date(2026, 10, 31))
    ran = replace(value("2026-10", np.nan, "No failure: more than 700.0 h."), beyond=700.0)
    found, reason = told(item, mtbf, at_due=ran)
    assert found is standing
    assert ("without a failure" in reason) is (standing is Standing.MET)
    (step,) = steps_of(
        replace(item, steps=(Step(date(2026, 10, 1), target),)),
        mtbf,
        CALENDAR,
        Direction.HIGHER,
        [ran],
    )
    assert step.reached is (True if standing is Standing.MET else None)
