"""The tab "Did it work?": a verdict on an event or on any day, or words why there is none."""

from datetime import date

import pytest
from test_pages import opened, said

from kpi import analysis
from kpi.qms import Event, put_note
from tests.pages.conftest import HOSTILE, WHEN


def at(page, **address):
    app = opened()
    app.query_params["tab"] = "effect"
    for name, value in address.items():
        app.query_params[name] = value
    return app.switch_page(page).run()


def noted(home, **rest):
    """An event on line L2, whose scrap rose with the sixteenth month, April 2025."""
    event = Event((("line", "L2"),), date(2025, 4, 1), **{"text": "New tool", **rest})
    put_note(analysis.open_home(home).store, event, who="test", when=WHEN)


def box(app, label):
    return next(b for b in app.selectbox if b.label == label)


def test_without_an_event_a_day_is_offered(filled):
    app = at("scrap.py", line="L2")
    assert not app.exception
    assert "Nothing is noted on this chart yet." in said(app)
    assert "Give the day something was done" in said(app)
    assert "Made it worse" not in said(app)
    day = next(d for d in app.date_input if d.label == "Day it was done")
    app = day.set_value(date(2025, 4, 1)).run()
    assert not app.exception
    assert "Made it worse: scrap rate of line L2 rose from" in said(app)
    assert "December 2025, nine months" in said(app)


def test_an_event_is_judged_at_once(filled):
    noted(filled, washout=35)
    app = at("scrap.py", line="L2")
    assert not app.exception
    assert box(app, "What was done").value
    assert "Made it worse: scrap rate of line L2 rose from" in said(app)
    assert "35 days to settle" in said(app)
    assert next(e for e in app.expander if e.label == "How it was computed")


def test_another_day_is_part_of_the_address(filled):
    noted(filled)
    app = at("scrap.py", line="L2")
    app = box(app, "What was done").select("date").run()
    assert app.query_params["event"] == ["date"] or app.query_params["event"] == "date"
    assert not app.exception
    again = at("scrap.py", line="L2", event="date")
    assert box(again, "What was done").value == "date"


def test_hostile_words_stay_words(filled):
    noted(filled, text=HOSTILE)
    app = at("scrap.py", line="L2")
    assert not app.exception
    assert "<img src=x" not in said(app)


@pytest.mark.parametrize("page", ["downtime.py", "delivery.py", "partners.py"])
def test_it_opens_on_every_kpi_page(filled, page):
    app = at(page)
    assert not app.exception
    assert not app.error
