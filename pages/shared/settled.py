"""What lives as long as the server, put out of the garbage collector's way."""

import atexit
import gc

import streamlit as st


class _Server:
    """Whether pages are run by the server, and not one by one by a test."""

    runs = False


def serve() -> None:
    """Said once by the application: from here on, pages belong to a server."""
    _Server.runs = True


def settle() -> None:
    """After the first whole page of a server: its libraries will not be looked through again.

    A page's run ends with a full garbage collection, which otherwise walks every object of pandas,
    ibis and the like each time: more than half of what a rerun takes.
    """
    if _Server.runs:
        _freeze()


@st.cache_resource(show_spinner=False)
def _freeze() -> bool:
    gc.collect()
    gc.freeze()
    atexit.register(
        gc.unfreeze
    )  # or libraries report at the end what was never looked at as leaked
    return True
