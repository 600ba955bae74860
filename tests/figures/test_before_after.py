"""Before and after as a figure: what is solid, what is hollow, what is said."""

import math
from datetime import date

import pytest

from kpi.analysis.effect_sides import Action, Around
from kpi.analysis.effectiveness import judged
from kpi.figures import DARK, LIGHT
from kpi.figures.before_after import alt_words, before_after_figure
from kpi.measures import CATALOG
from kpi.qms import Event
from tests.figures.made_views import a_series

HOSTILE = "<b>x</b> $y$ " + "long " * 30
DAY = date(2025, 5, 11)
WOBBLE = [0.1, -0.2, 0.0, 0.2, -0.1, 0.15, -0.15, 0.05]


def seen(new=2.2, before=16, after=6, bad=None, text="New tool", **rest):
    values = [x + WOBBLE[i % 8] for i, x in enumerate([3.6] * before + [new] * after)]
    if bad is not None:
        values[bad] = 9.0
    note = Event((), DAY, text, id="e")
    return judged(a_series(values, **rest), Action(DAY, 0, note), Around(events=[note]))


def trace(figure, name):
    found = [t for t in figure.data if t.name == name]
    return found[0] if found else None


def texts(figure):
    return [a.text for a in figure.layout.annotations]


def test_what_counts_is_solid_and_the_month_of_the_day_hollow():
    dots = trace(before_after_figure(seen(), LIGHT), "value")
    filled = [colour != LIGHT.background for colour in dots.marker.color]
    assert filled == [True] * 16 + [False] + [True] * 5


def test_what_led_to_the_action_is_hollow_and_says_why():
    view = seen(bad=15, kpi=CATALOG["mttr"])
    dots = trace(before_after_figure(view, LIGHT), "value")
    assert dots.marker.color[15] == LIGHT.background
    assert dots.hovertext[15].endswith("left out of before: it signals")
    assert "Left out of before, and hollow: April 2025." in alt_words(view)


@pytest.mark.parametrize(
    ("new", "colour"), [(2.2, "improving"), (5.0, "worsening"), (3.58, "common")]
)
@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_the_level_after_has_the_colour_of_the_verdict(new, colour, palette):
    figure = before_after_figure(seen(new), palette)
    assert trace(figure, "after").line.color == getattr(palette, colour)


def test_levels_and_band_lie_where_they_are():
    view = seen()
    figure = before_after_figure(view, LIGHT)
    before, after = trace(figure, "before"), trace(figure, "after")
    assert list(before.x) == [-0.5, 15.5]
    assert list(before.y) == [view.before.level] * 2
    assert list(after.x) == [16.5, 21.5]
    band = next(s for s in figure.layout.shapes if s.yref == "y")
    assert (band.y0, band.y1) == pytest.approx(
        (view.expected + view.low, view.expected + view.high)
    )
    line = next(s for s in figure.layout.shapes if s.type == "line")
    assert line.x0 == pytest.approx(15.5 + 10 / 31)


def test_levels_are_labelled_at_the_lines_and_the_event_at_its_mark():
    told = texts(before_after_figure(seen(), LIGHT))
    assert "<b>after 2.21\u00a0%</b>" in told
    assert "before 3.61\u00a0%" in told
    assert "New tool, 11 May 2025" in told


def test_hostile_words_are_cut_and_harmless():
    told = " ".join(texts(before_after_figure(seen(text=HOSTILE), LIGHT)))
    assert "<b>x" not in told
    assert "$" not in told.replace("&#36;", "")


@pytest.mark.parametrize(
    "values", [[], [math.nan] * 5, [1.0], [1.0] * 20], ids=["none", "gaps", "one", "all the same"]
)
def test_nothing_to_compare_draws_all_the_same(values):
    view = judged(a_series(values, kpi=CATALOG["mttr"]), Action(DAY), Around())
    figure = before_after_figure(view, LIGHT)
    assert figure.layout.height
    assert alt_words(view).startswith("No evidence yet: ")
