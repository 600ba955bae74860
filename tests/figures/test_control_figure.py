import math
from itertools import pairwise

import pytest
from made_views import SCRAP, a_series

from kpi.figures import LIGHT, control_figure
from kpi.figures.control import axis_words, limits_vary, short_period, spread_labels
from kpi.figures.marks import axis_span
from kpi.measures import CATALOG
from kpi.model import Variation

NAN = math.nan


def traces(figure):
    return {trace.name: trace for trace in figure.data}


def labels(figure):
    return [annotation.text for annotation in figure.layout.annotations]


def test_every_period_has_a_dot_and_a_gap_stays_open():
    figure = control_figure(a_series([2.0, 2.1, NAN, 2.2]), LIGHT)
    assert list(traces(figure)["value"].y) == [2.0, 2.1, None, 2.2]
    assert list(traces(figure)["line"].y) == [2.0, 2.1, None, 2.2]
    assert traces(figure)["line"].connectgaps is False


def test_a_gap_says_why_on_hover():
    view = a_series([2.0, NAN], reasons={1: "Scrap of Nordhafen: never uploaded."})
    gap = traces(control_figure(view, LIGHT))["gap"]
    assert list(gap.x) == [1]
    assert gap.hovertext[0].split("<br>") == [
        "<b>February 2024</b>",
        "missing",
        "Scrap of Nordhafen: never uploaded.",
    ]


@pytest.mark.parametrize(
    ("kpi", "value", "meaning"),
    [
        pytest.param("scrap_rate", 3.0, "worsening", id="lower is better, above"),
        pytest.param("scrap_rate", 1.0, "improving", id="lower is better, below"),
        pytest.param("otd_promise", 3.0, "improving", id="higher is better, above"),
        pytest.param("otd_promise", 1.0, "worsening", id="higher is better, below"),
    ],
)
def test_a_signal_has_the_colour_of_what_it_means(kpi, value, meaning):
    view = a_series(
        [2.0, value], kpi=CATALOG[kpi], center=2.0, lcl=1.5, ucl=2.5, signals={1: "beyond limits"}
    )
    colours = list(traces(control_figure(view, LIGHT))["value"].marker.color)
    assert colours == [LIGHT.common, getattr(LIGHT, meaning)]


def test_members_of_a_run_are_lighter_than_the_point_that_completes_it():
    view = a_series([3.0, 3.0], center=2.0, members=[0, 1], signals={1: "run of 8 on one side"})
    colours = list(traces(control_figure(view, LIGHT))["value"].marker.color)
    assert colours == [LIGHT.worsening_soft, LIGHT.worsening]


def test_the_hover_tells_period_value_parts_limits_and_rules():
    view = a_series(
        [2.0, 3.0], center=2.0, lcl=1.5, ucl=2.5, signals={1: "beyond limits; run of 8"}
    )
    hover = traces(control_figure(view, LIGHT))["value"].hovertext[1]
    assert hover.split("<br>") == [
        "<b>February 2024</b>",
        "Scrap rate: <b>3.000\u00a0%</b>",
        "300 ÷ 10\u202f000",
        "scrapped quantity ÷ produced quantity",
        "usual level (centre line) 2.000",
        "limits 1.500 to 2.500",
        "Signal: beyond limits",
        "Signal: run of 8",
    ]


def test_lines_are_labelled_at_their_end_and_the_target_is_dashed_ink():
    view = a_series([2.0, 2.41], center=2.0, lcl=0.5, ucl=2.9, target=1.0)
    figure = control_figure(view, LIGHT)
    assert set(labels(figure)) == {
        "limit 2.90", "limit 0.50", "usual 2.00", "target 1.00", "<b>2.41\u00a0%</b>",
        "%",
    }  # fmt: skip
    line = traces(figure)["target"].line
    assert (line.color, line.dash) == (LIGHT.ink, "dash")
    assert figure.layout.showlegend is False


def test_a_value_beside_its_target_is_not_rounded_onto_it():
    view = a_series([94.9, 94.96], kpi=CATALOG["otd_promise"], target=95.0)
    assert "<b>94.96\u00a0%</b>" in labels(control_figure(view, LIGHT))


def test_limits_that_vary_are_stepped_and_explained():
    view = a_series([2.0, 2.1, 2.0], center=2.0, lcl=[1.0, 1.5, 1.2], ucl=[3.0, 2.5, 2.8])
    assert limits_vary(view)
    assert "limits vary because volumes do" in axis_words(view, 0.0)
    assert traces(control_figure(view, LIGHT))["ucl"].line.shape == "hvh"


def test_limits_that_do_not_vary_need_no_explanation():
    assert not limits_vary(a_series([2.0, 2.1], center=2.0, lcl=1.5, ucl=2.5))


def test_an_axis_that_does_not_start_at_zero_says_so():
    figure = control_figure(a_series([94.0, 95.0]), LIGHT)
    assert "% · axis does not start at zero" in labels(figure)
    assert figure.layout.yaxis.range[0] > 0


@pytest.mark.parametrize(
    ("low", "high", "start"),
    [
        pytest.param(0.0, 0.0, 0.0, id="nothing but zeros"),
        pytest.param(1.0, 3.0, 0.0, id="zero is near"),
        pytest.param(1.01, 3.0, 0.7115, id="zero is far"),
        pytest.param(5.0, 5.0, 4.25, id="one level only"),
        pytest.param(-2.0, 2.0, -2.6, id="both sides of zero"),
    ],
)
def test_axis_span(low, high, start):
    assert axis_span(low, high)[0] == pytest.approx(start)
    assert axis_span(low, high)[1] > high


def test_no_labels_cover_each_other():
    placed = sorted(spread_labels([5.0, 5.0, 5.1, 4.9], 0.0, 10.0))
    assert all(b - a > 0.5 for a, b in pairwise(placed))


def test_the_baseline_is_a_faint_band_unless_it_is_everything():
    part = a_series([2.0] * 4, center=2.0, baseline=(0, 1))
    whole = a_series([2.0] * 4, center=2.0, baseline=(0, 3))
    assert len(control_figure(part, LIGHT).layout.shapes) == 1
    assert control_figure(part, LIGHT).layout.shapes[0].fillcolor == LIGHT.band
    assert not control_figure(whole, LIGHT).layout.shapes


def test_no_points_and_no_values_are_still_figures():
    assert not control_figure(a_series([]), LIGHT).data
    nothing = control_figure(a_series([NAN, NAN]), LIGHT)
    assert list(traces(nothing)["gap"].x) == [0, 1]


def test_a_kpi_without_direction_has_signals_in_ink():
    view = a_series(
        [2.0, 3.0], kpi=_undirected(), center=2.0, signals={1: "beyond limits"},
        variation=Variation.CHANGED,
    )  # fmt: skip
    assert traces(control_figure(view, LIGHT))["value"].marker.color[1] == LIGHT.changed


def _undirected():
    from dataclasses import replace

    from kpi.model import Direction

    return replace(SCRAP, direction=Direction.NONE)


@pytest.mark.parametrize(
    ("label", "short"),
    [
        ("2026-10", "Oct 26"),
        ("2026-W43", "W43 26"),
        ("2026-Q4", "Q4 26"),
        ("2026-10-05", "5 Oct"),
        ("FY2026-P10", "FY2026-P10"),
        ("2026", "2026"),
    ],
)
def test_short_period(label, short):
    assert short_period(label) == short
