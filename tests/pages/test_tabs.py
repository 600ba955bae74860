"""The tabs of a KPI page: a link opens the answer it names, and what was open stays open."""

import pytest
from streamlit.testing.v1 import AppTest
from test_pages import opened


def open_tab(app):
    return next(tab.label for tab in app.tabs if tab.children)


def at(app, page, **address):
    app.query_params.clear()
    for name, value in address.items():
        app.query_params[name] = value
    return app.switch_page(page).run()


def test_a_link_opens_the_answer_and_one_that_names_none_the_chart(filled):
    app = at(opened(), "scrap.py", kpi="scrap_rate", tab="effect")
    assert (open_tab(app), app.query_params["tab"]) == ("Did it work?", "effect")
    app = at(app, "scrap.py", kpi="scrap_rate")
    assert open_tab(app) == "Chart"
    assert "tab" not in app.query_params


def test_a_tab_is_kept_while_another_page_is_looked_at(filled):
    app = at(opened(), "scrap.py", kpi="scrap_rate", tab="why")
    app = app.switch_page("ledger.py").run()
    app.query_params.clear()
    app = app.switch_page("scrap.py").run()
    assert (open_tab(app), app.query_params["tab"]) == ("Why it changed", "why")


def test_a_tab_this_page_does_not_have_leads_to_the_chart(filled):
    app = at(opened(), "scrap.py", kpi="scrap_rate", tab="losses")
    assert not app.exception
    assert open_tab(app) == "Chart"


@pytest.mark.long
def test_a_page_that_a_link_led_away_from_is_found_as_it_was_left(filled):
    app = opened().run()
    app.query_params["line"] = "L2"
    app.switch_page("scrap.py").run()
    assert next(m for m in app.multiselect if m.label == "Line").value == ["L2"]
    app.query_params.clear()
    app.switch_page("overview.py").run()
    assert next(m for m in app.multiselect if m.label == "Line").value == []


def test_what_was_chosen_by_hand_stays_on_the_next_page(filled):
    app = opened().run()
    next(m for m in app.multiselect if m.label == "Line").set_value(["L2"]).run()
    app.query_params.clear()
    app.switch_page("scrap.py").run()
    assert next(m for m in app.multiselect if m.label == "Line").value == ["L2"]


def test_a_choice_that_leaves_nothing_can_be_cleared_where_it_shows(filled):
    app = at(opened(), "scrap.py", **{"from": "2040-01-01"})
    assert not any("Upload" in str(link.proto) for link in app.get("page_link"))
    next(b for b in app.button if b.label == "Clear what is chosen").click().run()
    assert not app.exception
    assert app.tabs[0].label == "Chart"


def test_the_open_tab_stays_open_when_another_comes_beside_it():
    app = AppTest.from_function(_more_and_more_tabs).run()
    app.button[0].click().run()
    assert not app.exception
    assert [tab.label for tab in app.tabs] == ["Agenda", "Close", "Then and today"]
    assert open_tab(app) == "Close"


def _more_and_more_tabs():
    import streamlit as st

    from pages.shared import inputs

    inputs.read_address("review.py")
    titles = {"agenda": "Agenda", "close": "Close"}
    inputs.settle("tabs review", "close")
    if st.session_state.get("held"):
        titles["restated"] = "Then and today"
    for tab in inputs.tabs("review", titles).values():
        if tab.open:
            tab.write("open")
    st.button("Hold", on_click=lambda: st.session_state.update(held=True))
