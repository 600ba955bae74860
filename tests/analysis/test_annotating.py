"""Notes on charts from end to end: limits move only where a person accepted it, and come back."""

import shutil
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from kpi import analysis
from kpi.analysis import annotating
from kpi.analysis.results import Filters
from kpi.analysis.series import series_view
from kpi.analysis.table import series_table
from kpi.errors import UnknownNameError, UsageError
from kpi.model import Variation
from kpi.qms import PhaseStart, put_note
from kpi.spc import chart
from tests.analysis.made_home import HOSTILE, load

WHEN = datetime(2026, 11, 2, 8, tzinfo=UTC)
BY = {"who": "Q. Manager", "when": WHEN}
LINE = Filters(where=(("line", "L2"),))
BOTH = Filters(where=(("line", "L2"), ("plant", "Nordhafen")))
LIMITS = ["center", "lcl", "ucl"]


@pytest.fixture
def home(made_home, tmp_path):
    shutil.copytree(made_home.path, tmp_path / "home")
    return analysis.open_home(tmp_path / "home")


def seen(home, filters=LINE, kpi="scrap_rate", **how):
    return series_view(home, kpi, filters, **how)[0]


def accept(home, period="2026-03", filters=LINE, **how):
    return annotating.accept_step(
        home, "scrap_rate", filters, period, **{"cause": "New tool", **BY, **how}
    )


def exclude(home, period, filters=LINE, reason="Stocktake"):
    return annotating.exclude_point(home, "scrap_rate", filters, period, reason=reason, **BY)


def test_a_step_is_suggested_in_the_kpis_words(home):
    view = seen(home)
    found = view.suggestion
    assert (found.period, found.start) == ("2026-03", date(2026, 3, 1))
    moved = view.points["period"] >= "2026-03"
    before, after = (
        float(half["numerator"].sum() / half["denominator"].sum() * 100)
        for half in (view.points[~moved], view.points[moved])
    )
    assert (found.before, found.after) == (pytest.approx(before), pytest.approx(after))
    assert found.says == (
        f"The level seems to have moved in March 2026: from {before:.2f}\u00a0% to "
        f"{after:.2f}\u00a0%; chance would show this in fewer than 0.1\u00a0% of series."
    )


def test_nothing_is_suggested_where_what_moves_is_chance(home):
    steady = seen(home, Filters(where=(("line", "L1"),)))
    assert (steady.variation, steady.suggestion) == (Variation.COMMON_CAUSE, None)


def test_limits_start_anew_where_it_was_accepted_and_nowhere_else(home):
    before, other = seen(home), seen(home, Filters(where=(("line", "L1"),)))
    assert accept(home) == "A new phase begins in March 2026. Its limits rest on eight months."
    after = seen(home)
    old, new = after.points["phase"] == 1, after.points["phase"] == 2
    assert after.points.loc[new, "period"].iloc[0] == "2026-03"
    assert new.sum() == 8
    earlier = before.points.loc[old]
    alone = chart(
        after.chart.kind, count=earlier["numerator"], size=earlier["denominator"], multiply=100.0,
        min_points=8,
    )  # fmt: skip
    np.testing.assert_allclose(after.points.loc[old, "center"], alone.center, rtol=1e-12)
    later = before.points.loc[new]
    level = later["numerator"].sum() / later["denominator"].sum() * 100
    np.testing.assert_allclose(after.points.loc[new, "center"], level, rtol=1e-12)
    assert after.points["value"].equals(before.points["value"])
    assert after.suggestion is None
    assert seen(home, Filters(where=(("line", "L1"),))).points.equals(other.points)
    assert not seen(home, Filters()).notes_on_chart.any


def test_after_a_rebase_the_headline_speaks_of_the_current_phase(home):
    accept(home)
    after = seen(home)
    assert after.headline == (
        "In the new phase since March 2026, scrap rate of line L2 keeps to its usual range. "
        "What moves is chance."
    )
    assert (after.variation, after.phase_since) == (Variation.COMMON_CAUSE, "2026-03")


