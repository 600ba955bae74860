"""What lives as long as the process, put out of the garbage collector's way."""

import atexit
import gc

import streamlit as st


@st.cache_resource(show_spinner=False)
def settle() -> bool:
    """Once, after the first whole page: its libraries will not be looked through again.

    A page's run ends with a full garbage collection, which otherwise walks every object of pandas,
    ibis and the like each time: more than half of what a rerun takes.
    """
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)  # or libraries report at the end what was never looked at as leaked
    return True
