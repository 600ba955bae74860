"""What comes next for a KPI: input, states, pace and sentences; each number checked by hand."""

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from kpi.analysis import forecast_words as told
from kpi.analysis.forecast_input import kind_of, next_periods, periods_ahead, volumes_ahead
from kpi.analysis.forecasting import (
    FORECAST,
    PASSED,
    TOO_FAR,
    TOO_FEW,
    outlook,
)
from kpi.analysis.results import SeriesView
from kpi.analysis.run_rate import run_rate
from kpi.errors import UsageError
from kpi.measures import CATALOG
from kpi.model import Assurance, State, Variation
from kpi.qms import Target, current_targets, put_target
from kpi.settings import Settings
from kpi.store import open_store
from kpi.trends import Backtest, Kind

OTD, SCRAP, HOURS, COMPLAINTS = (
    CATALOG[k] for k in ("otd_promise", "scrap_rate", "downtime_hours", "complaints")
)
SETTINGS = Settings()


def points_of(kpi, top, bottom, *, first="2023-11"):
    index = pd.period_range(first, periods=len(top), freq="M")
    top, bottom = np.asarray(top, float), np.asarray(bottom, float)
    value = top / bottom * kpi.per if kpi.denominator else top * kpi.per
    return pd.DataFrame(
        {
            "period": [str(p) for p in index],
            "period_start": index.start_time.normalize(),
            "period_end": index.end_time.normalize(),
            "numerator": top,
            "denominator": bottom if kpi.denominator else np.nan,
            "value": value,
            "state": State.VALUE.value,
            "reason": "",
            "center": float(np.nanmean(value)),
            "phase": 1,
            "excluded": "",
            "signals": "",
        }
    )


def view_of(kpi, points, *, target=None, phase_since="", report_date=None):
    return SeriesView(
        kpi=kpi, slice=(), slice_words="all plants", period="month", points=points, chart=None,
        chart_name="", chart_reason="", convention="", verdict=None,
        variation=Variation.COMMON_CAUSE, assurance=Assurance.NO_TARGET, target=target, headline="",
        last_label="", last_value="", last_change="", report_date=report_date, position=1, notes=(),
        phase_since=phase_since,
    )  # fmt: skip


def on_time(count=36, seed=1, share=0.94):
    rng = np.random.default_rng(seed)
    return points_of(OTD, rng.binomial(100, share, count), np.full(count, 100))


def aimed(value, due, kpi="otd_promise"):
    return Target(kpi, (), value, date(2024, 1, 1), due=due)


# --- states -----------------------------------------------------------------------------------


def test_a_target_with_a_due_date_is_answered():
    found = outlook(view_of(OTD, on_time(), target=aimed(95.0, date(2026, 12, 31))), SETTINGS)
    assert found.state == FORECAST
    assert found.due_label == "2026-12"
    assert [a.period for a in found.ahead][:2] == ["2026-11", "2026-12"]
    assert found.at_due.period == "2026-12"
    assert 0 < found.probability < 1
    assert found.at_due.low < found.at_due.median < found.at_due.high <= 100
    assert found.sentence.startswith("On-time delivery to promise ")
    assert found.sentence.endswith(f"the chance of meeting it is {found.probability_words}.")


def test_what_is_asked_goes_before_what_is_recorded():
    view = view_of(OTD, on_time(), target=aimed(95.0, date(2026, 12, 31)))
    found = outlook(view, SETTINGS, target=90.0, due=date(2027, 1, 15))
    assert (found.target, found.due_label) == (90.0, "2027-01")
    assert outlook(view, SETTINGS, target=90.0).due is None  # another target has no due date


def test_lower_is_better_is_judged_the_other_way_round():
    rng = np.random.default_rng(4)
    points = points_of(SCRAP, rng.binomial(10_000, 0.02, 30), np.full(30, 10_000))
    easy, hard = (
        outlook(view_of(SCRAP, points), SETTINGS, target=t, due=date(2026, 6, 30))
        for t in (2.5, 1.5)
    )
    assert easy.probability > 0.95
    assert hard.probability < 0.05
    assert "very likely meets" in easy.sentence
    assert "very likely misses" in hard.sentence


