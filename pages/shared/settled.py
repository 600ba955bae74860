"""The memory of the server: what stays is put out of the collector's way, what went is given back."""

import atexit
import ctypes
import gc
import sys
import threading
import time
from typing import Final

import streamlit as st

SWEPT_EVERY: Final = 60.0
"""Seconds."""

M_ARENA_MAX: Final = -8
"""From ``malloc.h``: how many heaps there may be."""

ARENAS: Final = 2


class _Server:
    """Whether pages are run by the server, and not one by one by a test; whether it is warm."""

    runs = False
    warm = threading.Event()


_Server.warm.set()


def serve() -> None:
    """Said once by the application: from here on, pages belong to a server."""
    _Server.runs = True
    one_heap()


def served() -> bool:
    """Whether pages belong to a server."""
    return _Server.runs


def wait_for_warmth() -> None:
    """Nothing is settled until ``warm`` is said: what is to stay is still being loaded."""
    _Server.warm.clear()


def until_warm() -> None:
    """Wait until what is to stay is there; at once where nothing warms up."""
    _Server.warm.wait()


def warm() -> None:
    """Everything that is to stay is there."""
    _Server.warm.set()
    settle()


def settle() -> None:
    """After the first whole page of a warm server: its libraries will not be looked through again.

    A full garbage collection otherwise walks every object of pandas, ibis and the like each time,
    while every page waits.
    """
    if _Server.runs and _Server.warm.is_set():
        _freeze()


@st.cache_resource(show_spinner=False)
def _freeze() -> bool:
    gc.collect()
    gc.freeze()
    atexit.register(
        gc.unfreeze
    )  # or libraries report at the end what was never looked at as leaked
    threading.Thread(target=_sweep, name="sweeping", daemon=True).start()
    return True


def _sweep() -> None:
    """Free now and then what only the collector finds: a page that was left, with its files."""
    while True:
        time.sleep(SWEPT_EVERY)
        gc.collect()
        give_back()


def one_heap() -> None:
    """Have all threads share their memory: each click is a thread, and each would keep its own."""
    _c_library("mallopt", M_ARENA_MAX, ARENAS)


def give_back() -> None:
    """Return to the system what was freed."""
    _c_library("malloc_trim", 0)


def _c_library(function: str, *arguments: int) -> None:
    """Call the allocator where it is that of GNU; elsewhere there is nothing to do."""
    if not sys.platform.startswith("linux"):
        return
    found = getattr(ctypes.CDLL(None), function, None)
    if found is not None:
        found(*arguments)
