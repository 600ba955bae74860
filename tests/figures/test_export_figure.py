"""A chart to take along: pictures by this machine's browser, data by nobody's help."""

import csv
import io
import os
import xml.etree.ElementTree as ET

import pytest
from made_views import a_series

from kpi.figures import export
from kpi.figures.export import NoRendererError, chart_csv, chart_picture, file_name, picture

MUST_RUN = os.environ.get("KPI_REQUIRE_TOOLS") == "1"
needs_renderer = pytest.mark.skipif(
    bool(export.missing_renderer()) and not MUST_RUN, reason=export.missing_renderer() or "here"
)
VIEW = a_series(
    [2.0, 2.5, float("nan"), 2.2], center=2.1, lcl=1.0, ucl=3.0, phases=[1, 1, 2, 2],
    excluded={1: "=cmd|' /C calc'!A1"}, reasons={2: "@never uploaded"},
)  # fmt: skip


def rows_of(data):
    text = data.decode("utf-8")
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_the_data_are_the_numbers_of_the_chart():
    rows = rows_of(chart_csv(VIEW))
    assert [row["period"] for row in rows] == ["2024-01", "2024-02", "2024-03", "2024-04"]
    assert rows[0] == {
        "period": "2024-01", "from": "2024-01-01", "to": "2024-01-31", "numerator": "200.0",
        "denominator": "10000.0", "value": "2.0", "unit": "%", "state": "value", "reason": "",
        "usual level": "2.1", "lower limit": "1.0", "upper limit": "3.0", "target": "",
        "signals": "", "phase": "1", "excluded because": "",
    }  # fmt: skip
    assert (rows[2]["value"], rows[2]["state"]) == ("", "missing")


def test_no_cell_can_act_as_a_formula_and_numbers_stay_numbers():
    from dataclasses import replace

    below = replace(VIEW, points=VIEW.points.assign(value=[-1.5, 2.5, float("nan"), 2.2]))
    rows = rows_of(chart_csv(below))
    assert rows[0]["value"] == "-1.5"
    assert rows[1]["excluded because"] == "'=cmd|' /C calc'!A1"
    assert rows[2]["reason"] == "'@never uploaded"


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Scrap rate of line 3", "scrap-rate-of-line-3.png"),
        ("../../etc/passwd\x00", "etc-passwd.png"),
        ("Ausschuß Größe", "ausschuss-grosse.png"),
        ("<script>", "script.png"),
        ("", "chart.png"),
        ("日本", "chart.png"),
        ("LPT1", "chart-lpt1.png"),
        ("x" * 300, "x" * 80 + ".png"),
    ],
)
def test_a_file_name_is_harmless(title, name):
    assert file_name(title, "png") == name


def test_a_chart_that_stands_alone_says_what_it_is_and_rests_on():
    figure = chart_picture(VIEW)
    said = figure.layout.title.text.replace("<br>", " ")
    assert said.startswith(VIEW.headline)
    assert "October 2026" in said
    assert any(
        "Scrap rate, all plants · p chart · data up to 2 November 2026 · ledger position 3"
        in a.text
        for a in figure.layout.annotations
    )
    assert figure.layout.paper_bgcolor == "#ffffff"


def test_without_a_renderer_a_sentence_says_which_and_how_to_get_it(monkeypatch):
    monkeypatch.setattr(export, "renderer", lambda: None)
    told = (
        "PNG and SVG need Google Chrome, Chromium or Microsoft Edge on the machine this runs on. "
        "Install one of them (on Debian or Ubuntu: `apt install chromium`), or name its program "
        "in the environment variable BROWSER_PATH."
    )
    assert export.missing_renderer() == told
    with pytest.raises(NoRendererError) as error:
        picture(chart_picture(VIEW), "png")
    assert str(error.value) == told


def test_a_renderer_that_fails_is_told_in_a_sentence(monkeypatch):
    import kaleido

    def broken(*_, **__):
        raise RuntimeError("chrome crashed")

    monkeypatch.setattr(kaleido, "calc_fig_sync", broken)
    monkeypatch.setattr(export, "missing_renderer", lambda: "")
    with pytest.raises(NoRendererError, match="could not be drawn"):
        picture(chart_picture(VIEW), "svg")


def test_nothing_is_fetched_for_a_picture(monkeypatch):
    import kaleido

    asked = {}
    monkeypatch.setattr(export, "missing_renderer", lambda: "")
    monkeypatch.setattr(kaleido, "calc_fig_sync", lambda fig, **how: asked.update(how) or b"")
    picture(chart_picture(VIEW), "png")
    assert asked["kopts"]["mathjax"] is False
    assert asked["kopts"]["proxy_server"] == "127.0.0.1:9"
    assert (asked["opts"]["format"], asked["opts"]["scale"]) == ("png", 2)


@pytest.mark.long
@needs_renderer
def test_pictures_are_drawn_here():
    figure = chart_picture(VIEW)
    png = picture(figure, "png")
    assert png.startswith(b"\x89PNG")
    assert int.from_bytes(png[16:20], "big") == 2 * export.WIDTH
    svg = picture(figure, "svg").decode()
    assert ET.fromstring(svg).tag.endswith("svg")
    assert "within its usual range" in svg
