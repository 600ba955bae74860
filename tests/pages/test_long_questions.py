"""Questions of seconds: answered apart from the server, under words that say what is being done."""

import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from test_pages import opened, said

from kpi import analysis
from kpi.access import Access, Role
from kpi.analysis import evidence, reviewing
from kpi.analysis.inputs_asked import year_up_to
from kpi.errors import UnknownNameError
from pages.shared import asked
from tests.analysis.made_reviews import drafted, held, make

TODAY = date(2026, 9, 20)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A home with a held review and a draft."""
    folder = tmp_path_factory.mktemp("long")
    home = make(folder)
    held(home, drafted(home))
    drafted(home)
    home.store.close()
    return folder / "home"


@pytest.fixture
def at(made, tmp_path, monkeypatch):
    """Opens a page of a server; what it says while it waits, and the process that answers."""
    shutil.copytree(made, tmp_path / "home")
    monkeypatch.setenv("KPI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KPI_SAMPLE_HOME", str(tmp_path / "sample"))
    monkeypatch.setattr(asked.settled, "served", lambda: True)
    waited = []
    spinner = asked.st.spinner
    monkeypatch.setattr(
        asked.st, "spinner", lambda text, **more: waited.append(text) or spinner(text, **more)
    )

    def open_at(page, **address):
        app = opened().run().switch_page(page)
        for name, value in address.items():
            app.query_params[name] = value
        waited.clear()
        app.run()
        assert not app.exception
        return app, list(waited)

    yield open_at
    asked._APART.close()


@pytest.mark.long
def test_the_agenda_of_a_draft_is_put_together_apart_and_says_so(at):
    app, waited = at("review.py", record="REV-2026-002")
    assert waited.count("Putting the agenda together from data and registers") == 1
    assert asked._APART.pid is not None
    assert "Scrap" in said(app)
    _, again = at("review.py", record="REV-2026-002")
    assert not [text for text in again if "agenda" in text], "it is remembered"


@pytest.mark.long
def test_the_agenda_of_a_held_review_waits_for_nobody(at):
    app, waited = at("review.py", record="REV-2026-001")
    assert not [text for text in waited if "agenda" in text], "it is read as it was kept"
    assert "frozen on" in " ".join(c.value for c in app.caption) + said(app)


@pytest.mark.long
def test_evidence_is_gathered_apart_and_says_so(at):
    _, waited = at("evidence.py")
    assert waited.count("Gathering evidence for every clause") == 1
    assert asked._APART.pid is not None


@pytest.mark.long
def test_apart_nobody_is_told_more_than_here(made):
    home = analysis.open_home(made)
    try:
        one = home.seen_by(Access.of({"Nord": Role.QUALITY_MANAGER}))
        with pytest.raises(UnknownNameError):
            asked._APART.ask(one, reviewing.shown, "REV-2026-002", TODAY)
        of_nord = year_up_to(one, (), TODAY)
        there = asked._APART.ask(one, evidence.evidence, of_nord, TODAY)
        assert there == evidence.evidence(one, of_nord, TODAY)
        assert "Sued" not in repr(there)
    finally:
        asked._APART.close()
        home.store.close()


def test_every_long_question_is_one_that_pages_ask():
    pages = Path(asked.__file__).parent
    text = "\n".join(p.read_text("utf-8") for p in pages.glob("*.py") if p.name != "asked.py")
    for name in asked._LONG:
        assert re.search(rf'"{name}"|\b_?{name}\b', text), f"no page asks for {name}"
