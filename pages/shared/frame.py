"""What surrounds every page: look, banner, heading, filters, and errors told once, in one way."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from kpi.errors import KpiError
from pages.shared import inputs, look
from pages.shared.messages import say, show_error


@contextmanager
def frame(name: str, *, title: str = "", filtered: bool = True) -> Iterator[None]:
    """Open a page; a ``KpiError`` raised inside becomes a message, not a traceback.

    ``title`` is the heading where it is not the page's English name. ``filtered`` pages are seen
    through the site-wide filters, and their address carries them.
    """
    look.apply()
    st.title(title or name, anchor=False)
    try:
        inputs.read_address(name)
        if filtered:
            inputs.filter_panel()
            _look_back()
        yield
        inputs.write_address()
    except KpiError as error:
        show_error(error)


def _look_back() -> None:
    position = inputs.filters().ledger
    if position is not None:
        say(f"As the ledger stood at entry {position}. Later uploads are not counted here.")


def banner() -> None:
    """Above every page while the sample plant is shown: what it is, and the way out of it."""
    if not inputs.here().is_sample:
        return
    with st.container(
        key="sample",
        horizontal=True,
        vertical_alignment="center",
        horizontal_alignment="distribute",
    ):
        st.markdown(
            ":material/science: **Sample plant**: upload your own files to start yours",
            width="content",
        )
        st.button("Leave the sample", key="leave", on_click=inputs.leave_sample, type="secondary")
