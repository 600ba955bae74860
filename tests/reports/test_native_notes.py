"""Phases, excluded points and events in the deck, read back through PowerPoint's own file."""

import io
import shutil
from datetime import UTC, date, datetime

import pytest
from pptx import Presentation
from pptx.oxml.ns import qn
from test_deck import cells_of, chart_of

from kpi import analysis
from kpi.analysis import annotating
from kpi.analysis.agenda import asked_of, build_agenda
from kpi.analysis.results import Filters
from kpi.reports.deck import write_deck

BY = {"who": "Q. Manager", "when": datetime(2026, 11, 2, 8, tzinfo=UTC)}
SCRAP = "Scrap rate"


@pytest.fixture(scope="module")
def noted(made_home, tmp_path_factory):
    folder = tmp_path_factory.mktemp("noted") / "home"
    shutil.copytree(made_home.path, folder)
    home = analysis.open_home(folder)
    everything = Filters()
    annotating.accept_step(home, "scrap_rate", everything, "2026-03", cause="=New tool", **BY)
    annotating.exclude_point(home, "scrap_rate", everything, "2025-01", reason="Stocktake", **BY)
    annotating.record_event(home, (), date(2025, 6, 9), "New ERP release", **BY)
    asked = asked_of(home, (), "2026-10", "2026-10")
    return build_agenda(home, asked, edition="2026", **BY)


@pytest.fixture(scope="module")
def review(noted):
    return noted.review


@pytest.fixture(scope="module")
def slide(noted, review):
    file = io.BytesIO()
    write_deck(noted, file)
    file.seek(0)
    (title,) = (k.title for k in review.kpis if k.series.kpi.id == "scrap_rate")
    deck = Presentation(file)
    return next(s for s in deck.slides if s.shapes.title.text_frame.text == title)


def series(slide):
    return {s.name: list(s.values) for s in chart_of(slide).plots[0].series}


def scrap(review):
    return next(k for k in review.kpis if k.series.kpi.id == "scrap_rate")


def test_the_title_speaks_of_the_current_phase(review):
    assert scrap(review).title.startswith(
        "In the new phase since March 2026, scrap rate keeps to its usual range"
    )
    assert scrap(review).since == "–"


def test_each_phase_has_its_own_level_and_no_line_runs_over_the_border(review, slide):
    points = scrap(review).series.points
    drawn = series(slide)
    start = list(points["period"]).index("2026-03")
    earlier, now = drawn["Usual level until Feb 26"], drawn["Usual level"]
    assert [v is None for v in now] == [i < start for i in range(len(points))]
    assert [v is None for v in earlier] == [i >= start for i in range(len(points))]
    assert now[-1] == pytest.approx(points["center"].iloc[-1])
    assert earlier[0] == pytest.approx(points["center"].iloc[0])
    assert {"Upper limit until Feb 26", "Lower limit until Feb 26"} <= drawn.keys()


def test_a_point_that_does_not_count_is_hollow(review, slide):
    at = list(scrap(review).series.points["period"]).index("2025-01")
    drawn = series(slide)
    for name in ("Does not count", "Does not count, inside"):
        assert [i for i, v in enumerate(drawn[name]) if v is not None] == [at]


def test_marks_stand_at_their_period_above_the_data_with_their_words(review, slide):
    points = scrap(review).series.points
    drawn = series(slide)
    top = max(v for v in drawn["Value"] if v is not None)
    tool = next(name for name in drawn if "New tool" in name)
    for name, period in (("New ERP release", "2025-06"), (tool, "2026-03")):
        (level,) = (v for v in drawn[name] if v is not None)
        assert drawn[name].index(level) == list(points["period"]).index(period)
        assert top < level <= chart_of(slide).value_axis.maximum_scale
    raw = {s.name: s._element for s in chart_of(slide).plots[0].series}
    assert raw["New ERP release"].find(qn("c:errBars")) is not None
    words = "".join(raw["New ERP release"].itertext())
    assert "New ERP release" in words


def test_the_data_sheet_holds_the_marks_and_no_formula(slide):
    cells = cells_of(chart_of(slide))
    assert sum(v is not None for v in cells["New ERP release"]) == 1
    assert not [name for name in cells if str(name).startswith("=")]
    assert [name for name in cells if str(name).startswith("'=New tool")]


def test_the_speaker_notes_say_who_noted_what(slide):
    told = slide.notes_slide.notes_text_frame.text
    assert "New phase since March 2026: =New tool (Q. Manager, 2 November 2026)." in told
    assert "January 2025 does not count: Stocktake (Q. Manager, 2 November 2026)." in told
    assert "9 June 2025: New ERP release (Q. Manager, 2 November 2026)." in told


def test_a_chart_without_notes_is_as_before(review, slide):
    other = next(k for k in review.kpis if k.series.kpi.id == "downtime_hours")
    assert not other.series.notes_on_chart.phases
    assert "Usual level until" not in " ".join(
        s.name for s in chart_of(slide).plots[0].series if "until Feb 26" not in s.name
    )
