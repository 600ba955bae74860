"""Sentences on the page: errors, empty states, notes. Text that may quote a file is escaped."""

from collections.abc import Iterable, Sequence

import streamlit as st

from kpi.figures.escape import html, markdown
from pages.shared import named
from pages.shared.language import spoken


def show_error(error: Exception) -> None:
    """What is wrong and what to do next, in the reader's language where it can be."""
    told = error.args[0] if error.args and isinstance(error.args[0], str) else str(error)
    st.error(markdown(spoken(told), longest=2000), icon=":material/error:")


def say(text: str, *, style: str = "") -> None:
    """A sentence as plain text; the records it names are links."""
    st.html(f'<p class="cn-say {style}">{named.records_in(text)}</p>')


def small(text: str) -> None:
    """A remark in small print; nothing where there is none."""
    if text:
        say(text, style="cn-small")


def notes(lines: Iterable[str], *, title: str = "What this rests on") -> None:
    """Assumptions and site choices in force, folded away."""
    listed = list(lines)
    if listed:
        with st.expander(title):
            st.html(
                "".join(f'<p class="cn-small">{html(line, longest=2000)}</p>' for line in listed)
            )


def bullets(lines: Iterable[str], *, about: Sequence[str] = ()) -> None:
    """Sentences as a list; the records they name, or are ``about`` by their title, are links."""
    told = "".join(f"<li>{named.records_in(line, about=about)}</li>" for line in lines)
    st.html(f"<ul>{told}</ul>")


def empty(what: str, step: str, page: str) -> None:
    """What will stand here, and the way to it."""
    with st.container(border=True, key=f"empty {page}"):
        say(what)
        st.page_link(page, label=step, icon=":material/arrow_forward:")
