import itertools
from datetime import date, datetime, time, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi.calendar import (
    PERIODS,
    as_days,
    day_minutes,
    fiscal_periods,
    is_scheduled,
    month_bounds,
    months_between,
    period_of,
    period_starts,
    periods_between,
    planned_minutes,
    production_day,
    production_days,
    us_week,
    working_days_between,
)
from kpi.errors import UnknownNameError
from kpi.settings import FiscalCalendar, PlantSettings, Settings, Shift

days = st.dates(date(2000, 1, 1), date(2099, 12, 31))
fiscals = st.builds(
    FiscalCalendar,
    kind=st.sampled_from(["months", "445", "454", "544", "13"]),
    start_month=st.integers(1, 12),
    start_weekday=st.integers(0, 6),
    anchor=st.sampled_from(["nearest", "last"]),
    named_after=st.sampled_from(["end", "start"]),
)


@pytest.mark.parametrize(
    ("period", "day", "label", "first", "last"),
    [
        ("month", "2026-10-05", "2026-10", "2026-10-01", "2026-10-31"),
        ("month", "2024-02-29", "2024-02", "2024-02-01", "2024-02-29"),
        ("week", "2026-10-25", "2026-W43", "2026-10-19", "2026-10-25"),
        ("week", "2027-01-03", "2026-W53", "2026-12-28", "2027-01-03"),
        ("week", "2024-12-30", "2025-W01", "2024-12-30", "2025-01-05"),
        ("day", "2026-10-05", "2026-10-05", "2026-10-05", "2026-10-05"),
        ("quarter", "2026-12-31", "2026-Q4", "2026-10-01", "2026-12-31"),
        ("year", "2026-12-31", "2026", "2026-01-01", "2026-12-31"),
        ("fiscal", "2026-10-05", "FY2026-P10", "2026-10-01", "2026-10-31"),
        ("all", "2026-10-05", "all", "2026-10-05", "2026-10-05"),
    ],
)
def test_labels_and_bounds(period, day, label, first, last):
    found = period_of(date.fromisoformat(day), period)
    assert (found.label, found.first.isoformat(), found.last.isoformat()) == (label, first, last)


def test_an_unknown_period_is_named():
    with pytest.raises(UnknownNameError) as raised:
        periods_between(date(2026, 1, 1), date(2026, 1, 1), "months")
    assert str(raised.value) == "There is no period 'months'. Did you mean 'month'?"


@given(a=days, length=st.integers(0, 800), period=st.sampled_from(PERIODS), fiscal=fiscals)
def test_periods_follow_each_other_without_gap_or_overlap(a, length, period, fiscal):
    b = a + timedelta(days=length)
    found = periods_between(a, b, period, fiscal)
    assert found[0].first <= a <= found[0].last
    assert found[-1].first <= b <= found[-1].last
    for before, after in itertools.pairwise(found):
        assert after.first == before.last + timedelta(days=1)
    assert len({p.label for p in found}) == len(found)


@given(day=days, period=st.sampled_from([p for p in PERIODS if p != "all"]), fiscal=fiscals)
def test_the_vectorised_start_is_the_periods_first_day(day, period, fiscal):
    found = period_starts(as_days([day]), period, fiscal)
    assert found[0].item() == period_of(day, period, fiscal).first


@given(fiscal=fiscals, day=days)
def test_a_fiscal_year_has_whole_weeks_or_months(fiscal, day):
    (found,) = fiscal_periods(day, day, fiscal)
    length = (found.last - found.first).days + 1
    if fiscal.kind == "months":
        assert found.first.day == 1
    else:
        assert found.first.weekday() == fiscal.start_weekday
        assert length % 7 == 0
        assert length // 7 in (4, 5, 6)


