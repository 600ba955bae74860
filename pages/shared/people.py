"""People and their roles: a list, a form to let somebody in, and one to change what they may."""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

import streamlit as st

from kpi.access import EVERY_PLANT, Role
from kpi.analysis import members
from kpi.errors import KpiError
from kpi.figures.escape import markdown
from kpi.qms.people import Person
from pages.shared import cards, inputs, tables
from pages.shared.messages import say, show_error, small

NO_ROLE: Final = "no role"

MOST_COLUMNS: Final = 5
"""Plants that get a column each; with more, roles are told in words."""

MOST_CHANGES: Final = 100

ROLES_IN_WORDS: Final = (
    "A viewer sees. A contributor uploads, too. A quality manager also sets targets, notes what "
    "happened and takes uploads back. An administrator does all that, and manages people, settings "
    "and backups. A role holds in one plant or in every plant, and the higher of the two counts."
)


def everybody() -> None:
    """Everybody with a record: address, state, and roles by plant."""
    home = inputs.own_home()
    found, plants = members.members(home), members.known_plants(home)
    if told := inputs.told():
        st.success(markdown(told, longest=500), icon=":material/check_circle:")
    if not found:
        small("Here will stand who may sign in. Let the first person in below.")
        return
    wide = len(plants) <= MOST_COLUMNS
    columns = ("Every plant", *plants) if wide else ("Roles",)
    tables.table(
        ("Person", "Address", "State", *columns),
        [_line(person, plants if wide else None) for person in found],
        whole=(2,),
    )
    small(ROLES_IN_WORDS)


def _line(person: Person, plants: tuple[str, ...] | None) -> tuple[str, ...]:
    held = dict(person.access.roles)
    roles: tuple[str, ...] = (members.roles_words(person.access),)
    if plants is not None:
        roles = tuple(_role_words(held.get(plant)) for plant in (EVERY_PLANT, *plants))
    return (person.name or "–", person.email, _state(person), *roles)


def _role_words(role: Role | None) -> str:
    return role.value.capitalize() if role else "–"


def _state(person: Person) -> str:
    if not person.active:
        return "Deactivated"
    return "Active" if person.subject else "Has not signed in yet"


def change() -> None:
    """Change the roles of one person, let them in no longer or again, or end their sign-ins."""
    home = inputs.own_home()
    found = {person.email: person for person in members.members(home)}
    if not found:
        return
    cards.section("Change a person")
    email = inputs.choose(
        "Person", "person", list(found), words={e: _named(p) for e, p in found.items()}
    )
    person = found[email]
    version = home.store.records.number()  # after a change the form shows what is recorded now
    with st.form(f"change {person.id} {version}", enter_to_submit=False):
        roles = _role_fields(f"{person.id} {version}", person)
        why = st.text_input("Why", placeholder="For example: moved to the plant in Brno")
        with st.container(horizontal=True):
            save = st.form_submit_button("Save the roles", type="primary")
            turn = st.form_submit_button("Deactivate" if person.active else "Let in again")
            end = st.form_submit_button("Sign out everywhere")
            anew = st.form_submit_button(
                "Let sign in anew", help=_ANEW, disabled=not person.subject
            )
    if save:
        _record(
            members.give_roles,
            email,
            roles,
            why=why,
            told=f"{person.label} has these roles from the next click on.",
        )
    if turn and person.active:
        _record(
            members.deactivate,
            email,
            why=why,
            told=f"{person.label} is out from the next click on.",
        )
    elif turn:
        _record(members.activate, email, why=why, told=f"{person.label} may sign in again.")
    if end:
        _record(
            members.sign_out_everywhere,
            email,
            why=why,
            told=f"{person.label} has to sign in again, in every browser.",
        )
    if anew:
        _record(
            members.sign_in_anew,
            email,
            why=why,
            told=f"The next sign-in as {person.email} counts as {person.label}.",
        )


_ANEW: Final = (
    "Forget which account of the identity provider this person is: the next verified sign-in with "
    "this address binds it anew. For a change of the provider, or an account made again."
)


def _named(person: Person) -> str:
    return person.label if person.active else f"{person.label}, deactivated"


def invite() -> None:
    """Let somebody in who signs in with a verified address."""
    cards.section("Let somebody in")
    version = inputs.own_home().store.records.number()
    with st.form(f"invite {version}", enter_to_submit=False):
        left, right = st.columns(2)
        email = left.text_input("E-mail address, as the identity provider knows it")
        name = right.text_input("Name (the provider tells it, too)")
        roles = _role_fields(f"new {version}", None)
        why = st.text_input("Why", placeholder="For example: new quality engineer")
        pressed = st.form_submit_button("Let in", type="primary")
    if pressed:
        _record(
            members.invite,
            email,
            roles,
            name=name,
            why=why,
            told=f"{email.strip()} may sign in now. Nothing is sent: tell them the address.",
        )


def _role_fields(key: str, person: Person | None) -> dict[str, str]:
    """A role for every plant and for each; a plant without data yet can be named."""
    held = dict(person.access.roles) if person else {}
    plants = (EVERY_PLANT, *members.known_plants(inputs.own_home()))
    options = [NO_ROLE, *(role.value for role in Role)]
    chosen: dict[str, str] = {}
    with st.container(horizontal=True):
        for plant in plants:
            usual = held[plant].value if plant in held else NO_ROLE
            chosen[plant] = st.selectbox(
                "Every plant" if plant == EVERY_PLANT else markdown(plant), options,
                index=options.index(usual), key=f"role {key} {plant}", width=190,
                format_func=str.capitalize,
            )  # fmt: skip
    with st.expander("A plant without data yet"), st.container(horizontal=True):
        other = st.text_input("Plant, as its files will name it", key=f"other {key}", width=300)
        chosen[other.strip()] = st.selectbox(
            "Role there", options, key=f"role there {key}", width=190, format_func=str.capitalize
        )
    return {plant: role for plant, role in chosen.items() if plant and role != NO_ROLE}


def _record(change: Callable[..., Any], *arguments: Any, told: str, **named: Any) -> None:
    """Make a change and tell it above the list; what stands against it is told where it was asked."""
    try:
        change(inputs.own_home(), *arguments, who=inputs.who(), when=inputs.now(), **named)
    except KpiError as error:
        show_error(error)
        return
    inputs.tell(told)
    st.rerun()


def clients() -> None:
    """Clients of the HTTP API and their tokens."""
    if find_spec("pages.shared.tokens") is None:
        small("Tokens are made on the command line: python -m kpi tokens.")
        return
    import_module("pages.shared.tokens").show()


def changes() -> None:
    """Every change of anybody: what, who, when, why."""
    lines = members.history(inputs.own_home())
    if not lines:
        say("Nothing changed yet.")
        return
    tables.table(
        ("When", "Person", "What", "Why", "By"),
        [
            (f"{x.when.astimezone():%Y-%m-%d %H:%M}", x.person, x.says, x.why, x.who)
            for x in lines[:MOST_CHANGES]
        ],
        whole=(0,),
    )
    if len(lines) > MOST_CHANGES:
        small(f"The newest {MOST_CHANGES} of {len(lines)}; the audit trail has them all.")
