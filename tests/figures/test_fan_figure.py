"""The fan chart shows what the outlook says, and nothing where nothing is forecast."""

from datetime import date

from made_views import SCRAP, a_series

from kpi.analysis.forecasting import FORECAST, TOO_FEW, Ahead, Outlook
from kpi.figures import LIGHT
from kpi.figures.fan import SHOWN_BEFORE, fan_figure

VALUES = [2.0, 2.2, float("nan"), 2.1, 1.9, 2.3]
AHEAD = (
    Ahead("2024-07", date(2024, 7, 1), 2.1, 1.7, 2.5, 1.9, 2.3),
    Ahead("2024-08", date(2024, 8, 1), 2.2, 1.6, 2.8, 1.9, 2.5),
)


def found(**rest):
    base = {
        "kpi": SCRAP, "slice": (), "slice_words": "", "period": "month", "state": FORECAST,
        "sentence": "", "ahead": AHEAD, "target": 1.5, "due": date(2024, 8, 31),
        "due_label": "2024-08",
    }  # fmt: skip
    return Outlook(**{**base, **rest})


def trace(figure, name):
    return next(t for t in figure.data if t.name == name)


def words(figure):
    return [a.text for a in figure.layout.annotations]


def test_median_and_bands_open_from_the_last_value():
    figure = fan_figure(a_series(VALUES), found(), LIGHT)
    assert list(trace(figure, "expected").y) == [2.3, 2.1, 2.2]
    assert list(trace(figure, "expected").x) == [5, 6, 7]
    assert list(trace(figure, "low to high").y) == [2.3, 2.5, 2.8, 1.6, 1.7, 2.3]
    assert list(trace(figure, "low50 to high50").y) == [2.3, 2.3, 2.5, 1.9, 1.9, 2.3]


def test_a_gap_stays_open():
    figure = fan_figure(a_series(VALUES), found(), LIGHT)
    assert trace(figure, "value").y[2] is None
    assert trace(figure, "value").connectgaps is False


def test_where_the_last_value_is_missing_the_fan_opens_from_the_first_median():
    figure = fan_figure(a_series([*VALUES[:-1], float("nan")]), found(), LIGHT)
    assert trace(figure, "expected").y[0] == 2.1


def test_target_and_due_date_are_named():
    figure = fan_figure(a_series(VALUES), found(), LIGHT)
    assert trace(figure, "target").line.dash == "dash"
    assert trace(figure, "target").line.color == LIGHT.ink
    assert {"target 1.50", "due 31 Aug 2024", "9 in 10 below 2.80", "9 in 10 above 1.60"} <= set(
        words(figure)
    )
    assert figure.layout.shapes[0].x0 == 7


def test_without_target_and_due_date_neither_is_drawn():
    figure = fan_figure(a_series(VALUES), found(target=None, due=None, due_label=""), LIGHT)
    assert "target" not in [t.name for t in figure.data]
    assert not figure.layout.shapes
    assert not [w for w in words(figure) if w.startswith(("due", "target"))]


def test_without_a_forecast_only_the_past_is_drawn():
    figure = fan_figure(a_series(VALUES), found(state=TOO_FEW, ahead=(), target=None), LIGHT)
    assert [t.name for t in figure.data] == ["value"]


def test_only_the_latest_history_is_shown():
    figure = fan_figure(a_series([2.0] * 40), found(ahead=(), target=None), LIGHT)
    assert len(trace(figure, "value").x) == SHOWN_BEFORE


def test_the_hover_tells_the_bands():
    hover = trace(fan_figure(a_series(VALUES), found(), LIGHT), "expected").hovertext[1]
    assert hover.replace("\u00a0", " ") == (
        "<b>July 2024</b><br>expected (median): 2.10 %<br>5 times out of 10: 1.90 to 2.30 %<br>"
        "8 times out of 10: 1.70 to 2.50 %"
    )