def test_a_short_phase_says_how_many_points_it_has(home):
    assert accept(home, "2026-07") == (
        "A new phase begins in July 2026. It has four months; limits need eight."
    )
    after = seen(home)
    assert after.headline == (
        "In the new phase since July 2026, scrap rate of line L2: four months so far. "
        "Too few to tell signal from chance: eight are needed."
    )
    assert after.points["center"].tail(4).isna().all()
    assert after.points["center"].iloc[0] > 0


def test_taking_back_restores_exactly_what_was(home):
    before = seen(home)
    accept(home)
    exclude(home, "2025-01")
    notes = annotating.notes_on(home, "scrap_rate", LINE)
    for note in (*notes.phases, *notes.exclusions):
        annotating.take_note_back(home, note, why="It was the material", **BY)
    after = seen(home)
    assert after.points.equals(before.points)
    assert (after.headline, after.convention) == (before.headline, before.convention)
    assert after.suggestion == before.suggestion


def test_a_note_taken_back_twice_is_told_in_a_sentence(home):
    accept(home)
    (note,) = annotating.notes_on(home, "scrap_rate", LINE).phases
    told = annotating.take_note_back(home, note, why="wrong", **BY)
    assert told == "Taken back: New phase since March 2026: New tool"
    with pytest.raises(UsageError, match=r"taken back already, by Q\. Manager: wrong"):
        annotating.take_note_back(home, note, why="again", **BY)


def test_the_history_tells_every_version_newest_first(home):
    accept(home)
    accept(home, cause="New tool, cavity 2", who="B", when=WHEN.replace(hour=9))
    (note,) = annotating.notes_on(home, "scrap_rate", LINE).phases
    annotating.take_note_back(home, note, why="wrong", who="C", when=WHEN.replace(hour=10))
    told = [
        (line.version, line.who, line.says, line.why)
        for line in annotating.note_history(home, "scrap_rate", LINE)
    ]
    assert told == [
        (3, "C", "Taken back. New phase since March 2026: New tool, cavity 2", "wrong"),
        (2, "B", "New phase since March 2026: New tool, cavity 2", ""),
        (1, "Q. Manager", "New phase since March 2026: New tool", ""),
    ]
    assert annotating.note_history(home, "scrap_rate", Filters()) == ()


def test_a_line_of_one_plant_is_the_same_with_and_without_its_plant(home):
    accept(home)
    assert seen(home, BOTH).phase_since == "2026-03"
    (split,) = (v for v in series_view(home, "scrap_rate", Filters(), by=("plant", "line"))
                if ("line", "L2") in v.slice)  # fmt: skip
    assert split.phase_since == "2026-03"
    accept(home, filters=BOTH, cause="Said again")
    assert [n.cause for n in annotating.notes_on(home, "scrap_rate", LINE).phases] == ["Said again"]


def test_a_phase_recorded_without_its_plant_applies_and_can_be_taken_back(home):
    note = PhaseStart("scrap_rate", LINE.where, "month", date(2026, 3, 1), "x")
    put_note(home.store, note, who="A", when=WHEN)
    (found,) = seen(home, BOTH).notes_on_chart.phases
    annotating.take_note_back(home, found, why="wrong", **BY)
    assert not seen(home).notes_on_chart.any


def test_a_phase_cannot_begin_where_the_series_does_but_with_its_last_point_it_can(home):
    with pytest.raises(UsageError) as told:
        accept(home, "2024-11")
    assert str(told.value) == (
        "November 2024 is where the series begins: a new phase needs figures before it."
    )
    accept(home, "2026-10")
    assert list(seen(home).points["phase"])[-2:] == [1, 2]