@pytest.mark.parametrize(
    ("kind", "weeks"),
    [
        ("445", [4, 4, 5] * 4),
        ("454", [4, 5, 4] * 4),
        ("544", [5, 4, 4] * 4),
        ("13", [4] * 13),
    ],
)
@pytest.mark.parametrize(("year", "extra"), [(2025, 0), (2026, 1)])
def test_trap_15_the_53rd_week_belongs_to_the_last_period(kind, weeks, year, extra):
    fiscal = FiscalCalendar(kind=kind, start_weekday=0)
    found = [
        p
        for p in fiscal_periods(date(year, 1, 5), date(year, 12, 20), fiscal)
        if p.label.startswith(f"FY{year}")
    ]
    lengths = [((p.last - p.first).days + 1) // 7 for p in found]
    assert lengths == [*weeks[:-1], weeks[-1] + extra]


@pytest.mark.parametrize(("named_after", "label"), [("end", "FY2027-P01"), ("start", "FY2026-P01")])
def test_trap_15_a_year_from_july(named_after, label):
    fiscal = FiscalCalendar(start_month=7, named_after=named_after)
    assert period_of(date(2026, 7, 31), "fiscal", fiscal).label == label


@pytest.mark.parametrize(
    ("day", "iso", "us"),
    [
        ("2026-01-01", "2026-W01", 1),
        ("2026-01-04", "2026-W01", 2),
        ("2027-01-01", "2026-W53", 1),
        ("2028-12-31", "2028-W52", 54),
    ],
)
def test_trap_15_iso_and_us_weeks(day, iso, us):
    on = date.fromisoformat(day)
    assert (period_of(on, "week").label, us_week(on)) == (iso, us)


def test_trap_14_production_day():
    six = time(6)
    assert production_day(datetime(2026, 10, 5, 5, 59, 59), six) == date(2026, 10, 4)
    assert production_day(datetime(2026, 10, 5, 6), six) == date(2026, 10, 5)
    at = np.array(["2026-10-05T05:59", "2026-10-05T06:00", "NaT"], dtype="datetime64[us]")
    found = production_days(at, six)
    assert np.datetime_as_string(found).tolist() == ["2026-10-04", "2026-10-05", "NaT"]


@pytest.mark.parametrize(
    ("day", "minutes"),
    [
        ("2026-03-28", 1380),  # the day that begins at 06:00 and holds the short night
        ("2026-03-29", 1440),
        ("2026-10-24", 1500),
        ("2026-10-25", 1440),
    ],
)
def test_a_clock_change_makes_23_or_25_hours(day, minutes):
    plant = PlantSettings("A", production_day_start=time(6), time_zone="Europe/Berlin")
    assert day_minutes(date.fromisoformat(day), plant) == minutes
    around = PlantSettings("A", time(6), planned_minutes=(1440.0,) * 7, time_zone="Europe/Berlin")
    assert planned_minutes(as_days([day]), around)[0] == minutes


def test_planned_minutes():
    plant = PlantSettings(
        "A",
        shifts=(Shift("Early", time(6), time(14)), Shift("Late", time(14), time(22))),
        line_minutes=(("L9", (0.0,) * 6 + (60.0,)),),
        closed_days=frozenset({date(2026, 1, 6)}),
        planned_from=date(2026, 1, 5),
    )
    week = as_days(["2026-01-04", "2026-01-05", "2026-01-06", "2026-01-11"])
    np.testing.assert_array_equal(planned_minutes(week, plant), [np.nan, 960, 0, 0])
    np.testing.assert_array_equal(planned_minutes(week, plant, "L9"), [np.nan, 0, 0, 60])
    assert np.isnan(planned_minutes(week, PlantSettings())).all()


def test_scheduled():
    settings = Settings(plants=(PlantSettings("A", planned_minutes=(480.0,) * 5 + (0.0, 0.0)),))
    saturday, monday = date(2026, 1, 3), date(2026, 1, 5)
    assert not is_scheduled(settings, "A", saturday, saturday + timedelta(days=1))
    assert is_scheduled(settings, "A", saturday, monday)
    assert is_scheduled(settings, "B", saturday, saturday)  # nothing is known of plant B


def test_working_days():
    plant = PlantSettings("A", closed_days=frozenset({date(2026, 1, 6)}))
    first, last = as_days(["2026-01-02", "2026-01-05"]), as_days(["2026-01-07", "2026-01-02"])
    assert working_days_between(first, last, plant).tolist() == [2, -1]


def test_months():
    assert month_bounds("2024-02") == (date(2024, 2, 1), date(2024, 2, 29))
    assert months_between("2025-11", "2026-02") == ("2025-11", "2025-12", "2026-01", "2026-02")
    assert months_between("2026-02", "2026-01") == ()
