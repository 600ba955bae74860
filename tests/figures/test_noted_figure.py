"""What people noted, as a control chart shows it: bands, levels, marks, hollow points."""

import math
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from made_views import a_series

from kpi.figures import LIGHT, control_figure
from kpi.figures.control import last_point_words
from kpi.figures.flags import LONGEST, MOST_ROWS, Flag, _covers, _crosses, flags_of, phase_starts
from kpi.qms import ChartNotes, Event, PhaseStart

WHEN = datetime(2024, 11, 2, 8, tzinfo=UTC)
NEW_TOOL = PhaseStart(
    "scrap_rate", (), "month", date(2024, 3, 1), "New tool", action="A-17", who="A", when=WHEN
)
PHASES = [1, 1, 2, 2]


def noted(*, phases=(NEW_TOOL,), events=(), **how):
    given = {
        "center": [2.0, 2.0, 4.0, 4.0], "lcl": 1.0, "ucl": 5.0, "phases": PHASES,
        "notes_on_chart": ChartNotes(phases=tuple(phases), events=tuple(events)), **how,
    }  # fmt: skip
    return a_series([2.0, 2.1, 4.0, 4.1], **given)


def traces(figure):
    return {trace.name: trace for trace in figure.data}


def texts(figure):
    return [annotation.text for annotation in figure.layout.annotations]


def test_a_level_ends_where_its_phase_does():
    center = traces(control_figure(noted(), LIGHT))["center"]
    assert list(center.x) == [0.0, 1.0, 1.5, None, 1.5, 2.0, 3.0]
    assert list(center.y) == [2.0, 2.0, 2.0, None, 4.0, 4.0, 4.0]


def test_a_phase_is_a_band_with_its_cause_and_who_said_so():
    figure = control_figure(noted(), LIGHT)
    (band,) = (shape for shape in figure.layout.shapes if shape.type == "rect")
    assert (band.x0, band.x1, band.fillcolor) == (1.5, 3.5, LIGHT.band)
    assert "New tool" in texts(figure)
    (hover,) = traces(figure)["note"].hovertext
    assert hover.split("<br>") == [
        "<b>New phase since March 2024</b>", "New tool", "A-17", "A, 2 November 2024",
    ]  # fmt: skip


def test_the_level_of_an_earlier_phase_stands_at_its_line_where_there_is_room():
    assert "usual 2.00" in texts(control_figure(noted(), LIGHT))
    near = texts(control_figure(noted(center=[2.0, 2.0, 2.1, 2.1]), LIGHT))
    assert "usual 2.00" not in near
    assert "New tool 2.00 → 2.10" in near


def test_without_phases_nothing_is_broken_and_the_baseline_stays():
    view = a_series([2.0] * 4, center=2.0, baseline=(0, 1))
    figure = control_figure(view, LIGHT)
    assert list(traces(figure)["center"].x) == [0.0, 1.0, 2.0, 3.0]
    assert [shape.label.text for shape in figure.layout.shapes] == ["baseline"]
    assert "note" not in traces(figure)


def test_a_point_that_does_not_count_is_hollow_and_says_why():
    view = noted(excluded={1: "Stocktake <b>"})
    dots = traces(control_figure(view, LIGHT))["value"]
    assert dots.marker.color[1] == LIGHT.background
    assert dots.marker.line.color[1] == LIGHT.common
    assert dots.marker.color[0] == LIGHT.common
    assert "Does not count: Stocktake &lt;b&gt;" in dots.hovertext[1].split("<br>")


@pytest.mark.parametrize(
    ("day", "x"),
    [
        pytest.param(date(2024, 1, 1), -0.5 + 0.5 / 31, id="first day"),
        pytest.param(date(2024, 2, 15), 0.5 + 14.5 / 29, id="the middle of February"),
        pytest.param(date(2024, 4, 30), 2.5 + 29.5 / 30, id="last day"),
    ],
)
def test_an_event_stands_at_its_day(day, x):
    event = Event((), day, "ERP")
    (flag,) = flags_of(noted(phases=(), events=(event,)))
    assert flag.x == pytest.approx(x)
    (line,) = (
        s for s in control_figure(noted(phases=(), events=(event,)), LIGHT).layout.shapes
        if s.type == "line"
    )  # fmt: skip
    assert (line.x0, line.x1, line.line.dash) == (flag.x, flag.x, "dot")


@pytest.mark.parametrize("day", [date(2023, 12, 31), date(2024, 5, 1)])
def test_an_event_outside_the_time_shown_is_not_drawn(day):
    assert flags_of(noted(phases=(), events=(Event((), day, "ERP"),))) == []


@pytest.mark.parametrize("start", [date(2024, 1, 1), date(2023, 3, 1), date(2024, 5, 1)])
def test_a_phase_that_begins_before_or_after_the_time_shown_has_no_mark(start):
    assert flags_of(noted(phases=(replace(NEW_TOOL, start=start),))) == []