def test_a_phase_at_the_first_point_leaves_limits_as_they_are(home):
    """It may come about when the data before it are withdrawn."""
    before = seen(home)
    note = PhaseStart("scrap_rate", LINE.where, "month", date(2024, 11, 1), "x")
    put_note(home.store, note, who="A", when=WHEN)
    after = seen(home)
    assert after.points[LIMITS].equals(before.points[LIMITS])
    assert set(after.points["phase"]) == {2}


def test_phases_before_the_time_shown_keep_their_number(home):
    accept(home)
    shown = seen(home, replace(LINE, first=date(2026, 2, 1)))
    assert list(shown.points["phase"])[:2] == [1, 2]
    inside = seen(home, replace(LINE, first=date(2026, 4, 1)))
    assert set(inside.points["phase"]) == {2}
    assert inside.phase_since == "2026-03"


def test_a_baseline_given_by_hand_wins_over_how_a_phase_was_accepted(home):
    accept(home, "2025-06", freeze=9)
    frozen = seen(home).chart.phases[-1]
    assert (frozen.first, frozen.baseline) == (7, (7, 15))
    by_hand = seen(home, baseline=8).chart.phases[-1]
    assert by_hand.baseline == (7, 14)


def test_an_excluded_point_is_shown_and_counts_for_nothing(home):
    before = seen(home)
    assert exclude(home, "2025-01") == "January 2025 is shown, and counts for nothing."
    after = seen(home)
    at = list(after.points["period"]).index("2025-01")
    assert after.points["value"].equals(before.points["value"])
    assert after.points["excluded"].iloc[at] == "Stocktake"
    assert list(np.flatnonzero(after.chart.excluded)) == [at]
    base = after.points.iloc[:21].drop(index=at)  # the first 20 that count
    level = base["numerator"].sum() / base["denominator"].sum() * 100
    assert after.points["center"].iloc[-1] == pytest.approx(level, rel=1e-12)


def test_a_gap_cannot_be_excluded_and_an_exclusion_that_became_one_does_no_harm(home):
    hours = Filters()
    with pytest.raises(UsageError) as told:
        annotating.exclude_point(home, "downtime_hours", hours, "2025-09", reason="x", **BY)
    assert str(told.value) == ("September 2025 has no figure: a gap counts for nothing as it is.")
    from kpi.qms import Exclusion

    before = seen(home, hours, "downtime_hours")
    note = Exclusion("downtime_hours", (), "month", date(2025, 9, 1), "x")
    put_note(home.store, note, who="A", when=WHEN)
    after = seen(home, hours, "downtime_hours")
    assert after.points[LIMITS].equals(before.points[LIMITS])
    assert not after.chart.excluded.any()


def test_where_too_few_points_count_there_are_no_limits(home):
    short = replace(LINE, first=date(2026, 3, 1))
    assert seen(home, short).chart is not None
    exclude(home, "2026-05", short)
    assert seen(home, short).chart_reason == "No limits under 8 points; so far: 7."


def test_an_event_stands_on_its_charts_and_moves_no_limit(home):
    before = seen(home)
    told = annotating.record_event(
        home, LINE.where, date(2026, 3, 9), "Tool changed", washout=14, hoped=-0.25, **BY
    )
    assert told == "Noted for 9 March 2026, on every chart of line L2."
    after = seen(home)
    assert [n.text for n in after.notes_on_chart.events] == ["Tool changed"]
    assert after.points.equals(before.points)
    assert seen(home, kpi="rework_rate").notes_on_chart.events
    assert not seen(home, Filters()).notes_on_chart.any
    (event,) = after.notes_on_chart.events
    assert annotating.note_words(home, event) == (
        "9 March 2026: Tool changed; hoped for \u221225\u00a0%, settles in 14 days"
    )


def test_notes_apply_to_the_past_as_the_ledger_had_it_and_it_is_said(home, tmp_path):
    accept(home)
    then = seen(home, replace(LINE, ledger=1))
    assert then.phase_since == "2026-03"
    assert then.notes[-1] == (
        "Phases, excluded points and events are those that stand today; the facts are those of "
        "ledger entry 1."
    )
    assert "those that stand today" not in " ".join(seen(home).notes)


