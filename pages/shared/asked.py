"""Answers that all sessions share, and who works them out."""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any, Final

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from kpi.analysis import Home
from kpi.qms import people, tokens
from pages.shared import settled
from pages.shared.answering import Apart
from pages.shared.remembering import MEGABYTE, Age, Lane, Memory

ANSWERS: Final = Memory(64 * MEGABYTE)
"""What was answered lately, by what it rests on and the question."""

_LONG: Final[Mapping[str, str]] = {
    "overview": "Looking for changes in every KPI",
    "objective_outlooks": "Forecasting every target",
    "objectives": "Judging every objective",
    "event_verdicts": "Judging what became of every event",
    "similar_to": "Looking for similar records",
    "priorities": "Weighing which process to audit first",
    "evidence": "Gathering evidence for every clause",
    "shown": "Putting the agenda together from data and registers",
    "since_review": "Comparing every frozen figure with today",
    "restatements": "Comparing reported figures before and after each entry",
}
"""Questions of seconds the first time, and what is said meanwhile: they wait for each other, and no
tab or page for them."""

_OF_PEOPLE: Final = (people.PERSON, people.SIGN_OUT, tokens.RECORD_KIND)
"""Records no figure depends on: else everybody would wait anew whenever somebody signs out."""

_OF_EVERYTHING: Final = frozenset({"trail"})
"""Questions about those, too."""

_APART: Final = Apart()

_LONG_LANE: Final = Lane()
_SHORT_LANE: Final = Lane(2)


def remembered(
    here: Home,
    function: Callable[..., Any],
    arguments: tuple[Any, ...],
    named: dict[str, Any],
    *,
    long: bool = True,
) -> Any:
    """What a question is answered with: by memory, else by a process of its own or here.

    ``long``: false where whoever asks knows that a question of seconds is a quick one this time.
    """
    asked = repr((function.__name__, arguments, sorted(named.items())))
    takes_long = long and function.__name__ in _LONG

    def make() -> Any:
        says = _LONG[function.__name__] if takes_long else "Calculating"
        with st.spinner(says, show_time=takes_long) if on_a_page() else nullcontext():
            if takes_long and settled.served():
                return _APART.ask(here, function, *arguments, **named)
            with here.store.moment():
                return function(here, *arguments, **named)

    records = here.store.records
    everything = records.number() if function.__name__ in _OF_EVERYTHING else None
    return ANSWERS.get(
        (repr(here.access), asked, everything),
        Age(str(here.path), here.position, records.number(but=_OF_PEOPLE)),
        make,
        lane=_LONG_LANE if takes_long else _SHORT_LANE,
        wanted=_still_wanted,
    )


def begin() -> None:
    """Let the process that answers start, where the server has one."""
    if settled.served():
        _APART.begin()


def _still_wanted() -> None:
    """Ends a run that waits for its turn where its page was left: any look at the session does."""
    if on_a_page():
        st.session_state.get("still wanted")


def on_a_page() -> bool:
    """Whether a page asks, which can be told to wait; the server asks, too, while it warms up."""
    return get_script_run_ctx(suppress_warning=True) is not None
