"""The language a reader has chosen, and every sentence of a page in it.

Chosen is, in this order: what the reader picked (kept in the address as ``lang``), the setting
``language`` where the plant states one, the language of the browser, English.
"""

from typing import Final

import streamlit as st

from kpi.texts import Said, label, said, said_n
from pages.shared import inputs
from pages.shared.catalogue import LANGUAGES, SOURCE, best_of, speak, value_in

PARAMETER: Final = "lang"


def current() -> str:
    """The code of the language in force."""
    asked = best_of(st.query_params.get(PARAMETER)) or inputs.kept_language()
    return asked or _stated() or best_of(st.context.locale) or SOURCE


def _stated() -> str | None:
    """The language of the settings, where somebody set it."""
    settings = inputs.own_home().settings
    return best_of(settings.language) if "language" in dict(settings.origins) else None


def tr(text: str, /, **values: object) -> str:
    """A sentence of ours in the reader's language: a template with its values, or one made before.

    >>> tr("{rows} rows", rows=2980)
    '2,980 rows'
    """
    if isinstance(text, Said):
        return speak(text, current())
    return speak(said(text, **values) if values else label(text), current())


def tr_n(singular: str, plural: str, n: int, **values: object) -> str:
    """A sentence about ``n`` things in the reader's language."""
    return speak(said_n(singular, plural, n=n, **values), current())


def spoken(text: str) -> str:
    """What a result says, in the reader's language; words of a file stay as they are."""
    return speak(text, current())


def written(value: object) -> str:
    """A number or date as the reader's language writes it."""
    return value_in(value, current())


def choice() -> None:
    """The selector in the sidebar; what is picked stays with the session and in the address."""
    key = "_choice language"
    st.session_state[key] = current()

    def keep() -> None:
        picked: str = st.session_state[key]
        inputs.keep_language(picked)
        st.query_params[PARAMETER] = picked

    with st.sidebar:
        codes: list[str] = [*LANGUAGES]
        st.selectbox(
            tr("Language"), codes, key=key, on_change=keep, format_func=LANGUAGES.__getitem__
        )
