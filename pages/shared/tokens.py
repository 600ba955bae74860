"""Clients of the HTTP API: a form that makes a token and shows it once, a list, and revoking."""

from datetime import date, timedelta
from typing import Final

import streamlit as st

from kpi.access import EVERY_PLANT, Role
from kpi.analysis import clients, members
from kpi.errors import KpiError
from kpi.figures.escape import clean, markdown
from kpi.qms.tokens import IN_FORCE, LONGEST_DAYS, PREFIX, Token
from pages.shared import cards, inputs, tables
from pages.shared.messages import show_error, small
from web.api_access import LAST_USED

USUAL_DAYS: Final = 365

EVERY: Final = "Every plant"

IN_WORDS: Final = (
    "A client asks the read-only HTTP API with a token in place of a password: Power BI, Excel, a "
    "script. It sees the plants it is given, and nothing after its last day or once it is revoked. "
    "How to connect stands in docs/api.md."
)


def show() -> None:
    """Everything about clients, the newest first."""
    small(IN_WORDS)
    _new()
    _revoke()
    _list(clients.clients(inputs.own_home()))  # last: it shows what was done just now


def _new() -> None:
    cards.section("A new client")
    today = inputs.now().date()
    with st.form("new client", enter_to_submit=False, clear_on_submit=False):
        name = st.text_input("Client", placeholder="For example: Power BI of the plant")
        plants = st.multiselect(
            "Plants", [EVERY, *members.known_plants(inputs.own_home())], format_func=clean
        )
        with st.container(horizontal=True):
            role = st.selectbox(
                "Role", [r.value for r in Role], format_func=str.capitalize, width=190,
                help="The API only reads: a viewer's role is enough.",
            )  # fmt: skip
            expires = st.date_input(
                "Last day", today + timedelta(days=USUAL_DAYS), min_value=today,
                max_value=today + timedelta(days=LONGEST_DAYS - 1), width=190,
            )  # fmt: skip
        pressed = st.form_submit_button("Make the token", type="primary")
    if pressed:
        _make(name, [EVERY_PLANT if p == EVERY else p for p in plants], Role(role), expires)


def _make(name: str, plants: list[str], role: Role, expires: date) -> None:
    """Make it, and show it in this run of the page only."""
    try:
        made, shown = clients.add_client(
            inputs.own_home(), name, role=role, plants=plants, expires=expires,
            who=inputs.who(), when=inputs.now(),
        )  # fmt: skip
    except KpiError as error:
        show_error(error)
        return
    st.success(
        f"The token of {markdown(made.name)}, good until {expires.isoformat()}. Copy it now to where "
        "the client keeps its secrets: it is shown this once.",
        icon=":material/key:",
    )
    st.code(shown, language=None)


def _list(found: tuple[Token, ...]) -> None:
    cards.section("Clients")
    if not found:
        small("No client has a token yet.")
        return
    tables.table(
        ("Client", "Token", "Plants and role", "State", "Last day", "Last used", "Made by"),
        [_line(token) for token in found],
        whole=(1, 4, 5),
    )
    small("When a token was last used is known since the server started; no record is made of it.")


def _line(token: Token) -> tuple[str, ...]:
    used = LAST_USED.get(token.id)
    state = token.state(inputs.now())
    return (
        token.name,
        f"{PREFIX}_{token.id}_…",
        members.roles_words(token.access),
        f"{state}: {token.why_revoked}" if token.revoked else state,
        token.expires.isoformat(),
        f"{used.astimezone():%Y-%m-%d %H:%M}" if used else "–",
        token.who,
    )


def _revoke() -> None:
    found = clients.clients(inputs.own_home())
    words = {t.id: f"{t.name} ({t.id})" for t in found if t.state(inputs.now()) == IN_FORCE}
    if not words:
        return
    cards.section("Revoke a token")
    with st.form("revoke client", enter_to_submit=False):
        id = st.selectbox("Client to revoke", list(words), format_func=lambda id: clean(words[id]))
        why = st.text_input("Why", placeholder="For example: laptop stolen")
        pressed = st.form_submit_button("Revoke")
    if not pressed:
        return
    try:
        gone = clients.revoke_client(
            inputs.own_home(), id, who=inputs.who(), when=inputs.now(), why=why
        )
    except KpiError as error:
        show_error(error)
        return
    st.success(
        f"The token of {markdown(gone.name)} opens nothing from now on.",
        icon=":material/check_circle:",
    )
