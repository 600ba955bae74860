"""The audit trail on its page: state and head, filters, a printed head compared, everything checked."""

import sqlite3
from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from kpi import analysis
from kpi.analysis.trail_head import trail_head
from kpi.qms import Target, put_target
from tests.pages.conftest import HOSTILE, WHEN

ROOT = Path(__file__).parents[2]


@pytest.fixture
def page(filled):
    """The page of a home with three files, and a target set twice for a reason."""
    home = analysis.open_home(filled)
    for value in (3.0, 2.5):
        target = Target("scrap_rate", (("line", HOSTILE),), value, date(2026, 1, 1))
        put_target(home.store, target, who="Anna =1+1", when=WHEN, why="review <b>of</b> January")
    home.store.close()
    app = AppTest.from_file(str(ROOT / "pages" / "navigation.py"), default_timeout=60).run()
    return app.switch_page("trail.py").run()


def shown(app):
    return "".join(element.proto.body for element in app.get("html"))


def click(app, label):
    button = next(b for b in app.button if b.label == label)
    return button.click().run()


def test_the_trail_is_shown_whole(page, filled):
    assert not page.exception
    assert page.success[0].value.startswith("The trail is whole: 6 entries")
    text = shown(page)
    home = analysis.open_home(filled)
    assert trail_head(home.store).short in text
    home.store.close()
    assert "value:</span> 3 → 2.5" in text
    assert "review &lt;b&gt;of&lt;/b&gt; January" in text
    assert "<img" not in text


def test_filters_narrow_the_list(page):
    page.multiselect(key="trail kinds").select("upload").run()
    text = shown(page)
    assert "scrap.csv put in force" in text
    assert "3 → 2.5" not in text
    page.multiselect(key="trail kinds").unselect("upload").run()
    page.multiselect(key="trail who").select("Anna =1+1").run()
    assert "scrap.csv put in force" not in shown(page)
    assert "3 → 2.5" in shown(page)


def test_a_printed_head_and_everything_checked(page, filled):
    home = analysis.open_home(filled)
    head = trail_head(home.store).short
    home.store.close()
    page.text_input[0].set_value(head)
    click(page, "Compare")
    assert "The head is this trail" in shown(page)
    page.text_input[0].set_value(f"9{head}")
    click(page, "Compare")
    assert "copied with a slip" in page.error[0].value
    click(page, "Check everything")
    assert "every link of both chains agrees" in shown(page)
    assert "uploaded files are there with the bytes their hash names" in shown(page)


def test_an_altered_entry_is_told_at_the_top(page, filled):
    with sqlite3.connect(filled / "ledger.db") as database:
        database.execute("DROP TRIGGER ledger_no_update")
        database.execute("UPDATE ledger SET who = 'x' WHERE position = 2")
    database.close()
    page.run()
    assert not page.success
    assert page.error[0].value.startswith("Ledger position 2 does not fit its hash")
