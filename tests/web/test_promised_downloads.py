"""A download that is made when its button is pressed: for whoever saw the button, while they may."""

import pytest
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.runtime.scriptrunner_utils import script_run_context

from kpi.access import Access, AccessDeniedError
from web.holding import Shown, file_of


class Runtime:
    """As much of Streamlit's runtime as holds files: its own, not a stand-in."""

    def __init__(self):
        self.media_file_mgr = MediaFileManager(MemoryMediaFileStorage("/media"))


class Sessions:
    def owner(self, session):
        return {"session a": "ada", "session b": "bob"}.get(session, "")


class Run:
    session_id = "session a"


@pytest.fixture
def site(monkeypatch):
    """A server where Ada looks at a page with a button, and may come in until it is taken away."""
    may = {"session a": Access.of({"*": "viewer"}), "session b": Access.of({"*": "viewer"})}
    runtime, shown, running = Runtime(), Shown(), [Run]
    monkeypatch.setattr(script_run_context, "get_script_run_ctx", lambda **_: running[0])
    shown.watch(runtime, Sessions(), may.get)
    files = runtime.media_file_mgr
    monkeypatch.setattr("streamlit.runtime.media_file_manager._get_session_id", lambda: "session a")
    made = []
    promised = files.add_deferred(
        lambda: made.append(1) or b"a;b", "text/csv", "1.0", file_name="a.csv"
    )
    running[0] = None  # the page's run is over when the button is pressed
    return shown, files, promised, may, made


def test_it_is_made_for_whoever_saw_the_button_and_for_nobody_else(site):
    shown, files, promised, _, made = site
    url = files.execute_deferred(promised)
    assert made == [1]
    assert shown.may_see(file_of(url), "ada")
    assert not shown.may_see(file_of(url), "bob")


def test_it_is_not_made_once_they_may_not_come_in(site):
    _, files, promised, may, made = site
    del may["session a"]
    with pytest.raises(AccessDeniedError):
        files.execute_deferred(promised)
    assert made == []


def test_it_is_not_made_once_they_may_see_something_else(site):
    """What it gives was chosen by what they might see when its button was drawn."""
    _, files, promised, may, made = site
    may["session a"] = Access.of({"Nordhafen": "viewer"})
    with pytest.raises(AccessDeniedError):
        files.execute_deferred(promised)
    assert made == []


def test_a_promise_nobody_was_given_is_not_kept(site):
    _, files, _, _, _ = site
    with pytest.raises(AccessDeniedError):
        files.execute_deferred("made up")
