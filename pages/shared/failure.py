"""An error nobody foresaw: a reference number on the page, the traceback in the log only."""

import logging
import secrets
from typing import Final

import streamlit as st

_LOG: Final = logging.getLogger("clause_nine")


def told(error: Exception) -> bool:
    """Log the error under a reference and show that; always ``True``: nothing else is shown."""
    reference = secrets.token_hex(3).upper()
    _LOG.error("Unexpected error %s", reference, exc_info=error)
    st.error(
        f"Something failed here that was not foreseen. Reference {reference}: the server's log "
        "tells what. Your data are as they were; open another page or load this one again.",
        icon=":material/error:",
    )
    return True
