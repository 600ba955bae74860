"""Who stands behind a sign-in: a person who may come in, or the sentence why not.

The cookie alone is never believed. Whoever it names is looked up in the records each time, so that
what an administrator changes holds from the next click on.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from kpi.access import EVERY_PLANT, LOCAL, NOBODY, Access, Role
from kpi.analysis.home import Home
from kpi.qms.claims import SignIn, folded
from kpi.qms.people import (
    OWN_SIGN_OUT,
    Person,
    end_sign_ins,
    people,
    person_by_claims,
    put_person,
)

CLOCK_SLACK: Final = timedelta(minutes=5)
"""How far ahead of our clock a sign-in may lie; one further ahead means a clock was set back."""


class Refusal(StrEnum):
    """Why somebody is not let in."""

    SIGNED_OUT = "signed out"
    EXPIRED = "expired"
    ENDED = "ended"
    UNVERIFIED = "unverified"
    TAKEN = "taken"
    UNKNOWN = "unknown"
    INACTIVE = "inactive"
    NO_ROLE = "no role"

    @property
    def asks_to_sign_in(self) -> bool:
        """Whether signing in (again) helps."""
        return self in (Refusal.SIGNED_OUT, Refusal.EXPIRED, Refusal.ENDED)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a sign-in is worth: ``person`` may come in unless there is a ``refusal``.

    A refused person has no access at all, whatever their record says.
    """

    person: Person
    refusal: Refusal | None = None


def nobody(email: str = "", name: str = "") -> Person:
    """Somebody without a record, or not signed in."""
    return Person(subject="", email=email, name=name, access=NOBODY, active=False)


def local_person(account: str) -> Person:
    """Whoever works on the machine itself, where no sign-in is configured."""
    return Person(subject="", email="", name=account, access=LOCAL)


def standing(home: Home, sign_in: SignIn | None, now: datetime) -> Standing:
    """What a sign-in is worth now. Reads only: ``welcomed`` also records a first sign-in."""
    if sign_in is None:
        return Standing(nobody(), Refusal.SIGNED_OUT)
    stranger = nobody(sign_in.email, sign_in.name)
    if not sign_in.issued - CLOCK_SLACK <= now < sign_in.issued + lifetime(home):
        return Standing(stranger, Refusal.EXPIRED)
    person = person_by_claims(home.store, sign_in)
    if person is None and _is_first_administrator(home, sign_in):
        person = _first_administrator(home, sign_in)
    if person is None:
        return Standing(stranger, _why_unknown(home, sign_in))
    refusal = _refused(person, sign_in)
    return Standing(replace(person, access=NOBODY) if refusal else person, refusal)


def welcomed(home: Home, sign_in: SignIn | None, now: datetime) -> Standing:
    """The same, and what a first sign-in teaches is recorded: the subject, a name, a new address.

    Raises
    ------
    StoreError
        It cannot be recorded now; nobody is let in on a binding that is not kept.
    """
    found = standing(home, sign_in, now)
    if found.refusal or sign_in is None:
        return found
    person = found.person
    learned = replace(
        person, subject=sign_in.subject, name=person.name or sign_in.name,
        email=_address_now(home, person, sign_in),
    )  # fmt: skip
    if learned == person:
        return found
    if person.email != learned.email:
        why = f"The identity provider gives a new address; it was {person.email}"
    else:
        why = "First sign-in"
    recorded = put_person(home.store, learned, who=learned.label, when=now, why=why)
    return replace(found, person=recorded)


def sign_out(home: Home, person: Person, when: datetime) -> None:
    """End every sign-in of this person: a cookie kept from before opens nothing any more."""
    if person.id:
        end_sign_ins(home.store, person, who=person.label, when=when, why=OWN_SIGN_OUT)


def lifetime(home: Home) -> timedelta:
    """How long a sign-in is believed, from the moment this server received it."""
    return timedelta(hours=home.settings.sign_in.session_hours)


def refusal_words(home: Home, found: Standing) -> str:
    """Why somebody is not let in and what to do; empty for somebody who just comes."""
    asked = home.settings.sign_in.contact.strip() or "an administrator of this dashboard"
    who = found.person.email or "this account"
    hours = home.settings.sign_in.session_hours
    return {
        None: "",
        Refusal.SIGNED_OUT: "",
        Refusal.EXPIRED: f"A sign-in lasts {hours:g} hours, and yours is over. Sign in again.",
        Refusal.ENDED: "Your sign-in was ended. Sign in again.",
        Refusal.UNVERIFIED: f"You are signed in as {who}, but your identity provider has not "
        f"verified that address. Have it verified there, or ask {asked}.",
        Refusal.TAKEN: f"You are signed in as {who}, but that address belongs to an earlier account "
        f"here. Ask {asked} to let it sign in anew.",
        Refusal.UNKNOWN: f"You are signed in as {who}, but nobody has let this address in yet. "
        f"Ask {asked}.",
        Refusal.INACTIVE: f"{who} may no longer use this dashboard. Ask {asked} if that is wrong.",
        Refusal.NO_ROLE: f"You are signed in as {who}, but have no role in any plant yet. "
        f"Ask {asked}.",
    }[found.refusal]  # fmt: skip


def _refused(person: Person, sign_in: SignIn) -> Refusal | None:
    if not person.active:
        return Refusal.INACTIVE
    # A cookie knows whole seconds: one made in the second of the sign-out counts as made before it.
    if person.revoked_after is not None and sign_in.issued <= person.revoked_after:
        return Refusal.ENDED
    return None if person.access.highest else Refusal.NO_ROLE


def _why_unknown(home: Home, sign_in: SignIn) -> Refusal:
    if any(person.email == sign_in.email for person in people(home.store)):
        return Refusal.TAKEN if sign_in.verified else Refusal.UNVERIFIED
    return Refusal.UNKNOWN


def _is_first_administrator(home: Home, sign_in: SignIn) -> bool:
    named = folded(home.settings.sign_in.administrator)
    everybody = people(home.store)
    return (
        bool(named)
        and sign_in.verified
        and sign_in.email == named
        and not any(person.administers for person in everybody)
        and not any(person.email == named for person in everybody)
    )


def _first_administrator(home: Home, sign_in: SignIn) -> Person:
    access = Access.of({EVERY_PLANT: Role.ADMINISTRATOR})
    return Person(subject="", email=sign_in.email, name=sign_in.name, access=access)


def _address_now(home: Home, person: Person, sign_in: SignIn) -> str:
    """The address as the provider has it now, where it is verified and nobody else's here."""
    taken = {other.email for other in people(home.store) if other.id != person.id}
    usable = sign_in.verified and "@" in sign_in.email and sign_in.email not in taken
    return sign_in.email if usable else person.email
