"""Objectives of a home of one line: values, tree, baseline, agenda, chart, access, change in between."""

import shutil
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from kpi import analysis
from kpi.access import Access, AccessDeniedError, Role
from kpi.analysis import registering
from kpi.analysis.agenda_results import Asked
from kpi.analysis.due_outlooks import objective_outlooks
from kpi.analysis.forecasting import outlook
from kpi.analysis.objective_agenda import objectives_input
from kpi.analysis.objective_results import Standing
from kpi.analysis.objectives import baseline_of, objective, objectives
from kpi.analysis.results import Filters
from kpi.analysis.series import series_view
from kpi.analysis.window_forecast import window_outlook
from kpi.errors import UnknownNameError, UsageError
from kpi.figures.export import chart_data
from kpi.qms.objectives import OBJECTIVE, Aim, Life, Objective, Step, Window
from kpi.reports import notes
from kpi.store.records import SeenEarlierError
from tests.analysis.trail_deeds import MONTHS

WHEN = datetime(2026, 11, 3, 8, tzinfo=UTC)
TODAY = date(2026, 11, 3)
PLANT = (("plant", "Nordhafen"),)
BY = {"who": "Ada", "when": WHEN}
LESS = Objective(
    title="Less scrap", kpi="scrap_rate", slice=PLANT, amount=2.5, owner="Ada", resources="none",
    policy="Quality first", baseline=2.2, start=date(2026, 1, 1), due=date(2026, 12, 31),
)  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Thirty-four months to October 2026: of 1000 pieces 20, 21, 22, 23, 24 were scrapped, in turn."""
    folder = tmp_path_factory.mktemp("objectives")
    path = folder / "scrap.csv"
    rows = [f"{m:%Y-%m}-28,Nordhafen,L1,1000,{20 + n % 5}" for n, m in enumerate(MONTHS)]
    path.write_text("\n".join(["Date,Plant,Line,Produced Qty,Scrap Qty", *rows]) + "\n")
    home = analysis.open_home(folder / "home")
    analysis.ingest_file(home, path, who="loader", when=WHEN)
    return home


@pytest.fixture
def home(data, tmp_path):
    shutil.copytree(data.path, tmp_path / "home")
    return analysis.open_home(tmp_path / "home")


def put(home, item, **named):
    return registering.record(home, OBJECTIVE, item, **BY, **named)


@pytest.mark.long
def test_the_value_now_is_that_of_the_window(home):
    month = put(home, LESS)
    year = put(home, replace(LESS, window=Window.ROLLING_12))
    to_date = put(home, replace(LESS, window=Window.YEAR_TO_DATE))
    views = {view.id: view for view in objectives(home, today=TODAY)}
    # October 2026 is the 34th month: 20 + 33 % 5 = 23 of 1000
    assert views[month.id].now.value == pytest.approx(2.3)
    counts = [20 + n % 5 for n in range(34)]
    assert views[year.id].now.value == pytest.approx(sum(counts[-12:]) / 12_000 * 100)
    assert views[to_date.id].now.value == pytest.approx(sum(counts[-10:]) / 10_000 * 100)
    assert views[year.id].now_words == "2.21\u00a0% over the twelve months to October 2026"


@pytest.mark.long
def test_a_met_and_a_missed_objective_are_told_from_the_window_of_the_due_date(home):
    met = put(home, replace(LESS, due=date(2026, 9, 30), amount=2.2))  # September: 22 of 1000
    missed = put(home, replace(LESS, due=date(2026, 10, 31), amount=2.2))
    by_id = {view.id: view for view in objectives(home, today=TODAY)}
    assert by_id[met.id].standing is Standing.MET
    assert by_id[missed.id].standing is Standing.MISSED
    assert by_id[missed.id].reason == (
        "Scrap rate of Nordhafen came to 2.30\u00a0% in October 2026 and missed the target of "
        "2.20\u00a0%."
    )


@pytest.mark.parametrize(
    "window",
    [
        Window.ROLLING_12, pytest.param(Window.MONTH, marks=pytest.mark.long), pytest.param(Window.ROLLING_3, marks=pytest.mark.long),
        pytest.param(Window.YEAR_TO_DATE, marks=pytest.mark.long),
    ],
)  # fmt: skip
def test_an_easy_target_is_on_track_and_one_out_of_reach_is_not(home, window):
    easy = put(home, replace(LESS, window=window, amount=4.0))
    hard = put(home, replace(LESS, window=window, amount=0.5))
    by_id = {view.id: view for view in objectives(home, today=TODAY)}
    assert by_id[easy.id].standing is Standing.ON_TRACK
    assert by_id[hard.id].standing is Standing.OFF_TRACK
    assert by_id[easy.id].probability > 0.99 > 0.01 > by_id[hard.id].probability
    at = by_id[easy.id].outlook.ahead[1]  # December
    assert at.period == "2026-12"
    assert at.low <= at.median <= at.high
    assert at.median == pytest.approx(2.2, abs=0.15)


def test_a_window_of_one_month_is_forecast_as_the_page_of_the_kpi_forecasts_it(home):
    view = series_view(home, "scrap_rate", Filters(where=PLANT))[0]
    due = date(2026, 12, 31)
    page = outlook(view, home.settings, target=2.2, due=due)
    own = window_outlook(view, home.settings, Window.MONTH, 2.2, due, view.kpi.direction)
    assert own.at_due.median == pytest.approx(page.at_due.median, abs=0.02)
    assert own.probability == pytest.approx(page.probability, abs=0.08)  # counts are whole there


@pytest.mark.long
def test_a_longer_window_is_surer_than_a_month_and_centred_alike(home):
    view = series_view(home, "scrap_rate", Filters(where=PLANT))[0]
    due = date(2026, 12, 31)
    wide, narrow = (
        window_outlook(view, home.settings, window, 2.2, due, view.kpi.direction).at_due
        for window in (Window.MONTH, Window.ROLLING_12)
    )
    assert narrow.high - narrow.low < (wide.high - wide.low) / 4
    assert narrow.median == pytest.approx(2.2, abs=0.05)


def test_of_a_window_the_months_known_are_counted_as_they_are(home):
    """Of twelve months ten are known: two months of nothing could not bring the year to 1.5 %."""
    entry = put(home, replace(LESS, window=Window.ROLLING_12, amount=1.5))
    view = objective(home, entry.id, today=TODAY)
    assert view.probability == 0.0
    month = objective(home, put(home, replace(LESS, amount=1.5)).id, today=TODAY)
    assert month.probability > 0.0


def test_too_few_data_are_told_as_too_early(home):
    entry = put(home, replace(LESS, kpi="otd_promise", amount=95.0))
    view = objective(home, entry.id, today=TODAY)
    assert (view.standing, view.reason) == (
        Standing.TOO_EARLY, "No month of its data is over yet.",
    )  # fmt: skip


def test_a_review_of_a_past_month_knows_nothing_of_later_ones(home):
    entry = put(home, replace(LESS, due=date(2026, 9, 30), amount=2.2))
    then = objective(home, entry.id, today=date(2026, 8, 31), last=date(2026, 8, 31))
    assert then.now.month == "2026-08"
    assert then.standing is not Standing.MET
    assert objective(home, entry.id, today=TODAY).standing is Standing.MET


@pytest.mark.long
def test_the_tree_has_each_after_the_one_it_serves(home):
    top = put(home, replace(LESS, title="Company", slice=()))
    other = put(home, replace(LESS, title="Other"))
    child = put(home, replace(LESS, title="Line", links=(top.id,)))
    leaf = put(home, replace(LESS, title="Shift", links=(child.id,)))
    ended = put(
        home, replace(LESS, title="Old", status=Life.CLOSED, conclusion="done", links=(top.id,))
    )
    told = [(view.depth, view.id) for view in objectives(home, today=TODAY)]
    assert told == [(0, top.id), (1, child.id), (2, leaf.id), (1, ended.id), (0, other.id)]


@pytest.mark.long
def test_whoever_sees_one_plant_sees_its_objectives_and_changes_none(home):
    company = put(home, replace(LESS, slice=(), title="Company"))
    own = put(home, replace(LESS, links=(company.id,)))
    viewer = home.seen_by(Access.of({"Nordhafen": Role.VIEWER}))
    (seen,) = objectives(viewer, today=TODAY)
    assert (seen.id, seen.depth, seen.parent) == (own.id, 0, company.id)
    with pytest.raises(UnknownNameError):
        objective(viewer, company.id, today=TODAY)
    with pytest.raises(AccessDeniedError):
        registering.record(viewer, OBJECTIVE, own.item, id=own.id, version=1, why="mine now", **BY)
    stranger = home.seen_by(Access.of({"Elsewhere": Role.QUALITY_MANAGER}))
    assert objectives(stranger, today=TODAY) == ()


def test_what_another_person_changed_meanwhile_is_said(home):
    entry = put(home, LESS)
    put(home, replace(LESS, amount=2.4), id=entry.id, version=1, why="tighter")
    with pytest.raises(SeenEarlierError) as refused:
        put(home, replace(LESS, owner="Bo"), id=entry.id, version=1, why="new owner")
    assert "Target is now 2.4" in str(refused.value)
    assert objective(home, entry.id, today=TODAY).level == 2.4
    changes = registering.history(home, OBJECTIVE, entry.id)[0].changes
    assert [(c.label, c.before, c.after) for c in changes] == [("Target", "2.5", "2.4")]


# --- baseline ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("window", "value"),
    [(Window.MONTH, 2.2), (Window.ROLLING_12, 2.2), (Window.YEAR_TO_DATE, 2.2)],
)
def test_the_baseline_of_a_ratio_is_a_sum_over_a_sum(home, window, value):
    found = baseline_of(home, "scrap_rate", PLANT, window, date(2024, 1, 1), date(2024, 10, 31))
    assert found.value == pytest.approx(value)
    assert (found.first, found.last) == (date(2024, 1, 1), date(2024, 10, 31))
    assert found.says == "2.20\u00a0%: January 2024 to October 2024."


def test_a_baseline_without_data_says_why(home):
    found = baseline_of(
        home, "scrap_rate", PLANT, Window.MONTH, date(2020, 1, 1), date(2020, 12, 31)
    )
    assert (found.value, found.says) == (
        None,
        "No baseline for 2020: none of its months was measured.",
    )
    with pytest.raises(UsageError, match="Exchange them"):
        baseline_of(home, "scrap_rate", PLANT, Window.MONTH, date(2026, 2, 1), date(2026, 1, 1))


def test_a_reduction_from_the_baseline_is_judged_by_the_level_it_means(home):
    item = replace(LESS, aim=Aim.LESS, amount=25.0, baseline=4.0, due=date(2026, 9, 30))
    view = objective(home, put(home, item).id, today=TODAY)
    assert view.level == pytest.approx(3.0)
    assert view.target_words == "3.00\u00a0% (25\u00a0% less than the baseline of 4.00\u00a0%)"
    assert view.standing is Standing.MET


# --- charts, outlooks, agenda -----------------------------------------------------------------


def test_the_chart_of_the_slice_shows_the_steps_and_then_the_target(home):
    steps = (Step(date(2026, 3, 1), 2.6), Step(date(2026, 6, 15), 2.3))
    put(home, replace(LESS, steps=steps, due=date(2026, 9, 30), amount=2.1))
    view = series_view(home, "scrap_rate", Filters(where=PLANT))[0]
    told = dict(zip(view.points["period"].astype(str), view.points["target"], strict=True))
    assert [told[f"2026-{m:02d}"] for m in range(3, 11)] == [2.6] * 3 + [2.3] * 3 + [2.1] * 2
    assert view.points["target"].isna().sum() == 26
    assert view.target.objective == "OBJ-2026-001"


def test_an_objective_with_steps_is_forecast_once_and_for_its_own_target(home):
    steps = (Step(date(2026, 3, 1), 2.6), Step(date(2026, 10, 15), 2.3))
    put(home, replace(LESS, steps=steps, amount=2.1))
    (found,) = objective_outlooks(home, Filters())
    assert (found.target, found.due) == (2.1, date(2026, 12, 31))
    view = series_view(home, "scrap_rate", Filters(where=PLANT))[0]
    assert (view.target.value, view.target.goal) == (2.3, 2.1)


def test_an_objective_of_a_window_is_forecast_beside_the_targets(home):
    entry = put(home, replace(LESS, window=Window.ROLLING_12, due=date(2026, 11, 30)))
    put(home, replace(LESS, title="Of the month"))
    put(home, replace(LESS, window=Window.ROLLING_3, due=date(2026, 9, 30)))  # over
    put(
        home, replace(LESS, window=Window.ROLLING_3, status=Life.CLOSED, conclusion="enough")
    )  # fmt: skip
    found = objective_outlooks(home, Filters())
    assert [one.due for one in found] == [date(2026, 11, 30), date(2026, 12, 31)]
    assert found[0].sentence == objective(home, entry.id, today=TODAY).reason
    assert "over the twelve months to November 2026" in found[0].sentence
    assert objective_outlooks(home, Filters(where=(("plant", "Elsewhere"),))) == ()


def test_the_chart_of_a_window_shows_its_values_and_steps(home):
    steps = (Step(date(2026, 3, 31), 2.6),)
    item = replace(LESS, window=Window.ROLLING_3, steps=steps)
    chart = objective(home, put(home, item).id, today=TODAY).chart
    last = chart.points.iloc[-1]
    assert last["value"] == pytest.approx((21 + 22 + 23) / 30)
    assert last["target"] == 2.6
    assert chart.last_value == "2.20\u00a0%"
    assert str(chart.points["period"].iloc[0]) == "2024-03"  # the first window that is full
    assert (chart.over, last["since"].date()) == ("rolling 3 months", date(2026, 8, 1))
    assert chart.place == "Nordhafen, rolling 3 months"
    exported = chart_data(chart).iloc[-1]
    assert (exported["from"], exported["to"]) == ("2026-08-01", "2026-10-31")
    assert notes.sums(chart).startswith(
        "Rolling 3 months to October 2026: numerator (scrapped quantity) 66"
    )


@pytest.mark.long
def test_the_review_is_told_how_many_stand_how_and_what_is_missing(home):
    put(home, replace(LESS, due=date(2026, 9, 30), amount=2.2))
    put(home, replace(LESS, owner="", due=date(2026, 10, 31), amount=2.2))
    put(home, replace(LESS, start=date(2026, 12, 1), due=date(2027, 12, 31)))
    found = objectives_input(home, Asked(PLANT, date(2026, 8, 1), date(2026, 10, 31)))
    assert found.finding == "Of two objectives one is met and one is missed."
    assert found.records == ("OBJ-2026-001", "OBJ-2026-002")
    assert found.missing == ("OBJ-2026-002 Less scrap: Nobody is named as its owner.",)
    assert [line[5] for line in found.tables[0].lines] == ["met", "missed"]
    assert [kpi.title for kpi in found.kpis] == [
        objective(home, id, today=TODAY).reason for id in found.records
    ]
    assert found.kpis[0].sources[0].file == "scrap.csv"
    assert found.nothing == ""


def test_without_objectives_the_review_is_told_so(home):
    found = objectives_input(home, Asked((), date(2026, 8, 1), date(2026, 10, 31)))
    assert found.nothing == (
        "Nothing to report: No objective is pursued for what is reviewed here."
    )
    assert found.missing
