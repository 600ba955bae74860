"""The form, the list and the page of a record, tried on the registers: what is typed is never lost."""

from datetime import UTC, datetime

import pytest
from test_pages import opened, said

from kpi import analysis
from kpi.analysis import registering
from kpi.qms.context import ISSUE, Issue, Standing
from kpi.qms.measurement import Frequency
from kpi.qms.processes import Importance, Interval

WHEN = datetime(2026, 11, 2, 8, tzinfo=UTC)
FORM = "Record the issue"


@pytest.fixture
def app(empty):
    return opened().switch_page("registers.py").run()


def home_of(path):
    return analysis.open_home(path)


def field(app, label, kind="text_input", nth=0):
    return [f for f in getattr(app, kind) if f.label == label][nth]


def press(app, label):
    next(b for b in app.button if b.label == label and not b.disabled).click().run()
    assert not app.exception
    return app


def made(path, title="Energy prices", **values):
    values = {"effect": "Costs", "since": WHEN.date(), "owner": "A. Kern", **values}
    return registering.record(
        home_of(path), ISSUE, Issue(title=title, **values), who="A. Kern", when=WHEN
    )


def changed(path, entry, **values):
    from dataclasses import replace

    return registering.record(
        home_of(path), ISSUE, replace(entry.item, **values), id=entry.id, version=entry.version,
        who="B. Muster", when=WHEN, why="Seen anew",
    )  # fmt: skip


def page_of(app, id):
    app.query_params["record"] = id
    return app.switch_page("registers.py").run()


def fill(app):
    field(app, "Issue *").set_value("New <b>customs</b> law").run()
    field(app, "Effect on the quality system *", "text_area").set_value("More papers").run()
    field(app, "Changed on *", "date_input").set_value(WHEN.date()).run()
    return app


def test_a_record_is_made_opened_and_told(app, empty):
    press(fill(app), FORM)
    (entry,) = registering.listed(home_of(empty), ISSUE)
    assert (entry.item.title, entry.item.effect) == ("New <b>customs</b> law", "More papers")
    assert plain(app.success) == [f"{entry.id} is recorded."]
    assert app.query_params["record"] == entry.id
    assert "New &lt;b&gt;customs&lt;/b&gt; law" in said(app)
    assert "<b>customs" not in said(app)


def test_what_was_typed_survives_leaving_the_page_and_loading_it_again(app):
    fill(app)
    app.switch_page("definitions.py").run()
    app.switch_page("registers.py").run()
    assert field(app, "Issue *").value == "New <b>customs</b> law"
    assert field(app, "Effect on the quality system *", "text_area").value == "More papers"
    again = opened().switch_page("registers.py").run()
    assert field(again, "Issue *").value == "New <b>customs</b> law"
    assert field(again, "Changed on *", "date_input").value == WHEN.date()


def test_a_refusal_says_what_is_missing_and_keeps_what_was_typed(app, empty):
    field(app, "Issue *").set_value("Energy prices").run()
    press(app, FORM)
    assert plain(app.error) == [
        "Effect on the quality system is empty. Without it nothing is recorded."
    ]
    assert field(app, "Issue *").value == "Energy prices"
    assert registering.listed(home_of(empty), ISSUE) == ()


def test_what_was_typed_is_thrown_away_only_when_asked(app):
    fill(app)
    press(app, "Empty the form")
    assert field(app, "Issue *").value == ""


def test_a_change_needs_its_reason_and_stands_in_the_history(empty):
    entry = made(empty)
    app = page_of(opened(), entry.id)
    field(app, "Status", "selectbox").select(Standing.ENDED).run()
    press(app, "Record the change")
    assert "why it changes" in plain(app.error)[0]
    field(app, "Why it changes *").set_value("Contract signed").run()
    press(app, "Record the change")
    found = registering.found(home_of(empty), ISSUE, entry.id)
    assert (found.version, found.item.status, found.why) == (2, Standing.ENDED, "Contract signed")
    assert "Status: in force → ended" in said(app)


def test_another_persons_change_is_told_and_neither_is_lost(empty):
    entry = made(empty)
    app = page_of(opened(), entry.id)
    field(app, "Effect on the quality system *", "text_area").set_value("Mine").run()
    changed(empty, entry, owner="C. Neu")
    press(app, "Record the change")
    assert plain(app.warning) == [
        f"{entry.id} was changed meanwhile by B. Muster: Owner is now C. Neu. Yours was not stored "
        "and stands in the form still; look, and record it again."
    ]
    assert field(app, "Owner", "selectbox").value == "C. Neu", "theirs is shown"
    assert field(app, "Effect on the quality system *", "text_area").value == "Mine"
    field(app, "Why it changes *").set_value("Mine as well").run()
    press(app, "Record the change")
    found = registering.found(home_of(empty), ISSUE, entry.id)
    assert (found.version, found.item.owner, found.item.effect) == (3, "C. Neu", "Mine")


def test_a_form_nobody_typed_into_shows_what_another_changed(empty):
    entry = made(empty)
    app = page_of(opened(), entry.id)
    changed(empty, entry, owner="C. Neu")
    app.run()
    assert field(app, "Owner", "selectbox").value == "C. Neu"
    assert not app.warning


def test_an_id_that_is_not_there_is_told(empty):
    made(empty)
    app = page_of(opened(), "ISS-2026-999")
    assert not app.exception
    assert "ISS-2026-999" in plain(app.error)[0]


def test_a_long_list_is_narrowed_by_status_owner_and_due(empty):
    for number in range(6):
        made(
            empty, f"Issue {number}", owner="A. Kern" if number % 2 else "B. Muster",
            review=WHEN.date(), status=Standing.ENDED if number == 5 else Standing.IN_FORCE,
        )  # fmt: skip
    app = opened().switch_page("registers.py").run()
    assert "Issue 4" in links(app)
    narrow(app, "Owner", "A. Kern")
    assert "Issue 4" not in links(app)
    assert "Issue 3" in links(app)
    narrow(app, "Status", "ended")
    assert [name for name in ("Issue 1", "Issue 3", "Issue 5") if name in links(app)] == ["Issue 5"]


def narrow(app, label, value):
    """Choose in a list's own filter, and in no form's field of that name."""
    next(f for f in app.selectbox if f.label == label and "All" in f.options).select(value).run()


def plain(elements):
    """What they say, as it reads: it is escaped, for it quotes what people wrote."""
    return [element.value.replace("\\", "") for element in elements]


def links(app):
    return " ".join(str(e.proto) for e in app.get("page_link"))


def test_a_new_record_begins_as_its_kind_says_and_not_as_the_first_of_each_list(empty):
    app = opened()
    app.query_params["tab"] = "next"
    app.switch_page("audits.py").run()
    assert field(app, "Importance", "selectbox").value == Importance.USUAL
    assert field(app, "Audited", "selectbox").value == Interval.YEAR
    app = opened().switch_page("plan.py").run()
    assert {field(app, label, "selectbox").value for label in ("Uploaded", "Analysed")} == {
        Frequency.MONTHLY
    }
