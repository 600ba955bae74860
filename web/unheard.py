"""What a browser could ask over a page's connection and no page of ours asks: it is not heard.

Streamlit does these for whoever has a connection, at the sign-in page as well: empty everybody's
caches (each time a home is opened anew, and a thread stays), run git in the server's own folder.
"""

from typing import Any, Final

from streamlit.runtime.app_session import AppSession

UNHEARD: Final = ("_handle_clear_cache_request", "_handle_git_information_request")
"""What Streamlit calls when it is asked."""


def close() -> None:
    """Hear none of it from now on."""
    for name in UNHEARD:
        getattr(AppSession, name)  # a Streamlit that names it otherwise must not start unnoticed
        setattr(AppSession, name, _unheard)


def _unheard(_session: AppSession, *_asked: Any) -> None:
    """Nothing happens."""
