"""The people who may sign in: versioned records, keyed for good by the address they were invited by.

A person is invited by e-mail. The first sign-in with that verified address binds the record to the
identity provider's own name for them (issuer and subject), and from then on only that name counts:
an address may change, or be given to somebody else, and opens nothing by itself any more.
"""

import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final
from weakref import WeakKeyDictionary

from kpi.access import EVERY_PLANT, Access, Permission
from kpi.errors import UnknownNameError, UsageError
from kpi.qms.claims import SignIn, folded, plain_name
from kpi.store import Store
from kpi.store.model import Record

PERSON: Final = "person"
SIGN_OUT: Final = "sign-out"
"""Kind of the records that end every sign-in of a person up to a moment; the key is the person's."""

OWN_SIGN_OUT: Final = "Signed out"
"""The reason recorded where a person ends their own sign-ins."""

LONGEST_ADDRESS: Final = 254
"""Characters of an e-mail address. Source: RFC 3696, erratum 1690."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may sign in.

    ``subject`` is issuer and subject as the identity provider names them, empty until the first
    sign-in. Sign-ins up to ``revoked_after`` are no longer believed; ``None``: none was ended.
    ``id`` is the record's key, empty for somebody who has none.
    """

    subject: str
    email: str
    name: str
    access: Access
    active: bool = True
    revoked_after: datetime | None = None
    id: str = ""

    @property
    def label(self) -> str:
        """How the person stands beside what they changed.

        >>> Person("", "a.kern@example.com", "Anna Kern", Access()).label
        'Anna Kern <a.kern@example.com>'
        """
        return (
            f"{self.name} <{self.email}>" if self.name and self.email else self.name or self.email
        )

    @property
    def administers(self) -> bool:
        """Whether they are an active administrator of every plant."""
        return self.active and self.access.may(Permission.ADMINISTER, [EVERY_PLANT])


# --- reading ----------------------------------------------------------------------------------

_read: "WeakKeyDictionary[Store, tuple[int, tuple[Person, ...]]]" = WeakKeyDictionary()
_guard: Final = threading.Lock()


def people(store: Store) -> tuple[Person, ...]:
    """Everybody with a record, active or not, by address; remembered until a record is added."""
    number = store.records.number()
    with _guard:
        kept = _read.get(store)
    if kept is None or kept[0] != number:
        ended = {record.key: record for record in store.records.current(SIGN_OUT)}
        found = (_person(r, ended.get(r.key)) for r in store.records.current(PERSON))
        kept = number, tuple(sorted(found, key=lambda person: person.email))
        with _guard:
            _read[store] = kept
    return kept[1]


def person_by_email(store: Store, email: str) -> Person:
    """The person with an address.

    Raises
    ------
    UnknownNameError
        Nobody has it.
    """
    everybody = people(store)
    found = next((person for person in everybody if person.email == folded(email)), None)
    if found is None:
        raise UnknownNameError("person", email, known=[person.email for person in everybody])
    return found


def person_by_claims(store: Store, claims: SignIn) -> Person | None:
    """Whose sign-in it is: by subject, else by the verified address of somebody not yet bound."""
    everybody = people(store)
    for person in everybody:
        if person.subject and person.subject == claims.subject:
            return person
    if not (claims.email and claims.verified):
        return None
    return next((p for p in everybody if p.email == claims.email and not p.subject), None)


Versions = tuple[tuple[Person, Record], ...]
"""A person as each of some records left them."""


def history(store: Store, person: Person) -> Versions:
    """Every version of a person's record and every end of their sign-ins, oldest first."""
    versions = store.records.history(PERSON, person.id)
    ends = store.records.history(SIGN_OUT, person.id)
    told = [(_person(record, None), record) for record in versions]
    told += [(person, record) for record in ends]
    return tuple(sorted(told, key=lambda pair: (pair[1].when, pair[1].kind == SIGN_OUT)))


def _person(record: Record, ended: Record | None) -> Person:
    value = record.value
    return Person(
        subject=value["subject"],
        email=value["email"],
        name=value["name"],
        access=Access.of(value["roles"]),
        active=bool(value["active"]),
        revoked_after=datetime.fromisoformat(ended.value["after"]) if ended else None,
        id=record.key,
    )


# --- changing ---------------------------------------------------------------------------------


def put_person(store: Store, person: Person, *, who: str, when: datetime, why: str) -> Person:
    """Record a person, new (without ``id``) or changed; returns them as recorded.

    Raises
    ------
    UsageError
        The address is none, or another person's; the subject is another person's; the last active
        administrator of every plant would be gone; no name or no reason was given.
    """
    email = folded(person.email)
    name, local = plain_name(person.name), email.partition("@")
    odd = any(c.isspace() or not c.isprintable() or c in "<>" for c in email)
    if not (local[0] and local[2]) or odd or len(email) > LONGEST_ADDRESS:
        raise UsageError(f"{person.email!r} is no e-mail address. Write it as name@example.com.")
    if not who.strip() or not why.strip():
        raise UsageError("Say in a few words why: the reason stands in the history of people.")
    person = replace(person, email=email, name=name, id=person.id or _free_key(store, email))
    value = {
        "subject": person.subject, "email": email, "name": name, "active": person.active,
        "roles": {plant: role.value for plant, role in person.access.roles},
    }  # fmt: skip
    store.records.put(
        PERSON, person.id, value, who=who, when=when, why=why.strip(),
        check=lambda: _check(people(store), person),
    )  # fmt: skip
    return person


def end_sign_ins(store: Store, person: Person, *, who: str, when: datetime, why: str) -> None:
    """No sign-in of this person made up to now is believed any more."""
    after = {"after": when.astimezone(UTC).isoformat()}
    store.records.put(SIGN_OUT, person.id, after, who=who, when=when, why=why)


def _free_key(store: Store, email: str) -> str:
    """The address, or where an earlier person had it once, the address with a number."""
    taken = {person.id for person in people(store)}
    numbered = (f"{email} #{number}" for number in range(2, len(taken) + 3))
    return next(key for key in (email, *numbered) if key not in taken)


def _check(before: tuple[Person, ...], changed: Person) -> None:
    others = [person for person in before if person.id != changed.id]
    if any(person.email == changed.email for person in others):
        raise UsageError(
            f"{changed.email} is in the list already. Change that person's roles instead."
        )
    if changed.subject and any(person.subject == changed.subject for person in others):
        raise UsageError(
            f"The sign-in of {changed.email} belongs to another person in the list. Deactivate that "
            "person, or let them sign in anew."
        )
    had_one = any(person.administers for person in before)
    if had_one and not any(person.administers for person in (*others, changed)):
        raise UsageError(
            f"{changed.label} is the last administrator of every plant. Make somebody else "
            "administrator first: without one, nobody could let people in."
        )
