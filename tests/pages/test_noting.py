"""Noting on a chart through the page: accept a step, exclude, record, take back, and refusals."""

import pytest
from test_pages import opened, said

from kpi import analysis
from kpi.analysis.results import Filters
from kpi.analysis.series import series_view

LINE = Filters(where=(("line", "L2"),))


@pytest.fixture
def app(filled):
    page = opened()
    page.query_params["line"] = "L2"
    return page.switch_page("scrap.py").run()


def view_of(home):
    return series_view(analysis.open_home(home), "scrap_rate", LINE)[0]


def field(app, label, kind="text_input", nth=0):
    return [f for f in getattr(app, kind) if f.label == label][nth]


def press(app, label, nth=0):
    return [b for b in app.button if b.label == label][nth].click().run()


def told(app):
    """What was recorded, as it reads: it is escaped, for it quotes what people wrote."""
    return [element.value.replace("\\", "") for element in app.success]


def test_the_suggested_step_is_accepted_and_taken_back(app, filled):
    before = view_of(filled)
    assert before.suggestion.says in said(app)
    assert view_of(filled).notes_on_chart.phases == (), "nothing is rebased by itself"
    field(app, "Cause").set_value("New tool <b>2</b>")
    field(app, "Name").set_value("B. Muster")
    press(app, "Accept: limits start anew")
    assert not app.exception
    assert told(app)[0].startswith("A new phase begins in ")
    after = view_of(filled)
    (phase,) = after.notes_on_chart.phases
    assert (phase.cause, phase.who) == ("New tool <b>2</b>", "B. Muster")
    assert phase.start == before.suggestion.start
    assert "In the new phase since" in said(app)
    assert "New tool &lt;b&gt;2&lt;/b&gt;" in said(app)
    assert "<b>2</b>" not in said(app)
    assert not [b for b in app.button if b.label == "Accept: limits start anew" and "step" in b.key]

    field(app, "Why is it taken back?").set_value("It was the material")
    press(app, "Take it back")
    assert told(app) == [f"Taken back: {_phase_words(phase, before)}"]
    assert view_of(filled).points.equals(before.points)
    assert r"\<b\>2" in app.success[0].value
    assert "It was the material" in said(app)


def _phase_words(phase, before):
    from kpi.analysis.words import period_words

    return f"New phase since {period_words(before.suggestion.period)}: {phase.cause}"


def test_a_form_without_a_cause_is_refused_in_words_and_keeps_what_was_typed(app, filled):
    field(app, "Action or reference, if there is one").set_value("A-17")
    press(app, "Accept: limits start anew")
    assert "Say in a few words what changed" in app.error[0].value
    assert field(app, "Action or reference, if there is one").value == "A-17"
    assert "Where it comes from" in [tab.label for tab in app.tabs], "the page goes on below"
    app.switch_page("ledger.py").run()
    app.switch_page("scrap.py").run()
    assert field(app, "Action or reference, if there is one").value == "A-17"
    assert view_of(filled).notes_on_chart.phases == ()


def test_an_event_is_noted_for_the_slice_and_its_form_is_empty_again(app, filled):
    field(app, "What happened").set_value("Supplier changed")
    field(app, "Change hoped for, in %", "number_input").set_value(-25)
    field(app, "Days until its effect has settled", "number_input").set_value(14)
    press(app, "Note this event")
    assert not app.exception
    assert told(app)[0].endswith("on every chart of line L2.")
    (event,) = view_of(filled).notes_on_chart.events
    assert (event.text, event.hoped, event.washout, event.kpi) == (
        "Supplier changed",
        -0.25,
        14,
        "",
    )
    assert ("line", "L2") in event.slice
    assert field(app, "What happened").value == ""
    assert "Supplier changed" in said(app)


def test_without_a_slice_an_event_stands_on_its_own_chart_unless_somebody_wants_more(filled):
    app = opened()
    app.switch_page("scrap.py").run()
    assert next(box for box in app.checkbox if box.label.startswith("Only for")).value is True


def test_a_point_is_excluded_with_its_reason(app, filled):
    choice = next(c for c in app.segmented_control if c.label == "What to add")
    choice.select("point").run()
    period = view_of(filled).points["period"].iloc[3]
    field(app, "Point", "selectbox").set_value(period)
    field(app, "Reason").set_value("Stocktake")
    press(app, "Exclude this point")
    assert not app.exception
    excluded = view_of(filled).points.set_index("period")["excluded"]
    assert dict(excluded[excluded != ""]) == {period: "Stocktake"}


def test_looking_back_nothing_can_be_noted(filled):
    app = opened()
    app.query_params["line"] = "L2"
    app.query_params["ledger"] = "3"
    app.switch_page("scrap.py").run()
    assert not app.exception
    assert "The facts are shown as an earlier ledger entry had them." in said(app)
    assert not [b for b in app.button if b.label.startswith(("Accept", "Note this", "Exclude"))]


def test_the_chart_can_be_taken_along(app):
    labels = [b.label for b in app.download_button]
    assert "Data (CSV)" in labels
    assert {"Picture (PNG)", "Drawing (SVG)"} <= set(labels) or "PNG and SVG need" in said(app)


def test_without_a_renderer_the_page_says_what_to_install(filled, monkeypatch):
    from kpi.figures import export

    monkeypatch.setattr(export, "renderer", lambda: None)
    app = opened().switch_page("scrap.py").run()
    assert "PNG and SVG need Google Chrome, Chromium or Microsoft Edge" in said(app)
    assert "Data (CSV)" in [b.label for b in app.download_button]
    assert "Picture (PNG)" not in [b.label for b in app.download_button]


def test_two_people_accept_the_same_step_and_nothing_is_lost_in_silence(app, filled):
    other = opened()
    other.query_params["line"] = "L2"
    other.switch_page("scrap.py").run()
    for page, cause in ((app, "New tool"), (other, "New material *x*")):
        field(page, "Cause").set_value(cause)
        press(page, "Accept: limits start anew")
        assert not page.exception
    assert [n.cause for n in view_of(filled).notes_on_chart.phases] == ["New tool"]
    (warning,) = other.warning
    assert "this was not recorded: New material \\*x\\*" in warning.value
    assert "New tool" in said(other)
    assert not other.run().warning, "it is told once"
