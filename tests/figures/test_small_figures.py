import math
import xml.etree.ElementTree as ET
from base64 import b64decode
from dataclasses import replace

import pandas as pd
import pytest
from made_views import SCRAP, a_series

from kpi.analysis.results import (
    CoverageCalendar,
    CoverageCell,
    LossLedger,
    LossLine,
    ParetoView,
)
from kpi.figures import (
    BOTH,
    DARK,
    LIGHT,
    assurance_icon,
    coverage_table,
    data_uri,
    loss_table,
    pareto_figure,
    shared_span,
    small_chart,
    variation_icon,
)
from kpi.figures.icons import ASSURANCE_WORDS, VARIATION_WORDS
from kpi.figures.pareto import MOST_BARS, left_out
from kpi.model import Assurance, Direction, State, Variation

NAN = math.nan
SVG = "{http://www.w3.org/2000/svg}"


def draw(view, **given):
    return ET.fromstring(small_chart(view, LIGHT, width=200, height=60, **given))


def test_a_gap_parts_the_line():
    drawn = draw(a_series([2.0, 2.1, NAN, 2.2, 2.3]))
    lines = [line.get("points").split() for line in drawn.iter(f"{SVG}polyline")]
    assert [len(points) for points in lines] == [2, 2]


def test_dots_stand_for_signals_members_and_the_last_point():
    view = a_series([2.0, 3.0, 3.1, 2.0], center=2.0, members=[1], signals={2: "beyond limits"})
    colours = [dot.get("fill") for dot in draw(view).iter(f"{SVG}circle")]
    assert colours == [LIGHT.worsening_soft, LIGHT.worsening, LIGHT.common]


def test_the_target_is_dashed():
    styles = [
        line.get("stroke-dasharray") for line in draw(a_series([2.0, 2.1], target=1.9)).iter()
    ]
    assert "4 3" in styles


def test_small_multiples_share_one_scale():
    small, large = a_series([1.0, 1.1]), a_series([9.0, 9.5])
    span = shared_span([small, large])
    assert span == (0.0, pytest.approx(10.52))
    heights = [
        float(next(draw(view, span=span).iter(f"{SVG}circle")).get("cy")) for view in (small, large)
    ]
    assert heights[0] > heights[1] + 20


def test_nothing_to_draw_is_an_empty_picture():
    assert shared_span([a_series([NAN])]) is None
    assert list(draw(a_series([])).iter(f"{SVG}circle")) == []
    assert list(draw(a_series([NAN])).iter(f"{SVG}circle")) == []


def test_the_address_of_a_picture_holds_the_picture():
    head, _, body = data_uri("<svg/>").partition(",")
    assert head == "data:image/svg+xml;base64"
    assert b64decode(body) == b"<svg/>"


@pytest.mark.parametrize("variation", Variation)
@pytest.mark.parametrize("direction", Direction)
def test_every_variation_has_an_icon_and_a_word(variation, direction):
    ET.fromstring(variation_icon(variation, direction, LIGHT))
    assert VARIATION_WORDS[variation]


@pytest.mark.parametrize("assurance", Assurance)
def test_every_assurance_has_an_icon_and_a_word(assurance):
    ET.fromstring(assurance_icon(assurance, DARK))
    assert ASSURANCE_WORDS[assurance]


def test_the_arrow_goes_the_way_the_values_went():
    up = variation_icon(Variation.WORSENING, Direction.LOWER, LIGHT)
    down = variation_icon(Variation.IMPROVING, Direction.LOWER, LIGHT)
    assert "M7 15L15 7" in up
    assert "M7 7L15 15" in down
    assert "M7 15L15 7" in variation_icon(Variation.IMPROVING, Direction.HIGHER, LIGHT)


def contrast(one, other):
    """Contrast ratio of two colours: WCAG 2.2, definition "contrast ratio"."""

    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["ink", "muted", "improving", "worsening", "changed", "accent"])
def test_text_can_be_read(palette, name):
    for ground in (palette.background, palette.surface, palette.band):
        assert contrast(getattr(palette, name), ground) >= 4.5


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(
    "name",
    [
        "common",
        "limit",
        "improving_soft",
        "worsening_soft",
        "changed_soft",
        "bar",
        "bar_unassigned",
    ],
)
def test_marks_can_be_seen(palette, name):
    assert contrast(getattr(palette, name), palette.background) >= 3


def test_a_picture_for_both_themes_carries_the_colours_it_uses():
    drawn = small_chart(a_series([2.0, 2.1]), BOTH, width=200, height=60)
    assert f"--cn-common:{LIGHT.common};" in drawn
    assert f"--cn-common:{DARK.common};" in drawn.split("prefers-color-scheme:dark")[1]
    assert "--cn-accent" not in drawn
    assert "<style>" not in small_chart(a_series([2.0]), LIGHT, width=200, height=60)


