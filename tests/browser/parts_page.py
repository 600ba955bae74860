"""A page of one part, for a test: who is there stands in a file, as an administrator would change it."""

import os
from pathlib import Path

import streamlit as st

from kpi.access import Access
from kpi.errors import UsageError
from kpi.qms.people import Person
from pages.shared import identity, parts

WHO = Path(os.environ["PARTS_WHO"])


def _person() -> Person:
    role = WHO.read_text(encoding="utf-8").strip()
    return Person("", "a@example.com", "A", Access.of({"*": role} if role else {}))


identity.person = _person
st.session_state["whole"] = st.session_state.get("whole", 0) + 1
st.title("Parts")
st.text(f"page {st.session_state['whole']} for {identity.person().access.highest}")


@parts.part()
def counted(given: str) -> None:
    """Counts how often it ran; ``given`` is what the page's run handed to it."""
    st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    st.button("Again")
    st.button("Fail", on_click=st.session_state.update, args=({"fail": True},))
    st.text(f"part {st.session_state['runs']} of {given}")
    if st.session_state.pop("fail", False):
        raise UsageError("This cannot be asked. Ask something else.")


counted(f"page {st.session_state['whole']}")
