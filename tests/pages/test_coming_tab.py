"""The tab "What comes next": with a target and a due date, without, and with too few data."""

from datetime import date

import pytest
from test_pages import opened, said

from kpi import analysis
from kpi.qms import Target, put_target
from tests.pages.conftest import WHEN


def at(page, **address):
    app = opened()
    app.query_params["tab"] = "next"
    for name, value in address.items():
        app.query_params[name] = value
    return app.switch_page(page).run()


def test_without_a_target_it_says_what_to_expect(filled):
    app = at("scrap.py", line="L1")
    assert not app.exception
    assert "Scrap rate of line L1: expect about" in said(app)
    assert "No target is set here." in said(app)


@pytest.mark.long
def test_a_due_date_is_answered(filled):
    target = Target("scrap_rate", (), 2.5, date(2024, 1, 1), due=date(2026, 3, 31))
    put_target(analysis.open_home(filled).store, target, who="q", when=WHEN, why="aim")
    app = at("scrap.py")
    assert not app.exception
    assert "the target of 2.50\u00a0% in March 2026: the chance of meeting it is" in said(app)
    assert "For the twelve months up to March 2026 to reach" in said(app)
    assert "forecasts four months ahead were off by" in said(app)  # December is still open


def test_too_few_data_are_told_not_thrown(filled):
    app = at("scrap.py", period="quarter")
    assert not app.exception
    assert "Too few data for a forecast: 8 quarters; 12 are needed." in said(app)