def test_without_a_target_six_months_are_told():
    found = outlook(view_of(OTD, on_time()), SETTINGS)
    assert found.state == FORECAST
    assert found.probability is None
    assert len(found.ahead) == 6
    assert found.sentence.startswith("On-time delivery to promise: expect about ")


def test_too_few_data_since_the_level_changed():
    points = on_time().assign(phase=np.where(np.arange(36) >= 27, 2, 1))
    found = outlook(view_of(OTD, points, phase_since="2026-02"), SETTINGS)
    assert found.state == TOO_FEW
    assert found.sentence == (
        "Too few data for a forecast: 9 months since the level changed in February 2026; "
        "12 are needed."
    )
    assert found.ahead == ()


def test_no_data_at_all():
    found = outlook(view_of(OTD, on_time().iloc[:0]), SETTINGS)
    assert found.sentence == "Too few data for a forecast: 0 months; 12 are needed."


def test_what_came_before_the_phase_does_not_count():
    points = on_time()
    other = points.copy()
    other.loc[: 36 - 16, ["numerator", "value"]] = 20.0
    phase = np.where(np.arange(36) > 36 - 16, 2, 1)
    one, two = (outlook(view_of(OTD, p.assign(phase=phase)), SETTINGS) for p in (points, other))
    assert [a.median for a in one.ahead] == [a.median for a in two.ahead]


def test_an_excluded_point_does_not_count():
    points = on_time()
    points.loc[30, ["numerator", "value"]] = 5.0
    hidden = points.assign(excluded=np.where(np.arange(36) == 30, "strike", ""))
    with_it, without = (outlook(view_of(OTD, p), SETTINGS) for p in (points, hidden))
    assert without.points == 35
    assert with_it.points == 36
    assert without.ahead[0].low > with_it.ahead[0].low
    assert "Excluded points do not count: 1." in without.notes


@pytest.mark.parametrize(
    ("report", "points", "first"),
    [
        pytest.param(date(2026, 10, 12), 35, "2026-10", id="half a month is no month"),
        pytest.param(date(2026, 10, 26), 35, "2026-10", id="five days short"),
        pytest.param(date(2026, 10, 27), 36, "2026-11", id="a month less its last days is one"),
        pytest.param(date(2026, 10, 31), 36, "2026-11", id="the whole month"),
    ],
)
def test_only_periods_that_are_over_count(report, points, first):
    found = outlook(view_of(OTD, on_time(), report_date=report), SETTINGS)
    assert (found.points, found.ahead[0].period) == (points, first)


def test_a_due_date_that_has_passed_tells_what_came():
    points = on_time()
    points.loc[25, ["numerator", "value"]] = 96.0
    found = outlook(view_of(OTD, points), SETTINGS, target=95.0, due=date(2025, 12, 31))
    assert found.state == PASSED
    assert found.sentence == (
        "The due date has passed: On-time delivery to promise came to 96.0\u00a0% in December 2025 and "
        "met the target of 95.0\u00a0%."
    )
    assert found.probability is None
    assert len(found.ahead) == 6


@pytest.mark.parametrize(
    ("months", "due"),
    [
        pytest.param(14, date(2026, 12, 31), id="further than is known"),
        pytest.param(36, date(2029, 1, 31), id="beyond two years"),
    ],
)
def test_too_far_ahead(months, due):
    found = outlook(view_of(OTD, on_time(months)), SETTINGS, target=95.0, due=due)
    assert found.state == TOO_FAR
    assert f"{months} months of the present level are known" in found.sentence
    assert found.ahead == ()


def test_a_period_of_the_whole_time_has_no_forecast():
    found = outlook(replace(view_of(OTD, on_time()), period="all"), SETTINGS)
    assert found.sentence == "A forecast needs periods: choose months."


# --- input ------------------------------------------------------------------------------------


def test_kinds():
    assert kind_of(OTD, on_time()) is Kind.SHARE
    assert kind_of(COMPLAINTS, points_of(COMPLAINTS, [1, 4, 0], [1, 1, 1])) is Kind.COUNT
    assert kind_of(HOURS, points_of(HOURS, [6000, 9000], [1, 1])) is Kind.AMOUNT
    share_of_minutes = CATALOG["availability"]
    assert kind_of(share_of_minutes, points_of(share_of_minutes, [90.5], [100])) is Kind.BOUNDED
    over = CATALOG["performance"]
    assert kind_of(over, points_of(over, [105.0], [100.0])) is Kind.AMOUNT


