"""Windows against values worked out by hand: sums over sums, sums, means, missing months."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from kpi.analysis.windows import span_value, window_months, window_values
from kpi.measures import CATALOG
from kpi.model import State
from kpi.qms.objectives import Window
from kpi.settings import FiscalCalendar

CALENDAR = FiscalCalendar()
SCRAP, HOURS, BACKLOG, LATE = (
    CATALOG[k] for k in ("scrap_rate", "downtime_hours", "overdue_backlog", "days_late")
)


def points(kpi, rows):
    """Months with numerator and denominator: a pair, or the state of a month without a value."""
    lines = []
    for month, told in rows.items():
        top, bottom, state = (*told, State.VALUE) if isinstance(told, tuple) else (None, None, told)
        if state is State.NOT_COMPUTABLE:
            top, bottom = 0, 0
        value = np.nan
        if state is State.VALUE:
            value = top / bottom * kpi.per if kpi.denominator else top
        lines.append(
            {"period": month, "numerator": np.nan if top is None else float(top),
             "denominator": np.nan if bottom is None else float(bottom), "value": value,
             "state": state.value}
        )  # fmt: skip
    return pd.DataFrame(lines)


def last(kpi, rows, window, fiscal=CALENDAR):
    return window_values(kpi, points(kpi, rows), window, fiscal)[-1]


def test_a_ratio_is_a_sum_over_a_sum_and_no_mean_of_percentages():
    found = last(
        SCRAP, {"2026-08": (10, 100), "2026-09": (10, 1000), "2026-10": (30, 900)}, Window.ROLLING_3
    )
    assert found.value == pytest.approx(50 / 2000 * 100)  # the mean of 10, 1 and 3.33 is 4.78
    assert (found.numerator, found.denominator, found.known, found.months) == (50, 2000, 3, 3)
    assert (found.first, found.last) == (date(2026, 8, 1), date(2026, 10, 31))


def test_a_ratio_lacking_a_month_says_so():
    found = last(
        SCRAP, {"2026-08": (10, 100), "2026-09": State.MISSING, "2026-10": (30, 900)},
        Window.ROLLING_3,
    )  # fmt: skip
    assert found.value == pytest.approx(40 / 1000 * 100)
    assert found.missing == ("2026-09",)
    assert found.rests_on == "It rests on two of three months; September 2026 is missing."


def test_a_ratio_lacking_most_of_its_months_is_not_computed():
    found = last(
        SCRAP, {"2026-08": State.MISSING, "2026-09": State.MISSING, "2026-10": (30, 900)},
        Window.ROLLING_3,
    )  # fmt: skip
    assert np.isnan(found.value)
    assert found.reason == "Not computable: of three months only one is there."


def test_a_sum_lacking_a_month_is_not_computed_for_missing_is_not_zero():
    found = last(
        HOURS, {"2026-08": (10, 1), "2026-09": State.MISSING, "2026-10": (30, 1)}, Window.ROLLING_3
    )
    assert np.isnan(found.value)
    assert found.reason == (
        "Not computable: September 2026 is missing, and a sum without it would be too small."
    )


@pytest.mark.parametrize(
    ("kpi", "value"),
    [
        pytest.param(HOURS, 60.0, id="hours add up"),
        pytest.param(BACKLOG, 20.0, id="a stock at month end does not"),
    ],
)
def test_what_has_no_denominator(kpi, value):
    rows = {"2026-08": (10, 1), "2026-09": (20, 1), "2026-10": (30, 1)}
    assert last(kpi, rows, Window.ROLLING_3).value == value


def test_a_shutdown_and_a_month_without_a_case_are_not_missing():
    rows = {"2026-08": (10, 1), "2026-09": State.NOT_SCHEDULED, "2026-10": (30, 1)}
    shut = last(HOURS, rows, Window.ROLLING_3)
    assert (shut.value, shut.missing, shut.months) == (40.0, (), 2)
    none_late = {"2026-08": (50, 2), "2026-09": State.NOT_COMPUTABLE, "2026-10": (10, 1)}
    late = last(LATE, none_late, Window.ROLLING_3)
    assert (late.value, late.missing) == (pytest.approx(60 / 3), ())


def test_before_the_first_window_is_full_a_sum_is_not_computed():
    found = last(HOURS, {"2026-09": (10, 1), "2026-10": (30, 1)}, Window.ROLLING_3)
    assert found.missing == ("2026-08",)
    assert np.isnan(found.value)


@pytest.mark.parametrize(
    ("fiscal", "months", "value"),
    [
        pytest.param(CALENDAR, 2, 3.0, id="from January"),
        pytest.param(FiscalCalendar(start_month=10), 5, 15.0, id="from October"),
        pytest.param(FiscalCalendar(start_month=2), 1, 2.0, id="begins with this month"),
        pytest.param(FiscalCalendar(kind="445", start_month=10), 2, 3.0, id="weeks: from January"),
    ],
)
def test_the_year_to_date_begins_with_the_fiscal_year(fiscal, months, value):
    rows = {
        "2025-10": (5, 1),
        "2025-11": (4, 1),
        "2025-12": (3, 1),
        "2026-01": (1, 1),
        "2026-02": (2, 1),
    }
    assert len(window_months("2026-02", Window.YEAR_TO_DATE, fiscal)) == months
    assert last(HOURS, rows, Window.YEAR_TO_DATE, fiscal).value == value


def test_one_month_is_itself_and_says_where_it_is_missing():
    rows = {"2026-09": (10, 100), "2026-10": State.MISSING}
    before, now = window_values(SCRAP, points(SCRAP, rows), Window.MONTH, CALENDAR)
    assert before.value == pytest.approx(10.0)
    assert now.reason == "October 2026 was not measured."


def test_zero_is_a_value():
    found = last(SCRAP, {"2026-10": (0, 100)}, Window.MONTH)
    assert (found.value, found.reason) == (0.0, "")


def test_no_volume_is_no_zero():
    rows = {"2026-10": State.NOT_COMPUTABLE}
    found = last(SCRAP, rows, Window.MONTH)
    assert np.isnan(found.value)
    assert found.reason == "None of its months was measured."


def test_a_baseline_is_of_the_months_of_its_days():
    rows = {"2026-08": (10, 100), "2026-09": (10, 1000), "2026-10": (30, 900)}
    found = span_value(SCRAP, points(SCRAP, rows), date(2026, 9, 5), date(2026, 10, 2))
    assert found.value == pytest.approx(40 / 1900 * 100)
    assert found.months == 2


RAN = CATALOG["mtbf"]


def test_hours_run_without_a_failure_count_in_a_mean_time_between_failures():
    """Left out, the months in which nothing failed would make a plant look worse than it is."""
    rows = {"2026-08": (36_000, 2), "2026-09": State.NOT_COMPUTABLE, "2026-10": (39_000, 1)}
    frame = points(RAN, rows)
    frame.loc[1, "numerator"] = 42_000.0  # minutes run, and no failure
    found = window_values(RAN, frame, Window.ROLLING_3, CALENDAR)[-1]
    assert found.value == pytest.approx((36_000 + 42_000 + 39_000) / 3 / 60)
    assert (found.known, found.missing) == (3, ())


def test_a_month_without_a_failure_is_measured_and_more_than_all_the_time_run():
    frame = points(RAN, {"2026-10": State.NOT_COMPUTABLE})
    frame["numerator"] = 42_000.0
    found = window_values(RAN, frame, Window.MONTH, CALENDAR)[-1]
    assert np.isnan(found.value)
    assert (found.beyond, found.missing) == (700.0, ())
    assert found.reason == "No failure: more than 700.0\u00a0h."


def test_one_failure_more_is_added_once_a_window():
    rows = {"2026-08": (36_000, 2), "2026-09": (42_000, 0), "2026-10": (39_000, 1)}
    frame = points(RAN, {**rows, "2026-09": (42_000, 1)})
    frame.loc[1, "denominator"] = 0.0  # what the file has; the value counts one more
    found = window_values(RAN, frame, Window.ROLLING_3, CALENDAR, plus=1.0)[-1]
    assert found.value == pytest.approx((36_000 + 42_000 + 39_000) / (3 + 1) / 60)