@pytest.mark.long
def test_what_is_remembered_follows_new_facts_and_new_notes(home, tmp_path):
    accept(home)
    assert seen(home).phase_since == "2026-03"
    more = tmp_path / "scrap of November.csv"
    more.write_text(
        "Date;Plant;Line;Reason;Scrapped quantity;Produced quantity\n"
        "2026-11-03;Nordhafen;L2;Porosity;35;1000\n"
    )
    load(home, more)
    assert list(seen(home).points["period"])[-1] == "2026-11"
    assert seen(home).points["phase"].iloc[-1] == 2


def test_the_words_of_people_stay_words(home):
    text = f"{HOSTILE}\n**bold** [x](y)"
    accept(home, cause=text)
    (note,) = annotating.notes_on(home, "scrap_rate", LINE).phases
    assert note.cause.startswith("=cmd|' /C calc'!A1 <script>")
    assert "\n" not in note.cause


@pytest.mark.parametrize(
    ("how", "told"),
    [
        pytest.param({"cause": " "}, "Say in a few words what changed", id="no cause"),
        pytest.param({"who": ""}, "Say who it is", id="no name"),
        pytest.param({"period": "2027-01"}, "no period of this series", id="after the end"),
        pytest.param({"period": "March"}, "no period of this series", id="no label"),
        pytest.param({"freeze": 7}, "Limits rest on 8 points at least", id="too few to freeze"),
        pytest.param({"cause": "x" * 501}, "500 are enough", id="a novel"),
        pytest.param({"filters": Filters(period="all")}, "one point", id="no periods"),
        pytest.param(
            {"filters": Filters(where=(("line", "L9"),))}, "There are no figures", id="no such line"
        ),
    ],
)
def test_what_cannot_be_accepted_is_told_and_leaves_nothing(home, how, told):
    with pytest.raises(UsageError, match=told):
        accept(home, **how)
    assert home.store.records.current("phase") == []


@pytest.mark.parametrize(
    ("how", "error"),
    [
        pytest.param({"washout": -1}, UsageError, id="it settles before it happens"),
        pytest.param({"washout": 800}, UsageError, id="it settles in years"),
        pytest.param({"hoped": -1.5}, UsageError, id="less than nothing"),
        pytest.param({"hoped": 0.0}, UsageError, id="no change"),
        pytest.param({"hoped": float("nan")}, UsageError, id="no number"),
        pytest.param({"kpi_id": "scrap_rat"}, UnknownNameError, id="no such KPI"),
        pytest.param({"text": ""}, UsageError, id="no words"),
    ],
)
def test_an_event_that_makes_no_sense_is_refused(home, how, error):
    given = {"text": "x", **BY, **how}
    with pytest.raises(error):
        annotating.record_event(home, (), date(2026, 3, 9), given.pop("text"), **given)
    assert home.store.records.current("event") == []


def test_an_event_on_a_line_nobody_has_is_refused_with_the_nearest(home):
    with pytest.raises(UnknownNameError) as told:
        annotating.record_event(home, (("line", "L22"),), date(2026, 3, 9), "x", **BY)
    assert str(told.value) == "There is no line 'L22'. Did you mean 'L2'?"


def test_the_table_of_a_series_carries_phase_and_exclusion(home):
    accept(home)
    exclude(home, "2025-01")
    rows = series_table(home, "scrap_rate", LINE, chart="auto").rows.set_index("period")
    assert (rows.loc["2026-02", "phase"], rows.loc["2026-03", "phase"]) == (1, 2)
    assert rows.loc["2025-01", "excluded"] == "Stocktake"
    assert rows.loc["2026-03", "center"] > rows.loc["2026-02", "center"] + 1
