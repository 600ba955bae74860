"""What surrounds every page: look, banner, heading, filters, and errors told once, in one way."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from kpi.access import Permission
from kpi.errors import KpiError
from pages.shared import completing, identity, inputs, look
from pages.shared.messages import say, show_error
from pages.shared.parts import part


@contextmanager
def frame(
    name: str,
    *,
    title: str = "",
    filtered: bool = True,
    needs: Permission = Permission.SEE,
    plants: tuple[str, ...] | None = None,
) -> Iterator[None]:
    """Open a page; a ``KpiError`` raised inside becomes a message, not a traceback.

    ``title`` is the heading where it is not the page's English name. ``filtered`` pages are seen
    through the site-wide filters, and their address carries them. Whoever may not what it ``needs``
    in these plants (in any plant, where none are named) sees the heading and why; the page does not
    run for them.
    """
    look.apply()
    st.title(title or name, anchor=False)
    _let_in(needs, plants)
    try:
        inputs.read_address(name)
        if filtered:
            inputs.filter_panel()
            _look_back()
        yield
        inputs.write_address()
    except KpiError as error:
        show_error(error)


def _let_in(needs: Permission, plants: tuple[str, ...] | None) -> None:
    try:
        identity.access().require(needs, plants)
    except KpiError as error:
        show_error(error)
        st.stop()


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
    if completing.under_way(inputs.here()):
        _records_to_come()


@part(run_every=5.0)
def _records_to_come() -> None:
    """What is still being made, until it is there; then the page is shown anew with it."""
    if not completing.under_way(inputs.here()):
        st.rerun()
    st.caption(
        ":material/hourglass_top: The sample plant is being given a year of records: objectives, "
        "audits, actions, reviews. They appear on the pages as they are made, all of them in a few "
        "minutes."
    )