def test_pieces_by_weight_are_no_counted_share():
    assert kind_of(SCRAP, points_of(SCRAP, [10.5, 11.2], [1000, 1000])) is Kind.BOUNDED


def test_the_periods_ahead():
    assert [p.label for p in next_periods(date(2026, 11, 30), 2, "month", SETTINGS)] == [
        "2026-12", "2027-01",
    ]  # fmt: skip
    until = periods_ahead(date(2026, 9, 30), date(2027, 1, 1), "quarter", SETTINGS)
    assert [p.label for p in until] == ["2026-Q4", "2027-Q1"]


def test_volumes_are_those_of_a_year_before():
    points = points_of(OTD, np.full(14, 50), np.arange(100, 114))
    ahead = next_periods(date(2024, 12, 31), 13, "month", SETTINGS)
    found = volumes_ahead(points, ahead, "month")
    assert found.tolist() == [*range(102, 114), 102]


def test_a_missing_volume_is_expected_as_usual():
    volume = np.arange(100.0, 112.0)
    volume[0] = np.nan
    points = points_of(OTD, np.full(12, 50), volume)
    ahead = next_periods(date(2024, 10, 31), 2, "month", SETTINGS)
    assert volumes_ahead(points, ahead, "month") == pytest.approx([np.nanmean(volume), 101])


# --- pace -------------------------------------------------------------------------------------


def test_the_pace_of_a_ratio_by_hand():
    """Ten months at 90 of 100, two to come at 100 each: 0.93 · 1200 − 900 = 216 of 200."""
    points = points_of(OTD, np.full(12, 90), np.full(12, 100))
    ahead = np.full(2, 100.0)
    found = run_rate(OTD, points, ahead, 91.0, "month", Kind.SHARE)
    assert found.required == pytest.approx((0.91 * 1200 - 900) / 200 * 100)  # 96 %
    assert (found.remaining, found.usual, found.reachable, found.easy) == (2, 90.0, True, False)
    assert not run_rate(OTD, points, ahead, 93.0, "month", Kind.SHARE).reachable
    assert run_rate(OTD, points, ahead, 89.0, "month", Kind.SHARE).easy


def test_the_pace_of_a_sum_is_the_mean_of_the_months():
    points = points_of(HOURS, np.full(12, 600), np.ones(12))  # 10 h a month
    found = run_rate(HOURS, points, np.ones(3), 9.0, "month", Kind.AMOUNT)
    assert found.required == pytest.approx((9 * 12 - 10 * 9) / 3)  # 6 h
    assert not run_rate(HOURS, points, np.ones(3), 7.0, "month", Kind.AMOUNT).reachable


def test_a_year_or_more_ahead_takes_the_target_itself():
    points = points_of(OTD, np.full(12, 90), np.full(12, 100))
    found = run_rate(OTD, points, np.full(14, 100.0), 95.0, "month", Kind.SHARE)
    assert (found.required, found.remaining) == (pytest.approx(95.0), 12)


def test_days_have_no_year():
    points = points_of(OTD, np.full(12, 90), np.full(12, 100))
    assert run_rate(OTD, points, np.full(2, 100.0), 91.0, "day", Kind.SHARE) is None


# --- sentences --------------------------------------------------------------------------------


def test_pace_sentences():
    points = points_of(OTD, np.full(12, 90), np.full(12, 100))

    def said(goal):
        pace = run_rate(OTD, points, np.full(2, 100.0), goal, "month", Kind.SHARE)
        return told.pace_sentence(OTD, pace, goal, "2026-12", "month").replace("\u00a0", " ")

    assert said(91.0) == (
        "For the twelve months up to December 2026 to reach the target of 91.0 %, the two months still "
        "to come must average 96.0 % or better: +6.0 pt against the last year's 90.0 %."
    )
    assert said(93.0) == (
        "The twelve months up to December 2026 cannot reach the target of 93.0 % any more, whatever "
        "the two months still to come bring."
    )
    assert said(89.5) == (
        "For the twelve months up to December 2026 to reach the target of 89.5 %, the two months still "
        "to come may average 87.0 %: as usual (90.0 % over the last year) is enough."
    )


