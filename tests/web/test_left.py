"""A part of a page that is gone is not run; its fields' changes still arrive."""

from types import SimpleNamespace

import pytest
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

from web import left


class Stage:
    """What stands around a run: the parts there are, what ran and what changed."""

    def __init__(self, *parts):
        self.ran, self.changed = [], []
        self._fragment_storage = SimpleNamespace(contains=parts.__contains__)
        self._session_state = SimpleNamespace(on_script_will_rerun=self.changed.append)


@pytest.fixture
def run(monkeypatch):
    monkeypatch.setattr(ScriptRunner, left.RUN, getattr(ScriptRunner, left.RUN))  # put back
    monkeypatch.setattr(left, "_RUN", lambda stage, asked: stage.ran.append(asked))
    left.let_go()
    return getattr(ScriptRunner, left.RUN)


@pytest.mark.parametrize("parts", [[], ["here"], ["gone", "here"]])
def test_a_page_and_its_parts_are_run(run, parts):
    stage, asked = Stage("here"), RerunData(fragment_id_queue=parts)
    run(stage, asked)
    assert (stage.ran, stage.changed) == ([asked], [])


def test_what_was_typed_into_a_part_that_is_gone_is_kept(run):
    stage, typed = Stage("here"), object()
    run(stage, RerunData(fragment_id_queue=["gone"], widget_states=typed))
    assert (stage.ran, stage.changed) == ([], [typed])
