"""Who uses the page: read anew from the records in every rerun, so that a change holds at once."""

import getpass
from datetime import UTC, datetime
from typing import Any, Final
from weakref import WeakKeyDictionary

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from kpi.access import Access, Permission
from kpi.analysis import Home, default_home, signing_in
from kpi.analysis.signing_in import Standing
from kpi.qms.claims import sign_in_of
from kpi.qms.people import Person
from pages.shared import cached
from web import session

_OWNER: Final = "person"  # whose choices this session holds


def configured() -> bool:
    """Whether people sign in here; if not, nothing of sign-in is shown anywhere."""
    return session.configured()


def person() -> Person:
    """Who uses the page now. Somebody who may not come in has no access at all."""
    return _standing().person


def arrived() -> Standing:
    """Who comes to the page: a first sign-in is recorded, and nobody finds another's choices.

    Raises
    ------
    StoreError
        The first sign-in cannot be recorded.
    """
    found = _standing()
    if configured() and not found.refusal:
        found = _kept(signing_in.welcomed(_home(), _sign_in(), datetime.now(tz=UTC)))
    mine = found.person.id or found.person.email
    if st.session_state.setdefault(_OWNER, mine) != mine:
        st.session_state.clear()
        st.session_state[_OWNER] = mine
    return found


def may(needs: Permission, plants: tuple[str, ...] | None = None) -> bool:
    """Whether the person may do something in these plants; without plants, in any."""
    return access().may(needs, plants)


def access() -> Access:
    """What the person may do."""
    return person().access


def why_not(found: Standing) -> str:
    """Why somebody is not let in, and what to do."""
    return signing_in.refusal_words(_home(), found)


def providers() -> tuple[tuple[str, str], ...]:
    """The identity providers one may sign in with: id (empty: the only one), and the button's text."""
    return tuple(
        (name, f"Sign in with {name.capitalize()}" if name else "Sign in")
        for name in session.providers()
    )


def sign_in(provider: str) -> None:
    """Go to an identity provider."""
    st.login(provider or None)


def sign_out() -> None:
    """End every sign-in of this person, forget what the session holds, and drop the cookie."""
    leaving = person()
    try:
        signing_in.sign_out(_home(), leaving, datetime.now(tz=UTC))
    finally:  # the cookie goes also where the end cannot be recorded
        st.session_state.clear()
        st.logout()
        _kept(Standing(signing_in.nobody(), signing_in.Refusal.SIGNED_OUT))


def _standing() -> Standing:
    found = _read.get(_this_run())
    if found is not None:
        return found
    if not configured():
        return _kept(Standing(signing_in.local_person(_account())))
    return _kept(signing_in.standing(_home(), _sign_in(), datetime.now(tz=UTC)))


_read: Final[WeakKeyDictionary[object, Standing]] = WeakKeyDictionary()
"""What was found in each rerun that still goes on: a page asks dozens of times who is there."""


def _this_run() -> object:
    """Something that lives exactly as long as this rerun, of a page or of a part of it.

    Where Streamlit has none such (another version, or no page at all), nothing is kept.
    """
    context = get_script_run_ctx(suppress_warning=True)
    return getattr(context, "parallel_coordinator", None) or _Nothing()


class _Nothing:
    """Stands for a rerun that cannot be told from others."""


def _kept(found: Standing) -> Standing:
    _read[_this_run()] = found
    return found


def _sign_in() -> Any:
    if not st.user.get("is_logged_in") or session.unbelieved(st.context.cookies):
        return None
    return sign_in_of(st.user.to_dict(), session.issued(st.context.cookies))


def _home() -> Home:
    return cached.home(str(default_home()), False)


def _account() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no such account, as in some containers
        return "local administrator"