@pytest.mark.parametrize(
    ("probability", "expected"),
    [
        (0.0, "less than 1 in 100"), (0.0099, "less than 1 in 100"), (0.012, "about 1 in 50"),
        (0.33, "about 1 in 3"), (0.51, "about 1 in 2"), (0.68, "about 2 in 3"),
        (0.149, "about 1 in 7"), (0.9, "about 9 in 10"), (0.985, "about 49 in 50"),
        (1.0, "more than 99 in 100"),
    ],
)  # fmt: skip
def test_chances_in_words(probability, expected):
    assert told.chance_words(probability) == expected


TESTED = Backtest(3, 20, 0.31, 0.42, 0.35, math.nan, 0.8, 0.79)


def test_backtest_sentences():
    def said(tested, method):
        return told.backtest_sentence(OTD, tested, method, "month").replace("\u00a0", " ")

    assert said(TESTED, "blend") == (
        "On this KPI's own past, forecasts three months ahead were off by 0.3 pt on average; simply "
        "repeating the last value by 0.4 pt."
    )
    assert said(replace(TESTED, naive_mae=0.32), "blend").endswith(
        "off by 0.31 pt on average; simply repeating the last value by 0.32 pt."
    )
    assert said(replace(TESTED, naive_mae=0.31), "last value").endswith(
        "off by 0.3 pt on average. Nothing did better there than simply repeating the last value, so "
        "that is the forecast."
    )
    assert said(replace(TESTED, origins=2), "blend") == (
        "The past is too short to try such forecasts out on it: two could be made, five are needed."
    )


def test_season_sentences():
    changes = np.array([0.0, 0, 0, 0, 0, 0, 0.42, 0.38, -0.1, 0, 0, 0])
    said, places = told.season_sentence(SCRAP, (), changes, np.full(12, 0.05), "month")
    assert said == "Scrap rate is usually 0.40\u00a0pt higher in July and August."
    assert places == (6, 7)
    low, _ = told.season_sentence(HOURS, (), -10 * changes, np.full(12, 0.5), "month")
    assert low == "Downtime hours are usually 4.0\u00a0h lower in July and August."
    assert told.no_season_sentence(math.nan, 14, "month") == (
        "No season can be told yet: every month of the year must have been measured twice at the "
        "present level; there are 14 months."
    )
    assert told.no_season_sentence(0.4, 36, "month").startswith("No season: the same months")
    assert told.no_season_sentence(math.nan, 60, "week") == (
        "A season is looked for in months and quarters only."
    )


def test_a_season_is_told_in_the_kpis_unit():
    rng = np.random.default_rng(6)
    share = np.where(
        np.isin(np.arange(48) % 12, (8, 9)), 0.04, 0.02
    )  # July and August: from November
    points = points_of(SCRAP, rng.binomial(20_000, share), np.full(48, 20_000), first="2022-11")
    found = outlook(view_of(SCRAP, points), SETTINGS)
    assert found.season.evidence
    assert found.season.months == (7, 8)
    amount = float(found.season.sentence.split("usually ")[1].split("\u00a0")[0])
    assert amount == pytest.approx(2.0 * 10 / 12, abs=0.4)  # against the mean of the year


# --- due dates of targets ---------------------------------------------------------------------


def test_a_due_date_is_kept_and_old_records_have_none(tmp_path):
    store = open_store(tmp_path)
    when = pd.Timestamp("2026-01-05T08:00Z").to_pydatetime()
    put_target(store, aimed(95.0, date(2026, 12, 31)), who="me", when=when, why="aim")
    old = {"kpi": "scrap_rate", "slice": [], "value": 2.0, "valid_from": "2024-01-01"}
    store.records.put("target", "scrap_rate||2024-01-01", old, who="me", when=when, why="")
    assert [(t.kpi, t.due) for t in current_targets(store)] == [
        ("otd_promise", date(2026, 12, 31)), ("scrap_rate", None),
    ]  # fmt: skip


def test_due_before_it_holds_is_refused(tmp_path):
    when = pd.Timestamp("2026-01-05T08:00Z").to_pydatetime()
    with pytest.raises(UsageError) as refused:
        put_target(open_store(tmp_path), aimed(95.0, date(2023, 1, 1)), who="m", when=when, why="")
    assert str(refused.value) == (
        "The target is due on 2023-01-01, before it holds (2024-01-01). Choose a later due date, or "
        "an earlier first day."
    )
