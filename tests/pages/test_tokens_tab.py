"""An administrator makes a token, sees it once, and revokes it."""

from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from kpi import analysis
from kpi.access import EVERY_PLANT, NOBODY, Access, Role
from kpi.qms.tokens import access_of_token, tokens

HOSTILE = "**x** ![](http://evil.example/p.png) <b>y</b>"


def shown():
    from pages.shared import tokens

    tokens.show()


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("KPI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KPI_SAMPLE", "off")
    made = analysis.open_home(tmp_path / "home")
    yield made
    made.store.close()


def make(app, name, plants):
    app.text_input[0].input(name)
    app.multiselect[0].set_value(plants)
    return next(b for b in app.button if b.label == "Make the token").click().run()


def test_a_token_is_made_shown_once_and_revoked(home):
    now = datetime.now(tz=UTC)
    app = make(AppTest.from_function(shown).run(), HOSTILE, ["Every plant"])
    assert not app.exception
    token = app.code[0].value
    assert access_of_token(home.store, token, now) == Access.of({EVERY_PLANT: Role.VIEWER})
    assert "![](http" not in app.success[0].value

    app.run()
    assert len(app.code) == 0
    assert token not in str(app.main)

    app.text_input[1].input("laptop stolen")
    next(b for b in app.button if b.label == "Revoke").click().run()
    assert not app.exception
    assert access_of_token(home.store, token, now) == NOBODY
    assert tokens(home.store)[0].why_revoked == "laptop stolen"
    assert "opens nothing from now on" in app.success[0].value


def test_what_stands_against_it_is_told_where_it_was_asked(home):
    app = make(AppTest.from_function(shown).run(), "Power BI", [])
    assert [e.value for e in app.error] == [r"Name the plants the token is for\, or every plant\."]
    assert tokens(home.store) == ()