def test_words_of_people_are_shown_as_they_are_and_cut():
    hostile = "<img src=x onerror=alert(1)> $x$ **b** " * 3
    figure = control_figure(noted(phases=(), events=(Event((), date(2024, 2, 1), hostile),)), LIGHT)
    shown = texts(figure)
    assert any(text.startswith("&lt;img src=x") for text in shown)
    assert not any("<img" in text or "$" in text for text in shown)
    assert "<img" not in traces(figure)["note"].hovertext[0]
    (flag,) = flags_of(noted(phases=(), events=(Event((), date(2024, 2, 1), hostile),)))
    assert len(flag.text) <= LONGEST


@pytest.mark.parametrize("months", [4, 12, 36, 104])
def test_no_words_cover_each_other_on_a_telephone(months):
    events = [
        Event((), date(2024 + m // 12, m % 12 + 1, 5 + m % 20), f"Event number {m} of many")
        for m in range(months)
    ]
    view = a_series([2.0] * months, notes_on_chart=ChartNotes(events=tuple(events)))
    flags = flags_of(view)
    assert len(flags) == months
    shown = [flag for flag in flags if flag.row >= 0]
    scale = 225 / months
    assert len(shown) >= min(months, MOST_ROWS)
    pairs = [(a, b) for i, a in enumerate(shown) for b in shown[i + 1 :]]
    assert not any(_covers(a, b, scale) for a, b in pairs)


def test_a_line_passes_beside_the_words_below_it():
    events = [Event((), date(2024, m, 5), f"Event number {m}") for m in (2, 3, 4)]
    flags = flags_of(a_series([2.0] * 12, notes_on_chart=ChartNotes(events=tuple(events))))
    assert [flag.row for flag in flags] == [2, 1, 0]
    pairs = [(a, b) for i, a in enumerate(flags) for b in flags[i + 1 :]]
    assert not any(_crosses(a, b, 225 / 12) for a, b in pairs)


def test_words_run_to_the_left_where_there_is_no_room_to_the_right():
    events = (
        Event((), date(2024, 1, 5), "Early event"),
        Event((), date(2024, 12, 5), "A late event"),
    )
    early, late = flags_of(a_series([2.0] * 12, notes_on_chart=ChartNotes(events=events)))
    assert (early.on_left, late.on_left) == (False, True)
    assert isinstance(late, Flag)


def test_no_points_have_no_marks_and_no_phases():
    empty = a_series([], notes_on_chart=ChartNotes(phases=(NEW_TOOL,)))
    assert (flags_of(empty), phase_starts(empty)) == ([], [])


@pytest.mark.parametrize(
    ("last", "how", "told"),
    [
        pytest.param(2.0, {}, "within its usual range", id="steady"),
        pytest.param(6.0, {"signals": {1: "beyond limits"}}, "above its usual range", id="above"),
        pytest.param(0.5, {"signals": {1: "beyond limits"}}, "below its usual range", id="below"),
        pytest.param(3.0, {"signals": {1: "run"}}, "part of a run that is not chance", id="run"),
        pytest.param(6.0, {"excluded": {1: "Strike"}}, "does not count (Strike)", id="excluded"),
    ],
)
def test_the_title_says_what_the_last_point_says(last, how, told):
    view = a_series([2.0, last], center=2.0, lcl=1.0, ucl=5.0, **how)
    assert last_point_words(view) == f"October 2026: 2.41\u00a0%, {told}"
    title = control_figure(view, LIGHT).layout.title.text.replace("<br>", " ")
    assert title == last_point_words(view)


def test_a_title_is_wrapped_for_a_telephone_and_a_gap_has_its_reason():
    view = a_series([2.0, math.nan], last_value="missing: scrap of Nordhafen was never uploaded")
    figure = control_figure(view, LIGHT)
    assert figure.layout.title.text.split("<br>") == [
        "October 2026: missing: scrap of Nordhafen was", "never uploaded",
    ]  # fmt: skip
    longer = control_figure(view, LIGHT, title="word " * 40)
    assert longer.layout.height > figure.layout.height
    assert longer.layout.margin.t > figure.layout.margin.t


def test_the_title_begins_with_a_capital():
    view = replace(a_series([2.0, 2.1]), last_label="week 44 of 2026")
    assert last_point_words(view).startswith("Week 44 of 2026: ")


@pytest.mark.parametrize("count", [1, 5, 24, 36, 53, 156])
def test_labels_of_the_time_axis_fit_a_telephone(count):
    weeks = [f"{2024 + w // 52}-W{w % 52 + 1:02d}" for w in range(count)]
    axis = control_figure(a_series([2.0] * count, labels=weeks), LIGHT).layout.xaxis
    assert 1 <= len(axis.tickvals) <= 6
    assert axis.tickvals[-1] == count - 1