def pareto(count):
    amounts = [5.0] + [100.0 - i for i in range(count - 1)]
    frame = pd.DataFrame({"amount": amounts})
    frame["label"] = ["not recorded", *(f"Reason {i}" for i in range(count - 1))]
    frame["code"] = ""
    frame["share"] = frame["amount"] / frame["amount"].sum() * 100
    frame["cumulative"] = frame["share"].cumsum()
    frame["unassigned"] = [True] + [False] * (count - 1)
    return ParetoView(SCRAP, (), "reason", "t", "Scrapped quantity, pcs", "w", frame, 1.0)


def test_bars_have_one_colour_and_the_unassigned_stands_first_in_grey():
    bar = pareto_figure(pareto(4), LIGHT).data[0]
    assert list(bar.marker.color) == [LIGHT.bar_unassigned, LIGHT.bar, LIGHT.bar, LIGHT.bar]
    assert list(bar.y) == [0, 1, 2, 3]
    assert bar.text[1] == "<b>33\u00a0%</b>   100   Σ\u00a035\u00a0%"


def test_what_is_left_out_is_said():
    assert left_out(pareto(MOST_BARS)) == ""
    view = pareto(MOST_BARS + 2)
    assert len(pareto_figure(view, LIGHT).data[0].x) == MOST_BARS
    assert left_out(view).startswith("2 more make up the remaining 1")


def test_no_bars_is_an_empty_figure():
    assert len(pareto_figure(pareto(1), LIGHT).data[0].x) == 1


def test_coverage_says_in_words_what_each_cell_is():
    cells = tuple(
        CoverageCell("scrap", "Süd", month, state, 0, "")
        for month, state in zip(
            ("2025-12", "2026-01", "2026-02"),
            (State.ZERO, State.MISSING, State.NOT_SCHEDULED),
            strict=True,
        )
    )
    page = coverage_table(CoverageCalendar(("2025-12", "2026-01", "2026-02"), cells, ()))
    for said in (
        "December 2025: zero: covered, nothing happened",
        "January 2026: missing",
        "February 2026: not scheduled",
    ):
        assert f'<span class="cn-hidden">{said}</span>' in page
    assert 'colspan="1">2025' in page
    assert 'colspan="2">2026' in page


def test_nothing_uploaded_is_no_table():
    assert coverage_table(CoverageCalendar((), (), ())) == ""


def test_a_name_and_its_code_stand_apart_on_hover():
    view = pareto(2)
    bars = view.bars.assign(code=["", "D04"])
    (bar,) = pareto_figure(replace(view, bars=bars), LIGHT).data[:1]
    assert bar.hovertext[1].startswith("<b>Reason 0 (D04)</b><br>")


def test_losses_show_deductions_with_their_sign():
    page = loss_table(
        LossLedger((LossLine("Recorded", 1500.0, ""), LossLine("Overlapping", -300.0, "twice")), ())
    )
    assert "1\u202f500" in page
    assert "\u2212300" in page
    assert "width:20.0%" in page
    assert loss_table(LossLedger((), ())) == ""


def test_a_step_of_the_ledger_is_not_told_twice():
    lines = LossLine("Changeovers", -30.0, "changeovers"), LossLine("Lost", 70.0, "what counts")
    page = loss_table(LossLedger(lines, ()))
    assert page.count("hangeovers") == 1
    assert "what counts" in page


def test_a_target_far_away_does_not_flatten_a_small_chart():
    drawn = draw(a_series([2.0, 2.1], target=9.0))
    assert "4 3" not in [line.get("stroke-dasharray") for line in drawn.iter()]
    heights = [
        float(p.split(",")[1]) for p in next(drawn.iter(f"{SVG}polyline")).get("points").split()
    ]
    assert max(heights) - min(heights) > 20


def test_a_point_that_does_not_count_is_hollow():
    drawn = small_chart(
        a_series([2.0, 2.1, 2.2], excluded={1: "Stocktake"}), LIGHT, width=90, height=40
    )
    assert f'fill="{LIGHT.surface}" stroke="{LIGHT.common}"' in drawn
    plain = small_chart(a_series([2.0, 2.1, 2.2]), LIGHT, width=90, height=40)
    assert plain.count("<circle") == drawn.count("<circle") - 1


def test_a_cell_with_rows_leads_to_where_they_count():
    cells = (
        CoverageCell("scrap", "Nord & Süd", "2026-01", State.VALUE, 3, "three rows"),
        CoverageCell("scrap", "Nord & Süd", "2026-02", State.MISSING, 0, "never uploaded"),
    )
    calendar = CoverageCalendar(("2026-01", "2026-02"), cells, ())
    page = coverage_table(calendar, lambda cell: f'passport?rows={cell.month}&x="')
    assert page.count("<a ") == 1
    assert '<a href="passport?rows=2026-01&amp;x=&#34;">' in page
