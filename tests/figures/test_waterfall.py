"""The waterfall: every step begins where the one above it ends, and speaks for itself."""

from dataclasses import replace
from datetime import date

import pytest

from kpi.analysis.why import WhyPart, WhyStep, WhyView
from kpi.analysis.why_spans import Span
from kpi.figures import LIGHT
from kpi.figures.waterfall import (
    alt_text,
    parts_data,
    starts_at,
    waterfall_figure,
    waterfall_picture,
)
from kpi.measures import CATALOG
from kpi.trends.decomposition import Kind

HOSTILE = "<img src=x onerror=alert(1)> $x$ " + "long " * 30


def span(label, words, value):
    day = date(2026, 4, 1)
    return Span(label, words, day, day, (label,), (0,), (), value, 100.0, value)


def step(label, size, *, says="got worse", good=False):
    return WhyStep(label, says, size, f"{size:+.2f} pt", good, f"{label}\nvalue")


def a_view(before, after, steps):
    return WhyView(
        kpi=CATALOG["scrap_rate"], slice=(), period="month",
        before=span("2026-04", "April 2026", before), after=span("2026-05", "May 2026", after),
        change=after - before, change_text="", by="line", dimensions=("line",), parts=(),
        remainder=0.0, steps=tuple(steps), within_usual_range=False, chance="", finding="",
        because="", report_date="", remarks=(), notes=(),
    )  # fmt: skip


VIEW = a_view(
    2.1, 3.6,
    [
        step("Press 2", 1.3),
        step("Press 1", 0.4, says="larger share"),
        step("Weld 1", -0.5, says="got better", good=True),
        step("Cannot be assigned", 0.3, says="", good=None),
    ],
)  # fmt: skip


def bars(view):
    bar = waterfall_figure(view, LIGHT).data[0]
    return [(base, base + x) for base, x in zip(bar.base, bar.x, strict=True)]


def test_every_step_begins_where_the_one_above_ends():
    expected = [(0, 2.1), (2.1, 3.4), (3.4, 3.8), (3.3, 3.8), (3.3, 3.6), (0, 3.6)]
    assert [pytest.approx(pair) for pair in expected] == bars(VIEW)
    links = [shape.x0 for shape in waterfall_figure(VIEW, LIGHT).layout.shapes]
    assert links == pytest.approx([2.1, 3.4, 3.8, 3.3, 3.6])


def test_worse_is_orange_better_blue_and_what_has_no_name_grey():
    colours = waterfall_figure(VIEW, LIGHT).data[0].marker.color
    assert list(colours) == [
        LIGHT.common, LIGHT.worsening, LIGHT.worsening, LIGHT.improving, LIGHT.bar_unassigned,
        LIGHT.common,
    ]  # fmt: skip


def test_numbers_stand_at_the_bars_and_nothing_needs_a_legend():
    figure = waterfall_figure(VIEW, LIGHT)
    text = [t.replace("\u00a0", " ").strip() for t in figure.data[1].text]
    assert text == [
        "<b>2.10 %</b>",
        "+1.30 pt",
        "+0.40 pt",
        "-0.50 pt",
        "+0.30 pt",
        "<b>3.60 %</b>",
    ]
    assert figure.layout.showlegend is False
    assert "larger share" in figure.layout.yaxis.ticktext[2]


def test_an_axis_that_does_not_begin_at_zero_says_so():
    near = a_view(97.6, 97.5, [step("Press 2", -0.1)])
    assert bars(near)[0][0] == pytest.approx(97.45)
    assert starts_at(near, LIGHT) == "The axis begins at 97.45\u00a0%."
    assert starts_at(VIEW, LIGHT) == ""


def test_a_value_below_zero_keeps_zero_in_sight():
    view = a_view(-2.0, 1.0, [step("Press 2", 3.0)])
    assert bars(view) == [(-2.0, 0.0), (-2.0, 1.0), (0.0, 1.0)]


def test_without_a_step_both_sides_are_drawn_all_the_same():
    assert bars(a_view(2.0, 2.0, [])) == [pytest.approx((1.0, 2.0)), pytest.approx((1.0, 2.0))]


def test_text_of_a_file_is_text_and_short_beside_its_bar():
    figure = waterfall_figure(a_view(2.1, 3.6, [step(HOSTILE, 1.5)]), LIGHT)
    label = figure.layout.yaxis.ticktext[1]
    assert "<img" not in label
    assert "$" not in label.replace("&#36;", "")
    assert len(label) < 110
    assert "<img" not in figure.data[0].hovertext[1]


def test_a_span_of_months_takes_two_lines():
    view = a_view(2.1, 3.6, [step("Press 2", 1.5)])
    before = span("2025-11..2026-04", "November 2025 to April 2026", 2.1)
    labels = waterfall_figure(replace(view, before=before), LIGHT).layout.yaxis.ticktext
    assert labels[0].startswith("November 2025<br>")


def test_the_alternative_text_tells_every_bar():
    assert alt_text(VIEW) == (
        "Waterfall. April 2026: 2.10\u00a0%. Press 2 (got worse) +1.30 pt; Press 1 (larger share) "
        "+0.40 pt; Weld 1 (got better) -0.50 pt; Cannot be assigned +0.30 pt. May 2026: 3.60\u00a0%."
    )


def test_the_picture_stands_alone():
    told = replace(VIEW, chance="This is more than chance.", finding="Scrap rose", because="of L2")
    figure = waterfall_picture(told)
    assert figure.layout.title.text == "This is more than chance. Scrap rose: of L2."
    assert figure.layout.annotations[0].text == "Scrap rate, all plants, by line"
    assert figure.layout.height > waterfall_figure(VIEW, LIGHT).layout.height


def test_the_data_have_every_part_and_what_cannot_be_assigned():
    part = WhyPart("Press 2", "P2", Kind.RATE, 1.0, 0.2, 1.2, 2.0, 3.5, 0.5, 0.6)
    table = parts_data(replace(VIEW, parts=(part,), remainder=0.3))
    assert table["part"].sum() == pytest.approx(VIEW.change)
    assert table["kind"].tolist() == ["rate", "cannot be assigned"]
    assert table["unit"].unique().tolist() == ["%"]
    assert table["share after"].isna().tolist() == [False, True]
