"""An error nobody foresaw: a reference number on the page, where it came up in the log only."""

import streamlit as st

from kpi import logs
from kpi.errors import KpiError
from pages.shared.messages import show_error


def told(error: Exception) -> bool:
    """Log the error under a reference and show that; always ``True``: nothing else is shown.

    What is fit to be shown is shown: a button's work may be refused before the page begins.
    """
    if isinstance(error, KpiError):
        show_error(error)
        return True
    reference = logs.unexpected(error, page=True)
    st.error(
        f"Something failed here that was not foreseen. Reference {reference}: the server's log "
        "tells what. Your data are as they were; open another page or load this one again.",
        icon=":material/error:",
    )
    return True
