"""A part of a page that was left while it was to run again: what was typed is kept, the new page stays.

Who clicks a link while a field still has the focus sends two things: first the change of the page, and
after it the field's change, which belongs to a part of the page before. Streamlit holds that back until
the new page is drawn, finds no such part, and tells the browser of a run of the page before in which
nothing was drawn: an empty page. What the field itself does with its change is all that is wanted.
"""

from typing import Any, Final

from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

from kpi import logs

RUN: Final = "_run_script"

_RUN: Final = getattr(ScriptRunner, RUN)  # one that names it otherwise must not start unnoticed


def let_go() -> None:
    """Said once by the application, before any page is run."""
    setattr(ScriptRunner, RUN, _unless_left)


def _unless_left(runner: Any, asked: RerunData) -> None:
    parts = asked.fragment_id_queue
    if not parts or any(map(runner._fragment_storage.contains, parts)):
        _RUN(runner, asked)
    elif asked.widget_states is not None:
        try:
            runner._session_state.on_script_will_rerun(asked.widget_states)
        except Exception as wrong:
            logs.unexpected(wrong)
