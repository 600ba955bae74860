"""Letting people in, giving them roles, and taking both back: what administrators of every plant do."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from kpi.access import EVERY_PLANT, Access, Permission, Role
from kpi.analysis.home import Home
from kpi.analysis.words import listed
from kpi.errors import UsageError
from kpi.qms import people as records
from kpi.qms.people import Person

Roles = Mapping[str, Role | str]
"""A role by plant; ``EVERY_PLANT`` stands for all of them."""


@dataclass(frozen=True, slots=True)
class MemberLine:
    """One change of one person, as the history tells it."""

    when: datetime
    who: str
    person: str
    says: str
    why: str


def members(home: Home) -> tuple[Person, ...]:
    """Everybody with a record, active or not, by address.

    Raises
    ------
    AccessDeniedError
        One does not administer every plant; so with all functions here.
    """
    _require(home)
    return records.people(home.store)


def known_plants(home: Home) -> tuple[str, ...]:
    """Plants that data, settings or roles name, sorted."""
    _require(home)
    in_data = {plant for e in home.store.counting() for part in e.parts for plant in part.plants}
    in_settings = {plant.name for plant in home.settings.plants}
    in_roles = {plant for person in records.people(home.store) for plant, _ in person.access.roles}
    return tuple(sorted((in_data | in_settings | in_roles) - {"", EVERY_PLANT}))


def invite(
    home: Home, email: str, roles: Roles, *, name: str = "", who: str, when: datetime, why: str
) -> Person:
    """Let somebody in who signs in with a verified address; roles by plant.

    Raises
    ------
    UsageError
        It is no address, it is in the list already, or a role is unknown.
    """
    _require(home)
    person = Person(subject="", email=email, name=name, access=_access(roles))
    return records.put_person(home.store, person, who=who, when=when, why=why)


def give_roles(
    home: Home, email: str, roles: Roles, *, who: str, when: datetime, why: str
) -> Person:
    """Replace all roles of a person; they hold from the person's next click.

    Raises
    ------
    UnknownNameError
        Nobody has this address.
    UsageError
        A role is unknown, or the last administrator of every plant would be gone.
    """
    _require(home)
    person = replace(records.person_by_email(home.store, email), access=_access(roles))
    return records.put_person(home.store, person, who=who, when=when, why=why)


def deactivate(home: Home, email: str, *, who: str, when: datetime, why: str) -> Person:
    """Let a person in no longer, from their next click; what they did stays recorded.

    Raises
    ------
    UnknownNameError
        Nobody has this address.
    UsageError
        They are out already, or are the last administrator of every plant.
    """
    _require(home)
    person = records.person_by_email(home.store, email)
    if not person.active:
        raise UsageError(f"{person.label} is deactivated already.")
    gone = records.put_person(
        home.store, replace(person, active=False), who=who, when=when, why=why
    )
    # Or a cookie from before would open again once the person is let in anew.
    records.end_sign_ins(home.store, person, who=who, when=when, why=why)
    return gone


def activate(home: Home, email: str, *, who: str, when: datetime, why: str) -> Person:
    """Let a person in again, with the roles they had.

    Raises
    ------
    UnknownNameError
        Nobody has this address.
    UsageError
        They are active.
    """
    _require(home)
    person = records.person_by_email(home.store, email)
    if person.active:
        raise UsageError(f"{person.label} is active already.")
    return records.put_person(home.store, replace(person, active=True), who=who, when=when, why=why)


def sign_out_everywhere(home: Home, email: str, *, who: str, when: datetime, why: str) -> Person:
    """End every sign-in of a person made up to now, in every browser.

    Raises
    ------
    UnknownNameError
        Nobody has this address.
    UsageError
        No reason is given.
    """
    _require(home)
    person = records.person_by_email(home.store, email)
    if not why.strip():
        raise UsageError("Say in a few words why: the reason stands in the history of people.")
    records.end_sign_ins(home.store, person, who=who, when=when, why=why)
    return person


def sign_in_anew(home: Home, email: str, *, who: str, when: datetime, why: str) -> Person:
    """Forget which account of the identity provider a person is: the next sign-in binds it anew.

    For a change of the identity provider, or an account made again under the same address.

    Raises
    ------
    UnknownNameError
        Nobody has this address.
    UsageError
        They have not signed in yet.
    """
    _require(home)
    person = records.person_by_email(home.store, email)
    if not person.subject:
        raise UsageError(f"{person.label} has not signed in yet: the first sign-in binds anyway.")
    freed = records.put_person(home.store, replace(person, subject=""), who=who, when=when, why=why)
    records.end_sign_ins(home.store, person, who=who, when=when, why=why)
    return freed


def history(home: Home) -> tuple[MemberLine, ...]:
    """Every change of anybody, newest first. Somebody's own signing out is none."""
    _require(home)
    lines = [
        line
        for person in records.people(home.store)
        for line in _lines_of(person, records.history(home.store, person))
    ]
    return tuple(sorted(lines, key=lambda line: line.when)[::-1])  # of one moment: the later first


def roles_words(access: Access) -> str:
    """Roles in a sentence's words: "viewer in Brno, quality manager in every plant".

    >>> roles_words(Access.of({"Brno": "viewer", "*": "contributor"}))
    'contributor in every plant, viewer in Brno'
    """
    by_role: dict[Role, list[str]] = {}
    for plant, role in access.roles:
        by_role.setdefault(role, []).append("every plant" if plant == EVERY_PLANT else plant)
    told = [f"{role} in {listed(plants)}" for role, plants in by_role.items()]
    return ", ".join(told) or "no role"


def _require(home: Home) -> None:
    home.access.require(Permission.ADMINISTER, [EVERY_PLANT])


def _access(roles: Roles) -> Access:
    try:
        return Access.of({plant.strip(): role for plant, role in roles.items() if plant.strip()})
    except ValueError:
        raise UsageError(
            f"A role is one of {listed([role.value for role in Role])}; given was "
            f"{', '.join(str(role) for role in roles.values())}."
        ) from None


def _lines_of(person: Person, versions: records.Versions) -> list[MemberLine]:
    lines, before = [], None
    with_another = {record.when for _, record in versions if record.kind == records.PERSON}
    for version, record in versions:
        if record.kind == records.SIGN_OUT:
            told = record.when not in with_another and record.why != records.OWN_SIGN_OUT
            says = "Signed out everywhere" if told else ""
        else:
            says, before = _says(before, version), version
        if says:
            lines.append(MemberLine(record.when, record.who, person.label, says, record.why))
    return lines


def _says(before: Person | None, now: Person) -> str:
    """What a version changed, in words."""
    if before is None:
        return f"Let in as {roles_words(now.access)}"
    told = []
    if before.access != now.access:
        told.append(f"{roles_words(now.access)} (was {roles_words(before.access)})")
    if before.active != now.active:
        told.append("Active again" if now.active else "Deactivated")
    if before.email != now.email:
        told.append(f"Address {now.email} (was {before.email})")
    if before.subject != now.subject:
        told.append("Bound to a sign-in" if now.subject else "May sign in anew")
    if before.name != now.name:
        told.append(f"Name {now.name}")
    text = "; ".join(told)
    return text[:1].upper() + text[1:] or "Recorded again"
