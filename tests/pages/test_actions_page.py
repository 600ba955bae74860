"""Nonconformities and actions on their page: begun from a chart, taken further, decided, closed."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from test_pages import opened, said

from kpi import analysis
from kpi.analysis import acting, nonconforming, registering
from kpi.analysis.results import Filters
from kpi.qms.actions import ACTION, ActionStatus
from kpi.qms.nonconformities import NONCONFORMITY

WHEN = datetime(2026, 11, 2, 8, tzinfo=UTC)
BY = {"who": "test", "when": WHEN}
LINE = Filters(where=(("line", "L2"),))
HOSTILE = "<b>tool</b> [x](javascript:alert(1))"


def page(**asked):
    app = opened()
    for name, value in asked.items():
        app.query_params[name] = value
    app.switch_page("actions.py").run()
    assert not app.exception
    return app


def field(app, label, kind="text_input", nth=0):
    return [f for f in getattr(app, kind) if f.label == label][nth]


def press(app, label, nth=0):
    app = [b for b in app.button if b.label == label][nth].click().run()
    assert not app.exception
    return app


def labels(app):
    return [str(element.label) for element in app.get("page_link")]


def case(home, seen=LINE):
    opened_home = analysis.open_home(home)
    draft = nonconforming.draft_from_signal(
        opened_home, "scrap_rate", seen, today=date(2026, 11, 2), owner="Ben"
    )
    return nonconforming.record(opened_home, draft, **BY)


def action(home, entry):
    opened_home = analysis.open_home(home)
    draft = acting.draft_action(opened_home, entry.id, today=date(2026, 11, 2), owner="Ben")
    return acting.record(opened_home, replace(draft, title=HOSTILE), **BY)


@pytest.mark.long
def test_the_empty_page_says_what_will_stand_there(filled):
    app = page()
    told = said(app)
    assert "Nothing is overdue, and nothing waits to be checked." in told
    assert "which then carries its evidence" in told


@pytest.mark.long
def test_a_chart_begins_a_nonconformity_and_nothing_is_recorded_before_it_is_pressed(filled):
    app = page(record="new nonconformity", kpi="scrap_rate", line="L2")
    home = analysis.open_home(filled)
    assert registering.listed(home, NONCONFORMITY) == ()
    assert "Nothing is recorded before you press the button." in said(app)
    assert field(app, "Title *").value.startswith("Scrap rate of line L2")
    field(app, "Title *").set_value(HOSTILE).run()
    press(app, "Record the nonconformity")
    (entry,) = registering.listed(home, NONCONFORMITY)
    assert entry.item.title == HOSTILE
    assert entry.item.evidence.slice == (("line", "L2"), ("plant", "Nordhafen"))
    assert entry.item.evidence.position == home.position
    assert any(f"{entry.id} is recorded" in told.value.replace("\\", "") for told in app.success)
    assert "<b>tool</b>" not in said(app)


@pytest.mark.long
def test_a_card_and_a_chart_lead_to_it(filled):
    app = opened().run()
    assert "Start an action" in labels(app)
    entry = case(filled, Filters(where=(("plant", "Nordhafen"),)))
    app = opened().run()
    assert any(
        text.startswith("Answered: ") and entry.id in text.replace("\\", "") for text in labels(app)
    )
    app.query_params["line"] = "L2"
    app.switch_page("scrap.py").run()
    assert "Record a nonconformity" in labels(app)
    assert [s.label for s in app.selectbox].count("A nonconformity about") == 1


@pytest.mark.long
def test_a_record_shows_its_evidence_its_steps_and_what_is_missing(filled):
    entry = case(filled)
    app = page(record=entry.id)
    told = said(app)
    for words in (
        "What happened", "As it was seen", "Correction and containment", "Similar cases", "Closing",
        "the cause, with where it lies", "Today&#x27;s figures are the ones that were seen.",
    ):  # fmt: skip
        assert words in told.replace("&#39;", "&#x27;").replace("Today's", "Today&#x27;s"), words


@pytest.mark.long
def test_an_action_is_done_and_decided_on_its_page(filled):
    entry = action(filled, case(filled))
    app = page(record=entry.id)
    assert "&lt;b&gt;tool&lt;/b&gt;" in said(app)
    field(app, "Done on *", "date_input").set_value(date(2026, 1, 15))
    press(app, "It is done")
    home = analysis.open_home(filled)
    now = registering.found(home, ACTION, entry.id)
    assert (now.item.status, now.item.done_on) == (ActionStatus.DONE, date(2026, 1, 15))

    app = page(record=entry.id)
    assert "Did it work?" in said(app)
    field(app, "Did it work?", "radio").set_value(
        next(o for o in field(app, "Did it work?", "radio").options if o == "Worked")
    )
    press(app, "Decide")
    assert any("The data say" in error.value for error in app.error)
    field(app, "Reason").set_value("Seen on the line")
    press(app, "Decide")
    decided = registering.found(home, ACTION, entry.id).item
    assert (decided.status, decided.decision_reason) == (ActionStatus.CHECKED, "Seen on the line")


@pytest.mark.long
def test_it_cannot_be_closed_on_its_page_while_something_is_missing(filled):
    entry = case(filled)
    app = page(record=entry.id)
    field(app, "Conclusion at closing", "text_area").set_value("Done").run()
    press(app, "Close the nonconformity")
    assert any("It cannot be closed yet" in error.value for error in app.error), app.error
    assert field(app, "Conclusion at closing", "text_area").value == "Done"
    home = analysis.open_home(filled)
    assert registering.found(home, NONCONFORMITY, entry.id).item.closed_on is None
    field(app, "Closed although something is missing, because", "text_area").set_value("Sold").run()
    press(app, "Close the nonconformity")
    assert registering.found(home, NONCONFORMITY, entry.id).item.status == "closed"


NOTHING = [
    ({"record": "NC-2026-404"}, "There is no nonconformity"),
    ({"record": "new nonconformity", "kpi": "no_such"}, "There is no KPI"),
    ({"record": "new nonconformity", "source": "FND-2026-404"}, "There is no finding"),
    ({"record": "new action"}, "does not say which record the action answers"),
    (
        {"record": "new nonconformity", "kpi": "scrap_rate", "until": "2031-01"},
        "is no period of this chart",
    ),
]


@pytest.mark.long
def test_an_address_of_nothing_is_told_in_a_sentence(filled):
    for asked, says in NOTHING:
        app = page(**asked)
        assert any(says in error.value.replace("\\", "") for error in app.error), asked
