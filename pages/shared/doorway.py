"""What stands before the pages: sign-in, why somebody is not let in, and the way out."""

import streamlit as st

from kpi.errors import KpiError
from kpi.figures.escape import html
from kpi.qms.people import Person
from pages.shared import identity, look
from pages.shared.messages import say, show_error


def let_in() -> bool:
    """Whether whoever comes may enter; the way out then stands in the sidebar."""
    try:
        found = identity.arrived()
    except KpiError as error:
        look.apply()
        show_error(error)
        st.stop()
    if not found.refusal and identity.configured():
        _way_out(found.person)
    return not found.refusal


def show() -> None:
    """The page of somebody who is not let in: no data, no menu, one thing to do."""
    look.apply()
    found = identity.arrived()
    with st.container(key="doorway", border=True, gap="medium"):
        st.title("Clause Nine", anchor=False)
        say("Quality KPIs a plant can trust.")
        reason = identity.why_not(found)
        if reason:
            # Not as markdown, which would put invisible characters into an address one may copy.
            st.html(f'<p class="cn-quiet cn-say">{html(reason, longest=1000)}</p>')
        if found.refusal and found.refusal.asks_to_sign_in:
            _sign_in_buttons()
        else:
            st.button(
                "Sign in as somebody else",
                key="sign out",
                on_click=identity.sign_out,
                width="stretch",
            )


def _sign_in_buttons() -> None:
    for provider, label in identity.providers():
        st.button(
            label, key=f"sign in {provider}", type="primary", width="stretch",
            on_click=identity.sign_in, args=(provider,),
        )  # fmt: skip


def _way_out(person: Person) -> None:
    with (
        st.sidebar,
        st.container(
            key="account",
            horizontal=True,
            horizontal_alignment="distribute",
            vertical_alignment="center",
        ),
    ):
        st.html(
            f'<p class="cn-small" title="{html(person.email)}">{html(person.name or person.email)}</p>'
        )
        st.button("Sign out", key="sign out", type="tertiary", on_click=identity.sign_out)
