"""What the first visitor would wait for is there before they come, and never breaks the start."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from kpi import analysis
from kpi.access import EVERY_PLANT, Access, Role
from kpi.analysis import attention
from kpi.qms.people import Person, put_person
from pages.shared import asked, first, settled, warming

WHEN = datetime(2026, 11, 2, 8, tzinfo=UTC)
NAVIGATION = Path(__file__).parents[2] / "pages" / "navigation.py"


@pytest.mark.long
def test_the_first_overview_is_answered_before_anybody_asks(filled, monkeypatch):
    asked.ANSWERS.clear()
    warming.begin(signing_in=False).join()

    def asked_anew(*_):
        raise AssertionError("the overview was asked for again")

    monkeypatch.setattr(attention, "attention", asked_anew)
    app = AppTest.from_file(str(NAVIGATION), default_timeout=60)
    app.session_state["left the sample"] = True
    app.run()
    assert not app.exception
    assert not app.error
    assert app.title[0].value == "Overview"


@pytest.mark.parametrize("signing_in", [False, True], ids=["alone", "with sign-in"])
def test_an_empty_home_is_no_reason_to_fail(empty, signing_in, caplog):
    warming.begin(signing_in=signing_in).join()
    assert "Not warmed up" not in caplog.text
    assert not (empty.parent / "sample").exists(), "the sample is loaded when somebody looks at it"


def test_a_home_that_cannot_be_opened_is_left_to_the_pages(empty, caplog):
    caplog.set_level("INFO", logger="clause_nine.warming")
    empty.write_text("not a folder")
    warming.begin(signing_in=False).join()
    assert "Not warmed up: StoreError" in caplog.text


def test_nothing_is_settled_before_the_server_is_warm(monkeypatch):
    frozen = []
    monkeypatch.setattr(settled, "_freeze", lambda: frozen.append(1))
    monkeypatch.setattr(settled._Server, "runs", True)
    settled.wait_for_warmth()
    settled.settle()
    assert frozen == []
    settled.warm()
    settled.settle()
    assert frozen == [1, 1]


def test_what_most_people_see_is_warmed_up_first(filled):
    home = analysis.open_home(filled)
    administrator, viewer = (
        Access.of({EVERY_PLANT: Role.ADMINISTRATOR}),
        Access.of({"P": Role.VIEWER}),
    )
    everybody = [administrator, viewer, viewer, *(Access.of({f"Q{n}": Role.VIEWER}) for n in "12")]
    for number, access in enumerate(everybody):
        one = Person("", f"p{number}@example.com", f"P {number}", access)
        put_person(home.store, one, who="test", when=WHEN, why="a test")
    found = first.accesses(home)
    assert found[0] == viewer
    assert len(found) == first.MOST_ACCESSES


def test_the_allocator_can_be_asked_wherever_it_is(monkeypatch):
    settled.one_heap()
    settled.give_back()
    monkeypatch.setattr("sys.platform", "darwin")
    settled.give_back()
